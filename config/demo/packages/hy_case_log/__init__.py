"""Measures of a case log (办件日志) with nothing but Python: how long cases take, how often
work is repeated, which step follows which.

    from hy_case_log import measure, read
    figures = measure(read("cases.csv"))

CSV (UTF-8, or GB 18030 as Excel writes it) and XES, also gzipped. Columns are found by the XES
names (case:concept:name, concept:name, time:timestamp), plain names (case_id, activity,
timestamp) or in Chinese (办件编号、环节、时间).
"""

import csv
import gzip
import io
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple
from xml.parsers import expat

__all__ = ["CaseLogError", "Event", "measure", "percentile", "read", "read_csv", "read_xes"]

CHINA = timezone(timedelta(hours=8))
CASE = ("case:concept:name", "case_id", "办件编号")
ACTIVITY = ("concept:name", "activity", "环节")
TIME = ("time:timestamp", "timestamp", "时间")
TIMES = re.compile(
    r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?"
    r"(?:[T\s]*([0-9]{1,2})[:时点]([0-9]{1,2})?(?:[:分]([0-9]{1,2})?(?:[.,]([0-9]+))?)?[分秒]?)?"
    r"\s*(Z|[+-][0-9]{2}(?::?[0-9]{2})?)?"
)
XES_VALUES = frozenset({"string", "date", "int", "float", "boolean", "id"})


class CaseLogError(ValueError):
    """A file that cannot be read in full; the text says where and why."""


class Event(NamedTuple):
    """One step of a case; ``at`` is aware."""

    case: str
    activity: str
    at: datetime


def read(path: str | Path) -> list[Event]:
    """Return the events of a file; its content decides the format. Raises ``CaseLogError``."""
    data = Path(path).read_bytes()
    if data.startswith(b"\x1f\x8b"):
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError) as error:
            raise CaseLogError("the compressed file is damaged") from error
    if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return read_xes(data)
    return read_csv(decoded(data))


def decoded(data: bytes) -> str:
    """Return text that is UTF-8, else GB 18030."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise CaseLogError("the file is neither UTF-8 nor GB 18030 text")


def read_csv(text: str) -> list[Event]:
    """Return the events of CSV text; every row must be readable."""
    try:
        rows = csv.reader(io.StringIO(text, newline=""), strict=True)
        heading = [cell.strip() for cell in next(rows, [])]
        places = [column(heading, names) for names in (CASE, ACTIVITY, TIME)]
        events = [
            event_of([row[place] if place < len(row) else "" for place in places], f"row {number}")
            for number, row in enumerate(rows, start=2)
            if any(cell.strip() for cell in row)
        ]
    except csv.Error as error:
        raise CaseLogError(f"not CSV: {error}") from error
    return required(events)


def column(heading: list[str], names: tuple[str, ...]) -> int:
    """Return the place of the first of ``names`` in the heading."""
    for name in names:
        if name in heading:
            return heading.index(name)
    raise CaseLogError(f"no column {names[0]}, {names[1]} or {names[2]}")


def event_of(values: list[str], where: str) -> Event:
    """Return an event, or say which value of which row cannot be read."""
    case, activity, at = (value.strip() for value in values)
    for name, value in (("case", case), ("activity", activity), ("time", at)):
        if not value:
            raise CaseLogError(f"{where}: the {name} is missing")
    try:
        return Event(case, activity, moment_of(at))
    except ValueError as error:
        raise CaseLogError(f"{where}: {at!r} is not a time") from error


def moment_of(text: str) -> datetime:
    """Return a moment as ISO 8601, Excel (2024/3/4 9:00) or Chinese (2024年3月4日 9时) write it.

    Without an offset it is China's time. Raises ``ValueError``.

    >>> moment_of("2024/3/4 9:00").isoformat()
    '2024-03-04T09:00:00+08:00'
    """
    found = TIMES.fullmatch(text)
    if found is None:
        raise ValueError(text)
    *numbers, fraction, offset = found.groups(default="")
    parts = [int(number or 0) for number in numbers]
    moment = datetime(*parts, int(fraction[:6].ljust(6, "0")), tzinfo=CHINA)  # type: ignore[misc]
    if not offset:
        return moment
    zone = datetime.fromisoformat(f"2000-01-01T00:00:00{offset}").tzinfo
    return moment.replace(tzinfo=zone)


def read_xes(data: bytes) -> list[Event]:
    """Return the events of an XES document (IEEE 1849); a document type is refused."""
    reader = XesReader()
    try:
        reader.parser.Parse(data, True)
    except expat.ExpatError as error:
        raise CaseLogError(f"not XML: {error}") from error
    return required(reader.events)


class XesReader:
    """Collects the events of traces from the parser's calls."""

    def __init__(self) -> None:
        """Listen to elements; refuse what could expand or reach outside."""
        self.events: list[Event] = []
        self.path: list[str] = []
        self.trace: dict[str, str] = {}
        self.event: dict[str, str] = {}
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.StartDoctypeDeclHandler = self.refuse

    def refuse(self, *_names: object) -> None:
        """Refuse a document type."""
        raise CaseLogError("the XML has a document type, which is not read")

    def start(self, name: str, values: dict[str, str]) -> None:
        """Begin a trace or event, or note a value that stands directly in one."""
        name = name.rpartition(":")[2]
        parent = self.path[-1] if self.path else ""
        if name == "trace":
            self.trace = {}
        elif name == "event":
            self.event = {}
        elif name in XES_VALUES and parent in {"trace", "event"}:
            target = self.trace if parent == "trace" else self.event
            target[values.get("key", "")] = values.get("value", "")
        self.path.append(name)

    def end(self, _name: str) -> None:
        """Take a whole event."""
        if self.path.pop() == "event":
            case = self.trace.get("concept:name", "")
            values = [case, self.event.get(ACTIVITY[0], ""), self.event.get(TIME[0], "")]
            self.events.append(event_of(values, f"event {len(self.events) + 1}"))


