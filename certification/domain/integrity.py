"""Signs of gaming: inflated ratings, captured villages, dependence on one village.

Formulas: ../shared/design/4-scoring.md, section 6. A flag opens an audit; it never changes a
score. Benjamini-Hochberg is written here (five lines) because scipy's returns adjusted p-values,
not the rejected set.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from portal.domain.predicates import at_least

Array = npt.NDArray[np.float64]

MIN_PAIR: Final = 3
"""Deliveries of one firm in one village from which the pair is tested."""
FALSE_DISCOVERY: Final = 0.05
VILLAGE2: Final = 25.0
"""Variance between villages' leniency (points²): a starting value, as there is one for τ²."""
TOP_SHARE: Final = 0.8
"""Share of top anchors from which an assessor's ratings are looked at."""
MIN_MARKS: Final = 20
"""Ratings of one assessor from which that share says anything."""
CONCENTRATED: Final = 0.5
"""Herfindahl index by villages from which a firm's evidence counts as concentrated."""


@dataclass(frozen=True)
class Inflation:
    """Share of top anchors (0 to 1) and entropy (nats, 0: always the same) of the ratings."""

    top_share: float | None
    entropy: float | None


def inflation(ratings: Sequence[float], top: float = 4) -> Inflation:
    """How often an assessor gives the top anchor, and how varied the ratings are.

    Both ``None`` without ratings. A flag means: recalibrate; nothing is deleted.

    >>> inflation([4, 4, 3, 3])
    Inflation(top_share=0.5, entropy=0.6931471805599453)
    """
    if not ratings:
        return Inflation(None, None)
    counts = Counter(ratings)
    shares = [count / len(ratings) for count in counts.values()]
    # + 0.0 turns the −0.0 of one single value into 0.0
    entropy = -math.fsum(share * math.log(share) for share in shares) + 0.0
    return Inflation(counts[top] / len(ratings), entropy)


def looks_inflated(ratings: Sequence[float], top: float = 4) -> bool:
    """Whether an assessor gave the top anchor so often that somebody should look.

    >>> looks_inflated([4] * 19), looks_inflated([4] * 16 + [3] * 4), looks_inflated([4, 3] * 10)
    (False, True, False)
    """
    share = inflation(ratings, top).top_share
    return len(ratings) >= MIN_MARKS and share is not None and at_least(share, TOP_SHARE)


def herfindahl(shares: Sequence[float]) -> float | None:
    """Herfindahl-Hirschman index Σ share² of amounts (any unit, from 0); ``None`` of nothing.

    1 means that all deliveries come from one village. Raises ValueError for a negative amount.

    >>> round(herfindahl([50, 30, 20]), 4)
    0.38
    """
    if any(not 0 <= one < math.inf for one in shares):
        raise ValueError("shares: write finite amounts from 0")
    total = math.fsum(shares)
    return math.fsum((one / total) ** 2 for one in shares) if total else None


def benjamini_hochberg(p_values: Sequence[float], q: float = FALSE_DISCOVERY) -> list[int]:
    """Indices, ascending, of the hypotheses rejected at false discovery rate ``q``.

    The largest k with p_(k) ≤ k q/m, and everything up to it. Raises ValueError for a p outside
    [0, 1]. Source: Benjamini and Hochberg 1995, JRSS B 57, 289-300.

    >>> benjamini_hochberg([0.9, 0.001, 0.2])
    [1]
    """
    if any(not 0 <= p <= 1 for p in p_values):
        raise ValueError("p: write probabilities from 0 to 1")
    order = sorted(range(len(p_values)), key=lambda index: p_values[index])
    passed = [k for k, index in enumerate(order, 1) if p_values[index] <= k * q / len(order)]
    return sorted(order[: max(passed, default=0)])


@dataclass(frozen=True)
class PairTest:
    """How far a firm's mean in one village lies above what the other evidence foretells."""

    z: float
    p: float
    eligible: bool


def pair_test(
    ybar: float,
    n: int,
    expected: float,
    *,
    sigma2: float,
    var_firm: float,
    var_village: float,
) -> PairTest:
    """The pair's z = (ȳ − expected)/√(σ²/n + S_firm + S_village) and its one-sided p.

    Scores in points (0-100), variances in points². Under ``MIN_PAIR`` deliveries the pair is not
    ``eligible``: one delivery is never evidence of collusion. Raises ValueError for n < 1 or
    variances that leave no spread.

    >>> pair_test(95, 9, 80, sigma2=144, var_firm=5, var_village=4).z
    3.0
    """
    spread = sigma2 / n + var_firm + var_village if n >= 1 else 0.0
    if not spread > 0:
        raise ValueError("n, variances: there must be a delivery and some spread")
    z = (ybar - expected) / math.sqrt(spread)
    return PairTest(z, float(ndtr(-z)), n >= MIN_PAIR)


