"""A sheet: the words of an issued document, Chinese with English beside it."""

from calendar import month_name
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Both:
    """The same in both languages; Chinese is the record."""

    zh: str
    en: str


@dataclass(frozen=True)
class Fact:
    """A line of the table: what it is, its value, and the value in English where it differs."""

    label: Both
    value: str
    beside: str = ""


@dataclass(frozen=True)
class Sheet:
    """What stands on a document besides number, seal and check."""

    title: Both
    statement: Both
    facts: tuple[Fact, ...]
    remarks: tuple[Both, ...] = ()


def fact(zh: str, en: str, value: object, beside: str = "") -> Fact:
    """Return a line of the table."""
    return Fact(Both(zh, en), str(value), beside)


def day_zh(day: date) -> str:
    """Write a day as Chinese documents do.

    >>> day_zh(date(2026, 11, 3))
    '2026年11月3日'
    """
    return f"{day.year}年{day.month}月{day.day}日"


def day_en(day: date) -> str:
    """Write a day as English documents do.

    >>> day_en(date(2026, 11, 3))
    '3 November 2026'
    """
    return f"{day.day} {month_name[day.month]} {day.year}"
