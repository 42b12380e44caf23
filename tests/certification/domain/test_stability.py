"""In how many plausible weightings a tier holds."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from certification.domain.conformance import SHIPPED, load_rubrics
from certification.domain.grading import STARTING_PRIOR, History, grade
from certification.domain.posterior import Prior, shrink
from certification.domain.robustness import two_criteria_probability
from certification.domain.scoring import score
from certification.domain.stability import Shrinkage, official_weights, tier_stability
from tests.certification.domain.test_grading import RUBRIC, TODAY, firm, graded, many
from tests.certification.rounds import MIDDLE, NEW, STRONG

SHIPPED_RUBRICS = load_rubrics(SHIPPED)


def two(kind="wam", when=None, gates=(), routes=(), **aggregate):
    scale = {"kind": "piecewise", "knots": [[0, 0], [1, 10]]}
    leaves = [
        {
            "id": name,
            "max": 10,
            "weight": weight,
            "field": name,
            "scale": scale,
            "missing": "exclude",
        }
        for name, weight in (("a", 0.6), ("b", 0.4))
    ]
    return {
        "fields": {name: {"type": "number"} for name in "abc"},
        "tree": {
            "id": "t",
            "max": 100,
            "aggregate": {"kind": kind} | aggregate,
            "children": leaves,
        },
        "tiers": [{"id": "A", "when": when or {"score": True, "op": "ge", "value": 80}}],
        "default_tier": "C",
        "gates": list(gates),
        "routes": list(routes),
    }


def stability(rubric, evidence):
    return tier_stability(rubric, evidence, None, score(rubric, evidence))


def test_two_criteria_equal_the_exact_probability():
    exact = two_criteria_probability(0.95, 0.6, 0.6, 80)
    assert stability(two(), {"a": 0.95, "b": 0.6}) == pytest.approx(exact, abs=0.06)


@pytest.mark.parametrize(
    ("when", "share"),
    [
        ({"score": True, "op": "ge", "value": 80}, 1.0),
        ({"score": True, "op": "gt", "value": 80}, 1.0),
        ({"node": "a", "op": "le", "value": 8}, 1.0),
        ({"node": "a", "op": "lt", "value": 8}, 1.0),
        (
            {
                "all": [
                    {"field": "c", "op": "eq", "value": 1},
                    {"node": "b", "op": "ge", "value": 8},
                ]
            },
            1.0,
        ),
        ({"not": {"field": "c", "op": "eq", "value": 1}}, 1.0),
        ({"node": "missing", "op": "ge", "value": 8}, 1.0),
    ],
)
def test_equal_utilities_do_not_depend_on_weights(when, share):
    evidence = {"a": 0.8, "b": 0.8, "c": 1}
    assert stability(two(when=when), evidence) == share


def test_official_tier_may_hold_in_few_weightings():
    # 0.6 · 1.0 + 0.4 · 0.5 = 0.8: on the line, so about half of the weightings lie below it
    assert 0.4 < stability(two(), {"a": 1.0, "b": 0.5}) < 0.65


def test_missing_leaves_are_left_out():
    assert stability(two(), {"a": 0.9}) == 1.0


def test_a_branch_without_evidence_is_left_out():
    rubric = two()
    branch = rubric["tree"]["children"][1]
    below = branch | {"id": "d", "field": "b"}
    rubric["tree"]["children"][1] = {
        "id": "b",
        "max": 10,
        "weight": 0.4,
        "aggregate": {"kind": "sum"},
        "children": [below],
    }
    assert stability(rubric, {"a": 0.9}) == 1.0


def test_geometric_means_are_drawn_too():
    evidence = {"a": 0.99, "b": 0.5}
    assert 0 < stability(two("wgm", floor=0.01), evidence) < 1
    assert stability(two("wgm"), {"a": 0.0, "b": 1.0}) == 1.0


def test_a_gate_and_a_route_hold_in_every_weighting():
    incident = {"id": "g", "cap": "C", "require": {"field": "c", "op": "ne", "value": 1}}
    evidence = {"a": 0.95, "b": 0.6, "c": 1}
    assert stability(two(gates=[incident]), evidence) == 1.0
    route = {"id": "r", "tier": "A", "when": {"field": "c", "op": "eq", "value": 1}}
    assert stability(two(routes=[route]), evidence) == 1.0


@pytest.mark.parametrize("name", ["cpars_far_42_15", "cn_hnte_2016"])
def test_rubrics_without_weights_have_no_weightings(name):
    rubric = SHIPPED_RUBRICS[name]
    weights = official_weights(rubric)
    assert weights is None or sum(weights.values()) == pytest.approx(1)


def test_special_nodes_have_no_weightings():
    rubric = two()
    rubric["tree"]["children"][0]["bonus"] = True
    assert official_weights(rubric) is None
    assert official_weights(two("max")) is None
    assert stability(two("max"), {"a": 1, "b": 1}) is None


def test_official_weights_are_shares_of_the_points():
    weights = official_weights(RUBRIC)
    assert sum(weights.values()) == pytest.approx(1)
    assert (weights["acceptance"], weights["novelty"]) == pytest.approx((0.15, 0.03))


@pytest.mark.parametrize(("fields", "low"), [(STRONG, 0.99), (MIDDLE, 0.6)])
def test_the_countys_first_rubric(fields, low):
    rubric = SHIPPED_RUBRICS["county_dsp_v0_1"]
    assert low <= tier_stability(rubric, fields, TODAY, score(rubric, fields, TODAY)) <= 1


def test_an_unrated_firm_has_no_tier_to_hold():
    rubric = SHIPPED_RUBRICS["county_dsp_v0_1"]
    assert tier_stability(rubric, NEW, TODAY, score(rubric, NEW, TODAY)) is None


def held(evidence, history=None):
    found = graded(evidence, history)
    return found, tier_stability(RUBRIC, evidence, TODAY, found.result, found)


def test_graded_firm_with_ten_perfect_deliveries_holds_a():
    found, share = held(firm(*many(10)))
    assert (found.decision.tier, share) == ("A", 1.0)


def test_graded_firm_near_the_line_is_sensitive():
    found, share = held(firm(*many(10, rubric_mean=2.0), modules_accepted=3))
    assert 0 < share <= 1
    assert found.result.tier in {"A", "B"}


def test_villages_cap_every_weighting():
    one_village = [item | {"village_id": "v0"} for item in many(10)]
    found, share = held(firm(*one_village))
    assert (found.decision.tier, share) == ("C", 1.0)


def test_a_pending_demotion_counts_as_the_kept_tier():
    weak = firm(*many(8, rubric_mean=1.0, acceptance="conditional"))
    found, share = held(weak, History("A", 0))
    assert (found.decision.tier, share) == ("A", 1.0)
    one_village = {
        **weak,
        "deliveries": [one | {"village_id": "v0"} for one in weak["deliveries"]],
    }
    # kept by history, lowered by the villages rule: the same in every weighting
    found, share = held(one_village, History("A", 0))
    assert (found.decision.tier, share) == ("C", 1.0)
    _, after = held(weak, History("A", 1))
    assert 0 < after <= 1


@given(
    ybar=st.floats(0, 100),
    weight=st.floats(0, 30),
    gamma=st.sampled_from([0.5, 0.8]),
    threshold=st.floats(0, 100),
)
def test_bound_says_where_the_probability_reaches_gamma(ybar, weight, gamma, threshold):
    bound = float(Shrinkage(STARTING_PRIOR, weight).bound(np.array([ybar]), gamma)[0])
    chance = shrink(ybar, weight, STARTING_PRIOR).reaches(threshold)
    if abs(bound - threshold) > 1e-6:
        assert (bound >= threshold) == (chance >= gamma)


def test_bound_without_variance_is_the_mean():
    assert Shrinkage(Prior(70, 0, 0), 3).bound(np.array([90.0]), 0.8).tolist() == [70.0]


def test_without_history_the_official_weights_give_the_official_tier():
    found = grade(RUBRIC, firm(*many(5)), TODAY, STARTING_PRIOR)
    other = replace(found.result, tier="C")
    here = tier_stability(RUBRIC, firm(*many(5)), TODAY, found.result, found)
    there = tier_stability(RUBRIC, firm(*many(5)), TODAY, other, found)
    assert here + there <= 1
