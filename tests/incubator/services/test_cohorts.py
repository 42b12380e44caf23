"""Cohorts and their places: agreement texts, publishing, offers, capacity."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from incubator.models import Cohort, Incubation, IncubationAgreement
from incubator.services import cohorts, incubation
from portal.domain.lifecycle import Conflict, Invalid, NotAllowed, Refused
from portal.models import AuditEntry, Notification, WorkItem
from portal.services.accounts import add_member
from portal.services.registers import record_relation
from tests.incubator.cohorts_story import (
    accepted,
    agreement_of,
    drafted,
    ended,
    later,
    met,
    offered,
    plan_of,
    published,
)
from tests.incubator.modules_story import admit


def code_of(deed) -> str:
    with pytest.raises(Refused) as refusal:
        deed()
    return refusal.value.code


def test_agreement_is_published_once_and_never_changes(world):
    first = agreement_of(world)
    assert agreement_of(world).pk == first.pk
    assert len(first.digest) == 64
    assert code_of(lambda: agreement_of(world, text="另一个文本")) == "agreement_version"
    second = agreement_of(world, version="2", text="另一个文本")
    assert second.digest != first.digest
    assert list(IncubationAgreement.objects.values_list("version", flat=True)) == ["2", "1"]


def test_agreement_digest_does_not_depend_on_line_ends(world):
    first = agreement_of(world, text="一\n二")
    assert agreement_of(world, text="一\r\n二\r\n").pk == first.pk


def test_agreement_needs_words_and_staff(world):
    for blank in (" ", "\u200b", "\u2060\n\u3164"):
        for given in ({"text": blank}, {"version": blank}):
            with pytest.raises(Invalid) as refusal:
                agreement_of(world, **given)
            assert refusal.value.fields == dict.fromkeys(given, "text_required")
    with pytest.raises(NotAllowed):
        cohorts.publish_agreement(version="1", text="x", actor=world.owner, now=world.now)


def test_agreement_version_is_what_can_be_seen_of_it(world):
    first = agreement_of(world)
    assert agreement_of(world, version=" 1\u200b").pk == first.pk
    assert (
        code_of(lambda: agreement_of(world, version="1\u200b", text="别的")) == "agreement_version"
    )


def test_shipped_agreement_can_be_published(world):
    made = cohorts.publish_agreement(
        **cohorts.shipped_agreement(), actor=world.staff, now=world.now
    )
    assert made.text.startswith("一、")
    assert made.text_en.startswith("1. ")


def test_cohort_is_drafted_and_published_with_the_newest_agreement(world):
    cohort = drafted(world)
    assert (cohort.state, cohort.taken, cohort.clock(world.now.date())) == ("draft", 0, "")
    assert (
        code_of(lambda: cohorts.publish_cohort(cohort=cohort, actor=world.staff, now=world.now))
        == "cohort_no_agreement"
    )
    agreement_of(world)
    newest = agreement_of(world, version="2", text="新文本")
    assert (
        code_of(lambda: cohorts.publish_cohort(cohort=cohort, actor=world.staff, now=world.now))
        == "cohort_no_plan"
    )
    plan = plan_of(world)
    moved = cohorts.publish_cohort(cohort=cohort, actor=world.staff, now=world.now)
    assert (moved.state, moved.agreement, moved.plan) == ("published", newest, plan)
    assert moved.clock(world.now.date()) == "upcoming"
    agreement_of(world, version="3", text="更新的文本")
    moved.refresh_from_db()
    assert moved.agreement == newest


def test_cohort_needs_a_title_and_staff(world):
    assert code_of(lambda: drafted(world, title=" \u200b")) == "text_required"
    assert code_of(lambda: drafted(world, ends_on=date(2026, 12, 1))) == "cohort_dates"
    for actor in (world.owner, world.training):
        with pytest.raises(NotAllowed):
            drafted(world, actor=actor)
    cohort = drafted(world)
    for deed in (cohorts.publish_cohort, cohorts.set_capacity):
        extra = {"capacity": 3} if deed is cohorts.set_capacity else {}
        with pytest.raises(NotAllowed):
            deed(cohort=cohort, actor=world.owner, now=world.now, **extra)


def test_cohort_that_is_over_is_neither_drafted_nor_published(world):
    over = date(2026, 11, 1)
    assert (
        code_of(lambda: drafted(world, starts_on=date(2026, 1, 1), ends_on=over)) == "cohort_past"
    )
    agreement_of(world)
    plan_of(world)
    cohort, late = drafted(world), later(world, days=300)
    found = code_of(lambda: cohorts.publish_cohort(cohort=cohort, actor=world.staff, now=late))
    assert found == "cohort_over"


def test_closed_cohort_offers_nothing(world):
    cohort = published(world)
    row = offered(world, cohort=cohort)
    closed = cohorts.close_cohort(
        cohort=cohort, reason="场地调整", actor=world.staff, now=world.now
    )
    assert (closed.state, closed.closing_note) == ("closed", "场地调整")
    assert code_of(lambda: offered(world, "owner2", cohort)) == "cohort_not_open"
    row.refresh_from_db()
    assert row.state == "offered"


def test_offer_before_publishing_and_after_the_end(world):
    draft = drafted(world)
    assert code_of(lambda: offered(world, cohort=draft)) == "cohort_not_open"
    cohort = published(world)
    over = later(world, days=300)
    assert code_of(lambda: offered(world, cohort=cohort, now=over)) == "cohort_not_open"


def test_offer_waits_for_the_signer_and_holds_a_place(world):
    row = offered(world)
    assert (row.state, row.reply_by) == ("offered", world.now.date() + timedelta(days=14))
    assert Cohort.objects.get().taken == 1
    work = WorkItem.objects.open().get(kind="incubation_offer")
    assert (work.role, work.organisation, work.due_on) == (
        "firm_signer",
        world.organisation("owner"),
        row.reply_by,
    )
    told = set(
        Notification.objects.filter(kind="incubation_offered").values_list("user__email", flat=True)
    )
    assert {"owner@demo.example", "member@demo.example"} <= told
    actions = set(AuditEntry.objects.values_list("action", flat=True))
    assert {"incubator.incubation.offer", "incubator.incubation.offered"} <= actions


@pytest.mark.parametrize("days", [-1, 91])
def test_offer_gives_a_bearable_time_to_answer(world, days):
    cohort = published(world)
    day = world.now.date() + timedelta(days=days)
    assert code_of(lambda: offered(world, cohort=cohort, reply_by=day)) == "reply_by"


def test_firm_without_admission_or_with_a_place_gets_no_offer(world):
    cohort = published(world)
    firm = world.organisation("owner")
    deed = {"cohort": cohort, "firm": firm, "actor": world.staff, "now": world.now}
    assert code_of(lambda: cohorts.offer_place(**deed)) == "cohort_not_admitted"
    row = accepted(world, cohort=cohort)
    assert code_of(lambda: offered(world, cohort=cohort)) == "already_incubated"
    other = published(world, title="另一批次")
    assert code_of(lambda: offered(world, cohort=other)) == "already_incubated"
    ended(world, met(world, row), "graduate", "plan_met")
    assert code_of(lambda: offered(world, cohort=cohort)) == "already_incubated"
    assert offered(world, cohort=other).cohort == other


def test_nobody_offers_a_place_to_their_own_firm_or_one_they_are_tied_to(world):
    cohort = published(world)
    admit(world, "owner")
    firm = world.organisation("owner")
    record_relation(kind="employed_by", person=world.staff, other=firm, since=world.now.date())
    assert code_of(lambda: offered(world, cohort=cohort)) == "conflict_of_interest"
    second = world.organisation("owner2")
    add_member(user=world.staff, organisation=second, role="firm_member", actor=None, now=world.now)
    world.staff.forget_roles()
    assert code_of(lambda: offered(world, "owner2", cohort)) == "own_organisation"


def test_full_cohort_offers_nothing_until_a_place_is_free(world):
    cohort = published(world, capacity=1)
    row = offered(world, cohort=cohort)
    assert code_of(lambda: offered(world, "owner2", cohort)) == "cohort_full"
    incubation.decline_offer(incubation=row, actor=world.owner, now=world.now)
    assert offered(world, "owner2", cohort).state == "offered"
    assert Cohort.objects.get().taken == 1


def test_offer_that_ran_out_gives_its_place_to_the_next(world):
    cohort = published(world, capacity=1)
    row = offered(world, cohort=cohort)
    on = later(world, days=15)
    assert row.offer_is_over(on.date())
    second = offered(world, "owner2", cohort, now=on)
    row.refresh_from_db()
    assert (row.state, second.state) == ("lapsed", "offered")
    assert Cohort.objects.get().taken == 1
    assert code_of(lambda: offered(world, cohort=cohort, now=on)) == "cohort_full"


def test_firm_whose_offer_ran_out_can_be_offered_another(world):
    first = offered(world)
    other = published(world, title="另一批次")
    second = offered(world, cohort=other, now=later(world, days=15))
    first.refresh_from_db()
    assert (first.state, second.cohort) == ("lapsed", other)
    assert list(Cohort.objects.order_by("pk").values_list("taken", flat=True)) == [0, 1]


def test_capacity_follows_what_is_taken(world):
    cohort = published(world)
    offered(world, cohort=cohort)
    deed = {"cohort": cohort, "actor": world.staff, "now": world.now}
    assert cohorts.set_capacity(capacity=1, **deed).free == 0
    with pytest.raises(Invalid):
        cohorts.set_capacity(capacity=0, **deed)
    offered(world, "owner2", cohorts.set_capacity(capacity=2, **deed))
    assert code_of(lambda: cohorts.set_capacity(capacity=1, **deed)) == "cohort_capacity_taken"


def test_the_database_itself_refuses_one_too_many(world):
    cohort = published(world, capacity=1)
    offered(world, cohort=cohort)
    for change in ({"taken": 2}, {"capacity": 0}, {"agreement": None}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Cohort.objects.filter(pk=cohort.pk).update(**change)


def test_the_database_itself_refuses_a_second_place(world):
    row = accepted(world)
    with pytest.raises(IntegrityError), transaction.atomic():
        Incubation.objects.create(
            number="x", cohort=row.cohort, organisation=row.organisation, reply_by=row.reply_by,
            state="offered", state_since=world.now, created_at=world.now,
        )  # fmt: skip


def test_withdrawn_offer_is_free_again(world):
    row = offered(world)
    deed = {"incubation": row, "actor": world.staff, "now": world.now}
    with pytest.raises(Invalid):
        incubation.withdraw_offer(reason=" ", **deed)
    moved = incubation.withdraw_offer(reason="误发", **deed)
    assert (moved.state, moved.standing_note) == ("withdrawn", "误发")
    assert Cohort.objects.get().taken == 0
    with pytest.raises(Conflict):
        incubation.withdraw_offer(reason="再次", **deed)
    assert Cohort.objects.get().taken == 0
    assert WorkItem.objects.open().filter(kind="incubation_offer").count() == 0
