"""What a stage took, in working days of the office. 2 March 2026 is a Monday."""

from datetime import date

import pytest

from incubator.domain.service_times import PROMISED, Wait, days_left, spent_days, stage_times

TODAY = date(2026, 3, 31)
SINCE = date(2026, 1, 1)


def day(number: int) -> date:
    return date(2026, 3, number)


def wait(case: str, kind: str, opened: int, closed: int | None, due: int | None = None) -> Wait:
    return Wait(case, kind, day(opened), day(closed) if closed else None, day(due) if due else None)


def screening(*rows: Wait, today: date = TODAY):
    found = {one.stage: one for one in stage_times(rows, today, since=SINCE)}
    assert list(found) == list(PROMISED)
    return found["screening"]


@pytest.mark.parametrize(
    ("spans", "days"),
    [
        ([], 0),
        ([(2, 2)], 0),
        ([(2, 3)], 1),
        ([(6, 9)], 1),  # over a weekend
        ([(2, 4), (9, 11)], 4),  # what lies between is the firm's
        ([(2, 6), (3, 5)], 4),  # one within the other
        ([(2, 4), (4, 6)], 4),
        ([(30, None)], 1),  # still open
    ],
)
def test_days_that_waits_cover_together(spans, days):
    assert spent_days([wait("1", "in_review", *span) for span in spans], TODAY) == days


@pytest.mark.parametrize(("closed", "left"), [(2, 5), (4, 3), (9, 1), (20, 1)])
def test_clock_goes_on_where_it_stood(closed, left):
    assert days_left([wait("1", "application_screen", 2, closed)], TODAY) == left


def test_median_and_percentile_of_the_cases_that_ended():
    rows = [wait(str(n), "application_screen", 2, 2 + n) for n in (0, 1, 2, 3, 4)]
    found = screening(*rows)
    assert (found.ended, found.median, found.p90) == (5, 2.0, pytest.approx(3.6))
    assert (found.under_way, found.overdue) == (0, 0)


def test_nothing_ended_has_no_median():
    found = screening(wait("1", "application_screen", 30, None, 31))
    assert (found.ended, found.median, found.p90, found.under_way) == (0, None, None, 1)


def test_overdue_is_what_is_open_after_its_day():
    rows = [
        wait("late", "application_screen", 2, None, 30),
        wait("today", "application_screen", 2, None, 31),
        wait("no day", "application_screen", 2, None),
        wait("was late", "application_screen", 2, 30, 4),
    ]
    found = screening(*rows)
    assert (found.ended, found.under_way, found.overdue) == (1, 3, 1)


def test_screening_that_waits_for_the_firm_has_not_ended():
    first = wait("1", "application_screen", 2, 4, 9)
    assert screening(first, wait("1", "application_answer", 4, None, 11)).under_way == 1
    again = [first, wait("1", "application_answer", 4, 10), wait("1", "application_screen", 10, 12)]
    found = screening(*again)
    assert (found.ended, found.median) == (1, 4.0)


def test_review_of_a_paused_case_is_counted_all_the_same():
    rows = [wait("1", "in_review", 2, 5), wait("1", "application_answer", 10, None)]
    review = {one.stage: one for one in stage_times(rows, TODAY, since=SINCE)}["review"]
    assert (review.ended, review.under_way) == (1, 0)


def test_what_ended_before_the_year_is_left_out():
    row = wait("1", "application_screen", 2, 4)
    assert stage_times([row], TODAY, since=day(4))[0].ended == 1
    assert stage_times([row], TODAY, since=day(5))[0].ended == 0


def test_decision_and_release_are_one_stage():
    rows = [wait("1", "application_decide", 2, 5), wait("1", "application_publish", 5, 9)]
    decision = {one.stage: one for one in stage_times(rows, TODAY, since=SINCE)}["decision"]
    assert (decision.ended, decision.median) == (1, 5.0)
