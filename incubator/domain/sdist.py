"""What a source distribution says about itself: PEP 625 (name), PEP 643 (PKG-INFO), PEP 517.

It comes from strangers: nothing is unpacked, it is read as a stream once, and every read is
bounded. Nothing of it is run; that happens where it is installed, as with every source.
"""

import gzip
import tarfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO, Final

from packaging.utils import (
    InvalidSdistFilename,
    canonicalize_version,
    parse_sdist_filename,
)

from incubator.domain.module import (
    CHUNK,
    MAX_MEMBERS,
    MAX_TEXT_BYTES,
    MAX_UNPACKED_BYTES,
    WheelFacts,
    check_agreement,
    check_file_name,
    check_lengths,
    is_inner_path,
    read_metadata,
    shortened,
    stated_licence,
    wrong,
)
from incubator.domain.package_contents import Member, sdist_contents

ENDING: Final = ".tar.gz"
TAG: Final = "sdist"
PARTS: Final = ("PKG-INFO", "pyproject.toml")
"""What lies in the folder of every source distribution."""
_DAMAGED: Final = (tarfile.TarError, zlib.error, EOFError, OSError, ValueError)


class Bounded:
    """A stream that gives at most ``limit`` bytes and then refuses."""

    def __init__(self, opened: gzip.GzipFile, limit: int) -> None:
        """Begin with nothing read."""
        self.opened, self.left = opened, limit

    def read(self, size: int) -> bytes:
        """Return up to ``size`` bytes; raises ``Invalid("wheel_too_large")`` beyond the limit."""
        data = self.opened.read(min(size, self.left + 1))
        self.left -= len(data)
        if self.left < 0:
            raise too_large()
        return data

    def drain(self) -> None:
        """Read to the end, where the checksum is."""
        while self.read(CHUNK):
            pass


def too_large() -> Exception:
    """Return the refusal of what unpacks to too much."""
    return wrong("wheel_too_large", limit=MAX_UNPACKED_BYTES // 2**20, members=MAX_MEMBERS)


def read_sdist(opened: BinaryIO, filename: str, *, expected_name: str = "") -> WheelFacts:
    """Return what the source distribution in ``opened`` (seekable) says about itself.

    File name, the one folder in it, ``PKG-INFO`` and, where given, ``expected_name`` must agree;
    it holds files and folders only. Raises ``Invalid`` for the field ``file``: wheel_filename,
    wheel_damaged, wheel_too_large, wheel_path, wheel_links, wheel_parts, wheel_metadata,
    wheel_name, wheel_version, wheel_long, wheel_filename_long.
    """
    name, version = parse_filename(filename)
    opened.seek(0)
    try:
        with gzip.GzipFile(fileobj=opened) as unzipped:
            stream = Bounded(unzipped, MAX_UNPACKED_BYTES)
            members: list[Member] = []
            found = read_parts(stream, filename.removesuffix(ENDING), members)
            stream.drain()
        metadata = read_metadata(found["PKG-INFO"])
    except _DAMAGED as error:
        raise wrong("wheel_damaged", name=filename) from error
    check_agreement(metadata, name, version, expected_name)
    check_lengths(metadata)
    return WheelFacts(
        name=name,
        version=str(metadata.version),
        version_key=version,
        summary=shortened(metadata.summary or "", 300),
        requires_python=str(metadata.requires_python or ""),
        requires=tuple(str(requirement) for requirement in metadata.requires_dist or ()),
        tag=TAG,
        licence=stated_licence(metadata),
        contents=sdist_contents(members, filename.removesuffix(ENDING), name),
    )


def parse_filename(filename: str) -> tuple[str, str]:
    """Return (normalised name, version key) of a file that is named as PEP 625 has it.

    >>> parse_filename("hy_one-1.0.0.tar.gz")
    ('hy-one', '1')
    """
    check_file_name(filename)
    try:
        name, version = parse_sdist_filename(filename)
    except InvalidSdistFilename:
        raise wrong("wheel_filename", name=filename) from None
    if filename != f"{name.replace('-', '_')}-{version}{ENDING}":
        raise wrong("wheel_filename", name=filename)
    return name, canonicalize_version(version)


def read_parts(stream: Bounded, folder: str, members: list[Member]) -> dict[str, bytes]:
    """Return the parts that every source distribution has; refuse a member that may not be.

    Adds every file to ``members``.
    """
    found: dict[str, bytes] = {}
    with tarfile.open(fileobj=stream, mode="r|") as archive:  # type: ignore[call-overload]
        for member in checked_members(archive, folder):
            if member.isreg():
                members.append(Member(member.name, member.size))
            part = member.name.removeprefix(f"{folder}/")
            if part in PARTS and member.isreg():
                found[part] = read_text(archive, member)
    for part in PARTS:
        if part not in found:
            raise wrong("wheel_parts", part=f"{folder}/{part}")
    return found


def checked_members(archive: tarfile.TarFile, folder: str) -> Iterator[tarfile.TarInfo]:
    """Yield the members, each once, all files or folders within ``folder``."""
    seen: set[str] = set()
    for member in archive:
        if len(seen) >= MAX_MEMBERS:
            raise too_large()
        if not (member.isreg() or member.isdir()) or member.issparse():
            raise wrong("wheel_links", part=member.name[:200])
        inside = is_inner_path(member.name) and member.name.split("/")[0] == folder
        if not inside or member.name in seen:
            raise wrong("wheel_path")
        seen.add(member.name)
        yield member


def read_text(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    """Return a small member whole; more than ``MAX_TEXT_BYTES`` is refused unread."""
    opened = archive.extractfile(member)
    if opened is None or member.size > MAX_TEXT_BYTES:
        raise wrong("wheel_parts", part=member.name[:200])
    return opened.read()
