"""Calendar feeds: each person makes, revokes and subscribes to their own."""

import secrets
from datetime import datetime
from typing import Final

from portal.domain.lifecycle import Conflict
from portal.models import CalendarFeed, User
from portal.services.operations import operation
from portal.services.tokens import NOTED_EVERY, digest_of

PREFIX: Final = "hyc_"
"""How a feed's secret starts, so that a scanner recognises one that was published."""


def create_feed(*, actor: User, now: datetime) -> tuple[CalendarFeed, str]:
    """Make the person's feed and return it with its secret, which nobody can read again.

    An earlier one stops working at once.
    """
    with operation("calendar.create", actor=actor, now=now) as opened:
        User.objects.select_for_update().get(pk=actor.pk)
        secret = PREFIX + secrets.token_urlsafe(32)
        values = {
            "hint": secret[-4:],
            "digest": digest_of(secret),
            "created_at": now,
            "last_used_at": None,
        }
        feed, _new = CalendarFeed.objects.update_or_create(user=actor, defaults=values)
        opened.record("calendar.created", subject=feed, hint=feed.hint)
    return feed, secret


def revoke_feed(*, actor: User, now: datetime) -> None:
    """Revoke the person's feed: its address is unknown from now on. Raises ``not_found``."""
    with operation("calendar.revoke", actor=actor, now=now):
        deleted, _rows = CalendarFeed.objects.filter(user=actor).delete()
        if not deleted:
            raise Conflict("not_found")


def user_of_feed(*, secret: str, now: datetime) -> User | None:
    """Return whose feed this is, or ``None`` (one query; one more each hour, to note it)."""
    if not secret.startswith(PREFIX):
        return None
    feed = (
        CalendarFeed.objects.select_related("user")
        .filter(digest=digest_of(secret), user__is_active=True)
        .first()
    )
    if feed is None:
        return None
    if feed.last_used_at is None or now - feed.last_used_at >= NOTED_EVERY:
        CalendarFeed.objects.filter(pk=feed.pk).update(last_used_at=now)
    return feed.user
