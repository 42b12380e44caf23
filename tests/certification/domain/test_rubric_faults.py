"""What a rubric's faults say and which words none may use: the rest of ``test_rubric``."""

import math
from datetime import date

import pytest

from certification.domain.rubric import (
    RubricError,
    digest,
    in_force,
    parse_rubric,
    schema_problems,
)
from certification.domain.rubric_lint import is_prohibited, lint_rubric
from portal.domain.predicates import Problem
from tests.certification.domain.rubrics import LINE, branch, changed, leaf, lines, rubric


def test_faults_are_printed_one_per_line():
    error = RubricError((Problem("a", "is red"), Problem("b", "is blue")))
    assert str(error) == "a: is red\nb: is blue"


def test_of_several_doubled_keys_the_first_by_name_is_told():
    twice = ", ".join(f'"{key}": 1, "{key}": 2' for key in "gfedcba")
    with pytest.raises(RubricError, match="key 'a' stands twice"):
        parse_rubric("{" + twice + "}")


def test_what_is_no_number_has_no_digest():
    with pytest.raises(ValueError, match="JSON"):
        digest({"a": math.nan})


@pytest.mark.parametrize(
    ("effective", "day", "holds"),
    [
        ({"from": "2026-01-01", "to": None}, date(2025, 12, 31), False),
        ({"from": "2026-01-01", "to": None}, date(2026, 1, 1), True),
        ({"from": "2026-01-01"}, date(2099, 1, 1), True),
        ({"from": None, "to": "2026-03-31"}, date(1999, 1, 1), True),
        ({"from": None, "to": "2026-03-31"}, date(2026, 4, 1), False),
    ],
)
def test_rubric_is_in_force_from_its_first_to_its_last_day(effective, day, holds):
    assert in_force({"effective": effective}, day) is holds


@pytest.mark.parametrize(
    ("version", "shown"),
    [
        ("一", '"一"'),
        ("x" * 57, '"' + "x" * 57 + '"'),
        ("x" * 60, '"' + "x" * 59),
    ],
)
def test_wrong_value_is_shown_as_it_was_written_up_to_sixty_signs(version, shown):
    (problem,) = schema_problems(changed(lines("a"), (("version",), version)))
    assert problem.message == f"{shown} does not match ^\\d+\\.\\d+\\.\\d+$"


# --- lint


def told(one):
    return [str(problem) for problem in lint_rubric(one)]


def test_maxima_and_weights_must_add_up_to_a_thousandth():
    assert told(changed(lines("a", "b"), (("tree", "max"), 20.001))) == [
        "tree.max: the children's maxima add to 20, not 20.001; correct one"
    ]
    weighed = changed(lines("a", "b", kind="wam"), (("tree", "children", 0, "weight"), 0.501))
    assert told(weighed) == ["tree.children: the weights add to 1.001; make them add to 1"]


def test_wrong_names_are_told_in_their_order():
    names = "gfedc"
    count = {"kind": "count", "points": 1, "of": []}
    count["of"] = [{"code": n, "when": {"field": n, "op": "ge", "value": 1}} for n in names]
    one = rubric(branch("total", [leaf("a", count, field=None)], 10), {})
    assert told(one) == [
        f"tree.children[0].field: unknown field {name!r}; declare it under fields"
        for name in sorted(names)
    ]
    codes = {"type": "code", "codes": ["x"], "code_labels": {name: {"en": name} for name in names}}
    anchors = {"kind": "ordinal", "anchors": [{"code": "x", "points": 1}]}
    one = rubric(branch("total", [leaf("a", anchors)], 10), {"a": codes})
    assert [fault.partition(":")[0] for fault in told(one)] == [
        f"fields.a.code_labels.{name}" for name in sorted(names)
    ]


def itemised(inside, outside):
    """One leaf on the field ``a`` of the items of ``jobs``."""
    rule = {"collection": "jobs", "fields": inside}
    node = branch("inner", [leaf("a", LINE)], 10, per_item=rule)
    return rubric(branch("total", [node], 10), {"jobs": {"type": "collection"}, **outside})


def test_formula_of_an_item_names_fields_of_the_item_alone():
    number = {"type": "number"}
    doubled = {"a": {"type": "number", "derive": {"mul": ["n", 2]}}}
    assert told(itemised(doubled | {"n": number}, {})) == []
    (fault,) = told(itemised(doubled, {"n": number}))
    assert fault.startswith("tree.children[0].per_item.fields.a.derive.mul[0]: unknown field 'n'")


def test_fields_declared_inside_and_outside_are_told_in_their_order():
    twice = {name: {"type": "number"} for name in "gfedca"}
    found = [one for one in told(itemised(twice, twice)) if "declared outside" in one]
    assert [one.partition(":")[0].rpartition(".")[2] for one in found] == sorted(twice)


# --- words that no field may carry


WORDS = [
    *("registration", "registered", "domicile", "hukou"),
    *("ownership", "owner", "owners", "shareholder", "shareholders"),
    *("capital", "asset", "assets", "revenue", "turnover", "sales"),
    *("headcount", "employee", "employees", "staff", "tax", "taxes"),
]


@pytest.mark.parametrize("word", WORDS)
def test_each_prohibited_word_is_refused_in_a_name_and_in_a_label(word):
    assert is_prohibited(f"main_{word}_wan", {})
    assert is_prohibited("a", {"label": {"en": f"The {word.title()} of the firm"}})


LOCAL = ["local", "county", "city", "municipal", "prefecture", "prefectural"]
AWARD = ["award", "awards", "prize", "honour", "honours", "branch", "branches"]


@pytest.mark.parametrize(
    ("place", "thing"), [*((one, "award") for one in LOCAL), *(("county", one) for one in AWARD)]
)
def test_each_local_distinction_is_refused_but_neither_half_alone(place, thing):
    assert is_prohibited(f"{place}_{thing}", {})
    assert not is_prohibited(place, {})
    assert not is_prohibited(thing, {})


def named(label):
    return is_prohibited("a", {"label": {"zh": label}})


CHINESE = [
    *("注册地", "注册资本", "登记地", "所有制", "持股", "股东", "资产", "营收"),
    *("营业收入", "销售额", "员工人数", "从业人员", "职工", "纳税", "税收"),
]


@pytest.mark.parametrize("word", CHINESE)
def test_each_prohibited_chinese_word_is_refused(word):
    assert named(f"上年{word}情况")


@pytest.mark.parametrize("place", ["本地", "本县", "本市", "本省", "当地", "县级", "市级"])
@pytest.mark.parametrize("thing", ["奖", "荣誉", "称号", "业绩", "中标", "分支机构", "分公司"])
def test_each_local_distinction_in_chinese_is_refused(place, thing):
    assert named(f"获{place}数字乡村{thing}数")
    assert not named(f"{place}试点，{thing}另计")


def test_a_place_and_an_award_far_apart_are_two_things():
    assert named("本县一二三四五六奖")
    assert not named("本县一二三四五六七奖")
