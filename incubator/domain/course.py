"""Courses: the life of an enrolment, the marking of a quiz, the digest of a frozen course."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any, Final

from portal.domain.lifecycle import SYSTEM, Lifecycle, row

ENROLMENT: Final = Lifecycle(
    name="incubator.enrolment",
    states=("enrolled", "completed", "failed", "withdrawn"),
    transitions=(
        row("complete", "enrolled", "completed", SYSTEM),
        row("fail", "enrolled", "failed", SYSTEM),
        row("withdraw", "enrolled", "withdrawn", "learner"),
    ),
    final=frozenset({"completed", "failed", "withdrawn"}),
)

ACTIVE: Final = ("enrolled", "completed")
"""A person is at most once in a course in one of these states."""

MAX_ATTEMPTS: Final = 3
"""How often an enrolment may try the quiz; after that the person waits and enrols again."""

RETRY_AFTER_DAYS: Final = 7
"""Calendar days that a course makes learners wait unless its author says otherwise."""


@dataclass(frozen=True, slots=True)
class QuizResult:
    """A marked quiz: ``score`` in percent, rounded half up to one decimal, and each answer."""

    score: Decimal
    passed: bool
    right: tuple[bool, ...]


def mark_quiz(
    questions: Sequence[Mapping[str, Any]], answers: Mapping[str, Iterable[int]], pass_mark: int
) -> QuizResult:
    """Mark ``answers`` (question id → chosen option numbers) against ``questions``.

    A question is right when exactly its correct options are chosen; each counts the same.
    ``pass_mark`` is in percent and held against the exact share, never the rounded score.
    Raises ``ValueError`` without questions.

    >>> mark_quiz([{"id": "a", "correct": [0]}, {"id": "b", "correct": [1, 2]}],
    ...           {"a": [0], "b": [1]}, 50)
    QuizResult(score=Decimal('50.0'), passed=True, right=(True, False))
    """
    if not questions:
        raise ValueError("a quiz has questions")
    right = tuple(
        set(answers.get(question["id"], ())) == set(question["correct"]) for question in questions
    )
    share = Fraction(sum(right) * 100, len(right))
    exact = Decimal(share.numerator) / Decimal(share.denominator)
    return QuizResult(exact.quantize(Decimal("0.1"), ROUND_HALF_UP), share >= pass_mark, right)


def after_attempt(*, passed: bool, attempts: int) -> str:
    """Return the action that a marked attempt leads to, or “” while another one is left.

    >>> [after_attempt(passed=False, attempts=n) for n in (1, 2, 3)]
    ['', '', 'fail']
    """
    if passed:
        return "complete"
    return "fail" if attempts >= MAX_ATTEMPTS else ""


def retry_on(state: str, attempts: int, ended_on: date, wait_days: int) -> date:
    """Return the first day on which somebody may enrol again after an enrolment ended.

    Who failed for good, or left after a failed attempt, waits ``wait_days`` calendar days from
    ``ended_on``, so that leaving is no way round the pause. Everybody else may enrol at once.

    >>> retry_on("failed", 3, date(2026, 11, 23), 7)
    datetime.date(2026, 11, 30)
    >>> retry_on("withdrawn", 0, date(2026, 11, 23), 7)
    datetime.date(2026, 11, 23)
    """
    waits = state == "failed" or (state == "withdrawn" and attempts > 0)
    return ended_on + timedelta(days=wait_days) if waits else ended_on


def missing_lessons(lessons: Sequence[Mapping[str, Any]], read: Iterable[str]) -> tuple[int, ...]:
    """Return the numbers (from 1) of the lessons that are not read yet.

    >>> missing_lessons([{"id": "x"}, {"id": "y"}], {"y"})
    (1,)
    """
    seen = set(read)
    return tuple(n for n, lesson in enumerate(lessons, start=1) if lesson["id"] not in seen)


def course_digest(content: Mapping[str, Any]) -> str:
    """Return the SHA-256 (hex) of a frozen course's canonical JSON."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
