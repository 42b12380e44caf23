"""Plan templates, milestones and reviews: the tables, the lines, what the calendar adds."""

from datetime import date

import pytest

from incubator.domain import incubation_plan as plan
from portal.domain.lifecycle import Conflict, Invalid, NotAllowed

DAY = date(2026, 11, 23)
KNOWN = {"redesign"}
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
    lines = plan.read_plan(text, KNOWN)
    assert [(one.code, one.days, one.indicator) for one in lines] == [
        ("a", 14, ""),
        ("b", 60, "redesign"),
    ]
    assert plan.read_plan(plan.write_plan(lines), KNOWN) == lines


@pytest.mark.parametrize(
    ("text", "code", "found"),
    [
        ("", "plan_empty", ""),
        (" \u200b \n", "plan_empty", ""),
        ("\n".join(f"m{number} | 1 | | x" for number in range(41)), "plan_long", ""),
        ("a | 14 | | x\nA | 15 | | x", "plan_line_code", "A"),
        ("a | 14 | | x\na | 15 | | y", "plan_line_twice", "a"),
        ("a | 14 | | x\nb | -5 | | x", "plan_line_days", "-5"),
        ("a | 14 | | x\nb | ١ | | x", "plan_line_days", "١"),
        ("a | 14 | | x\nb | 9999 | | x", "plan_line_days", "9999"),
        ("a | 14 | | x\nb | 2000000 | | x", "plan_line_days", "2000000"),
        ("a | 14 | | x\nb", "plan_line_days", ""),
        ("a | 14 | | x\nb | 15 | zzz | x", "plan_line_indicator", "zzz"),
        ("a | 14 | | x\nb | 15 | | ", "plan_line_title", ""),
        ("a | 14 | | x\nb | 15 | | \u200b", "plan_line_title", ""),
        (f"a | 14 | | x\nb | 15 | | {'长' * 81}", "plan_line_long", "长" * 20),
        (f"a | 14 | | x\nb | 15 | | x | {'l' * 121}", "plan_line_long", "l" * 20),
        ("a | 14 | | x\nb | 15 | | x | y | z", "plan_line_cells", ""),
    ],
)
def test_plan_that_makes_no_sense(text, code, found):
    with pytest.raises(Invalid) as refusal:
        plan.read_plan(text, KNOWN)
    assert (refusal.value.code, refusal.value.fields) == (code, {"lines": code})
    assert refusal.value.params["found"] == found
    assert refusal.value.params["line"] == (2 if code.startswith("plan_line") else 0)


def test_every_line_says_what_is_wrong_with_it():
    faults = plan.plan_faults("a | 14 | | x\n\nb | -5 | zzz | 甲\nB | 1 | | 乙", KNOWN)
    assert [(one.line, one.code) for one in faults] == [
        (3, "plan_line_days"),
        (3, "plan_line_indicator"),
        (4, "plan_line_code"),
    ]


def test_english_title_that_nobody_sees_is_none():
    assert plan.read_plan("a | 14 | | x | \u200b", KNOWN)[0].title_en == ""


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
