"""A set made while others write, restored into an instance that holds nothing."""

import hashlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from secrets import token_hex

import pytest
from django.core.files.base import ContentFile
from django.db import connection

from portal.models import AuditEntry, StoredFile
from portal.services.backup import backup
from portal.services.files import store_file
from tests.portal.services.conftest import PDF
from tests.support.contents import contents
from tests.world import World

ROOT = Path(__file__).resolve().parents[3]
AUDIT = {"portal_auditentry", "portal_audithead"}
"""What a restore itself adds to."""


class Instance:
    """Another instance, on the same engine, that is spoken to by commands."""

    def __init__(self, home: Path, database_url: str) -> None:
        self.home = home
        self.environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "config.settings.test",
            "DATABASE_URL": database_url,
            "VAR_DIR": str(home),
            "FILE_STORAGE_URL": str(home / "files"),
        }

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *command],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def contents(self) -> dict[str, tuple[int, str]]:
        done = self.run("-m", "tests.support.contents")
        assert done.returncode == 0, done.stderr
        return {table: tuple(values) for table, values in json.loads(done.stdout).items()}


@pytest.fixture
def elsewhere(transactional_db, database_url, tmp_path) -> Iterator[Instance]:
    """An instance without a table."""
    home = tmp_path / "elsewhere"
    home.mkdir()
    if connection.vendor == "sqlite":
        yield Instance(home, f"sqlite:///{home / 'portal.sqlite3'}")
        return
    name = f"restored_{token_hex(4)}"
    with connection._nodb_cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}"')
    yield Instance(home, f"{database_url.rsplit('/', 1)[0]}/{name}")
    with connection._nodb_cursor() as cursor:
        cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def world(transactional_db, now, pdf) -> World:
    made = World(now)
    store_file(upload=pdf, use="application_attachment", actor=made.owner, now=now)
    return made


def files_of(instance: Instance) -> dict[str, str]:
    """Return name → SHA-256 of every private file."""
    found = [path for path in (instance.home / "files").rglob("*") if path.is_file()]
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in found}


def test_every_row_file_and_the_chain_come_back(world, now, tmp_path, elsewhere):
    before = contents()
    backup(folder=tmp_path / "set", now=now)
    done = elsewhere.run("manage.py", "restore", str(tmp_path / "set"))
    assert (done.returncode, done.stderr.count("Error")) == (0, 0), done.stderr
    after = elsewhere.contents()
    assert {table: after[table] for table in after.keys() - AUDIT} == {
        table: before[table] for table in before.keys() - AUDIT
    }
    entries = before["portal_auditentry"][0]
    walked = elsewhere.run("manage.py", "verify_audit")
    assert walked.stdout == f"{entries + 1} entries, the chain is whole.\n"
    digest = StoredFile.objects.get().sha256
    assert files_of(elsewhere) == {digest: digest}


def test_set_made_while_others_write_is_consistent(world, now, tmp_path, elsewhere):
    stop, written = threading.Event(), []

    def write(number: int) -> None:
        turn = 0
        while not stop.is_set():
            turn += 1
            upload = ContentFile(PDF + f"% {number} {turn}".encode(), name="report.pdf")
            written.append(
                store_file(
                    upload=upload, use="application_attachment", actor=world.owner, now=now
                ).sha256
            )
        connection.close()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    while len(written) < 10:
        stop.wait(0.05)
    during = len(written)
    manifest = backup(folder=tmp_path / "set", now=now)
    more = len(written)
    stop.set()
    for thread in threads:
        thread.join(timeout=60)
    assert more > during, "nobody wrote while the set was made"
    done = elsewhere.run("manage.py", "restore", str(tmp_path / "set"))
    assert done.returncode == 0, done.stderr
    counts = {table: rows for table, (rows, _digest) in elsewhere.contents().items()}
    assert {name: counts[name] for name in manifest.counts.keys() - AUDIT} == {
        name: rows for name, rows in manifest.counts.items() if name not in AUDIT
    }
    held = files_of(elsewhere)
    assert all(name == digest for name, digest in held.items())
    assert len(held) >= counts["portal_storedfile"] > 10
    assert elsewhere.run("manage.py", "verify_audit").returncode == 0
    assert AuditEntry.objects.count() > manifest.counts["portal_auditentry"]


def test_damaged_set_leaves_the_empty_instance_empty(world, now, tmp_path, elsewhere):
    backup(folder=tmp_path / "set", now=now)
    path = tmp_path / "set" / "files" / StoredFile.objects.get().storage_name
    path.write_bytes(PDF[:-1])
    done = elsewhere.run("manage.py", "restore", str(tmp_path / "set"))
    assert done.returncode == 1
    assert "The set is damaged: files/" in done.stderr
    assert elsewhere.contents() == {}
    assert files_of(elsewhere) == {}
