"""What a case log says about a process: throughput time, rework, paths; before and after.

`python -m village_pilot.domain.event_log FILE [--case C --activity A --timestamp T]` prints
the measures as JSON. Exit status: 0, 1 for a file that cannot be read, 2 for wrong usage.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Self

import pandas as pd

from village_pilot.domain.case_log_error import REASONS, CaseLogError
from village_pilot.domain.case_log_reader import (
    MAX_BYTES,
    MAX_ROWS,
    order_events,
    parse_timestamp,
    read_case_log,
)

__all__ = [
    "MAX_BYTES",
    "MAX_ROWS",
    "REASONS",
    "CaseLogChange",
    "CaseLogError",
    "CaseLogMeasures",
    "SecondsChange",
    "ThroughputSeconds",
    "compare",
    "main",
    "measure",
    "order_events",
    "parse_timestamp",
    "read_case_log",
]


@dataclass(frozen=True, kw_only=True)
class ThroughputSeconds:
    """Throughput times of the cases, in seconds, each >= 0. `p90` is linearly interpolated."""

    median: float
    mean: float
    p90: float
    max: float


@dataclass(frozen=True, kw_only=True)
class CaseLogMeasures:
    """The figures of one log. Names of activities are sorted wherever they are keys.

    `rework_cases` have an activity twice or more; `rework_cases_per_activity` counts them by
    the activity repeated. `directly_follows` is (from, to, times) over all cases.
    """

    cases: int
    events: int
    activities: int
    variants: int
    single_event_cases: int
    rework_cases: int
    rework_cases_per_activity: Mapping[str, int]
    throughput_seconds: ThroughputSeconds
    start_activities: Mapping[str, int]
    end_activities: Mapping[str, int]
    directly_follows: tuple[tuple[str, str, int], ...]

    @property
    def rework_share(self) -> float:
        """Rework cases among all cases, 0 to 1."""
        return self.rework_cases / self.cases

    def to_dict(self) -> dict[str, Any]:
        """The contract's JSON object, ready for `json.dumps`."""
        return {**asdict(self), "directly_follows": [list(step) for step in self.directly_follows]}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """The measures that `to_dict` wrote."""
        steps = tuple((str(a), str(b), int(count)) for a, b, count in data["directly_follows"])
        throughput = ThroughputSeconds(**data["throughput_seconds"])
        return cls(**{**data, "directly_follows": steps, "throughput_seconds": throughput})


@dataclass(frozen=True, kw_only=True)
class SecondsChange:
    """One duration before and after, in seconds."""

    before: float
    after: float

    @property
    def seconds(self) -> float:
        """After minus before: negative is faster."""
        return self.after - self.before

    @property
    def percent(self) -> float | None:
        """The change in per cent of before; None where before is zero."""
        return 100 * self.seconds / self.before if self.before else None


@dataclass(frozen=True, kw_only=True)
class CaseLogChange:
    """What a process gained or lost between two logs. Shares are 0 to 1."""

    cases_before: int
    cases_after: int
    median: SecondsChange
    mean: SecondsChange
    p90: SecondsChange
    rework_share_before: float
    rework_share_after: float

    @property
    def rework_share_points(self) -> float:
        """The change of the rework share in percentage points: negative is less rework."""
        return 100 * (self.rework_share_after - self.rework_share_before)


def measure(log: pd.DataFrame) -> CaseLogMeasures:
    """The measures of a log as `read_case_log` gives it (columns case_id, activity, timestamp).

    Events are put in order first: by time within a case, ties as they stand. A case's
    throughput time is its last minus its first event, 0 for a single event.
    Raises CaseLogError (`no_events`) for a table without rows.
    """
    if log.empty:
        raise CaseLogError("no_events")
    ordered = order_events(log)
    traces = _traces(ordered)
    repeated = [_repeated(trace) for trace in traces]
    return CaseLogMeasures(
        cases=len(traces),
        events=len(ordered),
        activities=int(ordered["activity"].nunique()),
        variants=len(set(traces)),
        single_event_cases=sum(len(trace) == 1 for trace in traces),
        rework_cases=sum(bool(activities) for activities in repeated),
        rework_cases_per_activity=_count(name for names in repeated for name in names),
        throughput_seconds=_throughput_seconds(ordered),
        start_activities=_count(trace[0] for trace in traces),
        end_activities=_count(trace[-1] for trace in traces),
        directly_follows=_directly_follows(traces),
    )


def compare(before: CaseLogMeasures, after: CaseLogMeasures) -> CaseLogChange:
    """How the process changed from the log before a pilot to the one after it."""
    earlier, later = before.throughput_seconds, after.throughput_seconds
    return CaseLogChange(
        cases_before=before.cases,
        cases_after=after.cases,
        median=SecondsChange(before=earlier.median, after=later.median),
        mean=SecondsChange(before=earlier.mean, after=later.mean),
        p90=SecondsChange(before=earlier.p90, after=later.p90),
        rework_share_before=before.rework_share,
        rework_share_after=after.rework_share,
    )


def _traces(ordered: pd.DataFrame) -> list[tuple[str, ...]]:
    """Each case's activities in order."""
    traces: dict[str, list[str]] = {}
    for case, activity in zip(ordered["case_id"], ordered["activity"], strict=True):
        traces.setdefault(case, []).append(activity)
    return [tuple(trace) for trace in traces.values()]


def _repeated(trace: tuple[str, ...]) -> list[str]:
    return [activity for activity, times in Counter(trace).items() if times > 1]


def _count(names: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(names).items()))


def _directly_follows(traces: list[tuple[str, ...]]) -> tuple[tuple[str, str, int], ...]:
    steps = Counter(step for trace in traces for step in pairwise(trace))
    return tuple((start, end, times) for (start, end), times in sorted(steps.items()))


def _throughput_seconds(ordered: pd.DataFrame) -> ThroughputSeconds:
    times = ordered.groupby("case_id")["timestamp"]
    seconds = (times.max() - times.min()).dt.total_seconds()
    return ThroughputSeconds(
        median=float(seconds.median()),
        mean=float(seconds.mean()),
        p90=float(seconds.quantile(0.9, interpolation="linear")),
        max=float(seconds.max()),
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Print the measures of the file named in `argv`; the exit status."""
    options = _parser().parse_args(argv)
    path: Path = options.file
    names = {name: getattr(options, name) for name in ("case", "activity", "timestamp")}
    try:
        measures = measure(read_case_log(path, filename=path.name, **names))
    except (CaseLogError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    text = json.dumps(measures.to_dict(), ensure_ascii=False, indent=2)
    # JSON is UTF-8 whatever the terminal's locale.
    sys.stdout.buffer.write(f"{text}\n".encode())
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m village_pilot.domain.event_log",
        description="Print the measures of a case log (CSV, XES or XES.gz) as JSON.",
    )
    parser.add_argument("file", type=Path, metavar="FILE")
    for field in ("case", "activity", "timestamp"):
        parser.add_argument(f"--{field}", metavar="NAME", help=f"the column that holds the {field}")
    return parser


if __name__ == "__main__":
    sys.exit(main())
