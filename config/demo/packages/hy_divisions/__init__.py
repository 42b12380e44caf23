"""Administrative divisions of 湟源县: names by code and codes by name, without a network.

    from hy_divisions import full_name, search
    full_name("630123101200")

Data: National Bureau of Statistics, statistical division codes as of 30 June 2023.
"""

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources

__all__ = ["Division", "ancestors", "children", "divisions", "full_name", "lookup", "search"]

DIGITS = 12


@dataclass(frozen=True)
class Division:
    """A division: its 12-digit code, name, type and the code of what it lies in (or “”)."""

    code: str
    name: str
    type: str
    parent: str


@cache
def divisions() -> dict[str, Division]:
    """Return every division by its code, in the order of the codes."""
    text = resources.files(__name__).joinpath("divisions.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    found = (Division(row["code"], row["name"], row["type"], row["parent"]) for row in rows)
    return {row.code: row for row in sorted(found, key=lambda row: row.code)}


def lookup(code: str) -> Division:
    """Return the division with a code; short codes (630123) are filled up with zeros.

    Raises ``KeyError`` for a code that is not in the data.
    """
    return divisions()[code.strip().ljust(DIGITS, "0")]


def ancestors(code: str) -> list[Division]:
    """Return what a division lies in, from the province down to the division itself."""
    found = [lookup(code)]
    while found[0].parent:
        found.insert(0, lookup(found[0].parent))
    return found


def full_name(code: str) -> str:
    """Return the whole name, from the province on."""
    return "".join(row.name for row in ancestors(code))


def children(code: str) -> list[Division]:
    """Return what lies directly in a division."""
    parent = lookup(code).code
    return [row for row in divisions().values() if row.parent == parent]


def search(text: str) -> list[Division]:
    """Return the divisions whose name holds ``text``."""
    return [row for row in divisions().values() if text in row.name]
