"""Scoring one provider: published rubrics, the county's first rubric, laws."""

import json
import random
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certification.domain.scoring import as_json, main, score
from tests.certification.domain.rubrics import (
    LINE,
    SHIPPED,
    branch,
    changed,
    leaf,
    lines,
    rubric,
    shipped,
    text,
)

DAY = date(2025, 6, 30)
MIIT = shipped("miit_2022_innovative_sme")
MICROSOFT = shipped("ms_partner_capability_score")
COUNTY = shipped("county_dsp_v0_1")
HALF = {"score": True, "op": "ge", "value": 10}


# --- missing evidence


@pytest.mark.parametrize(
    ("policy", "total", "tier", "reasons"),
    [
        ("zero", 8.0, "C", ()),
        ("exclude", 16.0, "A", ()),
        ({"neutral": 0.5}, 13.0, "A", ()),
        ("unrated", 16.0, "unrated", ("missing:b",)),
    ],
)
def test_missing_policy(policy, total, tier, reasons):
    one = lines("a", "b", missing=policy, tiers=[{"id": "A", "when": HALF}])
    got = score(one, {"a": 8})
    assert (got.total, got.tier, got.reasons) == (total, tier, reasons)
    assert (got.missing_share, got.issues, got.needs_review) == (0.5, (), False)


def test_missing_policy_is_zero_unless_said():
    one = changed(lines("a", "b"), (("tree", "children", 1, "missing"), ...))
    assert score(one, {"a": 8}).total == 8.0


@pytest.mark.parametrize(("limit", "tier"), [(0.5, "C"), (0.49, "unrated")])
def test_missing_share_at_the_limit_is_still_rated(limit, tier):
    one = lines("a", "b", unrated={"missing_share_gt": limit})
    assert score(one, {"a": 8}).tier == tier


def test_nothing_known_is_unrated_and_neutral():
    got = score(lines("a", "b"), {})
    assert (got.total, got.tier, got.reasons) == (None, "unrated", ("no_evidence",))
    assert got.missing_share == 1.0


def test_not_applicable_counts_neither_as_missing_nor_as_present():
    fields = {
        "a": {"type": "number"},
        "b": {"type": "code", "codes": ["x"], "not_applicable": ["n/a"]},
    }
    anchors = {"kind": "ordinal", "anchors": [{"code": "x", "points": 10}]}
    one = rubric(branch("total", [leaf("a", LINE), leaf("b", anchors)], 20), fields)
    got = score(one, {"a": 5, "b": "n/a"})
    assert (got.total, got.missing_share, got.leaves["b"].status) == (10.0, 0.0, "not_applicable")
    assert score(one, {"b": "n/a"}).missing_share == 1.0
    lone = rubric(branch("total", [leaf("b", anchors)], 10), {"b": fields["b"]})
    assert score(lone, {"b": "n/a"}).missing_share == 0.0


# --- minima, gates, unrated rules


def test_unmet_minima_are_named_parents_first():
    inner = branch("inner", [leaf("a", LINE, minimum={"points": 0, "strict": True})], 10)
    one = rubric(
        branch("total", [inner | {"minimum": {"points": 5}}], 10, minimum={"points": 0}),
        {"a": {"type": "number"}},
    )
    assert score(one, {"a": 0}).reasons == ("minimum:inner", "minimum:a")
    assert score(one, {"a": 5}).reasons == ()


def test_minimum_of_a_node_without_points_is_not_reached():
    children = [leaf("a", LINE), leaf("b", LINE, minimum={"points": 1})]
    one = rubric(branch("total", children, 20), {k: {"type": "number"} for k in "ab"})
    assert score(one, {"a": 5}).reasons == ("minimum:b",)


def gated(cap):
    gate = {"id": "g", "require": {"not": {"field": "bad", "op": "eq", "value": True}}, "cap": cap}
    tiers = [{"id": "A", "when": HALF}, {"id": "B", "when": {**HALF, "value": 5}}]
    one = lines("a", "b", tiers=tiers, gates=[gate])
    return changed(one, (("fields", "bad"), {"type": "boolean"}))


