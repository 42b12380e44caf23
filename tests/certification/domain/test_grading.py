"""Grading with probabilities: the closed form, its laws, and what the next tier takes."""

import copy
import math
import random
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certification.domain.conformance import SHIPPED, load_rubrics
from certification.domain.grading import (
    STARTING_PRIOR,
    History,
    Model,
    as_json,
    grade,
    shrunk_node,
)
from certification.domain.posterior import Posterior, Prior
from certification.domain.rubric_lint import UNRATED
from tests.certification.domain.rubrics import changed

RUBRIC = load_rubrics(SHIPPED)["county_dsp_v1"]
TODAY = date(2026, 6, 30)
BEST = {
    "acceptance": "first_pass",
    "rubric_mean": 4.0,
    "delay_ratio": 0.0,
    "rework_ratio": 0.0,
    "time_cut": 0.6,
    "satisfaction": 4.9,
}
FULL = {
    "ip_effective": {"value": 6, "expires": "2027-01-01"},
    "rd_ratio_pct": {"value": 5.0, "date": "2026-01-01"},
    "modules_accepted": 4,
    "module_reuse_by_others": 5,
    "courses_passed": 3,
    "novelty_panel": 4.0,
}


def delivery(age_days=0, village="v0", **change):
    day = TODAY - timedelta(days=age_days)
    return BEST | {"accepted_on": day.isoformat(), "village_id": village} | change


def firm(*deliveries, **innovation):
    return {**FULL, **innovation, "deliveries": list(deliveries)}


def graded(evidence, history=None, rubric=RUBRIC, prior=STARTING_PRIOR):
    return grade(rubric, evidence, TODAY, prior, history)


def many(n, **change):
    return [delivery(10 * at, f"v{at % 4}", **change) for at in range(n)]


def phi(z):
    return 0.5 * math.erfc(-z / math.sqrt(2))


def test_joint_threshold_is_the_closed_form():
    found = graded(firm(*many(6, rubric_mean=2.5), modules_accepted=1))
    innovation = found.result.points["innovation"]
    for tier, total, minimum in (("A", 80, 56), ("B", 65, 42)):
        theta = 100 * max(total - innovation, minimum) / 70
        z = (found.quality.mean - theta) / math.sqrt(found.quality.variance)
        assert found.probabilities[tier] == pytest.approx(phi(z), abs=1e-12)


def test_innovation_under_its_minimum_rules_a_tier_out():
    poor = dict.fromkeys(("ip_effective", "rd_ratio_pct", "modules_accepted", "novelty_panel"))
    found = graded(firm(*many(20), **poor))
    assert found.result.points["innovation"] < 15
    assert (found.probabilities["A"], found.decision.tier) == (0.0, "B")
    assert (found.wanted.tier, found.wanted.threshold, found.wanted.deliveries) == ("A", None, None)


def test_result_carries_quality_at_its_posterior_mean():
    found = graded(firm(*many(4)))
    quality = found.result.points["quality"]
    assert quality == pytest.approx(0.7 * found.quality.mean)
    assert found.result.total == pytest.approx(quality + found.result.points["innovation"])
    assert found.low < found.result.total < found.high
    assert found.result.tier == found.decision.tier


def test_two_first_class_deliveries_are_not_enough_and_it_is_said_how_many_are():
    found = graded(firm(*many(2)))
    assert (found.decision.tier, found.decision.status) == ("B", "provisional")
    assert (found.wanted.tier, found.wanted.villages) == ("A", 1)
    k = found.wanted.deliveries
    enough = graded(firm(*many(2), *(delivery(0, f"n{at}") for at in range(k))))
    short = graded(firm(*many(2), *(delivery(0, f"n{at}") for at in range(k - 1))))
    assert (enough.decision.tier, short.decision.tier) == ("A", "B")


def test_top_tier_wants_nothing():
    found = graded(firm(*many(10)))
    assert (found.decision.tier, found.wanted, as_json(found)["next"]) == ("A", None, None)


