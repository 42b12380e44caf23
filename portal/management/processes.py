"""Child processes with a group of their own, and how they are stopped together."""

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

GRACE_SECONDS = 15
PR_SET_PDEATHSIG = 1
PRCTL = getattr(ctypes.CDLL(None), "prctl", None)
"""Looked up before any fork; Linux only."""


@dataclass
class Child:
    """A process with a group of its own, so that what it started can be stopped with it.

    It is asked to stop when its parent is gone, however that died (Linux).
    """

    name: str
    command: list[str]
    extra: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = field(default=None)

    def start(self) -> None:
        """Start it."""
        parent = os.getpid()
        self.process = subprocess.Popen(  # noqa: S603 our own commands
            self.command,
            start_new_session=True,
            env={**os.environ, **self.extra},
            preexec_fn=lambda: end_with(parent),  # noqa: PLW1509 the parent has one thread only
        )

    @property
    def pid(self) -> int:
        """Return its id, which is its group's too; 0 before the start."""
        return self.process.pid if self.process else 0

    def exit_code(self) -> int | None:
        """Return its exit code, or None while it runs."""
        return self.process.poll() if self.process else 0

    def ask_to_stop(self) -> None:
        """Ask its leader, which stops the others in its own order."""
        if self.process:
            self.process.terminate()

    def kill(self) -> None:
        """Kill every process of its group, orphans of a dead leader included."""
        if self.process:
            kill_group(self.process.pid)
            self.process.wait()

    def wait(self, until: float) -> None:
        """Wait for it until the monotonic time ``until``; kill what is left of its group then."""
        if self.process:
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout=max(0.0, until - time.monotonic()))
            self.kill()


def end_with(parent: int) -> None:
    """Have the kernel ask this process to stop when its ``parent`` is gone (between fork and exec).

    A parent killed with SIGKILL can stop nobody: its web server would keep the port.
    """
    if PRCTL is not None:
        PRCTL(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        if os.getppid() != parent:  # it died before the kernel was told
            os._exit(1)


def kill_group(group: int) -> None:
    """Kill every process of a group that is still there."""
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


def stop_flag() -> Callable[[], bool]:
    """Return a question that Ctrl-C, SIGTERM or a closed terminal answers with yes."""
    received: list[int] = []

    def remember(number: int, _frame: FrameType | None) -> None:
        received.append(number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, remember)
    return lambda: bool(received)


def stop_together(children: list[Child], grace: float = GRACE_SECONDS) -> None:
    """Ask all to finish what they are doing, and see to it that nothing of them is left."""
    for child in children:
        child.ask_to_stop()
    until = time.monotonic() + grace
    for child in children:
        child.wait(until)


def runs(pid: int, *words: str) -> bool:
    """Return whether process ``pid`` lives and its command line has one of ``words``."""
    with suppress(OSError):
        parts = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        return any(word.encode() in parts for word in words)
    return False


def members(group: int) -> Iterator[int]:
    """Yield the ids of a group's processes (Linux; nothing where there is no ``/proc``)."""
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, IndexError, ValueError):
            values = (entry / "stat").read_text(encoding="ascii", errors="replace")
            if int(values.rpartition(")")[2].split()[2]) == group:
                yield int(entry.name)
