"""Web server and worker under one command."""

import os
import socket
import sys
from argparse import ArgumentParser
from collections.abc import Callable

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from portal.management.processes import GRACE_SECONDS, Child, stop_flag
from portal.management.watchdog import Watchdog
from portal.selectors.background import QUEUES


class Command(BaseCommand):
    """``manage.py serve``: until Ctrl-C, or until the web server dies (exit code 1)."""

    help = "Run web server and worker together on 127.0.0.1:${PORT:-8000} until Ctrl-C."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=int(os.environ.get("PORT", "8000")))
        parser.add_argument("--web-workers", type=int, default=2)
        parser.add_argument("--threads", type=int, default=4)

    def handle(self, **options: object) -> None:
        host, port = str(options["host"]), int(str(options["port"]))
        refuse_busy_port(host, port)
        web = Child("web", web_command(host, port, options))
        watchdog = Watchdog(list(QUEUES), self.stderr.write)
        stopping = stop_flag()
        self.stdout.write(
            _("Serving on http://%(host)s:%(port)s/ – Ctrl-C stops.")
            % {
                "host": host,
                "port": port,
            }
        )
        try:
            web.start()
            watchdog.start()
            watch(web, watchdog, stopping)
        finally:
            watchdog.stop([web], GRACE_SECONDS)
        if not stopping():
            raise CommandError(_("The web server stopped by itself; its messages are above."))


def watch(web: Child, watchdog: Watchdog, stopping: Callable[[], bool]) -> None:
    """Return when told to stop or when the web server died; look after the clusters meanwhile."""
    while not stopping() and web.exit_code() is None:
        watchdog.look()
        watchdog.rest()


def web_command(host: str, port: int, options: dict[str, object]) -> list[str]:
    """Return gunicorn's command line. Its heartbeat files lie in memory, not on a slow disk."""
    shared_memory = ["--worker-tmp-dir", "/dev/shm"] if os.access("/dev/shm", os.W_OK) else []  # noqa: S108 gunicorn makes its own names there
    return [
        *[sys.executable, "-m", "gunicorn", "config.wsgi:application"],
        *["--bind", f"{host}:{port}", "--workers", str(options["web_workers"])],
        *["--threads", str(options["threads"]), "--chdir", str(settings.BASE_DIR)],
        *["--no-control-socket", "--log-level", "warning", *shared_memory],
    ]


def refuse_busy_port(host: str, port: int) -> None:
    """Say so when something else listens there already, before anything is started."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            message = _("%(host)s:%(port)s cannot be used (%(reason)s). Choose another: PORT=8001")
            raise CommandError(
                message % {"host": host, "port": port, "reason": error.strerror}
            ) from error
