"""How calls and proposals are shown: their state in words, their way, crumbs."""

from datetime import date
from fractions import Fraction
from typing import Any

from django import template

from incubator.domain.call import PROPOSAL
from incubator.labels.calls import CRITERION_NAMES, phase_status
from incubator.models.calls import Call, Proposal
from portal.labels import STATES
from portal.labels.numbers import rounded
from portal.templatetags.portal import status

register = template.Library()


@register.inclusion_tag("portal/components/status.html")
def call_status(call: Call, today: date) -> dict[str, Any]:
    """Where a call stands today, by its dates while it is published."""
    return status(**phase_status(call.phase(today)))


@register.inclusion_tag("portal/components/status.html")
def proposal_status(proposal: Proposal) -> dict[str, Any]:
    """Where a proposal stands."""
    label, _public, tone, icon = STATES[PROPOSAL.name][proposal.state]
    return status(label=label, tone=tone, icon=icon)


@register.inclusion_tag("portal/components/crumbs.html")
def call_crumbs(url: str, label: str, here: str) -> dict[str, Any]:
    """The way to a page: one page above it, and itself."""
    return {"crumbs": [{"url": url, "label": label}, {"url": "", "label": here}]}


@register.filter
def criterion_name(code: str) -> str:
    """The name of a criterion."""
    return str(CRITERION_NAMES[code][0])


@register.filter
def points(value: Fraction | None) -> str:
    """A total of 0 to 100 with one decimal."""
    return "" if value is None else rounded(float(value), 1)
