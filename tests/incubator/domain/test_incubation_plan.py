"""Plan templates, milestones and reviews: the tables, the lines, what the calendar adds."""

from datetime import date

import pytest

from incubator.domain import incubation_plan as plan
from portal.domain.lifecycle import Conflict, Invalid, NotAllowed

DAY = date(2026, 11, 23)
FIRM, GUIDES = frozenset({"firm_signer", "firm_member"}), frozenset({"staff", "expert"})
EXPECTED = {
    ("scheduled", "report"): ("reported", FIRM),
    ("returned", "report"): ("reported", FIRM),
    ("reported", "confirm"): ("confirmed", GUIDES),
    ("reported", "give_back"): ("returned", GUIDES),
    ("due", "submit"): ("submitted", FIRM),
    ("submitted", "reopen"): ("due", GUIDES),
    ("submitted", "close"): ("closed", GUIDES),
}
ROLES = ("firm_signer", "firm_member", "staff", "expert", "leader", "system")
WALK = [
    (lifecycle, state, action)
    for lifecycle in (plan.MILESTONE, plan.REVIEW)
    for state in lifecycle.states
    for action in sorted({row.action for row in lifecycle.transitions})
]


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(("lifecycle", "state", "action"), WALK)
def test_every_state_action_and_role(lifecycle, state, action, role):
    target, roles = EXPECTED.get((state, action), ("", frozenset()))
    try:
        step = lifecycle.next_state(state, action, roles={role}, reason="why")
    except (Conflict, NotAllowed):
        assert role not in roles
    else:
        assert (step.target, role in roles) == (target, True)


def test_plan_is_read_by_day_and_written_again():
    text = "b | 60 | redesign | 流程梳理 | Mapping\n\na|14||落实团队"
    lines = plan.read_plan(text)
    assert [(one.code, one.days, one.indicator) for one in lines] == [
        ("a", 14, ""),
        ("b", 60, "redesign"),
    ]
    assert plan.read_plan(plan.write_plan(lines)) == lines


@pytest.mark.parametrize(
    "line",
    [
        "",
        "a | 14 | | x\nA | 15 | | x",
        "a | 14 | | x\na | 15 | | y",
        "a | 14 | | x\nb | -1 | | x",
        "a | 14 | | x\nb | ١ | | x",
        "a | 14 | | x\nb | 9999 | | x",
        "a | 14 | | x\nb | 99999 | | x",
        "a | 14 | | x\nb | 15 | Bad! | x",
        "a | 14 | | x\nb | 15 | | ",
        f"a | 14 | | x\nb | 15 | | {'长' * 81}",
        f"a | 14 | | x\nb | 15 | | x | {'l' * 121}",
        "a | 14 | | x\nb | 15 | | x | y | z",
        "\n".join(f"m{number} | 1 | | x" for number in range(41)),
    ],
)
def test_plan_that_makes_no_sense(line):
    with pytest.raises(Invalid) as refusal:
        plan.read_plan(line)
    assert refusal.value.code in {"plan_line", "plan_empty", "plan_long"}
    assert refusal.value.params.get("line", 2) == 2


@pytest.mark.parametrize("days", [13, 367])
def test_review_pace_that_is_too_fast_or_slow(days):
    with pytest.raises(Invalid, match="review_days"):
        plan.require_review_days(days)


def test_reviews_come_round_until_the_last_day():
    plan.require_review_days(14)
    assert plan.review_dates(date(2026, 1, 1), date(2026, 3, 2), 60) == (date(2026, 3, 2),)
    assert plan.review_dates(date(2026, 1, 1), date(2026, 3, 1), 60) == ()


@pytest.mark.parametrize("due_on", [date(2026, 11, 22), date(2036, 1, 1)])
def test_milestone_moves_to_a_day_to_come(due_on):
    plan.require_move(DAY, DAY)
    with pytest.raises(Invalid, match="milestone_day"):
        plan.require_move(due_on, DAY)


@pytest.mark.parametrize(
    ("state", "due_on", "warned_on", "today", "late", "blocks"),
    [
        ("due", DAY, None, DAY, False, False),
        ("due", DAY, None, date(2026, 12, 31), True, False),
        ("due", DAY, date(2026, 11, 24), date(2026, 12, 1), True, False),
        ("due", DAY, date(2026, 11, 24), date(2026, 12, 2), True, True),
        ("submitted", DAY, date(2026, 11, 24), date(2026, 12, 2), False, False),
    ],
)
def test_overdue_review_blocks_a_week_after_the_warning(
    state, due_on, warned_on, today, *, late, blocks
):
    assert plan.is_late(state, due_on, today) is late
    assert plan.blocks_requests(state, due_on, warned_on, today) is blocks
