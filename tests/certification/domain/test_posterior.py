"""Shrinkage: refusals, laws, and closed forms against brute force."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certification.domain.posterior import (
    AcceptanceRate,
    GroupSums,
    Posterior,
    Prior,
    acceptance_rate,
    anova_components,
    deliveries_needed,
    joint_threshold,
    shrink,
    wilson_lower,
)

PRIOR = Prior(70, 144, 64)
scores = st.floats(0, 100)


@pytest.mark.parametrize("values", [(math.nan, 1, 1), (70, -1, 1), (70, 1, -1), (70, math.inf, 1)])
def test_prior_refuses(values):
    with pytest.raises(ValueError, match="prior: "):
        Prior(*values)


@pytest.mark.parametrize("values", [[], [1, math.nan]])
def test_group_refuses(values):
    with pytest.raises(ValueError, match="groups: "):
        GroupSums.of(values)


@given(st.lists(scores, min_size=1), st.lists(scores, min_size=1))
def test_sums_of_parts_are_sums_of_the_whole(one, other):
    merged, whole = GroupSums.of(one).merge(GroupSums.of(other)), GroupSums.of(one + other)
    assert merged.n == whole.n
    assert merged.mean == pytest.approx(whole.mean, abs=1e-9)
    assert merged.squares == pytest.approx(whole.squares, abs=1e-6)


def test_components_of_unequal_groups():
    # by hand: SSW 4, N − G = 3, σ² 4/3; grand mean 79.2; SSB 1158.8; n₀ 2.4
    groups = [GroupSums.of([70, 72]), GroupSums.of([84, 86, 84.0])]
    found = anova_components(groups)
    between = 2 * (71 - 78.8 - 0.4) ** 2
    grand = (70 + 72 + 84 + 86 + 84) / 5
    squares = 2 + 8 / 3
    between = 2 * (71 - grand) ** 2 + 3 * (254 / 3 - grand) ** 2
    sigma2, n0 = squares / 3, 5 - 13 / 5
    tau2 = (between - sigma2) / n0
    weights = [1 / (tau2 + sigma2 / 2), 1 / (tau2 + sigma2 / 3)]
    mu = (weights[0] * 71 + weights[1] * 254 / 3) / sum(weights)
    prior = found.prior
    assert (prior.mu, prior.sigma2, prior.tau2) == pytest.approx((mu, sigma2, tau2))


def test_firms_that_do_not_differ_have_no_variance_between():
    found = anova_components([GroupSums.of([60, 80]), GroupSums.of([61, 79])])
    assert (found.status, found.prior.tau2, found.prior.mu) == ("tau2_zero", 0.0, 70.0)


def test_firms_without_spread_within_weigh_the_same():
    found = anova_components([GroupSums.of([60, 60]), GroupSums.of([80, 80, 80, 80])])
    assert (found.status, found.prior.mu, found.prior.sigma2) == ("ok", 70.0, 0.0)


def test_components_do_not_depend_on_the_unit():
    scores = [70.0, 72.0], [84.0, 86.0, 84.0]
    whole, small = (
        anova_components([GroupSums.of([one / unit for one in some]) for some in scores])
        for unit in (1, 100)
    )
    assert whole.status == small.status == "ok"
    assert small.prior.tau2 < 1
    scaled = 100 * small.prior.mu, 1e4 * small.prior.sigma2, 1e4 * small.prior.tau2
    assert scaled == pytest.approx((whole.prior.mu, whole.prior.sigma2, whole.prior.tau2))


@pytest.mark.parametrize("groups", [[], [[70, 80]], [[70], [80]]])
def test_too_little_to_estimate(groups):
    found = anova_components([GroupSums.of(one) for one in groups])
    assert (found.status, found.prior) == ("not_estimable", None)


@given(ybar=scores, weight=st.floats(0, 200), prior=st.builds(Prior, scores, scores, scores))
def test_posterior_lies_between_prior_and_evidence(ybar, weight, prior):
    found = shrink(ybar, weight, prior) if prior.sigma2 + prior.tau2 > 0 else None
    if found:
        assert min(ybar, prior.mu) - 1e-9 <= found.mean <= max(ybar, prior.mu) + 1e-9
        assert 0 <= found.variance <= prior.tau2 + 1e-9


@given(ybar=scores, weight=st.floats(0, 50), more=st.floats(0, 50))
def test_more_evidence_narrows_the_interval(ybar, weight, more):
    assert shrink(ybar, weight + more, PRIOR).variance <= shrink(ybar, weight, PRIOR).variance


@given(ybar=scores, better=scores, weight=st.floats(0, 50), threshold=scores)
def test_better_scores_never_lower_the_probability(ybar, better, weight, threshold):
    low, high = sorted((ybar, better))
    worse, best = shrink(low, weight, PRIOR), shrink(high, weight, PRIOR)
    assert worse.reaches(threshold) <= best.reaches(threshold)


@given(ybar=scores, weight=st.floats(0, 50), threshold=st.floats(0, 99))
def test_one_more_perfect_delivery_never_lowers_it(ybar, weight, threshold):
    before = shrink(ybar, weight, PRIOR)
    mean = (ybar * weight + 100) / (weight + 1)
    after = shrink(mean, weight + 1, PRIOR)
    assert after.mean >= before.mean - 1e-9


@given(first=scores, second=scores, weight=st.floats(0, 50))
def test_a_higher_threshold_is_never_more_probable(first, second, weight):
    low, high = sorted((first, second))
    found = shrink(80, weight, PRIOR)
    assert found.reaches(high) <= found.reaches(low)


def test_without_variance_a_tie_is_reached():
    assert Posterior(80, 0).reaches(80) == 1.0
    assert Posterior(80, 0).reaches(80.01) == 0.0


def test_bounds_lie_either_side():
    found = Posterior(80, 25)
    assert found.upper() - 80 == pytest.approx(80 - found.lower())
    assert found.upper() == pytest.approx(80 + 1.28155 * 5, abs=1e-4)


@pytest.mark.parametrize(
    ("ybar", "weight", "fault"),
    [
        (80, -1, "weight: "),
        (80, math.inf, "weight: "),
        (80, math.nan, "weight: "),
        (None, 1, "ybar: "),
        (math.nan, 1, "ybar: "),
    ],
)
def test_shrink_refuses(ybar, weight, fault):
    with pytest.raises(ValueError, match=fault):
        shrink(ybar, weight, PRIOR)


def test_certain_scores_are_taken_as_they_are():
    assert shrink(90, 1, Prior(70, 0, 64)) == Posterior(90.0, 0.0)


@pytest.mark.parametrize("weight", [0, 1.1])
def test_joint_threshold_refuses(weight):
    with pytest.raises(ValueError, match="quality_weight: "):
        joint_threshold(80, 80, 50, 65, weight)


@given(more=scores, innovation=scores)
def test_more_innovation_never_asks_more_quality(more, innovation):
    low, high = sorted((innovation, more))
    one, other = (joint_threshold(80, 60, 50, value, 0.7) for value in (low, high))
    assert one is None or other <= one


def test_quality_alone_is_its_own_threshold():
    assert joint_threshold(80, 60, 0, 0, 1) == 80


@given(
    ybar=scores,
    weight=st.floats(0, 30),
    mu=scores,
    threshold=st.floats(40, 95),
    gamma=st.sampled_from([0.3, 0.5, 0.7, 0.8, 0.95]),
)
def test_deliveries_needed_equals_brute_force(ybar, weight, mu, threshold, gamma):
    prior = Prior(mu, 144, 64)
    found = deliveries_needed(ybar, weight, prior, threshold, gamma)
    if found is not None and found < 3000:
        reached = [
            shrink(ybar, weight + k, prior).reaches(threshold) >= gamma - 1e-9
            for k in range(found + 1)
        ]
        assert reached == [False] * found + [True]
    elif found is None:
        assert ybar <= threshold + 1e-9


def test_deliveries_needed_for_a_firm_without_any():
    assert deliveries_needed(None, 0, PRIOR, 60, 0.8) == 0
    assert deliveries_needed(None, 0, PRIOR, 80, 0.8) is None


def test_deliveries_needed_where_variances_vanish():
    assert deliveries_needed(90, 0, Prior(70, 0, 64), 80, 0.8) == 1
    assert deliveries_needed(90, 5, Prior(70, 144, 0), 80, 0.8) is None


@pytest.mark.parametrize("gamma", [0, 1])
def test_deliveries_needed_refuses(gamma):
    with pytest.raises(ValueError, match="gamma: "):
        deliveries_needed(90, 2, PRIOR, 80, gamma)


@given(a=st.floats(2, 90), b=st.floats(2, 90))
def test_acceptance_bound_is_where_nine_in_ten_lie_above(a, b):
    found = AcceptanceRate(a, b)
    assert found.reaches(found.lower()) == pytest.approx(0.9, abs=1e-9)
    assert found.lower() < found.mean


@pytest.mark.parametrize("case", [(3, 2, 1, 1), (-1, 2, 1, 1), (1, 2, 0, 1), (1, math.inf, 1, 1)])
def test_acceptance_refuses(case):
    with pytest.raises(ValueError, match="accepted: "):
        acceptance_rate(*case)


def test_acceptance_counts_none_accepted_and_halves_of_a_prior():
    assert acceptance_rate(0, 2, 1, 1) == AcceptanceRate(1, 3)
    assert acceptance_rate(1, 1, 0.5, 0.5) == AcceptanceRate(1.5, 0.5)


def test_a_variance_of_one_between_firms_is_a_variance():
    # q = 144 + 2 * 1; mean (144 * 70 + 2 * 90) / 146, variance 144 / 146
    found = shrink(90, 2, Prior(70, 144, 1))
    assert (found.mean, found.variance) == pytest.approx((10260 / 146, 144 / 146), abs=1e-12)


def test_wilson_stays_above_zero():
    assert wilson_lower(0, 10, 1.96) == 0.0


def test_wilson_refuses():
    with pytest.raises(ValueError, match="successes: "):
        wilson_lower(3, 2, 1.96)