@pytest.mark.parametrize(
    ("cap", "value", "tier"),
    [("B", 10, "B"), ("B", 3, "B"), ("B", 1, "C"), ("C", 10, "C"), ("A", 10, "A")],
)
def test_failed_gate_caps_the_tier_and_is_named(cap, value, tier):
    got = score(gated(cap), {"a": value, "b": value, "bad": True})
    assert (got.tier, got.reasons) == (tier, ("gate:g",))


def test_gate_that_is_met_or_unknown_does_nothing():
    for bad in ({}, {"bad": False}):
        got = score(gated("C"), {"a": 10, "b": 10} | bad)
        assert (got.tier, got.reasons) == ("A", ())


# --- explanation


def test_leaf_explains_value_dates_rule_and_points():
    fields = {"a": {"type": "number", "validity": {"kind": "window", "months": 36}}}
    one = rubric(branch("total", [leaf("a", LINE)], 10), fields)
    seen = score(one, {"a": {"value": 4, "date": "2025-01-01"}}, DAY).leaves["a"]
    assert (seen.points, seen.maximum, seen.status, seen.rule) == (
        4.0,
        10.0,
        "scored",
        "between 0 and 10",
    )
    assert (seen.values, seen.dates) == ({"a": 4}, {"a": {"date": date(2025, 1, 1)}})
    assert seen.why_missing == ()
    old = score(one, {"a": {"value": 4, "date": "2020-01-01"}}, DAY).leaves["a"]
    assert (old.points, old.status, old.rule) == (None, "missing", "missing: exclude")
    assert (old.values, old.why_missing) == ({}, ("a:expired",))


def test_conditions_tell_which_comparison_of_a_tier_held():
    got = score(MIIT, {"equity_financing_3y_wan": 500})
    held = [(c.name, c.got, c.held) for c in got.conditions["innovative_sme"]]
    assert held == [
        ("score", 0.0, False),
        ("innovation", 0.0, False),
        ("growth", 0.0, False),
        ("specialisation", 0.0, False),
        ("sci_award_provincial_up", None, False),
        ("honour_valid", None, False),
        ("provincial_rd_institution", None, False),
        ("equity_financing_3y_wan", 500, True),
    ]


def test_points_stand_parents_before_children():
    assert list(score(MIIT, {}).points)[:4] == ["total", "innovation", "ip", "rd_intensity"]


# --- collections


def test_collection_is_reduced_for_its_leaf():
    rule = {"collection": "c", "reduce": "sum", "value": "v", "item": {"type": "number"}}
    leaves = [leaf(name, LINE, field=None, evidence=rule) for name in ("a", "b")]
    one = rubric(branch("total", leaves, 20), {"c": {"type": "collection"}})
    got = score(one, {"c": [{"v": 3}, {"v": "x"}, {"v": 2}]})
    assert (got.total, got.issues, got.needs_review) == (10.0, ("c[1].v:type",), True)
    assert got.leaves["a"].values == {"c": 5.0}
    assert score(one, {}).leaves["a"].why_missing == ("c:absent",)


# --- MIIT against a plain reading of the notice's annex 1


def band(value, cuts, points):
    """Points of the first cut that ``value`` reaches, on the boundary the higher."""
    if value is None:
        return 0
    return next((p for cut, p in zip(cuts, points, strict=False) if value >= cut), points[-1])


