"""What a file is, judged by its bytes and never by its name, and which kinds each use takes.

Written here although a kept library exists: `puremagic` 1.30 was tried and knows neither CSV nor
shell scripts, leaves ELF unnamed, and answers docx, xlsx and pptx as equally likely, which is the
distinction that an allow list lives on. Signatures: ISO 32000 (PDF), ISO 15948 (PNG), RFC 9649
(WebP), ISO/IEC 14496-12 (MP4), ECMA-376 part 2 (OOXML), PEP 427 (wheel), PEP 517/643 (sdist),
POSIX.1-2024 pax (tar), safetensors and GGUF as their formats are published, onnx.proto (ONNX).
"""

import codecs
import gzip
import io
import re
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterable
from typing import BinaryIO, Final

HEAD_BYTES: Final = 8192
"""How many first bytes `sniff` wants; fewer only where the file is shorter."""

UNKNOWN: Final = "application/octet-stream"
EMPTY: Final = "application/x-empty"
PDF: Final = "application/pdf"
PNG: Final = "image/png"
JPEG: Final = "image/jpeg"
WEBP: Final = "image/webp"
ZIP: Final = "application/zip"
GZIP: Final = "application/gzip"
DOCX: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PPTX: Final = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
MACRO_OFFICE: Final = "application/vnd.ms-office.macroenabled"
WHEEL: Final = "application/x-wheel+zip"
SDIST: Final = "application/x-sdist+gzip"
XML: Final = "application/xml"
SVG: Final = "image/svg+xml"
HTML: Final = "text/html"
CSV: Final = "text/csv"
TEXT: Final = "text/plain"
SCRIPT: Final = "text/x-shellscript"
MP4: Final = "video/mp4"
QUICKTIME: Final = "video/quicktime"
HEIC: Final = "image/heic"
ELF: Final = "application/x-executable"
PE: Final = "application/vnd.microsoft.portable-executable"
MACH_O: Final = "application/x-mach-binary"
OLE: Final = "application/x-ole-storage"
TAR: Final = "application/x-tar"
SQL: Final = "application/sql"
SAFETENSORS: Final = "application/x-safetensors"
GGUF: Final = "application/x-gguf"
ONNX: Final = "application/x-onnx"
PICKLE: Final = "application/x-python-pickle"

_SIGNATURES: Final[tuple[tuple[bytes, str], ...]] = (
    (b"%PDF-", PDF),
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"\xff\xd8\xff", JPEG),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"PK\x03\x04", ZIP),
    (b"PK\x05\x06", ZIP),
    (b"\x1f\x8b", GZIP),
    (b"\x7fELF", ELF),
    (b"MZ", PE),
    (b"\xfe\xed\xfa\xce", MACH_O),
    (b"\xfe\xed\xfa\xcf", MACH_O),
    (b"\xce\xfa\xed\xfe", MACH_O),
    (b"\xcf\xfa\xed\xfe", MACH_O),
    (b"\xca\xfe\xba\xbe", MACH_O),
    (b"#!", SCRIPT),
    (b"\xef\xbb\xbf#!", SCRIPT),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", OLE),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"GGUF", GGUF),
    *((bytes((0x80, protocol)), PICKLE) for protocol in range(2, 6)),
)
_OOXML_PARTS: Final = {
    "word/document.xml": DOCX,
    "xl/workbook.xml": XLSX,
    "ppt/presentation.xml": PPTX,
}
_BRANDS: Final[tuple[tuple[bytes, str], ...]] = (
    (rb"iso[m2-9]|mp4[12]|avc1|dash|MSNV|M4V.", MP4),
    (rb"qt  ", QUICKTIME),
    (rb"hei[cx]|hevc|mif1|msf1", HEIC),
)

_SQL_COMMENTS: Final = re.compile(r"\A(?:\s|--[^\n]*(?:\n|\Z)|/\*.*?\*/)+", re.DOTALL)
_SQL_BEGINS: Final = re.compile(
    r"(?:create|alter|drop)\s+(?:or\s+replace\s+|temp(?:orary)?\s+|unique\s+|materialized\s+)*"
    r"(?:table|view|index|schema|function|procedure|trigger|sequence|type|extension|domain)\b"
    r"|insert\s+into\b|delete\s+from\b|update\s+\S+\s+set\b|comment\s+on\b|copy\s+\S+\s"
    r"|(?:begin|commit|start\s+transaction)\s*;|set\s+\w+\s*(?:=|to\b)|pragma\s+\w+"
    r"|with\s+\w+\s+as\s*\(|select\s+[^,;\t\n]+\s+from\s",
    re.IGNORECASE,
)

