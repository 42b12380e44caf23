"""Reads of the cloud resources: grants, requests, pools, months; all balances from the ledger."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import OuterRef, Prefetch, Q, QuerySet, Subquery, Sum
from django.shortcuts import get_object_or_404

from incubator.domain.quota import (
    ACCOUNTS,
    EXPIRING_DAYS,
    GRANTED,
    HELD,
    OVERRUN,
    POOL,
    REQUEST,
    USED,
    WAITING,
    add_months,
    month_of,
    percent,
)
from incubator.models import (
    CloudOrder,
    PoolMonth,
    QuotaEntry,
    ResourcePool,
    ResourceRequest,
    UsageRecord,
)
from portal.models import User
from portal.permissions import roles_for

PAGE = 20
AHEAD = 3
"""Months whose free amounts a firm sees before it asks."""
BACK, SHOWN = 3, 18
"""Months that a pool's page goes back, and how many it shows."""
USAGE_SHOWN = 50
NOTHING = Decimal(0)


@dataclass(frozen=True)
class Balance:
    """What the accounts of a month hold, in the pool's unit."""

    accounts: dict[str, Decimal] = field(default_factory=dict)

    def of(self, account: str) -> Decimal:
        """Return an account's balance."""
        return self.accounts.get(account, NOTHING)

    @property
    def free(self) -> Decimal:
        """What can still be granted."""
        return self.of(POOL)

    @property
    def held(self) -> Decimal:
        """What is set aside and not used."""
        return self.of(HELD)

    @property
    def used(self) -> Decimal:
        """What was used, beyond the quota included."""
        return self.of(USED)

    @property
    def lapsed(self) -> Decimal:
        """What nobody used until the month was closed."""
        return self.of("lapsed")

    @property
    def overrun(self) -> Decimal:
        """What was used beyond the quota."""
        return -self.of(OVERRUN)


@dataclass(frozen=True)
class Grant:
    """A granted request with this month's use."""

    request: ResourceRequest
    used: Decimal
    clock: str
    follower: ResourceRequest | None = None

    @property
    def share(self) -> int:
        """Percent used of this month's quota."""
        return percent(self.used, self.request.approved_amount or NOTHING)


@dataclass(frozen=True)
class MonthRow:
    """A month of a pool or of a request: ``amount`` is its capacity or what was approved."""

    month: date
    amount: Decimal
    balance: Balance
    closed: bool = False

    @property
    def share(self) -> int:
        """Percent used."""
        return percent(self.balance.used, self.amount)


@dataclass(frozen=True)
class Spent:
    """What a grant was in the months that have begun, and what was used, in the pool's unit."""

    granted: Decimal
    used: Decimal
    overrun: Decimal

    @property
    def unused(self) -> Decimal:
        """What of the quota nobody used; use beyond it in another month makes up for nothing."""
        return self.granted - (self.used - self.overrun)

    @property
    def share(self) -> int:
        """Percent used."""
        return percent(self.used, self.granted)


def account_balances(entries: "QuerySet[QuotaEntry]", *by: str) -> dict[tuple[Any, ...], Balance]:
    """Return balances by the values of the fields ``by`` (two queries).

    A balance is what came into an account less what left it.
    """
    sums: dict[tuple[Any, ...], dict[str, Decimal]] = defaultdict(
        lambda: dict.fromkeys(ACCOUNTS, NOTHING)
    )
    for side, sign in (("credit", 1), ("debit", -1)):
        rows = entries.order_by().values_list(*by, side).annotate(total=Sum("amount"))
        for *key, account, total in rows:
            sums[tuple(key)][account] += sign * total
    return {key: Balance(accounts) for key, accounts in sums.items()}


def grants_of(organisation_ids: Iterable[int], today: date) -> list[Grant]:
    """Return what firms hold today, with this month's use and what follows (four queries)."""
    followers = ResourceRequest.objects.filter(state__in=(*WAITING, *GRANTED))
    requests = list(
        ResourceRequest.objects.granted()
        .filter(organisation_id__in=list(organisation_ids))
        .select_related("pool", "organisation")
        .prefetch_related(Prefetch("later", followers))
        .order_by("first_month", "pk")
    )
    entries = QuotaEntry.objects.filter(
        request__in=[request.pk for request in requests], month__month=month_of(today)
    )
    used = account_balances(entries, "request")
    return [
        Grant(
            request,
            used.get((request.pk,), Balance()).used,
            request.clock(today),
            next(iter(request.later.all()), None),  # prefetched: what follows and counts
        )
        for request in requests
        if request.clock(today) != "expired"
    ]


