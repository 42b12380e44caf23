"""Events and jobs: once each, again after a failure, parked after three."""

import threading
from datetime import timedelta

import pytest
from django.core import mail
from django_q.models import OrmQ

from portal import events
from portal.domain.background import HANDOVER, LEASE
from portal.domain.lifecycle import Conflict, NotAllowed
from portal.events import GradeTookEffect, external, publish, subscribe
from portal.models import (
    EventReceipt,
    EventRecord,
    Job,
    Notification,
    Region,
    WorkItem,
)
from portal.notifications import enqueue_job
from portal.services import delivery
from portal.services.delivery import (
    deliver_event,
    drain_outbox,
    park_exhausted,
    retry,
    run_job,
    sweep,
)
from portal.services.leases import claim, renew

HERE = "tests.portal.services.test_delivery"
EVENT = GradeTookEffect(grade_id=7, organisation_id=8)
CALLS: list[tuple[str, object, int]] = []


def count(event, *, event_id, now) -> None:
    CALLS.append(("count", event, event_id))
    Region.objects.create(code=f"6309{len(CALLS):08d}", name="试验县", type="county")


def count_too(event, *, event_id, now) -> None:
    CALLS.append(("count_too", event, event_id))


def fail(event, *, event_id, now) -> None:
    CALLS.append(("fail", event, event_id))
    Region.objects.create(code="630800000000", name="败县", type="county")
    raise RuntimeError("broken on purpose")


def work(*, now, number) -> None:
    CALLS.append(("work", number, 0))


def work_badly(*, now, number) -> None:
    CALLS.append(("work_badly", number, 0))
    raise RuntimeError("broken on purpose")


def steal(*, now, mine) -> None:
    """Work on a job that another worker claims meanwhile."""
    Region.objects.create(code="630700000000", name="盗县", type="county")
    Job.objects.filter(key=mine).update(leased_by="another")


@external
def steal_outside(*, now, mine) -> None:
    Job.objects.filter(key=mine).update(leased_by="another")


@external
def steal_and_fail(*, now, mine) -> None:
    Job.objects.filter(key=mine).update(leased_by="another")
    raise RuntimeError("broken on purpose")


def steal_event(event, *, event_id, now) -> None:
    EventRecord.objects.filter(pk=event_id).update(leased_by="another")


@pytest.fixture(autouse=True)
def listeners(monkeypatch):
    CALLS.clear()
    monkeypatch.setattr(events, "SUBSCRIBERS", {})

    def listen(*names: str) -> None:
        for name in names:
            subscribe(GradeTookEffect, f"{HERE}.{name}")

    return listen


def test_event_without_a_subscriber_is_not_kept(db, now):
    assert publish(EVENT, now=now) is None
    assert EventRecord.objects.count() == 0


def test_subscriber_is_listed_once(listeners):
    listeners("count", "count")
    assert events.subscribers_of("GradeTookEffect") == (f"{HERE}.count",)


def test_event_reaches_every_subscriber_once(db, now, listeners):
    listeners("count", "count_too")
    record = publish(EVENT, now=now)
    assert deliver_event(event_id=record.pk, now=now)
    assert deliver_event(event_id=record.pk, now=now)
    expected = [("count", EVENT, record.pk), ("count_too", EVENT, record.pk)]
    assert expected == CALLS
    record.refresh_from_db()
    assert (record.delivered_at, record.attempts) == (now, 1)


def test_event_that_is_gone_is_no_failure(db, now):
    assert deliver_event(event_id=99, now=now)


def test_subscriber_with_a_receipt_is_not_called_again(db, now, listeners):
    listeners("count", "count_too")
    record = publish(EVENT, now=now)
    EventReceipt.objects.create(event=record, subscriber=f"{HERE}.count", handled_at=now)
    deliver_event(event_id=record.pk, now=now)
    assert [name for name, *_rest in CALLS] == ["count_too"]


