"""What lint says about scales: the types that they read, keys, points, bands and knots."""

import pytest

from certification.domain.rubric_lint import lint_rubric
from certification.domain.scale_lint import SCALE_TYPES
from tests.certification.domain.rubrics import branch, leaf, rubric

TYPES = {
    "number": {"type": "number"},
    "integer": {"type": "integer"},
    "boolean": {"type": "boolean"},
    "code": {"type": "code", "codes": ["x", "y"]},
    "date": {"type": "date"},
}
UNIT = {"kind": "per_unit", "points": 1}
READS = {
    "ordinal": ["code"],
    "boolean": ["boolean"],
    "bands": ["number", "integer"],
    "piecewise": ["number", "integer"],
    "ratio_to_target": ["number", "integer"],
    "per_unit": ["number", "integer"],
    "steps": ["number", "integer"],
    "judgement": ["number", "integer"],
    "switch": ["number", "integer", "code", "boolean"],
}
SCALES = {
    "ordinal": {"anchors": [{"code": "x", "points": 0}, {"code": "y", "points": 9}]},
    "boolean": {"true": 9, "false": 0},
    "bands": {"bands": [{"points": 1}]},
    "piecewise": {"knots": [[0, 0], [1, 9]]},
    "ratio_to_target": {"target": 2, "from": 1},
    "per_unit": {"points": 1, "from": 1},
    "steps": {"per": 2, "points": 1, "from": 1},
    "judgement": {},
}


def told(scale, kind="number", **more):
    fields = {"a": TYPES[kind], "b": TYPES["number"]}
    found = lint_rubric(rubric(branch("total", [leaf("a", scale, **more)], 10), fields))
    return [
        f"{one.path.removeprefix('tree.children[0].')}: {one.message}"
        for one in found
        if "no leaf, tier" not in one.message
    ]


def test_every_scale_of_one_value_is_here():
    assert list(READS) == list(SCALE_TYPES)


@pytest.mark.parametrize("field", TYPES)
@pytest.mark.parametrize("kind", SCALES)
def test_scale_reads_the_types_that_fit_it(kind, field):
    faults = told({"kind": kind, **SCALES[kind]}, field)
    wanted = " or ".join(READS[kind])
    fault = f"scale.kind: {kind} cannot read a {field}; use a field of type {wanted}"
    assert faults == ([] if field in READS[kind] else [fault])


@pytest.mark.parametrize(
    ("field", "inner"), [("code", "ordinal"), ("boolean", "boolean"), ("integer", "steps")]
)
def test_switch_reads_what_the_scales_that_it_chooses_read(field, inner):
    scale = {"kind": inner, **SCALES[inner]}
    assert told({"kind": "switch", "cases": [], "else": scale}, field) == []


def test_switch_reads_no_date():
    (fault,) = told({"kind": "switch", "cases": [], "else": UNIT}, "date")
    assert fault == (
        "scale.kind: switch cannot read a date; "
        "use a field of type number or integer or code or boolean"
    )


ODD = {"field": "b", "op": "ge", "value": "1"}
NOT_A_NUMBER = "value: '1' is not a number; write a finite number such as 3"
EVEN = {**ODD, "value": 1}
NOTHING = {"low": 0, "high": 0}
CHOICE = {"kind": "judgement", "ranges": [{"when": ODD, **NOTHING}], "else": NOTHING}


@pytest.mark.parametrize(
    ("scale", "fault"),
    [
        (CHOICE, f"scale.ranges[0].when.{NOT_A_NUMBER}"),
        (
            {"kind": "switch", "cases": [], "else": CHOICE},
            f"scale.else.ranges[0].when.{NOT_A_NUMBER}",
        ),
        (
            {"kind": "switch", "cases": [{"when": EVEN, "scale": CHOICE}], "else": UNIT},
            f"scale.cases[0].scale.ranges[0].when.{NOT_A_NUMBER}",
        ),
    ],
)
def test_predicate_is_looked_at_wherever_it_stands(scale, fault):
    assert told(scale) == [fault]


HIGH = "11 lies outside 0 to 10; correct it or the maximum"


@pytest.mark.parametrize(
    ("scale", "field", "fault"),
    [
        ({"kind": "boolean", "true": 11, "false": 0}, "boolean", f"scale.true: {HIGH}"),
        ({"kind": "boolean", "true": 9, "false": 11}, "boolean", f"scale.false: {HIGH}"),
        (
            {
                "kind": "ordinal",
                "anchors": [{"code": "x", "points": 0}, {"code": "y", "points": 11}],
            },
            "code",
            f"scale.anchors[1].points: {HIGH}",
        ),
        (
            {"kind": "switch", "cases": [], "else": {"kind": "bands", "bands": [{"points": 11}]}},
            "number",
            f"scale.else.bands[0].points: {HIGH}",
        ),
    ],
)
def test_points_beyond_the_maximum_are_found_wherever_they_stand(scale, field, fault):
    assert told(scale, field) == [fault]


def test_points_for_no_case_stay_within_the_maximum():
    scale = {"kind": "cases", "cases": [{"when": EVEN, "points": 1}], "else": 11}
    assert told(scale, field=None) == [f"scale.else: {HIGH}"]


def test_unknown_keys_are_told_in_the_order_of_their_names():
    scale = UNIT | dict.fromkeys("gfedc", 1)
    assert [fault.partition(":")[0] for fault in told(scale)] == [f"scale.{key}" for key in "cdefg"]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([{"le": 1}, {"gt": 4}], "no band holds the value 2.5"),
        ([{"lt": 1}, {"ge": 4}], "no band holds the value 1"),
        ([{"lt": 1}, {"ge": 1, "le": 2}], "no band holds the value 3"),
        ([{"ge": 1, "lt": 8}, {"ge": 8}], "no band holds the value 0"),
        ([{"ge": 1, "lt": 2}, {"gt": 2}], "no band holds the value 0"),
    ],
)
def test_first_value_that_no_band_holds_is_named(rows, said):
    scale = {"kind": "bands", "bands": [{**row, "points": 1} for row in rows]}
    assert told(scale) == [f"scale.bands: {said}; make exactly one hold it"]


RISING = "scale.knots: write the knots in strictly rising order of their values"
TURNING = "scale.knots: the points rise and fall; make them only rise or only fall"


@pytest.mark.parametrize(
    ("knots", "faults"),
    [
        ([[0, 0], [1, 5], [1, 6]], [RISING]),
        ([[0, 0], [1, 0.5], [2, 0.5], [3, 5]], []),
        ([[0, 5], [1, 5.5], [2, 0]], [TURNING]),
        ([[0, 5], [1, 4.5], [2, 9]], [TURNING]),
    ],
)
def test_knots_rise_and_their_points_do_not_turn(knots, faults):
    assert told({"kind": "piecewise", "knots": knots}) == faults


def test_every_scale_of_a_switch_is_looked_at():
    several = {"kind": "count", "points": 1, "of": [{"code": "b", "when": EVEN}]}
    scale = {
        "kind": "switch",
        "cases": [{"when": EVEN, "scale": several}],
        "else": {"kind": "steps"},
    }
    assert told(scale) == [
        "scale.cases[0].scale.kind: count reads no value; write a scale of the leaf's own field",
        "scale.else: steps needs per and points; add it",
    ]
