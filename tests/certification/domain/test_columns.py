"""A column is read as its values are read one by one."""

import math
from datetime import date

import numpy as np
import pandas as pd
import pytest

from certification.domain.columns import (
    ABSENT,
    KNOWN,
    STATES,
    FrameRows,
    MappingRows,
    derive_column,
    read_column,
    read_columns,
    read_days,
)
from certification.domain.evidence import (
    LARGEST,
    NO_REVIEW,
    derive_field,
    read_evidence,
    read_field,
)

DAY = date(2025, 6, 30)
LARGE = 1e308
SPECS = {
    "number": {"type": "number", "min": 0, "max": 100},
    "free": {"type": "number"},
    "integer": {"type": "integer", "min": 0, "max": 10},
    "boolean": {"type": "boolean"},
    "code": {"type": "code", "codes": ["a", "b"], "not_applicable": ["n/a"]},
    "plain code": {"type": "code", "codes": ["a", "b"]},
    "date": {"type": "date"},
    "expires": {"type": "number", "validity": {"kind": "expires"}},
}
VALUES = {
    "number": [0, 100, 50.5, -0.5, 100.5, math.nan, math.inf, -math.inf, LARGE, None, 10**400],
    "free": [0, -1.5, LARGEST, -LARGEST, LARGE, -LARGE, math.nan, None],
    "integer": [0, 10, 3.0, 2.5, 9.999, -1, 11, math.nan, None],
    "boolean": [True, False, None],
    "code": ["a", "b", "c", "", "n/a", None],
    "plain code": ["a", "n/a", "x", None],
    "date": ["2025-01-31", "2025-02-30", "", None, date(2025, 1, 1)],
    "expires": [
        {"value": 3, "expires": "2025-07-01"},
        {"value": 3, "expires": "2025-06-29"},
        {"value": 3, "expires": "soon"},
        {"value": 3},
        {"value": None},
        None,
        5,
    ],
}


def assert_read_alike(spec, values):
    column = read_column(spec, values, DAY)
    for place, raw in enumerate(values):
        one = read_field(spec, raw, DAY)
        assert STATES[column.state[place]] == one.state, raw
        assert column.review[place] == (one.issue is not None and one.issue not in NO_REVIEW), raw
        value = column.value[place]
        if one.value is None:
            # what is no number stands as one that spreads, so that nobody counts it as 0
            assert math.isnan(value) if column.value.dtype == np.float64 else value is None
        else:
            assert value == one.value, raw


@pytest.mark.parametrize("name", SPECS)
def test_column_is_read_as_its_values_are(name):
    spec, values = SPECS[name], VALUES[name]
    assert_read_alike(spec, values)
    for value in values:  # alone: each way of reading a column takes other columns
        assert_read_alike(spec, [value])
    assert_read_alike(spec, [*values, "1", True, {"value": 1}, [1]])
    assert_read_alike(spec, [])


def test_derived_column_is_computed_as_a_derived_field_is():
    fields = {
        "a": {"type": "number"},
        "b": {"type": "integer", "min": 0},
        "ratio": {"type": "number", "max": 3, "derive": {"div": ["a", "b"]}},
    }
    pairs = [(6, 2), (6, 0), (0, 0), (9, 2), (None, 2), (6, 2.5), (6, 1), (-6, 1), (1, 4)]
    rows = [{"a": one, "b": other} for one, other in pairs]
    column = read_columns(fields, MappingRows(rows), DAY)["ratio"]
    for place, row in enumerate(rows):
        one = read_evidence(fields, row, DAY)[0]["ratio"]
        assert STATES[column.state[place]] == one.state, row
        if one.value is not None:
            assert column.value[place] == one.value, row


def test_inputs_of_a_derived_column_give_it_the_worst_of_their_states():
    specs = {"a": SPECS["number"], "b": SPECS["expires"]}
    spec = {"type": "number", "derive": {"sub": ["b", "a"]}}
    given = [
        {"a": -1, "b": None},
        {"a": None, "b": {"value": 3, "expires": "2020-01-01"}},
        {"a": 1, "b": 4},
    ]
    columns = read_columns(specs, MappingRows(given), DAY)
    found = derive_column(spec, columns)
    for place, row in enumerate(given):
        readings = read_evidence(specs, row, DAY)[0]
        assert STATES[found.state[place]] == derive_field(spec, readings).state, row
    assert found.value[2] == 3


def test_what_is_no_day_at_all_is_a_bad_one():
    assert read_days([[1], {}, 7, "2025-01-31", None]).tolist() == [
        *(-2, -2, -2),
        date(2025, 1, 31).toordinal(),
        -1,
    ]


def table(owners, **columns):
    return pd.DataFrame({"provider": owners, **columns})


def test_table_of_items_belongs_to_its_rows():
    rows = FrameRows(pd.DataFrame({"x": [1, 2, 3]}), {"jobs": table([0, 0, 2], price=[5, 6, 7])})
    column = rows.items("jobs")
    assert column.state.tolist() == [KNOWN, ABSENT, KNOWN]
    assert column.items.owner.tolist() == [0, 0, 2]
    assert column.items.rows.raw("price").tolist() == [5, 6, 7]
    assert column.items.sound.all()
    assert len(column.value) == 3
    assert rows.raw("y") == [None, None, None]
    assert rows.gives("jobs").tolist() == [True, False, True]


def test_collection_that_is_not_given_has_no_items():
    column = FrameRows(pd.DataFrame({"x": [1, 2]}), {}).items("jobs")
    assert column.state.tolist() == [ABSENT, ABSENT]
    assert (len(column.items.owner), len(column.items.rows)) == (0, 0)


@pytest.mark.parametrize("owners", [[1, 0], [-1, 0], [0, 2], [2], [-1]])
def test_items_out_of_order_or_of_nobody_are_refused(owners):
    rows = FrameRows(pd.DataFrame({"x": [1, 2]}), {"jobs": table(owners)})
    with pytest.raises(ValueError, match="jobs: order the items by provider, from 0 to 1"):
        rows.items("jobs")