def test_a_firm_without_deliveries_is_neutral_and_told_what_a_tier_takes():
    found = graded(firm())
    assert found.result.tier == found.decision.tier == UNRATED
    assert (found.low, found.high) == (None, None)
    assert found.probabilities == {"A": 0.0, "B": 0.0}
    assert (found.wanted.tier, found.wanted.villages) == ("B", 2)
    assert found.wanted.deliveries == 2


def test_one_delivery_has_a_probability_but_no_tier_yet():
    found = graded(firm(*many(1)))
    assert (found.decision.tier, found.low < found.result.total < found.high) == (UNRATED, True)
    assert 0 < found.probabilities["A"] < found.probabilities["B"] < 1


def test_no_village_is_wanted_where_none_is_asked_for():
    anywhere = {**RUBRIC, "confidence": {**RUBRIC["confidence"], "villages": {}}}
    assert graded(firm(), rubric=anywhere).wanted.villages == 0


def test_history_is_kept_for_one_failing_run():
    weak = firm(*many(8, rubric_mean=1.0, acceptance="conditional"))
    first = graded(weak, History("A"))
    assert (first.decision.tier, first.decision.fail_streak) == ("A", 1)
    assert "demotion_pending" in first.result.reasons
    second = graded(weak, History("A", first.decision.fail_streak))
    assert (second.decision.tier, "demoted" in second.result.reasons) == ("B", True)


def test_a_failed_gate_and_unmet_minima_are_named():
    found = graded(firm(*many(10), serious_incident_24m=True))
    assert (found.decision.tier, found.decision.reasons) == ("C", ("gate",))
    assert found.result.reasons == ("gate:no_serious_incident",)
    weak = graded(firm(*many(8, rubric_mean=0.0, acceptance="rejected", delay_ratio=1.0)))
    assert "minimum:quality" in weak.result.reasons


def test_json_keeps_every_number():
    found = as_json(graded(firm(*many(2))))
    assert found["prior"] == {"mu": 70.0, "sigma2": 144.0, "tau2": 64.0}
    assert found["n"] == 2
    assert found["next"]["tier"] == "A"
    always = copy.deepcopy(RUBRIC) | {
        "tiers": [
            {"id": "A", "when": {"score": True, "op": "ge", "value": 200}},
            {"id": "B", "when": {"node": "innovation", "op": "ge", "value": 40}},
        ]
    }
    found = graded(firm(*many(3)), rubric=always)
    assert (found.decision.tier, found.wanted.threshold) == ("C", None)


# --- laws

qualities = st.fixed_dictionaries(
    {
        "rubric_mean": st.floats(0, 4),
        "acceptance": st.sampled_from(["first_pass", "pass_after_fix", "conditional"]),
        "age_days": st.integers(0, 1300),
        "village": st.sampled_from(["v0", "v1", "v2", "v3"]),
    }
)
deliveries = st.lists(qualities, min_size=1, max_size=6).map(
    lambda rows: [delivery(**row) for row in rows]
)
ORDER = ["A", "B", "C", UNRATED]


@given(some=deliveries, seed=st.integers(0, 5))
def test_order_of_deliveries_and_fields_does_not_matter(some, seed):
    rng = random.Random(seed)
    mixed = firm(*rng.sample(some, len(some)))
    shuffled = dict(rng.sample(list(mixed.items()), len(mixed)))
    one, other = graded(firm(*some)), graded(shuffled)
    assert other.probabilities == pytest.approx(one.probabilities, abs=1e-12)
    assert other.decision == one.decision


@given(some=deliveries)
def test_one_more_perfect_delivery_never_lowers_a_tier(some):
    before, after = graded(firm(*some)), graded(firm(*some, delivery(0, "new")))
    assert ORDER.index(after.decision.tier) <= ORDER.index(before.decision.tier)
    assert all(
        after.probabilities[tier] >= chance - 1e-12
        for tier, chance in before.probabilities.items()
        if before.quality.mean > 60
    )


@given(some=deliveries, at=st.integers(0, 5), better=st.floats(0, 4))
def test_a_better_rating_never_lowers_anything(some, at, better):
    raised = copy.deepcopy(some)
    item = raised[at % len(raised)]
    item["rubric_mean"] = max(item["rubric_mean"], better)
    before, after = graded(firm(*some)), graded(firm(*raised))
    assert ORDER.index(after.decision.tier) <= ORDER.index(before.decision.tier)
    assert all(after.probabilities[t] >= p - 1e-12 for t, p in before.probabilities.items())


