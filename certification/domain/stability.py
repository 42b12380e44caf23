"""In how many plausible weightings a firm's tier holds.

Weights of the leaves are drawn around the official ones (``robustness.plausible_weights``), the
tree is added up again for every draw, and the tier is decided as before. Thresholds keep their
share of a node's maximum. Method: ../shared/design/4-scoring.md, section 5.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from portal.domain.predicates import EPS, Context, Predicate, evaluate

from .evidence import read_evidence
from .grading import Grading, shrunk_node
from .posterior import Prior
from .results import ScoreResult
from .robustness import DRAWS, KAPPA, SEED, plausible_weights
from .rubric import Rubric
from .rubric_lint import UNRATED, walk
from .tiers import DecisionRule, gammas, tier_names

Array = npt.NDArray[np.float64]
Held = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Shrinkage:
    """How a firm's pooled quality is shrunk: the prior, and N delivery-equivalents."""

    prior: Prior
    weight: float

    def bound(self, ybar: Array, gamma: float) -> Array:
        """Quality (0-100) that is reached with probability ``gamma``: M − z_γ √S."""
        q = self.prior.sigma2 + self.weight * self.prior.tau2
        if q == 0 or self.prior.tau2 == 0:
            return np.full_like(ybar, self.prior.mu)
        mean = (self.prior.sigma2 * self.prior.mu + self.prior.tau2 * self.weight * ybar) / q
        spread = math.sqrt(self.prior.sigma2 * self.prior.tau2 / q)
        return np.asarray(mean - float(ndtri(gamma)) * spread)


@dataclass(frozen=True)
class _Draws:
    """What the tree reads: drawn weights [draws] by leaf, points by leaf, and the shrinkage."""

    weights: Mapping[str, Array]
    points: Mapping[str, float | None]
    shrinkage: Shrinkage | None
    gamma: float


def tier_stability(
    rubric: Rubric,
    evidence: Mapping[str, object],
    as_of: date | None,
    result: ScoreResult,
    grading: Grading | None = None,
) -> float | None:
    """Share of 1,000 plausible weightings in which the tier of ``result`` holds, 0 to 1.

    ``result`` is what ``scoring`` or ``grading`` (then given too) made of ``evidence``. ``None``
    for an unrated firm, and for a rubric whose points do not come from weights alone (profiles,
    alternatives, bonus points, conditions). A graded firm's tier moves within its history's γ,
    its villages and its gates; a demotion that waits for a second run counts as the kept tier.
    """
    official = official_weights(rubric)
    if result.tier == UNRATED or official is None:
        return None
    names = list(official)
    drawn = plausible_weights([official[name] for name in names], KAPPA, DRAWS, SEED)
    weights = {name: drawn[:, at] for at, name in enumerate(names)}
    places = tier_places(rubric, evidence, as_of, weights, result=result, grading=grading)
    return float(np.mean(places == tier_names(rubric).index(result.tier)))


def tier_places(
    rubric: Rubric,
    evidence: Mapping[str, object],
    as_of: date | None,
    weights: Mapping[str, Array],
    *,
    result: ScoreResult,
    grading: Grading | None,
) -> npt.NDArray[np.intp]:
    """The tier under each of ``weights`` (leaf to [draws]) as its place, 0 the best: [draws].

    Points of leaves, gates, the pool of deliveries and the history are those of ``result`` and
    ``grading``.
    """
    tiers = tier_names(rubric)
    asked = gammas(DecisionRule.from_rubric(rubric), grading.history.tier if grading else None)
    readings, _ = read_evidence(rubric["fields"], evidence, as_of)
    fields = {name: one.value for name, one in readings.items() if one.state == "known"}
    context = Context(fields, {}, None, as_of)
    places = np.full(len(next(iter(weights.values()))), len(tiers) - 1)
    # from the worst tier up, so that the best that holds is written last
    for place in reversed(range(len(tiers) - 1)):
        facts = _Draws(weights, result.points, _shrinkage(grading), asked[tiers[place]])
        nodes = _nodes(rubric["tree"], facts, shrunk_node(rubric) if grading else None)
        places[_held(_tier_predicate(rubric, tiers[place]), nodes, context, len(places))] = place
    kept = _kept(places, tiers, grading)
    return np.maximum(kept, _cap(rubric, tiers, result, grading))


def official_weights(rubric: Rubric) -> dict[str, float] | None:
    """Official weight of every leaf, sum 1; ``None`` where points are not made by weights."""
    kinds = {node["aggregate"]["kind"] for _, node in walk(rubric["tree"]) if "aggregate" in node}
    special = any("bonus" in node or "only_if" in node for _, node in walk(rubric["tree"]))
    if special or not kinds <= {"sum", "wam", "wgm"}:
        return None
    return _leaf_weights(rubric["tree"], 1.0)


