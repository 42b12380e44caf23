"""From scored deliveries to a proposed tier with its probability.

A rubric with one ``per_item`` node that says ``shrink`` is graded so: ``scoring`` scores every
delivery, ``posterior`` shrinks their mean to the frozen prior, and the node's quality θ is then
uncertain while everything else is known. Each tier's predicate holds on known stretches of θ; the
probability of a tier is the posterior's mass on them (for "total ≥ T and quality ≥ Q" that is
the closed form of ../shared/design/4-scoring.md, section 4). ``tiers.decide_tier`` decides.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from typing import Any, Final

from scipy.special import ndtr

from portal.domain.predicates import (
    EPS,
    Context,
    Predicate,
    at_most,
    comparisons,
    evaluate,
    explain,
)

from .evidence import read_evidence
from .outcome import unmet_minima
from .posterior import Posterior, Prior, deliveries_needed, shrink
from .results import Pool, ScoreResult
from .rubric import Rubric
from .rubric_lint import UNRATED, walk
from .scales import aggregate
from .scoring import score
from .tiers import DecisionRule, Standing, TierDecision, decide_tier, next_tier

STARTING_PRIOR: Final = Prior(70.0, 144.0, 64.0)
"""Used until a season's deliveries give an estimate; printed in the public notice."""


@dataclass(frozen=True)
class History:
    """A firm's tier before this run (``None``: none) and how many runs running it failed."""

    tier: str | None = None
    fail_streak: int = 0


@dataclass(frozen=True)
class Wanted:
    """What the next tier takes.

    ``threshold`` is the quality θ (0-100) from which its lines in points hold, ``None`` if no
    quality suffices; ``deliveries`` how many more fresh deliveries like those so far lift its
    probability to γ, ``None`` if number alone never does; ``villages`` how many are missing.
    """

    tier: str
    threshold: float | None
    deliveries: int | None
    villages: int


@dataclass(frozen=True)
class Grading:
    """A graded firm: its scores with quality shrunk, and how sure the tier is.

    ``quality`` is on 0-100; ``probabilities`` are P(at or above each tier), 0 without
    deliveries; ``low`` and ``high`` bound the total with 80 % probability (rubric's points).
    """

    result: ScoreResult
    node: str
    node_max: float
    pool: Pool
    prior: Prior
    history: History
    quality: Posterior
    probabilities: Mapping[str, float]
    decision: TierDecision
    wanted: Wanted | None
    low: float | None
    high: float | None


def shrunk_node(rubric: Rubric) -> Mapping[str, Any] | None:
    """The ``per_item`` node whose points are shrunk, ``None`` for a rubric without one.

    Raises ValueError for more than one.
    """
    found = [node for _, node in walk(rubric["tree"]) if node.get("per_item", {}).get("shrink")]
    if len(found) > 1:
        raise ValueError("tree: one node at most may shrink its items")
    return found[0] if found else None


def grade(
    rubric: Rubric,
    evidence: Mapping[str, object],
    as_of: date | None,
    prior: Prior,
    history: History | None = None,
) -> Grading:
    """Score and grade one firm on the day ``as_of``.

    Raises ValueError for a rubric without a node that shrinks, or with one whose points do not
    enter the total linearly (sums and arithmetic means do).
    """
    node = shrunk_node(rubric)
    if node is None:
        raise ValueError("tree: no node shrinks its items; score by the rubric alone")
    before = history or History()
    scored = score(rubric, evidence, as_of)
    readings, _ = read_evidence(rubric["fields"], evidence, as_of)
    fields = {name: one.value for name, one in readings.items() if one.state == "known"}
    pool = scored.pools[node["id"]]
    quality = shrink(pool.mean, pool.weight, prior)
    model = Model(rubric, node, scored.points, fields, as_of)
    known = pool.count > 0
    probabilities = {
        tier["id"]: model.probability(tier["id"], quality) if known else 0.0
        for tier in rubric["tiers"]
    }
    facts = model.at(quality.mean)
    failed = [
        gate["cap"] for gate in rubric.get("gates", ()) if not evaluate(gate["require"], facts)
    ]
    rule = DecisionRule.from_rubric(rubric)
    decision = decide_tier(
        Standing(
            probabilities,
            items=pool.count,
            weight=pool.weight,
            villages=pool.groups,
            previous=before.tier,
            fail_streak=before.fail_streak,
            gates=tuple(failed),
            missing_share=scored.missing_share,
        ),
        rule,
    )
    return Grading(
        result=_shrunk(rubric, scored, facts, decision) if known else replace(scored, tier=UNRATED),
        node=node["id"],
        node_max=float(node["max"]),
        pool=pool,
        prior=prior,
        history=before,
        quality=quality,
        probabilities=probabilities,
        decision=decision,
        wanted=_wanted(rubric, rule, model, (pool, prior, decision)),
        low=model.at(quality.lower()).score if known else None,
        high=model.at(quality.upper()).score if known else None,
    )


