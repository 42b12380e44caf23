"""A person's own pages: inbox, messages, drafts, downloads, organisation, invitations."""

import pytest
from django.urls import reverse

from portal import permissions
from portal.models import FormDraft, Invitation, Membership, NotificationPreference
from portal.notifications import notify
from portal.services.accounts import invitation_token, invite
from portal.services.files import store_file
from portal.services.work import open_work
from tests.portal.services.conftest import PDF

HERE = "tests.portal.views.test_workspace"


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize(
    "name", ["workspace", "notifications", "preferences", "profile", "organisations"]
)
def test_page_of_a_person_is_drawn(world, name, language):
    open_work("job_parked", subject=world.owner, url="/", now=world.now, user=world.owner, task="a")
    notify([world.owner], "job_parked", key="k", now=world.now, url="/", task="a")
    response = world.client("owner", language).get(reverse(f"portal:{name}"), follow=True)
    assert response.status_code == 200
    assert response.content.decode().count("<h1") == 1


def test_messages_are_marked_as_read(world):
    notify([world.owner], "job_parked", key="k", now=world.now, task="a")
    client = world.client("owner")
    assert client.post("/workspace/notifications/read/").status_code == 302
    assert world.owner.notifications.filter(read_at=None).count() == 0


def test_preferences_are_saved(world):
    response = world.client("owner").post(
        reverse("portal:preferences"), {"job_parked-in_app": "on"}
    )
    assert response.status_code == 302
    choices = NotificationPreference.objects.filter(user=world.owner)
    assert choices.values_list("in_app", "email").get(kind="job_parked") == (True, False)
    assert choices.values_list("in_app", "email").get(kind="invitation") == (False, False)


def test_profile_with_an_error_keeps_what_was_typed(world):
    response = world.client("owner").post(
        reverse("portal:profile"), {"name": "", "phone": "0971-123", "language": "en"}
    )
    assert response.status_code == 422
    assert "0971-123" in response.content.decode()
    world.owner.refresh_from_db()
    assert world.owner.phone == ""


def test_draft_survives_the_end_of_a_session(world):
    client = world.client("owner")
    response = client.post("/drafts/application/", {"name": ["a", "b"], "csrfmiddlewaretoken": "t"})
    assert list(response.json()) == ["saved_at", "base"]
    client.logout()
    assert FormDraft.objects.get(user=world.owner).data == {"name": ["a", "b"]}


def test_draft_of_another_tab_is_not_overwritten(world):
    client, url = world.client("owner"), "/drafts/application/"
    first = client.post(url, {"name": "甲"}, headers={"X-Draft-Base": ""}).json()
    second = client.post(url, {"name": "乙"}, headers={"X-Draft-Base": first["base"]})
    assert second.status_code == 200
    for base in ("", first["base"]):
        refused = client.post(url, {"name": "丙"}, headers={"X-Draft-Base": base})
        assert (refused.status_code, refused.json()) == (409, {"refused": "draft_moved"})
    assert FormDraft.objects.get(user=world.owner).data == {"name": ["乙"]}


def test_draft_that_was_sent_meanwhile_does_not_come_back(world):
    client, url = world.client("owner"), "/drafts/application/"
    first = client.post(url, {"name": "甲"}, headers={"X-Draft-Base": ""}).json()
    FormDraft.objects.all().delete()
    late = client.post(url, {"name": "乙"}, headers={"X-Draft-Base": first["base"]})
    assert (late.status_code, FormDraft.objects.count()) == (409, 0)


@pytest.mark.parametrize("key", ["A", "application:../x", "x" * 130])
def test_draft_under_a_strange_key_is_not_found(world, key):
    assert world.client("owner").post(f"/drafts/{key}/", {"a": "b"}).status_code == 404
    assert not FormDraft.objects.exists()


# --- Downloads


def owner_only(user, stored) -> bool:
    return user == stored.uploader


@pytest.fixture
def stored(world, pdf, monkeypatch):
    monkeypatch.setattr(permissions, "FILE_POLICIES", {})
    permissions.register_file_policy("application_attachment", f"{HERE}.owner_only")
    return store_file(upload=pdf, use="application_attachment", actor=world.owner, now=world.now)


def test_file_reaches_whom_its_policy_admits(world, stored):
    response = world.client("owner").get(f"/files/{stored.pk}/")
    assert (response.status_code, b"".join(response.streaming_content)) == (200, PDF)
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Length"] == str(len(PDF))
    assert response["Content-Disposition"] == "inline; filename*=UTF-8''report.pdf"
    assert response["ETag"] == f'"{stored.sha256}"'
    assert response["Content-Security-Policy"].startswith("default-src 'none'; sandbox")


