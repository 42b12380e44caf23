"""File types by content: every named kind, archives, text, damage, and the lists per use."""

import gzip
import io
import struct
import tarfile
import tracemalloc
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain import content_types as ct

CONTENT_TYPES = b"<Types><Override PartName='/x' ContentType='%s'/></Types>"


def _zip(members):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def _tar(members):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def _office(part, declared=b"main+xml", **more):
    return _zip({"[Content_Types].xml": CONTENT_TYPES % declared, part: "<x/>", **more})


def _sniffed(data):
    return ct.sniff(data[: ct.HEAD_BYTES], io.BytesIO(data))


@pytest.mark.parametrize(
    ("head", "media_type"),
    [
        (b"", ct.EMPTY),
        (b"%PDF-1.7\n%\xe2\xe3", ct.PDF),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", ct.PNG),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", ct.JPEG),
        (b"RIFF\x10\0\0\0WEBPVP8 ", ct.WEBP),
        (b"RIFF\x10\0\0\0WAVEfmt ", ct.UNKNOWN),
        (b"GIF89a\1\0\1\0", "image/gif"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0", ct.MP4),
        (b"\0\0\0\x18ftypisom\0\0\0\0", ct.MP4),
        (b"\0\0\0\x18ftypqt  \0\0\0\0", ct.QUICKTIME),
        (b"\0\0\0\x18ftypheic\0\0\0\0", ct.HEIC),
        (b"\0\0\0\x18ftypzzzz\0\0\0\0", ct.UNKNOWN),
        (b"PK\x03\x04\x14\0", ct.ZIP),
        (b"\x1f\x8b\x08\0", ct.GZIP),
        (b"\x7fELF\x02\x01", ct.ELF),
        (b"MZ\x90\0\x03", ct.PE),
        (b"\xcf\xfa\xed\xfe\x07", ct.MACH_O),
        (b"#!/bin/sh\nrm -r x\n", ct.SCRIPT),
        (b"\xef\xbb\xbf#!/bin/sh\n", ct.SCRIPT),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0", ct.OLE),
        (b"case_id,activity\n1,a\n", ct.CSV),
        (b"\xef\xbb\xbfcase_id;activity\n", ct.CSV),
        ("办件编号\t环节\n".encode("gb18030"), ct.CSV),
        ("湟源县\n第二行,有逗号\n".encode(), ct.TEXT),
        (b"a,b\n\0", ct.UNKNOWN),
        (b"a,b\n\x81\xff\xff", ct.UNKNOWN),
        (b'<?xml version="1.0"?>\n<!-- <svg> -->\n<log xes.version="1.0">', ct.XML),
        (b"<log>", ct.XML),
        (b'<?xml version="1.0"?><x:note xmlns:x="y"/>', ct.XML),
        (b'<?xml version="1.0"?>', ct.XML),
        (b'<?xml version="1.0"?><svg onload="x()">', ct.SVG),
        (b"<svg >", ct.SVG),
        (b"<!DOCTYPE  HTML><p>", ct.HTML),
        (b'<?xml version="1.0"?><html >', ct.HTML),
        (b"<script >x()", ct.HTML),
        (b"< 5 km, > 3 km", ct.TEXT),
    ],
)
def test_sniff_by_first_bytes(head, media_type):
    assert ct.sniff(head) == media_type


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_sniff_text_cut_inside_a_character(encoding):
    assert ct.sniff("办件编号,环节".encode(encoding)[:-1]) == ct.CSV


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (_office("word/document.xml"), ct.DOCX),
        (_office("xl/workbook.xml"), ct.XLSX),
        (_office("ppt/presentation.xml"), ct.PPTX),
        (_office("other/part.xml"), ct.ZIP),
        (_office("word/document.xml", **{"xl/workbook.xml": "<x/>"}), ct.ZIP),
        (_office("word/document.xml", b"x.document.macroEnabled.main+xml"), ct.MACRO_OFFICE),
        (_office("word/document.xml", b"application/vnd.ms-office.vbaProject"), ct.MACRO_OFFICE),
        (_office("word/document.xml", **{"word/vbaProject.bin": "x"}), ct.MACRO_OFFICE),
        (_zip({"a.txt": "a"}), ct.ZIP),
        (_zip({"word/document.xml": "without content types"}), ct.ZIP),
        (_zip({}), ct.ZIP),
        (_zip({"m/__init__.py": "", "m-1.0.dist-info/METADATA": "Name: m"}), ct.WHEEL),
        (_zip({"sub/m-1.0.dist-info/METADATA": "Name: m"}), ct.ZIP),
        (b"PK\x03\x04 not an archive", ct.UNKNOWN),
        (_tar([("m-1.0/setup.py", b""), ("m-1.0/PKG-INFO", b"Name: m")]), ct.SDIST),
        (_tar([("m-1.0/src/PKG-INFO", b"Name: m")]), ct.GZIP),
        (gzip.compress(b"<log/>", mtime=0), ct.GZIP),
        (gzip.compress(b"", mtime=0), ct.GZIP),
        (_tar([("m-1.0/a", bytes(range(256)) * 200), ("m-1.0/PKG-INFO", b"")])[:200], ct.GZIP),
    ],
)
def test_sniff_looks_into_archives(data, media_type):
    assert _sniffed(data) == media_type


