"""Requests for cloud resources: ask, decide, set up, give back, revoke."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone

from incubator.domain.quota import (
    GRANTED,
    REQUEST,
    UNITS,
    before,
    month_of,
    require_after,
    require_amount,
    require_difference,
    require_span,
)
from incubator.labels.quota import amount_words
from incubator.models import Incubation, ResourcePool, ResourceRequest
from incubator.permissions.quota import require_applicant, require_manager
from incubator.selectors.cohorts import is_removed
from incubator.selectors.quota import following
from incubator.services import quota_ledger as ledger
from incubator.services.cloud_orders import begin, end, replace, set_up_by_person
from incubator.services.incubation_reviews import require_reviews_in_time
from incubator.services.quota_ledger import Deed
from incubator.services.screening import signers_of
from portal.domain.calendar import add_working_days
from portal.domain.lifecycle import Conflict, Invalid
from portal.domain.roles import Role
from portal.domain.texts import is_blank
from portal.models import Organisation, User
from portal.notifications import notify
from portal.services.operations import operation
from portal.services.registers import next_serial
from portal.services.transitions import apply_transition, lock
from portal.services.work import open_work

SERIES = "HYZY"
DECISION_DAYS = 5
"""Working days that the resource manager has for a request."""
ANSWER_DAYS = 5
"""Working days that the firm has for a question about it."""


def request_resources(
    *,
    firm: Organisation,
    pool: ResourcePool,
    amount: Decimal,
    first_month: date,
    months: int,
    purpose: str,
    actor: User,
    now: datetime,
    previous: ResourceRequest | None = None,
    kind: str = "new",
) -> ResourceRequest:
    """Ask for ``amount`` a month of a pool; ``previous`` is what a renewal or change follows.

    Raises ``NotAllowed`` (``role``, ``quota_not_admitted``), ``Invalid`` (``amount``, ``months``,
    ``first_month``, ``renewal_early``, ``change_nothing``) or ``Conflict`` (``quota_removed``,
    ``quota_review_overdue``, ``pool_closed``, ``renewal_open``, ``renewal_granted``,
    ``not_granted``; ``quota_twice`` where the same request waits already: a double click, a
    second tab).
    """
    with operation(
        "incubator.quota.request", actor=actor, now=now, organisation=firm, pool=pool.code
    ):
        require_applicant(actor, firm)
        require_not_removed(firm, "quota_removed")
        require_reviews_in_time(firm, timezone.localdate(now))
        ResourcePool.objects.select_for_update().get(pk=pool.pk)
        if not pool.open:
            raise Conflict("pool_closed")
        followed = require_followed(previous, firm, pool, kind)
        require_span(first_month, months, timezone.localdate(now))
        if kind == "renewal" and followed is not None:
            require_after(first_month, followed.span)
        if is_blank(purpose):
            raise Invalid("invalid_input", fields={"purpose": "text_required"})
        asked: dict[str, Any] = {
            "organisation": firm,
            "pool": pool,
            "kind": kind,
            "previous": previous,
            "amount": require_amount(amount),
            "first_month": first_month,
            "months": months,
            "purpose": purpose.strip()[:2000],
        }
        require_once(asked)
        draft = ResourceRequest(
            **asked,
            number=next_serial(SERIES, now=now),
            created_by=actor,
            state=REQUEST.initial,
            state_since=now,
            created_at=now,
        )
        require_changed(draft, draft.amount, timezone.localdate(now))
        draft.save()
        return send(draft, actor=actor, now=now)


def require_once(asked: Mapping[str, Any]) -> None:
    """Raise ``Conflict("quota_twice")`` where the same request waits; the pool is locked."""
    first = ResourceRequest.objects.waiting().filter(**asked).first()
    if first is not None:
        raise Conflict("quota_twice", number=first.number)


def require_not_removed(firm: Organisation, code: str) -> None:
    """Raise ``Conflict(code)`` where the firm was removed from incubation.

    Its memberships are locked first, before any request: a removal at the same moment comes
    wholly before what is decided here, or wholly after it and then closes that as well.
    """
    list(Incubation.objects.select_for_update().filter(organisation=firm).order_by("pk"))
    if is_removed(firm.pk):
        raise Conflict(code)


def require_followed(
    previous: ResourceRequest | None, firm: Organisation, pool: ResourcePool, kind: str
) -> ResourceRequest | None:
    """Return, locked, the grant of the firm that a renewal or change follows, and nothing else yet.

    Raises ``Invalid("not_granted")`` or ``Conflict`` (``not_found``, ``not_granted``,
    ``renewal_open``, ``renewal_granted``).
    """
    if (kind == "new") != (previous is None):
        raise Invalid("not_granted")
    if previous is None:
        return None
    locked = lock(previous)
    if locked.organisation_id != firm.pk or locked.pool_id != pool.pk:
        raise Conflict("not_found")
    if locked.state not in GRANTED:
        raise Conflict("not_granted")
    later = following(locked)
    if later is not None:
        code = "renewal_granted" if later.state in GRANTED else "renewal_open"
        raise Conflict(code, number=later.number)
    return locked


def require_changed(request: ResourceRequest, amount: Decimal, today: date) -> None:
    """Raise ``Invalid("change_nothing")`` for a change that would leave a grant as it is."""
    granted = request.previous
    if request.kind == "change" and granted is not None and granted.approved_amount is not None:
        require_difference(amount, request.span, granted.approved_amount, granted.span, today)


def send(
    request: ResourceRequest,
    *,
    actor: User,
    now: datetime,
    changes: Mapping[str, Any] | None = None,
    expected_version: int | None = None,
) -> ResourceRequest:
    """Hand a request to the resource managers."""
    moved = apply_transition(
        instance=request,
        lifecycle=REQUEST,
        action="request",
        actor=actor,
        now=now,
        organisation=request.organisation,
        changes=changes,
        expected_version=expected_version,
    )
    open_work(
        "quota_decide",
        subject=moved,
        url=moved.get_absolute_url(),
        now=now,
        role=Role.RESOURCE_MANAGER,
        due_on=add_working_days(timezone.localdate(now), DECISION_DAYS).value,
        number=moved.number,
        firm=moved.organisation.name,
    )
    return moved


def answer_question(
    *,
    request: ResourceRequest,
    amount: Decimal,
    purpose: str,
    actor: User,
    now: datetime,
    expected_version: int | None = None,
) -> ResourceRequest:
    """Answer the resource manager's question by mending amount and purpose; send it again.

    An overdue review blocks no answer, only new requests. Raises ``NotAllowed``, ``Invalid``
    (``amount``, ``invalid_input``) or ``Conflict`` (``quota_removed``, ``wrong_state``,
    ``stale``).
    """
    with operation(
        "incubator.quota.answer",
        actor=actor,
        now=now,
        subject=request,
        organisation=request.organisation,
    ):
        require_applicant(actor, request.organisation)
        require_not_removed(request.organisation, "quota_removed")
        REQUEST.find(lock(request).state, "request")
        if is_blank(purpose):
            raise Invalid("invalid_input", fields={"purpose": "text_required"})
        wanted = require_amount(amount)
        changes = {"amount": wanted, "purpose": purpose.strip()[:2000]}
        require_changed(request, wanted, timezone.localdate(now))
        return send(
            request, actor=actor, now=now, changes=changes, expected_version=expected_version
        )


def decide(
    request: ResourceRequest,
    action: str,
    *,
    actor: User,
    now: datetime,
    reason: str = "",
    changes: Mapping[str, Any] | None = None,
    expected_version: int | None = None,
) -> ResourceRequest:
    """Take a resource manager's step; nobody decides for their own firm."""
    require_manager(actor)
    return apply_transition(
        instance=request,
        lifecycle=REQUEST,
        action=action,
        actor=actor,
        now=now,
        organisation=request.organisation,
        reason=reason,
        changes=changes,
        expected_version=expected_version,
    )


