"""Effects in two parts that would show if they happened twice or by half."""

import os
import signal
import time
from pathlib import Path

from django.db import transaction
from django.db.models import F

from portal.models import SerialCounter

PAUSE_SECONDS = 0.15


def count_twice(series: str) -> None:
    """Count up twice with a pause between, having told who is at it."""
    SerialCounter.objects.get_or_create(series=series, year=2026)
    counter = SerialCounter.objects.filter(series=series)
    counter.update(last=F("last") + 1)
    if at_work := os.environ.get("AT_WORK"):
        Path(at_work).write_text(str(os.getpid()), encoding="ascii")
    time.sleep(PAUSE_SECONDS)
    counter.update(last=F("last") + 1)


def slowly(event, *, event_id, now) -> None:
    """A subscriber."""
    count_twice(f"E{event.grade_id}")


def job(*, now, number) -> None:
    """A job."""
    count_twice(f"J{number}")


def poison(*, now) -> None:
    """A job that kills its own worker."""
    os.kill(os.getpid(), signal.SIGKILL)


def quick(*, now, number) -> None:
    """A job with a small effect that would show if it happened twice."""
    add_one(number)


def bare(number: int) -> None:
    """The same effect as a task of django-q2's own, without our row."""
    with transaction.atomic():
        add_one(number)


def add_one(number: int) -> None:
    """Count an effect."""
    SerialCounter.objects.get_or_create(series=f"Q{number}", year=2026)
    SerialCounter.objects.filter(series=f"Q{number}").update(last=F("last") + 1)
