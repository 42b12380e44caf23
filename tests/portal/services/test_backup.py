"""A set is whole or refused; what it restores is what was backed up."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from portal.drivers.databases import DumpError, dumper, login, run
from portal.models import AuditEntry, Organisation, StoredFile, User
from portal.services.audit import verify_chain
from portal.services.backup import BackupError, backup, pending_migrations, restore, some
from portal.services.files import private_storage, read_chunks, store_file
from tests.portal.services.conftest import PDF
from tests.world import World

pytestmark = pytest.mark.usefixtures("transactional_db")


@pytest.fixture
def instance(transactional_db, now, pdf) -> StoredFile:
    """An instance with people, a private file and a public one."""
    world = World(now)
    storages["default"].save("images/logo.svg", ContentFile(b"<svg/>"))
    return store_file(upload=pdf, use="application_attachment", actor=world.owner, now=now)


@pytest.fixture
def made(instance, now, tmp_path) -> Path:
    backup(folder=tmp_path / "set", now=now)
    return tmp_path / "set"


def rows() -> tuple[int, ...]:
    return tuple(model.objects.count() for model in (User, Organisation, StoredFile))


def spoil() -> None:
    """Change what a restore must bring back."""
    Organisation.objects.update(name="谁也不是")
    for name in ("private", "default"):
        store, folder = storages[name], Path(storages[name].location)
        for path in [path for path in folder.rglob("*") if path.is_file()]:
            store.delete(str(path.relative_to(folder)))


def test_set_names_every_file_and_row(instance, made):
    manifest = json.loads((made / "manifest.json").read_text(encoding="utf-8"))
    database = dumper().file_name
    assert sorted(manifest["files"]) == sorted(
        [database, f"files/{instance.storage_name}", "media/images/logo.svg"]
    )
    assert manifest["files"][f"files/{instance.storage_name}"] == instance.sha256
    assert manifest["counts"]["portal_user"] == User.objects.count()
    assert manifest["engine"] == connection.vendor
    assert manifest["missing"] == []
    assert "portal.0001_initial" in manifest["migrations"]
    assert made.stat().st_mode & 0o077 == 0


def test_backup_is_audited(made):
    assert AuditEntry.objects.latest("number").action == "instance.backup"


def test_restore_brings_everything_back(instance, made, now):
    before, names = rows(), sorted(Organisation.objects.values_list("name", flat=True))
    spoil()
    told: list[str] = []
    restore(folder=made, now=now, force=True, progress=told.append)
    assert rows() == before
    assert sorted(Organisation.objects.values_list("name", flat=True)) == names
    assert b"".join(read_chunks(instance)) == PDF
    assert storages["default"].exists("images/logo.svg")
    assert AuditEntry.objects.latest("number").action == "instance.restore"
    assert verify_chain().broken is None
    assert told.count("media/images/logo.svg") == 2


def test_set_of_an_older_release_is_brought_up_to_date(instance, now, tmp_path):
    def has_prior() -> bool:
        with connection.cursor() as cursor:
            found = connection.introspection.get_table_description(
                cursor, "certification_assessmentround"
            )
        return "prior" in {column.name for column in found}

    call_command("migrate", "certification", "0001", verbosity=0)
    assert not has_prior()
    backup(folder=tmp_path / "old", now=now)
    call_command("migrate", verbosity=0)
    before = rows()

    restore(folder=tmp_path / "old", now=now, force=True)

    assert has_prior()
    assert not pending_migrations()
    assert rows() == before


def test_restored_instance_can_be_backed_up_and_restored_again(made, now, tmp_path):
    restore(folder=made, now=now, force=True)
    before = rows()
    backup(folder=tmp_path / "again", now=now)
    restore(folder=tmp_path / "again", now=now, force=True)
    assert rows() == before


def test_trail_is_still_append_only_after_a_restore(made, now):
    restore(folder=made, now=now, force=True)
    with (
        pytest.raises(Exception, match="append-only"),
        connection.cursor() as cursor,
    ):
        cursor.execute("DELETE FROM portal_auditentry")


def test_restore_into_an_instance_in_use_is_refused(made, now):
    Organisation.objects.update(name="谁也不是")
    with pytest.raises(BackupError, match="in use"):
        restore(folder=made, now=now)
    assert set(Organisation.objects.values_list("name", flat=True)) == {"谁也不是"}


def test_restore_into_an_empty_instance_needs_no_force(transactional_db, now, tmp_path):
    backup(folder=tmp_path / "set", now=now)
    assert restore(folder=tmp_path / "set", now=now).files.keys() == {dumper().file_name}


def damage(folder: Path, how: str) -> None:
    """Spoil a set in one of the ways in which disks and people do."""
    target = next((folder / "files").rglob("*/*/*"))
    manifest = folder / "manifest.json"
    values = json.loads(manifest.read_text(encoding="utf-8"))
    if how == "file gone":
        target.unlink()
    elif how == "file changed":
        target.write_bytes(PDF.replace(b"1 0 obj", b"2 0 obj"))
    elif how == "database cut":
        database = folder / dumper().file_name
        database.write_bytes(database.read_bytes()[:5000])
    elif how == "database of rubbish":
        (folder / dumper().file_name).write_bytes(b"rubbish " * 1000)
        from portal.services.backup import digest_of

        values["files"][dumper().file_name] = digest_of(folder / dumper().file_name)
        manifest.write_text(json.dumps(values))
    elif how == "no manifest":
        manifest.unlink()
    elif how == "half a manifest":
        manifest.write_text(manifest.read_text(encoding="utf-8")[:100])
    else:
        values |= CHANGES[how]
        manifest.write_text(json.dumps(values))


CHANGES = {
    "other engine": {"engine": "oracle"},
    "newer": {"migrations": ["portal.9999_future"]},
    "no database": {"files": {}},
    "path outside": {"files": {"../../etc/passwd": "0"}},
    "other format": {"format": "portal-backup/9"},
    "unknown field": {"surprise": 1},
}
DAMAGES = {
    "file gone": "is missing",
    "file changed": "is not what it was",
    "database cut": "is not what it was",
    "database of rubbish": "is damaged",
    "no manifest": "holds no manifest",
    "half a manifest": "manifest.json is damaged",
    "other engine": "made on oracle",
    "newer": r"newer version of the portal \(portal.9999_future\)",
    "no database": "incomplete",
    "path outside": "not of the format",
    "other format": "not of the format",
    "unknown field": "manifest.json is damaged",
}


@pytest.mark.parametrize("how", DAMAGES)
def test_damaged_set_is_refused_before_anything_is_touched(made, now, how):
    damage(made, how)
    spoil()
    with pytest.raises(BackupError, match=DAMAGES[how]):
        restore(folder=made, now=now, force=True)
    assert set(Organisation.objects.values_list("name", flat=True)) == {"谁也不是"}
    assert not storages["default"].exists("images/logo.svg")


def test_folder_that_holds_something_is_refused(instance, now, tmp_path):
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "letter").write_text("mine")
    with pytest.raises(BackupError, match="is not empty"):
        backup(folder=tmp_path / "set", now=now)


def test_folder_that_cannot_be_made_is_refused(instance, now, tmp_path):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(BackupError, match="Not a directory"):
        backup(folder=tmp_path / "file" / "set", now=now)


@pytest.mark.parametrize("how", ["gone", "damaged"])
def test_file_lost_before_the_backup_is_named(instance, now, tmp_path, how, capsys):
    path = Path(private_storage().path(instance.storage_name))
    path.unlink()
    if how == "damaged":
        path.write_bytes(b"something else")
    with pytest.raises(CommandError, match="1 stored files are missing or damaged"):
        call_command("backup", tmp_path / "set")
    with pytest.raises(BackupError, match="in use"):
        restore(folder=tmp_path / "set", now=now)
    Organisation.objects.update(name="谁也不是")
    restore(folder=tmp_path / "set", now=now, force=True)
    assert not Organisation.objects.filter(name="谁也不是").exists()


def test_set_with_lost_files_needs_force_even_in_an_empty_instance(transactional_db, now, tmp_path):
    backup(folder=tmp_path / "set", now=now)
    manifest = tmp_path / "set" / "manifest.json"
    values = json.loads(manifest.read_text(encoding="utf-8")) | {"missing": ["ab/cd/abcd"]}
    manifest.write_text(json.dumps(values))
    with pytest.raises(BackupError, match=r"made without 1 stored files .* ab/cd/abcd"):
        restore(folder=tmp_path / "set", now=now)


def without(folder: Path, name: str, **values: object) -> None:
    """Take a stored file out of a set, so that the set itself is whole."""
    manifest = folder / "manifest.json"
    found = json.loads(manifest.read_text(encoding="utf-8")) | values
    found["files"].pop(f"files/{name}")
    manifest.write_text(json.dumps(found))


def test_stored_files_that_a_set_lacks_are_named(instance, made, now):
    without(made, instance.storage_name)
    private_storage().delete(instance.storage_name)
    with pytest.raises(BackupError, match=f"names 1 stored files .*: {instance.storage_name}\\."):
        restore(folder=made, now=now, force=True)


def test_stored_file_that_only_the_store_has_is_no_loss(instance, made, now):
    without(made, instance.storage_name)
    restore(folder=made, now=now, force=True)
    assert b"".join(read_chunks(instance)) == PDF


def test_stored_files_known_to_be_missing_are_named_and_agreed_to(instance, made, now, capsys):
    without(made, instance.storage_name, missing=[instance.storage_name])
    private_storage().delete(instance.storage_name)
    call_command("restore", made, "--force")
    assert f"as when it was made: {instance.storage_name}" in capsys.readouterr().err


def test_many_names_become_twenty_and_a_number():
    names = [str(number) for number in range(23)]
    assert some(names[:20]) == ", ".join(names[:20])
    assert some(names) == ", ".join(names[:20]) + " and 3 more"


def test_stored_file_that_differs_is_replaced(instance, made, now):
    Path(private_storage().path(instance.storage_name)).write_bytes(b"something else")
    restore(folder=made, now=now, force=True)
    assert b"".join(read_chunks(instance)) == PDF


def test_commands_tell_what_they_did(instance, tmp_path, capsys):
    call_command("backup", tmp_path / "set")
    assert capsys.readouterr().out.startswith("3 files, ")
    with pytest.raises(CommandError, match="--force replaces"):
        call_command("restore", tmp_path / "set")
    call_command("restore", tmp_path / "set", "--force")
    assert "restored" in capsys.readouterr().out


def test_commands_pass_on_what_is_wrong(instance, tmp_path):
    (tmp_path / "letter").write_text("mine")
    with pytest.raises(CommandError, match="is not empty"):
        call_command("backup", tmp_path)
    with pytest.raises(CommandError, match="holds no manifest"):
        call_command("restore", tmp_path)


@pytest.mark.sqlite_only
def test_database_in_memory_is_refused(instance, made, now, tmp_path, monkeypatch):
    monkeypatch.setitem(connection.settings_dict, "NAME", ":memory:")
    with pytest.raises(BackupError, match="in memory"):
        backup(folder=tmp_path / "memory", now=now)


@pytest.mark.sqlite_only
def test_backup_of_sqlite_is_one_plain_file(made):
    with closing(sqlite3.connect(made / "database.sqlite3")) as copy:
        assert copy.execute("PRAGMA journal_mode").fetchone() == ("delete",)
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@pytest.mark.sqlite_only
def test_load_that_fails_says_that_the_database_is_as_it_was(made, now, monkeypatch):
    class Failing(type(dumper())):
        def load(self, path: Path) -> None:
            raise DumpError("disk gone")

    monkeypatch.setattr("portal.services.backup.dumper", Failing)
    with pytest.raises(BackupError, match=r"database is as it was; files were added\. disk gone"):
        restore(folder=made, now=now, force=True)


def test_tool_that_is_missing_is_named(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(DumpError, match="pg_dump is not installed"):
        run("pg_dump")


def test_tool_that_fails_says_why(tmp_path):
    with pytest.raises(DumpError, match=r"ls: .*nothing-here"):
        run("ls", str(tmp_path / "nothing-here"), connected=False)


def test_password_travels_in_the_environment_only():
    assert login({"HOST": "db", "PORT": 5432, "USER": "u", "PASSWORD": "p", "NAME": "n"}) == {
        "PGHOST": "db",
        "PGPORT": "5432",
        "PGUSER": "u",
        "PGPASSWORD": "p",
        "PGDATABASE": "n",
    }
    assert login({"HOST": "", "PORT": "", "USER": "", "PASSWORD": "", "NAME": "n"}) == {
        "PGDATABASE": "n"
    }
