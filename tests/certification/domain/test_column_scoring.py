"""The column-wise path against the one that reads one provider at a time."""

import math
import random
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certification.domain.column_scoring import score_many
from certification.domain.columns import FrameRows, MappingRows
from certification.domain.reductions import REDUCTIONS
from certification.domain.rubric import validate_rubric
from certification.domain.rubric_lint import walk
from certification.domain.scales import SCALES
from certification.domain.scoring import score
from tests.certification.domain.random_rubrics import DAY, ITEM_NUMBERS, Maker, some_evidence
from tests.certification.domain.rubrics import (
    LINE,
    SHIPPED,
    branch,
    changed,
    leaf,
    lines,
    rubric,
    shipped,
)


def assert_same(made, evidence, got, day=DAY):
    for place, one in enumerate(evidence):
        plain = score(made, one, day)
        assert_number(got.total[place], plain.total, "total")
        for name, points in plain.points.items():
            assert_number(got.points[name][place], points, name)
        assert got.tier[place] == plain.tier
        assert got.missing_share[place] == pytest.approx(plain.missing_share, abs=1e-9)
        assert got.needs_review[place] == plain.needs_review, plain.issues
    if evidence:
        assert list(got.points) == list(plain.points)


def assert_number(got, expected, name):
    if expected is None:
        assert math.isnan(got), name
    else:
        assert got == pytest.approx(expected, abs=1e-9, rel=0), name


@settings(max_examples=150)
@given(seed=st.integers(0, 2**64))
def test_columns_equal_the_plain_path_on_random_rubrics(seed):
    made = Maker(seed).rubric()
    evidence = [some_evidence(made, f"{seed}:{place}") for place in range(12)]
    assert_same(made, evidence, score_many(made, MappingRows(evidence), DAY))


def test_random_rubrics_use_every_kind():
    text = "".join(str(Maker(seed).rubric()) for seed in range(200))
    kinds = [*SCALES, "cases", "best_of", "count", "judgement", "switch", "profile", *REDUCTIONS]
    assert [kind for kind in kinds if f"'{kind}'" not in text] == []


@pytest.mark.parametrize("name", sorted(path.stem for path in SHIPPED.glob("*.json")))
def test_shipped_rubrics_score_alike(name):
    made = shipped(name)
    evidence = [{}, *(some_evidence_of(made, seed) for seed in range(30))]
    got = score_many(made, MappingRows(evidence), DAY)
    assert_same(made, evidence, got)


def some_evidence_of(made, seed):
    """Evidence for any rubric: sound values of each field, items with the fields read."""
    choose = random.Random(seed)
    per_item = [node["per_item"] for _, node in walk(made["tree"]) if "per_item" in node]
    given = {}
    for name, spec in made["fields"].items():
        if "derive" in spec or choose.random() < 0.1:
            continue
        if spec["type"] != "collection":
            value = sound_value(spec, choose)
            dated = {"date": "2026-01-31", "expires": "2027-01-31"} if "validity" in spec else None
            given[name] = {"value": value, **dated} if dated else value
        else:
            rules = [rule for rule in per_item if rule["collection"] == name]
            given[name] = [an_item_of(rules, choose) for _ in range(choose.randint(0, 9))]
    return given


def an_item_of(rules, choose):
    item = {"date": "2026-02-01", "accepted_on": "2026-01-01", "village": choose.choice("xyz")}
    for rule in rules:
        item[rule["date"]] = choose.choice(["2026-03-01", "2025-01-01", "2021-01-01"])
        item |= {key: sound_value(spec, choose) for key, spec in rule["fields"].items()}
    return item


def sound_value(spec, choose):
    if spec["type"] == "code":
        return choose.choice(spec["codes"])
    if spec["type"] == "boolean":
        return choose.random() < 0.7
    if spec["type"] == "date":
        return choose.choice(["2026-01-15", "2023-01-15"])
    low, high = spec.get("min", 0), spec.get("max", 100)
    return choose.randint(int(low), int(high)) if choose.random() < 0.8 else high


# --- what random rubrics seldom hold, worked by hand


def test_missing_evidence_counts_nothing_unless_said():
    silent = changed(lines("a", "b"), (("tree", "children", 0, "missing"), ...))
    got = score_many(silent, MappingRows([{"b": 4}]))
    assert (got.points["a"].tolist(), got.total.tolist()) == ([0.0], [4.0])


def test_a_sum_of_small_leaves_is_scaled_up_where_one_is_left_out():
    half = {"kind": "piecewise", "knots": [[0, 0], [10, 0.5]]}
    fields = {name: {"type": "number"} for name in ("a", "b")}
    leaves = [leaf("a", half, 0.5), leaf("b", half, 0.5)]
    got = score_many(rubric(branch("total", leaves, 1), fields), MappingRows([{"a": 5}]))
    assert got.total.tolist() == [0.5]


