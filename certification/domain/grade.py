"""The life of a grade: what is decided, and what the calendar makes of it when it is read."""

from calendar import monthrange
from datetime import date, timedelta
from typing import Final

from portal.domain.lifecycle import Lifecycle, row

GRADE: Final = Lifecycle(
    name="certification.grade",
    states=("active", "suspended", "revoked", "cancelled", "superseded"),
    transitions=(
        row("suspend", "active", "suspended", "lead", reason=True),
        row("resume", "suspended", "active", "lead system"),
        row("revoke", "active suspended", "revoked", "lead", reason=True),
        row("cancel", "active suspended", "cancelled", "lead firm_signer", reason=True),
        row("supersede", "active suspended", "superseded", "lead"),
    ),
    final=frozenset({"revoked", "cancelled", "superseded"}),
)

CURRENT: Final = frozenset({"active", "suspended"})
"""States of the one grade that a firm can hold at a time."""

NOTICE_DAYS: Final = 90
"""A grade that ends within so many days is expiring (3-lifecycles: notices from 90 days)."""

DEFAULT_MONTHS: Final = 24
"""Validity in months where the rubric names none."""


def grade_status(
    state: str, valid_until: date, today: date, suspended_until: date | None = None
) -> str:
    """Return what a grade is on ``today``: its state, or expiring, expired, active again.

    The last day still counts. A suspension is over on the day after its last day.

    >>> grade_status("active", date(2026, 12, 31), date(2027, 1, 1))
    'expired'
    >>> grade_status("suspended", date(2028, 1, 1), date(2026, 6, 2), date(2026, 6, 1))
    'active'
    """
    if state not in CURRENT:
        return state
    if valid_until < today:
        return "expired"
    if state == "suspended" and (suspended_until is None or suspended_until >= today):
        return "suspended"
    return "expiring" if valid_until < today + timedelta(days=NOTICE_DAYS) else "active"


def counts(status: str) -> bool:
    """Return whether a grade with this status is shown as the firm's tier."""
    return status in {"active", "expiring"}


def valid_until(start: date, months: int | None) -> date:
    """Return the last day of a validity of ``months`` calendar months from ``start``.

    >>> valid_until(date(2026, 11, 23), 24)
    datetime.date(2028, 11, 22)
    >>> valid_until(date(2026, 8, 31), 6)
    datetime.date(2027, 2, 28)
    """
    total = start.month - 1 + (DEFAULT_MONTHS if months is None else months)
    year, month = start.year + total // 12, total % 12 + 1
    last = monthrange(year, month)[1]
    if start.day > last:
        return date(year, month, last)
    return date(year, month, start.day) - timedelta(days=1)
