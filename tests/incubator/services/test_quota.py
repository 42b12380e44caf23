"""Requests for cloud resources and the ledger behind them."""

from datetime import date, timedelta
from decimal import Decimal
from random import Random

import pytest
from django.db import IntegrityError, transaction
from django.utils.translation import override

from incubator.models import PoolMonth, QuotaEntry, ResourceRequest, UsageRecord
from incubator.receivers.quota import on_grade_revoked
from incubator.selectors import quota as reads
from incubator.services import pools, quota
from portal.domain.lifecycle import Conflict, Invalid, NotAllowed, Refused
from portal.events import GradeRevoked, subscribers_of
from portal.models import AuditEntry, Notification, WorkItem
from portal.selectors.inbox import texts
from tests.incubator.modules_story import admit
from tests.incubator.quota_story import MONTH, asked, granted, pool_of, report, usage

pytestmark = pytest.mark.usefixtures("whole_ledger")


@pytest.fixture
def whole_ledger(db):
    """Hold, after every test, that the guard columns say what the ledger says."""
    yield
    assert reads.ledger_faults() == []


def free(pool) -> list[Decimal]:
    return [month.free for month in pool.months.order_by("month")[:4]]


def refused(code: str, deed, kind: type[Refused] = Conflict) -> Refused:
    with pytest.raises(kind) as refusal:
        deed()
    assert refusal.value.code == code
    return refusal.value


def open_items(kind: str) -> int:
    return WorkItem.objects.open().filter(kind=kind).count()


# --- Asking


def test_request_waits_for_the_resource_manager_and_holds_nothing(world):
    pool = pool_of(world)
    request = asked(world, pool)
    assert (request.state, request.number[:9]) == ("requested", "HYZY-2026")
    assert open_items("quota_decide") == 1
    assert WorkItem.objects.open().get(kind="quota_decide").due_on == date(2026, 11, 30)
    assert free(pool) == [100, 100, 100, 100]


@pytest.mark.parametrize("login", ["owner2", "resources", "staff"])
def test_request_only_by_the_firm(world, login):
    pool = pool_of(world)
    admit(world, "owner")
    refused("role", lambda: asked(world, pool, actor=world.people[login]), NotAllowed)
    assert ResourceRequest.objects.count() == 0
    assert AuditEntry.objects.filter(action="incubator.quota.request", outcome="refused").exists()


def test_request_only_of_an_admitted_firm(world):
    pool = pool_of(world)
    refused(
        "quota_not_admitted",
        lambda: quota.request_resources(
            firm=world.organisation("owner"), pool=pool, amount=Decimal(1), first_month=MONTH,
            months=1, purpose="x", actor=world.owner, now=world.now,
        ),
        NotAllowed,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"amount": Decimal(0)}, "amount"), ({"amount": Decimal("NaN")}, "amount"),
     ({"months": 13}, "months"), ({"first_month": date(2026, 10, 1)}, "first_month"),
     ({"purpose": "  "}, "invalid_input"), ({"kind": "renewal"}, "not_granted")],
)  # fmt: skip
def test_request_with_wrong_input_keeps_nothing(world, changes, code):
    pool = pool_of(world)
    refused(code, lambda: asked(world, pool, **changes), Invalid)
    assert ResourceRequest.objects.count() == 0


def test_request_to_a_closed_pool(world):
    pool = pool_of(world)
    pools.open_or_close_pool(pool=pool, takes_requests=False, actor=world.resources, now=world.now)
    pool.refresh_from_db()
    refused("pool_closed", lambda: asked(world, pool))
    pools.open_or_close_pool(pool=pool, takes_requests=True, actor=world.resources, now=world.now)
    pool.refresh_from_db()
    assert asked(world, pool).state == "requested"


def test_request_posted_twice_is_sent_once(world):
    pool = pool_of(world)
    first = asked(world, pool)
    twice = refused("quota_twice", lambda: asked(world, pool, purpose=f" {first.purpose}\n"))
    assert twice.params["number"] == first.number
    quota.ask(request=first, reason="?", actor=world.resources, now=world.now)
    refused("quota_twice", lambda: asked(world, pool))
    assert list(ResourceRequest.objects.all()) == [first]
    assert open_items("quota_decide") == 0


