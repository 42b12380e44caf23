"""The full product of a small lifecycle: every state × action × role × reason."""

import itertools

import pytest

from portal.domain.lifecycle import (
    Conflict,
    Invalid,
    Lifecycle,
    NotAllowed,
    Refused,
    row,
)

DOOR = Lifecycle(
    name="tests.door",
    states=("open", "closed", "locked"),
    transitions=(
        row("close", "open", "closed", "guest keeper"),
        row("open", "closed", "open", "guest keeper"),
        row("lock", "closed", "locked", "keeper", reason=True),
        row("unlock", "locked", "closed", "keeper"),
        row("force", "locked", "open", "police"),
        row("force", "closed", "open", "guest"),
    ),
    final=frozenset(),
)
ACTIONS = ("close", "open", "lock", "unlock", "force")
ROLES = ("guest", "keeper", "police", "stranger")
ALLOWED = {
    ("open", "close"): {"guest": "closed", "keeper": "closed"},
    ("closed", "open"): {"guest": "open", "keeper": "open"},
    ("closed", "lock"): {"keeper": "locked"},
    ("locked", "unlock"): {"keeper": "closed"},
    ("locked", "force"): {"police": "open"},
    ("closed", "force"): {"guest": "open"},
}
"""(state, action) → role → target, written out by hand."""
TAKERS = {
    "close": {"guest", "keeper"},
    "open": {"guest", "keeper"},
    "lock": {"keeper"},
    "unlock": {"keeper"},
    "force": {"guest", "police"},
}


def expected(state: str, action: str, role: str, reason: str) -> tuple[str, str]:
    if role not in TAKERS[action]:
        return "refused", "role"
    if (state, action) not in ALLOWED:
        return "refused", "wrong_state"
    if role not in ALLOWED[state, action]:
        return "refused", "role"
    if action == "lock" and not reason.strip():
        return "refused", "reason_required"
    return "moved", ALLOWED[state, action][role]


def outcome(state: str, action: str, role: str, reason: str) -> tuple[str, str]:
    try:
        return "moved", DOOR.next_state(state, action, roles=[role], reason=reason).target
    except Refused as refusal:
        return "refused", refusal.code


@pytest.mark.parametrize(
    ("state", "action", "role", "reason"),
    list(itertools.product(DOOR.states, ACTIONS, ROLES, ("", "  ", "keys lost"))),
)
def test_next_state_of_every_combination(state, action, role, reason):
    assert outcome(state, action, role, reason) == expected(state, action, role, reason)


@pytest.mark.parametrize(
    ("state", "role", "actions"),
    [
        ("open", "guest", ("close",)),
        ("closed", "guest", ("open", "force")),
        ("closed", "keeper", ("open", "lock")),
        ("locked", "keeper", ("unlock",)),
        ("locked", "police", ("force",)),
        ("locked", "stranger", ()),
    ],
)
def test_actions_in_table_order(state, role, actions):
    assert DOOR.actions(state, [role]) == actions


def test_unknown_action_is_a_programming_error():
    with pytest.raises(ValueError, match=r"tests\.door has no action explode"):
        DOOR.find("open", "explode")
    with pytest.raises(ValueError, match="has no action explode"):
        DOOR.next_state("open", "explode", roles=["keeper"])


def test_initial_state_is_the_first():
    assert DOOR.initial == "open"


def test_unknown_state_in_a_table_is_refused():
    with pytest.raises(ValueError, match=r"unknown states \['ajar'\] in push"):
        Lifecycle("tests.bad", ("open",), (row("push", "open", "ajar", "guest"),))


def test_two_ways_from_one_state_are_refused():
    with pytest.raises(ValueError, match="push leads two ways from open"):
        Lifecycle(
            "tests.bad",
            ("open", "closed"),
            (row("push", "open", "closed", "guest"), row("push", "open", "open", "keeper")),
        )


@pytest.mark.parametrize(
    ("refusal", "status"), [(NotAllowed("role"), 403), (Conflict("stale"), 409)]
)
def test_refusal_has_a_status_and_its_code_as_text(refusal, status):
    assert refusal.status == status
    assert str(refusal) == refusal.code


def test_invalid_names_its_fields_and_params():
    refusal = Invalid("file_empty", fields={"file": "file_empty"}, name="a.pdf")
    assert refusal.status == 422
    assert refusal.fields == {"file": "file_empty"}
    assert str(refusal) == "file_empty {'name': 'a.pdf'}"
