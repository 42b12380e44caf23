"""Random ratings of a county, and the kernel's job read plainly, one firm at a time."""

import math
import statistics
from collections import defaultdict
from itertools import pairwise

import numpy as np
import pandas as pd

from certification.domain.season import Criterion, Season, TierRule

A = TierRule("A", total=80, quality=56, innovation=15, villages=3)
B = TierRule("B", total=65, quality=42, innovation=9, villages=2)
CRITERIA = (
    Criterion("fit", 0.3, ((0, 0), (2, 0.4), (4, 1))),
    Criterion("reliable", 0.25),
    Criterion("handover", 0.2, ((1, 0), (3, 1))),
    Criterion("usable", 0.15),
    Criterion("documented", 0.1, ((0, 0.1), (4, 0.9))),
)


def season(assessors=8, **more):
    severity = tuple(round(0.1 * math.sin(code), 6) for code in range(assessors))
    tables = {"criteria": CRITERIA, "severity": severity, "mean": 70, "within": 144, "between": 64}
    return Season(**(tables | {"tiers": (A, B)} | more))


def county(seed, *, firms=20, deliveries=10, villages=12, assessors=8, raters=2, gaps=0.03):
    """Ordered, coded tables: each delivery rated by ``raters`` on each criterion, some missing."""
    rng = np.random.default_rng(seed)
    criteria, number = len(CRITERIA), firms * deliveries
    firm = np.repeat(np.arange(firms), deliveries)
    village = np.sort(rng.integers(0, villages, (firms, deliveries)), axis=1).ravel()
    age = rng.uniform(0, 40, number)
    first = rng.integers(0, assessors, number)
    delivery, criterion, rater = (one.ravel() for one in np.mgrid[0:number, 0:criteria, 0:raters])
    assessor = np.sort((first[:, None] + np.arange(raters) * 3) % assessors, axis=1)
    ability = rng.normal(3.0, 0.7, firms)
    given = rng.normal(ability[firm[delivery]], 0.6)
    table = pd.DataFrame(
        {
            "delivery": delivery.astype(np.int32),
            "criterion": criterion.astype(np.int8),
            "assessor": assessor[delivery, rater].astype(np.int32),
            "rating": np.clip(np.round(2 * given) / 2, 0, 4).astype(np.float32),
        }
    )
    kept = table[rng.random(len(table)) >= gaps].reset_index(drop=True)
    kinds = {"firm": np.int32, "village": np.int32, "age": np.float32}
    served = pd.DataFrame({"firm": firm, "village": village, "age": age}).astype(kinds)
    names = [f"F{code:07d}" for code in range(firms)]
    return kept, served, pd.DataFrame({"firm": names, "innovation": rng.uniform(0, 30, firms)})


def plain_grades(ratings, deliveries, firms, tables):
    """The same job without arrays: what a firm could check by hand."""
    given = defaultdict(list)
    for row in ratings.itertuples():
        if 0 <= row.rating <= 4:
            adjusted = float(row.rating) - tables.severity[row.assessor]
            given[row.delivery, row.criterion].append(adjusted)
    of_firm = defaultdict(list)
    for place, row in enumerate(deliveries.itertuples()):
        score, missing = plain_score(given, place, tables.criteria)
        inside = row.age <= tables.window
        if score is not None and inside:
            omega = 2 ** (-row.age / tables.half_life)
            of_firm[row.firm].append((row.village, omega, score, missing))
    return [
        plain_firm(row.innovation, of_firm[code], tables)
        for code, row in enumerate(firms.itertuples())
    ]


def plain_score(given, delivery, criteria):
    present = [
        (one.weight, plain_utility(one.knots, statistics.fmean(given[delivery, code])))
        for code, one in enumerate(criteria)
        if given[delivery, code]
    ]
    required = [code for code, one in enumerate(criteria) if one.required]
    if not present or not all(given[delivery, code] for code in required):
        return None, 1.0
    total = sum(weight for weight, _ in present)
    whole = sum(one.weight for one in criteria)
    return 100 * sum(w * u for w, u in present) / total, 1 - total / whole


def plain_utility(knots, value):
    if value <= knots[0][0]:
        return knots[0][1]
    for (x0, u0), (x1, u1) in pairwise(knots):
        if value <= x1:
            return u0 + (value - x0) / (x1 - x0) * (u1 - u0)
    return knots[-1][1]


def plain_firm(innovation, used, tables):
    in_village = defaultdict(float)
    for village, omega, _, _ in used:
        in_village[village] += omega
    weights = [omega * min(1, tables.village_cap / in_village[v]) for v, omega, _, _ in used]
    total = sum(weights)
    weighted = sum(w * score for w, (_, _, score, _) in zip(weights, used, strict=True))
    q = tables.within + total * tables.between
    mean = (tables.within * tables.mean + tables.between * weighted) / q
    variance = tables.within * tables.between / q
    lacking = sum(w * missing for w, (_, _, _, missing) in zip(weights, used, strict=True))
    share = tables.quality_points / 100 * lacking / total if total else 0.0
    chances = [plain_chance(mean, variance, innovation, one, tables) for one in tables.tiers]
    tier = tables.default_tier
    for one, chance in reversed(list(zip(tables.tiers, chances, strict=True))):
        if chance >= tables.gamma and len(in_village) >= one.villages:
            tier = one.id
    if len(used) < tables.least_deliveries or share > tables.missing_limit:
        tier = "unrated"
    return {
        "deliveries": len(used),
        "villages": len(in_village),
        "weight": total,
        "mean": mean,
        "variance": variance,
        "missing_share": share,
        "chances": chances,
        "tier": tier,
    }


def plain_chance(mean, variance, innovation, tier, tables):
    if innovation < tier.innovation:
        return 0.0
    needed = 100 * max(tier.total - innovation, tier.quality) / tables.quality_points
    if variance == 0:
        return float(mean >= needed)
    return statistics.NormalDist().cdf((mean - needed) / math.sqrt(variance))
