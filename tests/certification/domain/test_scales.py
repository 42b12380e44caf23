"""Scale kinds and aggregations, at and around their boundaries."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certification.domain.scales import (
    SCALES,
    aggregate,
    best_of,
    cases,
    scale_fields,
    weighted_arithmetic_mean,
    weighted_geometric_mean,
)
from portal.domain.predicates import Context

ANCHORS = {"kind": "ordinal", "anchors": [{"code": "a", "points": 3}, {"code": "b", "points": 0}]}
BANDS = {
    "kind": "bands",
    "bands": [
        {"lt": 1, "points": 0},
        {"ge": 1, "le": 3, "points": 4},
        {"gt": 3, "points": 10},
    ],
}
KNOTS = {"kind": "piecewise", "knots": [[0, 0], [1, 5], [4, 20]]}
FALLING = {"kind": "piecewise", "knots": [[0, 10], [0.5, 0]]}
RATIO = {"kind": "ratio_to_target", "target": 4}
FROM = {"kind": "ratio_to_target", "from": 10, "target": 5}
BOOLEAN = {"kind": "boolean", "true": 10, "false": 5}


@pytest.mark.parametrize(
    ("scale", "value", "points", "rule"),
    [
        (ANCHORS, "a", 3.0, "code a"),
        (ANCHORS, "b", 0.0, "code b"),
        (BOOLEAN, True, 10.0, "true"),
        (BOOLEAN, False, 5.0, "false"),
        (BANDS, 0.999, 0.0, "< 1"),
        (BANDS, 1, 4.0, ">= 1 and <= 3"),
        (BANDS, 1 - 1e-10, 4.0, ">= 1 and <= 3"),
        (BANDS, 3, 4.0, ">= 1 and <= 3"),
        (BANDS, 3 + 1e-10, 4.0, ">= 1 and <= 3"),
        (BANDS, 3.001, 10.0, "> 3"),
        (KNOTS, -1, 0.0, "<= 0"),
        (KNOTS, 0, 0.0, "<= 0"),
        (KNOTS, 0.5, 2.5, "between 0 and 1"),
        (KNOTS, 1, 5.0, "between 1 and 4"),
        (KNOTS, 2.5, 12.5, "between 1 and 4"),
        (KNOTS, 4, 20.0, ">= 4"),
        (KNOTS, 40, 20.0, ">= 4"),
        (FALLING, 0.25, 5.0, "between 0 and 0.5"),
        (FALLING, 0.5, 0.0, ">= 0.5"),
        (RATIO, -1, 0.0, "target 4"),
        (RATIO, 1, 5.0, "target 4"),
        (RATIO, 4, 20.0, "target 4"),
        (RATIO, 9, 20.0, "target 4"),
        (FROM, 10, 0.0, "target 5"),
        (FROM, 7.5, 10.0, "target 5"),
        (FROM, 5, 20.0, "target 5"),
    ],
)
def test_scale(scale, value, points, rule):
    assert SCALES[scale["kind"]](scale, value, 20.0) == (points, rule)


@pytest.mark.parametrize(
    ("scale", "value", "message"),
    [
        (ANCHORS, "c", "scale.anchors: no anchor for code 'c'; add one"),
        (
            {"kind": "bands", "bands": [{"ge": 5, "points": 1}]},
            4,
            "scale.bands: no band holds 4; make the bands cover the line",
        ),
    ],
)
def test_scale_that_lint_would_refuse_names_the_fault(scale, value, message):
    with pytest.raises(ValueError, match=r"^scale") as refusal:
        SCALES[scale["kind"]](scale, value, 10.0)
    assert str(refusal.value) == message


CASES = {
    "kind": "cases",
    "cases": [
        {"when": {"field": "a", "op": "ge", "value": 1}, "points": 9, "code": "best"},
        {"when": {"field": "b", "op": "ge", "value": 1}, "points": 4},
    ],
    "else": 1,
}


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ({"a": 1, "b": 1}, (9.0, "case best")),
        ({"a": 0, "b": 1}, (4.0, "case 2")),
        ({"a": 0}, (1.0, "no case")),
    ],
)
def test_cases_take_the_first_that_holds(known, expected):
    assert cases(CASES, known, Context()) == expected


def test_cases_without_else_give_nothing():
    assert cases({"cases": []}, {}, Context()) == (0.0, "no case")
    assert best_of({"cases": []}, Context()) == (0.0, "no case")


def test_fields_of_a_switch_are_those_of_its_cases_and_of_what_they_choose():
    def case(name, **what):
        return {"when": {"field": name, "op": "ge", "value": 1}, **what}

    choice = {"kind": "judgement", "ranges": [case("b", low=0, high=1)]}
    other = {"kind": "judgement", "ranges": [case("c", low=0, high=1)]}
    scale = {"kind": "switch", "cases": [case("a", scale=choice)], "else": other}
    assert scale_fields(scale) == {"a", "b", "c"}


@pytest.mark.parametrize(
    ("kind", "children", "complete", "points"),
    [
        ("sum", [(4, 10, 0), (3, 10, 0)], True, 7.0),
        ("sum", [(4, 10, 0)], False, 8.0),
        ("sum", [], False, None),
        ("wam", [(4, 10, 0.75), (8, 10, 0.25)], True, 10.0),
        ("wam", [(4, 10, 0)], False, None),
        ("wgm", [(4, 10, 0.5), (9, 10, 0.5)], True, 12.0),
        ("min", [(4, 10, 0), (8, 10, 0)], True, 8.0),
        ("max", [(4, 10, 0), (8, 10, 0)], True, 16.0),
        ("profile", [(4, 10, 0)], True, None),
        ("profile", [(4, 10, 1)], True, None),
    ],
)
def test_aggregate(kind, children, complete, points):
    node = {"max": 20, "aggregate": {"kind": kind}}
    got = aggregate(node, children, complete=complete)
    assert got == (None if points is None else pytest.approx(points, abs=1e-12))


@pytest.mark.parametrize(
    ("values", "weights", "floor", "mean"),
    [
        ([1.0, 0.0], [0.7, 0.3], 0.01, 0.01**0.3),
        ([1.0, 0.0], [0.7, 0.3], 0.0, 0.0),
        ([0.5, 0.0], [1.0, 0.0], 0.0, 0.5),
        ([2.5, 2 / 3, 0.75, 1.0], [20, 15, 40, 25], 0.0, 1.007),
    ],
)
def test_weighted_geometric_mean(values, weights, floor, mean):
    # last row: weighted product model, Wikipedia: P(A1/A2) = 1.007, printed to three digits
    assert weighted_geometric_mean(values, weights, floor) == pytest.approx(mean, abs=6e-4)


SHARES = st.floats(0, 1)


@given(st.lists(st.tuples(SHARES, st.floats(0.01, 1)), min_size=1, max_size=6))
def test_means_lie_between_least_and_greatest(pairs):
    values, weights = [u for u, _ in pairs], [w for _, w in pairs]
    arithmetic = weighted_arithmetic_mean(values, weights)
    geometric = weighted_geometric_mean(values, weights)
    slack = 1e-12
    assert min(values) - slack <= arithmetic <= max(values) + slack
    assert min(values) - slack <= geometric <= arithmetic + slack


@given(st.floats(-10, 50), st.floats(-10, 50), st.sampled_from([BANDS, KNOTS, RATIO]))
def test_rising_scale_never_falls_and_stays_in_range(one, other, scale):
    low, high = sorted([one, other])
    lower, higher = (SCALES[scale["kind"]](scale, x, 20.0)[0] for x in (low, high))
    assert 0 <= lower <= higher <= 20
    assert math.isfinite(higher)


def test_means_need_a_weight_for_each_value():
    for mean in (weighted_arithmetic_mean, weighted_geometric_mean):
        with pytest.raises(ValueError, match="zip"):
            mean([0.5, 0.5], [1.0])


def test_one_zero_annihilates_without_a_floor():
    assert weighted_geometric_mean([0.0, 1.0], [0.5, 0.5]) == 0.0
    bare = {"kind": "wgm"}
    node = {"id": "n", "max": 10, "aggregate": bare}
    assert aggregate(node, [(0.0, 1.0, 0.5), (1.0, 1.0, 0.5)], complete=True) == 0.0
    floored = {**node, "aggregate": bare | {"floor": 0.25}}
    assert aggregate(floored, [(0.0, 1.0, 0.5), (1.0, 1.0, 0.5)], complete=True) == pytest.approx(5)


def test_bonus_stays_under_the_maximum():
    node = {"id": "n", "max": 10, "aggregate": {"kind": "sum"}}
    assert aggregate(node, [(6.0, 10.0, 0.0)], complete=True, bonus=3.0) == 9.0
    assert aggregate(node, [(6.0, 10.0, 0.0)], complete=True, bonus=5.0) == 10.0
    assert aggregate(node, [(6.0, 10.0, 0.0)], complete=True) == 6.0


def test_a_share_above_one_is_the_maximum():
    node = {"id": "n", "max": 10, "aggregate": {"kind": "wam"}}
    assert aggregate(node, [(3.0 + 1e-12, 3.0, 1.0)], complete=True) == 10.0