def ask(
    *,
    request: ResourceRequest,
    reason: str,
    actor: User,
    now: datetime,
    expected_version: int | None = None,
) -> ResourceRequest:
    """Ask the firm something before deciding; ``reason`` is the question."""
    with operation("incubator.quota.ask", actor=actor, now=now, subject=request):
        moved = decide(
            request,
            "ask",
            actor=actor,
            now=now,
            reason=reason,
            changes={"question": reason.strip()[:1000]},
            expected_version=expected_version,
        )
        open_work(
            "quota_answer",
            subject=moved,
            url=moved.get_absolute_url(),
            now=now,
            role=Role.FIRM_SIGNER,
            organisation=moved.organisation,
            due_on=add_working_days(timezone.localdate(now), ANSWER_DAYS).value,
            number=moved.number,
        )
        tell(moved, "quota_question", now=now, question=reason.strip())
    return moved


def approve(
    *,
    request: ResourceRequest,
    amount: Decimal,
    actor: User,
    now: datetime,
    note: str = "",
    expected_version: int | None = None,
) -> ResourceRequest:
    """Approve a request, in full or in part, and set the amount aside in every month.

    A person, or the pool's driver, is asked to set it up (``cloud_orders.begin``).
    A change takes the place of what it follows from its first month on: what that still held in
    those months goes back first, the months before stay as they are (``make_way``).
    Raises ``Invalid`` (``amount``, ``amount_above``; ``reason_required`` for less than asked
    without a note) or ``Conflict`` (``quota_firm_removed``, ``pool_short``, ``month_missing``,
    ``month_closed``, ``not_granted``), and whatever ``apply_transition`` raises.
    """
    with operation("incubator.quota.approve", actor=actor, now=now, subject=request, amount=amount):
        require_manager(actor)
        require_not_removed(request.organisation, "quota_firm_removed")
        locked = lock(request)
        REQUEST.find(locked.state, "approve")
        if expected_version is not None and locked.version != expected_version:
            raise Conflict("stale", version=locked.version)
        granted = require_amount(amount)
        if granted > locked.amount:
            asked = locked.pool.in_words(locked.amount)
            raise Invalid("amount_above", fields={"amount": "amount_above"}, asked=asked)
        if granted < locked.amount and is_blank(note):
            raise Invalid("reason_required", fields={"note": "reason_required"})
        moved = decide(
            request,
            "approve",
            actor=actor,
            now=now,
            changes={"approved_amount": granted, "decision_note": note.strip()[:1000]},
            expected_version=expected_version,
        )
        if moved.kind == "change" and moved.previous is not None:
            make_way(moved.previous, moved, actor=actor, now=now)
        ledger.hold(moved, granted, Deed(actor, now))
        begin(moved, now=now)
        tell(moved, "quota_approved", now=now, **amount_words(granted, UNITS[moved.pool.kind]))
    return moved


