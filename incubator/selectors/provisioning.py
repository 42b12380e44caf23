"""Reads of orders to clouds: what a firm's account may hold, and how the last orders went."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db.models import Exists, OuterRef, Q, QuerySet

from incubator.domain.provisioning import MANUAL, Order, account_name, accounts_left
from incubator.domain.quota import GRANTED, month_of
from incubator.models import CloudOrder, ResourcePool, ResourceRequest
from portal.models import Organisation, WorkItem

LOST = timedelta(days=1)


@dataclass(frozen=True)
class Outcome:
    """How a pool's orders go: the one that was tried last, and how many wait or failed."""

    last: CloudOrder | None
    waiting: int
    failed: int


def account_of(firm: Organisation) -> str:
    """Return the name of a firm's account in a cloud."""
    return account_name(firm.uscc, firm.pk)


def order_for(order: CloudOrder, today: date) -> Order:
    """Return what the cloud is to hold for the firm of ``order`` as things stand now."""
    firm = order.request.organisation
    return Order(
        key=f"{order.request.number}:{order.deed}",
        account=account_of(firm),
        holder=firm.name,
        limits=limits_of(firm.pk, order.driver, today),
    )


def limits_of(organisation_id: int, driver: str, today: date) -> dict[str, Decimal]:
    """Return by kind what a firm's grants through ``driver`` allow today, all together (one query).

    Counts what a driver has set up or is about to; not what failed, what a person set up
    elsewhere, or what has not begun or is over.
    """
    limits: dict[str, Decimal] = {}
    for order in CloudOrder.objects.filter(
        deed="provision",
        driver=driver,
        state__in=("waiting", "done"),
        due_on__lte=today,
        request__organisation=organisation_id,
        request__state__in=GRANTED,
    ).select_related("request__pool"):
        grant = order.request
        if grant.clock(today) != "expired" and grant.approved_amount is not None:
            kind = grant.pool.kind
            limits[kind] = limits.get(kind, Decimal(0)) + grant.approved_amount
    return limits


def latest_order(request: ResourceRequest) -> CloudOrder | None:
    """Return the newest order for a request."""
    return request.orders.order_by("-pk").first()


def pool_outcome(pool: ResourcePool) -> Outcome:
    """Return how a pool's orders go (three queries)."""
    orders = CloudOrder.objects.filter(request__pool=pool).select_related("request__organisation")
    return Outcome(
        last=orders.filter(tried_at__isnull=False).order_by("-tried_at", "-pk").first(),
        waiting=orders.filter(state="waiting").count(),
        failed=orders.filter(state="failed").count(),
    )


def is_to_close(request: ResourceRequest) -> bool:
    """Return whether a person still has to switch a grant off."""
    return close_items(request).filter(closed_at=None).exists()


def accounts_to_close(request: ResourceRequest, today: date) -> list[str]:
    """Return the accounts that a person still has to switch off (two queries)."""
    if not is_to_close(request):
        return []
    left = request.orders.filter(deed="revoke", state__in=("waiting", "failed")).exists()
    over = request.state not in GRANTED or request.clock(today) == "expired"
    own = account_of(request.organisation)
    return accounts_left(own, request.account, order_left=left, over=over)


def close_items(request: ResourceRequest) -> "QuerySet[WorkItem]":
    """Return the work items that ever asked a person to switch a grant off."""
    return WorkItem.objects.filter(
        kind="quota_close",
        subject_type=request._meta.label_lower,
        subject_id=str(request.pk),
    )


def orders_due(today: date) -> list[CloudOrder]:
    """Return the orders to set up that wait, whose first month has begun and nobody tried."""
    return list(
        CloudOrder.objects.filter(
            deed="provision", state="waiting", tries=0, due_on__lte=today, request__state="approved"
        ).order_by("pk")
    )


def orders_lost(now: datetime) -> list[CloudOrder]:
    """Return the orders that wait although their last attempt began more than a day ago."""
    rows = CloudOrder.objects.filter(state="waiting", tried_at__lt=now - LOST)
    return list(rows.select_related("request").order_by("pk"))


def grants_over(today: date) -> list[ResourceRequest]:
    """Return grants that were set up, are over, and nobody was told to close.

    What a person set up goes on where a later grant follows: in the same account, as a rule,
    unless a driver set the change up that took its place.
    """
    orders = CloudOrder.objects.filter(request=OuterRef("pk"))
    later = (
        ResourceRequest.objects.granted()
        .filter(previous=OuterRef("pk"))
        .exclude(~Q(pool__driver=MANUAL), kind="change")
    )
    begun = ResourceRequest.objects.filter(state="provisioned", first_month__lt=month_of(today))
    open_ended = begun.exclude(Exists(orders.filter(deed="revoke"))).filter(
        Exists(orders.filter(deed="provision", state="done")) | ~Exists(later)
    )
    return [
        grant
        for grant in open_ended.select_related("pool", "organisation").order_by("pk")
        if grant.clock(today) == "expired" and not close_items(grant).exists()
    ]