def _shrunk(
    rubric: Rubric, scored: ScoreResult, facts: Context, decision: TierDecision
) -> ScoreResult:
    """The scores with quality at its posterior mean, and the decision's tier and reasons."""
    kept = [one for one in scored.reasons if not one.startswith("minimum:")]
    minima = [f"minimum:{name}" for name in unmet_minima(rubric["tree"], facts.nodes)]
    decided = [one.replace("<", ":") for one in decision.reasons if one != "gate"]
    return replace(
        scored,
        total=facts.score,
        tier=decision.tier,
        points=facts.nodes,
        reasons=(*kept, *minima, *decided),
        conditions={one["id"]: explain(one["when"], facts) for one in rubric["tiers"]},
    )


@dataclass(frozen=True)
class Model:
    """The tree as a function of the shrunk node's quality θ; everything else is known."""

    rubric: Rubric
    node: Mapping[str, Any]
    points: Mapping[str, float | None]
    fields: Mapping[str, object]
    as_of: date | None

    def at(self, theta: float) -> Context:
        """What predicates see at quality ``theta`` (0-100, or beyond on the same line)."""
        nodes = dict(self.points)
        for name, (start, slope) in self._lines().items():
            nodes[name] = start + slope * theta
        return Context(self.fields, nodes, nodes[self.rubric["tree"]["id"]], self.as_of)

    def probability(self, tier: str, quality: Posterior) -> float:
        """P(the firm is at or above ``tier``), 0 to 1."""
        if quality.variance == 0:
            return float(self.holds(tier, quality.mean))
        spread = math.sqrt(quality.variance)
        edges = [(edge - quality.mean) / spread for edge in (-math.inf, *self.cuts(tier), math.inf)]
        held = [
            # the same mass either way; from the nearer tail it is exact to the last digits
            float(ndtr(high) - ndtr(low) if high <= 0 else ndtr(-low) - ndtr(-high))
            for low, high in pairwise(edges)
            if self.holds(tier, quality.mean + spread * _inside(low, high))
        ]
        return min(1.0, math.fsum(held))

    def threshold(self, tier: str) -> float | None:
        """The least θ from which on the tier holds, −inf if always, ``None`` if never for good."""
        edges = [-math.inf, *self.cuts(tier)]
        for low, high in reversed(list(pairwise([*edges, math.inf]))):
            if not self.holds(tier, _inside(low, high)):
                return None if high == math.inf else high
        return -math.inf

    def holds(self, tier: str, theta: float) -> bool:
        """Whether the lines of ``tier`` or of a better one hold at quality ``theta``."""
        facts = self.at(theta)
        return any(evaluate(when, facts) for when in self._whens(tier))

    def cuts(self, tier: str) -> list[float]:
        """The qualities, ascending, at which one of the tier's comparisons may turn."""
        lines = self._lines()
        root = self.rubric["tree"]["id"]
        turning = [
            (lines[name], leaf["value"])
            for when in self._whens(tier)
            for _, leaf in comparisons(when)
            for name in [root if "score" in leaf else leaf.get("node")]
            if name in lines and isinstance(leaf["value"], int | float)
        ]
        return sorted({(value - start) / slope for (start, slope), value in turning if slope > 0})

    def _whens(self, tier: str) -> list[Predicate]:
        """The predicates of the tier and of better ones, direct routes included."""
        names = [one["id"] for one in self.rubric["tiers"]]
        better = names[: names.index(tier) + 1]
        routes = [one["when"] for one in self.rubric.get("routes", ()) if one["tier"] in better]
        return [one["when"] for one in self.rubric["tiers"] if one["id"] in better] + routes

    def _lines(self) -> dict[str, tuple[float, float]]:
        """Start and slope per unit of θ of the shrunk node and every node above it."""
        low, middle, high = (self._rescored(share) for share in (0.0, 0.5, 1.0))
        for name, value in middle.items():
            if abs(value - (low[name] + high[name]) / 2.0) > EPS:
                raise ValueError(f"{name}: a node above one that shrinks must be linear in it")
        return {name: (low[name], (high[name] - low[name]) / 100.0) for name in low}

    def _rescored(self, share: float) -> dict[str, float]:
        found: dict[str, float] = {}
        self._rescore(self.rubric["tree"], share, found)
        return found

    def _rescore(
        self, node: Mapping[str, Any], share: float, found: dict[str, float]
    ) -> float | None:
        """Points of ``node`` with the shrunk node at ``share`` of its maximum."""
        if node["id"] == self.node["id"]:
            found[node["id"]] = share * float(node["max"])
            return found[node["id"]]
        if not any(below is self.node for _, below in walk(node)):
            return self.points[node["id"]]
        scored = [(self._rescore(child, share, found), child) for child in node["children"]]
        regular = [(points, child) for points, child in scored if not child.get("bonus")]
        present = [
            (points, float(child["max"]), float(child.get("weight", 0)))
            for points, child in regular
            if points is not None
        ]
        bonus = math.fsum(points or 0.0 for points, child in scored if child.get("bonus"))
        complete = len(present) == len(regular)
        points = aggregate(node, present, complete=complete, bonus=bonus)
        if points is None:
            raise ValueError(f"{node['id']}: a node above one that shrinks needs points")
        found[node["id"]] = points
        return points