def test_sniff_refuses_an_office_file_with_a_damaged_part():
    data = bytearray(_office("word/document.xml"))
    data[60] ^= 0xFF
    assert _sniffed(bytes(data)) == ct.UNKNOWN


def test_sniff_restores_the_position():
    stream = io.BytesIO(_zip({"a.txt": "a"}))
    stream.seek(7)
    assert (ct.sniff(stream.getvalue(), stream), stream.tell()) == (ct.ZIP, 7)


@pytest.mark.parametrize("limit", ["_MAX_MEMBERS", "_MAX_UNPACKED_BYTES"])
def test_sniff_stops_at_the_limits_of_an_archive(limit, monkeypatch):
    data = _tar([("m-1.0/a", b"x" * 600), ("m-1.0/PKG-INFO", b"Name: m")])
    monkeypatch.setattr(ct, limit, 0)
    assert _sniffed(data) == ct.GZIP


def test_sniff_does_not_unpack_a_bomb():
    info = tarfile.TarInfo("m-1.0/bomb")
    info.size = 10**12
    assert _sniffed(gzip.compress(info.tobuf() + bytes(10**6))) == ct.GZIP


def _header(kind: bytes, size: int) -> bytes:
    info = tarfile.TarInfo("m-1.0/x")
    info.type, info.size = kind, size
    return info.tobuf(tarfile.GNU_FORMAT)


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME])
def test_sniff_reads_no_extended_header_into_memory(kind):
    data = gzip.compress(_header(kind, 200 * 2**20) + bytes(200 * 2**20))
    tracemalloc.start()
    assert _sniffed(data) == ct.GZIP
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 16 * 2**20


def test_sniff_of_a_tar_whose_member_has_a_negative_size():
    assert _sniffed(gzip.compress(_header(tarfile.REGTYPE, -600) + bytes(1024))) == ct.GZIP


def test_sniff_finds_package_info_behind_an_extended_header():
    data = gzip.compress(_header(tarfile.XHDTYPE, 700) + bytes(1024) + _tar_of_package_info())
    assert _sniffed(data) == ct.SDIST


def _tar_of_package_info() -> bytes:
    return gzip.decompress(_tar([("m-1.0/PKG-INFO", b"Name: m")]))


def _long_list(members: int) -> bytes:
    """A ZIP that is nothing but the list of its members."""
    entry = struct.pack("<4s4B4HL2L5H2L", b"PK\1\2", 20, 0, 20, *[0] * 8, 1, *[0] * 6) + b"a"
    end = struct.pack(
        "<4s4H2LH", b"PK\5\6", 0, 0, *[min(members, 65535)] * 2, len(entry) * members, 30, 0
    )
    return b"PK\3\4" + bytes(26) + entry * members + end


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (_long_list(20_000), ct.ZIP),
        (_long_list(20_001), ct.UNKNOWN),
        (_long_list(100_000), ct.UNKNOWN),
        (
            _zip({"a.txt": "a"})[:-22] + b"PK\6\7" + bytes(16) + _zip({"a.txt": "a"})[-22:],
            ct.UNKNOWN,
        ),
        (_zip({"a.txt": "a"})[:-5], ct.UNKNOWN),
    ],
    ids=["as many as may be", "one more", "longer than counted", "zip64", "cut off"],
)
def test_sniff_reads_no_endless_list_of_members(data, media_type):
    assert _sniffed(data) == media_type


@given(data=st.binary(max_size=300))
def test_sniff_answers_any_bytes(data):
    assert isinstance(_sniffed(data), str)


@given(
    data=st.sampled_from([b"PK\x03\x04", b"\x1f\x8b\x08\0"]).flatmap(
        lambda start: st.binary(max_size=300).map(start.__add__)
    )
)
def test_sniff_answers_any_damaged_archive(data):
    assert _sniffed(data) in {ct.UNKNOWN, ct.GZIP}


@pytest.mark.parametrize(
    ("use", "sniffed", "filename"),
    [
        ("application_attachment", ct.PDF, "营业执照.PDF"),
        ("application_attachment", ct.XLSX, "a.xlsx"),
        ("deliverable", ct.MP4, "a.mp4"),
        ("deliverable", ct.XML, "a.xes"),
        ("case_log", ct.GZIP, "receipt.xes.gz"),
        ("module_release", ct.SDIST, "m-1.0.tar.gz"),
        ("evidence_photo", ct.JPEG, "a.jpeg"),
        ("module_weights", ct.SAFETENSORS, "a.safetensors"),
        ("module_container", ct.GZIP, "a.tar.gz"),
        ("module_sql", ct.SQL, "a.sql"),
    ],
)
def test_check_type_takes_what_the_use_allows(use, sniffed, filename):
    assert ct.check_type(use, sniffed, filename) is None


