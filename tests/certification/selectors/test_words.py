"""Rubrics and scores in words, in both languages."""

from datetime import date

import pytest
from django.utils import translation

from certification.domain.conformance import SHIPPED, load_rubrics
from certification.domain.rubric_lint import walk
from certification.domain.scoring import as_json, score
from certification.selectors.leaf_words import item_rows, leaf_text, missing_words, pool_text
from certification.selectors.rubrics import rule_list
from certification.selectors.scale_words import (
    item_words,
    predicate_words,
    rubric_fields,
    rule_words,
    scale_words,
)

RUBRICS = load_rubrics(SHIPPED)
DAY = date(2025, 12, 31)


def leaf_of(rubric, name):
    return next(
        node for _path, node in walk(rubric["tree"]) if node["id"] == name and "scale" in node
    )


@pytest.mark.parametrize("name", sorted(RUBRICS))
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_leaf_of_every_shipped_rubric_has_words(name, language):
    rubric = RUBRICS[name]
    fields = rubric_fields(rubric)
    with translation.override(language):
        lines = [
            scale_words(leaf, fields) for _path, leaf in walk(rubric["tree"]) if "scale" in leaf
        ]
    assert all(line and all(line) for line in lines)


@pytest.mark.parametrize(
    ("rubric", "leaf", "zh", "en"),
    [
        (
            "cn_zjtx_sme_2022",
            "segment",
            ["每满 2 得 1 分"],
            ["1 point for every full 2"],
        ),
        ("ms_spd_data_ai_smb", "deployed", ["每项 2 分"], ["2 points for each one"]),
        (
            "ms_spd_bizapps",
            "advanced",
            ["赛道 = 中小企业", "每项 7.5 分", "其他情形", "按比例计分，达到 7 得满分"],
            ["Track = SMB", "7.5 points for each one", "otherwise", "in proportion up to 7"],
        ),
        (
            "cn_hnte_2016",
            "acquired",
            [
                "专家在下列范围内评分：",
                "知识产权获得方式 = 自主研发：1 至 6 分",
                "知识产权获得方式 = 仅有受让、受赠和并购等：1 至 3 分",
                "其他情形：0 至 0 分",
            ],
            [
                "an expert's choice within:",
                "How the intellectual property was acquired = Self-developed: 1 to 6 points",
                "How the intellectual property was acquired = Only acquired: 1 to 3 points",
                "otherwise: 0 to 0 points",
            ],
        ),
        ("cn_hnte_2016", "core_support", ["由专家评分"], ["an expert's choice"]),
        (
            "cn_hnte_2016",
            "standards",
            ["由专家评分", "在其他得分之上另加，合计不超过上级满分"],
            ["an expert's choice", "on top of the rest, up to the maximum of the whole"],
        ),
        (
            "ms_spd_data_ai_smb",
            "usage",
            ["每项 1 分", "仅在下列条件成立时计分：Azure消费额(ACR) ≥ 1000"],
            ["1 point for each one", "counts only if: Azure consumed revenue ≥ 1000"],
        ),
    ],
)
def test_scale_in_words(rubric, leaf, zh, en):
    one = RUBRICS[rubric]
    for language, expected in (("zh-hans", zh), ("en", en)):
        with translation.override(language):
            assert scale_words(leaf_of(one, leaf), rubric_fields(one)) == expected


FIELDS = {
    "share": {"type": "number", "max": 1, "label": {"zh": "比例", "en": "Share"}},
    "since": {"type": "date"},
    "flag": {"type": "boolean"},
}


