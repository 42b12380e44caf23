"""/readyz names the part that is missing, and nothing that is secret."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from portal.models import Job, WorkerCluster
from portal.selectors import health
from tests.portal.services.test_files import full_disk


def ask(client) -> tuple[int, dict[str, str]]:
    response = client.get("/readyz")
    return response.status_code, response.json()["checks"]


def test_healthz_asks_nothing(client):
    response = client.get("/healthz")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


def serve(**values) -> None:
    """Have both queues served by a cluster that has just been heard of, but for ``values``."""
    now = timezone.now()
    for queue in ("short", "long"):
        WorkerCluster.objects.create(
            **{
                "host": "h",
                "watchdog": 1,
                "queue": queue,
                "group": 2,
                "workers": 2,
                "started_at": now - timedelta(hours=1),
                "acknowledged_at": now - timedelta(seconds=2),
                **values,
            }
        )


def test_ready_when_every_part_is_there(db, client, monkeypatch):
    monkeypatch.setattr(health, "LEAST_FREE_BYTES", 0)
    serve()
    assert client.get("/readyz").json()["status"] == "ready"
    parts = ("database", "migrations", "broker", "storage", "keys", "workers", "waiting")
    assert ask(client) == (200, dict.fromkeys(parts, "ok"))


@pytest.mark.parametrize(
    ("field", "said"),
    [("acknowledged_at", "no sign of life since"), ("stopped_at", "stopped at"), ("", "")],
)
def test_silent_workers_are_named_at_once_and_pages_go_on(db, client, monkeypatch, field, said):
    monkeypatch.setattr(health, "LEAST_FREE_BYTES", 0)
    moment = timezone.now().replace(microsecond=0) - timedelta(seconds=31)
    if field:
        serve(**{field: moment})
        words = [f"{queue}: {said} {moment.isoformat()}" for queue in ("short", "long")]
    else:
        words = [f"{queue}: no cluster is known" for queue in ("short", "long")]
    response = client.get("/readyz")
    body = response.json()
    assert (response.status_code, body["status"]) == (200, "degraded")
    assert (body["checks"]["workers"], body["checks"]["waiting"]) == ("; ".join(words), "ok")
    assert [queue["red"] for queue in body["work"]["queues"].values()] == [True, True]


def test_unreachable_database_is_named(transactional_db, client, monkeypatch):
    connection.close()
    monkeypatch.setitem(connection.settings_dict, "NAME", "/nowhere/secret/portal")
    status, checks = ask(client)
    connection.close()
    assert status == 503
    assert checks["database"] == "OperationalError"
    assert "secret" not in str(checks)


def test_healthz_answers_without_a_database(transactional_db, client, monkeypatch):
    connection.close()
    monkeypatch.setitem(connection.settings_dict, "NAME", "/nowhere/secret/portal")
    assert client.get("/healthz").status_code == 200


def test_missing_migration_is_counted(db, client):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'portal'")
    status, checks = ask(client)
    assert (status, checks["migrations"].endswith(" unapplied")) == (503, True)


def test_storage_that_cannot_be_written_is_named(db, client, settings, tmp_path):
    (tmp_path / "blocked").write_text("a file where the folder should be")
    private = settings.STORAGES["private"]
    options = {**private["OPTIONS"], "location": str(tmp_path / "blocked")}
    settings.STORAGES = {**settings.STORAGES, "private": {**private, "OPTIONS": options}}
    status, checks = ask(client)
    assert (status, checks["database"], checks["storage"]) == (503, "ok", "NotADirectoryError")


def test_full_disk_is_named(db, client):
    with full_disk():
        status, checks = ask(client)
    assert (status, checks["database"], checks["storage"]) == (503, "ok", "OSError")


def test_disk_that_is_nearly_full_is_named(db, client, monkeypatch):
    monkeypatch.setattr(health, "LEAST_FREE_BYTES", 1 << 60)
    assert ask(client)[1]["storage"] == "disk nearly full"


@pytest.mark.parametrize(
    ("minutes", "said"), [(4, "ok"), (6, "1 has waited for more than 5 minutes")]
)
def test_work_that_nobody_takes_is_named(db, client, monkeypatch, minutes, said):
    monkeypatch.setattr(health, "LEAST_FREE_BYTES", 0)
    created = timezone.now() - timedelta(minutes=minutes)
    Job.objects.create(key="k", task="x", created_at=created)
    status, checks = ask(client)
    assert checks["waiting"].startswith(said)
    assert (status, checks["broker"]) == (200, "ok")


def test_administrator_reads_in_chinese_what_a_machine_reads_in_english(world):
    Job.objects.create(key="k", task="x", created_at=timezone.now() - timedelta(minutes=6))
    page = world.client("sysadmin").get("/workspace/jobs/").text
    assert "1 项已等待超过 5 分钟，请确认后台任务进程是否在运行" in page
    answer = world.client("sysadmin").get("/readyz").json()
    assert answer["checks"]["waiting"].startswith("1 has waited for more than 5 minutes")


def test_readyz_says_how_the_background_work_stands(db, client):
    assert client.get("/readyz").json()["work"] == {
        "waiting": 0,
        "failing": 0,
        "parked": 0,
        "oldest_seconds": 0,
        "queues": {
            queue: {"standing": "none", "since": None, "red": True} for queue in ("short", "long")
        },
    }
    now = timezone.now()
    Job.objects.create(key="a", task="x", created_at=now - timedelta(minutes=2), error="Boom")
    Job.objects.create(key="b", task="x", created_at=now, state="parked")
    WorkerCluster.objects.create(
        host="h",
        watchdog=1,
        queue="short",
        group=2,
        workers=2,
        started_at=now,
        acknowledged_at=now - timedelta(seconds=5),
    )
    work = client.get("/readyz").json()["work"]
    assert (work["waiting"], work["failing"], work["parked"]) == (1, 1, 1)
    assert work["oldest_seconds"] == pytest.approx(120, abs=60)
    assert work["silent_seconds"] == pytest.approx(5, abs=60)
    assert work["queues"]["short"]["standing"] == "working"
    assert work["queues"]["long"]["standing"] == "none"
