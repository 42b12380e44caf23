"""Derived fields: a number computed from other fields by a small formula that is plain data.

An expression is a finite number, the name of a field, or one operation over a list of
expressions: ``{"add": [...]}``, ``{"mul": [...]}``, ``{"min": [...]}``, ``{"max": [...]}``,
``{"sub": [a, b]}``, ``{"div": [a, b]}``. Nothing else exists, so that a formula can be printed
in a notice, checked by hand and evaluated without running any code of its author.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from portal.domain.predicates import Problem

Expression = Any

OPERATIONS: Mapping[str, Callable[[Sequence[float]], float]] = {
    "add": math.fsum,
    "mul": math.prod,
    "min": min,
    "max": max,
    "sub": lambda values: values[0] - values[1],
    "div": lambda values: values[0] / values[1],
}
PAIRS = frozenset({"sub", "div"})


def compute(expression: Expression, values: Mapping[str, float]) -> float | None:
    """The number that ``expression`` gives for ``values``; ``None`` where it has none.

    A division by zero and a result beyond the range of a double have none. Raises KeyError for
    a field that ``values`` does not hold.

    >>> ratios = [{"div": ["y2", "y1"]}, {"div": ["y3", "y2"]}]
    >>> growth = {"sub": [{"mul": [0.5, {"add": ratios}]}, 1]}
    >>> round(compute(growth, {"y1": 100, "y2": 126, "y3": 150}), 6)
    0.225238
    >>> compute({"div": [1, "y1"]}, {"y1": 0}) is None
    True
    """
    try:
        found = _compute(expression, values)
    except (ZeroDivisionError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def _compute(expression: Expression, values: Mapping[str, float]) -> float:
    if isinstance(expression, str):
        return values[expression]
    if isinstance(expression, Mapping):
        ((name, parts),) = expression.items()
        return float(OPERATIONS[name]([_compute(part, values) for part in parts]))
    return float(expression)


def inputs_of(expression: Expression) -> frozenset[str]:
    """Names of the fields that ``expression`` reads.

    >>> sorted(inputs_of({"div": ["lowest", {"mul": ["bid", 2]}]}))
    ['bid', 'lowest']
    """
    if isinstance(expression, str):
        return frozenset({expression})
    if isinstance(expression, Mapping):
        parts = [part for some in expression.values() for part in some]
        return frozenset().union(*map(inputs_of, parts))
    return frozenset()


def lint_expression(
    expression: object, path: str, fields: Mapping[str, Mapping[str, Any]]
) -> Iterator[Problem]:
    """Every fault of ``expression``: its form, and names that are no plain number field."""
    if isinstance(expression, str):
        yield from _lint_name(expression, path, fields)
    elif isinstance(expression, Mapping):
        yield from _lint_operation(expression, path, fields)
    elif isinstance(expression, bool) or not isinstance(expression, int | float):
        yield Problem(path, 'write a number, a field or an operation such as {"div": ["a", "b"]}')


def _lint_name(name: str, path: str, fields: Mapping[str, Mapping[str, Any]]) -> Iterator[Problem]:
    spec = fields.get(name)
    if spec is None:
        yield Problem(path, f"unknown field {name!r}; declare it under fields")
    elif "derive" in spec or spec["type"] not in {"number", "integer"}:
        yield Problem(path, f"{name!r} is no number given as evidence; name one that is")


def _lint_operation(
    expression: Mapping[str, Any], path: str, fields: Mapping[str, Mapping[str, Any]]
) -> Iterator[Problem]:
    name = next(iter(expression), "")
    parts = expression.get(name)
    if len(expression) != 1 or name not in OPERATIONS:
        yield Problem(path, f"write exactly one of {', '.join(OPERATIONS)}")
        return
    least, most = (2, 2) if name in PAIRS else (1, math.inf)
    if not isinstance(parts, list) or not least <= len(parts) <= most:
        wanted = "exactly two" if name in PAIRS else "at least one"
        yield Problem(f"{path}.{name}", f"{name} needs a list of {wanted}; correct it")
        return
    for index, part in enumerate(parts):
        yield from lint_expression(part, f"{path}.{name}[{index}]", fields)