def miit_by_hand(e):
    if e.get("ip_class1_high_value", 0) >= 1:
        ip = 20
    elif e.get("ip_class1_self_developed", 0) >= 1:
        ip = 15
    elif e.get("ip_class1", 0) >= 1:
        ip = 10
    else:
        ip = 5 if e.get("ip_class2", 0) >= 1 else 0
    innovation = ip + band(e.get("rd_ratio_pct"), (5, 3, 2, 1), (20, 15, 10, 5, 0))
    growth = band(e.get("main_revenue_growth_pct"), (15, 10, 5, 0), (20, 15, 10, 5, 0))
    debt = e.get("debt_ratio_pct")
    if debt is not None:
        growth += 10 if debt <= 55 else 5 if debt <= 75 else 0
    field = e.get("strategic_emerging")
    special = 0 if field is None else 10 if field else 5
    special += band(e.get("main_revenue_share_pct"), (70, 60, 55, 50), (20, 15, 10, 5, 0))
    total = innovation + growth + special
    passed = total >= 60 and innovation >= 20 and growth >= 15 and special >= 15
    routes = ("sci_award_provincial_up", "honour_valid", "provincial_rd_institution")
    direct = any(e.get(route) for route in routes) or e.get("equity_financing_3y_wan", 0) >= 500
    return total, "innovative_sme" if passed or direct else "not_qualified"


def near(rng, *cuts):
    return rng.choice(cuts) + rng.choice([0, 0, 0, -0.001, 0.001, 0.5])


def miit_evidence(rng):
    drawn = {
        "ip_class1_high_value": rng.choice([0, 0, 1]),
        "ip_class1_self_developed": rng.choice([0, 1]),
        "ip_class1": rng.choice([0, 1, 2]),
        "ip_class2": rng.choice([0, 1, 4]),
        "rd_ratio_pct": near(rng, 1, 2, 3, 5, 8),
        "main_revenue_growth_pct": near(rng, -5, 0, 5, 10, 15),
        "debt_ratio_pct": near(rng, 40, 55, 75, 80),
        "strategic_emerging": rng.random() < 0.5,
        "main_revenue_share_pct": near(rng, 45, 50, 55, 60, 70),
        "sci_award_provincial_up": rng.random() < 0.05,
        "honour_valid": rng.random() < 0.05,
        "provincial_rd_institution": rng.random() < 0.05,
        "equity_financing_3y_wan": rng.choice([0, 0, 0, 0, 499.99, 500]),
    }
    return {name: value for name, value in drawn.items() if rng.random() < 0.93}


def test_miit_agrees_with_plain_conditions_on_and_around_boundaries():
    rng = random.Random(20220601)
    drawn = [miit_evidence(rng) for _ in range(600)]
    expected = [miit_by_hand(one) for one in drawn]
    results = [score(MIIT, one, DAY) for one in drawn]
    assert [(got.total, got.tier) for got in results] == expected
    assert {tier for _, tier in expected} == {"innovative_sme", "not_qualified"}


# --- worked cases of published rubrics (their numbers as printed in the reference data)

OWN, OTHER, TOP, SECOND = (
    "ip_class1_self_developed",
    "ip_class1",
    "ip_class1_high_value",
    "ip_class2",
)


@pytest.mark.parametrize(
    ("inputs", "subtotals", "total", "tier"),
    [
        ((OWN, 3.2, 6, 60, False, 65), (30, 15, 20), 65, "innovative_sme"),
        ((TOP, 6, -1, 50, True, 72), (40, 10, 30), 80, "not_qualified"),
        ((SECOND, 1.5, 2, 60, False, 56), (10, 10, 15), 35, "not_qualified"),
        ((OTHER, 3, 5, 40, False, 60), (25, 20, 20), 65, "innovative_sme"),
        ((OTHER, 2.99, 5, 40, False, 60), (20, 20, 20), 60, "innovative_sme"),
        ((OTHER, 1.99, 5, 40, False, 60), (15, 20, 20), 55, "not_qualified"),
    ],
)
def test_miit_worked_case(inputs, subtotals, total, tier):
    ip, rd, growth, debt, strategic, share = inputs
    evidence = {
        ip: 1,
        "rd_ratio_pct": rd,
        "main_revenue_growth_pct": growth,
        "debt_ratio_pct": debt,
        "strategic_emerging": strategic,
        "main_revenue_share_pct": share,
    }
    got = score(MIIT, evidence, DAY)
    found = tuple(got.points[name] for name in ("innovation", "growth", "specialisation"))
    assert (found, got.total, got.tier) == (subtotals, total, tier)
    direct = score(MIIT, evidence | {"provincial_rd_institution": True}, DAY)
    assert (direct.total, direct.tier) == (total, "innovative_sme")


