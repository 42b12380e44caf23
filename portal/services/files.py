"""Private files: hashed while they stream in, sniffed, held against an allow list, stored once."""

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, BinaryIO

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import Storage, storages

from portal.domain.content_types import (
    ALLOWED,
    EXTENSIONS,
    HEAD_BYTES,
    FileTypeRefused,
    check_type,
    settled,
    sniff,
)
from portal.domain.lifecycle import Invalid
from portal.labels.files import kind_of_file, kinds_of_files
from portal.models import Organisation, StoredFile, User
from portal.services.operations import operation

CHUNK = 1024 * 1024
LIMITS = {
    "evidence_photo": 20 * 1024 * 1024,
    "application_attachment": 50 * 1024 * 1024,
    "objection_evidence": 20 * 1024 * 1024,
}
"""Bytes by use; every other use has ``UPLOAD_LIMIT_BYTES``."""


@dataclass(frozen=True)
class Staged:
    """Bytes that are safely in storage but belong to no row yet."""

    name: str
    use: str
    sha256: str
    size: int
    media_type: str


class StagedBytes(File):  # type: ignore[type-arg]  # Django's class takes none at run time
    """Bytes that a folder takes over by renaming, so that a half file never has a full name."""

    def __init__(self, opened: BinaryIO, path: Path, name: str) -> None:
        """Remember where the bytes lie."""
        super().__init__(opened, name=name)
        self.path = path

    def temporary_file_path(self) -> str:
        """Return where the bytes lie."""
        return str(self.path)


def private_storage() -> Storage:
    """Return where private files live (a folder, or an S3-compatible store)."""
    return storages["private"]


def store_file(
    *,
    upload: File[bytes],
    use: str,
    actor: User | None,
    now: datetime,
    organisation: Organisation | None = None,
) -> StoredFile:
    """Keep an uploaded file and return its row.

    Raises ``Invalid``: ``file_empty``, ``file_too_large``, ``file_type``, ``file_ending``,
    ``storage_full``.
    Call it before the transaction of a use case where the file is large.
    """
    return record_stored(stage(upload, use), actor=actor, now=now, organisation=organisation)


def store_made(
    *,
    content: bytes,
    name: str,
    media_type: str,
    use: str,
    now: datetime,
    organisation: Organisation | None = None,
) -> StoredFile:
    """Keep a file that the portal made itself, under its digest. Audited."""
    staged = stage_made(
        lambda target: target.write(content), name=name, media_type=media_type, use=use
    )
    return record_stored(staged, actor=None, now=now, organisation=organisation)


def stage_made(
    write: Callable[[IO[bytes]], object], *, name: str, media_type: str, use: str
) -> Staged:
    """Put what ``write`` writes into storage under its digest; memory holds one MiB of it."""
    handle, path = tempfile.mkstemp(dir=settings.FILE_UPLOAD_TEMP_DIR, prefix="made-")
    try:
        with os.fdopen(handle, "w+b") as target:
            write(target)
            target.flush()
            os.fsync(target.fileno())
            size = target.seek(0, os.SEEK_END)
            target.seek(0)
            sha256 = hashlib.file_digest(target, "sha256").hexdigest()
        staged = Staged(name, use, sha256, size, media_type)
        put(Path(path), staged)
    finally:
        Path(path).unlink(missing_ok=True)
    return staged


def record_stored(
    staged: Staged, *, actor: User | None, now: datetime, organisation: Organisation | None
) -> StoredFile:
    """Write the row of a file that lies in storage. Audited."""
    with operation(
        "file.store",
        actor=actor,
        now=now,
        organisation=organisation,
        use=staged.use,
        sha256=staged.sha256,
        size=staged.size,
    ):
        return StoredFile.objects.create(
            use=staged.use,
            name=staged.name,
            sha256=staged.sha256,
            size=staged.size,
            media_type=staged.media_type,
            uploader=actor,
            organisation=organisation,
            created_at=now,
        )


def stage(upload: File[bytes], use: str) -> Staged:
    """Stream ``upload`` into storage under its digest; nothing is left behind on refusal."""
    name = clean_name(str(upload.name or "file"))
    folder = Path(settings.FILE_UPLOAD_TEMP_DIR)
    handle, path = tempfile.mkstemp(dir=folder, prefix="stage-")
    try:
        with os.fdopen(handle, "wb") as target:
            sha256, size = copy_hashing(upload, target, name, limit_for(use))
        media_type = judged_type(Path(path), use, name)
        staged = Staged(name, use, sha256, size, media_type)
        put(Path(path), staged)
    except OSError as error:
        raise Invalid("storage_full", name=name) from error
    finally:
        Path(path).unlink(missing_ok=True)
    return staged


def limit_for(use: str) -> int:
    """Return the largest size in bytes that ``use`` takes."""
    most: int = settings.UPLOAD_LIMIT_BYTES
    return min(LIMITS.get(use, most), most)


def copy_hashing(source: File[bytes], target: BinaryIO, name: str, limit: int) -> tuple[str, int]:
    """Copy in chunks and return (SHA-256, size); refuse an empty or oversized file at once."""
    digest, size = hashlib.sha256(), 0
    for chunk in source.chunks(CHUNK):
        size += len(chunk)
        if size > limit:
            raise Invalid("file_too_large", name=name, limit=limit // (1024 * 1024))
        digest.update(chunk)
        target.write(chunk)
    if not size:
        raise Invalid("file_empty", name=name)
    target.flush()
    os.fsync(target.fileno())
    return digest.hexdigest(), size


def judged_type(path: Path, use: str, name: str) -> str:
    """Return the type that the content shows, or refuse it."""
    with path.open("rb") as opened:
        head = opened.read(HEAD_BYTES)
        found = settled(use, sniff(head, opened), head)
    try:
        check_type(use, found, name)
    except FileTypeRefused as refusal:
        raise Invalid(
            "file_ending" if refusal.code == "extension" else "file_type",
            name=name,
            found=kind_of_file(found),
            allowed=kinds_of_files(ALLOWED[use]),
            endings=" ".join(EXTENSIONS.get(found, ())),
        ) from refusal
    return found


def put(path: Path, staged: Staged) -> None:
    """Move the bytes to their content address, unless the same bytes are already there.

    Bytes that no row refers to are written anew: they may be about to be removed as left over.
    """
    store = private_storage()
    target = StoredFile(sha256=staged.sha256).storage_name
    if store.exists(target):
        kept = StoredFile.objects.filter(sha256=staged.sha256).exists()
        if kept and store.size(target) == staged.size:
            return
        store.delete(target)
    with path.open("rb") as opened:
        store.save(target, StagedBytes(opened, path, target))


def clean_name(name: str) -> str:
    """Return a file name without folders, control characters or undue length."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(character for character in last if character.isprintable()).strip(". ")
    stem, dot, ending = kept.rpartition(".")
    if dot and len(ending) <= 10:
        return f"{stem[:180]}.{ending}"
    return kept[:190] or "file"


def read_chunks(stored: StoredFile) -> Iterator[bytes]:
    """Yield the bytes of a stored file, one MiB at a time."""
    with private_storage().open(stored.storage_name, "rb") as opened:
        while chunk := opened.read(CHUNK):
            yield chunk


def open_stored(stored: StoredFile) -> File[bytes]:
    """Open a stored file for reading; the caller closes it."""
    return private_storage().open(stored.storage_name, "rb")
