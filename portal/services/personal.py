"""What people may have done with their own data, and what others may see of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db import IntegrityError, transaction
from django.db.models import Model
from django.utils import timezone

from portal.domain.calendar import add_working_days
from portal.domain.lifecycle import Conflict, Invalid, NotAllowed
from portal.domain.roles import Role
from portal.domain.texts import is_blank
from portal.models import (
    AccessToken,
    CalendarFeed,
    DataRequest,
    FormDraft,
    Notification,
    NotificationPreference,
    PasswordRecord,
    User,
)
from portal.notifications import notify
from portal.permissions import require_role
from portal.services.accounts import refuse_last_administrator
from portal.services.operations import operation
from portal.services.work import close_work, open_work

ANSWER_WORKING_DAYS = 15
ERASED_DOMAIN = "erased.invalid"
REGRET = timedelta(days=7)
"""Between the grant of a deletion and the deletion: the account is closed, nothing is gone yet."""

OWNED: tuple[type[Model], ...] = (
    AccessToken,
    Authenticator,
    CalendarFeed,
    EmailAddress,
    FormDraft,
    Notification,
    NotificationPreference,
    PasswordRecord,
    UserSession,
)
"""What goes with an account: rows whose ``user`` it is."""


@dataclass(frozen=True)
class Contact:
    """How a person can be reached."""

    email: str
    phone: str


def note_export(*, user: User, tables: int, now: datetime) -> None:
    """Audit that a person took away their own data."""
    with operation("person.export", actor=user, now=now, subject=user, tables=tables):
        pass


def ask(*, user: User, kind: str, text: str, now: datetime) -> DataRequest:
    """Ask to have one's data corrected, restricted or deleted; due in 15 working days.

    Opens work for the security administrators. Raises ``Conflict("request_open")`` while the
    same request waits.
    """
    with operation("person.ask", actor=user, now=now, subject=user, kind=kind):
        due = add_working_days(timezone.localdate(now), ANSWER_WORKING_DAYS).value
        request = DataRequest(user=user, kind=kind, text=text.strip(), asked_at=now, due_on=due)
        request.full_clean(validate_constraints=False)
        try:
            with transaction.atomic():
                request.save()
        except IntegrityError as error:
            raise Conflict("request_open") from error
        open_work(
            "data_request",
            subject=request,
            url="/workspace/data-requests/",
            now=now,
            due_on=due,
            role=Role.SECURITY_ADMIN,
        )
    return request


def answer(
    *, request: DataRequest, granted: bool, text: str, actor: User, now: datetime
) -> DataRequest:
    """Answer a request, with reasons, and do what was granted.

    A restriction holds at once. A granted deletion closes the account at once; what can be
    deleted is deleted a week later (``erase_due``). Only the security administrator, never on
    their own request.
    """
    with operation("person.answer", actor=actor, now=now, subject=request.user, granted=granted):
        require_role(actor, Role.SECURITY_ADMIN)
        if actor.pk == request.user_id:
            raise NotAllowed("own_request")
        if is_blank(text):
            raise Invalid("text_required", fields={"text": "text_required"})
        locked = DataRequest.objects.select_for_update(of=("self",)).get(pk=request.pk)
        if locked.answered_at is not None:
            raise Conflict("already_decided")
        locked.granted, locked.answer = granted, text.strip()
        locked.answered_at, locked.answered_by = now, actor
        locked.save()
        close_work(locked, now=now)
        notify(
            [locked.user],
            "data_answer",
            key=f"data-request:{locked.pk}",
            now=now,
            url="/workspace/my-data/",
            answer=locked.answer,
        )
        if granted and locked.kind == "restrict":
            User.objects.filter(pk=locked.user_id, restricted_at=None).update(restricted_at=now)
        if granted and locked.kind == "delete":
            close(locked.user)
    return locked


def reveal_contact(*, user: User, reason: str, actor: User, now: datetime) -> Contact:
    """Return a person's address and phone to a security administrator; audited with the reason.

    Raises ``Conflict("use_restricted")`` for a person whose data may only be kept.
    """
    with operation("person.reveal", actor=actor, now=now, subject=user, reason=reason.strip()):
        require_role(actor, Role.SECURITY_ADMIN)
        if is_blank(reason):
            raise Invalid("reason_required", fields={"reason": "reason_required"})
        if user.restricted_at is not None:
            raise Conflict("use_restricted")
    return Contact(user.email, user.phone)


def set_account(*, user: User, active: bool, reason: str, actor: User, now: datetime) -> User:
    """Close an account (a leaver, nobody uses it) or open it again; history stays.

    Sessions end at once. Only the security administrator, never their own.
    """
    deed = "account.open" if active else "account.close"
    with operation(deed, actor=actor, now=now, subject=user, reason=reason.strip()):
        require_role(actor, Role.SECURITY_ADMIN)
        if actor.pk == user.pk:
            raise NotAllowed("own_account")
        if is_blank(reason):
            raise Invalid("reason_required", fields={"reason": "reason_required"})
        if user.email.endswith(f"@{ERASED_DOMAIN}"):
            raise Conflict("account_erased")
        if active:
            User.objects.filter(pk=user.pk).update(is_active=True)
        else:
            close(user)
        user.refresh_from_db(fields=["is_active"])
    return user


def close(user: User) -> None:
    """Keep a person from signing in, now: sessions and tokens end with the account.

    Raises ``Conflict("last_administrator")`` (see ``refuse_last_administrator``).
    """
    refuse_last_administrator(user)
    User.objects.filter(pk=user.pk).update(is_active=False)
    end_sessions(user)


def end_sessions(user: User) -> None:
    """End every session of a person on the server, now."""
    for session in UserSession.objects.filter(user=user):
        session.end()


def to_be_erased(now: datetime) -> list[User]:
    """Return people whose granted deletion is due."""
    due = DataRequest.objects.filter(kind="delete", granted=True, answered_at__lte=now - REGRET)
    people = User.objects.filter(pk__in=due.values("user"), is_active=False)
    return list(people.exclude(email__endswith=f"@{ERASED_DOMAIN}").order_by("pk"))


def erase(*, user: User, now: datetime) -> None:
    """Delete what says who a closed account was; records of procedure keep a number only."""
    with operation("person.erase", actor=None, now=now, subject=user):
        for model in OWNED:
            model._default_manager.filter(user=user).delete()
        user.memberships.filter(active=True).update(active=False, until=now)
        user.groups.clear()
        user.name, user.email, user.phone = f"#{user.pk}", f"{user.pk}@{ERASED_DOMAIN}", ""
        user.first_name = user.last_name = ""
        user.set_unusable_password()
        user.is_active = False
        user.save()
