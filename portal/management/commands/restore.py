"""A whole instance back from a folder that ``backup`` wrote."""

from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from portal.services.backup import BackupError, restore, secret_fingerprint
from portal.services.backup_keys import restore_keys
from portal.services.backup_runs import fetch_offsite


class Command(BaseCommand):
    """``manage.py restore DIR``: checks the whole set before it touches anything."""

    help = "Restore database and files from DIR; refuses a damaged set and an instance in use."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("dir", type=Path)
        parser.add_argument(
            "--force", action="store_true", help="replace an instance that is in use"
        )
        parser.add_argument(
            "--fetch",
            metavar="NAME",
            help="bring this set (or: latest) from off-site into DIR first",
        )
        parser.add_argument(
            "--keys", type=Path, metavar="OTHER", help="put the keys saved there back first"
        )

    def handle(
        self,
        *,
        dir: Path,  # noqa: A002 the contract's word
        force: bool,
        fetch: str | None,
        keys: Path | None,
        **_options: object,
    ) -> None:
        try:
            if fetch:
                fetch_offsite(name=fetch, folder=dir)
            if keys is not None:
                self.stdout.write(f"{len(restore_keys(folder=keys))} keys restored")
            manifest = restore(
                folder=dir, now=timezone.now(), force=force, progress=self.stderr.write
            )
        except BackupError as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"{error.filename or dir}: {error.strerror}") from error
        self.stdout.write(f"{len(manifest.files)} files of {manifest.created} restored")
        if manifest.secret not in {"", secret_fingerprint()}:
            self.stderr.write("SECRET_KEY is not the one that the set was made with.")
        self.stdout.write("Rows and audit trail are those of the set; start the portal.")
