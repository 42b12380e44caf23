"""Plausible weightings, ranks, methods and the way to the next tier."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from certification.domain.robustness import (
    VARIANTS,
    Change,
    Level,
    Reach,
    Variant,
    counterfactual,
    plausible_weights,
    rank_acceptability,
    tier_acceptability,
    two_criteria_probability,
    vary,
)


def test_plausible_weights_have_the_stated_mean_and_spread():
    drawn = plausible_weights([0.6, 0.3, 0.1], draws=50_000)
    assert drawn.sum(axis=1) == pytest.approx(1)
    assert drawn.mean(axis=0) == pytest.approx([0.6, 0.3, 0.1], abs=0.002)
    deviations = [math.sqrt(w * (1 - w) / 51) for w in (0.6, 0.3, 0.1)]
    assert drawn.std(axis=0) == pytest.approx(deviations, rel=0.02)


def test_plausible_weights_are_the_same_tomorrow_and_keep_zeros():
    drawn = plausible_weights([1, 0], draws=3)
    assert np.array_equal(drawn, plausible_weights([2, 0], draws=3))
    assert drawn.tolist() == [[1.0, 0.0]] * 3


def test_plausible_weights_are_a_thousand_draws_at_fifty_unless_said():
    gammas = np.random.default_rng(20260101).standard_gamma([30.0, 20.0], size=(1000, 2))
    expected = gammas / gammas.sum(axis=1, keepdims=True)
    assert np.array_equal(plausible_weights([0.6, 0.4]), expected)
    first = (expected @ [0.9, 0.7] >= 0.82).mean()
    assert tier_acceptability([0.9, 0.7], [0.6, 0.4], [82]) == (first, 1 - first)


@pytest.mark.parametrize(
    ("weights", "kappa", "draws"),
    [([1], 0, 1), ([1], 50, 0), ([1, -0.1], 50, 1), ([0, 0], 50, 1)],
)
def test_plausible_weights_refuse(weights, kappa, draws):
    with pytest.raises(ValueError, match="weights: "):
        plausible_weights(weights, kappa, draws)


@given(
    u1=st.floats(0, 1),
    u2=st.floats(0, 1),
    w=st.floats(0.05, 0.95),
    threshold=st.integers(0, 100),
)
def test_two_criteria_formula_equals_the_draws(u1, u2, w, threshold):
    exact = two_criteria_probability(u1, u2, w, threshold)
    shares = tier_acceptability([u1, u2], [w, 1 - w], [threshold], draws=4000)
    if abs(u1 - u2) > 1e-6:
        assert shares[0] == pytest.approx(exact, abs=0.04)


@pytest.mark.parametrize(("threshold", "p"), [(80, 1.0), (80.1, 0.0)])
def test_two_equal_criteria_do_not_depend_on_weights(threshold, p):
    assert two_criteria_probability(0.8, 0.8, 0.5, threshold) == p


@pytest.mark.parametrize(
    ("u1", "u2", "threshold", "p"),
    [
        (0.9, 0.5, 95, 0.0),
        (0.9, 0.5, 45, 1.0),
        (0.5, 0.9, 95, 0.0),
        (0.5, 0.9, 45, 1.0),
        (0.9, 0.5, 70, 0.5),
        (0.5, 0.9, 70, 0.5),
        (0.8, 0.8, 80 + 1e-10, 1.0),
    ],
)
def test_two_criteria_beyond_both_ends_and_in_the_middle(u1, u2, threshold, p):
    assert two_criteria_probability(u1, u2, 0.5, threshold) == pytest.approx(p, abs=1e-12)


def test_half_a_concentration_is_one():
    assert plausible_weights([0.5, 0], kappa=0.5, draws=1).tolist() == [[1.0, 0.0]]
    assert two_criteria_probability(0.9, 0.5, 0.5, 70, 0.5) == pytest.approx(0.5)
    assert two_criteria_probability(0.9, 0.5, 0.5, 45, 0.5) == 1.0


@pytest.mark.parametrize(("weight", "kappa"), [(0, 50), (1, 50), (0.5, 0)])
def test_two_criteria_refuse(weight, kappa):
    with pytest.raises(ValueError, match="weight: "):
        two_criteria_probability(0.9, 0.1, weight, 80, kappa)


@given(utilities=st.lists(st.floats(0, 1), min_size=1, max_size=5), better=st.floats(0, 1))
def test_a_better_utility_never_holds_a_tier_less_often(utilities, better):
    weights = [1 / len(utilities)] * len(utilities)
    raised = [max(utilities[0], better), *utilities[1:]]
    before = tier_acceptability(utilities, weights, [80, 65], draws=200)
    after = tier_acceptability(raised, weights, [80, 65], draws=200)
    assert sum(before) == pytest.approx(1)
    assert after[0] >= before[0]
    assert after[2] <= before[2]


def test_central_weights_of_the_winner():
    found = rank_acceptability([[1, 0], [0, 1], [0.4, 0.4]], draws=4000)
    assert found.central[0] == pytest.approx((0.75, 0.25), abs=0.02)
    assert found.central[2] is None


@given(table=st.lists(st.lists(st.floats(0, 1), min_size=2, max_size=2), min_size=1, max_size=6))
def test_rank_shares_of_a_firm_sum_to_one(table):
    found = rank_acceptability(table, draws=100)
    assert all(sum(row) == pytest.approx(1) for row in found.shares)
    assert sum(row[0] for row in found.shares) >= 1 - 1e-9


def test_firms_a_hair_apart_share_the_best_rank():
    found = rank_acceptability([[0.5 + 1e-12], [0.5], [0.4]], draws=10)
    assert found.shares == ((1.0, 0.0, 0.0), (1.0, 0.0, 0.0), (0.0, 0.0, 1.0))


def test_many_firms_are_ranked_in_parts(monkeypatch):
    table = [[at / 40, 1 - at / 50] for at in range(40)]
    whole = rank_acceptability(table, draws=50)
    monkeypatch.setattr("certification.domain.robustness.CHUNK", 1)
    assert rank_acceptability(table, draws=50) == whole


# --- methods


def test_every_mean_goes_with_every_half_life_severity_and_policy():
    assert len(VARIANTS) == len(set(VARIANTS)) == 24
    for mean, half_life, severity, missing in itertools.product(
        ["wam", "wgm"], [12.0, 18.0, 24.0], [True, False], ["exclude", "neutral"]
    ):
        assert Variant(mean, half_life, severity, missing) in VARIANTS


TREE = {
    "id": "t",
    "max": 100,
    "aggregate": {"kind": "sum"},
    "children": [
        {
            "id": "q",
            "max": 70,
            "aggregate": {"kind": "wam"},
            "per_item": {"decay": {"kind": "exp", "half_life_months": 18}},
            "children": [{"id": "a", "max": 5, "weight": 1, "missing": "exclude"}],
        },
        {
            "id": "b",
            "max": 30,
            "missing": "zero",
            "scale": {"kind": "piecewise", "knots": [[0, 0]]},
        },
    ],
}


def test_vary_changes_mean_decay_and_missing():
    found = vary(TREE, Variant("wgm", 12.0, severity=True, missing="neutral"))
    quality, other = found["children"]
    assert found["aggregate"] == quality["aggregate"] == {"kind": "wgm", "floor": 0.01}
    assert (quality["weight"], other["weight"]) == (70, 30)
    assert quality["per_item"]["decay"]["half_life_months"] == 12.0
    assert quality["children"] == [{"id": "a", "max": 5, "weight": 1, "missing": {"neutral": 0.5}}]
    assert other["missing"] == "zero"
    assert TREE["children"][0]["per_item"]["decay"]["half_life_months"] == 18


def test_vary_leaves_the_official_method_as_it_is():
    assert vary(TREE, Variant("wam", 18, severity=True, missing="exclude")) == TREE


# --- the next tier


levels = st.lists(st.tuples(st.integers(0, 20), st.integers(1, 9)), max_size=3).map(
    lambda rows: tuple(Level(at, float(p), float(e)) for at, (p, e) in enumerate(sorted(rows)))
)
leaves = st.lists(st.tuples(st.integers(0, 20), levels), min_size=1, max_size=4).map(
    lambda rows: [Reach(f"l{at}", float(p), some) for at, (p, some) in enumerate(rows)]
)


@given(some=leaves, threshold=st.integers(0, 60))
def test_best_set_is_the_cheapest_of_all(some, threshold):
    found = counterfactual(threshold, some)
    options = [[None, *(one for one in leaf.levels if one.points > leaf.points)] for leaf in some]
    costs = []
    for choice in itertools.product(*options):
        picked = [(leaf, one) for leaf, one in zip(some, choice, strict=True) if one]
        gain = sum(one.points - leaf.points for leaf, one in picked)
        if picked and len(picked) <= 3 and gain >= found.gap - 1e-9:
            costs.append((sum(one.effort for _, one in picked), len(picked)))
    if found.gap == 0:
        assert found.best == ()
    elif costs:
        cost = (sum(one.effort for one in found.best), len(found.best))
        assert cost == min(costs)
    else:
        assert found.best == ()


def test_gates_and_minima_are_listed_first():
    found = counterfactual(60, [Reach("a", 60, ())], ["minimum:quality"])
    assert (found.gap, found.blocking) == (0.0, ("minimum:quality",))
    found = counterfactual(61, [Reach("a", 60, ())], ["gate:incident"])
    assert (found.gap, found.blocking, found.best) == (1.0, ("gate:incident",), ())


def test_equal_efforts_prefer_fewer_leaves_then_the_first_id():
    some = [
        Reach("b", 0, (Level(1, 4, 2),)),
        Reach("a", 0, (Level(1, 4, 2), Level(2, 8, 4))),
        Reach("c", 0, (Level(1, 8, 4),)),
    ]
    assert counterfactual(8, some).best == (Change("a", 2, 8, 4),)
    assert [one.id for one in counterfactual(8, some).single] == ["a", "c"]


def ladder(name, *points, effort=1.0):
    return Reach(name, points[0], tuple(Level(at, got, effort) for at, got in enumerate(points)))


@pytest.mark.parametrize(
    ("gap", "chosen"), [(3, ["a"]), (6, ["a", "b"]), (9, ["a", "b", "c"]), (12, [])]
)
def test_as_few_leaves_as_close_the_gap_and_three_at_most(gap, chosen):
    found = counterfactual(gap, [ladder(name, 0.0, 3.0) for name in "abcd"])
    assert (found.gap, [change.id for change in found.best]) == (gap, chosen)


def test_a_leaf_at_its_top_takes_no_part():
    found = counterfactual(9, [ladder("a", 5.0, 5.0), ladder("b", 1.0, 4.0)])
    assert [(change.id, change.gain) for change in found.best] == [("b", 3.0)]
    assert counterfactual(9, [ladder("a", 9.0, 9.0)]).gap == 0.0


def test_a_hair_under_the_line_is_reached():
    hair = 1e-12
    assert counterfactual(60 + hair, [Reach("a", 60, ())]).gap == 0.0
    found = counterfactual(10, [Reach("a", 4, (Level(1, 4 + hair, 1), Level(2, 10 - hair, 2)))])
    assert [(change.x, change.effort) for change in found.single] == [(2, 2)]
    assert found.best == found.single


def test_single_steps_stand_by_effort_then_by_name():
    some = [
        ladder("c", 0.0, 9.0, effort=1.0),
        *(ladder(name, 0.0, 9.0, effort=5.0) for name in "ba"),
    ]
    assert [change.id for change in counterfactual(9, some).single] == ["c", "a", "b"]
