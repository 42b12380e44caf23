"""The rules of signing in: addresses, locks, sessions, passwords, dormant accounts."""

import ipaddress
import unicodedata
from collections.abc import Collection
from datetime import datetime, timedelta

CLASSES_WANTED = 3
LONG = 12
SHORTEST = 8


def client_address(remote: str, forwarded: str, proxies: int) -> str:
    """Return the address of whoever asked, as far as it can be trusted.

    ``remote`` is the connection's other end, ``forwarded`` the X-Forwarded-For header and
    ``proxies`` how many proxies of our own stand before us: each appends the address that it
    saw, so the client's is that many places from the right. Whatever stands further left was
    written by the client and is ignored; a header that is too short or no address leaves
    ``remote``.

    >>> client_address("10.0.0.1", "1.2.3.4, 203.0.113.9", 1)
    '203.0.113.9'
    >>> client_address("203.0.113.9", "1.2.3.4", 0)
    '203.0.113.9'
    """
    if proxies < 1:
        return remote
    hops = [part.strip() for part in forwarded.split(",")]
    if len(hops) < proxies:
        return remote
    try:
        return str(ipaddress.ip_address(hops[-proxies].strip("[]")))
    except ValueError:
        return remote


def normal_login(text: str) -> str:
    """Return a login as it is compared: compatible widths and case are one and the same.

    >>> normal_login(" Ｏwner@Ｄemo.example ")
    'owner@demo.example'
    """
    return unicodedata.normalize("NFKC", text).strip().lower()


def locked_until(
    failures: Collection[datetime], now: datetime, *, most: int, window: timedelta
) -> datetime | None:
    """Return until when a login is locked, or ``None``.

    ``failures`` are the moments of the failed attempts of one account from one address, as far
    back as two windows. The ``most``-th within a ``window`` locks for a ``window`` from then.
    """
    moments = sorted(moment for moment in failures if moment <= now)
    for nth in range(len(moments) - 1, most - 2, -1):
        if moments[nth] - moments[nth - most + 1] < window and now < moments[nth] + window:
            return moments[nth] + window
    return None


def session_end(
    now: float, *, started: float, seen: float, idle_seconds: int, absolute_seconds: int
) -> str:
    """Return why a session is over (``idle``, ``absolute``), or “” (times in epoch seconds).

    >>> session_end(1801, started=0, seen=0, idle_seconds=1800, absolute_seconds=43200)
    'idle'
    """
    if now - started > absolute_seconds:
        return "absolute"
    return "idle" if now - seen > idle_seconds else ""


def classes_of(password: str) -> int:
    """Return how many of lower case, upper case, digits and everything else occur.

    >>> classes_of("demo-630123")
    3
    """
    return len({class_of(character) for character in password})


def class_of(character: str) -> str:
    """Return a character's class."""
    if character.isdecimal():
        return "digit"
    if character.isupper():
        return "upper"
    return "lower" if character.islower() else "other"


def password_weakness(password: str, *, administrator: bool) -> str:
    """Return what a password lacks (``length``, ``classes``), or “”.

    12 characters of any kind, or 8 of three classes; an administrator's needs both 12
    characters and three classes (GB/T 22239-2019, 身份鉴别 a).
    """
    varied = classes_of(password) >= CLASSES_WANTED
    if len(password) < (LONG if administrator else SHORTEST):
        return "length"
    if varied or (len(password) >= LONG and not administrator):
        return ""
    return "classes"


def password_due(
    set_at: datetime | None, now: datetime, *, max_age_days: int, first_change: bool
) -> bool:
    """Return whether a password must be changed before anything else.

    ``set_at`` is when its owner chose it; ``None`` means that somebody else did. 0 days: never.
    """
    if set_at is None:
        return first_change
    return max_age_days > 0 and now - set_at > timedelta(days=max_age_days)


def is_dormant(last_login: datetime | None, joined: datetime, now: datetime, days: int) -> bool:
    """Return whether nobody has signed in to an account for more than ``days`` days."""
    return now - (last_login or joined) > timedelta(days=days)
