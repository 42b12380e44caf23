"""How the settings of each environment use the database."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

ROOT = Path(__file__).resolve().parents[2]
PRODUCTION = {
    "DJANGO_SETTINGS_MODULE": "config.settings.production",
    "SECRET_KEY": "k" * 60,
    "ALLOWED_HOSTS": "portal.example",
    "BASE_URL": "https://portal.example",
    "EMAIL_URL": "smtp://mail.example",
}
TESTS = {"DJANGO_SETTINGS_MODULE": "config.settings.test"}
PRAGMAS = {
    "journal_mode": "wal",
    "synchronous": 1,
    "busy_timeout": 20000,
    "mmap_size": 134217728,
    "cache_size": -32000,
}
# Twenty threads ask twice as often as there are connections; between the two rounds every
# connection is cut, as a restart of the server does.
POOL = """
import json, threading
import config.wsgi
from django.db import connection
settings = connection.settings_dict
seen, errors = set(), []

def ask():
    for _turn in range(10):
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid(), pg_sleep(0.002)")
                seen.add(cursor.fetchone()[0])
        except Exception as error:
            errors.append(repr(error))
        finally:
            connection.close()

def everybody():
    threads = [threading.Thread(target=ask) for _number in range(20)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    return len(seen)

first = everybody()
with connection.cursor() as cursor:
    cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                   "WHERE pid = ANY(%s) AND pid <> pg_backend_pid()", [list(seen)])
connection.close()
seen.clear()
second = everybody()
print(json.dumps({"first": first, "second": second, "errors": errors,
                  "age": settings["CONN_MAX_AGE"], "pool": settings["OPTIONS"]["pool"]}))
connection.close_pool()
"""
COMMAND = """
import json
import django
django.setup()
from django.db import connection
settings = connection.settings_dict
print(json.dumps([settings["CONN_MAX_AGE"], settings["CONN_HEALTH_CHECKS"],
                  "pool" in settings["OPTIONS"]]))
"""


def run(code: str, **environment: str):
    """Run a program and return the JSON that it prints last."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.sqlite_only
@pytest.mark.parametrize("name", PRAGMAS)
def test_sqlite_is_set_as_measured(db, name):
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA {name}")
        assert cursor.fetchone() == (PRAGMAS[name],)


@pytest.mark.sqlite_only
def test_sqlite_takes_its_lock_at_once_and_keeps_its_connection(db):
    settings = connection.settings_dict
    assert settings["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert settings["OPTIONS"]["timeout"] == 20
    assert settings["CONN_MAX_AGE"] is None


@pytest.mark.sqlite_only
def test_sqlite_survives_power_loss_in_production(tmp_path):
    code = """
import django
django.setup()
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("PRAGMA synchronous")
    print(cursor.fetchone()[0])
"""
    assert run(code, **PRODUCTION, VAR_DIR=str(tmp_path)) == 2


@pytest.mark.postgres_only
def test_threads_of_a_web_process_share_a_pool_that_mends_itself(database_url):
    found = run(POOL, **TESTS, DATABASE_URL=database_url, DATABASE_POOL="5")
    assert found["errors"] == []
    assert found["first"] <= 5
    assert 1 <= found["second"] <= 5
    assert (found["age"], found["pool"]["max_size"]) == (0, 5)


@pytest.mark.postgres_only
def test_commands_and_workers_keep_a_connection_each(database_url):
    assert run(COMMAND, **TESTS, DATABASE_URL=database_url) == [None, True, False]
