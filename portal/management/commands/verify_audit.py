"""The audit chains, walked from their first entries."""

from argparse import ArgumentParser, ArgumentTypeError
from datetime import date

from django.core.management.base import BaseCommand, CommandError

from portal.services.audit import verify_chain

WHY = {
    "link": "it does not follow the entry before it: one was removed or exchanged",
    "digest": "it was changed after it was written",
    "head": "the chain ends elsewhere than its head says: entries were cut off or added",
    "anchor": "the anchor of {anchor} says otherwise",
    "cut": "entries up to it were removed, and no anchor names it",
    "root": "the anchor of {anchor} is not what was published",
}


def root(text: str) -> tuple[date, str]:
    """Read ``YYYY-MM-DD=SHA256``."""
    day, _sign, digest = text.partition("=")
    try:
        return date.fromisoformat(day), digest.strip().lower()
    except ValueError as error:
        raise ArgumentTypeError("write it as YYYY-MM-DD=SHA256") from error


class Command(BaseCommand):
    """``manage.py verify_audit``: exit 0, or 1 naming the first broken entry and why."""

    help = "Recompute the audit trail's hash chains; exit 1 naming the first broken entry."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--root",
            type=root,
            action="append",
            default=[],
            metavar="YYYY-MM-DD=SHA256",
            help="an anchor's root noted elsewhere, from a document or a saved page",
        )

    def handle(self, *, root: list[tuple[date, str]], **_options: object) -> None:
        report = verify_chain(
            lambda checked: self.stderr.write(f"{checked} entries"), roots=dict(root)
        )
        if report.broken is not None:
            why = WHY[report.problem].format(anchor=report.anchor)
            raise CommandError(f"Entry {report.broken} is broken ({report.problem}): {why}.")
        self.stdout.write(f"{report.checked} entries, the chain is whole.")
