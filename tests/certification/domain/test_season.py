"""The frozen tables of a season: what stands where nothing is said, and what is refused."""

import math

import pytest

from certification.domain.season import Criterion, Season, TierRule, season_from_json

LEAST = {
    "criteria": [{"id": "fit", "weight": 1}],
    "severity": [0],
    "mean": 70,
    "within": 144,
    "between": 64,
    "tiers": [{"id": "A", "total": 80, "quality": 56, "innovation": 15}],
}


def test_season_without_more_takes_the_published_starting_values():
    assert season_from_json(LEAST).as_json() == {
        "criteria": (
            {"id": "fit", "weight": 1, "knots": ((0.0, 0.0), (4.0, 1.0)), "required": False},
        ),
        "severity": (0.0,),
        "mean": 70,
        "within": 144,
        "between": 64,
        "tiers": ({"id": "A", "total": 80, "quality": 56, "innovation": 15, "villages": 0},),
        "default_tier": "C",
        "half_life": 18.0,
        "window": 36.0,
        "village_cap": 4.0,
        "quality_points": 70.0,
        "gamma": 0.8,
        "least_deliveries": 2,
        "missing_limit": 0.3,
    }


def test_season_is_read_as_it_is_written():
    criterion = {"id": "fit", "weight": 2, "knots": [[0, 0.1], [2, 0.5], [4, 1]], "required": True}
    tier = {"id": "A", "total": 80, "quality": 56, "innovation": 15, "villages": 3}
    given = {**LEAST, "criteria": [criterion], "tiers": [tier], "severity": [1, -1], "gamma": 0.7}
    assert season_from_json(given) == Season(
        criteria=(Criterion("fit", 2, ((0, 0.1), (2, 0.5), (4, 1)), required=True),),
        severity=(1.0, -1.0),
        mean=70,
        within=144,
        between=64,
        tiers=(TierRule("A", 80, 56, 15, 3),),
        gamma=0.7,
    )


def season(**change):
    return season_from_json({**LEAST, **change})


def criterion(**change):
    return season(criteria=[{"id": "fit", "weight": 1, **change}])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("mean", 0),
        ("mean", 100),
        ("within", 1e-6),
        ("between", 0),
        ("half_life", 0.5),
        ("window", 0.5),
        ("village_cap", 0.5),
        ("quality_points", 0.5),
        ("gamma", 1e-6),
        ("gamma", 1),
        ("severity", []),
    ],
)
def test_season_takes_what_stands_on_the_limit(name, value):
    assert season(**{name: value}).as_json()[name] == (tuple(value) if value == [] else value)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"criteria": []}, "criteria: name at least one"),
        ({"severity": [0, math.inf]}, "severity: write finite anchors"),
        ({"mean": -0.5}, "mean: write points from 0 to 100"),
        ({"mean": 100.5}, "mean: write points from 0 to 100"),
        ({"within": 0}, "within: write a variance above 0"),
        ({"within": math.inf}, "within: write a variance above 0"),
        ({"between": -0.5}, "between: write a variance of 0 or more"),
        ({"between": math.inf}, "between: write a variance of 0 or more"),
        ({"half_life": 0}, "half_life: write a number above 0"),
        ({"window": math.inf}, "window: write a number above 0"),
        ({"village_cap": 0}, "village_cap: write a number above 0"),
        ({"quality_points": 0}, "quality_points: write a number above 0"),
        ({"gamma": 0}, "gamma: write a probability above 0"),
        ({"gamma": 1.01}, "gamma: write a probability above 0"),
    ],
)
def test_season_refuses_a_table_by_name(change, fault):
    with pytest.raises(ValueError, match=f"^{fault}$"):
        season(**change)


@pytest.mark.parametrize("weight", [0, -1, math.inf])
def test_weight_of_a_criterion_is_above_nothing(weight):
    with pytest.raises(ValueError, match=r"^criteria\.fit\.weight: write a number above 0$"):
        criterion(weight=weight)


@pytest.mark.parametrize(
    "knots",
    [
        [],
        [[0, 0]],
        [[0, 0], [0, 1]],
        [[1, 0], [0, 1]],
        [[0, 1], [4, 0]],
        [[0, -0.1], [4, 1]],
        [[0, 0], [4, 1.1]],
        [[0, 0], [2, 1], [4, 0.5]],
    ],
)
def test_knots_that_do_not_rise_within_nought_and_one_are_refused(knots):
    with pytest.raises(ValueError, match=r"^criteria\.fit\.knots: two or more, both rising$"):
        criterion(knots=knots)


def test_utility_may_stay_where_it_is():
    flat = [[0, 0], [2, 1], [4, 1]]
    assert criterion(knots=flat).criteria[0].knots == ((0, 0), (2, 1), (4, 1))
