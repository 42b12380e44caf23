"""The ledger of the cloud resources: the only place that writes entries.

Months are locked in their order, so that two deeds never wait for each other. Each entry moves
``PoolMonth.committed`` in the same transaction, and the database refuses what would go over.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import F, Q, QuerySet, Sum
from django.utils import timezone

from incubator.domain.quota import (
    GRANTED,
    HELD,
    LAPSED,
    OVERRUN,
    POOL,
    SOURCE,
    USED,
    iso_month,
    month_of,
)
from incubator.models import PoolMonth, QuotaEntry, ResourcePool, ResourceRequest, UsageRecord
from portal.domain.lifecycle import Conflict
from portal.models import User


@dataclass(frozen=True)
class Deed:
    """Who moves something when."""

    actor: User | None
    now: datetime


def lock_months(pool: ResourcePool, months: Iterable[date]) -> list[PoolMonth]:
    """Lock and return the months of a pool, oldest first.

    Raises ``Conflict`` (``month_missing``, ``month_closed``).
    """
    wanted = sorted(set(months))
    locked = list(
        PoolMonth.objects.select_for_update().filter(pool=pool, month__in=wanted).order_by("month")
    )
    missing = set(wanted) - {row.month for row in locked}
    if missing:
        raise Conflict("month_missing", month=iso_month(min(missing)))
    for row in locked:
        if row.closed_at is not None:
            raise Conflict("month_closed", month=iso_month(row.month))
    return locked


def enter(
    month: PoolMonth,
    kind: str,
    move: tuple[str, str],
    amount: Decimal,
    deed: Deed,
    *,
    request: ResourceRequest | None = None,
    usage: UsageRecord | None = None,
) -> None:
    """Add an entry to a locked month: ``move`` names the account it leaves and the one it enters.

    An amount of nothing adds none.
    """
    if amount <= 0:
        return
    QuotaEntry.objects.create(
        month=month,
        request=request,
        usage=usage,
        kind=kind,
        debit=move[0],
        credit=move[1],
        amount=amount,
        at=deed.now,
        actor=deed.actor,
    )


def hold(request: ResourceRequest, amount: Decimal, deed: Deed) -> None:
    """Set ``amount`` aside in every month of ``request``, or nothing at all.

    Raises ``Conflict`` (``pool_short``, ``month_missing``, ``month_closed``).
    """
    for month in lock_months(request.pool, request.span):
        if month.free < amount:
            raise Conflict(
                "pool_short",
                month=iso_month(month.month),
                free=request.pool.in_words(month.free),
            )
        commit(month, amount)
        enter(month, "hold", (POOL, HELD), amount, deed, request=request)


def commit(month: PoolMonth, amount: Decimal) -> None:
    """Move what is committed; the check constraint has the last word."""
    PoolMonth.objects.filter(pk=month.pk).update(committed=F("committed") + amount)


def give_back(request: ResourceRequest, deed: Deed, start: date | None = None) -> Decimal:
    """Return what ``request`` still holds in months that are not closed; return how much.

    Only months from ``start`` on, if it is given.
    """
    wanted = [month for month in request.span if start is None or month >= start]
    months = PoolMonth.objects.filter(pool=request.pool, month__in=wanted, closed_at__isnull=True)
    total = Decimal(0)
    for month in lock_months(request.pool, months.values_list("month", flat=True)):
        held = balance(month, HELD, request)
        enter(month, "release", (HELD, POOL), held, deed, request=request)
        commit(month, -held)
        total += held
    return total


def use(usage: UsageRecord, month: PoolMonth, deed: Deed) -> None:
    """Enter reported usage; what goes beyond the quota is entered as such."""
    request = usage.request
    within = min(balance(month, HELD, request), usage.amount)
    enter(month, "use", (HELD, USED), within, deed, request=request, usage=usage)
    beyond = usage.amount - within
    enter(month, "overrun", (OVERRUN, USED), beyond, deed, request=request, usage=usage)


def take_back(usage: UsageRecord, month: PoolMonth, deed: Deed) -> None:
    """Take a usage record out of what is used; what goes beyond the quota goes first.

    Whatever the record's own entries were: as if it had never been, what was reported later moves
    into the quota, and only what is then left of the quota is held again. Where the request has
    been ended since, it goes back to the pool.
    """
    request = usage.request
    beyond = min(-balance(month, OVERRUN, request), usage.amount)
    within = usage.amount - beyond
    enter(month, "void", (USED, OVERRUN), beyond, deed, request=request, usage=usage)
    enter(month, "void", (USED, HELD), within, deed, request=request, usage=usage)
    if not holds(request, month.month, timezone.localdate(deed.now)):
        enter(month, "release", (HELD, POOL), within, deed, request=request)
        commit(month, -within)


def holds(request: ResourceRequest, month: date, today: date) -> bool:
    """Return whether what is not used of a month is held for ``request``.

    Also after a change has taken its place, in the months before.
    """
    replaced = request.replaced_from is not None and request.replaced_from <= month_of(today)
    return month in request.span and (request.state in GRANTED or replaced)


def lapse(month: PoolMonth, deed: Deed) -> Decimal:
    """Let what is still held in a locked month lapse, request by request; return how much."""
    total = Decimal(0)
    held = balances(QuotaEntry.objects.filter(month=month), HELD)
    requests = ResourceRequest.objects.in_bulk([pk for pk in held if pk is not None])
    for pk, amount in sorted(held.items()):
        enter(month, "lapse", (HELD, LAPSED), amount, deed, request=requests[pk])
        total += amount
    return total


def set_capacity(month: PoolMonth, capacity: Decimal, deed: Deed) -> None:
    """Bring a locked month's capacity to ``capacity`` with one entry."""
    change = capacity - month.capacity
    move = (SOURCE, POOL) if change > 0 else (POOL, SOURCE)
    month.capacity = capacity
    month.save(update_fields=["capacity"])
    enter(month, "capacity", move, abs(change), deed)


def balance(month: PoolMonth, account: str, request: ResourceRequest) -> Decimal:
    """Return what ``account`` holds for ``request`` in a month: the sum of its entries."""
    entries = QuotaEntry.objects.filter(month=month, request=request)
    return balances(entries, account).get(request.pk, Decimal(0))


def balances(entries: "QuerySet[QuotaEntry]", account: str) -> dict[int | None, Decimal]:
    """Return by request what came into ``account`` less what left it (one query)."""
    rows = (
        entries.filter(Q(debit=account) | Q(credit=account))
        .order_by()
        .values("request")
        .annotate(
            came=Sum("amount", filter=Q(credit=account)),
            left=Sum("amount", filter=Q(debit=account)),
        )
    )
    zero = Decimal(0)
    return {row["request"]: (row["came"] or zero) - (row["left"] or zero) for row in rows}
