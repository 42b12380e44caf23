"""What a watchdog and its clusters tell one another."""

import os
import socket
from datetime import timedelta

import pytest
from django_q.models import OrmQ

from portal.models import Job, WorkerCluster
from portal.selectors.background import background_state, busy_workers, unanswered
from portal.services import clusters
from portal.services.leases import claim


def cluster(now, *, group: int = 0, queue: str = "short", watchdog: int = 1, **values):
    row = clusters.record_cluster(
        watchdog=watchdog,
        queue=queue,
        group=group or os.getpgrp(),
        workers=2,
        restarts=0,
        cause="",
        now=now,
    )
    WorkerCluster.objects.filter(pk=row.pk).update(**{"restarts": 0, **values})
    row.refresh_from_db()
    return row


def test_cluster_that_is_started_again_keeps_its_row(db, now):
    first = cluster(now, acknowledged_at=now)
    again = clusters.record_cluster(
        watchdog=1, queue="short", group=9, workers=2, restarts=1, cause="stuck", now=now
    )
    assert (again.pk, again.group, again.acknowledged_at) == (first.pk, 9, None)
    assert again.heard_at == now  # a restart is no sign of life
    assert (again.restarts, again.last_restart) == (1, "stuck")
    assert WorkerCluster.objects.count() == 1


def test_sign_of_life_belongs_to_this_process_group(db, now):
    mine = cluster(now)
    other = cluster(now, group=os.getpgrp() + 1, watchdog=2)
    assert clusters.acknowledge(now=now) == 1
    mine.refresh_from_db()
    other.refresh_from_db()
    assert (mine.acknowledged_at, other.acknowledged_at) == (now, None)


@pytest.mark.parametrize("queue", ["short", "long"])
def test_heartbeat_is_a_message_until_it_is_answered(db, queue):
    first, second = clusters.send_heartbeat(queue), clusters.send_heartbeat(queue)
    assert list(OrmQ.objects.order_by("pk").values_list("pk", "key")) == [
        (first, queue),
        (second, queue),
    ]
    assert OrmQ.objects.get(pk=first).func() == "portal.tasks.beat"
    assert unanswered([first, second, 0]) == {first, second}
    clusters.take_back([first])
    assert unanswered([first, second]) == {second}


def test_rows_of_watchdogs_that_are_gone_are_forgotten(db, now):
    kept = cluster(now, watchdog=1)
    gone = cluster(now, watchdog=2)
    silent = cluster(now, watchdog=3, host="old", started_at=now - timedelta(days=2))
    away = cluster(now, watchdog=4, host="new", started_at=now - timedelta(hours=23))
    said = cluster(
        now,
        watchdog=5,
        host="ended",
        started_at=now - timedelta(days=9),
        acknowledged_at=now - timedelta(days=2),
    )
    clusters.forget_clusters(gone=lambda row: row.pk == gone.pk, now=now)
    left = set(WorkerCluster.objects.values_list("pk", flat=True))
    assert left == {kept.pk, away.pk}
    assert {gone.pk, silent.pk, said.pk} & left == set()


def test_cluster_that_dies_again_and_again_gives_no_sign_of_life(db, now):
    cluster(now)
    for seconds in (20, 40):
        row = cluster(now + timedelta(seconds=seconds))
    assert (row.started_at, row.heard_at) == (now + timedelta(seconds=40), now)


def test_watchdog_that_ends_leaves_when_it_stopped(db, now):
    mine, other = cluster(now, watchdog=1), cluster(now, watchdog=2, queue="long")
    clusters.close_clusters(watchdog=1, now=now)
    assert dict(WorkerCluster.objects.values_list("pk", "stopped_at")) == {
        mine.pk: now,
        other.pk: None,
    }
    clusters.forget_clusters(gone=lambda _row: True, now=now)
    assert list(WorkerCluster.objects.all()) == [mine]
    again = cluster(now, watchdog=3)
    assert list(WorkerCluster.objects.all()) == [again]


