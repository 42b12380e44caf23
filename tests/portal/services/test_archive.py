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
from portal.models import ArchivePackage, AuditEntry, Job, Notification, StoredFile, User
from portal.permissions import may_read_file
from portal.selectors.archives import packages_of
from portal.services import archive
from portal.services.archive import archivable_kinds, ask_package, make_package
from portal.services.files import open_stored, private_storage
from portal.services.registers import set_document_state
from portal.services.retention import run_retention
from tests.portal.documents.samples import issue

pytestmark = pytest.mark.django_db

DAY = date(2026, 11, 23)


def test_package_is_called_by_its_moment(world, issued):
    assert made(world).file.name == "archive-20261123-090000.zip"


def ask(world, **changes) -> ArchivePackage:
    values = {"kind": "course_completion", "since": DAY, "until": DAY, "actor": world.staff}
    return ask_package(now=world.now, **(values | changes))


def made(world, **changes) -> ArchivePackage:
    package = ask(world, **changes)
    make_package(pk=package.pk, now=world.now)
    package.refresh_from_db()
    return package


@contextmanager
def export(world) -> Iterator[zipfile.ZipFile]:
    with open_stored(made(world).file) as target, zipfile.ZipFile(target) as packed:
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
    package = made(world)
    assert (package.state, package.problem, package.file) == ("failed", "archive_damaged", None)
    (row,) = packages_of(world.staff)
    assert issued.number in row.problem
    assert not AuditEntry.objects.filter(action="document.archived").exists()
    assert messages(world) == ["archive_failed"]


def messages(world) -> list[str]:
    rows = Notification.objects.filter(user=world.staff, kind__startswith="archive_")
    return list(rows.values_list("kind", flat=True))


def test_worker_makes_the_package_and_tells_who_asked(world, issued):
    package = ask(world)
    job = Job.objects.get(task=archive.MAKE_PACKAGE)
    assert (package.state, job.queue) == ("waiting", "long")
    world.drain()
    package.refresh_from_db()
    assert (package.state, package.count, package.problem) == ("ready", 1, "")
    assert (package.file.use, package.file.uploader) == ("archive_package", world.staff)
    assert package.file.media_type == "application/zip"
    assert messages(world) == ["archive_ready"]
    message = Notification.objects.get(kind="archive_ready")
    assert message.params == {"count": "1", "until": "2026-11-30"}


def test_same_package_waits_once(world, issued):
    assert ask(world).pk == ask(world).pk
    assert Job.objects.filter(task=archive.MAKE_PACKAGE).count() == 1
    ready = made(world)
    assert ask(world).pk != ready.pk


def test_package_is_made_once(world, issued):
    first = made(world).file_id
    make_package(pk=ArchivePackage.objects.get().pk, now=world.now)
    assert ArchivePackage.objects.get().file_id == first
    assert messages(world) == ["archive_ready"]


@pytest.mark.parametrize("refused", [False, True])
def test_worker_that_comes_second_leaves_nothing(world, issued, monkeypatch, refused):
    package = ask(world)

    def overtaken(*args, **kwargs):
        make = pack(*args, **kwargs)
        ArchivePackage.objects.filter(pk=package.pk).update(state="failed", problem="x")
        if refused:
            raise Conflict("archive_damaged", number="x")
        return make

    pack = archive.pack
    monkeypatch.setattr(archive, "pack", overtaken)
    make_package(pk=package.pk, now=world.now)
    package.refresh_from_db()
    assert (package.state, package.problem) == ("failed", "x")
    assert not StoredFile.objects.filter(use="archive_package").exists()
    assert messages(world) == []


def test_who_lost_the_role_meanwhile_gets_no_package(world, issued):
    package = ask(world)
    world.staff.groups.clear()
    make_package(pk=package.pk, now=world.now)
    package.refresh_from_db()
    assert (package.state, package.problem) == ("failed", "role")


def test_only_who_asked_and_may_still_reads_the_package(world, issued):
    stored = made(world).file
    assert [login for login, one in world.people.items() if may_read_file(one, stored)] == ["staff"]
    world.staff.groups.clear()
    assert not may_read_file(User.objects.get(pk=world.staff.pk), stored)


def test_file_of_no_package_is_nobody_s(world, issued):
    package = made(world)
    stored = package.file
    package.delete()
    assert not may_read_file(world.staff, stored)


def test_package_and_its_file_go_after_a_week(world, issued):
    package = made(world)
    run_retention(now=world.now + timedelta(days=6, hours=23))
    assert ArchivePackage.objects.filter(pk=package.pk).exists()
    run_retention(now=world.now + timedelta(days=7, hours=1))
    assert not ArchivePackage.objects.exists()
    assert not StoredFile.objects.filter(use="archive_package").exists()
    assert StoredFile.objects.filter(use="issued_document").exists()


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
