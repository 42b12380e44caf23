"""Signs of gaming."""

import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import false_discovery_control

from certification.domain.integrity import (
    Components,
    Inflation,
    benjamini_hochberg,
    herfindahl,
    inflation,
    looks_inflated,
    pair_test,
    suspicious_pairs,
    villages_that_decide,
)

FROZEN = Components(mu=70, sigma2=144, tau2=64, village2=25)


def test_inflation_of_varied_ratings():
    found = inflation([4, 3, 2, 1], top=4)
    assert (found.top_share, found.entropy) == (0.25, pytest.approx(math.log(4)))


def test_inflation_never_writes_minus_zero():
    assert math.copysign(1, inflation([4, 4]).entropy) == 1.0


@given(st.lists(st.floats(0.01, 99), min_size=1, max_size=9))
def test_herfindahl_lies_between_even_and_one(shares):
    assert 1 / len(shares) - 1e-9 <= herfindahl(shares) <= 1 + 1e-9
    assert herfindahl(shares[::-1]) == pytest.approx(herfindahl(shares))


def test_herfindahl_of_nothing_is_null():
    assert herfindahl([]) is herfindahl([0, 0]) is None


@pytest.mark.parametrize("shares", [[1, -1], [math.inf], [math.nan]])
def test_herfindahl_refuses(shares):
    with pytest.raises(ValueError, match="shares: "):
        herfindahl(shares)


@given(st.lists(st.floats(0, 1), max_size=20))
def test_benjamini_hochberg_equals_scipy(p_values):
    adjusted = false_discovery_control(p_values) if p_values else []
    ours = set(benjamini_hochberg(p_values, 0.05))
    # at the limit itself the two round apart
    clear = {at for at, p in enumerate(adjusted) if abs(p - 0.05) > 1e-12}
    assert ours & clear == {at for at in clear if adjusted[at] <= 0.05}


def test_benjamini_hochberg_counts_a_tie_as_rejected():
    assert benjamini_hochberg([0.025, 0.9], 0.05) == [0]


@pytest.mark.parametrize("p", [-0.1, 1.1, math.nan])
def test_benjamini_hochberg_refuses(p):
    with pytest.raises(ValueError, match="p: "):
        benjamini_hochberg([p])


@pytest.mark.parametrize(("n", "eligible"), [(1, False), (2, False), (3, True)])
def test_pair_needs_three_deliveries(n, eligible):
    assert pair_test(90, n, 80, sigma2=144, var_firm=5, var_village=4).eligible is eligible


@pytest.mark.parametrize(("n", "sigma2"), [(0, 144), (3, 0)])
def test_pair_without_deliveries_or_spread_is_refused(n, sigma2):
    with pytest.raises(ValueError, match="n, variances: "):
        pair_test(90, n, 80, sigma2=sigma2, var_firm=0, var_village=0)


def season(seed=1):
    rng = random.Random(seed)
    firms = {f"f{at}": rng.gauss(70, 8) for at in range(6)}
    return [
        (firm, f"v{village}", rng.gauss(level, 12))
        for firm, level in firms.items()
        for village in range(5)
        for _ in range(3)
    ]


def refit(deliveries, firm, village):
    """Posterior sum and variances from a plain refit without the pair."""
    kept = [one for one in deliveries if one[:2] != (firm, village)]
    names = sorted({("f", one[0]) for one in deliveries} | {("v", one[1]) for one in deliveries})
    design = np.zeros((len(kept), len(names)))
    for row, (one, place, _) in enumerate(kept):
        design[row, names.index(("f", one))] = design[row, names.index(("v", place))] = 1
    prior = np.diag([1 / (64 if kind == "f" else 25) for kind, _ in names])
    inverse = np.linalg.inv(design.T @ design / 144 + prior)
    effects = inverse @ (design.T @ np.array([y - 70 for _, _, y in kept])) / 144
    at = [names.index(("f", firm)), names.index(("v", village))]
    return 70 + effects[at].sum(), np.diag(inverse)[at]


def test_leaving_a_pair_out_equals_a_refit():
    deliveries = season()
    found = suspicious_pairs(deliveries, FROZEN)
    assert len(found) == 30  # three deliveries each are enough
    for pair in found:
        expected, spread = refit(deliveries, pair.firm, pair.village)
        assert pair.expected == pytest.approx(expected, abs=1e-9)
        z = (pair.ybar - expected) / math.sqrt(144 / 3 + spread.sum())
        assert pair.test.z == pytest.approx(z, abs=1e-9)


def test_a_captured_village_is_flagged_and_no_other():
    captured = [("f0", "v0", 100.0)] * 9 + [(*one[:2], 60.0) for one in season() if one[0] == "f0"]
    others = [one for one in season() if one[0] != "f0"]
    kept = [one for one in captured + others if one[:2] != ("f0", "v0") or one[2] == 100.0]
    found = suspicious_pairs(kept, FROZEN)
    assert [(one.firm, one.village) for one in found if one.flagged] == [("f0", "v0")]
    assert (found[0].n, found[0].ybar) == (9, 100.0)


def test_the_order_of_deliveries_does_not_matter():
    mixed = random.Random(3).sample(season(), len(season()))
    assert suspicious_pairs(mixed, FROZEN) == suspicious_pairs(season(), FROZEN)


def test_pairs_with_two_deliveries_are_not_tested():
    assert suspicious_pairs([("f", "v", 100.0), ("f", "v", 100.0)], FROZEN) == []


def test_a_model_without_variance_is_refused():
    with pytest.raises(ValueError, match="frozen: "):
        suspicious_pairs(season(), Components(70, 144, 0, 25))


def test_variances_under_one_are_variances():
    small = Components(70, 0.5, 0.5, 0.5)
    assert len(suspicious_pairs(season(), small)) == 30


def test_top_anchor_is_four_unless_said():
    assert inflation([4, 4, 5]).top_share == pytest.approx(2 / 3)
    assert inflation([4, 4, 5], 5).top_share == pytest.approx(1 / 3)


def test_without_ratings_there_is_no_inflation():
    assert inflation([]) == Inflation(None, None)
    assert looks_inflated([]) is False


def test_one_in_twenty_false_discoveries_is_the_limit_unless_said():
    assert benjamini_hochberg([0.05]) == [0]
    assert benjamini_hochberg([0.051]) == []


def test_rejected_hypotheses_stand_in_the_order_given():
    # limits 0.05/3, 0.1/3 and 0.05 of the ordered p: all three pass
    assert benjamini_hochberg([0.03, 0.04, 0.001]) == [0, 1, 2]


def test_villages_that_decide_stand_in_order():
    found = villages_that_decide(["e", "c", "a", "d", "b"], lambda _: "B", "A")
    assert list(found) == ["a", "b", "c", "d", "e"]


def test_villages_that_decide():
    assert villages_that_decide(["b", "a", "a"], lambda _: "A", "A") == {}
