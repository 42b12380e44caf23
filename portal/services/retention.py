"""What is kept no longer goes, by the periods of the register of data.

Rows that are archived with their case stay, and lose what is personal (``register_emptying``).

The audit trail is no part of this: nothing here can remove an entry, and the database refuses it.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.sessions.models import Session
from django.db.models import Q, QuerySet

from portal.models import (
    AccessToken,
    ArchivePackage,
    DataRequest,
    FactorReset,
    FormDraft,
    Invitation,
    LoginFailure,
    Notification,
    StoredFile,
)
from portal.selectors.personal import data_register
from portal.services.operations import operation
from portal.services.personal import erase, to_be_erased

Due = Callable[[datetime], QuerySet[Any]]
BATCH = 200
"""Rows that are read at a time."""

RULES: dict[str, Due] = {
    "portal.accesstoken": lambda before: AccessToken.objects.filter(
        Q(revoked_at__lt=before) | Q(expires_at__lt=before)
    ),
    "portal.archivepackage": lambda before: ArchivePackage.objects.filter(asked_at__lt=before),
    "portal.datarequest": lambda before: DataRequest.objects.filter(answered_at__lt=before),
    "portal.factorreset": lambda before: FactorReset.objects.filter(expires_at__lt=before),
    "portal.formdraft": lambda before: FormDraft.objects.filter(saved_at__lt=before),
    "portal.invitation": lambda before: Invitation.objects.filter(
        Q(accepted_at__lt=before) | Q(cancelled_at__lt=before) | Q(expires_at__lt=before)
    ),
    "portal.loginfailure": lambda before: LoginFailure.objects.filter(at__lt=before),
    "portal.notification": lambda before: Notification.objects.filter(created_at__lt=before),
    "sessions.session": lambda before: Session.objects.filter(expire_date__lt=before),
}
"""Table → its rows that ended before a moment; one rule for each table that is kept for days."""


@dataclass(frozen=True)
class Emptying:
    """A table whose rows stay without what is personal: those that are due, and what is done."""

    due: Due
    empty: Callable[[Any, datetime], None]


EMPTYINGS: dict[str, Emptying] = {}
"""Table → how it is emptied, registered by the app that has it."""


def register_emptying(table: str, *, due: Due, empty: Callable[[Any, datetime], None]) -> None:
    """Have the rows of ``due(before)`` emptied every night by ``empty(row, now)``.

    An emptied row is due no longer.
    """
    EMPTYINGS[table] = Emptying(due, empty)


@dataclass(frozen=True)
class Found:
    """How many rows of a table are due; ``days`` is its period, ``None`` for erased people."""

    table: str
    days: int | None
    rows: int

    def as_dict(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)


def run_retention(*, now: datetime, dry_run: bool = False) -> list[Found]:
    """Delete and empty what is due and return how much it was; a dry run only counts. Audited.

    Then deletes the data of people whose granted deletion is due (``personal.erase``).
    """
    tables = (*RULES, *EMPTYINGS)
    if dry_run:
        return [*(count(table, now) for table in tables), erasable(now)]
    with operation("retention.run", actor=None, now=now) as opened:
        found = [*(count(table, now) for table in tables), erasable(now)]
        for table in RULES:
            due(table, now).delete()
        for table, emptying in EMPTYINGS.items():
            for row in due(table, now).iterator(chunk_size=BATCH):
                emptying.empty(row, now)
        packages_without_row().delete()
        for user in to_be_erased(now):
            erase(user=user, now=now)
        opened.record("retention.done", rows={one.table: one.rows for one in found if one.rows})
    return found


def packages_without_row() -> QuerySet[StoredFile]:
    """Return the files whose archive package is gone; the bytes follow a day later (leftovers)."""
    held = ArchivePackage.objects.filter(file__isnull=False).values("file")
    return StoredFile.objects.filter(use="archive_package").exclude(pk__in=held)


def due(table: str, now: datetime) -> QuerySet[Any]:
    """Return the rows of a table whose period is over."""
    rule = RULES[table] if table in RULES else EMPTYINGS[table].due
    return rule(now - timedelta(days=data_register()[table].days or 0))


def count(table: str, now: datetime) -> Found:
    """Count a table's rows that are due."""
    return Found(table, data_register()[table].days, due(table, now).count())


def erasable(now: datetime) -> Found:
    """Count the people whose deletion is due."""
    return Found("portal.user", None, len(to_be_erased(now)))