def _leaf_weights(node: Mapping[str, Any], share: float) -> dict[str, float]:
    if "scale" in node:
        return {node["id"]: share}
    key = "max" if node["aggregate"]["kind"] == "sum" else "weight"
    total = math.fsum(child[key] for child in node["children"])
    found: dict[str, float] = {}
    for child in node["children"]:
        found |= _leaf_weights(child, share * child[key] / total)
    return found


def _shrinkage(grading: Grading | None) -> Shrinkage | None:
    return Shrinkage(grading.prior, grading.pool.weight) if grading else None


def _tier_predicate(rubric: Rubric, tier: str) -> Predicate:
    whens = [one["when"] for one in rubric["tiers"] if one["id"] == tier]
    whens += [one["when"] for one in rubric.get("routes", ()) if one["tier"] == tier]
    return {"any": whens}


def _nodes(
    tree: Mapping[str, Any], facts: _Draws, shrunk: Mapping[str, Any] | None
) -> dict[str, Array | None]:
    """Points [draws] of every node under the drawn weights, ``None`` where there are none."""
    found: dict[str, Array | None] = {}
    shares = _share(tree, facts, shrunk, found)[1]
    found["score"] = None if shares is None else float(tree["max"]) * shares
    return found


def _share(
    node: Mapping[str, Any],
    facts: _Draws,
    shrunk: Mapping[str, Any] | None,
    found: dict[str, Array | None],
) -> tuple[Array, Array | None]:
    """Weight and utility [draws] of ``node``; its points go into ``found``."""
    if "scale" in node:
        weight = facts.weights[node["id"]]
        points = facts.points[node["id"]]
        utility = None if points is None else np.full_like(weight, points / node["max"])
    else:
        below = [_share(child, facts, shrunk, found) for child in node["children"]]
        weight = np.asarray(sum(one for one, _ in below))
        utility = _mean(node["aggregate"], [(w, u) for w, u in below if u is not None])
    if node is shrunk and utility is not None and facts.shrinkage is not None:
        utility = facts.shrinkage.bound(100.0 * utility, facts.gamma) / 100.0
    found[node["id"]] = None if utility is None else float(node["max"]) * utility
    return weight, utility


def _mean(rule: Mapping[str, Any], present: Sequence[tuple[Array, Array]]) -> Array | None:
    if not present:
        return None
    total = np.asarray(sum(weight for weight, _ in present))
    if rule["kind"] != "wgm":
        return np.asarray(sum(weight * utility for weight, utility in present) / total)
    floor = rule.get("floor", 0.0)
    with np.errstate(divide="ignore"):
        logs = sum(weight * np.log(np.maximum(utility, floor)) for weight, utility in present)
    return np.asarray(np.exp(logs / total))


def _held(
    predicate: Predicate, nodes: Mapping[str, Array | None], context: Context, draws: int
) -> Held:
    """Whether ``predicate`` holds in each draw."""
    if "not" in predicate:
        return ~_held(predicate["not"], nodes, context, draws)
    for key, fold in (("all", np.logical_and), ("any", np.logical_or)):
        if key in predicate:
            parts = [_held(part, nodes, context, draws) for part in predicate[key]]
            return np.asarray(fold.reduce(parts), dtype=np.bool_)
    name = "score" if "score" in predicate else predicate.get("node")
    points = nodes.get(str(name))
    if name is None or points is None:
        return np.full(draws, evaluate(predicate, context))
    return _compared(points, str(predicate["op"]), float(predicate["value"]))


def _compared(points: Array, op: str, value: float) -> Held:
    reached, passed = points >= value - EPS, points > value + EPS
    return {"ge": reached, "gt": passed, "le": ~passed, "lt": ~reached}[op]


def _cap(rubric: Rubric, tiers: Sequence[str], result: ScoreResult, grading: Grading | None) -> int:
    """The best place that gates and villages leave."""
    failed = {one.partition(":")[2] for one in result.reasons if one.startswith("gate:")}
    gates = [tiers.index(one["cap"]) for one in rubric.get("gates", ()) if one["id"] in failed]
    if grading is None:
        return max(gates, default=0)
    rule = DecisionRule.from_rubric(rubric)
    seats = (at for at, tier in enumerate(tiers) if _seated(grading, rule, tier))
    return max([next(seats), *gates])


def _seated(grading: Grading, rule: DecisionRule, tier: str) -> bool:
    return grading.pool.groups >= rule.villages.get(tier, 0)


def _kept(
    places: npt.NDArray[np.intp], tiers: Sequence[str], grading: Grading | None
) -> npt.NDArray[np.intp]:
    """A demotion that waits for its second run counts as the kept tier."""
    if grading is None or "demotion_pending" not in grading.decision.reasons:
        return places
    return np.minimum(places, tiers.index(str(grading.history.tier)))
