"""Milestones and periodic reviews: report, confirm, move, warn, and what an overdue one blocks."""

from datetime import date, timedelta

import pytest

from incubator.models import Incubation, PlanTemplate
from incubator.services import incubation, incubation_plan, incubation_reviews, quota
from portal.domain.lifecycle import NotAllowed, Refused
from portal.models import Notification, WorkItem
from portal.selectors.inbox import texts
from tests.incubator.cohorts_story import (
    PLAN,
    STARTS,
    accepted,
    agreement_of,
    drafted,
    ended,
    later,
    offered,
    plan_of,
    published,
)
from tests.incubator.quota_story import asked, granted, pool_of


def code_of(deed) -> str:
    with pytest.raises(Refused) as refusal:
        deed()
    return refusal.value.code


def report(world, row, **changes):
    values = {"milestone": row, "report": "三人到位", "actor": world.member, "now": world.now}
    return incubation_plan.report_milestone(**(values | changes))


def judge(world, row, action="confirm", **changes):
    values = {"milestone": row, "action": action, "actor": world.staff, "now": world.now}
    return incubation_plan.judge_milestone(**(values | changes))


def move(world, row, due_on=date(2027, 1, 10), **changes):
    values = {
        "milestone": row, "due_on": due_on, "reason": "村里农忙", "actor": world.staff,
        "now": world.now,
    }  # fmt: skip
    return incubation_plan.move_milestone(**(values | changes))


def submit(world, row, **changes):
    values = {"review": row, "text": "进展", "actor": world.owner, "now": world.now}
    return incubation_reviews.submit_review(**(values | changes))


def waiting(kind: str) -> list[str]:
    return [str(item.params.get("title", item.params.get("number"))) for item in
            WorkItem.objects.open().filter(kind=kind)]  # fmt: skip


def test_plan_is_published_once_and_never_changes(world):
    first = plan_of(world)
    assert plan_of(world).pk == first.pk
    assert [line.code for line in first.plan] == ["team", "map"]
    assert code_of(lambda: plan_of(world, lines="x | 1 | | 别的")) == "plan_version"
    assert code_of(lambda: plan_of(world, version=" \u200b")) == "text_required"
    assert plan_of(world, version="1\u200b").pk == first.pk
    assert code_of(lambda: plan_of(world, lines="x | 1 | zzz | 别的")) == "plan_line_indicator"
    assert code_of(lambda: plan_of(world, lines="")) == "plan_empty"
    with pytest.raises(NotAllowed):
        incubation_plan.publish_plan(
            version="2", review_days=60, lines=PLAN, actor=world.owner, now=world.now
        )
    assert PlanTemplate.objects.count() == 1


def test_shipped_plan_can_be_published(world):
    made = incubation_plan.publish_plan(
        **incubation_plan.shipped_plan(), actor=world.staff, now=world.now
    )
    assert len(made.plan) == 7


def test_membership_begins_with_its_milestones_and_reviews(world):
    row = accepted(world)
    assert [(one.code, one.due_on, one.first_due_on) for one in row.milestones.all()] == [
        ("team", STARTS + timedelta(days=14), STARTS + timedelta(days=14)),
        ("map", STARTS + timedelta(days=60), STARTS + timedelta(days=60)),
    ]
    assert [one.due_on for one in row.reviews.all()] == [
        STARTS + timedelta(days=60 * number) for number in (1, 2, 3)
    ]
    assert (waiting("incubation_milestone"), waiting("incubation_review")) == (["落实团队"], ["1"])


def test_firm_that_joins_late_counts_from_its_own_first_day(world):
    row = offered(world)
    on = later(world, days=14)
    incubation.accept_offer(
        incubation=row, digest=row.cohort.agreement.digest, actor=world.owner, now=on
    )
    assert row.milestones.first().due_on == on.date() + timedelta(days=14)


def test_cohort_from_before_the_plans_begins_without_one(world):
    agreement = agreement_of(world)
    cohort = drafted(world)
    type(cohort).objects.filter(pk=cohort.pk).update(state="published", agreement=agreement)
    cohort.refresh_from_db()
    row = accepted(world, cohort=cohort)
    assert (row.state, row.milestones.count()) == ("active", 0)


