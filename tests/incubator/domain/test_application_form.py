"""Frozen forms: what an answer must be, what checks may see, what is refused at publication."""

import csv
import json
from datetime import date
from pathlib import Path

import pytest
from django.utils import translation

from incubator.domain import application_form as rules
from incubator.labels.form_faults import FAULTS, fault_words
from incubator.services.windows import FIRST_FORM
from tests.incubator.forms import check, form, question

PROCESSES = Path(__file__).parents[4] / "shared" / "data" / "village_processes.csv"
FIRST = json.loads(FIRST_FORM.read_text(encoding="utf-8")) | {
    "opens_on": "2026-01-01",
    "closes_on": None,
}
EVERY = [question(kind) for kind in rules.TYPES]


@pytest.mark.parametrize(
    ("kind", "value", "fault"),
    [
        ("short", "  ", ""),
        ("short", "x" * 20, ""),
        ("short", "x" * 21, "answer_long"),
        ("long", 5, "answer_bad"),
        ("number", 0, ""),
        ("number", 10, ""),
        ("number", 10.5, "answer_bounds"),
        ("number", -1, "answer_bounds"),
        ("number", 10**400, "answer_bounds"),
        ("number", float("inf"), "answer_bounds"),
        ("number", float("nan"), "answer_bad"),
        ("number", True, "answer_bad"),
        ("number", "3", "answer_bad"),
        ("date", "2026-02-28", ""),
        ("date", "2026-02-30", "answer_bad"),
        ("date", 20260228, "answer_bad"),
        ("choice", "web", ""),
        ("choice", "fax", "answer_bad"),
        ("choices", ["web", "app"], ""),
        ("choices", ["web", "web"], "answer_bad"),
        ("choices", ["web", ["app"]], "answer_bad"),
        ("choices", "web", "answer_bad"),
        ("yes_no", False, ""),
        ("yes_no", "no", "answer_bad"),
        ("file", "x.pdf", "answer_bad"),
    ],
)
def test_answer_fault_says_what_cannot_be_kept(kind, value, fault):
    assert rules.answer_fault(question(kind), value) == fault


def test_number_without_bounds_is_still_bounded():
    free = question("number", least=None, most=None)
    assert rules.answer_fault(free, 10**15) == ""
    assert rules.answer_fault(free, 10**15 + 1) == "answer_bounds"


def test_missing_names_the_required_questions_without_answer_or_file():
    asked = form(*(question(kind, required=True) for kind in rules.TYPES), question("short", "a"))
    answers = {"number": 0, "yes_no": False, "long": " ", "choices": []}
    assert rules.missing(asked, answers, {"file": 1}) == [
        "long",
        "short",
        "date",
        "choice",
        "choices",
    ]
    assert rules.missing(form(question("file", required=True)), {}, {}) == ["file"]


def test_facts_have_the_types_that_checks_are_held_against():
    content = form({"type": "section", "title": "一", "title_en": ""}, *EVERY)
    answers = {
        "short": "0971-2431234",
        "long": "做过 一个村",
        "number": 3,
        "date": "2026-02-28",
        "choice": "web",
        "choices": ["app"],
        "yes_no": False,
    }
    found = rules.facts_of(content, answers, {"file": 2}, code_valid=True, declared=False)
    assert found == {
        "organisation.valid": True,
        "truth_declared": False,
        "short": "0971-2431234",
        "short.characters": 12,
        "short.has_digits": True,
        "short.is_phone": True,
        "long": "做过 一个村",
        "long.characters": 5,
        "long.has_digits": False,
        "long.is_phone": False,
        "number": 3,
        "date": date(2026, 2, 28),
        "choice": "web",
        "choices": ["app"],
        "choices.count": 1,
        "yes_no": False,
        "file.count": 2,
    }
    assert rules.fact_types(content).keys() == found.keys()


def test_facts_of_an_empty_form_are_unknown_but_counts_are_nothing():
    found = rules.facts_of(form(*EVERY), {}, {}, code_valid=False, declared=False)
    assert "short" not in found
    assert (found["short.characters"], found["choices.count"], found["file.count"]) == (0, 0, 0)


def test_first_form_is_sound():
    assert rules.form_problems(FIRST) == ()
    assert rules.named(FIRST) == FIRST
    assert rules.answer_keys(FIRST)[:2] == ("contact_person", "contact_phone")
    assert rules.file_keys(FIRST) == ("licence", "contract", "other")


