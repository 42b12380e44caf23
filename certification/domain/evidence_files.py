"""Evidence of one or many providers from files: JSON, CSV or Parquet.

- JSON: one object of fields (one provider), or a list of ``{"provider": ID, "evidence": {...}}``.
- CSV or Parquet: one row per provider; column ``provider`` (may be left out of a file of one row),
  a column per field, ``FIELD.date`` and ``FIELD.expires`` beside it. An empty cell is absent.
- A collection is a nested list in JSON and Parquet, or a table of its own with one row per item
  and its owner in column ``provider``.

A file that cannot be read as what it claims to be is refused with its row, its column and the
reason; the header of a CSV is row 1, and a JSON text has lines and places in them. Values that
can be read but not used (out of range, an unknown code) stay in the evidence: scoring
quarantines them with a reason code.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from .evidence import FieldSpec, to_date
from .rubric import Rubric
from .rubric_lint import walk
from .scoring import decode_floats

OWNER = "provider"
DATES = ("date", "expires")
LONGEST_SHOWN = 60


class EvidenceFileError(ValueError):
    """A file that cannot be read as evidence: where, and what to write instead."""

    def __init__(self, path: Path, message: str, *, row: int = 0, column: str = "") -> None:
        """Say the file, the row (0: the whole file), the column and the reason."""
        place = f"row {row}: " if row and not column else ""
        place = f"row {row}, column {column}: " if row and column else place
        super().__init__(f"{path.name}: {place}{message}")


@dataclass(frozen=True)
class Provider:
    """One provider's evidence; ``id`` is ``None`` in a file that holds one without a name."""

    id: str | None
    evidence: Mapping[str, Any]


def read_providers(
    path: Path, rubric: Rubric, items: Mapping[str, Path] | None = None
) -> list[Provider]:
    """The providers of a file, in its order; ``items`` are the tables of collections by name.

    Raises EvidenceFileError or OSError.
    """
    if path.suffix.lower() == ".json":
        if items:
            raise EvidenceFileError(
                path, "a JSON file holds its collections itself; leave out items"
            )
        return _from_json(path)
    fields = rubric["fields"]
    providers = _from_table(path, fields)
    for name, table in (items or {}).items():
        if fields.get(name, {}).get("type") != "collection":
            raise EvidenceFileError(table, f"{name!r} is no collection of the rubric")
        providers = _with_items(providers, name, table, item_fields(rubric, name))
    return providers


# --- JSON


def _from_json(path: Path) -> list[Provider]:
    several = _read_json(path)
    if isinstance(several, dict):
        return [Provider(None, several)]
    if not isinstance(several, list):
        raise EvidenceFileError(path, "write one object of field names and values, or a list")
    if not several:
        raise EvidenceFileError(path, "no provider in it")
    found = [_one_of_several(path, row, one) for row, one in enumerate(several, start=1)]
    _refuse_twice(path, [(row, str(one.id)) for row, one in enumerate(found, start=1)])
    return found


def _read_json(path: Path) -> object:
    text = read_text(path)
    try:
        return json.loads(text, object_pairs_hook=decode_floats)
    except json.JSONDecodeError as error:
        message = f"not readable as JSON: {error.msg}"
        place = {"row": error.lineno, "column": str(error.colno)}
        raise EvidenceFileError(path, message, **place) from error  # type: ignore[arg-type]
    except RecursionError as error:
        raise EvidenceFileError(path, "nested too deeply; write fewer levels") from error
    except ValueError as error:
        raise EvidenceFileError(path, f"not readable as JSON: {error}") from error


def read_text(path: Path) -> str:
    """The text of a file in UTF-8, with or without a byte order mark.

    Raises EvidenceFileError with the row of the first wrong byte, or OSError.
    """
    content = path.read_bytes()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = content.count(b"\n", 0, error.start) + 1
        raise EvidenceFileError(path, f"save it as UTF-8: {error.reason}", row=row) from error


def _one_of_several(path: Path, row: int, one: object) -> Provider:
    if not isinstance(one, dict) or set(one) != {OWNER, "evidence"}:
        raise EvidenceFileError(path, 'write {"provider": ..., "evidence": {...}}', row=row)
    name, evidence = one[OWNER], one["evidence"]
    if not isinstance(name, str) or not name:
        raise EvidenceFileError(path, "write the provider's name", row=row, column=OWNER)
    if not isinstance(evidence, dict):
        message = "write one object of field names and values"
        raise EvidenceFileError(path, message, row=row, column="evidence")
    return Provider(name, evidence)


