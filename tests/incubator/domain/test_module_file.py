"""Files beside a package: names, SQL, archives."""

import gzip
import hashlib
import io
import json
import stat
import struct
import tarfile
import zipfile

import pytest

from config.demo.module_files import FORM_JS, MATTERS_SQL, bundle, image, tar
from incubator.domain import module_archives, module_sql
from incubator.domain.module_file import KINDS, check_name, check_version, read_module_file, use_of
from portal.domain.content_types import ALLOWED
from portal.domain.lifecycle import Invalid


def read(kind: str, data: bytes, name: str = "a.bin"):
    return read_module_file(kind, io.BytesIO(data), name)


def refusal(kind: str, data: bytes) -> tuple[str, dict]:
    with pytest.raises(Invalid) as caught:
        read(kind, data)
    return caught.value.code, dict(caught.value.params)


def test_every_kind_has_an_allow_list_of_its_own():
    assert {use_of(kind) for kind in KINDS} <= ALLOWED.keys()


@pytest.mark.parametrize("name", ["", "a b.sql", "-a.sql", "模型.onnx", "SHA256SUMS", "a" * 121])
def test_name_that_a_shell_or_url_would_change_is_refused(name):
    with pytest.raises(Invalid, match="module_file_name"):
        check_name(name)


@pytest.mark.parametrize("number", ["", "one", "1.0-", "9" * 61])
def test_version_outside_pep_440_is_refused(number):
    with pytest.raises(Invalid) as caught:
        check_version(number)
    assert caught.value.fields == {"number": "module_version"}


def test_sql_counts_its_lines():
    assert read("sql", MATTERS_SQL.encode()) == {"format": "SQL", "lines": 11}


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 1 \\gexec",
        "SELECT '\\!'",
        "-- \\!",
        "\\i other.sql",
        ".shell ls",
        "  .system ls",
        "COPY a FROM stdin;",
        "copy a from program 'ls';",
        "SET standard_conforming_strings = off;",
        "SELECT 'a' \\g",
        "/* /* */ ' */ \\g '",
        "SELECT E'it\\'s' \\g",
        "SELECT $a$ ' $a$ \\g",
        'SELECT "a" \\g',
        "-- it's\n\\g",
    ],
)
def test_sql_with_a_command_to_its_client_is_refused(text):
    code, params = refusal("sql", text.encode())
    assert (code, params["line"]) == ("sql_command", text.count("\n") + 1)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT '\\d', E'it\\'s \\n', \"a\\b\" -- \\g",
        "/* \\g /* \\g */ \\g */ SELECT 1;",
        "/* never closed \\g",
        "SELECT 'never closed \\g",
        "SELECT E'never closed \\",
        "-- last line \\g",
        "SELECT $tag$ \\g $other$ \\g $tag$;",
        "SET standard_conforming_strings = on;",
        "SELECT copy FROM a; SELECT 1 AS stdin_",
    ],
)
def test_sql_with_backslashes_in_quotes_only_is_taken(text):
    assert read("sql", text.encode())["lines"] == 1


@pytest.mark.parametrize("data", ["宅基地".encode("gb18030"), b"SELECT 1;\xff"])
def test_sql_in_another_encoding_is_refused(data):
    assert refusal("sql", data)[0] == "sql_text"


@pytest.mark.parametrize("text", ["SELECT 村, 事项 FROM t;", "-- a, b\nDO $$ BEGIN END $$;"])
def test_sql_with_a_comma_in_its_first_line_is_sql(text):
    assert read("sql", text.encode())["format"] == "SQL"


@pytest.mark.parametrize("text", ["村, 事项\n甲, 乙", "Dear all", "select,name\n1,2"])
def test_text_that_begins_with_no_statement_is_refused_in_words_of_its_own(text):
    assert refusal("sql", text.encode()) == ("sql_begin", {"name": "a.bin"})


def test_sql_beyond_its_limit_is_refused(monkeypatch):
    monkeypatch.setattr(module_sql, "MAX_SQL_BYTES", 2**20)
    assert refusal("sql", b"S" * (2**20 + 1)) == ("module_file_large", {"limit": 1, "members": 1})


@pytest.mark.parametrize("zipped", [False, True])
def test_image_of_docker_says_layers_and_tags(zipped):
    assert read("container", image(zipped=zipped)) == {
        "format": "docker", "layers": 1, "tags": ["hy/matters:1.0.0"],
    }  # fmt: skip


def oci(digest: str = "") -> bytes:
    blob = b'{"layers": []}'
    name = f"blobs/sha256/{digest or hashlib.sha256(blob).hexdigest()}"
    index = {"manifests": [{"digest": f"sha256:{hashlib.sha256(blob).hexdigest()}"}]}
    return tar({"oci-layout": b"{}", "index.json": json.dumps(index).encode(), name: blob})


