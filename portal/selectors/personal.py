"""What the portal holds about one person, by the register of data."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import models
from django.utils import timezone

from portal.domain.data_register import Line, read_register
from portal.labels.records import records_name
from portal.models import AuditEntry, DataRequest, PrivacyAcceptance, PrivacyNotice, User

UNREAD = "privacy_unread"
"""Key of a session whose owner has a privacy notice to read."""
MOST = 2000
"""Rows of one table in a download; the newest ones."""


@dataclass(frozen=True)
class Holding:
    """What one table holds about a person: the register's line, and the rows as plain values."""

    line: Line
    name: str
    rows: list[dict[str, Any]]


@cache
def register(path: str) -> dict[str, Line]:
    """Return the register by lower-case model label, read once a process."""
    with Path(path).open(encoding="utf-8") as lines:
        return {line.model.lower(): line for line in read_register(lines)}


def data_register() -> dict[str, Line]:
    """Return the register of this installation."""
    return register(str(settings.DATA_REGISTER))


def holdings(user: User) -> list[Holding]:
    """Return everything about ``user``, table by table; empty tables are left out.

    One query a table, and one for the trail of deeds (the newest rows of each).
    """
    found = []
    for label, line in data_register().items():
        if not line.person:
            continue
        model = apps.get_model(label)
        rows = model._default_manager.filter(**{line.person: user.pk}).order_by("-pk")
        values = [row_values(row, line.export) for row in rows[:MOST]]
        if values:
            found.append(Holding(line, records_name(model), values))
    return [*found, *trail(user)]


def trail(user: User) -> list[Holding]:
    """Return the person's own deeds as the audit trail has them."""
    fields = ("at", "action", "outcome", "address")
    rows = AuditEntry.objects.filter(actor_id=user.pk).order_by("-number")[:MOST]
    values = [row_values(row, fields) for row in rows]
    line = data_register()["portal.auditentry"]
    return [Holding(line, records_name(AuditEntry), values)] if values else []


def row_values(row: models.Model, fields: Iterable[str]) -> dict[str, Any]:
    """Return plain values: times as ISO text in the county's time, relations by their names."""
    return {name: plain(getattr(row, name)) for name in fields}


def plain(value: Any) -> Any:
    """Return a value that JSON can hold."""
    if isinstance(value, datetime):
        return timezone.localtime(value).isoformat(timespec="seconds")
    if value is None or isinstance(value, bool | int | float | str | list | dict):
        return value
    return str(value)


def current_notice() -> PrivacyNotice | None:
    """Return the newest privacy notice (one query)."""
    return PrivacyNotice.objects.first()


def notice_to_read(user: User) -> PrivacyNotice | None:
    """Return the newest notice where ``user`` has not accepted it yet (one query)."""
    accepted = PrivacyAcceptance.objects.filter(user=user, notice=models.OuterRef("pk"))
    newest = PrivacyNotice.objects.annotate(accepted=models.Exists(accepted)).first()
    return None if newest is None or newest.accepted else newest


def open_requests() -> list[DataRequest]:
    """Return every request that waits for an answer, the earliest due first (one query)."""
    rows = DataRequest.objects.filter(answered_at__isnull=True).select_related("user")
    return list(rows.order_by("due_on", "pk"))


def requests_of(user: User) -> list[DataRequest]:
    """Return a person's own requests, newest first (one query)."""
    return list(DataRequest.objects.filter(user=user))
