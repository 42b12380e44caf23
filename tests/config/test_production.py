"""What production refuses to start with, and that it finds what the release was built with."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GOOD = {
    "DJANGO_SETTINGS_MODULE": "config.settings.production",
    "SECRET_KEY": "k" * 60,
    "ALLOWED_HOSTS": "portal.example",
    "BASE_URL": "https://portal.example",
    "EMAIL_URL": "smtp://mail.example",
}


def run(home: Path, *command: str, **changes: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the project under production settings with its data in ``home``."""
    given = {**GOOD, "PATH": os.environ["PATH"], "VAR_DIR": str(home), **changes}
    return subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=ROOT,
        env={name: value for name, value in given.items() if value},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"SECRET_KEY": "short"}, "SECRET_KEY"),
        ({"DEBUG": "1"}, "DEBUG"),
        ({"DEMO": "1"}, "demo"),
        ({"ALLOWED_HOSTS": ""}, "ALLOWED_HOSTS"),
        ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS"),
        ({"BASE_URL": "http://portal.example"}, "BASE_URL"),
        ({"EMAIL_URL": ""}, "EMAIL_URL"),
        ({"EMAIL_URL": "consolemail://"}, "EMAIL_URL"),
        ({"DATABASE_URL": "postgres://portal:PASSWORD@127.0.0.1/portal"}, "default password"),
        ({"DATABASE_URL": "postgres://portal:portal@127.0.0.1/portal"}, "default password"),
    ],
)
def test_production_does_not_start(tmp_path, changes, words):
    answer = run(tmp_path, "check", **changes)
    assert answer.returncode != 0
    assert words in answer.stderr


def test_what_setup_built_is_found_wherever_the_data_lie(tmp_path):
    answer = run(tmp_path, "findstatic", "--first", "vendor/tabler.min.css")
    assert answer.returncode == 0, answer.stderr
    assert str(ROOT / "var" / "assets") in answer.stdout
