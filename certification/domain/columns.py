"""Evidence of many providers as columns: the column-wise twin of ``evidence``.

Rows of evidence (``MappingRows``: one mapping per provider; ``FrameRows``: a table, with one table
per collection) are read field by field into a ``Column``. Plain numbers, codes and booleans are
checked as whole arrays; whatever is not plain (dates beside values, wrong types) goes value by
value through ``evidence.read_field``, so that both paths quarantine alike.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import reduce
from typing import Any, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from .evidence import LARGEST, NO_REVIEW, FieldSpec, read_field, to_date
from .expressions import Expression, inputs_of

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Places = npt.NDArray[np.intp]
Raw: TypeAlias = Sequence[object] | pd.Series

KNOWN, ABSENT, INVALID, EXPIRED, NOT_APPLICABLE = range(5)
STATES = ("known", "absent", "invalid", "expired", "not_applicable")
WORST_FIRST = (INVALID, EXPIRED, ABSENT, NOT_APPLICABLE)

NO_DATE = -1
"""Day of a date that is not there; real days are proleptic ordinals from 1."""
BAD_DATE = -2


class Rows(Protocol):
    """Rows of raw evidence: providers, or the items of a collection."""

    def __len__(self) -> int:
        """How many rows."""

    def raw(self, name: str) -> Raw:
        """The raw values of a field, one per row; ``None`` where there is none."""

    def names(self) -> set[str]:
        """Names of all fields that any row gives."""

    def gives(self, name: str) -> Flags:
        """Rows that give a field."""

    def items(self, name: str) -> Column:
        """A collection as a column of items."""

    def take(self, places: Places) -> Rows:
        """The rows at ``places``, in that order."""


@dataclass(frozen=True)
class Items:
    """The items of all rows' collections: whose each is, whether it is an object, the rows."""

    owner: Places
    sound: Flags
    rows: Rows

    def take(self, places: Places, count: int) -> Items:
        """The items of the rows at ``places`` of ``count``; items stand row by row."""
        number = np.bincount(self.owner, minlength=count)
        before, taken = np.cumsum(number) - number, number[places]
        owner = np.repeat(np.arange(len(places)), taken)
        within = np.arange(len(owner)) - np.repeat(np.cumsum(taken) - taken, taken)
        at = np.repeat(before[places], taken) + within
        return Items(owner, self.sound[at], self.rows.take(at))


@dataclass(frozen=True)
class Column:
    """One field of N rows: ``state`` [N], ``value`` [N] where known (floats for numbers, else
    objects), ``review`` [N] where a person must look; ``items`` of a collection.
    """

    state: npt.NDArray[np.int8]
    value: Array
    review: Flags
    items: Items | None = None

    @property
    def known(self) -> Flags:
        """Where the value is known, [N]."""
        return self.state == KNOWN  # type: ignore[no-any-return]

    def take(self, places: Places) -> Column:
        """The rows at ``places``, in that order, a collection's items with them."""
        items = None if self.items is None else self.items.take(places, len(self.state))
        return Column(self.state[places], self.value[places], self.review[places], items)


@dataclass(frozen=True)
class MappingRows:
    """One mapping of field names to raw values per row."""

    rows: Sequence[Mapping[str, Any]]

    def __len__(self) -> int:
        """How many rows."""
        return len(self.rows)

    def raw(self, name: str) -> Raw:
        """The raw values of a field."""
        return [row.get(name) for row in self.rows]

    def names(self) -> set[str]:
        """Names of all fields that any row gives."""
        return set().union(*self.rows)

    def gives(self, name: str) -> Flags:
        """Rows that give a field."""
        return np.array([name in row for row in self.rows], dtype=bool)

    def items(self, name: str) -> Column:
        """A collection as a column of items."""
        raws = [row.get(name) for row in self.rows]
        listed = [raw if isinstance(raw, list | tuple) else () for raw in raws]
        state = np.array(
            [
                ABSENT if raw is None else KNOWN if isinstance(raw, list | tuple) else INVALID
                for raw in raws
            ],
            dtype=np.int8,
        )
        owner = np.repeat(np.arange(len(raws)), [len(one) for one in listed])
        items = [item for one in listed for item in one]
        sound = np.array([isinstance(item, Mapping) for item in items], dtype=bool)
        rows = MappingRows([item if isinstance(item, Mapping) else {} for item in items])
        value = np.empty(len(raws), dtype=object)
        return Column(state, value, state == INVALID, Items(owner, sound, rows))

    def take(self, places: Places) -> MappingRows:
        """The rows at ``places``."""
        return MappingRows([self.rows[place] for place in places])


