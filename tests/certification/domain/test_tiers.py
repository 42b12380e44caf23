from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from certification.domain.conformance import SHIPPED, load_rubrics
from certification.domain.rubric_lint import UNRATED
from certification.domain.scoring import as_json, score
from certification.domain.tiers import (
    UNRANKED,
    DecisionRule,
    Line,
    Room,
    Standing,
    TierDecision,
    decide_tier,
    distribution,
    gammas,
    gaps,
    leaf_maxima,
    next_tier,
    room_to_grow,
    tier_lines,
    tier_names,
    tier_rank,
)
from tests.certification.rounds import MIDDLE, NEW

RUBRIC = load_rubrics(SHIPPED)["county_dsp_v0_1"]


def test_tier_names_put_the_best_first():
    assert tier_names(RUBRIC) == ("A", "B", "C")


@pytest.mark.parametrize(("tier", "rank"), [("A", 1), ("C", 3), ("unrated", UNRANKED)])
def test_tier_rank_counts_from_the_best(tier, rank):
    assert tier_rank(RUBRIC, tier) == rank


def test_tier_lines_name_node_and_points():
    assert tier_lines(RUBRIC, "B") == (
        Line("B", "total", 65.0, 100.0),
        Line("B", "quality", 42.0, 70.0),
        Line("B", "innovation", 9.0, 30.0),
    )


def test_tier_lines_leave_out_fields_and_upper_bounds():
    rubric = {
        "tree": {"id": "t", "max": 10},
        "tiers": [
            {
                "id": "P",
                "when": {
                    "all": [
                        {"field": "x", "op": "ge", "value": 1},
                        {"score": True, "op": "lt", "value": 9},
                        {"score": True, "op": "gt", "value": 5},
                    ]
                },
            }
        ],
    }

    assert tier_lines(rubric, "P") == (Line("P", "t", 5.0, 10.0, strict=True),)


STRICT = {
    "tree": {"id": "t", "max": 10},
    "tiers": [{"id": "P", "when": {"score": True, "op": "gt", "value": 5}}],
    "default_tier": "C",
}


@pytest.mark.parametrize(
    ("got", "points", "reached"),
    [(5.0, 0.0, False), (5.0 + 1e-10, 0.0, False), (5.1, 0.0, True), (4.0, 1.0, False)],
)
def test_a_strict_line_must_be_passed(got, points, reached):
    (gap,) = gaps(STRICT, "P", {"t": got})
    assert (gap.points, gap.reached) == (pytest.approx(points), reached)


def test_a_line_that_a_tie_reaches_is_reached():
    found = gaps(RUBRIC, "B", {"total": 65.0, "quality": 41.0, "innovation": 9.0})
    assert [(gap.points, gap.reached) for gap in found] == [(0.0, True), (1.0, False), (0.0, True)]


def test_a_rubric_of_conditions_alone_has_lines_where_nodes_have_points():
    rubrics = load_rubrics(SHIPPED)
    itss = rubrics["cn_itss_om"]
    (line, *_) = tier_lines(itss, tier_names(itss)[0])
    assert (line.node, line.at_least, line.maximum) == ("level2_held", 1.0, 1.0)
    for rubric in rubrics.values():
        for tier in tier_names(rubric)[:-1]:
            assert all(line.maximum > 0 for line in tier_lines(rubric, tier))


def test_indicators_have_their_points():
    assert leaf_maxima(RUBRIC)["acceptance"] == 20.0
    assert sum(leaf_maxima(RUBRIC).values()) == 100.0


@pytest.mark.parametrize(
    ("previous", "asked"),
    [
        (None, {"A": 0.8, "B": 0.8, "C": 0.8}),
        (UNRATED, {"A": 0.8, "B": 0.8, "C": 0.8}),
        ("A", {"A": 0.5, "B": 0.5, "C": 0.5}),
        ("C", {"A": 0.8, "B": 0.8, "C": 0.5}),
    ],
)
def test_a_tier_is_kept_for_less_than_it_is_climbed_to(previous, asked):
    assert gammas(DecisionRule(), previous) == asked


