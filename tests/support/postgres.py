"""A PostgreSQL server of a test's own, to be killed and started again."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

BINARIES = ("initdb", "pg_ctl", "pg_dump", "psql")
USER, NAME, HOST = "portal", "postgres", "127.0.0.1"


def binaries() -> Path | None:
    """Return the folder of the newest server on this machine."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: path.parent.name)
    return next(
        (
            folder
            for folder in reversed(folders)
            if all((folder / name).exists() for name in BINARIES)
        ),
        None,
    )


def unprivileged() -> list[str]:
    """PostgreSQL refuses to run as root."""
    if os.getuid() != 0:
        return []
    return ["runuser", "-u", "postgres", "--"]


class Server:
    """Loses nothing that it has confirmed when its processes are killed."""

    def __init__(self, folder: Path, bin_folder: Path) -> None:
        self.folder, self.bin = folder, bin_folder
        with socket.socket() as probe:
            probe.bind((HOST, 0))
            self.port = probe.getsockname()[1]

    def run(self, name: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        """Run one of the server's programs as its user."""
        return subprocess.run(
            [*unprivileged(), str(self.bin / name), *arguments],
            cwd=self.folder,
            capture_output=True,
            check=False,
        )

    def create(self) -> None:
        if os.getuid() == 0:
            shutil.chown(self.folder, "postgres")
        arguments = ["-U", USER, "-A", "trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
        made = self.run("initdb", "-D", str(self.folder / "data"), *arguments)
        assert made.returncode == 0, made.stderr

    def start(self) -> None:
        """Start it; after a kill its old processes may need a moment to go."""
        options = f"-p {self.port} -k {self.folder} -c listen_addresses={HOST} -c fsync=off"
        arguments = ["-D", str(self.folder / "data"), "-l", str(self.folder / "log"), "-w"]
        until = time.monotonic() + 15
        while self.run("pg_ctl", *arguments, "-o", options, "start").returncode != 0:
            assert time.monotonic() < until, (self.folder / "log").read_text(encoding="utf-8")
            time.sleep(0.2)

    def kill(self) -> None:
        """Kill the postmaster, as an out-of-memory killer does; its backends go with it."""
        pid = int((self.folder / "data" / "postmaster.pid").read_text(encoding="ascii").split()[0])
        os.kill(pid, signal.SIGKILL)

    def stop(self) -> None:
        self.run("pg_ctl", "-D", str(self.folder / "data"), "-m", "immediate", "-w", "stop")

    @property
    def url(self) -> str:
        return f"postgres://{USER}@{HOST}:{self.port}/{NAME}"

    def copy_from(self, url: str) -> None:
        """Copy the database at ``url`` into this server's."""
        dump = subprocess.run(
            [str(self.bin / "pg_dump"), "--no-owner", url], capture_output=True, check=True
        )
        subprocess.run(
            [str(self.bin / "psql"), "-q", "-v", "ON_ERROR_STOP=1", self.url],
            input=dump.stdout,
            stdout=subprocess.DEVNULL,
            check=True,
        )


@contextmanager
def own_server() -> Iterator[Server]:
    """Yield a running server, and remove it afterwards."""
    import tempfile

    found = binaries()
    assert found is not None, "the server's binaries are missing"
    # Not below pytest's folder, which the server's user may not enter.
    folder = Path(tempfile.mkdtemp(prefix="hy-chaos-", dir="/tmp"))
    server = Server(folder, found)
    try:
        server.create()
        server.start()
        yield server
    finally:
        server.stop()
        with suppress(OSError):
            shutil.rmtree(folder)
