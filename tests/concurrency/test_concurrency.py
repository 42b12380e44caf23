"""Fifty people at the same moment: no lost update, no locked database, a whole audit chain."""

import threading
from collections import Counter
from collections.abc import Callable
from datetime import date

import pytest
from django.db import connection

from portal.domain.identifiers import make_uscc, parse_serial
from portal.domain.lifecycle import Invalid, Refused
from portal.models import AuditEntry, Organisation, Relation, SerialCounter, WorkItem
from portal.services.accounts import grant_role, register_organisation, revoke_role
from portal.services.audit import verify_chain
from portal.services.registers import next_serial, record_relation
from portal.services.transitions import apply_transition
from portal.services.work import open_work
from tests.support.cases import CASE, create_case_table, open_case
from tests.world import World

PEOPLE = 50


@pytest.fixture
def world(transactional_db, now) -> World:
    return World(now)


def all_at_once(deed: Callable[[int], object], people: int = PEOPLE) -> list[object]:
    """Run ``deed(0)`` … ``deed(49)`` in a thread each; return results and what was raised."""
    outcomes: list[object] = [None] * people
    start = threading.Barrier(people)

    def one(number: int) -> None:
        if connection.vendor == "sqlite":
            # The last in the queue waits for all others: how long is the machine's affair.
            connection.cursor().execute("PRAGMA busy_timeout = 240000")
        start.wait(timeout=60)
        try:
            outcomes[number] = deed(number)
        except Exception as error:  # noqa: BLE001 the outcome is what the test looks at
            outcomes[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=(number,)) for number in range(people)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=240)
    return outcomes


def code_of(outcome: object) -> str:
    """Return a refusal's code, the name of any other error, or “done”."""
    if isinstance(outcome, Refused):
        return outcome.code
    return type(outcome).__name__ if isinstance(outcome, Exception) else "done"


def test_serials_are_given_once_without_a_gap(transactional_db, now):
    outcomes = all_at_once(lambda _number: next_serial("HYGS", now=now))
    assert Counter(map(code_of, outcomes)) == {"done": PEOPLE}
    assert sorted(parse_serial(str(number)).number for number in outcomes) == [
        *range(1, PEOPLE + 1)
    ]
    assert SerialCounter.objects.get(series="HYGS").last == PEOPLE


def test_fifty_firms_register(world):
    before = AuditEntry.objects.count()

    def register(number: int) -> Organisation:
        return register_organisation(
            kind="firm",
            name=f"示例{number}有限公司",
            uscc=make_uscc("91", "630123", f"MAC{number:05d}"),
            actor=world.learner,
            now=world.now,
        )

    outcomes = all_at_once(register)
    assert Counter(map(code_of, outcomes)) == {"done": PEOPLE}
    assert Organisation.objects.filter(uscc__contains="MAC").count() == PEOPLE
    assert AuditEntry.objects.count() == before + 3 * PEOPLE
    assert verify_chain().broken is None


def test_firm_submitted_fifty_times_is_registered_once(world):
    def register(number: int) -> Organisation:
        return register_organisation(
            kind="firm",
            name=f"示例{number}有限公司",
            uscc=make_uscc("91", "630123", "MAC00000"),
            actor=world.learner,
            now=world.now,
        )

    outcomes = all_at_once(register)
    assert Counter(map(code_of, outcomes)) == {"done": 1, "invalid_input": PEOPLE - 1}
    refused = [outcome for outcome in outcomes if isinstance(outcome, Invalid)]
    assert {tuple(refusal.fields) for refusal in refused} == {("uscc",)}
    assert Organisation.objects.filter(uscc__contains="MAC").count() == 1
    assert verify_chain().broken is None


