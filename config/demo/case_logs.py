"""Case logs of the demo: made up with a fixed seed, marked as fictional by their ids."""

import csv
import io
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

HEADER = ("办件编号", "环节", "时间")


@dataclass(frozen=True)
class Pace:
    """How a process runs: cases, typical days from first to last step, share with rework."""

    cases: int
    days: float
    rework: float


def case_log(*, steps: Sequence[str], pace: Pace, start: datetime, seed: str) -> bytes:
    """Return a CSV (UTF-8 with byte order mark) of a process's cases from ``start`` on.

    Each case walks through ``steps`` in order; a share goes back one step once. Times are
    drawn from a log-normal around ``pace.days``; the same seed gives the same bytes.
    """
    chance = random.Random(seed)  # noqa: S311 demonstration data, no secret
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(HEADER)
    for number in range(1, pace.cases + 1):
        begun = start + timedelta(days=chance.uniform(0, 45), hours=chance.uniform(0, 8))
        for step, moment in walk(steps, pace, begun, chance):
            writer.writerow((f"演示-{number:04d}", step, moment.strftime("%Y-%m-%d %H:%M:%S")))
    return b"\xef\xbb\xbf" + text.getvalue().encode("utf-8")


def walk(
    steps: Sequence[str], pace: Pace, begun: datetime, chance: random.Random
) -> list[tuple[str, datetime]]:
    """Return one case's events in order of time."""
    path = list(steps)
    if len(path) > 1 and chance.random() < pace.rework:
        back = chance.randrange(1, len(path))
        path[back:back] = [path[back], path[back - 1]]
    days = pace.days * chance.lognormvariate(0, 0.35)
    shares = [chance.uniform(0.5, 1.5) for _ in path[1:]] or [1.0]
    events, moment = [], begun
    for place, step in enumerate(path):
        events.append((step, moment))
        if place < len(shares):
            moment += timedelta(days=days * shares[place] / sum(shares))
    return events
