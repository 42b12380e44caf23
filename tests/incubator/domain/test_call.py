"""The tables of calls and proposals, their clock, and what a submission and a rating need."""

from datetime import date
from fractions import Fraction

import pytest

from incubator.domain.call import (
    CALL,
    CRITERIA,
    PHASES,
    PROPOSAL,
    PUBLIC_STATES,
    Consent,
    Schedule,
    mean_total,
    phase,
    schedule_errors,
    score_errors,
    submit_obstacle,
    takes_proposals,
    takes_questions,
)
from portal.domain.lifecycle import Conflict, Invalid, Lifecycle, NotAllowed
from portal.domain.roles import Role

ROLES = [*Role, "system"]
DAYS = Schedule(date(2026, 11, 23), date(2026, 12, 4), date(2026, 12, 11))


def outcome(table: Lifecycle, state: str, action: str, role: str, reason: str) -> str:
    """What the table says, in one word."""
    try:
        return table.next_state(state, action, roles={role}, reason=reason).target
    except (Conflict, Invalid, NotAllowed) as refusal:
        return refusal.code


def expected(table: Lifecycle, state: str, action: str, role: str, reason: str) -> str:
    """What it should say, read from the rows without the code under test."""
    rows = [row for row in table.transitions if row.action == action]
    if not any(role in row.roles for row in rows):
        return "role"
    row = next((row for row in rows if state in row.sources), None)
    if row is None:
        return "wrong_state"
    return "reason_required" if row.reason_required and not reason else row.target


@pytest.mark.parametrize("table", [CALL, PROPOSAL], ids=lambda table: table.name)
def test_lifecycle_for_every_state_action_and_role(table: Lifecycle):
    cases = [
        (state, action, role, reason)
        for state in table.states
        for action in {row.action for row in table.transitions}
        for role in ROLES
        for reason in ("", "理由")
    ]
    found = {case: outcome(table, *case) for case in cases}
    assert found == {case: expected(table, *case) for case in cases}


@pytest.mark.parametrize(
    ("table", "way"),
    [
        (CALL, "send_to_check approve publish open_evaluation propose_result award"),
        (PROPOSAL, "ask_partners submit start_review select"),
    ],
    ids=["call", "proposal"],
)
def test_lifecycle_leads_from_draft_to_result(table: Lifecycle, way: str):
    state = table.initial
    for action in way.split():
        state = table.find(state, action).target
    assert state in table.final


@pytest.mark.parametrize("table", [CALL, PROPOSAL], ids=lambda table: table.name)
def test_lifecycle_final_states_are_left_by_the_system_only(table: Lifecycle):
    leaving = {role for row in table.transitions if row.sources & table.final for role in row.roles}
    assert leaving <= {"system"}


@pytest.mark.parametrize(
    ("today", "found", "asks", "proposes"),
    [
        (date(2026, 11, 22), "announced", True, False),
        (date(2026, 11, 23), "open", True, True),
        (date(2026, 12, 4), "open", True, True),
        (date(2026, 12, 5), "questions_closed", False, True),
        (date(2026, 12, 11), "questions_closed", False, True),
        (date(2026, 12, 12), "closed", False, False),
    ],
)
def test_phase_follows_the_days(today: date, found: str, asks: bool, proposes: bool):
    assert phase("published", DAYS, today) == found
    assert takes_questions("published", DAYS, today) == asks
    assert takes_proposals("published", DAYS, today) == proposes


@pytest.mark.parametrize("state", [state for state in CALL.states if state != "published"])
def test_phase_when_not_published_is_the_state(state: str):
    assert phase(state, DAYS, DAYS.opens_on) == state
    assert takes_proposals(state, DAYS, DAYS.opens_on) is False


def test_phases_cover_every_public_state():
    assert set(PUBLIC_STATES) - {"published"} == set(PHASES[4:])


@pytest.mark.parametrize(
    ("questions", "closes", "errors"),
    [
        (date(2026, 11, 23), date(2026, 12, 7), {}),
        (
            date(2026, 11, 22),
            date(2026, 12, 7),
            {"questions_until": "call_questions_before_opening"},
        ),
        (date(2026, 12, 7), date(2026, 12, 7), {"closes_on": "call_closes_before_answers"}),
        (date(2026, 11, 24), date(2026, 12, 6), {"closes_on": "call_too_short"}),
    ],
)
def test_schedule_errors_name_the_day(questions: date, closes: date, errors: dict[str, str]):
    days = Schedule(date(2026, 11, 23), questions, closes)
    assert schedule_errors(days, date(2026, 11, 20)) == errors


@pytest.mark.parametrize(
    ("today", "errors"),
    [
        (date(2026, 11, 27), {}),
        (date(2026, 11, 30), {"closes_on": "call_too_short"}),
        (date(2026, 12, 5), {"questions_until": "call_questions_before_opening"}),
        (date(2026, 12, 11), {"closes_on": "call_closes_past"}),
    ],
)
def test_schedule_of_a_call_that_opens_late(today: date, errors: dict[str, str]):
    assert schedule_errors(DAYS, today) == errors


YES, NO, SILENT = Consent(True, False), Consent(False, True), Consent(False, False)


@pytest.mark.parametrize(
    ("state", "answers", "code"),
    [
        ("draft", [], ""),
        ("draft", [SILENT], "proposal_partners_not_asked"),
        ("partner_consent", [YES, YES], ""),
        ("partner_consent", [YES, SILENT], "proposal_consent_missing"),
        ("partner_consent", [YES, NO, SILENT], "proposal_partner_declined"),
    ],
)
def test_submit_obstacle_silence_never_consents(state: str, answers: list[Consent], code: str):
    assert submit_obstacle(state, answers) == code


@pytest.mark.parametrize("anchor", [-1, 5, True, "3", None, 2.0])
def test_score_errors_anchor_outside_the_scale(anchor: object):
    scores = dict.fromkeys(CRITERIA, 4) | {"approach": anchor}
    assert score_errors(scores) == {"approach": "review_anchor_missing"}


def test_score_errors_every_anchor_holds():
    assert [score_errors(dict.fromkeys(CRITERIA, n)) for n in range(5)] == [{}] * 5


def test_mean_total_is_exact():
    assert mean_total([]) is None
    reviews = [dict.fromkeys(CRITERIA, 3), dict.fromkeys(CRITERIA, 2) | {"approach": 1}]
    assert mean_total(reviews) == Fraction(475, 8)
