"""What of a text can be seen: where words are asked for, characters that nobody sees are none."""

import unicodedata
from collections.abc import Mapping
from typing import Final

UNSEEN_KINDS: Final = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp"})
"""Unicode categories of what leaves no mark: controls, format characters, white space.

Private and unassigned characters count as seen: rare names are written with them.
"""
FILLERS: Final = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\u180b\u180c\u180d\u180f"
)
"""Letters, marks and a sign that are drawn as nothing."""
SELECTORS: Final = (range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0))
"""Variation selectors: they only choose how the character before them looks."""


def is_seen(character: str) -> bool:
    r"""Return whether a character leaves a mark.

    >>> [is_seen(one) for one in "王a·，\u200b\u3000"]
    [True, True, True, True, False, False]
    """
    if unicodedata.category(character) in UNSEEN_KINDS or character in FILLERS:
        return False
    return not any(ord(character) in span for span in SELECTORS)


def seen(text: str) -> str:
    r"""Return the characters of a text that leave a mark.

    >>> seen("村务\u200b 公开\ufeff")
    '村务公开'
    """
    return "".join(filter(is_seen, text))


def is_blank(text: str) -> bool:
    r"""Return whether a text says nothing, however many characters it has.

    >>> is_blank(" \u200b\u2060"), is_blank("")
    (True, True)
    >>> is_blank("好\u200b")
    False
    """
    return not any(map(is_seen, text))


def unseen_fields(values: Mapping[str, str]) -> dict[str, str]:
    r"""Return by field the refusal of a text that has characters, and none that is seen.

    >>> unseen_fields({"title": "\u2060\u200b", "summary": "好", "title_en": ""})
    {'title': 'text_required'}
    """
    return {name: "text_required" for name, text in values.items() if text and is_blank(text)}


def legible(text: str) -> str:
    r"""Return a text without what nobody sees, its inner white space kept, to count its characters.

    >>> legible(" three days\u200b ")
    'three days'
    """
    return "".join(one for one in text if one.isspace() or is_seen(one)).strip()
