"""Cloud quota: the life of a request, months, the accounts of the ledger, reported usage.

A pool has a capacity for each month. Amounts are decimals with two places in the pool's unit;
months are written as their first day.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Final

from portal.domain.lifecycle import Invalid, Lifecycle, row

REQUEST: Final = Lifecycle(
    name="incubator.resource_request",
    states=(
        "draft",
        "requested",
        "more_info",
        "approved",
        "denied",
        "withdrawn",
        "provisioned",
        "released",
        "revoked",
    ),
    transitions=(
        row("request", "draft more_info", "requested", "firm_signer firm_member"),
        row("ask", "requested", "more_info", "resource_manager", reason=True),
        row("approve", "requested", "approved", "resource_manager"),
        row("deny", "requested", "denied", "resource_manager system", reason=True),
        row("deny", "more_info", "denied", "system", reason=True),
        row("withdraw", "draft requested more_info", "withdrawn", "firm_signer firm_member"),
        row("provision", "approved", "provisioned", "resource_manager system"),
        row("release", "approved provisioned", "released", "firm_signer resource_manager system"),
        row(
            "revoke",
            "approved provisioned",
            "revoked",
            "resource_manager system",
            reason=True,
        ),
    ),
    final=frozenset({"denied", "withdrawn", "released", "revoked"}),
)

WAITING: Final = ("requested", "more_info")
"""States in which a request waits for its decision."""
GRANTED: Final = ("approved", "provisioned")
"""States in which an amount of the pool is set aside for the firm."""
DECIDED: Final = (*GRANTED, "released", "revoked")
"""States that have an approved amount."""

UNITS: Final[Mapping[str, str]] = {
    "vcpu": "vcpu_hours",
    "gpu": "gpu_hours",
    "storage": "gigabytes",
    "maps": "calls",
    "ocr": "pages",
    "sms": "messages",
    "other": "units",
}
"""Kinds of pools and the unit in which each is counted, per month."""

SOURCE, POOL, HELD, USED, LAPSED, OVERRUN = "source", "pool", "held", "used", "lapsed", "overrun"
ACCOUNTS: Final = (SOURCE, POOL, HELD, USED, LAPSED, OVERRUN)
"""Accounts of a pool's month. Capacity comes from ``source``; ``overrun`` is what a firm used
beyond its quota: a fact to record, which takes nothing from the pool."""

MOST_MONTHS: Final = 12
LEAST: Final = Decimal("0.01")
LARGEST: Final = Decimal(9_999_999_999)
EXPIRING_DAYS: Final = 30
EXPIRY_MARKS: Final = (7, EXPIRING_DAYS)
"""Within how many days of its end a firm is told of it."""
WARN_SHARE, FULL_SHARE = 80, 100
MOST_USAGE_ROWS: Final = 10_000

COLUMNS: Final[Mapping[str, str]] = {
    "reference": "reference",
    "request": "request",
    "day": "day",
    "amount": "amount",
    "用量编号": "reference",
    "申请编号": "request",
    "日期": "day",
    "用量": "amount",
}
"""Headings of a usage file, in either language, and the field of each."""
_REFERENCE: Final = re.compile(r"[\w.:/@+-]{1,80}", re.ASCII)
_NUMBER: Final = re.compile(r"[0-9]{1,12}(\.[0-9]{1,12})?")


# --- Months


def month_of(day: date) -> date:
    """Return the month of ``day`` as its first day.

    >>> month_of(date(2026, 11, 26))
    datetime.date(2026, 11, 1)
    """
    return day.replace(day=1)


def add_months(month: date, count: int) -> date:
    """Return the month ``count`` months after ``month``.

    >>> add_months(date(2026, 11, 1), 2)
    datetime.date(2027, 1, 1)
    """
    years, index = divmod(month.year * 12 + month.month - 1 + count, 12)
    return date(years, index + 1, 1)


def iso_month(month: date) -> str:
    """Return a month as messages keep it; in words only where somebody reads it.

    >>> iso_month(date(2026, 11, 1))
    '2026-11'
    """
    return month.isoformat()[:7]


def span(first: date, months: int) -> tuple[date, ...]:
    """Return ``months`` months beginning with ``first``."""
    return tuple(add_months(first, number) for number in range(months))


def before(months: tuple[date, ...], end: date | None) -> tuple[date, ...]:
    """Return the months before ``end``; all of them where there is no end.

    >>> before((date(2026, 11, 1), date(2026, 12, 1)), date(2026, 12, 1))
    (datetime.date(2026, 11, 1),)
    """
    return tuple(month for month in months if end is None or month < end)


def last_day(first: date, months: int) -> date:
    """Return the last day of a span.

    >>> last_day(date(2026, 11, 1), 1)
    datetime.date(2026, 11, 30)
    """
    return date.fromordinal(add_months(first, months).toordinal() - 1)


def clock_state(state: str, first: date, months: int, today: date) -> str:
    """Return what the calendar adds to a granted request: future, expiring, expired or “”.

    It is expiring during its last 30 days.
    """
    if state not in GRANTED:
        return ""
    left = (last_day(first, months) - today).days
    if left < 0:
        return "expired"
    if today < first:
        return "future"
    return "expiring" if left < EXPIRING_DAYS else ""


def expiry_mark(left: int) -> int | None:
    """Return the nearest mark (7, 30) that ``left`` days before the end lie within, if any.

    >>> expiry_mark(29), expiry_mark(6), expiry_mark(30), expiry_mark(-1)
    (30, 7, None, None)
    """
    return next((mark for mark in EXPIRY_MARKS if 0 <= left < mark), None)


# --- Amounts


def require_amount(value: Decimal | None, field: str = "amount") -> Decimal:
    """Return a positive amount of at most two places; else raise ``Invalid("amount")``."""
    if (
        value is None
        or not value.is_finite()
        or not LEAST <= value <= LARGEST
        or value != value.quantize(LEAST)
    ):
        raise Invalid("amount", fields={field: "amount"})
    return value.quantize(LEAST)


def require_span(first: date, months: int, today: date) -> None:
    """Raise ``Invalid`` unless the span begins this month or within a year, and ends in a year."""
    if not 1 <= months <= MOST_MONTHS:
        raise Invalid("months", fields={"months": "months"}, most=MOST_MONTHS)
    this = month_of(today)
    if first != month_of(first) or not this <= first <= add_months(this, MOST_MONTHS):
        raise Invalid("first_month", fields={"first_month": "first_month"})


def require_after(first: date, months: tuple[date, ...]) -> None:
    """Raise ``Invalid("renewal_early")`` unless a renewal begins after the grant's ``months``."""
    if first <= months[-1]:
        wrong = {"first_month": "renewal_early"}
        raise Invalid("renewal_early", fields=wrong, month=iso_month(add_months(months[-1], 1)))


