"""The portal's components as template tags: one look, one set of names, no markup repeated.

``{% load portal %}`` in a template.  A tag that takes an ``item`` accepts a dictionary or any
object with the attributes named in its docstring; missing ones are left out of the page.
"""

from datetime import datetime
from typing import Any

from django import template
from django.conf import settings
from django.forms import BoundField, CheckboxInput, FileInput
from django.forms.widgets import CheckboxSelectMultiple, RadioSelect, Select, Textarea
from django.template.context import Context
from django.templatetags.static import static
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString

from portal.domain import objection
from portal.labels import STATES
from portal.models import Objection, ObjectionFile
from portal.selectors.audit import latest_anchor
from portal.templatetags import portal_words
from portal.templatetags.portal_words import BANNER_ICONS

register = template.Library()

COMPONENTS = "portal/components/"

TONE_ICONS = {
    "": "pencil",
    "progress": "progress",
    "wait": "hourglass",
    "notice": "speakerphone",
    "good": "circle-check",
    "warn": "player-pause",
    "bad": "alert-circle",
    "ended": "archive",
}
# One {% load portal %} brings the filters too.
register.filters.update(portal_words.register.filters)


# ---- small marks ----


@register.simple_tag
def asset(path: str) -> str:
    """Address of a static file that never raises: error pages must render whatever broke."""
    try:
        return static(path)
    except ValueError:
        return f"{settings.STATIC_URL}{path}"


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """An icon of the sprite; decorative unless ``label`` says what it stands for."""
    href = f"{asset('vendor/icons.svg')}#i-{name}"
    if label:
        pattern = '<svg class="hy-i" role="img" aria-label="{}"><use href="{}" /></svg>'
        return format_html(pattern, label, href)
    return format_html('<svg class="hy-i" aria-hidden="true"><use href="{}" /></svg>', href)


@register.inclusion_tag(COMPONENTS + "anchor_line.html")
def anchor_line() -> dict[str, Any]:
    """On paper only: the newest anchor of the audit trail, for who checks the page later."""
    return {"anchor": latest_anchor()}


@register.inclusion_tag(COMPONENTS + "status.html", name="status")
def status(label: str, tone: str = "", icon: str = "") -> dict[str, Any]:
    """A lifecycle state: colour, icon and words together.  ``tone`` is a key of TONE_ICONS."""
    return {"label": label, "tone": tone, "icon": icon or TONE_ICONS.get(tone, "circle")}


@register.inclusion_tag(COMPONENTS + "tier.html")
def tier(letter: str | None, large: bool = False) -> dict[str, Any]:  # noqa: FBT001, FBT002
    """The letter of a grade; nothing (未评价) is neutral and not low."""
    value = "" if not letter or letter in {"none", "unrated"} else str(letter)
    return {"letter": value, "tone": value.lower(), "large": large}


@register.inclusion_tag(COMPONENTS + "countdown.html")
def countdown(days: int | None) -> dict[str, Any]:
    """Working days until a window closes: below zero it is over, ``None`` shows nothing."""
    known = days not in {None, ""}  # a template's missing variable is ""
    return {"days": days if known else None, "number": number_format(days) if known else ""}


# ---- page parts ----


@register.inclusion_tag(COMPONENTS + "page_header.html")
def page_header(title: str, **parts: Any) -> dict[str, Any]:
    """Top of a page: ``crumbs`` [{url, label}], ``status`` {label, tone, icon}, ``lead`` text and
    ``actions`` [{url, label, icon, primary}].
    """
    return {"title": title, **parts}


@register.inclusion_tag(COMPONENTS + "steps.html")
def steps(items: list[Any], label: str = "") -> dict[str, Any]:
    """A case's way, side by side: items {label, note, state: done|now|next}."""
    return {"items": items, "label": label}


@register.inclusion_tag(COMPONENTS + "timeline.html")
def timeline(items: list[Any], label: str = "") -> dict[str, Any]:
    """The same items as :func:`steps`, one below the other, for a narrow column."""
    return {"items": items, "label": label}


@register.inclusion_tag(COMPONENTS + "task_row.html")
def task_row(task: Any, narrow: bool = False) -> dict[str, Any]:  # noqa: FBT001, FBT002
    """A row of the inbox, inside ``<ul class="hy-list">``: task {title, note, received, due,
    days_left, url, action, icon}; dates, and whole working days (below zero: late).
    """
    days = read(task, "days_left")
    return {"task": task, "narrow": narrow, "days": days, "late": -(days or 0)}


@register.inclusion_tag(COMPONENTS + "tiles.html")
def tiles(items: list[Any]) -> dict[str, Any]:
    """Three to five figures: items {label, value, unit, note, url}."""
    return {"items": items}