@pytest.mark.parametrize("login", ["owner2", "staff", "sysadmin"])
def test_file_is_not_found_by_a_stranger(world, stored, login):
    assert world.client(login).get(f"/files/{stored.pk}/").status_code == 404


def test_file_whose_use_has_no_policy_is_not_found(world, stored, monkeypatch):
    monkeypatch.setattr(permissions, "FILE_POLICIES", {})
    assert world.client("owner").get(f"/files/{stored.pk}/").status_code == 404


def test_proxy_is_asked_to_send_the_bytes(world, stored, settings):
    settings.X_ACCEL_PREFIX = "/protected/"
    response = world.client("owner").get(f"/files/{stored.pk}/")
    assert response["X-Accel-Redirect"] == f"/protected/{stored.storage_name}"
    assert response.content == b""


# --- My organisation


def test_members_page_invites(world):
    firm = world.organisation("owner")
    path = reverse("portal:members", args=[firm.pk])
    client = world.client("owner")
    assert client.get(path).status_code == 200
    response = client.post(path, {"email": "new@demo.example", "role": "firm_member"})
    assert response["Location"] == path
    assert Invitation.objects.get().email == "new@demo.example"


def test_members_page_shows_what_was_refused(world):
    path = reverse("portal:members", args=[world.organisation("owner").pk])
    values = {"email": "member@demo.example", "role": "firm_member"}
    response = world.client("owner", "en").post(path, values)
    assert response.status_code == 422
    assert "already has this role" in response.content.decode()
    assert "member@demo.example" in response.content.decode()


def test_member_who_may_not_invite_is_refused(world):
    path = reverse("portal:members", args=[world.organisation("owner").pk])
    values = {"email": "new@demo.example", "role": "firm_member"}
    assert world.client("member").post(path, values).status_code == 403


@pytest.mark.parametrize("login", ["owner2", "secadmin", "learner"])
def test_members_of_another_organisation_are_not_found(world, login):
    path = reverse("portal:members", args=[world.organisation("owner").pk])
    assert world.client(login).get(path).status_code == 404


def test_membership_is_ended_by_the_signer_only(world):
    membership = world.member.active_memberships[0]
    path = reverse("portal:end_membership", args=[membership.pk])
    assert world.client("owner2").post(path).status_code == 404
    assert world.client("member").post(path).status_code == 403
    assert world.client("owner").post(path).status_code == 302
    membership.refresh_from_db()
    assert not membership.active


def test_last_signer_is_told_why_not(world):
    path = reverse("portal:end_membership", args=[world.owner.active_memberships[0].pk])
    response = world.client("owner").post(path, follow=True)
    [message] = response.context["messages"]
    assert (message.level_tag, str(message)) == (
        "error",
        "该人员是本单位最后一名“企业授权签署人”，请先将该角色授予其他人员。没有改动任何数据。",
    )
    assert Membership.objects.get(user=world.owner).active


# --- Invitations


@pytest.fixture
def link(world) -> str:
    from django.utils import timezone

    invitation = invite(
        organisation=world.organisation("owner"),
        email=world.learner.email,
        role="firm_member",
        actor=world.owner,
        now=timezone.now(),
    )
    return reverse("portal:invitation", args=[invitation_token(invitation)])


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_invitation_is_shown_and_taken_up(world, link, language):
    client = world.client("learner", language)
    assert client.get(link).status_code == 200
    assert client.post(link)["Location"] == reverse("portal:workspace")
    assert Membership.objects.get(user=world.learner).role == "firm_member"
    assert client.get(link).status_code == 404


def test_invitation_of_somebody_else_is_refused(world, link):
    assert world.client("expert").post(link).status_code == 403
    assert not Membership.objects.filter(user=world.expert).exists()


def test_forged_invitation_is_not_found(world):
    assert world.client("learner").get("/workspace/invitations/x/").status_code == 404


@pytest.mark.parametrize(
    ("login", "label"),
    [("expert", "Write courses"), ("training", "Back office"), ("owner", None)],
)
def test_workspace_leads_editors_to_the_back_office(world, login, label):
    page = world.client(login, "en").get("/workspace/")
    main = page.text.partition("<main")[2]
    assert ('href="/admin/"' in main) == (label is not None)
    assert label is None or label in main


def test_draft_of_what_no_database_holds_is_kept_without_it(world):
    url = reverse("portal:draft", args=["note"])
    assert world.client("owner").post(url, {"na\0me": ["甲\0乙", "丙"]}).status_code == 200
    assert FormDraft.objects.get().data == {"name": ["甲乙", "丙"]}
