"""Web server and worker are started, watched and stopped as one."""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable

import pytest
from django.conf import settings
from django.core.management.base import CommandError

from portal.management.commands import serve
from portal.management.processes import Child, stop_together


def python(code: str, *arguments: str) -> list[str]:
    return [sys.executable, "-c", code, *arguments]


def alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:  # noqa: PTH123 not a file
            return file.read().split()[2] != "Z"
    except FileNotFoundError:
        return False


def test_busy_port_is_refused_with_its_name():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(CommandError, match=f"127.0.0.1:{port}"):
            serve.refuse_busy_port("127.0.0.1", port)


def test_free_port_is_accepted():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    assert serve.refuse_busy_port("127.0.0.1", port) is None


class Looks:
    """Stands in for the watchdog: counts how often it was asked to look."""

    count = 0

    def look(self) -> None:
        self.count += 1

    def rest(self) -> None:
        time.sleep(0.05)


def test_watch_looks_after_the_clusters_until_the_web_server_dies():
    web, looks = Child("web", python("import time; time.sleep(0.5)")), Looks()
    web.start()
    serve.watch(web, looks, lambda: False)
    assert web.exit_code() == 0
    assert looks.count >= 2


def test_watch_ends_when_told_to_stop():
    web, looks = Child("web", python("import time; time.sleep(60)")), Looks()
    web.start()
    serve.watch(web, looks, lambda: True)
    assert (looks.count, web.exit_code()) == (0, None)
    stop_together([web])


def test_process_that_ignores_the_request_to_stop_is_killed():
    child = Child(
        "stubborn",
        python(
            "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\ntime.sleep(60)"
        ),
    )
    child.start()
    time.sleep(0.5)
    stop_together([child], grace=0.2)
    assert child.exit_code() == -signal.SIGKILL


PARENT = """
import sys, time
from portal.management.processes import Child
child = Child("web", sys.argv[1:])
child.start()
print(child.pid, flush=True)
time.sleep(60)
"""


def orphaned(command: list[str], ready: Callable[[], bool]) -> int:
    """Start ``command`` as a child, kill its parent when it is ``ready``, and return its id."""
    parent = subprocess.Popen(
        python(PARENT, *command), cwd=settings.BASE_DIR, stdout=subprocess.PIPE
    )
    with parent:
        pid = int(parent.stdout.readline())
        deadline = time.monotonic() + 20
        while not ready() and time.monotonic() < deadline:
            time.sleep(0.05)
        try:
            assert ready()
            assert alive(pid)
        finally:
            parent.kill()
    return pid


def gone(pid: int, patience: float = 20) -> bool:
    deadline = time.monotonic() + patience
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not alive(pid)


def test_child_ends_with_a_parent_that_was_killed():
    assert gone(orphaned(python("import time; time.sleep(60)"), lambda: True))


def test_web_server_frees_its_port_when_its_parent_is_killed(tmp_path):
    (tmp_path / "hello.py").write_text(
        "def application(environ, start):\n    start('200 OK', [])\n    return [b'']\n"
    )
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = serve.web_command("127.0.0.1", port, {"web_workers": 2, "threads": 2})
    command[command.index("config.wsgi:application")] = "hello:application"
    command[command.index("--chdir") + 1] = str(tmp_path)

    def listens() -> bool:
        with socket.socket() as visitor:
            return visitor.connect_ex(("127.0.0.1", port)) == 0

    assert gone(orphaned(command, listens))
    assert serve.refuse_busy_port("127.0.0.1", port) is None


def test_stop_leaves_nothing_of_a_group_whose_leader_died(tmp_path):
    pid_file = tmp_path / "pid"
    child = Child(
        "worker",
        python(
            "import pathlib, subprocess, sys\n"
            "orphan = subprocess.Popen(['sleep', '60'])\n"
            "pathlib.Path(sys.argv[1]).write_text(str(orphan.pid))",
            str(pid_file),
        ),
    )
    child.start()
    child.process.wait()
    orphan = int(pid_file.read_text(encoding="ascii"))
    assert alive(orphan)
    stop_together([child])
    deadline = time.monotonic() + 5
    while alive(orphan) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not alive(orphan)


def test_web_command_binds_the_given_address():
    command = serve.web_command("127.0.0.1", 8001, {"web_workers": 3, "threads": 5})
    at = command.index("--bind")
    assert command[at : at + 6] == [
        *["--bind", "127.0.0.1:8001", "--workers", "3", "--threads", "5"]
    ]
