"""Grades as they stand today."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from certification.domain.grade import CURRENT, counts, grade_status
from certification.models import Grade


@dataclass(frozen=True)
class CurrentGrade:
    """A firm's grade with its status on a day; ``tier`` is ``None`` where it does not count."""

    grade: Grade
    status: str

    @property
    def tier(self) -> str | None:
        """The tier, while the grade holds."""
        return self.grade.tier if counts(self.status) else None


def current_grades(organisation_ids: Collection[int], today: date) -> dict[int, CurrentGrade]:
    """Return the one current grade of each firm that has one, by organisation id (one query)."""
    grades = Grade.objects.filter(
        organisation__in=organisation_ids, state__in=CURRENT
    ).select_related("document", "scorecard__round__rubric", "confirmed_by")
    return {
        grade.organisation_id: CurrentGrade(
            grade, grade_status(grade.state, grade.valid_until, today, grade.suspended_until)
        )
        for grade in grades
    }


def barred_organisations(organisation_ids: Collection[int], today: date) -> frozenset[int]:
    """Return the firms that cannot be graded on ``today`` (one query).

    Those under suspension, and those whose grade was revoked and that may not apply again yet.
    """
    barred = Grade.objects.filter(organisation__in=organisation_ids).filter(
        Q(state="suspended", suspended_until__gte=today)
        | Q(state="revoked", may_reapply_on__gt=today)
    )
    return frozenset(barred.values_list("organisation_id", flat=True))