def request_page(user: User, pk: int) -> ResourceRequest:
    """Return a request that ``user`` may see, or 404."""
    visible = ResourceRequest.objects.visible_to(user).select_related(
        "pool", "organisation", "previous", "created_by"
    )
    return get_object_or_404(visible, pk=pk)


def request_actions(user: User, request: ResourceRequest) -> tuple[str, ...]:
    """Return what ``user`` may do with a request now."""
    return REQUEST.actions(request.state, roles_for(user, request.organisation))


def following(request: ResourceRequest) -> ResourceRequest | None:
    """Return the renewal or change of a grant that waits or is granted; there is one at most."""
    return request.later.filter(state__in=(*WAITING, *GRANTED)).select_related("pool").first()


def requests_of(user: User, *, state: str = "", after: int | None = None) -> list[ResourceRequest]:
    """Return a page of the requests that ``user`` sees, newest first, and one more."""
    rows = ResourceRequest.objects.visible_to(user).select_related("pool", "organisation")
    if state:
        rows = rows.filter(state=state)
    if after is not None:
        rows = rows.filter(pk__lt=after)
    return list(rows.order_by("-pk")[: PAGE + 1])


def waiting_requests() -> list[ResourceRequest]:
    """Return what waits for a resource manager, oldest first (at most 50).

    ``cloud`` is the state of the order to set it up, where a driver has one.
    """
    orders = CloudOrder.objects.filter(request=OuterRef("pk"), deed="provision")
    return list(
        ResourceRequest.objects.filter(state__in=("requested", "approved"))
        .annotate(cloud=Subquery(orders.values("state")[:1]))
        .select_related("pool", "organisation")
        .order_by("state_since", "pk")[:50]
    )


def request_months(request: ResourceRequest) -> list[MonthRow]:
    """Return a granted request's months with what it used in each (three queries).

    Of the months in which a change has taken its place, those in which it was used before.
    """
    months = {
        row.month: row
        for row in PoolMonth.objects.filter(pool=request.pool_id, month__in=request.asked_span)
    }
    found = account_balances(QuotaEntry.objects.filter(request=request), "month__month")
    return [
        MonthRow(
            month,
            request.quota_of(month),
            found.get((month,), Balance()),
            closed=month in months and months[month].closed_at is not None,
        )
        for month in request.asked_span
        if month in request.span or found.get((month,), Balance()).used
    ]


def room_for(request: ResourceRequest) -> list[MonthRow]:
    """Return the months of a request with what its pool has free; no row where it has none."""
    rows = PoolMonth.objects.filter(pool=request.pool_id, month__in=request.span)
    found = account_balances(
        QuotaEntry.objects.filter(month__pool=request.pool_id, month__month__in=request.span),
        "month__month",
    )
    return [
        MonthRow(
            row.month, row.capacity, found.get((row.month,), Balance()), row.closed_at is not None
        )
        for row in rows
    ]


@dataclass(frozen=True)
class ShortMonth:
    """A month in which a pool has less free than is asked for; ``None``: no capacity is set yet."""

    month: date
    free: Decimal | None


def short_months(
    pool: ResourcePool,
    amount: Decimal,
    first_month: date,
    months: int,
    *,
    replaced: ResourceRequest | None = None,
) -> list[ShortMonth]:
    """Return the months in which the pool could not give ``amount`` today (at most five queries).

    What a change ``replaced`` still holds counts as free, because it goes back first.
    """
    span = [add_months(first_month, number) for number in range(months)]
    rows = {row.month: row for row in PoolMonth.objects.filter(pool=pool, month__in=span)}
    entries = QuotaEntry.objects.filter(month__pool=pool, month__month__in=span)
    found = account_balances(entries, "month__month")
    own = account_balances(entries.filter(request=replaced), "month__month") if replaced else {}
    short = []
    for month in span:
        free = found.get((month,), Balance()).free + own.get((month,), Balance()).held
        if month not in rows:
            short.append(ShortMonth(month, None))
        elif rows[month].closed_at is not None:
            short.append(ShortMonth(month, NOTHING))
        elif free < amount:
            short.append(ShortMonth(month, free))
    return short


