"""The nightly backup, its copy off-site, the keys apart, and how it is shown."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.utils import timezone

from portal import tasks
from portal.models import AuditEntry, BackupRun, Job, Notification, Organisation, StoredFile
from portal.selectors.backups import backup_line
from portal.services.backup import BackupError, restore
from portal.services.backup_keys import restore_keys, save_keys
from portal.services.backup_runs import fetch_offsite, run_backup, sets_offsite, walk
from portal.services.delivery import drain_outbox
from portal.services.files import private_storage, store_file
from tests.world import World

pytestmark = pytest.mark.usefixtures("transactional_db")


@pytest.fixture(autouse=True)
def places(settings, tmp_path) -> Path:
    """Sets, their off-site copies and keys lie in folders of the test's own."""
    settings.BACKUP_DIR = tmp_path / "sets"
    settings.BACKUP_DIR.mkdir()
    settings.KEYS_DIR = tmp_path / "keys"
    settings.SEALING_KEYS = []
    settings.BACKUP_URL = str(tmp_path / "elsewhere")
    backend = "django.core.files.storage.FileSystemStorage"
    settings.STORAGES = {
        **settings.STORAGES,
        "offsite": {"BACKEND": backend, "OPTIONS": {"location": settings.BACKUP_URL}},
    }
    return tmp_path


@pytest.fixture
def world(transactional_db, now, pdf) -> World:
    made = World(now)
    storages["default"].save("images/logo.svg", ContentFile(b"<svg/>"))
    store_file(upload=pdf, use="application_attachment", actor=made.owner, now=now)
    return made


def test_nights_set_is_kept_here_and_elsewhere(world, now, places):
    run = run_backup(now=now)
    assert (run.name, run.state, run.offsite, run.error) == ("2026-11-23", "done", True, "")
    assert (run.files, run.finished_at is not None) == (3, True)
    assert run.rows > 100
    assert [path.name for path in (places / "sets").iterdir()] == ["2026-11-23"]
    assert sets_offsite(storages["offsite"]) == ["2026-11-23"]
    assert len(list(walk(storages["offsite"], "pool"))) == 3
    assert backup_line(now) == "2026-11-23T01:00+00:00"


def test_second_call_of_a_day_does_nothing(world, now):
    first = run_backup(now=now)
    entries = AuditEntry.objects.count()
    assert run_backup(now=now + timedelta(hours=1)) == first
    assert AuditEntry.objects.count() == entries


def test_run_that_was_killed_is_made_anew(world, now, places):
    BackupRun.objects.create(name="2026-11-23", state="running", started_at=now)
    (places / "sets" / "2026-11-23.part").mkdir()
    (places / "sets" / "2026-11-23.part" / "half").write_text("of a set")
    assert run_backup(now=now + timedelta(minutes=5)).state == "done"


def test_only_the_newest_sets_are_kept(world, now, places, settings):
    settings.BACKUP_KEEP = 2
    for day in range(4):
        run_backup(now=now + timedelta(days=day))
    assert sorted(path.name for path in (places / "sets").iterdir()) == ["2026-11-25", "2026-11-26"]
    store = storages["offsite"]
    assert sets_offsite(store) == ["2026-11-25", "2026-11-26"]
    # Two databases, and the two files that both sets share.
    assert len(list(walk(store, "pool"))) == 4


def test_sets_made_by_hand_are_never_dropped(world, now, places, settings):
    settings.BACKUP_KEEP = 1
    for name in ("before-1.4.0", "0-before", "2026-11-01T0230"):
        call_command("backup", places / "sets" / name)
    first = run_backup(now=now).name
    store = storages["offsite"]
    for path in list(walk(store, f"sets/{first}")):
        with store.open(path) as opened:
            store.save(path.replace(first, "before-1.4.0"), opened)
    pool = set(walk(store, "pool"))

    second = run_backup(now=now + timedelta(days=1)).name

    here = {path.name for path in (places / "sets").iterdir()}
    assert here == {"before-1.4.0", "0-before", "2026-11-01T0230", second}
    assert sets_offsite(store) == [second, "before-1.4.0"]
    assert pool < set(walk(store, "pool"))


def test_set_without_a_place_elsewhere_stays_here(world, now, places, settings):
    settings.BACKUP_URL = ""
    run = run_backup(now=now)
    assert (run.state, run.offsite) == ("done", False)
    assert not (places / "elsewhere").exists()
    with pytest.raises(BackupError, match="BACKUP_URL is not set"):
        fetch_offsite(name="latest", folder=places / "fetched")