def test_failing_subscriber_keeps_nothing_and_is_tried_again(db, now, listeners):
    listeners("count", "fail")
    record = publish(EVENT, now=now)
    assert not deliver_event(event_id=record.pk, now=now)
    record.refresh_from_db()
    assert (record.attempts, record.failed_at) == (1, None)
    assert record.error == "RuntimeError: broken on purpose"
    assert not deliver_event(event_id=record.pk, now=now)
    assert [name for name, *_rest in CALLS] == ["count", "fail", "fail"]
    assert not Region.objects.filter(name="败县").exists()
    assert EventReceipt.objects.count() == 1


def test_event_is_parked_after_three_attempts_and_somebody_is_told(world, now, listeners):
    listeners("fail")
    record = publish(EVENT, now=now)
    assert drain_outbox(now=now) == 4  # three attempts and the mail about them
    record.refresh_from_db()
    assert (record.attempts, record.failed_at) == (3, now)
    item = WorkItem.objects.open().get()
    assert (item.kind, item.role, item.params) == (
        "job_parked",
        "sysadmin",
        {"task": "GradeTookEffect"},
    )
    assert [row.user for row in Notification.objects.all()] == [world.sysadmin]
    assert [message.to for message in mail.outbox] == [[world.sysadmin.email]]


def test_parked_event_is_retried_by_the_system_administrator(world, now, listeners):
    listeners("fail")
    record = publish(EVENT, now=now)
    world.drain()
    with pytest.raises(NotAllowed):
        retry(kind="event", pk=record.pk, actor=world.staff, now=now)
    retry(kind="event", pk=record.pk, actor=world.sysadmin, now=now)
    record.refresh_from_db()
    assert (record.attempts, record.failed_at) == (0, None)
    assert not WorkItem.objects.open().exists()


def test_job_runs_once(db, now):
    job = enqueue_job(f"{HERE}.work", "work:1", now=now, number=1)
    assert enqueue_job(f"{HERE}.work", "work:1", now=now, number=1) == job
    assert run_job(job_id=job.pk, now=now)
    assert run_job(job_id=job.pk, now=now)
    assert CALLS == [("work", 1, 0)]
    job.refresh_from_db()
    assert (job.state, job.attempts, job.finished_at) == ("done", 1, now)


def test_job_that_is_gone_is_not_done(db, now):
    assert not run_job(job_id=99, now=now)


def test_job_is_parked_after_three_attempts_and_retried(world, now):
    job = enqueue_job(f"{HERE}.work_badly", "work:2", now=now, number=2)
    assert drain_outbox(now=now) == 4
    job.refresh_from_db()
    assert (job.state, job.attempts, job.error) == (
        "parked",
        3,
        "RuntimeError: broken on purpose",
    )
    retry(kind="job", pk=job.pk, actor=world.sysadmin, now=now)
    job.refresh_from_db()
    assert (job.state, job.attempts) == ("waiting", 0)


@pytest.mark.parametrize("kind", ["event", "job", "nothing"])
def test_retry_of_what_does_not_exist_is_refused(world, now, kind):
    with pytest.raises(Conflict, match="not_found"):
        retry(kind=kind, pk=99, actor=world.sysadmin, now=now)


def test_drain_ends_at_its_limit(db, now, listeners):
    listeners("count")
    for number in range(3):
        publish(EVENT, now=now)
        enqueue_job(f"{HERE}.work", f"work:{number}", now=now, number=number)
    assert drain_outbox(now=now, limit=0) == 0
    assert drain_outbox(now=now) == 6
    assert drain_outbox(now=now) == 0


@pytest.fixture
def queued(monkeypatch, settings):
    """Return what was handed over to the queue."""
    settings.EVENT_DELIVERY = "queue"
    handed: list[tuple[str, int, str]] = []
    monkeypatch.setattr(
        "django_q.tasks.async_task",
        lambda task, pk, *, cluster: handed.append((task, pk, cluster)),
    )
    return handed


