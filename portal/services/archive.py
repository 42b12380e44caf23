"""Issued documents as a package for the archive: files, their data, certificates, one manifest.

A package is a ZIP whose ``manifest.json`` names every document with its digests and states; the
county's key signs the manifest, and ``SHA256SUMS`` is for ``sha256sum -c``. It can be checked
without the portal.
"""

import hashlib
import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import IO, Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from portal.documents import KINDS
from portal.domain.lifecycle import Conflict, Invalid, NotAllowed, Refused
from portal.drivers import keys, signing
from portal.events import external
from portal.models import ArchivePackage, IssuedDocument, StoredFile, User
from portal.notifications import enqueue_job, notify
from portal.permissions import has_role
from portal.selectors.archives import ends_on
from portal.selectors.public import archive_choice
from portal.services.files import read_chunks, record_stored, stage_made
from portal.services.operations import operation
from portal.services.registers import canonical_json

FORMAT = "county-archive/1"
USE = "archive_package"
MAKE_PACKAGE = "portal.services.archive.make_package"
MOST = 500
"""Documents in one package: about 150 MB."""
MANIFEST, SIGNATURE, SUMS = "manifest.json", "manifest.json.p7s", "SHA256SUMS"


@dataclass
class Package:
    """A package under way: where it grows, and the digest of every file in it."""

    archive: zipfile.ZipFile
    now: datetime
    digests: dict[str, str] = field(default_factory=dict)


def archivable_kinds(user: User) -> list[str]:
    """Return the kinds of documents that a person's roles may take into an archive."""
    return [name for name, kind in KINDS.items() if has_role(user, kind.archivist)]


def ask_package(
    *, kind: str, since: date, until: date, actor: User, now: datetime
) -> ArchivePackage:
    """Ask for what was issued of ``kind`` from ``since`` until ``until``, both included. Audited.

    The worker makes it; the same one that waits already is returned. Raises ``NotAllowed`` or
    ``Invalid`` (``archive_empty``, ``archive_too_many``).
    """
    with operation("document.archive", actor=actor, now=now, kind=kind):
        chosen(kind, since, until, actor)
        package, created = ArchivePackage.objects.get_or_create(
            asked_by=actor,
            kind=kind,
            since=since,
            until=until,
            state="waiting",
            defaults={"asked_at": now},
        )
        if created:
            enqueue_job(MAKE_PACKAGE, f"archive:{package.pk}", now=now, queue="long", pk=package.pk)
    return package


def chosen(kind: str, since: date, until: date, actor: User) -> list[IssuedDocument]:
    """Return a package's documents, refusing whom they are none of and what is no package."""
    if kind not in archivable_kinds(actor):
        raise NotAllowed("role")
    documents = list(archive_choice(kind, since, until)[: MOST + 1])
    if not documents:
        raise Invalid("archive_empty")
    if len(documents) > MOST:
        raise Invalid("archive_too_many", most=MOST)
    return documents


@external
def make_package(*, pk: int, now: datetime) -> None:
    """Make a package that was asked for (a job), once, and tell who asked.

    No transaction is open while the files are read. Audited in the name of who asked; a
    refusal, as ``Conflict("archive_damaged")`` where a file is not what was stored, ends it.
    """
    package = ArchivePackage.objects.select_related("asked_by").get(pk=pk)
    if package.state != "waiting":
        return
    try:
        finish_package(package, now=now)
    except Refused as refusal:
        fail_package(package, refusal, now=now)


def finish_package(package: ArchivePackage, *, now: datetime) -> None:
    """Pack the documents into a private file and mark the package as ready."""
    actor = package.asked_by
    about: dict[str, Any] = {
        "kind": package.kind,
        "since": package.since.isoformat(),
        "until": package.until.isoformat(),
    }
    documents = chosen(package.kind, package.since, package.until, actor)
    digests: dict[str, str] = {}
    staged = stage_made(
        lambda target: digests.update(pack(target, documents, about, now=now)),
        name=f"archive-{timezone.localtime(now):%Y%m%d-%H%M%S}.zip",
        media_type="application/zip",
        use=USE,
    )
    about |= {"count": len(documents), "manifest": digests[MANIFEST]}
    with operation("document.archived", actor=actor, now=now, **about):
        stored = record_stored(staged, actor=actor, now=now, organisation=None)
        waiting = ArchivePackage.objects.filter(pk=package.pk, state="waiting")
        if not waiting.update(state="ready", file=stored, count=len(documents)):
            raise Conflict("wrong_state")
        tell(package, "archive_ready", now=now, count=len(documents), until=ends_on(package))


