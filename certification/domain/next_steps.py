"""The smallest steps of evidence that reach the next tier, found by scoring them.

``robustness.counterfactual`` adds up what leaves could gain; in a rubric one field may move
several leaves, so that here every set of at most three changed fields is scored by the rubric
itself, all at once. Deliveries are no step (``grading.Wanted`` counts them): where they are
shrunk, their node stands at the points that it reaches with the probability γ. Method:
../shared/design/4-scoring.md, section 5.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from itertools import combinations, product
from typing import Any, Final

import numpy as np

from portal.domain.predicates import EPS, comparisons

from .column_scoring import ColumnScores, score_many
from .columns import NUMBERS, Flags, MappingRows
from .evidence import read_evidence
from .grading import Grading, shrunk_node
from .results import ScoreResult
from .robustness import MOST_CHANGES, Change, Counterfactual
from .rubric import Rubric
from .rubric_lint import UNRATED, walk
from .scales import inner_scales
from .tiers import DecisionRule, Line, next_tier, tier_lines, tier_names

MOST_SETS: Final = 20_000
"""Sets that are scored; beyond, only those of fewer fields."""
MOST_LEVELS: Final = 20
"""Whole numbers that are tried one by one; beyond, only where the rubric's scales bend."""


@dataclass(frozen=True)
class NextSteps:
    """What lifts a firm to ``tier``: a ``Counterfactual`` of fields instead of leaves.

    A change's ``gain`` is what it adds to the total alone; two that work together may add more.
    ``blocking``: ``minimum:NODE``, ``gate:ID``, ``villages:N`` (so many are missing).
    """

    tier: str
    found: Counterfactual

    def as_json(self) -> dict[str, Any]:
        """Plain JSON data."""
        return {"tier": self.tier, **asdict(self.found)}


@dataclass(frozen=True)
class Step:
    """A field at another level: ``size`` in units, in codes or 1, and what it costs."""

    field: str
    x: Any
    size: float
    effort: float


Steps = tuple[Step, ...]


def next_steps(
    rubric: Rubric,
    evidence: Mapping[str, object],
    as_of: date | None,
    result: ScoreResult,
    graded: Grading | None = None,
) -> NextSteps | None:
    """The cheapest steps from ``result`` (of ``scoring``, or of ``grading``: then given too).

    Per field the smallest level that suffices alone; then the cheapest set of at most three
    (effort, then number, then names, then size). A field's ``effort`` is the price of one unit,
    of one code further, or of yes for no; once a rubric prices a field, those without a price
    are no steps. ``None`` in the highest tier, for an unrated firm, and where the tier above
    asks for more than points.
    """
    tier = next_tier(rubric, result.tier)
    lines = point_lines(rubric, tier) if tier and result.tier != UNRATED else ()
    if not tier or not lines:
        return None
    plain, given, fixed = _with_fixed_points(rubric, evidence, result, graded)
    sets = _sets(steps_of(rubric, evidence, as_of))
    rows = [given, *(given | {step.field: step.x for step in one} for one in sets)]
    scored = score_many(plain, MappingRows(rows), as_of)
    unmet = [one.node for one in lines if one.node in fixed and not one.reached(fixed[one.node])]
    blocking = [f"minimum:{node}" for node in unmet] + _barriers(rubric, tier, result, graded)
    reached = np.logical_and.reduce(
        [np.ones(len(rows), dtype=bool)]
        + [_reaches(line, scored) for line in lines if line.node not in fixed]
    )
    root = rubric["tree"]["id"]
    gap = max((one.at_least - scored.total[0] for one in lines if one.node == root), default=0.0)
    enough = [one for one, held in zip(sets, reached[1:], strict=True) if held and not reached[0]]
    gains = {
        one[0]: float(total - scored.total[0])
        for one, total in zip(sets, scored.total[1:], strict=True)
        if len(one) == 1
    }
    found = Counterfactual(
        gap=float(gap) if gap > EPS else 0.0,
        blocking=tuple(blocking),
        single=tuple(_change(step, gains) for step in _alone(enough)),
        best=tuple(_change(step, gains) for step in min(enough, key=_cost, default=())),
    )
    return NextSteps(tier, found)


