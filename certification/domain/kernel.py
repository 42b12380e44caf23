"""Grade the firms of one county from its ratings: the vectorised job of 4-scoring, section 7.

Severity off, mean over assessors, piecewise scale, weighted mean over the criteria present,
decay, village cap, sums per firm, posterior, probability of each tier, tier. pandas stands at
the boundary; inside are dense integer codes and NumPy columns, one county at a time, so that the
working set stays in the processor's cache.

Codes: firms, deliveries, criteria, assessors and villages are numbered from 0. Deliveries are
ordered by (firm, village) and ratings by (delivery, criterion, assessor), which fixes the order
of every sum: the same evidence gives the same bits, alone or among other counties, in whatever
order it arrived (``encode`` numbers and orders it). Symbols as in 4-scoring, section 0.

The tier here is what the evidence of this run grants to a firm that climbs; keeping an earlier
tier, two failing runs and gates need the firm's history and belong to ``tiers``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import ndtr

from portal.domain.predicates import EPS

from .rubric_lint import UNRATED
from .season import TOP_ANCHOR, Criterion, Season

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.integer]
Flags = npt.NDArray[np.bool_]

Z_90 = 1.28155
"""One-sided 90 % point of the normal distribution, as 4-scoring prints it."""

RATINGS = {"delivery": "int32", "criterion": "int8", "assessor": "int32", "rating": "float32"}
DELIVERIES = {"firm": "int32", "village": "int32", "age": "float32"}
FIRMS = {"firm": "str", "innovation": "float64"}


@dataclass(frozen=True)
class Scores:
    """Deliveries scored: ``score`` 0 to 100 (NaN: pending), ``missing`` share of weights, [D].

    ``quarantined`` are the places of ratings that are no number from 0 to 4; they count as
    missing.
    """

    score: Floats
    missing: Floats
    quarantined: Codes


@dataclass(frozen=True)
class Sums:
    """What is added up per firm, each [P]: the sufficient statistics of the posterior.

    ``count`` of deliveries with a weight, ``weight`` N_f = sum of omega, ``weighted`` = sum of
    omega * y, ``missing`` = sum of omega * missing, ``villages`` distinct.
    """

    count: Codes
    weight: Floats
    weighted: Floats
    missing: Floats
    villages: Codes


def grade_county(
    ratings: pd.DataFrame, deliveries: pd.DataFrame, firms: pd.DataFrame, season: Season
) -> pd.DataFrame:
    """Grade every firm of a county; one row per firm, in the order of ``firms``.

    ``ratings`` has the columns of ``RATINGS``, ``deliveries`` those of ``DELIVERIES`` (age in
    months), ``firms`` those of ``FIRMS`` (innovation in points). Columns of the answer:
    ``grades_like()``. Pure; raises ValueError for codes out of range, rows out of order, a rating
    given twice, a negative age.
    """
    scores = score_deliveries(
        ratings["delivery"].to_numpy(),
        ratings["criterion"].to_numpy(),
        ratings["assessor"].to_numpy(),
        ratings["rating"].to_numpy(),
        count=len(deliveries),
        season=season,
    )
    sums = sum_by_firm(
        scores,
        deliveries["firm"].to_numpy(),
        deliveries["village"].to_numpy(),
        deliveries["age"].to_numpy(),
        count=len(firms),
        season=season,
    )
    innovation = firms["innovation"].to_numpy()
    return grade_firms(firms["firm"], innovation, sums, season)


# --- ratings to deliveries


def score_deliveries(
    delivery: Codes,
    criterion: Codes,
    assessor: Codes,
    rating: npt.NDArray[np.floating],
    *,
    count: int,
    season: Season,
) -> Scores:
    """Score ``count`` deliveries from their ratings, all [R] and ordered. Raises ValueError."""
    severity = np.asarray(season.severity)
    criteria = len(season.criteria)
    _check_codes("assessor", assessor, len(severity))
    _check_codes("criterion", criterion, criteria)
    _check_codes("delivery", delivery, count)
    place = delivery.astype(np.int64)
    place *= criteria
    place += criterion
    _check_order(place, assessor, len(severity))
    adjusted = severity[assessor]
    np.subtract(rating, adjusted, out=adjusted)
    valid = (rating >= 0) & (rating <= TOP_ANCHOR)
    quarantined = np.empty(0, dtype=np.intp)
    if not valid.all():
        quarantined = np.flatnonzero(~valid)
        place, adjusted = place[valid], adjusted[valid]
    size = count * criteria
    number = np.bincount(place, minlength=size)
    total = _added(place, adjusted, size)
    shape = (count, criteria)
    score, missing = _weigh(total.reshape(shape), number.reshape(shape), season.criteria)
    return Scores(score, missing, quarantined)


def _check_codes(name: str, codes: Codes, count: int) -> None:
    if len(codes) and not (codes.min() >= 0 and codes.max() < count):
        raise ValueError(f"{name}: codes run from 0 to {count - 1}")


def _check_order(place: npt.NDArray[np.int64], assessor: Codes, assessors: int) -> None:
    """Strictly ascending (delivery, criterion, assessor): ordered, and nothing rated twice."""
    full = place * assessors
    full += assessor
    if not (full[1:] > full[:-1]).all():
        raise ValueError(
            "ratings: order them by delivery, criterion, assessor, each triple once (encode does)"
        )


def _weigh(total: Floats, number: Codes, criteria: tuple[Criterion, ...]) -> tuple[Floats, Floats]:
    """Scores [D] and missing shares [D] from sums and numbers of ratings, both [D, C].

    y = 100 * sum of w_c u_c / sum of w_c over the criteria present; criteria are added in their
    order, so that a bit never depends on the number of deliveries.
    """
    weighted = np.zeros(len(total))
    present = np.zeros(len(total))
    pending = np.zeros(len(total), dtype=bool)
    for code, criterion in enumerate(criteria):
        rated = number[:, code] > 0
        mean = total[:, code] / np.maximum(number[:, code], 1)
        anchors, utilities = zip(*criterion.knots, strict=True)
        utility = np.interp(mean, anchors, utilities)
        weight = criterion.weight * rated
        weighted += weight * utility
        present += weight
        if criterion.required:
            pending |= ~rated
    pending |= present == 0
    score = 100.0 * weighted / np.where(pending, np.nan, present)
    whole = sum(criterion.weight for criterion in criteria)
    return score, np.maximum(1.0 - present / whole, 0.0)


# --- deliveries to firms


def sum_by_firm(
    scores: Scores,
    firm: Codes,
    village: Codes,
    age: npt.NDArray[np.floating],
    *,
    count: int,
    season: Season,
) -> Sums:
    """Add up the deliveries of ``count`` firms; ``firm``, ``village``, ``age`` are [D].

    Pending deliveries and those outside the window have no weight. Raises ValueError.
    """
    _check_codes("firm", firm, count)
    first = first_of_pairs(firm, village)
    weight = decay_weights(age, season.half_life, season.window)
    weight[np.isnan(scores.score)] = 0.0
    pair = np.cumsum(first) - 1
    weight *= _cap_factors(weight, pair, season.village_cap)
    used = weight > 0
    # of every (firm, village) one delivery stands for the village
    served = np.bincount(pair[used], minlength=int(pair[-1]) + 1 if len(pair) else 0) > 0
    return Sums(
        count=np.bincount(firm[used], minlength=count),
        weight=_added(firm, weight, count),
        weighted=_added(firm, weight * np.nan_to_num(scores.score), count),
        missing=_added(firm, weight * scores.missing, count),
        villages=np.bincount(firm[first][served], minlength=count),
    )


def _added(codes: Codes, values: Floats, count: int) -> Floats:
    """Sums of ``values`` by code, [count], added in the order of the rows."""
    # bincount of nothing at all gives integers
    return np.bincount(codes, weights=values, minlength=count).astype(np.float64, copy=False)


def first_of_pairs(firm: Codes, village: Codes) -> Flags:
    """Where a new (firm, village) begins, [D]. Raises ValueError when they are out of order."""
    new_firm = firm[1:] != firm[:-1]
    first = np.ones(len(firm), dtype=bool)
    first[1:] = new_firm | (village[1:] != village[:-1])
    ascending = (firm[1:] > firm[:-1]) | (~new_firm & (village[1:] >= village[:-1]))
    if not ascending.all():
        raise ValueError("deliveries: order them by firm, then village (encode does)")
    return first


def decay_weights(age: npt.NDArray[np.floating], half_life: float, window: float) -> Floats:
    """Give omega = 2^(-a / half life) for 0 <= a <= window, else 0; ages in months, [D].

    Raises ValueError for an age below 0 (evidence from the future) or none.

    >>> decay_weights(np.array([0.0, 18.0, 36.0, 37.0]), 18, 36).tolist()
    [1.0, 0.5, 0.25, 0.0]
    """
    months = np.asarray(age, dtype=np.float64)
    if not (months >= 0).all():
        raise ValueError("age: evidence from the future has no weight")
    return np.where(months <= window + EPS, np.exp2(-months / half_life), 0.0)


def _cap_factors(weight: Floats, pair: Codes, cap: float) -> Floats:
    """min(1, cap / sum of the firm's weights in the village), [D]."""
    total = np.bincount(pair, weights=weight)
    factor = np.where(total > cap + EPS, cap / np.where(total > 0, total, 1.0), 1.0)
    return factor[pair]


# --- firms to tiers


def posterior(sums: Sums, season: Season) -> tuple[Floats, Floats]:
    """Mean M_f (0 to 100) and variance S_f (points squared) of every firm's quality, [P].

    q = sigma^2 + N tau^2; M = (sigma^2 mu + tau^2 sum omega y) / q; S = sigma^2 tau^2 / q.
    Without deliveries (mu, tau^2). Source: 4-scoring, section 4 (normal-normal model).
    """
    q = season.within + sums.weight * season.between
    mean = (season.within * season.mean + season.between * sums.weighted) / q
    return mean, season.within * season.between / q


def tier_probabilities(
    mean: Floats, variance: Floats, innovation: Floats, season: Season
) -> Floats:
    """pi_t = Phi((M - theta*_t) / sqrt(S)), [P, T], tiers in the season's order.

    theta*_t = 100 max(T_t - I, Q_t) / quality points; 0 where innovation misses its minimum;
    with S = 0 the probability is 0 or 1, a tie counting as reached. Source: 4-scoring, section 4.
    """
    found = np.empty((len(mean), len(season.tiers)))
    spread = np.sqrt(variance)
    certain = spread == 0
    for place, tier in enumerate(season.tiers):
        needed = np.maximum(tier.total - innovation, tier.quality)
        distance = mean - 100.0 * needed / season.quality_points
        step = np.where(distance >= -EPS, 1.0, 0.0)
        chance = np.where(certain, step, ndtr(distance / np.where(certain, 1.0, spread)))
        found[:, place] = np.where(innovation >= tier.innovation - EPS, chance, 0.0)
    return found


def grade_firms(names: pd.Series, innovation: Floats, sums: Sums, season: Season) -> pd.DataFrame:
    """From a firm's sums to its tier, one row per firm; columns as in ``grades_like``."""
    mean, variance = posterior(sums, season)
    chances = tier_probabilities(mean, variance, innovation, season)
    weight = np.where(sums.weight > 0, sums.weight, 1.0)
    missing = season.quality_points / 100.0 * sums.missing / weight
    columns: dict[str, object] = {
        "firm": names.array,
        "deliveries": sums.count,
        "villages": sums.villages,
        "weight": sums.weight,
        "mean": mean,
        "variance": variance,
        "lower": mean - Z_90 * np.sqrt(variance),
        "missing_share": missing,
    }
    for place, tier in enumerate(season.tiers):
        columns[f"probability_{tier.id}"] = chances[:, place]
    columns["tier"] = _granted(chances, sums, missing, season)
    return pd.DataFrame(columns)


def _granted(chances: Floats, sums: Sums, missing: Floats, season: Season) -> object:
    """The best tier that is probable enough and served enough villages; too little: unrated."""
    names = [tier.id for tier in season.tiers] + [season.default_tier, UNRATED]
    villages = np.array([tier.villages for tier in season.tiers], dtype=np.int64)
    held = (chances >= season.gamma - EPS) & (sums.villages[:, None] >= villages)
    # a column that always holds, so that argmax falls through to the default tier
    held = np.column_stack([held, np.ones(len(chances), dtype=bool)])
    rank = np.argmax(held, axis=1)
    unrated = (sums.count < season.least_deliveries) | (missing > season.missing_limit + EPS)
    rank[unrated] = len(names) - 1
    return pd.Categorical.from_codes(rank, categories=names)


def grades_like(season: Season) -> pd.DataFrame:
    """An answer of ``grade_county`` without rows: its columns and types."""
    ratings, deliveries, firms = (_empty(kinds) for kinds in (RATINGS, DELIVERIES, FIRMS))
    return grade_county(ratings, deliveries, firms, season)


def _empty(kinds: dict[str, str]) -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in kinds.items()})


