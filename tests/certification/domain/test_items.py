"""Deliveries scored one by one and pooled: county-dsp 1.0.0 and small rubrics."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certification.domain.pooling import weighted_mean
from certification.domain.scoring import as_json, score
from tests.certification.domain.rubrics import LINE, branch, changed, leaf, rubric, shipped

DAY = date(2025, 12, 31)
COUNTY = shipped("county_dsp_v1")
FIRST_CLASS = {
    "acceptance": "first_pass",
    "rubric_mean": 4.0,
    "delay_ratio": 0.0,
    "rework_ratio": 0.0,
    "time_cut": 0.6,
    "satisfaction": 4.9,
}
PLAIN = {
    "acceptance": "first_pass",
    "rubric_mean": 3.2,
    "delay_ratio": 0.05,
    "rework_ratio": 0.02,
    "time_cut": 0.35,
    "satisfaction": 4.4,
}
POOR = PLAIN | {"acceptance": "conditional", "rubric_mean": 1.0}
INNOVATION = {
    "ip_effective": 6,
    "rd_ratio_pct": {"value": 5.0, "date": "2025-06-01"},
    "modules_accepted": 4,
    "module_reuse_by_others": 5,
    "courses_passed": 3,
    "novelty_panel": 3.0,
    "serious_incident_24m": False,
}


def delivery(month, village, what=PLAIN, year=2025, **change):
    return what | {"accepted_on": f"{year}-{month:02}-10", "village_id": village} | change


def firm(*deliveries):
    return INNOVATION | {"deliveries": list(deliveries)}


NAMING = {"label", "code_labels", "default_label"}


def test_names_change_no_rule_of_the_county():
    """1.0.1 is 1.0.0 with names: without labels, title and notes the two are the same."""

    def bare(one):
        if isinstance(one, dict):
            return {key: bare(value) for key, value in one.items() if key not in NAMING}
        return [bare(value) for value in one] if isinstance(one, list) else one

    named, plain = bare(shipped("county_dsp_v1_0_1")), bare(COUNTY)
    assert {key for key in named if named[key] != plain[key]} == {
        "version",
        "title",
        "notes",
        "digest",
    }
    assert set(named) == set(plain)


# The expected figures are those of the reference vectors county-* (../shared/data/scoring/vectors)


def test_ten_first_class_deliveries_pool_by_decay():
    given = [delivery(month, f"v{(month - 1) % 4}", FIRST_CLASS) for month in range(1, 11)]
    got = score(COUNTY, firm(*given), DAY)
    pool = got.pools["quality"]
    assert (pool.count, pool.groups, got.tier, got.issues) == (10, 4, "A", ())
    assert pool.weight == pytest.approx(7.626273863013033, abs=1e-9)
    assert pool.mean == pytest.approx(100.0, abs=1e-9)
    assert (got.points["quality"], got.points["innovation"]) == (70.0, pytest.approx(29.4))


def test_one_village_counts_for_at_most_four_deliveries():
    given = [delivery(6, "v1", accepted_on="2025-06-01") for _ in range(8)]
    given += [delivery(6, v, POOR, accepted_on="2025-06-01") for v in ("v2", "v2", "v3", "v3")]
    pool = score(COUNTY, firm(*given), DAY).pools["quality"]
    assert pool.weight == pytest.approx(7.055111826787979, abs=1e-9)
    assert pool.mean == pytest.approx(74.90690348074085, abs=1e-9)
    assert sum(one.weight for one in pool.items[:8]) == pytest.approx(4.0)
    assert pool.items[0].decay == pool.items[11].decay == pool.items[11].weight


def test_delivery_without_a_required_rating_is_pending_and_not_zero():
    given = [delivery(month, f"v{(month - 1) % 4}") for month in range(1, 7)]
    without = delivery(11, "v1", rubric_mean=None, accepted_on="2025-11-01")
    got = score(COUNTY, firm(*given, without), DAY)
    pool = got.pools["quality"]
    assert (pool.count, got.issues, got.needs_review) == (6, ("deliveries[6]:pending",), False)
    assert pool.mean == pytest.approx(88.39285714285714, abs=1e-9)
    late = pool.items[6]
    assert (late.state, late.points, late.weight) == ("pending", None, 0.0)
    assert late.leaves["rubric_rating"].why_missing == ("rubric_mean:absent",)


def test_faulty_items_are_set_aside_with_their_reason():
    given = [delivery(month, f"v{(month - 1) % 4}") for month in range(1, 7)]
    future = delivery(1, "v1", year=2026)
    undated = {key: value for key, value in future.items() if key != "accepted_on"}
    over = delivery(3, "v2", rubric_mean=4.2, accepted_on="2025-03-01")
    nan = delivery(3, "v2", delay_ratio=float("nan"), accepted_on="2025-03-01")
    got = score(COUNTY, firm(*given, future, undated, over, nan, "junk"), DAY)
    assert got.issues == (
        "deliveries[10]:type",
        "deliveries[6]:future_date",
        "deliveries[7]:no_date",
        "deliveries[8].rubric_mean:above_max",
        "deliveries[8]:pending",
        "deliveries[9].delay_ratio:nan",
    )
    pool = got.pools["quality"]
    assert (pool.count, got.needs_review) == (7, True)
    assert pool.mean == pytest.approx(88.35569200337126, abs=1e-9)
    states = ["used"] * 6 + ["quarantined", "quarantined", "pending", "used", "quarantined"]
    assert [one.state for one in pool.items] == states


def test_missing_measurements_are_left_out_and_their_share_is_told():
    given = [
        delivery(month, f"v{(month - 1) % 4}", time_cut=None, satisfaction=None)
        for month in range(1, 7)
    ]
    got = score(COUNTY, firm(*given), DAY)
    assert got.pools["quality"].mean == pytest.approx(90.9090909090909, abs=1e-9)
    assert got.missing_share == pytest.approx(0.15)
    assert (got.leaves["satisfaction"].points, got.leaves["satisfaction"].status) == (
        None,
        "missing",
    )
    one_with = delivery(6, "v3", FIRST_CLASS)
    mixed = score(COUNTY, firm(*given[:5], one_with), DAY).leaves["satisfaction"]
    assert (mixed.points, mixed.status, mixed.rule) == (5.0, "scored", "mean of 1 items")
    assert 0.8 < mixed.missing_part < 5 / 6


@pytest.mark.parametrize("deliveries", [[], [delivery(1, "v0", year=2022)], None, "junk"])
def test_without_recent_deliveries_a_firm_is_unrated(deliveries):
    got = score(COUNTY, INNOVATION | {"deliveries": deliveries}, DAY)
    assert (got.tier, got.points["quality"]) == ("unrated", None)
    assert got.reasons == ("missing:quality", "too_few_items", "missing_share")
    assert got.leaves["acceptance"].why_missing == ("deliveries:absent",)
    assert got.pools["quality"].mean is None


def test_old_delivery_is_outside_and_changes_nothing():
    given = [delivery(month, "v0") for month in (5, 6)]
    plain = score(COUNTY, firm(*given), DAY)
    got = score(COUNTY, firm(*given, delivery(1, "v1", year=2022)), DAY)
    assert (got.points, got.tier, got.issues) == (plain.points, plain.tier, ())
    assert got.pools["quality"].items[2].state == "outside"


def small(**change):
    """Items worth 10 each, undated and uncapped."""
    fields = {"a": {"type": "code", "codes": ["x"], "not_applicable": ["n/a"]}}
    scale = {"kind": "ordinal", "anchors": [{"code": "x", "points": 10}]}
    rule = {"collection": "jobs", "fields": fields} | change
    node = branch("jobs_done", [leaf("a", scale)], 10) | {"per_item": rule}
    other = leaf("b", LINE)
    outside = {"jobs": {"type": "collection"}, "b": {"type": "number"}}
    return rubric(branch("total", [node, other], 20), outside)


def test_items_without_date_or_cap_weigh_the_same():
    pool = score(small(), {"jobs": [{"a": "x"}, {"a": "x"}], "b": 5}).pools["jobs_done"]
    assert (pool.weight, pool.mean, pool.groups) == (2.0, 100.0, 1)
    assert [(one.age, one.decay) for one in pool.items] == [(None, 1.0)] * 2


def test_items_to_which_nothing_applies_are_pending():
    got = score(small(missing="exclude"), {"jobs": [{"a": "n/a"}], "b": 5})
    assert (got.total, got.issues, got.tier) == (10.0, ("jobs[0]:pending",), "C")


def test_leaf_that_applies_to_no_item_does_not_apply():
    one = small(missing="exclude")
    extra = changed(one, (("tree", "children", 0, "children", 0, "max"), 5))
    kept = {**leaf("c", LINE), "max": 5, "scale": {"kind": "per_unit", "points": 1}}
    extra["tree"]["children"][0]["children"].append(kept)
    extra["tree"]["children"][0]["per_item"]["fields"]["c"] = {"type": "number"}
    got = score(extra, {"jobs": [{"a": "n/a", "c": 3}], "b": 5})
    assert (got.leaves["a"].status, got.leaves["a"].missing_part) == ("not_applicable", 0.0)
    assert (got.points["jobs_done"], got.missing_share) == (6.0, 0.0)


def test_json_of_pools_is_plain():
    got = as_json(score(COUNTY, firm(delivery(5, "v0"), delivery(6, "v1")), DAY))
    (first, _second) = got["pools"]["quality"]["items"]
    assert (first["date"], first["state"], first["group"]) == ("2025-05-10", "used", "v0")
    assert first["nodes"]["acceptance"] == 15.0


# --- laws

DELIVERY = st.builds(
    lambda ratings, village, age: (
        ratings | {"village_id": village, "accepted_on": (DAY - timedelta(days=age)).isoformat()}
    ),
    st.fixed_dictionaries(
        {
            "acceptance": st.sampled_from(["first_pass", "pass_after_fix", "rejected"]),
            "rubric_mean": st.floats(0, 4),
        },
        optional={"delay_ratio": st.floats(-1, 1), "satisfaction": st.floats(1, 5)},
    ),
    st.sampled_from(["v0", "v1", "v2"]),
    st.integers(0, 1300),
)
DELIVERIES = st.lists(DELIVERY, min_size=2, max_size=8)


@given(DELIVERIES, st.randoms(use_true_random=False))
def test_order_of_deliveries_never_matters(deliveries, rng):
    one = score(COUNTY, firm(*deliveries), DAY)
    shuffled = list(deliveries)
    rng.shuffle(shuffled)
    other = score(COUNTY, firm(*shuffled), DAY)
    assert (other.points, other.tier) == (one.points, one.tier)
    assert other.pools["quality"].weight == one.pools["quality"].weight


@given(DELIVERIES)
def test_pooled_points_stay_within_the_maximum_and_between_the_items(deliveries):
    got = score(COUNTY, firm(*deliveries), DAY)
    used = [one.points for one in got.pools["quality"].items if one.state == "used"]
    quality = got.points["quality"]
    assert quality is None or min(used) <= quality <= max(used) <= 70.0


@given(DELIVERIES, st.integers(0, 400))
def test_one_more_perfect_delivery_never_lowers_the_mean(deliveries, age):
    when = (DAY - timedelta(days=age)).isoformat()
    perfect = FIRST_CLASS | {"village_id": "v9", "accepted_on": when}
    before = score(COUNTY, firm(*deliveries), DAY).pools["quality"].mean
    after = score(COUNTY, firm(*deliveries, perfect), DAY).pools["quality"].mean
    assert after >= (before or 0.0) - 1e-9


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0.01, 1)), min_size=1, max_size=6))
def test_weighted_mean_of_equal_points_is_that_number(pairs):
    equal = [(pairs[0][0], weight) for _, weight in pairs]
    assert weighted_mean(equal) == pairs[0][0]
