"""Hostile files for every use: refused, or kept so that they do nothing."""

import gzip
import io
import struct
import zipfile
import zlib

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from incubator.domain.module import read_wheel
from portal.domain.content_types import ALLOWED, EXTENSIONS
from portal.domain.lifecycle import Invalid
from portal.models import StoredFile
from portal.services import files
from portal.views.workspace import file_response

PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
SCRIPT = b"<script>alert(document.domain)</script>"
XXE = (
    b'<?xml version="1.0"?><!DOCTYPE log [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    b"<log><trace>&x;</trace></log>"
)


def packed(parts: dict[str, bytes]) -> bytes:
    """Return a ZIP with these members, their names as they are."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return target.getvalue()


def png(text: bytes) -> bytes:
    """Return a valid picture of one pixel that carries a text."""
    chunks = (
        (b"IHDR", struct.pack(">2L5B", 1, 1, 8, 0, 0, 0, 0)),
        (b"tEXt", b"Comment\0" + text),
        (b"IDAT", zlib.compress(b"\0\0")),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">L", len(data)) + kind + data + struct.pack(">L", zlib.crc32(kind + data))
        for kind, data in chunks
    )


NEVER: dict[str, tuple[str, bytes]] = {
    "nothing": ("a.pdf", b""),
    "web page": ("a.html", b"<!doctype html>" + SCRIPT),
    "web page called a table": ("a.csv", b"<html>" + SCRIPT),
    "web page called a document": ("a.pdf", SCRIPT),
    "drawing with a script": ("a.svg", b"<svg onload=alert(1)>"),
    "drawing called xml": ("a.xml", b'<?xml version="1.0"?><svg onload="alert(1)"/>'),
    "program": ("a.exe", b"MZ\x90\0" + bytes(200)),
    "program called a picture": ("a.png", b"MZ\x90\0" + bytes(200)),
    "shell script called a table": ("a.csv", b"#!/bin/sh\nrm -rf /,x\n"),
    "php behind a picture's first bytes": ("a.php", png(b"<?php system($_GET[0]);")),
    "picture with a second ending": ("a.png.php", png(b"x")),
    "picture with an ending for windows": ("a.png:a.exe", png(b"x")),
    "gif that is a script": ("a.gif", b"GIF89a=1;" + SCRIPT),
    "macros": (
        "a.docx",
        packed({"[Content_Types].xml": b"vbaProject", "word/document.xml": b"<x/>"}),
    ),
    "old office": ("a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)),
    "java behind a picture": ("a.jpg", b"\xca\xfe\xba\xbe" + bytes(60)),
    "zip with an endless list": ("a.docx", packed({f"{n}": b"" for n in range(20_001)})),
}
KEPT: dict[str, tuple[str, bytes]] = {
    "document that is an archive too": ("a.pdf", PDF + packed({"a.html": SCRIPT})),
    "document with a script behind it": ("a.pdf", PDF + SCRIPT),
    "picture with a script in it": ("a.png", png(SCRIPT)),
    "picture with a script behind it": ("a.jpg", b"\xff\xd8\xff\xe0" + SCRIPT),
    "archive that climbs out": ("a.zip", packed({"../../../../tmp/x": b"x", "/etc/y": b"y"})),
    "archive that grows": ("a.zip", packed({"a": bytes(50_000_000)})),
    "office file that grows": (
        "a.docx",
        packed({"[Content_Types].xml": b"<x/>", "word/document.xml": bytes(50_000_000)}),
    ),
    "gzip that grows": ("a.xes.gz", gzip.compress(bytes(50_000_000))),
    "entities": ("a.xes", XXE),
    "formulas": ("a.csv", b"=cmd|' /C calc'!A0,2\n"),
}
PICTURES = {"picture with a script in it", "picture with a script behind it"}
PAPERS = {"document that is an archive too", "document with a script behind it"}
OFFICE = {"office file that grows"}
TAKEN: dict[str, set[str]] = {
    "application_attachment": PICTURES | PAPERS | OFFICE,
    "proposal_attachment": PICTURES | PAPERS | OFFICE,
    "objection_evidence": PICTURES | PAPERS | OFFICE,
    "deliverable": KEPT.keys() - {"gzip that grows"},
    "case_log": {"gzip that grows", "entities", "formulas"},
    "module_release": set(),
    "module_weights": set(),
    "module_container": {"gzip that grows"},
    "module_sql": set(),
    "module_bundle": {"archive that climbs out", "archive that grows"},
    "evidence_photo": PICTURES,
}
"""What each use takes because it does no harm as it is sent; its readers have tests of theirs."""
NAMES = {
    "../../../../etc/passwd.pdf": "passwd.pdf",
    "..\\..\\windows\\a.pdf": "a.pdf",
    "/etc/cron.d/a.pdf": "a.pdf",
    "a\x00.exe\x00.pdf": "a.exe.pdf",
    "a\r\nSet-Cookie: x=1.pdf": "aSet-Cookie: x=1.pdf",
    "\u202efdp.exe\u202c.pdf": "fdp.exe.pdf",
    "…" * 300 + ".pdf": "…" * 180 + ".pdf",
    "....pdf": "pdf",
}


@pytest.mark.parametrize("what", NEVER)
@pytest.mark.parametrize("use", ALLOWED)
def test_file_that_no_use_takes_is_refused_and_leaves_nothing(db, now, tmp_path, use, what):
    name, data = NEVER[what]

    with pytest.raises(Invalid) as refusal:
        files.store_file(upload=ContentFile(data, name=name), use=use, actor=None, now=now)

    assert refusal.value.code in {"file_type", "file_ending", "file_empty"}
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    assert not StoredFile.objects.exists()


@pytest.mark.parametrize("what", KEPT)
@pytest.mark.parametrize("use", ALLOWED)
def test_file_with_something_hidden_is_refused_or_does_nothing(db, now, tmp_path, use, what):
    name, data = KEPT[what]
    if what not in TAKEN[use]:
        with pytest.raises(Invalid, match="file_type"):
            files.store_file(upload=ContentFile(data, name=name), use=use, actor=None, now=now)
        return

    stored = files.store_file(upload=ContentFile(data, name=name), use=use, actor=None, now=now)

    assert stored.media_type in ALLOWED[use]
    assert stored.name.endswith(EXTENSIONS[stored.media_type])
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [stored.sha256]
    response = file_response(stored)
    assert response["Content-Type"] == stored.media_type
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    shown = response["Content-Disposition"].startswith("inline")
    assert shown == (stored.media_type in {"application/pdf", "image/png", "image/jpeg"})
    assert b"".join(response.streaming_content) == data


@pytest.mark.parametrize(("given", "kept"), NAMES.items(), ids=ascii)
def test_name_of_a_file_leads_nowhere(given, kept):
    assert files.clean_name(given) == kept


@pytest.mark.parametrize("use", ALLOWED)
def test_file_over_the_limit_of_its_use_is_refused_while_it_comes_in(
    db, tmp_path, settings, monkeypatch, use
):
    settings.UPLOAD_LIMIT_BYTES = 1000
    monkeypatch.setattr(files, "CHUNK", 100)
    read = []

    class Endless(ContentFile):
        def chunks(self, chunk_size=None):
            while True:
                read.append(chunk_size)
                yield PDF.ljust(100)

    with pytest.raises(Invalid, match="file_too_large"):
        files.store_file(
            upload=Endless(b"x", name="a.pdf"), use=use, actor=None, now=timezone.now()
        )

    assert len(read) == 11
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_module_with_an_endless_list_of_members_is_damaged():
    _name, data = NEVER["zip with an endless list"]

    with pytest.raises(Invalid, match="wheel_damaged"):
        read_wheel(io.BytesIO(data), "m-1.0-py3-none-any.whl")
