"""Reading evidence: what is known, what is missing and why, what is quarantined.

Evidence is a mapping of field name to a bare value or to ``{"value", "date", "expires"}`` with
ISO dates; a collection is a list of items. Nothing is clipped or guessed: an invalid value is
quarantined under a reason code and counts as missing (../shared/design/4-scoring.md, section 1).

A field with ``derive`` is computed from others (``expressions``) and never taken from evidence.

Reason codes: ``type``, ``nan``, ``inf``, ``not_integer``, ``below_min``, ``above_max``,
``unknown_code``, ``bad_date``, ``no_date``, ``future_date``, ``expired``, ``unknown_field``,
``derived_field`` (a value given for a derived field), ``undefined`` (a formula without a value),
``outside_range`` (an expert's points outside the range that the evidence allows), ``pending``
(an item without its required rating). ``expired`` and ``pending`` need no review.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from datetime import date as Date  # noqa: N812 - Reading has a field of that name
from typing import Any, Literal

from portal.domain.predicates import EPS, at_most, months_between, parse_date

from .expressions import compute, inputs_of

State = Literal["known", "absent", "invalid", "expired", "not_applicable"]
FieldSpec = Mapping[str, Any]

NO_REVIEW = frozenset({"expired", "pending"})
"""Reason codes that are part of normal life; every other one asks for a person's look."""


@dataclass(frozen=True)
class UsedItem:
    """One item of a collection that counted: its place, value, date and weight in [0, 1].

    ``value`` is 1 where items are only counted; ``weight`` is what decay and the cap left.
    """

    index: int
    value: float
    weight: float
    date: Date | None = None


@dataclass(frozen=True)
class Reading:
    """One field as it was found.

    ``value`` is set only when ``state`` is ``known``; ``issue`` is the reason code of an invalid
    or expired value; ``items`` are those that a reduced collection rests on.
    """

    state: State
    value: Any = None
    date: Date | None = None
    expires: Date | None = None
    issue: str | None = None
    items: tuple[UsedItem, ...] = field(default=(), compare=False)


ABSENT = Reading("absent")


def read_evidence(
    fields: Mapping[str, FieldSpec], evidence: Mapping[str, object], as_of: date | None
) -> tuple[dict[str, Reading], list[str]]:
    """Read every declared field; return the readings and the issues as ``name:code``.

    Raises ValueError when dated evidence is to be judged and ``as_of`` is ``None``.
    """
    given = {name: spec for name, spec in fields.items() if "derive" not in spec}
    readings = {name: read_field(spec, evidence.get(name), as_of) for name, spec in given.items()}
    derived = {name: spec for name, spec in fields.items() if "derive" in spec}
    readings |= {name: derive_field(spec, readings) for name, spec in derived.items()}
    issues = [f"{name}:{found.issue}" for name, found in readings.items() if found.issue]
    issues += [f"{name}:unknown_field" for name in evidence if name not in fields]
    issues += [f"{name}:derived_field" for name in evidence if name in derived]
    return readings, issues


def derive_field(spec: FieldSpec, readings: Mapping[str, Reading]) -> Reading:
    """Compute a derived field; without all of its inputs it is in the worst of their states.

    >>> inputs = {"a": Reading("known", 6), "b": Reading("known", 4)}
    >>> derive_field({"type": "number", "derive": {"div": ["a", "b"]}}, inputs).value
    1.5
    """
    inputs = {name: readings[name] for name in sorted(inputs_of(spec["derive"]))}
    states = {one.state for one in inputs.values()}
    for state in _WORST_FIRST:
        if state in states:
            return Reading(state)
    found = compute(spec["derive"], {name: one.value for name, one in inputs.items()})
    return _invalid("undefined") if found is None else _checked(spec, found)


_WORST_FIRST: tuple[State, ...] = ("invalid", "expired", "absent", "not_applicable")


def read_field(spec: FieldSpec, raw: object, as_of: date | None) -> Reading:
    """Read one value against its field's definition.

    >>> read_field({"type": "integer", "min": 0}, True, None).issue
    'type'
    """
    if raw is None:
        return ABSENT
    if spec["type"] == "collection":
        return Reading("known", raw) if isinstance(raw, list | tuple) else _invalid("type")
    if not isinstance(raw, Mapping):
        return _checked(spec, raw)
    if "value" not in raw:
        return _invalid("type")
    if raw["value"] is None:
        return ABSENT
    return _read_dated(spec, raw, as_of)


def _read_dated(spec: FieldSpec, raw: Mapping[str, object], as_of: date | None) -> Reading:
    given = {key: raw[key] for key in ("date", "expires") if raw.get(key) is not None}
    dates = {key: to_date(one) for key, one in given.items()}
    if None in dates.values():
        return _invalid("bad_date")
    found = _checked(spec, raw["value"])
    if found.state != "known":
        return found
    issue = _date_issue(spec.get("validity", {}), dates, as_of)
    state: State = "known" if issue is None else "expired" if issue == "expired" else "invalid"
    value = found.value if state == "known" else None
    return Reading(state, value, dates.get("date"), dates.get("expires"), issue)


