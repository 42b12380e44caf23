"""Third opinions: the design's vectors and what they leave open."""

import json
from dataclasses import asdict
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.adjudication import (
    Adjudication,
    adjudicate,
    deliveries_to_rate_again,
    needs_third,
    splits_tier,
    total,
)

VECTORS = sorted((Path(__file__).parent / "data").glob("05?_adjudicate-*.json"))


def test_vectors_are_all_there():
    assert [path.name[:3] for path in VECTORS] == ["054", "055", "056", "057", "058", "059"]


@pytest.mark.parametrize("path", VECTORS, ids=lambda path: path.stem)
def test_vector_comes_out_as_expected(path):
    vector = json.loads(path.read_text(encoding="utf-8"))
    answer = asdict(adjudicate(vector["input"]["ratings"]))
    answer["reasons"] = list(answer["reasons"])
    assert {key: answer[key] for key in vector["expected"]} == vector["expected"]


def test_two_that_refuse_agree():
    assert adjudicate({"x": {"c1": 1, "accept": False}, "y": {"c1": 1, "accept": False}}) == (
        Adjudication("ok", {"c1": 1.0}, accept=False)
    )


def test_no_rating_is_insufficient():
    assert adjudicate({}) == Adjudication("insufficient_assessors")


def test_total_is_exact():
    assert total({"c1": 1, "c2": 2, "c3": 2, "accept": True}) == Fraction(125, 3)


def test_gap_just_beyond_fifteen_needs_a_third():
    six = {f"c{n}": 3 for n in range(6)} | {"accept": True}
    assert needs_third(six, six | {f"c{n}": 4 for n in range(4)}) == ("total_gap",)
    assert needs_third(six, six | {f"c{n}": 4 for n in range(3)}) == ()


def test_gap_of_fifteen_exactly_needs_none_and_five_eighths_more_needs_one():
    # 3 anchors of 5 * 4 are 15 points of 100; 5 of 8 * 4 are 15.625
    five = {f"c{n}": 3 for n in range(5)} | {"accept": True}
    assert needs_third(five, five | {f"c{n}": 4 for n in range(3)}) == ()
    eight = {f"c{n}": 3 for n in range(8)} | {"accept": True}
    assert needs_third(eight, eight | {f"c{n}": 4 for n in range(5)}) == ("total_gap",)


@pytest.mark.parametrize(
    "bad",
    [
        {"c1": True, "accept": True},
        {"c1": 5, "accept": True},
        {"c1": -1, "accept": True},
        {"c1": 2.5, "accept": True},
        {"c1": 2, "accept": 1},
        {"c1": 2},
        {"accept": True},
        {"c2": 2, "accept": True},
    ],
)
def test_rating_out_of_form_is_refused(bad):
    good = {"c1": 2, "accept": True}
    with pytest.raises(ValueError, match="anchors 0-4"):
        needs_third(good, bad)
    with pytest.raises(ValueError, match="anchors 0-4"):
        adjudicate({"x": good, "y": bad})


def test_one_anchor_out_of_range_refuses_the_rating():
    good = {"c1": 2, "c2": 3, "accept": True}
    with pytest.raises(ValueError, match="anchors 0-4"):
        needs_third(good, good | {"c2": 5})


def test_four_ratings_are_refused():
    with pytest.raises(ValueError, match="at most three"):
        adjudicate({key: {"c1": 2, "accept": True} for key in "wxyz"})


ratings = st.fixed_dictionaries(
    {"c1": st.integers(0, 4), "c2": st.integers(0, 4), "accept": st.booleans()}
)


@given(a=ratings, b=ratings)
def test_need_of_a_third_is_symmetric(a, b):
    assert needs_third(a, b) == needs_third(b, a)


@given(a=ratings, b=ratings, c=ratings)
def test_three_give_the_same_in_any_order(a, b, c):
    first = adjudicate({"x": a, "y": b, "z": c})
    assert first == adjudicate({"x": c, "y": a, "z": b})
    assert first.status == "adjudicated"
    assert first.value == {key: float(sorted((a[key], b[key], c[key]))[1]) for key in ("c1", "c2")}


def test_totals_in_one_tier_do_not_split_it():
    one, other = {"c": 2, "accept": True}, {"c": 3, "accept": True}
    assert splits_tier(one, other, lambda total: "A" if total >= 60 else "B")
    assert not splits_tier(one, other, lambda total: "A" if total >= 50 else "B")


def test_incomparable_ratings_split_nothing():
    with pytest.raises(ValueError, match="ratings need"):
        splits_tier({"c": 2, "accept": True}, {"d": 3, "accept": True}, str)


def test_deliveries_of_an_influential_assessor_are_rated_again():
    rated = {"d2": ["x", "y"], "d1": ["y", "z"], "d3": ["x", "y", "z"], "d4": ["x"]}
    without = {"x": "B", "y": "A", "z": "A"}
    assert deliveries_to_rate_again(rated, "A", without.__getitem__) == {"x": ("d2", "d4")}
    assert deliveries_to_rate_again({"d3": ["x", "y", "z"]}, "A", without.__getitem__) == {}


def test_deliveries_to_rate_again_stand_in_order_of_their_ids():
    rated = {f"d{n}": [f"x{n}", "y"] for n in (5, 3, 1, 4, 2)}
    without = {f"x{n}": "B" for n in range(1, 6)} | {"y": "B"}
    found = deliveries_to_rate_again(rated, "A", without.__getitem__)
    assert list(found) == ["x1", "x2", "x3", "x4", "x5", "y"]
    assert found["y"] == ("d1", "d2", "d3", "d4", "d5")
