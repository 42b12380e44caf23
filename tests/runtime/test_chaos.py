"""Processes killed at random with SIGKILL: no job lost, none doubled, back within 20 seconds."""

import os
import random
import signal
import time
from collections import Counter
from contextlib import suppress

import pytest
from django.conf import settings
from django.db import DatabaseError, connection
from django.utils import timezone

from portal.models import Job, SerialCounter, WorkItem
from portal.notifications import enqueue_job
from tests.runtime.worker import Worker, wait_for
from tests.support.postgres import own_server

BACK_SECONDS = 20
BOOT_SECONDS = 4
"""What a cluster takes to start on a quiet machine; on a busy one the rest is allowed too."""
JOBS_A_ROUND = 10
PROCESSES = ["worker", "monitor", "pusher", "parent"]
ON_SQLITE = [*PROCESSES, *PROCESSES]
ON_POSTGRESQL = [*PROCESSES * 4, *["database"] * 4]


@pytest.fixture
def queue(settings):
    settings.EVENT_DELIVERY = "queue"


@pytest.fixture
def worker(transactional_db, database_url, tmp_path):
    started = Worker(database_url, tmp_path)
    yield started
    started.kill()


@pytest.fixture
def server(transactional_db, database_url):
    """Give this process a PostgreSQL server of its own, with a copy of the test's database."""
    # A patch of its own: it must be undone before the test's database is restored.
    with own_server() as own, pytest.MonkeyPatch.context() as patch:
        own.copy_from(database_url)
        connection.close()
        values = {"HOST": "127.0.0.1", "PORT": own.port, "USER": "portal", "PASSWORD": ""}
        values["NAME"] = "postgres"
        for name, value in values.items():
            patch.setitem(connection.settings_dict, name, value)
            patch.setitem(settings.DATABASES["default"], name, value)
        yield own
        connection.close()


@pytest.fixture
def worker_on_server(server, tmp_path):
    started = Worker(server.url, tmp_path)
    yield started
    started.kill()


def submit(number: int) -> None:
    """Every tenth job is a long one."""
    enqueue_job(
        "tests.runtime.effects.job",
        f"job:{number}",
        now=timezone.now(),
        queue="short" if number % 10 else "long",
        number=number,
    )


def all_done() -> bool:
    """Whether nothing waits, apart from the poisoned job; a database that is away says no."""
    try:
        return not Job.objects.waiting().exclude(key="poison").exists()
    except DatabaseError:
        connection.close()
        return False


def shoot(worker: Worker, kind: str, dice: random.Random, server=None) -> None:
    """Kill one process of a kind; a killed database is started again, as systemd does."""
    if kind == "database":
        server.kill()
        connection.close()
        time.sleep(1)
        server.start()
        return
    # The one that the turn before killed may still be coming back.
    assert wait_for(lambda: worker.processes(kind), 60) < 60, f"no {kind}: {worker.told()}"
    candidates = worker.processes(kind)
    with suppress(ProcessLookupError):
        os.kill(dice.choice(candidates), signal.SIGKILL)


def storm(worker: Worker, kinds: list[str], server=None) -> tuple[float, list[tuple[str, float]]]:
    """Kill by turns while ten jobs are under way.

    Returns how long the first start took, and each recovery.
    """
    dice = random.Random(630123)
    dice.shuffle(kinds)
    enqueue_job("tests.runtime.effects.poison", "poison", now=timezone.now())
    worker.start()
    boot = wait_for(lambda: len(worker.processes("worker")) >= 3, 60)
    assert boot < 60, worker.told()
    took = []
    for turn, kind in enumerate(kinds):
        for number in range(turn * JOBS_A_ROUND, (turn + 1) * JOBS_A_ROUND):
            submit(number)
        time.sleep(dice.uniform(0, 0.8))
        shoot(worker, kind, dice, server)
        took.append((kind, round(wait_for(all_done, 3 * BACK_SECONDS), 1)))
    print(f"started in {boot:.1f} s, recovered in {took}")
    return boot, took


def check(worker: Worker, kinds: list[str], boot: float, took: list[tuple[str, float]]) -> None:
    """Nothing lost, nothing doubled, the poisoned job parked, back in time."""
    allowed = BACK_SECONDS + max(0.0, boot - BOOT_SECONDS)
    count = len(kinds) * JOBS_A_ROUND
    jobs = Job.objects.filter(key__startswith="job:")
    assert Counter(jobs.values_list("state", flat=True)) == {"done": count}, worker.told()
    effects = SerialCounter.objects.filter(series__startswith="J")
    assert Counter(effects.values_list("last", flat=True)) == {2: count}
    assert max(seconds for _kind, seconds in took) < allowed, (boot, took)
    parked = lambda: Job.objects.filter(key="poison", state="parked").exists()  # noqa: E731
    assert wait_for(parked, 60) < 60, worker.told()
    poison = Job.objects.get(key="poison")
    assert (poison.attempts, poison.error) == (3, "The worker died or ran out of time.")
    assert WorkItem.objects.open().get(kind="job_parked").subject_id == str(poison.pk)


@pytest.mark.slow
@pytest.mark.sqlite_only
@pytest.mark.timeout(400)
def test_killed_processes_lose_and_double_nothing(worker, queue):
    kinds = list(ON_SQLITE)
    check(worker, kinds, *storm(worker, kinds))


@pytest.mark.slow
@pytest.mark.postgres_only
@pytest.mark.timeout(600)
def test_killed_processes_and_database_lose_and_double_nothing(worker_on_server, server, queue):
    kinds = list(ON_POSTGRESQL)
    check(worker_on_server, kinds, *storm(worker_on_server, kinds, server))
