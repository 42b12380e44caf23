"""Agreement and severity against published numbers, an independent package, and their laws."""

import math
import random

import krippendorff
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from certification.domain.agreement import (
    criterion_standing,
    intraclass_correlation,
    krippendorff_alpha,
    severity,
    severity_components,
)

LEVELS = ["nominal", "ordinal", "interval", "ratio"]
SHROUT_FLEISS = [
    [9, 2, 5, 8],
    [6, 1, 3, 2],
    [8, 4, 6, 8],
    [7, 1, 2, 6],
    [10, 5, 6, 9],
    [6, 2, 4, 7],
]

anchors = st.one_of(st.none(), st.integers(0, 4))
tables = st.integers(1, 7).flatmap(
    lambda width: st.lists(st.lists(anchors, min_size=width, max_size=width), min_size=1)
)


@pytest.mark.parametrize("level", LEVELS)
@given(table=tables)
def test_alpha_equals_the_package_where_that_has_an_answer(level, table):
    rows = [[np.nan if one is None else one for one in row] for row in table]
    ours = krippendorff_alpha(table, level)
    try:
        with np.errstate(invalid="ignore"):
            theirs = krippendorff.alpha(np.array(rows, dtype=float), level_of_measurement=level)
    except ValueError:
        theirs = math.nan
    if ours is None:
        assert math.isnan(theirs)
    else:
        assert ours == pytest.approx(theirs, abs=1e-12)


@given(table=tables, seed=st.integers(0, 9))
def test_alpha_knows_no_order_of_assessors_or_deliveries(table, seed):
    rng = random.Random(seed)
    rows = rng.sample(table, len(table))
    columns = rng.sample(range(len(table[0])), len(table[0]))
    mixed = [[row[at] for at in columns] for row in rows]
    found, again = krippendorff_alpha(table), krippendorff_alpha(mixed)
    assert (found is None) == (again is None)
    assert found is None or again == pytest.approx(found, abs=1e-12)


@pytest.mark.parametrize("table", [[], [[]], [[1, 2, 3]], [[1, None], [None, 1]], [[3, 3], [3, 3]]])
def test_alpha_without_comparison_or_variation_is_null(table):
    assert krippendorff_alpha(table) is None


def test_alpha_of_two_zeros_on_a_ratio_scale_sees_no_difference():
    assert krippendorff_alpha([[0, 1], [0, 1]], "ratio") == 1.0


def test_alpha_takes_nan_as_not_rated():
    table = [[1, 2, 4, None], [1, 2, 4, 3]]
    rows = [[1, 2, 4, math.nan], [1, 2, 4, 3]]
    assert krippendorff_alpha(rows) == krippendorff_alpha(table) == 1.0


@pytest.mark.parametrize(
    ("table", "level", "fault"),
    [
        ([[1, 2], [1]], "ordinal", "ratings: every assessor needs one entry per delivery"),
        ([[1, math.inf], [1, 2]], "ordinal", "ratings: write finite numbers"),
        ([[-1, 2], [1, 2]], "ratio", "ratings: a ratio scale has no negative values"),
    ],
)
def test_alpha_refuses_what_it_cannot_read(table, level, fault):
    with pytest.raises(ValueError, match=fault):
        krippendorff_alpha(table, level)


@pytest.mark.parametrize(
    ("alphas", "rated", "standing"),
    [
        ([], 99, "too_few"),
        ([None], 99, "too_few"),
        ([0.9], 19, "too_few"),
        ([0.8], 20, "use"),
        ([0.799], 20, "tentative"),
        ([0.667], 20, "tentative"),
        ([0.666], 20, "retrain"),
        ([None, 0.5], 20, "retrain"),
        ([0.7, 0.5], 20, "retrain"),
        ([0.666, 0.5], 20, "suspend"),
        ([0.5, 0.7], 20, "tentative"),
    ],
)
def test_standing_of_a_criterion(alphas, rated, standing):
    assert criterion_standing(alphas, rated) == standing


def test_icc_without_any_variance_is_null():
    found = intraclass_correlation([[1, 1], [1, 1]])
    assert found.icc11 is found.icc2k is found.icc31 is None


@pytest.mark.parametrize(
    "matrix", [[], [[1, 2]], [[1], [2]], [[1, None], [2, 3]], [[1, 2], [1, math.nan]]]
)
def test_icc_needs_two_complete_rows_and_columns(matrix):
    with pytest.raises(ValueError, match="matrix: needs two targets, two judges and no gap"):
        intraclass_correlation(matrix)


def test_severity_components_of_shrout_and_fleiss():
    # EMS 1.0194, JMS 32.4861, 6 targets
    error, between = severity_components(SHROUT_FLEISS)
    assert (error, between) == pytest.approx((1.0194444, 5.2444444))


