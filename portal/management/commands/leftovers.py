"""What killed processes left behind, removed."""

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from portal.services.leftovers import remove_leftovers


class Command(BaseCommand):
    """``manage.py leftovers [--dry-run]``: JSON of what was (or would be) removed."""

    help = "Removes files without a row and background work long done; runs every night by itself."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take ``--dry-run``."""
        parser.add_argument("--dry-run", action="store_true", help="count only")

    def handle(self, *_args: Any, dry_run: bool, **_options: Any) -> None:
        """Run and report."""
        found = remove_leftovers(now=timezone.now(), dry_run=dry_run)
        self.stdout.write(json.dumps({"dry_run": dry_run, **asdict(found)}))
