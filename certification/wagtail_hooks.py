"""The app's places on the home page and in the workspace."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from wagtail import hooks

from certification.selectors.recommendations import NO_TIER, tier_counts
from portal.domain.roles import Role
from portal.wagtail_hooks import tab


@hooks.register("portal_workspace_tabs")
def workspace_tabs(_request: HttpRequest) -> list[dict[str, Any]]:
    """Assessment for the lead and for firms; the list for procurement officers."""
    return [
        tab(60, reverse("certification:rounds"), _("Assessment"), "scale", Role.LEAD),
        tab(
            60,
            reverse("certification:scorecard"),
            _("Scorecard"),
            "chart-bar",
            Role.FIRM_SIGNER,
            Role.FIRM_MEMBER,
        ),
        tab(
            70,
            reverse("certification:needs"),
            _("Procurement reference"),
            "list-check",
            Role.OFFICER,
        ),
    ]


@hooks.register("portal_home_context")
def home_grades(_request: HttpRequest) -> dict[str, list[Any]]:
    """How many grades are in effect, by tier."""
    counted = tier_counts(timezone.localdate())
    graded = {tier: n for tier, n in counted.items() if tier != NO_TIER}
    note = _(", ").join(
        _("tier %(tier)s: %(n)s") % {"tier": tier, "n": n} for tier, n in graded.items()
    )
    return {
        "stats": [
            {
                "label": _("Grades in effect"),
                "value": sum(graded.values()),
                "unit": "",
                "note": note,
                "url": reverse("certification:recommendations"),
            }
        ]
    }
