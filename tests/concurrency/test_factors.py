"""Several administrators at the same moment: one request, one answer."""

from collections import Counter
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

from portal.models import FactorReset, Notification
from portal.services.accounts import grant_role
from portal.services.audit import verify_chain
from portal.services.factors import (
    ask_factor_reset,
    confirm_factor_reset,
    decline_factor_reset,
)
from tests.concurrency.test_concurrency import all_at_once, code_of
from tests.world import World

PEOPLE = 8


@pytest.fixture
def world(transactional_db, now) -> World:
    made = World(now)
    grant_role(user=made.learner, role="secadmin", actor=made.secadmin, now=now)
    TOTP.activate(made.staff, generate_totp_secret())
    return made


def test_reset_asked_at_once_is_asked_once(world):
    askers = (world.secadmin, world.learner)
    outcomes = all_at_once(
        lambda number: ask_factor_reset(
            user=world.staff, reason="手机遗失", actor=askers[number % 2], now=world.now
        ),
        PEOPLE,
    )
    assert Counter(map(code_of, outcomes)) == {"done": 1, "factor_reset_open": PEOPLE - 1}
    assert FactorReset.objects.count() == 1


@pytest.mark.parametrize(
    "deeds", [(confirm_factor_reset,), (confirm_factor_reset, decline_factor_reset)]
)
def test_reset_answered_at_once_is_answered_once(world, deeds):
    request = ask_factor_reset(
        user=world.staff, reason="手机遗失", actor=world.secadmin, now=world.now
    )
    answerers = (world.sysadmin, world.learner)
    later = world.now + timedelta(minutes=5)
    outcomes = all_at_once(
        lambda number: deeds[number % len(deeds)](
            request=request, actor=answerers[number % 2], now=later
        ),
        PEOPLE,
    )
    assert Counter(map(code_of, outcomes)) == {"done": 1, "factor_reset_over": PEOPLE - 1}
    request.refresh_from_db()
    assert Authenticator.objects.filter(user=world.staff).exists() is not request.granted
    told = Notification.objects.filter(user=world.staff, kind="factor_reset_done").count()
    assert told == request.granted
    assert verify_chain().broken is None
