"""Issued documents as files: made once, signed, unchangeable, checked."""

import asyncio
import hashlib
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import BytesIO, StringIO
from pathlib import Path

import pytest
from asn1crypto import tsp
from asn1crypto import x509 as asn1_x509
from asn1crypto.keys import PrivateKeyInfo
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction
from django.utils import timezone
from pyhanko.sign.timestamps import DummyTimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore

from portal.domain.lifecycle import Invalid
from portal.drivers import fonts, keys, signing
from portal.models import IssuedDocument, Job, StoredFile
from portal.services.document_keys import make_keys
from portal.services.documents import can_sign, check_bytes, check_file, make_file
from portal.services.files import open_stored
from portal.services.registers import set_document_state
from tests.portal.documents.samples import PROOF, issue


@pytest.fixture
def document(world) -> IssuedDocument:
    found = issue("course_completion", now=world.now, user=world.learner)
    world.drain(files=True)
    found.refresh_from_db()
    return found


def content_of(document: IssuedDocument) -> bytes:
    with open_stored(document.file) as opened:
        return opened.read()


def verdict(content: bytes, world) -> str:
    return check_bytes(content, today=world.now.date()).verdict


def test_worker_makes_the_file_once(world, document):
    assert document.file.sha256 == hashlib.sha256(content_of(document)).hexdigest()
    assert (document.made_at, document.signature, document.time_source) == (
        world.now,
        "own",
        "system",
    )
    assert document.certificate == keys.signing_key().fingerprint
    make_file(pk=document.pk, now=world.now)
    assert StoredFile.objects.filter(use="issued_document").count() == 1


def test_second_worker_keeps_the_first_ones_file(world, monkeypatch):
    document = issue("course_completion", now=world.now)
    sign = signing.sign

    def sign_while_another_does(content, **more):
        monkeypatch.setattr(signing, "sign", sign)
        make_file(pk=document.pk, now=world.now)
        return sign(content, **more)

    monkeypatch.setattr(signing, "sign", sign_while_another_does)
    make_file(pk=document.pk, now=world.now)
    assert StoredFile.objects.filter(use="issued_document").count() == 1


@pytest.mark.parametrize(
    "change",
    [{"payload": {"score": "100"}}, {"number": "HY-1"}, {"holder_name": "别人"}, {"file": None}],
)
def test_es_01_issued_document_cannot_be_changed(document, change):
    with pytest.raises(DatabaseError), transaction.atomic():
        IssuedDocument.objects.filter(pk=document.pk).update(**change)


def test_es_01_kept_file_cannot_be_changed(document):
    with pytest.raises(DatabaseError), transaction.atomic():
        StoredFile.objects.filter(pk=document.file_id).update(sha256="0" * 64)


def test_state_of_an_issued_document_still_changes(world, document):
    set_document_state(
        document=document, state="revoked", reason="误发", actor=world.lead, now=world.now
    )
    check = check_bytes(content_of(document), today=world.now.date())
    assert (check.verdict, check.found.state) == ("issued", "revoked")