@pytest.mark.parametrize(
    "changes",
    [{"amount": Decimal(41)}, {"months": 2}, {"first_month": date(2026, 12, 1)},
     {"purpose": "另一个试点"}],
)  # fmt: skip
def test_request_that_differs_in_anything_is_another_one(world, changes):
    pool = pool_of(world)
    assert asked(world, pool) != asked(world, pool, **changes)


def test_request_by_another_firm_or_of_another_pool_is_another_one(world):
    pool = pool_of(world)
    asked(world, pool)
    asked(world, pool, "owner2")
    asked(world, pool_of(world, "gpu-b"))
    assert ResourceRequest.objects.filter(state="requested").count() == 3


@pytest.mark.parametrize("end", ["withdraw", "deny", "approve"])
def test_same_request_again_once_the_first_is_decided(world, end):
    pool = pool_of(world)
    first = asked(world, pool)
    deed = {"request": first, "now": world.now}
    if end == "withdraw":
        quota.withdraw(**deed, actor=world.owner)
    elif end == "deny":
        quota.deny(**deed, actor=world.resources, reason="先用完已有的")
    else:
        quota.approve(**deed, actor=world.resources, amount=first.amount)
    assert asked(world, pool).state == "requested"


def test_question_and_answer(world):
    pool = pool_of(world)
    request = asked(world, pool)
    quota.ask(request=request, reason="何以需要 40？", actor=world.resources, now=world.now)
    assert (open_items("quota_decide"), open_items("quota_answer")) == (0, 1)
    answered = quota.answer_question(
        request=request, amount=Decimal(30), purpose="两个村", actor=world.owner, now=world.now
    )
    assert (answered.state, answered.amount, answered.purpose) == ("requested", 30, "两个村")
    assert (open_items("quota_decide"), open_items("quota_answer")) == (1, 0)


@pytest.mark.parametrize(
    ("amount", "purpose", "code"), [(-1, "x", "amount"), (1, " ", "invalid_input")]
)
def test_answer_with_wrong_input(world, amount, purpose, code):
    request = asked(world, pool_of(world))
    quota.ask(request=request, reason="?", actor=world.resources, now=world.now)
    refused(
        code,
        lambda: quota.answer_question(
            request=request, amount=Decimal(amount), purpose=purpose, actor=world.owner,
            now=world.now,
        ),
        Invalid,
    )  # fmt: skip


def test_answer_to_no_question(world):
    request = asked(world, pool_of(world))
    refused(
        "wrong_state",
        lambda: quota.answer_question(
            request=request, amount=Decimal(1), purpose="x", actor=world.owner, now=world.now
        ),
    )


# --- Deciding


def test_approve_sets_aside_in_every_month(world):
    pool = pool_of(world)
    request = granted(world, pool)
    assert (request.state, request.approved_amount) == ("approved", 40)
    assert free(pool) == [60, 60, 60, 100]
    assert [(e.debit, e.credit, e.amount) for e in request.entries.all()] == [
        ("pool", "held", 40)
    ] * 3
    assert (open_items("quota_decide"), open_items("quota_provision")) == (0, 1)


def test_approve_in_part_needs_a_remark(world):
    pool = pool_of(world)
    request = asked(world, pool)
    deed = {"request": request, "amount": Decimal(10), "actor": world.resources, "now": world.now}
    refused("reason_required", lambda: quota.approve(**deed), Invalid)
    moved = quota.approve(**deed, note="先用一部分")
    assert (moved.approved_amount, moved.decision_note) == (10, "先用一部分")
    assert free(pool) == [90, 90, 90, 100]


def test_approve_never_more_than_asked(world):
    request = asked(world, pool_of(world))
    refused(
        "amount_above",
        lambda: quota.approve(
            request=request, amount=Decimal(41), actor=world.resources, now=world.now
        ),
        Invalid,
    )


