"""Why a case log was refused: one exception, a stable code per reason, the place in the file.

Faces translate by `code` and `params`; the English templates below are their message ids.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

Unit = Literal["row", "event", "line"]

REASONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "empty_file": "The file is empty.",
        "no_events": "The file holds no event.",
        "missing_column": (
            "No column for the %(field)s was found. Looked for: %(looked_for)s. Found: %(found)s."
        ),
        "duplicated_column": "This column is there more than once.",
        "missing_value": "The %(field)s is missing.",
        "bad_timestamp": "“%(value)s” is not a date and time.",
        "future_timestamp": "“%(value)s” lies in the future.",
        "mixed_time_zones": (
            "Some times name a time zone and others do not; “%(value)s” is the first that differs."
        ),
        "row_width": "The row has %(found)d cells; the header has %(expected)d.",
        "broken_csv": "The quotation marks of this row do not match, or a cell is far too long.",
        "nul_byte": "The row holds a NUL byte; the file is damaged or is not text.",
        "encoding": "The row is neither UTF-8 nor GB18030 text.",
        "unsupported_content": "This is %(kind)s. Case logs are read from CSV, XES and XES.gz.",
        "broken_gzip": "The compressed file is cut off or damaged.",
        "broken_xml": "The file is not well-formed XML here.",
        "cut_xml": "The XML ends before it is complete; the file may have been cut off.",
        "unread_encoding": "The encoding of the XML is not one that can be read; save it as UTF-8.",
        "unsafe_xml": "The XML declares a document type or entities, which are refused.",
        "too_deep": "The XML is nested more than %(limit)d deep.",
        "not_xes": "The XML is not an event log: it starts with <%(root)s>, not <log>.",
        "too_large": "The file holds more than %(limit)d bytes.",
        "too_many_rows": "The file holds more than %(limit)d events.",
    }
)


class CaseLogError(ValueError):
    """A case log that cannot be read, with the first place that says so.

    `code` is a key of `REASONS` and never changes meaning; `params` fills its template.
    `row` counts from 1 in `unit`s: rows as a spreadsheet numbers them (the header is row 1),
    events of an XES file, or lines where the XML itself is broken. `row` and `column` are None
    where the whole file is meant. `filename` is the name that the reader was given, or "".
    """

    def __init__(
        self,
        code: str,
        *,
        row: int | None = None,
        column: str | None = None,
        unit: Unit = "row",
        **params: str | int,
    ) -> None:
        self.code = code
        self.row = row
        self.column = column
        self.unit = unit
        self.params: Mapping[str, str | int] = MappingProxyType(params)
        self.reason = REASONS[code] % params
        self.filename = ""
        super().__init__(code)

    def __str__(self) -> str:
        """`file, row 5, column time: reason`, leaving out what is not known."""
        row = f"{self.unit} {self.row}" if self.row is not None else ""
        column = f"column {self.column}" if self.column is not None else ""
        place = ", ".join(part for part in (self.filename, row, column) if part)
        return f"{place}: {self.reason}" if place else self.reason
