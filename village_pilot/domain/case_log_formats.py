"""CSV and XES as one stream of raw events; nothing is interpreted here beyond the format.

XES is the IEEE 1849 event-log format. Its elements are dropped as soon as they end, so that
memory follows the events kept, not the size of the file.
"""

import codecs
import csv
import io
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple, Protocol
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from village_pilot.domain.case_log_error import CaseLogError, Unit

MAX_XML_DEPTH: Final = 64
DELIMITERS: Final = (",", ";", "\t")
SHOWN_NAMES: Final = 20
SHOWN_CHARACTERS: Final = 60
CUT_OFF: Final = frozenset({3, 5, 6, 20})
"""Expat's codes for a document that ends too early: no element, token, character or CDATA."""


class ByteSource(Protocol):
    """Anything that gives bytes in pieces."""

    def read(self, size: int = -1, /) -> bytes:
        """Up to `size` bytes, all that are left if negative; b"" at the end."""


class Columns(NamedTuple):
    """The names of the three columns, or of the three XES attributes."""

    case: str
    activity: str
    timestamp: str


class RawEvent(NamedTuple):
    """One event as the file has it; `row` is its place, for messages."""

    row: int
    case: str
    activity: str
    timestamp: str


class RawLog(NamedTuple):
    """A file's events in file order, what their columns are called and how they are counted."""

    columns: Columns
    unit: Unit
    events: Iterable[RawEvent]


class Wanted(NamedTuple):
    """Column names that the caller insists on; None where the usual names are looked for."""

    case: str | None = None
    activity: str | None = None
    timestamp: str | None = None


XES_NAMES: Final = Columns("case:concept:name", "concept:name", "time:timestamp")
USUAL_NAMES: Final = (
    XES_NAMES,
    Columns("case_id", "activity", "timestamp"),
    Columns("办件编号", "环节", "时间"),
)


def shorten(text: str) -> str:
    """`text` fit for a message: printable, at most SHOWN_CHARACTERS long."""
    shown = "".join(char if char.isprintable() else "�" for char in text[:SHOWN_CHARACTERS])
    return shown + "…" if len(text) > SHOWN_CHARACTERS else shown


# CSV


def read_csv(data: bytes, wanted: Wanted) -> RawLog:
    """The events of a CSV file in UTF-8 (with or without a mark) or GB18030.

    The delimiter is the comma, semicolon or tab that the header uses most. Rows without any
    text are passed over but counted, as a spreadsheet counts them.
    """
    records = _records(data)
    header = next(records, None)
    if header is None:
        raise CaseLogError("empty_file")
    row, cells = header
    names = [cell.strip() for cell in cells]
    columns = _find_columns(names, wanted, row)
    return RawLog(columns, "row", _csv_events(records, names, columns))


def _csv_events(
    records: Iterable[tuple[int, list[str]]], names: list[str], columns: Columns
) -> Iterator[RawEvent]:
    case, activity, timestamp = (names.index(name) for name in columns)
    width = len(names)
    for row, cells in records:
        # A spreadsheet may pad rows with empty cells; anything else shifts the columns.
        if len(cells) < width or any(cells[width:]):
            raise CaseLogError("row_width", row=row, found=len(cells), expected=width)
        yield RawEvent(row, cells[case], cells[activity], cells[timestamp])


def _records(data: bytes) -> Iterator[tuple[int, list[str]]]:
    text = io.TextIOWrapper(io.BytesIO(data), encoding=_encoding_of(data), newline="")
    delimiter = _delimiter_of(text)
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    row = 0
    try:
        for row, cells in enumerate(reader, start=1):
            joined = "".join(cells)
            if "\0" in joined:
                raise CaseLogError("nul_byte", row=row)
            if joined.strip():
                yield row, cells
    except csv.Error as error:
        raise CaseLogError("broken_csv", row=row + 1) from error


def _encoding_of(data: bytes) -> str:
    # A UTF-8 mark leaves no doubt; falling back would only turn damage into wrong characters.
    marked = data.startswith(codecs.BOM_UTF8)
    candidates = ("utf-8-sig",) if marked else ("utf-8", "gb18030")
    rows = []
    for encoding in candidates:
        row = _first_undecodable_row(data, encoding)
        if row is None:
            return encoding
        rows.append(row)
    raise CaseLogError("encoding", row=max(rows))


def _first_undecodable_row(data: bytes, encoding: str) -> int | None:
    # Line by line: in neither encoding is a line feed ever part of a longer character.
    for row, line in enumerate(io.BytesIO(data), start=1):
        try:
            line.decode(encoding)
        except UnicodeDecodeError:
            return row
    return None


def _delimiter_of(text: io.TextIOWrapper) -> str:
    header = next((line for line in text if line.strip()), "")
    text.seek(0)
    return max(DELIMITERS, key=header.count)


def _find_columns(names: list[str], wanted: Wanted, row: int) -> Columns:
    usual = zip(*USUAL_NAMES, strict=True)
    return Columns(
        *(
            _find_column(names, field, (explicit,) if explicit is not None else candidates, row)
            for field, explicit, candidates in zip(Columns._fields, wanted, usual, strict=True)
        )
    )


