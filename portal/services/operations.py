"""The unit of work: permission, lock, change, audit and event succeed or fail together.

Audit entries of everything that happens inside an operation are appended at its very
end, so that a chain's lock is always taken last and held briefly. A refusal rolls
everything back; its own audit entry is then written in a transaction of its own.
"""

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import models, transaction

from portal.domain.audit_chain import CHAINS, FIELDS, entry_digest
from portal.domain.lifecycle import Refused
from portal.events import Event, publish
from portal.models import AuditEntry, AuditHead, Organisation, User

REQUEST: ContextVar[dict[str, str] | None] = ContextVar("request", default=None)
"""Request id and address, set by the middleware; empty in background work."""

LAST_DEED: ContextVar[str] = ContextVar("last_deed", default="")
"""What was done last here, by the name that the audit trail has for it: a page can say so."""


@dataclass
class Operation:
    """An open unit of work: collects audit entries and publishes events."""

    actor: User | None
    now: datetime
    entries: list[dict[str, Any]] = field(default_factory=list)

    def record(
        self,
        action: str,
        *,
        subject: models.Model | None = None,
        organisation: Organisation | None = None,
        reason: str = "",
        **data: object,
    ) -> None:
        """Note an audit entry, written when the operation ends well."""
        self.entries.append(entry_values(self.actor, action, subject, organisation, reason, data))

    def publish(self, event: Event) -> None:
        """Write an event to the outbox in this transaction."""
        publish(event, now=self.now)


_current: ContextVar[Operation | None] = ContextVar("operation", default=None)


def is_operation() -> bool:
    """Return whether a use case is under way."""
    return _current.get() is not None


def is_request() -> bool:
    """Return whether a web request is being answered."""
    return REQUEST.get() is not None


@contextmanager
def operation(
    action: str,
    *,
    actor: User | None,
    now: datetime,
    subject: models.Model | None = None,
    organisation: Organisation | None = None,
    reason: str = "",
    **data: object,
) -> Iterator[Operation]:
    """Run a use case as one transaction with its audit entry.

    A nested operation joins the outer one. On ``Refused`` nothing is kept but the
    refusal's audit entry; any other error is audited as ``failed`` in the same way.
    """
    outer = _current.get()
    if outer is not None:
        mark = len(outer.entries)
        try:
            with transaction.atomic():
                yield outer
        except BaseException:
            # What was rolled back was not done, even where the caller goes on.
            del outer.entries[mark:]
            raise
        outer.entries.append(entry_values(actor, action, subject, organisation, reason, data))
        return
    opened = Operation(actor=actor, now=now)
    token = _current.set(opened)
    try:
        with transaction.atomic():
            yield opened
            opened.entries.append(entry_values(actor, action, subject, organisation, reason, data))
            append_audit(opened.entries, now=now)
        LAST_DEED.set(action)
    except Exception as error:
        outcome = "refused" if isinstance(error, Refused) else "failed"
        note = error.code if isinstance(error, Refused) else type(error).__name__
        values = entry_values(actor, action, subject, organisation, note, data)
        with transaction.atomic():
            append_audit([values | {"outcome": outcome}], now=now)
        raise
    finally:
        _current.reset(token)


def entry_values(  # noqa: PLR0917 - the columns of one row
    actor: User | None,
    action: str,
    subject: models.Model | None,
    organisation: Organisation | None,
    reason: str,
    data: dict[str, object],
) -> dict[str, Any]:
    """Return what an audit entry says, before it has its place in the chain."""
    request = REQUEST.get() or {}
    return {
        "actor_id": actor.pk if actor else None,
        "actor_name": (actor.name or actor.email)[:120] if actor else "system",
        "action": action,
        "outcome": "done",
        "subject_type": subject._meta.label_lower if subject else "",
        "subject_id": str(subject.pk) if subject and subject.pk else "",
        "organisation_id": organisation.pk if organisation else None,
        "reason": reason,
        "data": json.loads(json.dumps(data, default=str)),
        "request_id": request.get("id", ""),
        "address": request.get("address", ""),
    }


def append_audit(rows: list[dict[str, Any]], *, now: datetime) -> None:
    """Append entries to one of the chains; call as the last thing in the transaction.

    Whichever chain nobody else is appending to is taken, so that writers wait for one
    another only when all are taken.
    """
    head = locked_head()
    entries = []
    for number, row in zip(AuditEntry.objects.next_numbers(len(rows)), rows, strict=True):
        entry = AuditEntry(number=number, partition=head.id, at=now, previous=head.digest, **row)
        entry.digest = entry_digest({name: getattr(entry, name) for name in FIELDS}, now)
        head.number, head.digest = number, entry.digest
        entries.append(entry)
    AuditEntry.objects.bulk_create(entries)
    head.length += len(entries)
    head.save(update_fields=["number", "length", "digest"])


def locked_head() -> AuditHead:
    """Lock and return the first free chain's end, or else any, waiting for it.

    Who holds an end already gets that one or another free one, so nobody waits in a circle.
    """
    free = AuditHead.objects.select_for_update(skip_locked=True).order_by("id").first()
    if free is not None:
        return free
    return AuditHead.objects.select_for_update().get(id=1 + secrets.randbelow(CHAINS))
