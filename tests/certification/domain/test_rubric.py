"""Rubrics: digests, schema, lint; every fault named by its path with its remedy."""

import sys
from pathlib import Path

import pytest

from certification.domain.rubric import (
    RubricError,
    digest,
    lint_rubric,
    parse_rubric,
    schema_problems,
    validate_rubric,
)
from certification.domain.rubric_lint import is_prohibited
from tests.certification.domain.rubrics import (
    SHIPPED,
    branch,
    changed,
    leaf,
    lines,
    rubric,
    shipped,
    text,
)

NAMES = sorted(path.stem for path in SHIPPED.glob("*.json"))
SHARED = Path(__file__).resolve().parents[4] / "shared" / "data" / "scoring"


def test_shipped_rubrics_are_the_expected_ones():
    assert NAMES == [
        "cn_cs",
        "cn_hnte_2016",
        "cn_itss_om",
        "cn_mof87_price",
        "cn_tech_sme_2017",
        "cn_zjtx_sme_2022",
        "cn_zjtx_sme_2026",
        "county_dsp_v0_1",
        "county_dsp_v0_2",
        "county_dsp_v1",
        "county_dsp_v1_0_1",
        "cpars_far_42_15",
        "miit_2022_innovative_sme",
        "ms_partner_capability_score",
        "ms_spd_bizapps",
        "ms_spd_data_ai_smb",
    ]


@pytest.mark.parametrize("name", NAMES)
def test_shipped_rubric_validates_and_its_digest_holds(name):
    one = shipped(name)
    assert digest(one) == one["digest"]


@pytest.mark.skipif(not SHARED.exists(), reason="reference data is not beside the project")
@pytest.mark.parametrize("path", sorted(SHARED.glob("rubrics/*.json")), ids=lambda p: p.stem)
def test_reference_rubric_validates(path):
    parse_rubric(path.read_text(encoding="utf-8"))


def test_digest_ignores_key_order_and_itself():
    one = lines("a", "b")
    assert digest(dict(reversed(one.items()))) == one["digest"]


def test_digest_changes_with_the_content():
    one = lines("a", "b")
    assert digest(changed(one, (("version",), "1.0.1"))) != one["digest"]


def faults(error):
    return [str(problem) for problem in error.value.problems]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("", "(file): not readable as JSON: Expecting value: line 1 column 1 (char 0)"),
        (
            '{"a": 1, "a": 2}',
            "(file): not readable as JSON: key 'a' stands twice in one object; keep one",
        ),
        (
            '{"a": NaN}',
            "(file): not readable as JSON: NaN is not a JSON number; write a finite number",
        ),
        ("[]", "(rubric): [] has the wrong type; write a object"),
    ],
)
def test_parse_refuses_what_is_no_rubric(given, message):
    with pytest.raises(RubricError) as error:
        parse_rubric(given)
    assert faults(error) == [message]
    assert str(error.value) == message


def test_parse_refuses_a_bottomless_tree():
    one = lines("a")
    for level in range(60):
        inner = one["tree"] | {"id": f"n{level}"}
        one = changed(one, (("tree",), branch("total", [inner], 10)))
    depth = sys.getrecursionlimit()
    sys.setrecursionlimit(400)
    try:
        with pytest.raises(RubricError) as error:
            parse_rubric(text(one))
    finally:
        sys.setrecursionlimit(depth)
    assert faults(error) == ["(rubric): nested too deeply; write fewer levels"]


def test_parse_returns_the_rubric():
    one = lines("a")
    assert parse_rubric(text(one)) == one


def test_wrong_digest_names_the_right_one():
    one = lines("a")
    wrong = changed(one, (("digest",), "sha256:" + "0" * 64))
    with pytest.raises(RubricError) as error:
        validate_rubric(wrong)
    assert faults(error) == [f"digest: does not match the content; write {one['digest']}"]


LEAF = ("tree", "children", 0)


