"""Scale kinds (evidence to points) and aggregations (children to node) of ``dsp-rubric/1``.

Formulas: ../shared/design/4-scoring.md, section 1. Every scale gives 0 <= p <= m for a rubric
that ``lint_rubric`` accepts. Scales of one value (x is the leaf's field or reduced collection):

- ``ordinal``, ``boolean``, ``bands``, ``piecewise``, ``ratio_to_target``: section 1.
- ``per_unit``: p = min(m, points * max(0, x - from)); points in proportion, capped.
- ``steps``: p = min(m, points * floor((x - from) / per)); only full steps count, capped.

Scales that look at several fields through predicates:

- ``cases``: the first case that holds. ``best_of``: of the cases that hold, the one that gives
  most. Both give ``else`` (0) when none holds.
- ``count``: p = min(m, points * number of the conditions in ``of`` that hold).
- ``judgement``: x is an expert's points; the first range (``ranges``, else ``else``) whose
  predicate holds says between which points the expert may choose. Points outside are refused.
- ``switch``: the first case that holds (else ``else``) names the scale for x, so that a band or
  a rate can depend on another variable.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from portal.domain.predicates import EPS, Context, at_least, at_most, evaluate, fields_of

Scale = Mapping[str, Any]
Points = tuple[float, str]
"""Points and the rule that gave them, named as an officer would read it."""


def ordinal(scale: Scale, value: object, maximum: float) -> Points:
    """Points of the anchor whose code is ``value``."""
    for anchor in scale["anchors"]:
        if anchor["code"] == value:
            return float(anchor["points"]), f"code {value}"
    raise ValueError(f"scale.anchors: no anchor for code {value!r}; add one")


def boolean(scale: Scale, value: object, maximum: float) -> Points:
    """Points of ``true`` or ``false``."""
    return (float(scale["true"]), "true") if value else (float(scale["false"]), "false")


def bands(scale: Scale, value: float, maximum: float) -> Points:
    """Points of the one band that holds ``value``; a value within 1e-9 of a cut is on it."""
    for band in scale["bands"]:
        if in_band(band, value):
            return float(band["points"]), band_name(band)
    raise ValueError(f"scale.bands: no band holds {value!r}; make the bands cover the line")


def in_band(band: Mapping[str, Any], value: float) -> bool:
    """Whether ``value`` meets every bound of ``band``, ties counting as on the bound."""
    return (
        ("ge" not in band or at_least(value, band["ge"]))
        and ("gt" not in band or not at_most(value, band["gt"]))
        and ("le" not in band or at_most(value, band["le"]))
        and ("lt" not in band or not at_least(value, band["lt"]))
    )


def band_name(band: Mapping[str, Any]) -> str:
    """A band in signs.

    >>> band_name({"ge": 3, "lt": 5, "points": 15})
    '>= 3 and < 5'
    """
    signs = {"ge": ">=", "gt": ">", "le": "<=", "lt": "<"}
    return " and ".join(f"{sign} {band[key]}" for key, sign in signs.items() if key in band)


def piecewise(scale: Scale, value: float, maximum: float) -> Points:
    """Linear between knots (x, p), flat outside; exact at a knot.

    >>> piecewise({"knots": [[0, 0], [0.2, 5], [0.5, 10]]}, 0.35, 10)[0]
    7.5
    """
    knots: list[list[float]] = scale["knots"]
    if value <= knots[0][0]:
        return float(knots[0][1]), f"<= {knots[0][0]}"
    for (x0, p0), (x1, p1) in itertools.pairwise(knots):
        if value < x1:
            points = p0 + (value - x0) * ((p1 - p0) / (x1 - x0))
            return min(max(points, min(p0, p1)), max(p0, p1)), f"between {x0} and {x1}"
    return float(knots[-1][1]), f">= {knots[-1][0]}"


def ratio_to_target(scale: Scale, value: float, maximum: float) -> Points:
    """Give p = m * min(1, max(0, (x - from) / (target - from))); ``from`` is 0 unless given.

    >>> ratio_to_target({"target": 4}, 3, 6)[0]
    4.5
    """
    start = scale.get("from", 0)
    share = min(1.0, max(0.0, (value - start) / (scale["target"] - start)))
    return maximum * share, f"target {scale['target']}"


def per_unit(scale: Scale, value: float, maximum: float) -> Points:
    """Give p = min(m, points * max(0, x - from)); ``from`` is 0 unless given.

    >>> per_unit({"points": 4}, 3, 20), per_unit({"points": 4}, 6, 20)
    ((12.0, '4 per unit'), (20.0, '4 per unit'))
    """
    units = max(0.0, value - scale.get("from", 0))
    points = min(float(maximum), float(scale["points"] * units))
    return points, f"{scale['points']:g} per unit"


def steps(scale: Scale, value: float, maximum: float) -> Points:
    """Give p = min(m, points * floor((x - from) / per)), a value within 1e-9 of a step on it.

    >>> steps({"per": 2, "points": 1}, 7, 5)
    (3.0, '1 per full 2')
    """
    full = math.floor(max(0.0, value + EPS - scale.get("from", 0)) / scale["per"])
    return min(
        maximum, float(scale["points"] * full)
    ), f"{scale['points']:g} per full {scale['per']:g}"


SCALES: Mapping[str, Callable[[Scale, Any, float], Points]] = {
    "ordinal": ordinal,
    "boolean": boolean,
    "bands": bands,
    "piecewise": piecewise,
    "ratio_to_target": ratio_to_target,
    "per_unit": per_unit,
    "steps": steps,
}
"""Scales of one value; those that read several fields are applied by ``apply_scale``."""


class OutsideRangeError(ValueError):
    """An expert's points outside the range that the evidence allows."""


