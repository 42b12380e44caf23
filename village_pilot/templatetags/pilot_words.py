"""States, actions and deadlines of pilots in the reader's language."""

from datetime import date
from typing import Any

from django import template
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal import labels
from portal.labels.days import day
from portal.models import Stateful, StoredFile
from portal.templatetags.portal import COMPONENTS, TONE_ICONS
from portal.templatetags.portal_words import working_days_left
from village_pilot.domain.delivery import DELIVERABLE, MILESTONE, PILOT
from village_pilot.labels import category_name

register = template.Library()
register.filter("category_name", category_name)


def state_parts(lifecycle: str, row: Stateful) -> dict[str, Any]:
    """Return what the status component shows for a case."""
    name, _public, tone, icon = labels.STATES[lifecycle][row.state]
    return {"label": name, "tone": tone, "icon": icon or TONE_ICONS[tone]}


@register.inclusion_tag(COMPONENTS + "status.html")
def pilot_state(pilot: Stateful) -> dict[str, Any]:
    """A pilot's state."""
    return state_parts(PILOT.name, pilot)


@register.inclusion_tag(COMPONENTS + "status.html")
def milestone_state(milestone: Stateful) -> dict[str, Any]:
    """A milestone's state."""
    return state_parts(MILESTONE.name, milestone)


@register.inclusion_tag(COMPONENTS + "status.html")
def version_state(version: Stateful) -> dict[str, Any]:
    """A version's state."""
    return state_parts(DELIVERABLE.name, version)


@register.simple_tag
def pilot_action(action: str) -> str:
    """The words on the button of a pilot's action."""
    return str(labels.action_label(PILOT.name, action))


@register.simple_tag
def milestone_action(action: str) -> str:
    """The words on the button of a milestone's action."""
    return str(labels.action_label(MILESTONE.name, action))


@register.simple_tag
def due_words(due_on: date | None) -> str:
    """Until when somebody is asked to decide, and how late it is; silence is never consent."""
    if due_on is None:
        return ""
    left = working_days_left(due_on) or 0
    asked = _("Please decide by %(day)s") % {"day": day(due_on)}
    if left < 0:
        late = ngettext("%(n)s working day late", "%(n)s working days late", -left)
        return f"{asked} · {late % {'n': -left}}"
    rest = ngettext("%(n)s working day left", "%(n)s working days left", left) % {"n": left}
    return f"{asked} · {rest}"


@register.simple_tag
def late_days(due_on: date) -> str:
    """How many working days a date has passed."""
    late = max(-(working_days_left(due_on) or 0), 0)
    return ngettext("%(n)s working day late", "%(n)s working days late", late) % {"n": late}


@register.inclusion_tag(COMPONENTS + "file_row.html")
def stored_file(stored: StoredFile) -> dict[str, Any]:
    """A stored file with its link and digest."""
    return {
        "file": {
            "name": stored.name,
            "size": stored.size,
            "sha256": stored.sha256,
            "url": reverse("portal:file", args=[stored.pk]),
            "state": "stored",
        }
    }
