"""Rules of scales that a JSON Schema cannot say: bands that partition the line, monotone knots,
points within [0, maximum], ranges in order, predicates over declared fields.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from portal.domain.predicates import Problem, lint

Leaf = Mapping[str, Any]
Scale = Mapping[str, Any]
Fields = Mapping[str, Mapping[str, Any]]

NUMBER = ("number", "integer")
SCALE_TYPES: Mapping[str, tuple[str, ...]] = {
    "ordinal": ("code",),
    "boolean": ("boolean",),
    "bands": NUMBER,
    "piecewise": NUMBER,
    "ratio_to_target": NUMBER,
    "per_unit": NUMBER,
    "steps": NUMBER,
    "judgement": NUMBER,
    "switch": (*NUMBER, "code", "boolean"),
}
"""Which types of field a scale of one value can read."""

SEVERAL_FIELDS = frozenset({"cases", "best_of", "count"})
"""Scales that read no field of their own: their predicates name the fields."""

SCALE_KEYS: Mapping[str, tuple[str, ...]] = {
    "ordinal": ("anchors",),
    "boolean": ("true", "false"),
    "bands": ("bands",),
    "piecewise": ("knots",),
    "ratio_to_target": ("target",),
    "per_unit": ("points",),
    "steps": ("per", "points"),
    "judgement": (),
    "switch": ("cases", "else"),
    "cases": ("cases", "else"),
    "best_of": ("cases", "else"),
    "count": ("of", "points"),
}
"""What each kind of scale needs."""

OPTIONAL_KEYS: Mapping[str, tuple[str, ...]] = {
    "ratio_to_target": ("from",),
    "per_unit": ("from",),
    "steps": ("from",),
    "judgement": ("ranges", "else"),
}


def predicates_of(scale: Scale, path: str) -> Iterator[tuple[str, Any]]:
    """Every predicate of a scale with its path, those of chosen scales included."""
    for key in ("cases", "ranges", "of"):
        for index, row in enumerate(scale.get(key, ())):
            yield f"{path}.{key}[{index}].when", row["when"]
    for where, inner in inner_scales(scale, path):
        yield from predicates_of(inner, where)


def inner_scales(scale: Scale, path: str) -> Iterator[tuple[str, Scale]]:
    """The scales that a ``switch`` chooses from, each with its path."""
    if scale["kind"] == "switch":
        for index, case in enumerate(scale["cases"]):
            yield f"{path}.cases[{index}].scale", case["scale"]
        yield f"{path}.else", scale["else"]


def points_of(scale: Scale, path: str) -> Iterator[tuple[str, Any]]:
    """Every number of points that a scale can give as it stands, with its path."""
    for key in ("true", "false", "else"):
        if key in scale and scale["kind"] not in {"switch", "judgement"}:
            yield f"{path}.{key}", scale[key]
    for key in ("anchors", "bands", "cases"):
        for index, row in enumerate(scale.get(key, ())):
            if scale["kind"] != "switch":
                yield f"{path}.{key}[{index}].points", row.get("points")
    for index, knot in enumerate(scale.get("knots", ())):
        yield f"{path}.knots[{index}][1]", knot[1]
    for where, row in ranges_of(scale, path):
        yield f"{where}.low", row.get("low")
        yield f"{where}.high", row.get("high")
    for where, inner in inner_scales(scale, path):
        yield from points_of(inner, where)


def ranges_of(scale: Scale, path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The ranges of a ``judgement``, that of ``else`` last, each with its path."""
    if scale["kind"] == "judgement":
        for index, row in enumerate(scale.get("ranges", ())):
            yield f"{path}.ranges[{index}]", row
        if isinstance(scale.get("else"), Mapping):
            yield f"{path}.else", scale["else"]


def lint_shape(scale: Scale, path: str) -> Iterator[Problem]:
    """Faults in the form of predicates and points; what else is wrong cannot be told before."""
    for where, predicate in predicates_of(scale, path):
        yield from lint(predicate, where)
    for where, points in points_of(scale, path):
        if isinstance(points, bool) or not isinstance(points, int | float):
            yield Problem(where, f"{points!r} is no number; write the points")


def lint_scale(leaf: Leaf, path: str, spec: Mapping[str, Any], fields: Fields) -> Iterator[Problem]:
    """Every fault of a leaf's scale; ``spec`` describes the value that it will read."""
    for where, predicate in predicates_of(leaf["scale"], path):
        yield from lint(predicate, where, fields=fields, nodes=frozenset())
    for where, points in points_of(leaf["scale"], path):
        if not 0 <= points <= leaf["max"]:
            message = f"{points:g} lies outside 0 to {leaf['max']:g}; correct it or the maximum"
            yield Problem(where, message)
    yield from _lint_kind(leaf["scale"], path, spec)


def _lint_kind(scale: Scale, path: str, spec: Mapping[str, Any]) -> Iterator[Problem]:
    kind = scale["kind"]
    missing = [key for key in SCALE_KEYS[kind] if key not in scale]
    if missing:
        yield Problem(path, f"{kind} needs {' and '.join(missing)}; add it")
        return
    for key in sorted(set(scale) - {"kind", *SCALE_KEYS[kind], *OPTIONAL_KEYS.get(kind, ())}):
        yield Problem(f"{path}.{key}", f"{kind} knows no {key}; remove it or correct the name")
    if kind in SCALE_RULES:
        yield from SCALE_RULES[kind](scale, path, spec)


