"""At the same moment: a pool never gives away more than it has; a request stands once."""

from collections import Counter
from decimal import Decimal

import pytest

from incubator.models import PoolMonth, ResourceRequest, UsageRecord
from incubator.selectors.quota import ledger_faults, request_months
from incubator.services import pools, quota
from portal.models import AuditEntry
from portal.services.audit import verify_chain
from tests.concurrency.test_concurrency import all_at_once, code_of
from tests.incubator.cohorts_story import accepted, ended
from tests.incubator.modules_story import admit
from tests.incubator.quota_story import asked, granted, pool_of, report, usage
from tests.world import World

APPROVALS = 200
ROOM = 120
"""Requests of 1 a month that fit into the pool."""


@pytest.fixture
def world(transactional_db, now) -> World:
    return World(now)


def test_two_hundred_approvals_never_go_over(world):
    pool = pool_of(world, capacity=ROOM)
    requests = [
        asked(world, pool, amount=Decimal(1), purpose=str(number)) for number in range(APPROVALS)
    ]
    before = AuditEntry.objects.count()

    def approve(number: int) -> object:
        return quota.approve(
            request=requests[number], amount=Decimal(1), actor=world.resources, now=world.now
        )

    outcomes = all_at_once(approve, people=APPROVALS)
    assert [str(found) for found in outcomes if code_of(found) == "OperationalError"] == []
    assert Counter(map(code_of, outcomes)) == {"done": ROOM, "pool_short": APPROVALS - ROOM}
    assert ResourceRequest.objects.filter(state="approved").count() == ROOM
    assert set(PoolMonth.objects.filter(committed__gt=0).values_list("committed", flat=True)) == {
        Decimal(ROOM)
    }
    assert ledger_faults() == []
    assert AuditEntry.objects.count() > before + APPROVALS
    assert verify_chain().broken is None


def test_request_posted_twenty_times_stands_once(world):
    pool = pool_of(world)
    admit(world, "owner")
    outcomes = all_at_once(lambda _number: asked(world, pool), people=20)
    assert Counter(map(code_of, outcomes)) == {"done": 1, "quota_twice": 19}
    assert ResourceRequest.objects.get().state == "requested"
    assert verify_chain().broken is None


def test_reports_and_takings_back_at_the_same_moment_balance(world):
    pool = pool_of(world)
    request = granted(world, pool)
    for number in range(10):
        report(world, usage(request, 7, f"old-{number}"))
    records = list(UsageRecord.objects.order_by("pk"))

    def deed(number: int) -> object:
        if number % 2:
            return report(world, usage(request, 5, f"new-{number}"))
        return pools.void_usage(
            record=records[number // 2], reason="x", actor=world.resources, now=world.now
        )

    outcomes = Counter(map(code_of, all_at_once(deed, people=20)))
    assert outcomes == {"done": 20}
    balance = request_months(request)[0].balance
    assert (balance.used, balance.held, balance.overrun) == (50, 0, 10)
    assert ledger_faults() == []


def test_removal_and_approvals_at_the_same_moment_leave_the_firm_nothing(world):
    pool = pool_of(world)
    row = accepted(world)
    requests = [asked(world, pool, amount=Decimal(1), purpose=str(number)) for number in range(9)]

    def deed(number: int) -> object:
        if number == len(requests):
            return ended(world, row, "remove", "false_evidence")
        return quota.approve(
            request=requests[number], amount=Decimal(1), actor=world.resources, now=world.now
        )

    outcomes = Counter(map(code_of, all_at_once(deed, people=len(requests) + 1)))
    assert set(outcomes) <= {"done", "quota_firm_removed"}
    world.drain()
    assert set(ResourceRequest.objects.values_list("state", flat=True)) <= {"denied", "revoked"}
    assert set(pool.months.values_list("committed", flat=True)) == {Decimal(0)}
    assert ledger_faults() == []