def _refuse_twice(path: Path, names: Sequence[tuple[int, str]]) -> None:
    seen: dict[str, int] = {}
    for row, name in names:
        if name in seen:
            message = f"{name!r} stands in row {seen[name]} already; keep one"
            raise EvidenceFileError(path, message, row=row, column=OWNER)
        seen[name] = row


# --- tables

Row = tuple[int, Mapping[str, Any]]
"""A row's number in the file, and its cells by column; ``None`` where a cell is empty."""


def read_table(path: Path) -> list[Row]:
    """The rows of a CSV or Parquet file. Raises EvidenceFileError or OSError."""
    readers = {".csv": _read_csv, ".parquet": _read_parquet}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise EvidenceFileError(path, "write a file ending in .json, .csv or .parquet")
    rows = list(reader(path))
    if not rows:
        raise EvidenceFileError(path, "no row in it")
    return rows


def _read_csv(path: Path) -> Iterator[Row]:
    lines = csv.reader(io.StringIO(read_text(path), newline=""), strict=True)
    header: list[str] = []
    try:
        header = next(lines, [])
        for cells in lines:
            if cells:
                yield lines.line_num, _cells(path, lines.line_num, header, cells)
    except csv.Error as error:
        raise EvidenceFileError(path, str(error), row=lines.line_num) from error


def _cells(path: Path, row: int, header: list[str], cells: list[str]) -> Mapping[str, Any]:
    _check_header(path, header)
    if len(cells) != len(header):
        message = f"{len(cells)} cells under {len(header)} columns"
        raise EvidenceFileError(path, message, row=row)
    stripped = {name: cell.strip() for name, cell in zip(header, cells, strict=True)}
    return {name: cell or None for name, cell in stripped.items()}


def _check_header(path: Path, header: Sequence[str]) -> None:
    for place, name in enumerate(header, start=1):
        if not name:
            message = "has no name; write the field's"
            raise EvidenceFileError(path, message, row=1, column=str(place))
        if header.count(name) > 1:
            raise EvidenceFileError(path, "stands twice; keep one", row=1, column=name)


def _read_parquet(path: Path) -> Iterator[Row]:
    try:
        table = pq.ParquetFile(path).read()
    except pa.ArrowException as error:
        raise EvidenceFileError(path, f"not readable as Parquet: {error}") from error
    _check_header(path, table.column_names)
    columns = {
        name: list(_plain_cells(path, name, table.column(name))) for name in table.column_names
    }
    for row in range(table.num_rows):
        yield row + 1, {name: cells[row] for name, cells in columns.items()}


def _plain_cells(path: Path, name: str, column: pa.ChunkedArray) -> Iterator[object]:
    """Python's own values of a column; a text may be broken, a time zone unknown."""
    for row, cell in enumerate(column, start=1):
        try:
            yield cell.as_py()
        except (pa.ArrowException, ValueError, KeyError, OverflowError) as error:
            message = f"not readable: {error}"
            raise EvidenceFileError(path, message, row=row, column=name) from error


def _from_table(path: Path, fields: Mapping[str, FieldSpec]) -> list[Provider]:
    rows = read_table(path)
    _check_columns(path, rows[0][1], fields)
    owners = [_owner(path, row, cells, alone=len(rows) == 1) for row, cells in rows]
    _refuse_twice(path, [(row, str(name)) for (row, _), name in zip(rows, owners, strict=True)])
    return [
        Provider(name, dict(_fields(path, row, cells, fields)))
        for (row, cells), name in zip(rows, owners, strict=True)
    ]


def _check_columns(path: Path, cells: Mapping[str, Any], fields: Mapping[str, FieldSpec]) -> None:
    for column in cells:
        name, _, part = column.rpartition(".")
        if column in fields or column == OWNER or (name in fields and part in DATES):
            continue
        message = "no field of the rubric; remove it or correct its name"
        raise EvidenceFileError(path, message, row=1, column=column)


def _owner(path: Path, row: int, cells: Mapping[str, Any], *, alone: bool) -> str | None:
    name = cells.get(OWNER)
    if name is None and not (alone and OWNER not in cells):
        raise EvidenceFileError(path, "write the provider's name", row=row, column=OWNER)
    if isinstance(name, bool) or not isinstance(name, str | int | None):
        message = f"{_shown(name)} is no name; write text"
        raise EvidenceFileError(path, message, row=row, column=OWNER)
    return None if name is None else str(name)