_SQL_VERBS: Final = (
    "abort alter analyse analyze attach begin call checkpoint close cluster comment commit copy "
    "create deallocate declare delete desc describe detach discard do drop end exec execute "
    "explain fetch flush grant import insert install load lock merge notify optimize perform "
    "pragma prepare reassign refresh reindex release rename repair replace reset revoke rollback "
    "savepoint security select set show signal start table truncate update upsert use vacuum "
    "values with"
)
_SQL_START: Final = re.compile(
    r"(?:[\s;(]|--[^\n]*+|/\*(?:/\*.*?(?:\*/|\Z)|.)*?(?:\*/|\Z))*+"
    rf"(?:(?:{_SQL_VERBS.replace(' ', '|')})\b(?!\s*,)|\Z)",
    re.IGNORECASE | re.DOTALL,
)
"""Comments, one within the other or not, and the word that a statement begins with.

A comma after the word makes it the head of a table.
"""

_OFFICE: Final = frozenset({DOCX, XLSX, PPTX})
_IMAGES: Final = frozenset({JPEG, PNG, WEBP})

ALLOWED: Final[dict[str, frozenset[str]]] = {
    "application_attachment": frozenset({PDF, PNG, JPEG, DOCX, XLSX}),
    "proposal_attachment": frozenset({PDF, PNG, JPEG, DOCX, XLSX}),
    "deliverable": frozenset({PDF, ZIP, CSV, XML, MP4}) | _IMAGES | _OFFICE,
    "case_log": frozenset({CSV, XML, GZIP}),
    "module_release": frozenset({WHEEL, SDIST}),
    "module_weights": frozenset({SAFETENSORS, GGUF, ONNX}),
    "module_container": frozenset({TAR, GZIP}),
    "module_sql": frozenset({SQL}),
    "module_bundle": frozenset({ZIP}),
    "evidence_photo": _IMAGES,
    "objection_evidence": frozenset({PDF, PNG, JPEG, DOCX, XLSX}),
}
"""Media types by use."""

EXTENSIONS: Final[dict[str, tuple[str, ...]]] = {
    PDF: (".pdf",),
    PNG: (".png",),
    JPEG: (".jpg", ".jpeg"),
    WEBP: (".webp",),
    ZIP: (".zip",),
    GZIP: (".gz",),
    DOCX: (".docx",),
    XLSX: (".xlsx",),
    PPTX: (".pptx",),
    WHEEL: (".whl",),
    SDIST: (".tar.gz",),
    XML: (".xml", ".xes"),
    CSV: (".csv",),
    MP4: (".mp4", ".m4v"),
    TAR: (".tar",),
    SQL: (".sql",),
    SAFETENSORS: (".safetensors",),
    GGUF: (".gguf",),
    ONNX: (".onnx",),
}
"""Endings that a file of an allowed type may bear, so that no PDF is stored as `invoice.exe`."""

_MAX_MEMBERS: Final = 20_000
_MAX_UNPACKED_BYTES: Final = 256 * 2**20
_MAX_CONTENT_TYPES_BYTES: Final = 2**20
_MAX_DIRECTORY_BYTES: Final = 4 * 2**20
_MAX_TENSOR_HEADER_BYTES: Final = 100_000_000
_LONGEST_ZIP_END: Final = 22 + 20 + 2**16
_PIECE_BYTES: Final = 2**20
_DAMAGED: Final = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    EOFError,
    NotImplementedError,
    OSError,
    RuntimeError,
    ValueError,
)


class FileTypeRefused(Exception):
    """A file that its use does not take.

    `code`: empty, type (not in `allowed`) or extension (the name's ending belongs to another type).
    """

    def __init__(self, code: str, sniffed: str, allowed: Iterable[str]) -> None:
        super().__init__(f"{code}: {sniffed}")
        self.code = code
        self.sniffed = sniffed
        self.allowed = tuple(sorted(allowed))


