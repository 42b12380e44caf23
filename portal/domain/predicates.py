"""The one predicate language of screening rules and rubrics.

A predicate is plain data (JSON): ``{"all": [...]}``, ``{"any": [...]}``, ``{"not": p}`` or one
comparison, ``{"field": name, "op": op, "value": v}``, ``{"node": id, ...}``,
``{"score": true, ...}``.

Rules that every caller may rely on:

- A field that is not known makes its comparison false, whatever the operator (``ne`` too).
- Numbers are compared with a slack of 1e-9 in favour of a tie: a tie counts as reached by ``ge``
  and ``le`` and as not passed by ``gt`` and ``lt`` (../shared/design/4-scoring.md, section 0).
- Kinds never mix: ``True`` is not the number 1, a number is not a code.

Operators: ``ge gt le lt`` (numbers, dates), ``eq ne`` (numbers, codes, booleans, dates), ``in
not_in`` (value is a list), ``contains`` (the field is a list), ``known`` (no value),
``within_months`` (a date, at most that many months of 30.4375 days old, edge included, not in the
future), ``for_months`` (a date since which that many whole calendar months have passed, edge
included: "held for 12 months") and ``not_expired`` (a date on or after the day of the decision).
"""

from __future__ import annotations

import math
from calendar import monthrange
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Self

EPS = 1e-9
"""Comparison slack, in the unit of what is compared."""

DAYS_PER_MONTH = 30.4375
"""Mean length of a month in days (365.25 / 12)."""

Predicate = Mapping[str, Any]

ORDER = frozenset({"ge", "gt", "le", "lt"})
WITHOUT_VALUE = frozenset({"known", "not_expired"})
SUBJECTS = ("field", "node", "score")


@dataclass(frozen=True)
class Context:
    """What a predicate may look at.

    ``fields`` holds known values only: a name that is absent (or ``None``) is unknown. ``nodes``
    holds points by node id, ``score`` the total; ``None`` is unknown. ``as_of`` is the day of the
    decision and is needed by ``within_months``, ``for_months`` and ``not_expired`` alone.
    """

    fields: Mapping[str, object] = field(default_factory=dict)
    nodes: Mapping[str, float | None] = field(default_factory=dict)
    score: float | None = None
    as_of: date | None = None


@dataclass(frozen=True)
class Comparison:
    """One comparison as it was found: where it stands, what was asked, what was there."""

    path: str
    subject: str
    name: str
    op: str
    value: object
    got: object
    held: bool


@dataclass(frozen=True)
class Problem:
    """One fault in a definition: the path of the faulty place and what to write instead.

    ``message`` is English. Where pages show a fault to people who write Chinese, ``template`` and
    ``params`` let them translate it; elsewhere ``template`` is the message itself.
    """

    path: str
    message: str
    template: str = ""
    params: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, path: str, template: str, **params: object) -> Self:
        """Return a fault whose words can be translated.

        >>> Problem.of("key", "%(key)s stands twice", key="a").message
        'a stands twice'
        """
        filled = {name: str(value) for name, value in params.items()}
        return cls(path, template % filled if filled else template, template, (*filled.items(),))

    def __str__(self) -> str:
        """``path: message``, as an author reads it."""
        return f"{self.path}: {self.message}"


def months_between(earlier: date, later: date) -> float:
    """Age in months of 30.4375 days; negative when ``earlier`` lies in the future.

    >>> round(months_between(date(2022, 7, 1), date(2025, 6, 30)), 2)
    35.98
    """
    return (later - earlier).days / DAYS_PER_MONTH


def whole_months(earlier: date, later: date) -> int:
    """Calendar months that have passed; a month is over on the same day, or on its last day.

    >>> whole_months(date(2025, 1, 31), date(2025, 2, 28))
    1
    >>> whole_months(date(2025, 3, 15), date(2026, 3, 14))
    11
    """
    months = (later.year - earlier.year) * 12 + later.month - earlier.month
    last = monthrange(later.year, later.month)[1]
    return months if later.day >= min(earlier.day, last) else months - 1


def at_least(got: float, threshold: float) -> bool:
    """``got`` reaches ``threshold``; a tie within 1e-9 counts as reached."""
    return got >= threshold - EPS


