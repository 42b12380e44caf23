"""Rules of office hours."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incubator.domain.office_hours import (
    BOOKING,
    SLOT,
    first_overlap,
    is_safe_link,
    require_ahead,
    require_over,
    require_slots,
    require_where,
)
from portal.domain.lifecycle import Conflict, Invalid, NotAllowed

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=ZONE)
TWO = NOW.replace(day=24, hour=14)


def slots(starts_at=TWO, minutes=30, **changes):
    return require_slots(starts_at, minutes, NOW, **({"zone": ZONE} | changes))


def test_series_keeps_the_time_of_day_and_stands_in_a_row():
    found = slots(count=2, weeks=3)
    assert [begin for begin, _end in found] == [
        TWO + timedelta(weeks=week, minutes=30 * number) for week in range(3) for number in range(2)
    ]
    assert {end - begin for begin, end in found} == {timedelta(minutes=30)}


def test_series_keeps_the_local_time_where_clocks_change():
    zone = ZoneInfo("Europe/Paris")
    begins = datetime(2027, 3, 22, 14, 0, tzinfo=zone)
    found = slots(begins.astimezone(UTC), zone=zone, weeks=2)
    assert [begin.hour for begin, _end in found] == [14, 14]
    assert [begin.astimezone(UTC).hour for begin, _end in found] == [13, 12]


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"minutes": 9}, "minutes", "office_minutes"),
        ({"minutes": 241}, "minutes", "office_minutes"),
        ({"count": 0}, "count", "office_count"),
        ({"count": 13}, "count", "office_count"),
        ({"weeks": 0}, "weeks", "office_weeks"),
        ({"weeks": 27}, "weeks", "office_weeks"),
        ({"starts_at": NOW}, "day", "office_past"),
        ({"starts_at": datetime(1, 1, 1, tzinfo=ZONE)}, "day", "office_past"),
        ({"starts_at": NOW + timedelta(days=201)}, "day", "office_far"),
        ({"starts_at": NOW + timedelta(days=194), "weeks": 2}, "day", "office_far"),
        ({"starts_at": datetime(9999, 12, 31, 23, tzinfo=ZONE)}, "day", "office_far"),
        ({"starts_at": TWO.replace(hour=23), "count": 2}, "time", "office_midnight"),
    ],
)
def test_what_cannot_be_published_says_which_field(changes, field, code):
    with pytest.raises(Invalid) as refusal:
        slots(**changes)
    assert (refusal.value.code, refusal.value.fields) == (code, {field: code})


def test_bounds_themselves_are_taken():
    assert len(slots(minutes=10, count=12, weeks=26)) == 312
    assert len(slots(minutes=240)) == 1
    assert len(slots(NOW + timedelta(days=193), weeks=2)) == 2


@pytest.mark.parametrize(
    ("place", "link", "fields"),
    [
        (" ", "", {"place": "office_where"}),
        ("201", "http://x.example", {"link": "office_link"}),
        ("", "https://a:b@x.example", {"link": "office_link"}),
    ],
)
def test_hour_without_a_place_or_with_an_unsafe_link_is_refused(place, link, fields):
    with pytest.raises(Invalid) as refusal:
        require_where(place, link)
    assert refusal.value.fields == fields


def test_place_or_link_is_enough():
    require_where("201", "")
    require_where("", "https://meet.example/1")


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "https://", "https://[", "https://a b.example/", "meet"]
)
def test_links_that_are_not_safe(link):
    assert not is_safe_link(link)


MINUTES = st.integers(0, 600)


@given(st.lists(st.tuples(MINUTES, MINUTES), max_size=8), MINUTES, st.integers(10, 240))
def test_overlap_is_sharing_a_moment(held, begin, length):
    taken = [
        (NOW + timedelta(minutes=min(pair)), NOW + timedelta(minutes=max(pair) + 1))
        for pair in held
    ]
    wanted = (NOW + timedelta(minutes=begin), NOW + timedelta(minutes=begin + length))
    shares = any(
        set(range(begin, begin + length)) & set(range(min(pair), max(pair) + 1)) for pair in held
    )
    assert first_overlap([wanted], taken) == (wanted if shares else None)


def test_hours_in_a_row_do_not_overlap():
    row = slots(count=3)
    assert all(first_overlap([two], [one]) is None for one, two in pairwise(row))
    assert first_overlap(row, [row[1]]) == row[1]


def test_begun_and_over_are_read_from_the_clock():
    require_ahead(TWO, TWO - timedelta(seconds=1))
    with pytest.raises(Conflict, match="office_begun"):
        require_ahead(TWO, TWO)
    require_over(TWO, TWO)
    with pytest.raises(Conflict, match="office_not_over"):
        require_over(TWO, TWO - timedelta(seconds=1))


ROLES = ("expert", "firm_signer", "firm_member", "staff", "learner", "system")
ALLOWED = {
    ("booked", "cancel", "firm_signer"): "cancelled",
    ("booked", "cancel", "firm_member"): "cancelled",
    ("booked", "call_off", "expert"): "called_off",
    ("booked", "call_off", "system"): "called_off",
    ("booked", "hold", "expert"): "held",
    ("no_show", "hold", "expert"): "held",
    ("booked", "miss", "expert"): "no_show",
    ("held", "miss", "expert"): "no_show",
    ("open", "cancel", "expert"): "cancelled",
}


@pytest.mark.parametrize("lifecycle", [SLOT, BOOKING], ids=lambda one: one.name)
def test_whole_product_of_states_actions_and_roles(lifecycle):
    for state in lifecycle.states:
        for action in {row.action for row in lifecycle.transitions}:
            for role in ROLES:
                target = ALLOWED.get((state, action, role))
                try:
                    step = lifecycle.next_state(state, action, roles=[role], reason="因会议")
                except (NotAllowed, Conflict):
                    assert target is None, (state, action, role)
                else:
                    assert step.target == target, (state, action, role)


def test_calling_off_and_cancelling_an_hour_need_a_reason():
    for lifecycle, state, action in ((SLOT, "open", "cancel"), (BOOKING, "booked", "call_off")):
        with pytest.raises(Invalid, match="reason_required"):
            lifecycle.next_state(state, action, roles=["expert"], reason=" ")