def test_event_is_handed_over_after_commit_only(
    db, now, listeners, queued, django_capture_on_commit_callbacks
):
    listeners("count")
    with django_capture_on_commit_callbacks(execute=True):
        record = publish(EVENT, now=now)
        assert queued == []
    assert queued == [("portal.tasks.deliver_event", record.pk, "short")]


def test_sweep_hands_over_again_what_is_late(
    db, now, listeners, queued, django_capture_on_commit_callbacks
):
    listeners("count")
    old, fresh = now - timedelta(seconds=5), now - timedelta(seconds=4)
    late = publish(EVENT, now=old)
    publish(EVENT, now=fresh)
    waiting = enqueue_job(f"{HERE}.work", "late", now=old, queue="long", number=1)
    leased = enqueue_job(f"{HERE}.work", "leased", now=old, number=1)
    lost = enqueue_job(f"{HERE}.work", "lost", now=old, number=1)
    enqueue_job(f"{HERE}.work", "fresh", now=fresh, number=1)
    Job.objects.filter(pk=leased.pk).update(leased_until=now + timedelta(seconds=1))
    Job.objects.filter(pk=lost.pk).update(leased_until=now - timedelta(seconds=1))
    queued.clear()
    with django_capture_on_commit_callbacks(execute=True):
        assert sweep(now=now) == 3
    assert queued == [
        ("portal.tasks.deliver_event", late.pk, "short"),
        ("portal.tasks.run_job", waiting.pk, "long"),
        ("portal.tasks.run_job", lost.pk, "short"),
    ]
    assert sweep(now=now + HANDOVER - timedelta(seconds=1)) == 3  # the two that were fresh
    assert sweep(now=now + 2 * HANDOVER) == 6


def test_sweep_adds_nothing_to_a_crowded_queue(db, now, monkeypatch):
    monkeypatch.setattr(delivery, "CROWDED", 2)
    enqueue_job(f"{HERE}.work", "short", now=now, number=1)
    enqueue_job(f"{HERE}.work", "long", now=now, queue="long", number=1)
    for lock in (now, now, now + timedelta(seconds=1)):
        OrmQ.objects.create(key="short", payload="", lock=lock)
    later = now + HANDOVER
    assert sweep(now=later) == 1
    assert Job.objects.get(key="long").due_at == later + HANDOVER
    assert Job.objects.get(key="short").due_at == later


def kill_worker_of(job, *, now) -> None:
    """Leave a job as a worker does that dies at its last attempt."""
    Job.objects.filter(pk=job.pk).update(
        attempts=3, leased_until=now, leased_by="host:1:dead", error=""
    )


def test_job_that_kills_its_worker_three_times_is_parked(world, now):
    job = enqueue_job(f"{HERE}.work", "poison", now=now, number=1)
    kill_worker_of(job, now=now + timedelta(seconds=1))
    assert sweep(now=now) == 0
    assert Job.objects.get(pk=job.pk).state == "waiting"  # its lease still runs
    sweep(now=now + timedelta(seconds=1))
    job.refresh_from_db()
    assert (job.state, job.error) == ("parked", "The worker died or ran out of time.")
    assert WorkItem.objects.open().get().params == {"task": f"{HERE}.work"}
    assert not run_job(job_id=job.pk, now=now + timedelta(days=1))
    assert CALLS == []


def test_event_that_kills_its_worker_is_parked_once(world, now, listeners):
    listeners("count")
    record = publish(EVENT, now=now)
    EventRecord.objects.filter(pk=record.pk).update(attempts=3, leased_until=now, error="Boom")
    record.refresh_from_db()
    park_exhausted(record, now=now)
    park_exhausted(record, now=now)
    record.refresh_from_db()
    assert (record.failed_at, record.error) == (now, "Boom")
    assert Notification.objects.count() == 1
    assert not deliver_event(event_id=record.pk, now=now)


