"""What dsp-rubric/1 grew for published rubrics: scoring and lint of every general kind."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certification.domain.rubric import lint_rubric, schema_problems
from certification.domain.scales import OutsideRangeError, apply_scale
from certification.domain.scoring import score
from portal.domain.predicates import Context
from tests.certification.domain.rubrics import LINE, branch, changed, leaf, lines, rubric

DAY = date(2026, 6, 30)
NUMBER = {"type": "number"}


def at_least(name, value):
    return {"field": name, "op": "ge", "value": value}


def told(one):
    return [str(problem) for problem in schema_problems(one) or lint_rubric(one)]


# --- scales

OPTIONS = [
    {"when": at_least("b", 1), "points": 2, "code": "few"},
    {"when": at_least("b", 4), "points": 6, "code": "many"},
    {"when": at_least("c", 1), "points": 6, "code": "other"},
]
BEST = {"kind": "best_of", "cases": OPTIONS, "else": 1}
COUNT = {
    "kind": "count",
    "points": 3,
    "of": [{"code": name, "when": at_least(name, 1)} for name in ("b", "c", "d")],
}
RANGES = {
    "kind": "judgement",
    "ranges": [
        {"when": at_least("b", 4), "low": 7, "high": 8},
        {"when": at_least("b", 1), "low": 1, "high": 2},
    ],
    "else": {"low": 0, "high": 0},
}
SWITCH = {
    "kind": "switch",
    "cases": [{"when": at_least("b", 5), "scale": {"kind": "per_unit", "points": 4}}],
    "else": {"kind": "per_unit", "points": 1},
}


@pytest.mark.parametrize(
    ("scale", "value", "facts", "points", "rule"),
    [
        ({"kind": "per_unit", "points": 3}, 2, {}, 6.0, "3 per unit"),
        ({"kind": "per_unit", "points": 3}, 2.5, {}, 7.5, "3 per unit"),
        ({"kind": "per_unit", "points": 3}, 4, {}, 10.0, "3 per unit"),
        ({"kind": "per_unit", "points": 3}, -4, {}, 0.0, "3 per unit"),
        ({"kind": "per_unit", "points": 3, "from": 2}, 4, {}, 6.0, "3 per unit"),
        ({"kind": "steps", "per": 2, "points": 1}, 7, {}, 3.0, "1 per full 2"),
        ({"kind": "steps", "per": 2, "points": 1}, 8 - 1e-10, {}, 4.0, "1 per full 2"),
        ({"kind": "steps", "per": 2, "points": 1}, 8 - 1e-8, {}, 3.0, "1 per full 2"),
        ({"kind": "steps", "per": 2, "points": 1}, -5, {}, 0.0, "1 per full 2"),
        ({"kind": "steps", "per": 2, "points": 1}, 99, {}, 10.0, "1 per full 2"),
        ({"kind": "steps", "per": 2, "points": 1, "from": 3}, 7, {}, 2.0, "1 per full 2"),
        (BEST, None, {"b": 5}, 6.0, "case many"),
        (BEST, None, {"b": 2, "c": 1}, 6.0, "case other"),
        (BEST, None, {"b": 2}, 2.0, "case few"),
        (BEST, None, {"b": 0}, 1.0, "no case"),
        (COUNT, None, {"b": 1, "c": 0, "d": 2}, 6.0, "2 of 3: b, d"),
        (COUNT, None, {"b": 0}, 0.0, "0 of 3: none"),
        (COUNT | {"points": 4}, None, {"b": 1, "c": 1, "d": 1}, 10.0, "3 of 3: b, c, d"),
        ({"kind": "judgement"}, 9, {}, 9.0, "chosen within 0 to 10"),
        (RANGES, 7, {"b": 4}, 7.0, "chosen within 7 to 8"),
        (RANGES, 2 + 1e-10, {"b": 1}, 2.0, "chosen within 1 to 2"),
        (RANGES, 0, {"b": 0}, 0.0, "chosen within 0 to 0"),
        (SWITCH, 2, {"b": 5}, 8.0, "4 per unit"),
        (SWITCH, 2, {"b": 4}, 2.0, "1 per unit"),
    ],
)
def test_scale_gives_points(scale, value, facts, points, rule):
    assert apply_scale(scale, value, 10.0, Context(facts)) == (points, rule)


@pytest.mark.parametrize(("value", "facts"), [(9, {"b": 4}), (6, {"b": 4}), (1, {}), (-1, {})])
def test_choice_outside_its_range_is_refused(value, facts):
    with pytest.raises(OutsideRangeError):
        apply_scale(RANGES, value, 10.0, Context(facts))


def with_scale(scale, **more):
    fields = dict.fromkeys("abcd", NUMBER)
    return rubric(branch("total", [leaf("a", scale, **more)], 10), fields)


@pytest.mark.parametrize(
    ("evidence", "status", "why"),
    [
        ({"a": 7, "b": 4}, "scored", ()),
        ({"b": 4}, "missing", ("a:absent",)),
        ({"a": 7}, "missing", ("b:absent",)),
        ({"a": 7, "b": "x"}, "missing", ("b:type",)),
    ],
)
def test_leaf_needs_its_own_field_and_one_that_its_predicates_read(evidence, status, why):
    got = score(with_scale(RANGES), evidence).leaves["a"]
    assert (got.status, got.why_missing) == (status, why)


def test_switch_reads_a_collection_too():
    fields = {"jobs": {"type": "collection"}, "b": NUMBER}
    source = {"collection": "jobs", "reduce": "count", "date": "on"}
    one = rubric(branch("total", [leaf("a", SWITCH, field=None, evidence=source)], 10), fields)
    assert told(one) == []
    got = score(one, {"jobs": [{"on": "2026-01-01"}] * 2, "b": 5}, DAY).leaves["a"]
    assert (got.points, got.values) == (8.0, {"jobs": 2.0, "b": 5})
    assert [(item.index, item.weight) for item in got.items] == [(0, 1.0), (1, 1.0)]


@given(st.floats(-5, 20), st.floats(-5, 20), st.sampled_from(["per_unit", "steps"]))
def test_points_per_unit_never_fall_and_stay_within_the_maximum(one, other, kind):
    scale = {"kind": kind, "points": 1.5, "per": 2}
    low, high = (apply_scale(scale, x, 10.0, Context())[0] for x in sorted((one, other)))
    assert 0 <= low <= high <= 10


@given(st.dictionaries(st.sampled_from("bcd"), st.integers(0, 5)), st.sampled_from("bcd"))
def test_one_more_of_anything_never_lowers_best_of_and_count(facts, name):
    more = facts | {name: facts.get(name, 0) + 1}
    for scale in (BEST | {"else": 0}, COUNT):
        before, after = (apply_scale(scale, None, 10.0, Context(f))[0] for f in (facts, more))
        assert 0 <= before <= after <= 10


@pytest.mark.parametrize(
    ("scale", "fault"),
    [
        ({"kind": "per_unit", "points": 3, "from": 1}, None),
        ({"kind": "per_unit"}, "scale: per_unit needs points; add it"),
        ({"kind": "per_unit", "points": 0},
         "scale.points: 0 counts nothing; write a number above 0"),
        ({"kind": "per_unit", "points": 3, "form": 1},
         "scale.form: per_unit knows no form; remove it or correct the name"),
        ({"kind": "steps", "per": 2, "points": 1}, None),
        ({"kind": "steps", "per": -2, "points": 1},
         "scale.per: -2 counts nothing; write a number above 0"),
        (RANGES, None),
        ({"kind": "judgement"}, None),
        (changed(RANGES, (("else",), ...)),
         'scale: ranges need an else such as {"low": 0, "high": 0}, and else needs ranges'),
        (changed(RANGES, (("ranges",), ...)),
         'scale: ranges need an else such as {"low": 0, "high": 0}, and else needs ranges'),
        (changed(RANGES, (("ranges", 0, "high"), 6)),
         "scale.ranges[0].low: lies above high; exchange them"),
        (changed(RANGES, (("ranges", 0, "high"), 12)),
         "scale.ranges[0].high: 12 lies outside 0 to 10; correct it or the maximum"),
        (changed(RANGES, (("else", "low"), "0")),
         "scale.else.low: '0' is no number; write the points"),
        (changed(RANGES, (("else",), 0)), "scale.else: 0 has the wrong type; write a object"),
        (SWITCH, None),
        (changed(SWITCH, (("else",), ...)), "scale: else missing; add it"),
        (changed(SWITCH, (("else",), 3)), "scale.else: 3 has the wrong type; write a object"),
        (changed(SWITCH, (("else", "points"), -1)),
         "scale.else.points: -1 counts nothing; write a number above 0"),
        (changed(SWITCH, (("cases", 0, "scale"), ...)), "scale.cases[0]: scale missing; add it"),
        (changed(SWITCH, (("cases", 0, "scale"), {"kind": "boolean", "true": 1, "false": 0})),
         ("scale.cases[0].scale.kind: boolean cannot read a number; "
          "use a field of type boolean")),
        (changed(SWITCH, (("cases", 0, "scale"), BEST)),
         ("scale.cases[0].scale.kind: best_of reads no value; "
          "write a scale of the leaf's own field")),
        (changed(SWITCH, (("cases", 0, "scale"), {"kind": "bands", "bands": [
            {"ge": 1, "points": 1}]})),
         "scale.cases[0].scale.bands: no band holds the value 0; make exactly one hold it"),
        (changed(SWITCH, (("cases", 0, "when", "field"), "z")),
         "field: unknown field 'z'; declare it under fields"),
        ({"kind": "elo"}, None),
    ],
)  # fmt: skip
def test_fault_of_a_scale_of_one_value(scale, fault):
    found = [text for text in told(with_scale(scale)) if "no leaf, tier" not in text]
    if scale["kind"] == "elo":
        assert found[0].startswith('tree.children[0].scale.kind: "elo" is not allowed')
    else:
        assert found == ([] if fault is None else [f"tree.children[0].{fault}"])


@pytest.mark.parametrize(
    ("scale", "fault"),
    [
        (BEST, None),
        (changed(BEST, (("cases", 1, "points"), 12)),
         "scale.cases[1].points: 12 lies outside 0 to 10; correct it or the maximum"),
        (changed(BEST, (("else",), ...)), "scale: best_of needs else; add it"),
        (changed(BEST, (("cases", 0, "points"), ...)), "scale.cases[0]: points missing; add it"),
        (COUNT, None),
        (changed(COUNT, (("points",), 0)),
         "scale.points: 0 counts nothing; write a number above 0"),
        (changed(COUNT, (("of",), [])),
         "scale.of: list the conditions, each under a code of its own"),
        (changed(COUNT, (("of", 1, "code"), "b")),
         "scale.of: list the conditions, each under a code of its own"),
        (changed(COUNT, (("of", 1, "when"), 5)),
         'scale.of[1].when: write an object such as {"field": "name", "op": "ge", "value": 1}'),
        (changed(COUNT, (("of", 1, "when", "field"), "z")),
         "field: unknown field 'z'; declare it under fields"),
    ],
)  # fmt: skip
def test_fault_of_a_scale_of_several_fields(scale, fault):
    found = [text for text in told(with_scale(scale, field=None)) if "no leaf, tier" not in text]
    assert found == ([] if fault is None else [f"tree.children[0].{fault}"])


# --- conditions of a node


def steps(condition=None):
    """Two steps worth 10 each; the second counts where ``condition`` holds."""
    condition = condition or {"node": "a", "op": "ge", "value": 4}
    children = [leaf("a", LINE), leaf("b", LINE, only_if=condition)]
    return rubric(branch("total", children, 20), {"a": NUMBER, "b": NUMBER})


@pytest.mark.parametrize(
    ("evidence", "total", "reasons"),
    [
        ({"a": 4, "b": 6}, 10.0, ()),
        ({"a": 3, "b": 6}, 3.0, ("condition:b",)),
        ({"b": 6}, 0.0, ("condition:b",)),
        ({"a": 3}, 6.0, ()),
    ],
)
def test_step_counts_only_after_the_one_before(evidence, total, reasons):
    got = score(steps(), evidence)
    assert (got.total, got.reasons) == (total, reasons)


def test_barred_leaf_keeps_its_evidence_and_says_why_it_gives_nothing():
    got = score(steps(), {"a": 3, "b": 6}).leaves["b"]
    assert (got.points, got.status, got.rule) == (0.0, "scored", "condition not met")
    assert got.values == {"b": 6}


def test_barred_branch_gives_nothing_while_its_leaves_are_shown():
    inner = branch("inner", [leaf("b", LINE)], 10, only_if=at_least("a", 4))
    one = rubric(branch("total", [leaf("a", LINE), inner], 20), {"a": NUMBER, "b": NUMBER})
    got = score(one, {"a": 3, "b": 6})
    assert (got.total, got.points["inner"], got.points["b"]) == (3.0, 0.0, 6.0)


@pytest.mark.parametrize(
    ("condition", "faults"),
    [
        ({"node": "a", "op": "ge", "value": 4}, []),
        (at_least("a", 4), []),
        ({"node": "b", "op": "ge", "value": 4}, ["unknown node 'b'; name one of this tree"]),
        ({"node": "total", "op": "ge", "value": 4},
         ["unknown node 'total'; name one of this tree"]),
        (at_least("z", 4), ["unknown field 'z'; declare it"]),
        ({"score": True, "op": "ge", "value": 4},
         ["the total is not known yet; compare a field or an earlier node"]),
        ({"all": 3}, ["write a list with at least one predicate"]),
    ],
)  # fmt: skip
def test_condition_may_look_at_fields_and_earlier_nodes(condition, faults):
    found = [text.partition(": ")[2] for text in told(steps(condition)) if "no leaf" not in text]
    assert found == faults


def test_field_that_only_a_condition_reads_is_used():
    one = steps(at_least("c", 1))
    one["fields"]["c"] = NUMBER
    assert told(one) == []


# --- bonus


def bonus(**more):
    children = [leaf("a", LINE), {**leaf("b", LINE, missing="zero"), "bonus": True, **more}]
    return rubric(branch("total", children, 10), {"a": NUMBER, "b": NUMBER})


@pytest.mark.parametrize(
    ("evidence", "total", "share"),
    [
        ({"a": 6}, 6.0, 0.0),
        ({"a": 6, "b": 3}, 9.0, 0.0),
        ({"a": 9, "b": 3}, 10.0, 0.0),
        ({"b": 3}, None, 1.0),
    ],
)
def test_bonus_comes_on_top_and_the_sum_is_capped(evidence, total, share):
    got = score(bonus(), evidence)
    assert (got.total, got.missing_share) == (total, share)


@pytest.mark.parametrize(
    ("one", "faults"),
    [
        (bonus(), []),
        (bonus(missing="exclude"),
         [("tree.children[1].missing: a bonus that is not there gives nothing; write zero")]),
        (changed(bonus(), (("tree", "aggregate", "kind"), "max")),
         ["tree.children[1].bonus: only a sum can take a bonus; write sum or remove it"]),
    ],
)  # fmt: skip
def test_fault_of_a_bonus(one, faults):
    assert told(one) == faults


# --- better of two, and what is missing then


@pytest.mark.parametrize(
    ("evidence", "total", "share"),
    [
        ({"a": 4, "b": 6}, 6.0, 0.0),
        ({"a": 4}, 4.0, 0.0),
        ({}, None, 1.0),
    ],
)
def test_better_of_two_needs_one_of_them(evidence, total, share):
    got = score(lines("a", "b", kind="max", maximum=10), evidence)
    assert (got.total, got.missing_share) == (total, share)


def test_alternatives_of_which_none_applies_are_not_missing():
    code = {"type": "code", "codes": ["x"], "not_applicable": ["n/a"]}
    scale = {"kind": "ordinal", "anchors": [{"code": "x", "points": 10}]}
    inner = branch("inner", [leaf("a", scale)], 10, "max")
    one = rubric(branch("total", [inner, leaf("b", LINE)], 20), {"a": code, "b": NUMBER})
    assert score(one, {"a": "n/a", "b": 5}).missing_share == 0.0
    assert score(one, {"a": "n/a"}).missing_share == 1.0


# --- direct routes


def routed(**more):
    tiers = [
        {"id": "A", "when": {"score": True, "op": "ge", "value": 15}},
        {"id": "B", "when": {"score": True, "op": "ge", "value": 10}},
    ]
    routes = [{"id": "award", "when": at_least("c", 1), "tier": "B"}]
    one = lines("a", "b", tiers=tiers, routes=routes, **more)
    one["fields"]["c"] = NUMBER
    return one


@pytest.mark.parametrize(
    ("evidence", "tier", "reasons"),
    [
        ({"a": 1, "b": 1, "c": 1}, "B", ("route:award",)),
        ({"a": 1, "b": 1, "c": 0}, "C", ()),
        ({"a": 1, "b": 1}, "C", ()),
        ({"a": 9, "b": 9, "c": 1}, "A", ()),
        ({"a": 5, "b": 5, "c": 1}, "B", ()),
    ],
)
def test_direct_route_reaches_its_tier_whatever_the_score(evidence, tier, reasons):
    got = score(routed(), evidence)
    assert (got.tier, got.reasons) == (tier, reasons)


def test_gate_caps_a_direct_route_too():
    gate = {"id": "g", "require": at_least("a", 2), "cap": "C"}
    got = score(routed(gates=[gate]), {"a": 1, "b": 1, "c": 1})
    assert (got.tier, got.reasons) == ("C", ("route:award", "gate:g"))


@pytest.mark.parametrize(
    ("step", "faults"),
    [
        ((("routes", 0, "tier"), "A"), []),
        ((("routes", 0, "tier"), "C"), ["routes[0].tier: write one of A, B"]),
        ((("routes", 0, "when", "field"), "z"),
         ["routes[0].when.field: unknown field 'z'; declare it",
          "fields.c: no leaf, tier, gate or rule reads it; use it or remove it"]),
        ((("routes", 0, "when"), {}),
         ["routes[0].when: {} does not fit"]),
    ],
)  # fmt: skip
def test_fault_of_a_direct_route(step, faults):
    found = told(changed(routed(), step))
    if step[1] == {}:
        assert found[0].startswith("routes[0].when: write exactly one of: ")
    else:
        assert found == faults


# --- items


def items(*steps_):
    rule = {
        "collection": "jobs",
        "date": "on",
        "window_months": 36,
        "decay": {"kind": "exp", "half_life_months": 18},
        "cap_total": {"by": "village", "max": 4},
        "fields": {"a": NUMBER},
    }
    node = branch("inner", [leaf("a", LINE)], 10) | {"per_item": rule}
    one = rubric(branch("total", [node], 10), {"jobs": {"type": "collection"}})
    return changed(one, *steps_)


NODE = ("tree", "children", 0)
RULE = (*NODE, "per_item")
WHERE = "tree.children[0].per_item"


@pytest.mark.parametrize(
    ("steps_", "faults"),
    [
        ([], []),
        ([((*RULE, "collection"), "a")],
         [f"{WHERE}.collection: name a field of type collection",
          "fields.jobs: no leaf, tier, gate or rule reads it; use it or remove it"]),
        ([((*RULE, "date"), ...)],
         [f"{WHERE}.date: name the date of an item; decay and windows need it"]),
        ([((*RULE, "decay"), {"kind": "exp"})],
         [f'{WHERE}.decay: write {{"kind": "exp", "half_life_months": 18}}']),
        ([((*RULE, "window_months"), 0)], [f"{WHERE}.window_months: write the months, above 0"]),
        ([((*RULE, "cap_total", "max"), 0)], [f"{WHERE}.cap_total.max: write the cap, above 0"]),
        ([(("fields", "a"), NUMBER)],
         [f"{WHERE}.fields.a: is declared outside too; write another name"]),
        ([((*NODE, "children", 0, "only_if"), at_least("a", 1))], []),
        ([((*NODE, "children", 0, "only_if"), {"node": "total", "op": "ge", "value": 1})],
         ["tree.children[0].children[0].only_if.node: unknown node 'total'; name one of this tree",
          ]),
    ],
)  # fmt: skip
def test_fault_of_items(steps_, faults):
    assert told(items(*steps_)) == faults


def test_items_cannot_hold_items_nor_be_a_profile():
    one = items()
    inner = one["tree"]["children"][0]
    outer = changed(inner, (("id",), "outer"), (("children",), [inner]))
    nested = changed(one, (NODE, outer), ((*NODE, "per_item", "fields"), {}))
    assert f"{WHERE}: items cannot hold items; score one collection per branch" in told(nested)
    profile = changed(one, (("tree",), changed(inner, (("aggregate",), {"kind": "profile"}))))
    assert "tree.per_item: a profile has no points to pool; write sum" in told(profile)


# --- derived fields, dates


@pytest.mark.parametrize(
    ("spec", "faults"),
    [
        ({"type": "number", "derive": {"div": ["b", 2]}}, []),
        ({"type": "boolean", "derive": "b"},
         ["fields.a.type: a formula gives a number; write number or integer",
          ("tree.children[0].scale.kind: piecewise cannot read a boolean; "
           "use a field of type number or integer")]),
        ({"type": "number", "derive": "b", "validity": {"kind": "none"}},
         ["fields.a.validity: a formula has no date; put the validity on its inputs"]),
        ({"type": "number", "derive": {"div": ["b"]}},
         ["fields.a.derive.div: div needs a list of exactly two; correct it"]),
        ({"type": "number", "derive": "a"},
         ["fields.a.derive: 'a' is no number given as evidence; name one that is",
          "fields.b: no leaf, tier, gate or rule reads it; use it or remove it"]),
    ],
)  # fmt: skip
def test_fault_of_a_derived_field(spec, faults):
    one = rubric(branch("total", [leaf("a", LINE)], 10), {"a": spec, "b": NUMBER})
    assert told(one) == faults


def test_item_may_have_a_derived_field_of_its_own():
    derived = {"a": {"type": "number", "derive": {"mul": ["n", 2]}}, "n": NUMBER}
    one = items(((*RULE, "fields"), derived))
    assert told(one) == []
    got = score(one, {"jobs": [{"n": 3, "on": "2026-06-01", "village": "v"}]}, DAY)
    assert got.points["inner"] == 6.0


@pytest.mark.parametrize(
    ("names", "faults"),
    [
        ({"x": {"zh": "甲"}, "n/a": {"zh": "不适用"}}, []),
        (
            {"z": {"zh": "乙"}},
            ["fields.a.code_labels.z: is no code of the field; remove it or correct the name"],
        ),
    ],
)
def test_names_of_codes_must_be_of_codes(names, faults):
    spec = {"type": "code", "codes": ["x"], "not_applicable": ["n/a"], "code_labels": names}
    scale = {"kind": "ordinal", "anchors": [{"code": "x", "points": 10}]}
    assert told(rubric(branch("total", [leaf("a", scale)], 10), {"a": spec})) == faults


@pytest.mark.parametrize(
    ("effective", "faults"),
    [
        ({"from": "2026-01-01", "to": "2026-01-01"}, []),
        ({"from": "2026-01-02", "to": "2026-01-01"},
         ["effective.to: 2026-01-01 lies before 2026-01-02; write a later day or null"]),
        ({"from": None}, ["effective.from: say from which day it holds; write YYYY-MM-DD"]),
    ],
)  # fmt: skip
def test_fault_of_the_effective_dates(effective, faults):
    assert told(lines("a") | {"effective": effective}) == faults


def test_rubric_of_another_authority_may_lack_its_day():
    assert told(lines("a") | {"effective": {"from": None}, "external": True}) == []
