"""One call published, one consortium's proposal selected: the whole way through the services."""

import pytest

from incubator.models.calls import CallQuestion
from incubator.services import calls
from portal.models import Notice, Relation, WorkItem
from tests.incubator.calls_story import Story, begin


@pytest.fixture
def story(world) -> Story:
    return begin(world)


def test_call_when_awarded_tells_partners_and_register(story: Story):
    call, chosen = story.awarded_call()
    assert call.state == "awarded"
    assert call.reason == "分工清楚，村里试用过。"
    assert Notice.objects.get(kind="call_result").closes_on.isoformat() == "2026-12-19"
    firm, institute = story.firm, story.world.organisation("institute")
    assert set(Relation.objects.filter(kind="partnered").values_list("organisation", "other")) == {
        (firm.pk, institute.pk),
        (institute.pk, firm.pk),
    }
    assert WorkItem.objects.open().filter(subject_type__startswith="incubator").count() == 0
    assert chosen.state == "selected"


def test_question_when_answered_is_public_without_asker(story: Story):
    call = story.open_call()
    question = calls.ask_question(
        call=call, text="接口由谁提供？", actor=story.world.owner, now=story.now
    )
    answered = calls.answer_question(
        question=question, answer="县里统一提供。", actor=story.world.callowner, now=story.now
    )
    assert answered.answered_at == story.now
    assert CallQuestion.objects.get().answer == "县里统一提供。"
