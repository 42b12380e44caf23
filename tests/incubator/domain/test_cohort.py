"""Cohorts and memberships: the table, what the calendar adds, how a membership ends."""

from datetime import date

import pytest

from incubator.domain import cohort
from portal.domain.lifecycle import Conflict, Invalid, NotAllowed

DAY = date(2026, 11, 23)
STAFF = frozenset({"staff"})
SIGNER = frozenset({"firm_signer"})
SYSTEM = frozenset({"system"})
EXPECTED = {
    ("offered", "accept"): ("active", SIGNER),
    ("offered", "decline"): ("declined", SIGNER),
    ("offered", "withdraw"): ("withdrawn", STAFF),
    ("offered", "lapse"): ("lapsed", SYSTEM),
    ("active", "warn"): ("probation", STAFF),
    ("probation", "clear"): ("active", STAFF),
    ("active", "suspend"): ("suspended", STAFF),
    ("probation", "suspend"): ("suspended", STAFF),
    ("suspended", "resume"): ("active", STAFF | SYSTEM),
    ("suspended", "resume_probation"): ("probation", STAFF | SYSTEM),
    ("active", "graduate"): ("graduated", STAFF),
    **{
        (state, action): (target, roles)
        for state in cohort.RUNNING
        for action, target, roles in (
            ("exit", "exited", SIGNER | STAFF),
            ("remove", "removed", STAFF),
        )
    },
}
ROLES = ("firm_signer", "firm_member", "staff", "expert", "leader", "system")
ACTIONS = sorted({row.action for row in cohort.INCUBATION.transitions})


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("state", cohort.INCUBATION.states)
def test_every_state_action_and_role(state, action, role):
    target, roles = EXPECTED.get((state, action), ("", frozenset()))
    try:
        step = cohort.INCUBATION.next_state(state, action, roles={role}, reason="why")
    except (Conflict, NotAllowed):
        assert role not in roles
    else:
        assert (step.target, role in roles) == (target, True)


@pytest.mark.parametrize("action", ["withdraw", "warn", "suspend", "exit", "remove"])
def test_step_against_the_firm_needs_a_reason(action):
    state = "offered" if action == "withdraw" else "active"
    with pytest.raises(Invalid, match="reason_required"):
        cohort.INCUBATION.next_state(state, action, roles={"staff"}, reason=" ")


@pytest.mark.parametrize(
    ("starts_on", "ends_on", "capacity", "code"),
    [
        (DAY, DAY, 3, "cohort_dates"),
        (DAY, date(2026, 11, 1), 3, "cohort_dates"),
        (DAY, date(2036, 11, 1), 3, "cohort_dates"),
        (date(9999, 1, 1), date(9999, 12, 31), 3, "day_far"),
        (date(1, 1, 1), date(2, 1, 1), 3, "day_far"),
        (date(2026, 1, 1), date(2026, 11, 22), 3, "cohort_past"),
        (DAY, date(2027, 5, 1), 0, "cohort_capacity"),
        (DAY, date(2027, 5, 1), 501, "cohort_capacity"),
    ],
)
def test_cohort_that_makes_no_sense(starts_on, ends_on, capacity, code):
    with pytest.raises(Invalid) as refusal:
        cohort.require_cohort(starts_on=starts_on, ends_on=ends_on, capacity=capacity, today=DAY)
    assert refusal.value.code == code


def test_cohort_in_order():
    cohort.require_cohort(starts_on=DAY, ends_on=date(2027, 5, 1), capacity=500, today=DAY)
    cohort.require_cohort(starts_on=date(2026, 1, 1), ends_on=DAY, capacity=500, today=DAY)


@pytest.mark.parametrize(
    ("today", "expected"),
    [
        (date(2026, 11, 22), "upcoming"),
        (DAY, "running"),
        (date(2027, 5, 1), "running"),
        (date(2027, 5, 2), "over"),
    ],
)
def test_cohort_clock(today, expected):
    assert cohort.cohort_clock(DAY, date(2027, 5, 1), today) == expected


@pytest.mark.parametrize(
    ("state", "today", "expected"),
    [
        ("offered", date(2026, 11, 24), True),
        ("offered", DAY, False),
        ("active", date(2026, 11, 24), False),
    ],
)
def test_offer_runs_out_by_date(state, today, expected):
    assert cohort.offer_is_over(state, DAY, today) is expected


@pytest.mark.parametrize(
    ("state", "until", "today", "expected"),
    [
        ("suspended", DAY, DAY, "suspended"),
        ("suspended", DAY, date(2026, 11, 24), "probation"),
        ("suspended", None, date(2026, 11, 24), "suspended"),
        ("active", None, DAY, "active"),
    ],
)
def test_suspension_ends_by_date(state, until, today, expected):
    assert cohort.standing(state, until, "probation", today) == expected


def test_suspension_ends_into_the_state_before():
    assert [cohort.resume_action(state) for state in ("active", "probation")] == [
        "resume",
        "resume_probation",
    ]


@pytest.mark.parametrize("until", [date(2026, 11, 22), date(2027, 11, 30)])
def test_suspension_of_a_day_that_is_past_or_far(until):
    with pytest.raises(Invalid, match="suspension_until"):
        cohort.require_suspension(until, DAY)


def test_suspension_may_end_today():
    cohort.require_suspension(DAY, DAY)


@pytest.mark.parametrize(
    ("action", "code", "left", "expected"),
    [
        ("graduate", "breach", 0, "end_code"),
        ("remove", "plan_met", 0, "end_code"),
        ("exit", "", 0, "end_code"),
        ("graduate", "plan_met", 2, "milestones_open"),
        ("graduate", "plan_met", 0, ""),
        ("graduate", "early", 2, ""),
        ("remove", "breach", 2, ""),
    ],
)
def test_end_needs_a_code_and_a_met_plan(action, code, left, expected):
    found = ""
    try:
        cohort.require_end(action, code, left)
    except (Invalid, Conflict) as refusal:
        found = refusal.code
    assert found == expected
