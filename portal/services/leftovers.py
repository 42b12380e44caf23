"""What killed processes leave behind and what background work has long done, removed.

A file is put into storage before its row is written, so a process that dies in between leaves
bytes that nobody refers to; an upload that is cut off leaves a temporary file. Both are removed
after a day. Work that failed or was parked stays until somebody looked at it.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.storage import Storage
from django.db.models import QuerySet
from django_q.models import Success

from portal.models import EventRecord, Job, StoredFile
from portal.services.backup import walk
from portal.services.files import private_storage
from portal.services.operations import operation

REST = timedelta(days=1)
"""How old a file must be: no upload and no transaction takes that long."""
BATCH = 500


@dataclass(frozen=True)
class Leftovers:
    """How many of each were found: files, and rows of background work."""

    uploads: int
    contents: int
    jobs: int
    events: int
    results: int

    @property
    def total(self) -> int:
        """Return how many there were in all."""
        return sum(asdict(self).values())


def remove_leftovers(*, now: datetime, dry_run: bool = False) -> Leftovers:
    """Remove what is left over and return how much it was; a dry run only counts. Audited."""
    uploads, contents = list(old_uploads(now)), list(unreferenced(private_storage(), now))
    work = old_work(now)
    if dry_run:
        counts = [rows.count() for rows in work]
        return Leftovers(len(uploads), len(contents), *counts)
    # Files first: should the process die here, the next run finds what is left.
    for path in uploads:
        path.unlink(missing_ok=True)
    removed = sum(remove_content(name) for name in contents)
    found = Leftovers(len(uploads), removed, *(delete_in_batches(rows) for rows in work))
    if found.total:
        with operation("leftovers.remove", actor=None, now=now, **asdict(found)):
            pass
    return found


def old_uploads(now: datetime) -> Iterator[Path]:
    """Yield temporary files that no process can be writing to any more."""
    before = (now - REST).timestamp()
    for path in Path(settings.FILE_UPLOAD_TEMP_DIR).iterdir():
        if path.is_file() and path.stat().st_mtime < before:
            yield path


def unreferenced(store: Storage, now: datetime) -> Iterator[str]:
    """Yield names in the private storage that no row refers to, a day after they were written."""
    batch: list[str] = []
    for name in walk(store):
        batch.append(name)
        if len(batch) == BATCH:
            yield from without_row(batch, store, now)
            batch = []
    yield from without_row(batch, store, now)


def without_row(names: list[str], store: Storage, now: datetime) -> Iterator[str]:
    """Yield those of ``names`` that are old and nobody's; one query."""
    digests = {name: name.rsplit("/", 1)[-1] for name in names}
    known = set(
        StoredFile.objects.filter(sha256__in=digests.values()).values_list("sha256", flat=True)
    )
    for name, digest in digests.items():
        if digest not in known and store.get_modified_time(name) < now - REST:
            yield name


def remove_content(name: str) -> bool:
    """Remove bytes from the storage unless a row came to refer to them meanwhile."""
    if StoredFile.objects.filter(sha256=name.rsplit("/", 1)[-1]).exists():
        return False
    private_storage().delete(name)
    return True


def old_work(now: datetime) -> tuple[QuerySet[Any], ...]:
    """Return done jobs, delivered events and results of the queue that are over their time."""
    before = now - timedelta(days=settings.WORK_KEEP_DAYS)
    return (
        Job.objects.filter(state="done", finished_at__lt=before),
        EventRecord.objects.filter(delivered_at__lt=before, failed_at__isnull=True),
        Success.objects.filter(stopped__lt=before),
    )


def delete_in_batches(rows: QuerySet[Any]) -> int:
    """Delete rows a few at a time, so that no lock is held for long; return how many."""
    count = 0
    while keys := list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH]):
        rows.model._default_manager.filter(pk__in=keys).delete()
        count += len(keys)
    return count
