"""Which signs the fonts of issued documents can draw.

WeasyPrint draws a missing sign as an empty box and says nothing, and the file fails PDF/A.
"""

from functools import lru_cache
from pathlib import Path

from django.conf import settings
from fontTools.ttLib import TTFont

BLANKS = " \t\n\r"
"""What a page's layout makes into a gap; other controls and spaces need a glyph."""

GETA = "〓"


class FontMissing(Exception):
    """The machine lacks a font that issued documents are set in."""


def missing_signs(text: str) -> str:
    """Return the signs of ``text`` that a document's fonts cannot draw, each once, in order."""
    known = drawn()
    found = dict.fromkeys(sign for sign in text if sign not in BLANKS and ord(sign) not in known)
    return "".join(found)


def printable(text: str) -> str:
    """Return ``text`` with a geta mark for every sign that a document's fonts cannot draw."""
    lost = set(missing_signs(text))
    return "".join(GETA if sign in lost else sign for sign in text)


@lru_cache(maxsize=1)
def drawn() -> frozenset[int]:
    """Return the code points that every font in use has (0.3 s once for a process)."""
    tables = [frozenset(code_points(find_font(name))) for name in settings.DOCUMENT_FONTS]
    return frozenset.intersection(*tables)


def find_font(name: str) -> Path:
    """Return where a font's file lies on this machine."""
    for folder in settings.FONT_FOLDERS:
        for path in sorted(Path(folder).rglob(name)):
            return path
    raise FontMissing(f"{name} is missing; install fonts-noto-cjk.")


def code_points(path: Path) -> set[int]:
    """Return what a font file maps to glyphs; a collection's fonts share one set of glyphs."""
    # not TTCollection: it closes the file before a lazy font has read it
    number = 0 if path.suffix == ".ttc" else -1
    with TTFont(path, fontNumber=number, lazy=True) as font:
        return set(font.getBestCmap())
