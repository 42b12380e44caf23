"""The official divisions file `code,name,type,parent`, read in one pass.

Parents must come before their children. What is kept while reading is bounded by the number of
towns (some 40,000 in the whole country), not of villages (some 600,000): the codes above village
level, and for each town one number whose bits are the village codes seen.
"""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, Literal

from portal.domain.identifiers import DivisionError, Level, parse_division

COLUMNS: Final = ("code", "name", "type", "parent")

TYPES: Final[dict[str, Level]] = {
    "province": Level.PROVINCE,
    "prefecture": Level.PREFECTURE,
    "county": Level.COUNTY,
    "town": Level.TOWNSHIP,
    "township": Level.TOWNSHIP,
    "ethnic_township": Level.TOWNSHIP,
    "subdistrict": Level.TOWNSHIP,
    "township_equivalent": Level.TOWNSHIP,
    "residents_committee": Level.VILLAGE,
    "village_committee": Level.VILLAGE,
    "village_equivalent": Level.VILLAGE,
}
"""Level of each type; the equivalents are farms, parks and the like with a code of their own."""

Reason = Literal[
    "header",
    "quoting",
    "columns",
    "bad_code",
    "name_missing",
    "unknown_type",
    "type_of_other_level",
    "parent_inconsistent",
    "parent_missing",
    "duplicate",
]


@dataclass(frozen=True, slots=True)
class DivisionRow:
    """An accepted row; `line` counts from 1, the header being line 1."""

    line: int
    code: str
    name: str
    type: str
    level: Level
    parent: str | None


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A refused row; `detail` is the value at fault."""

    line: int
    reason: Reason
    detail: str


@dataclass(slots=True)
class _Seen:
    """Codes above village level, and the village codes of each town as bits."""

    parents: set[str] = field(default_factory=set)
    villages: dict[str, int] = field(default_factory=dict)

    def add(self, row: DivisionRow) -> bool:
        """Note the row's code; return whether it is new."""
        if row.level is not Level.VILLAGE:
            new = row.code not in self.parents
            self.parents.add(row.code)
            return new
        bits = self.villages.get(row.code[:9], 0)
        bit = 1 << int(row.code[9:])
        self.villages[row.code[:9]] = bits | bit
        return not bits & bit


def read_divisions(lines: Iterable[str]) -> Iterator[DivisionRow | RejectedRow]:
    """Yield every row of the file, accepted or rejected, in the file's order.

    `lines` is an open text file or any iterable of lines. A byte order mark and blank lines are
    passed over. A wrong header is one rejected row and ends the reading; a row below a rejected
    parent is rejected as `parent_missing`. Never raises on content.
    """
    numbered = ((number, line) for number, line in enumerate(lines, start=1) if line.strip())
    line, header = next(numbered, (1, ""))
    fields = _fields(header.removeprefix("\ufeff"))
    if fields is None or tuple(fields) != COLUMNS:
        yield RejectedRow(line, "header", header.strip())
        return
    seen = _Seen()
    for number, text in numbered:
        yield _checked(number, text, seen)


def _fields(line: str) -> list[str] | None:
    """Return the stripped fields of one line, None if its quotes are not closed.

    Lines are read one by one, so that a stray quote spoils its own row and not the rest.
    """
    try:
        row = next(csv.reader([line], strict=True), [])
    except csv.Error:
        return None
    return [value.strip() for value in row]


def _checked(line: int, text: str, seen: _Seen) -> DivisionRow | RejectedRow:
    fields = _fields(text)
    if fields is None:
        return RejectedRow(line, "quoting", text.strip())
    if len(fields) != len(COLUMNS):
        return RejectedRow(line, "columns", str(len(fields)))
    row = _parsed(line, *fields)
    if isinstance(row, RejectedRow):
        return row
    if row.parent is not None and row.parent not in seen.parents:
        return RejectedRow(line, "parent_missing", row.parent)
    return row if seen.add(row) else RejectedRow(line, "duplicate", row.code)


def _parsed(line: int, code: str, name: str, kind: str, parent: str) -> DivisionRow | RejectedRow:
    """Return the row if it is consistent in itself."""
    try:
        division = parse_division(code)
    except DivisionError:
        return RejectedRow(line, "bad_code", code)
    if not name:
        return RejectedRow(line, "name_missing", code)
    if kind not in TYPES:
        return RejectedRow(line, "unknown_type", kind)
    if TYPES[kind] is not division.level:
        return RejectedRow(line, "type_of_other_level", kind)
    if parent != (division.parent or ""):
        return RejectedRow(line, "parent_inconsistent", parent)
    return DivisionRow(line, division.value, name, kind, division.level, division.parent)
