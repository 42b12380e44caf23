"""Rubrics in the format ``dsp-rubric/1``: parse, digest, validate.

A rubric is data, versioned and hashed; ``rubric.schema.json`` beside this file is its JSON Schema
and ``rubric_lint`` checks what a schema cannot say. Faults name the path in the rubric and what
to write instead.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from portal.domain.predicates import Problem

from .rubric_lint import lint_rubric

Rubric = Mapping[str, Any]

__all__ = [
    "Rubric",
    "RubricError",
    "digest",
    "in_force",
    "lint_rubric",
    "parse_rubric",
    "validate_rubric",
]


class RubricError(ValueError):
    """A rubric that cannot be used; ``problems`` lists every fault with its path."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        """Keep the problems and print them one per line."""
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


def parse_rubric(text: str) -> Rubric:
    """Read and validate a rubric from its JSON text. Raises RubricError with every fault."""
    rubric = parse_json(text)
    try:
        validate_rubric(rubric)
    except RecursionError as error:
        message = "nested too deeply; write fewer levels"
        raise RubricError((Problem("(rubric)", message),)) from error
    return rubric  # type: ignore[no-any-return]


def parse_json(text: str) -> Any:
    """JSON in which a key may stand only once per object and NaN does not exist.

    Raises RubricError on what is not such JSON.
    """
    try:
        return json.loads(text, object_pairs_hook=unique_keys, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise RubricError((Problem("(file)", f"not readable as JSON: {error}"),)) from error


def unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """JSON object hook: raises ValueError where a key stands twice, instead of dropping one."""
    keys = [key for key, _ in pairs]
    twice = sorted({key for key in keys if keys.count(key) > 1})
    if twice:
        raise ValueError(f"key {twice[0]!r} stands twice in one object; keep one")
    return dict(pairs)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a JSON number; write a finite number")


def validate_rubric(rubric: Any) -> None:
    """Check schema, then rules, then digest. Raises RubricError with every fault of one stage."""
    problems = schema_problems(rubric) or lint_rubric(rubric)
    if not problems and digest(rubric) != rubric["digest"]:
        message = f"does not match the content; write {digest(rubric)}"
        problems = (Problem("digest", message),)
    if problems:
        raise RubricError(problems)


def digest(rubric: Rubric) -> str:
    """``sha256:`` and the hash of the canonical JSON of the rubric without its ``digest``.

    Canonical: keys sorted, no spaces, UTF-8 with characters unescaped, numbers as written.

    >>> digest({"b": 1, "a": "县"}) == digest({"a": "县", "b": 1, "digest": "x"})
    True
    """
    content = {key: value for key, value in rubric.items() if key != "digest"}
    text = json.dumps(
        content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def in_force(rubric: Rubric, day: date) -> bool:
    """Whether ``day`` lies within the rubric's effective dates, both included; null is open.

    >>> in_force({"effective": {"from": "2022-08-01", "to": "2026-03-31"}}, date(2026, 3, 31))
    True
    >>> in_force({"effective": {"from": "2022-08-01", "to": "2026-03-31"}}, date(2026, 4, 1))
    False
    """
    start, end = (rubric["effective"].get(key) for key in ("from", "to"))
    begun = start is None or date.fromisoformat(start) <= day
    return begun and (end is None or day <= date.fromisoformat(end))


@cache
def _validator() -> Draft202012Validator:
    text = files(__package__).joinpath("rubric.schema.json").read_text(encoding="utf-8")
    return Draft202012Validator(json.loads(text))


def schema_problems(rubric: Any) -> tuple[Problem, ...]:
    """Where ``rubric`` breaks the JSON Schema, in the order of the paths."""
    errors = [_deepest(error) for error in _validator().iter_errors(rubric)]
    found = {Problem(_path_of(error), _advice(error)) for error in errors}
    return tuple(sorted(found, key=lambda problem: (problem.path, problem.message)))


def _deepest(error: ValidationError) -> ValidationError:
    """The most telling cause: of alternatives, the fault that lies deepest in the rubric."""
    depth = len(error.absolute_path)
    deeper = [_deepest(one) for one in error.context or () if len(one.absolute_path) > depth]
    return max(deeper, key=lambda one: len(one.absolute_path), default=error)


def _path_of(error: ValidationError) -> str:
    path = ""
    for key in error.absolute_path:
        path += f"[{key}]" if isinstance(key, int) else f".{key}" if path else str(key)
    return path or "(rubric)"


def _advice(error: ValidationError) -> str:
    """The fault in words and what to write instead."""
    wanted: Any = error.validator_value
    found = json.dumps(error.instance, ensure_ascii=False, default=str)[:60]
    if error.validator == "required":
        missing = [key for key in wanted if key not in error.instance]
        return f"{', '.join(missing)} missing; add it"
    if error.validator == "oneOf":
        needs = [" + ".join(one.get("required", ["enum"])) for one in wanted]
        return f"write exactly one of: {'; '.join(needs)}"
    types = " or ".join(map(str, wanted)) if isinstance(wanted, list) else wanted
    advice = {
        "additionalProperties": f"{error.message}; remove it or correct the name",
        "enum": f"{found} is not allowed; write one of {wanted}",
        "const": f"{found} is not allowed; write {wanted!r}",
        "pattern": f"{found} does not match {wanted}",
        "type": f"{found} has the wrong type; write a {types}",
    }
    return advice.get(str(error.validator), f"{error.message}; correct it")
