"""A lost second factor: one administrator asks, another confirms, neither is the person.

There is no other way in the portal, and none for one alone: whoever could take a factor off by
themselves would hold a back door (decision 0015).
"""

from datetime import datetime, timedelta

from allauth.mfa.models import Authenticator
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from portal.domain.lifecycle import Conflict, Invalid, NotAllowed
from portal.domain.roles import Role
from portal.domain.texts import is_blank
from portal.models import FactorReset, User
from portal.notifications import notify
from portal.permissions import require_role
from portal.services.operations import Operation, operation
from portal.services.personal import end_sessions
from portal.services.work import close_work, open_work

RESET_LIFE = timedelta(hours=24)
PAGE = "/workspace/factor-resets/"


def ask_factor_reset(*, user: User, reason: str, actor: User, now: datetime) -> FactorReset:
    """Ask, as a security administrator, that somebody's second factor be taken off.

    Holds for 24 hours. The person is told at once and may object; the system administrators
    and the other security administrators find it among their work. Refuses one's own factor,
    a person without one, and a second request while the first is open.
    """
    with operation(
        "factor.ask", actor=actor, now=now, subject=user, reason=reason.strip()
    ) as opened:
        require_role(actor, Role.SECURITY_ADMIN)
        if actor.pk == user.pk:
            raise NotAllowed("own_factor")
        if is_blank(reason):
            raise Invalid("reason_required", fields={"reason": "reason_required"})
        if not Authenticator.objects.filter(user=user).exists():
            raise Conflict("no_factor")
        for stale in overdue(now).filter(user=user):
            expire(stale, opened)
        try:
            with transaction.atomic():
                request = FactorReset.objects.create(
                    user=user,
                    reason=reason.strip(),
                    asked_by=actor,
                    asked_at=now,
                    expires_at=now + RESET_LIFE,
                )
        except IntegrityError as error:
            raise Conflict("factor_reset_open") from error
        call_second_person(request, now=now)
        notify([user], "factor_reset_asked", key=f"factor-reset:{request.pk}:asked", now=now)
    return request


def overdue(now: datetime) -> QuerySet[FactorReset]:
    """Return requests that nobody answered in time, locked."""
    late = FactorReset.objects.filter(answered_at=None, expires_at__lte=now)
    return late.select_related("user").select_for_update(of=("self",))


def expire(request: FactorReset, opened: Operation) -> None:
    """Close a request whose time is over."""
    close(request, granted=False, actor=None, now=opened.now)
    opened.record("factor.expired", subject=request.user)


def expire_factor_resets(*, now: datetime) -> int:
    """Close every request whose time is over (every night); return how many."""
    with operation("factor.expire", actor=None, now=now) as opened:
        late = list(overdue(now))
        for request in late:
            expire(request, opened)
    return len(late)


def call_second_person(request: FactorReset, *, now: datetime) -> None:
    """Put the request into the inbox of everybody who may confirm it."""
    others = User.objects.filter(groups__name=Role.SECURITY_ADMIN, is_active=True)
    others = others.exclude(pk__in=(request.user_id, request.asked_by_id))
    for role, user in ((Role.SYSTEM_ADMIN, None), *(("", other) for other in others)):
        open_work(
            "factor_reset",
            subject=request,
            url=PAGE,
            now=now,
            due_on=timezone.localdate(request.expires_at),
            role=role,
            user=user,
            name=request.user.name,
        )


def confirm_factor_reset(*, request: FactorReset, actor: User, now: datetime) -> FactorReset:
    """Confirm another's request: authenticators, passkeys and recovery codes go, sessions end.

    Only a system or security administrator other than the person and whoever asked. The person
    is told in the portal and by mail; in production they must set up a new factor first.
    """
    with operation("factor.confirm", actor=actor, now=now, subject=request.user):
        require_role(actor, Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN)
        locked = locked_request(request, now=now)
        if actor.pk == locked.user_id:
            raise NotAllowed("own_factor")
        if actor.pk == locked.asked_by_id:
            raise NotAllowed("same_person")
        close(locked, granted=True, actor=actor, now=now)
        Authenticator.objects.filter(user=locked.user_id).delete()
        User.objects.filter(pk=locked.user_id).update(factor_reset_at=now)
        end_sessions(locked.user)
        notify([locked.user], "factor_reset_done", key=f"factor-reset:{locked.pk}:done", now=now)
    return locked


def decline_factor_reset(*, request: FactorReset, actor: User, now: datetime) -> FactorReset:
    """Decline a request, or take back one's own: nothing is changed. Not on one's own factor."""
    with operation("factor.decline", actor=actor, now=now, subject=request.user):
        require_role(actor, Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN)
        locked = locked_request(request, now=now)
        if actor.pk == locked.user_id:
            raise NotAllowed("own_factor")
        close(locked, granted=False, actor=actor, now=now)
    return locked


def locked_request(request: FactorReset, *, now: datetime) -> FactorReset:
    """Lock a request that is still open; raise ``Conflict("factor_reset_over")`` otherwise."""
    locked = (
        FactorReset.objects.select_for_update(of=("self",))
        .select_related("user")
        .get(pk=request.pk)
    )
    if not locked.is_open(now):
        raise Conflict("factor_reset_over")
    return locked


def close(request: FactorReset, *, granted: bool, actor: User | None, now: datetime) -> None:
    """Note the answer (``actor`` is nobody where the time ran out) and close the work."""
    request.answered_at, request.answered_by, request.granted = now, actor, granted
    request.save(update_fields=["answered_at", "answered_by", "granted"])
    close_work(request, now=now)
