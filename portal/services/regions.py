"""Loading official divisions: all or nothing, in one pass of bounded memory."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from portal.domain.divisions import DivisionRow, RejectedRow, read_divisions
from portal.domain.lifecycle import Invalid
from portal.models import Region, User
from portal.services.operations import operation

BATCH = 2000
SHOWN = 50
"""Rejected rows that a report lists; the rest are counted."""


@dataclass
class DivisionReport:
    """What a load did; ``rejected`` holds (line, reason, value) of the first rejected rows."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    rejected_count: int = 0
    rejected: list[tuple[int, str, str]] = field(default_factory=list)


def load_divisions(
    *,
    lines: Iterable[str],
    actor: User | None,
    now: datetime,
    progress: Callable[[int], None] | None = None,
) -> DivisionReport:
    """Load a divisions CSV (``code,name,type,parent``); parents come before children.

    Raises ``Invalid("divisions_rejected", report=…)`` and keeps nothing when any row is
    rejected. 600,000 rows are read once; only one batch and the parents' codes are held.
    """
    report = DivisionReport()
    with operation("regions.load", actor=actor, now=now) as opened:
        accepted = sift(read_divisions(lines), report)
        while batch := list(islice(accepted, BATCH)):
            write_batch(batch, report)
            if progress:
                progress(report.added + report.changed + report.unchanged)
        if report.rejected_count:
            raise Invalid("divisions_rejected", report=report)
        opened.record("regions.loaded", added=report.added, changed=report.changed)
    return report


def sift(
    rows: Iterator[DivisionRow | RejectedRow], report: DivisionReport
) -> Iterator[DivisionRow]:
    """Yield accepted rows; note rejected ones."""
    for row in rows:
        if isinstance(row, DivisionRow):
            yield row
            continue
        report.rejected_count += 1
        if len(report.rejected) < SHOWN:
            report.rejected.append((row.line, str(row.reason), row.detail))


def write_batch(batch: list[DivisionRow], report: DivisionReport) -> None:
    """Insert what is new, update what differs, count the rest (two queries, or one more)."""
    known = Region.objects.in_bulk([row.code for row in batch])
    fresh, differing = [], []
    for row in batch:
        region = Region(code=row.code, name=row.name, type=row.type, parent_id=row.parent)
        old = known.get(row.code)
        if old is None:
            fresh.append(region)
        elif (old.name, old.type, old.parent_id) != (row.name, row.type, row.parent):
            differing.append(region)
    Region.objects.bulk_create(fresh)
    Region.objects.bulk_update(differing, ["name", "type", "parent"], batch_size=200)
    report.added += len(fresh)
    report.changed += len(differing)
    report.unchanged += len(batch) - len(fresh) - len(differing)
