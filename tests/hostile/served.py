"""The portal as in production: gunicorn under its own settings behind nginx, both from the files
in ``config/deploy`` with nothing replaced but names and paths."""

import http.client
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)
DEPLOY = ROOT / "config" / "deploy"
NAME = "portal.example"
PATIENCE_SECONDS = 60
# What systemd does for a service with a socket: sd_listen_fds(3).
HAND_OVER = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.set_inheritable(3, True)
os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
os.execv(sys.argv[2], sys.argv[2:])
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Gunicorn:
    """The web server on a socket that it inherits, as from systemd."""

    allowed: float
    """Seconds within which it has to be back after a blow, where a test says so."""

    def __init__(self, home: Path, database_url: str) -> None:
        self.home = home
        (home / "static").symlink_to(ROOT / "var" / "static")
        self.path = home / "web.sock"
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(self.path))
        self.listener.listen(2048)
        self.environ = {
            **{key: os.environ[key] for key in ("PATH", "HOME", "LANG") if key in os.environ},
            "DJANGO_SETTINGS_MODULE": "config.settings.production",
            "SECRET_KEY": settings.SECRET_KEY,
            "DATABASE_URL": database_url,
            "VAR_DIR": str(home),
            "ALLOWED_HOSTS": NAME,
            "BASE_URL": f"https://{NAME}",
            "EMAIL_URL": "smtp://mail.example",
            "X_ACCEL_PREFIX": "/protected/",
            "CLIENT_ADDRESS_HEADER": "X-Real-IP",
        }

    def start(self) -> None:
        """Start it; whoever connects meanwhile waits in the socket's queue."""
        command = [sys.executable, "-m", "gunicorn", "-c", str(DEPLOY / "gunicorn.conf.py")]
        command += ["--chdir", str(ROOT), "config.wsgi:application"]
        with (self.home / "gunicorn.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", HAND_OVER, str(self.listener.fileno()), *command],
                env=self.environ,
                pass_fds=[self.listener.fileno()],
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def reload(self) -> None:
        """Do what ``systemctl reload portal-web`` does."""
        self.process.send_signal(signal.SIGHUP)

    def stop(self) -> int:
        """Do what ``systemctl stop portal-web`` does; return the exit code."""
        self.process.terminate()
        return self.process.wait(timeout=PATIENCE_SECONDS)

    def workers(self) -> set[int]:
        """Return the ids of the worker processes."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return {int(pid) for pid in children.read_text(encoding="ascii").split()}


@contextmanager
def gunicorn(home: Path, database_url: str) -> Iterator[Gunicorn]:
    """Serve the portal on a Unix socket below ``home``."""
    server = Gunicorn(home, database_url)
    server.start()
    try:
        yield server
    finally:
        with suppress(ProcessLookupError):
            os.killpg(server.process.pid, signal.SIGKILL)
        server.process.wait()
        server.listener.close()


@dataclass
class Nginx:
    """The proxy, and how to ask it."""

    http: int
    https: int
    certificate: Path

    def ask(
        self,
        path: str,
        method: str = "GET",
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> tuple[int, dict[str, str], bytes]:
        """Return status, headers (in lower case) and body."""
        link = self.connection()
        try:
            link.request(method, path, body, {"Host": NAME, **(headers or {})})
            answer = link.getresponse()
            found = {key.lower(): value for key, value in answer.getheaders()}
            return answer.status, found, answer.read()
        finally:
            link.close()

    def connection(self) -> http.client.HTTPSConnection:
        """Return a connection under the portal's TLS name."""
        return Named("127.0.0.1", self.https, context=self.context(), timeout=PATIENCE_SECONDS)

    def context(self) -> ssl.SSLContext:
        """Return what trusts the self-made certificate and nothing else."""
        return ssl.create_default_context(cafile=str(self.certificate))


class Named(http.client.HTTPSConnection):
    """A connection to the loopback that asks for the portal by its name."""

    def connect(self) -> None:
        plain = socket.create_connection((self.host, self.port), self.timeout)
        self.sock = self._context.wrap_socket(plain, server_hostname=NAME)


@contextmanager
def nginx(home: Path, changes: dict[str, str] | None = None) -> Iterator[Nginx]:
    """Run nginx with the example file in front of the socket below ``home``."""
    certificate = self_made_certificate(home)
    proxy = Nginx(free_port(), free_port(), certificate)
    text = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    replaced = {
        "listen 80;": f"listen 127.0.0.1:{proxy.http};",
        "listen 80 default_server;": f"listen 127.0.0.1:{proxy.http} default_server;",
        "listen 443 ": f"listen 127.0.0.1:{proxy.https} ",
        "    listen [::]:80;\n": "",
        "    listen [::]:80 default_server;\n": "",
        "    listen [::]:443 ssl default_server;\n": "",
        "    listen [::]:443 ssl http2;\n": "",
        "/run/portal/web.sock": str(home / "web.sock"),
        "/etc/ssl/portal/": f"{home}/",
        "/var/lib/portal/": f"{home}/",
        "/var/log/nginx/": f"{home}/",
        "/etc/nginx/portal_proxy.conf": f"{DEPLOY}/portal_proxy.conf",
        **(changes or {}),
    }
    for old, new in replaced.items():
        assert old in text, f"the example no longer says {old!r}"
        text = text.replace(old, new)
    (home / "portal.conf").write_text(text, encoding="utf-8")
    (home / "nginx.conf").write_text(around(home), encoding="utf-8")
    command = ["nginx", "-e", f"{home}/error.log", "-p", str(home), "-c", f"{home}/nginx.conf"]
    process = subprocess.Popen(
        command, env={**os.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin"}
    )
    try:
        wait_for(lambda: socket.create_connection(("127.0.0.1", proxy.https), 1).close())
        yield proxy
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE_SECONDS)


def around(home: Path) -> str:
    """Return what Debian's nginx.conf is around a site, in a folder of our own."""
    folders = "".join(
        f"{kind}_temp_path {home}/nginx-{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user root;\n" if os.getuid() == 0 else ""
    return (
        f"{user}daemon off;\nworker_processes 1;\npid {home}/nginx.pid;\nevents {{}}\n"
        f"http {{\ninclude /etc/nginx/mime.types;\naccess_log off;\n{folders}"
        f"include {home}/portal.conf;\n}}\n"
    )


def self_made_certificate(home: Path) -> Path:
    """Make key and certificate of the example's name; return the certificate."""
    chain = home / "fullchain.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2"
    names = ["-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}"]
    files = ["-keyout", str(home / "key.pem"), "-out", str(chain)]
    subprocess.run([*command.split(), *names, *files], check=True, capture_output=True)
    return chain


def wait_for(deed) -> None:
    """Try ``deed`` until it works."""
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return deed()
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