def test_severity_component_is_never_negative():
    assert severity_components([[1, 2], [2, 1]])[1] == 0.0


ratings_of = st.dictionaries(
    st.tuples(st.sampled_from("defgh"), st.sampled_from("abcx")),
    st.integers(0, 4).map(float),
    min_size=1,
).map(lambda found: [(*key, value) for key, value in found.items()])


def mixed_model(rows, lam):
    """Henderson's equations with deliveries as fixed effects, solved as they stand."""
    deliveries = sorted({one for one, _, _ in rows})
    names = sorted({one for _, one, _ in rows})
    design = np.zeros((len(rows), len(deliveries) + len(names)))
    for index, (delivery, assessor, _) in enumerate(rows):
        design[index, deliveries.index(delivery)] = 1
        design[index, len(deliveries) + names.index(assessor)] = 1
    ridge = np.diag([0.0] * len(deliveries) + [lam] * len(names))
    right = design.T @ np.array([value for _, _, value in rows])
    found = np.linalg.lstsq(design.T @ design + ridge, right, rcond=None)[0]
    return dict(zip(names, found[len(deliveries) :], strict=True))


@given(rows=ratings_of, lam=st.sampled_from([0.1, 1.0, 7.0]))
def test_severity_equals_the_mixed_model_equations(rows, lam):
    ours, theirs = severity(rows, lam).raw, mixed_model(rows, lam)
    shift = {name: ours[name] - theirs[name] for name in ours}
    together = {}
    for delivery, assessor, _ in rows:
        together.setdefault(delivery, []).append(assessor)
    for names in together.values():
        assert all(shift[one] == pytest.approx(shift[names[0]], abs=1e-8) for one in names)


@given(rows=ratings_of, lam=st.sampled_from([0.0, 0.5, 3.0]), seed=st.integers(0, 5))
def test_severity_is_centred_and_knows_no_order(rows, lam, seed):
    found = severity(rows, lam)
    assert sum(found.raw[assessor] for _, assessor, _ in rows) == pytest.approx(0, abs=1e-9)
    again = severity(random.Random(seed).sample(rows, len(rows)), lam)
    assert again.raw == pytest.approx(found.raw, abs=1e-9)
    assert again.components == found.components


def test_severity_is_applied_from_five_shared_deliveries_up_to_the_cap():
    rows = [(f"d{n}", who, value) for n in range(5) for who, value in (("a", 4.0), ("b", 0.0))]
    rows += [("d0", "c", 2.0), ("alone", "c", 2.0)]
    found = severity(rows, 0.1)
    assert found.applied == {"a": 0.5, "b": -0.5, "c": 0.0}
    assert severity(rows[2:], 0.1).applied == {"a": 0.0, "b": 0.0, "c": 0.0}


def test_delivery_that_nobody_shares_counts_for_no_severity():
    # four shared deliveries and one alone are not five
    rows = [(f"d{n}", who, value) for n in range(4) for who, value in (("a", 4.0), ("b", 0.0))]
    assert severity([*rows, ("alone", "a", 4.0)], 0.1).applied == {"a": 0.0, "b": 0.0}


def test_severity_is_centred_within_each_component():
    # a and b: 1.5 a - 0.5 b = 1 and 1.5 b - 0.5 a = -1 give 1/2 and -1/2; of three ratings, two
    # by a, the mean is 1/6, which leaves 1/3 and -2/3. c and x agree, whatever a and b do.
    rows = [("d", "a", 4.0), ("d", "b", 2.0), ("alone", "a", 3.0), ("e", "c", 1.0), ("e", "x", 1.0)]
    found = severity(rows, 1.0).raw
    assert found == pytest.approx({"a": 1 / 3, "b": -2 / 3, "c": 0.0, "x": 0.0}, abs=1e-12)


def test_severity_counts_components():
    rows = [("d", "a", 1.0), ("d", "b", 2.0), ("e", "c", 1.0), ("f", "x", 1.0), ("f", "c", 2.0)]
    assert severity(rows, 1.0).components == 2
    assert severity([], 1.0).components == 0


@pytest.mark.parametrize(
    ("rows", "lam", "fault"),
    [
        ([("d", "a", 1.0)], -0.1, "lam: "),
        ([("d", "a", 1.0)], math.inf, "lam: "),
        ([("d", "a", math.nan)], 1.0, "ratings: write finite numbers"),
        ([("d", "a", 1.0), ("d", "a", 1.0)], 1.0, "ratings: an assessor rates a delivery once"),
    ],
)
def test_severity_refuses(rows, lam, fault):
    with pytest.raises(ValueError, match=fault):
        severity(rows, lam)