def test_es_02_signature_verifies_and_one_altered_byte_fails(world, document):
    content = content_of(document)
    certificates = keys.known_certificates()
    assert signing.check(content, certificates) == signing.INTACT
    assert verdict(content, world) == "issued"
    hole = content.index(b"/Contents <")
    end = content.index(b">", hole)
    assert 0 < hole < end < len(content)
    beyond = range(end, len(content), max(1, (len(content) - end) // 20))
    for place in [*range(20, hole, hole // 40), *range(hole, end, 997), *beyond]:
        changed = bytearray(content)
        changed[place] ^= 1
        assert verdict(bytes(changed), world) != "issued"
        if not hole < place < end:
            assert signing.check(bytes(changed), certificates) != signing.INTACT
    assert verdict(content + b"\n", world) == "altered"
    assert verdict(content[:-1], world) == "altered"


def test_file_of_the_key_that_is_not_on_record_is_said_so(world, document):
    other = issue("course_completion", now=world.now)
    from portal.documents.paper import unsigned_pdf

    signed = signing.sign(unsigned_pdf(other, b"{}"), key=keys.signing_key(), at=world.now)
    assert verdict(signed, world) == "signed"
    assert verdict(unsigned_pdf(other, b"{}"), world) == "unknown"


def test_signing_and_checking_work_beneath_a_running_loop(world):
    from portal.documents.paper import unsigned_pdf

    plain = unsigned_pdf(issue("course_completion", now=world.now), b"{}")
    key, certificates = keys.signing_key(), keys.known_certificates()

    async def both() -> str:
        signed = signing.sign(plain, key=key, at=world.now)
        return signing.check(signed, certificates)

    # In a thread of its own: Chromium's driver leaves a loop running in the tests' thread.
    assert signing.apart(lambda: asyncio.run(both())) == signing.INTACT


def test_key_of_somebody_else_signs_nothing_of_ours(world, tmp_path, settings):
    ours = keys.known_certificates()
    settings.KEYS_DIR = tmp_path
    assert make_keys(now=world.now) is True
    document = issue("course_completion", now=world.now)
    world.drain(files=True)
    document.refresh_from_db()
    assert signing.check(content_of(document), ours) == signing.NONE
    assert signing.check(content_of(document), keys.known_certificates()) == signing.INTACT


def test_missing_key_parks_the_job(world, tmp_path, settings):
    settings.KEYS_DIR = tmp_path
    document = issue("course_completion", now=world.now)
    with pytest.raises(keys.KeyMissing):
        make_file(pk=document.pk, now=world.now)
    document.refresh_from_db()
    assert document.file is None
    assert Job.objects.get(key=f"document:{document.number}").state == "waiting"
    world.drain(files=True)
    assert Job.objects.get(key=f"document:{document.number}").state == "parked"


def test_documents_that_waited_for_a_key_are_made_once_there_is_one(world, tmp_path, settings):
    settings.KEYS_DIR = tmp_path
    document = issue("course_completion", now=world.now)
    world.drain(files=True)
    assert make_keys(now=world.now) is True
    job = Job.objects.get(key=f"document:{document.number}")
    assert (job.state, job.attempts) == ("waiting", 0)
    world.drain(files=True)
    document.refresh_from_db()
    assert document.certificate == keys.signing_key().fingerprint


def test_keys_are_made_once_and_for_their_owner_only(world, tmp_path, settings):
    settings.KEYS_DIR = tmp_path
    assert can_sign() is False
    said = StringIO()
    call_command("make_keys", stdout=said)
    first = keys.signing_key().fingerprint
    assert make_keys(now=world.now) is False
    assert keys.signing_key().fingerprint == first
    modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "documents").iterdir()}
    assert can_sign() is True
    assert modes == dict.fromkeys(("ca.key", "ca.pem", "signer.key", "signer.pem"), 0o600)
    assert "keys made" in said.getvalue()


BOMB = (
    b"%PDF-1.7\n1 0 obj\n<< /Filter /FlateDecode /Length 40 >>\nstream\n"
     b"x\x9c" + b"\xed\xc1" * 20 + b"\nendstream\nendobj\n/ByteRange [0 10 20 5]\n%%EOF"
)  # fmt: skip
HOLES = b"%PDF-1.7 " + b"/ByteRange [0 50 9999999 1] " * 50_000
LYING = b"%PDF-1.7 /ByteRange [0 34 40 5] <zzzz> tail!"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"\x00" * 5000, "not_pdf"),
        (b"PK\x03\x04 no pdf", "not_pdf"),
        (b"%PDF-1.7", "unknown"),
        (b"%PDF-1.7\n%%EOF" * 1000, "unknown"),
        (BOMB, "unknown"),
        (HOLES, "unknown"),
        (LYING, "unknown"),
        (b"%PDF-1.7 /ByteRange [0 34 42 2]   <30820100> xx", "unknown"),
    ],
)
def test_hostile_file_gets_a_clear_answer(world, content, said):
    assert verdict(content, world) == said