def test_image_in_oci_layout_is_taken():
    assert read("container", oci()) == {"format": "OCI", "tags": []}


def test_image_whose_blob_differs_from_its_digest_is_refused():
    digest = "0" * 64
    assert refusal("container", oci(digest)) == (
        "container_digest", {"part": f"blobs/sha256/{digest}"},
    )  # fmt: skip


def twice() -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as archive:
        for _time in range(2):
            archive.addfile(tarfile.TarInfo("a"))
    return target.getvalue()


def manifest(value: object) -> bytes:
    return tar({"manifest.json": json.dumps(value).encode()})


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (tar({"a": b"x"}), "container_parts"),
        (manifest([]), "container_parts"),
        (manifest([{"Config": "gone", "Layers": []}]), "container_parts"),
        (manifest([{"Layers": []}]), "module_file_damaged"),
        (manifest(7), "module_file_damaged"),
        (tar({"manifest.json": b"{"}), "module_file_damaged"),
        (tar({"../a": b"x"}), "module_file_path"),
        (twice(), "module_file_path"),
        (image(zipped=True)[:-9], "module_file_damaged"),
    ],
    ids=[
        "no list", "empty", "part gone", "no config", "no rows", "no JSON", "climbs", "twice",
        "cut",
    ],
)  # fmt: skip
def test_image_that_is_not_whole_or_not_safe_is_refused(data, code):
    assert refusal("container", data)[0] == code


def special(kind: bytes, size: int = 0) -> bytes:
    info = tarfile.TarInfo("a")
    info.type, info.size, info.linkname = kind, size, "/etc/passwd"
    return info.tobuf() + bytes(size) + bytes(-size % 512) + bytes(1024)


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE]
)
def test_image_with_a_link_or_a_device_is_refused(kind):
    assert refusal("container", special(kind)) == ("module_file_links", {"part": "a"})


@pytest.mark.parametrize("kind", module_archives.EXTENDED)
def test_image_with_a_large_extended_header_is_refused_unread(kind):
    assert refusal("container", special(kind, 2**20 + 1))[0] == "module_file_links"


def test_image_with_folders_is_taken():
    folder = tarfile.TarInfo("blobs")
    folder.type = tarfile.DIRTYPE
    assert read("container", folder.tobuf() + image())["layers"] == 1


def test_image_that_unpacks_to_too_much_is_refused(monkeypatch):
    monkeypatch.setattr(module_archives, "MAX_IMAGE_BYTES", 2**20)
    data = gzip.compress(tar({"a": bytes(2**21)}))
    assert refusal("container", data) == ("module_file_large", {"limit": 1, "members": 5000})


def test_image_of_too_many_members_is_refused(monkeypatch):
    monkeypatch.setattr(module_archives, "MAX_MEMBERS", 2)
    assert refusal("container", tar({"a": b"", "b": b"", "c": b""}))[0] == "module_file_large"


def test_container_of_another_type_is_left_to_the_allow_list():
    assert read("container", b"%PDF-1.7") == {}


def test_bundle_counts_its_files():
    assert read("bundle", bundle()) == {"format": "zip", "files": 2}


def test_bundle_takes_folders_and_a_licence():
    assert read("bundle", bundle({"js/": "", "js/a.js": FORM_JS, "LICENSE": "MIT"}))["files"] == 2


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ({"a.js": "x", "../b.js": "x"}, "module_file_path"),
        ({"a.js": "x", "shell.php": "x"}, "bundle_member"),
        ({"a.png": "x"}, "bundle_empty"),
    ],
)
def test_bundle_that_no_browser_fetches_is_refused(parts, code):
    assert refusal("bundle", bundle(parts))[0] == code


def test_bundle_with_a_link_is_refused():
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        link = zipfile.ZipInfo("a.js")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    assert refusal("bundle", target.getvalue()) == ("module_file_links", {"part": "a.js"})


def test_bundle_that_unpacks_to_too_much_is_refused(monkeypatch):
    monkeypatch.setattr(module_archives, "MAX_BUNDLE_BYTES", 2**20)
    assert refusal("bundle", bundle({"a.js": "x" * 2**21}))[0] == "module_file_large"


def test_bundle_whose_checksum_is_wrong_is_damaged():
    data = bytearray(bundle({"a.js": "x" * 50}))
    place = data.rfind(b"PK\1\2")
    data[place + 16 : place + 20] = struct.pack("<L", 1)
    assert refusal("bundle", bytes(data))[0] == "module_file_damaged"


def test_bundle_of_another_type_is_left_to_the_allow_list():
    assert read("bundle", b"%PDF-1.7") == {}
