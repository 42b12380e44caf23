"""Pages of calls and proposals: the gate, what is kept, what strangers do not find."""

import pytest
from django.urls import reverse
from django.utils import timezone

from incubator.models.calls import Call, Proposal
from incubator.services.calls import ask_question
from tests.incubator.calls_story import Story, begin, details


@pytest.fixture
def story(world, monkeypatch) -> Story:
    monkeypatch.setattr(timezone, "now", lambda: world.now)
    return begin(world)


def url(name: str, *args: object) -> str:
    return reverse(f"incubator:{name}", args=args)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_call_pages_for_the_public(story: Story, language: str):
    call = story.open_call()
    client = story.world.client(language=language)
    assert call.title in client.get(url("calls"), {"phase": "open"}).content.decode()
    assert call.title not in client.get(url("calls"), {"phase": "ended"}).content.decode()
    assert client.get(url("call", call.number)).status_code == 200
    assert client.get(url("call", story.draft_call().number)).status_code == 404


@pytest.mark.parametrize("n", [1, 3])
def test_call_list_has_a_fixed_number_of_queries(story: Story, queries, n: int):
    for _number in range(n):
        story.open_call()
    client = story.world.client()
    with queries(1):
        client.get(url("calls"))


def test_call_in_the_workspace_from_draft_to_publication(story: Story):
    owner, staff = story.world.client("callowner"), story.world.client("staff")
    values = {key: str(value) for key, value in details().items()}
    bad = owner.post(url("call_new"), values | {"closes_on": "2026-12-05"})
    assert bad.status_code == 422
    assert values["need"] in bad.content.decode()
    owner.post(url("call_new"), values)
    call = Call.objects.get()
    assert staff.get(call.work_url).status_code == 404
    for client, action in ((owner, "send_to_check"), (staff, "approve"), (owner, "publish")):
        call.refresh_from_db()
        client.post(url("call_move", call.number, action), {"version": call.version})
    call.refresh_from_db()
    assert call.state == "published"
    assert owner.get(call.work_url).status_code == 200
    assert owner.get(url("call_edit", call.number)).status_code == 404


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        (
            {"opens_on": "9999-12-01", "questions_until": "9999-12-20", "closes_on": "9999-12-31"},
            ["opens_on", "questions_until", "closes_on"],
        ),
        (
            {"opens_on": "0001-01-01", "questions_until": "0001-01-02", "closes_on": "0001-03-01"},
            ["opens_on", "questions_until", "closes_on"],
        ),
        (
            {"opens_on": "2026-01-01", "questions_until": "2026-01-09", "closes_on": "2026-03-01"},
            ["closes_on"],
        ),
        ({"title": "\u200b"}, ["title"]),
        ({"need": "\u200b"}, ["need"]),
    ],
)
def test_call_that_makes_no_sense_is_refused_at_its_fields(story: Story, changes, fields):
    values = {key: str(value) for key, value in details().items()}
    answer = story.world.client("callowner").post(url("call_new"), values | changes)
    assert (answer.status_code, Call.objects.count()) == (422, 0)
    assert list(answer.context["form"].errors) == fields


def test_call_move_that_is_stale_changes_nothing(story: Story):
    call = story.approved_call()
    owner = story.world.client("callowner")
    owner.post(url("call_move", call.number, "publish"), {"version": 1})
    call.refresh_from_db()
    assert call.state == "approved"


def test_proposal_from_page_to_submission(story: Story):
    call = story.open_call()
    owner, institute = story.world.client("owner"), story.world.client("institute")
    text = {"title": "核对", "summary": "比对", "lead_share": "开发", "plan": "12 周"}
    assert owner.post(url("proposal_new", call.number), text | {"plan": ""}).status_code == 422
    owner.post(url("proposal_new", call.number), text)
    proposal = Proposal.objects.get()
    code = story.world.organisation("institute").uscc
    wrong = owner.post(
        url("partner_add", proposal.pk), {"partner-uscc": "X", "partner-task_share": "方法"}
    )
    assert wrong.status_code == 422
    owner.post(
        url("partner_add", proposal.pk), {"partner-uscc": code, "partner-task_share": "方法"}
    )
    assert institute.get(url("proposal", proposal.pk)).status_code == 404
    owner.post(url("proposal_move", proposal.pk, "ask_partners"))
    assert institute.get(url("proposal", proposal.pk)).status_code == 200
    institute.post(url("consent", proposal.partners.get().pk))
    owner.post(url("proposal_move", proposal.pk, "submit"))
    proposal.refresh_from_db()
    assert proposal.state == "submitted"
    assert owner.get(url("proposals")).status_code == 200


@pytest.mark.parametrize(
    ("name", "login"),
    [
        ("proposal", "owner2"),
        ("proposal", "callowner"),
        ("proposal", "assessor"),
        ("proposal_edit", "owner2"),
        ("proposal_review", "assessor"),
    ],
)
def test_proposal_pages_hide_the_objects_of_others(story: Story, name: str, login: str):
    proposal = story.submitted_proposal(story.open_call())
    assert story.world.client(login).get(url(name, proposal.pk)).status_code == 404


def test_review_and_decision_pages(story: Story, monkeypatch):
    call = story.open_call()
    proposal = story.submitted_proposal(call)
    call = story.evaluate(call)
    monkeypatch.setattr(timezone, "now", lambda: story.closed)
    for review in proposal.reviews.select_related("reviewer"):
        login = review.reviewer.email.split("@")[0]
        client = story.world.client(login)
        page = url("proposal_review", review.pk)
        assert client.get(page).status_code == 200
        anchors = dict.fromkeys(("need_fit", "approach", "division_of_tasks", "plan_and_cost"), 3)
        values = {**anchors, "narrative": "写清了分工和步骤，缺少断网时的处理办法，建议补充。"}
        assert client.post(page, values).status_code == 422
        client.post(page, values | {"no_conflict": "on"})
    owner = story.world.client("callowner")
    page = url("call_decide", call.number)
    assert owner.get(page).status_code == 200
    answer = owner.post(
        page, {"choice": proposal.pk, "reason": "分工清楚", "version": call.version}
    )
    assert answer.status_code == 302
    call.refresh_from_db()
    assert call.state == "public_notice"
    shown = story.world.client().get(url("call", call.number)).content.decode()
    assert proposal.title in shown


def test_second_answer_to_a_question_is_refused_with_its_text(story: Story):
    call = story.open_call()
    question = ask_question(
        call=call, text="是否可以使用平板？", actor=story.world.owner, now=story.now
    )
    owner = story.world.client("callowner")
    page = url("call_answer", question.pk)
    owner.post(page, {"answer": "可以，每村有一台平板。"})

    second = owner.post(page, {"answer": "另一份写好的答复。"})

    assert second.status_code == 422
    assert "另一份写好的答复。" in second.content.decode()
    assert owner.get(page).status_code == 302


@pytest.mark.parametrize(("login", "seen"), [("owner", True), ("owner2", False), (None, False)])
def test_question_that_waits_is_seen_by_its_asker(story: Story, login: str | None, seen: bool):
    call = story.open_call()
    ask_question(call=call, text="是否可以使用平板？", actor=story.world.owner, now=story.now)
    page = story.world.client(login, "en").get(url("call", call.number)).text
    assert ("是否可以使用平板？" in page, "that wait for an answer" in page) == (seen, seen)
