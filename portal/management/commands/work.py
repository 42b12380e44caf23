"""The worker alone: the queue's clusters under their watchdog."""

from argparse import ArgumentParser

from django.core.management.base import BaseCommand

from portal.management.processes import GRACE_SECONDS, stop_flag
from portal.management.watchdog import Watchdog
from portal.selectors.background import QUEUES


class Command(BaseCommand):
    """``manage.py work``: until SIGTERM or Ctrl-C. The web server runs elsewhere."""

    help = "Run the background work's clusters under their watchdog until SIGTERM or Ctrl-C."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--queue", action="append", choices=QUEUES, help="only this queue (repeatable)"
        )
        parser.add_argument(
            "--grace", type=float, default=GRACE_SECONDS, help="seconds to finish after SIGTERM"
        )

    def handle(self, *, queue: list[str] | None, grace: float, **_options: object) -> None:
        stopping = stop_flag()
        watchdog = Watchdog(queue or list(QUEUES), self.stderr.write)
        try:
            watchdog.start()
            while not stopping():
                watchdog.look()
                watchdog.rest()
        finally:
            watchdog.stop([], grace)
