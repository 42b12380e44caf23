"""Bulk rows for load tests and benchmarks."""

from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from portal.services.generated import MOST, generate_organisations, remove_generated


class Command(BaseCommand):
    """``manage.py generate_providers N``: N generated firms in all, or none."""

    help = "Generate firms for load tests, marked as generated; --remove deletes them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("count", type=int, nargs="?", metavar="N")
        parser.add_argument("--remove", action="store_true", help="delete the generated firms")

    def handle(self, *, count: int | None, remove: bool, **_options: object) -> None:
        now = timezone.now()
        if remove:
            removed = remove_generated(now=now, progress=self.show)
            self.stdout.write(f"{removed} removed")
            return
        if count is None or not 0 < count <= MOST:
            raise CommandError(f"N is a whole number from 1 to {MOST}.")
        added = generate_organisations(count=count, now=now, progress=self.show)
        self.stdout.write(f"{added} added, {count - added} there already")

    def show(self, rows: int) -> None:
        """Show how far it is."""
        self.stderr.write(f"{rows} rows")
