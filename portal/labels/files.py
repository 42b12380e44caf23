"""Names of kinds of files, for people who know no media types."""

from collections.abc import Iterable

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from portal.domain import content_types as types

KINDS: dict[str, str | Promise] = {
    types.PDF: _("PDF"),
    types.DOCX: _("Word document"),
    types.XLSX: _("Excel workbook"),
    types.PPTX: _("PowerPoint presentation"),
    types.PNG: _("PNG picture"),
    types.JPEG: _("JPEG picture"),
    types.WEBP: _("WebP picture"),
    types.SVG: _("SVG drawing"),
    types.HEIC: _("HEIC picture"),
    "image/gif": _("GIF picture"),
    types.MP4: _("MP4 video"),
    types.QUICKTIME: _("QuickTime video"),
    types.ZIP: _("ZIP archive"),
    types.GZIP: _("GZIP archive"),
    "application/vnd.rar": _("RAR archive"),
    "application/x-7z-compressed": _("7-Zip archive"),
    types.CSV: _("CSV table"),
    types.TEXT: _("plain text"),
    types.XML: _("XML or XES file"),
    types.HTML: _("web page"),
    types.WHEEL: _("wheel package"),
    types.SDIST: _("source package"),
    types.SAFETENSORS: _("safetensors model weights"),
    types.GGUF: _("GGUF model weights"),
    types.ONNX: _("ONNX model"),
    types.PICKLE: _("Python pickle"),
    types.TAR: _("tar archive"),
    types.SQL: _("SQL script"),
    types.MACRO_OFFICE: _("Office file with macros"),
    types.OLE: _("Office file in the old format"),
    types.SCRIPT: _("script"),
    types.ELF: _("program"),
    types.PE: _("program"),
    types.MACH_O: _("program"),
}


def kind_of_file(media_type: str) -> str:
    """Name a file's kind in words; one that nobody knows is an unknown kind of file."""
    return str(KINDS.get(media_type, _("unknown kind of file")))


def kinds_of_files(media_types: Iterable[str]) -> str:
    """Name kinds of files in the order of this module's list: “PDF、Word 文档”."""
    wanted = set(media_types)
    sign = "、" if (get_language() or "zh").startswith("zh") else ", "
    return sign.join(str(name) for media_type, name in KINDS.items() if media_type in wanted)
