"""Ties: the one rule of who must not decide on whom."""

from datetime import date

import pytest

from portal.models import Organisation
from portal.permissions import has_conflict, is_newcomer, tied_organisations, ties, ties_by_person
from portal.services.accounts import add_member, end_membership
from portal.services.registers import record_relation

SINCE = date(2026, 1, 1)


@pytest.fixture
def firm(world) -> Organisation:
    return world.organisation("owner")


def relate(kind="partnered", **ends):
    return record_relation(kind=kind, since=SINCE, **ends)


def codes(person, organisation) -> set[str]:
    return set(ties([person], [organisation]).get((person.pk, organisation.pk), ()))


def test_stranger_has_no_tie(world, firm):
    assert (ties([world.assessor], [firm]), has_conflict(world.assessor, firm)) == ({}, False)


def test_member_is_tied_and_a_former_member_is_not(world, firm):
    member = add_member(
        user=world.assessor, organisation=firm, role="firm_member", actor=None, now=world.now
    )
    assert codes(world.assessor, firm) == {"own_organisation"}
    end_membership(membership=member, actor=world.owner, now=world.now)
    assert codes(world.assessor, firm) == set()


@pytest.mark.parametrize("kind", ["taught", "mentored", "accepted_for", "declared"])
def test_own_relation_ties(world, firm, kind):
    relate(kind, person=world.assessor, other=firm)
    assert codes(world.assessor, firm) == {kind}


def test_relation_that_has_ended_ties_nobody(world, firm):
    relation = relate("mentored", person=world.assessor, other=firm)
    relation.until = SINCE
    relation.save()
    assert codes(world.assessor, firm) == set()


@pytest.mark.parametrize("forth", [True, False], ids=["to the firm", "from the firm"])
def test_relation_of_the_employer_ties_in_either_direction(world, firm, forth):
    employer = world.organisation("institute")
    near, far = (employer, firm) if forth else (firm, employer)
    relate(organisation=near, other=far)
    assert codes(world.institute, firm) == {"partnered"}
    assert codes(world.assessor, firm) == set()


@pytest.mark.parametrize(
    ("mark", "value"),
    [("address", "示例路 1 号"), ("phone", "0971-2430001"), ("legal_representative", "示例人")],
)
def test_shared_mark_ties_the_members_of_both(world, firm, mark, value):
    other = world.organisation("owner2")
    for one in (firm, other):
        setattr(one, mark, value)
        one.save()
    assert codes(world.owner2, firm) == {f"same_{mark}"}
    assert has_conflict(world.owner2, firm) is True


def test_ties_by_person_and_by_organisation_gather_every_code(world, firm):
    other = world.organisation("owner2")
    relate("taught", person=world.lead, other=firm)
    relate("declared", person=world.lead, other=other)
    assert ties_by_person([world.lead, world.assessor], [firm, other]) == {
        str(world.lead.pk): ["declared", "taught"]
    }
    assert tied_organisations(world.lead, [firm, other]) == {firm.pk, other.pk}
    assert has_conflict(world.lead, world.organisation("institute"), other) is True


@pytest.mark.parametrize("count", [1, 3])
def test_ties_take_two_queries_whatever_their_number(world, firm, queries, count):
    people = [world.owner2, world.institute, world.assessor][:count]
    firms = [firm, world.organisation("owner2"), world.organisation("officer")][:count]
    relate(organisation=world.organisation("institute"), other=firm)
    with queries(2):
        ties(people, firms)


@pytest.mark.parametrize(
    ("login", "newcomer"), [("learner", True), ("owner", False), ("assessor", False)]
)
def test_newcomer_acts_for_nobody(world, login, newcomer):
    assert is_newcomer(getattr(world, login)) is newcomer
