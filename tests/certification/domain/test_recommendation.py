import pytest

from certification.domain.conformance import SHIPPED, load_rubrics
from certification.domain.recommendation import (
    DISCLAIMER,
    NATURE,
    SHORTFALLS,
    STATEMENT_TITLE,
    UNKNOWN_CONFIDENCE,
    Reason,
    graded_reasons,
    held_back,
    hundredths,
    safe_cell,
    strongest_leaves,
    text_cell,
    tie_groups,
    ungraded_reasons,
)
from certification.domain.scoring import as_json, score
from tests.certification.rounds import MIDDLE, STRONG, WEAK

RUBRIC = load_rubrics(SHIPPED)["county_dsp_v0_1"]


def reasons(fields):
    return [
        (one.code, one.evidence) for one in graded_reasons(RUBRIC, as_json(score(RUBRIC, fields)))
    ]


def test_disclaimer_is_the_sentence_of_the_law_point():
    assert DISCLAIMER == (
        "本清单仅供参考，不作为政府采购、招标投标的资格条件、加分条件或中标条件，"
        "不限制未列入者参加。"
    )


def test_statement_says_what_it_is_and_what_it_is_not():
    assert STATEMENT_TITLE == "能力分级评价结果"
    assert NATURE == "本结果不是行政许可、资质或认证。"


def test_confidence_that_no_rubric_computes_is_said_to_be_unknown():
    assert UNKNOWN_CONFIDENCE == {
        "status": "not_computed",
        "probability": None,
        "low": None,
        "high": None,
    }


def test_what_holds_a_firm_back_is_told_from_what_speaks_for_it():
    codes = ["minimum", "gate", "missing", "missing_share", "no_evidence"]
    assert sorted(SHORTFALLS) == sorted(codes)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (
            STRONG,
            [
                ("tier_reached", "total"),
                ("strong_leaf", "acceptance"),
                ("strong_leaf", "timeliness"),
                ("strong_leaf", "handling_time"),
            ],
        ),
        (
            MIDDLE,
            [
                ("tier_reached", "total"),
                ("strong_leaf", "handling_time"),
                ("strong_leaf", "refusals"),
                ("strong_leaf", "reach"),
            ],
        ),
        (
            WEAK,
            [
                ("tier_default", "total"),
                ("strong_leaf", "refusals"),
                ("strong_leaf", "reach"),
                ("strong_leaf", "redesign"),
                ("minimum", "quality"),
            ],
        ),
    ],
)
def test_graded_reasons_say_tier_strength_and_hindrance(fields, expected):
    assert reasons(fields) == expected


def test_graded_reasons_carry_total_and_line():
    first = graded_reasons(RUBRIC, as_json(score(RUBRIC, MIDDLE)))[0]

    assert (first.params["tier"], first.params["cut"]) == ("B", 65.0)
    assert first.as_json()["evidence"] == "total"


def test_ungraded_reasons_name_what_is_known():
    facts = {"deliveries": 1, "villages": 1, "courses": 2, "modules": 3}

    assert [one.code for one in ungraded_reasons(facts)] == [
        "not_graded",
        "accepted_in_villages",
        "courses_completed",
        "modules_used",
    ]


def test_ungraded_reasons_of_a_new_firm_are_neutral():
    facts = {"deliveries": 0, "villages": 0, "courses": 0, "modules": 0}

    assert ungraded_reasons(facts) == [Reason("not_graded", {}, "unrated")]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("minimum:quality", Reason("minimum", {"name": "quality"}, "quality")),
        ("missing_share", Reason("missing_share", {}, "missing_share")),
    ],
)
def test_held_back_keeps_code_and_name(code, expected):
    assert held_back(code) == expected


@pytest.mark.parametrize(
    ("rows", "groups"),
    [
        ([], []),
        ([("A", 9000)], [[0]]),
        ([("A", 9000), ("A", 9000)], [[0, 1]]),
        ([("A", 9001), ("A", 9000), ("A", 8999)], [[0, 1, 2]]),
        ([("A", 9002), ("A", 9000)], [[0], [1]]),
        ([("A", 8000), ("B", 8000)], [[0], [1]]),
        ([(None, None), (None, None)], [[0], [1]]),
        ([("A", 9000), ("A", None)], [[0], [1]]),
        ([("A", None), ("A", 9000)], [[0], [1]]),
    ],
)
def test_tie_groups_join_what_only_rounding_keeps_apart(rows, groups):
    assert tie_groups(rows) == groups


