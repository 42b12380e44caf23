"""Migrations from the first release's database onward, and back."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from secrets import token_hex

import pytest
from django.db import connection

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def empty_database(transactional_db, database_url, tmp_path) -> Iterator[str]:
    """Return the URL of a database without a table."""
    if connection.vendor == "sqlite":
        yield f"sqlite:///{tmp_path / 'first.sqlite3'}"
        return
    name = f"first_{token_hex(4)}"
    with connection._nodb_cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}"')
    yield f"{database_url.rsplit('/', 1)[0]}/{name}"
    with connection._nodb_cursor() as cursor:
        cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_first_releases_rows_survive_the_way_to_today_and_back(empty_database):
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.first_release"],
        cwd=ROOT,
        env={
            **os.environ,
            "DATABASE_URL": empty_database,
            "DJANGO_SETTINGS_MODULE": "config.settings.test",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["first"]["certification_grade"][0] == 1
    assert told["back"] == told["first"]
    assert told["walked"] == [None, 3]
    assert told["again"] == [None, 4]
    assert told["entries"] == 4
