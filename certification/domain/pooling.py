"""Pooling the scored items of a ``per_item`` node.

Every delivery is scored by itself; the firm's points are the weighted mean over its deliveries,
old ones weighing less and no village more than its cap. Formulas: ../shared/design/4-scoring.md,
section 4. The posterior mean that small samples need is not formed here but from these figures
(``count``, ``weight``, ``mean``).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from .evidence import cap_group_total
from .results import ItemScore, LeafScore, Pool, Status


def pool_items(node: Mapping[str, Any], items: Sequence[ItemScore]) -> Pool:
    """Weigh and average the used items of ``node``."""
    rule = node["per_item"]
    used = [item for item in items if item.state == "used"]
    weights = [item.decay for item in used]
    if "cap_total" in rule:
        groups = [item.group for item in used]
        weights = cap_group_total(weights, groups, rule["cap_total"]["max"])
    by_index = {item.index: weight for item, weight in zip(used, weights, strict=True)}
    kept = tuple(replace(item, weight=by_index.get(item.index, 0.0)) for item in items)
    mean = weighted_mean([(item.points, item.weight) for item in kept if item.state == "used"])
    return Pool(
        node=node["id"],
        count=len(used),
        weight=math.fsum(weights),
        mean=None if mean is None else 100.0 * mean / node["max"],
        groups=len({item.group for item in used}),
        items=kept,
    )


def weighted_mean(pairs: Sequence[tuple[float | None, float]]) -> float | None:
    """Sum of w * p over the sum of w, of the pairs (p, w) whose p is known; else ``None``.

    >>> weighted_mean([(10.0, 1.0), (4.0, 0.5), (None, 1.0)])
    8.0
    """
    known = [(points, weight) for points, weight in pairs if points is not None]
    if not known:
        return None
    total = math.fsum(weight for _, weight in known)
    mean = math.fsum(points * weight for points, weight in known) / total
    values = [points for points, _ in known]
    # a mean lies between its values; the division may miss that by its last bit
    return min(max(mean, min(values)), max(values))


def pooled_points(pool: Pool, name: str) -> float | None:
    """Weighted mean of a node's points over the used items that have some."""
    used = [item for item in pool.items if item.state == "used"]
    return weighted_mean([(item.nodes[name], item.weight) for item in used])


def pooled_leaf(leaf: Mapping[str, Any], pool: Pool, collection: str) -> LeafScore:
    """A leaf over all used items: its mean points and the weight share that lacks evidence."""
    used = [item for item in pool.items if item.state == "used"]
    seen = [(item.leaves[leaf["id"]].status, item.weight) for item in used]
    reasons = {why for item in used for why in item.leaves[leaf["id"]].why_missing}
    applying = math.fsum(weight for status, weight in seen if status != "not_applicable")
    lacking = math.fsum(weight for status, weight in seen if status == "missing")
    points = pooled_points(pool, leaf["id"])
    statuses = {status for status, _ in seen}
    status: Status = "scored" if "scored" in statuses else "missing"
    if statuses == {"not_applicable"}:
        status = "not_applicable"
    return LeafScore(
        id=leaf["id"],
        maximum=float(leaf["max"]),
        points=points,
        status=status,
        rule=f"mean of {sum(status == 'scored' for status, _ in seen)} items",
        values={},
        dates={},
        why_missing=tuple(sorted(reasons or {f"{collection}:absent"}) * (status == "missing")),
        missing_part=lacking / applying if applying else float(status == "missing"),
    )