def test_failure_is_recorded_told_and_raised(world, now, places):
    (places / "elsewhere").write_text("a file where the folder should be")
    with pytest.raises(OSError, match="elsewhere"):
        run_backup(now=now)
    run = BackupRun.objects.get()
    assert (run.state, run.error.split(":")[0]) == ("failed", "NotADirectoryError")
    told = Notification.objects.filter(kind="backup_failed")
    assert [row.user for row in told] == [world.sysadmin]
    assert backup_line(now) == "never, late"
    (places / "elsewhere").unlink()
    assert run_backup(now=now).state == "done"


def test_set_that_lacks_a_file_says_so(world, now):
    Path(private_storage().path(StoredFile.objects.get().storage_name)).unlink()
    run = run_backup(now=now)
    assert (run.state, run.error) == (
        "done",
        "1 stored files were missing or damaged already.",
    )
    assert Notification.objects.filter(kind="backup_failed").count() == 1


def test_copy_that_arrives_damaged_fails(world, now, monkeypatch):
    store = storages["offsite"]
    save = store.save
    monkeypatch.setattr(store, "save", lambda name, _content: save(name, ContentFile(b"noise")))
    with pytest.raises(BackupError, match="is not what was sent"):
        run_backup(now=now)
    assert sets_offsite(store) == []


def test_half_a_copy_from_last_night_is_replaced(world, now):
    store = storages["offsite"]
    stored = StoredFile.objects.get()
    store.save(f"pool/{stored.sha256[:2]}/{stored.sha256}", ContentFile(b"half"))
    assert run_backup(now=now).state == "done"


def test_set_comes_back_from_elsewhere(world, now, places):
    run_backup(now=now)
    names = sorted(Organisation.objects.values_list("name", flat=True))
    Organisation.objects.update(name="谁也不是")
    call_command("restore", places / "fetched", "--fetch", "latest", "--force")
    assert sorted(Organisation.objects.values_list("name", flat=True)) == names


@pytest.mark.parametrize(
    ("damage", "said"),
    [("gone", "Off-site, .* is missing"), ("changed", "is not what it was")],
)
def test_set_damaged_elsewhere_is_refused(world, now, places, damage, said):
    run_backup(now=now)
    path = next((places / "elsewhere" / "pool").rglob(StoredFile.objects.get().sha256))
    path.unlink()
    if damage == "changed":
        path.write_bytes(b"something else")
    with pytest.raises(CommandError, match=said):
        call_command("restore", places / "fetched", "--fetch", "2026-11-23", "--force")


def test_set_that_is_not_there_is_named(world, now, places):
    run_backup(now=now)
    with pytest.raises(BackupError, match=r"no set 1999-01-01; there are: 2026-11-23"):
        fetch_offsite(name="1999-01-01", folder=places / "fetched")


def test_night_hands_the_backup_to_the_queue_for_long_work(world):
    key = tasks.run_backup()
    assert tasks.run_backup() == key
    job = Job.objects.get(key=key)
    assert (job.queue, BackupRun.objects.count()) == ("long", 0)
    drain_outbox(now=timezone.now())
    job.refresh_from_db()
    assert (job.state, BackupRun.objects.get().state) == ("done", "done")


@pytest.mark.parametrize(
    ("hours", "line"), [(25, "2026-11-23T01:00+00:00"), (27, "2026-11-23T01:00+00:00, late")]
)
def test_backup_is_late_after_26_hours(world, now, hours, line):
    run_backup(now=now)
    assert backup_line(now + timedelta(hours=hours)) == line


# --- What a restore looks at


def test_restored_rows_that_differ_are_named(world, now, places):
    folder = places / "sets" / run_backup(now=now).name
    manifest = folder / "manifest.json"
    values = json.loads(manifest.read_text(encoding="utf-8"))
    values["counts"]["portal_user"] += 1
    manifest.write_text(json.dumps(values))
    with pytest.raises(BackupError, match=r"was restored, but portal_user holds \d+ rows, not"):
        restore(folder=folder, now=now, force=True)


def test_restored_trail_that_is_broken_is_named(world, now, places):
    head = "UPDATE portal_audithead SET digest = 'x' WHERE id = 1"
    with connection.cursor() as cursor:
        cursor.execute(head)
    folder = places / "sets" / run_backup(now=now).name
    with pytest.raises(BackupError, match=r"its audit trail is broken at entry \d+ \(head\)"):
        restore(folder=folder, now=now, force=True)