@pytest.mark.parametrize(
    ("attained", "total", "tier"),
    [
        ((4 / 5, 4 / 5, 1 / 2, 18 / 30, 5 / 5), 73.5, "solutions_partner"),
        ((5 / 5, 5 / 5, 0 / 2, 30 / 30, 5 / 5), 85.0, "not_attained"),
        ((5 / 5, 20 / 20, 7 / 7, 20 / 30, 4 / 5), 86.0, "solutions_partner"),
    ],
)
def test_microsoft_worked_case(attained, total, tier):
    metrics = ("net_customer_adds", "intermediate_certs", "advanced_certs", "usage_growth")
    names = [f"{name}_ratio" for name in (*metrics, "deployments")]
    got = score(MICROSOFT, dict(zip(names, attained, strict=True)))
    assert (got.total, got.tier) == (pytest.approx(total, abs=1e-9), tier)


# --- county-dsp 0.1

BEST = {
    "deliveries_accepted": 6,
    "acceptance_rate": 1.0,
    "technical_rubric_mean": 4.0,
    "on_time_rate": 1.0,
    "handling_time_reduction": 0.5,
    "refused_deliverables": 0,
    "module_contributed": True,
    "modules_used": 3,
    "courses_completed": 3,
    "villages_served": 3,
    "process_redesign_level": "end_to_end",
}
GOOD = BEST | {
    "acceptance_rate": 0.7,
    "technical_rubric_mean": 3.0,
    "on_time_rate": 0.8,
    "handling_time_reduction": 0.2,
    "refused_deliverables": 1,
    "module_contributed": False,
    "villages_served": 2,
}


def test_county_full_marks():
    got = score(COUNTY, BEST)
    assert (got.total, got.tier, got.reasons, got.missing_share) == (100.0, "A", (), 0.0)
    assert (got.points["quality"], got.points["innovation"]) == (70.0, 30.0)


def test_county_middle_firm_gets_the_points_of_every_leaf():
    got = score(COUNTY, GOOD)
    assert got.points == {
        "total": 63.0,
        "quality": 43.0,
        "acceptance": 10.0,
        "technical": 16.0,
        "timeliness": 6.0,
        "handling_time": 6.0,
        "refusals": 5.0,
        "innovation": 20.0,
        "module": 0.0,
        "reuse": 5.0,
        "courses": 4.0,
        "reach": 3.0,
        "redesign": 5.0,
        "replication": 3.0,
    }
    assert (got.tier, got.reasons) == ("C", ())
    assert score(COUNTY, GOOD | {"villages_served": 3}).tier == "B"


@pytest.mark.parametrize(
    ("change", "tier", "reasons"),
    [
        ({"deliveries_accepted": 2}, "A", ()),
        ({"deliveries_accepted": 1}, "unrated", ("unrated:too_few_deliveries",)),
        ({"deliveries_accepted": None}, "unrated", ("unrated:too_few_deliveries",)),
        ({"technical_rubric_mean": None}, "unrated", ("missing:technical",)),
        ({"handling_time_reduction": None}, "A", ()),
        ({"handling_time_reduction": -3.0}, "A", ()),
        ({"on_time_rate": None, "handling_time_reduction": None}, "A", ()),
        (
            {
                "on_time_rate": None,
                "handling_time_reduction": None,
                "refused_deliverables": None,
                "modules_used": None,
            },
            "unrated",
            ("missing_share",),
        ),
        (
            {"module_contributed": False, "modules_used": 0, "courses_completed": 0},
            "A",
            (),
        ),
        (
            {
                "module_contributed": False,
                "modules_used": 0,
                "courses_completed": 0,
                "process_redesign_level": "partial",
            },
            "B",
            (),
        ),
        (
            {
                "module_contributed": False,
                "modules_used": 0,
                "courses_completed": 0,
                "process_redesign_level": "none",
            },
            "C",
            ("minimum:innovation",),
        ),
    ],
)
def test_county_tier(change, tier, reasons):
    got = score(COUNTY, BEST | change)
    assert (got.tier, got.reasons) == (tier, reasons)


