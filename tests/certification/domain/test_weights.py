"""AHP, entropy and TOPSIS: published numbers are vectors; here are refusals and laws."""

import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr

from certification.domain.weights import (
    ahp,
    ahp_group,
    entropy_audit,
    entropy_weights,
    global_weights,
    spearman,
    topsis,
)

INCONSISTENT = [[1, 9, 1 / 9], [1 / 9, 1, 9], [9, 1 / 9, 1]]


def reciprocal(upper, n):
    table = np.ones((n, n))
    table[np.triu_indices(n, 1)] = upper
    return (np.triu(table) + np.tril(1 / table.T, -1)).tolist()


matrices = st.integers(2, 7).flatmap(
    lambda n: st.lists(
        st.floats(1 / 9, 9), min_size=n * (n - 1) // 2, max_size=n * (n - 1) // 2
    ).map(lambda upper: reciprocal(upper, n))
)


@given(matrix=matrices)
def test_ahp_is_the_principal_eigenvector(matrix):
    values, vectors = np.linalg.eig(np.array(matrix))
    at = int(values.real.argmax())
    vector = np.abs(vectors[:, at].real)
    found = ahp(matrix)
    assert found.weights == pytest.approx(vector / vector.sum(), abs=1e-9)
    assert found.lambda_max == pytest.approx(values[at].real, abs=1e-8)
    assert (found.status == "ok") == (found.cr <= 0.1)


@given(matrix=matrices, seed=st.integers(0, 5))
def test_ahp_knows_no_order_of_items(matrix, seed):
    order = random.Random(seed).sample(range(len(matrix)), len(matrix))
    mixed = [[matrix[row][column] for column in order] for row in order]
    assert ahp(mixed).weights == pytest.approx([ahp(matrix).weights[at] for at in order], abs=1e-9)


def test_ahp_asks_again_where_the_two_methods_differ():
    assert ahp(INCONSISTENT).ask_again is False
    found = ahp([[1, 9, 9, 1 / 9], [1 / 9, 1, 9, 1], [1 / 9, 1 / 9, 1, 9], [9, 1, 1 / 9, 1]])
    apart = max(abs(a - b) for a, b in zip(found.weights, found.geometric, strict=True))
    assert (round(apart, 3), found.ask_again) == (0.081, True)


@pytest.mark.parametrize(
    ("upper", "asked"), [((2, 7, 3, 3, 2, 5), False), ((5, 7, 7, 3, 1, 2), True)]
)
def test_two_hundredths_apart_is_asked_again(upper, asked):
    found = ahp(reciprocal(upper, 4))
    apart = max(abs(a - b) for a, b in zip(found.weights, found.geometric, strict=True))
    assert (round(apart, 4), apart > 0.02, found.ask_again) == (0.02, asked, asked)


def test_consistent_judgements_give_the_same_weights_either_way():
    found = ahp([[1, 2, 4], [1 / 2, 1, 2], [1 / 4, 1 / 2, 1]])
    assert found.weights == pytest.approx((4 / 7, 2 / 7, 1 / 7), abs=1e-12)
    assert found.geometric == pytest.approx(found.weights, abs=1e-12)
    assert (found.status, found.ask_again) == ("ok", False)
    assert (found.lambda_max, found.ci) == pytest.approx((3, 0), abs=1e-12)


def test_two_items_are_always_consistent():
    found = ahp([[1, 4], [1 / 4, 1]])
    assert (found.status, found.ci, found.cr, found.ask_again) == ("ok", 0.0, 0.0, False)
    assert found.geometric == pytest.approx((0.8, 0.2))


def test_what_is_no_matrix_has_no_numbers():
    nothing = {"weights": (), "lambda_max": None, "ci": None, "cr": None, "geometric": ()}
    assert vars(ahp([])) == {"status": "invalid", **nothing, "ask_again": False}
    group = ahp_group([])
    assert (group.status, group.matrix, group.experts) == ("invalid", (), ())
    assert (group.combined.status, group.combined.weights) == ("invalid", ())


