"""The page of service times on many applications, against reading the same rows and no more.

The floor reads the columns that the figures need, as plain tuples. BENCH_CASES makes it shorter.
"""

import json
import os
import tempfile
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import django

CASES = int(os.environ.get("BENCH_CASES", "20000"))
STAGES = ("application_screen", "application_decide", "application_publish", "application_admit")
TODAY = date(2026, 11, 23)


def main() -> None:
    """Print the line; works in a database of its own."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["VAR_DIR"] = folder
        os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
        django.setup()
        measure()


def seconds(deed: Callable[[], Any], rounds: int = 3) -> float:
    """Return the seconds of the quickest of some runs."""
    took = []
    for _round in range(rounds):
        started = time.process_time()
        deed()
        took.append(time.process_time() - started)
    return min(took)


def fill(cases: int) -> None:
    """Write work items of so many cases, over two years: four stages and an answer each."""
    from django.utils import timezone

    from incubator.selectors.service_times import CASE
    from portal.models import WorkItem

    start = timezone.make_aware(datetime.fromisoformat("2024-12-02T09:00"))

    def items(case: int) -> list[WorkItem]:
        opened = start + timedelta(days=case * 700 // cases)
        rows = []
        for number, kind in enumerate([*STAGES[:1], "application_answer", *STAGES]):
            closed = opened + timedelta(days=1 + (case + number) % 7)
            rows.append(
                WorkItem(
                    kind=kind,
                    subject_type=CASE,
                    subject_id=str(case),
                    role="staff",
                    opened_at=opened,
                    closed_at=closed,
                    due_on=(opened + timedelta(days=7)).date(),
                )
            )
            opened = closed
        return rows

    for first in range(0, cases, 1000):
        batch = [row for case in range(first, min(first + 1000, cases)) for row in items(case)]
        WorkItem.objects.bulk_create(batch, batch_size=500)


def measure() -> None:
    """Time the page's reading and the bare one."""
    from django.core.management import call_command

    from incubator.selectors.service_times import CASE, service_times
    from portal.models import WorkItem

    call_command("migrate", verbosity=0)
    fill(CASES)
    columns = ("subject_id", "kind", "opened_at", "closed_at", "due_on")

    def bare() -> None:
        list(WorkItem.objects.filter(subject_type=CASE).values_list(*columns))

    floor, value = seconds(bare), seconds(lambda: service_times(TODAY))
    line = {
        "name": f"service_times_{CASES}",
        "value": round(value, 3),
        "unit": "CPU s",
        "floor": round(floor, 3),
    }
    print(json.dumps(line | {"ratio": round(value / floor, 1)}))


if __name__ == "__main__":
    main()
