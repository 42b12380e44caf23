"""Incubation: cohorts with places, a firm's membership, its plan and its periodic reviews.

Decisions are stored; what the calendar adds (an offer has run out, a suspension is over, a review
is overdue) is read from dates.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

from portal.domain.calendar import require_days
from portal.domain.lifecycle import SYSTEM, Conflict, Invalid, Lifecycle, row

COHORT: Final = Lifecycle(
    name="incubator.cohort",
    states=("draft", "published", "closed"),
    transitions=(
        row("publish", "draft", "published", "staff"),
        row("close", "draft published", "closed", "staff", reason=True),
    ),
    final=frozenset({"closed"}),
)

INCUBATION: Final = Lifecycle(
    name="incubator.incubation",
    states=(
        "offered",
        "active",
        "probation",
        "suspended",
        "graduated",
        "exited",
        "removed",
        "declined",
        "withdrawn",
        "lapsed",
    ),
    transitions=(
        row("accept", "offered", "active", "firm_signer"),
        row("decline", "offered", "declined", "firm_signer"),
        row("withdraw", "offered", "withdrawn", "staff", reason=True),
        row("lapse", "offered", "lapsed", SYSTEM),
        row("warn", "active", "probation", "staff", reason=True),
        row("clear", "probation", "active", "staff"),
        row("suspend", "active probation", "suspended", "staff", reason=True),
        row("resume", "suspended", "active", f"staff {SYSTEM}"),
        row("resume_probation", "suspended", "probation", f"staff {SYSTEM}"),
        row("graduate", "active", "graduated", "staff"),
        row("exit", "active probation suspended", "exited", "firm_signer staff", reason=True),
        row("remove", "active probation suspended", "removed", "staff", reason=True),
    ),
    final=frozenset({"graduated", "exited", "removed", "declined", "withdrawn", "lapsed"}),
)

RUNNING: Final = ("active", "probation", "suspended")
UNDER_WAY: Final = ("offered", *RUNNING)
"""States of which a firm can have one only."""
HOLDING: Final = (*UNDER_WAY, "graduated")
"""States that take up a place of the cohort."""
ENDED: Final = ("graduated", "exited", "removed")

END_CODES: Final[Mapping[str, tuple[str, ...]]] = {
    "graduate": ("plan_met", "early"),
    "exit": ("own_wish", "moved", "ceased", "other"),
    "remove": ("breach", "false_evidence", "inactive", "other"),
}
"""The reason codes with which a membership ends, by action."""

REPLY_DAYS: Final = 14
MOST_PLACES: Final = 500
MOST_COHORT_DAYS: Final = 3 * 366
MOST_SUSPENSION_DAYS: Final = 366


# --- Cohorts


def require_cohort(*, starts_on: date, ends_on: date, capacity: int, today: date) -> None:
    """Raise ``Invalid`` unless a cohort's dates are in order, not over, and it has places."""
    require_days(today, starts_on=starts_on, ends_on=ends_on)
    if not 0 < (ends_on - starts_on).days <= MOST_COHORT_DAYS:
        raise Invalid("cohort_dates", fields={"ends_on": "cohort_dates"})
    if ends_on < today:
        raise Invalid("cohort_past", fields={"ends_on": "cohort_past"})
    require_capacity(capacity)


def require_capacity(capacity: int) -> None:
    """Raise ``Invalid("cohort_capacity")`` unless there is a bearable number of places."""
    if not 1 <= capacity <= MOST_PLACES:
        raise Invalid("cohort_capacity", fields={"capacity": "cohort_capacity"}, most=MOST_PLACES)


def cohort_clock(starts_on: date, ends_on: date, today: date) -> str:
    """Return what the calendar says of a published cohort.

    >>> cohort_clock(date(2026, 1, 1), date(2026, 6, 30), date(2026, 6, 30))
    'running'
    """
    if today < starts_on:
        return "upcoming"
    return "running" if today <= ends_on else "over"


# --- A firm's membership


def offer_is_over(state: str, reply_by: date, today: date) -> bool:
    """Return whether an offer ran out unanswered: silence is no acceptance."""
    return state == "offered" and today > reply_by


def standing(state: str, until: date | None, resumes_as: str, today: date) -> str:
    """Return the state in which a membership stands today: a suspension ends by date.

    >>> standing("suspended", date(2026, 5, 1), "probation", date(2026, 5, 2))
    'probation'
    """
    if state == "suspended" and until is not None and today > until:
        return resumes_as
    return state


def resume_action(resumes_as: str) -> str:
    """Return the action that ends a suspension into the state before it."""
    return "resume_probation" if resumes_as == "probation" else "resume"


def require_suspension(until: date, today: date) -> None:
    """Raise ``Invalid("suspension_until")`` unless the last day lies ahead, within a year."""
    if not today <= until <= today + timedelta(days=MOST_SUSPENSION_DAYS):
        raise Invalid("suspension_until", fields={"until": "suspension_until"})


def require_end(action: str, code: str, open_milestones: int) -> None:
    """Raise unless ``code`` is one of the action's, and a plan called met is met."""
    if code not in END_CODES[action]:
        raise Invalid("end_code", fields={"code": "end_code"})
    if code == "plan_met" and open_milestones:
        raise Conflict("milestones_open", count=open_milestones)
