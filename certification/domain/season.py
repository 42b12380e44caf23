"""The frozen tables of a season: what is published before it and never changes during it.

Every number that the kernel needs beside the evidence stands here, so that two runs on the same
snapshot give the same bits and no other firm's later data can move a decision under appeal
(../shared/design/4-scoring.md, sections 0 and 4).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

Knots = tuple[tuple[float, float], ...]

TOP_ANCHOR = 4.0
"""Ratings are on anchors from 0 to 4."""


@dataclass(frozen=True)
class Criterion:
    """One rated criterion: its weight (> 0) and the piecewise scale from anchor to utility.

    ``knots`` are pairs (anchor in [0, 4], utility in [0, 1]), both ascending. ``required`` means
    that a delivery without a rating of it is pending, not zero.
    """

    id: str
    weight: float
    knots: Knots = ((0.0, 0.0), (TOP_ANCHOR, 1.0))
    required: bool = False


@dataclass(frozen=True)
class TierRule:
    """What a tier asks: total and quality in points, innovation in points, distinct villages."""

    id: str
    total: float
    quality: float
    innovation: float
    villages: int = 0


@dataclass(frozen=True)
class Season:
    """The frozen tables.

    ``severity`` [J] in anchors, one per assessor code. Prior: ``mean`` in points (0 to 100),
    ``within`` (sigma squared) and ``between`` (tau squared) in points squared. ``half_life`` and
    ``window`` in months, the window's edge included; ``village_cap`` in delivery-equivalents.
    ``quality_points`` is the part of a total of 100 that quality gives. ``tiers`` stand best
    first. ``gamma`` in (0, 1] is the probability that grants a tier. ``missing_limit`` is the
    share of the total's points above which nothing is graded.

    Raises ValueError naming the table at fault.
    """

    criteria: tuple[Criterion, ...]
    severity: tuple[float, ...]
    mean: float
    within: float
    between: float
    tiers: tuple[TierRule, ...]
    default_tier: str = "C"
    half_life: float = 18.0
    window: float = 36.0
    village_cap: float = 4.0
    quality_points: float = 70.0
    gamma: float = 0.8
    least_deliveries: int = 2
    missing_limit: float = 0.3

    def __post_init__(self) -> None:
        """Refuse tables that the formulas cannot use."""
        for name, sound, advice in self._checks():
            if not sound:
                raise ValueError(f"{name}: {advice}")

    def _checks(self) -> Iterable[tuple[str, bool, str]]:
        yield "criteria", bool(self.criteria), "name at least one"
        for one in self.criteria:
            yield f"criteria.{one.id}.weight", 0 < one.weight < math.inf, "write a number above 0"
            yield f"criteria.{one.id}.knots", _rising(one.knots), "two or more, both rising"
        yield "severity", all(map(math.isfinite, self.severity)), "write finite anchors"
        yield "mean", 0 <= self.mean <= 100, "write points from 0 to 100"
        yield "within", 0 < self.within < math.inf, "write a variance above 0"
        yield "between", 0 <= self.between < math.inf, "write a variance of 0 or more"
        for name in ("half_life", "window", "village_cap", "quality_points"):
            yield name, 0 < getattr(self, name) < math.inf, "write a number above 0"
        yield "gamma", 0 < self.gamma <= 1, "write a probability above 0"

    def as_json(self) -> dict[str, Any]:
        """Plain JSON data, to be hashed and kept beside the snapshot."""
        return asdict(self)


def _rising(knots: Knots) -> bool:
    steps = list(pairwise(knots))
    inside = all(0 <= utility <= 1 for _, utility in knots)
    return bool(steps) and inside and all(a[0] < b[0] and a[1] <= b[1] for a, b in steps)


def season_from_json(given: Mapping[str, Any]) -> Season:
    """Read the tables from plain JSON data. Raises ValueError or TypeError naming the fault.

    >>> tables = {"criteria": [{"id": "fit", "weight": 1}], "severity": [0.0], "mean": 70,
    ...           "within": 144, "between": 64, "tiers": []}
    >>> season_from_json(tables).criteria[0].knots
    ((0.0, 0.0), (4.0, 1.0))
    """
    tables = dict(given)
    tables["criteria"] = tuple(_criterion(one) for one in given["criteria"])
    tables["tiers"] = tuple(TierRule(**one) for one in given["tiers"])
    tables["severity"] = tuple(map(float, given["severity"]))
    return Season(**tables)


def _criterion(given: Mapping[str, Any]) -> Criterion:
    knots = {"knots": tuple((x, u) for x, u in given["knots"])} if "knots" in given else {}
    return Criterion(**{**given, **knots})
