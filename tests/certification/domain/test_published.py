"""Published rubrics: the 24 worked cases, and what the files say of themselves.

``tests/certification/data/published_rubric_cases.csv`` is the project's own compilation of worked
cases from the sources that each rubric names; each row gives inputs in the order of the rubric's
indicators, subtotals by part, the total and the verdict.
"""

import csv
import json
from datetime import date
from pathlib import Path
from typing import NamedTuple

import pytest

from certification.domain.conformance import SHIPPED, load_rubrics
from certification.domain.rubric import lint_rubric
from certification.domain.rubric_lint import walk
from certification.domain.scales import allowed_range
from certification.domain.scoring import score
from portal.domain.predicates import Context

DAY = date(2026, 3, 1)
RUBRICS = load_rubrics(SHIPPED)
CASES = Path(__file__).resolve().parents[1] / "data" / "published_rubric_cases.csv"
PASS = {"pass": True, "fail": False}


class Case(NamedTuple):
    """One worked case as printed."""

    inputs: str
    subtotals: list[float]
    total: float
    verdict: str


def rows(rubric):
    """The worked cases of one rubric."""
    with CASES.open(encoding="utf-8", newline="") as file:
        found = [row for row in csv.DictReader(file) if row["rubric"] == rubric]
    return [
        pytest.param(
            Case(
                row["inputs"],
                [float(one) for one in row["subtotals"].split("/") if one],
                float(row["total"]),
                row["verdict"],
            ),
            id=row["case"],
        )
        for row in found
    ]


def check(name, evidence, parts, case):
    """Score and compare: subtotals and total exact to 1e-9, the best tier reached or not."""
    rubric = RUBRICS[name]
    got = score(rubric, evidence, DAY)
    assert [got.points[part] for part in parts] == pytest.approx(case.subtotals, abs=1e-9)
    assert got.total == pytest.approx(case.total, abs=1e-9)
    assert (got.tier == rubric["tiers"][0]["id"]) is PASS[case.verdict]
    assert got.issues == ()


def test_all_24_cases_are_here():
    with CASES.open(encoding="utf-8", newline="") as file:
        assert len(list(csv.DictReader(file))) == 24


IP = {
    "I类高价值≥1": "ip_class1_high_value",
    "自主研发I类≥1": "ip_class1_self_developed",
    "I类≥1": "ip_class1",
    "II类≥1": "ip_class2",
}


@pytest.mark.parametrize("case", rows("CN-INNOV-SME-2022"))
def test_innovative_sme(case):
    ip, rd, growth, debt, field, share, *direct = json.loads(case.inputs)
    evidence = {
        IP[ip]: 1,
        "rd_ratio_pct": rd,
        "main_revenue_growth_pct": growth,
        "debt_ratio_pct": debt,
        "strategic_emerging": field == "战新",
        "main_revenue_share_pct": share,
        "provincial_rd_institution": direct == [True],
    }
    parts = ("innovation", "growth", "specialisation")
    check("miit_2022_innovative_sme", evidence, parts, case)


def code_worth(rubric, leaf, points):
    """The code of an ordinal leaf that gives so many points."""
    scales = {node["id"]: node.get("scale") for _, node in walk(rubric["tree"])}
    (found,) = {one["code"] for one in scales[leaf]["anchors"] if one["points"] == points}
    return found


def zjtx_evidence(inputs):
    """Evidence from the 14 printed inputs; options are printed as their points."""
    rubric = RUBRICS["cn_zjtx_sme_2022"]
    share, growth, years, field, digital, quality, margin, debt, local, ip, *rd = inputs
    amount, ratio, staff, org = rd
    options = ("quality_award", "quality_system", "own_brand", "standards_work")
    ip_field = {10: IP["I类高价值≥1"], 8: IP["自主研发I类≥1"], 6: IP["I类≥1"], 2: IP["II类≥1"]}
    return {
        "main_share_pct": share,
        "main_growth_2y_pct": growth,
        "segment_years": years,
        "field_effect": code_worth(rubric, "field", field),
        "digital_level": code_worth(rubric, "digital", digital),
        **{name: place < quality for place, name in enumerate(options)},
        "net_margin_pct": margin,
        "debt_ratio_pct": debt,
        "local_points": local,
        ip_field[ip]: 1,
        "rd_spend_wan": amount,
        "rd_ratio_pct": ratio,
        "rd_staff_pct": staff,
        "rd_body": code_worth(rubric, "rd_org", org),
        "revenue_wan": 1000,
    }


ZJTX_PARTS = ("professional", "refined", "distinctive", "innovation")


@pytest.mark.parametrize("case", rows("CN-ZJTX-SME-2022"))
def test_specialised_sme(case):
    evidence = zjtx_evidence(json.loads(case.inputs))
    check("cn_zjtx_sme_2022", evidence, ZJTX_PARTS, case)


