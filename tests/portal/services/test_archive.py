"""The archive's package: everything issued, whole, checkable without the portal."""

import hashlib
import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta

import pytest
from asn1crypto import cms, pem, x509
from pyhanko.sign.validation.generic_cms import validate_sig_integrity

from portal.domain.lifecycle import Conflict, Invalid, NotAllowed
from portal.models import AuditEntry
from portal.services import archive
from portal.services.archive import archivable_kinds, export_archive
from portal.services.files import private_storage
from portal.services.registers import set_document_state
from tests.portal.documents.samples import issue

pytestmark = pytest.mark.django_db

DAY = date(2026, 11, 23)


def test_package_is_called_by_its_moment(world, issued):
    package = ask(world)
    package.target.close()
    assert package.name == "archive-20261123-090000.zip"


def ask(world, **changes) -> archive.Package:
    values = {"kind": "course_completion", "since": DAY, "until": DAY, "actor": world.staff}
    return export_archive(now=world.now, **(values | changes))


@contextmanager
def export(world) -> Iterator[zipfile.ZipFile]:
    with ask(world).target as target, zipfile.ZipFile(target) as packed:
        yield packed


def manifest_of(packed: zipfile.ZipFile) -> dict:
    return json.loads(packed.read("manifest.json"))


@pytest.fixture
def issued(world):
    firm = world.organisation("owner")
    found = issue("course_completion", now=world.now, user=world.learner, organisation=firm)
    issue("course_completion", now=world.now - timedelta(days=1))
    issue("acceptance_form", now=world.now)
    world.drain(files=True)
    found.refresh_from_db()
    return found


def test_es_04_package_holds_the_documents_and_a_manifest(world, issued):
    set_document_state(document=issued, state="revoked", reason="误发", actor=None, now=world.now)
    with export(world) as packed:
        manifest = manifest_of(packed)
        names = set(packed.namelist())
        (entry,) = manifest["documents"]
        held = {part: packed.read(entry[part]["path"]) for part in ("file", "data")}

    assert {manifest[key] for key in ("since", "until")} == {"2026-11-23"}
    assert (entry["number"], entry["state"], entry["state_reason"]) == (
        issued.number,
        "revoked",
        "误发",
    )
    assert entry["holder_uscc"] == issued.organisation.uscc
    for part, content in held.items():
        assert hashlib.sha256(content).hexdigest() == entry[part]["sha256"]
    assert entry["file"]["sha256"] == issued.file.sha256
    assert entry["data"]["sha256"] == issued.digest
    assert (entry["file"]["signature"], entry["file"]["time_source"]) == ("own", "system")
    assert names == {
        "manifest.json",
        "manifest.json.p7s",
        "SHA256SUMS",
        "certificates/ca.pem",
        "certificates/signer.pem",
        f"documents/{issued.number}.json",
        f"documents/{issued.number}.pdf",
    }


def test_every_file_of_a_package_stands_in_its_sums(world, issued):
    with export(world) as packed:
        lines = packed.read("SHA256SUMS").decode().splitlines()
        sums = dict(reversed(line.split("  ")) for line in lines)
        assert set(packed.namelist()) - sums.keys() == {"SHA256SUMS"}
        for name, digest in sums.items():
            assert hashlib.sha256(packed.read(name)).hexdigest() == digest


def test_manifest_is_signed_with_the_certificate_in_the_package(world, issued):
    with export(world) as packed:
        content, signature = packed.read("manifest.json"), packed.read("manifest.json.p7s")
        _name, _headers, der = pem.unarmor(packed.read("certificates/signer.pem"))
    info = cms.ContentInfo.load(signature)["content"]["signer_infos"][0]
    signer = x509.Certificate.load(der)

    def sound(text: bytes) -> tuple[bool, bool]:
        return validate_sig_integrity(info, signer, "data", hashlib.sha256(text).digest())

    assert sound(content) == (True, True)
    assert sound(content + b" ")[0] is False


def test_package_without_a_key_says_that_nothing_signed_it(world, settings, tmp_path):
    settings.KEYS_DIR = tmp_path
    issue("course_completion", now=world.now)
    with export(world) as packed:
        manifest, names = manifest_of(packed), packed.namelist()
    assert (manifest["manifest_signature"], manifest["signature_kind"]) == (None, None)
    assert [one["file"] for one in manifest["documents"]] == [None]
    assert "manifest.json.p7s" not in names


def test_package_names_the_licensed_authority_s_signature(world, settings, issued):
    settings.SIGNING_CA_NAME = "示例认证中心"
    with export(world) as packed:
        assert manifest_of(packed)["signature_kind"] == "licensed"


def test_export_is_audited_with_the_manifest_s_digest(world, issued):
    with export(world) as packed:
        digest = hashlib.sha256(packed.read("manifest.json")).hexdigest()
    entry = AuditEntry.objects.get(action="document.archived")
    assert entry.actor_id == world.staff.pk
    assert (entry.data["count"], entry.data["manifest"]) == (1, digest)


def test_damaged_file_makes_no_package(world, issued):
    store, name = private_storage(), issued.file.storage_name
    with store.open(name, "rb") as opened:
        content = opened.read()
    store.delete(name)
    with store.open(name, "wb") as opened:
        opened.write(content[:-1] + b"x")
    with pytest.raises(Conflict) as caught:
        ask(world)
    assert caught.value.code == "archive_damaged"
    assert not AuditEntry.objects.filter(action="document.archived").exists()


@pytest.mark.parametrize(
    ("login", "kinds"),
    [
        ("staff", ["acceptance_form", "course_completion"]),
        ("lead", ["grading_statement", "recommendation_snapshot"]),
        ("owner", []),
        ("auditor", []),
    ],
)
def test_archivists_take_what_is_theirs(world, login, kinds):
    assert sorted(archivable_kinds(world.people[login])) == kinds


@pytest.mark.parametrize(("login", "kind"), [("lead", "course_completion"), ("staff", "nothing")])
def test_kind_of_another_archivist_is_refused(world, issued, login, kind):
    with pytest.raises(NotAllowed):
        ask(world, actor=world.people[login], kind=kind)
    assert AuditEntry.objects.get(action="document.archive").outcome == "refused"


def test_nothing_issued_is_said(world):
    with pytest.raises(Invalid) as caught:
        ask(world)
    assert caught.value.code == "archive_empty"


def test_too_many_documents_are_refused(world, monkeypatch):
    monkeypatch.setattr(archive, "MOST", 1)
    for _turn in range(2):
        issue("course_completion", now=world.now)
    with pytest.raises(Invalid) as caught:
        ask(world)
    assert caught.value.code == "archive_too_many"
