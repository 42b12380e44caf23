"""systemd's own judgement of the unit files in ``config/deploy``."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

UNITS = Path(settings.BASE_DIR) / "config" / "deploy" / "systemd"
SERVICES = sorted(path.name for path in UNITS.glob("*.service"))
EXPOSED = 3.0  # of 10, by systemd's own measure; Debian's units without hardening have 9.6
pytestmark = pytest.mark.skipif(
    not shutil.which("systemd-analyze"), reason="systemd is not installed here"
)


@pytest.fixture
def units(tmp_path) -> Path:
    """Return a copy of the units in which the portal's programs are this machine's."""
    copies = tmp_path / "units"
    copies.mkdir()
    for unit in UNITS.iterdir():
        text = unit.read_text(encoding="utf-8")
        text = text.replace("/opt/portal/current/.venv/bin/python", sys.executable)
        (copies / unit.name).write_text(
            text.replace("/opt/portal/current", str(settings.BASE_DIR)), encoding="utf-8"
        )
    return copies


def analyze(units: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["systemd-analyze", *arguments],
        env={"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "SYSTEMD_UNIT_PATH": f"{units}:"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def complaints(units: Path) -> str:
    """Return what systemd says of the units, by their names."""
    found = analyze(units, "verify", *sorted(map(str, units.iterdir())))
    lines = (found.stdout + found.stderr).splitlines()
    return "\n".join(line for line in lines if "portal" in line)


def test_units_are_right(units):
    assert {path.suffix for path in units.iterdir()} == {".service", ".socket", ".target"}
    assert complaints(units) == ""


def test_a_wrong_unit_would_be_noticed(units):
    web = units / "portal-web.service"
    text = web.read_text(encoding="utf-8")
    web.write_text(text.replace("KillMode=mixed", "KillMode=gently"), encoding="utf-8")

    assert "portal-web.service" in complaints(units)


@pytest.mark.parametrize("service", SERVICES)
def test_services_may_do_little(units, service):
    found = analyze(units, "--offline=true", "security", str(units / service))
    level = re.search(r"Overall exposure level for \S+: ([\d.]+)", found.stdout)

    assert level, found.stdout + found.stderr
    assert float(level[1]) <= EXPOSED


def test_one_backup_a_night_is_made_and_nothing_else_is_cleaned_up():
    texts = {path.name: path.read_text(encoding="utf-8") for path in UNITS.iterdir()}
    settings_file = (UNITS.parent / "portal.env").read_text(encoding="utf-8")

    assert [name for name, text in texts.items() if "backup" in text] == ["portal-worker.service"]
    assert not [name for name, text in texts.items() if re.search(r"rm -|-delete", text)]
    folder = re.search(r"^BACKUP_DIR=(\S+)$", settings_file, re.MULTILINE)[1]
    assert f"ReadWritePaths=-{folder}\n" in texts["portal-worker.service"]


def test_stopping_leaves_time_for_what_is_under_way():
    for name in ("portal-web.service", "portal-worker.service"):
        text = (UNITS / name).read_text(encoding="utf-8")
        assert "KillMode=mixed" in text
        assert int(re.search(r"TimeoutStopSec=(\d+)", text)[1]) > 60