def test_a_leaf_without_weight_does_not_annihilate_a_geometric_mean():
    weights = [(("tree", "children", place, "weight"), 1 - place) for place in (0, 1)]
    made = changed(lines("a", "b", kind="wgm", maximum=10), *weights)
    got = score_many(made, MappingRows([{"a": 10, "b": 0}]))
    assert got.total.tolist() == [10.0]


def choice(name):
    """A leaf of half a point for the code x."""
    return leaf(name, {"kind": "ordinal", "anchors": [{"code": "x", "points": 0.5}]}, 0.5)


X = {"type": "code", "codes": ["x"], "not_applicable": ["n/a"]}


def test_missing_share_counts_what_applies_and_the_best_of_alternatives():
    either = branch("either", [choice("a"), choice("b")], 0.5, "max")
    made = rubric(branch("total", [either, choice("c")], 1), dict.fromkeys("abc", X))
    evidence = [
        {"a": "n/a", "b": "n/a", "c": "n/a"},  # nothing applies
        {"a": "n/a", "b": "n/a", "c": "x"},
        {"a": "n/a", "b": "n/a"},
        {"a": "n/a", "c": "x"},
        {"a": "x"},
    ]
    got = score_many(made, MappingRows(evidence))
    assert got.missing_share.tolist() == [0.0, 0.0, 1.0, 0.5, 0.5]
    assert_same(made, evidence, got, None)


def test_items_to_which_a_leaf_does_not_apply_leave_it_out():
    rule = {"collection": "jobs", "fields": {"a": X, "b": X}}
    node = branch("done", [choice("a"), choice("b")], 1, per_item=rule)
    made = rubric(branch("total", [node], 1), {"jobs": {"type": "collection"}})
    one = {"a": "n/a", "b": "x"}
    evidence = [{"jobs": [one]}, {"jobs": [one, one]}, {"jobs": [one, {"b": "x"}]}]
    got = score_many(made, MappingRows(evidence))
    assert got.missing_share.tolist() == [0.0, 0.0, 0.5]
    assert_same(made, evidence, got, None)


def test_faded_items_share_what_is_missing_by_their_weight():
    rule = {"collection": "jobs", "date": "on", "fields": {"a": X, "b": X}}
    rule["decay"] = {"kind": "exp", "half_life_months": 6}
    node = branch("done", [choice("a"), choice("b")], 1, per_item=rule)
    made = rubric(branch("total", [node], 1), {"jobs": {"type": "collection"}})
    on = "2025-06-30"  # a year before: a quarter of its weight is left
    evidence = [{"jobs": [{"on": on, "a": "x", "b": "x"}, {"on": on, "b": "x"}]}]
    got = score_many(made, MappingRows(evidence), DAY)
    assert got.missing_share.tolist() == [0.25]
    assert_same(made, evidence, got)


@pytest.mark.parametrize(
    ("scale", "points"),
    [
        (
            {
                "kind": "bands",
                "bands": [
                    {"gt": 4, "points": 9},
                    {"ge": 1, "le": 4, "points": 5},
                    {"lt": 1, "points": 0},
                ],
            },
            [0.0, 5.0, 5.0, 9.0],
        ),
        ({"kind": "steps", "points": 2, "per": 2, "from": 1}, [0.0, 0.0, 2.0, 4.0]),
    ],
)
def test_scale_written_another_way_round(scale, points):
    made = rubric(branch("total", [leaf("a", scale)], 10), {"a": {"type": "number"}})
    evidence = [{"a": value} for value in (0, 1, 4, 5)]
    got = score_many(made, MappingRows(evidence))
    assert got.total.tolist() == points
    assert_same(made, evidence, got, None)


def reduced(**rule):
    """A leaf worth as many points as its reduced collection says."""
    evidence = {"collection": "jobs", "date": "on", **rule}
    tree = branch("total", [leaf("n", LINE, field=None, evidence=evidence)], 10)
    return rubric(tree, {"jobs": {"type": "collection"}})


def test_a_cap_may_be_less_than_one_item():
    decay = {"kind": "exp", "half_life_months": 6}
    cap = {"by": "village", "max": 0.25}
    more = {"value": "q", "item": ITEM_NUMBERS["q"], "decay": decay, "cap_total": cap}
    made = reduced(reduce="decayed_sum", **more)
    job = {"on": "2025-06-30", "village": "x", "q": 4}  # a quarter of its weight is left
    evidence = [{"jobs": [job]}, {"jobs": [job, job]}]
    got = score_many(made, MappingRows(evidence), DAY)
    assert got.total.tolist() == pytest.approx([1.0, 1.0])
    assert_same(made, evidence, got)


