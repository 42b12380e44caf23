"""Where weights come from (AHP), and how they are audited (entropy, TOPSIS).

Formulas and sources: ../shared/design/4-scoring.md, section 2. Only AHP weights are official:
entropy rewards dispersion, not importance, and TOPSIS ranks depend on who else is in the pool.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from portal.domain.predicates import at_least

Array = npt.NDArray[np.float64]
Matrix = Sequence[Sequence[float]]

RANDOM_INDEX: Final[Mapping[int, float]] = {
    3: 0.52,
    4: 0.89,
    5: 1.11,
    6: 1.25,
    7: 1.35,
    8: 1.40,
    9: 1.45,
    10: 1.49,
}
"""Mean CI of random reciprocal matrices by size; one table for all, because CR depends on it."""

CR_MAX: Final = 0.1
ASK_AGAIN: Final = 0.02
"""Difference of eigenvector and row geometric mean from which an expert is asked again."""
RECIPROCAL: Final = 1e-6
"""Slack of a_ij · a_ji = 1, for matrices typed with seven digits."""

AhpStatus = Literal["ok", "inconsistent", "invalid"]


@dataclass(frozen=True)
class Ahp:
    """Weights (sum 1) of one pairwise comparison matrix, with its consistency.

    ``inconsistent``: CR > 0.1, the weights must not be used. ``invalid``: no weights.
    ``geometric`` are the row geometric means; ``ask_again`` says that they differ too much.
    """

    status: AhpStatus
    weights: tuple[float, ...] = ()
    lambda_max: float | None = None
    ci: float | None = None
    cr: float | None = None
    geometric: tuple[float, ...] = ()
    ask_again: bool = False


def ahp(matrix: Matrix) -> Ahp:
    """Weights of a reciprocal matrix (n × n, n from 1 to 10) by its principal eigenvector.

    Invalid: not square, over 10 items (group them), an entry that is not positive and finite,
    a_ji ≠ 1/a_ij. Source: Saaty 2008, International Journal of Services Sciences 1, 83-98.

    >>> ahp([[1, 4], [1 / 4, 1]]).weights
    (0.8, 0.2)
    >>> ahp([[1, 4], [1 / 2, 1]]).status
    'invalid'
    """
    table = _reciprocal(matrix)
    if table is None:
        return Ahp("invalid")
    n = len(table)
    weights = _principal(table)
    largest = float(np.mean(table @ weights / weights))
    ci = (largest - n) / (n - 1) if n > 2 else 0.0
    cr = ci / RANDOM_INDEX[n] if n > 2 else 0.0
    means = np.exp(np.log(table).mean(axis=1))
    means /= means.sum()
    return Ahp(
        status="ok" if cr <= CR_MAX else "inconsistent",
        weights=tuple(weights.tolist()),
        lambda_max=largest,
        ci=ci,
        cr=cr,
        geometric=tuple(means.tolist()),
        ask_again=bool(np.abs(means - weights).max() > ASK_AGAIN),
    )


def _reciprocal(matrix: Matrix) -> Array | None:
    """The matrix as an array, ``None`` when it is not a reciprocal one of at most 10 items."""
    n = len(matrix)
    if not 1 <= n <= max(RANDOM_INDEX) or any(len(row) != n for row in matrix):
        return None
    table = np.array(matrix, dtype=np.float64)
    if not (np.isfinite(table) & (table > 0)).all():
        return None
    return table if (np.abs(table * table.T - 1.0) <= RECIPROCAL).all() else None


def _principal(table: Array) -> Array:
    """Power iteration w ← Aw/Σ(Aw) to 1e-13."""
    weights = np.full(len(table), 1.0 / len(table))
    while True:
        following = table @ weights
        following = np.asarray(following / following.sum())
        if np.abs(following - weights).max() <= 1e-13:
            return following
        weights = following


GroupStatus = Literal["ok", "inconsistent_expert", "inconsistent", "invalid"]


@dataclass(frozen=True)
class GroupAhp:
    """Several experts' matrices combined; ``combined`` and ``matrix`` are empty when invalid."""

    status: GroupStatus
    matrix: tuple[tuple[float, ...], ...] = ()
    combined: Ahp = Ahp("invalid")
    experts: tuple[Ahp, ...] = ()