def type_fault(scale: Scale, path: str, spec: Mapping[str, Any]) -> Iterator[Problem]:
    """A fault where the scale cannot read a field of this type."""
    wanted = SCALE_TYPES.get(scale["kind"], ())
    if wanted and spec["type"] not in wanted:
        message = f"{scale['kind']} cannot read a {spec['type']}; use a field of type "
        yield Problem(f"{path}.kind", message + " or ".join(wanted))


def _lint_anchors(scale: Scale, path: str, spec: Mapping[str, Any]) -> Iterator[Problem]:
    codes = [str(anchor["code"]) for anchor in scale["anchors"]]
    declared = spec.get("codes", [])
    if sorted(codes) != sorted(declared):
        message = f"write exactly one anchor for each code of the field: {', '.join(declared)}"
        yield Problem(f"{path}.anchors", message)


def _lint_bands(scale: Scale, path: str, _: Mapping[str, Any]) -> Iterator[Problem]:
    """Exactly one band must hold every cut, a point between cuts and one beyond each end."""
    bounds = ("ge", "gt", "le", "lt")
    cuts = sorted({band[key] for band in scale["bands"] for key in bounds if key in band})
    between = [(low + high) / 2 for low, high in itertools.pairwise(cuts)]
    ends = [cuts[0] - 1, cuts[-1] + 1] if cuts else [0]
    for x in sorted([*cuts, *between, *ends]):
        matches = [index for index, band in enumerate(scale["bands"]) if _holds(band, x)]
        if len(matches) != 1:
            said = f"bands {matches} all hold" if matches else "no band holds"
            yield Problem(f"{path}.bands", f"{said} the value {x:g}; make exactly one hold it")
            return


def _holds(band: Mapping[str, float], x: float) -> bool:
    return (
        x >= band.get("ge", -math.inf)
        and x > band.get("gt", -math.inf)
        and x <= band.get("le", math.inf)
        and x < band.get("lt", math.inf)
    )


def _lint_knots(scale: Scale, path: str, _: Mapping[str, Any]) -> Iterator[Problem]:
    pairs = list(itertools.pairwise(scale["knots"]))
    if any(low[0] >= high[0] for low, high in pairs):
        yield Problem(f"{path}.knots", "write the knots in strictly rising order of their values")
    steps = [high[1] - low[1] for low, high in pairs]
    if any(step > 0 for step in steps) and any(step < 0 for step in steps):
        yield Problem(f"{path}.knots", "the points rise and fall; make them only rise or only fall")


def _lint_target(scale: Scale, path: str, _: Mapping[str, Any]) -> Iterator[Problem]:
    if scale["target"] == scale.get("from", 0):
        yield Problem(f"{path}.target", "equals from, so that the scale has no length; change one")


def _lint_rate(scale: Scale, path: str, _: Mapping[str, Any]) -> Iterator[Problem]:
    for key in ("per", "points"):
        if not scale.get(key, 1) > 0:
            yield Problem(f"{path}.{key}", f"{scale[key]:g} counts nothing; write a number above 0")


def _lint_count(scale: Scale, path: str, spec: Mapping[str, Any]) -> Iterator[Problem]:
    yield from _lint_rate(scale, path, spec)
    codes = [one["code"] for one in scale["of"]]
    if not codes or len(set(codes)) < len(codes):
        yield Problem(f"{path}.of", "list the conditions, each under a code of its own")


def _lint_ranges(scale: Scale, path: str, _: Mapping[str, Any]) -> Iterator[Problem]:
    if ("ranges" in scale) != isinstance(scale.get("else"), Mapping):
        message = 'ranges need an else such as {"low": 0, "high": 0}, and else needs ranges'
        yield Problem(path, message)
    for where, row in ranges_of(scale, path):
        if row["low"] > row["high"]:
            yield Problem(f"{where}.low", "lies above high; exchange them")


def _lint_switch(scale: Scale, path: str, spec: Mapping[str, Any]) -> Iterator[Problem]:
    for where, inner in inner_scales(scale, path):
        if inner["kind"] in SEVERAL_FIELDS:
            message = f"{inner['kind']} reads no value; write a scale of the leaf's own field"
            yield Problem(f"{where}.kind", message)
            continue
        faults = list(type_fault(inner, where, spec))
        yield from faults or _lint_kind(inner, where, spec)


Rule = Callable[[Scale, str, Mapping[str, Any]], Iterator[Problem]]

SCALE_RULES: Mapping[str, Rule] = {
    "ordinal": _lint_anchors,
    "bands": _lint_bands,
    "piecewise": _lint_knots,
    "ratio_to_target": _lint_target,
    "per_unit": _lint_rate,
    "steps": _lint_rate,
    "count": _lint_count,
    "judgement": _lint_ranges,
    "switch": _lint_switch,
}
