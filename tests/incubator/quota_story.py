"""Helpers of the tests of cloud resources: a pool with capacity, a request, a grant."""

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from incubator.domain.quota import UsageRow, month_of
from incubator.models import ResourcePool, ResourceRequest
from incubator.services import pools, quota
from portal.services.delivery import drain_outbox
from tests.incubator.modules_story import admit
from tests.world import World

MONTH = date(2026, 11, 1)


def pool_of(world: World, code: str = "gpu-a", capacity: int | None = 100) -> ResourcePool:
    """Return a GPU pool with the capacity in each of the next twelve months."""
    pool = pools.create_pool(
        code=code, kind="gpu", title="GPU 池甲", title_en="GPU pool A", actor=world.resources,
        now=world.now,
    )  # fmt: skip
    if capacity is not None:
        pools.set_capacity(
            pool=pool, first_month=MONTH, months=12, capacity=Decimal(capacity),
            actor=world.resources, now=world.now,
        )  # fmt: skip
    return pool


def asked(
    world: World, pool: ResourcePool, login: str = "owner", **changes: Any
) -> ResourceRequest:
    """Return a request of a person's admitted firm for 40 a month in three months."""
    firm = world.organisation(login)
    if not firm_is_admitted(firm.pk):
        admit(world, login)
    values = {
        "firm": firm, "pool": pool, "amount": Decimal(40), "first_month": MONTH, "months": 3,
        "purpose": "村级票据识别模型训练", "actor": world.people[login], "now": world.now,
    }  # fmt: skip
    return quota.request_resources(**(values | changes))


def firm_is_admitted(pk: int) -> bool:
    """Return whether a firm is admitted already."""
    from incubator.selectors import is_admitted

    return is_admitted(pk)


def granted(
    world: World, pool: ResourcePool, login: str = "owner", **changes: Any
) -> ResourceRequest:
    """Return an approved request, in full."""
    request = asked(world, pool, login, **changes)
    return quota.approve(
        request=request, amount=request.amount, actor=world.resources, now=world.now
    )


def usage(
    request: ResourceRequest, amount: object, reference: str = "u-1", day: int = 5
) -> UsageRow:
    """Return a row of usage in the request's first month."""
    return UsageRow(
        reference, request.number, month_of(request.first_month).replace(day=day),
        Decimal(str(amount)),
    )  # fmt: skip


def report(world: World, *rows: UsageRow) -> tuple[int, int]:
    """Record usage as the resource manager, as from the lines of a file below its heading."""
    numbered = [replace(row, line=line) for line, row in enumerate(rows, start=2)]
    return pools.record_usage(rows=numbered, source="csv", actor=world.resources, now=world.now)


# --- A cloud behind a pool


def cloud_pool(world: World, kind: str = "vcpu", driver: str = "openstack") -> ResourcePool:
    pool = pools.create_pool(
        code=f"{driver}-{kind}", kind=kind, title="通用计算池", driver=driver,
        actor=world.resources, now=world.now,
    )  # fmt: skip
    pools.set_capacity(
        pool=pool, first_month=MONTH, months=12, capacity=Decimal(100_000),
        actor=world.resources, now=world.now,
    )  # fmt: skip
    return pool


def work(now: datetime) -> None:
    """Do what waits for the worker and is due at ``now``."""
    drain_outbox(now=now)


def set_up(world: World, pool: ResourcePool, **changes: Any) -> ResourceRequest:
    request = granted(world, pool, **{"amount": Decimal(1344), **changes})
    work(world.now)
    request.refresh_from_db()
    return request
