"""What a public notice prints of a rubric."""

from certification.domain.public_settings import grading_settings, tier_settings
from certification.domain.tiers import DecisionRule
from tests.certification.domain.rubrics import changed, shipped

COUNTY = shipped("county_dsp_v0_2")


def test_settings_are_those_of_the_rubric():
    found = grading_settings(COUNTY)
    assert (found.village_cap, found.half_life, found.window) == (4, 18, 36)
    assert found.rule == DecisionRule.from_rubric(COUNTY)
    assert [(tier.id, tier.villages) for tier in tier_settings(COUNTY)] == [("A", 3), ("B", 2)]
    assert [line.at_least for line in tier_settings(COUNTY)[1].lines] == [65, 42, 9]


def test_what_a_rubric_leaves_out_is_not_said():
    items = ("tree", "children", 0, "per_item")
    bare = changed(
        COUNTY,
        ((*items, "cap_total"), ...),
        ((*items, "decay"), ...),
        ((*items, "window_months"), ...),
        (("confidence", "villages"), {}),
    )
    found = grading_settings(bare)
    assert (found.village_cap, found.half_life, found.window) == (None, None, None)
    assert [tier.villages for tier in tier_settings(bare)] == [0, 0]


def test_a_rubric_that_shrinks_nothing_asks_no_villages():
    plain = shipped("county_dsp_v0_1")
    assert grading_settings(plain) is None
    assert [tier.villages for tier in tier_settings(plain)] == [0, 0]
