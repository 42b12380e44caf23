"""Jobs a second through our own table, and ten thousand writes by eight writers and two workers.

The floor of the jobs is the same effect as a bare task of django-q2, through the same cluster in
the same run; that of the writes is a bare INSERT by the same eight writers. PostgreSQL runs with
its own durable defaults. BENCH_JOBS and BENCH_WRITES make it shorter. Fails where a write failed
or something was lost or done twice.
"""

import json
import logging
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
JOBS = int(os.environ.get("BENCH_JOBS", "500"))
WRITES = int(os.environ.get("BENCH_WRITES", "10000"))
PATIENCE_SECONDS = 600


def show(name: str, value: float, floor: float, **more: object) -> None:
    """Print one line of so many a second; a ratio above 1 is a cost."""
    line = {"name": name, "value": round(value, 1), "unit": "1/s", "floor": round(floor, 1)}
    print(json.dumps(line | {"ratio": round(floor / value, 2)} | more), flush=True)


def rate(submit: Callable[[int], None], numbers: range) -> float:
    """Hand over one job for each number and return how many effects a second there were."""
    from portal.models import SerialCounter
    from tests.runtime.worker import wait_for

    wanted = SerialCounter.objects.filter(series__in=[f"Q{number}" for number in numbers], last=1)
    started = time.perf_counter()
    for number in numbers:
        submit(number)
    if wait_for(lambda: wanted.count() == len(numbers), PATIENCE_SECONDS) >= PATIENCE_SECONDS:
        sys.exit(f"{len(numbers) - wanted.count()} jobs were not done")
    return len(numbers) / (time.perf_counter() - started)


def compare_jobs(vendor: str) -> None:
    """Print how our table does beside django-q2 alone."""
    from django.utils import timezone
    from django_q.tasks import async_task

    from portal.notifications import enqueue_job

    def ours(number: int) -> None:
        enqueue_job("tests.runtime.effects.quick", f"j:{number}", now=timezone.now(), number=number)

    def theirs(number: int) -> None:
        async_task("tests.runtime.effects.bare", number, cluster="short")

    first = 10 * WRITES
    floor = rate(theirs, range(first, first + JOBS))
    show(f"jobs_{vendor}", rate(ours, range(first + JOBS, first + 2 * JOBS)), floor, jobs=JOBS)


def compare_writes(vendor: str) -> None:
    """Print how the writers do beside the workers, and how many writes failed."""
    from portal.models import SerialCounter
    from tests.runtime import load
    from tests.runtime.worker import wait_for

    floor, _none = load.by_all(load.bare, WRITES // 5)
    SerialCounter.objects.filter(series__startswith="Q").delete()
    spent, failures = load.by_all(load.audited, WRITES)
    started = time.perf_counter()
    wait_for(load.all_done, PATIENCE_SECONDS)
    behind = round(time.perf_counter() - started, 1)
    more = {"writes": WRITES, "failures": failures.total(), "jobs_done_after_s": behind}
    show(f"writes_8_writers_2_workers_{vendor}", WRITES / spent, WRITES // 5 / floor, **more)
    if found := [*failures, *load.faults(WRITES)]:
        sys.exit(f"not all is well: {found}")


def measure() -> None:
    """Migrate, start the two clusters under their watchdog, and print the lines of a database."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.runtime.settings"
    import django

    django.setup()
    logging.getLogger("django-q").setLevel(logging.WARNING)
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection

    from tests.runtime.worker import Worker, wait_for

    call_command("migrate", verbosity=0)
    folder = Path(settings.VAR_DIR)
    url = os.environ.get("DATABASE_URL", f"sqlite:///{connection.settings_dict['NAME']}")
    worker = Worker(url, folder)
    worker.start()
    try:
        if wait_for(lambda: len(worker.processes("worker")) >= 3, PATIENCE_SECONDS) >= 600:
            sys.exit(worker.told())
        compare_jobs(connection.vendor)
        compare_writes(connection.vendor)
    finally:
        worker.kill()


def main() -> None:
    """Print the lines of SQLite, then of PostgreSQL where it can be had."""
    if len(sys.argv) > 1:
        measure()
        return
    command = [sys.executable, "-m", "tests.benchmarks.jobs", "measure"]
    postgres = str(ROOT / ".ci" / "postgres")
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "VAR_DIR": folder}
        environment.pop("DATABASE_URL", None)
        subprocess.run(command, check=True, cwd=ROOT, env=environment)
    if subprocess.run([postgres, "--available"], check=False).returncode == 0:
        with tempfile.TemporaryDirectory() as folder:
            environment = {**os.environ, "DURABLE": "1", "VAR_DIR": folder}
            subprocess.run([postgres, *command], check=True, cwd=ROOT, env=environment)


if __name__ == "__main__":
    main()