def _find_column(names: list[str], field: str, candidates: tuple[str, ...], row: int) -> str:
    name = next((name for name in candidates if name in names), None)
    if name is None:
        raise CaseLogError(
            "missing_column",
            row=row,
            field=field,
            looked_for=", ".join(candidates),
            found=", ".join(shorten(name) for name in names[:SHOWN_NAMES]),
        )
    if names.count(name) > 1:
        raise CaseLogError("duplicated_column", row=row, column=name)
    return name


# XES


def read_xes(stream: ByteSource, wanted: Wanted, *, max_rows: int) -> RawLog:
    """The events of an XES file, each with the name of its trace as the case.

    Explicit names are attribute keys; the case's is a key of the trace, with or without the
    prefix `case:`. Traces of one name are one case, as rows of one case id are in CSV; a trace
    without events is no case.
    """
    columns = Columns(*(given or usual for given, usual in zip(wanted, XES_NAMES, strict=True)))
    return RawLog(columns, "event", _XesWalk(columns, max_rows).events(stream))


class _XesWalk:
    """Walks an XES file once and keeps only the attributes asked for."""

    def __init__(self, columns: Columns, max_rows: int) -> None:
        self._columns = columns
        self._keys = {
            ("log", "trace"): {columns.case.removeprefix("case:"): columns.case},
            ("log", "trace", "event"): {name: name for name in columns[1:]},
        }
        self._max_rows = max_rows
        self._count = 0
        self._path: tuple[str, ...] = ()
        self._trace: dict[str, str] = {}
        self._event: dict[str, str] = {}
        self._waiting: list[tuple[int, dict[str, str]]] = []

    def events(self, stream: ByteSource) -> Iterator[RawEvent]:
        """Events in file order. A trace's wait for its end, as its name may come last."""
        for is_start, element in _elements(stream):
            if is_start:
                self._start(element)
                continue
            self._end(element)
            if self._path == ("log", "trace"):
                yield from self._flush()
            self._path = self._path[:-1]

    def _start(self, element: Element) -> None:
        tag = element.tag.rpartition("}")[2]
        self._path = (*self._path, tag)
        if self._path[0] != "log":
            raise CaseLogError("not_xes", root=shorten(tag))
        if self._path == ("log", "trace"):
            self._trace = {}
        elif self._path == ("log", "trace", "event"):
            self._event = {}

    def _end(self, element: Element) -> None:
        self._keep_attribute(element)
        if self._path == ("log", "trace", "event"):
            self._count_event()
            self._waiting.append((self._count, self._event))
        elif self._path == ("log", "event"):
            self._count_event()
            raise self._error("missing_value", self._columns.case, field="case")

    def _keep_attribute(self, element: Element) -> None:
        parent = self._path[:-1]
        name = self._keys.get(parent, {}).get(element.get("key", ""))
        if name is None:
            return
        kept = self._trace if parent[-1] == "trace" else self._event
        if name in kept:
            # The event meant (for a trace its first) has not ended, so it is not counted yet.
            self._count += 1
            raise self._error("duplicated_column", name)
        kept[name] = element.get("value", "")

    def _count_event(self) -> None:
        self._count += 1
        if self._count > self._max_rows:
            raise CaseLogError("too_many_rows", limit=self._max_rows)

    def _error(self, code: str, column: str, **params: str) -> CaseLogError:
        return CaseLogError(code, row=self._count, column=column, unit="event", **params)

    def _flush(self) -> Iterator[RawEvent]:
        case, activity, timestamp = self._columns
        name = self._trace.get(case, "")
        for number, event in self._waiting:
            yield RawEvent(number, name, event.get(activity, ""), event.get(timestamp, ""))
        self._waiting = []


def _elements(stream: ByteSource) -> Iterator[tuple[bool, Element]]:
    """(starts, element) in document order; each is cut from its parent once it has ended."""
    opened: list[Element] = []
    for event, element in _parsed(stream):
        if event == "start":
            opened.append(element)
            if len(opened) > MAX_XML_DEPTH:
                raise CaseLogError("too_deep", limit=MAX_XML_DEPTH)
            yield True, element
        else:
            yield False, element
            opened.pop()
            if opened:
                opened[-1].remove(element)


def _parsed(stream: ByteSource) -> Iterator[tuple[str, Element]]:
    try:
        yield from iterparse(stream, events=("start", "end"), forbid_dtd=True)
    except CaseLogError:
        raise
    except DefusedXmlException as error:
        raise CaseLogError("unsafe_xml") from error
    except ParseError as error:
        line, _ = error.position
        code = "cut_xml" if error.code in CUT_OFF else "broken_xml"
        raise CaseLogError(code, row=line, unit="line") from error
    except (LookupError, ValueError) as error:
        # An encoding that the parser does not know or cannot read byte by byte.
        raise CaseLogError("unread_encoding", row=1, unit="line") from error
