"""Office hours: a mentor publishes slots, firms book one each, the mentor records what came of it.

Whether a slot is over is read from the clock. Times are moments with a zone; a weekly series
keeps the time of day in the zone of its first slot.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Final
from urllib.parse import urlsplit

from portal.domain.lifecycle import Conflict, Invalid, Lifecycle, row
from portal.domain.texts import is_blank

SLOT: Final = Lifecycle(
    name="incubator.office_slot",
    states=("open", "cancelled"),
    transitions=(row("cancel", "open", "cancelled", "expert", reason=True),),
    final=frozenset({"cancelled"}),
)

BOOKING: Final = Lifecycle(
    name="incubator.office_booking",
    states=("booked", "cancelled", "called_off", "held", "no_show"),
    transitions=(
        row("cancel", "booked", "cancelled", "firm_signer firm_member"),
        row("call_off", "booked", "called_off", "expert system", reason=True),
        row("hold", "booked no_show", "held", "expert"),
        row("miss", "booked held", "no_show", "expert"),
    ),
    final=frozenset({"cancelled", "called_off"}),
)

TAKING: Final = ("booked", "held", "no_show")
"""States of a booking in which its slot is no other firm's."""
MAY_BOOK: Final = ("active", "probation")
"""Standings in incubation in which a firm may book."""

LEAST_MINUTES, MOST_MINUTES = 10, 240
MOST_IN_A_ROW, MOST_WEEKS = 12, 26
MOST_AHEAD: Final = 120
"""Slots that a mentor may have ahead."""
MOST_OPEN: Final = 3
"""Bookings that a firm may have ahead."""
MOST_DAYS_AHEAD: Final = 200

Span = tuple[datetime, datetime]


def require_slots(
    starts_at: datetime,
    minutes: int,
    now: datetime,
    *,
    zone: tzinfo,
    count: int = 1,
    weeks: int = 1,
) -> list[Span]:
    """Return ``count`` slots in a row on each of ``weeks`` weeks, or raise ``Invalid``.

    Every week has them at the same time of day in ``zone``.

    Codes: ``office_minutes``, ``office_count``, ``office_weeks``, ``office_past``, ``office_far``,
    ``office_midnight`` (a row of slots ends on the day on which it begins).
    """
    if not LEAST_MINUTES <= minutes <= MOST_MINUTES:
        raise wrong("minutes", "office_minutes", least=LEAST_MINUTES, most=MOST_MINUTES)
    if not 1 <= count <= MOST_IN_A_ROW:
        raise wrong("count", "office_count", most=MOST_IN_A_ROW)
    if not 1 <= weeks <= MOST_WEEKS:
        raise wrong("weeks", "office_weeks", most=MOST_WEEKS)
    if starts_at <= now:
        raise wrong("day", "office_past")
    if starts_at - now > timedelta(days=MOST_DAYS_AHEAD) - timedelta(weeks=weeks - 1):
        raise wrong("day", "office_far", most=MOST_DAYS_AHEAD)
    first, length = starts_at.astimezone(zone), timedelta(minutes=minutes)
    if (first + count * length).date() != first.date():
        raise wrong("time", "office_midnight")
    begins = [
        first + timedelta(weeks=week) + number * length
        for week in range(weeks)
        for number in range(count)
    ]
    return [(begin, begin + length) for begin in begins]


def wrong(field: str, code: str, **params: object) -> Invalid:
    """Return the refusal of a field."""
    return Invalid(code, fields={field: code}, **params)


def require_where(place: str, link: str) -> None:
    """Raise ``Invalid`` unless there is a place or an https link (``office_where``, ``…_link``)."""
    if is_blank(place) and is_blank(link):
        raise wrong("place", "office_where")
    if link.strip() and not is_safe_link(link.strip()):
        raise wrong("link", "office_link")


def is_safe_link(link: str) -> bool:
    """Return whether a link is an https address without a name or password in it.

    >>> is_safe_link("https://meet.example/1"), is_safe_link("javascript:x"), is_safe_link("x://[")
    (True, False, False)
    """
    try:
        parts = urlsplit(link)
    except ValueError:
        return False
    plain = "@" not in parts.netloc and not any(letter.isspace() for letter in link)
    return parts.scheme == "https" and bool(parts.hostname) and plain


def first_overlap(wanted: Sequence[Span], taken: Iterable[Span]) -> Span | None:
    """Return the first of ``wanted`` that shares a moment with one of ``taken``, if any."""
    held = sorted(taken)
    for begin, end in sorted(wanted):
        if any(start < end and begin < stop for start, stop in held):
            return begin, end
    return None


def require_ahead(starts_at: datetime, now: datetime) -> None:
    """Raise ``Conflict("office_begun")`` once a slot has begun."""
    if starts_at <= now:
        raise Conflict("office_begun")


def require_over(ends_at: datetime, now: datetime) -> None:
    """Raise ``Conflict("office_not_over")`` before a slot has ended."""
    if now < ends_at:
        raise Conflict("office_not_over")