def sniff(head: bytes, opened: BinaryIO | None = None) -> str:
    """Return the media type of a file that begins with `head` (its first HEAD_BYTES).

    `opened`, seekable and read only here, tells Office files and wheels from other archives and
    source releases from other gzip files; its position is restored. Never raises on content: what
    is not recognised, or is a ZIP that cannot be read, is UNKNOWN; a broken gzip is still GZIP
    or UNKNOWN. Archives are never unpacked beyond 256 MiB or 20,000 members.

    >>> sniff(b"%PDF-1.7")
    'application/pdf'
    """
    if not head:
        return EMPTY
    found = _by_signature(head)
    if found == ZIP and opened is not None:
        return _rewound(opened, _sniff_zip)
    if found == GZIP and opened is not None:
        return _rewound(opened, _sniff_gzip)
    return found or _by_structure(head) or _sniff_text(head)


def settled(use: str, sniffed: str, head: bytes) -> str:
    r"""Return the type of a file that was sniffed from `head` and comes where `use` is expected.

    SQL has no signature, and any statement with a comma looks like a table. Where SQL is taken and
    tables are not, a text that begins with a word of SQL, or is nothing but a comment as far as
    `head` goes, is SQL.

    >>> settled("module_sql", CSV, b"SELECT a, b FROM c;"), settled("module_sql", CSV, b"a,b\n1,2")
    ('application/sql', 'text/csv')
    >>> settled("deliverable", CSV, b"SELECT a, b FROM c;")
    'text/csv'
    """
    text = _decoded(head) if SQL in ALLOWED[use] and sniffed in {CSV, TEXT} else None
    if text is None:
        return sniffed
    start = text.lstrip("\ufeff").strip()
    return SQL if start and _SQL_START.match(start) else sniffed


def check_type(use: str, sniffed: str, filename: str) -> None:
    """Raise FileTypeRefused unless `use` takes the type and the name's ending belongs to it.

    Raises KeyError for a use that ALLOWED does not list.
    """
    allowed = ALLOWED[use]
    if sniffed == EMPTY:
        raise FileTypeRefused("empty", sniffed, allowed)
    if sniffed not in allowed:
        raise FileTypeRefused("type", sniffed, allowed)
    if not filename.lower().endswith(EXTENSIONS[sniffed]):
        raise FileTypeRefused("extension", sniffed, allowed)


def _by_signature(head: bytes) -> str | None:
    for signature, media_type in _SIGNATURES:
        if head.startswith(signature):
            return media_type
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return WEBP
    if head[4:8] == b"ftyp":
        return _by_brand(head[8:12])
    return None


def _by_structure(head: bytes) -> str | None:
    """Return the type of a format that has no signature at its very beginning."""
    if head[257:262] == b"ustar":
        return TAR
    if head[8:9] == b"{" and 2 <= int.from_bytes(head[:8], "little") <= _MAX_TENSOR_HEADER_BYTES:
        return SAFETENSORS
    if re.match(rb"\x08[\x01-\x1f][\x12\x1a\x22\x28\x32\x3a\x42]", head):
        return ONNX  # ir_version, then another field of ModelProto
    return None


def _by_brand(brand: bytes) -> str:
    """Return the type for the major brand of an ISO base media file."""
    known = (media_type for pattern, media_type in _BRANDS if re.fullmatch(pattern, brand))
    return next(known, UNKNOWN)


def _rewound(opened: BinaryIO, look: Callable[[BinaryIO], str]) -> str:
    """Return what `look` finds from the stream's beginning, UNKNOWN if it is damaged."""
    position = opened.tell()
    try:
        opened.seek(0)
        return look(opened)
    except _DAMAGED:
        return UNKNOWN
    finally:
        opened.seek(position)


def check_directory(opened: BinaryIO) -> None:
    """Raise BadZipFile for a ZIP whose list of members is too long to be read into memory.

    `zipfile` makes an object of some 300 bytes for each of them: 47 MB of nothing but entries
    took 314 MB. ZIP64 is refused with them, as nothing that is taken here is that large.
    Leaves `opened` anywhere. APPNOTE 6.3.10, 4.3.15 and 4.3.16.
    """
    opened.seek(0, io.SEEK_END)
    opened.seek(max(0, opened.tell() - _LONGEST_ZIP_END))
    tail = opened.read()
    place = tail.rfind(b"PK\x05\x06")
    end = tail[place : place + 22]
    if place < 0 or len(end) < 22:
        raise zipfile.BadZipFile
    members, size = struct.unpack("<10xHL6x", end)
    zip64 = tail[max(0, place - 20) : place].startswith(b"PK\x06\x07")
    if zip64 or members > _MAX_MEMBERS or size > _MAX_DIRECTORY_BYTES:
        raise zipfile.BadZipFile


