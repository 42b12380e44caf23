"""A worker killed with SIGKILL while it delivers: every event arrives, none twice."""

import time
from collections import Counter

import pytest
from django.db import connection

from portal import events
from portal.events import GradeTookEffect, publish, subscribe
from portal.management.processes import members, runs
from portal.models import EventReceipt, EventRecord, SerialCounter, WorkerCluster
from tests.runtime.worker import Worker, wait_for

EVENTS = 30
KILLED_WORKERS = 3
PATIENCE_SECONDS = 150


@pytest.fixture
def worker(transactional_db, database_url, tmp_path):
    started = Worker(database_url, tmp_path)
    yield started
    started.kill()


@pytest.fixture
def queue(monkeypatch, settings):
    """Have this process hand events to the queue, for the cluster's subscriber."""
    settings.EVENT_DELIVERY = "queue"
    monkeypatch.setattr(events, "SUBSCRIBERS", {})
    subscribe(GradeTookEffect, "tests.runtime.effects.slowly")


def waiting() -> int:
    return EventRecord.objects.filter(delivered_at__isnull=True).count()


def current_groups() -> set[int]:
    return set(WorkerCluster.objects.values_list("group", flat=True))


def alive(groups: set[int]) -> list[int]:
    return [pid for group in groups for pid in members(group) if runs(pid, "qcluster")]


@pytest.mark.slow
@pytest.mark.timeout(420)
def test_killed_workers_lose_no_event_and_double_none(worker, queue, now):
    for number in range(EVENTS):
        publish(GradeTookEffect(grade_id=number, organisation_id=1), now=now)
    until = time.monotonic() + PATIENCE_SECONDS
    worker.start()
    for _turn in range(KILLED_WORKERS):
        worker.kill_at_work(until)
    groups = current_groups()
    worker.kill_watchdog()
    assert waiting() > 0
    worker.start()
    while waiting() and time.monotonic() < until:
        time.sleep(0.2)
    connection.close()
    assert waiting() == 0, worker.told()
    # The orphans of the first watchdog were killed by the second.
    assert wait_for(lambda: not groups & current_groups(), 60) < 60, worker.told()
    # A killed process is gone only once it was given a moment to die in.
    assert wait_for(lambda: not alive(groups), 60) < 60, alive(groups)
    assert EventReceipt.objects.count() == EVENTS
    effects = SerialCounter.objects.filter(series__startswith="E")
    assert Counter(effects.values_list("last", flat=True)) == {2: EVENTS}
