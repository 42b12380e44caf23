"""Delivery of events and jobs: effects and their receipt in one transaction, so never twice."""

import logging
from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils.module_loading import import_string

from portal.domain.background import CROWDED, HANDOVER, MAX_ATTEMPTS, pause_after
from portal.domain.lifecycle import Conflict
from portal.domain.roles import Role
from portal.events import hand_over, load, subscribers_of
from portal.models import EventReceipt, EventRecord, Job, User, Work
from portal.notifications import notify
from portal.permissions import require_role
from portal.selectors.background import messages_waiting
from portal.services.leases import Clock, LeaseLost, claim, finish, held, kept, work_of
from portal.services.operations import operation
from portal.services.work import close_work, open_work

logger = logging.getLogger(__name__)

KINDS: dict[str, type[EventRecord] | type[Job]] = {"event": EventRecord, "job": Job}
SWEEP = 200
"""Rows of one kind that a sweep looks at."""


def deliver_event(*, event_id: int, now: datetime, clock: Clock | None = None) -> bool:
    """Call every subscriber that has no receipt yet; return whether all have theirs now.

    The attempt is counted and the lease taken before the work. A subscriber's effects and
    its receipt commit together: killed at any moment, it runs again or is done.
    """
    record = claim(EventRecord, event_id, now=now)
    if record is None:
        return not EventRecord.objects.filter(pk=event_id, delivered_at=None).exists()
    try:
        with kept(record, clock):
            for path in subscribers_of(record.name):
                call_subscriber(record, path, now=now)
            finish(record, now=clock() if clock else now)
    except LeaseLost:
        return False
    except Exception as error:
        logger.exception("event %s failed", event_id)
        note_failure(record, error, now=now)
        return False
    return True


def call_subscriber(record: EventRecord, path: str, *, now: datetime) -> None:
    """Run one subscriber and write its receipt, unless it has one.

    The receipt comes first: its unique constraint makes a second worker wait and find it.
    """
    with transaction.atomic():
        _receipt, created = EventReceipt.objects.get_or_create(
            event=record, subscriber=path, defaults={"handled_at": now}
        )
        if created:
            import_string(path)(load(record), event_id=record.pk, now=now)


def run_job(*, job_id: int, now: datetime, clock: Clock | None = None) -> bool:
    """Run a job unless it is done, parked or under way; return whether it is done now.

    The attempt is counted and the lease taken before the work, and renewed by ``clock``
    during it. Effects in the database commit together with “done”, and only under a lease
    that is still held. A task marked ``external`` (mail) runs outside a transaction, so
    that a slow server holds no lock: at least once, with its own key.
    """
    job = claim(Job, job_id, now=now)
    if job is None:
        return Job.objects.filter(pk=job_id, state="done").exists()
    try:
        with kept(job, clock):
            do(job, now=now, clock=clock)
    except LeaseLost:
        logger.warning("job %s was taken over by another worker", job_id)
        return False
    except Exception as error:
        logger.exception("job %s failed", job_id)
        note_failure(job, error, now=now)
        return False
    return True


def do(job: Job, *, now: datetime, clock: Clock | None) -> None:
    """Do the work of a job and mark it as done."""
    work = import_string(job.task)
    if getattr(work, "external", False):
        work(now=now, **job.payload)
        finish(job, now=clock() if clock else now)
        return
    with transaction.atomic():
        work(now=now, **job.payload)
        finish(job, now=clock() if clock else now)


def note_failure(work: EventRecord | Job, error: Exception, *, now: datetime) -> None:
    """Keep what went wrong and free the lease; after the last attempt park it and tell."""
    last = work.attempts >= MAX_ATTEMPTS
    values = work.parked_values(now) if last else {}
    with transaction.atomic():
        mine = held(work).update(
            error=f"{type(error).__name__}: {error}"[:2000],
            leased_until=None,
            due_at=now + pause_after(work.attempts),
            **values,
        )
        if mine and last:
            tell_parked(work, now=now)


