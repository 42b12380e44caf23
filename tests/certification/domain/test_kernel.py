"""The kernel against a plain reading, its laws, and what it refuses."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certification.domain.kernel import (
    DELIVERIES,
    FIRMS,
    RATINGS,
    encode,
    grade_county,
    grades_like,
    score_deliveries,
)
from certification.domain.season import Criterion, season_from_json
from tests.certification.domain.ratings import county, plain_grades, season

NUMBERS = ["deliveries", "villages", "weight", "mean", "variance", "missing_share"]


def assert_same(frame, plain):
    got = frame[NUMBERS].to_numpy(dtype=float)
    expected = np.array([[one[name] for name in NUMBERS] for one in plain], dtype=float)
    np.testing.assert_allclose(got, expected, rtol=0, atol=1e-9)
    chances = frame[["probability_A", "probability_B"]].to_numpy()
    np.testing.assert_allclose(chances, [one["chances"] for one in plain], rtol=0, atol=1e-9)
    assert list(frame["tier"]) == [one["tier"] for one in plain]


@settings(max_examples=40)
@given(
    seed=st.integers(0, 2**32),
    gaps=st.sampled_from([0.0, 0.03, 0.5, 0.95]),
    deliveries=st.integers(1, 30),
    villages=st.integers(1, 12),
)
def test_kernel_equals_the_plain_reading(seed, gaps, deliveries, villages):
    tables = season()
    given = county(seed, firms=8, deliveries=deliveries, villages=villages, gaps=gaps)
    assert_same(grade_county(*given, tables), plain_grades(*given, tables))


def test_random_counties_reach_every_tier():
    frames = [grade_county(*county(seed, deliveries=30), season(mean=80)) for seed in range(10)]
    assert set(pd.concat(frames)["tier"]) == {"A", "B", "C"}


def test_delivery_without_a_required_rating_is_pending():
    first, *others = season().criteria
    tables = season(criteria=(Criterion(first.id, first.weight, first.knots, True), *others))
    given = county(5, gaps=0.5)
    got = grade_county(*given, tables)
    assert_same(got, plain_grades(*given, tables))
    assert got["deliveries"].sum() < grade_county(*given, season())["deliveries"].sum()


def test_ratings_that_are_no_anchor_are_quarantined_not_clipped():
    ratings, deliveries, firms = county(6)
    ratings.loc[[3, 4, 50, 51], "rating"] = [np.nan, -0.5, 4.5, np.inf]
    got = grade_county(ratings, deliveries, firms, season())
    assert_same(got, plain_grades(ratings, deliveries, firms, season()))
    left_out = ratings.drop(index=[3, 4, 50, 51])
    pd.testing.assert_frame_equal(got, grade_county(left_out, deliveries, firms, season()))


def test_firm_without_deliveries_has_the_prior_and_no_grade():
    ratings, deliveries, firms = (one.iloc[:0] for one in county(1))
    firms = pd.DataFrame({"firm": ["F"], "innovation": [30.0]})
    (row,) = grade_county(ratings, deliveries, firms, season()).to_dict("records")
    assert (row["mean"], row["variance"], row["weight"]) == (70.0, 64.0, 0.0)
    assert (row["tier"], row["deliveries"], row["missing_share"]) == ("unrated", 0, 0.0)


def test_without_variance_between_firms_everybody_is_average():
    given = county(2)
    got = grade_county(*given, season(between=0.0))
    assert set(got["mean"]) == {70.0}
    assert set(got["variance"]) == {0.0}
    assert_same(got, plain_grades(*given, season(between=0.0)))


def firm_of(score, number, age=0.0, innovation=30.0):
    """One firm with ``number`` deliveries, each in a village of its own and scored ``score``."""
    rating = np.full(number, score / 25, dtype=np.float32)
    codes = np.arange(number)
    ratings = pd.DataFrame({"delivery": codes, "criterion": 0, "assessor": 0, "rating": rating})
    deliveries = pd.DataFrame({"firm": 0, "village": codes, "age": float(age)})
    firms = pd.DataFrame({"firm": ["F"], "innovation": [innovation]})
    return ratings.astype(RATINGS), deliveries.astype(DELIVERIES), firms.astype(FIRMS)


@pytest.mark.parametrize(
    ("score", "number", "mean", "lower"), [(90, 2, 79.41, 71.95), (84, 40, 83.25, 80.89)]
)
def test_firms_x_and_y_of_4_scoring(score, number, mean, lower):
    tables = season(1, criteria=(Criterion("fit", 1.0),))
    (row,) = grade_county(*firm_of(score, number), tables).to_dict("records")
    assert (round(row["mean"], 2), round(row["lower"], 2)) == (mean, lower)
    assert row["probability_A"] == pytest.approx(1 - 0.54 if number == 2 else 0.961, abs=5e-3)


@settings(max_examples=25)
@given(seed=st.integers(0, 2**32))
def test_order_of_rows_never_matters(seed):
    ratings, deliveries, firms = named(seed)
    given = encode(ratings, deliveries, firms, criteria=CODES, assessors=ASSESSORS)
    rng = np.random.default_rng(seed)
    mixed = [one.iloc[rng.permutation(len(one))] for one in (ratings, deliveries, firms)]
    again = encode(*mixed, criteria=CODES, assessors=ASSESSORS)
    for one, other in zip(given, again, strict=True):
        pd.testing.assert_frame_equal(one, other)
    pd.testing.assert_frame_equal(
        grade_county(*given, season()), grade_county(*again, season()), check_exact=True
    )


CODES = [one.id for one in season().criteria]
ASSESSORS = [f"J{code}" for code in range(8)]


def named(seed):
    """A county as it is recorded: names instead of codes."""
    ratings, deliveries, firms = county(seed, firms=6, deliveries=4)
    deliveries = deliveries.assign(
        delivery=[f"D{code:05d}" for code in range(len(deliveries))],
        firm=firms["firm"].to_numpy()[deliveries["firm"]],
        village=[f"V{code:02d}" for code in deliveries["village"]],
    )
    ratings = ratings.assign(
        delivery=deliveries["delivery"].to_numpy()[ratings["delivery"]],
        criterion=np.array(CODES)[ratings["criterion"]],
        assessor=np.array(ASSESSORS)[ratings["assessor"]],
    )
    return ratings, deliveries, firms


def test_encoding_keeps_what_was_coded():
    coded = county(3, firms=6, deliveries=4)
    again = encode(*named(3), criteria=CODES, assessors=ASSESSORS)
    for one, other in zip(coded, again, strict=True):
        pd.testing.assert_frame_equal(one, other)


@settings(max_examples=25)
@given(seed=st.integers(0, 2**32), row=st.integers(0, 199))
def test_better_rating_lowers_nothing(seed, row):
    ratings, deliveries, firms = county(seed, firms=4, deliveries=6)
    before = grade_county(ratings, deliveries, firms, season())
    ratings.loc[row, "rating"] = 4.0
    after = grade_county(ratings, deliveries, firms, season())
    assert (after["mean"] >= before["mean"] - 1e-12).all()
    assert (after["probability_A"] >= before["probability_A"] - 1e-12).all()
    assert (after["tier"].cat.codes <= before["tier"].cat.codes).all()


@settings(max_examples=25)
@given(seed=st.integers(0, 2**32))
def test_a_is_never_more_probable_than_b(seed):
    got = grade_county(*county(seed), season())
    assert (got["probability_A"] <= got["probability_B"]).all()
    assert got["mean"].between(0, 100).all()


@settings(max_examples=25)
@given(seed=st.integers(0, 2**32))
def test_expired_deliveries_change_nothing(seed):
    ratings, deliveries, firms = county(seed)
    inside = deliveries["age"] <= 36
    code = np.cumsum(inside) - 1
    kept = ratings[inside.to_numpy()[ratings["delivery"]]]
    kept = kept.assign(delivery=code.to_numpy()[kept["delivery"]].astype(np.int32))
    pd.testing.assert_frame_equal(
        grade_county(ratings, deliveries, firms, season()),
        grade_county(kept, deliveries[inside], firms, season()),
        check_exact=True,
    )


def test_one_village_counts_at_most_its_cap():
    tables = season(1, criteria=(Criterion("fit", 1.0),))
    ratings, deliveries, firms = firm_of(100, 10)
    deliveries["village"] = np.int32(0)
    (row,) = grade_county(ratings, deliveries, firms, tables).to_dict("records")
    assert row["weight"] == pytest.approx(4.0)
    assert (row["deliveries"], row["villages"]) == (10, 1)
    assert row["probability_A"] > 0.8
    assert row["tier"] == "C"  # A asks for three villages, B for two


def test_a_village_may_count_less_than_one_delivery():
    tables = season(1, criteria=(Criterion("fit", 1.0),), village_cap=0.5)
    ratings, deliveries, firms = firm_of(100, 2)
    deliveries["village"] = np.int32(0)
    deliveries["age"] = np.array([18, 36], dtype=np.float32)  # weights 1/2 and 1/4
    (row,) = grade_county(ratings, deliveries, firms, tables).to_dict("records")
    assert row["weight"] == pytest.approx(0.5)


# --- lines are reached by those who stand on them


def certain(number=3, innovation=24.0, **more):
    """The row of a firm whose quality is known to be the season's mean."""
    criteria = (Criterion("fit", 3.0), Criterion("kept", 1.0))
    tables = season(1, **({"criteria": criteria, "mean": 80.0, "between": 0.0} | more))
    (row,) = grade_county(*firm_of(80, number, innovation=innovation), tables).to_dict("records")
    return row


