"""Keys, saved apart from sets: who finds a set must not find what signs and opens it."""

import json
import shutil
from datetime import datetime
from pathlib import Path

from django.conf import settings

from portal.services.backup import BackupError, digest_of, open_folder
from portal.services.operations import operation

KEYS = "keys.json"
SECRET = "secret_key"  # noqa: S105 a file's name
SEALING = "sealing_keys"


def save_keys(*, folder: Path, apart_from: Path, now: datetime) -> list[str]:
    """Copy ``SECRET_KEY``, ``SEALING_KEYS`` and all of ``KEYS_DIR`` into ``folder``. Audited.

    Only its owner can read the folder; it may not lie in the set's folder, nor around it.
    """
    here, there = folder.resolve(), apart_from.resolve()
    if here == there or here in there.parents or there in here.parents:
        raise BackupError("Keys are kept apart: name a folder that is no part of the set.")
    open_folder(folder)
    with operation("instance.backup_keys", actor=None, now=now):
        write_private(folder / SECRET, settings.SECRET_KEY.encode())
        if settings.SEALING_KEYS:
            write_private(folder / SEALING, "\n".join(settings.SEALING_KEYS).encode())
        for path in sorted(settings.KEYS_DIR.rglob("*")):
            if path.is_file():
                target = folder / "keys" / path.relative_to(settings.KEYS_DIR)
                target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                write_private(target, path.read_bytes())
        names = sorted(
            str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()
        )
        digests = {name: digest_of(folder / name) for name in names}
        write_private(folder / KEYS, json.dumps(digests, indent=1).encode())
    return names


def write_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner can read."""
    path.touch(mode=0o600)
    path.write_bytes(content)


def settings_saved(*, folder: Path) -> dict[str, str]:
    """Return the saved settings that differ from those in force, as name → the file it lies in."""
    now = {SECRET: settings.SECRET_KEY, SEALING: "\n".join(settings.SEALING_KEYS)}
    return {
        name.upper(): str(folder / name)
        for name, value in now.items()
        if (folder / name).is_file() and (folder / name).read_text(encoding="utf-8") != value
    }


def restore_keys(*, folder: Path) -> list[str]:
    """Put the keys of ``KEYS_DIR`` back where none are; refuse a folder that is not whole.

    ``SECRET_KEY`` and ``SEALING_KEYS`` are settings: they are left to the operator.
    """
    try:
        digests: dict[str, str] = json.loads((folder / KEYS).read_text(encoding="utf-8"))
        damaged = [
            name
            for name, digest in digests.items()
            if ".." in Path(name).parts or digest_of(folder / name) != digest
        ]
    except (OSError, ValueError) as error:
        raise BackupError(f"{folder} holds no whole set of keys.") from error
    if damaged:
        raise BackupError(f"{damaged[0]} is not the key that was saved.")
    names = [name for name in digests if name.startswith("keys/")]
    for name in names:
        target = settings.KEYS_DIR / name.removeprefix("keys/")
        if target.exists() and digest_of(target) != digests[name]:
            raise BackupError(f"{target} is another key; move it away first.")
    for name in names:
        target = settings.KEYS_DIR / name.removeprefix("keys/")
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.copyfile(folder / name, target)
        target.chmod(0o600)
    return names