@dataclass(frozen=True)
class FrameRows:
    """A table, one row per row of evidence; an empty cell is absent.

    ``collections`` maps the name of a collection to its own table, whose column ``owner`` says
    to which row (by place, from 0, ascending) each item belongs.
    """

    frame: pd.DataFrame
    collections: Mapping[str, pd.DataFrame]
    owner: str = "provider"

    def __len__(self) -> int:
        """How many rows."""
        return len(self.frame)

    def raw(self, name: str) -> Raw:
        """The raw values of a field."""
        return self.frame[name] if name in self.frame else [None] * len(self.frame)

    def names(self) -> set[str]:
        """Names of all columns and collections."""
        return {*self.frame, *self.collections}

    def gives(self, name: str) -> Flags:
        """Rows that give a field."""
        if name in self.collections:
            return self.items(name).known
        return self.frame[name].notna().to_numpy(dtype=bool)  # type: ignore[no-any-return]

    def items(self, name: str) -> Column:
        """A collection as a column of items; a row without items has none, not an empty one."""
        table = self.collections.get(name, pd.DataFrame({self.owner: np.empty(0, dtype=np.intp)}))
        owner = table[self.owner].to_numpy(dtype=np.intp)
        if (np.diff(owner) < 0).any() or not (
            len(owner) == 0 or 0 <= owner[0] <= owner[-1] < len(self)
        ):
            raise ValueError(f"{name}: order the items by {self.owner}, from 0 to {len(self) - 1}")
        held = np.bincount(owner, minlength=len(self)) > 0
        state = np.where(held, KNOWN, ABSENT).astype(np.int8)
        rows = FrameRows(table.drop(columns=self.owner), {})
        sound = np.ones(len(owner), dtype=bool)
        value = np.empty(len(self), dtype=object)
        return Column(state, value, np.zeros(len(self), dtype=bool), Items(owner, sound, rows))

    def take(self, places: Places) -> FrameRows:
        """The rows at ``places``, without their collections (an item has none)."""
        return FrameRows(self.frame.iloc[places], {})


# --- reading


def read_columns(
    fields: Mapping[str, FieldSpec], rows: Rows, as_of: date | None
) -> dict[str, Column]:
    """Read every declared field of all rows, derived ones last.

    Raises ValueError when dated evidence is to be judged and ``as_of`` is ``None``.
    """
    columns: dict[str, Column] = {}
    for name, spec in fields.items():
        if spec["type"] == "collection":
            columns[name] = rows.items(name)
        elif "derive" not in spec:
            columns[name] = read_column(spec, rows.raw(name), as_of)
    derived = {name: spec for name, spec in fields.items() if "derive" in spec}
    return columns | {name: derive_column(spec, columns) for name, spec in derived.items()}


def read_column(spec: FieldSpec, raw: Raw, as_of: date | None) -> Column:
    """Read one field; as a whole where all values are of the field's plain type.

    >>> read_column({"type": "number", "min": 0}, [3, None, -1], None).state.tolist()
    [0, 1, 2]
    """
    values = _plain_values(raw)
    kinds = set(map(type, values)) - {type(None)}
    if spec["type"] in _PLAIN and kinds <= _PLAIN[spec["type"]]:
        try:
            return _READ_PLAIN[spec["type"]](spec, values)
        except OverflowError:  # an integer beyond the range of a double
            pass
    return _read_one_by_one(spec, values, as_of)


def _plain_values(raw: Raw) -> Sequence[object]:
    """Python's own values; the empty cells of a table are ``None``."""
    if not isinstance(raw, pd.Series):
        return raw
    return raw.astype(object).where(raw.notna(), None).tolist()  # type: ignore[no-any-return]


def _read_one_by_one(spec: FieldSpec, values: Sequence[object], as_of: date | None) -> Column:
    found = [read_field(spec, value, as_of) for value in values]
    state = np.array([STATES.index(one.state) for one in found], dtype=np.int8)
    kind = np.float64 if spec["type"] in NUMBERS else object
    empty = np.nan if kind is np.float64 else None
    value = np.array([empty if one.value is None else one.value for one in found], dtype=kind)
    review = [one.issue is not None and one.issue not in NO_REVIEW for one in found]
    return Column(state, value, np.array(review, dtype=bool))


NUMBERS = frozenset({"number", "integer"})