def test_an_item_at_the_edge_of_the_window_counts():
    made = reduced(reduce="count", window_months=16)  # 16 months are 487 days
    days = [DAY - timedelta(days=age) for age in (487, 488)]
    evidence = [{"jobs": [{"on": day.isoformat()}]} for day in days]
    got = score_many(made, MappingRows(evidence), DAY)
    assert got.total.tolist() == [1.0, 0.0]
    assert_same(made, evidence, got)


# --- tables


def test_table_scores_like_mappings():
    made = lines("a", "b", missing={"neutral": 0.5})
    made["fields"]["a"] |= {"type": "integer"}
    table = pd.DataFrame(
        {"a": pd.array([1, None, 11, 4], "Int64"), "b": [0.5, np.nan, 3.0, np.inf]}
    )
    evidence = [{"a": 1, "b": 0.5}, {}, {"a": 11, "b": 3.0}, {"a": 4, "b": np.inf}]
    assert_same(made, evidence, score_many(made, FrameRows(table, {}), DAY))


def test_tables_of_collections_score_like_lists():
    rule = {"collection": "jobs", "date": "on", "fields": {"q": ITEM_NUMBERS["q"]}}
    inner = branch("quality", [leaf("q", LINE, field="q")], 10, per_item=rule)
    visits = leaf("visited", LINE, field=None, evidence={"collection": "jobs", "reduce": "count"})
    fields = {"jobs": {"type": "collection"}}
    made = rubric(branch("total", [inner, visits], 20), fields)
    validate_rubric(made)
    items = pd.DataFrame({"provider": [0, 0, 2], "on": ["2026-01-01"] * 3, "q": [1.0, 4.0, np.nan]})
    plain = [
        {"jobs": [{"on": "2026-01-01", "q": 1.0}, {"on": "2026-01-01", "q": 4.0}]},
        {},
        {"jobs": [{"on": "2026-01-01"}]},
    ]
    rows = FrameRows(pd.DataFrame(index=range(3)), {"jobs": items})
    got = score_many(made, rows, DAY)
    assert_same(made, plain, got)
    assert got.points["visited"].tolist()[::2] == [2.0, 1.0]
    for owner in ([1, 0, 2], [0, 1, 3], [-1, 0, 1]):
        wrong = FrameRows(rows.frame, {"jobs": items.assign(provider=owner)})
        with pytest.raises(ValueError, match="jobs: order the items by provider, from 0 to 2"):
            score_many(made, wrong, DAY)


def test_table_with_a_column_too_many_needs_review_where_it_is_filled():
    table = pd.DataFrame({"a": [1.0, 2.0], "fame": [None, "great"]})
    items = pd.DataFrame({"provider": [0]})
    got = score_many(lines("a"), FrameRows(table, {}), DAY)
    assert got.needs_review.tolist() == [False, True]
    got = score_many(lines("a"), FrameRows(table[["a"]], {"prizes": items}), DAY)
    assert got.needs_review.tolist() == [True, False]


def test_dated_items_need_the_day_of_scoring():
    rule = {"collection": "jobs", "reduce": "count", "date": "on"}
    made = rubric(
        branch("total", [leaf("n", LINE, field=None, evidence=rule)], 10),
        {"jobs": {"type": "collection"}},
    )
    with pytest.raises(ValueError, match="as_of: evidence carries dates"):
        score_many(made, MappingRows([{"jobs": [{"on": "2026-01-01"}]}]))
    undated = [{"jobs": [{}, {"on": "soon"}]}]
    assert_same(made, undated, score_many(made, MappingRows(undated)), None)


def test_no_provider_has_no_result():
    for seed in range(20):
        assert len(score_many(Maker(seed).rubric(), MappingRows([]), DAY).tier) == 0


def test_frame_of_results_names_every_node():
    frame = score_many(lines("a", "b"), MappingRows([{"a": 1, "b": 2}]), DAY).as_frame()
    assert frame.to_dict("records") == [
        {
            "total": 3.0,
            "tier": "C",
            "missing_share": 0.0,
            "needs_review": False,
            "points.total": 3.0,
            "points.a": 1.0,
            "points.b": 2.0,
        }
    ]


def test_thousand_providers_alone_or_among_others_have_the_same_bits():
    made = Maker(12).rubric()
    evidence = [some_evidence(made, place) for place in range(1000)]
    whole = score_many(made, MappingRows(evidence), DAY).as_frame()
    part = score_many(made, MappingRows(evidence[300:400]), DAY).as_frame()
    among = whole.iloc[300:400].reset_index(drop=True)
    pd.testing.assert_frame_equal(part, among, check_exact=True)
