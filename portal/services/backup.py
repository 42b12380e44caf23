"""Backup and restore of a whole instance: database, private files, public media.

A set is a folder with ``manifest.json`` written last, so that an interrupted backup is no
set. Files are content-addressed and only ever added: copied after the database, they hold
everything that it names, while the portal goes on working.
"""

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

import django
from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import Storage, storages
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from portal.drivers.databases import DumpError, dumper, table_counts
from portal.models import Organisation, StoredFile, User
from portal.services.audit import verify_chain
from portal.services.operations import operation

FORMAT = "portal-backup/1"
MANIFEST = "manifest.json"
CHUNK = 1024 * 1024
SHOWN = 20
FOLDERS = {"files": "private", "media": "default"}
"""Folder of a set → the storage whose files it holds."""
Progress = Callable[[str], None]


class BackupError(Exception):
    """Nothing was changed; the text says why."""


@dataclass(frozen=True)
class Manifest:
    """What a set holds: ``files`` maps a path to its SHA-256, ``counts`` a table to its rows.

    ``missing`` names stored files whose bytes were gone or damaged already; ``secret`` tells
    whether ``SECRET_KEY`` is still the same (``secret_fingerprint``).
    """

    format: str
    created: str
    engine: str
    versions: dict[str, str]
    migrations: list[str]
    counts: dict[str, int]
    files: dict[str, str]
    missing: list[str]
    secret: str = ""


def silent(_line: str) -> None:
    """Report nothing."""


# --- Backup


def backup(*, folder: Path, now: datetime, progress: Progress = silent) -> Manifest:
    """Write a set into ``folder`` (new or empty) while the portal works. Audited.

    Raises ``BackupError`` where the folder is in use or the database's tools fail.
    """
    open_folder(folder)
    progress("database")
    try:
        counts = dumper().dump(folder / dumper().file_name)
    except DumpError as error:
        raise BackupError(str(error)) from error
    files = {dumper().file_name: digest_of(folder / dumper().file_name)}
    missing: list[str] = []
    for name, digest in stored_names():
        if not copy_out("files", name, folder, files, expected=digest):
            missing.append(name)
        progress(f"files/{name}")
    for name in walk(storages["default"]):
        copy_out("media", name, folder, files)
        progress(f"media/{name}")
    manifest = Manifest(
        FORMAT,
        now.isoformat(),
        connection.vendor,
        versions(),
        applied_migrations(),
        counts,
        files,
        missing,
        secret_fingerprint(),
    )
    text = json.dumps(asdict(manifest), ensure_ascii=False, indent=1, sort_keys=True)
    (folder / MANIFEST).write_text(text, encoding="utf-8")
    with operation("instance.backup", actor=None, now=now, files=len(files), missing=len(missing)):
        return manifest


