"""What the worker calls: each task reads the clock and calls a service."""

from django.utils import timezone

from incubator.services import (
    cloud_work,
    expiry,
    incubation_plan,
    incubation_reviews,
    more_info,
    office_hours,
)


def remind_incubation() -> tuple[int, int]:
    """Warn of overdue reviews and remind of what is due soon (every morning); return how many.

    What is due soon comes into the firms' inboxes too.
    """
    now = timezone.now()
    incubation_plan.call_due(now=now)
    return incubation_reviews.warn_overdue(now=now), incubation_reviews.remind_due(now=now)


def warn_of_expiry() -> int:
    """Tell firms whose cloud resources end soon (every night); return how many messages."""
    return expiry.warn_of_expiry(now=timezone.now())


def remind_of_office_hours() -> int:
    """Remind firms and mentors of tomorrow's office hours (every morning); return how many."""
    return office_hours.remind(now=timezone.now())


def look_after_answers() -> tuple[int, int]:
    """Let answers lapse whose day is over, remind of those due (every night); return how many."""
    now = timezone.now()
    return more_info.lapse_answers(now=now), more_info.remind_answers(now=now)


def follow_calendar() -> int:
    """Have clouds follow the calendar: begun, over, lost (every night); return how many."""
    return cloud_work.follow_calendar(now=timezone.now())