def _inside(low: float, high: float) -> float:
    """A point between two edges, either of which may be infinite."""
    if math.isinf(low):
        return 0.0 if math.isinf(high) else high - 1.0
    return low + 1.0 if math.isinf(high) else (low + high) / 2.0


def _wanted(
    rubric: Rubric,
    rule: DecisionRule,
    model: Model,
    found: tuple[Pool, Prior, TierDecision],
) -> Wanted | None:
    pool, prior, decision = found
    tier = next_tier(rubric, decision.tier)
    if tier is None:
        return None
    threshold = model.threshold(tier)
    missing = max(0, rule.villages.get(tier, 0) - pool.groups)
    if threshold is None or not at_most(threshold, 100.0):
        return Wanted(tier, None, None, missing)
    more = deliveries_needed(pool.mean, pool.weight, prior, threshold, rule.gamma_up)
    if more is not None:
        more = max(more, rule.min_items - pool.count)
    return Wanted(tier, threshold, more, missing)


def as_json(grading: Grading) -> dict[str, Any]:
    """The grading as plain JSON data, to be kept beside the score it rests on."""
    wanted = grading.wanted
    threshold = wanted.threshold if wanted and math.isfinite(wanted.threshold or 0.0) else None
    return {
        "tier": grading.decision.tier,
        "status": grading.decision.status,
        "fail_streak": grading.decision.fail_streak,
        "previous": grading.history.tier,
        "previous_streak": grading.history.fail_streak,
        "reasons": list(grading.decision.reasons),
        "probs": dict(grading.probabilities),
        "node": grading.node,
        "node_max": grading.node_max,
        "quality_mean": grading.quality.mean,
        "quality_var": grading.quality.variance,
        "n": grading.pool.count,
        "n_w": grading.pool.weight,
        "villages": grading.pool.groups,
        "ybar": grading.pool.mean,
        "low": grading.low,
        "high": grading.high,
        "prior": {
            "mu": grading.prior.mu,
            "sigma2": grading.prior.sigma2,
            "tau2": grading.prior.tau2,
        },
        "next": None
        if wanted is None
        else {
            "tier": wanted.tier,
            "threshold": threshold,
            "reachable": wanted.threshold is not None,
            "deliveries": wanted.deliveries,
            "villages": wanted.villages,
        },
    }
