"""``manage.py verify_document FILE``: what /verify/ says of a file, without a browser."""

from argparse import ArgumentParser
from pathlib import Path

from django.core.files import File
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from portal.services.documents import check_file


class Command(BaseCommand):
    """Exit code 0 for a valid document of this portal, else 1 with the reason."""

    help = "Checks a PDF: valid, revoked and so on, signed, altered, unknown."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the file."""
        parser.add_argument("file", type=Path)

    def handle(self, **options: object) -> None:
        """Print number and state."""
        path = Path(str(options["file"]))
        with path.open("rb") as opened:
            check = check_file(File(opened), today=timezone.localdate())
        if check.found is None:
            raise CommandError(check.verdict)
        line = f"{check.found.document.number} {check.found.state} {check.sha256}"
        if check.found.state != "valid":
            raise CommandError(line)
        self.stdout.write(line)
