"""The smallest steps of evidence to the next tier."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certification.domain.assessment import decide
from certification.domain.firm_evidence import known_fields
from certification.domain.grading import STARTING_PRIOR
from certification.domain.next_steps import next_steps, point_lines, steps_of
from certification.domain.posterior import Prior
from certification.domain.robustness import Change
from certification.domain.scoring import score
from tests.certification.domain.rubrics import branch, changed, leaf, rubric, shipped
from tests.certification.domain.test_grading import TODAY
from tests.certification.rounds import MIDDLE

COUNTY = shipped("county_dsp_v0_2")
PLAIN = shipped("county_dsp_v0_1")

SOURCES = {
    "flag": ({"type": "boolean"}, {"kind": "boolean", "true": 10, "false": 0}),
    "level": (
        {"type": "code", "codes": ["none", "some", "all"]},
        {
            "kind": "ordinal",
            "anchors": [
                {"code": "none", "points": 0},
                {"code": "some", "points": 5},
                {"code": "all", "points": 10},
            ],
        },
    ),
    "courses": (
        {"type": "integer", "min": 0, "max": 9},
        {"kind": "piecewise", "knots": [[0, 0], [5, 10]]},
    ),
}


def tier(value, op="ge", name="A", **subject):
    return {"id": name, "when": {**(subject or {"score": True}), "op": op, "value": value}}


def small(value=20, op="ge", efforts=None, **more):
    """Three leaves of 10 points each; A from ``value`` points."""
    fields = {name: dict(spec) for name, (spec, _) in SOURCES.items()}
    for name, effort in (efforts or {}).items():
        fields[name]["effort"] = effort
    leaves = [leaf(name, scale, missing="zero") for name, (_, scale) in SOURCES.items()]
    return rubric(branch("total", leaves, 30), fields, **{"tiers": [tier(value, op)]} | more)


def steps(one, evidence):
    return next_steps(one, evidence, None, score(one, evidence))


HAVE = {"flag": False, "level": "none", "courses": 2}


def test_one_step_alone_and_the_smallest_level():
    found = steps(small(10), HAVE).found
    assert found.gap == 6
    assert found.single == (
        Change("courses", 5, 6, 0.0),
        Change("flag", True, 10, 0.0),
        Change("level", "all", 10, 0.0),
    )
    assert found.best == (Change("courses", 5, 6, 0.0),)


def test_without_prices_the_fewest_fields_win():
    found = steps(small(13), HAVE).found
    assert found.single == (Change("flag", True, 10, 0.0), Change("level", "all", 10, 0.0))
    assert [one.id for one in found.best] == ["flag"]


def test_priced_steps_are_compared_by_effort():
    found = steps(small(10, efforts={"flag": 9, "level": 4, "courses": 1.5}), HAVE).found
    assert [(one.id, one.effort) for one in found.single] == [
        ("courses", 4.5),
        ("level", 8.0),
        ("flag", 9.0),
    ]
    # one code further and one course together are cheaper than either alone would be
    cheap = steps(small(11, efforts={"flag": 9, "level": 1, "courses": 1.5}), HAVE).found
    assert [(one.id, one.x, one.effort) for one in cheap.best] == [("level", "all", 2.0)]
    pair = steps(small(11, efforts={"flag": 90, "level": 9, "courses": 1.5}), HAVE).found
    assert [(one.id, one.x, one.effort) for one in pair.best] == [
        ("courses", 3, 1.5),
        ("level", "some", 9.0),
    ]


def test_a_field_without_a_price_is_no_step_beside_priced_ones():
    found = steps(small(10, efforts={"level": 1}), HAVE).found
    assert [one.id for one in found.single] == ["level"]


def test_three_fields_together_and_no_more():
    assert len(steps(small(30), HAVE).found.best) == 3
    assert steps(small(30, op="gt"), HAVE).found.best == ()


def test_a_strict_line_asks_for_more():
    found = steps(small(10, op="gt"), HAVE | {"courses": 5}).found
    assert found.gap == 0
    assert [(one.id, one.x) for one in found.single] == [("flag", True), ("level", "some")]


def test_absent_evidence_counts_from_nothing():
    found = steps(small(10, efforts={"courses": 2, "level": 3, "flag": 7}), {}).found
    assert [(one.id, one.x, one.effort) for one in found.single] == [
        ("level", "all", 6.0),
        ("flag", True, 7.0),
        ("courses", 5, 10.0),
    ]


@pytest.mark.parametrize(
    "when",
    [
        {
            "any": [
                {"score": True, "op": "ge", "value": 20},
                {"node": "flag", "op": "ge", "value": 5},
            ]
        },
        {"not": {"score": True, "op": "lt", "value": 20}},
        {
            "all": [
                {"score": True, "op": "ge", "value": 20},
                {"field": "courses", "op": "ge", "value": 1},
            ]
        },
        {
            "all": [
                {"score": True, "op": "ge", "value": 20},
                {"any": [{"node": "flag", "op": "ge", "value": 5}]},
            ]
        },
    ],
)
def test_a_tier_that_asks_for_more_than_points_has_no_steps(when):
    one = small(tiers=[{"id": "A", "when": when}])
    assert point_lines(one, "A") == ()
    assert steps(one, HAVE) is None


def test_the_highest_tier_and_an_unrated_firm_have_no_steps():
    assert steps(small(4), HAVE) is None
    assert steps(small(20, unrated={"missing_share_gt": 0.3}), {}) is None


def test_a_failed_gate_is_named_first_if_it_caps_below_the_tier():
    gate = {"id": "g", "require": {"field": "courses", "op": "ge", "value": 9}, "cap": "C"}
    one = small(4, gates=[gate])
    found = steps(one, HAVE)
    assert (found.tier, found.found.blocking) == ("A", ("gate:g",))
    assert (found.found.gap, found.found.single, found.found.best) == (0.0, (), ())
    two = small(tiers=[tier(28), tier(20, name="B")], gates=[gate | {"cap": "B"}])
    assert steps(two, HAVE).found.blocking == ()
    assert steps(two, HAVE | {"flag": True, "level": "all"}).found.blocking == ("gate:g",)


def test_every_line_of_the_tier_must_be_reached():
    lines = {
        "all": [{"score": True, "op": "ge", "value": 10}, {"node": "flag", "op": "ge", "value": 10}]
    }
    found = steps(small(tiers=[{"id": "A", "when": lines}]), HAVE).found
    assert [one.id for one in found.single] == ["flag"]


def test_dated_and_derived_fields_and_collections_are_no_steps():
    one = small()
    fields = {
        **one["fields"],
        "dated": {"type": "integer", "validity": {"kind": "window", "months": 12}},
        "made": {"type": "number", "derive": {"add": ["courses", 1]}},
        "day": {"type": "date"},
        "items": {"type": "collection"},
    }
    bent = [leaf(name, {"kind": "piecewise", "knots": [[0, 0], [9, 9]]}) for name in fields]
    tree = branch("total", [*one["tree"]["children"][:2], *bent[2:]], 60)
    found = steps_of({**one, "tree": tree, "fields": fields}, HAVE, None)
    assert set(found) == {"courses", "flag", "level"}


@pytest.mark.parametrize(
    ("scale", "spec", "levels"),
    [
        ({"kind": "ratio_to_target", "from": 1, "target": 3}, {"type": "number"}, [1, 3]),
        ({"kind": "per_unit", "points": 5, "from": 1}, {"type": "number"}, [1, 3]),
        ({"kind": "steps", "points": 5, "per": 2}, {"type": "number"}, [0, 2, 4]),
        (
            {"kind": "steps", "points": 0.1, "per": 2},
            {"type": "number"},
            [2 * n for n in range(21)],
        ),
        (
            {
                "kind": "bands",
                "bands": [
                    {"lt": 1, "points": 0},
                    {"ge": 1, "le": 4, "points": 5},
                    {"gt": 4, "points": 9},
                ],
            },
            {"type": "integer"},
            [1, 2, 3, 4, 5],
        ),
        (
            {
                "kind": "bands",
                "bands": [
                    {"lt": 1, "points": 0},
                    {"ge": 1, "le": 40.5, "points": 5},
                    {"gt": 40.5, "points": 9},
                ],
            },
            {"type": "integer"},
            [0, 1, 2, 40, 41],
        ),
        (
            {
                "kind": "bands",
                "bands": [
                    {"lt": 1, "points": 0},
                    {"ge": 1, "le": 40, "points": 5},
                    {"gt": 40, "points": 9},
                ],
            },
            {"type": "integer", "min": 1, "max": 40},
            [1, 2, 39, 40],
        ),
        (
            {"kind": "piecewise", "knots": [[-1, 0], [20, 10]]},
            {"type": "integer"},
            [-2, -1, 0, 19, 20, 21],
        ),
        ({"kind": "piecewise", "knots": [[0, 0], [20, 10]]}, {"type": "integer"}, list(range(22))),
        (
            {"kind": "piecewise", "knots": [[0, 0], [1, 5], [3, 10]]},
            {"type": "integer"},
            [0, 1, 2, 3, 4],
        ),
        (
            {"kind": "piecewise", "knots": [[0, 0], [1, 5], [40, 10]]},
            {"type": "integer"},
            [-1, 0, 1, 2, 39, 40, 41],
        ),
        ({"kind": "judgement"}, {"type": "number"}, []),
        (
            {
                "kind": "switch",
                "cases": [
                    {
                        "when": {"field": "x", "op": "ge", "value": 7},
                        "scale": {"kind": "ratio_to_target", "target": 9},
                    }
                ],
                "else": {"kind": "ratio_to_target", "target": 12},
            },
            {"type": "number"},
            [0, 7, 9, 12],
        ),
    ],
)
def test_levels_lie_where_the_scale_bends(scale, spec, levels):
    one = rubric(branch("total", [leaf("x", scale)], 10), {"x": spec})
    assert [step.x for step in steps_of(one, {"x": -9}, None).get("x", [])] == levels


def test_conditions_of_other_nodes_bend_too():
    cases = {
        "kind": "cases",
        "cases": [
            {
                "when": {
                    "all": [
                        {"field": "x", "op": "ge", "value": 4},
                        {"field": "c", "op": "in", "value": ["a"]},
                    ]
                },
                "points": 10,
            }
        ],
    }
    only = {"field": "x", "op": "gt", "value": 6}
    parts = [
        leaf("k", cases, field=None),
        leaf("c", {"kind": "ordinal", "anchors": []}, only_if=only),
    ]
    one = rubric(
        branch("total", parts, 20), {"x": {"type": "number"}, "c": {"type": "code", "codes": ["a"]}}
    )
    found = steps_of(one, {}, None)
    assert [(step.x, step.size) for step in found["x"]] == [(4, 4), (6, 6)]
    assert [(step.x, step.size) for step in found["c"]] == [("a", 0)]


def test_conditions_counted_and_of_ranges_bend_their_own_fields():
    def at_least(name, value):
        return {"field": name, "op": "ge", "value": value}

    many = {"kind": "count", "points": 5, "of": [{"code": "x", "when": at_least("x", 3)}]}
    chosen = {
        "kind": "judgement",
        "ranges": [{"when": at_least("y", 7), "low": 5, "high": 10}],
        "else": {"low": 0, "high": 0},
    }
    parts = [leaf("k", many, field=None), leaf("panel", chosen)]
    one = rubric(
        branch("total", parts, 20), {name: {"type": "number"} for name in ("panel", "x", "y")}
    )
    found = steps_of(one, {}, None)
    assert {name: [step.x for step in some] for name, some in found.items()} == {"x": [3], "y": [7]}


def test_steps_are_sized_from_the_present_level():
    found = steps_of(small(), {"level": "some"}, None)
    assert [(step.x, step.size) for step in found["level"]] == [("none", 1), ("all", 1)]
    assert [(step.x, step.size) for step in found["flag"]] == [(True, 1), (False, 1)]


def test_four_fields_are_too_many():
    names = [f"f{at}" for at in range(4)]
    scale = {"kind": "boolean", "true": 10, "false": 0}
    leaves = [leaf(name, scale, missing="zero") for name in names]
    fields = {name: {"type": "boolean"} for name in names}
    one = rubric(branch("total", leaves, 40), fields, tiers=[tier(40)])
    assert steps(one, dict.fromkeys(names, False)).found.best == ()


def test_a_tier_may_ask_for_a_node_alone():
    found = steps(small(tiers=[tier(10, node="flag")]), HAVE).found
    assert (found.gap, [one.id for one in found.single]) == (0.0, ["flag"])


def test_a_node_without_points_reaches_nothing():
    one = changed(
        small(tiers=[tier(5, node="level")]), (("tree", "children", 1, "missing"), "exclude")
    )
    found = steps(one, {"flag": True, "courses": 2}).found
    assert [(change.id, change.x) for change in found.single] == [("level", "some")]


def test_the_lines_are_those_of_the_tier():
    either = {"any": [{"node": "flag", "op": "ge", "value": 5}]}
    one = small(tiers=[{"id": "A", "when": either}, tier(20, name="B")])
    assert point_lines(one, "A") == ()
    assert [line.at_least for line in point_lines(one, "B")] == [20]


def test_an_unmet_minimum_that_the_tier_does_not_ask_for_blocks_nothing():
    one = changed(small(20), (("tree", "children", 2, "minimum"), {"points": 9}))
    assert score(one, HAVE).reasons == ("minimum:courses",)
    assert steps(one, HAVE).found.blocking == ()


def test_too_many_sets_leave_the_larger_ones_out():
    names = [f"f{at:02}" for at in range(20)]
    scale = {"kind": "piecewise", "knots": [[0, 0], [10, 10]]}
    leaves = [leaf(name, scale, missing="zero") for name in names]
    fields = {name: {"type": "integer", "min": 0, "max": 10} for name in names}
    one = rubric(branch("total", leaves, 200), fields, tiers=[tier(20)])
    found = steps(one, dict.fromkeys(names, 0)).found
    assert [(change.id, change.x) for change in found.best] == [("f00", 10), ("f01", 10)]
    three = rubric(branch("total", leaves, 200), fields, tiers=[tier(21)])
    assert steps(three, dict.fromkeys(names, 0)).found.best == ()


# --- where deliveries are shrunk


def county(n=6, **change):
    items = [
        {
            "decided_on": TODAY.isoformat(),
            "village": f"v{at % 4}",
            "acceptance": "first_pass",
            "technical_mean": 3.0,
            "on_time": True,
            "time_cut": 0.4,
        }
        for at in range(n)
    ]
    innovation = {
        "module_contributed": True,
        "modules_used": 1,
        "courses_completed": 0,
        "villages_served": 1,
        "process_redesign_level": "partial",
    }
    return innovation | {"deliveries": items} | change


def county_steps(evidence, one=COUNTY):
    result, graded = decide(one, evidence, TODAY, STARTING_PRIOR)
    return result, graded, next_steps(one, evidence, TODAY, result, graded)


def test_the_gap_is_measured_from_what_quality_reaches_with_the_probability():
    result, graded, found = county_steps(county(40))
    sure = 0.7 * graded.quality.lower(0.8)
    innovation = result.points["innovation"]
    assert (result.tier, found.tier) == ("B", "A")
    assert found.found.gap == pytest.approx(80 - innovation - sure)


def test_deliveries_may_stand_in_a_weighted_mean():
    weights = [(("tree", "children", at, "weight"), share) for at, share in ((0, 0.7), (1, 0.3))]
    one = changed(COUNTY, (("tree", "aggregate"), {"kind": "wam"}), *weights)
    _, _, found = county_steps(county(40), one)
    assert found.found.gap == pytest.approx(county_steps(county(40))[2].found.gap)


def test_quality_that_may_be_nothing_counts_nothing():
    evidence = county(2)
    for item in evidence["deliveries"]:
        item |= {"technical_mean": 0.0, "on_time": False, "time_cut": 0.0}
        item |= {"acceptance": "rejected"}
    result, graded = decide(COUNTY, evidence, TODAY, Prior(2.0, 144.0, 64.0))
    found = next_steps(COUNTY, evidence, TODAY, result, graded)
    assert graded.quality.lower(0.8) < 0
    assert found.found.gap == 65 - result.points["innovation"]


def test_a_line_inside_the_items_that_is_reached_blocks_nothing():
    lines = [{"node": "technical", "op": "ge", "value": 10}, tier(80)["when"]]
    one = changed(COUNTY, (("tiers", 0, "when"), {"all": lines}))
    assert county_steps(county(40), one)[2].found.blocking == ()


def test_without_a_grading_deliveries_stand_at_their_mean():
    result = score(COUNTY, county(40), TODAY)
    found = next_steps(COUNTY, county(40), TODAY, result)
    assert (result.tier, found.tier) == ("B", "A")
    assert found.found.gap == pytest.approx(80 - result.total)


def test_one_field_that_moves_two_leaves_counts_with_both():
    _, _, found = county_steps(county(40, courses_completed=1))
    assert found.found.gap == pytest.approx(4.09, abs=0.01)
    # from one village to three: 3 points for the reach, 3 for the redesign in two villages
    assert found.found.single[0] == Change("villages_served", 3, 6.0, 0.0)


def test_unmet_quality_is_named_as_the_barrier():
    _, _, found = county_steps(county(4))
    assert (found.tier, found.found.blocking) == ("A", ("minimum:quality",))


def test_missing_villages_are_named():
    evidence = county(12)
    for item in evidence["deliveries"]:
        item["village"] = "v"
    _, graded, found = county_steps(evidence)
    assert f"villages:{graded.wanted.villages}" in found.found.blocking


def test_a_line_inside_the_items_stands_still():
    one = changed(COUNTY, (("tiers", 0, "when"), {"node": "technical", "op": "ge", "value": 24}))
    _, _, found = county_steps(county(12), one)
    assert found.found.blocking == ("minimum:technical",)
    assert (found.found.single, found.found.best) == ((), ())


def test_items_that_another_leaf_counts_stay_there():
    one = changed(
        COUNTY,
        (
            ("tree", "children", 1, "children", 3),
            {
                "id": "reach",
                "max": 5,
                "missing": "zero",
                "evidence": {"collection": "deliveries", "reduce": "count"},
                "scale": {"kind": "piecewise", "knots": [[0, 0], [40, 5]]},
            },
        ),
    )
    result, graded, found = county_steps(county(40), one)
    assert result.points["reach"] == 5
    assert found.found.gap == pytest.approx(
        80 - result.points["innovation"] - 0.7 * graded.quality.lower(0.8)
    )


INNOVATION = st.fixed_dictionaries(
    {
        "module_contributed": st.booleans(),
        "modules_used": st.integers(0, 3),
        "courses_completed": st.integers(0, 3),
        "villages_served": st.integers(0, 3),
        "process_redesign_level": st.sampled_from(["none", "partial", "end_to_end"]),
    }
)


@given(n=st.integers(2, 60), technical=st.floats(1.5, 4), innovation=INNOVATION)
def test_whoever_takes_the_steps_is_graded_higher(n, technical, innovation):
    evidence = county(n, **innovation)
    for item in evidence["deliveries"]:
        item["technical_mean"] = technical
    result, _, found = county_steps(evidence)
    if found is None or found.found.blocking:
        return
    chosen = [(one,) for one in found.found.single] + [found.found.best]
    for changes in filter(None, chosen):
        better = evidence | {change.id: change.x for change in changes}
        assert county_steps(better)[0].tier < result.tier  # A before B before C


def test_a_plain_rubric_counts_every_field():
    evidence = known_fields(MIDDLE, PLAIN["fields"])
    found = next_steps(PLAIN, evidence, TODAY, score(PLAIN, evidence, TODAY))
    assert found.tier == "A"
    assert found.found.gap == 11
    assert found.as_json()["tier"] == "A"
    assert found.as_json()["best"][0]["id"]