def at_most(got: float, threshold: float) -> bool:
    """``got`` does not pass ``threshold``; a tie within 1e-9 counts as not passed."""
    return got <= threshold + EPS


def evaluate(predicate: Predicate, context: Context) -> bool:
    """Whether ``predicate`` holds. Raises ValueError on what ``lint`` would have refused.

    >>> evaluate({"field": "rd", "op": "ge", "value": 3}, Context({"rd": 3.0}))
    True
    >>> evaluate({"not": {"field": "rd", "op": "ge", "value": 3}}, Context())
    True
    """
    if "all" in predicate:
        return all(evaluate(part, context) for part in predicate["all"])
    if "any" in predicate:
        return any(evaluate(part, context) for part in predicate["any"])
    if "not" in predicate:
        return not evaluate(predicate["not"], context)
    return _compare(predicate, context, "").held


def explain(predicate: Predicate, context: Context, path: str = "") -> tuple[Comparison, ...]:
    """Every comparison of ``predicate`` in reading order, each with what was found and if it held.

    A comparison under ``not`` is reported as it stands, before it is negated.
    """
    return tuple(_compare(leaf, context, where) for where, leaf in comparisons(predicate, path))


def comparisons(predicate: Predicate, path: str = "") -> Iterator[tuple[str, Predicate]]:
    """Walk the comparisons in reading order as ``(path, comparison)``."""
    for key in ("all", "any"):
        for index, part in enumerate(predicate.get(key, ())):
            yield from comparisons(part, _join(path, f"{key}[{index}]"))
    if "not" in predicate:
        yield from comparisons(predicate["not"], _join(path, "not"))
    if "op" in predicate:
        yield path, predicate


def fields_of(predicate: Predicate) -> frozenset[str]:
    """Names of the fields that ``predicate`` looks at."""
    return frozenset(leaf["field"] for _, leaf in comparisons(predicate) if "field" in leaf)


def _compare(leaf: Predicate, context: Context, path: str) -> Comparison:
    subject, name, got = _look_up(leaf, context, path)
    op, value = str(leaf.get("op")), leaf.get("value")
    if op not in OPERATORS:
        raise ValueError(f"{path or 'predicate'}: unknown op {op!r}")
    held = got is not None and OPERATORS[op](got, value, context)
    return Comparison(path, subject, name, op, value, got, held)


def _look_up(leaf: Predicate, context: Context, path: str) -> tuple[str, str, object]:
    if "field" in leaf:
        return "field", leaf["field"], context.fields.get(leaf["field"])
    if "node" in leaf:
        return "node", leaf["node"], context.nodes.get(leaf["node"])
    if "score" in leaf:
        return "score", "score", context.score
    raise ValueError(f"{path or 'predicate'}: neither all, any, not, field, node nor score")


def _pair(got: object, value: object) -> tuple[str, Any, Any]:
    """Bring both sides to one kind; the kind is ``""`` when they cannot be compared."""
    if isinstance(got, bool) or isinstance(value, bool):
        return ("same" if isinstance(got, bool) and isinstance(value, bool) else "", got, value)
    if isinstance(got, int | float) and isinstance(value, int | float):
        return ("" if got != got else "number"), got, value  # noqa: PLR0124 - NaN, of any size
    left, right = _as_date(got, value), _as_date(value, got)
    if left is not None and right is not None:
        return "date", left, right
    return ("same" if isinstance(got, str) and isinstance(value, str) else ""), got, value


def _as_date(one: object, other: object) -> date | None:
    """A date, or a text standing for one where the other side is a date."""
    if isinstance(one, datetime):
        return one.date()
    if isinstance(one, date):
        return one
    if isinstance(one, str) and isinstance(other, date):
        return parse_date(one)
    return None