@pytest.mark.parametrize(
    ("predicate", "words"),
    [
        ({"field": "share", "op": "ge", "value": 0.4}, "Share ≥ 40%"),
        ({"field": "flag", "op": "eq", "value": True}, "flag = yes"),
        ({"field": "flag", "op": "ne", "value": False}, "flag ≠ no"),
        ({"field": "since", "op": "for_months", "value": 12}, "since: for 12 months or more"),
        ({"field": "since", "op": "within_months", "value": 36},
         "since: within the last 36 months"),
        ({"field": "since", "op": "not_expired"}, "since: still valid"),
        ({"field": "since", "op": "lt", "value": "2026-01-31"}, "since < 31 Jan 2026"),
        ({"field": "kind", "op": "in", "value": ["a", "b"]}, "kind: one of a, b"),
        ({"field": "kind", "op": "not_in", "value": ["a"]}, "kind: none of a"),
        ({"field": "kinds", "op": "contains", "value": "a"}, "kinds: includes a"),
        ({"field": "kind", "op": "known"}, "kind: is known"),
        ({"node": "quality", "op": "gt", "value": 0}, "quality > 0"),
        ({"score": True, "op": "ge", "value": 60}, "total ≥ 60"),
        ({"not": {"field": "share", "op": "le", "value": 0.4}}, "not (Share ≤ 40%)"),
        ({"all": [{"field": "kind", "op": "known"}]}, "kind: is known"),
        ({"any": [{"field": "kind", "op": "known"}, {"score": True, "op": "ge", "value": 1}]},
         "(kind: is known or total ≥ 1)"),
    ],
)  # fmt: skip
def test_condition_in_words(predicate, words):
    with translation.override("en"):
        assert predicate_words(predicate, FIELDS) == words


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("code end_to_end", "redesigned from end to end"),
        ("true", "yes"),
        (">= 0.4 and < 0.8", "≥ 40%, < 80%"),
        ("> 1e-05", "> 0%"),
        ("between 0.2 and 0.5", "between 20% and 50% in proportion"),
        ("target 1", "in proportion up to 100%"),
        ("7.5 per unit", "7.5 points for each one"),
        ("1 per full 2", "1 point for every full 200%"),
        ("case x", "x"),
        ("no case", "none of the cases"),
        ("2 of 3: a, b", "2 of 3 conditions hold"),
        ("chosen within 5 to 6", "chosen by an expert within 5 to 6 points"),
        ("condition not met", "the condition to count is not met"),
        ("mean of 1 items", "weighted mean of 1 item"),
        ("mean of 3 items", "weighted mean of 3 items"),
        ("", ""),
        ("anything else", ""),
    ],
)
def test_rule_in_words(rule, words):
    with translation.override("en"):
        assert rule_words(rule, FIELDS["share"]) == words


NAMED = RUBRICS["county_dsp_v1_0_1"]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("rd_ratio_pct:no_date", "R&D share of revenue: set aside for a check: no date"),
        ("deliveries[6]:pending", "Deliveries, item 7: a required rating is not there yet"),
        ("deliveries[8].rubric_mean:above_max",
         ("Deliveries, item 9, Mean technical review rating: "
          "set aside for a check: above what is possible")),
        ("novelty:unknown_field", "novelty: set aside for a check: the rubric does not know it"),
        ("x:new_code", "x: set aside for a check: new_code"),
    ],
)  # fmt: skip
def test_fault_in_words(code, words):
    with translation.override("en"):
        assert missing_words(NAMED, code) == words


def scored(rubric, evidence):
    return as_json(score(rubric, evidence, DAY))


def text_of(rubric, result, leaf, language="en"):
    with translation.override(language):
        return leaf_text(rubric, leaf_of(rubric, leaf), result["leaves"][leaf])


def test_leaf_tells_value_date_and_rule():
    result = scored(NAMED, {"rd_ratio_pct": {"value": 4, "date": "2025-06-01"}})
    assert text_of(NAMED, result, "rd_intensity") == (
        "R&D share of revenue: 4 (of 1 Jun 2025); counted as: ≥ 3, < 5"
    )
    assert text_of(NAMED, result, "rd_intensity", "zh-hans") == (
        "研发投入占营业收入比重：4（2025年6月1日）；计分依据：≥ 3, < 5"
    )
    assert text_of(NAMED, result, "courses") == (
        "Courses passed: nothing recorded; without evidence no points"
    )


def test_leaf_tells_until_when_its_evidence_is_valid():
    result = scored(NAMED, {"ip_effective": {"value": 3, "expires": "2027-01-01"}})
    assert text_of(NAMED, result, "ip") == (
        "Intellectual property in force: 3 (valid until 1 Jan 2027); counted as: between 3 and 6 "
        "in proportion"
    )


def test_leaf_of_cases_tells_the_condition_that_held():
    rubric = RUBRICS["cn_tech_sme_2017"]
    result = scored(rubric, {"ip_class2": 3})
    assert text_of(rubric, result, "ip") == (
        "Class II intellectual property: 3; counted as: Class II intellectual property ≥ 3"
    )


