"""From scored nodes to a tier with its reasons: unrated, tiers, direct routes, gates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from portal.domain.predicates import Context, at_least, at_most, evaluate

from .results import LeafScore, Pool
from .rubric_lint import UNRATED, walk

Rubric = Mapping[str, Any]
Node = Mapping[str, Any]


def decide(
    rubric: Rubric,
    facts: Context,
    leaves: Mapping[str, LeafScore],
    pools: Mapping[str, Pool],
    barred: Sequence[str] = (),
) -> tuple[str, tuple[str, ...]]:
    """The tier and its reasons: unrated first, then tiers and routes, then gates.

    ``barred`` are the nodes that scored nothing because their condition (``only_if``) failed.
    """
    unrated = _unrated_reasons(rubric, facts, leaves, pools)
    if unrated:
        return UNRATED, tuple(unrated)
    names = [tier["id"] for tier in rubric["tiers"]] + [rubric["default_tier"]]
    held = [names.index(t["id"]) for t in rubric["tiers"] if evaluate(t["when"], facts)]
    by_score = min(held, default=len(names) - 1)
    routes = [
        route
        for route in rubric.get("routes", ())
        if names.index(route["tier"]) < by_score and evaluate(route["when"], facts)
    ]
    reached = min([by_score, *(names.index(route["tier"]) for route in routes)])
    failed = [gate for gate in rubric.get("gates", ()) if not evaluate(gate["require"], facts)]
    rank = max([reached, *(names.index(gate["cap"]) for gate in failed)])
    reasons = [f"minimum:{name}" for name in unmet_minima(rubric["tree"], facts.nodes)]
    reasons += [f"condition:{name}" for name in barred]
    reasons += [f"route:{route['id']}" for route in routes]
    reasons += [f"gate:{gate['id']}" for gate in failed]
    return names[rank], tuple(reasons)


def _unrated_reasons(
    rubric: Rubric,
    facts: Context,
    leaves: Mapping[str, LeafScore],
    pools: Mapping[str, Pool],
) -> list[str]:
    """Why there is nothing to grade; neutral, never low (compare FAR 15.305(a)(2)(iv))."""
    rules = rubric.get("unrated", {})
    reasons = [f"unrated:{r['id']}" for r in rules.get("rules", ()) if evaluate(r["when"], facts)]
    if all(leaf.points is None for leaf in leaves.values()):
        reasons.append("no_evidence")
    reasons += [f"missing:{name}" for name in _missing_nodes(rubric["tree"], facts, leaves)]
    if any(pool.count < rules.get("deliveries_lt", 0) for pool in pools.values()):
        reasons.append("too_few_items")
    if not at_most(missing_share(rubric["tree"], leaves), rules.get("missing_share_gt", 1.0)):
        reasons.append("missing_share")
    return reasons


def _missing_nodes(node: Node, facts: Context, leaves: Mapping[str, LeafScore]) -> Iterator[str]:
    """Required nodes without evidence: leaves, and ``per_item`` nodes with too few items."""
    if "per_item" in node:
        required = node["per_item"].get("missing", "unrated") == "unrated"
        if required and facts.nodes[node["id"]] is None:
            yield node["id"]
        return
    if node.get("missing") == "unrated" and leaves[node["id"]].status == "missing":
        yield node["id"]
    for child in node.get("children", ()):
        yield from _missing_nodes(child, facts, leaves)


def missing_share(tree: Node, leaves: Mapping[str, LeafScore]) -> float:
    """Maximum points without evidence over those of all leaves that apply; 0 when none does.

    Of alternatives (aggregate ``max``) the best documented one counts, and a bonus not at all.
    """
    missing, applying = _missing_points(tree, leaves)
    return missing / applying if applying else 0.0


def _missing_points(node: Node, leaves: Mapping[str, LeafScore]) -> tuple[float, float]:
    """Missing and applying maximum points at or below ``node``."""
    if node.get("bonus"):
        return 0.0, 0.0
    if "scale" in node:
        leaf = leaves[node["id"]]
        applying = 0.0 if leaf.status == "not_applicable" else leaf.maximum
        return applying * leaf.missing_part, applying
    below = [_missing_points(child, leaves) for child in node["children"]]
    if node["aggregate"]["kind"] == "max":
        shares = [missing / applying for missing, applying in below if applying]
        return (node["max"] * min(shares), float(node["max"])) if shares else (0.0, 0.0)
    return sum(missing for missing, _ in below), sum(applying for _, applying in below)


def unmet_minima(tree: Node, points: Mapping[str, float | None]) -> list[str]:
    """Ids of the nodes below their own minimum, parents first; unknown points reach none."""
    return [
        node["id"]
        for _, node in walk(tree)
        if "minimum" in node and not _reaches(points[node["id"]], node["minimum"])
    ]


def _reaches(points: float | None, minimum: Mapping[str, Any]) -> bool:
    if points is None:
        return False
    if minimum.get("strict"):
        return not at_most(points, minimum["points"])
    return at_least(points, minimum["points"])