def test_milestone_is_reported_given_back_and_confirmed(world):
    row = accepted(world)
    first = row.milestones.first()
    assert code_of(lambda: report(world, first, report=" ")) == "invalid_input"
    reported = report(world, first, expected_version=1)
    assert (reported.state, reported.reported_by) == ("reported", world.member)
    assert waiting("incubation_confirm") == ["落实团队"]
    assert waiting("incubation_milestone") == ["流程梳理"]
    assert code_of(lambda: judge(world, reported, "give_back")) == "reason_required"
    back = judge(world, reported, "give_back", note="缺名单")
    assert (back.state, back.note) == ("returned", "缺名单")
    assert sorted(waiting("incubation_milestone")) == ["流程梳理", "落实团队"]
    done = judge(world, report(world, back))
    assert (done.state, done.judged_by) == ("confirmed", world.staff)
    told = Notification.objects.filter(kind="incubation_milestone_judged", user=world.owner)
    assert [texts(note)[0] for note in told.order_by("pk")] == [
        "落实团队：待补正",
        "落实团队：已确认",
    ]


def test_only_the_firm_reports_and_only_its_guides_judge(world):
    row = accepted(world)
    first = row.milestones.first()
    for person in (world.owner2, world.staff, world.expert):
        with pytest.raises(NotAllowed):
            report(world, first, actor=person)
    reported = report(world, first)
    for person in (world.owner, world.expert, world.training):
        with pytest.raises(NotAllowed):
            judge(world, reported, actor=person)


def test_mentor_judges_and_has_it_in_the_inbox(world):
    row = incubation.assign_mentor(
        incubation=accepted(world), mentor=world.expert, actor=world.staff, now=world.now
    )
    reported = report(world, row.milestones.first())
    assert WorkItem.objects.open().get(kind="incubation_confirm").user == world.expert
    assert judge(world, reported, actor=world.expert).judged_by == world.expert


def test_moved_milestone_keeps_its_first_date(world):
    row = accepted(world)
    first = row.milestones.first()
    moved = move(world, first, expected_version=1)
    assert (moved.due_on, moved.first_due_on, moved.is_moved) == (
        date(2027, 1, 10),
        STARTS + timedelta(days=14),
        True,
    )
    again = move(world, moved, date(2027, 1, 20))
    assert again.first_due_on == STARTS + timedelta(days=14)
    assert WorkItem.objects.open().get(kind="incubation_milestone").due_on == date(2027, 1, 20)


def test_milestone_is_not_moved_for_nothing(world):
    row = accepted(world)
    first = row.milestones.first()
    assert code_of(lambda: move(world, first, reason=" ")) == "reason_required"
    assert code_of(lambda: move(world, first, date(2020, 1, 1))) == "milestone_day"
    assert code_of(lambda: move(world, first, expected_version=7)) == "stale"
    with pytest.raises(NotAllowed):
        move(world, first, actor=world.owner)
    reported = report(world, first)
    assert code_of(lambda: move(world, reported)) == "wrong_state"


def test_what_has_ended_is_only_read(world):
    row = accepted(world)
    first, review = row.milestones.first(), row.reviews.first()
    ended(world, row, "exit", "own_wish")
    assert waiting("incubation_milestone") == waiting("incubation_review") == []
    for deed in (
        lambda: report(world, first),
        lambda: judge(world, first),
        lambda: move(world, first),
        lambda: submit(world, review),
    ):
        assert code_of(deed) == "incubation_over"


def test_review_is_handed_in_given_back_and_closed(world):
    row = accepted(world)
    review = row.reviews.first()
    deed = {"actor": world.staff, "now": world.now}
    sent = submit(world, review, expected_version=1)
    assert (sent.state, sent.submitted_by, waiting("incubation_review")) == (
        "submitted",
        world.owner,
        ["2"],
    )
    back = incubation_reviews.judge_review(review=sent, action="reopen", note="缺数据", **deed)
    assert (back.state, sorted(waiting("incubation_review"))) == ("due", ["1", "2"])
    closed = incubation_reviews.judge_review(review=submit(world, back), action="close", **deed)
    assert (closed.state, closed.closed_by) == ("closed", world.staff)
    note = Notification.objects.filter(kind="incubation_review_judged").latest("pk")
    assert "已审阅" in texts(note)[0]


