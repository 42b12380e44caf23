"""A migrated database made once and copied for every test process.

Migrating a fresh Wagtail site takes over half a minute; copying the result takes a moment. The
copy also gives a transactional test back what data migrations wrote (groups, the root page, the
site), which Django's flush would lose, and which an append-only table would not let it delete.
"""

import fcntl
import hashlib
import os
import secrets
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Protocol

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection

MIGRATING_PACKAGES = ("Django", "wagtail", "django-allauth", "django-q2")
# What post_migrate handlers write is decided in these files of our own apps.
SEEDING_FILES = ("apps.py", "domain/roles.py")


class CopiedDatabase(Protocol):
    """The database of one test process."""

    def start(self) -> None:
        """Copy the template, making it first if no earlier run did, and use the copy."""

    def restore(self) -> None:
        """Give the copy back the template's contents."""

    def stop(self) -> None:
        """Remove the copy."""


def template_key() -> str:
    """Name what a freshly migrated database depends on: migrations, seeds, versions."""
    digest = hashlib.sha256()
    for package in MIGRATING_PACKAGES:
        digest.update(f"{package} {version(package)}\n".encode())
    for app in apps.get_app_configs():
        folder = Path(app.path)
        paths = [folder / name for name in SEEDING_FILES if folder.parent == settings.BASE_DIR]
        for path in [*paths, *sorted(folder.glob("migrations/*.py"))]:
            if path.exists():
                digest.update(f"{app.label}/{path.name}\n".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def copied_database(worker: str) -> CopiedDatabase:
    """Return the kind of database that the settings name, for the test process ``worker``."""
    kinds = {"sqlite": SqliteCopy, "postgresql": PostgresCopy}
    return kinds[connection.vendor](worker)


def use(name: str) -> None:
    """Point this process's connections, in every thread, at the database ``name``."""
    connection.close()
    settings.DATABASES["default"]["NAME"] = name
    connection.settings_dict["NAME"] = name


def migrate(name: str) -> None:
    """Migrate the empty database ``name``."""
    use(name)
    call_command("migrate", verbosity=0, interactive=False)
    connection.close()


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold ``path`` against other test processes."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


class SqliteCopy:
    """A file of its own: threads and the live server need more than one connection."""

    folder = Path(settings.BASE_DIR) / "var" / "test"

    def __init__(self, worker: str) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.home = Path(tempfile.mkdtemp(dir=self.folder, prefix=f"{worker}-"))
        self.path = self.home / "portal.sqlite3"

    def start(self) -> None:
        """See CopiedDatabase. The template stays open: a later run may remove the file."""
        template = self._template()
        self.template = sqlite3.connect(f"file:{template}?mode=ro&immutable=1", uri=True)
        use(str(self.path))
        self.restore()

    def restore(self) -> None:
        """See CopiedDatabase. SQLite's own backup respects whoever still has the file open."""
        connection.close()
        with closing(sqlite3.connect(self.path, timeout=20)) as copy:
            self.template.backup(copy)

    def stop(self) -> None:
        """See CopiedDatabase."""
        connection.close()
        self.template.close()
        shutil.rmtree(self.home)

    def _template(self) -> Path:
        template = self.folder / f"template-{template_key()}.sqlite3"
        with locked(self.folder / "template.lock"):
            if not template.exists():
                self._make(template)
            os.utime(template)
            self._forget_old_ones()
        return template

    def _make(self, template: Path) -> None:
        raw = self.home / "raw.sqlite3"
        migrate(str(raw))
        with closing(sqlite3.connect(raw)) as database:
            database.execute("VACUUM INTO ?", [str(self.home / "template")])
        (self.home / "template").replace(template)

    def _forget_old_ones(self) -> None:
        templates = sorted(self.folder.glob("template-*.sqlite3"), key=lambda p: p.stat().st_mtime)
        for old in templates[:-4]:
            old.unlink()


class PostgresCopy:
    """A database of its own on the server that DATABASE_URL names."""

    def __init__(self, worker: str) -> None:
        self.maintenance = settings.DATABASES["default"]["NAME"]
        self.name = f"test_{worker}_{secrets.token_hex(4)}"

    def start(self) -> None:
        """See CopiedDatabase."""
        self.template = f"template_{template_key()}"
        with self._server() as cursor:
            # Other test processes wait here while the first one migrates.
            cursor.execute("SELECT pg_advisory_lock(630123)")
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [self.template])
            if not cursor.fetchone():
                self._make(cursor)
            cursor.execute("SELECT pg_advisory_unlock(630123)")
        use(self.name)
        self.restore()

    def restore(self) -> None:
        """See CopiedDatabase. Connections that a test's threads left open are cut."""
        connection.close()
        with self._server() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{self.name}" WITH (FORCE)')
            cursor.execute(f'CREATE DATABASE "{self.name}" TEMPLATE "{self.template}"')

    def stop(self) -> None:
        """See CopiedDatabase."""
        connection.close()
        with self._server() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{self.name}" WITH (FORCE)')
        use(self.maintenance)

    def _make(self, cursor) -> None:
        # Renamed when complete, so that an interrupted run leaves no half-made template.
        cursor.execute(f'CREATE DATABASE "{self.name}"')
        migrate(self.name)
        cursor.execute(f'ALTER DATABASE "{self.name}" RENAME TO "{self.template}"')

    def _server(self):
        return connection._nodb_cursor()