def make_way(
    previous: ResourceRequest, following: ResourceRequest, *, actor: User, now: datetime
) -> None:
    """End a grant from the first month of the change that takes its place.

    What it still holds from that month on goes back. Where that month has begun, the grant is
    released, and its access closed where that is another account. Where it is still to come, the
    grant goes on until then, and the calendar ends it (``follow_calendar``).
    """
    held = lock(previous)
    if held.state not in GRANTED:
        raise Conflict("not_granted")
    start, keeps = following.first_month, before(held.span, following.first_month)
    ledger.give_back(held, Deed(actor, now), start)
    if keeps and keeps != held.span:
        shorten(held, start, actor=actor, now=now)
    if keeps and start > month_of(timezone.localdate(now)):
        return
    apply_transition(
        instance=held,
        lifecycle=REQUEST,
        action="release",
        actor=actor,
        now=now,
        organisation=held.organisation,
    )
    replace(held, following, now=now)


def shorten(held: ResourceRequest, start: date, *, actor: User, now: datetime) -> None:
    """Have a locked grant end before ``start``, and pages that show it otherwise be out of date."""
    with operation("incubator.quota.replaced", actor=actor, now=now, subject=held, month=start):
        held.replaced_from, held.version = start, held.version + 1
        held.save(update_fields=["replaced_from", "version"])


def deny(
    *,
    request: ResourceRequest,
    reason: str,
    actor: User | None,
    now: datetime,
    expected_version: int | None = None,
) -> ResourceRequest:
    """Deny a request with a reason; it stays visible.

    ``actor`` is ``None`` when an event brings it about, which also ends one that waits for the
    firm's answer.
    """
    with operation("incubator.quota.deny", actor=actor, now=now, subject=request):
        if actor is not None:
            require_manager(actor)
        moved = apply_transition(
            instance=request,
            lifecycle=REQUEST,
            action="deny",
            actor=actor,
            now=now,
            organisation=request.organisation,
            reason=reason,
            changes={"decision_note": reason.strip()[:1000]},
            expected_version=expected_version,
        )
        tell(moved, "quota_denied", now=now, reason=reason.strip())
    return moved


