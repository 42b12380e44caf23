"""Working days of the State Council's calendar, periods and public-notice windows.

The calendar comes from the package `chinesecalendar`, which knows only the years that the State
Council has announced. Any other year is assumed: Monday to Friday without the holidays that the
law fixes to a date of the solar calendar. Lunar holidays and exchanged days are then unknown, so
every answer carries the years that were assumed and nobody can overlook it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache
from itertools import islice
from typing import Final, Generic, TypeVar

import chinese_calendar

from portal.domain.lifecycle import Invalid

T = TypeVar("T")

FIXED_HOLIDAYS: Final = frozenset({(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)})
"""(month, day) of the statutory holidays with a solar date, as in force since 2025."""

KNOWN_YEARS: Final = frozenset(day.year for day in chinese_calendar.holidays)
"""Years that the installed calendar package knows."""

FIRST_DAY: Final = date(1900, 1, 1)
"""The first day that anybody may type: no firm is older."""
YEARS_AHEAD: Final = 20
"""How many years ahead a day may lie that anybody types, far from where dates overflow."""

_ONE_DAY: Final = timedelta(days=1)
_SATURDAY: Final = 5


@dataclass(frozen=True, slots=True)
class CalendarResult(Generic[T]):
    """A value with the years (ascending) for which the official calendar was not known.

    Has no truth value, so that `if is_working_day(day)` fails loudly instead of always holding.
    """

    value: T
    assumed_years: tuple[int, ...] = ()

    @property
    def assumed(self) -> bool:
        """Whether any year was assumed; say so wherever the value is shown."""
        return bool(self.assumed_years)

    def __bool__(self) -> bool:
        """Refuse: ask for `.value` or `.assumed`."""
        message = "ask for .value or .assumed"
        raise TypeError(message)


class Unit(StrEnum):
    """What a period counts."""

    WORKING = "working"
    CALENDAR = "calendar"


@dataclass(frozen=True, slots=True)
class Period:
    """A length of time in days (>= 0) of a unit."""

    days: int
    unit: Unit

    def __post_init__(self) -> None:
        """Refuse a negative length (ValueError)."""
        _require_natural(self.days)

    def ends_on(self, start: date) -> CalendarResult[date]:
        """Return the last day of the period; the day it starts on is not counted."""
        if self.unit is Unit.WORKING:
            return add_working_days(start, self.days)
        return CalendarResult(start + timedelta(days=self.days))


@dataclass(frozen=True, slots=True)
class Window:
    """A public notice's window; both days belong to it.

    `working_days` counts those after `opens_on`; `assumed` says that they lie in a year whose
    official calendar is not known yet, so the window must be computed again once it is.
    """

    opens_on: date
    closes_on: date
    working_days: int
    assumed: bool

    @property
    def calendar_days(self) -> int:
        """Days after `opens_on`."""
        return (self.closes_on - self.opens_on).days

    def is_open(self, today: date) -> bool:
        """Whether objections are accepted on `today`."""
        return self.opens_on <= today <= self.closes_on


def days_to_type(today: date) -> tuple[date, date]:
    """Return the first and the last day that anybody may type.

    >>> days_to_type(date(2026, 11, 28))[1]
    datetime.date(2046, 12, 31)
    """
    return FIRST_DAY, date(today.year + YEARS_AHEAD, 12, 31)


def is_day_to_type(day: date, today: date) -> bool:
    """Return whether anybody may type this day.

    >>> is_day_to_type(date(9999, 12, 31), date(2026, 11, 28))
    False
    """
    first, last = days_to_type(today)
    return first <= day <= last


def require_days(today: date, **days: date) -> None:
    """Raise ``Invalid("day_far")`` naming the days that nobody may type.

    >>> require_days(date(2026, 11, 28), ends_on=date(2027, 5, 31))
    """
    if far := {name: "day_far" for name, day in days.items() if not is_day_to_type(day, today)}:
        raise Invalid("day_far", fields=far)


def is_working_day(day: date) -> CalendarResult[bool]:
    """Return whether `day` is a working day in mainland China.

    >>> is_working_day(date(2026, 10, 10))
    CalendarResult(value=True, assumed_years=())
    """
    return CalendarResult(_is_working(day), _assumed_years(day, day))


def add_working_days(start: date, n: int) -> CalendarResult[date]:
    """Return the n-th working day after `start` (before it if n < 0; `start` itself if n = 0).

    Raises OverflowError beyond the years of `date`.

    >>> add_working_days(date(2026, 9, 30), 1).value
    datetime.date(2026, 10, 8)
    """
    if n == 0:
        return CalendarResult(start)
    days = _days_from(start, _ONE_DAY if n > 0 else -_ONE_DAY)
    end = next(islice(filter(_is_working, days), abs(n) - 1, None))
    return CalendarResult(end, _assumed_years(start, end))


def working_days_between(a: date, b: date) -> CalendarResult[int]:
    """Return the working days from `a` (not counted) to `b` (counted), negative if b is earlier.

    Inverse of `add_working_days`: `working_days_between(a, add_working_days(a, n).value)` is n.

    >>> working_days_between(date(2026, 9, 30), date(2026, 10, 8)).value
    1
    """
    sign = 1 if a <= b else -1
    days = islice(_days_from(a, sign * _ONE_DAY), abs((b - a).days))
    return CalendarResult(sign * sum(map(_is_working, days)), _assumed_years(a, b))


def working_days_left(today: date, due_on: date) -> int:
    """Return the working days after `today` up to and including a last day; 0 on that day only.

    Once it is over, below zero: the working days since, up to and including `today`. A weekend
    alone counts as one, either way.

    >>> working_days_left(date(2026, 11, 28), date(2026, 11, 19))
    -6
    """
    if today == due_on:
        return 0
    earlier, later = sorted((today, due_on))
    days = max(1, working_days_between(earlier, later).value)
    return days if today < due_on else -days


def notice_window(opens_on: date, min_working_days: int, min_calendar_days: int) -> Window:
    """Return the shortest window that meets both minima; the opening day counts for neither.

    Raises ValueError for a negative minimum.

    >>> notice_window(date(2026, 11, 23), 5, 7).closes_on
    datetime.date(2026, 11, 30)
    """
    _require_natural(min_calendar_days)
    _require_natural(min_working_days)
    by_working_days = add_working_days(opens_on, min_working_days).value
    closes_on = max(by_working_days, opens_on + timedelta(days=min_calendar_days))
    count = working_days_between(opens_on, closes_on)
    return Window(opens_on, closes_on, count.value, count.assumed)


@lru_cache(maxsize=4096)
def _is_working(day: date) -> bool:
    if day.year in KNOWN_YEARS:
        return bool(chinese_calendar.is_workday(day))
    return day.weekday() < _SATURDAY and (day.month, day.day) not in FIXED_HOLIDAYS


def _assumed_years(a: date, b: date) -> tuple[int, ...]:
    first, last = sorted((a.year, b.year))
    return tuple(year for year in range(first, last + 1) if year not in KNOWN_YEARS)


def _days_from(start: date, step: timedelta) -> Iterator[date]:
    """Yield the days after (or before) `start` without end."""
    day = start
    while True:
        day += step
        yield day


def _require_natural(days: int) -> None:
    if days < 0:
        message = "days must not be negative"
        raise ValueError(message)