@pytest.mark.parametrize(
    ("points", "cents"), [(0.0, 0), (73.405, 7341), (79.995, 8000), (100.0, 10000)]
)
def test_hundredths_round_half_up(points, cents):
    assert hundredths(points) == cents


@pytest.mark.parametrize(
    ("cell", "safe"),
    [
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@x", "'@x"),
        ("＝1", "'＝1"),
        ("＋1", "'＋1"),
        ("－1", "'－1"),
        ("＠x", "'＠x"),
        ("  =x", "'  =x"),
        ("\u3000＝x", "'\u3000＝x"),
        ("\t=x", "'\t=x"),
        ("\r=x", "'\r=x"),
        ("\nx", "'\nx"),
        ("|x", "'|x"),
        ("\ufeff=x", "'\ufeff=x"),
        ("\u200b=x", "'\u200b=x"),
        ("\u00a0=x", "'\u00a0=x"),
        (" ", " "),
        ("示例=1", "示例=1"),
        ("", ""),
        ("87.20", "87.20"),
    ],
)
def test_safe_cell_neutralises_formulas(cell, safe):
    assert safe_cell(cell) == safe


def test_text_cell_keeps_a_code_text():
    assert text_cell("0123") == "\t0123"


def test_a_reason_says_what_its_text_names():
    first, strong, *_ = graded_reasons(RUBRIC, as_json(score(RUBRIC, STRONG)))
    assert first.as_json() == {
        "code": "tier_reached",
        "params": {"tier": "A", "total": 96.0, "cut": 80},
        "evidence": "total",
    }
    assert strong.params == {"leaf": "acceptance", "points": 20.0, "maximum": 20.0}


def test_the_cut_is_that_of_the_total_wherever_it_stands():
    tiers = [{**RUBRIC["tiers"][0], "when": {"all": RUBRIC["tiers"][0]["when"]["all"][::-1]}}]
    turned = {**RUBRIC, "tiers": tiers + RUBRIC["tiers"][1:]}
    found = graded_reasons(turned, as_json(score(turned, STRONG)))
    assert found[0].params["cut"] == 80


@pytest.mark.parametrize(
    ("points", "status", "named"),
    [(8.0, "scored", True), (7.99, "scored", False), (9.0, "missing", False)],
)
def test_a_leaf_is_strong_from_four_fifths_of_its_maximum(points, status, named):
    leaf = {"points": points, "max": 10.0, "status": status}
    found = strongest_leaves(RUBRIC, {"acceptance": leaf})
    assert found == ([("acceptance", points, 10.0)] if named else [])


def test_strongest_leaves_by_share_then_in_the_order_of_the_tree():
    # 9/10, 10/10, 18/20 and 17/20 of their maxima: the best three, equals as they stand
    names = ["acceptance", "technical", "timeliness", "handling_time"]
    given = dict(zip(names, [(9, 10), (10, 10), (18, 20), (17, 20)], strict=True))
    leaves = {
        name: {"points": points, "max": most, "status": "scored"}
        for name, (points, most) in reversed(given.items())
    }
    assert strongest_leaves(RUBRIC, leaves) == [
        ("technical", 10.0, 10.0),
        ("acceptance", 9.0, 10.0),
        ("timeliness", 18.0, 20.0),
    ]


def test_an_ungraded_firm_stands_with_what_is_known_of_it():
    facts = {"deliveries": 2, "villages": 1, "courses": 3, "modules": 4}
    assert ungraded_reasons(facts)[1:] == [
        Reason("accepted_in_villages", {"deliveries": 2, "villages": 1}, "deliveries"),
        Reason("courses_completed", {"courses": 3}, "courses"),
        Reason("modules_used", {"modules": 4}, "modules"),
    ]
