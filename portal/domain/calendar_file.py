"""Calendar files (iCalendar, RFC 5545): appointments that people take into their own calendar.

``icalendar`` folds, escapes and ends the lines; here stands what an appointment of ours says.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from icalendar import Calendar, Event, vDuration, vText, vUri

MEDIA_TYPE: Final = "text/calendar; charset=utf-8"
PRODUCT: Final = "-//hy-portal//calendar//ZH"
REFRESH: Final = timedelta(hours=4)
"""How often a subscribed calendar is asked to look again."""
UNPRINTABLE: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u2028\u2029\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Appointment:
    """What one event says. ``uid`` never changes; ``sequence`` and ``changed_at`` only grow."""

    uid: str
    starts_at: datetime
    ends_at: datetime
    title: str
    changed_at: datetime
    sequence: int = 0
    text: str = ""
    place: str = ""
    url: str = ""
    cancelled: bool = False
    busy: bool = True


def calendar_file(appointments: Iterable[Appointment], *, name: str) -> bytes:
    """Return a calendar file with all times in UTC; the same appointments give the same bytes.

    DTSTAMP is the last change, as the RFC has it for a file without METHOD.
    """
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("name", vText(printable(name)))
    calendar.add("x-wr-calname", vText(printable(name)))
    calendar.add("refresh-interval", vDuration(REFRESH), {"VALUE": "DURATION"})
    for appointment in appointments:
        calendar.add_component(event_of(appointment))
    return bytes(calendar.to_ical())


def event_of(appointment: Appointment) -> Event:
    """Return an appointment as an event."""
    event = Event()
    event.add("uid", appointment.uid)
    event.add("dtstamp", appointment.changed_at.astimezone(UTC))
    event.add("last-modified", appointment.changed_at.astimezone(UTC))
    event.add("sequence", appointment.sequence)
    event.add("dtstart", appointment.starts_at.astimezone(UTC))
    event.add("dtend", appointment.ends_at.astimezone(UTC))
    event.add("summary", vText(printable(appointment.title)))
    event.add("status", "CANCELLED" if appointment.cancelled else "CONFIRMED")
    event.add("transp", "OPAQUE" if appointment.busy else "TRANSPARENT")
    for field, text in (("description", appointment.text), ("location", appointment.place)):
        if text:
            event.add(field, vText(printable(text)))
    if appointment.url:
        event.add("url", vUri(appointment.url))
    return event


def printable(text: str) -> str:
    """Return ``text`` without what no line of a calendar file may hold.

    >>> printable("a" + chr(0) + "b" + chr(13))
    'ab'
    """
    return UNPRINTABLE.sub("", text)
