"""How far assessors agree, and how severe each of them is.

Formulas and sources: ../shared/design/4-scoring.md, section 3. Krippendorff's coefficient is
written here although the package ``krippendorff`` 0.9 computes the same numbers (the tests
compare the two to 1e-12): where there is nothing to compare, the package raises, and for
assessors who all gave one value it has no answer that a report could print; both are ``None`` here.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from portal.domain.predicates import at_least

Array = npt.NDArray[np.float64]
Level = Literal["nominal", "ordinal", "interval", "ratio"]
Ratings = Sequence[Sequence[float | None]]
"""Assessors × deliveries; ``None`` or NaN where someone has not rated."""

ALPHA_USE: Final = 0.8
ALPHA_TENTATIVE: Final = 0.667
MIN_DOUBLE_RATED: Final = 20
"""Deliveries rated twice before an agreement coefficient is acted upon."""
MIN_SHARED: Final = 5
"""Shared deliveries from which a severity is applied."""
SEVERITY_CAP: Final = 0.5
"""Anchors by which a severity may change a rating at most."""


def krippendorff_alpha(ratings: Ratings, level: Level = "ordinal") -> float | None:
    """Krippendorff's α of ``ratings``, at most 1; ``None`` where it is undefined.

    Undefined: no delivery with two ratings, or no variation among the paired ratings. Raises
    ValueError for rows of different length, infinite or (``ratio``) negative ratings. Source:
    Krippendorff 2011, Computing Krippendorff's Alpha-Reliability.

    >>> krippendorff_alpha([[1, 2, 4, None], [1, 2, 4, 3]], "interval")
    1.0
    >>> krippendorff_alpha([[3, 3, 3], [3, 3, 3]]) is None
    True
    """
    table = _table(ratings)
    values, coincidences = _coincidences(table)
    if level == "ratio" and values.size and values.min() < 0:
        raise ValueError("ratings: a ratio scale has no negative values")
    counts = coincidences.sum(axis=1)
    distances = _DISTANCES[level](values, counts)
    expected = float(counts @ distances @ counts)
    if expected <= 0:
        return None
    observed = float((coincidences * distances).sum())
    return 1.0 - (float(counts.sum()) - 1.0) * observed / expected


def _table(ratings: Ratings) -> Array:
    """The ratings as floats, NaN where there is none."""
    if len({len(row) for row in ratings}) > 1:
        raise ValueError("ratings: every assessor needs one entry per delivery")
    rows = [[math.nan if one is None else float(one) for one in row] for row in ratings]
    table = np.array(rows, dtype=np.float64).reshape(len(rows), len(rows[0]) if rows else 0)
    if np.isinf(table).any():
        raise ValueError("ratings: write finite numbers")
    return table


def _coincidences(table: Array) -> tuple[Array, Array]:
    """The distinct paired values, ascending, and how often they meet: o_ck (square)."""
    units = [column[~np.isnan(column)] for column in table.T]
    paired = [unit for unit in units if unit.size > 1]
    values = np.unique(np.concatenate(paired)) if paired else np.array([])
    counts = np.array([[np.sum(unit == v) for v in values] for unit in paired], dtype=np.float64)
    counts = counts.reshape(len(paired), len(values))
    pairs = 1.0 / (counts.sum(axis=1) - 1.0)
    together = (counts * pairs[:, None]).T @ counts
    alone = np.diag((counts * pairs[:, None]).sum(axis=0))
    return values, np.asarray(together - alone)


def _nominal(values: Array, counts: Array) -> Array:
    return np.asarray(values[:, None] != values[None, :], dtype=np.float64)


def _ordinal(values: Array, counts: Array) -> Array:
    """δ²_ck = (n_c/2 + the counts between + n_k/2)², by the places of the running sum."""
    places = np.cumsum(counts) - counts / 2.0
    return np.asarray((places[:, None] - places[None, :]) ** 2)


def _interval(values: Array, counts: Array) -> Array:
    return np.asarray((values[:, None] - values[None, :]) ** 2)


def _ratio(values: Array, counts: Array) -> Array:
    sums = values[:, None] + values[None, :]
    # two zeros do not differ
    return np.asarray(((values[:, None] - values[None, :]) / np.where(sums == 0, 1.0, sums)) ** 2)


_DISTANCES: Final = {
    "nominal": _nominal,
    "ordinal": _ordinal,
    "interval": _interval,
    "ratio": _ratio,
}

Standing = Literal["too_few", "use", "tentative", "retrain", "suspend"]


def criterion_standing(alphas: Sequence[float | None], double_rated: int) -> Standing:
    """What a criterion's α of the last quarters (oldest first) means for its use.

    ``too_few``: under 20 double-rated deliveries, or undefined. From .80 ``use``; from .667
    ``tentative`` (shown so, anchors retrained); below that once ``retrain``, in two quarters
    running ``suspend`` (by a new rubric version).

    >>> criterion_standing([0.6, 0.5], 24)
    'suspend'
    """
    last = alphas[-1] if alphas else None
    if double_rated < MIN_DOUBLE_RATED or last is None:
        return "too_few"
    if at_least(last, ALPHA_TENTATIVE):
        return "use" if at_least(last, ALPHA_USE) else "tentative"
    before = alphas[-2] if len(alphas) > 1 else None
    return "retrain" if before is None or at_least(before, ALPHA_TENTATIVE) else "suspend"


@dataclass(frozen=True)
class IntraclassCorrelation:
    """Shrout and Fleiss' six coefficients (at most 1) with their mean squares.

    A coefficient is ``None`` where its denominator is 0.
    """

    bms: float
    jms: float
    ems: float
    wms: float
    icc11: float | None
    icc21: float | None
    icc31: float | None
    icc1k: float | None
    icc2k: float | None
    icc3k: float | None


def intraclass_correlation(matrix: Sequence[Sequence[float]]) -> IntraclassCorrelation:
    """ICC of a complete table of targets × judges (both at least 2), by two-way ANOVA.

    Raises ValueError for a table that is smaller, ragged or not finite. Source: Shrout and
    Fleiss 1979, Psychological Bulletin 86, 420-428.
    """
    bms, jms, ems, wms, n, k = _two_way(matrix)
    return IntraclassCorrelation(
        bms=bms,
        jms=jms,
        ems=ems,
        wms=wms,
        icc11=_share(bms - wms, bms + (k - 1) * wms),
        icc21=_share(bms - ems, bms + (k - 1) * ems + k * (jms - ems) / n),
        icc31=_share(bms - ems, bms + (k - 1) * ems),
        icc1k=_share(bms - wms, bms),
        icc2k=_share(bms - ems, bms + (jms - ems) / n),
        icc3k=_share(bms - ems, bms),
    )


def _two_way(matrix: Sequence[Sequence[float]]) -> tuple[float, float, float, float, int, int]:
    """Mean squares between targets, between judges, of error and within targets; the shape."""
    table = _table(matrix)
    n, k = table.shape
    if n < 2 or k < 2 or np.isnan(table).any():
        raise ValueError("matrix: needs two targets, two judges and no gap")
    rows, columns, mean = table.mean(axis=1), table.mean(axis=0), table.mean()
    between = k * float(((rows - mean) ** 2).sum())
    judges = n * float(((columns - mean) ** 2).sum())
    rest = table - rows[:, None] - columns[None, :] + mean
    error = float((rest**2).sum())
    within = float(((table - rows[:, None]) ** 2).sum())
    errors, inside = error / ((n - 1) * (k - 1)), within / (n * (k - 1))
    return between / (n - 1), judges / (k - 1), errors, inside, n, k


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def severity_components(matrix: Sequence[Sequence[float]]) -> tuple[float, float]:
    """σ_e² and σ_r² of a complete table of deliveries × assessors: EMS and (JMS − EMS)/n, ≥ 0.

    λ of ``severity`` is their ratio; with σ_r² = 0 there is no severity to correct.
    """
    _, jms, ems, _, n, _ = _two_way(matrix)
    return ems, max(0.0, (jms - ems) / n)


@dataclass(frozen=True)
class Severity:
    """Assessors' severities in anchors (positive: lenient), before and after the safeguards.

    ``applied`` is what a rating is corrected by: 0 under ``MIN_SHARED`` shared deliveries, at
    most ``SEVERITY_CAP`` either way. ``components`` counts the connected parts of the graph.
    """

    raw: Mapping[str, float]
    applied: Mapping[str, float]
    components: int


Rated = tuple[str, str, float]
"""Delivery, assessor, rating."""


def severity(
    ratings: Sequence[Rated], lam: float, min_n: int = MIN_SHARED, cap: float = SEVERITY_CAP
) -> Severity:
    """Severity r_j of y_kj = d_k + r_j + e with fixed d and r ~ N(0, σ_r²), λ = σ_e²/σ_r².

    The fixed point of d_k = mean_j(y_kj − r_j), r_j = Σ_k (y_kj − d_k)/(n_j + λ) is found by
    solving its normal equations (Henderson's mixed-model equations with d absorbed), then
    centred so that Σ n_j r_j = 0 within each connected component: severities of assessors who
    share no delivery, directly or through others, cannot be compared. Balanced closed form:
    r_j = n/(n + λ)·(ȳ_j − ȳ). Raises ValueError for λ < 0, a rating that is not finite, or one
    assessor twice on a delivery.

    >>> found = severity([("d", "a", 4.0), ("d", "b", 2.0)], 1.0)
    >>> found.raw, found.applied
    ({'a': 0.5, 'b': -0.5}, {'a': 0.0, 'b': 0.0})
    """
    _check_ratings(ratings, lam)
    assessors = sorted({assessor for _, assessor, _ in ratings})
    parts = _parts(ratings)
    raw: dict[str, float] = dict.fromkeys(assessors, 0.0)
    for part in parts:
        raw |= _solve([one for one in ratings if one[1] in part], lam)
    shared = _shared(ratings)
    kept = {name: raw[name] if shared[name] >= min_n else 0.0 for name in assessors}
    applied = {name: min(max(value, -cap), cap) for name, value in kept.items()}
    return Severity(raw, applied, len(parts))


def _check_ratings(ratings: Sequence[Rated], lam: float) -> None:
    if not 0 <= lam < math.inf:
        raise ValueError("lam: write a finite number from 0")
    if not all(math.isfinite(value) for _, _, value in ratings):
        raise ValueError("ratings: write finite numbers")
    if len({(delivery, assessor) for delivery, assessor, _ in ratings}) < len(ratings):
        raise ValueError("ratings: an assessor rates a delivery once")


def _shared(ratings: Sequence[Rated]) -> dict[str, int]:
    """How many deliveries of each assessor someone else rated too."""
    raters: dict[str, int] = defaultdict(int)
    for delivery, _, _ in ratings:
        raters[delivery] += 1
    shared: dict[str, int] = defaultdict(int)
    for delivery, assessor, _ in ratings:
        shared[assessor] += raters[delivery] > 1
    return shared


def _parts(ratings: Sequence[Rated]) -> list[set[str]]:
    """The assessors of each connected component of the assessor-delivery graph."""
    root: dict[Hashable, Hashable] = {}

    def find(node: Hashable) -> Hashable:
        root.setdefault(node, node)
        while root[node] != node:
            root[node] = node = root[root[node]]
        return node

    for delivery, assessor, _ in ratings:
        root[find(("delivery", delivery))] = find(("assessor", assessor))
    parts: dict[Hashable, set[str]] = defaultdict(set)
    for _, assessor, _ in ratings:
        parts[find(("assessor", assessor))].add(assessor)
    return list(parts.values())


def _solve(ratings: Sequence[Rated], lam: float) -> dict[str, float]:
    """Centred severities of one component: (N + λI − AᵀA/m) r = Aᵀ(y − ȳ_k)."""
    names = sorted({assessor for _, assessor, _ in ratings})
    deliveries = sorted({delivery for delivery, _, _ in ratings})
    place = {name: index for index, name in enumerate(names)}
    row = {name: index for index, name in enumerate(deliveries)}
    rated = np.zeros((len(deliveries), len(names)))
    value = np.zeros_like(rated)
    for delivery, assessor, rating in ratings:
        rated[row[delivery], place[assessor]] = 1.0
        value[row[delivery], place[assessor]] = rating
    each = rated.sum(axis=1, keepdims=True)
    counts = rated.sum(axis=0)
    left = np.diag(counts + lam) - rated.T @ (rated / each)
    right = (value - rated * (value.sum(axis=1, keepdims=True) / each)).sum(axis=0)
    # with λ = 0 a constant may be added to all: the shortest solution, then centred
    found = np.linalg.lstsq(left, right, rcond=None)[0]
    found -= float(counts @ found) / float(counts.sum())
    return {name: float(one) for name, one in zip(names, found, strict=True)}
