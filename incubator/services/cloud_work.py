"""Orders to clouds, carried out by the worker; tried anew by a person; what the calendar brings."""

from datetime import date, datetime

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from incubator.domain.provisioning import Provisioned
from incubator.drivers import CloudError, CloudRefused, CloudUnavailable
from incubator.drivers.registry import driver_for
from incubator.models import CloudOrder, ResourceRequest
from incubator.permissions.quota import require_manager
from incubator.selectors.provisioning import (
    account_of,
    grants_over,
    is_to_close,
    order_for,
    orders_due,
    orders_lost,
)
from incubator.services.cloud_orders import (
    ask_person,
    end,
    enqueue,
    order_of,
    overtake,
    renew,
)
from incubator.services.quota import provision
from portal.domain.background import MAX_ATTEMPTS
from portal.domain.lifecycle import Conflict
from portal.events import external
from portal.models import User
from portal.services.operations import operation
from portal.services.transitions import lock
from portal.services.work import close_work

ROUNDS = 5
"""How often a job follows grants that change while it speaks to the cloud."""


@external
def carry_out(*, pk: int, now: datetime) -> None:
    """Carry an order out (a job): at least once, and the cloud ends up as our rows say.

    What may pass by itself is raised, so that the job runs again, up to three attempts. Anything
    else, and the last attempt, leaves the order failed with its reason and asks a person.
    """
    order = begun(pk, now=now)
    if order is None:
        return
    try:
        bring_about(order, now=now)
    except CloudError as error:
        if note_failure(order, error, now=now):
            raise


def begun(pk: int, *, now: datetime) -> CloudOrder | None:
    """Count the attempt and return the order; ``None`` where it was overtaken untried.

    One that was overtaken during an attempt is gone through again: that attempt may have left
    something in the cloud.
    """
    rows = CloudOrder.objects.filter(pk=pk).exclude(state="overtaken", tried_at=None)
    if not rows.update(tries=F("tries") + 1, tried_at=now):
        return None
    return rows.select_related("request__organisation", "request__pool").get()


def bring_about(order: CloudOrder, *, now: datetime) -> None:
    """Tell the driver what the firm may hold, until nothing has changed while it was told.

    Whoever changes a grant meanwhile commits before we look again, so of two jobs for one firm
    the last to finish has seen what both of them know.
    """
    driver, today = driver_for(order.driver), timezone.localdate(now)
    for _round in range(ROUNDS):
        target = order_for(order, today)
        answer = None
        if target.limits:
            answer = driver.provision(target)
            if answer is None:
                raise CloudRefused("cloud_by_hand")
        else:
            driver.revoke(target)
        note_success(order, answer, now=now)
        if order_for(order, today) == target:
            return
    raise CloudUnavailable("cloud_restless")


def note_success(order: CloudOrder, answer: Provisioned | None, *, now: datetime) -> None:
    """Record what the cloud did, as a person would; nothing where the order is no longer open."""
    with transaction.atomic():
        request = lock(order.request)
        held = locked(order)
        if held.state != "waiting":
            return
        with operation("incubator.cloud.done", actor=None, now=now, subject=request):
            held.state, held.reason, held.detail = "done", "", ""
            if held.deed == "revoke":
                if request.account in {"", account_of(request.organisation)}:
                    close_work(request, now=now, kind="quota_close")
            elif answer is None or not is_wanted(request, timezone.localdate(now)):
                held.state = "overtaken"
            else:
                held.reference = answer.reference[:64]
                note = access_words(answer)
                provision(
                    request=request, account=answer.account, access_note=note, actor=None, now=now
                )
            held.save(update_fields=["state", "reason", "detail", "reference"])


def locked(order: CloudOrder) -> CloudOrder:
    """Return an order fresh and locked; lock its request before."""
    return CloudOrder.objects.select_for_update().get(pk=order.pk)


def is_wanted(request: ResourceRequest, today: date) -> bool:
    """Return whether a grant still has to be set up."""
    return request.state == "approved" and request.clock(today) != "expired"


