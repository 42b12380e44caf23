"""Many writers at once beside two workers: what each write is, and what must hold afterwards."""

import threading
import time
from collections import Counter
from collections.abc import Callable

from django.db import connection
from django.utils import timezone

from portal.models import AuditEntry, Job, SerialCounter
from portal.notifications import enqueue_job
from portal.services.audit import verify_chain
from portal.services.operations import operation
from portal.services.registers import next_serial

WRITERS = 8
EVERY = 10
"""Every tenth write hands a job to the workers, which write too."""
SERIES = "HYGS"


def by_all(deed: Callable[[int], None], count: int) -> tuple[float, Counter[str]]:
    """Share ``deed(0)`` … ``deed(count - 1)`` among the writers.

    Returns the seconds that it took, and what was raised how often.
    """
    failures: Counter[str] = Counter()
    gate = threading.Barrier(WRITERS + 1)

    def one(first: int) -> None:
        connection.ensure_connection()
        gate.wait()
        for number in range(first, count, WRITERS):
            try:
                deed(number)
            except Exception as error:  # noqa: BLE001 failures are what is counted
                failures[f"{type(error).__name__}: {error}"[:120]] += 1
        connection.close()

    threads = [threading.Thread(target=one, args=(first,)) for first in range(WRITERS)]
    for thread in threads:
        thread.start()
    gate.wait()
    started = time.perf_counter()
    for thread in threads:
        thread.join()
    return time.perf_counter() - started, failures


def audited(number: int) -> None:
    """Raise a counter that everybody wants, audited, now and then with a job."""
    now = timezone.now()
    with operation("bench.write", actor=None, now=now, n=number):
        next_serial(SERIES, now=now)
        if number % EVERY == 0:
            enqueue_job("tests.runtime.effects.quick", f"load:{number}", now=now, number=number)


def bare(number: int) -> None:
    """Insert a row and nothing else."""
    SerialCounter.objects.create(series=f"B{number}", year=2026)


def all_done() -> bool:
    """Whether the workers have nothing to do any more."""
    return not Job.objects.waiting().exists()


def faults(count: int) -> list[str]:
    """Say what does not hold after ``count`` writes."""
    found = []
    year = timezone.localtime().year
    if SerialCounter.objects.get(series=SERIES, year=year).last != count:
        found.append("a number was lost or given twice")
    if AuditEntry.objects.filter(action="bench.write", outcome="done").count() != count:
        found.append("the audit trail tells of more or fewer writes")
    jobs = -(-count // EVERY)
    states = Counter(Job.objects.filter(key__startswith="load:").values_list("state", flat=True))
    if states != {"done": jobs}:
        found.append(f"jobs: {dict(states)}")
    effects = SerialCounter.objects.filter(series__startswith="Q").values_list("last", flat=True)
    if Counter(effects) != {1: jobs}:
        found.append("a job's effect is missing or there twice")
    if verify_chain().broken is not None:
        found.append("the audit chain is broken")
    return found
