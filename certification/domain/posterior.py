"""What a firm's deliveries say about its quality: prior, shrinkage, probabilities.

Normal-normal shrinkage with decay weights as likelihood powers (a power prior), so that old
evidence widens the interval. Scores are on 0-100, variances in points². The prior is estimated
on last year's deliveries, frozen and published before the season. Formulas and sources:
../shared/design/4-scoring.md, section 4.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from scipy.special import betainc, betaincinv, ndtr, ndtri

from portal.domain.predicates import EPS, at_least

CONFIDENCE: Final = 0.9
"""Level of the one-sided lower bounds: z = 1.28155."""


@dataclass(frozen=True)
class Prior:
    """Mean μ (points), within-firm variance σ² and between-firm variance τ² (points²)."""

    mu: float
    sigma2: float
    tau2: float

    def __post_init__(self) -> None:
        """Refuse negative variances and numbers that are not finite."""
        finite = math.isfinite(self.mu + self.sigma2 + self.tau2)
        if not finite or min(self.sigma2, self.tau2) < 0:
            raise ValueError("prior: write finite numbers, variances from 0")


@dataclass(frozen=True)
class GroupSums:
    """One firm's deliveries in sums: number, mean and sum of squared deviations.

    Sums of one firm's parts can be merged, so that no partition needs another's deliveries.
    """

    n: int
    mean: float
    squares: float

    @classmethod
    def of(cls, scores: Sequence[float]) -> GroupSums:
        """Sums of scores; raises ValueError without any or for one that is not finite."""
        if not scores or not all(map(math.isfinite, scores)):
            raise ValueError("groups: every firm needs a finite score")
        mean = math.fsum(scores) / len(scores)
        return cls(len(scores), mean, math.fsum((one - mean) ** 2 for one in scores))

    def merge(self, other: GroupSums) -> GroupSums:
        """Sums of both (Chan, Golub and LeVeque 1979).

        >>> GroupSums.of([1, 2]).merge(GroupSums.of([3])) == GroupSums.of([1, 2, 3])
        True
        """
        n, gap = self.n + other.n, other.mean - self.mean
        squares = self.squares + other.squares + gap * gap * self.n * other.n / n
        return GroupSums(n, self.mean + gap * other.n / n, squares)


@dataclass(frozen=True)
class Components:
    """An estimated prior; ``None`` and ``not_estimable`` with under two firms or no repeats.

    ``tau2_zero``: no variance between firms was found; everybody would get μ.
    """

    status: Literal["ok", "tau2_zero", "not_estimable"]
    prior: Prior | None = None


def anova_components(groups: Sequence[GroupSums]) -> Components:
    """Prior from last year's deliveries, one group per firm, by unbalanced one-way ANOVA.

    σ² = SSW/(N − G); n₀ = (N − Σn_f²/N)/(G − 1); τ² = max(0, (SSB/(G − 1) − σ²)/n₀);
    μ = Σ v_f ȳ_f/Σ v_f with v_f = 1/(τ² + σ²/n_f). Source: Searle, Casella and McCulloch 1992,
    Variance Components, section 3.6.

    >>> anova_components([GroupSums.of([70, 72]), GroupSums.of([80, 82])]).prior
    Prior(mu=76.0, sigma2=2.0, tau2=49.0)
    """
    total, firms = sum(one.n for one in groups), len(groups)
    if firms < 2 or total == firms:
        return Components("not_estimable")
    grand = math.fsum(one.n * one.mean for one in groups) / total
    sigma2 = math.fsum(one.squares for one in groups) / (total - firms)
    between = math.fsum(one.n * (one.mean - grand) ** 2 for one in groups) / (firms - 1)
    n0 = (total - math.fsum(one.n**2 for one in groups) / total) / (firms - 1)
    tau2 = max(0.0, (between - sigma2) / n0)
    spread = [tau2 + sigma2 / one.n for one in groups]
    # without any variance every firm has the same mean: weigh by deliveries
    weights = [1.0 / one for one in spread] if min(spread) > 0 else [float(g.n) for g in groups]
    mu = math.fsum(w * one.mean for w, one in zip(weights, groups, strict=True))
    prior = Prior(mu / math.fsum(weights), sigma2, tau2)
    return Components("ok" if tau2 > 0 else "tau2_zero", prior)


@dataclass(frozen=True)
class Posterior:
    """Quality θ ~ N(mean, variance): points and points²."""

    mean: float
    variance: float

    def lower(self, confidence: float = CONFIDENCE) -> float:
        """One-sided lower bound L = M − z √S (Φ(z) = ``confidence``)."""
        return self.mean - float(ndtri(confidence)) * math.sqrt(self.variance)

    def upper(self, confidence: float = CONFIDENCE) -> float:
        """One-sided upper bound M + z √S."""
        return self.mean + float(ndtri(confidence)) * math.sqrt(self.variance)

    def reaches(self, threshold: float) -> float:
        """P(θ ≥ threshold) = Φ((M − threshold)/√S); with S = 0 a tie counts as reached.

        >>> round(Posterior(70, 64).reaches(80), 6)
        0.10565
        """
        if self.variance == 0:
            return float(at_least(self.mean, threshold))
        return float(ndtr((self.mean - threshold) / math.sqrt(self.variance)))


def shrink(ybar: float | None, weight: float, prior: Prior) -> Posterior:
    """Posterior of a firm with weighted mean score ``ybar`` over N = ``weight`` equivalents.

    q = σ² + N τ²; M = (σ² μ + τ² N ȳ)/q; S = σ² τ²/q. Without evidence (N = 0; ``ybar`` is not
    looked at) and without variance between firms, the prior. Raises ValueError for a negative
    or infinite weight, or a mean that is missing or not finite.

    >>> shrink(90, 2, Prior(70, 144, 64)).mean
    79.41176470588235
    """
    if not 0 <= weight < math.inf:
        raise ValueError("weight: write a finite number from 0")
    if weight == 0 or prior.tau2 == 0:
        return Posterior(prior.mu, prior.tau2)
    if ybar is None or not math.isfinite(ybar):
        raise ValueError("ybar: evidence needs a finite mean")
    q = prior.sigma2 + weight * prior.tau2
    mean = (prior.sigma2 * prior.mu + prior.tau2 * weight * ybar) / q
    return Posterior(mean, prior.sigma2 * prior.tau2 / q)


def joint_threshold(
    total: float,
    quality_min: float,
    innovation_min: float,
    innovation: float,
    quality_weight: float,
) -> float | None:
    """Quality θ* that "total ≥ T and quality ≥ Q" asks of a firm; ``None``: out of reach.

    All on 0-100; ``quality_weight`` (above 0, at most 1) is quality's share of the total, and
    innovation is known: θ* = max((T − (1 − w) I)/w, Q), ``None`` if I is under its minimum.

    >>> round(joint_threshold(80, 80, 50, 65, 0.7), 4)
    86.4286
    """
    if not 0 < quality_weight <= 1:
        raise ValueError("quality_weight: write a share above 0 and at most 1")
    if not at_least(innovation, innovation_min):
        return None
    needed = (total - (1.0 - quality_weight) * innovation) / quality_weight
    return max(needed, quality_min)


def deliveries_needed(
    ybar: float | None, weight: float, prior: Prior, threshold: float, gamma: float
) -> int | None:
    """Further deliveries, fresh and as good as ȳ so far, until P(θ ≥ threshold) ≥ ``gamma``.

    0 if it is reached; ``None`` if number alone never gets there (ȳ ≤ threshold, no variance
    between firms, no delivery yet). Closed form with z = Φ⁻¹(γ):
    √q* = [zτσ + √(z²τ²σ² + 4(ȳ − T)σ²(ȳ − μ))]/(2(ȳ − T)), k = ⌈(q* − σ²)/τ² − N⌉.

    >>> deliveries_needed(88, 2, Prior(70, 144, 64), 80, 0.8)
    5
    """
    if not 0 < gamma < 1:
        raise ValueError("gamma: write a probability between 0 and 1")

    def enough(more: int) -> bool:
        return at_least(shrink(ybar, weight + more, prior).reaches(threshold), gamma)

    if enough(0):
        return 0
    if ybar is None or prior.tau2 == 0 or at_least(threshold, ybar):
        return None
    z, excess = float(ndtri(gamma)), ybar - threshold
    step = z * math.sqrt(prior.tau2 * prior.sigma2)
    # the root exists: far enough out, ȳ > T is reached, and here it is not
    root = math.sqrt(max(0.0, step**2 + 4 * excess * prior.sigma2 * (ybar - prior.mu)))
    q = ((step + root) / (2 * excess)) ** 2
    more = max(1, math.ceil((q - prior.sigma2) / prior.tau2 - weight - EPS))
    # a tie in rounding may leave it one short
    return more if enough(more) else more + 1


@dataclass(frozen=True)
class AcceptanceRate:
    """Beta(a, b) posterior of the share of accepted deliveries, 0 to 1."""

    a: float
    b: float

    @property
    def mean(self) -> float:
        """Posterior mean a/(a + b)."""
        return self.a / (self.a + self.b)

    def lower(self, confidence: float = CONFIDENCE) -> float:
        """One-sided lower bound, by the inverse of the incomplete beta function."""
        return float(betaincinv(self.a, self.b, 1.0 - confidence))

    def reaches(self, threshold: float) -> float:
        """P(rate ≥ threshold) for a threshold in [0, 1]."""
        return 1.0 - float(betainc(self.a, self.b, threshold))


def acceptance_rate(accepted: float, decided: float, alpha: float, beta: float) -> AcceptanceRate:
    """Posterior of ``accepted`` out of ``decided`` (decayed, so fractional) under Beta(α, β).

    Raises ValueError unless 0 ≤ accepted ≤ decided and α, β > 0.

    >>> acceptance_rate(1, 1, 1, 1).reaches(0.5)
    0.75
    """
    if not (0 <= accepted <= decided < math.inf and min(alpha, beta) > 0):
        raise ValueError("accepted: from 0 to decided; alpha and beta above 0")
    return AcceptanceRate(alpha + accepted, beta + decided - accepted)


def wilson_lower(successes: float, trials: float, z: float) -> float:
    """Wilson's lower bound of a share; 0 without trials. Raises ValueError for s > n.

    Source: Wilson 1927, JASA 22, 209-212.

    >>> round(wilson_lower(8, 10, 1.96), 4)
    0.4902
    """
    if not 0 <= successes <= trials:
        raise ValueError("successes: from 0 to trials")
    if trials == 0:
        return 0.0
    share, slack = successes / trials, z * z / trials
    half = z * math.sqrt(share * (1 - share) / trials + slack / (4 * trials))
    return max(0.0, (share + slack / 2 - half) / (1 + slack))
