"""Score one provider by one rubric: the plain, readable path.

``score(rubric, evidence, as_of)`` reads the evidence (``evidence``), turns leaves into points
(``scales``), adds the tree up, and names a tier with its reasons. It is pure: same rubric, same
evidence, same day, same result. Method: ../shared/design/4-scoring.md, section 1.

Run: ``python -m certification.domain.scoring --rubric R.json --evidence E.json --as-of 2026-06-30``
(``scoring_command``; evidence of one or many providers as JSON, CSV or Parquet)
"""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from portal.domain.predicates import Context, evaluate, explain, months_between

from .evidence import NO_REVIEW, Reading, read_evidence
from .outcome import decide, missing_share
from .pooling import pool_items, pooled_leaf, pooled_points
from .reductions import item_date, item_weight, reduce_collection
from .results import ItemScore, ItemState, LeafScore, Pool, ScoreResult, Status, as_json
from .rubric import Rubric, unique_keys
from .rubric_lint import leaf_fields, walk
from .scales import OutsideRangeError, aggregate, apply_scale

__all__ = ["LeafScore", "ScoreResult", "as_json", "decode_floats", "score"]


@dataclass
class _Work:
    """What scoring gathers on its way through the tree."""

    readings: Mapping[str, Reading]
    as_of: date | None
    issues: list[str]
    points: dict[str, float | None] = field(default_factory=dict)
    leaves: dict[str, LeafScore] = field(default_factory=dict)
    pools: dict[str, Pool] = field(default_factory=dict)
    barred: list[str] = field(default_factory=list)

    def facts(self, total: float | None = None) -> Context:
        """What predicates may look at so far."""
        found = self.readings.items()
        known = {name: one.value for name, one in found if one.state == "known"}
        return Context(known, self.points, total, self.as_of)


def score(rubric: Rubric, evidence: Mapping[str, object], as_of: date | None = None) -> ScoreResult:
    """Score ``evidence`` by ``rubric`` on the day ``as_of``.

    Raises ValueError when evidence is dated and ``as_of`` is missing.
    """
    readings, issues = read_evidence(rubric["fields"], evidence, as_of)
    work = _Work(readings, as_of, issues)
    total = _score_node(rubric["tree"], work)
    facts = work.facts(total)
    tier, reasons = decide(rubric, facts, work.leaves, work.pools, work.barred)
    return ScoreResult(
        total=total,
        tier=tier,
        points=work.points,
        issues=tuple(sorted(work.issues)),
        needs_review=any(one.rpartition(":")[2] not in NO_REVIEW for one in work.issues),
        reasons=reasons,
        missing_share=missing_share(rubric["tree"], work.leaves),
        leaves=work.leaves,
        conditions={one["id"]: explain(one["when"], facts) for one in rubric["tiers"]},
        pools=work.pools,
    )


# --- the tree


def _score_node(node: Mapping[str, Any], work: _Work) -> float | None:
    work.points[node["id"]] = None  # keeps parents before children
    if "scale" in node:
        leaf = _score_leaf(node, work)
        work.leaves[node["id"]] = leaf
        points = leaf.points
    elif "per_item" in node:
        points = _score_items(node, work)
    else:
        points = _score_branch(node, work)
    if points is not None and "only_if" in node and not evaluate(node["only_if"], work.facts()):
        points = _bar(node, work)
    work.points[node["id"]] = points
    return points


def _bar(node: Mapping[str, Any], work: _Work) -> float:
    """No points: the condition under which ``node`` counts does not hold."""
    work.barred.append(node["id"])
    if node["id"] in work.leaves:
        leaf = work.leaves[node["id"]]
        work.leaves[node["id"]] = replace(leaf, points=0.0, rule="condition not met")
    return 0.0


def _score_branch(node: Mapping[str, Any], work: _Work) -> float | None:
    scored = [(_score_node(child, work), child) for child in node["children"]]
    regular = [(points, child) for points, child in scored if not child.get("bonus")]
    present = [
        (points, float(child["max"]), float(child.get("weight", 0)))
        for points, child in regular
        if points is not None
    ]
    bonus = math.fsum(points or 0.0 for points, child in scored if child.get("bonus"))
    return aggregate(node, present, complete=len(present) == len(regular), bonus=bonus)


def _score_leaf(leaf: Mapping[str, Any], work: _Work) -> LeafScore:
    readings = _readings_of(leaf, work)
    known = {name: one.value for name, one in readings.items() if one.state == "known"}
    points: float | None = None
    status, why = _status(leaf, readings)
    rule = ""
    if status == "scored":
        try:
            points, rule = _apply_scale(leaf, known, work.as_of)
        except OutsideRangeError:
            status, why = "missing", (f"{source_of(leaf)}:outside_range",)
            work.issues.append(why[0])
    if status == "missing":
        points, rule = _when_missing(leaf)
    return LeafScore(
        id=leaf["id"],
        maximum=float(leaf["max"]),
        points=points,
        status=status,
        rule=rule,
        values=known,
        dates={name: _dates(one) for name, one in readings.items() if _dates(one)},
        why_missing=why,
        items=tuple(item for one in readings.values() for item in one.items),
        missing_part=float(status == "missing"),
    )


def _readings_of(leaf: Mapping[str, Any], work: _Work) -> dict[str, Reading]:
    """The readings that a leaf uses; a collection is reduced to one number first."""
    readings = {name: work.readings[name] for name in sorted(leaf_fields(leaf))}
    if "evidence" not in leaf:
        return readings
    name = leaf["evidence"]["collection"]
    reduced, issues = reduce_collection(leaf["evidence"], readings[name], work.as_of)
    # two leaves may read one collection; a fault of an item is listed once
    work.issues += [one for one in issues if one not in work.issues]
    return readings | {name: reduced}


