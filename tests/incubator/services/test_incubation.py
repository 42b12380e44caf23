"""A firm's membership: agreement, standing, mentor, end, and what a removal closes."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils.translation import override

from incubator.models import Cohort
from incubator.selectors.cohorts import is_removed
from incubator.services import incubation, quota
from portal.domain.lifecycle import Invalid, NotAllowed, Refused
from portal.labels import state_label
from portal.models import Notification, Relation, WorkItem
from portal.selectors.inbox import texts
from tests.incubator.cohorts_story import accepted, ended, judged, later, met, offered
from tests.incubator.quota_story import asked, granted, pool_of


def code_of(deed) -> str:
    with pytest.raises(Refused) as refusal:
        deed()
    return refusal.value.code


def sign(world, row, **changes):
    values = {
        "incubation": row, "digest": row.cohort.agreement.digest, "actor": world.owner,
        "now": world.now,
    }  # fmt: skip
    return incubation.accept_offer(**(values | changes))


def test_signer_accepts_and_the_text_is_kept(world):
    row = offered(world)
    moved = sign(world, row, expected_version=1)
    agreement = row.cohort.agreement
    assert (moved.state, moved.agreement_digest, moved.accepted_at, moved.accepted_by) == (
        "active",
        agreement.digest,
        world.now,
        world.owner,
    )
    assert Cohort.objects.get().taken == 1
    told = Notification.objects.get(kind="incubation_answered")
    assert told.user == world.staff
    assert "在孵" in texts(told)[1]


@pytest.mark.parametrize("login", ["member", "owner2", "staff"])
def test_only_the_firms_signer_accepts(world, login):
    row = offered(world)
    with pytest.raises(NotAllowed):
        sign(world, row, actor=world.people[login])


def test_another_text_a_stale_page_and_a_late_answer_are_refused(world):
    row = offered(world)
    assert code_of(lambda: sign(world, row, digest="0" * 64)) == "agreement_other"
    assert code_of(lambda: sign(world, row, expected_version=9)) == "stale"
    assert code_of(lambda: sign(world, row, now=later(world, days=15))) == "offer_over"
    row.refresh_from_db()
    assert (row.state, row.accepted_at) == ("offered", None)
    assert sign(world, row, now=later(world, days=14)).state == "active"


def test_offer_without_its_own_staff_is_answered_too(world):
    row = offered(world)
    type(row).objects.update(created_by=None)
    row.refresh_from_db()
    assert incubation.decline_offer(incubation=row, actor=world.owner, now=world.now).state == (
        "declined"
    )
    assert Notification.objects.filter(kind="incubation_answered").count() == 0


def test_probation_begins_with_a_reason_and_ends(world):
    row = accepted(world)
    with pytest.raises(Invalid):
        judged(world, row, "warn")
    moved = judged(world, row, "warn", reason="两次未按期报告", expected_version=row.version)
    assert (moved.state, moved.standing_note) == ("probation", "两次未按期报告")
    note = Notification.objects.filter(kind="incubation_standing", user=world.owner).get()
    assert "观察" in texts(note)[0]
    cleared = judged(world, moved, "clear")
    assert (cleared.state, cleared.standing_note) == ("active", "")


@pytest.mark.parametrize("before", ["active", "probation"])
def test_suspension_ends_by_itself_into_the_state_before(world, before):
    row = accepted(world)
    if before == "probation":
        row = judged(world, row, "warn", reason="未报告")
    until = world.now.date() + timedelta(days=10)
    moved = judged(world, row, "suspend", reason="停业整改", until=until)
    assert (moved.state, moved.suspended_until, moved.resumes_as) == ("suspended", until, before)
    assert moved.standing(until) == "suspended"
    assert moved.standing(until + timedelta(days=1)) == before
    on = later(world, days=11)
    action = "warn" if before == "active" else "clear"
    went_on = judged(world, moved, action, reason="复查", now=on)
    assert (went_on.state, went_on.suspended_until) == (
        "probation" if before == "active" else "active",
        None,
    )


@pytest.mark.parametrize("before", ["active", "probation"])
def test_suspension_is_lifted_early(world, before):
    row = accepted(world)
    if before == "probation":
        row = judged(world, row, "warn", reason="未报告")
    moved = judged(
        world, row, "suspend", reason="停业整改", until=world.now.date() + timedelta(days=10)
    )
    early = {"note": "提前"}
    assert code_of(lambda: ended(world, moved, "graduate", "early", **early)) == "wrong_state"
    assert judged(world, moved, "resume").state == before


@pytest.mark.parametrize("until", [None, date(2026, 11, 22)])
def test_suspension_needs_a_last_day(world, until):
    row = accepted(world)
    assert code_of(lambda: judged(world, row, "suspend", reason="x", until=until)) == (
        "suspension_until"
    )


def test_stale_page_judges_nothing(world):
    row = accepted(world)
    assert code_of(lambda: judged(world, row, "warn", reason="x", expected_version=1)) == "stale"
    deed = {"expected_version": 1}
    assert code_of(lambda: ended(world, row, "graduate", "plan_met", **deed)) == "stale"


@pytest.mark.parametrize("login", ["owner", "expert", "training"])
def test_only_staff_judge(world, login):
    row = accepted(world)
    actor = world.people[login]
    with pytest.raises(NotAllowed):
        judged(world, row, "warn", reason="x", actor=actor)
    with pytest.raises(NotAllowed):
        ended(world, row, "remove", "breach", actor=actor)


def test_graduate_keeps_its_place_and_its_records(world):
    row = accepted(world)
    assert code_of(lambda: ended(world, row, "graduate", "plan_met")) == "milestones_open"
    met(world, row)
    assert WorkItem.objects.open().filter(kind="incubation_review").count() == 1
    moved = ended(world, row, "graduate", "plan_met", expected_version=row.version)
    assert (moved.state, moved.end_code, moved.ended_at) == ("graduated", "plan_met", world.now)
    assert WorkItem.objects.open().filter(kind__startswith="incubation").count() == 0
    assert Cohort.objects.get().taken == 1
    assert list(type(row).objects.visible_to(world.owner)) == [moved]
    assert is_removed(row.organisation_id) is False


def test_other_reasons_need_a_remark(world):
    row = accepted(world)
    assert code_of(lambda: ended(world, row, "graduate", "early")) == "reason_required"
    assert code_of(lambda: ended(world, row, "exit", "other")) == "reason_required"
    assert code_of(lambda: ended(world, row, "exit", "breach")) == "end_code"
    assert ended(world, row, "graduate", "early", note="已落地五个村").end_note == "已落地五个村"


def test_firm_leaves_of_its_own_and_staff_are_told(world):
    row = accepted(world)
    with pytest.raises(NotAllowed):
        ended(world, row, "exit", "own_wish", actor=world.member)
    moved = ended(world, row, "exit", "own_wish", actor=world.owner)
    assert (moved.state, Cohort.objects.get().taken) == ("exited", 0)
    kinds = Notification.objects.filter(user=world.staff).values_list("kind", flat=True)
    assert (list(kinds).count("incubation_answered"), list(kinds).count("incubation_left")) == (
        1,
        1,
    )
    with override("zh-hans"):
        subject, text = texts(Notification.objects.get(kind="incubation_left"))
    firm = world.organisation("owner").name
    assert subject == f"{firm}退出孵化：{row.number}"
    assert text == f"{firm}已退出“2026 年冬季批次”，所占名额已释放。"
    with override("en"):
        assert "“Winter 2026”" in texts(Notification.objects.get(kind="incubation_left"))[1]
        assert str(state_label("incubator.incubation", "exited")) == "Left"
    with override("zh-hans"):
        assert str(state_label("incubator.incubation", "exited")) == "已退出"


def test_removal_closes_what_the_firm_holds_and_asks_for(world):
    pool = pool_of(world)
    grant = granted(world, pool)
    row = judged(
        world,
        accepted(world),
        "suspend",
        reason="核查中",
        until=world.now.date() + timedelta(days=30),
    )
    removed = ended(world, row, "remove", "false_evidence")
    assert (removed.state, removed.suspended_until, removed.standing_note) == ("removed", None, "")
    world.drain()
    grant.refresh_from_db()
    assert (grant.state, grant.decision_note) == ("revoked", "企业已被移出孵化。")
    assert is_removed(row.organisation_id) is True
    assert code_of(lambda: asked(world, pool)) == "quota_removed"
    assert list(type(row).objects.visible_to(world.owner)) == [removed]


def test_removal_ends_what_waits_and_nothing_more_is_approved(world):
    pool = pool_of(world)
    waiting = asked(world, pool)
    questioned = asked(world, pool, purpose="另一个用途")
    quota.ask(request=questioned, reason="为何？", actor=world.resources, now=world.now)
    other = asked(world, pool, "owner2")
    ended(world, accepted(world), "remove", "false_evidence")
    manager = {"actor": world.resources, "now": world.now, "amount": Decimal(40)}
    answer = {"actor": world.owner, "now": world.now, "amount": Decimal(40), "purpose": "两个村"}
    assert code_of(lambda: quota.approve(request=waiting, **manager)) == "quota_firm_removed"
    assert code_of(lambda: quota.answer_question(request=questioned, **answer)) == "quota_removed"
    world.drain()
    for request in (waiting, questioned):
        request.refresh_from_db()
        assert (request.state, request.decision_note) == ("denied", "企业已被移出孵化。")
    assert WorkItem.objects.open().filter(kind__startswith="quota").count() == 1
    assert Notification.objects.filter(user=world.owner, kind="quota_denied").count() == 2
    assert quota.approve(request=other, **manager).state == "approved"


def test_exit_and_suspension_leave_what_waits(world):
    pool = pool_of(world)
    request = asked(world, pool)
    row = accepted(world)
    judged(world, row, "suspend", reason="核查中", until=world.now.date() + timedelta(days=30))
    ended(world, row, "exit", "own_wish", actor=world.owner)
    world.drain()
    deed = {"actor": world.resources, "now": world.now, "amount": Decimal(40)}
    assert quota.approve(request=request, **deed).state == "approved"


def test_removal_delivered_twice_closes_once(world):
    from incubator.receivers.quota import on_firm_removed
    from portal.events import FirmRemoved

    grant = granted(world, pool_of(world))
    event = FirmRemoved(1, grant.organisation_id)
    for _delivery in range(2):
        on_firm_removed(event, event_id=1, now=world.now)
    grant.refresh_from_db()
    assert (grant.state, grant.version) == ("revoked", 4)


def test_firm_that_was_taken_in_again_may_ask(world):
    row = accepted(world)
    ended(world, row, "remove", "inactive")
    accepted(world, cohort=row.cohort)
    assert asked(world, pool_of(world)).state == "requested"


def test_mentor_is_named_and_tied_from_then_on(world):
    row = accepted(world)
    deed = {"incubation": row, "mentor": world.expert, "actor": world.staff, "now": world.now}
    moved = incubation.assign_mentor(**deed)
    assert moved.mentor == world.expert
    tie = Relation.objects.get(kind="mentored")
    assert (tie.person, tie.other) == (world.expert, row.organisation)
    told = Notification.objects.filter(kind="incubation_mentor")
    assert {world.expert.pk, world.owner.pk} <= set(told.values_list("user", flat=True))
    again = incubation.assign_mentor(**deed)
    assert (again.version, Relation.objects.filter(kind="mentored").count()) == (moved.version, 1)
    assert list(type(row).objects.visible_to(world.expert)) == [moved]


def test_mentor_must_be_a_free_expert_of_a_running_membership(world):
    row = accepted(world)
    deed = {"incubation": row, "actor": world.staff, "now": world.now}
    for person in (world.owner2, world.training):
        assert code_of(lambda person=person: incubation.assign_mentor(mentor=person, **deed)) == (
            "not_a_mentor"
        )
    with pytest.raises(NotAllowed):
        incubation.assign_mentor(**(deed | {"mentor": world.expert, "actor": world.owner}))
    ended(world, row, "graduate", "early", note="提前")
    assert code_of(lambda: incubation.assign_mentor(mentor=world.expert, **deed)) == "wrong_state"
