"""The register of data: what each table holds of people, why, on what ground, for how long."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass

CLASSES = ("public", "internal", "personal", "sensitive")
PURPOSES = (
    "account",
    "security",
    "procedure",
    "learning",
    "contact",
    "publication",
    "audit",
    "operation",
)
BASES = ("contract", "duty", "law", "none")
KEPT = ("account", "record", "days", "emptied", "law")
WITH_DAYS = frozenset({"days", "emptied"})


@dataclass(frozen=True)
class Line:
    """What the register says of one table.

    ``holds`` names the personal data in Chinese, “” where there are none. ``days`` is how long
    a row is kept where ``kept`` is ``days``; where it is ``emptied``, the row stays and only what
    is personal in it goes, so many days after the case was closed. ``person`` is the way from a
    row to whom it is about and ``export`` the fields that this person may take away.
    """

    model: str
    klass: str
    holds: str
    purpose: str
    basis: str
    kept: str
    days: int | None
    person: str
    export: tuple[str, ...]


def read_register(lines: Iterable[str]) -> list[Line]:
    """Return the register's lines in the file's order.

    Raises ``ValueError`` naming the table whose line uses a word that nobody knows, or that
    contradicts itself (personal data without a ground, days without a number).
    """
    found = [line_of(row) for row in csv.DictReader(lines)]
    for line in found:
        if problem := problem_of(line):
            msg = f"{line.model}: {problem}"
            raise ValueError(msg)
    return found


def line_of(row: dict[str, str]) -> Line:
    """Return a row of the file as a line."""
    return Line(
        model=row["model"],
        klass=row["class"],
        holds=row["holds"],
        purpose=row["purpose"],
        basis=row["basis"],
        kept=row["kept"],
        days=int(row["days"]) if row["days"] else None,
        person=row["person"],
        export=tuple(row["export"].split()),
    )


def problem_of(line: Line) -> str:
    """Return what is wrong with a line, or “”."""
    known = (
        (line.klass, CLASSES),
        (line.purpose, PURPOSES),
        (line.basis, BASES),
        (line.kept, KEPT),
    )
    for word, words in known:
        if word not in words:
            return f"{word!r} is none of {', '.join(words)}"
    if (line.basis == "none") is not (not line.holds):
        return "personal data and a ground go together"
    if (line.kept in WITH_DAYS) is not (line.days is not None):
        return "kept for days needs their number"
    if line.klass in {"personal", "sensitive"} and not line.holds:
        return "says personal and names nothing"
    return ""
