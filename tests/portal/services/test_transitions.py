"""The one service that moves a case."""

import pytest
from django.core.exceptions import ValidationError

from portal.domain.lifecycle import Conflict, Invalid, NotAllowed
from portal.events import StateChanged, subscribe
from portal.models import EventRecord, WorkItem
from portal.services.transitions import apply_transition
from portal.services.work import close_work, open_work
from tests.support.cases import CASE, open_case

pytestmark = pytest.mark.usefixtures("case_table")


def move(world, case, action, actor, **more):
    return apply_transition(
        instance=case,
        lifecycle=CASE,
        action=action,
        actor=actor,
        now=world.now,
        organisation=case.organisation,
        **more,
    )


@pytest.fixture
def case(world, case_table):
    return open_case(world.organisation("owner"), world.now)


@pytest.fixture
def submitted(world, case):
    return move(world, case, "submit", world.owner)


def test_transition_sets_state_version_time_and_fields(world, case, trail):
    moved = move(world, case, "submit", world.owner, changes={"note": "ready"})
    case.refresh_from_db()
    assert (case.state, case.version, case.note) == ("submitted", 2, "ready")
    assert case.state_since == world.now
    assert moved.pk == case.pk
    assert trail() == [("tests.case.submit", "done", "")]


def test_transition_publishes_what_happened(world, case, monkeypatch):
    monkeypatch.setattr("portal.events.SUBSCRIBERS", {})
    subscribe(StateChanged, "tests.portal.services.test_delivery.count")
    move(world, case, "submit", world.owner)
    record = EventRecord.objects.get()
    assert record.name == "StateChanged"
    assert record.payload == {
        "lifecycle": "tests.case",
        "subject_type": "tests.case",
        "subject_id": str(case.pk),
        "action": "submit",
        "source": "draft",
        "target": "submitted",
        "actor_id": world.owner.pk,
    }


def test_transition_closes_the_open_work_of_the_case(world, case):
    open_work("job_parked", subject=case, url="/", now=world.now, role="staff", task="a")
    move(world, case, "submit", world.owner)
    assert not WorkItem.objects.open().exists()


@pytest.mark.parametrize("login", ["owner2", "member", "assessor", "staff", "learner"])
def test_transition_by_another_role_is_refused(world, case, trail, login):
    with pytest.raises(NotAllowed, match="role"):
        move(world, case, "submit", world.people[login])
    case.refresh_from_db()
    assert (case.state, case.version) == ("draft", 1)
    assert trail() == [("tests.case.submit", "refused", "role")]


def test_transition_by_the_system(world, case):
    assert move(world, case, "lapse", None).state == "rejected"


def test_transition_from_another_state_is_refused(world, case):
    with pytest.raises(Conflict) as caught:
        move(world, case, "approve", world.assessor)
    assert caught.value.code == "wrong_state"
    assert caught.value.params["state"] == "draft"


def test_transition_from_a_stale_form_is_refused(world, submitted):
    with pytest.raises(Conflict) as caught:
        move(world, submitted, "approve", world.assessor, expected_version=1)
    assert (caught.value.code, caught.value.params) == ("stale", {"version": 2})


def test_transition_from_a_fresh_form_is_applied(world, submitted):
    assert move(world, submitted, "approve", world.assessor, expected_version=2).version == 3


def test_transition_without_its_reason_is_refused(world, submitted):
    with pytest.raises(Invalid) as caught:
        move(world, submitted, "reject", world.assessor, reason=" ")
    assert caught.value.fields == {"reason": "reason_required"}


def test_transition_keeps_its_reason_in_the_audit_trail(world, submitted, trail):
    move(world, submitted, "reject", world.assessor, reason="incomplete")
    assert trail() == [("tests.case.reject", "done", "incomplete")]


def test_nobody_decides_on_their_own_organisation(world, submitted):
    from portal.services.accounts import grant_role

    grant_role(user=world.member, role="assessor", actor=None, now=world.now)
    with pytest.raises(NotAllowed, match="own_organisation"):
        move(world, submitted, "approve", world.member)


def test_finer_rule_of_a_service_replaces_the_roles(world, submitted):
    with pytest.raises(NotAllowed, match="role"):
        move(world, submitted, "approve", world.assessor, roles=frozenset())
    moved = move(world, submitted, "approve", world.staff, roles=frozenset({"assessor"}))
    assert moved.state == "approved"


def test_wrong_field_is_refused_and_nothing_is_moved(world, case):
    with pytest.raises(ValidationError):
        move(world, case, "submit", world.owner, changes={"note": "x" * 21})
    case.refresh_from_db()
    assert case.state == "draft"


def test_work_is_opened_once_and_closed_by_kind_and_person(world, case):
    for _turn in range(2):
        open_work("job_parked", subject=case, url="/", now=world.now, user=world.staff, task="a")
    open_work("membership_invited", subject=case, url="/", now=world.now, user=world.lead)
    assert WorkItem.objects.open().count() == 2
    assert close_work(case, now=world.now, user=world.lead, kind="job_parked") == 0
    assert close_work(case, now=world.now, kind="membership_invited") == 1
    assert close_work(case, now=world.now, user=world.staff) == 1
    assert close_work(case, now=world.now) == 0
