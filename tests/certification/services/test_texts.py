"""The public notice says what people decided."""

import pytest

from certification.domain.public_settings import grading_settings
from certification.services.rubrics import DELIVERY_RUBRIC
from certification.services.texts import grading_parts, grading_parts_en, tier_label
from tests.certification.domain.rubrics import changed, shipped
from tests.certification.rounds import STRONG, delivered, noticed

pytestmark = pytest.mark.django_db
WORDS = {"zh": "一级", "en": "First"}
LEAST = {"zh": "未定级", "en": "Not graded"}


def test_notice_prints_every_setting(world):
    firm = world.organisation("owner")
    notice = noticed(world, {firm: delivered(10)}, source=DELIVERY_RUBRIC).notice

    for words in (
        "自2026年1月1日起施行",
        "A级：总分不低于80分",
        "至少3个村验收",
        "不低于0.8（γ）",
        "不低于0.5可保留",
        "连续2轮",
        "折合不足5次",
        "每18个月减半",
        "最近36个月",
        "至多折合4次交付（K）",
        "μ为70",
        "σ²为144",
        "τ²为64",
    ):
        assert words in notice.body, words
    for words in (
        "in force from 2026-01-01",
        "Total from 80",
        "at least 3 accepting villages",
        "probability of 0.8 (γ)",
        "μ 70",
        "σ² 144",
        "τ² 64",
        "4 deliveries at most (K)",
    ):
        assert words in notice.body_en, words


def test_notice_of_points_alone_prints_points_and_lines(world):
    notice = noticed(world, {world.organisation("owner"): STRONG}).notice
    assert "一次验收20分" in notice.body
    assert "A级：总分不低于80分" in notice.body
    assert "γ" not in notice.body + notice.body_en
    assert "σ²" not in notice.body + notice.body_en


def test_what_a_rubric_leaves_out_is_not_said():
    items = ("tree", "children", 0, "per_item")
    steps = [((*items, key), ...) for key in ("cap_total", "decay", "window_months")]
    bare = grading_settings(changed(shipped("county_dsp_v0_2"), *steps))
    assert (len(grading_parts(bare)), len(grading_parts_en(bare))) == (1, 1)
    assert grading_parts(None) == grading_parts_en(None) == []


@pytest.mark.parametrize(
    ("tier", "words"),
    [("A", WORDS), ("C", LEAST), ("D", {"zh": "D级", "en": "Grade D"})],
)
def test_tier_has_the_rubrics_words_or_plain_ones(tier, words):
    rubric = {
        "tiers": [{"id": "A", "label": WORDS}, {"id": "B"}],
        "default_tier": "C",
        "default_label": LEAST,
    }
    assert tier_label(rubric, tier) == words
