from datetime import date

import pytest

from certification.domain.grade import GRADE, counts, grade_status, valid_until
from portal.domain.lifecycle import Conflict, Invalid, NotAllowed

END = date(2028, 6, 30)


@pytest.mark.parametrize(
    ("state", "today", "suspended_until", "status"),
    [
        ("active", date(2027, 1, 1), None, "active"),
        ("active", date(2028, 4, 1), None, "active"),
        ("active", date(2028, 4, 2), None, "expiring"),
        ("active", END, None, "expiring"),
        ("active", date(2028, 7, 1), None, "expired"),
        ("suspended", date(2027, 1, 1), date(2027, 1, 1), "suspended"),
        ("suspended", date(2027, 1, 2), date(2027, 1, 1), "active"),
        ("suspended", date(2027, 1, 2), None, "suspended"),
        ("suspended", date(2028, 7, 1), date(2029, 1, 1), "expired"),
        ("revoked", date(2027, 1, 1), None, "revoked"),
        ("cancelled", date(2030, 1, 1), None, "cancelled"),
        ("superseded", date(2030, 1, 1), None, "superseded"),
    ],
)
def test_grade_status_reads_the_calendar(state, today, suspended_until, status):
    assert grade_status(state, END, today, suspended_until) == status


@pytest.mark.parametrize(
    ("status", "expected"),
    [("active", True), ("expiring", True), ("expired", False), ("suspended", False)],
)
def test_counts_only_grades_that_hold(status, expected):
    assert counts(status) == expected


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        (date(2026, 11, 23), 24, date(2028, 11, 22)),
        (date(2026, 11, 23), None, date(2028, 11, 22)),
        (date(2026, 3, 1), 12, date(2027, 2, 28)),
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
        (date(2026, 1, 1), 12, date(2026, 12, 31)),
        # the same day is there, if only as the month's last
        (date(2026, 2, 28), 12, date(2027, 2, 27)),
        (date(2026, 1, 30), 5, date(2026, 6, 29)),
    ],
)
def test_valid_until_ends_the_day_before_the_same_day(start, months, end):
    assert valid_until(start, months) == end


ROLES = ("lead", "firm_signer", "system", "assessor", "auditor")
ALLOWED = {
    ("active", "suspend"): ("suspended", {"lead"}),
    ("suspended", "resume"): ("active", {"lead", "system"}),
    ("active", "revoke"): ("revoked", {"lead"}),
    ("suspended", "revoke"): ("revoked", {"lead"}),
    ("active", "cancel"): ("cancelled", {"lead", "firm_signer"}),
    ("suspended", "cancel"): ("cancelled", {"lead", "firm_signer"}),
    ("active", "supersede"): ("superseded", {"lead"}),
    ("suspended", "supersede"): ("superseded", {"lead"}),
}
ACTIONS = ("suspend", "resume", "revoke", "cancel", "supersede")
PRODUCT = [(s, a, r) for s in GRADE.states for a in ACTIONS for r in ROLES]


@pytest.mark.parametrize(("state", "action", "role"), PRODUCT)
def test_grade_lifecycle_in_every_state(state, action, role):
    target, roles = ALLOWED.get((state, action), ("", set()))
    if role in roles:
        step = GRADE.next_state(state, action, roles={role}, reason="x")
        assert step.target == target
    else:
        with pytest.raises((NotAllowed, Conflict)):
            GRADE.next_state(state, action, roles={role}, reason="x")


@pytest.mark.parametrize("action", ["suspend", "revoke", "cancel"])
def test_ending_a_grade_without_a_reason_is_refused(action):
    with pytest.raises(Invalid):
        GRADE.next_state("active", action, roles={"lead"}, reason=" ")


def test_grade_lifecycle_ends_where_nothing_follows():
    assert GRADE.name == "certification.grade"
    assert GRADE.final == {"revoked", "cancelled", "superseded"}
    assert [state for state in GRADE.states if not GRADE.actions(state, ROLES)] == [
        "revoked",
        "cancelled",
        "superseded",
    ]