@pytest.mark.parametrize(
    ("n", "mean"),
    [(3, 0.52), (4, 0.89), (5, 1.11), (6, 1.25), (7, 1.35), (8, 1.40), (9, 1.45), (10, 1.49)],
)
def test_consistency_is_measured_by_the_random_index_of_the_size(n, mean):
    upper = [3.0, *[1.0] * (n * (n - 1) // 2 - 1)]
    found = ahp(reciprocal(upper, n))
    assert found.ci > 0
    assert found.ci == pytest.approx((found.lambda_max - n) / (n - 1), abs=1e-12)
    assert found.cr == pytest.approx(found.ci / mean, abs=1e-12)


def test_ahp_of_one_item():
    assert ahp([[1]]).weights == (1.0,)


@pytest.mark.parametrize(
    "matrix",
    [
        [],
        [[1, 2]],
        [[1, 2], [1]],
        [[1, -2], [-0.5, 1]],
        [[2, 1], [1, 1]],
        [[1, math.inf], [0, 1]],
        [[1, 2], [0.500001, 1]],
        [[1.0] * 11] * 11,
    ],
)
def test_ahp_refuses_what_is_no_reciprocal_matrix(matrix):
    assert ahp(matrix).status == "invalid"


def test_ahp_takes_matrices_typed_with_seven_digits():
    assert ahp([[1, 3], [0.3333333, 1]]).weights == pytest.approx((0.75, 0.25), abs=1e-6)
    assert ahp([[1.0] * 10] * 10).weights == (0.1,) * 10


def test_group_needs_every_expert_consistent_alone():
    fine = [[1, 1, 1]] * 3
    assert ahp_group([fine, INCONSISTENT]).status == "inconsistent_expert"
    assert ahp_group([fine, fine]).status == "ok"


def test_combination_is_checked_again():
    found = ahp_group([INCONSISTENT, INCONSISTENT])
    assert (found.status, found.combined.status) == ("inconsistent_expert", "inconsistent")


@pytest.mark.parametrize("matrices", [[], [[[1, 2], [2, 1]]], [[[1]], [[1, 1], [1, 1]]]])
def test_group_refuses_nothing_invalid_and_mixed_sizes(matrices):
    assert ahp_group(matrices).status == "invalid"


def test_group_refuses_one_expert_whose_matrix_is_none():
    assert ahp_group([[[1, 1], [1, 1]], [[1, 2], [2, 1]]]).status == "invalid"


def test_a_ratio_just_above_a_tenth_is_inconsistent():
    found = ahp(reciprocal((2, 1, 3, 2, 1, 2), 4))
    assert (round(found.cr, 3), found.status) == (0.101, "inconsistent")


def test_global_weights_sum_to_one():
    tree = {"q": (0.7, {"a": (0.2, {}), "b": (0.8, {})}), "i": (0.3, {"c": (1.0, {})})}
    found = global_weights(tree)
    assert found == pytest.approx({"a": 0.14, "b": 0.56, "c": 0.3})


values = st.integers(2, 5).flatmap(
    lambda width: st.lists(
        st.lists(st.floats(0.01, 100), min_size=width, max_size=width), min_size=2, max_size=9
    )
)


@given(matrix=values, seed=st.integers(0, 5))
def test_entropy_weights_sum_to_one_in_any_order_of_firms(matrix, seed):
    found = entropy_weights(matrix)
    again = entropy_weights(random.Random(seed).sample(matrix, len(matrix)))
    assert sum(found.weights) == pytest.approx(1)
    if found.status == "ok" and again.status == "ok":
        assert min(found.weights) >= 0


def test_entropy_of_one_firm_is_degenerate():
    assert entropy_weights([[1, 2, 3, 4]]).weights == (0.25,) * 4
    assert entropy_weights([[1, 2, 3, 4]]).status == "degenerate"


def test_entropy_of_two_firms_by_hand():
    # shares 1/4 and 3/4, 1/3 and 2/3; what ln 2 is not used up is the spread
    quarter = 1 + (math.log(1 / 4) / 4 + 3 * math.log(3 / 4) / 4) / math.log(2)
    third = 1 + (math.log(1 / 3) / 3 + 2 * math.log(2 / 3) / 3) / math.log(2)
    found = entropy_weights([[1, 1], [3, 2]])
    assert found.status == "ok"
    assert found.weights == pytest.approx(
        (quarter / (quarter + third), third / (quarter + third)), abs=1e-12
    )


def test_a_little_dispersion_is_dispersion():
    found = entropy_weights([[1, 1], [1.01, 1]])
    assert (found.status, found.weights) == ("ok", (1.0, 0.0))


@pytest.mark.parametrize(
    "matrix",
    [
        *([], [[]], [[1, 2], [1]], [[1, -1], [1, 1]], [[math.nan, 1]]),
        *([[1, -1], [1, 2]], [[math.inf, 1], [1, 1]]),
    ],
)
def test_entropy_refuses(matrix):
    assert entropy_weights(matrix).status == "invalid"


@pytest.mark.parametrize(
    ("official", "entropy", "finding"),
    [
        (0.05, 0.0099, "does_not_discriminate"),
        (0.0499, 0.0099, None),
        (0.05, 0.01, None),
        (0.1, 0.3, "dominates"),
        (0.1, 0.299, None),
    ],
)
def test_entropy_audit_at_its_limits(official, entropy, finding):
    assert entropy_audit({"a": official}, {"a": entropy}).get("a") == finding


shares = st.lists(st.lists(st.floats(0, 1), min_size=3, max_size=3), min_size=2, max_size=6)


@given(matrix=shares, other=st.lists(st.floats(0, 1), min_size=3, max_size=3))
def test_fixed_ideals_make_a_firm_independent_of_the_others(matrix, other):
    alone = topsis(matrix, [0.5, 0.3, 0.2], [1, 1, 1])
    beside = topsis([*matrix, other], [0.5, 0.3, 0.2], [1, 1, 1])
    assert beside[:-1] == pytest.approx(alone, abs=1e-12)
    assert all(0 <= one <= 1 for one in alone)


def test_topsis_turns_criteria_of_which_less_is_better():
    assert topsis([[0, 1], [1, 0]], [1, 1], [-1, 1]) == (1.0, 0.0)
    assert topsis([[1.0, 0.0], [3.0, 0.0]], [1, 1], [-1, 1], "vector") == (1.0, 0.0)
    assert topsis([[1.0, 2.0], [3.0, 2.0]], [1, 1], [-1, 1], "minmax") == (1.0, 0.0)


@pytest.mark.parametrize(
    ("matrix", "fault"),
    [([[1, 2, 3]], "one column"), ([1, 2], "one column"), ([[1, math.nan]], "finite")],
)
def test_topsis_refuses(matrix, fault):
    with pytest.raises(ValueError, match=fault):
        topsis(matrix, [1, 1], [1, 1])


def test_topsis_refuses_types_that_do_not_fit():
    with pytest.raises(ValueError, match="one column"):
        topsis([[1, 2]], [1, 1], [1])


ranked = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=2, max_size=20)


@given(pairs=ranked)
def test_spearman_equals_scipy(pairs):
    one, other = zip(*pairs, strict=True)
    found = spearman(one, other)
    if len(set(one)) == 1 or len(set(other)) == 1:
        assert found is None
    else:
        assert found == pytest.approx(spearmanr(one, other).statistic, abs=1e-12)


def test_topsis_by_vector_lengths():
    # lengths 5 and 1: distances 0.1 and 0.5 of the first, the other way round for the second
    found = topsis([[3, 0], [4, 1]], [0.5, 0.5], [1, -1], "vector")
    assert found == pytest.approx((5 / 6, 1 / 6), abs=1e-12)
    assert topsis([[3, 0], [4, 0]], [0.5, 0.5], [1, 1], "vector") == (0.0, 1.0)
