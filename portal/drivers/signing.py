"""Signatures in PDF files (PAdES): sign with the county's key, check what bears one.

The only module that knows pyHanko; the private hook ``_update_meta`` is pinned in
pyproject.toml. A file that somebody brings is never parsed as PDF before its bytes are proven
to be ours: the check reads the signature's byte range, and only what our key signed goes on to
pyHanko. So nobody's broken or bloated file reaches a parser.
"""

import hashlib
import re
import urllib.request
from asyncio import to_thread
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from itertools import islice
from typing import Any, TypeVar

from asn1crypto import cms, tsp, x509
from asn1crypto.keys import PrivateKeyInfo
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, load_der_private_key, pkcs7
from cryptography.x509 import load_der_x509_certificate
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import fields, signers
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.general import SigningError
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.sign.timestamps.common_utils import TimestampRequestError, set_tsp_headers
from pyhanko.sign.validation import SignatureCoverageLevel, validate_pdf_signature
from pyhanko.sign.validation.generic_cms import validate_sig_integrity
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

from portal.drivers.pdf import FIELD

BYTE_RANGE = re.compile(
    rb"/ByteRange\s*\[\s*(\d{1,10})\s+(\d{1,10})\s+(\d{1,10})\s+(\d{1,10})\s*\]"
)
LARGEST_SIGNATURE, MOST_SIGNATURES = 64 * 1024, 8
TSA_SECONDS, TSA_BYTES = 10, 256 * 1024
RESERVED = 16 * 1024
TIME_STAMP = "signature_time_stamp_token"

NONE, INTACT, ALTERED = "none", "intact", "altered"
T = TypeVar("T")


class SigningFailed(Exception):
    """No signature could be made, or no trusted time be had."""


@dataclass(frozen=True)
class SigningKey:
    """What signs: certificate, its issuer's, and the key (all DER)."""

    certificate: bytes
    issuer: bytes
    key: bytes

    @property
    def fingerprint(self) -> str:
        """SHA-256 (hex) of the certificate."""
        return hashlib.sha256(self.certificate).hexdigest()


class QuietWriter(IncrementalPdfFileWriter):  # type: ignore[misc]  # pyHanko is untyped here
    """Writes the signature and leaves the metadata alone, which PDF/A and PDF/UA stand in."""

    def _update_meta(self) -> None:
        """Keep dates and XMP as they were rendered."""


class TimedSigner(signers.PdfSigner):  # type: ignore[misc]  # as above
    """Writes the time that it is told, not the clock's."""

    at: datetime

    def init_signing_session(self, *args: Any, **kwargs: Any) -> Any:
        """Begin to sign at the time told."""
        session = super().init_signing_session(*args, **kwargs)
        session.system_time = self.at
        return session


class HttpTimeStamper(TimeStamper):  # type: ignore[misc]  # as above
    """Asks an RFC 3161 authority for a time stamp, bounded in time and size."""

    def __init__(self, url: str) -> None:
        """Remember the authority's address, which is a setting; files and the like are none."""
        super().__init__()
        if not url.startswith(("http://", "https://")):
            raise SigningFailed("TSA_URL is no web address.")
        self.url = url

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        """Post the request and read the answer."""
        return await to_thread(self.ask, req.dump())

    def ask(self, request: bytes) -> tsp.TimeStampResp:
        """Return the authority's answer."""
        asked = urllib.request.Request(self.url, request, set_tsp_headers({}))  # noqa: S310 the operator's own setting
        try:
            with urllib.request.urlopen(asked, timeout=TSA_SECONDS) as answer:  # noqa: S310 as above
                return tsp.TimeStampResp.load(answer.read(TSA_BYTES))
        except (OSError, ValueError) as error:
            raise TimestampRequestError("The time stamp authority cannot be reached.") from error


def apart(work: Callable[[], T]) -> T:
    """Do ``work`` in a thread of its own: pyHanko starts an event loop, of which one may run here.

    Raises what ``work`` raises.
    """
    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(work).result()


def sign(content: bytes, *, key: SigningKey, at: datetime, tsa_url: str = "") -> bytes:
    """Return ``content`` signed in its empty field (PAdES B-B; B-T with a time stamp).

    Raises ``SigningFailed`` where the file has no such field or no time stamp can be had.
    """
    store = SimpleCertificateStore()
    store.register(x509.Certificate.load(key.issuer))
    signer = signers.SimpleSigner(
        signing_cert=x509.Certificate.load(key.certificate),
        signing_key=PrivateKeyInfo.load(key.key),
        cert_registry=store,
    )
    metadata = signers.PdfSignatureMetadata(
        field_name=FIELD,
        md_algorithm="sha256",
        subfilter=fields.SigSeedSubFilter.PADES,
    )
    maker = TimedSigner(
        metadata, signer=signer, timestamper=HttpTimeStamper(tsa_url) if tsa_url else None
    )
    maker.at = at
    try:
        signed: BytesIO = apart(
            lambda: maker.sign_pdf(
                QuietWriter(BytesIO(content)), existing_fields_only=True, bytes_reserved=RESERVED
            )
        )
    except (SigningError, TimestampRequestError) as error:
        raise SigningFailed(str(error)) from error
    return signed.getvalue()