@pytest.mark.skipif(not PROCESSES.exists(), reason="the design's data is not at hand")
def test_scenarios_are_as_many_as_the_categories_of_village_processes():
    with PROCESSES.open(encoding="utf-8") as lines:
        categories = {row["category"] for row in csv.DictReader(lines)}
    scenarios = rules.question_of(FIRST, "scenarios")
    assert len(categories) == len(rules.codes_of(scenarios))


KNOWN = {"field": "short", "op": "known"}


@pytest.mark.parametrize(
    ("content", "path", "start"),
    [
        (form(), "questions", "write at least one question"),
        (form(*(question("short", f"q{n}") for n in range(61))), "questions", "write at most 60"),
        (form(question("short"), closes_on="2026-10-31"), "closes_on", "write a day on or after"),
        (form(question("short", "Bad Key")), "questions[Bad Key].key", "write small letters"),
        (form(question("short") | {"key": ""}), "questions[0].key", "write small letters"),
        (form(question("short", "version")), "questions[version].key", "version has a meaning"),
        (form(question("short"), question("short")), "questions[short].key", "short stands twice"),
        (form(question("short", klass="sensitive")), "questions[short].klass", "write one of"),
        (form(question("short", purpose=" ")), "questions[short].purpose", "write why"),
        (form(question("number", least=3, most=2)), "questions[number].most", "write a number"),
        (
            form(question("choice", options=[{"code": "A", "text": "甲", "text_en": ""}])),
            "questions[choice].options[A].key",
            "write small letters",
        ),
        (form(question("short"), checks=[check("c", None)]), "checks[c].when", "write JSON"),
        (form(question("short"), checks=[check("c", [])]), "checks[c].when", "write an object"),
        (
            form(question("short"), checks=[check("c", {**KNOWN, "op": "=>"})]),
            "checks[c].when.op",
            "unknown op '=>'; write one of",
        ),
        (
            form(question("short"), checks=[check("c", {**KNOWN, "field": "gone"})]),
            "checks[c].when.field",
            "unknown field 'gone'; declare it",
        ),
        (
            form(question("short"), checks=[check("c", {"score": True, "op": "ge", "value": 1})]),
            "checks[c].when.score",
            "the score is not known here",
        ),
        (
            form(question("short"), checks=[check("c", KNOWN, otherwise="pass")]),
            "checks[c].otherwise",
            "write one of fail, discretionary",
        ),
        (
            form(question("short"), checks=[check("c", KNOWN, reason_en="")]),
            "checks[c].reason_en",
            "write what the firm is told",
        ),
        (
            form(question("short"), checks=[check("c", KNOWN), check("c", KNOWN)]),
            "checks[c].key",
            "c stands twice",
        ),
    ],
)
def test_bad_form_is_refused_with_the_path_and_what_to_write(content, path, start):
    found = rules.form_problems(content)
    assert [one.path for one in found] == [path]
    assert found[0].message.startswith(start)
    assert found[0].template in FAULTS


@pytest.mark.parametrize(
    "when",
    [
        {"all": []},
        {"field": "short", "op": "ge", "value": 1},
        {"field": "number", "op": "ge"},
        {"field": "number", "op": "in", "value": 3},
        {"field": "choice", "op": "eq", "value": "gone"},
        {"all": [KNOWN], "any": [KNOWN]},
    ],
)
def test_every_fault_of_a_check_can_be_said_in_chinese(when):
    asked = [question("short"), question("number"), question("choice")]
    found = rules.form_problems(form(*asked, checks=[check("c", when)]))
    assert found
    with translation.override("zh-hans"):
        words = [fault_words(one) for one in found]
    assert {one.template for one in found} <= FAULTS
    assert [any("\u4e00" <= sign <= "\u9fff" for sign in one) for one in words] == [True] * len(
        found
    )


def test_nameless_checks_bear_the_name_of_their_question():
    content = form(
        question("short"),
        checks=[
            check("a", KNOWN),
            check("b", {"field": "truth_declared", "op": "eq", "value": True}),
            check("c", KNOWN, title="名", title_en="Name"),
        ],
    )
    named = rules.named(content)["checks"]
    assert [one["title_en"] for one in named] == ["Question short", "b", "Name"]


def test_digest_follows_the_content():
    one, other = form(question("short")), form(question("short", required=True))
    assert rules.form_digest(one) == rules.form_digest(dict(reversed(one.items())))
    assert rules.form_digest(one) != rules.form_digest(other)