@given(some=deliveries, modules=st.integers(0, 4), more=st.integers(0, 4))
def test_more_innovation_never_lowers_anything(some, modules, more):
    before = graded(firm(*some, modules_accepted=modules))
    after = graded(firm(*some, modules_accepted=modules + more))
    assert ORDER.index(after.decision.tier) <= ORDER.index(before.decision.tier)
    assert all(after.probabilities[t] >= p - 1e-12 for t, p in before.probabilities.items())


@given(some=deliveries)
def test_expired_and_unknown_data_change_nothing(some):
    one = graded(firm(*some))
    other = graded(firm(*some, delivery(1200, "old"), headcount=900))
    assert other.probabilities == one.probabilities
    assert other.decision == one.decision


@given(some=deliveries)
def test_a_is_never_more_probable_than_b_and_points_stay_inside(some):
    found = graded(firm(*some))
    assert 0 <= found.probabilities["A"] <= found.probabilities["B"] <= 1
    maxima = {"total": 100, "quality": 70, "innovation": 30} if found.pool.count else {}
    assert all(0 <= found.result.points[name] <= most for name, most in maxima.items())


# --- the model


def tree(kind="sum", **change):
    leaf = {"kind": "piecewise", "knots": [[0, 0], [1, 50]]}
    items = {
        "id": "q",
        "max": 50,
        "weight": 0.5,
        "aggregate": {"kind": "sum"},
        "per_item": {"collection": "d", "shrink": True},
        "children": [{"id": "a", "max": 50, "field": "a", "scale": leaf}],
    }
    other = {"id": "i", "max": 50, "weight": 0.5, "field": "b", "scale": leaf} | change
    return {"id": "t", "max": 100, "aggregate": {"kind": kind}, "children": [items, other]}


def model(when, kind="sum", points=None, routes=(), **change):
    rubric = {
        "tree": tree(kind, **change),
        "tiers": [{"id": "A", "when": when}],
        "routes": list(routes),
    }
    found = {"t": 0.0, "q": 0.0, "a": 0.0, "i": 20.0} | (points or {})
    return Model(rubric, shrunk_node(rubric), found, {"b": 1}, None)


SCORE = {"score": True, "op": "ge", "value": 60}
NORMAL = Posterior(70, 100)


def test_a_predicate_may_hold_on_several_stretches():
    when = {"any": [SCORE, {"node": "q", "op": "lt", "value": 20}]}
    # total ≥ 60 from θ = 80; q < 20 below θ = 40
    expected = 1 - phi(1) + phi(-3)
    assert model(when).probability("A", NORMAL) == pytest.approx(expected, abs=1e-12)
    assert model(when).threshold("A") == pytest.approx(80)
    upper = {"node": "q", "op": "lt", "value": 20}
    assert model(upper).threshold("A") is None


def test_conditions_that_do_not_turn_with_quality():
    assert model({"field": "b", "op": "eq", "value": 1}).probability("A", NORMAL) == 1.0
    assert model({"field": "b", "op": "eq", "value": 1}).threshold("A") == -math.inf
    assert model({"field": "b", "op": "eq", "value": 2}).probability("A", NORMAL) == 0.0
    assert model({"field": "b", "op": "in", "value": [1, 2]}).probability("A", NORMAL) == 1.0


def test_a_direct_route_counts():
    route = {"id": "r", "tier": "A", "when": {"field": "b", "op": "eq", "value": 1}}
    assert model(SCORE, routes=[route]).probability("A", NORMAL) == 1.0


def test_both_tails_are_exact_to_the_last_digits():
    # total ≥ 95 from θ = 150, q < −5 below θ = −10: eight deviations either way
    eight = 6.220960574271785e-16
    for when in (SCORE | {"value": 95}, {"node": "q", "op": "lt", "value": -5}):
        assert model(when).probability("A", NORMAL) == pytest.approx(eight, rel=1e-9, abs=0)


