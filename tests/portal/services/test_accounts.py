"""Organisations, memberships, roles and invitations."""

from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.core import mail
from django.core.exceptions import PermissionDenied
from django.db import transaction

from portal.domain.identifiers import make_uscc
from portal.domain.lifecycle import Conflict, Invalid, NotAllowed
from portal.models import Invitation, Job, Membership, Notification, Organisation, User
from portal.notifications import enqueue_job
from portal.services.accounts import (
    accept_invitation,
    add_member,
    administrators_clash_free,
    create_person,
    end_membership,
    grant_role,
    invitation_of,
    invitation_token,
    invite,
    register_organisation,
    revoke_role,
    save_new,
)

CODE = make_uscc("91", "630123", "MATEXT01")


def register(actor, now, **values):
    return register_organisation(
        **{"kind": "firm", "name": " 示例丙有限公司 ", "uscc": CODE, **values}, actor=actor, now=now
    )


@pytest.mark.parametrize("field", ["name", "name_en", "address", "phone", "legal_representative"])
def test_firm_with_a_text_that_nobody_sees_is_refused_at_the_field(world, now, field):
    with pytest.raises(Invalid) as caught:
        register(world.learner, now, **{field: "\u200b\ufeff\u3164"})
    assert caught.value.fields == {field: "text_required"}
    assert not Organisation.objects.filter(uscc=CODE).exists()


def test_person_who_registers_a_firm_is_its_signer(world, now, trail):
    firm = register(world.learner, now, uscc=CODE.lower())
    assert (firm.name, firm.uscc) == ("示例丙有限公司", CODE)
    membership = Membership.objects.get(organisation=firm)
    assert (membership.user, membership.role) == (world.learner, "firm_signer")
    assert [action for action, *_rest in trail()] == [
        "organisation.registered",
        "membership.add",
        "organisation.register",
    ]


def test_department_has_no_member_at_first(world, now):
    body = register(world.staff, now, kind="department", uscc="")
    assert body.uscc is None
    assert not body.memberships.exists()


@pytest.mark.parametrize(
    "code",
    ["", "123", CODE[:-1] + "?", "ZZ" + CODE[2:], CODE[:-1] + ("0" if CODE[-1] != "0" else "1")],
)
def test_firm_with_a_malformed_code_is_refused_at_its_field(world, now, code):
    with pytest.raises(Invalid) as caught:
        register(world.learner, now, uscc=code)
    assert caught.value.code == "invalid_input"
    assert list(caught.value.fields) == ["uscc"]


def test_code_registered_already_is_refused_at_its_field(world, now):
    with pytest.raises(Invalid) as caught:
        register(world.learner, now, uscc=world.organisation("owner").uscc)
    assert list(caught.value.fields) == ["uscc"]
    assert not Organisation.objects.filter(name="示例丙有限公司").exists()


def test_member_added_twice_has_one_row(world, now):
    firm = world.organisation("owner")
    for _turn in range(2):
        add_member(
            user=world.learner, organisation=firm, role="firm_member", actor=world.owner, now=now
        )
    assert Membership.objects.filter(user=world.learner).count() == 1


def test_member_who_left_comes_back(world, now):
    membership = world.member.active_memberships[0]
    later = now + timedelta(days=1)
    ended = end_membership(membership=membership, actor=world.owner, now=now)
    assert (ended.active, ended.until) == (False, now)
    again = add_member(
        user=world.member,
        organisation=membership.organisation,
        role="firm_member",
        actor=world.owner,
        now=later,
    )
    assert (again.pk, again.active, again.since, again.until) == (ended.pk, True, later, None)


def test_role_that_does_not_fit_the_organisation_is_refused(world, now):
    with pytest.raises(Invalid, match="role_unbound"):
        add_member(
            user=world.learner,
            organisation=world.organisation("owner"),
            role="village_signer",
            actor=None,
            now=now,
        )


