"""A version of the privacy notice, published."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from portal.domain.lifecycle import Refused
from portal.labels import refusal_text
from portal.services.privacy import SHIPPED, publish_notice, read_words


class Command(BaseCommand):
    """``manage.py publish_privacy [FILE]``: everybody is asked to read it at the next sign-in."""

    help = "Publishes a privacy notice from a JSON file (the shipped one by default)."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the file."""
        parser.add_argument("file", nargs="?", type=Path, default=SHIPPED)

    def handle(self, *_args: Any, file: Path, **_options: Any) -> None:
        """Publish, or say why not."""
        try:
            notice = publish_notice(words=read_words(file), actor=None, now=timezone.now())
        except Refused as refusal:
            raise CommandError(refusal_text(refusal)) from refusal
        self.stdout.write(f"{notice.version} {notice.digest}")