def apply_scale(scale: Scale, value: Any, maximum: float, facts: Context) -> Points:
    """Points of ``value`` (``None`` where the scale reads ``facts`` alone), and the rule's name.

    Raises OutsideRangeError for a judgement outside its range, ValueError for a scale that
    ``lint_rubric`` would have refused.
    """
    kind = scale["kind"]
    if kind == "switch":
        return apply_scale(_chosen(scale, facts), value, maximum, facts)
    if kind == "judgement":
        return judgement(scale, value, maximum, facts)
    if kind == "cases":
        return cases(scale, facts.fields, facts)
    if kind == "best_of":
        return best_of(scale, facts)
    if kind == "count":
        return count(scale, maximum, facts)
    return SCALES[kind](scale, value, maximum)


def _chosen(scale: Scale, facts: Context) -> Scale:
    """The scale of a ``switch`` that the facts choose."""
    for case in scale["cases"]:
        if evaluate(case["when"], facts):
            return case["scale"]  # type: ignore[no-any-return]
    return scale["else"]  # type: ignore[no-any-return]


def judgement(scale: Scale, value: float, maximum: float, facts: Context) -> Points:
    """An expert's points, if they lie in the range that the evidence allows.

    Without ``ranges`` anything from 0 to the maximum is allowed. Raises OutsideRangeError.
    """
    low, high = allowed_range(scale, maximum, facts)
    if not (at_least(value, low) and at_most(value, high)):
        raise OutsideRangeError(f"{value:g} lies outside {low:g} to {high:g}")
    return min(max(float(value), low), high), f"chosen within {low:g} to {high:g}"


def allowed_range(scale: Scale, maximum: float, facts: Context) -> tuple[float, float]:
    """Lowest and highest points that an expert may choose under a ``judgement``."""
    if "ranges" not in scale:
        return 0.0, maximum
    rows = [row for row in scale["ranges"] if evaluate(row["when"], facts)]
    row = (rows or [scale["else"]])[0]
    return float(row["low"]), float(row["high"])


def best_of(scale: Scale, facts: Context) -> Points:
    """Points of the case that gives most among those that hold (the first of equals).

    >>> holds = {"field": "class1", "op": "ge", "value": 1}
    >>> scale = {"cases": [{"when": holds, "points": 10}, {"when": holds, "points": 15}]}
    >>> best_of(scale, Context({"class1": 2}))
    (15.0, 'case 2')
    """
    held = [
        (float(case["points"]), f"case {case.get('code', index)}")
        for index, case in enumerate(scale["cases"], start=1)
        if evaluate(case["when"], facts)
    ]
    none_holds = (float(scale.get("else", 0)), "no case")
    return max(held, key=lambda one: one[0], default=none_holds)


