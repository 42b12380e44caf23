"""People and their own data: requests, masks with reasons, closing, deletion."""

import re
from datetime import date, timedelta

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.apps import apps
from django.core.exceptions import ValidationError
from django.utils.translation import override

from portal.domain.lifecycle import Conflict, Invalid, NotAllowed
from portal.labels.records import records_name
from portal.models import AuditEntry, DataRequest, Notification, User, WorkItem
from portal.notifications import notify
from portal.selectors.personal import data_register, holdings
from portal.services.personal import (
    Contact,
    answer,
    ask,
    erase,
    note_export,
    reveal_contact,
    set_account,
    to_be_erased,
)
from portal.services.tokens import create_token, user_of_token
from portal.templatetags.portal_words import model_name

WHY = "核对补正材料，需电话联系"


def asked(world, kind="delete", login="learner"):
    return ask(user=world.people[login], kind=kind, text="请处理", now=world.now)


def answered(world, request, *, granted=True, **changes):
    values = {"text": "已办理", "actor": world.secadmin, "now": world.now}
    return answer(request=request, granted=granted, **(values | changes))


def test_request_waits_for_the_security_administrators_fifteen_working_days(world):
    request = asked(world)
    item = WorkItem.objects.get(kind="data_request")
    assert request.due_on == item.due_on == date(2026, 12, 14)
    assert (item.role, item.closed_at) == ("secadmin", None)
    with pytest.raises(Conflict, match="request_open"):
        asked(world)
    asked(world, "correct")


@pytest.mark.parametrize(("kind", "text"), [("sell", "x"), ("correct", " ")])
def test_request_without_kind_or_words_is_refused(world, kind, text):
    with pytest.raises(ValidationError):
        ask(user=world.learner, kind=kind, text=text, now=world.now)


def test_answer_closes_the_work_and_reaches_the_person(world):
    request = answered(world, asked(world, "correct"))
    assert (request.granted, request.answered_by) == (True, world.secadmin)
    assert WorkItem.objects.get(kind="data_request").closed_at == world.now
    assert Notification.objects.get(user=world.learner).params == {"answer": "已办理"}
    with pytest.raises(Conflict, match="already_decided"):
        answered(world, request)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"actor": "sysadmin"}, NotAllowed),
        ({"actor": "learner"}, NotAllowed),
        ({"text": " "}, Invalid),
    ],
)
def test_answer_is_the_security_administrators_with_reasons(world, changes, error):
    request = asked(world)
    if "actor" in changes:
        changes = {"actor": world.people[changes["actor"]]}
    with pytest.raises(error):
        answered(world, request, **changes)
    request.refresh_from_db()
    assert request.answered_at is None


def test_nobody_answers_their_own_request(world):
    with pytest.raises(NotAllowed, match="own_request"):
        answered(world, asked(world, login="secadmin"))


@pytest.mark.parametrize("granted", [True, False])
def test_restriction_stops_mail_and_reveal(world, granted):
    answered(world, asked(world, "restrict"), granted=granted)
    learner = User.objects.get(pk=world.learner.pk)
    assert (learner.restricted_at is not None) is granted
    world.drain()
    Notification.objects.all().delete()
    notify([learner], "job_parked", key="x", now=world.now, task="x")
    assert Notification.objects.filter(user=learner).count() == 1
    from portal.models import Job

    waiting = Job.objects.filter(state="waiting", task="portal.notifications.mail").count()
    assert waiting == (0 if granted else 1)
    if granted:
        with pytest.raises(Conflict, match="use_restricted"):
            reveal_contact(user=learner, reason=WHY, actor=world.secadmin, now=world.now)


def test_contact_is_revealed_for_a_reason_and_audited(world):
    found = reveal_contact(user=world.owner, reason=WHY, actor=world.secadmin, now=world.now)
    assert found == Contact("owner@demo.example", "")
    entry = AuditEntry.objects.latest("number")
    assert (entry.action, entry.reason, entry.subject_id) == (
        "person.reveal",
        WHY,
        str(world.owner.pk),
    )
    assert "owner@" not in str(entry.data)


