"""Reads a case log, CSV or XES, plain or gzipped, into one table of events.

The content decides the format, never the file's name. Everything is bounded: bytes (after
decompression too), events, depth of XML. The first thing that cannot be read refuses the file.
"""

import codecs
import gzip
import re
import unicodedata
import zlib
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from pathlib import Path
from sys import intern
from typing import IO, BinaryIO, Final, cast

import pandas as pd

from village_pilot.domain.case_log_error import CaseLogError
from village_pilot.domain.case_log_formats import (
    ByteSource,
    RawEvent,
    RawLog,
    Wanted,
    read_csv,
    read_xes,
    shorten,
)

MAX_BYTES: Final = 128 * 1024 * 1024
MAX_ROWS: Final = 1_000_000
# China keeps one time zone and, since 1991, no summer time.
CHINA: Final = timezone(timedelta(hours=8), "UTC+08:00")

GZIP_MAGIC: Final = b"\x1f\x8b"
UNSUPPORTED: Final = (
    (b"PK\x03\x04", "an Excel workbook or a ZIP archive"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel workbook"),
    (b"%PDF-", "a PDF document"),
    (codecs.BOM_UTF16_LE, "UTF-16 text"),
    (codecs.BOM_UTF16_BE, "UTF-16 text"),
    (GZIP_MAGIC, "a compressed file inside a compressed file"),
)
XML_UTF16: Final = tuple(
    mark + "<".encode(name)
    for mark, name in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
)
HEAD_BYTES: Final = 512
CHUNK_BYTES: Final = 64 * 1024

TIMESTAMP: Final = re.compile(
    r"([0-9]{4})(?:-|/|\.|年)([0-9]{1,2})(?:-|/|\.|月)([0-9]{1,2})"
    r"(?:日?|(?:日\s*|T|\s+)([0-9]{1,2})(?::|时|点)([0-9]{1,2})"
    r"(?:(?::|分)([0-9]{1,2})(?:[.,]([0-9]+))?)?[分秒]?"
    r"\s*(Z|[+-][0-9]{2}(?::?[0-9]{2})?)?)"
)


def read_case_log(
    source: Path | BinaryIO,
    *,
    filename: str = "",
    case: str | None = None,
    activity: str | None = None,
    timestamp: str | None = None,
    max_bytes: int = MAX_BYTES,
    max_rows: int = MAX_ROWS,
    naive_zone: tzinfo = CHINA,
    latest: datetime | None = None,
) -> pd.DataFrame:
    """The log's events: `case_id`, `activity` (text), `timestamp` (UTC, microseconds).

    Rows are ordered by case id, then time, then place in the file. Times with an offset are
    converted; where no time of the file has one, all are local to `naive_zone`. `case`,
    `activity` and `timestamp` name columns that the usual names do not find. `filename` is for
    messages only. An event after `latest` (aware) refuses the file (`future_timestamp`).

    Raises CaseLogError for a file that cannot be read in full, OSError for a path that cannot
    be opened.
    """
    wanted = Wanted(case, activity, timestamp)
    opened = source.open("rb") if isinstance(source, Path) else nullcontext(source)
    try:
        with opened as file:
            log = _raw_log(_Limited(file, max_bytes), wanted, max_bytes, max_rows)
            return order_events(_frame(log, naive_zone, max_rows, latest))
    except CaseLogError as error:
        error.filename = filename
        raise


def order_events(log: pd.DataFrame) -> pd.DataFrame:
    """The events by case id, each case's by time, ties as they stood."""
    by_time = log.sort_values("timestamp", kind="stable")
    return by_time.sort_values("case_id", kind="stable", ignore_index=True)


def parse_timestamp(text: str) -> datetime:
    """A date with or without a time and an offset, as ISO 8601, Excel or Chinese write it.

    Aware only if the text has an offset. A date alone is its midnight; digits beyond
    microseconds are cut off. Raises ValueError for anything else.

    >>> parse_timestamp("2011-10-11T13:45:40.276+02:00").isoformat()
    '2011-10-11T13:45:40.276000+02:00'
    >>> parse_timestamp("2024年3月5日 9时05分").isoformat()
    '2024-03-05T09:05:00'
    """
    match = TIMESTAMP.fullmatch(unicodedata.normalize("NFKC", text.strip()))
    if match is None:
        raise ValueError(text)
    *numbers, fraction, offset = match.groups(default="")
    year, month, day, hour, minute, second = (int(number or 0) for number in numbers)
    microsecond = int(fraction[:6].ljust(6, "0"))
    zone = _offset(offset) if offset else None
    return datetime(year, month, day, hour, minute, second, microsecond, tzinfo=zone)


def _offset(text: str) -> timezone:
    if text == "Z":
        return UTC
    minutes = text[3:].removeprefix(":")
    size = timedelta(hours=int(text[1:3]), minutes=int(minutes or 0))
    return timezone(-size if text[0] == "-" else size)


class _Limited:
    """Bytes of a stream, which may be looked at first and never exceed a limit."""

    def __init__(self, stream: ByteSource, limit: int) -> None:
        self._stream = stream
        self._limit = limit
        self._left = limit
        self._head = b""

    def peek(self, size: int) -> bytes:
        """The next `size` bytes (fewer only at the end), which stay to be read."""
        while len(self._head) < size and (chunk := self._pull(size)):
            self._head += chunk
        return self._head[:size]

    def read(self, size: int = -1, /) -> bytes:
        """Up to `size` bytes; everything that is left if negative."""
        if size < 0:
            return b"".join(iter(lambda: self.read(CHUNK_BYTES), b""))
        if self._head:
            taken, self._head = self._head[:size], self._head[size:]
            return taken
        return self._pull(size)

    def _pull(self, size: int) -> bytes:
        try:
            chunk = self._stream.read(size)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise CaseLogError("broken_gzip") from error
        self._left -= len(chunk)
        if self._left < 0:
            raise CaseLogError("too_large", limit=self._limit)
        return chunk


def _raw_log(stream: _Limited, wanted: Wanted, max_bytes: int, max_rows: int) -> RawLog:
    if stream.peek(HEAD_BYTES).startswith(GZIP_MAGIC):
        unpacked = gzip.GzipFile(fileobj=cast("IO[bytes]", stream), mode="rb")
        stream = _Limited(unpacked, max_bytes)
    head = stream.peek(HEAD_BYTES)
    if not head:
        raise CaseLogError("empty_file")
    if _is_xml(head):
        return read_xes(stream, wanted, max_rows=max_rows)
    for magic, kind in UNSUPPORTED:
        if head.startswith(magic):
            raise CaseLogError("unsupported_content", kind=kind)
    return read_csv(stream.read(), wanted)


def _is_xml(head: bytes) -> bool:
    text = head.removeprefix(codecs.BOM_UTF8).lstrip()
    return text.startswith(b"<") or head.startswith(XML_UTF16)


def _frame(log: RawLog, zone: tzinfo, max_rows: int, latest: datetime | None) -> pd.DataFrame:
    cases: list[str] = []
    activities: list[str] = []
    times: list[datetime] = []
    aware: bool | None = None
    for event in log.events:
        if len(cases) == max_rows:
            raise CaseLogError("too_many_rows", limit=max_rows)
        at = _read_time(log, event)
        aware = (at.tzinfo is not None) if aware is None else aware
        cases.append(intern(_text(log, event, "case")))
        activities.append(intern(_text(log, event, "activity")))
        moment = _to_utc(log, event, at, zone if not aware else None)
        if latest is not None and moment > latest:
            raise _error(log, event, "future_timestamp", "timestamp")
        times.append(moment)
    if not cases:
        raise CaseLogError("no_events")
    timestamps = pd.Series(times, dtype="datetime64[us, UTC]")
    return pd.DataFrame({"case_id": cases, "activity": activities, "timestamp": timestamps})


def _text(log: RawLog, event: RawEvent, field: str) -> str:
    value = str(getattr(event, field)).strip()
    if not value:
        raise _error(log, event, "missing_value", field)
    return value


def _read_time(log: RawLog, event: RawEvent) -> datetime:
    text = _text(log, event, "timestamp")
    try:
        return parse_timestamp(text)
    except ValueError as error:
        raise _error(log, event, "bad_timestamp", "timestamp") from error


def _to_utc(log: RawLog, event: RawEvent, at: datetime, zone: tzinfo | None) -> datetime:
    """`zone` is that of a file whose times have no offset; None where they have one."""
    if (at.tzinfo is None) != (zone is not None):
        raise _error(log, event, "mixed_time_zones", "timestamp")
    try:
        return (at if zone is None else at.replace(tzinfo=zone)).astimezone(UTC)
    except OverflowError as error:
        raise _error(log, event, "bad_timestamp", "timestamp") from error


def _error(log: RawLog, event: RawEvent, code: str, field: str) -> CaseLogError:
    return CaseLogError(
        code,
        row=event.row,
        column=getattr(log.columns, field),
        unit=log.unit,
        field=field,
        value=shorten(getattr(event, field)),
    )
