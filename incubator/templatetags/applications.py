"""Small parts of the application pages."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import template
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from incubator.domain import application as rules
from incubator.labels.form_faults import fault_words
from incubator.labels.windows import CLOCK, form_words
from incubator.models import (
    Application,
    ApplicationAttachment,
    ApplicationReview,
    ApplicationWindow,
    FormVersion,
)
from incubator.selectors.applications import TONES, Step
from portal.labels import STATES
from portal.labels.days import day
from portal.templatetags.portal import COMPONENTS, file_row, status
from portal.templatetags.portal_words import BANNER_ICONS

register = template.Library()
register.filter(fault_words)


def state_mark(lifecycle: str, state: str, *, public: bool) -> dict[str, Any]:
    """Return what the status component shows for a state."""
    staff_name, public_name, tone, icon = STATES[lifecycle][state]
    return status(str(public_name if public else staff_name), tone, icon)


@register.inclusion_tag(COMPONENTS + "status.html")
def application_state(case: Application, public: bool = False) -> dict[str, Any]:  # noqa: FBT001, FBT002 a template's switch
    """How an application stands today, in the firm's words or the staff's."""
    state = case.standing(timezone.localdate())
    return state_mark(rules.LIFECYCLE.name, state, public=public)


@register.filter
def standing(case: Application, today: date) -> str:
    """The state in which an application stands today."""
    return case.standing(today)


@register.filter
def standing_since(case: Application, today: date) -> date:
    """The day since which it does."""
    return case.standing_since(today)


@register.inclusion_tag(COMPONENTS + "status.html")
def review_state(review: ApplicationReview) -> dict[str, Any]:
    """A review's state."""
    return state_mark(rules.REVIEW_LIFECYCLE.name, review.state, public=False)


@register.inclusion_tag(COMPONENTS + "status.html")
def machine_mark(case: Application) -> dict[str, Any]:
    """What the machine check suggested when the case was sent."""
    suggestion = (case.machine_result or {}).get("suggestion", "discretionary")
    words = {"pass": _("Pass"), "discretionary": _("Look closely"), "fail": _("Fail")}
    tone = TONES[suggestion]
    return status(words[suggestion], tone, BANNER_ICONS[tone])


@register.inclusion_tag(COMPONENTS + "file_row.html")
def attachment_row(one: ApplicationAttachment) -> dict[str, Any]:
    """A stored file."""
    stored = one.file
    return file_row(
        {
            "name": stored.name,
            "size": stored.size,
            "sha256": stored.sha256,
            "url": one.url,
            "state": "stored",
        }
    )


@register.inclusion_tag(COMPONENTS + "status.html")
def window_mark(clock: str) -> dict[str, Any]:
    """What the clock makes of an application window."""
    words, tone, icon = CLOCK[clock]
    return status(str(words), tone, icon)


@register.filter
def form_title(form: FormVersion) -> str:
    """A form's title, marked where it is Chinese on an English page."""
    return form_words(form.content, "title")


@register.filter
def plain_title(form: FormVersion) -> str:
    """A form's title where no markup may stand."""
    return form.local("title")


@register.filter
def part(holder: Any, name: str) -> Any:
    """The part of ``holder`` (a form, a dict) called ``name``; nothing where there is none."""
    if isinstance(holder, Mapping):
        return holder.get(name, "")
    return holder[name]


@register.filter
def with_notes(steps: list[Step]) -> list[dict[str, str | Promise]]:
    """Steps as the component takes them: dates in words."""
    return [{"label": one.label, "note": day(one.note), "state": one.state} for one in steps]


def trail(url: str, parent: str, here: str) -> dict[str, Any]:
    """Return crumbs: workspace, a list, this page."""
    return {
        "crumbs": [
            {"url": reverse("portal:workspace"), "label": _("Workspace")},
            {"url": reverse(url), "label": parent},
            {"label": here},
        ]
    }


@register.inclusion_tag(COMPONENTS + "crumbs.html")
def window_crumbs(form: FormVersion) -> dict[str, Any]:
    """Where the public is."""
    here = {"label": form_title(form)}
    return {
        "crumbs": [{"url": reverse("incubator:windows"), "label": _("Apply for incubation")}, here]
    }


@register.inclusion_tag(COMPONENTS + "crumbs.html")
def desk_crumbs(window: ApplicationWindow) -> dict[str, Any]:
    """Where staff are with a window."""
    return trail("incubator:window_desk", _("Application windows"), str(window))


@register.inclusion_tag(COMPONENTS + "crumbs.html")
def application_crumbs(case: Application) -> dict[str, Any]:
    """Where the firm is."""
    return trail("incubator:application_list", _("Incubation applications"), case.number)


@register.inclusion_tag(COMPONENTS + "crumbs.html")
def screening_crumbs(here: str | SafeString) -> dict[str, Any]:
    """Where staff are."""
    return trail("incubator:screening_list", _("Screening of applications"), here)


@register.inclusion_tag(COMPONENTS + "crumbs.html")
def review_crumbs(here: str | SafeString) -> dict[str, Any]:
    """Where the reviewer is."""
    return trail("incubator:review_list", _("My reviews"), here)
