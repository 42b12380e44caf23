from datetime import date

import pytest

from certification.domain.conformance import SHIPPED, load_rubrics
from certification.domain.firm_evidence import (
    DeliveryFacts,
    OneDelivery,
    delivery_items,
    known_fields,
    rubric_fields,
)

FULL = DeliveryFacts(
    decided=4,
    accepted_first_time=3,
    accepted=4,
    refused=0,
    technical_mean=3.25,
    on_time=1,
    due=2,
    handling_time_reduction=-0.1,
    villages=2,
    redesign_level="partial",
)


def test_rubric_fields_of_a_full_record():
    found = rubric_fields(FULL, modules_used=2, modules_contributed=1, courses=3)

    assert found == {
        "deliveries_accepted": 4,
        "acceptance_rate": 0.75,
        "technical_rubric_mean": 3.25,
        "on_time_rate": 0.5,
        "handling_time_reduction": -0.1,
        "refused_deliverables": 0,
        "module_contributed": True,
        "modules_used": 2,
        "courses_completed": 3,
        "villages_served": 2,
        "process_redesign_level": "partial",
    }


def test_rubric_fields_are_those_of_the_shipped_rubric():
    rubric = load_rubrics(SHIPPED)["county_dsp_v0_1"]

    found = rubric_fields(FULL, modules_used=2, modules_contributed=1, courses=3)

    assert set(found) == set(rubric["fields"])


@pytest.mark.parametrize(
    "name",
    [
        "acceptance_rate",
        "technical_rubric_mean",
        "on_time_rate",
        "handling_time_reduction",
        "refused_deliverables",
        "process_redesign_level",
    ],
)
def test_rubric_fields_leave_out_what_was_not_measured(name):
    found = rubric_fields(DeliveryFacts(), modules_used=0, modules_contributed=0, courses=0)

    assert name not in found


def test_known_fields_drop_what_a_rubric_does_not_read():
    assert known_fields({"a": 1, "b": 2}, {"b": {}, "c": {}}) == {"b": 2}


def test_rubric_fields_count_nothing_that_was_not_counted():
    found = rubric_fields(
        DeliveryFacts(decided=2, due=2), modules_used=0, modules_contributed=0, courses=0
    )

    shares = ("acceptance_rate", "on_time_rate", "refused_deliverables", "deliveries_accepted")
    assert [found[name] for name in shares] == [0.0, 0.0, 0, 0]


@pytest.mark.parametrize(
    ("decision", "first_time", "acceptance"),
    [
        ("accept", True, "first_pass"),
        ("accept", False, "pass_after_fix"),
        ("accept_with_conditions", False, "conditional"),
        ("accept_with_conditions", True, "conditional"),
        ("refuse", False, "rejected"),
    ],
)
def test_delivery_item_says_how_the_village_decided(decision, first_time, acceptance):
    one = OneDelivery(date(2026, 5, 4), "v", decision, first_time=first_time)

    assert delivery_items([one]) == [
        {"decided_on": "2026-05-04", "village": "v", "acceptance": acceptance}
    ]


def test_delivery_item_carries_what_was_measured():
    one = OneDelivery(
        date(2026, 5, 4),
        "v",
        "accept",
        first_time=True,
        technical_mean=3.5,
        on_time=False,
        time_cut=-0.25,
    )

    assert delivery_items([one]) == [
        {
            "decided_on": "2026-05-04",
            "village": "v",
            "acceptance": "first_pass",
            "technical_mean": 3.5,
            "on_time": False,
            "time_cut": -0.25,
        }
    ]
