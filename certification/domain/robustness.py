"""How much a tier depends on choices: weights, methods, and one step more of evidence.

Formulas: ../shared/design/4-scoring.md, section 5. Draws come from numpy's PCG64 with a fixed
seed, so that a scorecard shows the same share tomorrow.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt
from scipy.special import betainc

from portal.domain.predicates import EPS

Array = npt.NDArray[np.float64]

KAPPA: Final = 50.0
"""Concentration of plausible weightings: sd of w_j is √(w_j(1 − w_j)/51)."""
DRAWS: Final = 1000
SEED: Final = 20260101
SENSITIVE_BELOW: Final = 0.75
"""Share of weightings below which a tier counts as weight-sensitive: the committee looks."""
MOST_CHANGES: Final = 3
CHUNK: Final = 2_000_000
"""Numbers held at a time while ranking."""


def plausible_weights(
    weights: Sequence[float], kappa: float = KAPPA, draws: int = DRAWS, seed: int = SEED
) -> Array:
    """Draws [draws, C] of W ~ Dirichlet(κ w⁰), each with sum 1; a weight of 0 stays 0.

    Raises ValueError for κ or a number of draws that is not positive, a negative weight, or no
    weight at all.
    """
    central = np.array(weights, dtype=np.float64)
    if not (kappa > 0 and draws > 0 and (central >= 0).all() and central.sum() > 0):
        raise ValueError("weights: κ, draws and the sum must be positive, no weight negative")
    shape = kappa * central / central.sum()
    gammas = np.random.default_rng(seed).standard_gamma(shape, size=(draws, len(shape)))
    return np.asarray(gammas / gammas.sum(axis=1, keepdims=True))


def tier_acceptability(
    utilities: Sequence[float],
    weights: Sequence[float],
    thresholds: Sequence[float],
    *,
    kappa: float = KAPPA,
    draws: int = DRAWS,
    seed: int = SEED,
) -> tuple[float, ...]:
    """Share of plausible weightings in which the total is in each tier, best first, sum 1.

    ``utilities`` in [0, 1], one for each weight; ``thresholds`` on 0-100, best first; the last
    share is that of the default tier. A tie counts as reached.

    >>> tier_acceptability([0.8, 0.8], [0.6, 0.4], [80, 65])
    (1.0, 0.0, 0.0)
    """
    drawn = plausible_weights(weights, kappa, draws, seed)
    totals = 100.0 * (drawn @ np.array(utilities, dtype=np.float64))
    reached = totals[:, None] >= np.array(thresholds, dtype=np.float64) - EPS
    places = np.where(reached.any(axis=1), reached.argmax(axis=1), len(thresholds))
    counts = np.bincount(places, minlength=len(thresholds) + 1)
    return tuple((counts / draws).tolist())


def two_criteria_probability(
    u1: float, u2: float, weight: float, threshold: float, kappa: float = KAPPA
) -> float:
    """Exact P(100 (W u₁ + (1 − W) u₂) ≥ T), W ~ Beta(κw, κ(1 − w)), 0 < w < 1.

    Checks the draws: 1 − I_{w*}(κw, κ(1 − w)) with w* = (T/100 − u₂)/(u₁ − u₂).

    >>> round(two_criteria_probability(0.95, 0.60, 0.6, 80), 5)
    0.66521
    """
    if not (0 < weight < 1 and kappa > 0):
        raise ValueError("weight: write a number between 0 and 1, and κ > 0")
    if abs(u1 - u2) <= EPS:
        return float(100.0 * u1 >= threshold - EPS)
    cut = min(1.0, max(0.0, (threshold / 100.0 - u2) / (u1 - u2)))
    below = float(betainc(kappa * weight, kappa * (1.0 - weight), cut))
    return 1.0 - below if u1 > u2 else below


@dataclass(frozen=True)
class RankAcceptability:
    """``shares`` [P][P]: of draws in which firm f has rank r (from 1); ties share the best rank.

    ``central`` is the mean weighting among the draws in which a firm is first, ``None`` if never.
    """

    shares: tuple[tuple[float, ...], ...]
    central: tuple[tuple[float, ...] | None, ...]


def rank_acceptability(
    utilities: Sequence[Sequence[float]], draws: int = DRAWS, seed: int = SEED
) -> RankAcceptability:
    """SMAA: ranks of firms × criteria under weights uniform on the simplex.

    Source: Lahdelma and Salminen 2001, Operations Research 49, 444-454.

    >>> rank_acceptability([[0.5, 0.7], [0.5, 0.7]]).shares
    ((1.0, 0.0), (1.0, 0.0))
    """
    table = np.array(utilities, dtype=np.float64)
    firms, criteria = table.shape
    drawn = plausible_weights([1.0] * criteria, float(criteria), draws, seed)
    ranks = _ranks(drawn @ table.T)
    shares = [(np.bincount(ranks[:, firm], minlength=firms) / draws) for firm in range(firms)]
    return RankAcceptability(
        tuple(tuple(row.tolist()) for row in shares),
        tuple(_central(drawn[ranks[:, firm] == 0]) for firm in range(firms)),
    )


def _ranks(totals: Array) -> npt.NDArray[np.intp]:
    """Ranks [draws, P] from 0 of totals [draws, P]: how many are better by more than ε."""
    step = max(1, CHUNK // totals.shape[1] ** 2)
    parts = [
        (part[:, None, :] > part[:, :, None] + EPS).sum(axis=2)
        for start in range(0, len(totals), step)
        for part in [totals[start : start + step]]
    ]
    return np.concatenate(parts)


def _central(drawn: Array) -> tuple[float, ...] | None:
    return tuple(drawn.mean(axis=0).tolist()) if len(drawn) else None


# --- the methods themselves


Mean = Literal["wam", "wgm"]
Missing = Literal["exclude", "neutral"]


@dataclass(frozen=True)
class Variant:
    """One defensible way of scoring: mean, half-life (months), severity on, missing policy."""

    mean: Mean
    half_life: float
    severity: bool
    missing: Missing


_MEANS: Final[tuple[Mean, ...]] = ("wam", "wgm")
_POLICIES: Final[tuple[Missing, ...]] = ("exclude", "neutral")

VARIANTS: Final = tuple(
    Variant(mean, half_life, severity, missing)
    for mean, half_life, severity, missing in product(
        _MEANS, (12.0, 18.0, 24.0), (True, False), _POLICIES
    )
)
"""The 24 runs of OECD/JRC's advice to vary several choices together (Handbook 2008, step 7)."""