def test_a_rule_reads_what_a_rubric_decides():
    rubric = RUBRIC | {
        "unrated": {"missing_share_gt": 0.4, "deliveries_lt": 3},
        "confidence": {
            "gamma_up": 0.7,
            "gamma_keep": 0.4,
            "demotion_runs": 3,
            "n_conf": 6,
            "villages": {"A": 5},
        },
    }
    assert DecisionRule.from_rubric(rubric) == DecisionRule(
        ("A", "B"), "C", 0.7, 0.4, 3, 6, {"A": 5}, 3, 0.4
    )


def test_room_for_a_thousandth_of_a_point_is_room():
    leaves = {"a": {"max": 1.0, "points": 0.9995, "status": "scored"}}
    assert [room.leaf for room in room_to_grow(leaves)] == ["a"]


@pytest.mark.parametrize(
    ("tier", "above"), [("A", None), ("B", "A"), ("C", "B"), ("unrated", "B"), ("?", "B")]
)
def test_next_tier_is_the_one_above(tier, above):
    assert next_tier(RUBRIC, tier) == above


def test_gaps_count_the_points_to_each_line():
    found = gaps(RUBRIC, "A", {"total": 69.0, "quality": 48.0, "innovation": 21.0})

    assert [(gap.line.node, gap.points) for gap in found] == [
        ("total", 11.0),
        ("quality", 8.0),
        ("innovation", 0.0),
    ]


def test_gaps_of_unknown_points_are_whole():
    found = gaps(RUBRIC, "B", {"total": None})

    assert [gap.points for gap in found] == [65.0, 42.0, 9.0]


def test_room_to_grow_puts_most_points_first():
    leaves = as_json(score(RUBRIC, MIDDLE))["leaves"]

    assert room_to_grow(leaves) == (
        Room("acceptance", 10.0, "scored"),
        Room("technical", 8.0, "scored"),
        Room("module", 6.0, "scored"),
        Room("timeliness", 4.0, "scored"),
        Room("reuse", 2.0, "scored"),
        Room("courses", 1.0, "scored"),
    )


def test_room_to_grow_counts_missing_leaves_whole():
    leaves = as_json(score(RUBRIC, NEW))["leaves"] | {
        "other": {"max": 9.0, "points": None, "status": "not_applicable"}
    }

    found = {room.leaf: room.points for room in room_to_grow(leaves)}

    assert found["acceptance"] == 20.0
    assert "other" not in found


def test_distribution_names_every_tier():
    assert distribution(RUBRIC, ["A", "unrated", "A"]) == {"A": 2, "B": 0, "C": 0, "unrated": 1}


# --- the decision

RULE = DecisionRule()
GOOD = Standing({"A": 0.9, "B": 0.99}, items=12, weight=9.5, villages=5)


@pytest.mark.parametrize(
    ("change", "decision"),
    [
        ({}, ("A", "confirmed", 0, ())),
        ({"items": 1, "fail_streak": 1}, ("unrated", "unrated", 1, ())),
        ({"missing_share": 0.3}, ("A", "confirmed", 0, ())),
        ({"missing_share": 0.301}, ("unrated", "unrated", 0, ())),
        ({"weight": 4.99}, ("A", "provisional", 0, ())),
        ({"weight": 5}, ("A", "confirmed", 0, ())),
        ({"probabilities": {"A": 0.79, "B": 0.8}}, ("B", "confirmed", 0, ())),
        ({"probabilities": {"A": 0.1, "B": 0.79}}, ("C", "confirmed", 0, ())),
        ({"villages": 2}, ("B", "confirmed", 0, ("villages<3",))),
        ({"villages": 1}, ("C", "confirmed", 0, ("villages<3",))),
        ({"villages": 2, "previous": "A"}, ("B", "confirmed", 0, ("villages<3",))),
        ({"gates": ("B",)}, ("B", "confirmed", 0, ("gate",))),
        ({"gates": ("B", "C"), "villages": 2}, ("C", "confirmed", 0, ("villages<3", "gate"))),
        ({"gates": ("A",)}, ("A", "confirmed", 0, ())),
        ({"previous": UNRATED}, ("A", "confirmed", 0, ())),
        ({"previous": "C", "fail_streak": 1}, ("A", "confirmed", 0, ())),
        (
            {"previous": "A", "probabilities": {"A": 0.499, "B": 0.6}},
            ("A", "provisional", 1, ("demotion_pending",)),
        ),
        (
            {"previous": "A", "probabilities": {"A": 0.1, "B": 0.6}, "fail_streak": 1},
            ("B", "provisional", 0, ("demoted",)),
        ),
        (
            {"previous": "A", "probabilities": {"A": 0.1, "B": 0.4}, "fail_streak": 1},
            ("C", "confirmed", 0, ("demoted",)),
        ),
    ],
)
def test_tier_decision(change, decision):
    assert decide_tier(replace(GOOD, **change), RULE) == TierDecision(*decision)