@pytest.mark.parametrize(
    ("change", "reasons", "reached"),
    [
        ({}, (), False),
        ({"rd_mean_2y_wan": 1000}, ("route:rd_mean",), True),
        ({"equity_2y_wan": 6000}, ("route:equity",), True),
        ({"maker_top500": {"value": True, "date": "2024-01-01"}}, ("route:maker",), True),
        ({"maker_top500": {"value": True, "date": "2022-01-01"}}, (), False),
        (
            {"rd_mean_2y_wan": 1000, "segment_years": 1},
            ("route:rd_mean", "gate:segment_two_years"),
            False,
        ),
        (
            {"rd_mean_2y_wan": 1000, "rd_ratio_pct": 2.9},
            ("route:rd_mean", "gate:rd_floor"),
            False,
        ),
    ],
)
def test_specialised_sme_by_a_direct_route_and_through_its_gates(change, reasons, reached):
    weak = zjtx_evidence([62, 3, 3, 0, 0, 1, 1, 72, 5, 2, 120, 3.1, 6, 0])
    got = score(RUBRICS["cn_zjtx_sme_2022"], weak | change, DAY)
    assert (got.reasons, got.tier == "zjtx_sme") == (reasons, reached)


def test_specialised_sme_revenue_may_be_replaced_by_equity():
    strong = zjtx_evidence([85, 7, 7, 3, 3, 2, 5, 55, 10, 8, 350, 9, 12, 4])
    small = strong | {"revenue_wan": 900}
    rubric = RUBRICS["cn_zjtx_sme_2022"]
    assert score(rubric, small, DAY).reasons == ("gate:revenue_or_equity",)
    assert score(rubric, small | {"equity_2y_wan": 2000}, DAY).tier == "zjtx_sme"


SOUND_2026 = {
    "holds_title": True,
    "segment_years": 3,
    "revenue_wan": 1500,
    "main_share_pct": 80,
    "debt_ratio_pct": 80,
    "rd_last_wan": 100,
    "rd_last_pct": 3,
    "rd_before_wan": 100,
    "rd_before_pct": 3,
    "ip_class1_in_use": 1,
    "market_position": True,
    "score_last": 50,
}


@pytest.mark.parametrize(
    ("change", "unmet"),
    [
        ({}, None),
        ({"holds_title": False}, "titled"),
        ({"segment_years": 2.9}, "segment"),
        ({"revenue_wan": 1499}, "revenue"),
        ({"revenue_wan": 0, "equity_2y_wan": 2000}, None),
        ({"main_share_pct": 79.9}, "main_share"),
        ({"debt_ratio_pct": 80.1}, "debt_ratio"),
        ({"rd_before_pct": 2.9}, "rd"),
        ({"ip_class1_in_use": 0}, "ip"),
        ({"ip_class1_in_use": 0, "rd_body": True}, None),
        ({"market_position": None}, "position"),
        ({"score_last": 49}, "score"),
        ({"score_last": 49, "score_before": 50}, "score"),
        ({"score_last": 49, "score_before": 50, "under_review": True}, None),
    ],
)
def test_specialised_sme_2026_asks_for_all_nine_conditions(change, unmet):
    got = score(RUBRICS["cn_zjtx_sme_2026"], SOUND_2026 | change, DAY)
    assert [name for name, points in got.points.items() if points == 0] == [unmet] * bool(unmet)
    assert (got.tier, got.total) == ("not_qualified" if unmet else "zjtx_sme", None)


SMALL = {"staff": 500, "sales_wan": 20000, "assets_wan": 20000}


