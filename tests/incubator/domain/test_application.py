"""The rules of an application: lifecycle, machine check, reviews."""

import csv
from itertools import product
from pathlib import Path

import pytest

from incubator.domain import application as rules
from portal.domain.identifiers import make_uscc
from portal.domain.lifecycle import Conflict, NotAllowed
from portal.domain.predicates import lint
from tests.incubator.firms import ANSWERS, NOTES, SCORES

USCC = make_uscc("91", "630123", "MADEM001")
PROCESSES = Path(__file__).parents[4] / "shared" / "data" / "village_processes.csv"

WAY = {
    ("draft", "submit"): "submitted",
    ("more_info", "submit"): "submitted",
    ("submitted", "screen"): "screening",
    ("screening", "ask"): "more_info",
    ("screening", "start_review"): "in_review",
    ("in_review", "complete_review"): "decision_pending",
    ("decision_pending", "propose"): "decision_pending",
    ("decision_pending", "publish"): "public_notice",
    ("public_notice", "admit"): "admitted",
    ("screening", "reject"): "rejected",
    ("decision_pending", "reject"): "rejected",
    ("public_notice", "reject"): "rejected",
    **{
        (state, "withdraw"): "withdrawn"
        for state in (
            "draft", "submitted", "screening", "more_info", "in_review", "decision_pending",
        )
    },
}  # fmt: skip
WHO = {
    "submit": "firm_signer",
    "withdraw": "firm_signer",
    "screen": "system",
    "complete_review": "system",
    "ask": "staff",
    "start_review": "staff",
    "propose": "staff",
    "publish": "staff",
    "admit": "staff",
    "reject": "staff",
}
ROLES = ("firm_signer", "firm_member", "staff", "assessor", "system")


@pytest.mark.parametrize(
    ("state", "action", "role"), list(product(rules.LIFECYCLE.states, WHO, ROLES))
)
def test_lifecycle_allows_exactly_the_drawn_way(state, action, role):
    def step() -> str:
        return rules.LIFECYCLE.next_state(state, action, roles=[role], reason="x").target

    if role != WHO[action]:
        with pytest.raises(NotAllowed):
            step()
    elif (state, action) in WAY:
        assert step() == WAY[state, action]
    else:
        with pytest.raises(Conflict):
            step()


def test_rules_are_sound_predicates_over_known_facts():
    faults = [
        problem
        for rule in rules.RULES
        for problem in lint(rule.when, fields=rules.FACTS, nodes=frozenset())
    ]
    assert faults == []
    assert {rule.answer for rule in rules.RULES} <= {
        *rules.ANSWERS, rules.ATTACHMENTS, "organisation",
    }  # fmt: skip


def facts(**changes: object) -> dict[str, object]:
    uscc = changes.pop("uscc", USCC)
    kinds = changes.pop("kinds", ["licence", "contract"])
    return rules.facts_of({**ANSWERS, **changes}, uscc=uscc, kinds=kinds)


def test_screen_of_a_complete_application_passes():
    result = rules.screen(facts())
    assert (result.suggestion, result.open, len(result.passed)) == ("pass", (), 12)


@pytest.mark.parametrize(
    ("changes", "suggestion", "code"),
    [
        ({"uscc": USCC[:-1] + "!"}, "fail", "uscc"),
        ({"business_scope": "开发"}, "fail", "scope"),
        ({"core_products": ""}, "fail", "products"),
        ({"technical_staff": None}, "discretionary", "staff"),
        ({"scenarios": []}, "fail", "scenarios"),
        ({"scenarios": ["unknown"]}, "fail", "scenarios"),
        ({"case_text": "做过 1 个村。"}, "fail", "case_length"),
        ({"case_text": "做过一个村的证明开具并持续维护。" * 6}, "discretionary", "case_figures"),
        ({"contact_person": " "}, "fail", "contact"),
        ({"contact_phone": "打电话"}, "fail", "phone"),
        ({"kinds": ["contract"]}, "fail", "licence"),
        ({"kinds": ["licence"]}, "discretionary", "contract"),
        ({"truth_declared": False}, "discretionary", "declared"),
    ],
)
def test_screen_finds_what_is_missing(changes, suggestion, code):
    result = rules.screen(facts(**changes))
    assert (result.suggestion, [finding.code for finding in result.open]) == (suggestion, [code])