def sign_of(now, queue: str = "short"):
    """Return standing, since, redness of a queue, seconds after ``now``."""
    (sign,) = (sign for sign in background_state(now).signs if sign.queue == queue)
    return sign.standing, sign.since, sign.red


def test_queue_without_a_cluster_is_red_at_once(db, now):
    cluster(now, queue="long")
    assert sign_of(now) == ("none", None, True)


@pytest.mark.parametrize(("seconds", "standing"), [(29, "working"), (30, "silent")])
def test_queue_that_is_silent_for_half_a_minute_is_red(db, now, seconds, standing):
    cluster(now - timedelta(hours=1), acknowledged_at=now)
    later = now + timedelta(seconds=seconds)
    assert sign_of(later) == (standing, now, standing == "silent")


@pytest.mark.parametrize(("seconds", "red"), [(29, False), (30, True)])
def test_queue_whose_cluster_was_stopped_says_when(db, now, seconds, red):
    cluster(now - timedelta(hours=1), acknowledged_at=now - timedelta(minutes=10))
    clusters.close_clusters(watchdog=1, now=now)
    assert sign_of(now + timedelta(seconds=seconds)) == ("stopped", now, red)


def test_queue_is_served_as_long_as_one_machine_serves_it(db, now):
    cluster(now, watchdog=1, host="stopped", stopped_at=now)
    cluster(now, watchdog=2, host="dead", acknowledged_at=now - timedelta(hours=2))
    assert sign_of(now + timedelta(minutes=1))[0] == "stopped"
    beat = now - timedelta(seconds=3)
    cluster(now, watchdog=3, host="alive", acknowledged_at=beat)
    assert sign_of(now) == ("working", beat, False)


def test_cluster_whose_workers_are_all_at_work_is_not_silent(db, now, queries):
    row = cluster(now - timedelta(hours=1), acknowledged_at=now - timedelta(minutes=20))
    job = Job.objects.create(key="long", task="x", created_at=now)
    claim(Job, job.pk, now=now)
    with queries(6):
        state = background_state(now)
    assert [one.row for one in state.clusters] == [row]
    assert sign_of(now) == ("working", now, False)
    assert sign_of(now + timedelta(seconds=6))[0] == "silent"


def test_worker_with_a_lease_is_busy(db, now):
    row = cluster(now)
    for key in ("one", "two"):
        claim(Job, Job.objects.create(key=key, task="x", created_at=now).pk, now=now)
    assert busy_workers(row, now) == 2
    Job.objects.filter(key="two").update(leased_by=f"{socket.gethostname()}:1:other")
    assert busy_workers(row, now) == 1
    assert busy_workers(row, now + timedelta(seconds=6)) == 0


def test_background_state_counts_each_queue(db, now, queries):
    old, ago = now - timedelta(minutes=3), now - timedelta(days=2)
    rows = [
        ("a", "short", "waiting", old, None, ""),
        ("b", "short", "waiting", now, None, "Boom"),
        ("c", "short", "done", ago, now, ""),
        ("d", "short", "done", ago, ago, ""),
        ("e", "short", "parked", ago, None, "Boom"),
        ("f", "long", "parked", ago, None, "Boom"),
    ]
    for key, queue, state, created, finished, error in rows:
        Job.objects.create(
            key=key,
            task="x",
            queue=queue,
            state=state,
            created_at=created,
            finished_at=finished,
            error=error,
        )
    OrmQ.objects.create(key="short", payload="", lock=now)
    OrmQ.objects.create(key="short", payload="", lock=now + timedelta(seconds=1))
    row = cluster(now)
    with queries(4):
        state = background_state(now)
    counted = [
        (s.kind, s.waiting, s.failing, s.parked, s.done, s.oldest_seconds) for s in state.states
    ]
    assert counted == [
        ("event", 0, 0, 0, 0, 0),
        ("short", 2, 1, 1, 1, 180),
        ("long", 0, 0, 1, 0, 0),
    ]
    assert (state.messages, [one.row for one in state.clusters]) == ({"short": 1}, [row])
    assert (state.oldest_seconds, state.total("parked")) == (180, 2)
