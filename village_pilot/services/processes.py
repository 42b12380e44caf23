"""Loads the catalogue of village processes."""

import csv
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime

from portal.domain.lifecycle import Invalid
from portal.models import User
from portal.services.operations import operation
from village_pilot.domain.process import (
    ProcessRow,
    ProcessRowInvalid,
    check_heading,
    process_row,
)
from village_pilot.models import ProcessTemplate


@dataclass(frozen=True)
class ProcessesLoaded:
    """How many rows were new, changed (a new edition) or as before."""

    added: int
    changed: int
    unchanged: int


def load_processes(
    *, lines: Iterable[str], now: datetime, actor: User | None = None
) -> ProcessesLoaded:
    """Load the catalogue from CSV ``lines``; a changed row becomes a new edition.

    All or nothing; pilots keep the edition that they began with. Raises
    ``Invalid("process_row")`` naming line and column.
    """
    with operation("process.load", actor=actor, now=now):
        rows = read_rows(lines)
        current = {row.code: row for row in ProcessTemplate.objects.current()}
        counts = {"added": 0, "changed": 0, "unchanged": 0}
        for row in rows:
            counts[keep(row, current.get(row.code), now)] += 1
    return ProcessesLoaded(**counts)


def read_rows(lines: Iterable[str]) -> list[ProcessRow]:
    """Return every row made ready; the header is line 1."""
    reader = csv.DictReader(lines)
    try:
        check_heading(reader.fieldnames or [])
        return [process_row(line, row) for line, row in enumerate(reader, start=2)]
    except ProcessRowInvalid as error:
        raise Invalid("process_row", line=error.line, column=error.column) from error


def keep(row: ProcessRow, old: ProcessTemplate | None, now: datetime) -> str:
    """Store a row unless it stands there already; return added, changed or unchanged."""
    values = {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in asdict(row).items()
    }
    if old is not None and all(getattr(old, name) == value for name, value in values.items()):
        return "unchanged"
    if old is not None:
        old.superseded_at = now
        old.save(update_fields=["superseded_at"])
    edition = old.edition + 1 if old else 1
    template = ProcessTemplate(**values, edition=edition, loaded_at=now)
    template.full_clean(validate_unique=False, validate_constraints=False)
    template.save()
    return "changed" if old else "added"
