"""Audit entries that are older than the county keeps them."""

from argparse import ArgumentParser

from django.core.management.base import BaseCommand
from django.utils import timezone

from portal.services.audit import due_anchors, prune_audit


class Command(BaseCommand):
    """``manage.py prune_audit [--dry-run]``: as ``AUDIT_KEEP_DAYS`` says, 184 days at least."""

    help = "Remove audit entries older than AUDIT_KEEP_DAYS, up to an anchor."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only say what would go")

    def handle(self, *, dry_run: bool, **_options: object) -> None:
        now = timezone.now()
        if dry_run:
            due = due_anchors(now)
            upto = f"up to the anchor of {due[-1].on}" if due else "nothing"
            self.stdout.write(f"Would remove: {upto}.")
            return
        self.stdout.write(f"{prune_audit(now=now)} entries removed.")
