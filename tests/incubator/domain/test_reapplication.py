"""What passed stays passed: for as long as question, answer and check are the same."""

import pytest

from incubator.domain.answer_changes import Sent
from incubator.domain.application_form import facts_of
from incubator.domain.machine_check import screen
from incubator.domain.reapplication import Passed, keep_passed, standing
from tests.incubator.forms import check, form, question

FEW = {"field": "number", "op": "ge", "value": 5}
FILES = {"field": "file.count", "op": "ge", "value": 1}
CHECKS = [check("few", FEW, otherwise="discretionary"), check("papers", FILES)]
ASKED = (question("short"), question("number"), question("choices"), question("file"))
FORM = form(*ASKED, checks=CHECKS)
ANSWERS = {"short": "甲", "number": 3, "choices": ["web", "app"]}


def sent(content=FORM, answers=None, **files) -> Sent:
    return Sent(content, ANSWERS if answers is None else answers, files)


def machine(one: Sent):
    counts = {key: len(rows) for key, rows in one.files.items()}
    facts = facts_of(one.content, one.answers, counts, code_valid=True, declared=True)
    return screen(facts, one.content["checks"])


def passed(one: Sent) -> Passed:
    return Passed("HYRF-1", one, machine(one).findings)


@pytest.mark.parametrize(
    ("now", "keys"),
    [
        (sent(), {"short", "number", "choices"}),
        (sent(answers={**ANSWERS, "choices": ["app", "web"]}), {"short", "number", "choices"}),
        (sent(answers={**ANSWERS, "short": "乙"}), {"number", "choices"}),
        (sent(answers={"number": 3, "short": " "}), {"number"}),
        (sent(form(question("short", help="改过"), question("number"))), {"number"}),
        (sent(form(question("long", "short"), question("number"))), {"number"}),
    ],
)
def test_answer_stands_while_question_and_answer_are_the_same(now, keys):
    assert standing(passed(sent()), now) == keys


@pytest.mark.parametrize(
    ("files", "stands"),
    [
        ([("a", "改名.pdf")], True),
        ([("b", "一.pdf")], False),
        ([("a", "一.pdf"), ("b", "二.pdf")], False),
        ([], False),
    ],
)
def test_file_stands_by_its_bytes(files, stands):
    before = passed(sent(file=[("a", "一.pdf")]))
    assert ("file" in standing(before, sent(file=files))) is stands


def outcomes(now: Sent) -> list[tuple[str, str, str]]:
    found = keep_passed(machine(now), passed(sent()), now)
    return [(one.key, one.outcome, one.passed_in) for one in found.findings]


def test_check_that_was_let_through_is_passed_and_says_where():
    now = sent()
    assert outcomes(now) == [("few", "pass", "HYRF-1"), ("papers", "pass", "HYRF-1")]
    assert machine(now).suggestion == "fail"
    assert keep_passed(machine(now), passed(now), now).suggestion == "pass"


@pytest.mark.parametrize(
    ("now", "few"),
    [
        (sent(answers={**ANSWERS, "number": 4}), "discretionary"),
        (sent(answers={**ANSWERS, "number": 6}), "pass"),
        (sent(form(*ASKED, checks=[check("few", FEW), CHECKS[1]])), "fail"),
        (
            sent(form(*ASKED, checks=[check("few", {**FEW, "value": 4}), CHECKS[1]])),
            "fail",
        ),
        (
            sent(form(*ASKED, checks=[{**CHECKS[0], "key": "other"}, CHECKS[1]])),
            "discretionary",
        ),
        (sent(form(question("number", most=9), *ASKED[2:], checks=CHECKS)), "discretionary"),
    ],
)
def test_changed_answer_question_or_check_is_checked_anew(now, few):
    assert outcomes(now)[0][1:] == (few, "")


def test_check_that_held_before_was_not_let_through():
    before = passed(sent(answers={**ANSWERS, "number": 7}))
    now = sent()
    assert keep_passed(machine(now), before, now).findings[0].outcome == "discretionary"
