"""In how many plausible weightings a tier holds."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from certification.domain.conformance import SHIPPED, load_rubrics
from certification.domain.grading import STARTING_PRIOR, History, grade
from certification.domain.posterior import Prior, shrink
from certification.domain.robustness import plausible_weights, two_criteria_probability
from certification.domain.scoring import score
from certification.domain.stability import Shrinkage, official_weights, tier_stability
from tests.certification.domain.test_grading import RUBRIC, TODAY, delivery, firm, graded, many
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


@pytest.mark.parametrize(
    ("prior", "weight"), [(Prior(70, 144, 1), 3), (Prior(70, 0.2, 0.4), 2), (Prior(70, 1, 64), 4)]
)
def test_bound_is_the_posteriors_own(prior, weight):
    found = Shrinkage(prior, weight).bound(np.array([90.0]), 0.8)
    assert found == pytest.approx([shrink(90.0, weight, prior).lower(0.8)])


def quality_line(value):
    when = {"node": "quality", "op": "ge", "value": value}
    return {**RUBRIC, "tiers": [{"id": "A", "when": when}, {"id": "B", "when": when}]}


@pytest.mark.parametrize(("above", "tier"), [(-1e-6, "A"), (1e-3, "C")])
def test_every_weighting_is_shrunk_as_the_official_one(above, tier):
    """All utilities are alike, so that no weighting differs: the bound itself is on the line."""
    evidence = firm(*many(4))
    line = 0.7 * graded(evidence).quality.lower(0.8) + above
    found = grade(quality_line(line), evidence, TODAY, STARTING_PRIOR)
    assert found.decision.tier == tier
    assert tier_stability(quality_line(line), evidence, TODAY, found.result, found) == 1.0


def test_exactly_the_villages_that_a_tier_asks_are_enough():
    evidence = firm(*(delivery(0, f"v{at % 3}") for at in range(18)))
    found, share = held(evidence)
    assert (found.pool.groups, found.decision.tier, share) == (3, "A", 1.0)


@pytest.mark.parametrize("caps", [("B", "C"), ("C", "B")])
def test_of_two_failed_gates_the_lower_cap_counts(caps):
    failed = {"field": "c", "op": "eq", "value": 1}
    gates = [{"id": f"g{at}", "cap": cap, "require": failed} for at, cap in enumerate(caps)]
    when = {"score": True, "op": "ge", "value": 80}
    rubric = two(gates=gates) | {"tiers": [{"id": name, "when": when} for name in "AB"]}
    evidence = {"a": 0.9, "b": 0.9, "c": 2}
    assert score(rubric, evidence).tier == "C"
    assert stability(rubric, evidence) == 1.0


def test_a_failed_gate_caps_a_graded_firm():
    gate = {"id": "g", "cap": "B", "require": {"field": "novelty_panel", "op": "ge", "value": 9}}
    rubric = {**RUBRIC, "gates": [gate]}
    evidence = firm(*many(16))
    found = grade(rubric, evidence, TODAY, STARTING_PRIOR)
    assert found.decision.tier == "B"
    assert tier_stability(rubric, evidence, TODAY, found.result, found) == 1.0


def test_a_route_opens_its_own_tier_only():
    when = {"score": True, "op": "ge", "value": 99}
    route = {"id": "r", "tier": "B", "when": {"field": "c", "op": "eq", "value": 1}}
    rubric = two(routes=[route]) | {"tiers": [{"id": name, "when": when} for name in "AB"]}
    evidence = {"a": 0.5, "b": 0.5, "c": 1}
    assert score(rubric, evidence).tier == "B"
    assert stability(rubric, evidence) == 1.0


def test_what_must_not_hold_is_asked_of_every_weighting():
    assert stability(two(when={"not": {"node": "a", "op": "ge", "value": 5}}), {"a": 0.8}) == 1.0


@pytest.mark.parametrize(("floor", "value"), [({"floor": 0.01}, 0.0), ({}, 0.2)])
def test_geometric_means_equal_the_formula(floor, value):
    weights = plausible_weights([0.6, 0.4])
    means = 100 * np.exp(weights @ np.log(np.maximum([0.99, value], 0.01)))
    cut = float(np.quantile(means, 0.3))
    rubric = two("wgm", when={"score": True, "op": "ge", "value": cut}, **floor)
    result = replace(score(rubric, {"a": 0.99, "b": value}), tier="A")
    share = tier_stability(rubric, {"a": 0.99, "b": value}, None, result)
    assert share == pytest.approx(float(np.mean(means >= cut - 1e-9)))


def test_a_zero_annihilates_a_geometric_mean_without_floor():
    rubric = two("wgm", when={"score": True, "op": "gt", "value": 0.0})
    assert stability(rubric, {"a": 1.0, "b": 0.0}) == 1.0


def test_conditions_have_no_weightings_and_all_means_together_do():
    rubric = two()
    rubric["tree"]["children"][0]["only_if"] = {"field": "c", "op": "eq", "value": 1}
    assert official_weights(rubric) is None
    inner = two("wgm")["tree"] | {"id": "g", "weight": 1.0}
    middle = {"id": "m", "max": 100, "aggregate": {"kind": "wam"}, "children": [inner]}
    whole = two("sum") | {"tree": two("sum")["tree"] | {"children": [middle]}}
    assert official_weights(whole) == pytest.approx({"a": 0.6, "b": 0.4})
