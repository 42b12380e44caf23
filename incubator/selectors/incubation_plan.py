"""Reads of a firm's milestones and periodic reviews, and of the plan templates."""

from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from incubator.domain.cohort import RUNNING
from incubator.domain.incubation_plan import MILESTONE, REVIEW
from incubator.models import Incubation, IncubationMilestone, IncubationReview, PlanTemplate
from incubator.selectors.cohorts import seat_of
from portal import labels
from portal.domain.roles import Role
from portal.models import User
from portal.permissions import roles_for

Row = IncubationMilestone | IncubationReview
DEEP = ("incubation__cohort", "incubation__organisation", "incubation__mentor")


def plan_templates() -> list[PlanTemplate]:
    """Return the plan's versions, newest first (one query, at most 50)."""
    return list(PlanTemplate.objects.all()[:50])


def visible(user: User) -> QuerySet[Incubation]:
    """Return the memberships whose plan ``user`` may see."""
    return Incubation.objects.visible_to(user)


def milestone_page(user: User, pk: int) -> IncubationMilestone:
    """Return a milestone that ``user`` may see, or 404 (one query)."""
    rows = IncubationMilestone.objects.select_related(*DEEP, "reported_by", "judged_by")
    return get_object_or_404(rows, pk=pk, incubation__in=visible(user))


def review_page(user: User, pk: int) -> IncubationReview:
    """Return a periodic review that ``user`` may see, or 404 (one query)."""
    rows = IncubationReview.objects.select_related(*DEEP, "submitted_by", "closed_by")
    return get_object_or_404(rows, pk=pk, incubation__in=visible(user))


def row_roles(user: User, row: Row) -> frozenset[str]:
    """Return the roles in which ``user`` may act on a row: an expert only as its mentor."""
    seat = seat_of(user, row.incubation)
    held = roles_for(user, row.incubation.organisation)
    dropped = {Role.STAFF} if seat.firm else set()
    return held - dropped if seat.mentor else held - dropped - {Role.EXPERT}


def milestone_actions(user: User, row: IncubationMilestone) -> tuple[str, ...]:
    """Return what ``user`` may do with a milestone now."""
    if row.incubation.state not in RUNNING:
        return ()
    actions = MILESTONE.actions(row.state, row_roles(user, row))
    movable = row.state in {"scheduled", "returned"} and seat_of(user, row.incubation).staff
    return (*actions, "move") if movable else actions


def review_actions(user: User, row: IncubationReview) -> tuple[str, ...]:
    """Return what ``user`` may do with a periodic review now."""
    if row.incubation.state not in RUNNING:
        return ()
    return REVIEW.actions(row.state, row_roles(user, row))


def row_status(row: Row, lifecycle: str, today: date) -> dict[str, Any]:
    """Return how a milestone or a review stands, in words: overdue where it is."""
    name, _public, tone, icon = labels.STATES[lifecycle][row.state]
    if row.is_late(today):
        name, tone, icon = _("Overdue"), "bad", "alert-circle"
    return {"text": name, "label": name, "tone": tone, "icon": icon}


def plan_of(
    incubation: Incubation, today: date
) -> tuple[
    list[tuple[IncubationMilestone, dict[str, Any]]], list[tuple[IncubationReview, dict[str, Any]]]
]:
    """Return a membership's milestones and reviews, each with its status (two queries)."""
    milestones = [
        (row, row_status(row, "incubator.milestone", today)) for row in incubation.milestones.all()
    ]
    reviews = [
        (row, row_status(row, "incubator.incubation_review", today))
        for row in incubation.reviews.all()
    ]
    return milestones, reviews