@register.inclusion_tag(COMPONENTS + "banner.html")
def banner(text: str, tone: str = "info", **parts: Any) -> dict[str, Any]:
    """A remark across the page: ``tone`` info|warn|bad|good|notice, ``title``, ``days`` (working
    days left), ``url`` and ``action``, ``live`` for an ARIA role (status or alert).
    """
    return {"text": text, "tone": tone, "icon": BANNER_ICONS.get(tone, "info-circle"), **parts}


@register.inclusion_tag(COMPONENTS + "blank_state.html")
def blank_state(title: str, text: str = "", **parts: Any) -> dict[str, Any]:
    """Nothing here yet, and what to do next: ``url``, ``action``, ``icon``, ``level`` (2 or 3)."""
    return {"title": title, "text": text, "icon": "inbox", "level": 3, **parts}


@register.inclusion_tag(COMPONENTS + "evidence.html")
def evidence(title: str, **parts: Any) -> dict[str, Any]:
    """A scored row that opens its evidence: ``value``, ``maximum``, ``files`` [{title, url, note,
    value, icon}], ``text``, ``tone`` lake|barley, ``open``.
    """
    width = share(parts.get("value"), parts.get("maximum"))
    return {"title": title, "tone": "lake", "width": width, **parts}


@register.inclusion_tag(COMPONENTS + "file_row.html")
def file_row(file: Any) -> dict[str, Any]:
    """A file: {name, size (bytes), sha256, url, state, percent, message}.

    ``state`` is stored, uploading or failed.
    """
    return {"file": file}


@register.inclusion_tag(COMPONENTS + "file_row.html")
def evidence_row(one: ObjectionFile) -> dict[str, Any]:
    """A file of an objection."""
    stored = one.file
    return file_row(
        {"name": stored.name, "size": stored.size, "sha256": stored.sha256, "url": one.url}
    )


@register.inclusion_tag(COMPONENTS + "status.html")
def objection_state(found: Objection) -> dict[str, Any]:
    """Where an objection stands."""
    _staff, words, tone, icon = STATES[objection.LIFECYCLE.name][found.state]
    return status(str(words), tone, icon)


@register.inclusion_tag(COMPONENTS + "copy_line.html")
def copy_line(text: str, label: str, id: str) -> dict[str, Any]:
    """One line to copy, such as a command; ``label`` names it, ``id`` is unique in the page."""
    return {"text": text, "label": label, "id": id}


@register.inclusion_tag(COMPONENTS + "notice_row.html")
def notice_row(notice: Any) -> dict[str, Any]:
    """A public notice in a list: {title, url, opens_on, closes_on, days_left, note}."""
    return {"notice": notice}


@register.inclusion_tag(COMPONENTS + "confirm_dialog.html")
def confirm_dialog(id: str, title: str, **parts: Any) -> dict[str, Any]:
    """The question before an irreversible act; a form or button names it in ``data-confirm``.
    ``text`` what will happen, ``action`` the words on the button, ``tone`` danger|primary.
    """
    return {"id": id, "title": title, "tone": "danger", **parts}


@register.inclusion_tag(COMPONENTS + "data_table.html")
def data_table(table: Any) -> dict[str, Any]:
    """A table that folds on a phone: {caption, headers [{label, numeric}], rows [[cell]]}.

    A cell is a value or {text, url, tone, icon}; each row's first cell is its header.
    """
    headers = read(table, "headers") or []
    rows = [list(zip(headers, row, strict=False)) for row in read(table, "rows") or []]
    return {"caption": read(table, "caption"), "headers": headers, "rows": rows}


@register.inclusion_tag(COMPONENTS + "filter_panel.html", takes_context=True)
def filter_panel(context: Context, form: Any, clear_url: str = "?") -> dict[str, Any]:
    """Filters as a GET form, so that they live in the address; ``clear_url`` drops them all."""
    return {"form": form, "clear_url": clear_url, "request": context.get("request")}


@register.inclusion_tag(COMPONENTS + "pager.html")
def pager(next_url: str = "", previous_url: str = "", total: int | None = None) -> dict[str, Any]:
    """Keyset paging: links to the neighbouring pages, and how many there are when known."""
    return {"next_url": next_url, "previous_url": previous_url, "total": total}


@register.inclusion_tag(COMPONENTS + "saved_line.html")
def saved_line(saved_at: datetime | None = None, form_id: str = "") -> dict[str, Any]:
    """Where an autosaved form says when its draft was last kept."""
    return {"saved_at": saved_at, "form_id": form_id}


@register.inclusion_tag(COMPONENTS + "upload_form.html", takes_context=True)
def upload_form(context: Context, form: Any, **parts: Any) -> dict[str, Any]:
    """A form that sends files with progress: ``url``, ``action`` (the button's words), ``hint``."""
    return {"form": form, "csrf_token": context.get("csrf_token"), **parts}


# ---- bars ----


