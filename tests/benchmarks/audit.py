"""Fifty writers at once, and a walk over a million entries.

Writers: audited writes a second, by how the trail is kept, against the same writes without a
trail. ``chains`` is what the portal does; ``single`` is one chain for all; ``sealed`` leaves the
chain to a worker. PostgreSQL runs with its own durable defaults. Entries of ``verify`` are read
once without looking at them as the floor; CPU seconds are what a busy machine does not change.
BENCH_ENTRIES and BENCH_WRITES make it shorter.
"""

import json
import multiprocessing
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import quantiles
from typing import TypeVar
from uuid import uuid4

PROCESSES, THREADS = 2, 25
WRITES = int(os.environ.get("BENCH_WRITES", "40"))
ENTRIES = int(os.environ.get("BENCH_ENTRIES", "1000000"))
ROUNDS = 2
VARIANTS = ("none", "single", "chains", "sealed")
ROOT = Path(__file__).resolve().parents[2]
T = TypeVar("T")
START = datetime(2026, 1, 1, tzinfo=UTC)


def show(name: str, value: float, unit: str, floor: float) -> None:
    """Print one line; a ratio above 1 is a cost."""
    ratio = floor / value if unit.endswith("/s") else value / floor
    line = {"name": name, "value": round(value, 2), "unit": unit, "floor": round(floor, 2)}
    print(json.dumps(line | {"ratio": round(ratio, 2)}), flush=True)


def ready() -> None:
    """Set Django up on the database that the environment names."""
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
    django.setup()


# --- Writers


def seal(stop: Callable[[], bool]) -> None:
    """Seal what has no digest yet, five times a second, in the order of the numbers."""
    from django.db import connection, transaction

    from portal.domain.audit_chain import FIELDS, entry_digest
    from portal.models import AuditEntry

    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS seal (number bigint PRIMARY KEY, digest text)")
        cursor.execute("DELETE FROM seal")
    previous = ""
    while not stop():
        with transaction.atomic(), connection.cursor() as cursor:
            rows = AuditEntry.objects.extra(
                where=["number NOT IN (SELECT number FROM seal)"]
            ).order_by("number")
            for entry in rows.filter(digest="")[:2000]:
                values = {name: getattr(entry, name) for name in FIELDS} | {"previous": previous}
                previous = entry_digest(values, entry.at)
                cursor.execute("INSERT INTO seal VALUES (%s, %s)", [entry.number, previous])
        time.sleep(0.2)


def deed_of(variant: str) -> Callable[[int], None]:
    """Return a write in the way of ``variant``."""
    from django.db import transaction
    from django.utils import timezone

    from portal.models import AuditEntry, AuditHead, SerialCounter
    from portal.services import operations

    if variant == "single":
        operations.locked_head = lambda: AuditHead.objects.select_for_update().get(id=1)
    if variant == "sealed":

        def append_unsealed(rows, *, now):
            numbers = AuditEntry.objects.next_numbers(len(rows))
            AuditEntry.objects.bulk_create(
                AuditEntry(number=number, at=now, **row)
                for number, row in zip(numbers, rows, strict=True)
            )

        operations.append_audit = append_unsealed

    def audited(number: int) -> None:
        with operations.operation("bench.write", actor=None, now=timezone.now(), n=number):
            SerialCounter.objects.create(series=uuid4().hex[:12], year=2026)

    def bare(_number: int) -> None:
        with transaction.atomic():
            SerialCounter.objects.create(series=uuid4().hex[:12], year=2026)

    return bare if variant == "none" else audited


def write(variant: str, barrier, results) -> None:
    """Write from many threads; put how long each write took."""
    ready()
    from django.db import connection

    deed, spent, gate = deed_of(variant), [], threading.Barrier(THREADS + 1)

    def one() -> None:
        connection.ensure_connection()
        gate.wait()
        for number in range(WRITES):
            started = time.perf_counter()
            deed(number)
            spent.append(time.perf_counter() - started)
        connection.close()

    threads = [threading.Thread(target=one) for _number in range(THREADS)]
    for thread in threads:
        thread.start()
    barrier.wait()
    gate.wait()
    started = time.time()
    for thread in threads:
        thread.join()
    results.put((started, time.time(), spent))


