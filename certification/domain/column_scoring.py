"""Score many providers by one rubric, column by column: equal to ``scoring.score`` to 1e-9.

``score_many(rubric, rows, as_of)`` walks the rubric once and computes each node for all providers
at a time; the items of a ``per_item`` node are one long table, pooled by their owner. It gives
points, tiers and who needs a look; ``scoring.score`` explains any single one of them.
Formulas: ../shared/design/4-scoring.md, sections 1 and 4.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from portal.domain.predicates import DAYS_PER_MONTH, EPS, fields_of

from .column_scales import Facts, holds, scale_points
from .columns import (
    ABSENT,
    BAD_DATE,
    INVALID,
    KNOWN,
    NO_DATE,
    NOT_APPLICABLE,
    Array,
    Column,
    Flags,
    Floats,
    Items,
    Places,
    Rows,
    read_column,
    read_columns,
    read_days,
)
from .reductions import WEIGHTED
from .rubric import Rubric
from .rubric_lint import UNRATED, leaf_fields, walk
from .scoring import source_of

Node = Mapping[str, Any]

SCORED, MISSING, SKIPPED = range(3)
"""Status of a leaf: scored, missing, not applicable."""


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


@dataclass(frozen=True)
class LeafColumn:
    """A leaf of N rows: ``status`` [N] and the share of its maximum without evidence [N]."""

    maximum: float
    status: npt.NDArray[np.int8]
    missing_part: Floats


@dataclass
class _Work:
    """What scoring gathers on its way through the tree, for ``count`` rows."""

    count: int
    columns: Mapping[str, Column]
    as_of: date | None
    review: Flags
    points: dict[str, Floats] = field(default_factory=dict)
    leaves: dict[str, LeafColumn] = field(default_factory=dict)
    pools: dict[str, npt.NDArray[np.intp]] = field(default_factory=dict)

    def facts(self, columns: Mapping[str, Column] | None = None) -> Facts:
        """What predicates may look at so far."""
        unknown = np.full(self.count, np.nan)
        return Facts(self.count, columns or self.columns, self.points, unknown, self.as_of)


def score_many(rubric: Rubric, rows: Rows, as_of: date | None = None) -> ColumnScores:
    """Score every row by ``rubric`` on the day ``as_of``.

    Raises ValueError when evidence is dated and ``as_of`` is missing.
    """
    columns = read_columns(rubric["fields"], rows, as_of)
    given = {name for name, spec in rubric["fields"].items() if "derive" not in spec}
    review = _any_review(columns, rows, rows.names() - given)
    work = _Work(len(rows), columns, as_of, review)
    total = _score_node(rubric["tree"], work)
    share = missing_shares(rubric["tree"], work)
    facts = Facts(work.count, columns, work.points, total, as_of)
    tier = _tiers(rubric, facts, work, share)
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


def _score_node(node: Node, work: _Work) -> Floats:
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


def _score_leaf(leaf: Node, work: _Work) -> Floats:
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


def _columns_of(leaf: Node, work: _Work) -> Mapping[str, Column]:
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


def _score_branch(node: Node, work: _Work) -> Floats:
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


# --- collections


@dataclass(frozen=True)
class _Dated:
    """Items by date: quarantined or not, and the weight by age (0 outside the window), [I]."""

    quarantined: Flags
    weight: Floats


def _dated(rule: Node, sound: Flags, rows: Rows, as_of: date | None) -> _Dated:
    weight = sound.astype(np.float64)
    if "date" not in rule:
        return _Dated(~sound, weight)
    days = np.where(sound, read_days(rows.raw(rule["date"])), NO_DATE)
    given = ~np.isin(days, [NO_DATE, BAD_DATE])
    if as_of is None:
        if given.any():
            raise ValueError("as_of: evidence carries dates; say the day of scoring")
        return _Dated(~given, np.zeros(len(days)))
    usable = given & (days <= as_of.toordinal())
    age = np.where(usable, (as_of.toordinal() - days) / DAYS_PER_MONTH, 0.0)
    inside = usable & (age <= rule.get("window_months", np.inf) + EPS)
    half_life = rule.get("decay", {}).get("half_life_months", np.inf)
    return _Dated(~usable, np.where(inside, np.exp2(-age / half_life), 0.0))


def capped(rule: Node, weight: Floats, owner: Places, rows: Rows) -> Floats:
    """Weights after the cap on every owner's groups, [I]."""
    if "cap_total" not in rule:
        return weight
    keys = pd.Series([str(key) for key in rows.raw(rule["cap_total"]["by"])], dtype=object)
    group = pd.MultiIndex.from_arrays([owner, keys.to_numpy()]).factorize()[0]
    total = np.bincount(group, weights=weight, minlength=1)[group]
    cap = float(rule["cap_total"]["max"])
    return weight * np.where(total > cap + EPS, cap / np.where(total > 0, total, 1.0), 1.0)