@pytest.mark.parametrize("case", rows("CN-TECH-SME"))
def test_technology_sme(case):
    staff, sales, cost, ip = json.loads(case.inputs)
    kind = {"ip_class1": 1} if ip == 30 else {"ip_class2": ip // 6}
    evidence = SMALL | kind
    evidence |= {"tech_staff_pct": staff, "rd_to_sales_pct": sales, "rd_to_cost_pct": cost}
    parts = ("tech_staff", "rd", "ip")
    check("cn_tech_sme_2017", evidence, parts, case)


@pytest.mark.parametrize("name", sorted(SMALL))
def test_technology_sme_must_be_small(name):
    good = {"tech_staff_pct": 30, "rd_to_sales_pct": 6, "ip_class1": 1}
    rubric = RUBRICS["cn_tech_sme_2017"]
    assert score(rubric, SMALL | good).tier == "tech_sme"
    large = score(rubric, SMALL | good | {name: SMALL[name] + 1})
    assert (large.tier, large.missing_share) == ("not_qualified", 0.0)


def hnte_evidence(inputs):
    """Evidence under which the printed points lie in their ranges."""
    ip, bonus, conversion, management, growth = inputs
    quantity = {6: {"ip_class2": 5}, 8: {"ip_class1": 1}}[ip[2]]
    names = ("advanced", "core", "quantity", "acquisition")
    assets, sales = growth
    return {
        **dict(zip((f"{name}_points" for name in names), ip, strict=True)),
        "advanced_level": "high",
        **quantity,
        "acquisition": "self_developed",
        "standards_points": bonus,
        "conversions_per_year": {20: 4, 13: 3}[conversion],
        "conversion_points": conversion,
        **{f"management_{x}_points": p for x, p in zip("abcd", management, strict=True)},
        **dict(zip(("net_assets_1", "net_assets_2", "net_assets_3"), (100, 130, 160), strict=True)),
        **dict(zip(("sales_1", "sales_2", "sales_3"), (100, 126, 150), strict=True)),
        "net_assets_points": assets,
        "sales_points": sales,
    }


HNTE = RUBRICS["cn_hnte_2016"]
HNTE_PARTS = ("ip", "conversion", "management", "growth")


@pytest.mark.parametrize("case", rows("CN-HNTE-INNOV")[:3])
def test_high_tech_enterprise(case):
    evidence = hnte_evidence(json.loads(case.inputs))
    check("cn_hnte_2016", evidence, HNTE_PARTS, case)


@pytest.mark.parametrize("case", rows("CN-HNTE-INNOV")[3:])
def test_high_tech_growth(case):
    one, two, three = json.loads(case.inputs)
    series = {"sales_1": one, "sales_2": two, "sales_3": three, "sales_points": 5}
    got = score(HNTE, series).leaves["sales"]
    growth = got.values["sales_growth_pct"]
    assert (round(growth, 4), case.subtotals, case.verdict) == (case.total, [], "band >=15% -> 5-6")
    (leaf,) = (node for _, node in walk(HNTE["tree"]) if node["id"] == "sales")
    facts = Context({"sales_growth_pct": growth})
    assert allowed_range(leaf["scale"], 10.0, facts) == (5.0, 6.0)
    assert (got.points, got.rule) == (5.0, "chosen within 5 to 6")


@pytest.mark.parametrize("points", [4, 7])
def test_expert_outside_the_range_is_set_aside(points):
    evidence = {"sales_1": 100, "sales_2": 126, "sales_3": 150, "sales_points": points}
    got = score(HNTE, evidence)
    leaf = got.leaves["sales"]
    assert (leaf.points, leaf.status, leaf.why_missing) == (
        0.0,
        "missing",
        ("sales_points:outside_range",),
    )
    assert (got.issues, got.needs_review) == (("sales_points:outside_range",), True)


def test_high_tech_growth_without_a_first_year_is_undefined():
    got = score(HNTE, {"sales_1": 0, "sales_2": 126, "sales_3": 150, "sales_points": 5})
    assert got.issues == ("sales_growth_pct:undefined",)
    assert got.leaves["sales"].why_missing == ("sales_growth_pct:undefined",)


def test_high_tech_shrinking_sales_count_as_no_growth():
    got = score(HNTE, {"sales_1": 100, "sales_2": 90, "sales_3": 80, "sales_points": 0})
    assert (got.leaves["sales"].points, got.leaves["sales"].values["sales_growth_pct"]) == (0.0, 0)


MS_PARTS = ("net_customer_adds", "intermediate", "advanced", "usage_growth", "deployments")


def bizapps(inputs, baseline):
    track, customers, middle, advanced, growth, deployments = inputs
    return {
        "track": {"s": "smb", "e": "enterprise"}[track],
        "net_customer_adds": customers,
        "intermediate_people": middle,
        "advanced_people": advanced,
        "usage_growth_pct": growth,
        "deployments": deployments,
        "baseline_usd": baseline,
    }


@pytest.mark.parametrize("case", rows("MS-SPD-BIZAPPS"))
def test_microsoft_business_applications(case):
    evidence = bizapps(json.loads(case.inputs), 50_000)
    check("ms_spd_bizapps", evidence, MS_PARTS, case)


@pytest.mark.parametrize(
    ("track", "baseline", "points"),
    [("s", 25_000, 18.0), ("s", 24_999, 0.0), ("e", 25_000, 0.0), ("e", 50_000, 18.0)],
)
def test_microsoft_usage_counts_from_a_baseline_by_track(track, baseline, points):
    got = score(RUBRICS["ms_spd_bizapps"], bizapps((track, 4, 4, 1, 18, 5), baseline))
    assert got.points["usage_growth"] == points
    assert ("condition:usage_growth" in got.reasons) is (points == 0)


@pytest.mark.parametrize("case", rows("MS-SPD-AZURE-DATA-AI-SMB"))
def test_microsoft_skilling_by_steps(case):
    people = dict(
        zip(("step1_people", "step2_people", "step3_people"), json.loads(case.inputs), strict=True)
    )
    got = score(RUBRICS["ms_spd_data_ai_smb"], people)
    assert (got.points["skilling"], case.subtotals, case.verdict) == (
        case.total,
        [],
        "skilling points",
    )


@pytest.mark.parametrize(("consumed", "tier"), [(1000, "solutions_partner"), (999, "not_attained")])
def test_microsoft_data_ai_asks_for_a_point_in_every_metric(consumed, tier):
    evidence = {
        "net_customer_adds": 3,
        "step1_people": 1,
        "step2_people": 1,
        "step3_people": 8,
        "usage_growth_pct": 1,
        "consumed_usd": consumed,
        "deployments": 5,
    }
    got = score(RUBRICS["ms_spd_data_ai_smb"], evidence)
    assert (got.tier, got.total) == (tier, 81.0 if consumed == 1000 else 80.0)


@pytest.mark.parametrize("case", rows("CN-MOF87-PRICE"))
def test_price_score(case):
    deduction = {"lowest 80, bid 100": 0, "eval price 90": 10}[case.inputs]
    tender = {"subject": "services", "weight_pct": 10, "lowest_valid_bid": 80, "bid": 100}
    got = score(RUBRICS["cn_mof87_price"], tender | {"deduction_pct": deduction})
    assert (round(got.total, 4), case.subtotals, case.verdict) == (case.total, [], "points")
    assert got.tier == "valid"


@pytest.mark.parametrize(
    ("change", "tier", "issues"),
    [
        ({}, "valid", ()),
        ({"weight_pct": 29}, "not_valid", ()),
        ({"subject": "services", "weight_pct": 10}, "valid", ()),
        ({"bid": 79}, "not_valid", ("price_share:above_max",)),
        ({"price_points": 30}, "valid", ("price_points:derived_field",)),
    ],
)
def test_price_score_needs_a_lawful_weight_and_a_lowest_bid(change, tier, issues):
    tender = {"subject": "goods", "weight_pct": 30, "lowest_valid_bid": 80, "bid": 80}
    got = score(RUBRICS["cn_mof87_price"], tender | {"deduction_pct": 0} | change)
    assert (got.tier, got.issues) == (tier, issues)


@pytest.mark.parametrize(
    ("dates", "tier"),
    [
        (("2025-04-01", "2025-12-01", None, None), "none"),
        (("2025-03-01", "2025-12-01", None, None), "level4"),
        (("2024-03-01", "2025-12-01", None, None), "level3"),
        (("2024-03-01", "2025-12-02", None, None), "none"),
        (("2020-01-01", "2025-12-01", "2025-03-01", None), "level2"),
        (("2020-01-01", "2025-12-01", "2025-03-02", None), "level3"),
        (("2020-01-01", "2025-09-01", "2022-01-01", "2025-03-01"), "level1"),
        (("2020-01-01", "2025-09-02", "2022-01-01", "2025-03-01"), "level2"),
    ],
)
def test_maturity_ladder_by_months_held(dates, tier):
    names = ("business_since", "system_since", "level3_since", "level2_since")
    got = score(RUBRICS["cn_itss_om"], dict(zip(names, dates, strict=True)), DAY)
    assert (got.tier, got.total) == (tier, None)


@pytest.mark.parametrize(
    ("evidence", "tier", "reasons"),
    [
        ({"assessed_level": "CS4", "holds_certificate": True}, "CS4", ()),
        ({"assessed_level": "CS4", "holds_certificate": False}, "CS2", ("gate:first_application",)),
        ({"assessed_level": "CS1"}, "CS1", ("gate:first_application",)),
        (
            {"assessed_level": "CS4", "holds_certificate": True, "surveillance_passed": False},
            "none",
            ("gate:surveillance",),
        ),
        ({"holds_certificate": True}, "unrated", ("no_evidence",)),
    ],
)
def test_capability_levels(evidence, tier, reasons):
    got = score(RUBRICS["cn_cs"], evidence)
    assert (got.tier, got.reasons) == (tier, reasons)


OTHERS = sorted(name for name in RUBRICS if not name.startswith("county_dsp_"))


@pytest.mark.parametrize("name", OTHERS)
def test_rubric_of_another_authority_names_its_source_and_day(name):
    rubric = RUBRICS[name]
    assert rubric["external"] is True
    assert rubric["sources"] != []
    day = rubric["effective"]["from"]
    assert day is not None or "no day" in rubric["notes"][-1]


@pytest.mark.parametrize("name", ["cn_zjtx_sme_2022", "cn_tech_sme_2017", "cn_hnte_2016"])
def test_foreign_rubric_would_not_pass_as_a_county_s_own(name):
    own = RUBRICS[name] | {"external": False}
    assert any("may not be scored" in one.message for one in lint_rubric(own))