@pytest.mark.parametrize(
    ("login", "reason", "error"),
    [("secadmin", " ", Invalid), ("sysadmin", WHY, NotAllowed), ("staff", WHY, NotAllowed)],
)
def test_contact_is_not_revealed_otherwise(world, login, reason, error):
    with pytest.raises(error):
        reveal_contact(user=world.owner, reason=reason, actor=world.people[login], now=world.now)
    assert AuditEntry.objects.latest("number").outcome == "refused"


def account(world, active, login="learner", actor="secadmin", reason="离职"):
    return set_account(
        user=world.people[login],
        active=active,
        reason=reason,
        actor=world.people[actor],
        now=world.now,
    )


def test_closed_account_is_out_at_once_and_keeps_its_history(world):
    client = world.client("learner")
    _token, secret = create_token(actor=world.learner, label="pip", days=30, now=world.now)
    assert client.get("/workspace/").status_code == 200
    before = AuditEntry.objects.filter(actor_id=world.learner.pk).count()
    assert account(world, active=False).is_active is False
    assert client.get("/workspace/").status_code == 302
    assert user_of_token(secret=secret, now=world.now) is None
    assert AuditEntry.objects.filter(actor_id=world.learner.pk).count() == before > 0
    assert account(world, active=True).is_active is True


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"actor": "sysadmin"}, NotAllowed),
        ({"login": "secadmin"}, NotAllowed),
        ({"reason": " "}, Invalid),
    ],
)
def test_account_is_closed_by_the_security_administrator_with_a_reason(world, changes, error):
    with pytest.raises(error):
        account(world, active=False, **changes)


def test_account_of_the_last_administrator_stays_open(world):
    with pytest.raises(Conflict, match="last_administrator"):
        account(world, active=False, login="sysadmin")
    with pytest.raises(Conflict, match="last_administrator"):
        answered(world, asked(world, login="auditor"))
    assert User.objects.get(pk=world.auditor.pk).is_active


def test_records_are_named_in_the_readers_language():
    names = []
    for label, line in data_register().items():
        if line.person:
            with override("zh-hans"):
                names.append(records_name(apps.get_model(label)))
    english = [name for name in names if re.search(r"[a-z]", name)]
    assert english == []


@pytest.mark.parametrize("name", ["usersessions.usersession", "incubator.coursepage", "x.y"])
def test_kind_of_a_subject_is_named(name):
    with override("zh-hans"):
        assert (
            model_name(name)
            == {
                "usersessions.usersession": "登录记录",
                "incubator.coursepage": "课程",
                "x.y": "x.y",
            }[name]
        )


def test_granted_deletion_closes_at_once_and_erases_a_week_later(world):
    TOTP.activate(world.learner, generate_totp_secret())
    note_export(user=world.learner, tables=1, now=world.now)
    answered(world, asked(world))
    assert User.objects.get(pk=world.learner.pk).is_active is False
    assert to_be_erased(world.now + timedelta(days=6)) == []
    later = world.now + timedelta(days=7)
    assert to_be_erased(later) == [world.learner]
    erase(user=world.learner, now=later)
    assert to_be_erased(later) == []
    gone = User.objects.get(pk=world.learner.pk)
    assert (gone.name, gone.email) == (f"#{gone.pk}", f"{gone.pk}@erased.invalid")
    assert not gone.has_usable_password()
    assert not gone.groups.exists()
    assert not Authenticator.objects.filter(user=gone).exists()
    assert "learner@demo.example" not in str([one.rows for one in holdings(gone)])
    with pytest.raises(Conflict, match="account_erased"):
        account(world, active=True)
    assert DataRequest.objects.filter(user=gone).count() == 1


def test_deletion_that_was_not_granted_erases_nobody(world):
    answered(world, asked(world), granted=False)
    assert User.objects.get(pk=world.learner.pk).is_active is True
    assert to_be_erased(world.now + timedelta(days=99)) == []


def test_holdings_show_a_person_their_own_and_nobody_elses(world):
    create_token(actor=world.owner, label="pip", days=30, now=world.now)
    mine = {one.line.model: one.rows for one in holdings(world.owner)}
    assert mine["portal.User"][0]["email"] == "owner@demo.example"
    assert mine["portal.AccessToken"][0]["label"] == "pip"
    assert mine["portal.AuditEntry"][0]["action"] == "token.create"
    theirs = {one.line.model for one in holdings(world.owner2)}
    assert "portal.AccessToken" not in theirs
