"""A lost second factor: two administrators together, never for oneself, never one alone."""

from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core import mail
from django.db import IntegrityError, transaction
from django.utils import timezone

from portal import tasks
from portal.domain.lifecycle import Conflict, Invalid, NotAllowed
from portal.models import AuditEntry, FactorReset, Notification, User, WorkItem
from portal.services.accounts import grant_role
from portal.services.factors import (
    ask_factor_reset,
    confirm_factor_reset,
    decline_factor_reset,
    expire_factor_resets,
)
from portal.services.people import set_preferences

WHY = "手机遗失，已当面核验身份证件"


@pytest.fixture
def second(world) -> User:
    """Return a second security administrator."""
    grant_role(user=world.learner, role="secadmin", actor=world.secadmin, now=world.now)
    return world.learner


def protected(user: User) -> None:
    TOTP.activate(user, generate_totp_secret())
    RecoveryCodes.activate(user)


def asked(world, login="staff", actor="secadmin", reason=WHY, after=0.0):
    user = world.people[login]
    if not Authenticator.objects.filter(user=user).exists():
        protected(user)
    now = world.now + timedelta(hours=after)
    return ask_factor_reset(user=user, reason=reason, actor=world.people[actor], now=now)


def confirmed(world, request, actor="sysadmin", after=1.0):
    now = world.now + timedelta(hours=after)
    return confirm_factor_reset(request=request, actor=world.people[actor], now=now)


def trail() -> list[tuple[str, str, str]]:
    rows = AuditEntry.objects.filter(action__startswith="factor.").order_by("number")
    return list(rows.values_list("action", "actor_name", "outcome"))


def test_two_administrators_take_a_lost_factor_off(world):
    client = world.client("staff")
    assert client.get("/workspace/profile/").status_code == 200
    request = confirmed(world, asked(world))
    assert (request.granted, request.answered_by) == (True, world.sysadmin)
    assert not Authenticator.objects.filter(user=world.staff).exists()
    assert client.get("/workspace/profile/").status_code == 302
    assert User.objects.get(pk=world.staff.pk).factor_reset_at == request.answered_at
    assert [(action, outcome) for action, _name, outcome in trail()] == [
        ("factor.ask", "done"),
        ("factor.confirm", "done"),
    ]
    entry = AuditEntry.objects.get(action="factor.ask")
    assert (entry.reason, entry.subject_id) == (WHY, str(world.staff.pk))


def test_other_peoples_factors_and_sessions_stay(world):
    protected(world.training)
    client = world.client("training")
    assert client.get("/workspace/profile/").status_code == 200
    confirmed(world, asked(world))
    assert Authenticator.objects.filter(user=world.training).count() == 2
    assert client.get("/workspace/profile/").status_code == 200


def test_person_is_told_twice_in_the_portal_and_by_mail_whatever_they_chose(world):
    kinds = ("factor_reset_asked", "factor_reset_done")
    silent = dict.fromkeys(kinds, (False, False))
    set_preferences(user=world.staff, choices=silent, now=world.now)
    User.objects.filter(pk=world.staff.pk).update(restricted_at=world.now)
    world.staff.refresh_from_db()
    confirmed(world, asked(world))
    world.drain()
    told = Notification.objects.filter(user=world.staff, in_app=True).order_by("pk")
    assert tuple(told.values_list("kind", flat=True)) == kinds
    mails = [sent for sent in mail.outbox if sent.to == [world.staff.email]]
    assert len(mails) == 2
    assert "switch these messages off" not in "".join(sent.body for sent in mails)


def test_second_person_finds_it_among_their_work(world, second):
    request = asked(world)
    waiting = {
        login
        for login in ("sysadmin", "secadmin", "auditor", "learner", "staff")
        if WorkItem.objects.waiting_for(world.people[login], timezone.localdate(world.now))
        .filter(kind="factor_reset")
        .exists()
    }
    assert waiting == {"sysadmin", "learner"}
    confirmed(world, request, actor="learner")
    assert not WorkItem.objects.open().filter(kind="factor_reset").exists()


