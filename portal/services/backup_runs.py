"""The nightly backup: a set on this machine, a copy off-site, and a record of how it went.

Off-site, contents lie once under their SHA-256 (``pool/``), whatever number of sets names
them; a set there is its manifest (``sets/NAME/``), written last and read back.
"""

import json
import logging
import re
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.core.files.base import ContentFile, File
from django.core.files.storage import Storage, storages
from django.utils import timezone

from portal.domain.roles import Role
from portal.events import external
from portal.models import BackupRun, Job, User
from portal.notifications import enqueue_job, notify
from portal.services.backup import (
    MANIFEST,
    BackupError,
    Manifest,
    backup,
    copy_hashing,
    digest_of,
    open_folder,
    read_manifest,
    walk,
)

logger = logging.getLogger(__name__)
OFFSITE = "offsite"
NIGHTLY = re.compile(r"\d{4}-\d{2}-\d{2}")
"""Names of the sets that are made, and so dropped, by themselves."""


def enqueue_backup(*, now: datetime) -> Job:
    """Have the day's backup made by the queue for long work, once a day."""
    return enqueue_job(
        "portal.services.backup_runs.make_backup", f"backup:{day_of(now)}", now=now, queue="long"
    )


@external
def make_backup(*, now: datetime) -> None:
    """Make the day's backup (a job): outside a transaction, three attempts."""
    run_backup(now=now)


def day_of(now: datetime) -> str:
    """Return the day in the county, which is the name of its set."""
    return timezone.localtime(now).strftime("%Y-%m-%d")


def run_backup(*, now: datetime) -> BackupRun:
    """Make the day's set, copy it off-site where ``BACKUP_URL`` says so, drop sets that are old.

    A second call on a day that has its set does nothing. A failure is recorded and told to the
    system administrators; then it is raised.
    """
    name = day_of(now)
    run, _created = BackupRun.objects.get_or_create(
        name=name, defaults={"state": "running", "started_at": now}
    )
    if run.state == "done":
        return run
    run.state, run.started_at, run.error = "running", now, ""
    run.save(update_fields=["state", "started_at", "error"])
    try:
        manifest = make_set(name, now=now)
    except Exception as error:
        note_failure(run, error, now=now)
        raise
    note_success(run, manifest, now=now)
    drop_old_sets()
    return run


def make_set(name: str, *, now: datetime) -> Manifest:
    """Write a set under ``BACKUP_DIR``, whole or not at all, and send it off-site."""
    folder, half = settings.BACKUP_DIR / name, settings.BACKUP_DIR / f"{name}.part"
    shutil.rmtree(half, ignore_errors=True)
    manifest = backup(folder=half, now=now)
    shutil.rmtree(folder, ignore_errors=True)
    half.rename(folder)
    if settings.BACKUP_URL:
        send_offsite(folder, manifest, name)
    return manifest


def note_success(run: BackupRun, manifest: Manifest, *, now: datetime) -> None:
    """Record what the set holds."""
    folder = settings.BACKUP_DIR / run.name
    run.refresh_from_db()
    run.state, run.finished_at, run.offsite = "done", timezone.now(), bool(settings.BACKUP_URL)
    run.files, run.rows = len(manifest.files), sum(manifest.counts.values())
    run.size = sum((folder / path).stat().st_size for path in manifest.files)
    run.digest = digest_of(folder / MANIFEST)
    if manifest.missing:
        run.error = f"{len(manifest.missing)} stored files were missing or damaged already."
        tell(run, now=now)
    run.save()


def note_failure(run: BackupRun, error: Exception, *, now: datetime) -> None:
    """Record what went wrong and tell the system administrators."""
    logger.error("backup %s failed: %s", run.name, type(error).__name__)
    run.refresh_from_db()
    run.state, run.finished_at = "failed", timezone.now()
    run.error = f"{type(error).__name__}: {error}"[:2000]
    run.save()
    tell(run, now=now)


def tell(run: BackupRun, *, now: datetime) -> None:
    """Notify the system administrators, once a day."""
    people = User.objects.filter(groups__name=Role.SYSTEM_ADMIN, is_active=True)
    key = f"backup:{run.name}"
    notify(people, "backup_failed", key=key, now=now, url="/workspace/backups/", name=run.name)