def count(scale: Scale, maximum: float, facts: Context) -> Points:
    """Give p = min(m, points * number of conditions that hold), naming those that hold."""
    held = [one["code"] for one in scale["of"] if evaluate(one["when"], facts)]
    name = ", ".join(held) or "none"
    return min(
        maximum, float(scale["points"] * len(held))
    ), f"{len(held)} of {len(scale['of'])}: {name}"


def cases(scale: Scale, known: Mapping[str, object], context: Context) -> Points:
    """Points of the first case whose predicate holds, else of ``else`` (0 unless given)."""
    facts = Context(fields=known, as_of=context.as_of)
    for index, case in enumerate(scale["cases"]):
        if evaluate(case["when"], facts):
            return float(case["points"]), f"case {case.get('code', index + 1)}"
    return float(scale.get("else", 0)), "no case"


def scale_fields(scale: Scale) -> frozenset[str]:
    """Names of the fields that the predicates of a scale look at, beside the leaf's own field."""
    rows = [*scale.get("cases", ()), *scale.get("ranges", ()), *scale.get("of", ())]
    found = frozenset().union(*(fields_of(row["when"]) for row in rows))
    return found.union(*map(scale_fields, inner_scales(scale)))


def inner_scales(scale: Scale) -> list[Scale]:
    """The scales that a ``switch`` chooses from; none for every other kind."""
    if scale["kind"] != "switch":
        return []
    return [*(case["scale"] for case in scale["cases"]), scale["else"]]


Child = tuple[float, float, float]
"""A present child: its points, its maximum and its weight."""


def aggregate(
    node: Mapping[str, Any], children: Sequence[Child], *, complete: bool, bonus: float = 0.0
) -> float | None:
    """Points of ``node`` from its present children, ``None`` when there is nothing to add up.

    ``complete`` says that no child was left out; ``bonus`` points come on top of a sum, which
    the maximum then caps. Sums are exact (fsum), so that the order of children cannot change a
    bit of the result.
    """
    if node["aggregate"]["kind"] == "profile" or not children:
        return None
    if node["aggregate"]["kind"] == "sum":
        points = _sum(node["max"], children, complete=complete)
        return min(float(node["max"]), points + bonus) if bonus else points
    utilities = [points / maximum for points, maximum, _ in children]
    weights = [weight for _, _, weight in children]
    share = _share(node["aggregate"], utilities, weights)
    return None if share is None else float(node["max"]) * min(1.0, share)


def _sum(maximum: float, children: Sequence[Child], *, complete: bool) -> float:
    total = math.fsum(points for points, _, _ in children)
    if complete:
        return total
    present = math.fsum(most for _, most, _ in children)
    return min(float(maximum), maximum * total / present)


def _share(
    rule: Mapping[str, Any], utilities: Sequence[float], weights: Sequence[float]
) -> float | None:
    if rule["kind"] == "min":
        return min(utilities)
    if rule["kind"] == "max":
        return max(utilities)
    if math.fsum(weights) <= 0:
        return None
    if rule["kind"] == "wam":
        return weighted_arithmetic_mean(utilities, weights)
    return weighted_geometric_mean(utilities, weights, rule.get("floor", 0.0))


def weighted_arithmetic_mean(values: Sequence[float], weights: Sequence[float]) -> float:
    """Sum of w * u over the sum of w; ``values`` and ``weights`` have the same length.

    >>> weighted_arithmetic_mean([0.5, 1.0], [3, 1])
    0.625
    """
    total = math.fsum(w * u for u, w in zip(values, weights, strict=True))
    return total / math.fsum(weights)


def weighted_geometric_mean(
    values: Sequence[float], weights: Sequence[float], floor: float = 0.0
) -> float:
    """Give exp(sum of w ln max(u, floor) / sum of w); with floor 0 one zero annihilates.

    Values are >= 0; a weight of 0 leaves its value out.

    >>> round(weighted_geometric_mean([1.0, 0.0], [0.7, 0.3], 0.01), 6)
    0.251189
    """
    used = [(max(u, floor), w) for u, w in zip(values, weights, strict=True) if w > 0]
    if any(u <= 0 for u, _ in used):
        return 0.0
    return math.exp(math.fsum(w * math.log(u) for u, w in used) / math.fsum(weights))