@pytest.mark.parametrize("work", ["steal", "steal_outside", "steal_and_fail"])
def test_worker_whose_job_was_taken_over_leaves_nothing(db, now, work):
    job = enqueue_job(f"{HERE}.{work}", work, now=now, mine=work)
    assert not run_job(job_id=job.pk, now=now)
    job.refresh_from_db()
    assert (job.state, job.attempts, job.error) == ("waiting", 1, "")
    assert not Region.objects.filter(name="盗县").exists()


def test_delivery_whose_event_was_taken_over_is_not_done(db, now, listeners):
    listeners("steal_event")
    record = publish(EVENT, now=now)
    assert not deliver_event(event_id=record.pk, now=now)
    record.refresh_from_db()
    assert (record.delivered_at, record.leased_by, record.error) == (None, "another", "")


def test_lease_is_renewed_while_the_work_lasts(transactional_db, now):
    job = enqueue_job(f"{HERE}.work", "renewed", now=now, number=1)
    claimed = claim(Job, job.pk, now=now)
    turns = iter([False, False, True])
    moments = iter([now + timedelta(seconds=2), now + timedelta(seconds=4)])
    run_in_thread(lambda: renew(claimed, lambda: next(moments), lambda _seconds: next(turns)))
    job.refresh_from_db()
    assert job.leased_until == job.due_at == now + timedelta(seconds=4) + LEASE
    assert claim(Job, job.pk, now=now + timedelta(seconds=9)) is None


def test_lease_of_another_is_not_renewed(transactional_db, now):
    job = enqueue_job(f"{HERE}.work", "renewed", now=now, number=1)
    claimed = claim(Job, job.pk, now=now)
    again = claim(Job, job.pk, now=now + LEASE)
    turns = iter([False, True])
    run_in_thread(lambda: renew(claimed, lambda: now + 9 * LEASE, lambda _seconds: next(turns)))
    job.refresh_from_db()
    assert (job.leased_by, job.leased_until) == (again.leased_by, now + 2 * LEASE)


def run_in_thread(deed) -> None:
    thread = threading.Thread(target=deed)
    thread.start()
    thread.join(timeout=10)
    assert not thread.is_alive()


def test_retry_waits_longer_after_each_failure(db, now):
    job = enqueue_job(f"{HERE}.work_badly", "slower", now=now, number=1)
    waits = []
    for _attempt in range(2):
        run_job(job_id=job.pk, now=now)
        job.refresh_from_db()
        waits.append((job.due_at - now).total_seconds())
    assert waits == [10, 120]


@pytest.mark.parametrize("kind", ["event", "job"])
def test_retry_of_what_is_not_parked_is_refused(world, now, listeners, kind):
    listeners("count")
    work = (
        publish(EVENT, now=now)
        if kind == "event"
        else enqueue_job(f"{HERE}.work", "x", now=now, number=1)
    )
    with pytest.raises(Conflict, match="wrong_state"):
        retry(kind=kind, pk=work.pk, actor=world.sysadmin, now=now)
    work.refresh_from_db()
    assert work.attempts == 0


def test_tasks_read_the_clock_and_call_the_services(db, now, listeners):
    from portal import tasks

    listeners("count")
    record = publish(EVENT, now=now)
    job = enqueue_job(f"{HERE}.work", "work:3", now=now, number=3)
    assert tasks.deliver_event(record.pk)
    assert tasks.run_job(job.pk)
    assert tasks.sweep() == 0


def test_job_under_way_elsewhere_is_left_alone(db, now, listeners):
    job = enqueue_job(f"{HERE}.work", "leased", now=now, number=1)
    Job.objects.filter(pk=job.pk).update(leased_until=now + timedelta(seconds=5))

    assert run_job(job_id=job.pk, now=now) is False
    assert CALLS == []
    assert run_job(job_id=job.pk, now=now + timedelta(seconds=5)) is True
    assert CALLS == [("work", 1, 0)]
