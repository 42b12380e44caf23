"""What changed between two submissions, question by question; which old answers fit a new form."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Final, Literal

from incubator.domain.application_form import (
    TEXTS,
    Content,
    Question,
    answer_fault,
    is_empty,
    question_of,
    questions_of,
)

Kind = Literal["added", "removed", "changed"]
Mark = Literal["same", "out", "in"]
CLAUSE: Final = re.compile(r"[^，。；！？、,;!?\n]*[，。；！？、,;!?\n]?")
"""A stretch of text up to its punctuation: the smallest piece in which a change is shown."""


@dataclass(frozen=True)
class Sent:
    """What was sent: the form, the answers, and by question the files as (digest, name)."""

    content: Content
    answers: Mapping[str, Any]
    files: Mapping[str, Sequence[tuple[str, str]]]


@dataclass(frozen=True)
class Change:
    """One question whose answer is not what it was; each side with the question as it was asked.

    ``parts`` are the pieces of a changed text in reading order; ``gone`` and ``new`` what was
    taken out of and put into a choice of several or a list of files.
    """

    key: str
    kind: Kind
    old: Question | None
    new: Question | None
    before: Any
    after: Any
    parts: tuple[tuple[Mark, str], ...] = ()
    taken_out: tuple[str, ...] = ()
    put_in: tuple[str, ...] = ()


def changes(before: Sent, after: Sent) -> list[Change]:
    """Return what changed, in the order of the newer form, dropped questions last."""
    newer = [one["key"] for one in questions_of(after.content)]
    older = [one["key"] for one in questions_of(before.content) if one["key"] not in newer]
    found = (_change(key, before, after) for key in [*newer, *older])
    return [change for change in found if change is not None]


def _change(key: str, before: Sent, after: Sent) -> Change | None:
    old, new = question_of(before.content, key), question_of(after.content, key)
    had, has = _value(old, before), _value(new, after)
    if had == has or (is_empty(had) and is_empty(has)):
        return None
    kind: Kind = "added" if is_empty(had) else "removed" if is_empty(has) else "changed"
    if kind != "changed" or old is None or new is None or old["type"] != new["type"]:
        return Change(key, kind, old, new, had, has)
    if new["type"] in TEXTS:
        return Change(key, kind, old, new, had, has, parts=text_parts(had, has))
    if new["type"] in {"choices", "file"}:
        out = tuple(one for one in had if one not in has)
        put = tuple(one for one in has if one not in had)
        return Change(key, kind, old, new, had, has, taken_out=out, put_in=put)
    return Change(key, kind, old, new, had, has)


def _value(question: Question | None, sent: Sent) -> Any:
    """Return an answer; of files the (digest, name) pairs; of a choice of several a sorted list."""
    if question is None:
        return None
    key, kind = question["key"], question["type"]
    if kind == "file":
        return [tuple(one) for one in sent.files.get(key, ())]
    value = sent.answers.get(key)
    return sorted(value) if kind == "choices" and value else value


def text_parts(before: str, after: str) -> tuple[tuple[Mark, str], ...]:
    """Return the pieces of two texts: what stayed, what went out and what came in.

    >>> text_parts("甲办理，3 天办结。", "甲办理，1 天办结。")
    (('same', '甲办理，'), ('out', '3 天办结。'), ('in', '1 天办结。'))
    """
    old, new = ([piece for piece in CLAUSE.findall(text) if piece] for text in (before, after))
    parts: list[tuple[Mark, str]] = []
    for tag, i, j, k, m in SequenceMatcher(None, old, new).get_opcodes():
        if tag == "equal":
            parts.append(("same", "".join(old[i:j])))
            continue
        parts += [("out", "".join(old[i:j]))] if i < j else []
        parts += [("in", "".join(new[k:m]))] if k < m else []
    return tuple(parts)


def reusable(old: Sent, content: Content, answers: Mapping[str, Any]) -> dict[str, Any]:
    """Return the old answers that fit questions of a new form which are not answered yet.

    A question is the same where its key and its type are; an answer that its new bounds or
    options refuse stays behind, and so do files.
    """
    found: dict[str, Any] = {}
    for question in questions_of(content):
        key = question["key"]
        before = question_of(old.content, key)
        value = old.answers.get(key)
        same = before is not None and before["type"] == question["type"]
        free = is_empty(answers.get(key)) and not is_empty(value)
        if same and free and not answer_fault(question, value):
            found[key] = value
    return found
