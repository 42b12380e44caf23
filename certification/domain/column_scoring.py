"""Score many providers by one rubric, column by column: equal to ``scoring.score`` to 1e-9.

``score_many(rubric, rows, as_of)`` walks the rubric once and computes each node for all providers
at a time; the items of a ``per_item`` node are one long table, pooled by their owner. It gives
points, tiers and who needs a look; ``scoring.score`` explains any single one of them.
Formulas: ../shared/design/4-scoring.md, sections 1 and 4.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from portal.domain.predicates import fields_of

from .column_outcome import missing_shares, tiers
from .column_reductions import added, capped, dated, reduce_items
from .column_scales import Facts, holds, scale_points
from .column_work import MISSING, SCORED, SKIPPED, LeafColumn, Work
from .columns import (
    INVALID,
    KNOWN,
    NOT_APPLICABLE,
    Array,
    Column,
    Flags,
    Floats,
    Items,
    Places,
    Rows,
    read_columns,
)
from .rubric import Rubric
from .rubric_lint import leaf_fields, walk
from .scoring import source_of

Node = Mapping[str, Any]


@dataclass(frozen=True)
class ColumnScores:
    """The results of N providers, in the order of the rows.

    ``total`` [N] and ``points`` (node to [N]) in the rubric's points, NaN where there is no
    number; ``tier`` [N]; ``missing_share`` [N] from 0 to 1; ``needs_review`` [N].
    """

    total: Floats
    points: Mapping[str, Floats]
    tier: Array
    missing_share: Floats
    needs_review: Flags

    def as_frame(self) -> pd.DataFrame:
        """One row per provider: total, tier, missing_share, needs_review, then each node."""
        whole = {
            "total": self.total,
            "tier": self.tier,
            "missing_share": self.missing_share,
            "needs_review": self.needs_review,
        }
        nodes = {f"points.{name}": points for name, points in self.points.items()}
        return pd.DataFrame({**whole, **nodes})


def score_many(rubric: Rubric, rows: Rows, as_of: date | None = None) -> ColumnScores:
    """Score every row by ``rubric`` on the day ``as_of``.

    Raises ValueError when evidence is dated and ``as_of`` is missing.
    """
    columns = read_columns(rubric["fields"], rows, as_of)
    given = {name for name, spec in rubric["fields"].items() if "derive" not in spec}
    review = _any_review(columns, rows, rows.names() - given)
    work = Work(len(rows), columns, as_of, review)
    total = _score_node(rubric["tree"], work)
    share = missing_shares(rubric["tree"], work)
    facts = Facts(work.count, columns, work.points, total, as_of)
    tier = tiers(rubric, facts, work, share)
    return ColumnScores(total, work.points, tier, share, work.review)


def _any_review(columns: Mapping[str, Column], rows: Rows, unwanted: set[str]) -> Flags:
    """Rows with a column that needs a look, or that give what they should not."""
    review = np.zeros(len(rows), dtype=bool)
    for column in columns.values():
        review |= column.review
    for name in unwanted:
        review |= rows.gives(name)
    return review


# --- the tree


def _score_node(node: Node, work: Work) -> Floats:
    work.points[node["id"]] = np.full(work.count, np.nan)  # keeps parents before children
    if "scale" in node:
        points = _score_leaf(node, work)
    elif "per_item" in node:
        points = _score_items(node, work)
    else:
        points = _score_branch(node, work)
    if "only_if" in node:
        barred = ~np.isnan(points) & ~holds(node["only_if"], work.facts())
        points = np.where(barred, 0.0, points)
    work.points[node["id"]] = points
    return points


def _score_leaf(leaf: Node, work: Work) -> Floats:
    columns = _columns_of(leaf, work)
    status = _status(leaf, columns, work.count)
    source = source_of(leaf)
    values = columns[source].value if source else np.empty(work.count)
    maximum = float(leaf["max"])
    found = scale_points(leaf["scale"], values, maximum, work.facts(columns))
    refused = (status == SCORED) & np.isnan(found)
    status[refused] = MISSING
    work.review |= refused
    points = np.where(status == SCORED, found, np.nan)
    policy = leaf.get("missing", "zero")
    if isinstance(policy, Mapping):
        points[status == MISSING] = maximum * policy["neutral"]
    elif policy == "zero":
        points[status == MISSING] = 0.0
    missing_part = (status == MISSING).astype(np.float64)
    work.leaves[leaf["id"]] = LeafColumn(maximum, status, missing_part)
    return points


def _columns_of(leaf: Node, work: Work) -> Mapping[str, Column]:
    """The columns that a leaf uses; a collection is reduced to one number first."""
    if "evidence" not in leaf:
        return work.columns
    name = leaf["evidence"]["collection"]
    reduced = reduce_items(leaf["evidence"], work.columns[name], work.as_of)
    work.review |= reduced.review
    return {**work.columns, name: reduced}


def _status(leaf: Node, columns: Mapping[str, Column], count: int) -> npt.NDArray[np.int8]:
    """Whether a leaf can be scored, row by row; the rule of ``scoring._status``."""
    source = source_of(leaf)
    names = sorted(leaf_fields(leaf))
    groups = [[n for n in names if n == source], [n for n in names if n != source]]
    invalid = np.zeros(count, dtype=bool)
    lacking = np.zeros(count, dtype=bool)
    applies = np.zeros(count, dtype=bool)
    for group in filter(None, groups):
        states = np.array([columns[name].state for name in group])
        without = ~(states == KNOWN).any(axis=0)
        invalid |= (states == INVALID).any(axis=0)
        lacking |= without
        applies |= without & ~(states == NOT_APPLICABLE).any(axis=0)
    cases = [~invalid & ~lacking, ~invalid & ~applies]
    return np.select(cases, [SCORED, SKIPPED], MISSING).astype(np.int8)


def _score_branch(node: Node, work: Work) -> Floats:
    scored = [(_score_node(child, work), child) for child in node["children"]]
    regular = [(points, child) for points, child in scored if not child.get("bonus")]
    if node["aggregate"]["kind"] == "profile" or not regular:
        return np.full(work.count, np.nan)
    points = np.array([points for points, _ in regular])
    maxima = np.array([[float(child["max"])] for _, child in regular])
    present = ~np.isnan(points)
    if node["aggregate"]["kind"] != "sum":
        weights = np.array([[float(child.get("weight", 0))] for _, child in regular])
        share = _share(node["aggregate"], points / maxima, weights, present)
        return float(node["max"]) * np.minimum(1.0, share)
    total = _sum(float(node["max"]), points, maxima, present)
    extra = sum((np.nan_to_num(p) for p, child in scored if child.get("bonus")), np.zeros(1))
    return np.where(extra != 0, np.minimum(float(node["max"]), total + extra), total)


def _sum(maximum: float, points: Floats, maxima: Floats, present: Flags) -> Floats:
    total = np.where(present, points, 0.0).sum(axis=0)
    most = np.where(present, maxima, 0.0).sum(axis=0)
    scaled = np.minimum(maximum, maximum * total / np.where(most > 0, most, np.nan))
    return np.where(present.all(axis=0), total, scaled)  # type: ignore[no-any-return]


def _share(rule: Node, utility: Floats, weights: Floats, present: Flags) -> Floats:
    """Utility of a branch from those of its present children, [C, N] to [N]."""
    none = ~present.any(axis=0)
    if rule["kind"] in {"min", "max"}:
        least = rule["kind"] == "min"
        fill = np.inf if least else -np.inf
        filled = np.where(present, utility, fill)
        found = filled.min(axis=0) if least else filled.max(axis=0)
        return np.where(none, np.nan, found)
    weight = np.where(present, weights, 0.0)
    total = weight.sum(axis=0)
    total = np.where(total > 0, total, np.nan)
    if rule["kind"] == "wam":
        return (weight * np.where(present, utility, 0.0)).sum(axis=0) / total  # type: ignore[no-any-return]
    raised = np.where(weight > 0, np.maximum(utility, rule.get("floor", 0.0)), 1.0)
    zero = (raised <= 0).any(axis=0)
    logs = np.log(np.where(raised > 0, raised, 1.0))
    mean = np.exp((weight * logs).sum(axis=0) / total)
    return np.where(zero & ~np.isnan(total), 0.0, mean)


# --- items, each scored by itself


def _score_items(node: Node, work: Work) -> Floats:
    """Score the items of all rows as one table and pool them by owner."""
    rule = node["per_item"]
    items = cast("Items", work.columns[rule["collection"]].items)
    by_date = dated(rule, items.sound, items.rows, work.as_of)
    places = np.flatnonzero(by_date.weight > 0)
    owner, rows = items.owner[places], items.rows.take(places)
    inner = _inner_work(node, owner, rows, work)
    points = _score_branch(node, inner)
    used = ~np.isnan(points) & ~_pending(node, inner)
    _note_review(work, items.owner[by_date.quarantined], owner[inner.review])
    inner.points[node["id"]] = points
    kept = np.flatnonzero(used)
    weight = capped(rule, by_date.weight[places][kept], owner[kept], rows.take(kept))
    _pool(node, inner, _Used(kept, owner[kept], weight), work)
    number = np.bincount(owner[kept], minlength=work.count)
    work.pools[node["id"]] = number
    return np.where(number >= rule.get("min_items", 1), work.points[node["id"]], np.nan)


def _inner_work(node: Node, owner: Places, rows: Rows, work: Work) -> Work:
    fields = node["per_item"]["fields"]
    own = read_columns(fields, rows, work.as_of)
    outer = {
        name: work.columns[name].take(owner) for name in fields_below(node) if name not in fields
    }
    derived = {name for name, spec in fields.items() if "derive" in spec}
    review = _any_review(own, rows, rows.names() & derived)
    return Work(len(owner), {**outer, **own}, work.as_of, review)


def fields_below(node: Node) -> set[str]:
    """Names of the fields that the nodes below ``node`` read."""
    found: set[str] = set()
    for _, below in walk(node):
        if below is not node:
            found |= fields_of(below.get("only_if", {}))
            found |= leaf_fields(below) if "scale" in below else set()
    return found


def _pending(node: Node, inner: Work) -> Flags:
    """Items that lack a rating without which they cannot be scored."""
    pending = np.zeros(inner.count, dtype=bool)
    for _, below in walk(node):
        if below.get("missing") == "unrated":
            pending |= inner.leaves[below["id"]].status == MISSING
    return pending


def _note_review(work: Work, *owners: Places) -> None:
    for owner in owners:
        work.review |= np.bincount(owner, minlength=work.count) > 0


@dataclass(frozen=True)
class _Used:
    """The items that count: their places, whose they are, their weights after the cap."""

    places: Places
    owner: Places
    weight: Floats

    def added(self, where: Flags, count: int, values: Floats | float = 1.0) -> Floats:
        """Sums of weight times value by owner, [N], over the items in ``where``."""
        return added(self.owner, np.where(where, self.weight * values, 0.0), count)


def _pool(node: Node, inner: Work, used: _Used, work: Work) -> None:
    """Weighted means of points and shares of missing evidence over the used items."""
    for _, below in walk(node):
        name = below["id"]
        points = inner.points[name][used.places]
        known = ~np.isnan(points)
        whole = used.added(known, work.count)
        total = used.added(known, work.count, points)
        work.points[name] = total / np.where(whole > 0, whole, np.nan)
        if "scale" in below:
            work.leaves[name] = _pooled_leaf(inner.leaves[name], used, work.count)


def _pooled_leaf(leaf: LeafColumn, used: _Used, count: int) -> LeafColumn:
    status = leaf.status[used.places]
    applying = used.added(status != SKIPPED, count)
    lacking = used.added(status == MISSING, count)
    scored = np.bincount(used.owner[status == SCORED], minlength=count) > 0
    skipped = np.bincount(used.owner[status == SKIPPED], minlength=count)
    all_skipped = (skipped > 0) & (skipped == np.bincount(used.owner, minlength=count))
    pooled = np.select([scored, all_skipped], [SCORED, SKIPPED], MISSING).astype(np.int8)
    share = lacking / np.where(applying > 0, applying, 1.0)
    part = np.where(applying > 0, share, (pooled == MISSING).astype(np.float64))
    return LeafColumn(leaf.maximum, pooled, part)