def test_approve_more_than_the_pool_has_keeps_nothing(world):
    pool = pool_of(world)
    granted(world, pool, amount=Decimal(70), months=1, first_month=date(2027, 1, 1))
    request = asked(world, pool)
    refusal = refused(
        "pool_short",
        lambda: quota.approve(
            request=request, amount=Decimal(40), actor=world.resources, now=world.now
        ),
    )
    assert refusal.params["month"] == "2027-01"
    request.refresh_from_db()
    assert (request.state, request.approved_amount) == ("requested", None)
    assert free(pool) == [100, 100, 30, 100]


def test_approve_in_months_without_capacity(world):
    pool = pool_of(world, capacity=None)
    request = asked(world, pool)
    refused(
        "month_missing",
        lambda: quota.approve(
            request=request, amount=Decimal(40), actor=world.resources, now=world.now
        ),
    )


def test_approve_by_nobody_else_and_from_no_stale_page(world):
    request = asked(world, pool_of(world))
    deed = {"request": request, "amount": Decimal(40), "now": world.now}
    refused("role", lambda: quota.approve(**deed, actor=world.owner), NotAllowed)
    refused("stale", lambda: quota.approve(**deed, actor=world.resources, expected_version=1))


def test_deny_stays_visible_with_its_reason(world):
    request = asked(world, pool_of(world))
    refused(
        "reason_required",
        lambda: quota.deny(request=request, reason=" ", actor=world.resources, now=world.now),
        Invalid,
    )
    moved = quota.deny(request=request, reason="额度不足", actor=world.resources, now=world.now)
    assert (moved.state, moved.decision_note) == ("denied", "额度不足")
    assert reads.request_page(world.owner, moved.pk).decision_note == "额度不足"
    assert Notification.objects.filter(user=world.owner, kind="quota_denied").count() == 1


def test_withdraw(world):
    request = asked(world, pool_of(world))
    assert quota.withdraw(request=request, actor=world.owner, now=world.now).state == "withdrawn"


def test_the_database_refuses_over_allocation_by_itself(world):
    pool = pool_of(world)
    month = pool.months.get(month=MONTH)
    with pytest.raises(IntegrityError), transaction.atomic():
        PoolMonth.objects.filter(pk=month.pk).update(committed=Decimal("100.01"))


# --- Setting up and ending


def test_provision_records_the_account(world):
    request = granted(world, pool_of(world))
    deed = {"request": request, "actor": world.resources, "now": world.now}
    refused("invalid_input", lambda: quota.provision(**deed, account=" "), Invalid)
    refused(
        "role", lambda: quota.provision(**(deed | {"actor": world.owner}), account="p"), NotAllowed
    )
    moved = quota.provision(**deed, account="hy-firm-1", access_note="https://cloud.demo.example")
    assert (moved.state, moved.account, moved.provisioned_at) == (
        "provisioned",
        "hy-firm-1",
        world.now,
    )
    assert open_items("quota_provision") == 0


def test_provision_by_a_driver(world):
    request = granted(world, pool_of(world))
    moved = quota.provision(request=request, account="p-1", actor=None, now=world.now)
    assert moved.state == "provisioned"


@pytest.mark.parametrize("login", ["owner", "resources"])
def test_release_gives_back_what_is_held(world, login):
    pool = pool_of(world)
    request = granted(world, pool)
    quota.provision(request=request, account="p", actor=world.resources, now=world.now)
    report(world, usage(request, 15))
    moved = quota.release(request=request, actor=world.people[login], now=world.now)
    assert moved.state == "released"
    assert free(pool) == [85, 100, 100, 100]
    assert open_items("quota_close") == 1


def test_release_before_it_was_set_up_asks_nobody_to_switch_off(world):
    request = granted(world, pool_of(world))
    quota.release(request=request, actor=world.owner, now=world.now)
    assert open_items("quota_close") == 0


def test_revoke_needs_a_reason_and_gives_back(world):
    pool = pool_of(world)
    request = granted(world, pool)
    deed = {"request": request, "now": world.now}
    refused(
        "reason_required", lambda: quota.revoke(**deed, reason="", actor=world.resources), Invalid
    )
    refused("role", lambda: quota.revoke(**deed, reason="x", actor=world.owner), NotAllowed)
    assert quota.revoke(**deed, reason="违规使用", actor=world.resources).state == "revoked"
    assert free(pool) == [100, 100, 100, 100]


