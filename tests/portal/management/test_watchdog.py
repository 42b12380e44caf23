"""The watchdog's decisions; real clusters are killed in tests/runtime."""

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone
from django_q.models import OrmQ

from portal.domain.background import LATE, START
from portal.management import processes, watchdog
from portal.management.watchdog import Watchdog, is_gone, workers_of
from portal.models import WorkerCluster
from portal.services import clusters

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]


@pytest.fixture
def guarded(transactional_db, monkeypatch):
    """Return a watchdog over one sleeping process that stands in for a cluster."""
    monkeypatch.setattr(watchdog, "cluster_command", lambda: SLEEP)
    monkeypatch.setattr(watchdog, "RESTART_PAUSE_SECONDS", 0)
    said: list[str] = []
    dog = Watchdog(["short"], said.append)
    dog.said = said
    dog.start()
    yield dog
    dog.stop([], 5)
    assert not WorkerCluster.objects.filter(stopped_at=None).exists()


def past(charge, seconds: float) -> None:
    """Let a cluster have been silent for ``seconds`` since its last answer."""
    moment = timezone.now() - timedelta(seconds=seconds)
    charge.excused_until = moment
    WorkerCluster.objects.update(acknowledged_at=moment)
    charge.row.refresh_from_db()
    charge.sent = dict.fromkeys(charge.sent, moment)


def test_settings_say_how_many_workers_a_queue_has(settings):
    assert (workers_of("short"), workers_of("long")) == (2, 1)
    settings.Q_CLUSTER = {**settings.Q_CLUSTER, "ALT_CLUSTERS": {}}
    assert workers_of("long") == 2


def test_cluster_is_recorded_and_asked_every_two_seconds(guarded):
    (charge,) = guarded.charges
    guarded.look()
    guarded.look()
    row = WorkerCluster.objects.get()
    assert (row.group, row.watchdog, row.workers) == (charge.child.pid, os.getpid(), 2)
    assert list(OrmQ.objects.values_list("pk", flat=True)) == list(charge.sent)
    charge.next_beat = 0
    guarded.look()
    assert len(charge.sent) == 2
    OrmQ.objects.all().delete()
    guarded.look()
    assert charge.sent == {}


@pytest.mark.parametrize(("seconds", "restarts"), [(7, 0), (8.1, 1)])
def test_cluster_that_is_silent_for_eight_seconds_is_started_again(guarded, seconds, restarts):
    (charge,) = guarded.charges
    guarded.look()
    first = charge.child.pid
    past(charge, seconds)
    guarded.look()
    guarded.look()
    row = WorkerCluster.objects.get()
    assert (charge.restarts, row.restarts, row.group == first) == (
        restarts,
        restarts,
        not restarts,
    )
    assert row.last_restart == ("stuck" if restarts else "")
    if restarts:
        assert not processes.runs(first, SLEEP[-1])
    else:
        started(first, SLEEP[-1])
    assert OrmQ.objects.count() == 1  # what the killed one did not answer was taken back
    assert len(guarded.said) == restarts


@pytest.mark.parametrize(("overslept", "restarts"), [(30, 0), (0, 1)])
def test_cluster_is_not_blamed_for_what_the_watchdog_overslept(guarded, overslept, restarts):
    (charge,) = guarded.charges
    guarded.look()
    past(charge, 30)
    guarded.rested_from = timezone.now() - timedelta(seconds=overslept)
    guarded.look()
    assert charge.restarts == restarts
    if not restarts:  # and only for that: the silence before it still counts
        assert charge.silent(timezone.now()) < timedelta(seconds=1)
        past(charge, 40)
        guarded.rested_from = timezone.now() - timedelta(seconds=30)
        guarded.look()
        assert charge.restarts == 1


def test_rest_that_is_hardly_late_is_not_overslept(guarded, monkeypatch):
    monkeypatch.setattr(watchdog.time, "sleep", lambda _seconds: None)
    guarded.rest()
    now = guarded.rested_from
    assert guarded.overslept(now) == timedelta()
    assert guarded.overslept(now + timedelta(seconds=3)) == timedelta(seconds=2.5)