def open_folder(folder: Path) -> None:
    """Make the folder, readable by its owner only; refuse one that holds anything."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise BackupError(f"{folder} is not empty.")
    except OSError as error:
        raise BackupError(f"{folder}: {error.strerror}") from error


def stored_names() -> Iterator[tuple[str, str]]:
    """Yield (storage name, SHA-256) of every stored content, once."""
    digests = StoredFile.objects.order_by("sha256").values_list("sha256", flat=True).distinct()
    for digest in digests.iterator(chunk_size=2000):
        yield StoredFile(sha256=digest).storage_name, digest


def walk(storage: Storage, folder: str = "") -> Iterator[str]:
    """Yield the name of every file in a storage."""
    try:
        folders, names = storage.listdir(folder)
    except FileNotFoundError:
        return
    prefix = f"{folder}/" if folder else ""
    yield from (prefix + name for name in sorted(names))
    for name in sorted(folders):
        yield from walk(storage, prefix + name)


def copy_out(
    kind: str, name: str, folder: Path, files: dict[str, str], *, expected: str = ""
) -> bool:
    """Copy one stored file into the set; return False where it is gone or not what it was."""
    target = folder / kind / name
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with storages[FOLDERS[kind]].open(name, "rb") as source, target.open("wb") as copy:
            digest = copy_hashing(source, copy)
    except FileNotFoundError:
        return False
    if expected and digest != expected:
        target.unlink()
        return False
    files[f"{kind}/{name}"] = digest
    return True


def copy_hashing(source: "File[bytes] | BinaryIO", target: BinaryIO | None) -> str:
    """Copy ``source`` (to nowhere where ``target`` is None) and return its SHA-256 (hex)."""
    digest = hashlib.sha256()
    while chunk := source.read(CHUNK):
        digest.update(chunk)
        if target is not None:
            target.write(chunk)
    return digest.hexdigest()


def digest_of(path: Path) -> str:
    """Return the SHA-256 (hex) of a file."""
    with path.open("rb") as opened:
        return copy_hashing(opened, None)


def secret_fingerprint() -> str:
    """Return what tells one ``SECRET_KEY`` from another, and nothing else about it."""
    key: str = settings.SECRET_KEY
    return hmac.new(key.encode(), b"portal backup", hashlib.sha256).hexdigest()[:16]


def versions() -> dict[str, str]:
    """Return the versions that a restore may ask about."""
    return {"django": django.get_version(), "wagtail": version("wagtail")}


def applied_migrations() -> list[str]:
    """Return the applied migrations as ``app.name``."""
    applied = MigrationRecorder(connection).applied_migrations()
    return sorted(f"{app}.{name}" for app, name in applied)


# --- Restore


def restore(
    *, folder: Path, now: datetime, force: bool = False, progress: Progress = silent
) -> Manifest:
    """Put a set back into an empty instance (or, by ``force``, over one that is in use). Audited.

    Everything is checked first; ``BackupError`` means that nothing was touched, unless its
    text says otherwise. Files are added before the database is replaced in one transaction;
    then rows are counted, an older set is migrated, every stored file that the database names is
    looked for, and the audit chains are walked.
    """
    manifest = read_manifest(folder)
    require_fitting(manifest)
    require_whole(manifest, folder, progress)
    if not force:
        require_empty()
        if manifest.missing:
            raise BackupError(
                f"The set was made without {len(manifest.missing)} stored files that were "
                f"missing or damaged; --force restores the rest. {some(manifest.missing)}"
            )
    for path in manifest.files:
        copy_in(path, folder)
        progress(path)
    try:
        dumper().load(folder / dumper().file_name)
    except DumpError as error:
        raise BackupError(f"The database is as it was; files were added. {error}") from error
    require_same_rows(manifest)
    if pending_migrations():
        call_command("migrate", verbosity=0, interactive=False)
    require_named_files(manifest)
    require_whole_chain(progress)
    with operation("instance.restore", actor=None, now=now, created=manifest.created):
        return manifest


def read_manifest(folder: Path) -> Manifest:
    """Return the manifest of a set."""
    try:
        values: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        manifest = Manifest(**values)
        paths = [PurePosixPath(path) for path in manifest.files]
    except FileNotFoundError as error:
        raise BackupError(f"{folder} holds no {MANIFEST}: it is no complete set.") from error
    except (OSError, ValueError, TypeError) as error:
        raise BackupError(f"{MANIFEST} is damaged.") from error
    if manifest.format != FORMAT or any(path.is_absolute() or ".." in path.parts for path in paths):
        raise BackupError(f"{MANIFEST} is not of the format {FORMAT}.")
    return manifest


def require_fitting(manifest: Manifest) -> None:
    """Refuse a set of another engine, or of a newer version of the portal."""
    if manifest.engine != connection.vendor:
        raise BackupError(
            f"The set was made on {manifest.engine}; this instance runs on {connection.vendor}."
        )
    known = {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}
    if newer := sorted(set(manifest.migrations) - known):
        raise BackupError(f"The set is of a newer version of the portal ({newer[0]}).")


def require_whole(manifest: Manifest, folder: Path, progress: Progress = silent) -> None:
    """Refuse a set in which any file is missing or changed."""
    if dumper().file_name not in manifest.files:
        raise BackupError(f"The set is incomplete: {dumper().file_name} is missing.")
    for path, digest in manifest.files.items():
        progress(path)
        if not (folder / path).is_file():
            raise BackupError(f"The set is incomplete: {path} is missing.")
        if digest_of(folder / path) != digest:
            raise BackupError(f"The set is damaged: {path} is not what it was.")
    try:
        dumper().check(folder / dumper().file_name)
    except DumpError as error:
        raise BackupError(f"The set is damaged: {error}") from error


def require_empty() -> None:
    """Refuse an instance that knows people, organisations or files."""
    tables = connection.introspection.table_names()
    for model in (User, Organisation, StoredFile):
        if model._meta.db_table in tables and model._default_manager.exists():
            raise BackupError("This instance is in use; --force replaces all that it holds.")


def require_same_rows(manifest: Manifest) -> None:
    """Say so where a table holds other rows than the set did: its database was restored."""
    counts = table_counts()
    for table, rows in manifest.counts.items():
        if counts.get(table) != rows:
            raise BackupError(
                f"The set was restored, but {table} holds {counts.get(table)} rows, not {rows}."
            )


def pending_migrations() -> bool:
    """Return whether the database is older than the code."""
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def require_named_files(manifest: Manifest) -> None:
    """Say so where the restored database names stored files that are nowhere.

    Those that the set says were missing already were agreed to by ``force``.
    """
    store = storages[FOLDERS["files"]]
    lost = [
        name
        for name, _digest in stored_names()
        if f"files/{name}" not in manifest.files
        and name not in manifest.missing
        and not store.exists(name)
    ]
    if lost:
        raise BackupError(
            f"The set was restored, but its database names {len(lost)} stored files that are in "
            f"neither the set nor the file store: {some(lost)}. Look for them in another set "
            "(files/…) and put them into the file store under the same name."
        )


def some(names: list[str]) -> str:
    """Return the first twenty names in one line, and how many more there are."""
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def require_whole_chain(progress: Progress) -> None:
    """Say so where the restored audit trail is broken."""
    report = verify_chain(lambda checked: progress(f"{checked} audit entries"))
    if report.broken is not None:
        raise BackupError(
            f"The set was restored, but its audit trail is broken at entry {report.broken} "
            f"({report.problem})."
        )


def copy_in(path: str, folder: Path) -> None:
    """Put one file of the set into its storage, over a copy that differs."""
    kind, _slash, name = path.partition("/")
    if kind not in FOLDERS:
        return
    storage = storages[FOLDERS[kind]]
    with (folder / path).open("rb") as source:
        if storage.exists(name):
            with storage.open(name, "rb") as present:
                if copy_hashing(present, None) == digest_of(folder / path):
                    return
            storage.delete(name)
        storage.save(name, File(source, name=name))
