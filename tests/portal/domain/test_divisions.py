"""The divisions file: good rows, every kind of bad row, and memory for a whole country."""

import tracemalloc
from pathlib import Path

import pytest

from portal.domain.divisions import DivisionRow, RejectedRow, read_divisions
from portal.domain.identifiers import Level

HEADER = "code,name,type,parent"
ABOVE = [
    "630000000000,青海省,province,",
    "630100000000,西宁市,prefecture,630000000000",
    "630123000000,湟源县,county,630100000000",
    "630123100000,城关镇,town,630123000000",
]
VILLAGE = "630123100200,涌兴村委会,village_committee,630123100000"
HUANGYUAN = Path(__file__).parents[4] / "shared" / "data" / "huangyuan_divisions.csv"


def _rejected(*lines):
    rows = list(read_divisions([HEADER, *ABOVE, *lines]))
    return [row for row in rows if isinstance(row, RejectedRow)]


def test_rows_are_read_with_their_lines():
    rows = list(read_divisions([f"\ufeff{HEADER}\r\n", f"{ABOVE[0]}\r\n", "\r\n", ABOVE[1]]))
    assert rows == [
        DivisionRow(2, "630000000000", "青海省", "province", Level.PROVINCE, None),
        DivisionRow(4, "630100000000", "西宁市", "prefecture", Level.PREFECTURE, "630000000000"),
    ]


def test_quoted_fields_are_read():
    rows = list(read_divisions([HEADER, '"630000000000","青海省","province",""']))
    province = DivisionRow(2, "630000000000", "青海省", "province", Level.PROVINCE, None)
    assert rows == [province]


@pytest.mark.parametrize("lines", [[], ["\n"], ["code,name\n"], ['"code\n'], [VILLAGE]])
def test_wrong_header_ends_the_reading(lines):
    rows = list(read_divisions([*lines, VILLAGE]))
    assert [row.reason for row in rows] == ["header"]


@pytest.mark.parametrize(
    ("line", "reason", "detail"),
    [
        ('630123100201,"万丰村委会,village_committee,630123100000', "quoting", None),
        ("630123100201,万丰村委会,village_committee", "columns", "3"),
        ("63012310020,万丰村委会,village_committee,630123100000", "bad_code", "63012310020"),
        ("990123100201,万丰村委会,village_committee,630123100000", "bad_code", "990123100201"),
        ("630123100201, ,village_committee,630123100000", "name_missing", "630123100201"),
        ("630123100201,万丰村委会,hamlet,630123100000", "unknown_type", "hamlet"),
        ("630123100201,万丰村委会,town,630123100000", "type_of_other_level", "town"),
        (
            "630123100201,万丰村委会,village_committee,630123101000",
            "parent_inconsistent",
            "630123101000",
        ),
        ("630123100201,万丰村委会,village_committee,", "parent_inconsistent", ""),
        ("640000000000,宁夏,province,630000000000", "parent_inconsistent", "630000000000"),
        (
            "630123102201,万丰村委会,village_committee,630123102000",
            "parent_missing",
            "630123102000",
        ),
        (ABOVE[3], "duplicate", "630123100000"),
        (VILLAGE, "duplicate", "630123100200"),
    ],
)
def test_bad_row_is_rejected_with_line_and_reason(line, reason, detail):
    assert _rejected(VILLAGE, line) == [
        RejectedRow(7, reason, line if detail is None else detail),
    ]


def test_stray_quote_spoils_only_its_own_row():
    rows = list(read_divisions([HEADER, *ABOVE[:2], '"' + ABOVE[2], ABOVE[2]]))
    assert [getattr(row, "reason", "ok") for row in rows] == ["ok", "ok", "quoting", "ok"]


def test_children_of_a_rejected_parent_are_rejected():
    town = "630123101000,,town,630123000000"
    child = "630123101200,拉拉口村委会,village_committee,630123101000"
    assert [row.reason for row in _rejected(town, child)] == ["name_missing", "parent_missing"]


def test_same_village_number_in_another_town_is_no_duplicate():
    town = "630123101000,大华镇,town,630123000000"
    assert (
        _rejected(VILLAGE, town, "630123101200,拉拉口村委会,village_committee,630123101000") == []
    )


def test_shipped_county_is_read_whole():
    if not HUANGYUAN.exists():
        pytest.skip("shared data not here")
    with HUANGYUAN.open(encoding="utf-8") as file:
        rows = list(read_divisions(file))
    assert len(rows) == 166
    assert [row for row in rows if isinstance(row, RejectedRow)] == []


def _country(towns, villages):
    yield HEADER
    yield from ABOVE[:3]
    for town in range(100, 100 + towns):
        yield f"630123{town}000,镇,town,630123000000"
        for village in range(200, 200 + villages):
            yield f"630123{town}{village},村,village_committee,630123{town}000"


def test_memory_does_not_grow_with_villages():
    tracemalloc.start()
    try:
        accepted = sum(isinstance(row, DivisionRow) for row in read_divisions(_country(40, 200)))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert accepted == 3 + 40 * 201
    # 8,000 village codes kept as a set would take some 0.8 MB.
    assert peak < 150_000
