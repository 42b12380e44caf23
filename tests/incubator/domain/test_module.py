"""Wheels are read safely and refused clearly."""

import io
import zipfile
from collections.abc import Callable

import pytest

from config.demo.wheels import build_wheel, record_line, uscc_check_wheel, wheel_name, zipped
from incubator.domain import module
from incubator.domain.module import RELEASE, normalise_module_name, read_wheel, record_rows
from portal.domain.lifecycle import Invalid

NAME = "hy-one"
FOLDER = "hy_one-1.0.dist-info"
FILE = "hy_one-1.0-py3-none-any.whl"


def parts() -> dict[str, bytes]:
    """The members of a good wheel."""
    with zipfile.ZipFile(io.BytesIO(build_wheel(NAME, "1.0", "One", {"one.py": "x = 1\n"}))) as f:
        return {name: f.read(name) for name in f.namelist()}


def recorded(members: dict[str, bytes]) -> bytes:
    """A wheel whose RECORD fits its members."""
    lines = [
        f"{path},{record_line(data)}" for path, data in members.items() if "RECORD" not in path
    ]
    return zipped(members | {f"{FOLDER}/RECORD": "\n".join([*lines, ""]).encode()})


def changed(path: str, change: Callable[[bytes], bytes]) -> bytes:
    """A wheel with one member changed and RECORD in line with it."""
    members = parts()
    members[path] = change(members[path])
    return recorded(members)


def without(path: str) -> bytes:
    """A wheel that lacks a member."""
    members = parts()
    del members[path]
    return zipped(members)


def with_member(path: str) -> bytes:
    """A wheel with one more file."""
    return recorded(parts() | {path: b"x"})


def with_kind(kind: int, path: str = "linked.py") -> bytes:
    """A wheel with one more member, marked as ``kind`` (a mode of Unix)."""
    target = io.BytesIO(with_member(path))
    with zipfile.ZipFile(target) as archive:
        parts = [(one, archive.read(one)) for one in archive.infolist()]
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for one, data in parts:
            if one.filename == path:
                one.external_attr = kind << 16
            archive.writestr(one, data)
    return target.getvalue()


def said(line: str) -> bytes:
    """A wheel with one more line in its metadata, in which ``Requires-Python`` stands once."""
    return changed(
        METADATA,
        lambda old: (
            old.replace(b"Requires-Python: >=3.11\n", b"").replace(b"2.1", b"2.4") + line.encode()
        ),
    )