def test_a_narrow_stretch_has_its_mass():
    # total ≥ 60 from θ = 80, q < 40.1 below θ = 80.2
    when = {"all": [SCORE, {"node": "q", "op": "lt", "value": 40.1}]}
    expected = phi(1.02) - phi(1)
    assert model(when).probability("A", NORMAL) == pytest.approx(expected, abs=1e-12)


def test_quality_that_counts_nothing_in_the_total_turns_nothing():
    weights = [(("children", 0, "weight"), 0.0), (("children", 1, "weight"), 1.0)]
    rubric = {"tree": changed(tree("wam"), *weights), "tiers": [{"id": "A", "when": SCORE}]}
    for points, chance in ((40.0, 1.0), (20.0, 0.0)):
        found = {"t": 0.0, "q": 0.0, "a": 0.0, "i": points}
        one = Model(rubric, shrunk_node(rubric), found, {}, None)
        assert one.cuts("A") == []
        assert one.probability("A", NORMAL) == chance


def test_quality_may_lie_two_branches_down():
    inner = tree() | {"id": "inner"}
    other = tree()["children"][1] | {"id": "j"}
    outer = {"id": "t", "max": 150, "aggregate": {"kind": "sum"}, "children": [inner, other]}
    rubric = {"tree": outer, "tiers": [{"id": "A", "when": SCORE}]}
    points = {"t": 0.0, "inner": 0.0, "q": 0.0, "a": 0.0, "i": 20.0, "j": 10.0}
    facts = Model(rubric, shrunk_node(rubric), points, {}, None).at(60)
    assert (facts.score, facts.nodes["inner"]) == pytest.approx((60, 50))


def test_certain_quality_counts_ties_as_reached():
    assert model(SCORE).probability("A", Posterior(80, 0)) == 1.0
    assert model(SCORE).probability("A", Posterior(79.99, 0)) == 0.0


def test_missing_siblings_and_bonus_points_keep_the_line():
    assert model(SCORE, points={"i": None}).at(60).score == pytest.approx(60)
    assert model(SCORE, kind="wam", points={"i": None}).at(60).score == pytest.approx(60)
    assert model(SCORE, bonus=True, points={"i": 0.0}).at(60).score == pytest.approx(30)


@pytest.mark.parametrize(
    ("kind", "fault"), [("wgm", "t: a node above"), ("min", "t: a node above"), ("profile", "t: ")]
)
def test_quality_must_enter_the_total_on_a_line(kind, fault):
    with pytest.raises(ValueError, match=fault):
        model(SCORE, kind=kind).at(50)


def test_rubrics_without_or_with_two_shrinking_nodes_are_refused():
    plain = load_rubrics(SHIPPED)["county_dsp_v0_1"]
    assert shrunk_node(plain) is None
    with pytest.raises(ValueError, match="tree: no node"):
        grade(plain, {}, TODAY, STARTING_PRIOR)
    twice = {"tree": {"id": "t", "children": [tree()["children"][0], tree()["children"][0]]}}
    with pytest.raises(ValueError, match="tree: one node"):
        shrunk_node(twice)


def test_a_prior_without_variance_gives_everybody_its_mean():
    found = graded(firm(*many(3)), prior=Prior(85, 144, 0))
    assert (found.quality.mean, found.probabilities["A"]) == (85, 1.0)


def test_json_keeps_everything_that_the_grade_rests_on():
    history = History("B", 1)
    found = graded(firm(*many(4, rubric_mean=1.0, acceptance="pass_after_fix")), history)
    wanted = found.wanted
    assert as_json(found) == {
        "tier": found.decision.tier,
        "status": found.decision.status,
        "fail_streak": found.decision.fail_streak,
        "previous": "B",
        "previous_streak": 1,
        "reasons": list(found.decision.reasons),
        "probs": {"A": found.probabilities["A"], "B": found.probabilities["B"]},
        "node": "quality",
        "node_max": 70.0,
        "quality_mean": found.quality.mean,
        "quality_var": found.quality.variance,
        "n": 4,
        "n_w": found.pool.weight,
        "villages": 4,
        "ybar": found.pool.mean,
        "low": found.low,
        "high": found.high,
        "prior": {"mu": 70.0, "sigma2": 144.0, "tau2": 64.0},
        "next": {
            "tier": "A",
            "threshold": wanted.threshold,
            "reachable": True,
            "deliveries": wanted.deliveries,
            "villages": 0,
        },
    }
    assert 70 < wanted.threshold < 100