COLLECTED = {
    "id": "jobs_done",
    "label": {"zh": "项目", "en": "Jobs"},
    "max": 10,
    "missing": "zero",
    "scale": {"kind": "per_unit", "points": 2},
    "evidence": {
        "collection": "jobs",
        "reduce": "decayed_sum",
        "value": "size",
        "item": {"type": "number"},
        "date": "on",
        "decay": {"kind": "exp", "half_life_months": 18},
    },
}


def test_leaf_of_a_collection_tells_every_item_with_day_and_weight():
    rubric = {
        "fields": {"jobs": {"type": "collection", "label": {"zh": "项目", "en": "Jobs"}}},
        "tree": {"id": "t", "max": 10, "aggregate": {"kind": "sum"}, "children": [COLLECTED]},
        "tiers": [],
        "default_tier": "C",
    }
    result = scored(rubric, {"jobs": [{"size": 2, "on": "2025-12-31"}, {"size": 1, "on": "x"}]})
    assert text_of(rubric, result, "jobs_done") == (
        "Jobs: 2; counted as: 2 points for each one; item 1 of 31 Dec 2025: 2, weight 1.00"
    )
    undated = {**COLLECTED, "evidence": {"collection": "jobs", "reduce": "count"}}
    rubric["tree"] = rubric["tree"] | {"children": [undated]}
    result = scored(rubric, {"jobs": [{}]})
    assert text_of(rubric, result, "jobs_done").endswith("item 1: 1, weight 1.00")


def test_conditions_name_other_nodes_by_their_names():
    one = RUBRICS["ms_spd_data_ai_smb"]
    names = {"step1": "Step 1", "step2": "Step 2"}
    with translation.override("en"):
        (_line, condition) = scale_words(leaf_of(one, "step3"), rubric_fields(one), names)
    assert condition == "counts only if: (Step 1 ≥ 4 and Step 2 ≥ 4)"


def test_pooling_in_words():
    rule = NAMED["tree"]["children"][0]["per_item"]
    with translation.override("en"):
        assert item_words(rule, rubric_fields(NAMED)) == [
            "Deliveries are scored one by one and averaged",
            "of the last 36 months",
            "the weight halves every 18 months",
            "one place counts for a weight of 4 at most",
            "at least 2 are needed",
        ]
        assert item_words({"collection": "jobs", "fields": {}}, {}) == [
            "jobs are scored one by one and averaged"
        ]


@pytest.mark.parametrize(
    ("name", "routes", "gates"),
    [
        (
            "cn_zjtx_sme_2022",
            "Mean R&D expense of 10 million CNY: Mean R&D expense over two years ≥ 1000",
            "Two years in the segment: Years in the market segment ≥ 2",
        ),
        (
            "county_dsp_v1_0_1",
            None,
            ("No serious incident within 24 months: "
             "not (Serious incident within 24 months = yes)"),
        ),
    ],
)  # fmt: skip
def test_routes_and_gates_in_words(name, routes, gates):
    rubric = RUBRICS[name]
    with translation.override("en"):
        assert rule_list(rubric, "gates", "require")[0] == gates
        assert (routes is None) or routes in rule_list(rubric, "routes", "when")


DELIVERY = {"acceptance": "first_pass", "rubric_mean": 4, "village_id": "v"}


def test_deliveries_are_told_one_by_one():
    given = [DELIVERY | {"accepted_on": "2025-12-31"} for _ in range(5)]
    given += [DELIVERY | {"accepted_on": "2020-01-01"}, {"accepted_on": "2025-12-31"}, {}]
    pool = scored(NAMED, {"deliveries": given})["pools"]["quality"]
    with translation.override("en"):
        rows = [(row["title"], row["note"], row["value"]) for row in item_rows(pool)]
        text = pool_text(pool)
    assert text == "5 items count with a weight of 4.00; old ones weigh less"
    assert rows[4:] == [
        ("Item 5", "31 Dec 2025 · 0.0 months old · weight 0.80 · capped from 1.00", "70.00"),
        ("Item 6", "1 Jan 2020 · older than the period that counts", ""),
        ("Item 7", "31 Dec 2025 · waits for a required rating, not counted", ""),
        ("Item 8", "set aside for a check", ""),
    ]


def test_delivery_without_a_date_shows_its_weight_alone():
    item = {"index": 0, "state": "used", "date": None, "age": None, "decay": 1.0, "weight": 1.0}
    with translation.override("en"):
        (row,) = item_rows({"items": [item | {"points": 5.0}]})
    assert (row["note"], row["value"]) == ("weight 1.00", "5.00")