def withdraw(
    *,
    request: ResourceRequest,
    actor: User,
    now: datetime,
    expected_version: int | None = None,
) -> ResourceRequest:
    """Take a request back before it is decided."""
    return apply_transition(
        instance=request,
        lifecycle=REQUEST,
        action="withdraw",
        actor=actor,
        now=now,
        organisation=request.organisation,
        expected_version=expected_version,
    )


def provision(
    *,
    request: ResourceRequest,
    account: str,
    actor: User | None,
    now: datetime,
    access_note: str = "",
    expected_version: int | None = None,
) -> ResourceRequest:
    """Record that the cloud has set a grant up: its account there and how the firm reaches it.

    ``actor`` is a resource manager, or ``None`` for a driver. Raises ``Invalid("invalid_input")``.
    """
    with operation("incubator.quota.provision", actor=actor, now=now, subject=request):
        if actor is not None:
            require_manager(actor)
        if is_blank(account):
            raise Invalid("invalid_input", fields={"account": "text_required"})
        moved = apply_transition(
            instance=request,
            lifecycle=REQUEST,
            action="provision",
            actor=actor,
            now=now,
            organisation=request.organisation,
            expected_version=expected_version,
            changes={
                "account": account.strip()[:120],
                "access_note": access_note.strip()[:1000],
                "provisioned_at": now,
            },
        )
        if actor is not None:
            set_up_by_person(moved, account, now=now)
        tell(moved, "quota_ready", now=now)
    return moved


def release(
    *,
    request: ResourceRequest,
    actor: User,
    now: datetime,
    expected_version: int | None = None,
) -> ResourceRequest:
    """Give a grant back: what it still holds returns to the pool; access is closed."""
    with operation(
        "incubator.quota.release",
        actor=actor,
        now=now,
        subject=request,
        organisation=request.organisation,
    ):
        moved = apply_transition(
            instance=request,
            lifecycle=REQUEST,
            action="release",
            actor=actor,
            now=now,
            organisation=request.organisation,
            expected_version=expected_version,
        )
        ledger.give_back(moved, Deed(actor, now))
        end(moved, now=now)
    return moved


def revoke(
    *,
    request: ResourceRequest,
    reason: str,
    actor: User | None,
    now: datetime,
    expected_version: int | None = None,
) -> ResourceRequest:
    """Revoke a grant with a reason; ``actor`` is ``None`` when an event brings it about."""
    with operation("incubator.quota.revoke", actor=actor, now=now, subject=request):
        if actor is not None:
            require_manager(actor)
        moved = apply_transition(
            instance=request,
            lifecycle=REQUEST,
            action="revoke",
            actor=actor,
            now=now,
            organisation=request.organisation,
            reason=reason,
            changes={"decision_note": reason.strip()[:1000]},
            expected_version=expected_version,
        )
        ledger.give_back(moved, Deed(actor, now))
        end(moved, now=now)
        tell(moved, "quota_revoked", now=now, reason=reason.strip())
    return moved


def revoke_all(*, organisation_id: int, reason: str, now: datetime) -> int:
    """Revoke everything that a firm holds, by the system; return how much there was."""
    grants = list(ResourceRequest.objects.granted().filter(organisation_id=organisation_id))
    for grant in grants:
        revoke(request=grant, reason=reason, actor=None, now=now)
    return len(grants)


def deny_all(*, organisation_id: int, reason: str, now: datetime) -> int:
    """Deny everything that a firm waits for, by the system; return how much there was."""
    waiting = list(ResourceRequest.objects.waiting().filter(organisation_id=organisation_id))
    for request in waiting:
        deny(request=request, reason=reason, actor=None, now=now)
    return len(waiting)


def tell(request: ResourceRequest, kind: str, *, now: datetime, **params: object) -> None:
    """Tell everybody who acts for the firm."""
    notify(
        signers_of(request.organisation),
        kind,
        key=f"{kind}:{request.pk}:{request.version}",
        now=now,
        url=request.get_absolute_url(),
        number=request.number,
        pool=request.pool.title,
        pool_en=request.pool.title_en,
        **params,
    )