def tiers(*whens, **more):
    named = [{"id": name, "when": when} for name, when in zip("AB", whens, strict=False)]
    return {**RUBRIC, "tiers": named, **more}


def test_a_tier_that_any_quality_reaches_has_no_threshold_to_print():
    free = tiers({"node": "innovation", "op": "ge", "value": 0})
    one_village = firm(*(delivery(0, "v") for _ in range(4)))
    found = graded(one_village, rubric=free)
    assert found.wanted.threshold == -math.inf
    assert as_json(found)["next"]["threshold"] is None
    assert as_json(found)["next"]["reachable"] is True
    assert found.decision.reasons == ("villages<3",)
    assert found.result.reasons[-1] == "villages:3"


def test_a_threshold_just_above_the_scale_is_out_of_reach():
    evidence = firm(*many(6))
    innovation = graded(evidence).result.points["innovation"]
    for more, reachable in ((70.0, True), (70.35, False)):
        found = graded(
            evidence, rubric=tiers({"score": True, "op": "ge", "value": innovation + more})
        )
        assert (found.wanted.threshold is not None) is reachable


@pytest.mark.parametrize("mean", [0.0, 2.0, 4.0])
def test_a_tier_between_two_lines_has_the_mass_between_them(mean):
    between = {
        "all": [
            {"node": "quality", "op": "ge", "value": 49},
            {"node": "quality", "op": "lt", "value": 63},
        ]
    }
    found = graded(firm(*many(4, rubric_mean=mean)), rubric=tiers(between))
    spread = math.sqrt(found.quality.variance)
    low, high = ((edge - found.quality.mean) / spread for edge in (70, 90))
    assert found.probabilities["A"] == pytest.approx(phi(high) - phi(low), abs=1e-12)


def test_a_route_to_a_lower_tier_does_not_open_the_higher():
    out_of_reach = {"score": True, "op": "ge", "value": 200}
    route = {"id": "r", "tier": "B", "when": {"field": "courses_passed", "op": "ge", "value": 1}}
    rubric = tiers(out_of_reach, out_of_reach, routes=[route])
    assert graded(firm(*many(4)), rubric=rubric).probabilities == pytest.approx(
        {"A": 0.0, "B": 1.0}
    )


def test_a_bonus_beside_the_deliveries_comes_on_top():
    extra = {
        "id": "extra",
        "max": 5,
        "bonus": True,
        "missing": "zero",
        "field": "more",
        "scale": {"kind": "boolean", "true": 5, "false": 0},
    }
    tree = {**RUBRIC["tree"], "children": [*RUBRIC["tree"]["children"], extra]}
    rubric = {**RUBRIC, "tree": tree, "fields": {**RUBRIC["fields"], "more": {"type": "boolean"}}}
    low = {"modules_accepted": 0, "module_reuse_by_others": 0, "novelty_panel": None}
    plain, more = (
        graded(firm(*many(4), more=given, **low), rubric=rubric) for given in (False, True)
    )
    assert more.result.total == pytest.approx(plain.result.total + 5)
    assert more.result.total == pytest.approx(
        sum(more.result.points[n] for n in ("quality", "innovation", "extra"))
    )


def test_a_minimum_is_judged_at_the_shrunk_quality():
    quality = {**RUBRIC["tree"]["children"][0], "minimum": {"points": 42}}
    assert quality["id"] == "quality"
    rubric = {
        **RUBRIC,
        "tree": {**RUBRIC["tree"], "children": [quality, *RUBRIC["tree"]["children"][1:]]},
    }
    weak = firm(*many(2, rubric_mean=1.0, acceptance="conditional", time_cut=0.0, satisfaction=3.5))
    found = graded(weak, rubric=rubric, prior=Prior(70, 144, 4))
    assert 0.7 * found.pool.mean < 42 <= found.result.points["quality"]
    assert not [one for one in found.result.reasons if one.startswith("minimum:quality")]
