"""What is kept no longer, deleted."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from portal.services.retention import run_retention


class Command(BaseCommand):
    """``manage.py retention [--dry-run]``: JSON of what was (or would be) deleted."""

    help = "Deletes what the register of data keeps for days only; runs every night by itself."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take ``--dry-run``."""
        parser.add_argument("--dry-run", action="store_true", help="count only")

    def handle(self, *_args: Any, dry_run: bool, **_options: Any) -> None:
        """Run and report."""
        now = timezone.now()
        found = run_retention(now=now, dry_run=dry_run)
        report = {
            "dry_run": dry_run,
            "at": now.isoformat(timespec="seconds"),
            "tables": [one.as_dict() for one in found],
        }
        self.stdout.write(json.dumps(report, ensure_ascii=False))