@pytest.mark.parametrize(
    ("changes", "error", "code"),
    [
        ({"actor": "sysadmin"}, NotAllowed, "role"),
        ({"actor": "auditor"}, NotAllowed, "role"),
        ({"actor": "staff"}, NotAllowed, "role"),
        ({"login": "secadmin"}, NotAllowed, "own_factor"),
        ({"reason": "  "}, Invalid, "reason_required"),
    ],
)
def test_request_is_refused(world, changes, error, code):
    with pytest.raises(error, match=code):
        asked(world, **changes)
    assert FactorReset.objects.count() == 0
    assert AuditEntry.objects.latest("number").outcome == "refused"


def test_person_without_a_factor_needs_no_reset(world):
    with pytest.raises(Conflict, match="no_factor"):
        ask_factor_reset(user=world.staff, reason=WHY, actor=world.secadmin, now=world.now)


@pytest.mark.parametrize(
    ("login", "actor", "code"),
    [
        ("staff", "secadmin", "same_person"),
        ("staff", "auditor", "role"),
        ("staff", "lead", "role"),
        ("staff", "staff", "role"),
        ("sysadmin", "sysadmin", "own_factor"),
        ("learner", "learner", "own_factor"),
    ],
)
def test_confirmation_is_refused(world, second, login, actor, code):
    request = asked(world, login)
    with pytest.raises(NotAllowed, match=code):
        confirmed(world, request, actor)
    request.refresh_from_db()
    assert request.answered_at is None
    assert Authenticator.objects.filter(user=world.people[login]).count() == 2


def test_request_holds_for_a_day_and_is_answered_once(world, second):
    request = asked(world)
    with pytest.raises(Conflict, match="factor_reset_over"):
        confirmed(world, request, after=24.0)
    confirmed(world, request, after=23.9)
    with pytest.raises(Conflict, match="factor_reset_over"):
        confirmed(world, request, "learner", after=23.95)
    with pytest.raises(Conflict, match="factor_reset_over"):
        decline_factor_reset(request=request, actor=world.sysadmin, now=world.now)


@pytest.mark.parametrize("actor", ["secadmin", "sysadmin"])
def test_declined_or_taken_back_changes_nothing(world, actor):
    request = asked(world)
    decline_factor_reset(request=request, actor=world.people[actor], now=world.now)
    request.refresh_from_db()
    assert (request.granted, request.answered_by) == (False, world.people[actor])
    assert Authenticator.objects.filter(user=world.staff).count() == 2
    assert not WorkItem.objects.open().filter(kind="factor_reset").exists()
    assert asked(world).pk != request.pk


@pytest.mark.parametrize(
    ("login", "actor", "code"),
    [("staff", "auditor", "role"), ("sysadmin", "sysadmin", "own_factor")],
)
def test_decline_is_refused(world, login, actor, code):
    request = asked(world, login)
    with pytest.raises(NotAllowed, match=code):
        decline_factor_reset(request=request, actor=world.people[actor], now=world.now)


def test_one_request_at_a_time_until_it_expires(world):
    first = asked(world)
    with pytest.raises(Conflict, match="factor_reset_open"):
        asked(world, after=23.9)
    second = asked(world, after=24.0)
    first.refresh_from_db()
    assert (first.granted, first.answered_by, second.answered_at) == (False, None, None)
    assert WorkItem.objects.open().filter(kind="factor_reset").count() == 1
    assert ("factor.expired", world.secadmin.name, "done") in trail()


def test_night_closes_what_nobody_answered(world):
    request = asked(world)
    assert expire_factor_resets(now=world.now + timedelta(hours=23)) == 0
    FactorReset.objects.update(
        asked_at=world.now - timedelta(days=400), expires_at=world.now - timedelta(days=399)
    )
    tasks.run_retention()
    request.refresh_from_db()
    assert request.answered_at is not None
    assert not WorkItem.objects.open().filter(kind="factor_reset").exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"asked_by": "staff"},
        {"granted": True},
        {"granted": True, "answered_by": "staff", "answered_after": 1},
        {"granted": True, "answered_by": "secadmin", "answered_after": 1},
        {"granted": True, "answered_by": "sysadmin", "answered_after": 25},
    ],
)
def test_database_defends_itself(world, changes):
    asked(world)
    values = {
        key: world.people[value] if isinstance(value, str) else value
        for key, value in changes.items()
    }
    if hours := values.pop("answered_after", 0):
        values["answered_at"] = world.now + timedelta(hours=hours)
    with pytest.raises(IntegrityError), transaction.atomic():
        FactorReset.objects.update(**values)