def test_a_newcomer_has_failed_nothing_and_lacks_nothing():
    new = Standing({}, items=0, weight=0, villages=0)
    assert (new.previous, new.fail_streak, new.missing_share, new.gates) == (None, 0, 0.0, ())


def test_a_tier_that_asks_for_no_village_takes_a_firm_without_any():
    rule = DecisionRule(villages={"A": 3})
    assert decide_tier(replace(GOOD, villages=0), rule).tier == "B"


@pytest.mark.parametrize("change", [{"previous": "D"}, {"gates": ("D",)}])
def test_unknown_tiers_are_refused(change):
    with pytest.raises(ValueError, match="tuple"):
        decide_tier(replace(GOOD, **change), RULE)


def test_rule_of_a_rubric():
    rubric = RUBRIC | {
        "confidence": {"gamma_up": 0.7, "villages": {"A": 4}, "prior": "frozen_yearly"},
        "unrated": {"deliveries_lt": 3},
    }
    rule = DecisionRule.from_rubric(rubric)
    expected = DecisionRule(gamma_up=0.7, villages={"A": 4}, min_items=3)
    assert rule == expected
    assert DecisionRule.from_rubric({**RUBRIC, "unrated": {}}) == RULE


standings = st.builds(
    Standing,
    probabilities=st.tuples(st.floats(0, 1), st.floats(0, 1)).map(
        lambda pair: {"A": min(pair), "B": max(pair)}
    ),
    items=st.integers(0, 5),
    weight=st.floats(0, 9),
    villages=st.integers(0, 4),
    previous=st.sampled_from([None, "A", "B", "C", UNRATED]),
    fail_streak=st.integers(0, 1),
    gates=st.sampled_from([(), ("B",), ("C",)]),
)
PLACES = ("A", "B", "C", UNRATED)


def place(standing):
    return PLACES.index(decide_tier(standing, RULE).tier)


@given(standing=standings, more=st.floats(0, 1), villages=st.integers(0, 2))
def test_better_evidence_never_lowers_a_tier(standing, more, villages):
    better = {name: min(1.0, chance + more) for name, chance in standing.probabilities.items()}
    raised = replace(standing, probabilities=better, villages=standing.villages + villages)
    assert place(raised) <= place(standing)


@given(standing=standings)
def test_two_failing_runs_are_needed_without_gates_and_villages(standing):
    assume(standing.previous in {"A", "B"} and standing.items >= 2)
    calm = replace(standing, gates=(), villages=9, fail_streak=0)
    found = decide_tier(calm, RULE)
    assert PLACES.index(found.tier) <= PLACES.index(calm.previous)
    again = decide_tier(replace(calm, fail_streak=found.fail_streak), RULE)
    pending = "demotion_pending" in found.reasons
    assert pending == ("demoted" in again.reasons)


@given(standing=standings)
def test_a_decision_without_new_evidence_stands(standing):
    found = decide_tier(standing, RULE)
    assume(found.tier != UNRATED and not found.reasons)
    after = replace(standing, previous=found.tier, fail_streak=found.fail_streak)
    assert decide_tier(after, RULE).tier == found.tier
