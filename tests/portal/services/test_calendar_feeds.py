"""Calendar feeds: one a person, shown once, revoked for good."""

from datetime import timedelta

import pytest

from portal.domain.lifecycle import Conflict
from portal.models import AuditEntry, CalendarFeed
from portal.services.calendar_feeds import create_feed, revoke_feed, user_of_feed


def test_secret_is_kept_as_its_digest_only(world):
    feed, secret = create_feed(actor=world.owner, now=world.now)
    assert secret.startswith("hyc_")
    assert secret not in str(CalendarFeed.objects.values().get())
    assert (feed.hint, str(feed)) == (secret[-4:], f"…{secret[-4:]}")
    assert secret not in str(list(AuditEntry.objects.values_list("data", flat=True)))
    assert user_of_feed(secret=secret, now=world.now) == world.owner


def test_new_feed_ends_the_earlier_one(world):
    _feed, old = create_feed(actor=world.owner, now=world.now)
    _feed, new = create_feed(actor=world.owner, now=world.now)
    assert user_of_feed(secret=old, now=world.now) is None
    assert user_of_feed(secret=new, now=world.now) == world.owner
    assert CalendarFeed.objects.count() == 1


def test_revoked_feed_opens_nothing(world):
    _feed, secret = create_feed(actor=world.owner, now=world.now)
    revoke_feed(actor=world.owner, now=world.now)
    assert user_of_feed(secret=secret, now=world.now) is None
    with pytest.raises(Conflict, match="not_found"):
        revoke_feed(actor=world.owner, now=world.now)


def test_feed_of_a_closed_account_opens_nothing(world):
    _feed, secret = create_feed(actor=world.owner, now=world.now)
    world.owner.is_active = False
    world.owner.save()
    assert user_of_feed(secret=secret, now=world.now) is None


def test_nonsense_and_access_tokens_open_nothing(world):
    for secret in ("", "hyc_", "hyc_x", "hyt_x", "hyc_\ud800", "hyc_\0"):
        assert user_of_feed(secret=secret, now=world.now) is None


def test_reading_is_noted_once_an_hour(world, queries):
    feed, secret = create_feed(actor=world.owner, now=world.now)
    with queries(2):
        user_of_feed(secret=secret, now=world.now)
    with queries(1):
        user_of_feed(secret=secret, now=world.now + timedelta(minutes=59))
    feed.refresh_from_db()
    assert feed.last_used_at == world.now
    user_of_feed(secret=secret, now=world.now + timedelta(hours=1))
    feed.refresh_from_db()
    assert feed.last_used_at == world.now + timedelta(hours=1)
