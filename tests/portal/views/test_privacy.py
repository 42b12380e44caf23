"""The privacy notice, one's own data, and what the security administrator sees of a person."""

import json

import pytest
from allauth.usersessions.models import UserSession

from portal.models import AuditEntry, DataRequest, PrivacyAcceptance
from portal.services.personal import ask
from portal.services.privacy import Words, publish_notice

READ, MINE = "/workspace/privacy/", "/workspace/my-data/"
QUERIES = 11


@pytest.fixture
def notice(world):
    words = Words(
        "1", "说明\n## 多久\n一年", "Words\n## How long\nA year", "新的期限", "New periods"
    )
    return publish_notice(words=words, actor=None, now=world.now)


@pytest.mark.parametrize(("language", "word"), [("zh-hans", "多久"), ("en", "How long")])
def test_notice_and_its_versions_are_public(world, notice, language, word):
    client = world.client(language=language)
    for path in ("/privacy/", "/privacy/1/"):
        assert f"<h2>{word}</h2>" in client.get(path).content.decode()
    assert client.get("/privacy/9/").status_code == 404


def test_there_is_no_notice_before_the_first(world):
    assert world.client().get("/privacy/").status_code == 404
    assert world.client("owner").get(READ).status_code == 302


def test_new_notice_is_read_after_the_next_sign_in(world, notice):
    client = world.client("owner", "en")
    answer = client.get("/workspace/tokens/")
    assert answer["Location"] == f"{READ}?next=%2Fworkspace%2Ftokens%2F"
    assert client.get(MINE).status_code == 200
    assert "New periods" in client.get(answer["Location"]).content.decode()
    done = client.post(READ, {"version": "1", "next": "/workspace/tokens/"})
    assert done["Location"] == "/workspace/tokens/"
    assert client.get("/workspace/tokens/").status_code == 200
    assert PrivacyAcceptance.objects.get().user == world.owner
    assert world.client("owner").get("/workspace/").status_code == 200


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "portal:jobs", "9"])
def test_reading_leads_to_no_other_site(world, notice, target):
    done = world.client("owner").post(READ, {"version": "1", "next": target})
    assert done["Location"] == "/workspace/"


def test_own_data_are_shown_and_taken_away(world, queries):
    client = world.client("learner")
    page = client.get(MINE)
    assert "portal.User" in {one.line.model for one in page.context["holdings"]}
    data = json.loads(client.get(f"{MINE}download/").content)
    users = next(one for one in data["tables"] if one["table"] == "portal.User")
    assert users["rows"][0]["email"] == "learner@demo.example"
    assert (users["basis"], users["kept"]) == ("contract", "account")
    assert AuditEntry.objects.latest("number").action == "person.export"


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_request_is_sent_and_answered(world, language):
    client = world.client("learner", language)
    sent = client.post(MINE, {"kind": "correct", "text": "姓名有误"})
    assert sent["Location"] == MINE
    assert client.post(MINE, {"kind": "correct", "text": "再次"}).status_code == 422
    admin, path = world.client("secadmin", language), "/workspace/data-requests/"
    assert len(admin.get(path).context["rows"]) == 1
    page = f"{path}{DataRequest.objects.get().pk}/"
    assert admin.get(page).status_code == 200
    assert admin.post(page, {"granted": "yes", "text": ""}).status_code == 422
    assert admin.post(page, {"granted": "yes", "text": "已更正"})["Location"] == path
    assert "已更正" in client.get(MINE).content.decode()
    assert "已更正" in admin.get(page).content.decode()
    assert admin.get(path).context["rows"] == []


def test_contact_is_masked_until_there_is_a_reason(world):
    world.learner.phone = "13900001234"
    world.learner.save()
    client, path = world.client("secadmin"), f"/workspace/people/{world.learner.pk}/"
    listed = client.get("/workspace/people/?q=learner").content.decode()
    shown = client.get(path).content.decode()
    for text in (listed, shown):
        assert "learner@demo.example" not in text
        assert "l***@demo.example" in text
    assert "139******34" in shown
    refused = client.post(f"{path}contact/", {"reason": ""})
    assert (refused.status_code, b"13900001234" in refused.content) == (422, False)
    revealed = client.post(f"{path}contact/", {"reason": "电话核对材料"})
    assert "13900001234" in revealed.content.decode()
    assert "no-store" in revealed["Cache-Control"]
    assert "13900001234" not in client.get(path).content.decode()
    assert AuditEntry.objects.latest("number").reason == "电话核对材料"


def test_account_is_closed_and_opened_on_its_page(world):
    client, path = world.client("secadmin"), f"/workspace/people/{world.learner.pk}/"
    client.post(f"{path}account/", {"deed": "close", "reason": "离职"})
    assert client.get(path).context["page"].state == "closed"
    found = client.get("/workspace/people/?state=closed").context["people"]
    assert [(line.person, line.state) for line in found] == [(world.learner, "closed")]
    client.post(f"{path}account/", {"deed": "open", "reason": "返岗"})
    assert client.get(path).context["page"].state == ""


def test_unknown_deed_leaves_the_account_as_it_is(world):
    client, path = world.client("secadmin"), f"/workspace/people/{world.learner.pk}/"
    assert client.post(f"{path}account/", {"deed": "", "reason": "离职"}).status_code == 400
    assert client.get(path).context["page"].state == ""


def test_session_is_named_by_its_browser(world):
    agent = "Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0 Safari/537.36"
    UserSession.objects.create(
        user=world.learner, session_key="k", user_agent=agent, ip="127.0.0.1", data={}
    )
    text = world.client("secadmin").get(f"/workspace/people/{world.learner.pk}/").text
    assert "Chrome · Linux" in text
    assert agent not in text


def test_dormant_accounts_are_flagged_and_found(world, settings):
    settings.DORMANT_DAYS = 90
    world.learner.date_joined = world.now.replace(year=2020)
    world.learner.save()
    found = world.client("secadmin").get("/workspace/people/?state=dormant").context["people"]
    assert [(line.person, line.state) for line in found] == [(world.learner, "dormant")]


@pytest.mark.parametrize("count", [1, 3])
def test_lists_ask_as_much_for_many_as_for_one(world, queries, count):
    for kind in ("correct", "restrict", "delete")[:count]:
        ask(user=world.learner, kind=kind, text="x", now=world.now)
    client = world.client("secadmin")
    client.get("/workspace/data-requests/")
    with queries(QUERIES):
        client.get("/workspace/data-requests/")