def source_of(leaf: Mapping[str, Any]) -> str | None:
    """The field or collection whose one value a leaf's scale reads; ``None`` if several."""
    return leaf["evidence"]["collection"] if "evidence" in leaf else leaf.get("field")


def _status(
    leaf: Mapping[str, Any], readings: Mapping[str, Reading]
) -> tuple[Status, tuple[str, ...]]:
    """Whether a leaf can be scored, and why not.

    One invalid field invalidates it; its own field must be known, and of the fields that its
    predicates look at, at least one.
    """
    source = source_of(leaf)
    groups = [[one.state for name, one in readings.items() if name == source]]
    groups += [[one.state for name, one in readings.items() if name != source]]
    asked = [states for states in groups if states]
    invalid = any("invalid" in states for states in asked)
    if not invalid and all("known" in states for states in asked):
        return "scored", ()
    lacking = [states for states in asked if "known" not in states]
    if not invalid and all("not_applicable" in states for states in lacking):
        return "not_applicable", ()
    return "missing", _why(readings)


def _apply_scale(
    leaf: Mapping[str, Any], known: Mapping[str, Any], as_of: date | None
) -> tuple[float, str]:
    value = known.get(source_of(leaf) or "")
    facts = Context(fields=known, as_of=as_of)
    return apply_scale(leaf["scale"], value, float(leaf["max"]), facts)


def _when_missing(leaf: Mapping[str, Any]) -> tuple[float | None, str]:
    policy = leaf.get("missing", "zero")
    if isinstance(policy, Mapping):
        return float(leaf["max"]) * policy["neutral"], "missing: neutral"
    return (0.0 if policy == "zero" else None), f"missing: {policy}"


def _why(readings: Mapping[str, Reading]) -> tuple[str, ...]:
    found = readings.items()
    return tuple(f"{name}:{one.issue or one.state}" for name, one in found if one.state != "known")


def _dates(reading: Reading) -> dict[str, date]:
    named = {"date": reading.date, "expires": reading.expires}
    return {name: one for name, one in named.items() if one is not None}


# --- items, each scored by itself


def _score_items(node: Mapping[str, Any], work: _Work) -> float | None:
    """Score the items of a collection one by one and pool them; too few give no points."""
    rule = node["per_item"]
    collection = work.readings[rule["collection"]]
    given = collection.value if collection.state == "known" else ()
    items = [_score_item(node, place, one, work) for place, one in enumerate(given)]
    pool = pool_items(node, items)
    work.pools[node["id"]] = pool
    for _, below in walk(node):
        if "scale" in below:
            work.leaves[below["id"]] = pooled_leaf(below, pool, rule["collection"])
        work.points[below["id"]] = pooled_points(pool, below["id"])
    enough = pool.count >= rule.get("min_items", 1)
    return work.points[node["id"]] if enough else None


def _score_item(node: Mapping[str, Any], place: int, one: object, work: _Work) -> ItemScore:
    rule = node["per_item"]
    name = f"{rule['collection']}[{place}]"
    if not isinstance(one, Mapping):
        work.issues.append(f"{name}:type")
        return ItemScore(place, "quarantined")
    seen = item_date(rule, one, work.as_of)
    if isinstance(seen, str):
        work.issues.append(f"{name}{seen}")
        return ItemScore(place, "quarantined")
    item = _dated_item(rule, place, one, seen, work.as_of)
    return item if item.state == "outside" else _score_inside(node, name, item, one, work)


def _dated_item(
    rule: Mapping[str, Any],
    place: int,
    one: Mapping[str, object],
    seen: date | None,
    as_of: date | None,
) -> ItemScore:
    decay = item_weight(rule, seen, as_of)
    age = months_between(seen, as_of) if seen and as_of else None
    group = str(one.get(rule["cap_total"]["by"])) if "cap_total" in rule else ""
    state: ItemState = "used" if decay else "outside"
    return ItemScore(place, state, seen, age, decay=decay, group=group)


def _score_inside(
    node: Mapping[str, Any],
    name: str,
    item: ItemScore,
    one: Mapping[str, object],
    work: _Work,
) -> ItemScore:
    """Score the tree below ``node`` on one item; without a required rating it is pending."""
    fields = node["per_item"]["fields"]
    given = {key: value for key, value in one.items() if key in fields}
    readings, issues = read_evidence(fields, given, work.as_of)
    inner = _Work({**work.readings, **readings}, work.as_of, issues)
    points = _score_branch(node, inner)
    leaves = [below for _, below in walk(node) if below.get("missing") == "unrated"]
    pending = any(inner.leaves[leaf["id"]].status == "missing" for leaf in leaves)
    work.issues += [f"{name}.{issue}" for issue in inner.issues]
    if pending or points is None:
        work.issues.append(f"{name}:pending")
        return replace(item, state="pending", leaves=inner.leaves)
    nodes = {**inner.points, node["id"]: points}
    return replace(item, points=points, nodes=nodes, leaves=inner.leaves)


# --- the command


def decode_floats(pairs: list[tuple[str, Any]]) -> Any:
    """JSON object hook: ``{"$float": "nan"}`` stands for the float (also inf, -inf)."""
    one = unique_keys(pairs)
    return float(str(one["$float"])) if set(one) == {"$float"} else one


def main(argv: Sequence[str] | None = None) -> int:
    """Score the evidence file; print JSON. Exit 2 with the fault when a file cannot be used."""
    # it reads files, which scoring itself never does
    from .scoring_command import run  # noqa: PLC0415

    return run(argv)


if __name__ == "__main__":
    sys.exit(main())