def fail_package(package: ArchivePackage, refusal: Refused, *, now: datetime) -> None:
    """Note why there is no package."""
    with operation(
        "document.archive_failed", actor=package.asked_by, now=now, problem=refusal.code
    ):
        waiting = ArchivePackage.objects.filter(pk=package.pk, state="waiting")
        if waiting.update(state="failed", problem=refusal.code, details=refusal.params):
            tell(package, "archive_failed", now=now)


def tell(package: ArchivePackage, kind: str, *, now: datetime, **params: object) -> None:
    """Send who asked a message with the way to the page."""
    notify(
        [package.asked_by],
        kind,
        key=f"{kind}:{package.pk}",
        now=now,
        url=reverse("portal:archive"),
        **params,
    )


def may_read_package(user: User, stored: StoredFile) -> bool:
    """Return whether ``user`` asked for a package and may still archive what it holds."""
    package = ArchivePackage.objects.filter(file=stored).first()
    return (
        package is not None
        and package.asked_by_id == user.pk
        and package.kind in archivable_kinds(user)
    )


def pack(
    target: IO[bytes], documents: Sequence[IssuedDocument], about: dict[str, Any], *, now: datetime
) -> dict[str, str]:
    """Write a package and return the digest of every file in it."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        package = Package(archive, now)
        described = [add_document(package, one) for one in documents]
        for path in keys.certificate_files():
            add(package, f"certificates/{path.name}", path.read_bytes())
        add_manifest(package, about | {"documents": described})
    return package.digests


def add_document(package: Package, document: IssuedDocument) -> dict[str, Any]:
    """Add a document's data and, once it is made, its file; return its entry in the manifest."""
    data = f"documents/{document.number}.json"
    add(package, data, canonical_json(document.payload).encode())
    holder = document.organisation
    return {
        "number": document.number,
        "kind": document.kind,
        "title": document.title,
        "holder": document.holder_name,
        "holder_uscc": holder.uscc if holder else None,
        "issued_at": document.issued_at.isoformat(),
        "valid_until": document.valid_until.isoformat() if document.valid_until else None,
        "state": document.state,
        "state_reason": document.state_reason,
        "data": {"path": data, "sha256": document.digest},
        "file": add_file(package, document),
    }


def add_file(package: Package, document: IssuedDocument) -> dict[str, Any] | None:
    """Add a document's file; ``None`` where the worker has not made it yet."""
    stored = document.file
    if stored is None or document.made_at is None:
        return None
    path = f"documents/{document.number}.pdf"
    content = b"".join(read_chunks(stored))
    if add(package, path, content) != stored.sha256:
        raise Conflict("archive_damaged", number=document.number)
    return {
        "path": path,
        "sha256": stored.sha256,
        "size": stored.size,
        "media_type": stored.media_type,
        "made_at": document.made_at.isoformat(),
        "signature": document.signature,
        "signed_by": document.signed_by,
        "certificate_sha256": document.certificate,
        "time_source": document.time_source,
    }


def add_manifest(package: Package, about: dict[str, Any]) -> None:
    """Add the manifest, its signature where there is a key, and the list of digests."""
    signed = keys.has_key()
    manifest = {
        "format": FORMAT,
        "issuer": settings.ISSUER_NAME,
        "made_at": package.now.isoformat(),
        "manifest_signature": SIGNATURE if signed else None,
        "signature_kind": ("licensed" if settings.SIGNING_CA_NAME else "own") if signed else None,
        **about,
    }
    content = json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True).encode()
    add(package, MANIFEST, content)
    if signed:
        add(package, SIGNATURE, signing.sign_detached(content, key=keys.signing_key()))
    lines = [f"{digest}  {path}\n" for path, digest in sorted(package.digests.items())]
    add(package, SUMS, "".join(lines).encode())


def add(package: Package, path: str, content: bytes) -> str:
    """Add one file and return its SHA-256."""
    entry = zipfile.ZipInfo(path, timezone.localtime(package.now).timetuple()[:6])
    entry.external_attr = 0o600 << 16
    package.archive.writestr(entry, content)
    package.digests[path] = hashlib.sha256(content).hexdigest()
    return package.digests[path]