@pytest.mark.parametrize(
    ("path", "value", "problem"),
    [
        (("title",), ..., "(rubric): title missing; add it"),
        (("colour",), 1, ("(rubric): Additional properties are not allowed ('colour' was "
         "unexpected); remove it or correct the name")),
        (("version",), "1", 'version: "1" does not match ^\\d+\\.\\d+\\.\\d+$'),
        (("schema",), "x", "schema: \"x\" is not allowed; write 'dsp-rubric/1'"),
        (("fields", "a", "type"), "float", ('fields.a.type: "float" is not allowed; write one of '
         "['number', 'integer', 'boolean', 'code', 'date', 'collection']")),
        (("effective", "from"), 1, "effective.from: 1 has the wrong type; write a string or null"),
        ((*LEAF, "scale", "knots"), [[0, 0]],
         "tree.children[0].scale.knots: [[0, 0]] is too short; correct it"),
        ((*LEAF, "scale"), ..., ("tree.children[0]: write exactly one of: children + aggregate; "
         "scale + max")),
        ((*LEAF, "missing"), "guess", ("tree.children[0].missing: write exactly one of: enum; "
         "neutral")),
        ((*LEAF, "missing"), {"neutral": 2},
         "tree.children[0].missing.neutral: 2 is greater than the maximum of 1; correct it"),
    ],
)  # fmt: skip
def test_schema_fault_names_path_and_remedy(path, value, problem):
    problems = schema_problems(changed(lines("a"), (path, value)))
    assert [str(one) for one in problems] == [problem]


def lint_one(one):
    return [f"{problem.path}: {problem.message}" for problem in lint_rubric(one)]


def test_sound_rubric_has_no_fault():
    assert lint_one(lines("a", "b")) == []
    assert lint_one(lines("a", "b", kind="wam")) == []


NUMBER = {"a": {"type": "number"}}


def one_leaf(scale, fields=None, **more):
    return rubric(branch("total", [leaf("a", scale, **more)], 10), fields or NUMBER)


def bands(*rows):
    return one_leaf({"kind": "bands", "bands": [dict(row, points=1) for row in rows]})


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        ([{"lt": 1}, {"ge": 1}], None),
        ([{"le": 1}, {"gt": 1, "lt": 3}, {"ge": 3}], None),
        ([{}], None),
        ([{"lt": 1}, {"gt": 1}], "no band holds the value 1"),
        ([{"le": 1}, {"ge": 1}], "bands [0, 1] all hold the value 1"),
        ([{"lt": 1}, {"ge": 2}], "no band holds the value 1"),
        ([{"le": 1}, {"ge": 2}], "no band holds the value 1.5"),
        ([{"lt": 5}, {"ge": 3}], "bands [0, 1] all hold the value 3"),
        ([{"ge": 1, "lt": 2}, {"ge": 2}], "no band holds the value 0"),
        ([{"lt": 1}, {"ge": 1, "lt": 2}], "no band holds the value 2"),
        ([], "no band holds the value 0"),
    ],
)
def test_bands_must_partition_the_line(rows, fault):
    where = "tree.children[0].scale.bands: "
    expected = [] if fault is None else [f"{where}{fault}; make exactly one hold it"]
    assert lint_one(bands(*rows)) == expected


def knots(*pairs):
    return one_leaf({"kind": "piecewise", "knots": [list(pair) for pair in pairs]})


@pytest.mark.parametrize(
    ("pairs", "fault"),
    [
        ([(0, 10), (1, 5), (2, 5), (3, 0)], None),
        ([(0, 0), (0, 5)], "write the knots in strictly rising order of their values"),
        ([(0, 0), (1, 5), (2, 4)],
         "the points rise and fall; make them only rise or only fall"),
    ],
)  # fmt: skip
def test_knots_must_be_monotone(pairs, fault):
    expected = [] if fault is None else [f"tree.children[0].scale.knots: {fault}"]
    assert lint_one(knots(*pairs)) == expected


CODE = {"a": {"type": "code", "codes": ["x", "y"]}}
ANCHORS = [{"code": "x", "points": 0}, {"code": "y", "points": 10}]
CASE = {"when": {"field": "a", "op": "ge", "value": 1}, "points": 5}