@pytest.mark.parametrize("login", ["member", "owner2", "staff"])
def test_stranger_adds_nobody(world, now, login):
    with pytest.raises(NotAllowed, match="role"):
        add_member(
            user=world.learner,
            organisation=world.organisation("owner"),
            role="firm_member",
            actor=world.people[login],
            now=now,
        )


def test_security_administrator_adds_where_nobody_else_can(world, now):
    added = add_member(
        user=world.learner,
        organisation=world.organisation("signer"),
        role="village_clerk",
        actor=world.secadmin,
        now=now,
    )
    assert added.active


def test_last_signer_stays(world, now):
    membership = world.owner.active_memberships[0]
    with pytest.raises(Conflict, match="last_signer"):
        end_membership(membership=membership, actor=world.owner, now=now)
    add_member(
        user=world.learner,
        organisation=membership.organisation,
        role="firm_signer",
        actor=world.owner,
        now=now,
    )
    assert not end_membership(membership=membership, actor=world.owner, now=now).active


def test_code_registered_a_moment_ago_is_refused_at_its_field(world):
    known = world.organisation("owner")
    with pytest.raises(Invalid) as caught, transaction.atomic():
        save_new(Organisation(kind="firm", name="示例丁有限公司", uscc=known.uscc))
    assert list(caught.value.fields) == ["uscc"]


@pytest.mark.parametrize(
    ("login", "role"),
    [("sysadmin", "auditor"), ("auditor", "assessor"), ("assessor", "secadmin")],
)
def test_roles_that_clash_are_refused(world, now, login, role):
    with pytest.raises(Conflict, match="role_clash"):
        grant_role(user=world.people[login], role=role, actor=None, now=now)
    assert administrators_clash_free()


@pytest.mark.parametrize("login", ["sysadmin", "secadmin", "auditor"])
def test_administrator_joins_no_organisation(world, now, login):
    firm, committee = world.organisation("owner"), world.organisation("signer")
    for organisation, role in ((firm, "firm_member"), (committee, "village_clerk")):
        with pytest.raises(Conflict, match="role_clash"):
            add_member(
                user=world.people[login],
                organisation=organisation,
                role=role,
                actor=None,
                now=now,
            )
    with pytest.raises(Conflict, match="role_clash"):
        register(world.people[login], now)
    assert not Organisation.objects.filter(uscc=CODE).exists()


@pytest.mark.parametrize("role", ["sysadmin", "secadmin", "auditor"])
@pytest.mark.parametrize("login", ["owner", "clerk", "officer"])
def test_member_becomes_no_administrator_before_leaving(world, now, login, role):
    person = world.people[login]
    with pytest.raises(Conflict, match="role_clash"):
        grant_role(user=person, role=role, actor=None, now=now)
    person.memberships.update(active=False, until=now)
    grant_role(user=person, role=role, actor=None, now=now)
    assert administrators_clash_free()


def test_membership_of_an_administrator_behind_every_guard_is_found(world, now):
    world.organisation("owner").memberships.create(
        user=world.auditor, role="firm_member", since=now
    )
    assert not administrators_clash_free()


def put_into_group(world, way: str) -> None:
    group = Group.objects.get(name="auditor")
    with transaction.atomic():
        if way == "user":
            world.sysadmin.groups.add(group)
        elif way == "group":
            group.user_set.add(world.sysadmin)
        else:
            world.learner.groups.set(Group.objects.filter(name__in=("auditor", "sysadmin")))


@pytest.mark.parametrize("way", ["user", "group", "set"])
def test_groups_that_clash_are_refused_by_any_way(world, way):
    with pytest.raises(PermissionDenied):
        put_into_group(world, way)
    assert administrators_clash_free()


def test_groups_that_go_together_are_added(world):
    world.expert.groups.add(Group.objects.get(name="auditor"))
    world.expert.groups.remove(Group.objects.get(name="expert"))
    assert {group.name for group in world.expert.groups.all()} == {"auditor"}