def ahp_group(matrices: Sequence[Matrix]) -> GroupAhp:
    """Combine experts' matrices (same size) by the element-wise geometric mean.

    Every expert must be consistent alone (else ``inconsistent_expert``: ask again), and so must
    the combination. The geometric mean keeps reciprocity. Source: Aczel and Saaty 1983,
    Journal of Mathematical Psychology 27, 93-102.

    >>> ahp_group([[[1, 4], [1 / 4, 1]], [[1, 1 / 4], [4, 1]]]).matrix
    ((1.0, 1.0), (1.0, 1.0))
    """
    experts = tuple(ahp(matrix) for matrix in matrices)
    same_size = len({len(matrix) for matrix in matrices}) == 1
    if not same_size or any(one.status == "invalid" for one in experts):
        return GroupAhp("invalid", experts=experts)
    tables = np.array(matrices, dtype=np.float64)
    table = np.exp(np.log(tables).mean(axis=0))
    combined = ahp(table.tolist())
    alone = all(one.status == "ok" for one in experts)
    status: GroupStatus = combined.status if alone else "inconsistent_expert"
    rows = tuple(tuple(row) for row in table.tolist())
    return GroupAhp(status, rows, combined, experts)


Tree = Mapping[str, "tuple[float, Tree]"]
"""Name of a node to its weight among its siblings and its own children (none: a leaf)."""


def global_weights(tree: Tree, above: float = 1.0) -> dict[str, float]:
    """Weight of every leaf: the product of the weights on the way down to it.

    >>> global_weights({"quality": (0.5, {"a": (0.5, {}), "b": (0.5, {})}), "c": (0.5, {})})
    {'a': 0.25, 'b': 0.25, 'c': 0.5}
    """
    found: dict[str, float] = {}
    for name, (weight, below) in tree.items():
        found |= global_weights(below, above * weight) if below else {name: above * weight}
    return found


@dataclass(frozen=True)
class EntropyWeights:
    """Weights (sum 1) by dispersion; equal ones when ``degenerate``, none when ``invalid``."""

    status: Literal["ok", "degenerate", "invalid"]
    weights: tuple[float, ...] = ()


def entropy_weights(matrix: Matrix) -> EntropyWeights:
    """Shannon entropy weights of firms × criteria (values from 0). For audits, never official.

    q_ij = x_ij/Σ_i x_ij, E_j = −Σ q ln q/ln P with 0 ln 0 = 0, weight ∝ 1 − E_j. Degenerate: no
    dispersion at all. Invalid: empty or ragged, a negative or not finite value, a column of
    zeros. Source: Shannon 1948; Elsayed et al. 2017, IJETT 46, 60-66.

    >>> entropy_weights([[3, 5], [3, 5]])
    EntropyWeights(status='degenerate', weights=(0.5, 0.5))
    """
    table = _non_negative(matrix)
    if table is None:
        return EntropyWeights("invalid")
    firms, criteria = table.shape
    shares = table / table.sum(axis=0)
    # 0 ln 0 = 0: the logarithm of 1 stands in for that of 0
    logs = np.log(np.where(shares > 0, shares, 1.0))
    spread = 1.0 + (shares * logs).sum(axis=0) / np.log(max(firms, 2))
    spread = np.maximum(spread, 0.0) if firms > 1 else np.zeros(criteria)
    if spread.sum() <= 1e-12:
        return EntropyWeights("degenerate", (1.0 / criteria,) * criteria)
    return EntropyWeights("ok", tuple((spread / spread.sum()).tolist()))


def _non_negative(matrix: Matrix) -> Array | None:
    if not matrix or not matrix[0] or any(len(row) != len(matrix[0]) for row in matrix):
        return None
    table = np.array(matrix, dtype=np.float64)
    usable = bool((np.isfinite(table) & (table >= 0)).all())
    return table if usable and (table.sum(axis=0) > 0).all() else None


