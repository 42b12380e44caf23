"""What follows from points, for all rows at a time: missing shares, tiers, who is unrated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from portal.domain.predicates import EPS

from .column_scales import Facts, holds
from .column_work import MISSING, SKIPPED, Work
from .columns import Array, Flags, Floats
from .rubric import Rubric
from .rubric_lint import UNRATED

Node = Mapping[str, Any]


def missing_shares(tree: Node, work: Work) -> Floats:
    """Maximum points without evidence over those of all leaves that apply, [N]."""
    missing, applying = _missing_points(tree, work)
    return missing / np.where(applying > 0, applying, 1.0)


def _missing_points(node: Node, work: Work) -> tuple[Floats, Floats]:
    zero = np.zeros(work.count)
    if node.get("bonus"):
        return zero, zero
    if "scale" in node:
        leaf = work.leaves[node["id"]]
        applying = np.where(leaf.status == SKIPPED, 0.0, leaf.maximum)
        return applying * leaf.missing_part, applying
    below = [_missing_points(child, work) for child in node["children"]]
    if node["aggregate"]["kind"] != "max":
        return sum((m for m, _ in below), zero), sum((a for _, a in below), zero)
    shares = [np.where(a > 0, m / np.where(a > 0, a, 1.0), np.inf) for m, a in below]
    least = np.minimum.reduce(shares)
    some = ~np.isinf(least)
    return np.where(some, node["max"] * np.where(some, least, 0.0), 0.0), node["max"] * some


def tiers(rubric: Rubric, facts: Facts, work: Work, share: Floats) -> Array:
    """Tier of every row: unrated first, then tiers and routes, then gates."""
    names = [tier["id"] for tier in rubric["tiers"]] + [rubric["default_tier"]]
    rank = np.full(work.count, len(names) - 1)
    for tier in [*rubric["tiers"], *rubric.get("routes", ())]:
        place = names.index(tier.get("tier", tier["id"]))
        rank = np.where(holds(tier["when"], facts), np.minimum(rank, place), rank)
    for gate in rubric.get("gates", ()):
        place = names.index(gate["cap"])
        rank = np.where(holds(gate["require"], facts), rank, np.maximum(rank, place))
    tiers = np.array(names, dtype=object)[rank]
    tiers[_unrated(rubric, facts, work, share)] = UNRATED
    return tiers  # type: ignore[no-any-return]


def _unrated(rubric: Rubric, facts: Facts, work: Work, share: Floats) -> Flags:
    rules = rubric.get("unrated", {})
    unrated = share > rules.get("missing_share_gt", 1.0) + EPS
    for rule in rules.get("rules", ()):
        unrated |= holds(rule["when"], facts)
    points = [work.points[name] for name in work.leaves]
    unrated |= np.isnan(points).all(axis=0)
    for number in work.pools.values():
        unrated |= number < rules.get("deliveries_lt", 0)
    return _lacking(rubric["tree"], work, unrated)


def _lacking(node: Node, work: Work, unrated: Flags) -> Flags:
    """Rows that lack a required leaf, or the items of a required ``per_item`` node, added."""
    if "per_item" in node:
        required = node["per_item"].get("missing", "unrated") == "unrated"
        return unrated | np.isnan(work.points[node["id"]]) if required else unrated
    if node.get("missing") == "unrated":
        unrated = unrated | (work.leaves[node["id"]].status == MISSING)
    for child in node.get("children", ()):
        unrated = _lacking(child, work, unrated)
    return unrated