def test_clash_behind_every_guard_is_found(world):
    through = User.groups.through
    through.objects.create(user=world.sysadmin, group=Group.objects.get(name="auditor"))
    assert not administrators_clash_free()


def test_security_administrator_grants_and_revokes(world, now):
    grant_role(user=world.learner, role="expert", actor=world.secadmin, now=now)
    assert world.learner.role_codes == {"learner", "expert"}
    revoke_role(user=world.learner, role="expert", actor=world.secadmin, now=now)
    assert world.learner.role_codes == {"learner"}


@pytest.mark.parametrize("deed", [grant_role, revoke_role])
def test_nobody_changes_their_own_role(world, now, deed):
    with pytest.raises(NotAllowed, match="own_role"):
        deed(user=world.secadmin, role="learner", actor=world.secadmin, now=now)


@pytest.mark.parametrize("deed", [grant_role, revoke_role])
@pytest.mark.parametrize("login", ["sysadmin", "auditor", "staff", "learner"])
def test_only_the_security_administrator_changes_roles(world, now, deed, login):
    with pytest.raises(NotAllowed, match="role"):
        deed(user=world.expert, role="expert", actor=world.people[login], now=now)


@pytest.mark.parametrize("deed", [grant_role, revoke_role])
@pytest.mark.parametrize("role", ["firm_signer", "system", "", "emperor"])
def test_role_that_cannot_be_granted_is_refused(world, now, deed, role):
    with pytest.raises(Invalid, match="role_unbound"):
        deed(user=world.learner, role=role, actor=world.secadmin, now=now)


def test_role_held_already_is_granted_once(world, now):
    with pytest.raises(Conflict, match="role_held"):
        grant_role(user=world.learner, role="learner", actor=world.secadmin, now=now)
    grant_role(user=world.learner, role="learner", actor=None, now=now)
    assert world.learner.role_codes == {"learner"}


def test_role_never_held_is_not_taken(world, now):
    with pytest.raises(Conflict, match="role_not_held"):
        revoke_role(user=world.learner, role="expert", actor=world.secadmin, now=now)


@pytest.mark.parametrize("role", ["sysadmin", "auditor"])
def test_last_administrator_keeps_the_role(world, now, role):
    last = world.people[role]
    with pytest.raises(Conflict, match="last_administrator"):
        revoke_role(user=last, role=role, actor=world.secadmin, now=now)
    grant_role(user=world.learner, role=role, actor=world.secadmin, now=now)
    revoke_role(user=last, role=role, actor=world.secadmin, now=now)
    assert last.role_codes == set()


def test_administrator_who_cannot_sign_in_does_not_count(world, now):
    grant_role(user=world.learner, role="sysadmin", actor=world.secadmin, now=now)
    User.objects.filter(pk=world.learner.pk).update(is_active=False)
    world.learner.refresh_from_db()
    with pytest.raises(Conflict, match="last_administrator"):
        revoke_role(user=world.sysadmin, role="sysadmin", actor=world.secadmin, now=now)
    revoke_role(user=world.learner, role="sysadmin", actor=world.secadmin, now=now)
    assert world.learner.role_codes == {"learner"}


# --- Invitations


def send(world, email="new@demo.example", actor="owner", role="firm_member"):
    return invite(
        organisation=world.organisation("owner"),
        email=f" {email.upper()} ",
        role=role,
        actor=world.people[actor],
        now=world.now,
    )


def newcomer(world, email="new@demo.example"):
    return create_person(email=email, name="新人", password="long-enough-1", now=world.now)


