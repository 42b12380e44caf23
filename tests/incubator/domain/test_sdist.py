"""Source distributions are read safely and refused clearly."""

import gzip
import io
import tarfile

import pytest

from incubator.domain.module import MAX_MEMBERS, MAX_TEXT_BYTES, MAX_UNPACKED_BYTES
from incubator.domain.sdist import read_sdist
from portal.domain.lifecycle import Invalid
from tests.incubator.sdists import FILE, FOLDER, NAME, PKG_INFO, member, packed, parts, zeros


def without(path: str) -> bytes:
    return packed({name: data for name, data in parts().items() if name != path})


def info(old: str, new: str) -> bytes:
    return packed(parts() | {"PKG-INFO": PKG_INFO.replace(old, new).encode()})


def plus(*more: tuple[tarfile.TarInfo, bytes]) -> bytes:
    return packed(None, *more)


def test_facts_of_a_source_distribution():
    opened = io.BytesIO(packed())
    opened.read(7)
    facts = read_sdist(opened, FILE, expected_name=NAME)
    assert (facts.name, facts.version, facts.version_key, facts.tag) == (
        "hy-src", "1.2.0", "1.2", "sdist",
    )  # fmt: skip
    assert (facts.requires_python, facts.requires, facts.core_metadata) == (
        ">=3.9", ("hy-uscc-check>=1",), "",
    )  # fmt: skip


def test_folders_and_nested_files_are_fine():
    folder = member(f"{FOLDER}/src", type=tarfile.DIRTYPE)
    inner = member(f"{FOLDER}/src/PKG-INFO", b"anything")
    assert read_sdist(io.BytesIO(plus(folder, inner)), FILE).name == NAME


BAD = [
    ("wheel_filename", packed, "hy_src.tar.gz"),
    ("wheel_filename", packed, "hy_src-1.2.0.zip"),
    ("wheel_filename", packed, "hy-src-1.2.0.tar.gz"),
    ("wheel_filename", packed, "Hy_Src-1.2.0.tar.gz"),
    ("wheel_filename", packed, "hy_src-1.2.0-1.tar.gz"),
    ("wheel_damaged", lambda: b"", FILE),
    ("wheel_damaged", lambda: b"MZ is no archive", FILE),
    ("wheel_damaged", lambda: gzip.compress(b"no tar" * 200), FILE),
    ("wheel_damaged", lambda: packed()[:-20], FILE),
    ("wheel_damaged", lambda: packed()[:-8] + bytes(8), FILE),
    ("wheel_damaged", lambda: packed() + gzip.compress(bytes(3 * 2**20))[:-8] + bytes(8), FILE),
    ("wheel_path", lambda: plus(member("../evil.py", b"x")), FILE),
    ("wheel_path", lambda: plus(member(f"{FOLDER}/../../evil.py", b"x")), FILE),
    ("wheel_path", lambda: plus(member("/etc/evil.py", b"x")), FILE),
    ("wheel_path", lambda: plus(member("other-1.0/evil.py", b"x")), FILE),
    ("wheel_path", lambda: plus(member(f"{FOLDER}/hy_src.py", b"x")), FILE),
    ("wheel_path", lambda: packed(folder="hy_src-1.3.0"), FILE),
    (
        "wheel_links",
        lambda: plus(member(f"{FOLDER}/l", type=tarfile.SYMTYPE, linkname="/etc/passwd")),
        FILE,
    ),
    (
        "wheel_links",
        lambda: plus(member(f"{FOLDER}/l", type=tarfile.LNKTYPE, linkname="../../x")),
        FILE,
    ),
    ("wheel_links", lambda: plus(member(f"{FOLDER}/f", type=tarfile.FIFOTYPE)), FILE),
    ("wheel_links", lambda: plus(member(f"{FOLDER}/d", type=tarfile.CHRTYPE)), FILE),
    ("wheel_parts", lambda: without("PKG-INFO"), FILE),
    ("wheel_parts", lambda: without("pyproject.toml"), FILE),
    (
        "wheel_parts",
        lambda: packed(parts() | {"PKG-INFO": b"x" * (MAX_TEXT_BYTES + 1)}),
        FILE,
    ),
    (
        "wheel_parts",
        lambda: packed(
            {key: data for key, data in parts().items() if key != "PKG-INFO"},
            member(f"{FOLDER}/PKG-INFO", type=tarfile.DIRTYPE),
        ),
        FILE,
    ),
    ("wheel_metadata", lambda: info("2.2", "9.9"), FILE),
    ("wheel_long", lambda: info(">=3.9", ",".join(f"!=3.{n}" for n in range(80))), FILE),
    ("wheel_filename_long", packed, f"hy_{'s' * 180}-1.0.tar.gz"),
    ("wheel_name", lambda: info("Name: hy-src", "Name: other"), FILE),
    ("wheel_version", lambda: info("Version: 1.2.0", "Version: 1.3"), FILE),
    ("wheel_too_large", lambda: zeros(MAX_UNPACKED_BYTES + 2**20), FILE),
    (
        "wheel_too_large",
        lambda: packed({str(number): b"" for number in range(MAX_MEMBERS + 1)}),
        FILE,
    ),
]


@pytest.mark.parametrize(("code", "build", "filename"), BAD)
def test_bad_source_distributions(code, build, filename):
    with pytest.raises(Invalid) as refusal:
        read_sdist(io.BytesIO(build()), filename)
    assert (refusal.value.code, refusal.value.fields) == (code, {"file": code})


def test_another_modules_package_is_refused():
    with pytest.raises(Invalid) as refusal:
        read_sdist(io.BytesIO(packed()), FILE, expected_name="hy-other")
    assert refusal.value.code == "wheel_name"
