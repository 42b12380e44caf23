"""A new key for what lies sealed in the database."""

from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from portal.drivers.sealing import SealingError
from portal.services.sealing import rotate_keys


class Command(BaseCommand):
    """``manage.py rotate_keys``: everything is sealed anew; old keys go on opening old backups."""

    help = "Seal the keys of second factors with a new key (or with the first of SEALING_KEYS)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--retire", action="store_true", help="take older keys out of KEYS_DIR afterwards"
        )

    def handle(self, *, retire: bool, **_options: object) -> None:
        try:
            rows = rotate_keys(now=timezone.now(), retire=retire)
        except SealingError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{rows} second factors sealed anew; save the keys: backup --keys")
