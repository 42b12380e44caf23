"""Laws that hold for every shipped rubric, whatever the evidence."""

import copy
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from certification.domain.conformance import SHIPPED, load_rubrics
from certification.domain.rubric_lint import UNRATED, walk
from certification.domain.scoring import as_json, score

DAY = date(2026, 6, 30)
RUBRICS = load_rubrics(SHIPPED)
NAMES = sorted(RUBRICS)
JUNK = st.one_of(st.none(), st.booleans(), st.floats(), st.text(max_size=3), st.just([]))
DATES = st.integers(0, 1500).map(lambda days: (DAY - timedelta(days=days)).isoformat())


def sound(spec):
    """Values that fit a field, with the date that its validity asks for."""
    low, high = spec.get("min", -50), spec.get("max", 200)
    values = {
        "number": st.floats(low, high),
        "integer": st.integers(int(low), int(high)),
        "boolean": st.booleans(),
        "date": DATES,
        "code": st.sampled_from([*spec.get("codes", [""]), *spec.get("not_applicable", ())]),
    }[spec["type"]]
    kind = spec.get("validity", {}).get("kind")
    if kind in {"window", "expires"}:
        key = {"window": "date", "expires": "expires"}[kind]
        return st.fixed_dictionaries({"value": values, key: DATES})
    return values


def evidence_for(rubric, value=sound):
    """Evidence of some of a rubric's fields; items of its collections have all of theirs."""
    given_fields = {name: spec for name, spec in rubric["fields"].items() if "derive" not in spec}
    plain = {
        name: value(spec) for name, spec in given_fields.items() if spec["type"] != "collection"
    }
    for _path, node in walk(rubric["tree"]):
        if "per_item" in node:
            rule = node["per_item"]
            inner = {name: value(spec) for name, spec in rule["fields"].items()}
            item = st.fixed_dictionaries(
                inner | {rule["date"]: DATES, rule["cap_total"]["by"]: st.sampled_from("abc")}
            )
            plain[rule["collection"]] = st.lists(item, max_size=5)
    return st.fixed_dictionaries({}, optional=plain)


def any_case(value=sound):
    return st.sampled_from(NAMES).flatmap(
        lambda name: st.tuples(st.just(name), evidence_for(RUBRICS[name], value))
    )


def within(rubric, got):
    """Every node's points lie within 0 and its maximum."""
    most = {node["id"]: node["max"] for _path, node in walk(rubric["tree"])}
    return all(
        points is None or 0 <= points <= most[name] + 1e-9 for name, points in got.points.items()
    )


tiers = {
    name: {UNRATED, rubric["default_tier"], *(tier["id"] for tier in rubric["tiers"])}
    for name, rubric in RUBRICS.items()
}
SLOW = settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])


@SLOW
@given(any_case())
def test_sound_evidence_is_scored_within_the_maxima(case):
    name, evidence = case
    got = score(RUBRICS[name], evidence, DAY)
    assert within(RUBRICS[name], got)
    assert got.tier in tiers[name]
    assert 0 <= got.missing_share <= 1


@SLOW
@given(any_case(lambda spec: st.one_of(JUNK, sound(spec))))
def test_junk_is_quarantined_and_never_breaks_or_exceeds(case):
    name, evidence = case
    got = score(RUBRICS[name], evidence, DAY)
    assert within(RUBRICS[name], got)
    assert got.tier in tiers[name]


def shuffled(node, rng):
    """The tree with the children of sums in another order; conditions keep what they look at."""
    children = [shuffled(child, rng) for child in node.get("children", ())]
    if not any("only_if" in child for child in children):
        rng.shuffle(children)
    return {**node, **({"children": children} if children else {})}


@SLOW
@given(any_case(), st.randoms(use_true_random=False))
def test_order_of_fields_and_children_never_matters(case, rng):
    name, evidence = case
    rubric = RUBRICS[name]
    names = list(evidence)
    rng.shuffle(names)
    other = copy.copy(rubric) | {"tree": shuffled(rubric["tree"], rng)}
    one = as_json(score(rubric, evidence, DAY))
    two = as_json(score(other, {key: evidence[key] for key in names}, DAY))
    for key in ("total", "points", "tier", "issues", "leaves", "pools"):
        assert two[key] == one[key]
    assert sorted(two["reasons"]) == sorted(one["reasons"])


@SLOW
@given(any_case())
def test_unknown_fields_change_nothing_but_are_told(case):
    name, evidence = case
    plain = score(RUBRICS[name], evidence, DAY)
    got = score(RUBRICS[name], evidence | {"x_unknown": 1}, DAY)
    assert (got.points, got.tier, got.reasons) == (plain.points, plain.tier, plain.reasons)
    assert set(got.issues) - set(plain.issues) == {"x_unknown:unknown_field"}


RISING = {
    "miit_2022_innovative_sme": (
        *("ip_class1_high_value", "ip_class1_self_developed", "ip_class1", "ip_class2"),
        *("rd_ratio_pct", "main_revenue_growth_pct", "main_revenue_share_pct"),
        "equity_financing_3y_wan",
    ),
    "cn_zjtx_sme_2022": (
        *("main_share_pct", "main_growth_2y_pct", "segment_years", "net_margin_pct"),
        *("local_points", "ip_class1", "rd_spend_wan", "rd_ratio_pct", "rd_staff_pct"),
        *("rd_mean_2y_wan", "equity_2y_wan", "revenue_wan"),
    ),
    "cn_zjtx_sme_2026": ("segment_years", "main_share_pct", "rd_last_wan", "score_last"),
    "cn_tech_sme_2017": ("tech_staff_pct", "rd_to_sales_pct", "rd_to_cost_pct", "ip_class2"),
    "ms_spd_bizapps": (
        *("net_customer_adds", "intermediate_people", "advanced_people"),
        *("usage_growth_pct", "baseline_usd", "deployments"),
    ),
    "ms_spd_data_ai_smb": ("step1_people", "step2_people", "step3_people", "consumed_usd"),
    "county_dsp_v1": ("modules_accepted", "module_reuse_by_others", "courses_passed"),
}
"""Fields of which more is better, by rubric."""


@pytest.mark.parametrize("name", sorted(RISING))
@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_more_of_what_is_good_never_lowers_score_or_tier(name, data):
    rubric = RUBRICS[name]
    evidence = data.draw(evidence_for(rubric))
    field = data.draw(st.sampled_from(RISING[name]))
    values = [data.draw(sound(rubric["fields"][field])) for _ in range(2)]
    low, high = sorted(values)
    worse, better = (score(rubric, evidence | {field: one}, DAY) for one in (low, high))
    order = [UNRATED, rubric["default_tier"], *(t["id"] for t in reversed(rubric["tiers"]))]
    for node, points in worse.points.items():
        assert points is None or better.points[node] >= points - 1e-9
    assert order.index(better.tier) >= order.index(worse.tier)