# --- the boundary: from names to dense codes


def encode(
    ratings: pd.DataFrame,
    deliveries: pd.DataFrame,
    firms: pd.DataFrame,
    *,
    criteria: list[str],
    assessors: list[str],
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Number and order a county's tables for ``grade_county``.

    Given: ``ratings`` with delivery, criterion, assessor (names) and rating; ``deliveries`` with
    delivery, firm, village (names) and age; ``firms`` with firm and innovation. ``criteria`` and
    ``assessors`` are the names in the season's order. Names are ordered before they are numbered,
    so that the order of rows never matters. Raises ValueError naming what is unknown or stands
    twice.
    """
    firms = firms.sort_values("firm", ignore_index=True)
    firm_names = _names("firms", firms["firm"])
    village_names = pd.Index(sorted(deliveries["village"].unique()))
    known = deliveries.assign(
        firm=_coded("firm", deliveries["firm"], firm_names),
        village=_coded("village", deliveries["village"], village_names),
    ).sort_values(["firm", "village", "delivery"], ignore_index=True)
    delivery_names = _names("deliveries", known["delivery"])
    rated = ratings.assign(
        delivery=_coded("delivery", ratings["delivery"], delivery_names),
        criterion=_coded("criterion", ratings["criterion"], pd.Index(criteria)),
        assessor=_coded("assessor", ratings["assessor"], pd.Index(assessors)),
    ).sort_values(["delivery", "criterion", "assessor"], ignore_index=True)
    return (
        rated[list(RATINGS)].astype(RATINGS),
        known[list(DELIVERIES)].astype(DELIVERIES),
        firms[list(FIRMS)].astype(FIRMS),
    )


def _names(what: str, names: pd.Series) -> pd.Index:
    index = pd.Index(names)
    if not index.is_unique:
        raise ValueError(f"{what}: {index[index.duplicated()][0]!r} stands twice")
    return index


def _coded(what: str, names: pd.Series, known: pd.Index) -> Codes:
    codes = known.get_indexer(names)
    if (codes < 0).any():
        raise ValueError(f"{what}: {names.iloc[int(np.argmin(codes))]!r} is not in the tables")
    return codes  # type: ignore[no-any-return]
