"""Which roles go together, and which fit which organisation."""

import itertools

import pytest

from portal.domain.roles import ADMINISTRATORS, BOUND, DECIDING, Role, allowed_in, clash

CLASHING = {
    frozenset(pair)
    for pair in [
        *itertools.combinations(ADMINISTRATORS, 2),
        *itertools.product(ADMINISTRATORS, DECIDING),
        *itertools.product(ADMINISTRATORS, BOUND),
    ]
}


@pytest.mark.parametrize(("held", "wanted"), list(itertools.permutations(Role, 2)))
def test_clash_of_every_pair(held, wanted):
    forbidden = frozenset({held, wanted}) in CLASHING
    assert clash(frozenset({held}), wanted) == (held if forbidden else "")


@pytest.mark.parametrize("role", list(Role))
def test_clash_with_itself_is_none(role):
    assert clash(frozenset({role}), role) == ""


@pytest.mark.parametrize("role", list(Role))
def test_allowed_in_names_the_kinds_of_bound_roles_only(role):
    kinds = ("firm", "institute", "department", "village_committee", "procuring_entity")
    assert {kind for kind in kinds if allowed_in(role, kind)} == set(BOUND.get(role, ()))
