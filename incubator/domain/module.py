"""Shared modules: the life of a release, and what a wheel says about itself.

Formats: PEP 503 (normalised names), PEP 440 (versions), PEP 427 (wheels), PEP 643 (metadata);
read with ``packaging``. A wheel comes from strangers: nothing is unpacked, every read is bounded.
"""

import base64
import csv
import hashlib
import io
import stat
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Final

from packaging.metadata import InvalidMetadata, Metadata
from packaging.utils import (
    InvalidName,
    InvalidWheelFilename,
    canonicalize_name,
    canonicalize_version,
    parse_wheel_filename,
)

from incubator.domain.module_names import reserved_as
from incubator.domain.package_contents import Member, wheel_contents
from portal.domain.content_types import check_directory
from portal.domain.lifecycle import Invalid, Lifecycle, row

RELEASE: Final = Lifecycle(
    name="incubator.module_release",
    states=("draft", "in_review", "changes_requested", "published", "yanked"),
    transitions=(
        row(
            "submit",
            "draft changes_requested",
            "in_review",
            "firm_signer firm_member staff resource_manager",
        ),
        row("request_changes", "in_review", "changes_requested", "staff", reason=True),
        row("publish", "in_review", "published", "staff"),
        row("yank", "published", "yanked", "staff firm_signer", reason=True),
    ),
    final=frozenset({"yanked"}),
)

DOWNLOADABLE: Final = ("published", "yanked")
"""A yanked release stays available to those who name it exactly (PEP 592)."""

MAX_MEMBERS: Final = 5_000
MAX_UNPACKED_BYTES: Final = 256 * 2**20
MAX_TEXT_BYTES: Final = 2**20
MAX_VERSION: Final = 60
MAX_EXPRESSION: Final = 500
"""Characters of ``Requires-Python`` and of a licence's expression: cut, each would be another."""
MAX_FILE_NAME: Final = 180
"""Characters of a package's file name, by which installers know name, version and tags."""
CHUNK: Final = 2**20
_UNLISTED: Final = ("RECORD", "RECORD.jws", "RECORD.p7s")
_DAMAGED: Final = (
    zipfile.BadZipFile,
    zlib.error,
    csv.Error,
    EOFError,
    NotImplementedError,
    OSError,
    RuntimeError,
    ValueError,
)


@dataclass(frozen=True, slots=True)
class WheelFacts:
    """What the portal keeps of a wheel; ``version_key`` is one for 1.0 and 1.0.0."""

    name: str
    version: str
    version_key: str
    summary: str
    requires_python: str
    requires: tuple[str, ...]
    tag: str
    licence: str = ""
    core_metadata: str = ""
    contents: dict[str, Any] = field(default_factory=dict)


def normalise_module_name(name: str) -> str:
    """Return the PEP 503 form of a module's name; raises ``Invalid("module_name")``.

    >>> normalise_module_name("HY.Uscc_Check")
    'hy-uscc-check'
    """
    try:
        return canonicalize_name(name.strip(), validate=True)
    except InvalidName:
        raise wrong("module_name", "name", name=name) from None


def claim_module_name(name: str) -> str:
    """Return the PEP 503 form of a name that a new module may have.

    Raises ``Invalid`` for the field ``name``: ``module_name`` or ``module_name_KIND`` with what
    ``reserved_as`` says.
    """
    normal = normalise_module_name(name)
    kind = reserved_as(normal)
    if kind:
        raise wrong(f"module_name_{kind}", "name", name=normal)
    return normal


