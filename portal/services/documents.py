"""Issued documents as files: made once by the worker, signed, kept, checked."""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.core.files.base import File

from portal.documents import paper
from portal.drivers import keys, signing
from portal.events import external
from portal.models import IssuedDocument
from portal.selectors.public import Verification, verification_of
from portal.services.files import store_made
from portal.services.operations import operation
from portal.services.registers import canonical_json

USE = "issued_document"
PDF = "application/pdf"
PDF_HEAD, PDF_HEAD_WITHIN = b"%PDF-", 1024


@external
def make_file(*, pk: int, now: datetime) -> None:
    """Make the file of an issued document (a job), from its frozen payload; once.

    No transaction is open while it is drawn and signed. Where two workers did it, the first
    one's file is kept. Raises ``KeyMissing`` or ``SigningFailed``: the job tries again.
    """
    document = IssuedDocument.objects.get(pk=pk)
    if document.file_id is not None:
        return
    kind, by, _source = paper.labels_now()
    key = keys.signing_key()
    plain = paper.unsigned_pdf(document, canonical_json(document.payload).encode())
    content = signing.sign(plain, key=key, at=now, tsa_url=settings.TSA_URL)
    with operation("document.file", actor=None, now=now, subject=document) as opened:
        locked = IssuedDocument.objects.select_for_update().get(pk=pk)
        if locked.file_id is not None:
            return
        locked.file = store_made(
            content=content,
            name=f"{locked.number}.pdf",
            media_type=PDF,
            use=USE,
            now=now,
            organisation=locked.organisation,
        )
        locked.made_at, locked.signature, locked.signed_by = now, kind, by
        locked.certificate = key.fingerprint
        # from the file itself, not from the setting
        locked.time_source = "tsa" if signing.has_time_stamp(content) else "system"
        locked.save(
            update_fields=[
                *("file", "made_at", "signature", "signed_by", "certificate", "time_source")
            ]
        )
        opened.record(
            "document.made", subject=locked, number=locked.number, sha256=locked.file.sha256
        )


def can_sign() -> bool:
    """Return whether the portal has a signing key; without one no file is made."""
    return keys.has_key()


@dataclass(frozen=True)
class FileCheck:
    """What a check of a file says.

    ``verdict``: issued (byte for byte a document of the portal), signed (by the county's key
    and unaltered, but not on record here), altered, unknown, not_pdf, empty, too_large.
    """

    verdict: str
    sha256: str = ""
    found: Verification | None = None


def check_file(upload: File[bytes], *, today: date) -> FileCheck:
    """Check a file that somebody brings: by its digest first, else by its signature.

    Bounded in size; a file that is not provably ours never reaches a PDF parser.
    """
    limit = settings.VERIFY_LIMIT_BYTES
    content = upload.read(limit + 1)
    if len(content) > limit:
        return FileCheck("too_large")
    return check_bytes(content, today=today)


def check_bytes(content: bytes, *, today: date) -> FileCheck:
    """Check the content of a file (see ``check_file``)."""
    if not content:
        return FileCheck("empty")
    sha256 = hashlib.sha256(content).hexdigest()
    document = (
        IssuedDocument.objects.select_related("organisation", "file")
        .filter(file__sha256=sha256, file__use=USE)
        .first()
    )
    if document is not None:
        return FileCheck("issued", sha256, verification_of(document, today))
    if PDF_HEAD not in content[:PDF_HEAD_WITHIN]:
        return FileCheck("not_pdf", sha256)
    verdicts = {signing.INTACT: "signed", signing.ALTERED: "altered", signing.NONE: "unknown"}
    return FileCheck(verdicts[signing.check(content, keys.known_certificates())], sha256)
