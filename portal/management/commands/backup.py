"""A whole instance into a folder, while it works."""

from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from portal.services.backup import BackupError, backup, some
from portal.services.backup_keys import save_keys


class Command(BaseCommand):
    """``manage.py backup DIR``: exit 1 where stored files were missing already."""

    help = "Write database and files into DIR (new or empty) with a manifest of digests."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("dir", type=Path)
        parser.add_argument(
            "--keys",
            type=Path,
            metavar="OTHER",
            help="save keys into this folder, to be kept apart",
        )

    def handle(self, *, dir: Path, keys: Path | None, **_options: object) -> None:  # noqa: A002 the contract's word
        try:
            if keys is not None:
                saved = save_keys(folder=keys, apart_from=dir, now=timezone.now())
                self.stdout.write(f"{len(saved)} keys in {keys}")
            manifest = backup(folder=dir, now=timezone.now(), progress=self.stderr.write)
        except BackupError as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"{error.filename or dir}: {error.strerror}") from error
        rows = sum(manifest.counts.values())
        self.stdout.write(f"{len(manifest.files)} files, {rows} rows in {dir}")
        if manifest.missing:
            raise CommandError(
                f"{len(manifest.missing)} stored files are missing or damaged and not in the "
                f"set: {some(manifest.missing)}"
            )