GEOMETRIC_FLOOR: Final = 0.01
NEUTRAL: Final = 0.5


def vary(node: Mapping[str, Any], variant: Variant) -> dict[str, Any]:
    """A rubric's tree (or a part of it) as ``variant`` would score it; the given one stays.

    Sums and arithmetic means become the variant's mean with maxima as weights of sums, every
    decay its half-life, every ``exclude`` its missing policy. Severity is a matter of the
    evidence, not of the tree.
    """
    found = {key: _varied(value, variant) for key, value in node.items()}
    kind = node.get("aggregate", {}).get("kind")
    if variant.mean == "wgm" and kind in {"sum", "wam"}:
        found["aggregate"] = {"kind": "wgm", "floor": GEOMETRIC_FLOOR}
        found["children"] = [_weighted(child, kind) for child in found["children"]]
    if node.get("missing") == "exclude" and variant.missing == "neutral":
        found["missing"] = {"neutral": NEUTRAL}
    if "half_life_months" in node:
        found["half_life_months"] = variant.half_life
    return found


def _varied(value: Any, variant: Variant) -> Any:
    if isinstance(value, Mapping):
        return vary(value, variant)
    if isinstance(value, list | tuple):
        return [_varied(one, variant) for one in value]
    return value


def _weighted(child: dict[str, Any], kind: str) -> dict[str, Any]:
    return child if kind == "wam" else child | {"weight": child["max"]}


# --- the next tier


@dataclass(frozen=True)
class Level:
    """A level of evidence that a leaf could reach: its points and the effort (any unit)."""

    x: Any
    points: float
    effort: float


@dataclass(frozen=True)
class Reach:
    """A leaf as it stands and the levels above, in the order of the evidence."""

    id: str
    points: float
    levels: tuple[Level, ...]


@dataclass(frozen=True)
class Change:
    """One leaf raised to one level, for ``gain`` points."""

    id: str
    x: Any
    gain: float
    effort: float


@dataclass(frozen=True)
class Counterfactual:
    """What would lift the total to a threshold; ``gap`` is 0 where it is reached.

    ``blocking`` must be mended first (``minimum:NODE``, ``gate:ID``). ``single``: one leaf alone,
    least effort first. ``best``: the cheapest set of at most three leaves, () if none suffices.
    """

    gap: float
    blocking: tuple[str, ...]
    single: tuple[Change, ...]
    best: tuple[Change, ...]


def counterfactual(
    threshold: float, leaves: Sequence[Reach], blocking: Sequence[str] = ()
) -> Counterfactual:
    """The smallest steps from the sum of the leaves' points to ``threshold`` (points).

    Per leaf the smallest level that closes the gap alone; then the cheapest set (effort, then
    number of leaves, then ids). Points of levels not above the present ones are no step.
    """
    total = math.fsum(leaf.points for leaf in leaves)
    gap = threshold - total if threshold - total > EPS else 0.0
    if not gap:
        return Counterfactual(0.0, tuple(blocking), (), ())
    steps = [list(_steps(leaf)) for leaf in sorted(leaves, key=lambda leaf: leaf.id)]
    alone = [next((one for one in some if one.gain >= gap - EPS), None) for some in steps]
    single = sorted((one for one in alone if one), key=lambda one: (one.effort, one.id))
    return Counterfactual(gap, tuple(blocking), tuple(single), _cheapest(steps, gap))


def _steps(leaf: Reach) -> Iterator[Change]:
    for level in leaf.levels:
        if level.points > leaf.points + EPS:
            yield Change(leaf.id, level.x, level.points - leaf.points, level.effort)


def _cheapest(steps: Sequence[Sequence[Change]], gap: float) -> tuple[Change, ...]:
    """The set with the least effort, then the fewest leaves, then the first ids."""
    sets = (
        chosen
        for size in range(1, MOST_CHANGES + 1)
        for some in combinations([one for one in steps if one], size)
        for chosen in product(*some)
        if math.fsum(change.gain for change in chosen) >= gap - EPS
    )
    return min(sets, key=_cost, default=())


def _cost(chosen: tuple[Change, ...]) -> tuple[float, int, tuple[str, ...]]:
    effort = math.fsum(change.effort for change in chosen)
    return effort, len(chosen), tuple(change.id for change in chosen)