def _date_issue(
    validity: Mapping[str, Any], dates: Mapping[str, date | None], as_of: date | None
) -> str | None:
    """Why dated evidence cannot be used: ``no_date``, ``future_date``, ``expired`` or ``None``."""
    needed = {"window": "date", "expires": "expires"}.get(validity.get("kind", "none"))
    if needed and needed not in dates:
        return "no_date"
    if dates and as_of is None:
        raise ValueError("as_of: evidence carries dates; say the day of scoring")
    seen, until = dates.get("date"), dates.get("expires")
    if seen and as_of and seen > as_of:
        return "future_date"
    if needed == "expires" and until and as_of and until < as_of:
        return "expired"
    if needed == "date" and seen and as_of and "months" in validity:
        return None if at_most(months_between(seen, as_of), validity["months"]) else "expired"
    return None


def to_date(one: object) -> date | None:
    """A date from a date, a datetime or an ISO text; ``None`` when it is none of these."""
    if isinstance(one, datetime):
        return one.date()
    if isinstance(one, date):
        return one
    return parse_date(one) if isinstance(one, str) else None


def _checked(spec: FieldSpec, value: object) -> Reading:
    if isinstance(value, str) and value in spec.get("not_applicable", ()):
        return Reading("not_applicable")
    check = {"boolean": _check_boolean, "code": _check_code, "date": _check_date}
    return check.get(spec["type"], _check_number)(spec, value)


def _check_boolean(_: FieldSpec, value: object) -> Reading:
    return Reading("known", value) if isinstance(value, bool) else _invalid("type")


def _check_code(spec: FieldSpec, value: object) -> Reading:
    if not isinstance(value, str):
        return _invalid("type")
    return Reading("known", value) if value in spec["codes"] else _invalid("unknown_code")


def _check_date(_: FieldSpec, value: object) -> Reading:
    found = to_date(value)
    return _invalid("bad_date") if found is None else Reading("known", found)


def _check_number(spec: FieldSpec, value: object) -> Reading:
    # Python's True is an int; here it never passes for a number.
    if isinstance(value, bool) or not isinstance(value, int | float):
        return _invalid("type")
    issue = _number_issue(spec, value)
    return _invalid(issue) if issue else Reading("known", value)


def _number_issue(spec: FieldSpec, value: float) -> str | None:
    # the order matters: isnan cannot take an integer beyond the range of a double
    if abs(value) > LARGEST:
        return "inf"
    if math.isnan(value):
        return "nan"
    if spec["type"] == "integer" and value != math.floor(value):
        return "not_integer"
    if value < spec.get("min", -math.inf):
        return "below_min"
    return "above_max" if value > spec.get("max", math.inf) else None


LARGEST = 1e300
"""Beyond this a double (or a Python integer turned into one) overflows in the formulas."""


def _invalid(code: str) -> Reading:
    return Reading("invalid", issue=code)


def decay_weight(
    age: float, decay: Mapping[str, Any] | None = None, window: float | None = None
) -> float:
    """Weight in [0, 1] of evidence ``age`` months old: 2^(-age / half life) inside the window.

    The window's edge is included; without ``decay`` the weight is 1 inside it. Raises ValueError
    for a negative age (a future date). Source: 4-scoring.md, section 4.

    >>> decay_weight(18, {"kind": "exp", "half_life_months": 18}, 36)
    0.5
    """
    if not age >= 0:
        raise ValueError("age: evidence from the future has no weight")
    if window is not None and not at_most(age, window):
        return 0.0
    return 1.0 if decay is None else float(2.0 ** (-age / decay["half_life_months"]))


def cap_group_total(weights: Sequence[float], keys: Sequence[object], cap: float) -> list[float]:
    """Scale the weights of each group down so that no group adds to more than ``cap``.

    w <- w * min(1, cap / sum of the group); a sum equal to the cap is not cut. Source:
    4-scoring.md, section 4.

    >>> cap_group_total([3.0, 2.0, 0.5], ["a", "a", "b"], 4)
    [2.4000000000000004, 1.6, 0.5]
    """
    groups: dict[object, list[float]] = {}
    for weight, key in zip(weights, keys, strict=True):
        groups.setdefault(key, []).append(weight)
    sums = {key: math.fsum(group) for key, group in groups.items()}
    factor = {key: cap / total if total > cap + EPS else 1.0 for key, total in sums.items()}
    return [weight * factor[key] for weight, key in zip(weights, keys, strict=True)]