def _shown(cell: object) -> str:
    """A cell as it stands in a message: its beginning, where it is long."""
    text = repr(cell)
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"


def _fields(
    path: Path, row: int, cells: Mapping[str, Any], fields: Mapping[str, FieldSpec]
) -> Iterator[tuple[str, Any]]:
    for name, spec in fields.items():
        value = _value(path, row, name, cells.get(name), spec)
        dates = {
            part: _day(path, row, f"{name}.{part}", cells.get(f"{name}.{part}")) for part in DATES
        }
        given = {part: day for part, day in dates.items() if day is not None}
        if given:
            yield name, {"value": value, **given}
        elif value is not None:
            yield name, value


def _value(path: Path, row: int, column: str, cell: object, spec: FieldSpec) -> object:
    """The value of a cell. Raises EvidenceFileError for one that its field's type cannot have."""
    if cell is None:
        return None
    try:
        return _READERS[spec["type"]](cell)
    except ValueError as error:
        raise EvidenceFileError(path, str(error), row=row, column=column) from error


def _number(cell: object) -> float:
    number = cell
    if isinstance(cell, str):
        try:
            number = int(cell) if cell.lstrip("+-").isdigit() else float(cell)
        except ValueError:
            number = None
        if "_" in cell:  # Python reads 1_000 as a thousand; nobody who writes a table means that
            number = None
    if isinstance(number, bool) or not isinstance(number, int | float) or not _finite(number):
        raise ValueError(f"{_shown(cell)} is no number")
    return number


def _finite(number: float) -> bool:
    try:
        return math.isfinite(number)
    except OverflowError:  # an integer beyond the range of a double
        return False


def _boolean(cell: object) -> bool:
    if isinstance(cell, bool):
        return cell
    words = {"true": True, "false": False, "是": True, "否": False}
    word = cell.lower() if isinstance(cell, str) else ""
    if word not in words:
        raise ValueError(f"{_shown(cell)} is neither true nor false")
    return words[word]


def _code(cell: object) -> str:
    if not isinstance(cell, str):
        raise ValueError(f"{_shown(cell)} is no text")  # noqa: TRY004
    return cell


def _date(cell: object) -> date:
    day = to_date(cell)
    if day is None:
        raise ValueError(f"{_shown(cell)} is no date; write YYYY-MM-DD")
    return day


def _collection(cell: object) -> object:
    if isinstance(cell, str):
        raise ValueError("a collection needs a table of its own: --items NAME=FILE")  # noqa: TRY004
    return cell


_READERS: Mapping[str, Callable[[object], object]] = {
    "number": _number,
    "integer": _number,
    "boolean": _boolean,
    "code": _code,
    "date": _date,
    "collection": _collection,
}


def _day(path: Path, row: int, column: str, cell: object) -> object:
    return _value(path, row, column, cell, {"type": "date"})


# --- items of a collection


def item_fields(rubric: Rubric, name: str) -> dict[str, FieldSpec]:
    """What an item of the collection ``name`` may hold, as the rubric's leaves read it."""
    found: dict[str, FieldSpec] = {}
    for _, node in walk(rubric["tree"]):
        rule = node.get("per_item", node.get("evidence", {}))
        if rule.get("collection") != name:
            continue
        found |= rule.get("fields", {})
        found |= {rule["value"]: rule["item"]} if rule.get("value") else {}
        found |= {rule["date"]: {"type": "date"}} if "date" in rule else {}
        if "cap_total" in rule:
            found.setdefault(rule["cap_total"]["by"], {"type": "code"})
    return {key: spec for key, spec in found.items() if "derive" not in spec}


def _with_items(
    providers: list[Provider], name: str, path: Path, fields: Mapping[str, FieldSpec]
) -> list[Provider]:
    rows = read_table(path)
    _check_columns(path, rows[0][1], fields)
    known = {one.id for one in providers}
    of_provider: dict[str | None, list[dict[str, Any]]] = {}
    for row, cells in rows:
        owner = _owner(path, row, cells, alone=known == {None})
        if owner not in known:
            message = f"{owner!r} is no provider of the evidence"
            raise EvidenceFileError(path, message, row=row, column=OWNER)
        item = dict(_fields(path, row, cells, fields))
        of_provider.setdefault(owner, []).append(item)
    return [
        Provider(one.id, {**one.evidence, name: of_provider[one.id]})
        if one.id in of_provider
        else one
        for one in providers
    ]
