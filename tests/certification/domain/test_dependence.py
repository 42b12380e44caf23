"""On whom a tier depends: villages and assessors left out one by one."""

from dataclasses import replace

import pytest

from certification.domain.dependence import dependence
from certification.domain.grading import STARTING_PRIOR, History, grade
from certification.domain.integrity import herfindahl
from tests.certification.domain.test_grading import RUBRIC, TODAY, delivery, firm, graded

POOR = {"acceptance": "conditional", "rubric_mean": 1.0, "delay_ratio": 0.5}


def hangs(evidence, assessors=(), history=None):
    found = graded(evidence, history)
    return found, dependence(RUBRIC, evidence, TODAY, found, assessors)


def test_even_evidence_depends_on_nobody():
    evidence = firm(*(delivery(0, f"v{at % 4}") for at in range(16)))
    found, on = hangs(evidence, [f"p{at % 4}" for at in range(16)])
    assert found.decision.tier == "A"
    assert (on.villages, on.assessors) == ({}, {})
    assert on.concentration == pytest.approx(0.25)


def test_a_village_that_lifts_the_tier_is_named_with_the_tier_without_it():
    weak = [delivery(0, f"v{at}", **POOR) for at in range(4)]
    evidence = firm(*weak, *(delivery(0, "friend") for _ in range(4)))
    found, on = hangs(evidence)
    without, _ = hangs(firm(*weak))
    assert (found.decision.tier, without.decision.tier) == ("B", "C")
    assert on.villages == {"friend": "C"}
    assert on.concentration == pytest.approx(herfindahl([4, 1, 1, 1, 1]))


def test_the_missing_village_itself_is_not_held_against_the_firm():
    evidence = firm(*(delivery(0, f"v{at % 3}") for at in range(18)))
    found, on = hangs(evidence)
    assert found.decision.tier == "A"  # which asks for three villages
    assert on.villages == {}


def test_an_assessor_who_lifts_the_tier_is_named_with_the_deliveries_to_rate_again():
    weak = [delivery(0, f"v{at}", **POOR) for at in range(4)]
    strong = [delivery(0, f"v{at}") for at in range(4)]
    _, on = hangs(firm(*weak, *strong), ["p0", "p1", "p2", "p3", "q", "q", "q", "q"])
    assert on.assessors == {"q": (4, 5, 6, 7)}


def test_of_two_assessors_the_one_on_whom_it_hangs_is_named():
    strong = [delivery(0, f"v{at % 4}") for at in range(12)]
    weak = [delivery(0, f"v{at}", **POOR) for at in range(2)]
    found, on = hangs(firm(*strong, *weak), ["p"] * 12 + ["q"] * 2)
    assert found.decision.tier == "A"
    assert on.assessors == {"p": tuple(range(12))}


def test_deliveries_that_nobody_rated_are_nobodys():
    strong = [delivery(0, f"v{at}") for at in range(4)]
    weak = [delivery(0, f"v{at}", **POOR) for at in range(4)]
    _, on = hangs(firm(*strong, *weak), ["", "", "", ""])
    assert on.assessors == {}


def test_a_delivery_that_does_not_count_is_left_alone():
    old = delivery(2000, "far")
    _, on = hangs(firm(old, *(delivery(0, f"v{at}") for at in range(4))), ["p"] * 5)
    assert on.concentration == pytest.approx(0.25)
    assert on.assessors == {}  # without p nothing is left to grade


def test_a_failing_run_counts_at_once():
    """A firm that keeps A for one more run would show no village otherwise."""
    weak = [delivery(0, f"v{at}", rubric_mean=1.0) for at in range(8)]
    evidence = firm(*weak, *(delivery(0, "friend") for _ in range(4)))
    kept, on = hangs(evidence, history=History("A"))
    alone = graded(firm(*weak), History("A", 1))
    assert (kept.decision.tier, alone.decision.tier) == ("A", "B")
    assert on.villages == {"friend": "B"}


def test_the_prior_and_the_gates_stay():
    rubric = {
        **RUBRIC,
        "gates": [
            {"id": "g", "require": {"field": "novelty_panel", "op": "ge", "value": 9}, "cap": "B"}
        ],
    }
    evidence = firm(*(delivery(0, f"v{at % 4}") for at in range(16)))
    found = grade(rubric, evidence, TODAY, STARTING_PRIOR)
    assert found.decision.tier == "B"
    assert dependence(rubric, evidence, TODAY, found).villages == {}
    low = replace(found, prior=replace(STARTING_PRIOR, mu=0.0, sigma2=5000.0))
    assert dependence(rubric, evidence, TODAY, low).villages == {}


def test_what_a_gate_takes_away_hangs_on_nobody():
    weak = [delivery(0, f"v{at}", rubric_mean=1.0) for at in range(8)]
    evidence = firm(*weak, *(delivery(0, "friend") for _ in range(12)))
    gate = {"id": "g", "require": {"field": "novelty_panel", "op": "ge", "value": 9}, "cap": "B"}
    open_to_all, on = hangs(evidence)
    assert (open_to_all.decision.tier, on.villages) == ("A", {"friend": "B"})
    capped = {**RUBRIC, "gates": [gate]}
    found = grade(capped, evidence, TODAY, STARTING_PRIOR)
    assert found.decision.tier == "B"
    assert dependence(capped, evidence, TODAY, found).villages == {}


def test_it_is_plain_data():
    weak = [delivery(0, f"v{at}", **POOR) for at in range(4)]
    evidence = firm(*weak, *[delivery(0, "w")] * 4)
    _, on = hangs(evidence, ["a", "b", "c", "d", "q", "q", "q", "q"])
    assert on.as_json() == {
        "concentration": on.concentration,
        "villages": {"w": "C"},
        "assessors": {"q": [4, 5, 6, 7]},
    }
