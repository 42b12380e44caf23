"""An objection's way: the full product of state, action and role; what it needs."""

from itertools import product

import pytest

from portal.domain import objection as rules
from portal.domain.lifecycle import Conflict, Invalid, NotAllowed

WAY = {
    ("lodged", "accept"): "admissible",
    ("lodged", "turn_away"): "inadmissible",
    ("admissible", "uphold"): "upheld",
    ("admissible", "dismiss"): "dismissed",
}
ACTIONS = ("accept", "turn_away", "uphold", "dismiss")


@pytest.mark.parametrize(
    ("state", "action", "role"),
    list(product(rules.LIFECYCLE.states, ACTIONS, ("handler", "staff", "lead", "system"))),
)
def test_objection_goes_exactly_the_drawn_way(state, action, role):
    def step(reason: str) -> str:
        return rules.LIFECYCLE.next_state(state, action, roles=[role], reason=reason).target

    if role != "handler":
        with pytest.raises(NotAllowed):
            step("属实")
    elif (state, action) in WAY:
        assert step("属实") == WAY[state, action]
        with pytest.raises(Invalid):
            step(" ")
    else:
        with pytest.raises(Conflict):
            step("属实")


def test_each_kind_has_one_role_that_handles_it():
    assert rules.kinds_of(frozenset({"lead"})) == {"grades"}
    assert rules.kinds_of(frozenset({"owner", "assessor"})) == frozenset()


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ({"inadmissible", "dismissed"}, ""),
        ({"lodged"}, "open"),
        ({"admissible", "dismissed"}, "open"),
        ({"upheld", "lodged"}, "upheld"),
        (set(), ""),
    ],
)
def test_standing_of_a_row(states, expected):
    assert rules.standing(frozenset(states)) == expected


def test_objection_lacks_name_grounds_and_evidence_each_by_its_code():
    assert rules.faults_of(real_name="1王\u200b\u3164", grounds="\u200b", evidence="") == {
        "real_name": "objection_name",
        "grounds": "objection_grounds",
        "evidence": "objection_evidence",
    }
    assert rules.faults_of(real_name="甲乙", grounds="不实", evidence="验收单") == {}
