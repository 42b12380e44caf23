"""Issued documents as a package for the archive: files, their data, certificates, one manifest.

A package is a ZIP whose ``manifest.json`` names every document with its digests and states; the
county's key signs the manifest, and ``SHA256SUMS`` is for ``sha256sum -c``. It can be checked
without the portal.
"""

import hashlib
import json
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import IO, Any

from django.conf import settings
from django.utils import timezone

from portal.documents import KINDS
from portal.domain.lifecycle import Conflict, Invalid, NotAllowed
from portal.drivers import keys, signing
from portal.models import IssuedDocument, User
from portal.permissions import has_role
from portal.selectors.public import archive_choice
from portal.services.files import read_chunks
from portal.services.operations import operation
from portal.services.registers import canonical_json

FORMAT = "county-archive/1"
MOST = 500
"""Documents in one package: about 150 MB."""
MANIFEST, SIGNATURE, SUMS = "manifest.json", "manifest.json.p7s", "SHA256SUMS"


@dataclass
class Package:
    """A package under way: where it grows, and the digest of every file in it."""

    target: IO[bytes]
    now: datetime
    digests: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What the file is called."""
        return f"archive-{timezone.localtime(self.now):%Y%m%d-%H%M%S}.zip"


def archivable_kinds(user: User) -> list[str]:
    """Return the kinds of documents that a person's roles may take into an archive."""
    return [name for name, kind in KINDS.items() if has_role(user, kind.archivist)]


def export_archive(*, kind: str, since: date, until: date, actor: User, now: datetime) -> Package:
    """Pack what was issued of ``kind`` from ``since`` until ``until``, both included. Audited.

    Raises ``NotAllowed``, ``Invalid`` (``archive_empty``, ``archive_too_many``) or
    ``Conflict("archive_damaged")``, where a stored file is not what was stored.
    """
    with operation("document.archive", actor=actor, now=now, kind=kind):
        if kind not in archivable_kinds(actor):
            raise NotAllowed("role")
        documents = list(archive_choice(kind, since, until)[: MOST + 1])
        if not documents:
            raise Invalid("archive_empty")
        if len(documents) > MOST:
            raise Invalid("archive_too_many", most=MOST)
    # no transaction is open while the files are read
    about: dict[str, Any] = {"kind": kind, "since": since.isoformat(), "until": until.isoformat()}
    package = pack(documents, about, now=now)
    manifest = package.digests[MANIFEST]
    with operation(
        "document.archived", actor=actor, now=now, count=len(documents), manifest=manifest, **about
    ):
        return package


def pack(documents: Sequence[IssuedDocument], about: dict[str, Any], *, now: datetime) -> Package:
    """Write the package into a file that vanishes when it is closed."""
    target = tempfile.TemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR)  # noqa: SIM115 the caller sends it
    package = Package(target, now)
    try:
        with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
            described = [add_document(archive, package, one) for one in documents]
            for path in keys.certificate_files():
                add(archive, package, f"certificates/{path.name}", path.read_bytes())
            add_manifest(archive, package, about | {"documents": described})
    except BaseException:
        target.close()
        raise
    target.seek(0)
    return package


def add_document(
    archive: zipfile.ZipFile, package: Package, document: IssuedDocument
) -> dict[str, Any]:
    """Add a document's data and, once it is made, its file; return its entry in the manifest."""
    data = f"documents/{document.number}.json"
    add(archive, package, data, canonical_json(document.payload).encode())
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
        "file": add_file(archive, package, document),
    }


def add_file(
    archive: zipfile.ZipFile, package: Package, document: IssuedDocument
) -> dict[str, Any] | None:
    """Add a document's file; ``None`` where the worker has not made it yet."""
    stored = document.file
    if stored is None or document.made_at is None:
        return None
    path = f"documents/{document.number}.pdf"
    content = b"".join(read_chunks(stored))
    if add(archive, package, path, content) != stored.sha256:
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


def add_manifest(archive: zipfile.ZipFile, package: Package, about: dict[str, Any]) -> None:
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
    add(archive, package, MANIFEST, content)
    if signed:
        add(archive, package, SIGNATURE, signing.sign_detached(content, key=keys.signing_key()))
    lines = [f"{digest}  {path}\n" for path, digest in sorted(package.digests.items())]
    add(archive, package, SUMS, "".join(lines).encode())


def add(archive: zipfile.ZipFile, package: Package, path: str, content: bytes) -> str:
    """Add one file and return its SHA-256."""
    entry = zipfile.ZipInfo(path, timezone.localtime(package.now).timetuple()[:6])
    entry.external_attr = 0o600 << 16
    archive.writestr(entry, content)
    package.digests[path] = hashlib.sha256(content).hexdigest()
    return package.digests[path]