def reduce_items(rule: Node, column: Column, as_of: date | None) -> Column:
    """Reduce a collection to one number per row, as ``reductions.reduce_collection`` does."""
    items, count = cast("Items", column.items), len(column.state)
    dated = _dated(rule, items.sound, items.rows, as_of)
    value, usable, faulty = _item_values(rule, items.rows, dated, as_of)
    owner = items.owner[usable]
    weight = dated.weight[usable]
    if rule["reduce"] in WEIGHTED:
        weight = capped(rule, weight, owner, items.rows.take(np.flatnonzero(usable)))
    found, number = REDUCTIONS[rule["reduce"]](value[usable], weight, owner, count)
    counting = rule["reduce"] in {"count", "sum", "decayed_sum"}
    enough = number >= rule.get("min_items", 0 if counting else 1)
    state = np.where(column.known & ~enough, ABSENT, column.state).astype(np.int8)
    review = np.bincount(items.owner[faulty], minlength=count) > 0
    return Column(state, np.where(state == KNOWN, found, np.nan), column.review | review)


def _item_values(
    rule: Node, rows: Rows, dated: _Dated, as_of: date | None
) -> tuple[Floats, Flags, Flags]:
    """Values, which items are used, and which need a look, each [I]."""
    inside = dated.weight > 0
    name = rule.get("value")
    if name is None:
        return np.ones(len(inside)), inside, dated.quarantined
    read = read_column(rule["item"], rows.raw(name), as_of)
    # an item without its value is a fault, not only one that cannot be read
    faulty = inside & (read.review | np.isin(read.state, [ABSENT, NOT_APPLICABLE]))
    return read.value, inside & read.known, dated.quarantined | faulty


Reduction = Callable[[Floats, Floats, Places, int], tuple[Floats, npt.NDArray[np.intp]]]


def _added(owner: Places, values: Floats, count: int) -> Floats:
    return np.bincount(owner, weights=values, minlength=count).astype(np.float64)


def _counts(values: Floats, weight: Floats, owner: Places, count: int) -> Any:
    number = np.bincount(owner, minlength=count)
    return number.astype(np.float64), number


def _sums(values: Floats, weight: Floats, owner: Places, count: int) -> Any:
    return _added(owner, values, count), np.bincount(owner, minlength=count)


def _means(values: Floats, weight: Floats, owner: Places, count: int) -> Any:
    number = np.bincount(owner, minlength=count)
    return _added(owner, values, count) / np.maximum(number, 1), number


def _decayed_sums(values: Floats, weight: Floats, owner: Places, count: int) -> Any:
    return _added(owner, values * weight, count), np.bincount(owner, minlength=count)


def _decayed_means(values: Floats, weight: Floats, owner: Places, count: int) -> Any:
    total, number = _decayed_sums(values, weight, owner, count)
    whole = _added(owner, weight, count)
    return total / np.where(whole > 0, whole, 1.0), number


def _largest(values: Floats, weight: Floats, owner: Places, count: int) -> Any:
    most = np.full(count, -np.inf)
    np.maximum.at(most, owner, values)
    return most, np.bincount(owner, minlength=count)


def _medians(values: Floats, weight: Floats, owner: Places, count: int) -> Any:
    number = np.bincount(owner, minlength=count)
    ordered = np.append(values[np.lexsort((values, owner))], np.nan)
    start = np.cumsum(number) - number
    low, high = start + (number - 1) // 2, start + number // 2
    return (ordered[low] + ordered[np.minimum(high, len(ordered) - 1)]) / 2, number