def test_quality_that_just_reaches_a_tier_grants_it():
    row = certain(gamma=1.0)  # 56 points of quality beside 24 of innovation: 80
    assert (row["probability_A"], row["tier"]) == (1.0, "A")


def test_innovation_at_its_minimum_is_enough():
    assert certain(innovation=15.0, mean=95.0)["probability_A"] == 1.0
    assert certain(innovation=14.9, mean=95.0)["probability_A"] == 0.0


@pytest.mark.parametrize(("number", "tier"), [(1, "unrated"), (2, "B"), (3, "A")])
def test_two_deliveries_are_enough_to_be_rated(number, tier):
    assert certain(number)["tier"] == tier


@pytest.mark.parametrize(("limit", "tier"), [(0.175, "A"), (0.174, "unrated")])
def test_missing_evidence_up_to_the_limit_is_borne(limit, tier):
    row = certain(missing_limit=limit)  # a weight of 1 in 4 lacks: a quarter of 70 points
    assert (row["missing_share"], row["tier"]) == (pytest.approx(0.175), tier)


def test_places_of_quarantined_ratings_are_told():
    tables = season(1, criteria=(Criterion("fit", 1.0),))
    places, nothing = np.arange(4), np.zeros(4, dtype=int)
    for ratings, expected in (([3, np.nan, 4.5, 0], [1, 2]), ([4, 3, 2, 0], [])):
        given = np.array(ratings, dtype=np.float32)
        found = score_deliveries(places, nothing, nothing, given, count=4, season=tables)
        assert found.quarantined.tolist() == expected