def test_county_reads_only_what_it_declares_with_a_label_in_both_languages():
    assert sorted(COUNTY["fields"]) == sorted(BEST)
    assert {tuple(spec["label"]) for spec in COUNTY["fields"].values()} == {("zh", "en")}


# --- laws

RISING = {
    "acceptance_rate": st.floats(0, 1),
    "technical_rubric_mean": st.floats(0, 4),
    "on_time_rate": st.floats(0, 1),
    "handling_time_reduction": st.floats(-2, 1),
    "module_contributed": st.booleans(),
    "modules_used": st.integers(0, 5),
    "courses_completed": st.integers(0, 5),
    "villages_served": st.integers(0, 5),
    "process_redesign_level": st.sampled_from(["none", "partial", "end_to_end"]),
}
LEVELS = ["none", "partial", "end_to_end"]
FIRM = st.fixed_dictionaries(
    {"deliveries_accepted": st.integers(2, 9), "refused_deliverables": st.integers(0, 5)},
    optional=RISING,
)
JUNK = st.one_of(st.none(), st.booleans(), st.floats(), st.text(max_size=3), st.lists(st.none()))
TIERS = {"A": 3, "B": 2, "C": 1}


@given(FIRM, st.randoms(use_true_random=False))
def test_order_of_keys_and_of_children_never_matters(evidence, rng):
    names = list(evidence)
    rng.shuffle(names)
    children = list(COUNTY["tree"]["children"][0]["children"])
    rng.shuffle(children)
    shuffled = changed(COUNTY, (("tree", "children", 0, "children"), children))
    one = as_json(score(COUNTY, evidence))
    other = as_json(score(shuffled, {name: evidence[name] for name in names}))
    assert other["total"] == one["total"]
    assert other["points"] == one["points"]
    assert other["tier"] == one["tier"]


@given(st.dictionaries(st.sampled_from(sorted(BEST)), JUNK))
def test_points_stay_within_their_maximum_whatever_the_evidence(evidence):
    got = score(COUNTY, evidence, DAY)
    most = {"total": 100.0, "quality": 70.0, "innovation": 30.0}
    most |= {name: one.maximum for name, one in got.leaves.items()}
    assert all(p is None or 0 <= p <= most[name] for name, p in got.points.items())


@given(FIRM, st.sampled_from(sorted(RISING)), st.data())
def test_better_value_never_lowers_score_or_tier(evidence, name, data):
    drawn = [data.draw(RISING[name]) for _ in range(2)]
    rank = LEVELS.index if name == "process_redesign_level" else float
    low, high = sorted(drawn, key=rank)
    worse, better = (score(COUNTY, evidence | {name: one}) for one in (low, high))
    assert better.total >= worse.total - 1e-9
    assert TIERS.get(better.tier, 0) >= TIERS.get(worse.tier, 0)


@given(FIRM, st.integers(1, 5))
def test_more_refusals_never_raise_the_score(evidence, more):
    worse = evidence | {"refused_deliverables": evidence["refused_deliverables"] + more}
    assert score(COUNTY, worse).total <= score(COUNTY, evidence).total


@given(FIRM, st.dictionaries(st.text(min_size=1).map("x_".__add__), JUNK, min_size=1))
def test_unknown_data_change_nothing_but_are_told(evidence, unknown):
    plain, got = score(COUNTY, evidence), score(COUNTY, evidence | unknown)
    assert (got.total, got.tier, got.points) == (plain.total, plain.tier, plain.points)
    assert got.issues == tuple(sorted(f"{name}:unknown_field" for name in unknown))
    assert got.needs_review is True