def point_lines(rubric: Rubric, tier: str) -> tuple[Line, ...]:
    """The tier's lines in points, () where it asks for anything else or for alternatives."""
    when = next(one["when"] for one in rubric["tiers"] if one["id"] == tier)
    lines = tier_lines(rubric, tier)
    plain = all("op" in part for part in when.get("all", (when,)))
    return lines if plain and len(lines) == len(list(comparisons(when))) else ()


def _with_fixed_points(
    rubric: Rubric, evidence: Mapping[str, object], result: ScoreResult, graded: Grading | None
) -> tuple[Rubric, dict[str, object], dict[str, float]]:
    """The rubric with the shrunk node as a leaf, its evidence, and the points that stand still."""
    node = shrunk_node(rubric)
    if node is None or graded is None:
        return rubric, dict(evidence), {}
    name, maximum = f"points of {node['id']}", float(node["max"])
    share = graded.quality.lower(DecisionRule.from_rubric(rubric).gamma_up) / 100.0
    sure = maximum * min(1.0, max(0.0, share))
    inside = {below["id"]: result.points.get(below["id"]) or 0.0 for _, below in walk(node)}
    leaf = {key: node[key] for key in ("id", "max", "weight", "bonus", "only_if") if key in node}
    scale = {"kind": "piecewise", "knots": [[0, 0], [maximum, maximum]]}
    leaf |= {"field": name, "scale": scale, "missing": "zero"}
    fields = {**rubric["fields"], name: {"type": "number"}}
    tree = _replaced(rubric["tree"], node, leaf)
    # points are asked for, no tier: its rules may look at what lies inside the node
    plain = {"fields": fields, "tree": tree, "tiers": [], "default_tier": rubric["default_tier"]}
    # the items themselves are not read again for every set, unless another leaf counts them
    collection = node["per_item"]["collection"]
    again = any(one.get("evidence", {}).get("collection") == collection for _, one in walk(tree))
    kept = {key: value for key, value in evidence.items() if again or key != collection}
    return plain, kept | {name: sure}, inside | {node["id"]: sure}


def _replaced(tree: Mapping[str, Any], node: Mapping[str, Any], leaf: Mapping[str, Any]) -> Any:
    if tree is node:
        return leaf
    if "children" not in tree:
        return tree
    return {**tree, "children": [_replaced(child, node, leaf) for child in tree["children"]]}


def _reaches(line: Line, scored: ColumnScores) -> Flags:
    """``Line.reached`` for many; a node without points reaches nothing."""
    points = np.nan_to_num(scored.points[line.node], nan=-math.inf)
    return points > line.at_least + EPS if line.strict else points >= line.at_least - EPS


def _barriers(rubric: Rubric, tier: str, result: ScoreResult, graded: Grading | None) -> list[str]:
    """Failed gates that cap below ``tier``, and the villages that it lacks."""
    names = tier_names(rubric)
    caps = {f"gate:{one['id']}": names.index(one["cap"]) for one in rubric.get("gates", ())}
    found = [one for one in result.reasons if caps.get(one, 0) > names.index(tier)]
    missing = graded.wanted.villages if graded and graded.wanted else 0
    return [*found, f"villages:{missing}"] if missing else found


# --- steps


def steps_of(
    rubric: Rubric, evidence: Mapping[str, object], as_of: date | None
) -> dict[str, list[Step]]:
    """By field the levels at which the rubric's scales could give other points than now.

    Only plain fields: a number, a whole number, a code or a yes, not derived and without dates.
    """
    readings, _ = read_evidence(rubric["fields"], evidence, as_of)
    priced = any("effort" in spec for spec in rubric["fields"].values())
    found: dict[str, list[Step]] = {}
    for name, spec in sorted(rubric["fields"].items()):
        if "derive" in spec or "validity" in spec or (priced and "effort" not in spec):
            continue
        present = readings[name].value
        levels = [x for x in _levels(rubric["tree"], name, spec) if x != present]
        sized = [(x, _size(spec, x, present)) for x in levels]
        found[name] = [Step(name, x, size, size * spec.get("effort", 0.0)) for x, size in sized]
    return {name: steps for name, steps in found.items() if steps}


