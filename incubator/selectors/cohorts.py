"""Reads of incubation: cohorts with their firms, a firm's memberships, what each may do."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Exists, OuterRef, QuerySet
from django.shortcuts import get_object_or_404

from incubator.domain.cohort import COHORT, INCUBATION
from incubator.models import Cohort, Incubation, IncubationAgreement
from incubator.models.modules import FIRM_ROLES
from incubator.selectors.applications import admitted_firms
from portal.domain.roles import Role
from portal.models import Organisation, User
from portal.permissions import organisations_of, roles_for

PAGE = 50
MOST_FIRMS = 500
"""Firms shown with a cohort: as many as one can have."""


def cohorts() -> list[Cohort]:
    """Return the cohorts, newest first (one query, at most 50)."""
    return list(Cohort.objects.all()[:PAGE])


def cohort_page(pk: int) -> Cohort:
    """Return a cohort, or 404 (one query)."""
    return get_object_or_404(Cohort.objects.select_related("agreement"), pk=pk)


def cohort_members(cohort: Cohort) -> list[Incubation]:
    """Return the memberships of a cohort by firm (one query)."""
    rows = cohort.memberships.select_related("organisation", "mentor", "cohort")
    return list(rows.order_by("organisation__name", "pk")[:MOST_FIRMS])


def firms_to_offer() -> QuerySet[Organisation]:
    """Return the admitted firms that have neither a place nor an offer."""
    busy = Incubation.objects.under_way().filter(organisation=OuterRef("pk"))
    return admitted_firms().exclude(Exists(busy))


def cohort_actions(user: User, cohort: Cohort) -> tuple[str, ...]:
    """Return what ``user`` may do with a cohort now."""
    return COHORT.actions(cohort.state, roles_for(user))


def agreements() -> list[IncubationAgreement]:
    """Return the agreement's versions, newest first (one query)."""
    return list(IncubationAgreement.objects.select_related("published_by")[:PAGE])


def incubations_of(user: User) -> list[Incubation]:
    """Return the memberships of the person's firms, newest first (one query)."""
    firms = [firm.pk for firm in organisations_of(user, *FIRM_ROLES)]
    rows = Incubation.objects.filter(organisation__in=firms)
    return list(rows.select_related("cohort", "organisation", "mentor")[:PAGE])


def guided_by(user: User) -> list[Incubation]:
    """Return the running memberships that a mentor guides (one query)."""
    rows = Incubation.objects.under_way().filter(mentor=user)
    return list(rows.select_related("cohort", "organisation")[:PAGE])


def incubation_page(user: User, pk: int) -> Incubation:
    """Return a membership that ``user`` may see, or 404 (one query)."""
    rows = Incubation.objects.visible_to(user).select_related(
        "cohort__agreement", "organisation", "mentor", "accepted_by"
    )
    return get_object_or_404(rows, pk=pk)


@dataclass(frozen=True)
class Seat:
    """How a person stands towards a membership."""

    staff: bool
    firm: bool
    mentor: bool

    @property
    def guide(self) -> bool:
        """Whether the person judges what the firm hands in."""
        return self.staff or self.mentor


def seat_of(user: User, incubation: Incubation) -> Seat:
    """Return as whom ``user`` looks at a membership: nobody acts on their own firm as staff."""
    held = roles_for(user, incubation.organisation)
    firm = bool(held & FIRM_ROLES)
    return Seat(
        staff=Role.STAFF in held and not firm,
        firm=firm,
        mentor=incubation.mentor_id == user.pk and Role.EXPERT in held and not firm,
    )


def incubation_actions(user: User, incubation: Incubation, today: date) -> tuple[str, ...]:
    """Return what ``user`` may do with a membership today."""
    seat = seat_of(user, incubation)
    held = roles_for(user, incubation.organisation)
    allowed = held - {Role.STAFF} if seat.firm else held
    found = INCUBATION.actions(incubation.standing(today), allowed)
    if incubation.offer_is_over(today):
        return tuple(action for action in found if action != "accept")
    wanted = "resume_probation" if incubation.resumes_as == "probation" else "resume"
    return tuple(action for action in found if not action.startswith("resume") or action == wanted)


def is_removed(organisation_id: int) -> bool:
    """Return whether a firm was removed and not taken in again since (one query)."""
    return bool(removed_ids([organisation_id]))


def removed_ids(organisation_ids: Iterable[int]) -> set[int]:
    """Return which of the firms were removed and not taken in again since (one query)."""
    begun = Incubation.objects.filter(
        organisation__in=list(organisation_ids), accepted_at__isnull=False
    )
    newest = dict(begun.order_by("pk").values_list("organisation", "state"))
    return {firm for firm, state in newest.items() if state == "removed"}


def experts() -> QuerySet[User]:
    """Return who may mentor."""
    return User.objects.filter(groups__name=Role.EXPERT, is_active=True).order_by("name", "pk")
