"""Predicates and scales over columns: the column-wise twins of ``predicates`` and ``scales``.

Each gives for N rows what its plain counterpart gives for one; a predicate's operator without an
array form is applied once per distinct value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from portal.domain.predicates import EPS, OPERATORS, Context, Predicate

from .columns import Array, Column, Flags, Floats
from .scales import Scale


@dataclass(frozen=True)
class Facts:
    """What predicates may look at, for ``count`` rows; points are NaN where unknown."""

    count: int
    columns: Mapping[str, Column]
    nodes: Mapping[str, Floats]
    total: Floats
    as_of: date | None


def holds(predicate: Predicate, facts: Facts) -> Flags:
    """Where ``predicate`` holds, [N]."""
    if "all" in predicate:
        return np.logical_and.reduce([holds(part, facts) for part in predicate["all"]])  # type: ignore[no-any-return]
    if "any" in predicate:
        return np.logical_or.reduce([holds(part, facts) for part in predicate["any"]])  # type: ignore[no-any-return]
    if "not" in predicate:
        return ~holds(predicate["not"], facts)
    known, values = _look_up(predicate, facts)
    if predicate["op"] == "known":
        return known
    return known & _compare(predicate["op"], values, predicate.get("value"), known, facts.as_of)


def _look_up(comparison: Predicate, facts: Facts) -> tuple[Flags, Array]:
    if "field" in comparison:
        column = facts.columns[comparison["field"]]
        return column.known, column.value
    points = facts.nodes[comparison["node"]] if "node" in comparison else facts.total
    return ~np.isnan(points), points


def _compare(op: str, values: Array, value: Any, known: Flags, as_of: date | None) -> Flags:
    if values.dtype != object and op in _ARRAY_FORMS:
        with np.errstate(invalid="ignore"):
            return _ARRAY_FORMS[op](values, value)
    context = Context(as_of=as_of)
    found = values[known].tolist()
    held = {one: OPERATORS[op](one, value, context) for one in set(found)}
    answer = np.zeros(len(values), dtype=bool)
    answer[known] = [held[one] for one in found]
    return answer


def _equal(values: Array, value: float) -> Flags:
    return (values >= value - EPS) & (values <= value + EPS)


def _among(values: Array, several: Sequence[float]) -> Flags:
    return np.logical_or.reduce([_equal(values, one) for one in several])  # type: ignore[no-any-return]


_ARRAY_FORMS: Mapping[str, Callable[[Array, Any], Flags]] = {
    "ge": lambda values, value: values >= value - EPS,
    "le": lambda values, value: values <= value + EPS,
    "gt": lambda values, value: values > value + EPS,
    "lt": lambda values, value: values < value - EPS,
    "eq": _equal,
    "ne": lambda values, value: ~_equal(values, value),
    "in": _among,
    "not_in": lambda values, several: ~_among(values, several),
}


# --- scales: points [N] from values [N]; what they give where a leaf is not scored is unused


def scale_points(scale: Scale, values: Array, maximum: float, facts: Facts) -> Floats:
    """Points of every row; NaN where an expert's points lie outside the allowed range."""
    kind = scale["kind"]
    if kind == "switch":
        rows = [(case["when"], case["scale"]) for case in scale["cases"]]
        points = scale_points(scale["else"], values, maximum, facts)
        for when, chosen in reversed(rows):
            inner = scale_points(chosen, values, maximum, facts)
            points = np.where(holds(when, facts), inner, points)
        return points
    with np.errstate(invalid="ignore"):
        return _SCALES[kind](scale, values, maximum, facts)


def _ordinal(scale: Scale, values: Array, maximum: float, facts: Facts) -> Floats:
    points = {anchor["code"]: anchor["points"] for anchor in reversed(scale["anchors"])}
    return np.array([points.get(value, np.nan) for value in values.tolist()], dtype=np.float64)


def _boolean(scale: Scale, values: Array, maximum: float, facts: Facts) -> Floats:
    return np.where(values.astype(bool), float(scale["true"]), float(scale["false"]))


def _bands(scale: Scale, values: Array, maximum: float, facts: Facts) -> Floats:
    points = np.full(len(values), np.nan)
    for band in reversed(scale["bands"]):
        bounds = [_ARRAY_FORMS[key](values, band[key]) for key in _BOUNDS if key in band]
        inside = np.logical_and.reduce(bounds) if bounds else np.ones(len(values), dtype=bool)
        points[inside] = band["points"]
    return points


_BOUNDS = ("ge", "gt", "le", "lt")


def _piecewise(scale: Scale, values: Array, maximum: float, facts: Facts) -> Floats:
    knots, points = zip(*scale["knots"], strict=True)
    return np.interp(values, knots, points)  # type: ignore[no-any-return]


def _ratio_to_target(scale: Scale, values: Array, maximum: float, facts: Facts) -> Floats:
    start = scale.get("from", 0)
    share = (values - start) / (scale["target"] - start)
    return maximum * np.clip(share, 0.0, 1.0)  # type: ignore[no-any-return]


def _per_unit(scale: Scale, values: Array, maximum: float, facts: Facts) -> Floats:
    units = np.maximum(0.0, values - scale.get("from", 0))
    return np.minimum(maximum, scale["points"] * units)  # type: ignore[no-any-return]


def _steps(scale: Scale, values: Array, maximum: float, facts: Facts) -> Floats:
    full = np.floor(np.maximum(0.0, values + EPS - scale.get("from", 0)) / scale["per"])
    return np.minimum(maximum, scale["points"] * full)  # type: ignore[no-any-return]


def _cases(scale: Scale, values: Array, maximum: float, facts: Facts) -> Floats:
    points = np.full(facts.count, float(scale.get("else", 0)))
    for case in reversed(scale["cases"]):
        points[holds(case["when"], facts)] = case["points"]
    return points


def _best_of(scale: Scale, values: Array, maximum: float, facts: Facts) -> Floats:
    best = np.full(facts.count, -np.inf)
    for case in scale["cases"]:
        here = np.where(holds(case["when"], facts), float(case["points"]), -np.inf)
        best = np.maximum(best, here)
    return np.where(np.isneginf(best), float(scale.get("else", 0)), best)


def _count(scale: Scale, values: Array, maximum: float, facts: Facts) -> Floats:
    held = [holds(one["when"], facts) for one in scale["of"]]
    return np.minimum(maximum, scale["points"] * np.sum(held, axis=0, dtype=np.float64))  # type: ignore[no-any-return]


def _judgement(scale: Scale, values: Array, maximum: float, facts: Facts) -> Floats:
    low, high = np.zeros(facts.count), np.full(facts.count, maximum)
    if "ranges" in scale:
        low[:], high[:] = scale["else"]["low"], scale["else"]["high"]
        for row in reversed(scale["ranges"]):
            held = holds(row["when"], facts)
            low[held], high[held] = row["low"], row["high"]
    allowed = (values >= low - EPS) & (values <= high + EPS)
    return np.where(allowed, np.clip(values, low, high), np.nan)


_SCALES: Mapping[str, Callable[[Scale, Array, float, Facts], Floats]] = {
    "ordinal": _ordinal,
    "boolean": _boolean,
    "bands": _bands,
    "piecewise": _piecewise,
    "ratio_to_target": _ratio_to_target,
    "per_unit": _per_unit,
    "steps": _steps,
    "cases": _cases,
    "best_of": _best_of,
    "count": _count,
    "judgement": _judgement,
}