# --- Overdue


def test_overdue_review_blocks_new_requests_only_and_only_after_a_warning(world):
    pool = pool_of(world)
    row = accepted(world)
    held = granted(world, pool)
    review = row.reviews.first()
    after = {"now": later(world, days=80), "first_month": date(2027, 2, 1)}
    assert asked(world, pool, **after).state == "requested"
    assert incubation_reviews.warn_overdue(now=later(world, days=60)) == 0
    assert incubation_reviews.warn_overdue(now=later(world, days=70)) == 1
    assert incubation_reviews.warn_overdue(now=later(world, days=71)) == 0
    warned = Notification.objects.get(kind="incubation_review_overdue", user=world.owner)
    assert "七天" in texts(warned)[1]
    in_time = after | {"now": later(world, days=77), "purpose": "第二个试点"}
    assert asked(world, pool, **in_time).state == "requested"
    late = after | {"now": later(world, days=78), "purpose": "第三个试点"}
    assert code_of(lambda: asked(world, pool, **late)) == "quota_review_overdue"
    assert quota.release(request=held, actor=world.owner, now=late["now"]).state == "released"
    review.refresh_from_db()
    submit(world, review, now=late["now"])
    assert asked(world, pool, **late).state == "requested"


def test_review_of_what_has_ended_warns_and_blocks_nobody(world):
    row = accepted(world)
    ended(world, row, "graduate", "early", note="提前")
    assert incubation_reviews.warn_overdue(now=later(world, days=70)) == 0
    assert Incubation.objects.get().state == "graduated"


def test_firm_is_reminded_once_of_what_is_due_soon(world):
    row = accepted(world)
    on = later(world, days=15)
    told = incubation_reviews.remind_due(now=on)
    assert told == Notification.objects.filter(kind="incubation_due").count() > 0
    assert incubation_reviews.remind_due(now=on) == 0
    note = Notification.objects.filter(kind="incubation_due", user=world.owner).get()
    assert "落实团队" in texts(note)[0]
    assert note.url == row.milestones.first().get_absolute_url()


def test_every_milestone_that_is_late_or_due_within_a_week_waits_for_the_firm(world):
    row = accepted(world)
    on = later(world, days=1)
    assert (incubation_plan.call_due(now=on), len(waiting("incubation_milestone"))) == (0, 1)
    team, plan_map = row.milestones.all()
    eve = world.now + (plan_map.due_on - world.now.date()) - timedelta(days=8)
    assert incubation_plan.call_due(now=eve) == 1
    assert waiting("incubation_milestone") == [team.title]
    for _time in range(2):
        assert incubation_plan.call_due(now=eve + timedelta(days=1)) == 1
        assert sorted(waiting("incubation_milestone")) == sorted([team.title, plan_map.title])
    items = WorkItem.objects.open().filter(kind="incubation_milestone")
    assert {item.due_on for item in items} == {team.due_on, plan_map.due_on}
    report(world, plan_map)
    assert waiting("incubation_milestone") == [team.title]


def test_what_has_ended_is_not_called_for(world):
    row = accepted(world)
    ended(world, row, "exit", "own_wish")
    assert incubation_plan.call_due(now=later(world, days=90)) == 0
    assert waiting("incubation_milestone") == waiting("incubation_review") == []


def test_the_morning_task_warns_and_reminds(world, monkeypatch):
    from incubator.tasks import remind_incubation

    accepted(world)
    on = later(world, days=62)
    assert (len(waiting("incubation_milestone")), len(waiting("incubation_review"))) == (1, 1)
    monkeypatch.setattr("django.utils.timezone.now", lambda: on)
    warned, reminded = remind_incubation()
    assert (warned, reminded > 0) == (0, True)
    assert (len(waiting("incubation_milestone")), len(waiting("incubation_review"))) == (2, 1)


def test_short_membership_has_no_review(world):
    row = accepted(world, cohort=published(world, ends_on=STARTS + timedelta(days=30)))
    assert row.reviews.count() == 0
    assert row.milestones.count() == 2
    assert not WorkItem.objects.open().filter(kind="incubation_review").exists()
