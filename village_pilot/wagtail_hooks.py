"""The app's places on the home page and in the workspace."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from wagtail import hooks

from portal.domain.roles import Role
from portal.wagtail_hooks import tab
from village_pilot.domain.durations import common_unit
from village_pilot.selectors.measures import UNITS
from village_pilot.selectors.pilots import PilotFigures, pilot_figures


@hooks.register("portal_workspace_tabs")
def pilot_tabs(_request: HttpRequest) -> list[dict[str, Any]]:
    """Pilots for everybody involved, the village's big buttons, the reviewer's queue."""
    return [
        tab(
            5,
            reverse("village_pilot:village"),
            _("My village"),
            "home",
            Role.VILLAGE_SIGNER,
            Role.VILLAGE_CLERK,
        ),
        tab(
            50,
            reverse("village_pilot:pilots"),
            _("Pilots"),
            "route",
            Role.FIRM_SIGNER,
            Role.FIRM_MEMBER,
            Role.STAFF,
            Role.LEAD,
            Role.VILLAGE_CLERK,
            Role.VILLAGE_SIGNER,
            Role.DISPUTE_BOARD,
        ),
        tab(
            51,
            reverse("village_pilot:reviews"),
            _("Technical reviews"),
            "checklist",
            Role.TECH_REVIEWER,
        ),
        tab(52, reverse("village_pilot:codes"), _("Acceptance codes"), "key", Role.STAFF),
    ]


@hooks.register("portal_home_context")
def home_figures(_request: HttpRequest) -> dict[str, list[dict[str, Any]]]:
    """Running pilots, villages, and the median handling time where logs tell it."""
    figures = pilot_figures()
    stats: list[dict[str, Any]] = [
        {
            "label": _("Pilots under way"),
            "value": figures.running,
            "unit": "",
            "note": _("%(villages)s villages reached so far") % {"villages": figures.villages},
            "url": reverse("village_pilot:processes"),
        }
    ]
    return {"stats": stats + handling_time(figures)}


def handling_time(figures: PilotFigures) -> list[dict[str, Any]]:
    """Return the figure of handling times, if any pilot has both logs."""
    before, after = figures.median_seconds_before, figures.median_seconds_after
    if before is None or after is None:
        return []
    unit, seconds = common_unit(before, after)
    named = {"value": round(before / seconds, 1), "unit": UNITS[unit]}
    return [
        {
            "label": _("Median time of a case"),
            "value": round(after / seconds, 1),
            "unit": str(UNITS[unit]),
            "note": _("%(value)s %(unit)s before the redesign") % named,
        }
    ]