def drop_old_sets() -> None:
    """Keep the newest ``BACKUP_KEEP`` nightly sets here and off-site.

    Whatever has another name (``before-X.Y.Z``, made by hand) is left alone and counts for none.
    """
    folders = sorted(
        path
        for path in settings.BACKUP_DIR.iterdir()
        if NIGHTLY.fullmatch(path.name) and (path / MANIFEST).is_file()
    )
    for folder in folders[: -settings.BACKUP_KEEP]:
        shutil.rmtree(folder)
    if settings.BACKUP_URL:
        drop_old_sets_offsite(storages[OFFSITE])


# --- Off-site


def pool_name(digest: str) -> str:
    """Return where contents lie off-site."""
    return f"pool/{digest[:2]}/{digest}"


def send_offsite(folder: Path, manifest: Manifest, name: str) -> None:
    """Copy what the off-site place does not have yet; read back everything that was sent."""
    store = storages[OFFSITE]
    for path, digest in manifest.files.items():
        target = pool_name(digest)
        if store.exists(target) and store.size(target) == (folder / path).stat().st_size:
            continue
        with (folder / path).open("rb") as source:
            replace(store, target, File(source, name=target))
        require_digest(store, target, digest)
    text = (folder / MANIFEST).read_bytes()
    replace(store, f"sets/{name}/{MANIFEST}", ContentFile(text))
    require_digest(store, f"sets/{name}/{MANIFEST}", digest_of(folder / MANIFEST))


def replace(store: Storage, name: str, content: "File[bytes]") -> None:
    """Write a file, over one that is there."""
    if store.exists(name):
        store.delete(name)
    store.save(name, content)


def require_digest(store: Storage, name: str, digest: str) -> None:
    """Read a file back and refuse one that is not what was sent."""
    with store.open(name, "rb") as opened:
        if copy_hashing(opened, None) != digest:
            raise BackupError(f"Off-site, {name} is not what was sent.")


def sets_offsite(store: Storage) -> list[str]:
    """Return the names of the sets that lie off-site, oldest first."""
    return sorted({name.split("/")[1] for name in walk(store, "sets") if name.endswith(MANIFEST)})


def drop_old_sets_offsite(store: Storage) -> None:
    """Remove old nightly manifests, then contents that none names any more."""
    nightly = [name for name in sets_offsite(store) if NIGHTLY.fullmatch(name)]
    for name in nightly[: -settings.BACKUP_KEEP]:
        store.delete(f"sets/{name}/{MANIFEST}")
    kept = {digest for name in sets_offsite(store) for digest in digests_of(store, name)}
    for name in list(walk(store, "pool")):
        if name.rsplit("/", 1)[-1] not in kept:
            store.delete(name)


def digests_of(store: Storage, name: str) -> Iterator[str]:
    """Yield the digests that a set off-site names."""
    with store.open(f"sets/{name}/{MANIFEST}", "rb") as opened:
        yield from json.loads(opened.read())["files"].values()


def fetch_offsite(*, name: str, folder: Path) -> Manifest:
    """Bring a set back from off-site into ``folder`` (new or empty); ``latest`` is the newest.

    What ``restore`` makes of it is checked there, file by file.
    """
    if not settings.BACKUP_URL:
        raise BackupError("BACKUP_URL is not set: there is no off-site place.")
    store = storages[OFFSITE]
    names = sets_offsite(store)
    wanted = names[-1] if name == "latest" and names else name
    if wanted not in names:
        raise BackupError(f"Off-site there is no set {name}; there are: {', '.join(names)}.")
    open_folder(folder)
    fetch(store, f"sets/{wanted}/{MANIFEST}", folder / MANIFEST)
    manifest = read_manifest(folder)
    for path, digest in manifest.files.items():
        if not store.exists(pool_name(digest)):
            raise BackupError(f"Off-site, {path} is missing.")
        fetch(store, pool_name(digest), folder / path)
    return manifest


def fetch(store: Storage, name: str, target: Path) -> None:
    """Copy one file from off-site."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with store.open(name, "rb") as source, target.open("wb") as copy:
        copy_hashing(source, copy)
