"""Reading evidence: what is known, what is quarantined and under which code."""

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certification.domain.evidence import (
    Reading,
    cap_group_total,
    decay_weight,
    read_evidence,
    read_field,
)
from certification.domain.reductions import reduce_collection

DAY = date(2025, 6, 30)
NUMBER = {"type": "number", "min": 0, "max": 100}
INTEGER = {"type": "integer"}
BOOLEAN = {"type": "boolean"}
CODE = {"type": "code", "codes": ["a", "b"], "not_applicable": ["n/a"]}
WINDOW = {"type": "number", "validity": {"kind": "window", "months": 36}}
EXPIRES = {"type": "number", "validity": {"kind": "expires"}}
COLLECTION = {"type": "collection"}


@pytest.mark.parametrize(
    ("spec", "raw", "value"),
    [
        (NUMBER, 0, 0),
        (NUMBER, 100, 100),
        (NUMBER, {"value": 5}, 5),
        (NUMBER, {"value": 5, "date": None}, 5),
        (INTEGER, 3.0, 3.0),
        (INTEGER, -3, -3),
        (BOOLEAN, False, False),
        (CODE, "a", "a"),
        ({"type": "date"}, "2025-01-31", date(2025, 1, 31)),
        ({"type": "date"}, datetime(2025, 1, 31, 9), date(2025, 1, 31)),  # noqa: DTZ001
        (WINDOW, 5, 5),
        (COLLECTION, [], []),
    ],
)
def test_valid_value_is_known(spec, raw, value):
    assert read_field(spec, raw, DAY) == Reading("known", value)


@pytest.mark.parametrize("raw", [None, {"value": None}])
def test_nothing_is_absent(raw):
    assert read_field(NUMBER, raw, DAY) == Reading("absent")


def test_not_applicable_is_not_missing():
    assert read_field(CODE, "n/a", DAY) == Reading("not_applicable")
    assert read_field(CODE, {"value": "n/a", "date": "2025-01-01"}, DAY).state == "not_applicable"


@pytest.mark.parametrize(
    ("spec", "raw", "code"),
    [
        (NUMBER, "12%", "type"),
        (NUMBER, True, "type"),
        (NUMBER, [1], "type"),
        (NUMBER, {"amount": 1}, "type"),
        (NUMBER, {"value": "12%", "date": "2025-01-01"}, "type"),
        (NUMBER, float("nan"), "nan"),
        (NUMBER, float("inf"), "inf"),
        (NUMBER, float("-inf"), "inf"),
        pytest.param(NUMBER, 10**400, "inf", id="beyond a double"),
        (NUMBER, -1, "below_min"),
        (NUMBER, 100.5, "above_max"),
        (INTEGER, 1.5, "not_integer"),
        (BOOLEAN, 1, "type"),
        (BOOLEAN, "true", "type"),
        (CODE, 1, "type"),
        (CODE, "c", "unknown_code"),
        ({"type": "date"}, "31.1.2025", "bad_date"),
        ({"type": "date"}, 20250131, "bad_date"),
        (NUMBER, {"value": 5, "date": "soon"}, "bad_date"),
        (WINDOW, {"value": 5}, "no_date"),
        (EXPIRES, {"value": 5}, "no_date"),
        (COLLECTION, 5, "type"),
    ],
)
def test_invalid_value_is_quarantined(spec, raw, code):
    assert read_field(spec, raw, DAY) == Reading("invalid", issue=code)


@pytest.mark.parametrize(
    ("spec", "key", "on", "state", "issue"),
    [
        (NUMBER, "date", date(2025, 6, 30), "known", None),
        (NUMBER, "date", date(2025, 7, 1), "invalid", "future_date"),
        (NUMBER, "expires", date(2020, 1, 1), "known", None),
        (WINDOW, "date", date(2022, 7, 1), "known", None),
        (WINDOW, "date", date(2022, 6, 30), "expired", "expired"),
        (WINDOW, "date", date(2025, 7, 1), "invalid", "future_date"),
        (EXPIRES, "expires", date(2025, 6, 30), "known", None),
        (EXPIRES, "expires", date(2025, 6, 29), "expired", "expired"),
        ({"type": "number", "validity": {"kind": "window"}}, "date", DAY, "known", None),
    ],
)
def test_dated_value(spec, key, on, state, issue):
    value = 5 if state == "known" else None
    expected = Reading(state, value, issue=issue, **{key: on})
    assert read_field(spec, {"value": 5, key: on.isoformat()}, DAY) == expected


def test_dated_value_needs_the_day_of_scoring():
    with pytest.raises(ValueError, match=r"^as_of: evidence carries dates"):
        read_field(WINDOW, {"value": 5, "date": "2025-01-01"}, None)


def test_read_evidence_lists_issues_and_unknown_fields():
    readings, issues = read_evidence({"a": NUMBER, "b": NUMBER}, {"a": -1, "z": 1}, DAY)
    assert readings == {"a": Reading("invalid", issue="below_min"), "b": Reading("absent")}
    assert issues == ["a:below_min", "z:unknown_field"]


@pytest.mark.parametrize(
    ("age", "window", "weight"),
    [(0, 36, 1.0), (18, 36, 0.5), (36, 36, 0.25), (36.01, 36, 0.0), (36, None, 0.25)],
)
def test_decay_weight(age, window, weight):
    assert decay_weight(age, {"half_life_months": 18}, window) == pytest.approx(weight, abs=1e-12)


