"""Why a leaf has the points that it has, where some of what it reads is not known."""

from datetime import date

import pytest

from certification.domain.scoring import score
from tests.certification.domain.rubrics import LINE, branch, leaf, lines, rubric

DAY = date(2026, 6, 30)
NUMBER = {"type": "number", "min": 0}
CODE = {"type": "code", "codes": ["x"], "not_applicable": ["n/a"]}
ANCHORS = {"kind": "ordinal", "anchors": [{"code": "x", "points": 10}]}


def is_x(name):
    return {"field": name, "op": "eq", "value": "x"}


def leaf_of(scale, fields, evidence, **more):
    one = rubric(branch("total", [leaf("a", scale, **more)], 10), fields)
    return score(one, evidence, DAY).leaves["a"]


COUNT = {
    "kind": "count",
    "points": 1,
    "of": [{"code": name, "when": {"field": name, "op": "ge", "value": 1}} for name in "gfedcb"],
}


def counted(evidence):
    return leaf_of(COUNT, dict.fromkeys("bcdefg", NUMBER), evidence, field=None)


def test_one_invalid_field_invalidates_a_leaf_that_reads_several():
    assert (counted({"b": 1}).status, counted({"b": 1}).points) == ("scored", 1.0)
    found = counted({"b": 1, "c": -1, "d": 2})
    assert (found.status, found.points) == ("missing", None)
    assert found.why_missing == ("c:below_min", "e:absent", "f:absent", "g:absent")


def test_what_is_missing_is_told_in_the_order_of_the_names():
    assert counted({}).why_missing == tuple(f"{name}:absent" for name in "bcdefg")


SWITCH = {"kind": "switch", "cases": [{"when": is_x("b"), "scale": ANCHORS}], "else": ANCHORS}


@pytest.mark.parametrize(
    ("evidence", "status"),
    [
        ({"a": "x", "b": "x"}, "scored"),
        ({"a": "n/a", "b": "x"}, "not_applicable"),
        ({"a": "x", "b": "n/a"}, "not_applicable"),
        ({"a": "n/a", "b": "n/a"}, "not_applicable"),
        ({"a": "n/a"}, "missing"),
        ({"b": "n/a"}, "missing"),
    ],
)
def test_leaf_applies_unless_all_that_it_lacks_does_not(evidence, status):
    assert leaf_of(SWITCH, {"a": CODE, "b": CODE}, evidence).status == status


def test_rule_says_what_became_of_missing_evidence():
    skipped = leaf_of(ANCHORS, {"a": CODE}, {"a": "n/a"})
    assert (skipped.status, skipped.rule, skipped.points) == ("not_applicable", "", None)
    for missing, rule, points in (
        ("zero", "missing: zero", 0.0),
        ("unrated", "missing: unrated", None),
        ({"neutral": 0.5}, "missing: neutral", 5.0),
    ):
        found = score(lines("a", missing=missing), {}).leaves["a"]
        assert (found.rule, found.points) == (rule, points)


def test_leaf_tells_until_when_its_evidence_holds():
    spec = {"type": "number", "validity": {"kind": "expires"}}
    found = leaf_of(LINE, {"a": spec}, {"a": {"value": 4, "expires": "2027-01-31"}})
    assert found.dates == {"a": {"expires": date(2027, 1, 31)}}


def itemised(**rule):
    rule = {"collection": "jobs", "fields": {"a": NUMBER}, **rule}
    node = branch("done", [leaf("a", LINE)], 10, per_item=rule)
    return rubric(branch("total", [node], 10), {"jobs": {"type": "collection"}})


def test_an_item_outside_the_window_is_not_even_read():
    one = itemised(date="on", window_months=12)
    old, new = {"on": "2020-01-01", "a": -1}, {"on": "2026-01-01", "a": 4}
    got = score(one, {"jobs": [old, new]}, DAY)
    assert (got.total, got.issues, got.needs_review) == (4.0, (), False)
    assert [item.state for item in got.pools["done"].items] == ["outside", "used"]


def test_items_without_a_date_have_no_age():
    got = score(itemised(), {"jobs": [{"a": 4}, {"a": 6}]}, DAY)
    assert got.total == 5.0
    assert [item.age for item in got.pools["done"].items] == [None, None]