Scored = tuple[str, str, float]
"""Firm, village and score (0-100) of one delivery."""


@dataclass(frozen=True)
class Pair:
    """One firm in one village, tested against everything else; ``flagged`` asks for an audit."""

    firm: str
    village: str
    n: int
    ybar: float
    expected: float
    test: PairTest
    flagged: bool = False


@dataclass(frozen=True)
class Components:
    """Frozen mean (points) and variances (points²): within, between firms, between villages."""

    mu: float
    sigma2: float
    tau2: float
    village2: float


def suspicious_pairs(
    deliveries: Sequence[Scored], frozen: Components, q: float = FALSE_DISCOVERY
) -> list[Pair]:
    """Test every firm-village pair with at least three deliveries, most suspicious first.

    Fits y = μ + θ_f + b_v + e (θ ~ N(0, τ²), b ~ N(0, village²)) with the pair left out, because
    otherwise a captured village *is* the firm's mean; leaving out is exact, by a rank-one update
    of the inverse. The tests are one-sided; Benjamini-Hochberg holds the false discoveries at
    ``q``. Raises ValueError unless all variances are positive.
    """
    if not min(frozen.sigma2, frozen.tau2, frozen.village2) > 0:
        raise ValueError("frozen: the three variances must be positive")
    groups: dict[tuple[str, str], list[float]] = defaultdict(list)
    for firm, village, score in sorted(deliveries):
        groups[firm, village].append(score)
    tested = [key for key, scores in groups.items() if len(scores) >= MIN_PAIR]
    model = _Model.fit(groups, frozen)
    pairs = [model.leave_out(key, groups[key]) for key in tested]
    rejected = set(benjamini_hochberg([pair.test.p for pair in pairs], q))
    marked = [
        Pair(one.firm, one.village, one.n, one.ybar, one.expected, one.test, index in rejected)
        for index, one in enumerate(pairs)
    ]
    return sorted(marked, key=lambda one: (one.test.p, one.firm, one.village))


@dataclass(frozen=True)
class _Model:
    """Henderson's equations of all deliveries: inverse, right side, and the place of each name."""

    frozen: Components
    inverse: Array
    right: Array
    place: Mapping[Hashable, int]

    @classmethod
    def fit(cls, groups: Mapping[tuple[str, str], list[float]], frozen: Components) -> _Model:
        firms = len({firm for firm, _ in groups})
        names = sorted({("firm", firm) for firm, _ in groups})
        names += sorted({("village", village) for _, village in groups})
        place: dict[Hashable, int] = {name: index for index, name in enumerate(names)}
        prior = [1 / frozen.tau2] * firms + [1 / frozen.village2] * (len(names) - firms)
        left = np.diag(np.array(prior, dtype=np.float64))
        right = np.zeros(len(names))
        for (firm, village), scores in groups.items():
            at = [place["firm", firm], place["village", village]]
            left[np.ix_(at, at)] += len(scores) / frozen.sigma2
            right[at] += math.fsum(one - frozen.mu for one in scores) / frozen.sigma2
        return cls(frozen, np.asarray(np.linalg.inv(left), np.float64), right, place)

    def leave_out(self, key: tuple[str, str], scores: Sequence[float]) -> Pair:
        """Posterior of firm and village without their deliveries in common (Sherman-Morrison)."""
        sigma2, mu = self.frozen.sigma2, self.frozen.mu
        n, ybar = len(scores), math.fsum(scores) / len(scores)
        at = [self.place["firm", key[0]], self.place["village", key[1]]]
        step = n / sigma2
        column = self.inverse[:, at].sum(axis=1)
        scale = step / (1.0 - step * float(column[at].sum()))
        right = self.right.copy()
        right[at] -= step * (ybar - mu)
        effects = self.inverse[at] @ right + scale * column[at] * float(column @ right)
        spread = np.diag(self.inverse)[at] + scale * column[at] ** 2
        expected = mu + float(effects.sum())
        firm, village = float(spread[0]), float(spread[1])
        test = pair_test(ybar, n, expected, sigma2=sigma2, var_firm=firm, var_village=village)
        return Pair(key[0], key[1], n, ybar, expected, test)


def villages_that_decide(
    villages: Sequence[str], tier_without: Callable[[str], str], tier: str
) -> dict[str, str]:
    """Villages without whose deliveries the firm's tier would differ, with that other tier.

    >>> villages_that_decide(["a", "b"], {"a": "B", "b": "A"}.__getitem__, "A")
    {'a': 'B'}
    """
    found = {village: tier_without(village) for village in sorted(set(villages))}
    return {village: other for village, other in found.items() if other != tier}
