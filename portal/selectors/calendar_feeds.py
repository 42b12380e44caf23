"""A person's calendar: what every app puts into it, and the feed that their page shows."""

from datetime import datetime

from wagtail import hooks

from portal.domain.calendar_file import Appointment
from portal.models import CalendarFeed, User


def feed_of(user: User) -> CalendarFeed | None:
    """Return a person's feed, if there is one (one query)."""
    return CalendarFeed.objects.filter(user=user).first()


def appointments_of(user: User, now: datetime) -> list[Appointment]:
    """Return what the apps have for a person (hook ``portal_calendar``), by its beginning."""
    found = [row for hook in hooks.get_hooks("portal_calendar") for row in hook(user, now)]
    return sorted(found, key=lambda row: (row.starts_at, row.uid))