Finding = Literal["does_not_discriminate", "dominates"]


def entropy_audit(
    official: Mapping[str, float], entropy: Mapping[str, float]
) -> dict[str, Finding]:
    """Leaves whose dispersion does not fit their official weight (both by leaf, sum 1).

    ``does_not_discriminate``: official ≥ 5 %, entropy < 1 %. ``dominates``: entropy ≥ 3 times
    the official weight.

    >>> entropy_audit({"a": 0.9, "b": 0.1}, {"a": 0.005, "b": 0.995})
    {'a': 'does_not_discriminate', 'b': 'dominates'}
    """
    found: dict[str, Finding] = {}
    for name, weight in official.items():
        if at_least(weight, 0.05) and not at_least(entropy[name], 0.01):
            found[name] = "does_not_discriminate"
        elif at_least(entropy[name], 3 * weight):
            found[name] = "dominates"
    return found


Norm = Literal["vector", "minmax", "fixed01"]


def topsis(
    matrix: Matrix, weights: Sequence[float], types: Sequence[int], norm: Norm = "fixed01"
) -> tuple[float | None, ...]:
    """Closeness of each firm to the ideal, 0 to 1; ``None`` where d⁺ + d⁻ = 0.

    ``matrix``: firms × criteria; ``types``: 1 more is better, −1 less is better. ``fixed01``
    takes 1 and 0 on utilities as ideals, so that no firm's result depends on another's;
    ``vector`` and ``minmax`` take them from the pool. Raises ValueError for a ragged table or
    values that are not finite. Source: Hwang and Yoon 1981; Opricovic and Tzeng 2004, EJOR 156.

    >>> topsis([[1, 1], [0, 0], [0.5, 0.5]], [0.6, 0.4], [1, 1])
    (1.0, 0.0, 0.5)
    """
    table = np.array(matrix, dtype=np.float64)
    signs = np.array(types, dtype=np.float64)
    if table.ndim != 2 or table.shape[1] != len(weights) or table.shape[1] != len(types):
        raise ValueError("matrix: needs one column for each weight and type")
    if not np.isfinite(table).all():
        raise ValueError("matrix: write finite numbers")
    scaled = _NORMS[norm](table)
    best = scaled.max(axis=0) if norm != "fixed01" else np.ones_like(signs)
    worst = scaled.min(axis=0) if norm != "fixed01" else np.zeros_like(signs)
    ideal, anti = np.where(signs > 0, best, worst), np.where(signs > 0, worst, best)
    shares = np.array(weights, dtype=np.float64)
    plus = np.sqrt((((scaled - ideal) * shares) ** 2).sum(axis=1))
    minus = np.sqrt((((scaled - anti) * shares) ** 2).sum(axis=1))
    distances = zip(minus.tolist(), (plus + minus).tolist(), strict=True)
    return tuple(near / both if both else None for near, both in distances)


def _vector(table: Array) -> Array:
    length = np.sqrt((table**2).sum(axis=0))
    return np.asarray(table / np.where(length == 0, 1.0, length))


def _minmax(table: Array) -> Array:
    low, width = table.min(axis=0), np.ptp(table, axis=0)
    return np.asarray((table - low) / np.where(width == 0, 1.0, width))


def _as_is(table: Array) -> Array:
    return table


_NORMS: Final = {"vector": _vector, "minmax": _minmax, "fixed01": _as_is}


def spearman(one: Sequence[float], other: Sequence[float]) -> float | None:
    """Spearman's ρ of two orders of the same firms; ``None`` where one has no variation.

    Below 0.9 with the official order a yearly report on the method is to say so.

    >>> spearman([1, 2, 3], [10, 20, 15])
    0.5
    """
    left, right = rankdata(one), rankdata(other)
    left, right = left - left.mean(), right - right.mean()
    length = float(np.sqrt((left**2).sum() * (right**2).sum()))
    return float(left @ right) / length if length else None
