"""Archives beside a Python package: container images and front-end bundles.

Read through as a stream, never unpacked: names stay inside, files and folders only, bounded in
number and size. A container image is what ``docker save`` or the OCI image layout writes.
"""

import contextlib
import gzip
import hashlib
import json
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, BinaryIO, Final, Self

from incubator.domain.module import CHUNK, is_inner_path, is_special, wrong
from portal.domain.content_types import GZIP, TAR, ZIP, check_directory
from portal.domain.lifecycle import Invalid

MAX_MEMBERS: Final = 5_000
MAX_IMAGE_BYTES: Final = 2 * 2**30
MAX_BUNDLE_BYTES: Final = 256 * 2**20
MAX_TEXT_BYTES: Final = 2**20
_ENDINGS: Final = (
    ".html .htm .js .mjs .cjs .css .map .json .webmanifest .txt .md .xml .csv .svg .png .jpg .jpeg "
    ".gif .webp .avif .ico .woff .woff2 .ttf .otf .wasm .mp3 .mp4 .webm .geojson .pmtiles"
)
BUNDLE_ENDINGS: Final = frozenset(_ENDINGS.split())
BUNDLE_NAMES: Final = frozenset({"LICENSE", "LICENCE", "NOTICE", "README"})
BUNDLE_CODE: Final = frozenset({".html", ".js", ".mjs", ".css"})
"""A bundle has at least one of these."""
EXTENDED: Final = (
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
)
BLOBS: Final = "blobs/sha256/"
_DAMAGED: Final = (
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    OSError,
    RuntimeError,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
)


