import pytest

from certification.domain.rounds import DECISIONS, ROUND, VISIBLE_TO_FIRM, decision_fault
from portal.domain.lifecycle import Conflict, Invalid, NotAllowed

ALLOWED = {
    ("planned", "freeze"): ("evidence_frozen", {"lead", "system"}),
    ("evidence_frozen", "score"): ("draft_result", {"lead", "system"}),
    ("draft_result", "propose"): ("proposed", {"lead"}),
    ("proposed", "open_notice"): ("public_notice", {"lead"}),
    ("public_notice", "take_effect"): ("effective", {"lead"}),
    **{
        (state, "cancel"): ("cancelled", {"lead"})
        for state in ("planned", "evidence_frozen", "draft_result", "proposed", "public_notice")
    },
}
ACTIONS = ("freeze", "score", "propose", "open_notice", "take_effect", "cancel")
ROLES = ("lead", "system", "staff", "assessor", "sysadmin")
PRODUCT = [(s, a, r) for s in ROUND.states for a in ACTIONS for r in ROLES]


@pytest.mark.parametrize(("state", "action", "role"), PRODUCT)
def test_round_lifecycle_in_every_state(state, action, role):
    target, roles = ALLOWED.get((state, action), ("", set()))
    if role in roles:
        assert ROUND.next_state(state, action, roles={role}, reason="x").target == target
    else:
        with pytest.raises((NotAllowed, Conflict)):
            ROUND.next_state(state, action, roles={role}, reason="x")


@pytest.mark.parametrize("state", ["planned", "proposed", "public_notice"])
def test_cancelling_a_round_without_a_reason_is_refused(state):
    with pytest.raises(Invalid):
        ROUND.next_state(state, "cancel", roles={"lead"}, reason=" ")


def test_round_lifecycle_ends_where_nothing_follows():
    assert ROUND.name == "certification.round"
    assert ROUND.final == {"effective", "cancelled"}
    assert [one for one in ROUND.states if not ROUND.actions(one, ROLES)] == [
        "effective",
        "cancelled",
    ]


def test_firm_reads_its_scorecard_from_the_proposal_on():
    assert {"proposed", "public_notice", "effective"} == VISIBLE_TO_FIRM


def test_decisions_are_the_words_that_are_stored():
    assert DECISIONS == ("undecided", "confirmed", "held")


@pytest.mark.parametrize(
    ("held", "needs_review", "reason", "fault"),
    [
        (False, False, "", ""),
        (False, True, "looked", ""),
        (False, True, " ", "review_reason_required"),
        (True, False, "", "hold_reason_required"),
        (True, True, "", "hold_reason_required"),
        (True, False, "why", ""),
    ],
)
def test_decision_fault_asks_for_a_reason(held, needs_review, reason, fault):
    assert decision_fault(held=held, needs_review=needs_review, reason=reason) == fault
