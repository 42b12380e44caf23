"""The county's signing key: made once, kept under ``KEYS_DIR``, read by its owner only.

``documents/`` holds ``signer.key`` and ``signer.pem``, ``ca.pem`` and, where the county made its
own authority, ``ca.key``. Certificates of earlier keys stay as ``signer-*.pem``, so that what they
signed can still be checked.
"""

import os
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID
from django.conf import settings

from portal.drivers.signing import SigningKey

FOLDER = "documents"
CA_YEARS, SIGNER_YEARS = 20, 10
AUTHORITY = "自建CA 非可靠电子签名 self-made CA"
SELF_MADE = "非可靠电子签名 not a reliable signature"


class KeyMissing(Exception):
    """There is no signing key on this machine."""


def folder() -> Path:
    """Return where the keys of documents lie."""
    return Path(settings.KEYS_DIR) / FOLDER


def has_key() -> bool:
    """Return whether this machine can sign."""
    return (folder() / "signer.key").exists()


def signing_key() -> SigningKey:
    """Return the key that signs today, or raise ``KeyMissing``."""
    try:
        pem = [(folder() / name).read_bytes() for name in ("signer.pem", "ca.pem", "signer.key")]
    except OSError as error:
        raise KeyMissing("There is no signing key; run: manage.py make_keys") from error
    certificate, issuer = (x509.load_pem_x509_certificate(one) for one in pem[:2])
    key = load_pem_private_key(pem[2], password=None)
    return SigningKey(
        certificate=certificate.public_bytes(Encoding.DER),
        issuer=issuer.public_bytes(Encoding.DER),
        key=key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
    )


def known_certificates() -> list[bytes]:
    """Return the certificates (DER) of every key that the county has signed with."""
    found = sorted(folder().glob("signer*.pem"))
    return [
        x509.load_pem_x509_certificate(path.read_bytes()).public_bytes(Encoding.DER)
        for path in found
    ]


def certificate_files() -> list[Path]:
    """Return where the certificates lie that a check of signatures needs; no key is among them."""
    return sorted(folder().glob("*.pem"))


def make_keys(*, name: str, now: datetime) -> bool:
    """Make an authority and a P-256 key that it vouches for; return False where there is a key."""
    target = folder()
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    if has_key():
        return False
    authority, signer = (ec.generate_private_key(ec.SECP256R1()) for _turn in range(2))
    issuer = called(name, AUTHORITY)
    root = certificate(issuer, issuer, authority, authority, now, CA_YEARS)
    leaf = certificate(called(name, SELF_MADE), issuer, signer, authority, now, SIGNER_YEARS)
    write_private(target / "ca.key", pem_of(authority))
    write_private(target / "ca.pem", root.public_bytes(Encoding.PEM))
    write_private(target / "signer.pem", leaf.public_bytes(Encoding.PEM))
    # the key comes last: it says that everything else is there
    write_private(target / "signer.key", pem_of(signer))
    return True


def called(organisation: str, common: str) -> x509.Name:
    """Return the name in a certificate."""
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, in_bytes(organisation)),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def in_bytes(text: str) -> str:
    """Cut a name to the 64 bytes that a certificate's field holds."""
    return text.encode()[:64].decode(errors="ignore")


def certificate(  # noqa: PLR0917 - the parts of one
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    signing: ec.EllipticCurvePrivateKey,
    now: datetime,
    years: int,
) -> x509.Certificate:
    """Return a certificate; one that signs itself is an authority's."""
    authority = key is signing
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=365 * years))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(usage(authority=authority), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key()),
            critical=False,
        )
    )
    return builder.sign(signing, hashes.SHA256())


def usage(*, authority: bool) -> x509.KeyUsage:
    """Return what a key may be used for."""
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=not authority,
        key_cert_sign=authority,
        crl_sign=authority,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def pem_of(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return a private key as it is kept."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def write_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner can read, and only where there is none."""
    opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(opened, "wb") as target:
        target.write(content)