def require_difference(
    amount: Decimal,
    asked: tuple[date, ...],
    granted_amount: Decimal,
    granted: tuple[date, ...],
    today: date,
) -> None:
    """Raise ``Invalid("change_nothing")`` where a change asks for what is granted already.

    ``asked`` and ``granted`` are months; those of the grant that are over do not count, and
    those before the first that is asked for stay as they are.
    """
    left = tuple(month for month in granted if month >= month_of(today))
    if amount == granted_amount and asked == left[-len(asked) :]:
        raise Invalid("change_nothing", fields={"amount": "change_nothing"})


def percent(used: Decimal, granted: Decimal) -> int:
    """Return the share used in whole percent, rounded down; nothing granted is 0.

    >>> percent(Decimal("79.99"), Decimal(100))
    79
    """
    return int(used * 100 / granted) if granted > 0 else 0


def crossed(before: Decimal, after: Decimal, granted: Decimal) -> int | None:
    """Return the highest mark (80, 100) that usage passed between two readings, if any.

    >>> crossed(Decimal(10), Decimal(100), Decimal(100))
    100
    """
    old, new = percent(before, granted), percent(after, granted)
    return next((mark for mark in (FULL_SHARE, WARN_SHARE) if old < mark <= new), None)


# --- Usage files


@dataclass(frozen=True, slots=True)
class UsageRow:
    """What the cloud reports: ``reference`` is its own number of the record, for counting once.

    ``line`` is where it stood in what was handed in.
    """

    reference: str
    request: str
    day: date
    amount: Decimal
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class UsageError:
    """What is wrong with a row of a usage file: ``code`` is a key of the app's refusals."""

    line: int
    column: str
    code: str
    value: str


class UsageRefused(Invalid):
    """A usage file has rows that cannot be taken; nothing of it was kept."""

    def __init__(self, errors: list[UsageError]) -> None:
        """Keep all errors; the first one is the refusal's text."""
        self.errors = errors
        first = errors[0]
        super().__init__("usage_rows", count=len(errors), line=first.line, column=first.column)


