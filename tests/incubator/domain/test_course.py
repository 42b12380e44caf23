"""Quizzes are marked exactly; enrolments end once."""

from datetime import date
from decimal import Decimal

import pytest

from incubator.domain.course import (
    ENROLMENT,
    MAX_ATTEMPTS,
    after_attempt,
    course_digest,
    mark_quiz,
    missing_lessons,
    retry_on,
)

QUIZ = [{"id": "a", "correct": [1]}, {"id": "b", "correct": [0, 2]}, {"id": "c", "correct": [0]}]


@pytest.mark.parametrize(
    ("answers", "score", "right"),
    [
        ({"a": [1], "b": [2, 0], "c": [0]}, "100.0", (True, True, True)),
        ({"a": [1], "b": [0], "c": [0]}, "66.7", (True, False, True)),
        ({"a": [1], "b": [0, 1, 2], "c": []}, "33.3", (True, False, False)),
        ({}, "0.0", (False, False, False)),
        ({"x": [1]}, "0.0", (False, False, False)),
    ],
)
def test_mark_quiz_all_right_options_and_no_others_count(answers, score, right):
    result = mark_quiz(QUIZ, answers, 70)
    assert (result.score, result.right, result.passed) == (Decimal(score), right, all(right))


@pytest.mark.parametrize(("mark", "passed"), [(66, True), (67, False)])
def test_mark_quiz_pass_mark_is_held_against_the_exact_share(mark, passed):
    """Two of three are 66.67 %: the published 66.7 does not pass 67."""
    assert mark_quiz(QUIZ, {"a": [1], "b": [0, 2]}, mark).passed is passed


def test_mark_quiz_without_questions_is_an_error():
    with pytest.raises(ValueError, match="questions"):
        mark_quiz([], {}, 70)


@pytest.mark.parametrize(
    ("passed", "attempts", "action"),
    [(True, 1, "complete"), (True, MAX_ATTEMPTS, "complete"), (False, 1, ""),
     (False, MAX_ATTEMPTS, "fail")],
)  # fmt: skip
def test_after_attempt_decides(passed, attempts, action):
    assert after_attempt(passed=passed, attempts=attempts) == action


@pytest.mark.parametrize(
    ("state", "attempts", "days", "day"),
    [("failed", 3, 7, 30), ("failed", 3, 0, 23), ("withdrawn", 1, 7, 30), ("withdrawn", 0, 7, 23),
     ("enrolled", 2, 7, 23)],
)  # fmt: skip
def test_retry_on_waits_after_a_failed_attempt(state, attempts, days, day):
    assert retry_on(state, attempts, date(2026, 11, 23), days) == date(2026, 11, day)


def test_missing_lessons_counts_from_one():
    assert missing_lessons([{"id": "x"}, {"id": "y"}, {"id": "z"}], ["y", "other"]) == (1, 3)


def test_course_digest_depends_on_content_and_not_on_order():
    assert course_digest({"a": 1, "b": "村"}) == course_digest({"b": "村", "a": 1})
    assert course_digest({"a": 1}) != course_digest({"a": 2})


@pytest.mark.parametrize(
    ("state", "role", "actions"),
    [("enrolled", "learner", ("withdraw",)), ("enrolled", "system", ("complete", "fail")),
     ("completed", "system", ()), ("failed", "learner", ()), ("withdrawn", "learner", ())],
)  # fmt: skip
def test_enrolment_lifecycle_offers_by_role(state, role, actions):
    assert ENROLMENT.actions(state, {role}) == actions