def test_a_revoked_grade_closes_everything_once(world):
    pool = pool_of(world)
    request = granted(world, pool)
    other = granted(world, pool, "owner2")
    for _time in range(2):
        on_grade_revoked(GradeRevoked(1, request.organisation_id), event_id=1, now=world.now)
    request.refresh_from_db()
    other.refresh_from_db()
    assert (request.state, other.state) == ("revoked", "approved")
    assert request.decision_note
    assert free(pool)[0] == 60
    assert "incubator.receivers.quota.on_grade_revoked" in subscribers_of("GradeRevoked")


# --- What follows

JANUARY = date(2027, 1, 1)


def test_renewal_follows_once(world):
    pool = pool_of(world)
    first = granted(world, pool)
    after = {"previous": first, "kind": "renewal", "first_month": date(2027, 2, 1)}
    second = asked(world, pool, **after)
    refusal = refused("renewal_open", lambda: asked(world, pool, **after))
    assert refusal.params["number"] == second.number
    quota.deny(request=second, reason="x", actor=world.resources, now=world.now)
    third = granted(world, pool, **after)
    assert third.previous == first
    refusal = refused("renewal_granted", lambda: asked(world, pool, **after))
    assert refusal.params["number"] == third.number


@pytest.mark.parametrize("first", [date(2026, 12, 1), JANUARY])
def test_renewal_sets_no_month_aside_twice(world, first):
    pool = pool_of(world)
    grant = granted(world, pool)
    renewal = {"previous": grant, "kind": "renewal", "first_month": first}
    refusal = refused("renewal_early", lambda: asked(world, pool, **renewal), Invalid)
    assert refusal.fields == {"first_month": "renewal_early"}
    assert refusal.params["month"] == "2027-02"


def test_renewal_of_what_a_change_shortened_begins_where_it_ends(world):
    pool = pool_of(world)
    first = granted(world, pool)
    change = {"previous": first, "kind": "change", "amount": Decimal(80)}
    second = granted(world, pool, **change, first_month=JANUARY, months=1)
    quota.release(request=second, actor=world.owner, now=world.now)
    renewal = {"previous": first, "kind": "renewal"}
    assert asked(world, pool, **renewal, first_month=JANUARY).state == "requested"


def test_change_takes_the_place_of_what_it_follows(world):
    pool = pool_of(world)
    first = granted(world, pool)
    report(world, usage(first, 15))
    second = granted(world, pool, previous=first, kind="change", amount=Decimal(80))
    first.refresh_from_db()
    assert (first.state, second.state) == ("released", "approved")
    assert free(pool) == [5, 20, 20, 100]
    assert first.replaced_from is None


def test_change_from_a_later_month_leaves_the_months_before(world):
    pool = pool_of(world)
    first = granted(world, pool, months=4)
    report(world, usage(first, 15))
    version = first.version
    change = {"previous": first, "kind": "change", "amount": Decimal(80)}
    second = granted(world, pool, **change, first_month=JANUARY, months=2)
    first.refresh_from_db()
    assert (first.state, second.state) == ("approved", "approved")
    assert (first.replaced_from, first.span) == (JANUARY, (MONTH, date(2026, 12, 1)))
    assert first.last_day == date(2026, 12, 31)
    assert free(pool) == [60, 60, 20, 20]
    refused(
        "stale",
        lambda: quota.release(
            request=first, actor=world.owner, now=world.now, expected_version=version
        ),
    )
    report(world, usage(first, 5, "u-2", 6))
    assert [
        (row.month.month, row.amount, row.balance.used, row.balance.held)
        for row in reads.request_months(first)
    ] == [(11, 40, 20, 20), (12, 40, 0, 40)]
    assert first.clock(date(2026, 12, 31)) == "expiring"
    assert first.clock(JANUARY) == "expired"
    quota.release(request=first, actor=world.owner, now=world.now)
    assert free(pool) == [80, 100, 20, 20]