REDUCTIONS: Mapping[str, Reduction] = {
    "count": _counts,
    "sum": _sums,
    "max": _largest,
    "median": _medians,
    "mean": _means,
    "decayed_mean": _decayed_means,
    "decayed_sum": _decayed_sums,
}


# --- items, each scored by itself


def _score_items(node: Node, work: _Work) -> Floats:
    """Score the items of all rows as one table and pool them by owner."""
    rule = node["per_item"]
    items = cast("Items", work.columns[rule["collection"]].items)
    dated = _dated(rule, items.sound, items.rows, work.as_of)
    places = np.flatnonzero(dated.weight > 0)
    owner, rows = items.owner[places], items.rows.take(places)
    inner = _inner_work(node, owner, rows, work)
    points = _score_branch(node, inner)
    used = ~np.isnan(points) & ~_pending(node, inner)
    _note_review(work, items.owner[dated.quarantined], owner[inner.review])
    inner.points[node["id"]] = points
    kept = np.flatnonzero(used)
    weight = capped(rule, dated.weight[places][kept], owner[kept], rows.take(kept))
    _pool(node, inner, _Used(kept, owner[kept], weight), work)
    number = np.bincount(owner[kept], minlength=work.count)
    work.pools[node["id"]] = number
    return np.where(number >= rule.get("min_items", 1), work.points[node["id"]], np.nan)


def _inner_work(node: Node, owner: Places, rows: Rows, work: _Work) -> _Work:
    fields = node["per_item"]["fields"]
    own = read_columns(fields, rows, work.as_of)
    outer = {
        name: work.columns[name].take(owner) for name in fields_below(node) if name not in fields
    }
    derived = {name for name, spec in fields.items() if "derive" in spec}
    review = _any_review(own, rows, rows.names() & derived)
    return _Work(len(owner), {**outer, **own}, work.as_of, review)


def fields_below(node: Node) -> set[str]:
    """Names of the fields that the nodes below ``node`` read."""
    found: set[str] = set()
    for _, below in walk(node):
        if below is not node:
            found |= fields_of(below.get("only_if", {}))
            found |= leaf_fields(below) if "scale" in below else set()
            found |= {below["per_item"]["collection"]} if "per_item" in below else set()
    return found


def _pending(node: Node, inner: _Work) -> Flags:
    """Items that lack a rating without which they cannot be scored."""
    pending = np.zeros(inner.count, dtype=bool)
    for _, below in walk(node):
        if below.get("missing") == "unrated":
            pending |= inner.leaves[below["id"]].status == MISSING
    return pending


def _note_review(work: _Work, *owners: Places) -> None:
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
        return _added(self.owner, np.where(where, self.weight * values, 0.0), count)


def _pool(node: Node, inner: _Work, used: _Used, work: _Work) -> None:
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


# --- the outcome


def missing_shares(tree: Node, work: _Work) -> Floats:
    """Maximum points without evidence over those of all leaves that apply, [N]."""
    missing, applying = _missing_points(tree, work)
    return missing / np.where(applying > 0, applying, 1.0)


def _missing_points(node: Node, work: _Work) -> tuple[Floats, Floats]:
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


def _tiers(rubric: Rubric, facts: Facts, work: _Work, share: Floats) -> Array:
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


def _unrated(rubric: Rubric, facts: Facts, work: _Work, share: Floats) -> Flags:
    rules = rubric.get("unrated", {})
    unrated = share > rules.get("missing_share_gt", 1.0) + EPS
    for rule in rules.get("rules", ()):
        unrated |= holds(rule["when"], facts)
    points = [work.points[name] for name in work.leaves]
    unrated |= np.isnan(points).all(axis=0)
    for number in work.pools.values():
        unrated |= number < rules.get("deliveries_lt", 0)
    return _lacking(rubric["tree"], work, unrated)


def _lacking(node: Node, work: _Work, unrated: Flags) -> Flags:
    """Rows that lack a required leaf, or the items of a required ``per_item`` node, added."""
    if "per_item" in node:
        required = node["per_item"].get("missing", "unrated") == "unrated"
        return unrated | np.isnan(work.points[node["id"]]) if required else unrated
    if node.get("missing") == "unrated":
        unrated = unrated | (work.leaves[node["id"]].status == MISSING)
    for child in node.get("children", ()):
        unrated = _lacking(child, work, unrated)
    return unrated
