"""How long cases took, in bands of days, for the chart before and after."""

from datetime import timedelta
from itertools import pairwise
from typing import Final

import pandas as pd

SECONDS_PER_DAY: Final = 86_400
EDGES_DAYS: Final = (1, 2, 3, 5, 7, 10)
"""Upper edges of the bands in days, each belonging to the band below it; the last band is open."""


def band_labels() -> tuple[tuple[int, int | None], ...]:
    """Return (from, to) of each band in days; ``None`` is open.

    >>> band_labels()[0], band_labels()[-1]
    ((0, 1), (10, None))
    """
    return (*pairwise((0, *EDGES_DAYS)), (EDGES_DAYS[-1], None))


def throughput_bands(log: pd.DataFrame) -> tuple[int, ...]:
    """Return the number of cases in each band of throughput time (last minus first event).

    ``log`` has the columns of ``read_case_log``; the counts add up to its cases.
    """
    times = log.groupby("case_id")["timestamp"]
    days = (times.max() - times.min()).dt.total_seconds() / SECONDS_PER_DAY
    edges = [-1.0, *map(float, EDGES_DAYS), float("inf")]
    counts = pd.cut(days, edges, labels=False).value_counts()
    return tuple(int(counts.get(band, 0)) for band in range(len(edges) - 1))


def reduction(before: float, after: float) -> float | None:
    """Return by which share a duration fell (negative: rose); ``None`` where before is zero.

    >>> reduction(10, 4)
    0.6
    """
    return 1 - after / before if before else None


MIN_CASES: Final = 10
"""Cases that a log needs to count in evidence and in the county's figures.

A median of fewer cases says little, and a log of one made-up case would settle a grade.
"""
FUTURE_SLACK: Final = timedelta(days=1)
"""How far an event may lie after the import: clocks differ, days end at different moments."""

UNITS: Final = (("days", SECONDS_PER_DAY), ("hours", 3600), ("minutes", 60), ("seconds", 1))


def common_unit(*seconds: float) -> tuple[str, int]:
    """Return the largest unit in which the longest of some durations is at least one.

    >>> common_unit(7_200, 90)
    ('hours', 3600)
    >>> common_unit(0)
    ('seconds', 1)
    """
    longest = max(seconds, default=0)
    return next((unit for unit in UNITS if longest >= unit[1]), UNITS[-1])