@pytest.mark.parametrize(
    ("one", "fault"),
    [
        (one_leaf({"kind": "ordinal", "anchors": ANCHORS}, CODE), None),
        (one_leaf({"kind": "ordinal", "anchors": ANCHORS[:1]}, CODE),
         "scale.anchors: write exactly one anchor for each code of the field: x, y"),
        (one_leaf({"kind": "ordinal"}, CODE), "scale: ordinal needs anchors; add it"),
        (one_leaf({"kind": "boolean", "true": 1}, {"a": {"type": "boolean"}}),
         "scale: boolean needs false; add it"),
        (one_leaf({"kind": "boolean", "true": 1, "false": 0}),
         "scale.kind: boolean cannot read a number; use a field of type boolean"),
        (one_leaf({"kind": "piecewise", "knots": [[0, 0], [1, 11]]}),
         "scale.knots[1][1]: 11 lies outside 0 to 10; correct it or the maximum"),
        (one_leaf({"kind": "bands", "bands": [{"points": -1}]}),
         "scale.bands[0].points: -1 lies outside 0 to 10; correct it or the maximum"),
        (one_leaf({"kind": "bands", "bands": [{"points": 1}]}, {"a": {"type": "boolean"}}),
         "scale.kind: bands cannot read a boolean; use a field of type number or integer"),
        (one_leaf({"kind": "ratio_to_target", "target": 2}), None),
        (one_leaf({"kind": "ratio_to_target", "target": 2, "from": 2}),
         "scale.target: equals from, so that the scale has no length; change one"),
        (one_leaf({"kind": "cases", "cases": [CASE], "else": 0}, field=None), None),
        (one_leaf({"kind": "cases", "cases": [CASE]}, field=None),
         "scale: cases needs else; add it"),
        (one_leaf({"kind": "cases", "cases": [CASE], "else": 0}),
         ": cases names its fields itself; remove field and evidence"),
        (one_leaf({"kind": "cases", "cases": [changed(CASE, (("when", "value"), "1"))],
                   "else": 0}, field=None),
         "scale.cases[0].when.value: '1' is not a number; write a finite number such as 3"),
        (one_leaf({"kind": "cases", "cases": [{"when": 3, "points": 1}], "else": 0}, field=None),
         ("scale.cases[0].when: write an object such as "
         '{"field": "name", "op": "ge", "value": 1}')),
        (one_leaf({"kind": "cases", "cases": [dict(CASE, points="5")], "else": 0}, field=None),
         "scale.cases[0].points: '5' is no number; write the points"),
        (one_leaf({"kind": "ratio_to_target", "target": 2}, missing=None),
         'missing: say what missing evidence means: zero, exclude, unrated or {"neutral": 0.5}'),
    ],
)  # fmt: skip
def test_leaf_fault_names_path_and_remedy(one, fault):
    start = "tree.children[0]" + ("" if fault and fault[0] == ":" else ".")
    assert lint_one(one) == ([] if fault is None else [start + fault])


def test_leaf_without_a_source_is_refused():
    one = one_leaf({"kind": "ratio_to_target", "target": 2}, field=None)
    assert lint_one(one) == [
        "tree.children[0]: write exactly one of field and evidence",
        "fields.a: no leaf, tier, gate or rule reads it; use it or remove it",
    ]


def test_unknown_field_is_refused_and_unused_one_too():
    one = one_leaf({"kind": "ratio_to_target", "target": 2}, {"b": {"type": "number"}})
    assert lint_one(one) == [
        "tree.children[0].field: unknown field 'a'; declare it under fields",
        "fields.b: no leaf, tier, gate or rule reads it; use it or remove it",
    ]


@pytest.mark.parametrize(
    ("spec", "fault"),
    [
        ({"type": "number", "min": 2, "max": 1}, "fields.a.min: min lies above max; exchange them"),
        ({"type": "number", "validity": {"kind": "window"}},
         "fields.a.validity.months: a window needs its months, above 0"),
        ({"type": "number", "validity": {"kind": "expires"}}, None),
    ],
)  # fmt: skip
def test_field_fault_names_path_and_remedy(spec, fault):
    one = one_leaf({"kind": "ratio_to_target", "target": 2}, {"a": spec})
    assert lint_one(one) == ([] if fault is None else [fault])


def test_code_field_without_codes_is_refused():
    one = one_leaf({"kind": "ordinal", "anchors": []}, {"a": {"type": "code"}})
    assert lint_one(one) == ["fields.a.codes: a code field needs its codes; list them"]


@pytest.mark.parametrize(
    ("name", "label", "refused"),
    [
        ("registered_capital_wan", "", True),
        ("registration_place", "", True),
        ("ownership", "", True),
        ("main_revenue_growth_pct", "", True),
        ("headcount", "", True),
        ("total_assets", "", True),
        ("tax_paid", "", True),
        ("a", "注册地", True),
        ("a", "上年营业收入", True),
        ("a", "Number of employees", True),
        ("rd_ratio_pct", "研发投入占营业收入比重", False),
        ("rd_ratio_pct", "R&D share of revenue", False),
        ("courses_completed", "完成课程数", False),
        ("syntax_errors", "Taxonomy", False),
    ],
)
def test_prohibited_field(name, label, refused):
    assert is_prohibited(name, {"label": {"zh": label}}) is refused


def test_prohibited_field_is_refused_unless_the_rubric_is_another_authority_s():
    one = lines("revenue")
    message = (
        "fields.revenue: describes place of registration, ownership, size, local tax or local "
        "awards, which may not be scored; use evidence of deliveries, modules or courses instead"
    )
    assert lint_one(one) == [message]
    assert lint_one(one | {"external": True}) == []


