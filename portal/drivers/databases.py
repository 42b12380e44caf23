"""Whole databases as files: SQLite through its online backup, PostgreSQL through its own tools.

Both dump a consistent state while others write, and both load it in one transaction.
"""

import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Protocol

from django.db import connection, transaction

PAGES = 2000
"""SQLite pages copied at a time, so that writers are let in between."""
LOCK_PATIENCE = "10s"
TLS = ("sslmode", "sslrootcert", "sslcert", "sslkey")
"""Options of a connection that the tools must share."""
CLEAR = "DROP SCHEMA public CASCADE; CREATE SCHEMA public AUTHORIZATION pg_database_owner"


class DumpError(Exception):
    """The database's own tools could not do it; the text says why and holds no password."""


class Dumper(Protocol):
    """One engine."""

    file_name: str

    def dump(self, path: Path) -> dict[str, int]:
        """Write the database to ``path``; return the rows of each table in that very state."""

    def check(self, path: Path) -> None:
        """Raise ``DumpError`` unless ``path`` can be loaded."""

    def load(self, path: Path) -> None:
        """Replace the database's whole contents, or change nothing."""


def dumper() -> Dumper:
    """Return the driver of the engine in use."""
    return PostgresDumper() if connection.vendor == "postgresql" else SqliteDumper()


class SqliteDumper:
    """Through the backup API of the sqlite3 module."""

    file_name = "database.sqlite3"

    def dump(self, path: Path) -> dict[str, int]:
        """See Dumper."""
        with closing(sqlite3.connect(self._home())) as live, closing(sqlite3.connect(path)) as copy:
            live.backup(copy, pages=PAGES)
            copy.execute("PRAGMA journal_mode=DELETE")
            names = copy.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
            return {
                name: copy.execute(count_of(name)).fetchone()[0]
                for (name,) in sorted(names)
                if not name.startswith("sqlite_")
            }

    def check(self, path: Path) -> None:
        """See Dumper."""
        try:
            with closing(sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)) as copy:
                answer = copy.execute("PRAGMA integrity_check").fetchone()
        except sqlite3.DatabaseError as error:
            raise DumpError(f"{path.name}: {error}") from error
        if answer != ("ok",):
            raise DumpError(f"{path.name}: {answer[0]}")

    def load(self, path: Path) -> None:
        """See Dumper. One transaction of SQLite's own, so readers see the old or the new."""
        connection.close()
        with (
            closing(sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)) as copy,
            closing(sqlite3.connect(self._home(), timeout=20)) as live,
        ):
            copy.backup(live)

    def _home(self) -> str:
        """Return the file; a database in memory belongs to its process alone."""
        name = str(connection.settings_dict["NAME"])
        if name == ":memory:" or "mode=memory" in name:
            raise DumpError("A database in memory cannot be backed up or restored.")
        return name


class PostgresDumper:
    """Through pg_dump's custom format, pg_restore and psql."""

    file_name = "database.pgdump"

    def dump(self, path: Path) -> dict[str, int]:
        """See Dumper. The counts are taken in the snapshot that pg_dump reads."""
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            cursor.execute("SELECT pg_export_snapshot()")
            snapshot = cursor.fetchone()[0]
            counts = table_counts()
            run("pg_dump", "--format=custom", f"--snapshot={snapshot}", f"--file={path}")
        return counts

    def check(self, path: Path) -> None:
        """See Dumper."""
        run("pg_restore", "--list", str(path), connected=False)

    def load(self, path: Path) -> None:
        """See Dumper. Fails after ten seconds where somebody else holds a lock."""
        connection.close()
        with tempfile.TemporaryDirectory() as folder:
            script = Path(folder) / "restore.sql"
            run(
                "pg_restore",
                "--no-owner",
                "--no-privileges",
                f"--file={script}",
                str(path),
                connected=False,
            )
            run(
                "psql",
                "--no-psqlrc",
                "--quiet",
                "--single-transaction",
                "--set=ON_ERROR_STOP=1",
                "--output=/dev/null",
                f"--command={CLEAR}",
                f"--file={script}",
            )


def table_counts() -> dict[str, int]:
    """Return the rows of every table of the database in use."""
    with connection.cursor() as cursor:
        counts = {}
        for name in sorted(connection.introspection.table_names(cursor)):
            cursor.execute(count_of(name))
            counts[name] = cursor.fetchone()[0]
    return counts


def count_of(table: str) -> str:
    """Return the query that counts a table's rows; the name is quoted."""
    return f"SELECT COUNT(*) FROM {connection.ops.quote_name(table)}"  # noqa: S608 quoted above


def run(tool: str, *arguments: str, connected: bool = True) -> None:
    """Run one of PostgreSQL's tools; the password travels in the environment only."""
    found = shutil.which(tool)
    if found is None:
        raise DumpError(f"{tool} is not installed (Debian: apt install postgresql-client).")
    values = connection.settings_dict
    environment = {**os.environ, "PGOPTIONS": f"-c lock_timeout={LOCK_PATIENCE}"}
    if connected:
        environment |= login(values)
    done = subprocess.run(  # noqa: S603 the path is the tool's own, no shell is involved
        [found, *arguments], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise DumpError(f"{tool}: {last_line(done.stderr.splitlines())}")


def login(values: dict[str, object]) -> dict[str, str]:
    """Return libpq's variables for Django's settings."""
    names = {
        "PGHOST": "HOST",
        "PGPORT": "PORT",
        "PGUSER": "USER",
        "PGPASSWORD": "PASSWORD",
        "PGDATABASE": "NAME",
    }
    found = {name: str(values[key]) for name, key in names.items() if values[key]}
    options = values.get("OPTIONS")
    given = options if isinstance(options, dict) else {}
    return found | {f"PG{key.upper()}": str(given[key]) for key in TLS if key in given}


def last_line(lines: Iterable[str]) -> str:
    """Return the last line that says something."""
    return next((line.strip() for line in reversed(list(lines)) if line.strip()), "failed")
