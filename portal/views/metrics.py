"""Figures for the operator's monitor, in Prometheus' text format; closed to the public."""

import secrets
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from portal.permissions import public
from portal.selectors.background import BackgroundState, background_state

LOOPBACK = ("127.0.0.1", "::1")
FORWARDED = ("X-Forwarded-For", "X-Real-IP", "Forwarded")


@public
@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Read the database, so every process and machine says the same of the work; 404 to strangers.

    Requests are this machine's, those of all its web processes.
    """
    if not may_read(request):
        raise Http404
    registry = CollectorRegistry()
    registry.register(BackgroundCollector(background_state(timezone.now())))
    if Path(settings.METRICS_DIR or "-").is_dir():
        MultiProcessCollector(registry, settings.METRICS_DIR)
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def may_read(request: HttpRequest) -> bool:
    """With ``METRICS_TOKEN``: who bears it. Without: this machine itself, not through a proxy."""
    if settings.METRICS_TOKEN:
        given = request.headers.get("Authorization", "").encode()
        return secrets.compare_digest(given, f"Bearer {settings.METRICS_TOKEN}".encode())
    direct = not any(name in request.headers for name in FORWARDED)
    return direct and request.META.get("REMOTE_ADDR", "") in LOOPBACK


class BackgroundCollector(Collector):
    """The background work as metrics."""

    def __init__(self, state: BackgroundState) -> None:
        """Take what was read."""
        self.state = state

    def collect(self) -> Iterator[Metric]:
        """Yield every metric."""
        yield from self.work()
        yield self.queues()
        yield from self.signs()
        yield from self.clusters()

    def work(self) -> Iterator[Metric]:
        """Counters of events and jobs; ``kind`` is event, short or long."""
        for name, text, field in (
            ("waiting", "Events and jobs that wait or are under way", "waiting"),
            ("failing", "Those of them that have failed before", "failing"),
            ("parked", "Given up after three attempts", "parked"),
            ("done_last_day", "Done in the last 24 hours", "done"),
            ("oldest_seconds", "Age of what waits longest", "oldest_seconds"),
        ):
            family = GaugeMetricFamily(f"portal_work_{name}", text, labels=["kind"])
            for state in self.state.states:
                family.add_metric([state.kind], getattr(state, field))
            yield family

    def queues(self) -> Metric:
        """Messages that no worker has taken."""
        family = GaugeMetricFamily(
            "portal_queue_messages", "Messages that no worker has taken yet", labels=["queue"]
        )
        for state in self.state.states:
            if state.kind != "event":
                family.add_metric([state.kind], self.state.messages.get(state.kind, 0))
        return family

    def signs(self) -> Iterator[Metric]:
        """How each queue is served; there even where no cluster ever was."""
        silent = GaugeMetricFamily(
            "portal_queue_silent_seconds",
            "Since the last sign of life of whatever cluster serves it; +Inf: none is known",
            labels=["queue"],
        )
        stopped = GaugeMetricFamily(
            "portal_queue_stopped", "1: its last cluster was stopped on purpose", labels=["queue"]
        )
        for sign in self.state.signs:
            silent.add_metric([sign.queue], sign.seconds)
            stopped.add_metric([sign.queue], sign.standing == "stopped")
        yield silent
        yield stopped

    def clusters(self) -> Iterator[Metric]:
        """Signs of life and restarts of every cluster under a watchdog, unless it was stopped."""
        labels = ["host", "queue"]
        silent = GaugeMetricFamily(
            "portal_cluster_silent_seconds", "Since the last sign of life", labels=labels
        )
        restarts = GaugeMetricFamily(
            "portal_cluster_restarts", "Restarts since the watchdog was started", labels=labels
        )
        for cluster in self.state.clusters:
            if cluster.standing != "stopped":
                row = cluster.row
                silent.add_metric([row.host, row.queue], cluster.seconds)
                restarts.add_metric([row.host, row.queue], row.restarts)
        yield silent
        yield restarts