def pythons(length: int) -> str:
    """A valid specifier of so many characters, in its normal form."""
    clauses = [f"!=3.{number:03}" for number in range(length // 8 - 1)]
    return ",".join([*clauses, f">=3.{'1' * (length - len(clauses) * 8 - 4)}"])


def twice() -> bytes:
    """A wheel that holds a file twice."""
    target = io.BytesIO(zipped(parts()))
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(target, "a") as archive:
        archive.writestr("one.py", b"x = 2\n")
    return target.getvalue()


def encrypted() -> bytes:
    """A wheel whose first member is marked as encrypted."""
    data = bytearray(zipped(parts()))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


METADATA = f"{FOLDER}/METADATA"
WHEEL = f"{FOLDER}/WHEEL"
BAD = [
    ("wheel_filename", lambda: zipped(parts()), "hy_one.whl"),
    ("wheel_filename", lambda: zipped(parts()), "hy_one-1.0.tar.gz"),
    ("wheel_damaged", lambda: b"", FILE),
    ("wheel_damaged", lambda: b"MZ is no archive", FILE),
    ("wheel_damaged", lambda: zipped(parts())[:-40], FILE),
    ("wheel_damaged", encrypted, FILE),
    ("wheel_path", lambda: with_member("../evil.py"), FILE),
    ("wheel_path", lambda: with_member("/etc/evil.py"), FILE),
    ("wheel_path", twice, FILE),
    ("wheel_parts", lambda: without(METADATA), FILE),
    ("wheel_parts", lambda: without(WHEEL), FILE),
    ("wheel_parts", lambda: without(f"{FOLDER}/RECORD"), FILE),
    ("wheel_parts", lambda: with_member("other-1.0.dist-info/METADATA"), FILE),
    ("wheel_parts", lambda: zipped(parts()), "hy_two-1.0-py3-none-any.whl"),
    ("wheel_parts", lambda: zipped(parts()), "hy_one-2.0-py3-none-any.whl"),
    ("wheel_parts", lambda: changed(WHEEL, lambda _: b"Wheel-Version: 2.0\n"), FILE),
    ("wheel_parts", lambda: changed(METADATA, lambda old: old + b" " * 2**20), FILE),
    ("wheel_metadata", lambda: changed(METADATA, lambda _: b"Name: hy-one\n"), FILE),
    (
        "wheel_metadata",
        lambda: changed(METADATA, lambda old: old + b"Requires-Dist: ???\n"),
        FILE,
    ),
    ("wheel_metadata", lambda: changed(METADATA, lambda old: old + b"Unheard: of\n"), FILE),
    ("wheel_name", lambda: changed(METADATA, lambda old: old.replace(b"hy-one", b"hy-two")), FILE),
    (
        "wheel_version",
        lambda: changed(METADATA, lambda old: old.replace(b"Version: 1.0", b"Version: 1.1")),
        FILE,
    ),
    ("wheel_record", lambda: zipped(parts() | {"one.py": b"x = 2\n"}), FILE),
    ("wheel_record", lambda: zipped(parts() | {"more.py": b"x = 2\n"}), FILE),
    ("wheel_links", lambda: with_kind(0o120777), FILE),
    ("wheel_links", lambda: with_kind(0o010644), FILE),
    ("wheel_long", lambda: said(f"Requires-Python: {pythons(501)}\n"), FILE),
    ("wheel_long", lambda: said(f"License-Expression: {' OR '.join(['MIT'] * 73)}\n"), FILE),
    ("wheel_filename_long", lambda: zipped(parts()), f"hy_one-1.0-py3-none-{'a' * 161}.whl"),
]


def refused(data: bytes, filename: str, expected: str = "") -> Invalid:
    with pytest.raises(Invalid) as caught:
        read_wheel(io.BytesIO(data), filename, expected_name=expected)
    return caught.value


@pytest.mark.parametrize(("code", "make", "filename"), BAD)
def test_read_wheel_malformed_names_the_fault(code, make, filename):
    refusal = refused(make(), filename)
    assert (refusal.code, refusal.fields) == (code, {"file": code})


METADATA_OF_USCC = """\
Metadata-Version: 2.1
Name: hy-uscc-check
Version: 1.0.0
Summary: Check of unified social credit codes (GB 32100-2015)
License: MulanPSL-2.0
Requires-Python: >=3.11
"""


@pytest.mark.parametrize(
    ("lines", "licence"),
    [
        ("License: MIT\n", "MIT"),
        ("License-Expression: Apache-2.0\n", "Apache-2.0"),
        ("License: The whole text\n        of a licence\n", "The whole text"),
        ("License: " + "x" * 200 + "\n", "x" * 119 + "…"),
        ("License-Expression: " + " OR ".join(["MIT"] * 40) + "\n", " OR ".join(["MIT"] * 40)),
        ("", ""),
    ],
)
def test_the_licence_that_a_package_names(lines, licence):
    text = f"Metadata-Version: 2.4\nName: hy-one\nVersion: 1\n{lines}"
    assert module.stated_licence(module.read_metadata(text.encode())) == licence


def test_read_wheel_of_the_project_says_what_it_is():
    filename = wheel_name("hy-uscc-check", "1.0.0")
    facts = read_wheel(io.BytesIO(uscc_check_wheel()), filename, expected_name="hy-uscc-check")
    assert facts == module.WheelFacts(
        name="hy-uscc-check",
        version="1.0.0",
        version_key="1",
        summary="Check of unified social credit codes (GB 32100-2015)",
        requires_python=">=3.11",
        requires=(),
        tag="py3-none-any",
        licence="MulanPSL-2.0",
        core_metadata=METADATA_OF_USCC,
        contents={
            "files": 6,
            "bytes": facts.contents["bytes"],
            "tops": ["hy_uscc_check"],
            "more": 0,
            "warnings": {},
        },
    )


def test_read_wheel_with_requirements_lists_them():
    data = changed(METADATA, lambda old: old + b"Requires-Dist: pandas>=3\n")
    assert read_wheel(io.BytesIO(data), FILE).requires == ("pandas>=3",)


def test_read_wheel_keeps_the_whole_of_requires_python():
    text = pythons(500)
    facts = read_wheel(io.BytesIO(said(f"Requires-Python: {text}\n")), FILE)
    assert (len(text), facts.requires_python) == (500, text)


def test_read_wheel_says_which_part_is_too_long():
    refusal = refused(said(f"Requires-Python: {pythons(501)}\n"), FILE)
    assert refusal.params == {"part": "Requires-Python", "limit": 500}


def test_read_wheel_of_a_version_that_has_no_room_is_refused():
    version = "1." + "1" * 59
    data = build_wheel(NAME, version, "One", {"one.py": ""})
    refusal = refused(data, wheel_name(NAME, version))
    assert (refusal.code, refusal.params) == ("wheel_long", {"part": "Version", "limit": 60})


def test_read_wheel_shows_that_a_long_summary_goes_on():
    data = changed(METADATA, lambda old: old.replace(b"Summary: One", b"Summary: " + b"1" * 301))
    assert read_wheel(io.BytesIO(data), FILE).summary == "1" * 299 + "…"


@pytest.mark.parametrize("kind", [0, 0o100644, 0o100755])
def test_read_wheel_with_a_plain_file_of_any_rights_is_read(kind):
    assert read_wheel(io.BytesIO(with_kind(kind)), FILE).name == NAME


def test_read_wheel_with_folder_entry_is_read():
    assert read_wheel(io.BytesIO(recorded(parts() | {"data/": b""})), FILE).name == NAME


def test_read_wheel_of_another_module_is_refused():
    refusal = refused(zipped(parts()), FILE, "hy-other")
    assert refusal.params == {"found": "hy-one", "expected": "hy-other"}


@pytest.mark.parametrize("limit", ["MAX_MEMBERS", "MAX_UNPACKED_BYTES"])
def test_read_wheel_beyond_the_limits_is_refused_unread(monkeypatch, limit):
    monkeypatch.setattr(module, limit, 3)
    assert refused(zipped(parts()), FILE).code == "wheel_too_large"


@pytest.mark.parametrize("name", ["", "-hy", "hy case", "模块", "hy/../x"])
def test_normalise_module_name_unfit_is_refused(name):
    with pytest.raises(Invalid) as caught:
        normalise_module_name(name)
    assert caught.value.fields == {"name": "module_name"}


@pytest.mark.parametrize(
    ("state", "role", "actions"),
    [
        ("draft", "firm_member", ("submit",)),
        ("in_review", "staff", ("request_changes", "publish")),
        ("in_review", "firm_signer", ()),
        ("changes_requested", "firm_signer", ("submit",)),
        ("published", "firm_signer", ("yank",)),
        ("published", "firm_member", ()),
        ("yanked", "staff", ()),
    ],
)
def test_release_lifecycle_offers_by_role(state, role, actions):
    assert RELEASE.actions(state, {role}) == actions


def test_record_rows_short_lines_are_passed_over():
    assert list(record_rows([["a.py", "sha256=x", "1"], [], ["alone"]])) == [("a.py", "sha256=x")]