def test_restart_is_told_with_its_time(guarded):
    os.kill(guarded.charges[0].child.pid, signal.SIGKILL)
    guarded.charges[0].child.process.wait(timeout=5)
    guarded.look()
    (line,) = guarded.said
    assert line[:16] == f"{timezone.localtime():%Y-%m-%d %H:%M}"


def test_cluster_may_take_longer_to_start(guarded):
    (charge,) = guarded.charges
    guarded.look()
    charge.excused_until = charge.started_at
    now = charge.started_at + START
    assert charge.silent(now - timedelta(seconds=1)) < LATE
    assert charge.silent(now) == LATE


def test_cluster_that_died_is_started_again(guarded):
    (charge,) = guarded.charges
    os.kill(charge.child.pid, signal.SIGKILL)
    charge.child.process.wait(timeout=5)
    guarded.look()
    assert charge.child.exit_code() is None
    guarded.look()
    assert WorkerCluster.objects.get().last_restart == "died"


def test_silence_is_excused_while_the_database_is_away(guarded, monkeypatch):
    (charge,) = guarded.charges
    guarded.look()
    past(charge, 30)

    def fail(_queue):
        raise OperationalError("gone")

    charge.next_beat = 0
    with monkeypatch.context() as patch:
        patch.setattr(clusters, "send_heartbeat", fail)
        guarded.look()
    guarded.look()
    assert charge.restarts == 0
    assert timezone.now() - charge.excused_until < timedelta(seconds=5)


def test_silence_is_excused_while_the_database_is_slow(guarded, monkeypatch):
    (charge,) = guarded.charges
    guarded.look()
    past(charge, 30)
    monkeypatch.setattr(watchdog, "SLOW", timedelta(0))
    guarded.look()
    assert charge.restarts == 0
    monkeypatch.setattr(watchdog, "SLOW", timedelta(seconds=2))
    guarded.look()
    assert charge.restarts == 0


def test_next_watchdog_kills_what_a_killed_one_left(transactional_db, now):
    script = (
        "import subprocess, sys\n"
        "subprocess.Popen([sys.executable, '-c', sys.argv[1], 'qcluster']).wait()"
    )
    sleep = "import time; time.sleep(60)"
    leader = subprocess.Popen([sys.executable, "-c", script, sleep], start_new_session=True)
    until = time.monotonic() + 30
    while not any(processes.runs(pid, "qcluster") for pid in processes.members(leader.pid)):
        assert time.monotonic() < until
        time.sleep(0.05)
    row = clusters.record_cluster(
        watchdog=leader.pid,  # lives, and is no watchdog
        queue="short",
        group=leader.pid,
        workers=2,
        restarts=0,
        cause="",
        now=now,
    )
    assert is_gone(row)
    assert leader.wait(timeout=10) == -signal.SIGKILL
    until = time.monotonic() + 30
    while any(processes.runs(pid, "qcluster") for pid in processes.members(leader.pid)):
        assert time.monotonic() < until
    assert is_gone(row)


def started(pid: int, *words: str) -> None:
    """Wait until a process shows its own command: for a moment it has none."""
    until = time.monotonic() + 30
    while not processes.runs(pid, *words):
        assert time.monotonic() < until
        time.sleep(0.02)


def test_watchdog_that_lives_keeps_its_cluster(db, now):
    other = subprocess.Popen([*SLEEP, "work"])
    row = WorkerCluster(watchdog=other.pid, group=other.pid, queue="short")
    try:
        started(other.pid, "work")
        assert not is_gone(row)
    finally:
        other.kill()
        other.wait()


def test_strangers_group_is_left_alone(db):
    other = subprocess.Popen(SLEEP, start_new_session=True)
    try:
        started(other.pid, SLEEP[-1])
        assert is_gone(WorkerCluster(watchdog=1, group=other.pid, queue="short"))
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()