def _sniff_zip(opened: BinaryIO) -> str:
    check_directory(opened)
    with zipfile.ZipFile(opened) as archive:
        names = set(archive.namelist())
        if "[Content_Types].xml" in names:
            return _sniff_office(archive, names)
    if any(re.fullmatch(r"[^/]+\.dist-info/METADATA", name) for name in names):
        return WHEEL
    if any(re.fullmatch(r"(?:[^/]+/)?data\.pkl", name) for name in names):
        return PICKLE  # what torch.save writes
    return ZIP


def _sniff_office(archive: zipfile.ZipFile, names: set[str]) -> str:
    """Return the one Office type whose main part is there; macros make it a type of its own."""
    with archive.open("[Content_Types].xml") as part:
        declared = part.read(_MAX_CONTENT_TYPES_BYTES).lower()
    macro_part = any(name.lower().endswith("vbaproject.bin") for name in names)
    if macro_part or b"macroenabled" in declared or b"vbaproject" in declared:
        return MACRO_OFFICE
    types = [media_type for part_name, media_type in _OOXML_PARTS.items() if part_name in names]
    return types[0] if len(types) == 1 else ZIP


def _sniff_gzip(opened: BinaryIO) -> str:
    """Return SDIST for a gzipped tar with NAME-VERSION/PKG-INFO, else GZIP."""
    try:
        with gzip.open(opened) as unpacked:
            return SDIST if _has_package_info(unpacked) else GZIP
    except (EOFError, OSError, zlib.error):
        return GZIP


def _has_package_info(unpacked: gzip.GzipFile) -> bool:
    """Return whether a tar's headers name it, read one by one.

    `tarfile` reads a member of extended headers whole, whatever size it claims: 1 MB of gzip
    took 2 GB of memory. Here contents are passed over in pieces.
    """
    left = _MAX_UNPACKED_BYTES
    for _member in range(_MAX_MEMBERS):
        block = unpacked.read(tarfile.BLOCKSIZE)
        try:
            header = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
        except tarfile.HeaderError:
            return False
        if header.isreg() and re.fullmatch(r"[^/]+-[^/]+/PKG-INFO", header.name):
            return True
        padded = -(-header.size // tarfile.BLOCKSIZE) * tarfile.BLOCKSIZE
        left -= padded
        if header.size < 0 or left < 0:
            return False
        while padded > 0 and (piece := unpacked.read(min(padded, _PIECE_BYTES))):
            padded -= len(piece)
    return False


def _sniff_text(head: bytes) -> str:
    """Return the kind of text, UNKNOWN if `head` is not text in UTF-8 or GB 18030."""
    text = _decoded(head)
    if text is None:
        return UNKNOWN
    start = text.lstrip("\ufeff \t\r\n")
    if start.startswith("<"):
        return _sniff_markup(start)
    if _SQL_BEGINS.match(_SQL_COMMENTS.sub("", start)):
        return SQL
    first_line = start.partition("\n")[0]
    return CSV if re.search("[,;\t]", first_line) else TEXT


def _decoded(head: bytes) -> str | None:
    """Return `head` as text; the character that the cut may have halved is left out."""
    if re.search(rb"[\x00-\x08\x0b\x0e-\x1f\x7f]", head):
        return None
    for encoding in ("utf-8", "gb18030"):
        try:
            return codecs.getincrementaldecoder(encoding)().decode(head)
        except UnicodeDecodeError:
            continue
    return None


def _sniff_markup(start: str) -> str:
    """Return HTML, SVG or XML by the root element, TEXT if there is none."""
    body = re.sub(r"<\?.*?\?>|<!--.*?-->", "", start, flags=re.DOTALL)
    if re.match(r"\s*<!doctype\s+html", body, re.IGNORECASE):
        return HTML
    root = re.search(r"<(?:[\w.-]+:)?([A-Za-z_][\w.-]*)[\s/>]", body)
    if root is None:
        return XML if start.startswith("<?xml") else TEXT
    name = root[1].lower()
    if name == "svg":
        return SVG
    if name == "log" or (start.startswith("<?xml") and name != "html"):
        return XML
    return HTML
