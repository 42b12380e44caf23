"""A firm's milestones, from a plan template, and its periodic reviews.

A template is data: a version, how often a review is due, and its lines. A line names a milestone,
the day on which it is due (counted from the membership's first day) and the indicator of the
grading rubric to which it leads, as a plain code.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from portal.domain.lifecycle import Invalid, Lifecycle, row
from portal.domain.texts import is_blank

FIRM: Final = "firm_signer firm_member"
GUIDES: Final = "staff expert"
"""Incubation staff, and the expert who mentors the firm: services let no other expert act."""

MILESTONE: Final = Lifecycle(
    name="incubator.milestone",
    states=("scheduled", "reported", "returned", "confirmed"),
    transitions=(
        row("report", "scheduled returned", "reported", FIRM),
        row("confirm", "reported", "confirmed", GUIDES),
        row("give_back", "reported", "returned", GUIDES, reason=True),
    ),
    final=frozenset({"confirmed"}),
)
REVIEW: Final = Lifecycle(
    name="incubator.incubation_review",
    states=("due", "submitted", "closed"),
    transitions=(
        row("submit", "due", "submitted", FIRM),
        row("reopen", "submitted", "due", GUIDES, reason=True),
        row("close", "submitted", "closed", GUIDES),
    ),
    final=frozenset({"closed"}),
)

OPEN: Final = ("scheduled", "returned", "due")
"""States of milestones and reviews in which the firm must hand something in."""
MOST_LINES: Final = 40
MOST_DAYS: Final = 3 * 366
LONGEST_TITLE, LONGEST_ENGLISH = 80, 120
LEAST_REVIEW_DAYS, MOST_REVIEW_DAYS = 14, 366
REMIND_DAYS: Final = 7
"""How long before a due date the firm is reminded."""
GRACE_DAYS: Final = 7
"""How long after the warning an overdue review blocks new resource requests."""
_CODE: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")


@dataclass(frozen=True, slots=True)
class PlanLine:
    """A milestone of a template; ``days`` after the first day it is due."""

    code: str
    days: int
    indicator: str
    title: str
    title_en: str = ""


@dataclass(frozen=True, slots=True)
class PlanFault:
    """What is wrong with a template: a code, the line's number, what stands there."""

    code: str
    line: int = 0
    found: str = ""
    most: int = 0

    @property
    def params(self) -> dict[str, object]:
        """What the fault's words name."""
        return {"line": self.line, "found": self.found, "most": self.most}


def read_plan(text: str, indicators: Collection[str]) -> list[PlanLine]:
    """Return the lines of a template: ``code | days | indicator | title | English title`` each.

    The indicator, one of ``indicators``, and the English title may be empty. Raises ``Invalid``
    with the first of ``plan_faults``.

    >>> read_plan("case | 30 | redesign | 流程梳理 | Mapping", {"redesign"})[0].days
    30
    """
    if faults := plan_faults(text, indicators):
        first = faults[0]
        raise Invalid(first.code, fields={"lines": first.code}, **first.params)
    lines = (plan_line(cells) for _number, cells in rows_of(text))
    return sorted(lines, key=lambda one: one.days)


def plan_faults(text: str, indicators: Collection[str]) -> list[PlanFault]:
    """Return everything that is wrong with a template, line by line."""
    rows = list(rows_of(text))
    if not rows:
        return [PlanFault("plan_empty")]
    if len(rows) > MOST_LINES:
        return [PlanFault("plan_long", most=MOST_LINES)]
    codes = [cells[0] for _number, cells in rows]
    return [
        fault
        for at, (number, cells) in enumerate(rows)
        for fault in line_faults(number, cells, set(codes[:at]), indicators)
    ]


def rows_of(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield (number, cells) of each line that says something, five cells at least."""
    for number, line in enumerate(text.splitlines(), start=1):
        if not is_blank(line):
            cells = [cell.strip() for cell in line.split("|")]
            yield number, cells + [""] * (5 - len(cells))


def line_faults(
    number: int, cells: list[str], taken: set[str], indicators: Collection[str]
) -> Iterator[PlanFault]:
    """Yield what is wrong with one line."""
    code, days, indicator, title, title_en = cells[:5]
    if len(cells) > 5:
        yield PlanFault("plan_line_cells", number)
    if not _CODE.fullmatch(code):
        yield PlanFault("plan_line_code", number, code)
    elif code in taken:
        yield PlanFault("plan_line_twice", number, code)
    if not (days.isascii() and days.isdecimal() and len(days) <= 4 and int(days) <= MOST_DAYS):
        yield PlanFault("plan_line_days", number, days[:20], MOST_DAYS)
    if indicator and indicator not in indicators:
        yield PlanFault("plan_line_indicator", number, indicator[:40])
    if is_blank(title):
        yield PlanFault("plan_line_title", number)
    if len(title) > LONGEST_TITLE:
        yield PlanFault("plan_line_long", number, title[:20], LONGEST_TITLE)
    if len(title_en) > LONGEST_ENGLISH:
        yield PlanFault("plan_line_long", number, title_en[:20], LONGEST_ENGLISH)


def plan_line(cells: list[str]) -> PlanLine:
    """Return a line without faults."""
    code, days, indicator, title, title_en = cells
    return PlanLine(code, int(days), indicator, title, "" if is_blank(title_en) else title_en)


def write_plan(lines: Iterable[PlanLine]) -> str:
    """Return lines as ``read_plan`` takes them."""
    return "\n".join(
        f"{one.code} | {one.days} | {one.indicator} | {one.title} | {one.title_en}" for one in lines
    )


def require_review_days(days: int) -> None:
    """Raise ``Invalid("review_days")`` unless reviews come round at a bearable pace."""
    if not LEAST_REVIEW_DAYS <= days <= MOST_REVIEW_DAYS:
        raise Invalid(
            "review_days",
            fields={"review_days": "review_days"},
            least=LEAST_REVIEW_DAYS,
            most=MOST_REVIEW_DAYS,
        )


def review_dates(starts_on: date, ends_on: date, every: int) -> tuple[date, ...]:
    """Return when reviews are due: every ``every`` days until the cohort's last day.

    >>> [day.day for day in review_dates(date(2026, 1, 1), date(2026, 3, 5), 30)]
    [31, 2]
    """
    count = (ends_on - starts_on).days // every
    return tuple(starts_on + timedelta(days=every * (number + 1)) for number in range(count))


def require_move(due_on: date, today: date) -> None:
    """Raise ``Invalid("milestone_day")`` unless a milestone moves to a day that is to come."""
    if not today <= due_on <= today + timedelta(days=MOST_DAYS):
        raise Invalid("milestone_day", fields={"due_on": "milestone_day"})


def is_late(state: str, due_on: date, today: date) -> bool:
    """Return whether the firm should have handed in what is still open."""
    return state in OPEN and today > due_on


def blocks_requests(state: str, due_on: date, warned_on: date | None, today: date) -> bool:
    """Return whether an overdue review blocks new resource requests: seven days after a warning.

    >>> blocks_requests("due", date(2026, 3, 1), date(2026, 3, 2), date(2026, 3, 9))
    False
    >>> blocks_requests("due", date(2026, 3, 1), date(2026, 3, 2), date(2026, 3, 10))
    True
    """
    if warned_on is None or not is_late(state, due_on, today):
        return False
    return (today - warned_on).days > GRACE_DAYS