def test_file_beyond_the_limit_is_not_read(world, settings):
    settings.VERIFY_LIMIT_BYTES = 100
    today = world.now.date()
    assert check_file(ContentFile(b"%PDF-" + b"0" * 96), today=today).verdict == "too_large"
    assert check_file(ContentFile(b"%PDF-" + b"0" * 95), today=today).verdict == "unknown"


@pytest.mark.parametrize("text", ["\ue000", "入门😀", "a\u0007b", "a\u001cb", "𠮷\U000f0000"])
def test_sign_without_a_glyph_is_refused_before_a_number_is_given(world, text):
    with pytest.raises(Invalid) as caught:
        issue("course_completion", now=world.now, payload={**PROOF, "course": text})
    assert caught.value.code == "no_glyph"
    assert IssuedDocument.objects.count() == 0


def test_rare_characters_of_names_are_printed(world):
    assert fonts.missing_signs("㛃喆堃淼垚犇龑贇玥·Äé") == ""


def test_missing_font_is_named(settings):
    with pytest.raises(fonts.FontMissing, match="NoSuchFont"):
        fonts.find_font("NoSuchFont.ttc")


class Authority(BaseHTTPRequestHandler):
    """A time stamp authority for one test."""

    def do_POST(self):
        request = tsp.TimeStampReq.load(self.rfile.read(int(self.headers["Content-Length"])))
        answer = self.server.stamper.request_tsa_response(request).dump()
        self.send_response(200)
        self.send_header("Content-Type", "application/timestamp-reply")
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_args):
        pass


@pytest.fixture
def authority(now):
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "TSA")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now.replace(year=2025))
        .not_valid_after(now.replace(year=2036))
        .add_extension(
            x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.TIME_STAMPING]), critical=True
        )
        .sign(key, hashes.SHA256())
    )
    server = HTTPServer(("127.0.0.1", 0), Authority)
    server.stamper = DummyTimeStamper(
        asn1_x509.Certificate.load(made.public_bytes(serialization.Encoding.DER)),
        PrivateKeyInfo.load(
            key.private_bytes(
                serialization.Encoding.DER,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        ),
        SimpleCertificateStore(),
    )
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


def test_es_03_time_stamp_is_kept_where_an_authority_is_set(world, settings, authority):
    settings.TSA_URL = authority
    document = issue("course_completion", now=world.now)
    world.drain(files=True)
    document.refresh_from_db()
    assert document.time_source == "tsa"
    assert signing.has_time_stamp(content_of(document)) is True
    assert verdict(content_of(document), world) == "issued"


def test_es_03_without_an_authority_the_time_is_the_systems(document):
    assert document.time_source == "system"
    assert signing.has_time_stamp(content_of(document)) is False


@pytest.mark.parametrize("address", ["http://127.0.0.1:9/", "file:///etc/hostname"])
def test_silent_authority_makes_no_file(world, settings, address):
    settings.TSA_URL = address
    document = issue("course_completion", now=world.now)
    with pytest.raises(signing.SigningFailed):
        make_file(pk=document.pk, now=world.now)
    document.refresh_from_db()
    assert document.file is None


def test_licensed_certificate_is_named(world, settings):
    settings.SIGNING_CA_NAME = "示例认证中心"
    document = issue("course_completion", now=world.now)
    world.drain(files=True)
    document.refresh_from_db()
    assert (document.signature, document.signed_by) == ("licensed", "示例认证中心")


def test_command_says_what_the_page_says(world, document, tmp_path: Path):
    path, said = tmp_path / "proof.pdf", StringIO()
    path.write_bytes(content_of(document))
    call_command("verify_document", str(path), stdout=said)
    assert said.getvalue().startswith(f"{document.number} valid")
    path.write_bytes(content_of(document) + b" ")
    with pytest.raises(CommandError, match="altered"):
        call_command("verify_document", str(path))
    set_document_state(
        document=document, state="revoked", reason="误发", actor=None, now=timezone.now()
    )
    path.write_bytes(content_of(document))
    with pytest.raises(CommandError, match="revoked"):
        call_command("verify_document", str(path))
    assert BytesIO(path.read_bytes()).read(5) == b"%PDF-"