def parse_date(text: str) -> date | None:
    """The ISO 8601 calendar date in ``text``, or ``None``."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _ordered(
    numbers: Callable[[float, float], bool], dates: Callable[[date, date], bool]
) -> Operator:
    def compare(got: object, value: object, _: Context) -> bool:
        kind, left, right = _pair(got, value)
        if kind == "number":
            return numbers(left, right)
        return kind == "date" and dates(left, right)

    return compare


def _equal(got: object, value: object, _: Context) -> bool:
    kind, left, right = _pair(got, value)
    if kind == "number":
        return at_least(left, right) and at_most(left, right)
    return kind != "" and bool(left == right)


def _differs(got: object, value: object, context: Context) -> bool:
    return _pair(got, value)[0] != "" and not _equal(got, value, context)


def _among(got: object, value: object, context: Context) -> bool:
    return isinstance(value, Sequence) and any(_equal(got, one, context) for one in value)


def _contains(got: object, value: object, context: Context) -> bool:
    listed = isinstance(got, list | tuple | set | frozenset)
    return listed and any(_equal(one, value, context) for one in got)  # type: ignore[attr-defined]


def _within_months(got: object, value: object, context: Context) -> bool:
    then = _as_date(got, None)
    if then is None or context.as_of is None or not isinstance(value, int | float):
        return False
    age = months_between(then, context.as_of)
    return age >= 0 and at_most(age, value)


def _for_months(got: object, value: object, context: Context) -> bool:
    since = _as_date(got, None)
    if since is None or context.as_of is None or not isinstance(value, int | float):
        return False
    return since <= context.as_of and at_least(whole_months(since, context.as_of), value)


def _not_expired(got: object, _: object, context: Context) -> bool:
    until = _as_date(got, None)
    return until is not None and context.as_of is not None and until >= context.as_of


Operator = Callable[[object, object, Context], bool]

OPERATORS: Mapping[str, Operator] = {
    "ge": _ordered(at_least, lambda left, right: left >= right),
    "le": _ordered(at_most, lambda left, right: left <= right),
    "gt": _ordered(lambda left, right: not at_most(left, right), lambda left, right: left > right),
    "lt": _ordered(lambda left, right: not at_least(left, right), lambda left, right: left < right),
    "eq": _equal,
    "ne": _differs,
    "in": _among,
    "not_in": lambda got, value, context: not _among(got, value, context),
    "contains": _contains,
    "known": lambda _got, _value, _context: True,
    "within_months": _within_months,
    "for_months": _for_months,
    "not_expired": _not_expired,
}

OPS_OF_TYPE: Mapping[str, frozenset[str]] = {
    "number": ORDER | {"eq", "ne", "in", "not_in", "known"},
    "integer": ORDER | {"eq", "ne", "in", "not_in", "known"},
    "boolean": frozenset({"eq", "ne", "known"}),
    "code": frozenset({"eq", "ne", "in", "not_in", "known"}),
    "text": frozenset({"eq", "ne", "in", "not_in", "known"}),
    "codes": frozenset({"contains", "known"}),
    "date": ORDER | {"eq", "ne", "known", "within_months", "for_months", "not_expired"},
    "collection": frozenset({"known"}),
}
"""Which operators make sense for which type of field."""


def lint(
    predicate: object,
    path: str = "when",
    *,
    fields: Mapping[str, Mapping[str, Any]] | None = None,
    nodes: frozenset[str] | None = None,
) -> tuple[Problem, ...]:
    """Every fault of ``predicate``, each with its path and what to write instead; () when sound.

    ``fields`` maps each known field name to its definition (``type``, perhaps ``codes``); ``None``
    leaves names unchecked. ``nodes`` are the node ids that may be named; ``None`` leaves them
    unchecked, an empty set forbids ``node`` and ``score`` here.

    >>> [str(p) for p in lint({"field": "rd", "op": "=>", "value": 3})][0][:24]
    "when.op: unknown op '=>'"
    """
    return tuple(_lint(predicate, path, fields, nodes))


def _lint(
    predicate: object,
    path: str,
    fields: Mapping[str, Mapping[str, Any]] | None,
    nodes: frozenset[str] | None,
) -> Iterator[Problem]:
    if not isinstance(predicate, Mapping):
        yield Problem.of(path, 'write an object such as {"field": "name", "op": "ge", "value": 1}')
        return
    keys = [key for key in ("all", "any", "not", *SUBJECTS) if key in predicate]
    if len(keys) != 1:
        yield Problem.of(path, "write exactly one of all, any, not, field, node, score")
    elif keys[0] == "not":
        yield from _lint(predicate["not"], _join(path, "not"), fields, nodes)
    elif keys[0] in {"all", "any"}:
        yield from _lint_parts(predicate[keys[0]], _join(path, keys[0]), fields, nodes)
    else:
        yield from _lint_comparison(predicate, path, fields, nodes)


def _lint_parts(
    parts: object,
    path: str,
    fields: Mapping[str, Mapping[str, Any]] | None,
    nodes: frozenset[str] | None,
) -> Iterator[Problem]:
    if not isinstance(parts, list) or not parts:
        yield Problem.of(path, "write a list with at least one predicate")
        return
    for index, part in enumerate(parts):
        yield from _lint(part, f"{path}[{index}]", fields, nodes)


def _lint_comparison(
    leaf: Predicate,
    path: str,
    fields: Mapping[str, Mapping[str, Any]] | None,
    nodes: frozenset[str] | None,
) -> Iterator[Problem]:
    op = leaf.get("op")
    if not isinstance(op, str) or op not in OPERATORS:
        known = ", ".join(OPERATORS)
        words = "unknown op %(op)s; write one of %(known)s"
        yield Problem.of(_join(path, "op"), words, op=repr(op), known=known)
        return
    spec: Mapping[str, Any] | None = {"type": "number"}
    if "field" in leaf:
        spec = None if fields is None else fields.get(leaf["field"], {})
        if spec == {}:
            field = repr(leaf["field"])
            yield Problem.of(
                _join(path, "field"), "unknown field %(field)s; declare it", field=field
            )
            return
    elif nodes is not None and "node" in leaf and leaf["node"] not in nodes:
        yield Problem(_join(path, "node"), f"unknown node {leaf['node']!r}; name one of this tree")
    elif nodes is not None and not nodes:
        words = "the score is not known here; compare a field instead"
        yield Problem.of(_join(path, "score"), words)
    if spec is not None:
        yield from _lint_value(op, leaf.get("value"), spec, path)
    elif op not in WITHOUT_VALUE and "value" not in leaf:
        yield Problem.of(_join(path, "value"), "op %(op)s needs a value; add it", op=op)


def _lint_value(op: str, value: object, spec: Mapping[str, Any], path: str) -> Iterator[Problem]:
    allowed = OPS_OF_TYPE.get(spec["type"], frozenset())
    if op not in allowed:
        names = ", ".join(sorted(allowed))
        words = "op %(op)s does not fit a %(type)s; write one of %(names)s"
        yield Problem.of(_join(path, "op"), words, op=op, type=spec["type"], names=names)
        return
    if op in WITHOUT_VALUE:
        return
    many = op in {"in", "not_in"}
    if many and not (isinstance(value, list) and value):
        yield Problem.of(_join(path, "value"), "op %(op)s needs a list of values", op=op)
        return
    kind = "number" if op in {"within_months", "for_months"} else spec["type"]
    ones: list[object] = value if many else [value]  # type: ignore[assignment]
    for one in ones:
        yield from _lint_one(one, kind, spec, _join(path, "value"))


def _lint_one(one: object, kind: str, spec: Mapping[str, Any], path: str) -> Iterator[Problem]:
    if not _FITS[kind](one):
        words = "%(value)s is not a %(type)s; write %(example)s"
        yield Problem.of(path, words, value=repr(one), type=kind, example=_EXAMPLE[kind])
    elif "codes" in spec and one not in spec["codes"]:
        words = "%(value)s is no code of the field; write one of %(codes)s"
        yield Problem.of(path, words, value=repr(one), codes=spec["codes"])


def _is_number(one: object) -> bool:
    return isinstance(one, int | float) and not isinstance(one, bool) and math.isfinite(one)


_FITS: Mapping[str, Callable[[object], bool]] = {
    "number": _is_number,
    "integer": _is_number,
    "boolean": lambda one: isinstance(one, bool),
    "code": lambda one: isinstance(one, str),
    "text": lambda one: isinstance(one, str),
    "codes": lambda one: isinstance(one, str),
    "date": lambda one: isinstance(one, str) and parse_date(one) is not None,
}
_EXAMPLE: Mapping[str, str] = {
    "number": "a finite number such as 3",
    "integer": "a finite number such as 3",
    "boolean": "true or false",
    "code": 'a text such as "first_pass"',
    "text": 'a text such as "yes"',
    "codes": 'a text such as "software"',
    "date": 'an ISO date such as "2026-01-31"',
}


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key
