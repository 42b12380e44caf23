"""Private files: what is refused, what is kept, and where."""

import hashlib
import resource
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.base import ContentFile

from portal.domain.lifecycle import Invalid
from portal.models import StoredFile
from portal.services.files import (
    clean_name,
    limit_for,
    open_stored,
    private_storage,
    read_chunks,
    store_file,
)
from tests.portal.services.conftest import PDF

EXECUTABLE = b"MZ\x90\x00" + b"\x00" * 60 + b"PE\x00\x00" + b"\x00" * 200
USE = "application_attachment"


@contextmanager
def full_disk():
    """Have the kernel refuse every further byte, as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def files_in(folder) -> list[str]:
    return sorted(
        str(path.relative_to(folder)) for path in Path(folder).rglob("*") if path.is_file()
    )


def kept() -> list[str]:
    return files_in(private_storage().location) + files_in(settings.FILE_UPLOAD_TEMP_DIR)


def test_file_is_kept_under_its_digest_with_its_row(world, now, pdf, trail):
    firm = world.organisation("owner")
    stored = store_file(upload=pdf, use=USE, actor=world.owner, organisation=firm, now=now)
    digest = hashlib.sha256(PDF).hexdigest()
    assert (stored.name, stored.sha256, stored.size) == ("report.pdf", digest, len(PDF))
    assert (stored.media_type, stored.uploader, stored.organisation) == (
        "application/pdf",
        world.owner,
        firm,
    )
    assert kept() == [f"{digest[:2]}/{digest[2:4]}/{digest}"]
    assert b"".join(read_chunks(stored)) == PDF
    with open_stored(stored) as opened:
        assert opened.read() == PDF
    assert trail() == [("file.store", "done", "")]


def test_same_content_is_stored_once(world, now):
    rows = [
        store_file(upload=ContentFile(PDF, name=name), use=USE, actor=world.owner, now=now)
        for name in ("a.pdf", "b.pdf")
    ]
    assert [row.name for row in StoredFile.objects.order_by("name")] == ["a.pdf", "b.pdf"]
    assert kept() == [rows[0].storage_name]


def test_half_of_an_interrupted_write_is_replaced(world, now, pdf):
    digest = hashlib.sha256(PDF).hexdigest()
    name = StoredFile(sha256=digest).storage_name
    private_storage().save(name, ContentFile(PDF[:10]))
    stored = store_file(upload=pdf, use=USE, actor=world.owner, now=now)
    assert kept() == [name]
    assert b"".join(read_chunks(stored)) == PDF


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (b"", "empty.pdf", "file_empty"),
        (EXECUTABLE, "report.pdf", "file_type"),
        (b"\x7fELF\x02\x01\x01" + b"\x00" * 100, "scan.jpg", "file_type"),
        (b"#!/bin/sh\nrm -rf /\n", "table.pdf", "file_type"),
        (PDF, "invoice.exe", "file_ending"),
    ],
)
def test_refused_content_leaves_nothing(world, trail, content, name, code):
    upload = ContentFile(content, name=name)
    with pytest.raises(Invalid) as caught:
        store_file(upload=upload, use=USE, actor=world.owner, now=world.now)
    assert (caught.value.code, caught.value.params["name"]) == (code, name)
    assert kept() == []
    assert trail() == []


def test_file_over_the_limit_is_refused_while_it_streams(world, now, settings):
    settings.UPLOAD_LIMIT_BYTES = 1024 * 1024
    upload = ContentFile(PDF + b"\n" * 1024 * 1024, name="big.pdf")
    with pytest.raises(Invalid) as caught:
        store_file(upload=upload, use=USE, actor=world.owner, now=now)
    assert (caught.value.code, caught.value.params) == (
        "file_too_large",
        {"name": "big.pdf", "limit": 1},
    )
    assert kept() == []


@pytest.mark.parametrize(
    ("use", "megabytes"),
    [("evidence_photo", 20), ("application_attachment", 50), ("deliverable", 200)],
)
def test_limit_by_use(use, megabytes):
    assert limit_for(use) == megabytes * 1024 * 1024


def test_full_disk_is_said_and_leaves_nothing(world, now, pdf):
    with pytest.raises(Invalid, match="storage_full"), full_disk():
        store_file(upload=pdf, use=USE, actor=world.owner, now=now)
    assert kept() == []
    assert StoredFile.objects.count() == 0


def test_storage_that_cannot_be_written_is_said(world, now, pdf, tmp_path, settings):
    (tmp_path / "no-folder").write_text("a file where the folder should be")
    private = settings.STORAGES["private"]
    options = {**private["OPTIONS"], "location": str(tmp_path / "no-folder")}
    settings.STORAGES = {**settings.STORAGES, "private": {**private, "OPTIONS": options}}
    with pytest.raises(Invalid, match="storage_full"):
        store_file(upload=pdf, use=USE, actor=world.owner, now=now)
    assert files_in(settings.FILE_UPLOAD_TEMP_DIR) == []
    assert StoredFile.objects.count() == 0


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("report.pdf", "report.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\a\\报告.docx", "报告.docx"),
        ("a\x00b\u202egnp.exe", "abgnp.exe"),
        (" . ", "file"),
        ("", "file"),
        ("名" * 300 + ".pdf", "名" * 180 + ".pdf"),
        ("x" * 300, "x" * 190),
        ("x." + "y" * 300, "x." + "y" * 188),
    ],
)
def test_name_is_cleaned(name, clean):
    assert clean_name(name) == clean