def read_wheel(opened: BinaryIO, filename: str, *, expected_name: str = "") -> WheelFacts:
    """Return what the wheel in ``opened`` (seekable, left at any position) says about itself.

    File name, the folder ``.dist-info``, ``METADATA`` and, where given, ``expected_name`` must
    agree; every file must be listed in ``RECORD`` with its SHA-256. Raises ``Invalid`` for the
    field ``file``: wheel_filename, wheel_damaged, wheel_too_large, wheel_path, wheel_parts,
    wheel_metadata, wheel_name, wheel_version, wheel_record, wheel_long, wheel_filename_long,
    wheel_links.
    """
    name, version, tag = parse_filename(filename)
    try:
        check_directory(opened)
        with zipfile.ZipFile(opened) as archive:
            folder = check_members(archive, name, version)
            text = read_text_part(archive, f"{folder}/METADATA")
            metadata = read_metadata(text)
            core_metadata = text.decode("utf-8")
            check_wheel_part(archive, f"{folder}/WHEEL")
            check_record(archive, folder)
            contents = contents_of(archive, folder, name)
    except _DAMAGED as error:
        raise wrong("wheel_damaged", name=filename) from error
    check_agreement(metadata, name, version, expected_name)
    check_lengths(metadata)
    return WheelFacts(
        name=name,
        version=str(metadata.version),
        version_key=canonicalize_version(metadata.version),
        summary=shortened(metadata.summary or "", 300),
        requires_python=str(metadata.requires_python or ""),
        requires=tuple(str(requirement) for requirement in metadata.requires_dist or ()),
        tag=tag,
        licence=stated_licence(metadata),
        core_metadata=core_metadata,
        contents=contents,
    )


def stated_licence(metadata: Metadata) -> str:
    """Return the licence a package names itself: its expression, or the first line of its text."""
    lines = (metadata.license or "").strip().splitlines()
    return metadata.license_expression or shortened(lines[0].strip() if lines else "", 120)


def shortened(text: str, limit: int) -> str:
    """Return at most ``limit`` characters of a text for reading, and show that it goes on.

    >>> shortened("Measures of case logs", 9), shortened("Measures", 9)
    ('Measures…', 'Measures')
    """
    return text if len(text) <= limit else f"{text[: limit - 1].rstrip()}…"


def check_lengths(metadata: Metadata) -> None:
    """Refuse what is kept whole or not at all, where it is too long to be kept."""
    parts = (
        ("Version", str(metadata.version), MAX_VERSION),
        ("Requires-Python", str(metadata.requires_python or ""), MAX_EXPRESSION),
        ("License-Expression", metadata.license_expression or "", MAX_EXPRESSION),
    )
    for part, value, limit in parts:
        if len(value) > limit:
            raise wrong("wheel_long", part=part, limit=limit)


def check_file_name(filename: str) -> None:
    """Refuse a file name that could not be kept whole."""
    if len(filename) > MAX_FILE_NAME:
        raise wrong("wheel_filename_long", limit=MAX_FILE_NAME)


def contents_of(archive: zipfile.ZipFile, folder: str, name: str) -> dict[str, Any]:
    """Return what the wheel puts where, for the reviewer."""
    files = [Member(one.filename, one.file_size) for one in archive.infolist() if not one.is_dir()]
    part = f"{folder}/entry_points.txt"
    listed = part in archive.namelist()
    text = read_text_part(archive, part).decode("utf-8", "replace") if listed else ""
    return wheel_contents(files, folder, text, name)


def wrong(code: str, field: str = "file", **params: object) -> Invalid:
    """Return the refusal ``code`` for a form's field."""
    return Invalid(code, fields={field: code}, **params)


def parse_filename(filename: str) -> tuple[str, str, str]:
    """Return (normalised name, version key, tags) that a wheel's file name bears."""
    check_file_name(filename)
    try:
        name, version, _build, tags = parse_wheel_filename(filename)
    except InvalidWheelFilename:
        raise wrong("wheel_filename", name=filename) from None
    return name, canonicalize_version(version), " ".join(sorted(map(str, tags)))