def test_screen_prefers_fail_to_discretionary():
    assert rules.screen(facts(kinds=[])).suggestion == "fail"


def test_screening_survives_storage():
    result = rules.screen(facts(kinds=[]))
    assert rules.screening_of(result.as_data()) == result


def test_size_of_the_firm_never_changes_the_outcome():
    outcomes = {rules.screen(facts(technical_staff=number)).suggestion for number in (0, 1, 5000)}
    assert outcomes == {"pass"}


@pytest.mark.parametrize(
    ("state", "asked", "expected"),
    [
        ("draft", [], {*rules.ANSWERS, "attachments"}),
        ("more_info", ["attachments"], {"attachments", "truth_declared"}),
        ("screening", ["case_text"], set()),
        ("admitted", [], set()),
    ],
)
def test_open_answers_are_those_of_the_state(state, asked, expected):
    assert rules.open_answers(state, asked) == expected


@pytest.mark.parametrize(
    ("changes", "kinds", "expected"),
    [
        ({}, ["licence"], ()),
        ({"technical_staff": None}, ["licence"], ()),
        ({"scenarios": [], "truth_declared": False}, ["licence"], ("scenarios", "truth_declared")),
        ({}, ["other"], ("attachments",)),
    ],
)
def test_missing_names_what_a_submission_lacks(changes, kinds, expected):
    assert rules.missing({**ANSWERS, **changes}, kinds) == expected


@pytest.mark.parametrize(
    ("scores", "notes", "recommendation", "expected"),
    [
        (SCORES, NOTES, "admit", {}),
        ({**SCORES, "capability": 5}, NOTES, "admit", {"capability": "score_missing"}),
        ({**SCORES, "capability": True}, NOTES, "admit", {"capability": "score_missing"}),
        (SCORES, {**NOTES, "case_evidence": "好"}, "reject",
         {"case_evidence_note": "narrative_short"}),
        (SCORES, NOTES, "", {"recommendation": "recommendation_missing"}),
    ],
)  # fmt: skip
def test_review_faults_name_the_fields(scores, notes, recommendation, expected):
    assert rules.review_faults(scores, notes, recommendation) == expected


AGREED = rules.rating(SCORES, "admit")
APART = rules.rating({**SCORES, "capability": 1}, "admit")
NEAR = rules.rating({**SCORES, "capability": 2}, "admit")
SPLIT = rules.rating(SCORES, "reject")


@pytest.mark.parametrize(
    ("ratings", "expected"),
    [
        ([], 2),
        ([AGREED], 2),
        ([AGREED, NEAR], 2),
        ([AGREED, APART], 3),
        ([AGREED, SPLIT], 3),
        ([AGREED, APART, NEAR], 3),
    ],
)
def test_reviewers_needed_grows_when_two_differ(ratings, expected):
    assert rules.reviewers_needed(ratings) == expected


def test_verdict_of_three_is_the_majority():
    verdict = rules.verdict({"a": AGREED, "b": SPLIT, "c": AGREED})
    assert (verdict.status, verdict.accept) == ("adjudicated", True)


@pytest.mark.skipif(not PROCESSES.exists(), reason="the design's data is not at hand")
def test_scenarios_are_as_many_as_the_categories_of_village_processes():
    with PROCESSES.open(encoding="utf-8") as lines:
        categories = {row["category"] for row in csv.DictReader(lines)}
    assert len(categories) == len(rules.SCENARIOS)