@settings(max_examples=30)
@given(FIRM)
def test_expired_evidence_counts_as_absent(evidence):
    window = {"kind": "window", "months": 12}
    aged = changed(COUNTY, (("fields", "modules_used", "validity"), window))
    old = {"modules_used": {"value": 3, "date": "2020-01-01"}}
    got = score(aged, evidence | old, DAY)
    without = score(aged, {k: v for k, v in evidence.items() if k != "modules_used"}, DAY)
    assert (got.total, got.tier, got.points) == (without.total, without.tier, without.points)
    assert (got.issues, got.needs_review) == (("modules_used:expired",), False)


# --- the command


def run(tmp_path, capsys, evidence, rubric_text=None):
    rubric_file, evidence_file = tmp_path / "r.json", tmp_path / "e.json"
    rubric_file.write_text(rubric_text or text(MIIT), encoding="utf-8")
    evidence_file.write_text(evidence, encoding="utf-8")
    files = ["--rubric", str(rubric_file), "--evidence", str(evidence_file)]
    code = main([*files, "--as-of", "2025-06-30"])
    return code, *capsys.readouterr()


def test_command_prints_the_result_as_json(tmp_path, capsys):
    dated = {"rd_ratio_pct": 5, "honour_valid": {"value": True, "expires": "2026-01-01"}}
    code, out, err = run(tmp_path, capsys, json.dumps(dated))
    got = json.loads(out)
    assert (code, err) == (0, "")
    assert (got["total"], got["tier"], got["issues"]) == (20.0, "innovative_sme", [])
    assert (got["needs_review"], got["reasons"][0]) == (False, "minimum:total")
    assert got["leaves"]["rd_intensity"]["rule"] == ">= 5"


def test_command_quarantines_written_out_floats(tmp_path, capsys):
    _, out, _ = run(tmp_path, capsys, '{"rd_ratio_pct": {"$float": "nan"}}')
    assert json.loads(out)["issues"] == ["rd_ratio_pct:nan"]


def test_json_says_what_share_is_missing():
    assert as_json(score(lines("a", "b"), {"a": 5}))["missing_share"] == 0.5


def test_json_of_a_dated_leaf_is_plain():
    fields = {"a": {"type": "number"}}
    one = rubric(branch("total", [leaf("a", LINE)], 10), fields)
    got = as_json(score(one, {"a": {"value": 4, "date": "2025-01-01"}}, DAY))
    assert got["leaves"]["a"]["dates"] == {"a": {"date": "2025-01-01"}}


@pytest.mark.parametrize(
    ("evidence", "rubric_text", "start"),
    [
        ("[]", None, "e.json: no provider in it"),
        ("3", None, "e.json: write one object of field names and values"),
        ("{", None, "e.json: row 1, column 2"),
        ('{"a": 1, "a": 2}', None, "e.json: not readable as JSON: key 'a' stands twice"),
        ('{"a": {"$float": null}}', None, "e.json: not readable as JSON: could not convert"),
        ("[" * 100_000, None, "e.json: nested too deeply; write"),
        ("{}", "{}", "(rubric): "),
    ],
)
def test_command_refuses_unusable_files(tmp_path, capsys, evidence, rubric_text, start):
    code, out, err = run(tmp_path, capsys, evidence, rubric_text)
    assert (code, out, err[: len(start)]) == (2, "", start)


def test_command_refuses_a_missing_file(tmp_path, capsys):
    rubric_file = str(SHIPPED / "county_dsp_v0_1.json")
    missing = str(tmp_path / "none.json")
    code = main(["--rubric", rubric_file, "--evidence", missing, "--as-of", "2025-06-30"])
    assert (code, "none.json" in capsys.readouterr().err) == (2, True)