def required(events: list[Event]) -> list[Event]:
    """Return events, of which there must be one."""
    if not events:
        raise CaseLogError("the file holds no event")
    return events


def measure(events: Iterable[Event]) -> dict[str, Any]:
    """Return the figures of a log, ready for JSON; times in seconds.

    Events of a case are ordered by time, ties as they stand; a case's throughput time is its
    last minus its first event; a rework case has an activity twice; ``p90`` is linearly
    interpolated.
    """
    cases: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        cases[event.case].append(event)
    for steps in cases.values():
        steps.sort(key=lambda event: event.at)
    traces = [tuple(event.activity for event in steps) for steps in cases.values()]
    repeated = [[name for name, times in Counter(trace).items() if times > 1] for trace in traces]
    spans = sorted((steps[-1].at - steps[0].at).total_seconds() for steps in cases.values())
    return {
        "cases": len(traces),
        "events": sum(map(len, traces)),
        "activities": len({name for trace in traces for name in trace}),
        "variants": len(set(traces)),
        "single_event_cases": sum(len(trace) == 1 for trace in traces),
        "rework_cases": sum(map(bool, repeated)),
        "rework_cases_per_activity": counted(name for names in repeated for name in names),
        "throughput_seconds": {
            "median": percentile(spans, 0.5),
            "mean": sum(spans) / len(spans),
            "p90": percentile(spans, 0.9),
            "max": spans[-1],
        },
        "start_activities": counted(trace[0] for trace in traces),
        "end_activities": counted(trace[-1] for trace in traces),
        "directly_follows": list(followed(traces)),
    }


def counted(names: Iterable[str]) -> dict[str, int]:
    """Return how often each name occurs, by name."""
    return dict(sorted(Counter(names).items()))


def followed(traces: Iterable[tuple[str, ...]]) -> Iterator[list[Any]]:
    """Yield (from, to, times) over all cases, by name."""
    steps = Counter(step for trace in traces for step in pairwise(trace))
    for (start, end), times in sorted(steps.items()):
        yield [start, end, times]


def percentile(ordered: list[float], share: float) -> float:
    """Return the value below which ``share`` of the ordered values lie, linearly interpolated.

    >>> percentile([0.0, 10.0], 0.9)
    9.0
    """
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)
