"""Counts every answer for the operator's monitor: route, method, kind of status, seconds.

Each process counts in files of its own in ``METRICS_DIR``, and ``/metrics`` adds up the files of
all: prometheus_client's way for several processes, except for the files' names. By process id
they would grow with every renewed worker; here a process takes the lowest number that no living
one holds and counts on where the last holder stopped: config/decisions/0029-request-figures.md.
"""

import fcntl
import os
from collections.abc import Callable
from itertools import count
from pathlib import Path
from time import perf_counter

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse
from prometheus_client import CollectorRegistry, Counter, Histogram, values

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
SECONDS = (0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)
NO_ROUTE = "(none)"


class MeteringMiddleware:
    """Count what is answered, the outermost: what other middleware refuses is counted too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Keep the next handler; without ``METRICS_DIR`` stay out of the way."""
        if not settings.METRICS_DIR:
            raise MiddlewareNotUsed
        self.get_response = get_response
        self.meter = Meter(Path(settings.METRICS_DIR))

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Take the time until the answer begins."""
        before = perf_counter()
        response = self.get_response(request)
        self.meter.note(request, response.status_code, perf_counter() - before)
        return response


class Meter:
    """The counters of this process. Their labels come from closed lists, never from visitors."""

    def __init__(self, folder: Path) -> None:
        """Take a number in ``folder`` and open the files that bear it."""
        folder.mkdir(parents=True, exist_ok=True)
        self.lock, number = free_number(folder)
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
        values.ValueClass = values.MultiProcessValue(lambda: number)
        registry = CollectorRegistry()
        self.answers = Counter(
            "portal_http_requests",
            "Answers by route, method and kind of status",
            ["route", "method", "status"],
            registry=registry,
        )
        self.seconds = Histogram(
            "portal_http_request_seconds",
            "Seconds until an answer began, by route",
            ["route"],
            buckets=SECONDS,
            registry=registry,
        )

    def note(self, request: HttpRequest, status: int, seconds: float) -> None:
        """Count one answer."""
        route = getattr(request.resolver_match, "view_name", "") or NO_ROUTE
        method = request.method if request.method in METHODS else "other"
        self.answers.labels(route, method, f"{status // 100}xx").inc()
        self.seconds.labels(route).observe(seconds)


def free_number(folder: Path) -> tuple[int, int]:
    """Return a lock's descriptor, held while the process lives, and the lowest free number."""
    for number in count():
        lock = os.open(folder / f"{number}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
        else:
            return lock, number
    raise AssertionError  # numbers do not end
