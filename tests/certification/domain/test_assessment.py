"""What a round keeps of one firm, as plain data."""

from datetime import date

import pytest

from certification.domain.assessment import assess
from certification.domain.grading import History
from certification.domain.rubric_lint import UNRATED
from certification.domain.scoring import as_json, score
from tests.certification.domain.rubrics import LINE, branch, leaf, rubric
from tests.certification.domain.test_grading import RUBRIC, TODAY, delivery, firm, many

PRIOR = {"mu": 10.0, "sigma2": 400.0, "tau2": 1.0}


def test_a_round_keeps_the_prior_it_was_planned_with():
    evidence = firm(*many(6))
    given = assess(RUBRIC, evidence, TODAY, PRIOR, History())
    started = assess(RUBRIC, evidence, TODAY, {}, History())
    assert given["grading"]["prior"] == PRIOR
    assert started["grading"]["prior"] == {"mu": 70.0, "sigma2": 144.0, "tau2": 64.0}
    assert given["grading"]["quality_mean"] < 20 < started["grading"]["quality_mean"]


def test_a_graded_firm_keeps_how_firm_its_tier_is():
    evidence = firm(*(delivery(0, f"v{at % 4}") for at in range(16)))
    kept = assess(RUBRIC, evidence, TODAY, {}, History(), assessors=["p", "q"] * 8)
    assert (kept["tier"], kept["stability"], kept["steps"]) == ("A", 1.0, None)
    assert kept["dependence"] == {"concentration": 0.25, "villages": {}, "assessors": {}}


def test_an_unrated_firm_keeps_neither_steps_nor_dependence():
    kept = assess(RUBRIC, firm(), TODAY, {}, History())
    assert kept["tier"] == UNRATED
    assert (kept["stability"], kept["steps"], kept["dependence"]) == (None, None, None)


def test_a_rubric_that_shrinks_nothing_keeps_its_steps():
    tiers = [{"id": "A", "when": {"score": True, "op": "ge", "value": 8}}]
    one = rubric(branch("total", [leaf("x", LINE)], 10), {"x": {"type": "integer"}}, tiers=tiers)
    kept = assess(one, {"x": 5}, TODAY, {}, History())
    assert (kept["grading"], kept["dependence"]) == (None, None)
    assert kept["steps"] == {
        "tier": "A",
        "gap": 3.0,
        "blocking": (),
        "single": ({"id": "x", "x": 8, "gain": 3.0, "effort": 0.0},),
        "best": ({"id": "x", "x": 8, "gain": 3.0, "effort": 0.0},),
    }


RULE = {
    "collection": "items",
    "date": "on",
    "decay": {"kind": "exp", "half_life_months": 18},
    "fields": {"x": {"type": "number", "min": 0, "max": 10}},
    "cap_total": {"by": "village", "max": 0.75},
}


def test_json_of_a_result_says_everything_about_items():
    part = branch("quality", [leaf("x", LINE)], 10, per_item=RULE)
    counted = {
        "id": "number",
        "max": 10,
        "missing": "zero",
        "evidence": {"collection": "items", "reduce": "count", "date": "on"},
        "scale": LINE,
    }
    absent = leaf("y", LINE, missing="zero")
    fields = {"items": {"type": "collection"}, "y": {"type": "number"}}
    one = rubric(branch("total", [part, counted, absent], 30), fields)
    evidence = {"items": [{"on": "2026-06-30", "village": "v", "x": 4}, {"on": "soon", "x": 4}]}
    found = as_json(score(one, evidence, date(2026, 6, 30)))
    assert found["pools"] == {
        "quality": {
            "count": 1,
            "weight": 0.75,
            "mean": 40.0,
            "groups": 1,
            "items": [
                {
                    "index": 0,
                    "state": "used",
                    "date": "2026-06-30",
                    "age": 0.0,
                    "decay": 1.0,
                    "weight": 0.75,
                    "group": "v",
                    "points": 4.0,
                    "nodes": {"x": 4.0, "quality": 4.0},
                },
                {
                    "index": 1,
                    "state": "quarantined",
                    "date": None,
                    "age": None,
                    "decay": 0.0,
                    "weight": 0.0,
                    "group": "",
                    "points": None,
                    "nodes": {},
                },
            ],
        }
    }
    assert found["leaves"]["number"] == {
        "points": 1.0,
        "max": 10.0,
        "status": "scored",
        "rule": found["leaves"]["number"]["rule"],
        "values": {"items": 1.0},
        "dates": {},
        "why_missing": [],
        "items": [{"index": 0, "value": 1.0, "weight": 1.0, "date": "2026-06-30"}],
    }
    assert found["leaves"]["y"]["why_missing"] == ["y:absent"]


@pytest.mark.parametrize("kind", ["decayed_mean", "mean", "max", "median"])
def test_one_item_is_enough_for_a_mean(kind):
    rule = {"collection": "items", "reduce": kind, "value": "x", "item": {"type": "number"}}
    rule |= {"date": "on", "decay": {"kind": "exp", "half_life_months": 18}}
    part = {"id": "p", "max": 10, "missing": "zero", "evidence": rule, "scale": LINE}
    one = rubric(branch("total", [part], 10), {"items": {"type": "collection"}})
    evidence = {"items": [{"on": "2026-06-30", "x": 4}]}
    assert score(one, evidence, date(2026, 6, 30)).total == 4.0


def test_pooled_leaf_lacks_evidence_in_proportion_to_what_applies():
    spec = {"type": "code", "codes": ["yes"], "not_applicable": ["na"]}
    scale = {"kind": "ordinal", "anchors": [{"code": "yes", "points": 10}]}
    rule = {"collection": "items", "fields": {"c": spec, "x": {"type": "number"}}}
    part = branch("quality", [leaf("c", scale), leaf("x", LINE)], 20, per_item=rule)
    one = rubric(part, {"items": {"type": "collection"}})
    items = [{"c": "na", "x": 5}, {"c": "na", "x": 5}, {"c": "yes", "x": 5}, {"x": 5}]
    found = score(one, {"items": items}).leaves["c"]
    assert (found.missing_part, found.status) == (0.5, "scored")
    lacking = score(one, {"items": [{"x": 5}, {"c": "no", "x": 5}]}).leaves["c"]
    assert lacking.why_missing == ("c:absent", "c:unknown_code")


@pytest.mark.parametrize(
    ("missing", "reason"),
    [({}, True), ({"missing": "unrated"}, True), ({"missing": "exclude"}, False)],
)
def test_too_few_items_leave_a_firm_unrated_unless_the_rubric_says_otherwise(missing, reason):
    part = branch("quality", [leaf("x", LINE)], 10, per_item=RULE | {"min_items": 2} | missing)
    whole = branch("total", [part, leaf("y", LINE)], 20)
    one = rubric(whole, {"items": {"type": "collection"}, "y": {"type": "number"}})
    items = [{"on": "2026-06-30", "village": "v", "x": 4}]
    found = score(one, {"items": items, "y": 4}, date(2026, 6, 30))
    assert ("missing:quality" in found.reasons, found.tier == UNRATED) == (reason, reason)
