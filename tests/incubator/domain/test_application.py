"""The rules of an application: lifecycle, open answers, reviews."""

from datetime import date
from itertools import product

import pytest

from incubator.domain import application as rules
from portal.domain.lifecycle import Conflict, NotAllowed
from tests.incubator.firms import NOTES, SCORES

WAY = {
    ("draft", "submit"): "submitted",
    ("more_info", "submit"): "submitted",
    ("submitted", "screen"): "screening",
    ("screening", "ask"): "more_info",
    ("more_info", "extend"): "more_info",
    ("more_info", "lapse"): "lapsed",
    ("screening", "start_review"): "in_review",
    ("in_review", "complete_review"): "decision_pending",
    ("decision_pending", "propose"): "decision_pending",
    ("decision_pending", "hold_refusal"): "decision_pending",
    ("decision_pending", "publish"): "public_notice",
    ("public_notice", "admit"): "admitted",
    ("screening", "reject"): "rejected",
    ("decision_pending", "reject"): "rejected",
    ("public_notice", "reject"): "rejected",
    ("rejected", "request_review"): "review_requested",
    ("review_requested", "drop_review"): "rejected",
    ("review_requested", "uphold"): "upheld",
    ("review_requested", "overturn"): "decision_pending",
    ("review_requested", "reopen"): "screening",
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
    "extend": "staff",
    "lapse": "system",
    "start_review": "staff",
    "propose": "staff",
    "hold_refusal": "staff",
    "publish": "staff",
    "admit": "staff",
    "reject": "staff",
    "request_review": "firm_signer",
    "drop_review": "firm_signer",
    "uphold": "staff",
    "overturn": "staff",
    "reopen": "staff",
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


def test_only_what_is_not_sent_or_over_leaves_the_right_to_a_review():
    leaves = {"draft", "rejected", "upheld", "withdrawn", "lapsed"}
    assert leaves == rules.LEAVES_REVIEW


DUE = date(2026, 3, 2)


@pytest.mark.parametrize("state", rules.LIFECYCLE.states)
@pytest.mark.parametrize(
    ("due_on", "today", "late"),
    [
        (DUE, DUE, False),
        (DUE, date(2026, 3, 3), True),
        (DUE, date(2026, 5, 1), True),
        (None, date(2026, 5, 1), False),
    ],
)
def test_unanswered_in_time_it_has_lapsed_whatever_the_night_did(state, due_on, today, late):
    asked, since = date(2026, 2, 20), date(2026, 3, 3)
    lapsed = state == "lapsed" or (late and state == "more_info")
    assert (rules.standing(state, due_on, today) == "lapsed") is lapsed
    if not lapsed:
        assert rules.standing(state, due_on, today) == state
    if state != "lapsed" and due_on:
        expected = since if lapsed else asked
        assert rules.standing_since(asked, state, due_on, today) == expected
    assert rules.standing_since(asked, state, None, today) == asked


FORM = {"questions": [{"type": "section", "title": "一"}, {"type": "short", "key": "name"}]}


@pytest.mark.parametrize(
    ("state", "asked", "expected"),
    [
        ("draft", [], {"name", "truth_declared"}),
        ("more_info", ["licence"], {"licence", "truth_declared"}),
        ("screening", ["case_text"], set()),
        ("admitted", [], set()),
    ],
)
def test_open_answers_are_those_of_the_state(state, asked, expected):
    assert rules.open_answers(state, asked, FORM) == expected


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
