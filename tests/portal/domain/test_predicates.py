"""The predicate language: comparisons, combinations, explanations, faults."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.predicates import (
    Comparison,
    Context,
    Problem,
    evaluate,
    explain,
    fields_of,
    lint,
)

DAY = date(2026, 6, 30)


def field(op, value=None, name="x"):
    return {"field": name, "op": op} | ({} if value is None else {"value": value})


@pytest.mark.parametrize(
    ("got", "op", "value", "held"),
    [
        (3, "ge", 3, True),
        (3 - 1e-10, "ge", 3, True),
        (3 - 1e-8, "ge", 3, False),
        (3, "gt", 3, False),
        (3 + 1e-10, "gt", 3, False),
        (3 + 1e-8, "gt", 3, True),
        (3 + 1e-10, "le", 3, True),
        (3 + 1e-8, "le", 3, False),
        (3 - 1e-10, "lt", 3, False),
        (3 - 1e-8, "lt", 3, True),
        (3 + 1e-10, "eq", 3, True),
        (4, "eq", 3, False),
        (4, "ne", 3, True),
        (3, "ne", 3.0, False),
        (float("inf"), "eq", float("inf"), True),
        pytest.param(10**400, "ge", 0.5, True, id="beyond a double"),
        pytest.param(10**400, "eq", 0.5, False, id="beyond a double, equal"),
        (float("nan"), "ge", 0, False),
        (float("nan"), "ne", 0, False),
        (True, "eq", True, True),
        (False, "eq", True, False),
        (1, "eq", True, False),
        (True, "eq", 1, False),
        (True, "ge", 1, False),
        ("A", "eq", "A", True),
        ("A", "ne", "B", True),
        ("A", "ne", 1, False),
        ("A", "ge", "A", False),
        ("3", "ge", 3, False),
        ("A", "in", ["A", "B"], True),
        ("C", "in", ["A", "B"], False),
        ("A", "in", 5, False),
        ("C", "not_in", ["A", "B"], True),
        ("A", "not_in", ["A", "B"], False),
        (["A", "B"], "contains", "B", True),
        (["A", "B"], "contains", "C", False),
        ("AB", "contains", "A", False),
        (0, "known", None, True),
        (DAY, "eq", "2026-06-30", True),
        (DAY, "ge", "2026-06-30", True),
        (DAY, "gt", "2026-06-30", False),
        (DAY, "lt", "2026-07-01", True),
        (DAY, "le", "2026-06-29", False),
        (datetime(2026, 6, 30, 12), "eq", "2026-06-30", True),  # noqa: DTZ001 - only its day counts
        (DAY, "ge", "soon", False),
        (DAY, "ge", 5, False),
        (DAY, "within_months", 0, True),
        (date(2026, 6, 29), "within_months", 0, False),
        (date(2023, 7, 1), "within_months", "36", False),
        (date(2023, 7, 1), "within_months", 36, True),
        (date(2023, 6, 30), "within_months", 36, False),
        (date(2026, 7, 1), "within_months", 36, False),
        ("2026-06-01", "within_months", 36, False),
        (DAY, "within_months", None, False),
        (date(2025, 6, 30), "for_months", 12, True),
        (DAY, "for_months", 0, True),
        (date(2026, 7, 1), "for_months", -2, False),
        (date(2020, 1, 1), "for_months", "12", False),
        (date(2025, 7, 1), "for_months", 12, False),
        (date(2025, 8, 31), "for_months", 10, True),
        (date(2026, 7, 30), "for_months", -1, False),
        ("2020-01-01", "for_months", 12, False),
        (date(2020, 1, 1), "for_months", None, False),
        (DAY, "not_expired", None, True),
        (date(2026, 6, 29), "not_expired", None, False),
        (date(2026, 7, 1), "not_expired", None, True),
        (5, "not_expired", None, False),
    ],
)
def test_comparison(got, op, value, held):
    assert evaluate(field(op, value), Context({"x": got}, as_of=DAY)) is held


@pytest.mark.parametrize("op", ["within_months", "for_months", "not_expired"])
def test_date_window_without_a_day_is_false(op):
    assert evaluate(field(op, 36), Context({"x": DAY})) is False


@pytest.mark.parametrize("op", ["ge", "ne", "not_in", "known", "eq"])
@pytest.mark.parametrize("fields", [{}, {"x": None}, {"y": 1}])
def test_unknown_field_makes_a_comparison_false(op, fields):
    assert evaluate(field(op, 1), Context(fields)) is False


def test_unknown_node_and_score_make_a_comparison_false():
    node = {"node": "n", "op": "ge", "value": 0}
    total = {"score": True, "op": "ge", "value": 0}
    assert [evaluate(one, Context(nodes={"n": None})) for one in (node, total)] == [False, False]


def test_node_and_score_are_compared():
    context = Context(nodes={"n": 20.0}, score=60.0)
    node = {"node": "n", "op": "ge", "value": 20}
    total = {"score": True, "op": "gt", "value": 60}
    assert [evaluate(one, context) for one in (node, total)] == [True, False]


TRUE, FALSE = field("known"), field("known", name="unknown")


@pytest.mark.parametrize(
    ("predicate", "held"),
    [
        ({"all": [TRUE, TRUE]}, True),
        ({"all": [TRUE, FALSE]}, False),
        ({"any": [FALSE, TRUE]}, True),
        ({"any": [FALSE, FALSE]}, False),
        ({"not": FALSE}, True),
        ({"not": {"all": [TRUE, {"any": [TRUE]}]}}, False),
    ],
)
def test_combination(predicate, held):
    assert evaluate(predicate, Context({"x": 1})) is held


def test_explain_names_every_comparison_with_what_was_found():
    predicate = {
        "any": [
            {"all": [{"score": True, "op": "ge", "value": 60}, {"not": field("eq", True)}]},
            {"node": "n", "op": "ge", "value": 20},
        ]
    }
    context = Context({"x": True}, {"n": 25.0}, 50.0)
    assert explain(predicate, context, "when") == (
        Comparison("when.any[0].all[0]", "score", "score", "ge", 60, 50.0, held=False),
        Comparison("when.any[0].all[1].not", "field", "x", "eq", True, True, held=True),
        Comparison("when.any[1]", "node", "n", "ge", 20, 25.0, held=True),
    )
    assert evaluate(predicate, context) is True


def test_fields_of_names_each_field_once():
    predicate = {"all": [field("ge", 1), {"not": field("le", 3)}, field("known", name="y")]}
    assert fields_of(predicate) == {"x", "y"}


@pytest.mark.parametrize(
    ("predicate", "message"),
    [
        (field("=>", 3), "predicate: unknown op '=>'"),
        ({"op": "ge", "value": 3}, "predicate: neither all, any, not, field, node nor score"),
    ],
)
def test_evaluate_refuses_what_lint_refuses(predicate, message):
    with pytest.raises(ValueError, match=r"^predicate: ") as refusal:
        evaluate(predicate, Context({"x": 3}))
    assert str(refusal.value) == message


FIELDS = {
    "x": {"type": "number"},
    "flag": {"type": "boolean"},
    "code": {"type": "code", "codes": ["a", "b"]},
    "codes": {"type": "codes"},
    "on": {"type": "date"},
    "list": {"type": "collection"},
    "text": {"type": "text"},
    "count": {"type": "integer"},
    "odd": {"type": "colour"},
}


@pytest.mark.parametrize(
    "predicate",
    [
        field("ge", 3),
        field("in", [1, 2]),
        field("eq", True, "flag"),
        field("eq", "a", "code"),
        field("in", ["a", "b"], "code"),
        field("contains", "z", "codes"),
        field("ge", "2026-01-01", "on"),
        field("within_months", 36, "on"),
        field("for_months", 12, "on"),
        field("not_expired", None, "on"),
        field("known", None, "list"),
        field("eq", "any", "text"),
        field("lt", 2, "count"),
        {"node": "n", "op": "ge", "value": 3},
        {"score": True, "op": "ge", "value": 3},
        {"all": [field("ge", 3), {"any": [{"not": field("le", 3)}]}]},
    ],
)
def test_lint_accepts(predicate):
    assert lint(predicate, fields=FIELDS, nodes=frozenset({"n"})) == ()


SOUND = {
    "x": dict.fromkeys(("ge", "gt", "le", "lt", "eq", "ne"), 3)
    | {"in": [3], "not_in": [3], "known": None},
    "count": dict.fromkeys(("ge", "gt", "le", "lt", "eq", "ne"), 3)
    | {"in": [3], "not_in": [3], "known": None},
    "flag": {"eq": True, "ne": True, "known": None},
    "code": {"eq": "a", "ne": "a", "in": ["a"], "not_in": ["a"], "known": None},
    "text": {"eq": "a", "ne": "a", "in": ["a"], "not_in": ["a"], "known": None},
    "codes": {"contains": "a", "known": None},
    "on": dict.fromkeys(("ge", "gt", "le", "lt", "eq", "ne"), "2026-01-31")
    | {"within_months": 3, "for_months": 3, "known": None, "not_expired": None},
    "list": {"known": None},
}


@pytest.mark.parametrize("name", SOUND)
def test_lint_accepts_the_operators_of_a_type_and_no_others(name):
    every = {op for ops in SOUND.values() for op in ops}
    accepted = {
        op for op, value in SOUND[name].items() if lint(field(op, value, name), fields=FIELDS) == ()
    }
    assert accepted == set(SOUND[name])
    for op in every - accepted:
        (problem,) = lint(field(op, 3, name), fields=FIELDS)
        assert problem.message.startswith(f"op {op} does not fit a {FIELDS[name]['type']}; write")


@pytest.mark.parametrize(
    ("predicate", "path", "start"),
    [
        ("x >= 3", "when", "write an object"),
        ({}, "when", "write exactly one of"),
        ({"all": [], "any": []}, "when", "write exactly one of"),
        ({"all": []}, "when.all", "write a list"),
        ({"any": "x"}, "when.any", "write a list"),
        ({"not": 3}, "when.not", "write an object"),
        ({"all": [{"any": [3]}]}, "when.all[0].any[0]", "write an object"),
        (field("=>", 3), "when.op", "unknown op '=>'"),
        ({"field": "x"}, "when.op", "unknown op None"),
        ({"field": "x", "op": ["ge"]}, "when.op", "unknown op ['ge']"),
        (field("ge", 3, "y"), "when.field", "unknown field 'y'"),
        (field("ge", "3"), "when.value", "'3' is not a number"),
        (field("ge", float("nan")), "when.value", "nan is not a number"),
        (field("ge", [3]), "when.value", "[3] is not a number"),
        (field("ge", True), "when.value", "True is not a number"),
        (field("eq", None), "when.value", "None is not a number"),
        (field("in", 3), "when.value", "op in needs a list"),
        (field("in", []), "when.value", "op in needs a list"),
        (field("not_in", 3), "when.value", "op not_in needs a list"),
        (field("in", [1, "2"]), "when.value", "'2' is not a number"),
        (field("ge", True, "flag"), "when.op", "op ge does not fit a boolean"),
        (field("eq", 1, "flag"), "when.value", "1 is not a boolean"),
        (field("eq", "c", "code"), "when.value", "'c' is no code of the field"),
        (field("eq", 3, "text"), "when.value", "3 is not a text"),
        (field("contains", 3, "codes"), "when.value", "3 is not a codes"),
        (field("ge", "soon", "on"), "when.value", "'soon' is not a date"),
        (field("within_months", "soon", "on"), "when.value", "'soon' is not a number"),
        (field("ge", 3, "list"), "when.op", "op ge does not fit a collection"),
        (field("ge", 3, "odd"), "when.op", "op ge does not fit a colour"),
        ({"node": "m", "op": "ge", "value": 3}, "when.node", "unknown node 'm'"),
        ({"node": "n", "op": "ge", "value": "3"}, "when.value", "'3' is not a number"),
    ],
)
def test_lint_names_path_and_remedy(predicate, path, start):
    (problem,) = lint(predicate, fields=FIELDS, nodes=frozenset({"n"}))
    assert (problem.path, problem.message[: len(start)]) == (path, start)


def test_lint_forbids_the_score_where_there_is_none():
    predicate = {"score": True, "op": "ge", "value": 3}
    message = "the score is not known here; compare a field instead"
    found = lint(predicate, "", fields=FIELDS, nodes=frozenset())
    assert found == (Problem.of("score", message),)


def test_lint_leaves_names_unchecked_when_none_are_given():
    assert lint(field("ge", 3, "anything")) == ()
    assert lint({"node": "anything", "op": "ge", "value": 3}) == ()
    assert lint(field("known", None, "anything")) == ()


def test_lint_asks_for_the_value():
    assert list(map(str, lint(field("ge")))) == ["when.value: op ge needs a value; add it"]


@given(st.floats(allow_nan=False), st.floats(allow_nan=False, allow_infinity=False))
def test_order_operators_are_each_other_s_opposite(got, cut):
    context = Context({"x": got})
    assert evaluate(field("lt", cut), context) is not evaluate(field("ge", cut), context)
    assert evaluate(field("gt", cut), context) is not evaluate(field("le", cut), context)


EARLIER, LATER = date(2026, 6, 29), date(2026, 7, 1)


@pytest.mark.parametrize(
    ("op", "held"),
    [
        ("lt", (True, False, False)),
        ("le", (True, True, False)),
        ("eq", (False, True, False)),
        ("ne", (True, False, True)),
        ("ge", (False, True, True)),
        ("gt", (False, False, True)),
    ],
)
def test_dates_are_ordered_by_day(op, held):
    for value in (DAY, DAY.isoformat(), datetime(2026, 6, 30, 23, tzinfo=UTC)):
        found = [evaluate(field(op, value), Context({"x": got})) for got in (EARLIER, DAY, LATER)]
        assert tuple(found) == held


@pytest.mark.parametrize("op", ["lt", "le", "gt", "ge"])
@pytest.mark.parametrize("value", [3, "soon", True])
def test_a_date_has_no_order_with_anything_else(op, value):
    assert evaluate(field(op, value), Context({"x": DAY})) is False
    assert evaluate(field(op, DAY), Context({"x": value})) is False


@pytest.mark.parametrize("op", ["within_months", "for_months", "not_expired"])
def test_without_the_day_nothing_is_said_of_an_age(op):
    assert evaluate(field(op, 0), Context({"x": DAY})) is False
    assert evaluate(field(op, 0), Context({"x": "2026-06-30"}, as_of=DAY)) is False


def test_lint_names_the_operators_that_fit():
    (found,) = lint(field("ge", True, "flag"), fields=FIELDS)
    assert found.message == "op ge does not fit a boolean; write one of eq, known, ne"


def test_fields_of_a_predicate_are_not_its_nodes():
    node = {"node": "n", "op": "ge", "value": 3}
    assert fields_of({"all": [node, field("ge", 3)]}) == {"x"}