def test_usage_of_a_month_in_which_a_change_took_over_is_outside(world):
    pool = pool_of(world)
    first = granted(world, pool)
    change = {"previous": first, "kind": "change", "amount": Decimal(80)}
    granted(world, pool, **change, first_month=date(2026, 12, 1), months=2)
    row = pools.UsageRow("late", first.number, date(2026, 12, 1), Decimal(1))
    with pytest.raises(pools.UsageRefused) as refusal:
        pools.record_usage(
            rows=[row], source="csv", actor=world.resources, now=world.now + timedelta(days=20)
        )
    assert [error.code for error in refusal.value.errors] == ["usage_outside"]


def test_change_from_this_month_keeps_what_is_left_of_the_months_before(world):
    pool = pool_of(world)
    first = granted(world, pool)
    report(world, usage(first, 15), usage(first, 5, "u-2", 6))
    later = world.now + timedelta(days=20)
    deed = {"actor": world.resources, "now": later}
    second = asked(
        world, pool, previous=first, kind="change", amount=Decimal(80), now=later, months=2,
        first_month=date(2026, 12, 1),
    )  # fmt: skip
    quota.approve(request=second, amount=second.amount, **deed)
    first.refresh_from_db()
    assert (first.state, first.replaced_from) == ("released", date(2026, 12, 1))
    assert free(pool) == [60, 20, 20, 100]
    late = pools.UsageRow("u-3", first.number, date(2026, 11, 30), Decimal(10))
    early = pools.UsageRow("u-4", first.number, date(2026, 12, 2), Decimal(3))
    pools.record_usage(rows=[late, early], source="csv", **deed)
    pools.void_usage(record=UsageRecord.objects.get(reference="u-1"), reason="x", **deed)
    assert [
        (row.month.month, row.amount, row.balance.used, row.balance.held, row.balance.overrun)
        for row in reads.request_months(first)
    ] == [(11, 40, 15, 25, 0), (12, 0, 3, 0, 3)]
    assert free(pool) == [60, 20, 20, 100]
    assert pools.close_month(pool=pool, month=MONTH, **deed) == 25


def test_change_after_the_end_replaces_nothing(world):
    pool = pool_of(world)
    first = granted(world, pool, months=1)
    change = {"previous": first, "kind": "change", "amount": Decimal(80)}
    granted(world, pool, **change, first_month=JANUARY, months=1)
    first.refresh_from_db()
    assert (first.state, first.replaced_from) == ("approved", None)
    assert free(pool) == [60, 100, 20, 100]


def test_the_database_knows_no_grant_that_is_replaced_from_its_beginning(world):
    first = granted(world, pool_of(world))
    with pytest.raises(IntegrityError), transaction.atomic():
        ResourceRequest.objects.filter(pk=first.pk).update(replaced_from=first.first_month)


def test_change_that_does_not_fit_leaves_the_old_grant(world):
    pool = pool_of(world)
    first = granted(world, pool)
    second = asked(world, pool, previous=first, kind="change", amount=Decimal(101))
    refused(
        "pool_short",
        lambda: quota.approve(
            request=second, amount=Decimal(101), actor=world.resources, now=world.now
        ),
    )
    first.refresh_from_db()
    assert first.state == "approved"
    assert free(pool) == [60, 60, 60, 100]


def test_change_that_changes_nothing_is_refused_when_asked_and_when_answered(world):
    pool = pool_of(world)
    first = granted(world, pool)
    change = {"previous": first, "kind": "change"}
    refused("change_nothing", lambda: asked(world, pool, **change), Invalid)
    second = asked(world, pool, **change, amount=Decimal(50))
    quota.ask(request=second, reason="?", actor=world.resources, now=world.now)
    answer = {"request": second, "purpose": "x", "actor": world.owner, "now": world.now}
    refused("change_nothing", lambda: quota.answer_question(**answer, amount=first.amount), Invalid)
    assert quota.answer_question(**answer, amount=Decimal(45)).state == "requested"


