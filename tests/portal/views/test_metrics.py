"""/metrics: the same figures from every process, and not for the public."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from django_q.models import OrmQ
from prometheus_client.parser import text_string_to_metric_families

from portal.models import EventRecord, Job, WorkerCluster

TOKEN = "a-token-of-the-operator"


def figures(response) -> dict[tuple[str, ...], float]:
    """Return samples by (name, label values…)."""
    assert response.status_code == 200
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(response.content.decode())
        for sample in family.samples
    }


def test_metrics_say_how_the_work_stands(db, client, queries):
    now = timezone.now()
    old = now - timedelta(minutes=10)
    Job.objects.create(key="a", task="x", created_at=old, error="Boom")
    Job.objects.create(key="b", task="x", queue="long", state="parked", created_at=old)
    Job.objects.create(key="c", task="x", state="done", created_at=old, finished_at=now)
    EventRecord.objects.create(name="e", payload={}, created_at=now)
    OrmQ.objects.create(key="long", payload="", lock=old)
    WorkerCluster.objects.create(
        host="h", watchdog=1, queue="short", group=2, workers=2, started_at=old, restarts=3
    )
    with queries(6):  # two for leases, as its cluster is silent
        response = client.get("/metrics")
    assert response["Content-Type"].startswith("text/plain; version=")
    found = figures(response)
    ages = {key: found.pop(key) for key in list(found) if "seconds" in key[0]}
    assert found == {
        ("portal_work_waiting", "event"): 1,
        ("portal_work_waiting", "short"): 1,
        ("portal_work_waiting", "long"): 0,
        ("portal_work_failing", "event"): 0,
        ("portal_work_failing", "short"): 1,
        ("portal_work_failing", "long"): 0,
        ("portal_work_parked", "event"): 0,
        ("portal_work_parked", "short"): 0,
        ("portal_work_parked", "long"): 1,
        ("portal_work_done_last_day", "event"): 0,
        ("portal_work_done_last_day", "short"): 1,
        ("portal_work_done_last_day", "long"): 0,
        ("portal_queue_messages", "short"): 0,
        ("portal_queue_messages", "long"): 1,
        ("portal_cluster_restarts", "h", "short"): 3,
        ("portal_queue_stopped", "short"): 0,
        ("portal_queue_stopped", "long"): 0,
    }
    assert ages[("portal_queue_silent_seconds", "short")] == pytest.approx(600, abs=60)
    assert ages[("portal_queue_silent_seconds", "long")] == float("inf")
    assert ages[("portal_work_oldest_seconds", "short")] == pytest.approx(600, abs=60)
    assert ages[("portal_work_oldest_seconds", "long")] == 0
    assert ages[("portal_cluster_silent_seconds", "h", "short")] == pytest.approx(600, abs=60)


def test_metrics_tell_a_stopped_queue_from_a_silent_one(db, client):
    now = timezone.now()
    for queue, stopped in (("short", now - timedelta(minutes=2)), ("long", None)):
        WorkerCluster.objects.create(
            host="h",
            watchdog=1,
            queue=queue,
            group=2,
            workers=2,
            started_at=now - timedelta(hours=1),
            acknowledged_at=now - timedelta(minutes=3),
            stopped_at=stopped,
        )
    found = figures(client.get("/metrics"))
    assert (found["portal_queue_stopped", "short"], found["portal_queue_stopped", "long"]) == (1, 0)
    assert found["portal_queue_silent_seconds", "short"] == pytest.approx(120, abs=30)
    assert found["portal_queue_silent_seconds", "long"] == pytest.approx(180, abs=30)
    assert ("portal_cluster_silent_seconds", "h", "short") not in found
    assert ("portal_cluster_silent_seconds", "h", "long") in found


@pytest.mark.parametrize(
    ("address", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("10.0.0.7", {}, 404),
        ("", {}, 404),
        ("127.0.0.1", {"x-forwarded-for": "10.0.0.7"}, 404),
        ("127.0.0.1", {"x-real-ip": "127.0.0.1"}, 404),
        ("127.0.0.1", {"forwarded": "for=10.0.0.7"}, 404),
        ("10.0.0.7", {"authorization": "Bearer "}, 404),
    ],
)
def test_without_a_token_only_this_machine_reads_metrics(db, client, address, headers, status):
    response = client.get("/metrics", headers=headers, REMOTE_ADDR=address)
    assert response.status_code == status


@pytest.mark.parametrize(
    ("authorization", "status"),
    [
        (f"Bearer {TOKEN}", 200),
        ("", 404),
        ("Bearer ", 404),
        (f"Bearer {TOKEN}x", 404),
        (f"Basic {TOKEN}", 404),
        ("Bearer ключ", 404),
    ],
)
@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.7"])
def test_with_a_token_only_its_bearer_reads_metrics(db, settings, authorization, status, address):
    settings.METRICS_TOKEN = TOKEN
    response = Client().get(
        "/metrics", headers={"authorization": authorization}, REMOTE_ADDR=address
    )
    assert response.status_code == status