def access_words(answer: Provisioned) -> str:
    """Return what the firm reads about getting in, in the county's language."""
    with override("zh-hans"):
        whom = settings.OPENSTACK["access_note"] or _(
            "The resource manager gives accounts in the cloud to people of the firm."
        )
        return _("Project number: %(number)s.") % {"number": answer.reference} + f"\n{whom}"


def note_failure(order: CloudOrder, error: CloudError, *, now: datetime) -> bool:
    """Keep why an attempt failed; return whether the job is to try again by itself.

    If not, the order has failed, and a resource manager gets a work item.
    """
    with transaction.atomic():
        request = lock(order.request)
        held = locked(order)
        if held.state != "waiting":
            return error.passing
        again = error.passing and held.tries < MAX_ATTEMPTS
        fail(held, request, error, again=again, now=now)
    return again


def fail(
    order: CloudOrder, request: ResourceRequest, error: CloudError, *, again: bool, now: datetime
) -> None:
    """Write down a failure of a locked order; the last one asks a person."""
    with operation(
        "incubator.cloud.failed", actor=None, now=now, subject=request, reason=error.code
    ):
        order.reason = error.code
        order.detail = error.detail.replace("\0", "")[:300]
        if not again:
            order.state = "failed"
            ask_person(request, order.deed, now=now)
        order.save(update_fields=["state", "reason", "detail"])


def try_again(
    *,
    request: ResourceRequest,
    actor: User,
    now: datetime,
    expected_version: int | None = None,
) -> CloudOrder:
    """Have a request's failed order tried anew. Only a resource manager.

    Raises ``NotAllowed`` or ``Conflict`` (``stale``, ``cloud_under_way``).
    """
    with operation("incubator.cloud.retry", actor=actor, now=now, subject=request):
        require_manager(actor)
        held = lock(request)
        if expected_version is not None and held.version != expected_version:
            raise Conflict("stale", version=held.version)
        order = CloudOrder.objects.select_for_update().filter(request=held).first()
        if order is None or order.state != "failed":
            raise Conflict("cloud_under_way")
        renew(order)
        enqueue(order, now=now)
    return order


def record_closed(
    *,
    request: ResourceRequest,
    actor: User,
    now: datetime,
    expected_version: int | None = None,
) -> ResourceRequest:
    """Record that a person has switched a grant off in the cloud. Only a resource manager.

    Raises ``NotAllowed`` or ``Conflict`` (``stale``, ``wrong_state``).
    """
    with operation("incubator.quota.closed", actor=actor, now=now, subject=request):
        require_manager(actor)
        held = lock(request)
        if expected_version is not None and held.version != expected_version:
            raise Conflict("stale", version=held.version)
        if not is_to_close(held):
            raise Conflict("wrong_state")
        close_work(held, now=now, kind="quota_close")
        order = order_of(held, "revoke")
        if order is not None:
            overtake(order)
    return held


# --- The calendar


def follow_calendar(*, now: datetime) -> int:
    """Begin what is due today, close what is over, give up what got lost; return how many.

    Runs every night, and may run at any time.
    """
    today = timezone.localdate(now)
    due, over, lost = orders_due(today), grants_over(today), orders_lost(now)
    for order in due:
        enqueue(order, now=now)
    for grant in over:
        close_over(grant, now=now)
    for order in lost:
        give_up(order, now=now)
    return len(due) + len(over) + len(lost)


def close_over(grant: ResourceRequest, *, now: datetime) -> None:
    """Have a grant that is over closed, unless somebody ended it a moment ago."""
    with transaction.atomic():
        held = lock(grant)
        if held.state == "provisioned":
            end(held, now=now)


def give_up(order: CloudOrder, *, now: datetime) -> None:
    """Ask a person to do what no worker has brought to an end for a day."""
    with transaction.atomic():
        request = lock(order.request)
        held = locked(order)
        if held.state == "waiting":
            fail(held, request, CloudUnavailable("cloud_silent"), again=False, now=now)