def read(item: Any, name: str) -> Any:
    """``item[name]`` or ``item.name``, whichever exists; else ``None``."""
    return item.get(name) if isinstance(item, dict) else getattr(item, name, None)


def share(value: Any, total: Any, low: float = 0) -> str:
    """Where ``value`` lies between ``low`` and ``total``: "0" to "100", two decimals at most."""
    span = float(total or 0) - low
    if value is None or span <= 0:
        return "0"
    return f"{min(max((float(value) - low) / span * 100, 0), 100):.2f}".rstrip("0").rstrip(".")


@register.inclusion_tag(COMPONENTS + "quota_bar.html")
def quota_bar(label: str, used: float, total: float, **parts: Any) -> dict[str, Any]:
    """Use against a quota: ``unit``, ``pending`` (asked for and not yet granted), ``note``."""
    pending = parts.get("pending") or 0
    room = max(total - used, 0)
    widths = {"width": share(used, total), "pending_width": share(min(pending, room), total)}
    shown = {"used": portal_words.amount(used), "total": portal_words.amount(total)}
    return {"label": label, **shown, **widths, **parts}


@register.inclusion_tag(COMPONENTS + "score_bar.html")
def score_bar(
    value: float, low: float | None = None, high: float | None = None, **parts: Any
) -> dict[str, Any]:
    """A score with its interval and the tier lines: ``cuts`` [{label, value}], ``label``, and the
    ends of the scale ``minimum`` (0) and ``maximum`` (100).
    """
    start, end = float(parts.get("minimum") or 0), float(parts.get("maximum") or 100)
    at = share(value, end, start)
    band = _band(low, high, start, end)
    cuts = [
        {"label": read(cut, "label"), "value": read(cut, "value")}
        for cut in parts.get("cuts") or []
    ]
    for cut in cuts:
        cut["at"] = share(cut["value"], end, start)
    return {**parts, "value": value, "low": low, "high": high, "at": at, "band": band, "cuts": cuts}


def _band(low: float | None, high: float | None, start: float, end: float) -> dict[str, str] | None:
    """Left edge and width of the interval on a scale of 100; ``None`` without an interval."""
    if low is None or high is None:
        return None
    left = share(low, end, start)
    return {"x": left, "width": f"{float(share(high, end, start)) - float(left):.2f}"}


# ---- forms ----


@register.inclusion_tag(COMPONENTS + "field.html")
def field(bound: BoundField, **options: Any) -> dict[str, Any]:
    """A bound form field with its label, required mark, help and errors, tied together for screen
    readers.  Options: ``check`` {text, tone} of the machine check, ``asked`` (the reviewer's
    question), ``locked`` (read only), ``cards`` (radio choices as large cards).
    """
    widget = bound.field.widget
    kind = widget_kind(widget)
    input_html = (
        "" if kind in {"radio", "checks"} else bound.as_widget(attrs=input_attrs(bound, options))
    )
    return {"field": bound, "kind": kind, "input": input_html, **options}


def widget_kind(widget: Any) -> str:
    """Which of the five layouts of field.html shows this widget."""
    if isinstance(widget, CheckboxSelectMultiple):
        return "checks"
    if isinstance(widget, RadioSelect):
        return "radio"
    if isinstance(widget, CheckboxInput):
        return "check"
    return "file" if isinstance(widget, FileInput) else "line"


def input_attrs(bound: BoundField, options: dict[str, Any]) -> dict[str, Any]:
    """Classes of the input, and what describes it: help, errors and the machine check's words."""
    widget = bound.field.widget
    styles = {CheckboxInput: "form-check-input", Select: "form-select"}
    css = next((name for kind, name in styles.items() if isinstance(widget, kind)), "form-control")
    given = widget.attrs.get("class", "")
    attrs: dict[str, Any] = {"class": f"{css} {given}".strip()}
    if isinstance(widget, Textarea):
        attrs["rows"] = 5 if widget.attrs.get("rows") in {None, "10"} else widget.attrs["rows"]
    if options.get("locked"):
        attrs["readonly"] = True
    described = described_by(bound, options)
    return {**attrs, "aria-describedby": described} if described else attrs


def described_by(bound: BoundField, options: dict[str, Any]) -> str:
    """Ids of the words that explain a field, in reading order."""
    name = bound.auto_id
    present = {
        "error": bound.errors,
        "helptext": bound.help_text,
        "check": options.get("check"),
        "asked": options.get("asked"),
    }
    return " ".join(f"{name}_{part}" for part, there in present.items() if there)


@register.inclusion_tag(COMPONENTS + "form_errors.html")
def form_errors(form: Any, kept: str = "") -> dict[str, Any]:
    """Everything that is wrong with a form, each line leading to its field; ``kept`` says what was
    kept.
    """
    return {"form": form, "kept": kept}