def check_members(archive: zipfile.ZipFile, name: str, version: str) -> str:
    """Return the ``.dist-info`` folder after holding names and sizes against the limits."""
    members = archive.infolist()
    names = [member.filename for member in members]
    if len(names) > MAX_MEMBERS or sum(m.file_size for m in members) > MAX_UNPACKED_BYTES:
        raise wrong("wheel_too_large", limit=MAX_UNPACKED_BYTES // 2**20, members=MAX_MEMBERS)
    if len(set(names)) != len(names) or any(not is_inner_path(path) for path in names):
        raise wrong("wheel_path")
    for member in filter(is_special, members):
        raise wrong("wheel_links", part=member.filename[:200])
    folders = sorted({path.partition("/")[0] for path in names if ".dist-info/" in path})
    folders = [folder for folder in folders if folder.endswith(".dist-info")]
    if len(folders) != 1 or not is_folder_of(folders[0], name, version):
        raise wrong("wheel_parts", part=f"{name}-{version}.dist-info")
    for part in ("METADATA", "WHEEL", "RECORD"):
        if f"{folders[0]}/{part}" not in names:
            raise wrong("wheel_parts", part=part)
    return folders[0]


def is_special(member: zipfile.ZipInfo) -> bool:
    """Return whether a member is a link, a device or the like, as systems of the Unix kind say."""
    return stat.S_IFMT(member.external_attr >> 16) not in {0, stat.S_IFREG, stat.S_IFDIR}


def is_inner_path(path: str) -> bool:
    r"""Return whether a member stays within the folder that it is unpacked to.

    >>> [is_inner_path(path) for path in ("a/b.py", "../b.py", "/b.py", "c:/b.py", "a\\b.py")]
    [True, False, False, False, False]
    """
    outside = path.startswith("/") or ":" in path or "\\" in path
    return bool(path) and not outside and ".." not in path.split("/")


def is_folder_of(folder: str, name: str, version: str) -> bool:
    """Return whether a ``.dist-info`` folder belongs to this name and version key."""
    head, _, tail = folder.removesuffix(".dist-info").rpartition("-")
    return canonicalize_name(head) == name and canonicalize_version(tail) == version


def read_text_part(archive: zipfile.ZipFile, path: str) -> bytes:
    """Return a small member whole; more than ``MAX_TEXT_BYTES`` is refused unread."""
    if archive.getinfo(path).file_size > MAX_TEXT_BYTES:
        raise wrong("wheel_parts", part=path)
    return archive.read(path)


def read_metadata(text: bytes) -> Metadata:
    """Return the validated core metadata, or say which field is wrong."""
    try:
        return Metadata.from_email(text, validate=True)
    except ExceptionGroup as group:
        fields = sorted({field_of(error) for error in group.exceptions})
        raise wrong("wheel_metadata", detail=", ".join(fields)) from group


def field_of(error: Exception) -> str:
    """Return the metadata field that an error is about."""
    return error.field if isinstance(error, InvalidMetadata) else "METADATA"


def check_wheel_part(archive: zipfile.ZipFile, path: str) -> None:
    """Refuse a wheel of a format that installers do not know (only 1.x exists)."""
    lines = read_text_part(archive, path).decode("utf-8", "replace").splitlines()
    if not any(line.replace(" ", "").startswith("Wheel-Version:1.") for line in lines):
        raise wrong("wheel_parts", part=path)


def check_agreement(metadata: Metadata, name: str, version: str, expected: str) -> None:
    """Refuse metadata that speaks of another module or version than the file's name."""
    found = canonicalize_name(metadata.name)
    if found != name or (expected and found != expected):
        raise wrong("wheel_name", found=metadata.name, expected=expected or name)
    if canonicalize_version(metadata.version) != version:
        raise wrong("wheel_version", found=metadata.version, expected=version)


def check_record(archive: zipfile.ZipFile, folder: str) -> None:
    """Refuse a wheel whose files differ from ``RECORD``, or are not all in it."""
    text = read_text_part(archive, f"{folder}/RECORD").decode("utf-8")
    listed = dict(record_rows(csv.reader(io.StringIO(text))))
    unlisted = {f"{folder}/{part}" for part in _UNLISTED}
    for member in archive.infolist():
        if member.is_dir() or member.filename in unlisted:
            continue
        if listed.get(member.filename) != digest_of(archive, member):
            raise wrong("wheel_record", part=member.filename)


def record_rows(rows: Iterable[list[str]]) -> Iterable[tuple[str, str]]:
    """Yield (path, hash) of every line of RECORD."""
    for line in rows:
        if len(line) > 1:
            yield line[0], line[1]


def digest_of(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> str:
    """Return a member's hash as RECORD writes it; reads in chunks and checks the CRC."""
    digest = hashlib.sha256()
    with archive.open(member) as opened:
        while chunk := opened.read(CHUNK):
            digest.update(chunk)
    return record_hash(digest.digest())


def record_hash(digest: bytes) -> str:
    """Return a SHA-256 in RECORD's form: URL-safe Base64 without padding (PEP 427).

    >>> record_hash(bytes(32))[:14]
    'sha256=AAAAAAA'
    """
    return "sha256=" + base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")
