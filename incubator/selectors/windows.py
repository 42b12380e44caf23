"""Reads of application windows: what the public sees, and what staff work on."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q
from django.utils.functional import Promise

from incubator.domain.application_form import SECTION, Content, form_problems, named
from incubator.domain.application_window import CLOCK
from incubator.labels import windows as labels
from incubator.labels.applications import rule_words
from incubator.labels.windows import form_words
from incubator.models import ApplicationWindow, FormVersion
from incubator.models.windows import content_of
from portal.domain.predicates import Problem

MOST = 100


@dataclass(frozen=True)
class WindowCard:
    """A published window in a list, with what the clock makes of it."""

    window: ApplicationWindow
    form: FormVersion
    clock: str
    status: tuple[str | Promise, str, str]

    @property
    def title(self) -> str:
        """The published title."""
        return form_words(self.form.content, "title")

    @property
    def intro(self) -> str:
        """The published introduction."""
        return form_words(self.form.content, "intro")

    @property
    def closed_on(self) -> date | None:
        """The day on which it was closed by hand, before its last day; ``None`` otherwise."""
        return self.window.closed_before(self.form.closes_on)


def card_of(window: ApplicationWindow, today: date) -> WindowCard | None:
    """Return a window as the public sees it; a draft is not seen."""
    if window.current is None:
        return None
    clock = window.clock(today)
    return WindowCard(window, window.current, clock, labels.CLOCK[clock])


def public_windows(today: date) -> list[WindowCard]:
    """Return the published windows: open, coming, closed; newest first in each (one query)."""
    rows = ApplicationWindow.objects.filter(current__isnull=False).select_related("current")
    cards = [card_of(row, today) for row in rows.order_by("-pk")[:MOST]]
    shown = [card for card in cards if card is not None]
    return sorted(shown, key=lambda card: CLOCK.index(card.clock))


def open_windows(today: date) -> list[WindowCard]:
    """Return the windows that take applications today (one query)."""
    return [card for card in public_windows(today) if card.clock == "open"]


def public_window(key: str, today: date) -> WindowCard | None:
    """Return a published window by its key (one query); ``None`` where there is none."""
    row = ApplicationWindow.objects.filter(key=key).select_related("current").first()
    return card_of(row, today) if row else None


@dataclass(frozen=True)
class AskedLine:
    """A question as people who do not answer it yet read it; a heading has nothing but a title."""

    title: str
    is_heading: bool
    help: str = ""
    purpose: str = ""
    kind: str | Promise = ""
    klass: str | Promise = ""
    required: bool = False
    options: tuple[str, ...] = ()


def asked_lines(content: Content) -> list[AskedLine]:
    """Return what a form asks and why."""
    return [asked_line(one) for one in content["questions"]]


def asked_line(one: Content) -> AskedLine:
    """Return one question or heading."""
    title = form_words(one, "title")
    if one["type"] == SECTION:
        return AskedLine(title, is_heading=True)
    return AskedLine(
        title,
        is_heading=False,
        help=form_words(one, "help"),
        purpose=form_words(one, "purpose"),
        kind=labels.TYPES[one["type"]],
        klass=labels.CLASSES[one["klass"]],
        required=one["required"],
        options=tuple(form_words(option, "text") for option in one.get("options", ())),
    )


@dataclass(frozen=True)
class RuleLine:
    """A check of the machine in words."""

    title: str
    reason: str
    outcome: str | Promise


def rule_lines(content: Content) -> list[RuleLine]:
    """Return the checks of a sound form."""
    return [
        RuleLine(
            form_words(one, "title"),
            rule_words(one),
            labels.OUTCOMES[one["otherwise"]],
        )
        for one in content["checks"]
    ]


# --- staff


def window_rows() -> list[ApplicationWindow]:
    """Return all windows, newest first, each with its number of applications (one query)."""
    sent = Count("forms__applications", filter=Q(forms__applications__submitted_at__isnull=False))
    rows = ApplicationWindow.objects.select_related("current").annotate(sent=sent)
    return list(rows.order_by("-pk")[:MOST])


@dataclass(frozen=True)
class WindowWork:
    """What staff see of a window: the draft, its faults, the versions that were frozen."""

    window: ApplicationWindow
    asked: list[AskedLine]
    rules: list[RuleLine]
    problems: tuple[Problem, ...]
    changed: bool
    versions: list[FormVersion]


def window_work(window: ApplicationWindow) -> WindowWork:
    """Return a window's draft as it would be published (one query)."""
    content = content_of(window)
    problems = form_problems(content)
    sound = content if problems else named(content)
    changed = window.current is None or window.current.content != sound
    return WindowWork(
        window=window,
        asked=asked_lines(content),
        rules=[] if problems else rule_lines(sound),
        problems=problems,
        changed=changed,
        versions=list(window.forms.select_related("frozen_by")),
    )
