"""Signing in and out: locks, audit, the passwords that a person chose, dormant accounts."""

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.utils.crypto import salted_hmac

from portal.domain.lifecycle import Refused
from portal.domain.signin import locked_until, normal_login
from portal.models import LoginFailure, PasswordRecord, User
from portal.services.operations import operation

LOGIN_SALT = "portal.login"


class Locked(Refused):
    """Too many failed attempts on this account from this address: try again later."""

    status = 429


def login_key(login: str) -> str:
    """Return the keyed digest under which attempts on a login are counted."""
    return salted_hmac(LOGIN_SALT, normal_login(login), algorithm="sha256").hexdigest()


def lock_window() -> timedelta:
    """Return how long failures count, and how long a lock lasts."""
    return timedelta(seconds=settings.LOGIN_LOCK_SECONDS)


def refuse_locked(*, login: str, address: str, now: datetime) -> None:
    """Raise ``Locked`` while attempts on this account from this address are locked.

    The owner's attempts from another address are counted apart, so that nobody can lock an
    owner out. The refused attempt is audited.
    """
    moments = LoginFailure.objects.filter(
        login=login_key(login), address=address, at__gt=now - 2 * lock_window()
    ).values_list("at", flat=True)
    until = locked_until(list(moments), now, most=settings.LOGIN_FAILURES, window=lock_window())
    if until is None:
        return
    with operation("login", actor=None, now=now, subject=user_of_login(login)):
        raise Locked("login_locked", until=until)


def user_of_login(login: str) -> User | None:
    """Return whose login it is; what was typed is never written anywhere."""
    return User.objects.filter(email__iexact=normal_login(login)).first()


def note_failure(*, login: str, address: str, now: datetime) -> None:
    """Count a failed attempt and audit it; the one that locks is audited as such."""
    with operation("login.failed", actor=None, now=now, subject=user_of_login(login)) as opened:
        key = login_key(login)
        LoginFailure.objects.create(login=key, address=address, at=now)
        recent = LoginFailure.objects.filter(
            login=key, address=address, at__gt=now - lock_window()
        ).count()
        if recent == settings.LOGIN_FAILURES:
            opened.record("login.locked", subject=user_of_login(login))


def note_login(*, user: User, address: str, now: datetime) -> None:
    """Audit a log-in and forget the failures before it from the same address."""
    with operation("login", actor=user, now=now, subject=user):
        LoginFailure.objects.filter(login=login_key(user.email), address=address).delete()


def note_logout(*, user: User, why: str, now: datetime) -> None:
    """Audit the end of a session: by the person (``left``), or ``idle``, or ``absolute``."""
    with operation("logout", actor=user, now=now, subject=user, why=why):
        pass


def remember_password(*, user: User, encoded: str, now: datetime) -> None:
    """Keep the encoded form of a chosen password; only the newest few are kept."""
    PasswordRecord.objects.create(user=user, encoded=encoded, at=now)
    kept = PasswordRecord.objects.filter(user=user).values_list("pk", flat=True)
    PasswordRecord.objects.filter(
        user=user, pk__in=list(kept[settings.PASSWORD_HISTORY :])
    ).delete()


def used_before(*, user: User, password: str) -> bool:
    """Return whether ``password`` is the person's present one or one of the last few."""
    if not user.pk:
        return False
    records = PasswordRecord.objects.filter(user=user)[: settings.PASSWORD_HISTORY]
    candidates = {user.password, *(record.encoded for record in records)}
    return any(check_password(password, encoded) for encoded in candidates)


def choose_password(*, user: User, password: str, now: datetime) -> None:
    """Set the password that its owner chose (the faces have validated it). Audited."""
    with operation("password.change", actor=user, now=now, subject=user):
        user.set_password(password)
        user.password_set_at = now
        user.save()
