"""Rows of the catalogue of village processes, made ready to be shown."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

COLUMNS: Final = (
    "code",
    "name_zh",
    "name_en",
    "category",
    "steps",
    "handler_chain",
    "time_rule",
    "time_basis",
    "basis_status",
    "publicity",
    "personal_data",
)
LEVELS: Final[Mapping[str, str]] = {"低": "low", "中": "medium", "高": "high"}

# A law's name, perhaps its year, then article numbers: 组织法21/22条, 条例(2025)9/10条, 法第24条.
_ARTICLES: Final = re.compile(
    r"(法|条例|办法|规定)(\s*[(（]\d{4}[)）])?\s*第?\d+(?:\s*[/、,，]\s*第?\d+)*\s*条"
    r"(?:第[一二三四五六七八九十\d]+[款项])*"
)
_FULL_WIDTH: Final = str.maketrans({",": "，", ";": "；", ":": "：", "(": "（", ")": "）"})


class ProcessRowInvalid(ValueError):
    """A row of the catalogue that cannot be used; ``line`` counts from 1, ``column`` is named."""

    def __init__(self, line: int, column: str) -> None:
        """Remember the place."""
        super().__init__(f"line {line}, column {column}")
        self.line = line
        self.column = column


@dataclass(frozen=True)
class ProcessRow:
    """A village process as the catalogue shows it; laws stand by name, without articles."""

    code: str
    name: str
    name_en: str
    category: str
    steps: tuple[str, ...]
    handlers: tuple[str, ...]
    time_rule: str
    time_basis: str
    basis_status: str
    publicity: str
    personal_data: str
    personal_data_note: str


def without_articles(text: str) -> str:
    """Return ``text`` without article numbers behind the names of laws.

    The numbers of 村民委员会组织法 are those before its amendment of 2026 and nobody has checked
    the others, so laws are named only (README of the data). Document numbers stay.

    >>> without_articles("土地管理法62条;实施条例34条;农经发〔2019〕6号")
    '土地管理法;实施条例;农经发〔2019〕6号'
    """
    return _ARTICLES.sub(r"\1\2", text)


def readable(text: str) -> str:
    """Return Chinese text with full-width punctuation and the mark of local practice in words.

    >>> readable("一般1个月内[B];司法确认")
    '一般1个月内（惯例）；司法确认'
    """
    spelled = text.replace("[B]", "(惯例)").translate(_FULL_WIDTH)
    return re.sub(r"(?<=[，；：（）])\s+", "", spelled).strip()


def basis_kinds(status: str) -> tuple[str, ...]:
    """Return what a time rule rests on: “sourced”, “local” or both, in this order.

    >>> basis_kinds("S(场景)/B(时限)")
    ('sourced', 'local')
    """
    known = (("S", "sourced"), ("B", "local"))
    return tuple(name for letter, name in known if letter in status)


def check_heading(names: Sequence[str]) -> None:
    """Raise ``ProcessRowInvalid`` for a column that stands twice: which one counts is unknown.

    >>> check_heading(["code", "steps", "remark", "remark"])
    """
    for name in COLUMNS:
        if names.count(name) > 1:
            raise ProcessRowInvalid(1, name)


def process_row(line: int, row: Mapping[str, str | None]) -> ProcessRow:
    """Return a row of the CSV made ready; raise ``ProcessRowInvalid`` naming what is wrong."""
    values = {name: (row.get(name) or "").strip() for name in COLUMNS}
    for name in COLUMNS:
        if not values[name]:
            raise ProcessRowInvalid(line, name)
    if not re.fullmatch(r"V\d{2}", values["code"]):
        raise ProcessRowInvalid(line, "code")
    if not basis_kinds(values["basis_status"]):
        raise ProcessRowInvalid(line, "basis_status")
    level, note = personal_data(values["personal_data"])
    if not level:
        raise ProcessRowInvalid(line, "personal_data")
    return ProcessRow(
        code=values["code"],
        name=readable(values["name_zh"]),
        name_en=values["name_en"],
        category=values["category"],
        steps=chain(values["steps"]),
        handlers=chain(values["handler_chain"]),
        time_rule=readable(without_articles(values["time_rule"])),
        time_basis=readable(without_articles(values["time_basis"])),
        basis_status=values["basis_status"],
        publicity=readable(values["publicity"]),
        personal_data=level,
        personal_data_note=note,
    )


def chain(text: str) -> tuple[str, ...]:
    """Return the links of a chain written with arrows.

    >>> chain("登记→办理→答复")
    ('登记', '办理', '答复')
    """
    return tuple(readable(link) for link in text.split("→") if link.strip())


def personal_data(text: str) -> tuple[str, str]:
    """Return (low, medium or high; what the text adds); an unknown level is “”.

    >>> personal_data("高(敏感)")
    ('high', '敏感')
    """
    return LEVELS.get(text[:1], ""), text[1:].strip("()（）")
