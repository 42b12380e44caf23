"""Derived fields: formulas that are data."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certification.domain.evidence import Reading, derive_field, read_evidence
from certification.domain.expressions import compute, inputs_of, lint_expression
from certification.domain.scoring import score
from tests.certification.domain.rubrics import LINE, branch, leaf, rubric

FIELDS = {
    "a": {"type": "number"},
    "b": {"type": "integer"},
    "flag": {"type": "boolean"},
    "made": {"type": "number", "derive": "a"},
}
RATIO = {"type": "number", "min": 0, "max": 1, "derive": {"div": ["a", "b"]}}


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        (2, 2.0),
        ("a", 6.0),
        ({"add": ["a", "b", 1]}, 11.0),
        ({"sub": ["a", "b"]}, 2.0),
        ({"mul": ["a", 2]}, 12.0),
        ({"div": ["a", "b"]}, 1.5),
        ({"min": ["a", "b"]}, 4.0),
        ({"max": [{"sub": ["b", "a"]}, 0]}, 0.0),
        ({"div": ["a", {"sub": ["b", 4]}]}, None),
        ({"mul": [1e200, 1e200]}, None),
        ({"sub": [{"mul": [1e200, 1e200]}, {"mul": [1e200, 1e200]}]}, None),
        ({"add": [1e308, 1e308]}, None),
    ],
)
def test_compute(expression, value):
    assert compute(expression, {"a": 6, "b": 4}) == value


def test_inputs_are_the_fields_named():
    assert inputs_of({"add": ["a", {"mul": [2, "b"]}, "a"]}) == {"a", "b"}
    assert inputs_of(3) == inputs_of(None) == frozenset()


@pytest.mark.parametrize(
    ("states", "state"),
    [
        (("known", "known"), "known"),
        (("known", "absent"), "absent"),
        (("expired", "absent"), "expired"),
        (("invalid", "expired"), "invalid"),
        (("not_applicable", "known"), "not_applicable"),
        (("not_applicable", "absent"), "absent"),
    ],
)
def test_derived_field_is_in_the_worst_state_of_its_inputs(states, state):
    readings = {name: Reading(one, 1) for name, one in zip("ab", states, strict=True)}
    assert derive_field(RATIO, readings).state == state


@pytest.mark.parametrize(
    ("evidence", "found", "issues"),
    [
        ({"a": 1, "b": 2}, 0.5, []),
        ({"a": 1, "b": 0}, None, ["share:undefined"]),
        ({"a": 3, "b": 2}, None, ["share:above_max"]),
        ({"a": "x", "b": 2}, None, ["a:type"]),
        ({"a": 1}, None, []),
        ({"a": 1, "b": 2, "share": 0.9}, 0.5, ["share:derived_field"]),
    ],
)
def test_derived_field_is_computed_checked_and_never_taken_from_evidence(evidence, found, issues):
    fields = {"a": FIELDS["a"], "b": FIELDS["b"], "share": RATIO}
    readings, told = read_evidence(fields, evidence, None)
    assert (readings["share"].value, told) == (found, issues)


def test_leaf_on_a_derived_field_shows_the_number_and_why_it_is_missing():
    fields = {"a": FIELDS["a"], "b": FIELDS["b"], "share": {**RATIO, "max": 10}}
    one = rubric(branch("total", [leaf("share", LINE)], 10), fields)
    assert score(one, {"a": 6, "b": 4}).leaves["share"].values == {"share": 1.5}
    assert score(one, {"a": "x", "b": 4}).leaves["share"].why_missing == ("share:invalid",)


@pytest.mark.parametrize(
    ("expression", "fault"),
    [
        ({"add": ["a", "b", {"min": ["a", 3]}]}, None),
        ({"add": ["a"]}, None),
        (True, 'at: write a number, a field or an operation such as {"div": ["a", "b"]}'),
        ([], 'at: write a number, a field or an operation such as {"div": ["a", "b"]}'),
        ("c", "at: unknown field 'c'; declare it under fields"),
        ("flag", "at: 'flag' is no number given as evidence; name one that is"),
        ("made", "at: 'made' is no number given as evidence; name one that is"),
        ({}, "at: write exactly one of add, mul, min, max, sub, div"),
        ({"pow": ["a", 2]}, "at: write exactly one of add, mul, min, max, sub, div"),
        ({"add": [1], "mul": [2]}, "at: write exactly one of add, mul, min, max, sub, div"),
        ({"add": []}, "at.add: add needs a list of at least one; correct it"),
        ({"div": ["a"]}, "at.div: div needs a list of exactly two; correct it"),
        ({"sub": ["a", "b", 1]}, "at.sub: sub needs a list of exactly two; correct it"),
        ({"div": "ab"}, "at.div: div needs a list of exactly two; correct it"),
        ({"mul": [{"sub": ["a", "c"]}]},
         "at.mul[0].sub[1]: unknown field 'c'; declare it under fields"),
    ],
)  # fmt: skip
def test_fault_of_a_formula_names_path_and_remedy(expression, fault):
    found = [str(one) for one in lint_expression(expression, "at", FIELDS)]
    assert found == ([] if fault is None else [fault])


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_order_of_what_is_added_never_matters(numbers, rng):
    shuffled = list(numbers)
    rng.shuffle(shuffled)
    assert compute({"add": shuffled}, {}) == compute({"add": numbers}, {})
