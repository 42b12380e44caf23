"""A whole instance back from a folder that ``backup`` wrote."""

from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from portal.services.backup import BackupError, Manifest, restore, secret_fingerprint, some
from portal.services.backup_keys import restore_keys, settings_saved
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
        if manifest.missing:
            self.stderr.write(f"Not in the set, as when it was made: {some(manifest.missing)}")
        self.tell_settings(manifest, settings_saved(folder=keys) if keys else {})
        self.stdout.write("Rows and audit trail are those of the set; start the portal.")

    def tell_settings(self, manifest: Manifest, saved: dict[str, str]) -> None:
        """Say what to do where settings are others than those of the set."""
        sealing = saved.pop("SEALING_KEYS", None)
        if sealing:
            self.stderr.write(
                "SEALING_KEYS differs from the one saved with the keys. Put the lines of "
                f"{sealing}, joined by commas, into SEALING_KEYS, before what is newer there: "
                "without them nobody's second factor opens."
            )
        if manifest.secret in {"", secret_fingerprint()}:
            return
        place = saved.get("SECRET_KEY", "the file secret_key of the folder that --keys saved")
        self.stderr.write(
            "SECRET_KEY is not the one that the set was made with. Either set SECRET_KEY to what "
            f"stands in {place}, and restart the portal; or go on with the new one, which is right "
            "where the old one may be known to others: then everybody signs in again, and links "
            "sent before (invitations, new passwords, addresses to confirm) no longer work: "
            "send them again. Passwords, second factors, documents and the audit trail do not "
            "depend on it."
        )