def usage_of(request: ResourceRequest) -> list[UsageRecord]:
    """Return the newest usage records of a request (at most 50)."""
    return list(request.usage.order_by("-day", "-pk")[:USAGE_SHOWN])


def spent(request: ResourceRequest, today: date) -> Spent:
    """Return what a grant was and used until this month; a renewal rests on it (two queries)."""
    balances = account_balances(QuotaEntry.objects.filter(request=request), "month__month")
    used = sum((balance.used for balance in balances.values()), NOTHING)
    overrun = sum((balance.overrun for balance in balances.values()), NOTHING)
    begun = sum(month <= month_of(today) for month in request.span)
    return Spent((request.approved_amount or NOTHING) * begun, used, overrun)


def pools_with_room(today: date) -> list[tuple[ResourcePool, list[MonthRow]]]:
    """Return the pools that take requests with their next months (four queries)."""
    pools = ResourcePool.objects.filter(open=True)
    first = month_of(today)
    return with_months(pools, first, add_months(first, AHEAD - 1))


def pools_now(today: date) -> list[tuple[ResourcePool, list[MonthRow]]]:
    """Return every pool with this month (four queries)."""
    return with_months(ResourcePool.objects.all(), month_of(today), month_of(today))


def with_months(
    pools: "QuerySet[ResourcePool]", first: date, last: date
) -> list[tuple[ResourcePool, list[MonthRow]]]:
    """Return pools with their months from ``first`` to ``last``."""
    months = PoolMonth.objects.filter(month__gte=first, month__lte=last)
    found = account_balances(
        QuotaEntry.objects.filter(month__month__gte=first, month__month__lte=last), "month"
    )
    rows: dict[int, list[MonthRow]] = defaultdict(list)
    for row in months:
        balance = found.get((row.pk,), Balance())
        rows[row.pool_id].append(
            MonthRow(row.month, row.capacity, balance, row.closed_at is not None)
        )
    return [(pool, rows[pool.pk]) for pool in pools]


def pool_page(pk: int, today: date) -> tuple[ResourcePool, list[MonthRow]]:
    """Return a pool with its months, from three ago on (at most 18), or 404 (four queries)."""
    pool = get_object_or_404(ResourcePool, pk=pk)
    first = add_months(month_of(today), -BACK)
    [(_pool, rows)] = with_months(
        ResourcePool.objects.filter(pk=pool.pk), first, add_months(first, SHOWN - 1)
    )
    return pool, rows


def pool_grants(pool: ResourcePool, today: date) -> list[Grant]:
    """Return what is granted from a pool, with this month's use (three queries, at most 100)."""
    requests = list(
        pool.requests.granted().select_related("organisation", "pool").order_by("pk")[:100]
    )
    entries = QuotaEntry.objects.filter(
        request__in=[request.pk for request in requests], month__month=month_of(today)
    )
    used = account_balances(entries, "request")
    return [
        Grant(request, used.get((request.pk,), Balance()).used, request.clock(today))
        for request in requests
    ]


def ending_grants(today: date) -> list[ResourceRequest]:
    """Return grants that end within 30 days and that no later request follows."""
    this = month_of(today)
    followed = Q(later__state__in=(*WAITING, *GRANTED))
    candidates = (
        ResourceRequest.objects.granted()
        .filter(first_month__lte=this)
        .exclude(followed)
        .select_related("pool", "organisation")
    )
    return [
        request
        for request in candidates.iterator()
        if 0 <= (request.last_day - today).days < EXPIRING_DAYS
    ]


def ledger_faults() -> list[int]:
    """Return the ids of months whose ``committed`` or ``capacity`` differs from their entries."""
    found = account_balances(QuotaEntry.objects.all(), "month")
    faults = []
    for row in PoolMonth.objects.iterator():
        balance = found.get((row.pk,), Balance())
        given = -balance.of("source")
        if given != row.capacity or given - balance.free != row.committed:
            faults.append(row.pk)
    return faults
