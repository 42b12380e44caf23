"""Working days of known and assumed years, periods and notice windows."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.calendar import (
    KNOWN_YEARS,
    CalendarResult,
    Period,
    Unit,
    Window,
    add_working_days,
    is_day_to_type,
    is_working_day,
    notice_window,
    working_days_between,
    working_days_left,
)

FIRST_UNKNOWN = max(KNOWN_YEARS) + 1
days = st.dates(date(2024, 1, 1), date(2029, 12, 31))


@pytest.mark.parametrize(
    ("day", "working"),
    [
        (date(2026, 11, 23), True),  # Monday
        (date(2026, 11, 22), False),  # Sunday
        (date(2026, 10, 1), False),  # National Day, Thursday
        (date(2026, 10, 10), True),  # Saturday worked in exchange
        (date(2026, 2, 17), False),  # Spring Festival, Tuesday
    ],
)
def test_working_day_of_a_known_year(day, working):
    assert is_working_day(day) == CalendarResult(working)
    assert is_working_day(day).assumed is False


@pytest.mark.parametrize(
    ("month_day", "working"),
    [((1, 1), False), ((5, 1), False), ((5, 2), False), ((10, 2), False), ((10, 3), False)],
)
def test_fixed_holiday_of_an_unknown_year_is_assumed(month_day, working):
    day = date(FIRST_UNKNOWN, *month_day)
    assert is_working_day(day) == CalendarResult(working, (FIRST_UNKNOWN,))
    assert is_working_day(day).assumed is True


def test_unknown_year_counts_monday_to_friday():
    monday = next(
        day
        for day in (date(FIRST_UNKNOWN, 6, 1) + timedelta(days=n) for n in range(7))
        if day.weekday() == 0
    )
    week = [is_working_day(monday + timedelta(days=n)).value for n in range(7)]
    assert week == [True, True, True, True, True, False, False]


def test_result_has_no_truth_value():
    with pytest.raises(TypeError):
        bool(is_working_day(date(2026, 11, 22)))


def test_add_working_days_passes_a_holiday_both_ways():
    assert add_working_days(date(2026, 9, 30), 1).value == date(2026, 10, 8)
    assert add_working_days(date(2026, 10, 8), -1).value == date(2026, 9, 30)


def test_add_working_days_into_an_unknown_year_says_so():
    result = add_working_days(date(FIRST_UNKNOWN - 1, 12, 31), 3)
    assert result.assumed_years == (FIRST_UNKNOWN,)


def test_add_no_working_days_is_the_day_itself():
    assert add_working_days(date(2026, 11, 22), 0) == CalendarResult(date(2026, 11, 22))


@given(start=days, n=st.integers(-60, 60))
def test_between_undoes_add(start, n):
    end = add_working_days(start, n)
    assert working_days_between(start, end.value).value == n


@given(start=days, n=st.integers(-60, 60).filter(bool))
def test_add_ends_on_a_working_day(start, n):
    assert is_working_day(add_working_days(start, n).value).value is True


@given(a=days, gap=st.integers(0, 90), further=st.integers(0, 90))
def test_between_adds_up(a, gap, further):
    b, c = a + timedelta(days=gap), a + timedelta(days=gap + further)
    whole = working_days_between(a, c).value
    assert working_days_between(a, b).value + working_days_between(b, c).value == whole


def test_between_names_every_assumed_year():
    result = working_days_between(date(FIRST_UNKNOWN + 1, 1, 5), date(FIRST_UNKNOWN - 1, 12, 31))
    assert result.assumed_years == (FIRST_UNKNOWN, FIRST_UNKNOWN + 1)


@pytest.mark.parametrize(
    ("period", "end"),
    [
        (Period(5, Unit.WORKING), date(2026, 11, 30)),
        (Period(5, Unit.CALENDAR), date(2026, 11, 28)),
        (Period(0, Unit.WORKING), date(2026, 11, 23)),
    ],
)
def test_period_ends_without_counting_its_first_day(period, end):
    assert period.ends_on(date(2026, 11, 23)) == CalendarResult(end)


def test_negative_lengths_are_refused():
    with pytest.raises(ValueError, match="negative"):
        Period(-1, Unit.WORKING)
    with pytest.raises(ValueError, match="negative"):
        notice_window(date(2026, 11, 23), -1, 7)
    with pytest.raises(ValueError, match="negative"):
        notice_window(date(2026, 11, 23), 5, -7)


@pytest.mark.parametrize(
    ("opens_on", "closes_on", "working_days"),
    [
        (date(2026, 11, 23), date(2026, 11, 30), 5),  # both minima on the same Monday
        (date(2026, 11, 21), date(2026, 11, 28), 5),  # Saturday: the seven days decide
        (date(2026, 9, 29), date(2026, 10, 12), 5),  # National Day: the working days decide
    ],
)
def test_notice_window_meets_both_minima(opens_on, closes_on, working_days):
    assert notice_window(opens_on, 5, 7) == Window(opens_on, closes_on, working_days, assumed=False)


def test_notice_window_over_new_year_is_marked_assumed():
    assert notice_window(date(FIRST_UNKNOWN - 1, 12, 29), 5, 7).assumed is True


@given(opens_on=days, working=st.integers(0, 20), calendar=st.integers(0, 40))
def test_notice_window_is_the_shortest_that_meets_both(opens_on, working, calendar):
    window = notice_window(opens_on, working, calendar)
    assert min(window.working_days - working, window.calendar_days - calendar) >= 0
    if window.calendar_days:
        shorter = working_days_between(opens_on, window.closes_on - timedelta(days=1)).value
        assert shorter < working or window.calendar_days - 1 < calendar


@pytest.mark.parametrize(
    ("today", "is_open"),
    [
        (date(2026, 11, 22), False),
        (date(2026, 11, 23), True),
        (date(2026, 11, 30), True),
        (date(2026, 12, 1), False),
    ],
)
def test_window_is_open_on_both_its_end_days(today, is_open):
    assert notice_window(date(2026, 11, 23), 5, 7).is_open(today) is is_open


@pytest.mark.parametrize(
    ("today", "due_on", "left"),
    [
        (date(2026, 11, 28), date(2026, 11, 19), -6),  # Saturday, due on the Thursday before last
        (date(2026, 11, 29), date(2026, 11, 27), -1),  # nothing but a weekend has passed
        (date(2026, 11, 30), date(2026, 11, 27), -1),
        (date(2026, 11, 30), date(2026, 11, 28), -1),  # due on a Saturday
        (date(2026, 10, 8), date(2026, 9, 30), -1),  # National Day lies between
        (date(2026, 10, 10), date(2026, 9, 30), -3),  # an exchanged Saturday counts
        (date(2026, 11, 27), date(2026, 11, 27), 0),
        (date(2026, 11, 28), date(2026, 11, 28), 0),
        (date(2026, 11, 27), date(2026, 11, 28), 1),  # not over today
        (date(2026, 11, 27), date(2026, 12, 1), 2),
    ],
)
def test_working_days_left_count_neither_the_day_nor_the_due_day(today, due_on, left):
    assert working_days_left(today, due_on) == left


@pytest.mark.parametrize(
    ("day", "fits"),
    [
        (date(1, 1, 1), False),
        (date(1899, 12, 31), False),
        (date(1900, 1, 1), True),
        (date(2046, 12, 31), True),
        (date(2047, 1, 1), False),
        (date(9999, 12, 31), False),
    ],
)
def test_days_that_people_type_lie_within_bounds(day, fits):
    assert is_day_to_type(day, date(2026, 11, 28)) is fits
