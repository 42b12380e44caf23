"""``manage.py work`` beside a test, with its processes by what they do."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from django.conf import settings

from portal.management.processes import kill_group, members, runs
from portal.models import WorkerCluster

DEEDS = {
    "worker": re.compile(r"ready for work at (\d+)"),
    "monitor": re.compile(r"monitoring at (\d+)"),
    "pusher": re.compile(r"pushing tasks at (\d+)"),
}


class Worker:
    """The clusters and their watchdog on a test's database."""

    def __init__(self, database_url: str, folder: Path) -> None:
        self.at_work = folder / "at-work"
        self.log = folder / "work.log"
        self.environment = {
            **os.environ,
            "DATABASE_URL": database_url,
            "DJANGO_SETTINGS_MODULE": "tests.runtime.settings",
            "VAR_DIR": str(folder),
            "AT_WORK": str(self.at_work),
        }
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "work"],
                cwd=settings.BASE_DIR,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def told(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    def processes(self, deed: str) -> list[int]:
        """Return the living processes that do ``deed``, in both clusters."""
        groups = WorkerCluster.objects.values_list("group", flat=True)
        alive = {pid for group in groups for pid in members(group)}
        if deed == "parent":
            return sorted(alive - {pid for each in DEEDS for pid in self.processes(each)})
        found = {int(number) for number in DEEDS[deed].findall(self.messages())}
        return sorted(found & alive)

    def messages(self) -> str:
        lines = []
        for line in self.told().splitlines():
            with suppress(ValueError, KeyError, TypeError):
                lines.append(json.loads(line)["message"])
        return "\n".join(lines)

    def kill_at_work(self, until: float) -> None:
        """Kill the worker that is at it just now, between the two parts of its effect."""
        self.at_work.unlink(missing_ok=True)
        while not (self.at_work.exists() and self.at_work.read_text(encoding="ascii")):
            assert time.monotonic() < until, self.told()
            time.sleep(0.01)
        with suppress(ProcessLookupError):
            os.kill(int(self.at_work.read_text(encoding="ascii")), signal.SIGKILL)

    def kill_watchdog(self) -> None:
        """Kill the watchdog alone: its clusters become orphans and go on working."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(timeout=10)

    def kill(self) -> None:
        """Kill everything at once, as a power cut does."""
        self.kill_watchdog()
        for group in WorkerCluster.objects.values_list("group", flat=True):
            if any(runs(pid, "qcluster") for pid in members(group)):
                kill_group(group)
        for pid in self.strays():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def strays(self) -> list[int]:
        """Return what no row names: a watchdog that is killed may not have written it yet."""
        mine = f"AT_WORK={self.at_work}".encode()
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if mine in (entry / "environ").read_bytes().split(b"\0"):
                    found.append(int(entry.name))
        return found


def wait_for(what: Callable[[], bool], seconds: float) -> float:
    """Wait until ``what()`` is true and return how long it took; ``seconds`` if it never was."""
    started = time.monotonic()
    while time.monotonic() - started < seconds:
        if what():
            return time.monotonic() - started
        time.sleep(0.1)
    return seconds
