"""What a firm reads about how sure its tier is, in both languages."""

import pytest
from django.utils import translation

from certification.selectors.sureness import (
    Holding,
    holding,
    method_line,
    percent,
    step_lines,
    sureness,
)
from certification.services.rounds import propose
from certification.services.rubrics import COUNTY_RUBRIC, DELIVERY_RUBRIC
from tests.certification.rounds import STRONG, confirm_all, delivered, scored

pytestmark = pytest.mark.django_db


@pytest.fixture
def firm(world):
    return world.organisation("owner")


def proposed(world, firm, fields, source=DELIVERY_RUBRIC):
    draft = scored(world, {firm: fields}, source=source)
    propose(assessment=draft, actor=world.lead, now=world.now, confirmed=confirm_all(draft))
    return draft.scorecards.get(organisation=firm)


def page(world, language):
    answer = world.client("owner", language).get("/workspace/scorecard/")
    assert answer.status_code == 200
    return " ".join(answer.text.split())


def test_a_provisional_result_is_explained_in_chinese(world, firm):
    proposed(world, firm, delivered(3, villages=2))
    text = page(world, "zh-hans")

    assert "<b>暂定</b>" in text
    assert "达到等级线的概率：B 级 " in text
    assert "3 次交付，来自2 个村；较早的按时间折减，合计折合 3.0 次。" in text
    assert "总分的 80% 区间为 " in text
    assert "暂定：交付折合不足 5 次，或达到等级线的概率低于 80%。" in text
    assert "在 100% 的合理权重下等级不变。" in text
    assert "A 级还须再有 1 个村的验收" in text
    assert "小样本校正 −" in text or "小样本校正 -" in text
    assert text.count("大华镇池汉村 · 示例系统 v1") == 3


def test_a_provisional_result_is_explained_in_english(world, firm):
    proposed(world, firm, delivered(3, technical_mean=3.0, villages=3))
    text = page(world, "en")

    assert "Probability of reaching the lines: tier B" in text
    assert "3 deliveries from 3 villages; older ones count in part, together 3.0." in text
    assert "like those so far lift" in text
    assert "plausible weightings." in text


def test_a_confirmed_top_tier_needs_nothing(world, firm):
    card = proposed(world, firm, delivered(12))
    found = sureness(card.round.rubric.content, card.result)

    assert (found.why, found.steps, found.tone) == ("", [], "good")
    assert "依据充分" in page(world, "zh-hans")


def test_a_plain_rubric_shows_the_weightings_only(world, firm):
    proposed(world, firm, STRONG, source=COUNTY_RUBRIC)
    text = page(world, "zh-hans")
    assert "在 100% 的合理权重下等级不变。" in text
    assert "达到等级线的概率" not in text


def test_the_rubric_page_names_the_items_fields(world, firm):
    card = proposed(world, firm, delivered(2))
    text = world.client().get(card.round.rubric.get_absolute_url()).text
    assert "技术评审平均分" in text
    assert "一次验收通过" in text


@pytest.mark.parametrize(
    ("change", "step"),
    [
        ({"reachable": False}, "仅靠交付质量不能达到 A 级，须先提高创新能力"),
        ({"deliveries": None}, "按目前的交付质量，仅增加次数不能达到 A 级"),
        ({"deliveries": 4}, "再有 4 次同等水平的交付，达到 A 级的概率即为 80%"),
        ({"deliveries": 0}, None),
    ],
)
def test_steps_to_the_next_tier(world, firm, change, step):
    card = proposed(world, firm, delivered(2))
    result = card.result
    result["grading"]["next"] = (
        {"tier": "A", "villages": 0, "reachable": True} | {"deliveries": 1} | change
    )
    found = sureness(card.round.rubric.content, result).steps
    assert found == ([step] if step else [])


@pytest.mark.parametrize(
    ("share", "text"), [(0.5, "50.0%"), (0.9991, ">99.9%"), (0.999, "99.9%"), (0.0009, "<0.1%")]
)
def test_percent(share, text):
    assert percent(share) == text


@pytest.mark.parametrize(
    ("share", "found"),
    [
        (None, None),
        (0.749, Holding(74, sensitive=True)),
        (0.75, Holding(75, sensitive=False)),
        (0.999, Holding(99, sensitive=False)),
        (1.0, Holding(100, sensitive=False)),
    ],
)
def test_holding(share, found):
    assert holding({"stability": share}) == found


@pytest.mark.parametrize(
    ("counts", "line"),
    [
        (None, ""),
        ({}, ""),
        ({"A": 1}, ""),
        ({"B": 12}, "12 种同样合理的计算方法均得 B 级。"),
        ({"A": 9, "B": 3}, "12 种同样合理的计算方法中：A 级 9 种、B 级 3 种。"),
    ],
)
def test_range_of_methods(counts, line):
    with translation.override("zh-hans"):
        assert method_line({"methods": counts}) == line


def test_the_smallest_steps_are_said(world, firm):
    fields = delivered(12) | {"module_contributed": False, "modules_used": 0, "villages_served": 1}
    fields |= {"courses_completed": 0, "process_redesign_level": "none"}
    proposed(world, firm, fields)
    text = page(world, "zh-hans")

    assert "最小改进步骤" in text
    assert "合并即可达到：完成课程数：1（+2 分）；贡献过共性技术模块：是（+6 分）" in text


def test_a_step_that_is_not_enough_says_so_and_a_price_is_named():
    rubric = {"fields": {"courses": {"type": "integer"}}}
    step = {"id": "courses", "x": 2, "gain": 1.5, "effort": 3.0}
    steps = {"tier": "A", "gap": 1.0, "blocking": ["minimum:q"], "single": [step], "best": [step]}
    with translation.override("en"):
        assert step_lines(rubric, {"steps": steps}) == [
            "Enough by itself: courses: 2 (+1.5 points, effort 3)",
            "This alone does not lead there yet: see what else the tier asks for.",
        ]
        assert step_lines(rubric, {"steps": steps | {"single": [], "best": []}}) == []
    assert step_lines(rubric, {}) == []