def test_invitation_to_a_stranger_is_mailed_and_taken_up_once(world):
    invitation = send(world)
    world.drain()
    assert [message.to for message in mail.outbox] == [["new@demo.example"]]
    token = mail.outbox[0].body.rsplit("/workspace/invitations/", 1)[1].rstrip("/")
    assert invitation_of(token) == invitation.pk
    person = newcomer(world)
    membership = accept_invitation(token=token, actor=person, now=world.now)
    assert (membership.organisation, membership.role) == (
        world.organisation("owner"),
        "firm_member",
    )
    with pytest.raises(Invalid, match="invitation_invalid"):
        accept_invitation(token=token, actor=person, now=world.now)


def test_job_that_mails_an_invitation_keeps_no_link(world):
    invitation = send(world)
    world.drain()
    job = Job.objects.get(task="portal.services.accounts.mail_invitation")
    assert (job.state, job.payload) == ("done", {"pk": invitation.pk})
    kept = [str(payload) for payload in Job.objects.values_list("payload", flat=True)]
    assert not [text for text in kept if "/workspace/invitations/" in text]


def test_job_of_an_earlier_release_is_done_and_loses_its_link(world):
    invitation = send(world)
    world.drain()
    mail.outbox.clear()
    task, old = "portal.services.accounts.mail_invitation", {"pk": invitation.pk, "url": "/x/"}
    enqueue_job(task, "waits", now=world.now, **old)
    for state in ("done", "parked"):
        Job.objects.create(key=state, task=task, state=state, payload=old, created_at=world.now)
    import_module("portal.migrations.0024_job_links").remove_links(apps, None)
    found = dict(Job.objects.filter(task=task).values_list("key", "payload"))
    assert (found["done"], found["parked"]) == ({"pk": invitation.pk}, {"pk": invitation.pk})
    assert found["waits"] == old
    world.drain()
    token = mail.outbox[0].body.rsplit("/workspace/invitations/", 1)[1].rstrip("/")
    assert invitation_of(token) == invitation.pk


def test_invitation_to_somebody_known_is_a_notification(world):
    send(world, email="learner@demo.example")
    world.drain()
    assert [row.user for row in Notification.objects.all()] == [world.learner]


def test_invitation_ends_after_fourteen_days(world):
    token = invitation_token(send(world))
    person = newcomer(world)
    with pytest.raises(Invalid, match="invitation_invalid"):
        accept_invitation(token=token, actor=person, now=world.now + timedelta(days=14))
    last = world.now + timedelta(days=14, seconds=-1)
    assert accept_invitation(token=token, actor=person, now=last).active


def test_cancelled_invitation_is_refused(world):
    invitation = send(world)
    Invitation.objects.update(cancelled_at=world.now)
    with pytest.raises(Invalid, match="invitation_invalid"):
        accept_invitation(token=invitation_token(invitation), actor=newcomer(world), now=world.now)


def test_invitation_belongs_to_its_address(world):
    token = invitation_token(send(world))
    with pytest.raises(NotAllowed, match="invitation_email"):
        accept_invitation(token=token, actor=world.learner, now=world.now)


@pytest.mark.parametrize("token", ["", "x", "1:2:3"])
def test_forged_invitation_is_refused(world, token):
    assert invitation_of(token) is None
    with pytest.raises(Invalid, match="invitation_invalid"):
        accept_invitation(token=token, actor=world.learner, now=world.now)


@pytest.mark.parametrize(
    ("values", "refusal", "code"),
    [
        ({"actor": "member"}, NotAllowed, "role"),
        ({"role": "officer"}, Invalid, "role_unbound"),
        ({"email": "member@demo.example"}, Conflict, "already_member"),
    ],
)
def test_invitation_that_may_not_be_sent(world, values, refusal, code):
    with pytest.raises(refusal, match=code):
        send(world, **values)
    assert not Invitation.objects.exists()


def test_person_is_created_once_with_a_verified_address(db, now):
    first = create_person(email="A@demo.example", name="甲", password="long-enough-1", now=now)
    again = create_person(email="a@demo.example", name="乙", password="long-enough-2", now=now)
    assert (again.pk, again.name) == (first.pk, "甲")
    assert first.emailaddress_set.get().verified
