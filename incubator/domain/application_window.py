"""A window in which firms may apply: decided states, and what the clock makes of its days."""

from datetime import date
from typing import Final

from portal.domain.lifecycle import Lifecycle, row

LIFECYCLE: Final = Lifecycle(
    name="incubator.application_window",
    states=("draft", "published", "closed"),
    transitions=(
        row("publish", "draft published closed", "published", "staff"),
        row("close", "published", "closed", "staff", reason=True),
    ),
)

CLOCK: Final = ("open", "coming", "closed")
"""In the order in which people look for them."""


def clock_state(state: str, opens_on: date, closes_on: date | None, today: date) -> str:
    """Return what a published window is today; without a last day it stays open.

    >>> clock_state("published", date(2026, 3, 1), date(2026, 3, 31), date(2026, 3, 31))
    'open'
    >>> clock_state("published", date(2026, 3, 1), None, date(2026, 2, 1))
    'coming'
    >>> clock_state("closed", date(2026, 3, 1), None, date(2026, 3, 2))
    'closed'
    """
    if state == "closed" or (closes_on is not None and today > closes_on):
        return "closed"
    return "coming" if today < opens_on else "open"