@pytest.mark.parametrize(
    ("use", "sniffed", "filename", "code"),
    [
        ("application_attachment", ct.PE, "licence.pdf", "type"),
        ("application_attachment", ct.MACRO_OFFICE, "a.docx", "type"),
        ("evidence_photo", ct.SVG, "a.png", "type"),
        ("module_release", ct.ZIP, "m.whl", "type"),
        ("module_weights", ct.PICKLE, "m.safetensors", "type"),
        ("module_sql", ct.CSV, "m.sql", "type"),
        ("case_log", ct.EMPTY, "a.csv", "empty"),
        ("application_attachment", ct.PDF, "invoice.exe", "extension"),
        ("application_attachment", ct.PDF, "pdf", "extension"),
    ],
)
def test_check_type_refuses_with_its_reason(use, sniffed, filename, code):
    with pytest.raises(ct.FileTypeRefused) as refusal:
        ct.check_type(use, sniffed, filename)
    assert (refusal.value.code, refusal.value.sniffed) == (code, sniffed)
    assert refusal.value.allowed == tuple(sorted(ct.ALLOWED[use]))


def test_check_type_of_an_unknown_use_is_an_error():
    with pytest.raises(KeyError):
        ct.check_type("anything", ct.PDF, "a.pdf")


def test_every_allowed_type_has_its_endings():
    assert frozenset(ct.EXTENSIONS) == frozenset().union(*ct.ALLOWED.values())


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 1;",
        "SELECT 村, 事项 FROM t;",
        "INSERT OR REPLACE INTO a VALUES (1, 2);",
        "REPLACE INTO a VALUES (1, 2);",
        "GRANT SELECT, INSERT ON a TO b;",
        "TRUNCATE a, b;",
        "MERGE INTO a USING b ON a.c = b.c, d",
        "DO $$ BEGIN PERFORM f(1, 2); END $$;",
        "WITH RECURSIVE a (b, c) AS (SELECT 1, 2) SELECT b, c FROM a;",
        "select\n\ta,\n\tb\nfrom c;",
        "\ufeff-- 甲, 乙\n/* a, b\n */\n(SELECT 1, 2);",
        "-- dump, 1\n/*!40101 SET a = 1, b = 2 */;\n/*!40103 SET c = 3 */;\nSET NAMES utf8, a;",
        "-- 一, 二\n\n",
        "/* a licence, longer than the head " + "长, " * ct.HEAD_BYTES,
        "-" * 2 * ct.HEAD_BYTES + ", x",
    ],
)
def test_text_where_sql_is_expected_is_sql_when_it_begins_like_it(text):
    head = text.encode()[: ct.HEAD_BYTES]
    assert ct.settled("module_sql", ct.sniff(head), head) == ct.SQL
    assert ct.settled("deliverable", ct.sniff(head), head) == ct.sniff(head) != ct.SQL


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (b"select,name\n1,2", ct.CSV),
        (b"update , name\n1,2", ct.CSV),
        (b"selected, name", ct.CSV),
        ("村, 事项".encode(), ct.CSV),
        (b"Dear all", ct.TEXT),
        (b" \n ", ct.TEXT),
        (b"\0SELECT", ct.UNKNOWN),
        (b"%PDF-1.7 SELECT", ct.PDF),
        (b"CREATE TABLE a (b int)", ct.SQL),
    ],
)
def test_what_is_no_sql_stays_what_it_was_where_sql_is_expected(data, media_type):
    assert ct.settled("module_sql", _sniffed(data), data) == media_type


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (tarfile.TarInfo("a").tobuf() + bytes(1024), ct.TAR),
        (b"\x02\0\0\0\0\0\0\0{}", ct.SAFETENSORS),
        (b"\x01\0\0\0\0\0\0\0{}", ct.UNKNOWN),
        (b"GGUF\x03\0\0\0", ct.GGUF),
        (b"\x08\x09\x12\x07pytorch", ct.ONNX),
        (b"\x08\x09\x7a\x00", ct.UNKNOWN),
        (b"\x80\x04\x95\0", ct.PICKLE),
        (_zip({"m/data.pkl": "x", "m/version": "3"}), ct.PICKLE),
        (b"-- \xe8\xa1\xa8\n/* a */ CREATE TABLE a (b int);", ct.SQL),
        (b"insert into a values (1, 2);", ct.SQL),
        (b"select a from b;", ct.SQL),
        (b"select,from\n1,2", ct.CSV),
        (b"create,table\n1,2", ct.CSV),
        (b"created table, at\n1,2", ct.CSV),
    ],
)
def test_sniff_of_the_files_of_a_module(data, media_type):
    assert _sniffed(data) == media_type
