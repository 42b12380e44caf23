"""Orders to clouds, placed and taken back in the transaction of what they follow from.

A pool that is set up by hand gets a work item instead, as before there were drivers.
"""

from datetime import date, datetime

from django.utils import timezone

from incubator.domain.provisioning import goes_on
from incubator.drivers.registry import driver_for
from incubator.models import CloudOrder, ResourceRequest
from incubator.selectors.provisioning import account_of
from portal.domain.roles import Role
from portal.notifications import enqueue_job
from portal.services.work import open_work

CARRY_OUT = "incubator.services.cloud_work.carry_out"
OPEN = ("waiting", "failed")


def begin(request: ResourceRequest, *, now: datetime) -> None:
    """Have an approved grant set up: by the pool's driver from its first day on, or by a person."""
    driver = request.pool.driver
    if driver_for(driver).remote:
        place(request, "provision", driver, due_on=request.first_month, now=now)
    else:
        ask_person(request, "provision", now=now)


def end(request: ResourceRequest, *, now: datetime) -> None:
    """Have a grant that ended closed by whoever set it up; what was never begun needs nobody."""
    order = order_of(request, "provision")
    by_driver = order is not None and order.state == "done"
    if order is not None:
        overtake(order)
        if by_driver or order.tried_at is not None:
            place(request, "revoke", order.driver, due_on=timezone.localdate(now), now=now)
    if request.provisioned_at is not None and not by_driver:
        ask_person(request, "revoke", now=now)


def replace(previous: ResourceRequest, following: ResourceRequest, *, now: datetime) -> None:
    """Have a grant closed that another one replaces, unless that goes on in the same account.

    A driver's grant goes on with the same driver, which is told the whole of what the firm may
    hold; one that a person set up goes on where a person sets up what follows.
    """
    order = order_of(previous, "provision")
    driver = order.driver if order else None
    carried_out = order is not None and order.state == "done"
    if not goes_on(driver, following.pool.driver, carried_out=carried_out):
        end(previous, now=now)


def set_up_by_person(request: ResourceRequest, account: str, *, now: datetime) -> None:
    """Take back the order of a grant that a person has set up.

    In the firm's own account it counts as carried out; elsewhere the cloud is told what is left.
    """
    order = order_of(request, "provision")
    if order is None:
        return
    if account.strip() == account_of(request.organisation):
        order.state = "done"
        order.save(update_fields=["state"])
        return
    overtake(order)
    if order.tried_at is not None:
        place(request, "revoke", order.driver, due_on=timezone.localdate(now), now=now)


def order_of(request: ResourceRequest, deed: str) -> CloudOrder | None:
    """Return a request's order, locked; the request itself was locked before."""
    return CloudOrder.objects.select_for_update().filter(request=request, deed=deed).first()


def overtake(order: CloudOrder) -> None:
    """Have nobody carry out an order that is open."""
    if order.state in OPEN:
        order.state = "overtaken"
        order.save(update_fields=["state"])


def place(
    request: ResourceRequest, deed: str, driver: str, *, due_on: date, now: datetime
) -> CloudOrder:
    """Write an order once; what is due is enqueued, and again where an earlier one is over."""
    order = order_of(request, deed)
    if order is None:
        order = CloudOrder.objects.create(
            request=request, deed=deed, driver=driver, due_on=due_on, asked_at=now
        )
    elif order.state != "waiting":
        renew(order)
    if due_on <= timezone.localdate(now):
        enqueue(order, now=now)
    return order


def renew(order: CloudOrder) -> None:
    """Let an order be tried anew: a round of its own, with all its attempts."""
    order.state, order.round, order.tries = "waiting", order.round + 1, 0
    order.save(update_fields=["state", "round", "tries"])


def enqueue(order: CloudOrder, *, now: datetime) -> None:
    """Give an order to the queue for long work, once a round."""
    enqueue_job(CARRY_OUT, order.key, now=now, queue="long", pk=order.pk)


def ask_person(request: ResourceRequest, deed: str, *, now: datetime) -> None:
    """Have a resource manager set a grant up, or switch it off, in the cloud."""
    open_work(
        "quota_provision" if deed == "provision" else "quota_close",
        subject=request,
        url=request.get_absolute_url(),
        now=now,
        role=Role.RESOURCE_MANAGER,
        number=request.number,
        firm=request.organisation.name,
    )