@pytest.mark.parametrize(
    ("steps", "faults"),
    [
        ([(("tree", "max"), 21)],
         ["tree.max: the children's maxima add to 20, not 21; correct one"]),
        ([(("tree", "max"), None)],
         ["tree.max: write the maximum points, a number above 0"]),
        ([((*LEAF, "max"), 0)],
         ["tree.max: the children's maxima add to 10, not 20; correct one",
          "tree.children[0].max: write the maximum points, a number above 0"]),
        ([((*LEAF, "id"), "b")],
         ["tree.children[1].id: 'b' stands twice; write another id"]),
        ([(("tree", "aggregate"), {"kind": "profile"})], []),
        ([(("tree", "aggregate"), {"kind": "min"})], []),
        ([(("tree", "aggregate"), {"kind": "wam"})],
         ["tree.children: the weights add to 0; make them add to 1"]),
        ([(("tree", "aggregate"), {"kind": "wgm", "floor": 0.01})],
         ["tree.children: the weights add to 0; make them add to 1"]),
        ([(("tree", "max"), 0.5), (("tree", "aggregate"), {"kind": "min"})], []),
        ([(("tree", "children", 1, "only_if"),
           {"any": [{"score": True, "op": "ge", "value": 1}, {"field": "a", "op": "known"}]})],
         [("tree.children[1].only_if: the total is not known yet; compare a field or an earlier "
          "node")]),
        ([((*LEAF, "only_if"), {"all": 3})],
         ["tree.children[0].only_if.all: write a list with at least one predicate"]),
        ([(("effective",), {"from": "2026-13-01", "to": "later"})],
         ["effective.from: '2026-13-01' is no date; write YYYY-MM-DD",
          "effective.to: 'later' is no date; write YYYY-MM-DD"]),
        ([(("tiers",), [{"id": "C", "when": {"score": True, "op": "ge", "value": 1}}])],
         ["tiers: each tier needs a name of its own, and 'unrated' is taken: ['C', 'C']"]),
        ([(("default_tier",), "unrated")],
         ["tiers: each tier needs a name of its own, and 'unrated' is taken: ['unrated']"]),
        ([(("tiers",), [{"id": "A", "when": {"node": "x", "op": "ge", "value": 1}}])],
         ["tiers[0].when.node: unknown node 'x'; name one of this tree"]),
        ([(("gates",), [{"id": "g", "cap": "D",
                         "require": {"field": "a", "op": "ge", "value": 1}}])],
         ["gates[0].cap: write one of C"]),
        ([(("gates",), [{"id": "g", "cap": "C", "require": {"all": 3}}])],
         ["gates[0].require.all: write a list with at least one predicate"]),
        ([(("unrated",), {"rules": [{"when": {"field": "a", "op": "known"}}]})],
         ['unrated.rules[0]: write {"id": ..., "when": ..., "label": ...}']),
        ([(("unrated",), {"rules": [3]})],
         ["unrated.rules[0].when: write exactly one of all, any, not, field, node, score",
          'unrated.rules[0]: write {"id": ..., "when": ..., "label": ...}']),
        ([(("unrated",), {"deliveries_lt": 2})],
         [("unrated.deliveries_lt: counts the items of a per_item node, and there is none; "
          "use unrated.rules")]),
    ],
)  # fmt: skip
def test_tree_and_outcome_faults(steps, faults):
    assert lint_one(changed(lines("a", "b"), *steps)) == faults


def test_profile_below_the_root_is_refused():
    inner = branch("inner", [leaf("a", {"kind": "ratio_to_target", "target": 2})], 10, "profile")
    one = rubric(branch("total", [inner], 10), NUMBER)
    assert lint_one(one) == [
        "tree.children[0].aggregate: only the root may be a profile; write sum"
    ]


def collected(**rule):
    evidence = {"collection": "c", "reduce": "mean", "value": "v", "item": {"type": "number"}}
    given = {key: value for key, value in (evidence | rule).items() if value is not None}
    node = leaf("a", {"kind": "ratio_to_target", "target": 2}, field=None, evidence=given)
    return rubric(branch("total", [node], 10), {"c": {"type": "collection"}})


DECAY = {"kind": "exp", "half_life_months": 18}


