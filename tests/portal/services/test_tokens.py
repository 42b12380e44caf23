"""Access tokens: shown once, kept as a digest, dead when they should be."""

from datetime import timedelta

import pytest

from portal.domain.lifecycle import Conflict, Invalid
from portal.models import AccessToken, AuditEntry
from portal.services.tokens import create_token, digest_of, revoke_token, user_of_token


def make(world, **changes):
    values = {"actor": world.owner, "label": "pip", "days": 30, "now": world.now}
    return create_token(**(values | changes))


def test_token_opens_for_its_owner_and_only_its_digest_is_kept(world):
    token, secret = make(world)
    assert user_of_token(secret=secret, now=world.now) == world.owner
    assert secret.startswith("hyt_")
    assert (token.digest, token.hint) == (digest_of(secret), secret[-4:])
    assert secret not in str(list(AuditEntry.objects.values_list("data", flat=True)))


@pytest.mark.parametrize("secret", ["", "hyt_", "hyt_wrong", "没有", "\udcff"])
def test_unknown_token_opens_nothing(world, secret):
    make(world)
    assert user_of_token(secret=secret, now=world.now) is None


def test_revoked_token_opens_nothing_and_is_revoked_once(world):
    token, secret = make(world)
    revoke_token(actor=world.owner, pk=token.pk, now=world.now)
    later = world.now + timedelta(days=1)
    assert revoke_token(actor=world.owner, pk=token.pk, now=later).revoked_at == world.now
    assert user_of_token(secret=secret, now=world.now) is None


def test_somebody_elses_token_is_not_found(world):
    token, secret = make(world)
    with pytest.raises(Conflict, match="not_found"):
        revoke_token(actor=world.owner2, pk=token.pk, now=world.now)
    assert user_of_token(secret=secret, now=world.now) == world.owner


def test_token_works_to_its_last_moment(world):
    token, secret = make(world)
    assert user_of_token(secret=secret, now=token.expires_at - timedelta(seconds=1))
    assert user_of_token(secret=secret, now=token.expires_at) is None


def test_token_of_a_disabled_person_opens_nothing(world):
    _token, secret = make(world)
    world.owner.is_active = False
    world.owner.save()
    assert user_of_token(secret=secret, now=world.now) is None


@pytest.mark.parametrize(
    ("changes", "code"), [({"label": " "}, "token_label"), ({"days": 31}, "token_days")]
)
def test_token_with_wrong_values_is_refused(world, changes, code):
    with pytest.raises(Invalid, match=code):
        make(world, **changes)
    assert AccessToken.objects.count() == 0


def test_one_token_too_many_is_refused_until_one_is_dead(world):
    tokens = [make(world, label=str(number))[0] for number in range(20)]
    with pytest.raises(Conflict, match="too_many_tokens"):
        make(world)
    revoke_token(actor=world.owner, pk=tokens[0].pk, now=world.now)
    make(world)


def test_last_use_is_noted_by_the_hour(world, queries):
    token, secret = make(world)
    moments = [world.now, world.now + timedelta(minutes=59), world.now + timedelta(minutes=61)]
    with queries(2):
        user_of_token(secret=secret, now=moments[0])
    with queries(1):
        user_of_token(secret=secret, now=moments[1])
    user_of_token(secret=secret, now=moments[2])
    token.refresh_from_db()
    assert token.last_used_at == moments[2]
