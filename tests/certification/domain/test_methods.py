"""Between which tiers a firm ranges over the methods that could be defended as well."""

import copy

import pytest

from certification.domain.conformance import SHIPPED, load_rubrics
from certification.domain.grading import STARTING_PRIOR, History, grade
from certification.domain.methods import methods, tiers_by_method
from certification.domain.robustness import Variant, vary
from certification.domain.scoring import score
from tests.certification.domain.test_grading import RUBRIC, TODAY, delivery, firm, many
from tests.certification.domain.test_stability import two

SHIPPED_RUBRICS = load_rubrics(SHIPPED)


def graded_range(evidence, history=None):
    found = grade(RUBRIC, evidence, TODAY, STARTING_PRIOR, history)
    return found, tiers_by_method(RUBRIC, evidence, TODAY, found.result, found)


def plain_range(rubric, evidence):
    return tiers_by_method(rubric, evidence, None, score(rubric, evidence))


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("county_dsp_v1", 12),  # two means, three half-lives, two ways with what is missing
        ("county_dsp_v0_1", 4),  # nothing fades
        ("cn_zjtx_sme_2026", 1),  # neither fades nor is left out, and is no mean either
    ],
)
def test_each_different_method_counts_once(name, count):
    found = [one for group in methods(SHIPPED_RUBRICS[name]) for one in group]
    assert len(found) == count
    trees = [one["tree"] for one in found]
    assert all(one not in trees[:at] for at, one in enumerate(trees))
    assert SHIPPED_RUBRICS[name]["tree"] in trees


def test_geometric_mean_is_hard_on_one_weak_side():
    # arithmetic .6 + .4 · .55 = .82; geometric .55 ** .4 = .787; C only where half is assumed
    rubric = two(when={"score": True, "op": "ge", "value": 80})
    assert plain_range(rubric, {"a": 1.0, "b": 0.55}) == {"A": 2, "C": 2}
    assert plain_range(rubric, {"a": 1.0, "b": 1.0}) == {"A": 4}


def test_what_is_missing_counts_half_in_half_of_the_methods():
    # with b left out 1.0; with half of it .6 + .2 = .8 and .5 ** .4 = .758
    assert plain_range(two(), {"a": 1.0}) == {"A": 3, "C": 1}


def test_every_method_is_decided_as_a_round_decides_it():
    evidence = firm(*many(3), *(delivery(600 + at, f"v{at}", rubric_mean=1.0) for at in range(6)))
    found, counts = graded_range(evidence)
    assert sum(counts.values()) == 12
    assert found.decision.tier in counts
    for half_life in (12.0, 18.0, 24.0):
        variant = Variant("wam", half_life, severity=True, missing="exclude")
        other = RUBRIC | {"tree": vary(RUBRIC["tree"], variant)}
        decided = grade(other, evidence, TODAY, STARTING_PRIOR).decision.tier
        assert decided in counts


def test_gate_villages_and_history_hold_by_every_method():
    assert graded_range(firm(*many(10)))[1] == {"A": 12}
    assert graded_range(firm(*many(10), serious_incident_24m=True))[1] == {"C": 12}
    one_village = [delivery(10 * at, "v0") for at in range(10)]
    assert "A" not in graded_range(firm(*one_village))[1]
    weak = firm(*many(8, rubric_mean=1.0, acceptance="conditional"))
    assert graded_range(weak, History("A", 0))[1] == {"A": 12}
    assert "A" not in graded_range(weak)[1]


def test_nothing_to_vary_without_a_rating_or_where_weights_decide_nothing():
    assert graded_range(firm())[1] is None
    assert plain_range(two("max"), {"a": 1, "b": 1}) is None


def test_the_rubric_itself_stays_as_it_is():
    before = copy.deepcopy(RUBRIC)
    graded_range(firm(*many(4)))
    assert before == RUBRIC