def _levels(tree: Mapping[str, Any], name: str, spec: Mapping[str, Any]) -> list[Any]:
    if spec["type"] == "boolean":
        return [True, False]
    if spec["type"] == "code":
        return list(spec["codes"])
    if spec["type"] not in NUMBERS:
        return []
    bends = sorted({bend for _, node in walk(tree) for bend in _bends(node, name)})
    levels = _whole(bends) if spec["type"] == "integer" else bends
    low, high = spec.get("min", -math.inf), spec.get("max", math.inf)
    return [x for x in levels if low <= x <= high]


def _whole(bends: Sequence[float]) -> list[int]:
    """Every whole number between the bends, or those beside each bend where they are many."""
    if bends and bends[-1] - bends[0] <= MOST_LEVELS:
        return list(range(math.floor(bends[0]), math.floor(bends[-1]) + 2))
    return sorted(
        {x for bend in bends for x in (math.ceil(bend) - 1, math.ceil(bend), math.floor(bend) + 1)}
    )


def _bends(node: Mapping[str, Any], name: str) -> Iterator[float]:
    """Values of a field at which a leaf's scale, or a condition, gives other points."""
    conditions = [node["only_if"]] if "only_if" in node else []
    for scale in _scales(node):
        if node.get("field") == name:
            yield from _own_bends(scale, float(node["max"]))
        rows = (*scale.get("cases", ()), *scale.get("of", ()), *scale.get("ranges", ()))
        conditions += [row["when"] for row in rows]
    for when in conditions:
        for _, one in comparisons(when):
            if one.get("field") == name and isinstance(one.get("value"), int | float):
                yield float(one["value"])


def _scales(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The leaf's scale and those that a switch chooses from."""
    if "scale" in node:
        yield node["scale"]
        yield from inner_scales(node["scale"])


def _own_bends(scale: Mapping[str, Any], maximum: float) -> Iterator[float]:
    start = float(scale.get("from", 0))
    if scale["kind"] == "bands":
        signs = ("ge", "gt", "le", "lt")
        yield from (float(band[sign]) for band in scale["bands"] for sign in signs if sign in band)
    elif scale["kind"] == "piecewise":
        yield from (float(x) for x, _ in scale["knots"])
    elif scale["kind"] == "ratio_to_target":
        yield from (start, float(scale["target"]))
    elif scale["kind"] == "per_unit":
        yield from (start, start + maximum / scale["points"])
    elif scale["kind"] == "steps":
        full = min(MOST_LEVELS, math.ceil(maximum / scale["points"]))
        yield from (start + scale["per"] * at for at in range(full + 1))


def _size(spec: Mapping[str, Any], x: Any, present: Any) -> float:
    """How far a level is from the present value; evidence that is not there counts 0."""
    if spec["type"] == "boolean":
        return 1.0
    if spec["type"] == "code":
        codes = spec["codes"]
        return float(abs(codes.index(x) - (codes.index(present) if present in codes else 0)))
    return abs(float(x) - float(present or 0))


def _sets(steps: Mapping[str, Sequence[Step]]) -> list[Steps]:
    """Every set of one to three fields, each at one level, as far as they can all be scored."""
    found: list[Steps] = []
    for size in range(1, MOST_CHANGES + 1):
        some = list(combinations(steps.values(), size))
        if len(found) + sum(math.prod(map(len, one)) for one in some) > MOST_SETS:
            break
        found += [chosen for one in some for chosen in product(*one)]
    return found


def _cost(chosen: Steps) -> tuple[float, int, tuple[str, ...], float]:
    effort, size = (
        math.fsum(part) for part in ((s.effort for s in chosen), (s.size for s in chosen))
    )
    return effort, len(chosen), tuple(step.field for step in chosen), size


def _alone(enough: Sequence[Steps]) -> list[Step]:
    """The smallest sufficient level of each field that suffices alone, the cheapest first."""
    alone = [one[0] for one in enough if len(one) == 1]
    fields = sorted({step.field for step in alone})
    least = [min((s for s in alone if s.field == name), key=lambda s: s.size) for name in fields]
    return sorted(least, key=lambda step: (step.effort, step.field))


def _change(step: Step, gains: Mapping[Step, float]) -> Change:
    return Change(step.field, step.x, gains[step], step.effort)