def test_change_of_what_ended_meanwhile(world):
    pool = pool_of(world)
    first = granted(world, pool)
    second = asked(world, pool, previous=first, kind="change", amount=Decimal(50))
    quota.release(request=first, actor=world.owner, now=world.now)
    refused(
        "not_granted",
        lambda: quota.approve(
            request=second, amount=Decimal(50), actor=world.resources, now=world.now
        ),
    )


def test_follow_only_an_own_grant(world):
    pool = pool_of(world)
    first = granted(world, pool)
    refused("not_found", lambda: asked(world, pool, "owner2", previous=first, kind="renewal"))
    waiting = asked(world, pool)
    refused("not_granted", lambda: asked(world, pool, previous=waiting, kind="renewal"))


# --- Pools


def test_pool_only_by_the_resource_manager(world):
    refused(
        "role",
        lambda: pools.create_pool(
            code="x", kind="gpu", title="x", actor=world.staff, now=world.now
        ),
        NotAllowed,
    )


def test_pool_exists_once_whatever_its_case(world):
    pool_of(world)
    refused(
        "pool_exists",
        lambda: pools.create_pool(
            code=" GPU-A ", kind="gpu", title="x", actor=world.resources, now=world.now
        ),
    )


def test_pool_with_wrong_input(world):
    refusal = refused(
        "invalid_input",
        lambda: pools.create_pool(
            code="a b", kind="steam", title="长" * 81, actor=world.resources, now=world.now
        ),
        Invalid,
    )
    assert set(refusal.fields) == {"code", "kind", "title"}
    refusal = refused(
        "text_required",
        lambda: pools.create_pool(
            code="a", kind="gpu", title=" ", actor=world.resources, now=world.now
        ),
        Invalid,
    )
    assert set(refusal.fields) == {"title"}


def test_capacity_can_rise_and_fall_but_not_below_what_is_committed(world):
    pool = pool_of(world)
    granted(world, pool)
    deed = {
        "pool": pool,
        "first_month": MONTH,
        "months": 4,
        "actor": world.resources,
        "now": world.now,
    }
    pools.set_capacity(**deed, capacity=Decimal(50))
    assert free(pool) == [10, 10, 10, 50]
    refusal = refused(
        "capacity_committed", lambda: pools.set_capacity(**deed, capacity=Decimal(39))
    )
    assert refusal.params["month"] == "2026-11"
    assert free(pool) == [10, 10, 10, 50]
    pools.set_capacity(**deed, capacity=Decimal(50))
    pools.set_capacity(**deed, capacity=Decimal(200))
    assert free(pool) == [160, 160, 160, 200]


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"months": 0}, "months"), ({"months": 25}, "months"),
     ({"first_month": date(2026, 10, 1)}, "first_month"),
     ({"first_month": date(2026, 11, 2)}, "first_month"), ({"capacity": Decimal(0)}, "amount")],
)  # fmt: skip
def test_capacity_with_wrong_input(world, changes, code):
    pool = pool_of(world, capacity=None)
    values = {"first_month": MONTH, "months": 1, "capacity": Decimal(1)} | changes
    refused(
        code,
        lambda: pools.set_capacity(pool=pool, actor=world.resources, now=world.now, **values),
        Invalid,
    )
    assert pool.months.count() == 0


# --- Closing months


def close(world, pool, days: int = 30) -> Decimal:
    return pools.close_month(
        pool=pool, month=MONTH, actor=world.resources, now=world.now + timedelta(days=days)
    )


def test_month_closes_once_and_what_is_held_lapses(world):
    pool = pool_of(world)
    request = granted(world, pool)
    report(world, usage(request, 15))
    refused("month_running", lambda: close(world, pool, days=0))
    assert close(world, pool) == 25
    refused("month_closed", lambda: close(world, pool))
    [row, *_later] = reads.request_months(request)
    assert (row.balance.used, row.balance.held, row.balance.lapsed, row.closed) == (15, 0, 25, True)


def test_a_month_that_never_was_cannot_be_closed(world):
    pool = pool_of(world, capacity=None)
    refused("month_missing", lambda: close(world, pool))


