"""What of a text can be seen."""

import pytest

from portal.domain.lifecycle import Invalid, Lifecycle, row
from portal.domain.texts import is_blank, legible, seen

UNSEEN = [
    "",
    " \t\r\n",
    "\u3000\u00a0\u2003",
    "\u200b",
    "\u200c\u200d\u2060\ufeff",
    "\u202e\u2066\u00ad",
    "\u115f\u1160\u3164\uffa0",
    "\u2800",
    "\u034f\ufe0f\U000e0100",
    "\u180b\u180e",
    "\x00\x1f\x7f",
]
WORDS = ["好", "阿卜杜拉·买买提", "བོད་", "ᠮᠣᠩᠭᠣᠯ"]
SEEN = ["。", "-", "0", "a", "\ue000", "\U0002ebf0", "👍🏽", *WORDS]


@pytest.mark.parametrize("text", UNSEEN)
def test_what_nobody_sees_is_nothing(text):
    assert (is_blank(text), seen(text), legible(text)) == (True, "", "")
    assert is_blank(f"好{text}") is False


@pytest.mark.parametrize("text", SEEN)
def test_what_is_seen_counts(text):
    assert is_blank(text) is False
    assert is_blank(f"\u200b{text}\u200b") is False


@pytest.mark.parametrize("reason", UNSEEN)
def test_a_transition_takes_no_unseen_reason(reason):
    way = Lifecycle(
        name="x", states=("a", "b"), transitions=(row("go", "a", "b", "staff", reason=True),)
    )
    with pytest.raises(Invalid, match="reason_required"):
        way.next_state("a", "go", roles=["staff"], reason=reason)


@pytest.mark.parametrize("text", WORDS)
def test_counted_are_characters_that_are_seen(text):
    padded = f"\u200b{text} \ufeff{text}\n"
    assert legible(padded) == f"{text} {text}"
    assert seen(padded) == text * 2
