"""Figures of requests: right with several processes, and with labels from closed lists only."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpResponse
from django.test import Client, RequestFactory
from prometheus_client import CollectorRegistry, values
from prometheus_client.multiprocess import MultiProcessCollector

from portal.adapters.metering import Meter, MeteringMiddleware, free_number

ANOTHER_PROCESS = """
import sys
from pathlib import Path
from types import SimpleNamespace as Thing
from portal.adapters.metering import Meter
meter = Meter(Path(sys.argv[1]))
request = Thing(method="GET", resolver_match=Thing(view_name="portal:notices"))
for _each in range(int(sys.argv[2])):
    meter.note(request, 200, 0.01)
print("counted", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def folder(tmp_path, monkeypatch, settings) -> Path:
    """Return where this test's processes count; what the meter changes is put back."""
    monkeypatch.setattr(values, "ValueClass", values.ValueClass)
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", "")
    settings.METRICS_DIR = str(tmp_path / "metrics")
    return tmp_path / "metrics"


def figures(folder: Path) -> dict[tuple[str, ...], float]:
    """Return samples by (name, label values…), as any process would give them."""
    registry = CollectorRegistry()
    MultiProcessCollector(registry, str(folder))
    return {
        (sample.name, *(sample.labels[key] for key in sorted(sample.labels))): sample.value
        for family in registry.collect()
        for sample in family.samples
    }


def count_elsewhere(folder: Path, times: int) -> subprocess.Popen:
    """Start a process that counts, and return when it has."""
    process = subprocess.Popen(
        [sys.executable, "-c", ANOTHER_PROCESS, str(folder), str(times)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": "."},
    )
    assert process.stdout.readline() == b"counted\n"
    return process


def test_every_answer_is_counted_once_with_route_method_and_status(folder):
    middleware = MeteringMiddleware(lambda _request: HttpResponse(status=404))
    middleware(RequestFactory().get("/nowhere/"))
    middleware(RequestFactory().generic("BREW", "/pot/"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("portal.adapters.metering.perf_counter", iter((1.0, 1.3)).__next__)
        middleware(RequestFactory().post("/slow/"))

    found = figures(folder)

    assert {k[1:]: v for k, v in found.items() if k[0] == "portal_http_requests_total"} == {
        ("GET", "(none)", "4xx"): 1,
        ("other", "(none)", "4xx"): 1,
        ("POST", "(none)", "4xx"): 1,
    }
    assert found["portal_http_request_seconds_bucket", "0.25", "(none)"] == 2
    assert found["portal_http_request_seconds_bucket", "0.5", "(none)"] == 3
    assert found["portal_http_request_seconds_count", "(none)"] == 3


def test_processes_add_up_and_a_new_one_goes_on_where_a_killed_one_stopped(folder):
    key = ("portal_http_requests_total", "GET", "portal:notices", "2xx")
    one, two = count_elsewhere(folder, 3), count_elsewhere(folder, 4)
    try:
        assert figures(folder)[key] == 7
        one.kill()
        one.communicate()
        assert figures(folder)[key] == 7
        third = count_elsewhere(folder, 5)
        third.communicate()
        assert figures(folder)[key] == 12
        assert sorted(path.name for path in folder.glob("counter_*")) == [
            "counter_0.db",
            "counter_1.db",
        ]
    finally:
        two.communicate()


def test_a_number_is_held_by_one_process_only(tmp_path):
    first, zero = free_number(tmp_path)
    second, one = free_number(tmp_path)
    os.close(first)
    third, again = free_number(tmp_path)
    os.close(second)
    os.close(third)

    assert (zero, one, again) == (0, 1, 0)


def test_page_of_figures_shows_them_and_routes_by_name(folder, db):
    from django.conf import settings

    middleware = "portal.adapters.metering.MeteringMiddleware"
    assert settings.MIDDLEWARE[0] == middleware
    client = Client()
    for _each in range(2):
        assert client.get("/notices/").status_code == 200

    text = client.get("/metrics").content.decode()

    assert (
        'portal_http_requests_total{method="GET",route="portal:notices",status="2xx"} 2.0' in text
    )
    assert "portal_work_waiting" in text


def test_without_a_folder_nothing_is_counted(settings):
    settings.METRICS_DIR = ""

    with pytest.raises(MiddlewareNotUsed):
        MeteringMiddleware(lambda _request: HttpResponse())


def test_meter_costs_next_to_nothing(folder):
    from time import process_time

    meter = Meter(folder)
    request = RequestFactory().get("/")
    before = process_time()
    for _each in range(2000):
        meter.note(request, 200, 0.01)

    assert (process_time() - before) / 2000 < 0.001