def tell_parked(work: EventRecord | Job, *, now: datetime) -> None:
    """Open a work item for the system administrators and notify them."""
    open_work(
        "job_parked",
        subject=work,
        url="/workspace/jobs/",
        now=now,
        role=Role.SYSTEM_ADMIN,
        task=work.what,
    )
    people = User.objects.filter(groups__name=Role.SYSTEM_ADMIN, is_active=True)
    key = f"parked:{work._meta.label_lower}:{work.pk}:{work.leased_by}"
    notify(people, "job_parked", key=key, now=now, url="/workspace/jobs/", task=work.what)


def retry(*, kind: str, pk: int, actor: User, now: datetime) -> None:
    """Give a parked event or job its three attempts again. Only the system administrator.

    Raises ``NotAllowed`` or ``Conflict`` (``not_found``, ``wrong_state``).
    """
    with operation("job.retry", actor=actor, now=now, kind=kind, pk=pk):
        require_role(actor, Role.SYSTEM_ADMIN)
        model = KINDS.get(kind)
        work = model._default_manager.filter(pk=pk).first() if model else None
        if model is None or work is None:
            raise Conflict("not_found")
        if not wait_again(work, now=now):
            raise Conflict("wrong_state")


def wait_again(work: EventRecord | Job, *, now: datetime) -> bool:
    """Give parked work its attempts again and hand it over; return whether it was parked."""
    values = {"attempts": 0, "leased_until": None, "due_at": now + HANDOVER}
    model = type(work)
    parked = work_of(model).parked().filter(pk=work.pk)
    if not parked.update(**values, **model.waiting_values()):
        return False
    hand_over(work.handler, work.pk, work.place)
    close_work(work, now=now)
    return True


def retry_task(task: str, *, now: datetime) -> int:
    """Do the same for every parked job of ``task``; return how many."""
    return sum(wait_again(job, now=now) for job in work_of(Job).parked().filter(task=task))


def sweep(*, now: datetime) -> int:
    """Park what killed its last worker; hand over again what got lost. Return how many of those.

    Runs with every heartbeat, on as many machines as there are: a row goes to one of them.
    """
    for model in KINDS.values():
        for work in work_of(model).exhausted(now)[:SWEEP]:
            park_exhausted(work, now=now)
    crowded = {queue for queue, count in messages_waiting(now).items() if count >= CROWDED}
    return sum(hand_over_due(model, crowded, now=now) for model in KINDS.values())


def park_exhausted(work: EventRecord | Job, *, now: datetime) -> None:
    """Park work whose worker died, or ran out of time, at the last attempt."""
    with transaction.atomic():
        note = work.error or "The worker died or ran out of time."
        if held(work).update(error=note, leased_until=None, **work.parked_values(now)):
            tell_parked(work, now=now)


def hand_over_due(
    model: type[EventRecord] | type[Job], crowded: Iterable[str], *, now: datetime
) -> int:
    """Send messages for rows that are due, unless their queue has enough to do."""
    with transaction.atomic():
        rows = list(
            work_of(model).due(now).select_for_update(skip_locked=True).order_by("pk")[:SWEEP]
        )
        found: list[Work] = [row for row in rows if row.place not in crowded]
        work_of(model).filter(pk__in=[row.pk for row in found]).update(due_at=now + HANDOVER)
        for row in found:
            hand_over(row.handler, row.pk, row.place)
    return len(found)


def drain_outbox(*, now: datetime, limit: int = 10_000, leave: Iterable[str] = ()) -> int:
    """Deliver everything that waits, here and now, until nothing is left (demo, tests).

    Returns how many rows were worked on. A row that fails is tried to its last attempt.
    Jobs whose task is one of ``leave`` stay for the worker.
    """
    left = tuple(leave)
    worked = 0
    while worked < limit:
        events = waiting_ids(EventRecord, now)
        jobs = waiting_ids(Job, now, left)
        if not events and not jobs:
            break
        for pk in events:
            deliver_event(event_id=pk, now=now)
        for pk in jobs:
            run_job(job_id=pk, now=now)
        worked += len(events) + len(jobs)
    return worked


def waiting_ids(
    model: type[EventRecord] | type[Job], now: datetime, leave: tuple[str, ...] = ()
) -> list[int]:
    """Return the ids of up to 100 rows that can be worked on, oldest first."""
    rows = work_of(model).claimable(now)
    if leave:
        rows = rows.exclude(task__in=leave)
    return list(rows.order_by("pk").values_list("pk", flat=True)[:100])
