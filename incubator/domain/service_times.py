"""How long each stage of an application takes: the office's working days, without the firm's.

A stage is the time in which a work item of the office is open, or the case with its reviewers.
While the firm answers neither is, so that the clock stands still by itself.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from incubator.domain.application import RECHECK_DAYS
from portal.domain.calendar import working_days_between

SCREENING_DAYS: Final = 5
"""Working days that the office has to screen a case, counted on after the firm has answered."""
LEAST_SCREENING: Final = 1
"""Working days that are left for an answer that comes back when the time was used up."""
REVIEW_DAYS: Final = 10
"""Working days that a reviewer has."""
REVIEWER_DAYS: Final = 3
"""Working days in which staff find another assessor, where none is left to be drawn."""
DECISION_DAYS: Final = 10
RELEASE_DAYS: Final = 5
"""Working days from a decision to the release of its batch."""
ADMISSION_DAYS: Final = 1
"""Working days from the end of the public notice."""

PROMISED: Final = {
    "screening": SCREENING_DAYS,
    "review": REVIEW_DAYS,
    "decision": DECISION_DAYS + RELEASE_DAYS,
    "admission": ADMISSION_DAYS,
    "recheck": RECHECK_DAYS,
}
"""Stage → working days that the county promises, in the order in which stages come."""

STAGE_OF: Final = {
    "application_screen": "screening",
    "in_review": "review",
    "application_decide": "decision",
    "application_publish": "decision",
    "application_release": "decision",
    "application_admit": "admission",
    "application_recheck": "recheck",
}
"""Kind of work item → stage; ``in_review`` is the time that reviewers had together."""
PAUSE: Final = "application_answer"
"""The kind that waits for the firm."""


@dataclass(frozen=True, slots=True)
class Wait:
    """A time in which a case waited; ``closed_on`` is ``None`` while it does."""

    case: str
    kind: str
    opened_on: date
    closed_on: date | None
    due_on: date | None


@dataclass(frozen=True, slots=True)
class StageTime:
    """What a stage took: ``ended`` cases with median and 90th percentile in working days (linearly
    interpolated; ``None`` without cases), and those ``under_way``, of which ``overdue`` are late.
    """

    stage: str
    ended: int
    median: float | None
    p90: float | None
    under_way: int
    overdue: int


def spent_days(waits: Iterable[Wait], today: date) -> int:
    """Return the working days that waits cover together; days of two count once.

    The day on which a wait begins is not counted.

    >>> one = Wait("1", "in_review", date(2026, 3, 2), date(2026, 3, 6), None)
    >>> two = Wait("1", "in_review", date(2026, 3, 4), date(2026, 3, 10), None)
    >>> spent_days([one, two], date(2026, 3, 31))
    6
    """
    days, reached = 0, date.min
    for wait in sorted(waits, key=lambda one: one.opened_on):
        start, end = max(wait.opened_on, reached), wait.closed_on or today
        if end > start:
            days += working_days_between(start, end).value
            reached = end
    return days


def days_left(earlier: Iterable[Wait], today: date) -> int:
    """Return the working days of screening that are left when the firm has answered (>= 1)."""
    return max(LEAST_SCREENING, SCREENING_DAYS - spent_days(earlier, today))


def stage_times(waits: Iterable[Wait], today: date, *, since: date) -> list[StageTime]:
    """Return each stage's times over the cases whose stage ended on or after ``since``."""
    by_case: dict[tuple[str, str], list[Wait]] = defaultdict(list)
    paused = set()
    for wait in waits:
        if wait.kind == PAUSE:
            paused |= {wait.case} if wait.closed_on is None else set()
        else:
            by_case[STAGE_OF[wait.kind], wait.case].append(wait)
    return [
        _stage_time(
            stage,
            [(case in paused, rows) for (name, case), rows in by_case.items() if name == stage],
            today,
            since,
        )
        for stage in PROMISED
    ]


def _stage_time(
    stage: str, cases: Sequence[tuple[bool, list[Wait]]], today: date, since: date
) -> StageTime:
    took, under_way, overdue = [], 0, 0
    for paused, rows in cases:
        still = [one for one in rows if one.closed_on is None]
        if still or (paused and stage == "screening"):
            under_way += 1
            overdue += any(one.due_on is not None and one.due_on < today for one in still)
        elif max(one.closed_on or since for one in rows) >= since:
            took.append(spent_days(rows, today))
    return StageTime(
        stage,
        len(took),
        float(np.median(took)) if took else None,
        float(np.percentile(took, 90)) if took else None,
        under_way,
        overdue,
    )
