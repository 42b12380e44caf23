"""The page of backups, and what /readyz says of them."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from portal.models import BackupRun


def runs(count: int, **values) -> None:
    for day in range(count):
        BackupRun.objects.create(
            **{
                "name": f"2026-11-{count - day:02}",
                "state": "done",
                "started_at": timezone.now() - timedelta(days=day, minutes=5),
                "finished_at": timezone.now() - timedelta(days=day),
                "files": 3,
                "rows": 1200,
                "size": 5_000_000,
                **values,
            }
        )


@pytest.mark.parametrize(("language", "title"), [("zh-hans", "数据备份"), ("en", "Backups")])
@pytest.mark.parametrize("count", [0, 1, 3])
def test_page_shows_how_backups_went(world, queries, language, title, count):
    runs(count)
    client = world.client("sysadmin", language)
    client.get("/workspace/backups/")
    with queries(12):
        response = client.get("/workspace/backups/")
    assert f"<title>{title}" in response.content.decode()
    assert [run.name for run in response.context["rows"]] == [
        f"2026-11-{count - day:02}" for day in range(count)
    ]
    assert response.context["state"].late == (count == 0)
    if language == "en":
        assert ("No backup has been made yet" in response.content.decode()) == (count == 0)


def test_page_names_what_went_wrong(world):
    runs(1, state="failed", error="OSError: disk gone")
    text = world.client("sysadmin", "en").get("/workspace/backups/").content.decode()
    assert "OSError: disk gone" in text
    assert "No backup has succeeded in the last 26 hours" in text


def test_readyz_says_when_the_last_backup_succeeded(db, client):
    assert client.get("/readyz").json()["backup"] == "never, late"
    runs(1)
    last = BackupRun.objects.get().started_at.isoformat(timespec="minutes")
    assert client.get("/readyz").json()["backup"] == last


def test_readyz_answers_without_a_database(transactional_db, client, monkeypatch):
    connection.close()
    monkeypatch.setitem(connection.settings_dict, "NAME", "/nowhere/secret/portal")
    answer = client.get("/readyz").json()
    connection.close()
    assert answer["backup"] == "unknown"