@pytest.mark.parametrize(
    ("table", "column", "value", "message"),
    [
        (0, "assessor", 8, "assessor: codes run from 0 to 7"),
        (0, "assessor", -1, "assessor: codes run from 0 to 7"),
        (0, "criterion", 5, "criterion: codes run from 0 to 4"),
        (0, "delivery", 200, "delivery: codes run from 0 to 199"),
        (0, "delivery", 7, "ratings: order them"),
        (1, "firm", 20, "firm: codes run from 0 to 19"),
        (1, "firm", 3, "deliveries: order them"),
        (1, "village", 99, "deliveries: order them"),
        (1, "age", -0.1, "age: evidence from the future"),
        (1, "age", np.nan, "age: evidence from the future"),
    ],
)
def test_tables_that_cannot_be_right_are_refused(table, column, value, message):
    tables = county(9)
    tables[table].loc[0, column] = value
    with pytest.raises(ValueError, match=message):
        grade_county(*tables, season())


@pytest.mark.parametrize(
    ("table", "column", "value", "message"),
    [(0, "delivery", 0, "ratings: order them"), (1, "firm", 5, "deliveries: order them")],
)
def test_a_row_out_of_order_further_down_is_refused(table, column, value, message):
    tables = county(9)
    tables[table].loc[100, column] = value
    with pytest.raises(ValueError, match=message):
        grade_county(*tables, season())


def test_rating_given_twice_is_refused():
    ratings, deliveries, firms = county(9)
    twice = pd.concat([ratings.iloc[:1], ratings])
    with pytest.raises(ValueError, match="each triple once"):
        grade_county(twice, deliveries, firms, season())


@pytest.mark.parametrize(
    ("table", "change", "message"),
    [
        (0, {"delivery": "D9"}, "delivery: 'D9' is not in the tables"),
        (0, {"criterion": "charm"}, "criterion: 'charm'"),
        (0, {"assessor": "J9"}, "assessor: 'J9'"),
        (1, {"firm": "F9"}, "firm: 'F9'"),
        (1, {"delivery": "D00001"}, "deliveries: 'D00001' stands twice"),
        (2, {"firm": "F0000001"}, "firms: 'F0000001' stands twice"),
    ],
)
def test_encoding_names_what_is_unknown_or_twice(table, change, message):
    tables = list(named(4))
    for column, value in change.items():
        tables[table].loc[0, column] = value
    with pytest.raises(ValueError, match=message):
        encode(*tables, criteria=CODES, assessors=ASSESSORS)


def test_empty_answer_has_the_columns_and_types_of_a_full_one():
    full = grade_county(*county(1), season())
    chances = ["probability_A", "probability_B"]
    figures = [*NUMBERS[:5], "lower", "missing_share"]
    assert list(full) == ["firm", *figures, *chances, "tier"]
    assert dict(grades_like(season()).dtypes) == dict(full.dtypes)


def test_season_survives_json():
    tables = season()
    assert season_from_json(json.loads(json.dumps(tables.as_json()))) == tables


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"criteria": ()}, "criteria: name at least one"),
        ({"criteria": (Criterion("a", 0),)}, r"criteria\.a\.weight"),
        ({"criteria": (Criterion("a", 1, ((0, 0),)),)}, r"criteria\.a\.knots"),
        ({"criteria": (Criterion("a", 1, ((0, 0), (4, 2))),)}, r"criteria\.a\.knots"),
        ({"criteria": (Criterion("a", 1, ((0, 1), (4, 0))),)}, r"criteria\.a\.knots"),
        ({"severity": (float("nan"),)}, "severity: write finite"),
        ({"mean": 101}, "mean: write points"),
        ({"within": 0}, "within: write a variance above 0"),
        ({"between": -1}, "between: write a variance"),
        ({"window": 0}, "window: write a number above 0"),
        ({"gamma": 0}, "gamma: write a probability"),
    ],
)
def test_season_that_the_formulas_cannot_use_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        season(**change)