def sign_detached(content: bytes, *, key: SigningKey) -> bytes:
    """Return a signature (CMS, DER) that lies beside ``content``."""
    private = load_der_private_key(key.key, password=None)
    builder = (
        pkcs7.PKCS7SignatureBuilder()
        .set_data(content)
        .add_signer(load_der_x509_certificate(key.certificate), private, hashes.SHA256())  # type: ignore[arg-type]
        .add_certificate(load_der_x509_certificate(key.issuer))
    )
    options = [pkcs7.PKCS7Options.DetachedSignature, pkcs7.PKCS7Options.Binary]
    return builder.sign(Encoding.DER, options)


def check(content: bytes, certificates: Sequence[bytes]) -> str:
    """Say whether one of ``certificates`` (DER) signed exactly these bytes.

    ``intact``: it did, the signature covers the entire file, nothing came after it.
    ``altered``: it signed something, but not these bytes. ``none``: it signed nothing here.
    """
    found = list(islice(BYTE_RANGE.finditer(content), MOST_SIGNATURES + 1))
    for match in found[:MOST_SIGNATURES]:
        begin, first, rest, length = (int(part) for part in match.groups())
        signature = hole_of(content, begin, first, rest)
        info = signer_info(signature)
        known = next((one for one in certificates if signed_by(info, one)), None)
        if known is None:
            continue
        whole = len(found) == 1 and rest + length == len(content)
        digest = hashlib.sha256(content[:first] + content[rest : rest + length]).digest()
        if whole and is_sound(info, known, digest) and covers_everything(content, known):
            return INTACT
        return ALTERED
    return NONE


def hole_of(content: bytes, begin: int, first: int, rest: int) -> bytes:
    """Return the signature that a byte range leaves out, empty where it leaves out no such."""
    if begin != 0 or not 2 < rest - first <= LARGEST_SIGNATURE:
        return b""
    hole = content[first:rest]
    if hole[:1] + hole[-1:] != b"<>":
        return b""
    try:
        return bytes.fromhex(hole[1:-1].decode("ascii"))
    except ValueError:
        return b""


def signer_info(signature: bytes) -> Any:
    """Return the one signer of a CMS container, ``None`` where it cannot be read."""
    try:
        loaded = cms.ContentInfo.load(signature)
        infos = loaded["content"]["signer_infos"]
        if loaded["content_type"].native != "signed_data" or len(infos) != 1:
            return None
        infos[0].native  # noqa: B018 reads all of it, so that nothing unreadable comes later
        return infos[0]
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
        return None


def signed_by(info: Any, certificate: bytes) -> bool:
    """Return whether a signer names ``certificate`` as its own."""
    if info is None or info["sid"].name != "issuer_and_serial_number":
        return False
    ours, named = x509.Certificate.load(certificate), info["sid"].chosen
    same_issuer = named["issuer"].dump() == ours.issuer.dump()
    return same_issuer and named["serial_number"].native == ours.serial_number


def is_sound(info: Any, certificate: bytes, digest: bytes) -> bool:
    """Return whether the signature holds for ``digest`` under our own copy of the certificate."""
    try:
        intact, valid = validate_sig_integrity(
            info, x509.Certificate.load(certificate), "data", digest
        )
    except Exception:  # noqa: BLE001 whatever is wrong with it, it is no signature of ours
        return False
    return bool(intact and valid)


def covers_everything(content: bytes, certificate: bytes) -> bool:
    """Return whether pyHanko, too, finds one signature over the entire file and no change.

    What the signature leaves out (its own padding, certificates beside it) may still be broken.
    """
    context = ValidationContext(trust_roots=[x509.Certificate.load(certificate)])
    try:
        (signature,) = PdfFileReader(BytesIO(content)).embedded_signatures
        status = apart(lambda: validate_pdf_signature(signature, context))
    except Exception:  # noqa: BLE001 whatever is wrong with it, the file is not as it was signed
        return False
    return bool(
        status.intact
        and status.valid
        and status.coverage == SignatureCoverageLevel.ENTIRE_FILE
        and status.modification_level == ModificationLevel.NONE
    )


def has_time_stamp(content: bytes) -> bool:
    """Return whether the signature of a file of ours holds an authority's time stamp."""
    signature = PdfFileReader(BytesIO(content)).embedded_signatures[0]
    unsigned = signature.signer_info["unsigned_attrs"]
    return any(one["type"].native == TIME_STAMP for one in unsigned)
