"""Claims on background work: counted before the work, renewed during it, checked at its end."""

import os
import secrets
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from threading import Event, Thread
from typing import TypeVar

from django.db import DatabaseError, connection
from django.db.models import F

from portal.domain.background import LEASE, RENEW_SECONDS
from portal.models import Work, WorkQuerySet

W = TypeVar("W", bound=Work)
Clock = Callable[[], datetime]


class LeaseLost(Exception):
    """Somebody else has claimed the work meanwhile; what was done for it must be rolled back."""


def runner() -> str:
    """Name this process's group on this machine; leases of its members begin with it."""
    return f"{socket.gethostname()}:{os.getpgrp()}:"


def claim(model: type[W], pk: int, *, now: datetime) -> W | None:
    """Count an attempt and take the lease; None where there is nothing to do or to be had."""
    name = runner() + secrets.token_hex(4)
    claimed = (
        work_of(model)
        .claimable(now)
        .filter(pk=pk)
        .update(
            attempts=F("attempts") + 1, leased_until=now + LEASE, due_at=now + LEASE, leased_by=name
        )
    )
    return model._default_manager.get(pk=pk) if claimed else None


def work_of(model: type[W]) -> WorkQuerySet:
    """Return all rows of one kind of work."""
    rows: WorkQuerySet = model._default_manager.all()  # type: ignore[assignment]
    return rows


def held(work: Work) -> WorkQuerySet:
    """Return the row as long as the claim that ``work`` was read under is the last one."""
    return work_of(type(work)).waiting().filter(pk=work.pk, leased_by=work.leased_by)


def finish(work: Work, *, now: datetime) -> None:
    """Mark as done, in the transaction of the effect; ``LeaseLost`` rolls it back."""
    values = work.done_values(now)
    if not held(work).update(error="", leased_until=None, **values):
        raise LeaseLost(work.pk)


@contextmanager
def kept(work: Work, clock: Clock | None) -> Iterator[None]:
    """Renew the lease in a thread of its own for as long as the work takes.

    Without a ``clock`` nobody else is about (demo, tests) and nothing is renewed.
    """
    if clock is None:
        yield
        return
    stop = Event()
    thread = Thread(target=renew, args=(work, clock, stop.wait), daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(timeout=RENEW_SECONDS)


def renew(work: Work, clock: Clock, stopped: Callable[[float], bool]) -> None:
    """Push the end of the lease ahead every two seconds until ``stopped``."""
    try:
        while not stopped(RENEW_SECONDS):
            with suppress(DatabaseError):
                end = clock() + LEASE
                held(work).update(leased_until=end, due_at=end)
            connection.close_if_unusable_or_obsolete()
    finally:
        connection.close()
