"""What killed processes leave behind goes after a day; nothing that somebody needs does."""

import json
import os
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.utils import timezone
from django_q.models import Failure, Schedule, Success

from portal import tasks
from portal.models import EventReceipt, EventRecord, Job, StoredFile
from portal.services import leftovers
from portal.services.files import private_storage, read_chunks, stage, store_file
from portal.services.leftovers import Leftovers, remove_leftovers
from tests.portal.services.conftest import PDF

USE = "application_attachment"
NOTHING = Leftovers(0, 0, 0, 0, 0)


@pytest.fixture
def now():
    """Files have the machine's time, so these tests do too."""
    return timezone.now()


def age(path: Path, days: float = 2) -> None:
    then = time.time() - days * 86_400
    os.utime(path, (then, then))


def content(name: str) -> Path:
    return Path(private_storage().path(name))


def uploads() -> list[str]:
    return sorted(path.name for path in Path(settings.FILE_UPLOAD_TEMP_DIR).iterdir())


@pytest.fixture
def stored(world, now, pdf) -> StoredFile:
    """A file with its row, put there two days ago."""
    row = store_file(upload=pdf, use=USE, actor=world.owner, now=now)
    age(content(row.storage_name))
    return row


def staged(extra: bytes) -> str:
    """Put bytes into storage as a process does that dies before it writes the row."""
    done = stage(ContentFile(PDF + extra, name="x.pdf"), USE)
    return StoredFile(sha256=done.sha256).storage_name


def test_old_files_without_a_row_go_and_no_other(stored, now, trail, monkeypatch):
    monkeypatch.setattr(leftovers, "BATCH", 2)
    old, young = staged(b"old"), staged(b"young")
    age(content(old))
    probe = private_storage().save("probe/half-done", ContentFile(b"ready"))
    age(content(probe))

    assert remove_leftovers(now=now, dry_run=True) == Leftovers(0, 2, 0, 0, 0)
    assert content(old).exists()
    assert remove_leftovers(now=now) == Leftovers(0, 2, 0, 0, 0)
    assert not content(old).exists()
    assert not content(probe).exists()
    assert content(young).exists()
    assert b"".join(read_chunks(stored)) == PDF
    assert trail()[-1][0] == "leftovers.remove"


def test_nothing_left_over_leaves_no_trace(stored, now, trail):
    before = trail()
    assert remove_leftovers(now=now) == NOTHING
    assert trail() == before


def test_half_an_upload_goes_after_a_day(db, now):
    folder = Path(settings.FILE_UPLOAD_TEMP_DIR)
    for name in ("stage-old", "young.upload.pdf"):
        (folder / name).write_bytes(b"half")
    (folder / "folder").mkdir()
    for name in ("stage-old", "folder"):
        age(folder / name)
    assert remove_leftovers(now=now) == Leftovers(1, 0, 0, 0, 0)
    assert uploads() == ["folder", "young.upload.pdf"]


def test_bytes_that_get_a_row_meanwhile_stay(world, now, pdf, monkeypatch):
    name = staged(b"")
    age(content(name))
    found = list(leftovers.unreferenced(private_storage(), now))
    store_file(upload=pdf, use=USE, actor=world.owner, now=now)
    monkeypatch.setattr(leftovers, "unreferenced", lambda _store, _now: iter(found))
    assert found == [name]
    assert remove_leftovers(now=now) == NOTHING
    assert content(name).exists()


def test_bytes_without_a_row_are_young_again_when_they_come_again(db, now):
    name = staged(b"")
    age(content(name))
    staged(b"")
    assert list(leftovers.unreferenced(private_storage(), now)) == []


def test_work_long_done_goes_and_what_failed_stays(db, now, settings, monkeypatch):
    monkeypatch.setattr(leftovers, "BATCH", 1)
    settings.WORK_KEEP_DAYS = 30
    old, young = now - timedelta(days=31), now - timedelta(days=29)
    for key, state, at in (
        ("a", "done", old), ("b", "done", old), ("c", "done", young), ("d", "parked", old),
        ("e", "waiting", None),
    ):  # fmt: skip
        Job.objects.create(key=key, task="t", state=state, finished_at=at, created_at=old)
    for name, delivered, failed in (
        ("a", old, None), ("b", young, None), ("c", None, None), ("d", None, old), ("e", old, old),
    ):  # fmt: skip
        event = EventRecord.objects.create(
            name=name, payload={}, created_at=old, delivered_at=delivered, failed_at=failed
        )
        EventReceipt.objects.create(event=event, subscriber="s", handled_at=old)
    for key, stopped, good in (("a", old, True), ("b", young, True), ("c", old, False)):
        (Success if good else Failure).objects.create(
            id=key, name=key, func="f", started=old, stopped=stopped, success=good
        )

    assert remove_leftovers(now=now, dry_run=True) == Leftovers(0, 0, 2, 1, 1)
    assert remove_leftovers(now=now) == Leftovers(0, 0, 2, 1, 1)
    assert sorted(Job.objects.values_list("key", flat=True)) == ["c", "d", "e"]
    assert sorted(EventRecord.objects.values_list("name", flat=True)) == ["b", "c", "d", "e"]
    assert EventReceipt.objects.count() == 4
    assert [*Success.objects.all()[:2]] == [Success.objects.get(id="b")]
    assert Failure.objects.count() == 1
    assert remove_leftovers(now=now) == NOTHING


def test_command_and_task_tell_what_they_did(db, capsys):
    age(content(staged(b"")))
    call_command("leftovers", "--dry-run")
    told = json.loads(capsys.readouterr().out)
    assert (told["dry_run"], told["contents"]) == (True, 1)
    assert tasks.remove_leftovers() == 1
    call_command("leftovers")
    assert json.loads(capsys.readouterr().out)["contents"] == 0


def test_it_runs_every_night(db):
    assert Schedule.objects.get(name="leftovers").func == "portal.tasks.remove_leftovers"
