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


def test_watchdog_that_ends_takes_its_own_rows(db, now):
    cluster(now, watchdog=1)
    other = cluster(now, watchdog=2)
    clusters.close_clusters(watchdog=1)
    assert list(WorkerCluster.objects.all()) == [other]


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
    assert (state.messages, state.clusters) == ({"short": 1}, [row])
    assert (state.oldest_seconds, state.total("parked")) == (180, 2)