def seal_until(stop) -> None:
    """Run the sealing worker in a process of its own."""
    ready()
    seal(stop.is_set)


def writers(variant: str) -> tuple[float, float]:
    """Return writes a second and the 95th percentile of a write in ms."""
    context = multiprocessing.get_context("spawn")
    barrier, results, stop = context.Barrier(PROCESSES), context.Queue(), context.Event()
    running = [
        context.Process(target=write, args=(variant, barrier, results))
        for _number in range(PROCESSES)
    ]
    if variant == "sealed":
        running.append(context.Process(target=seal_until, args=(stop,)))
    for process in running:
        process.start()
    rows = [results.get() for _number in range(PROCESSES)]
    stop.set()
    for process in running:
        process.join()
    spent = [seconds for row in rows for seconds in row[2]]
    wall = max(row[1] for row in rows) - min(row[0] for row in rows)
    return len(spent) / wall, quantiles(spent, n=20)[-1] * 1000


def compare_writers() -> None:
    """Print a line for every way to keep the trail: the best of some rounds."""
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    connection.close()
    best: dict[str, tuple[float, float]] = {}
    for _round in range(ROUNDS):
        for variant in VARIANTS:
            best[variant] = max(best.get(variant, (0, 0)), writers(variant))
    for variant in VARIANTS[1:]:
        name = f"audit_50_writers_{variant}_{connection.vendor}"
        show(name, best[variant][0], "writes/s", best["none"][0])
        show(f"{name}_p95", best[variant][1], "ms", best["none"][1])


# --- Verify


def fill(count: int) -> None:
    """Append entries as the portal does, thousands at a time."""
    from django.db import transaction

    from portal.services.operations import append_audit, entry_values

    row = entry_values(None, "bench.entry", None, None, "已核对全部材料", {})
    for first in range(0, count, 5000):
        rows = [
            row | {"data": {"round": number, "note": "材料齐全", "values": [number, 2, 3]}}
            for number in range(first, min(count, first + 5000))
        ]
        with transaction.atomic():
            append_audit(rows, now=START + timedelta(seconds=first))


def time_verify() -> None:
    """Print how long a walk takes and how much memory it adds."""
    from django.core.management import call_command
    from django.db import connection

    from portal.services.audit import batches, verify_chain

    call_command("migrate", verbosity=0)
    fill(ENTRIES)
    read, floor = timed(lambda: sum(len(batch) for batch in batches()))
    before = peak_megabytes()
    report, spent = timed(verify_chain)
    after = peak_megabytes()
    if report.broken is not None or report.checked != read:
        sys.exit(f"the chain is not whole: {report}")
    million = 1_000_000 / read
    name = f"verify_audit_{connection.vendor}"
    show(name, spent[0] * million, "s/million", floor[0] * million)
    show(f"{name}_cpu", spent[1] * million, "CPU s/million", floor[1] * million)
    show(f"{name}_memory", after, "MB", before)


def timed(work: Callable[[], T]) -> tuple[T, tuple[float, float]]:
    """Return what ``work`` returns, and the seconds and CPU seconds that it took."""
    started, cpu = time.perf_counter(), time.process_time()
    done = work()
    return done, (time.perf_counter() - started, time.process_time() - cpu)


def peak_megabytes() -> float:
    """Return the most memory that this process ever had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Print the lines of SQLite, then of PostgreSQL where it can be had."""
    if len(sys.argv) > 1:
        ready()
        {"writers": compare_writers, "verify": time_verify}[sys.argv[1]]()
        return
    for part in ("writers", "verify"):
        command = [sys.executable, "-m", "tests.benchmarks.audit", part]
        with tempfile.TemporaryDirectory() as folder:
            environment = {**os.environ, "VAR_DIR": folder}
            environment.pop("DATABASE_URL", None)
            subprocess.run(command, check=True, cwd=ROOT, env=environment)
        postgres = str(ROOT / ".ci" / "postgres")
        if subprocess.run([postgres, "--available"], check=False).returncode == 0:
            environment = {**os.environ, "DURABLE": "1"}
            subprocess.run([postgres, *command], check=True, cwd=ROOT, env=environment)


if __name__ == "__main__":
    main()