# --- Keys


@pytest.fixture
def key(places) -> Path:
    path = places / "keys" / "issuer" / "2026.pem"
    path.parent.mkdir(parents=True)
    path.write_text("a private key")
    return path


def test_keys_are_saved_apart_and_are_no_part_of_the_set(world, key, places, settings, capsys):
    call_command("backup", places / "set", "--keys", places / "safe")
    assert "2 keys in" in capsys.readouterr().out
    assert (places / "safe" / "secret_key").read_text() == settings.SECRET_KEY
    saved = [path for path in (places / "safe").rglob("*") if path.is_file()]
    modes = {path.stat().st_mode & 0o077 for path in (places / "safe", *saved)}
    assert modes == {0}
    held = b"".join(path.read_bytes() for path in (places / "set").rglob("*") if path.is_file())
    assert settings.SECRET_KEY.encode() not in held
    assert b"a private key" not in held


@pytest.mark.parametrize("where", ["set", "set/keys", "."])
def test_keys_inside_or_around_the_set_are_refused(world, key, places, where):
    with pytest.raises(CommandError, match="Keys are kept apart"):
        call_command("backup", places / "set", "--keys", places / where)


def test_keys_come_back_where_none_are(world, key, now, places):
    save_keys(folder=places / "safe", apart_from=places / "set", now=now)
    key.unlink()
    assert restore_keys(folder=places / "safe") == ["keys/issuer/2026.pem"]
    assert (key.read_text(), key.stat().st_mode & 0o777) == ("a private key", 0o600)
    assert restore_keys(folder=places / "safe") == ["keys/issuer/2026.pem"]


def test_keys_never_replace_others(world, key, now, places):
    save_keys(folder=places / "safe", apart_from=places / "set", now=now)
    key.write_text("another key")
    with pytest.raises(BackupError, match="is another key"):
        restore_keys(folder=places / "safe")
    assert key.read_text() == "another key"


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ({"keys.json": "{"}, "no whole set of keys"),
        ({"secret_key": "x"}, "secret_key is not the key"),
        ({"keys.json": '{"keys/../../x": "0"}'}, r"keys/../../x is not the key"),
    ],
)
def test_damaged_keys_are_refused(key, now, places, damage, said):
    save_keys(folder=places / "safe", apart_from=places / "set", now=now)
    for name, text in damage.items():
        (places / "safe" / name).write_text(text)
    with pytest.raises(BackupError, match=said):
        restore_keys(folder=places / "safe")


def test_restore_puts_keys_back_and_names_another_secret(world, key, places, settings, capsys):
    call_command("backup", places / "set", "--keys", places / "safe")
    key.unlink()
    settings.SECRET_KEY = "another-secret-" * 5
    call_command("restore", places / "set", "--keys", places / "safe", "--force")
    told = capsys.readouterr()
    assert "1 keys restored" in told.out
    place = places / "safe" / "secret_key"
    assert "SECRET_KEY is not the one that the set was made with." in told.err
    assert f"Either set SECRET_KEY to what stands in {place}, and restart" in told.err
    assert "or go on with the new one" in told.err
    assert "SEALING_KEYS" not in told.err
    assert key.exists()


def test_restore_without_keys_says_where_the_secret_may_lie(world, places, settings, capsys):
    call_command("backup", places / "set")
    settings.SECRET_KEY = "another-secret-" * 5
    call_command("restore", places / "set", "--force")
    assert "the file secret_key of the folder that --keys saved" in capsys.readouterr().err


def test_restore_names_sealing_keys_of_the_environment(world, places, settings, capsys):
    settings.SEALING_KEYS = ["one", "two"]
    call_command("backup", places / "set", "--keys", places / "safe")
    call_command("restore", places / "set", "--keys", places / "safe", "--force")
    assert capsys.readouterr().err.count("_KEY") == 0
    settings.SEALING_KEYS = []
    call_command("restore", places / "set", "--keys", places / "safe", "--force")
    told = capsys.readouterr().err
    assert f"Put the lines of {places / 'safe' / 'sealing_keys'}, joined by commas" in told
    assert "SECRET_KEY" not in told


def test_sets_can_be_read_by_their_owner_only(world, now, places):
    run_backup(now=now)
    assert (places / "sets" / "2026-11-23").stat().st_mode & 0o077 == 0
