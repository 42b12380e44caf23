"""Access tokens: each person makes, revokes and uses their own."""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Final

from portal.domain.lifecycle import Conflict, Invalid
from portal.domain.texts import is_blank
from portal.models import AccessToken, User
from portal.services.operations import operation

PREFIX: Final = "hyt_"
"""How a secret starts, so that a scanner of code recognises one that was published."""
MOST_LIVE: Final = 20
LIFETIMES: Final = (30, 90, 365)
"""Days among which a person chooses."""
NOTED_EVERY: Final = timedelta(hours=1)
"""How exact “last used” is: a write for every request would make readers wait for writers."""


def create_token(*, actor: User, label: str, days: int, now: datetime) -> tuple[AccessToken, str]:
    """Make a token and return it with its secret, which nobody can read again.

    Raises ``Invalid`` (``token_label``, ``token_days``) or ``Conflict("too_many_tokens")``.
    """
    with operation("token.create", actor=actor, now=now, label=label.strip(), days=days) as opened:
        User.objects.select_for_update().get(pk=actor.pk)
        if is_blank(label):
            raise Invalid("token_label", fields={"label": "token_label"})
        if days not in LIFETIMES:
            raise Invalid("token_days", fields={"days": "token_days"})
        if AccessToken.objects.filter(user=actor).live(now).count() >= MOST_LIVE:
            raise Conflict("too_many_tokens", most=MOST_LIVE)
        secret = PREFIX + secrets.token_urlsafe(32)
        token = AccessToken.objects.create(
            user=actor,
            label=label.strip()[:80],
            hint=secret[-4:],
            digest=digest_of(secret),
            created_at=now,
            expires_at=now + timedelta(days=days),
        )
        opened.record("token.created", subject=token, hint=token.hint)
    return token, secret


def revoke_token(*, actor: User, pk: int, now: datetime) -> AccessToken:
    """Revoke one's own token; once is enough. Raises ``Conflict("not_found")``."""
    with operation("token.revoke", actor=actor, now=now, pk=pk):
        token = AccessToken.objects.select_for_update().filter(user=actor, pk=pk).first()
        if token is None:
            raise Conflict("not_found")
        if token.revoked_at is None:
            token.revoked_at = now
            token.save(update_fields=["revoked_at"])
    return token


def user_of_token(*, secret: str, now: datetime) -> User | None:
    """Return whose live token this is, or ``None`` (one query; one more each hour, to note it)."""
    if not secret.startswith(PREFIX):
        return None
    token = (
        AccessToken.objects.live(now)
        .select_related("user")
        .filter(digest=digest_of(secret))
        .first()
    )
    if token is None:
        return None
    if token.last_used_at is None or now - token.last_used_at >= NOTED_EVERY:
        AccessToken.objects.filter(pk=token.pk).update(last_used_at=now)
    return token.user


def digest_of(secret: str) -> str:
    """Return what is stored of a secret: it is long and random, so one SHA-256 protects it."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