def test_decay_weight_without_decay_is_one_inside_the_window():
    assert (decay_weight(36, None, 36), decay_weight(37, None, 36)) == (1.0, 0.0)


@pytest.mark.parametrize("age", [-0.1, float("nan")])
def test_decay_weight_refuses_the_future(age):
    with pytest.raises(ValueError, match=r"^age: evidence from the future"):
        decay_weight(age)


@pytest.mark.parametrize(
    ("weights", "keys", "capped"),
    [
        ([1] * 8 + [1], ["a"] * 8 + ["b"], [0.5] * 8 + [1.0]),
        ([2, 2, 1], ["a", "a", "b"], [2, 2, 1]),
        ([3.0, 2.0, 0.5], ["a", "a", "b"], [2.4, 1.6, 0.5]),
        ([], [], []),
    ],
)
def test_cap_group_total(weights, keys, capped):
    assert cap_group_total(weights, keys, 4) == pytest.approx(capped, abs=1e-12)


@given(st.lists(st.tuples(st.floats(0, 3), st.sampled_from("abc")), max_size=20))
def test_cap_group_total_never_raises_a_weight_nor_passes_the_cap(pairs):
    weights, keys = [w for w, _ in pairs], [k for _, k in pairs]
    capped = cap_group_total(weights, keys, 4)
    assert all(after <= before for before, after in zip(weights, capped, strict=True))
    sums = [sum(w for w, k in zip(capped, keys, strict=True) if k == key) for key in "abc"]
    assert max(sums) <= 4 + 1e-8


def rule(reduce, **more):
    return {"collection": "c", "value": "v", "item": NUMBER, "reduce": reduce} | more


ITEMS = [{"v": 1}, {"v": 2}, {"v": 6}]
DATED = {"date": "on", "window_months": 36, "decay": {"half_life_months": 18}}


@pytest.mark.parametrize(
    ("given", "value"),
    [
        (rule("count"), 3.0),
        ({"collection": "c", "reduce": "count"}, 3.0),
        (rule("sum"), 9.0),
        (rule("max"), 6),
        (rule("median"), 2.0),
        (rule("mean"), 3.0),
        (rule("mean", min_items=3), 3.0),
    ],
)
def test_reduce(given, value):
    assert reduce_collection(given, Reading("known", ITEMS), DAY) == (Reading("known", value), [])


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (rule("count"), Reading("known", 0.0)),
        (rule("sum"), Reading("known", 0.0)),
        (rule("count", min_items=1), Reading("absent")),
        (rule("mean"), Reading("absent")),
        (rule("max"), Reading("absent")),
    ],
)
def test_reduce_nothing(given, expected):
    assert reduce_collection(given, Reading("known", []), DAY) == (expected, [])


def test_reduce_keeps_a_missing_collection_missing():
    assert reduce_collection(rule("sum"), Reading("absent"), DAY) == (Reading("absent"), [])


def test_decayed_mean_and_sum():
    # 2023-12-30 is 548 days = 18.004 months before the day: weight 0.49992
    items = [{"v": 4, "on": "2025-06-30"}, {"v": 1, "on": "2023-12-30"}]
    half = 2 ** (-(548 / 30.4375) / 18)
    for reduce, expected in (("decayed_sum", 4 + half), ("decayed_mean", (4 + half) / (1 + half))):
        found, issues = reduce_collection(rule(reduce, **DATED), Reading("known", items), DAY)
        assert (found.value, issues) == (pytest.approx(expected, abs=1e-12), [])


def test_decayed_sum_caps_each_group():
    items = [{"v": 1, "on": "2025-06-30", "village": name} for name in ("x", "x", "x", "y")]
    capped = rule("decayed_sum", **DATED, cap_total={"by": "village", "max": 2})
    found, _ = reduce_collection(capped, Reading("known", items), DAY)
    assert found.value == pytest.approx(3.0, abs=1e-12)


def test_faulty_items_are_listed_and_left_out():
    items = [
        {"v": 1, "on": "2025-06-30"},
        {"v": 1, "on": "2022-06-01"},
        {"v": 1, "on": "2025-07-01"},
        {"v": 1},
        {"v": 1, "on": "soon"},
        {"v": 101, "on": "2025-06-30"},
        {"on": "2025-06-30"},
        7,
    ]
    windowed = rule("count", date="on", window_months=36)
    assert reduce_collection(windowed, Reading("known", items), DAY) == (
        Reading("known", 1.0),
        [
            "c[2]:future_date",
            "c[3]:no_date",
            "c[4]:bad_date",
            "c[5].v:above_max",
            "c[6].v:missing",
            "c[7]:type",
        ],
    )


def test_dated_items_need_the_day_of_scoring():
    with pytest.raises(ValueError, match=r"^as_of: evidence carries dates"):
        reduce_collection(rule("sum", date="on"), Reading("known", [{"v": 1, "on": DAY}]), None)


def test_value_of_a_derived_field_is_set_aside_and_named():
    fields = {"a": NUMBER, "twice": {"type": "number", "derive": {"add": ["a", "a"]}}}
    readings, issues = read_evidence(fields, {"a": 4, "twice": 99, "other": 1}, DAY)
    assert (readings["twice"].value, readings["a"].value) == (8, 4)
    assert issues == ["other:unknown_field", "twice:derived_field"]