def test_a_closed_month_takes_no_usage_and_gives_nothing_back(world):
    pool = pool_of(world)
    request = granted(world, pool)
    close(world, pool)
    with pytest.raises(pools.UsageRefused) as refusal:
        report(world, usage(request, 1))
    assert [error.code for error in refusal.value.errors] == ["usage_month_closed"]
    quota.release(request=request, actor=world.owner, now=world.now)
    assert free(pool) == [60, 100, 100, 100]


# --- Usage


def test_usage_is_taken_from_what_is_held_and_counted_once(world):
    pool = pool_of(world)
    request = granted(world, pool)
    assert report(world, usage(request, 15), usage(request, 5, "u-2", 6)) == (2, 0)
    assert report(world, usage(request, 15), usage(request, 1, "u-3")) == (1, 1)
    [row, *_later] = reads.request_months(request)
    assert (row.balance.used, row.balance.held, row.share) == (21, 19, 52)


def test_usage_beyond_the_quota_is_a_fact_that_takes_nothing_from_the_pool(world):
    pool = pool_of(world)
    request = granted(world, pool)
    report(world, usage(request, 55))
    [row, *_later] = reads.request_months(request)
    assert (row.balance.used, row.balance.held, row.balance.overrun) == (55, 0, 15)
    assert free(pool)[0] == 60


def test_usage_tells_at_80_and_100_percent_once(world):
    request = granted(world, pool_of(world))

    def marks() -> list[str]:
        found = Notification.objects.filter(user=world.owner, kind="quota_mark").order_by("pk")
        return [row.params["percent"] for row in found]

    report(world, usage(request, 31))
    assert marks() == []
    report(world, usage(request, 1, "u-2"))
    assert marks() == ["80"]
    report(world, usage(request, 7, "u-3"))
    assert marks() == ["80"]
    report(world, usage(request, 1, "u-4"))
    assert marks() == ["80", "100"]
    assert Notification.objects.filter(user=world.resources, kind="quota_mark").count() == 2


def test_notices_of_usage_name_their_month_and_are_never_alike(world):
    request = granted(world, pool_of(world))
    later = world.now + timedelta(days=20)
    rows = [
        pools.UsageRow(month, request.number, date(2026, number, 3), Decimal(32))
        for month, number in (("november", 11), ("december", 12))
    ]
    pools.record_usage(rows=rows, source="csv", actor=world.resources, now=later)
    found = Notification.objects.filter(user=world.resources, kind="quota_mark").order_by("pk")
    with override("en"):
        assert sorted(texts(row)[0] for row in found) == [
            f"80 % of {request.number} are used in {month} 2026"
            for month in ("December", "November")
        ]
    with override("zh-hans"):
        assert sorted(texts(row)[1] for row in found) == [
            f"GPU 池甲：2026年{month}的配额已使用 80%。" for month in ("11月", "12月")
        ]


def test_usage_with_wrong_rows_keeps_none(world):
    pool = pool_of(world)
    request = granted(world, pool)
    report(world, usage(request, 1, "known"))
    waiting = asked(world, pool)
    rows = [
        usage(request, 1, "good"),
        usage(request, 2, "known"),
        usage(waiting, 1, "waiting"),
        usage(request, 1, "future", day=24),
        pools.UsageRow("outside", request.number, date(2026, 10, 31), Decimal(1)),
    ]
    with pytest.raises(pools.UsageRefused) as refusal:
        report(world, *rows)
    assert [(error.line, error.code) for error in refusal.value.errors] == [
        (3, "usage_differs"), (4, "usage_unknown"), (5, "usage_future"), (6, "usage_outside"),
    ]  # fmt: skip
    assert UsageRecord.objects.count() == 1


def test_usage_only_by_the_resource_manager(world):
    request = granted(world, pool_of(world))
    refused(
        "role",
        lambda: pools.record_usage(
            rows=[usage(request, 1)], source="csv", actor=world.owner, now=world.now
        ),
        NotAllowed,
    )