@pytest.mark.parametrize(
    ("rule", "fault"),
    [
        ({}, None),
        ({"reduce": "count", "value": None, "item": None}, None),
        ({"reduce": "decayed_mean", "decay": DECAY, "date": "on", "window_months": 36}, None),
        ({"value": None}, "value: mean needs value and item; add them"),
        ({"item": {"type": "boolean"}}, "item: describe the value as a number or integer"),
        ({"reduce": "decayed_sum"}, 'decay: write {"kind": "exp", "half_life_months": 18}'),
        ({"reduce": "decayed_sum", "date": "on", "decay": {"half_life_months": "18"}},
         'decay: write {"kind": "exp", "half_life_months": 18}'),
        ({"cap_total": {"by": "village", "max": 4}},
         "reduce: decay and cap_total need decayed_mean or decayed_sum"),
        ({"window_months": 36}, "date: name the date of an item; decay and windows need it"),
        ({"item": {"type": "integer"}}, None),
        ({"reduce": "decayed_sum", "decay": DECAY},
         "date: name the date of an item; decay and windows need it"),
        ({"decay": DECAY, "date": "on"},
         "reduce: decay and cap_total need decayed_mean or decayed_sum"),
        ({"window_months": 0.5, "date": "on"}, None),
        ({"window_months": 0, "date": "on"}, "window_months: write the months, above 0"),
        ({"reduce": "decayed_sum", "date": "on", "decay": DECAY | {"half_life_months": 0.5}}, None),
        ({"reduce": "decayed_sum", "date": "on", "decay": DECAY | {"half_life_months": 0}},
         'decay: write {"kind": "exp", "half_life_months": 18}'),
        ({"reduce": "decayed_sum", "date": "on", "decay": DECAY,
          "cap_total": {"by": "village", "max": 0}}, "cap_total.max: write the cap, above 0"),
    ],
)  # fmt: skip
def test_collection_fault_names_path_and_remedy(rule, fault):
    where = "tree.children[0].evidence."
    assert lint_one(collected(**rule)) == ([] if fault is None else [where + fault])


def test_collection_must_be_declared_as_one():
    one = changed(collected(), (("fields", "c", "type"), "number"))
    message = "tree.children[0].evidence.collection: the field is no collection; name one"
    assert lint_one(one) == [message]


def test_deliveries_limit_is_accepted_beside_a_per_item_node():
    one = lines("a")
    per_item = {"collection": "d", "date": "on", "fields": one["fields"]}
    steps = [
        (("tree", "per_item"), per_item),
        (("fields",), {"d": {"type": "collection"}}),
        (("unrated",), {"deliveries_lt": 2}),
    ]
    assert lint_one(changed(one, *steps)) == []


def itemised(rule=(), **fields):
    """A rubric whose tree is scored item by item, with the fields of an item."""
    one = lines("a")
    per_item = {"collection": "d", "date": "on", "fields": one["fields"] | fields, **dict(rule)}
    given = {key: value for key, value in per_item.items() if value is not None}
    return changed(one, (("tree", "per_item"), given), (("fields",), {"d": {"type": "collection"}}))


@pytest.mark.parametrize(
    ("one", "faults"),
    [
        (itemised(), []),
        (itemised({"date": None}), []),
        (itemised({"date": None, "decay": DECAY}),
         ["date: name the date of an item; decay and windows need it"]),
        (itemised({"date": None, "window_months": 36}),
         ["date: name the date of an item; decay and windows need it"]),
        (itemised(d={"type": "number"}),
         ["fields.d: is declared outside too; write another name"]),
        (itemised(a={"type": "code"}), ["fields.a.codes: a code field needs its codes; list them"]),
        (itemised(a={"type": "number", "min": 3, "max": 3}), []),
        (itemised(a={"type": "number", "min": 4, "max": 3}),
         ["fields.a.min: min lies above max; exchange them"]),
        (itemised(a={"type": "number", "validity": {"kind": "window", "months": 0.5}}), []),
        (itemised(a={"type": "number", "validity": {"kind": "window"}}),
         ["fields.a.validity.months: a window needs its months, above 0"]),
    ],
)  # fmt: skip
def test_faults_of_items_name_path_and_remedy(one, faults):
    found = [fault for fault in lint_one(one) if "per_item" in fault]
    assert found == [f"tree.per_item.{fault}" for fault in faults]


def test_scale_that_names_its_fields_takes_no_source_of_its_own():
    scale = {"kind": "cases", "cases": [
        {"when": {"field": "a", "op": "ge", "value": 1}, "points": 10}], "default": 0}  # fmt: skip
    other = collected()["tree"]["children"][0]["evidence"]
    for extra in ({"field": "a"}, {"field": None, "evidence": other}):
        node = leaf("a", scale, **extra)
        fields = NUMBER | {"c": {"type": "collection"}}
        one = rubric(branch("total", [node], 10), fields)
        message = "tree.children[0]: cases names its fields itself; remove field and evidence"
        assert message in lint_one(one)