def _read_numbers(spec: FieldSpec, values: Sequence[object]) -> Column:
    there = np.array([value is not None for value in values], dtype=bool)
    numbers = np.array([np.nan if one is None else one for one in values], dtype=np.float64)
    return _checked(spec, numbers, np.where(there, KNOWN, ABSENT).astype(np.int8))


def _checked(spec: FieldSpec, numbers: Floats, state: npt.NDArray[np.int8]) -> Column:
    """Quarantine what is no number, not whole or out of range."""
    with np.errstate(invalid="ignore"):
        sound = np.abs(numbers) <= LARGEST
        if spec["type"] == "integer":
            sound &= numbers == np.floor(numbers)
        sound &= ~((numbers < spec.get("min", -np.inf)) | (numbers > spec.get("max", np.inf)))
    refused = (state == KNOWN) & ~sound
    state = np.where(refused, INVALID, state).astype(np.int8)
    return Column(state, np.where(state == KNOWN, numbers, np.nan), refused)


def _read_codes(spec: FieldSpec, values: Sequence[object]) -> Column:
    codes = np.array(values, dtype=object)
    absent = np.array([value is None for value in values], dtype=bool)
    known = np.array([value in spec["codes"] for value in values], dtype=bool)
    skipped = np.array([value in spec.get("not_applicable", ()) for value in values], dtype=bool)
    cases = [absent, skipped, known]
    state = np.select(cases, [ABSENT, NOT_APPLICABLE, KNOWN], INVALID).astype(np.int8)
    codes[state != KNOWN] = None
    return Column(state, codes, state == INVALID)


def _read_booleans(_: FieldSpec, values: Sequence[object]) -> Column:
    given = np.array(values, dtype=object)
    absent = np.array([value is None for value in values], dtype=bool)
    state = np.where(absent, ABSENT, KNOWN).astype(np.int8)
    return Column(state, given, np.zeros(len(given), dtype=bool))


_READ_PLAIN = {
    "number": _read_numbers,
    "integer": _read_numbers,
    "code": _read_codes,
    "boolean": _read_booleans,
}
_PLAIN: Mapping[str, set[type]] = {
    "number": {int, float},
    "integer": {int, float},
    "code": {str},
    "boolean": {bool},
}


def read_days(raw: Raw) -> npt.NDArray[np.int64]:
    """Days as proleptic ordinals, [N]; ``NO_DATE`` or ``BAD_DATE`` where there is none.

    >>> read_days(["0001-01-02", None, "soon"]).tolist()
    [2, -1, -2]
    """
    days: dict[object, int] = {}
    found = []
    for value in _plain_values(raw):
        key = value if isinstance(value, str | date) else (type(value), id(value))
        if key not in days:
            seen = to_date(value)
            days[key] = NO_DATE if value is None else BAD_DATE if seen is None else seen.toordinal()
        found.append(days[key])
    return np.array(found, dtype=np.int64)


# --- derived fields


def derive_column(spec: FieldSpec, columns: Mapping[str, Column]) -> Column:
    """Compute a derived field; without all of its inputs it is in the worst of their states."""
    inputs = [columns[name] for name in sorted(inputs_of(spec["derive"]))]
    states = np.array([one.state for one in inputs])
    cases = [(states == state).any(axis=0) for state in WORST_FIRST]
    state = np.select(cases, WORST_FIRST, KNOWN).astype(np.int8)
    with np.errstate(all="ignore"):
        numbers = _compute(spec["derive"], {name: one.value for name, one in columns.items()})
    numbers = np.broadcast_to(numbers, state.shape).astype(np.float64)
    return _checked(spec, np.where(state == KNOWN, numbers, np.nan), state)


def _compute(expression: Expression, values: Mapping[str, Array]) -> Any:
    if isinstance(expression, str):
        return values[expression]
    if isinstance(expression, Mapping):
        ((name, parts),) = expression.items()
        return reduce(_OPERATIONS[name], [_compute(part, values) for part in parts])
    return float(expression)


def _divide(one: Any, other: Any) -> Any:
    # a quotient by zero has no value, whatever becomes of it further up
    return np.where(np.equal(other, 0), np.nan, np.divide(one, np.where(other == 0, 1, other)))


_OPERATIONS: Mapping[str, Callable[[Any, Any], Any]] = {
    "add": np.add,
    "mul": np.multiply,
    "min": np.minimum,
    "max": np.maximum,
    "sub": np.subtract,
    "div": _divide,
}