def read_usage(lines: Iterable[str]) -> list[UsageRow]:
    """Return the rows of a usage file (CSV with a heading line, UTF-8).

    Columns ``reference, request, day, amount`` or 用量编号、申请编号、日期、用量 in any order; days
    are ISO dates. Raises ``Invalid`` (``usage_columns``, ``usage_column_twice``, ``usage_empty``,
    ``usage_long``) or ``UsageRefused`` with every row that is wrong.
    """
    try:
        reader = csv.reader(lines, strict=True)
        places = places_of(next(reader, []))
        missing = [name for name in ("reference", "request", "day", "amount") if name not in places]
        if missing:
            names = [name for name, field in COLUMNS.items() if field == missing[0]]
            wrong = {"file": "usage_columns"}
            raise Invalid("usage_columns", fields=wrong, missing=" / ".join(reversed(names)))
        return checked(cells_of(numbered(reader), places))
    except csv.Error as error:
        raise Invalid("usage_damaged", fields={"file": "usage_damaged"}) from error


def numbered(reader: Any) -> Iterator[tuple[int, list[str]]]:
    """Yield (line, cells) of what is left of a CSV reader: a row's first line in the file."""
    line = reader.line_num + 1
    for cells in reader:
        yield line, cells
        line = reader.line_num + 1


def places_of(heading: list[str]) -> dict[str, int]:
    """Return where each field stands; raise ``Invalid("usage_column_twice")`` for two places.

    Small or capital letters and spaces around make no difference.
    """
    names = [cell.strip().lstrip("\ufeff").strip() for cell in heading]
    places: dict[str, int] = {}
    for place, name in enumerate(names):
        field = COLUMNS.get(name.casefold(), "")
        if field in places:
            wrong = {"file": "usage_column_twice"}
            first = names[places[field]]
            raise Invalid("usage_column_twice", fields=wrong, first=first, second=name)
        if field:
            places[field] = place
    return places


def cells_of(
    rows: Iterable[tuple[int, list[str]]], places: Mapping[str, int]
) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield (line, cells by field) for every row that is not blank."""
    for line, cells in rows:
        if any(cell.strip() for cell in cells):
            yield (
                line,
                {
                    name: cells[place].strip() if place < len(cells) else ""
                    for name, place in places.items()
                },
            )


def checked(rows: Iterable[tuple[int, Mapping[str, object]]]) -> list[UsageRow]:
    """Return usage rows from raw values, each with its line; raise with all that is wrong."""
    good: list[UsageRow] = []
    errors: list[UsageError] = []
    seen: set[str] = set()
    for line, raw in rows:
        if len(good) + len(errors) >= MOST_USAGE_ROWS:
            raise Invalid("usage_long", fields={"file": "usage_long"}, most=MOST_USAGE_ROWS)
        values = {name: str(raw.get(name, "")).strip() for name in set(COLUMNS.values())}
        wrong = first_error(values, seen)
        if wrong:
            column, code = wrong
            errors.append(UsageError(line, column, code, values[column][:80]))
        else:
            seen.add(values["reference"])
            good.append(
                UsageRow(
                    values["reference"],
                    values["request"],
                    date.fromisoformat(values["day"]),
                    read_amount(values["amount"]),
                    line,
                )
            )
    if errors:
        raise UsageRefused(errors)
    if not good:
        raise Invalid("usage_empty", fields={"file": "usage_empty"})
    return good


def first_error(values: Mapping[str, str], seen: set[str]) -> tuple[str, str] | None:
    """Return (column, code) of the first thing that is wrong with a row's texts."""
    if not _REFERENCE.fullmatch(values["reference"]):
        return "reference", "usage_reference"
    if values["reference"] in seen:
        return "reference", "usage_twice"
    if not values["request"]:
        return "request", "usage_request"
    if not is_day(values["day"]):
        return "day", "usage_day"
    try:
        read_amount(values["amount"])
    except Invalid:
        return "amount", "amount"
    return None


def is_day(text: str) -> bool:
    """Return whether ``text`` is a day in the one spelling that is asked for.

    >>> is_day("2026-11-26"), is_day("20261126"), is_day("2026-W47-5"), is_day("2026-11-31")
    (True, False, False, False)
    """
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def read_amount(text: str) -> Decimal:
    """Return an amount written in plain digits; else raise ``Invalid("amount")``.

    >>> read_amount("2.5")
    Decimal('2.50')
    """
    return require_amount(Decimal(text) if _NUMBER.fullmatch(text) else None)