def too_large(limit: int) -> Invalid:
    """Return the refusal of what unpacks to too much."""
    return wrong("module_file_large", limit=limit // 2**20, members=MAX_MEMBERS)


class Bounded:
    """A stream that gives at most ``limit`` bytes and then refuses."""

    def __init__(self, opened: BinaryIO | gzip.GzipFile, limit: int) -> None:
        """Begin with nothing read."""
        self.opened, self.limit, self.left = opened, limit, limit

    def read(self, size: int) -> bytes:
        """Return up to ``size`` bytes; raises ``Invalid("module_file_large")`` beyond the limit."""
        data = self.opened.read(min(size, self.left + 1))
        self.left -= len(data)
        if self.left < 0:
            raise too_large(self.limit)
        return data


class PlainInfo(tarfile.TarInfo):
    """A member whose extended header, which ``tarfile`` reads whole, is small."""

    def _proc_member(self, archive: tarfile.TarFile) -> Self:
        if self.type in EXTENDED and self.size > MAX_TEXT_BYTES:
            raise wrong("module_file_links", part=self.name[:200])
        return super()._proc_member(archive)  # type: ignore[misc, no-any-return]


@dataclass(slots=True)
class Image:
    """What was seen of a container image: every name, and the small parts that list the others."""

    names: set[str] = field(default_factory=set)
    parts: dict[str, Any] = field(default_factory=dict)


def read_container(opened: BinaryIO, found: str, name: str) -> dict[str, Any]:
    """Return layout, layers and tags of a container image; {} for what is no archive."""
    if found not in {TAR, GZIP}:
        return {}
    try:
        with contextlib.ExitStack() as stack:
            plain = opened if found == TAR else stack.enter_context(gzip.GzipFile(fileobj=opened))
            image = read_image(Bounded(plain, MAX_IMAGE_BYTES))
        return described(image)
    except Invalid:
        raise
    except _DAMAGED as error:
        raise wrong("module_file_damaged", name=name) from error


def read_image(stream: Bounded) -> Image:
    """Return what is in an image's archive, each blob held against the digest in its name."""
    image = Image()
    with tarfile.open(fileobj=stream, mode="r|", tarinfo=PlainInfo) as archive:  # type: ignore[call-overload]
        for member in checked_members(archive, image.names):
            if not member.isreg():
                continue
            data, digest = contents(archive, member)
            if member.name.startswith(BLOBS) and member.name != BLOBS + digest:
                raise wrong("container_digest", part=member.name)
            if member.name in {"manifest.json", "index.json", "oci-layout"}:
                image.parts[member.name] = json.loads(data)
    while stream.read(CHUNK):
        pass  # to the end, where gzip's checksum is
    return image


def checked_members(archive: tarfile.TarFile, seen: set[str]) -> Iterator[tarfile.TarInfo]:
    """Yield the members, each once, all files or folders that stay inside."""
    for member in archive:
        if len(seen) >= MAX_MEMBERS:
            raise too_large(MAX_IMAGE_BYTES)
        if not (member.isreg() or member.isdir()) or member.issparse():
            raise wrong("module_file_links", part=member.name[:200])
        if not is_inner_path(member.name) or member.name in seen:
            raise wrong("module_file_path")
        seen.add(member.name)
        yield member


def contents(archive: tarfile.TarFile, member: tarfile.TarInfo) -> tuple[bytes, str]:
    """Return a member's first bytes (whole where it is small) and its SHA-256 in hex."""
    digest, first = hashlib.sha256(), b""
    source = archive.extractfile(member)
    while source is not None and (chunk := source.read(CHUNK)):
        first = first or chunk[:MAX_TEXT_BYTES]
        digest.update(chunk)
    return first, digest.hexdigest()


def described(image: Image) -> dict[str, Any]:
    """Return what a page shows of an image; every part that its list names must be there."""
    if "manifest.json" in image.parts:
        rows = image.parts["manifest.json"]
        parts = [part for row in rows for part in (row["Config"], *row["Layers"])]
        tags = [str(tag)[:200] for row in rows for tag in row.get("RepoTags") or ()]
        facts = {"format": "docker", "layers": sum(len(row["Layers"]) for row in rows)}
    elif {"index.json", "oci-layout"} <= image.parts.keys():
        rows = image.parts["index.json"]["manifests"]
        parts = [BLOBS + row["digest"].removeprefix("sha256:") for row in rows]
        tags, facts = [], {"format": "OCI"}
    else:
        raise wrong("container_parts", part="manifest.json, index.json")
    missing = [part for part in parts if part not in image.names]
    if missing or not rows:
        raise wrong("container_parts", part=str(missing[0])[:200] if missing else "manifest.json")
    return facts | {"tags": tags[:10]}


def read_bundle(opened: BinaryIO, found: str, name: str) -> dict[str, Any]:
    """Return how many files a front-end bundle (ZIP) has; {} for what is none."""
    if found != ZIP:
        return {}
    try:
        check_directory(opened)
        with zipfile.ZipFile(opened) as archive:
            return {"format": "zip", "files": check_bundle(archive)}
    except Invalid:
        raise
    except _DAMAGED as error:
        raise wrong("module_file_damaged", name=name) from error


def check_bundle(archive: zipfile.ZipFile) -> int:
    """Return the number of files, each of a kind that browsers fetch and whole."""
    members = archive.infolist()
    names = [member.filename for member in members]
    if len(members) > MAX_MEMBERS or sum(m.file_size for m in members) > MAX_BUNDLE_BYTES:
        raise too_large(MAX_BUNDLE_BYTES)
    if len(set(names)) != len(names) or not all(is_inner_path(path) for path in names):
        raise wrong("module_file_path")
    files = [member for member in members if not member.is_dir()]
    for member in members:
        check_bundle_member(archive, member)
    if not {ending_of(member.filename) for member in files} & BUNDLE_CODE:
        raise wrong("bundle_empty")
    return len(files)


def check_bundle_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    """Refuse a link, a file that no browser fetches, and one whose checksum is wrong."""
    if is_special(member):
        raise wrong("module_file_links", part=member.filename[:200])
    if member.is_dir():
        return
    path = PurePosixPath(member.filename)
    if ending_of(member.filename) not in BUNDLE_ENDINGS and path.name not in BUNDLE_NAMES:
        raise wrong("bundle_member", part=member.filename[:200])
    with archive.open(member) as source:
        while source.read(CHUNK):
            pass


def ending_of(path: str) -> str:
    """Return a file name's ending in lower case.

    >>> ending_of("js/app.min.JS")
    '.js'
    """
    return PurePosixPath(path).suffix.lower()
