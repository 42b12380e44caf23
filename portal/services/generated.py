"""Rows for load tests and benchmarks: plainly generated, marked as such, removable."""

from collections.abc import Callable
from datetime import datetime
from itertools import islice

from portal.domain.identifiers import make_uscc
from portal.models import Organisation, Region
from portal.services.operations import operation

BATCH = 2000
MOST = 9_999_999
"""Seven digits of the organisation part of a code number the generated firms."""
DIVISION = "630123"


def generate_organisations(
    *, count: int, now: datetime, progress: Callable[[int], None] | None = None
) -> int:
    """Bring the generated firms up to ``count`` (at most 9,999,999); return how many were added.

    Firm number n always has the same name, code and region, so a second call adds nothing.
    One transaction; memory is bounded by a batch. Audited.
    """
    regions = list(Region.objects.order_by("code").values_list("code", flat=True)[:BATCH])
    with operation("organisations.generate", actor=None, now=now, count=count) as opened:
        before = Organisation.objects.filter(generated=True).count()
        numbers = iter(range(1, min(count, MOST) + 1))
        while batch := list(islice(numbers, BATCH)):
            rows = [generated_firm(number, regions) for number in batch]
            Organisation.objects.bulk_create(rows, ignore_conflicts=True)
            if progress:
                progress(batch[-1])
        added = Organisation.objects.filter(generated=True).count() - before
        opened.record("organisations.generated", added=added)
    return added


def generated_firm(number: int, regions: list[str]) -> Organisation:
    """Return the unsaved firm with this number (from 1); regions take turns."""
    return Organisation(
        kind="firm",
        name=f"生成服务商{number:07d}",
        name_en=f"Generated Provider {number:07d}",
        uscc=make_uscc("91", DIVISION, f"G{number:07d}"),
        region_id=regions[number % len(regions)] if regions else None,
        generated=True,
    )


def remove_generated(*, now: datetime, progress: Callable[[int], None] | None = None) -> int:
    """Delete every generated firm with what hangs on it; return how many. Audited."""
    removed = 0
    with operation("organisations.remove_generated", actor=None, now=now) as opened:
        rows = Organisation.objects.filter(generated=True).order_by("pk")
        while batch := list(rows.values_list("pk", flat=True)[:BATCH]):
            Organisation.objects.filter(pk__in=batch).delete()
            removed += len(batch)
            if progress:
                progress(removed)
        opened.record("organisations.removed", removed=removed)
    return removed