@pytest.mark.parametrize(("amount", "left"), [(15, 60), (55, 60)])
def test_usage_taken_back_is_held_again(world, amount, left):
    pool = pool_of(world)
    request = granted(world, pool)
    report(world, usage(request, amount))
    record = UsageRecord.objects.get()
    deed = {"record": record, "actor": world.resources, "now": world.now}
    refused("reason_required", lambda: pools.void_usage(**deed, reason=" "), Invalid)
    pools.void_usage(**deed, reason="重复上报")
    [row, *_later] = reads.request_months(request)
    assert (row.balance.used, row.balance.held, row.balance.overrun) == (0, 40, 0)
    assert free(pool)[0] == left
    refused("usage_voided", lambda: pools.void_usage(**deed, reason="x"))
    with pytest.raises(pools.UsageRefused) as refusal:
        report(world, usage(request, amount))
    assert [error.code for error in refusal.value.errors] == ["usage_voided"]


def void(world, reference: str) -> None:
    pools.void_usage(
        record=UsageRecord.objects.get(reference=reference), reason="x", actor=world.resources,
        now=world.now,
    )  # fmt: skip


def test_usage_taken_back_moves_what_was_beyond_into_the_quota(world):
    pool = pool_of(world, capacity=1000)
    request = granted(world, pool, amount=Decimal(300))
    report(world, usage(request, 250))
    report(world, usage(request, 100, "u-2", 6))
    void(world, "u-1")
    [row, *_later] = reads.request_months(request)
    assert (row.balance.used, row.balance.held, row.balance.overrun) == (100, 200, 0)
    assert free(pool)[0] == 700
    assert [(e.debit, e.credit, e.amount) for e in request.entries.filter(kind="void")] == [
        ("used", "overrun", 50), ("used", "held", 200),
    ]  # fmt: skip


@pytest.mark.parametrize("seed", range(12))
def test_balances_say_what_is_reported_less_what_was_taken_back(world, seed):
    chance = Random(seed)
    pool = pool_of(world, capacity=200)
    request = granted(world, pool, amount=Decimal(100))
    other = granted(world, pool, "owner2", amount=Decimal(60))
    kept: dict[str, Decimal] = {}
    report(world, usage(other, 70, "other"))
    for number in range(14):
        if kept and chance.random() < 0.45:
            reference = chance.choice(sorted(kept))
            void(world, reference)
            del kept[reference]
        else:
            amount = Decimal(chance.randrange(1, 9000)) / 100
            report(world, usage(request, amount, f"r-{number}", chance.randrange(1, 20)))
            kept[f"r-{number}"] = amount
        total = sum(kept.values(), Decimal(0))
        balance = reads.request_months(request)[0].balance
        assert (balance.used, balance.overrun, balance.held) == (
            total, max(Decimal(0), total - 100), max(Decimal(0), 100 - total),
        )  # fmt: skip
        assert free(pool)[0] == 40
        pooled = reads.pool_page(pool.pk, MONTH)[1][0].balance
        assert (pooled.used, pooled.overrun) == (total + 70, balance.overrun + 10)
        assert pooled.free + pooled.held + pooled.used - pooled.overrun == 200
    assert reads.ledger_faults() == []


def test_usage_taken_back_after_the_end_gives_back_only_what_is_not_used(world):
    pool = pool_of(world)
    request = granted(world, pool)
    report(world, usage(request, 30), usage(request, 25, "u-2"))
    quota.release(request=request, actor=world.owner, now=world.now)
    void(world, "u-1")
    [row, *_later] = reads.request_months(request)
    assert (row.balance.used, row.balance.held, row.balance.overrun) == (25, 0, 0)
    assert free(pool)[0] == 75


def test_usage_taken_back_after_the_end_goes_to_the_pool(world):
    pool = pool_of(world)
    request = granted(world, pool)
    report(world, usage(request, 55))
    quota.release(request=request, actor=world.owner, now=world.now)
    pools.void_usage(
        record=UsageRecord.objects.get(), reason="x", actor=world.resources, now=world.now
    )
    assert free(pool)[0] == 100


def test_entries_have_two_accounts(world):
    pool_of(world)
    entry = QuotaEntry.objects.first()
    with pytest.raises(IntegrityError), transaction.atomic():
        QuotaEntry.objects.filter(pk=entry.pk).update(debit=entry.credit)
