"""What scoring answers: the outcome and how every point of it came about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from portal.domain.predicates import Comparison

from .evidence import UsedItem

Status = Literal["scored", "missing", "not_applicable"]
ItemState = Literal["used", "pending", "outside", "quarantined"]


@dataclass(frozen=True)
class LeafScore:
    """How one leaf came to its points.

    ``points`` is ``None`` when the leaf is left out; ``rule`` names the band, anchor or case;
    ``items`` are the items of a collection that counted, each with date and weight;
    ``why_missing`` lists ``field:code`` (``absent``, ``expired``, ``nan`` ...); ``missing_part``
    is the share of the maximum without evidence, in between only below a ``per_item`` node.
    """

    id: str
    maximum: float
    points: float | None
    status: Status
    rule: str
    values: Mapping[str, Any]
    dates: Mapping[str, Mapping[str, date]]
    why_missing: tuple[str, ...] = ()
    items: tuple[UsedItem, ...] = ()
    missing_part: float = 0.0


@dataclass(frozen=True)
class ItemScore:
    """How one item (a delivery) was scored by a ``per_item`` node.

    ``points`` are the node's points for this item alone (``None`` unless ``used``), ``age`` is in
    months, ``decay`` the weight in [0, 1] by age, ``weight`` what the cap per group left of it.
    """

    index: int
    state: ItemState
    date: date | None = None
    age: float | None = None
    decay: float = 0.0
    weight: float = 0.0
    group: str = ""
    points: float | None = None
    nodes: Mapping[str, float | None] = field(default_factory=dict)
    leaves: Mapping[str, LeafScore] = field(default_factory=dict)


@dataclass(frozen=True)
class Pool:
    """The items of one ``per_item`` node, pooled.

    ``count`` items were used; ``weight`` is the sum of their weights (delivery-equivalents, N_f),
    ``mean`` their weighted mean on 0 to 100 (``None`` without items), ``groups`` the number of
    distinct groups (villages). Source: ../shared/design/4-scoring.md, section 4.
    """

    node: str
    count: int
    weight: float
    mean: float | None
    groups: int
    items: tuple[ItemScore, ...]


@dataclass(frozen=True)
class ScoreResult:
    """The result for one provider.

    ``total`` and ``points`` are in the rubric's points (``None``: no number), ``missing_share`` is
    the share of maximum points without evidence, 0 to 1. ``reasons`` says what stood in the way
    or opened it: ``minimum:NODE``, ``condition:NODE``, ``gate:ID``, ``route:ID``,
    ``missing:NODE``, ``missing_share``, ``no_evidence``, ``too_few_items``, ``unrated:RULE``.
    ``needs_review`` means: do not publish before a person has looked. ``pools`` holds the items
    of every ``per_item`` node; its points are their plain weighted mean, before any shrinkage.
    """

    total: float | None
    tier: str
    points: Mapping[str, float | None]
    issues: tuple[str, ...]
    needs_review: bool
    reasons: tuple[str, ...]
    missing_share: float
    leaves: Mapping[str, LeafScore]
    conditions: Mapping[str, tuple[Comparison, ...]]
    pools: Mapping[str, Pool] = field(default_factory=dict)


def as_json(result: ScoreResult) -> dict[str, Any]:
    """The result as plain JSON data; dates as ISO texts."""
    return {
        "total": result.total,
        "tier": result.tier,
        "points": dict(result.points),
        "issues": list(result.issues),
        "needs_review": result.needs_review,
        "reasons": list(result.reasons),
        "missing_share": result.missing_share,
        "leaves": {name: _leaf(leaf) for name, leaf in result.leaves.items()},
        "pools": {name: _pool(pool) for name, pool in result.pools.items()},
    }


def _leaf(leaf: LeafScore) -> dict[str, Any]:
    return {
        "points": leaf.points,
        "max": leaf.maximum,
        "status": leaf.status,
        "rule": leaf.rule,
        "values": {key: _plain(value) for key, value in leaf.values.items()},
        "dates": {key: _plain(value) for key, value in leaf.dates.items()},
        "why_missing": list(leaf.why_missing),
        "items": [
            {"index": i.index, "value": i.value, "weight": i.weight, "date": _plain(i.date)}
            for i in leaf.items
        ],
    }


def _pool(pool: Pool) -> dict[str, Any]:
    return {
        "count": pool.count,
        "weight": pool.weight,
        "mean": pool.mean,
        "groups": pool.groups,
        "items": [
            {
                "index": item.index,
                "state": item.state,
                "date": _plain(item.date),
                "age": item.age,
                "decay": item.decay,
                "weight": item.weight,
                "group": item.group,
                "points": item.points,
                "nodes": dict(item.nodes),
            }
            for item in pool.items
        ],
    }


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    return value.isoformat() if isinstance(value, date) else value
