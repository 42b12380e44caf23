"""Calls through their services: what is refused, who is told, what waits for whom."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from incubator.models.calls import Call
from incubator.services import call_results, calls
from portal.domain.lifecycle import Conflict, Invalid, NotAllowed, Refused
from portal.models import AuditEntry, Notification, WorkItem
from portal.services.registers import record_relation
from tests.incubator.calls_story import Story, begin, details


@pytest.fixture
def story(world) -> Story:
    return begin(world)


def refusal(deed: Callable, **values: object) -> tuple[type[Refused], str]:
    with pytest.raises(Refused) as caught:
        deed(**values)
    return type(caught.value), caught.value.code


def open_work() -> list[tuple[str, str]]:
    rows = WorkItem.objects.open().filter(subject_type__startswith="incubator")
    return sorted(rows.values_list("kind", "role"))


def test_create_call_by_stranger(story: Story):
    found = refusal(
        calls.create_call,
        owner=story.department,
        actor=story.world.staff,
        now=story.now,
        **details(),
    )
    assert found == (NotAllowed, "role")
    assert Call.objects.count() == 0


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("closes_on", date(2026, 12, 4), "call_closes_before_answers"),
        ("questions_until", date(2026, 11, 1), "call_questions_before_opening"),
        ("closes_on", date(2026, 11, 23), "call_closes_past"),
        ("closes_on", date(9999, 12, 31), "day_far"),
        ("opens_on", date(1, 1, 1), "day_far"),
        ("title", "\u200b", "text_required"),
        ("need", " \u2060", "text_required"),
    ],
)
def test_create_call_that_makes_no_sense(story: Story, field: str, value: object, code: str):
    with pytest.raises(Invalid) as caught:
        story.draft_call(**{field: value})
    assert caught.value.fields == {field: code}


def test_create_call_with_unknown_category(story: Story):
    with pytest.raises(Invalid) as caught:
        story.draft_call(category="nothing")
    assert list(caught.value.fields) == ["category"]


def test_call_before_publication_passes_from_hand_to_hand(story: Story):
    call = story.draft_call()
    callowner, staff = story.world.callowner, story.world.staff
    call = calls.send_to_check(call=call, actor=callowner, now=story.now)
    assert open_work() == [("call_check", "staff")]
    call = calls.request_edits(call=call, reason="写明数据来源", actor=staff, now=story.now)
    assert open_work() == [("call_edits", "call_owner")]
    call = calls.edit_call(
        call=call,
        actor=callowner,
        now=story.now,
        expected_version=call.version,
        **details(title="改后的标题"),
    )
    assert (call.title, call.state, call.reason) == (
        "改后的标题",
        "edits_requested",
        "写明数据来源",
    )
    call = calls.send_to_check(call=call, actor=callowner, now=story.now)
    call = calls.approve_call(call=call, actor=staff, now=story.now)
    assert open_work() == [("call_publish", "call_owner")]
    call = calls.publish_call(call=call, actor=callowner, now=story.now)
    assert open_work() == [("call_evaluate", "staff")]
    assert (call.state, call.reason, call.published_at) == ("published", "", story.now)
    assert Notification.objects.filter(kind="call_checked", user=callowner).count() == 2


def test_request_edits_without_reason(story: Story):
    call = calls.send_to_check(call=story.draft_call(), actor=story.world.callowner, now=story.now)
    found = refusal(
        calls.request_edits, call=call, reason=" ", actor=story.world.staff, now=story.now
    )
    assert found == (Invalid, "reason_required")


def test_edit_call_when_stale_or_sent(story: Story):
    call = story.draft_call()
    owner = story.world.callowner
    values = {"actor": owner, "now": story.now, **details()}
    assert refusal(calls.edit_call, call=call, expected_version=9, **values) == (Conflict, "stale")
    sent = calls.send_to_check(call=call, actor=owner, now=story.now)
    assert refusal(calls.edit_call, call=sent, **values) == (Conflict, "wrong_state")
    assert refusal(calls.edit_call, call=sent, **values | {"actor": story.world.owner}) == (
        NotAllowed,
        "role",
    )


def test_publish_call_late_moves_the_opening_or_is_refused(story: Story):
    call = story.approved_call()
    late = story.now + timedelta(days=9)
    found = refusal(calls.publish_call, call=call, actor=story.world.callowner, now=late)
    assert found == (Conflict, "call_dates_passed")
    soon = story.now + timedelta(days=2)
    published = calls.publish_call(call=call, actor=story.world.callowner, now=soon)
    assert published.opens_on == date(2026, 11, 25)


def test_call_goes_no_further_once_its_days_are_short(story: Story):
    draft, late = story.draft_call(), story.now + timedelta(days=9)
    owner, staff = story.world.callowner, story.world.staff
    found = refusal(calls.send_to_check, call=draft, actor=owner, now=late)
    assert found == (Conflict, "call_dates_short")
    sent = calls.send_to_check(call=draft, actor=owner, now=story.now)
    found = refusal(calls.approve_call, call=sent, actor=staff, now=late)
    assert found == (Conflict, "call_dates_passed")
    sent.refresh_from_db()
    assert sent.state == "check"


def test_withdraw_call_before_publication(story: Story):
    call = calls.withdraw_call(
        call=story.draft_call(), reason="不再需要", actor=story.world.callowner, now=story.now
    )
    assert (call.state, call.reason) == ("withdrawn", "不再需要")


def test_cancel_call_ends_its_proposals_and_notice(story: Story):
    call, first, second = story.decided_call()
    call = calls.cancel_call(
        call=call, reason="资金取消", actor=story.world.staff, now=story.closed
    )
    first.refresh_from_db()
    second.refresh_from_db()
    assert (call.state, first.state, second.state) == ("cancelled", "withdrawn", "not_selected")
    assert call.notice.withdrawn_at == story.closed
    assert first.feedback == "资金取消"
    assert open_work() == []


def test_cancel_call_closes_what_waits_for_partners_and_reviewers(story: Story):
    call = story.open_call()
    story.asked_proposal(call)
    call = calls.cancel_call(
        call=call, reason="资金取消", actor=story.world.callowner, now=story.now
    )
    assert (call.notice, open_work()) == (None, [])
    owner = story.world.owner
    assert Notification.objects.filter(kind="call_cancelled", user=owner).count() == 1


def test_ask_question_refused_outside_its_days_and_for_the_owner(story: Story):
    call = story.open_call()
    late = story.now.replace(month=12, day=5)
    values = {"call": call, "text": "问题"}
    assert refusal(calls.ask_question, actor=story.world.owner, now=late, **values) == (
        Conflict,
        "call_questions_closed",
    )
    assert refusal(calls.ask_question, actor=story.world.callowner, now=story.now, **values) == (
        NotAllowed,
        "own_organisation",
    )
    assert refusal(
        calls.ask_question, actor=story.world.owner, now=story.now, call=call, text="  "
    ) == (Invalid, "invalid_input")


def test_answer_question_once_and_by_the_owner_only(story: Story):
    call = story.open_call()
    question = calls.ask_question(call=call, text="问题", actor=story.world.learner, now=story.now)
    assert ("call_question", "call_owner") in open_work()
    values = {"question": question, "now": story.now}
    deed = calls.answer_question
    assert refusal(deed, answer="答", actor=story.world.staff, **values) == (NotAllowed, "role")
    owner = story.world.callowner
    assert refusal(deed, answer="\u200b", actor=owner, **values) == (Invalid, "invalid_input")
    deed(answer="答", actor=owner, **values)
    assert refusal(deed, answer="再答", actor=owner, **values) == (Conflict, "question_answered")
    assert Notification.objects.filter(kind="call_answer").get().user == story.world.learner
    assert open_work() == [("call_evaluate", "staff")]


def test_answer_question_whose_asker_left(story: Story):
    question = calls.ask_question(
        call=story.open_call(), text="问题", actor=story.world.learner, now=story.now
    )
    question.asker = None
    question.save()
    answered = calls.answer_question(
        question=question, answer="答", actor=story.world.callowner, now=story.now
    )
    assert (answered.answer, Notification.objects.filter(kind="call_answer").count()) == ("答", 0)


def test_decide_call_none_suitable_gives_everybody_feedback(story: Story):
    call = story.open_call()
    proposal = story.second_proposal(call)
    call = story.evaluate(call)
    story.review_all(call)
    decided = call_results.decide_call(
        call=call,
        proposal=None,
        reason="都不满足断网要求",
        feedback={proposal.pk: "缺离线方案"},
        actor=story.world.staff,
        now=story.closed,
    )
    proposal.refresh_from_db()
    assert (decided.state, decided.notice) == ("none_suitable", None)
    assert (proposal.state, proposal.feedback) == ("not_selected", "缺离线方案")


def test_decide_call_keeps_one_in_reserve(story: Story):
    call = story.open_call()
    first, second = story.submitted_proposal(call), story.second_proposal(call)
    call = story.evaluate(call)
    story.review_all(call)
    call_results.decide_call(
        call=call,
        proposal=first,
        reason="更好",
        feedback={second.pk: "备选"},
        reserve=[second.pk],
        actor=story.world.callowner,
        now=story.closed,
    )
    second.refresh_from_db()
    assert second.state == "reserve"


def test_decide_call_refused_without_reviews_feedback_or_its_own_proposal(story: Story):
    call = story.open_call()
    first, second = story.submitted_proposal(call), story.second_proposal(call)
    call = story.evaluate(call)
    values = {
        "call": call,
        "proposal": first,
        "reason": "更好",
        "feedback": {second.pk: "缺规则"},
        "actor": story.world.callowner,
        "now": story.closed,
    }
    deed = call_results.decide_call
    assert refusal(deed, **values) == (Conflict, "call_reviews_missing")
    story.review_all(call)
    assert refusal(deed, **values | {"feedback": {}}) == (Invalid, "call_feedback_missing")
    assert refusal(deed, **values | {"reason": ""}) == (Invalid, "reason_required")
    assert refusal(deed, **values | {"actor": story.world.owner}) == (NotAllowed, "role")
    other = story.draft_proposal(story.open_call())
    assert refusal(deed, **values | {"proposal": other}) == (Invalid, "call_proposal_unknown")
    assert refusal(deed, **values | {"expected_version": 1}) == (Conflict, "stale")
    call.refresh_from_db()
    assert call.state == "evaluating"
    assert AuditEntry.objects.filter(action="call.decide", outcome="refused").count() == 6


def test_decide_call_by_somebody_with_a_tie(story: Story):
    call = story.open_call()
    story.submitted_proposal(call)
    call = story.evaluate(call)
    story.review_all(call)
    record_relation(
        kind="mentored", person=story.world.callowner, other=story.firm, since=date(2026, 1, 1)
    )
    found = refusal(
        call_results.decide_call,
        call=call,
        proposal=None,
        reason="无",
        feedback={},
        actor=story.world.callowner,
        now=story.closed,
    )
    assert found == (NotAllowed, "conflict_of_interest")


def test_award_call_while_its_notice_runs(story: Story):
    call, _first, _second = story.decided_call()
    last_day = story.closed.replace(day=19)
    found = refusal(call_results.award_call, call=call, actor=story.world.staff, now=last_day)
    assert found == (Conflict, "notice_running")
    awarded = call_results.award_call(
        call=call, actor=story.world.staff, now=story.closed.replace(day=20)
    )
    assert awarded.state == "awarded"


def test_open_evaluation_on_the_last_day(story: Story):
    call = story.open_call()
    last_day = story.now.replace(month=12, day=11)
    found = refusal(call_results.open_evaluation, call=call, actor=story.world.staff, now=last_day)
    assert found == (Conflict, "call_still_open")