@pytest.mark.parametrize("version", [None, 1])
def test_fifty_decide_on_one_case_and_one_wins(world, version):
    create_case_table()
    case = open_case(world.organisation("owner"), world.now, state="submitted")
    deciders = [world.assessor, world.assessor2, world.assessor3, world.lead]
    before = AuditEntry.objects.latest("number").number

    def decide(number: int) -> object:
        return apply_transition(
            instance=case,
            lifecycle=CASE,
            action="approve" if number % 2 else "reject",
            actor=deciders[number % len(deciders)],
            reason=f"decision {number}",
            organisation=world.organisation("owner"),
            expected_version=version,
            now=world.now,
        )

    outcomes = all_at_once(decide)
    assert Counter(map(code_of, outcomes)) == {"done": 1, "wrong_state": PEOPLE - 1}
    winner = next(number for number, outcome in enumerate(outcomes) if code_of(outcome) == "done")
    case.refresh_from_db()
    assert (case.state, case.version) == ("approved" if winner % 2 else "rejected", 2)
    entries = AuditEntry.objects.filter(number__gt=before)
    assert Counter(entries.values_list("outcome", flat=True)) == {
        "done": 1,
        "refused": PEOPLE - 1,
    }
    assert entries.get(outcome="done").reason == f"decision {winner}"
    assert verify_chain().broken is None


def test_fifty_cases_are_submitted(world):
    create_case_table()
    firm = world.organisation("owner")
    cases = [open_case(firm, world.now) for _number in range(PEOPLE)]

    def submit(number: int) -> object:
        return apply_transition(
            instance=cases[number],
            lifecycle=CASE,
            action="submit",
            actor=world.owner,
            organisation=firm,
            now=world.now,
        )

    assert Counter(map(code_of, all_at_once(submit))) == {"done": PEOPLE}
    assert set(type(cases[0]).objects.values_list("state", "version")) == {("submitted", 2)}
    assert verify_chain().broken is None


def test_roles_that_clash_are_granted_to_one_person_once(world):
    roles = ("sysadmin", "secadmin", "auditor", "assessor", "staff")

    def grant(number: int) -> None:
        person = type(world.learner).objects.get(pk=world.learner.pk)
        grant_role(user=person, role=roles[number % len(roles)], actor=None, now=world.now)

    assert set(map(code_of, all_at_once(grant))) == {"done", "role_clash"}
    held = set(world.learner.groups.values_list("name", flat=True)) - {"learner"}
    administrators = held & {"sysadmin", "secadmin", "auditor"}
    # Whoever came first decided: one administrator alone, or those who decide on cases.
    assert (len(administrators), len(held - administrators)) in {(1, 0), (0, 2)}
    assert verify_chain().broken is None


def test_of_administrators_who_go_at_the_same_moment_one_stays(world):
    grant_role(user=world.learner, role="secadmin", actor=None, now=world.now)
    pair = (world.secadmin, world.learner)

    def revoke(number: int) -> None:
        actor, other = (type(one).objects.get(pk=one.pk) for one in pair[:: 1 - 2 * (number % 2)])
        revoke_role(user=other, role="secadmin", actor=actor, now=world.now)

    outcomes = Counter(map(code_of, all_at_once(revoke, people=20)))
    # Whoever lost the role before being asked is no security administrator any more.
    assert outcomes["done"] == 1
    assert set(outcomes) <= {"done", "last_administrator", "role_not_held", "role"}
    assert type(world.learner).objects.filter(groups__name="secadmin").count() == 1
    assert verify_chain().broken is None


def test_rows_that_exist_once_are_written_once(world):
    firm = world.organisation("owner")

    def write(_number: int) -> None:
        open_work("job_parked", subject=firm, url="/", now=world.now, role="staff", task="x")
        record_relation(
            kind="taught", person=world.expert, other=firm, since=date(2026, 1, 1), subject=firm
        )

    assert Counter(map(code_of, all_at_once(write))) == {"done": PEOPLE}
    assert (WorkItem.objects.open().count(), Relation.objects.count()) == (1, 1)
