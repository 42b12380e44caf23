"""Addresses, locks, sessions, passwords, dormant accounts: the rules alone."""

from datetime import UTC, datetime, timedelta

import pytest

from portal.domain.signin import (
    classes_of,
    client_address,
    is_dormant,
    locked_until,
    normal_login,
    password_due,
    password_weakness,
    session_end,
)

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
WINDOW = timedelta(minutes=15)


@pytest.mark.parametrize(
    ("forwarded", "proxies", "address"),
    [
        ("", 0, "10.0.0.1"),
        ("203.0.113.9", 0, "10.0.0.1"),
        ("203.0.113.9", 1, "203.0.113.9"),
        ("1.1.1.1, 203.0.113.9", 1, "203.0.113.9"),
        ("1.1.1.1, 203.0.113.9, 10.0.0.2", 2, "203.0.113.9"),
        ("203.0.113.9", 2, "10.0.0.1"),
        ("", 1, "10.0.0.1"),
        ("no address", 1, "10.0.0.1"),
        ("[2001:db8::1]", 1, "2001:db8::1"),
    ],
)
def test_address_of_a_client_is_what_our_proxies_saw(forwarded, proxies, address):
    assert client_address("10.0.0.1", forwarded, proxies) == address


@pytest.mark.parametrize(
    "text",
    ["owner@demo.example", "OWNER@demo.example", "ｏｗｎｅｒ＠demo.example", " owner@Demo.Example"],
)
def test_login_is_one_whatever_case_and_width(text):
    assert normal_login(text) == "owner@demo.example"


def ago(*minutes: float) -> list[datetime]:
    return [NOW - timedelta(minutes=minute) for minute in minutes]


@pytest.mark.parametrize(
    ("failures", "until"),
    [
        (ago(), None),
        (ago(1, 2, 3, 4), None),
        (ago(1, 2, 3, 4, 5), NOW + timedelta(minutes=14)),
        (ago(5, 4, 3, 2, 1, 0), NOW + WINDOW),
        (ago(1, 2, 3, 4, 16), None),
        (ago(1, 2, 3, 4, 15.9), NOW + timedelta(minutes=14)),
        (ago(14, 15, 16, 17, 18), NOW + timedelta(minutes=1)),
        (ago(15, 15, 16, 17, 18), None),
        (ago(10, 11, 12, 13, 24.9), NOW + timedelta(minutes=5)),
        ([*ago(1, 2, 3, 4), NOW + WINDOW], None),
    ],
)
def test_fifth_failure_within_the_window_locks(failures, until):
    assert locked_until(failures, NOW, most=5, window=WINDOW) == until


@pytest.mark.parametrize(
    ("now", "seen", "why"),
    [(1800, 0, ""), (1801, 0, "idle"), (43200, 43000, ""), (43201, 43200, "absolute")],
)
def test_session_ends_idle_or_after_half_a_day(now, seen, why):
    limits = {"idle_seconds": 1800, "absolute_seconds": 43200}
    assert session_end(now, started=0, seen=seen, **limits) == why


@pytest.mark.parametrize(
    ("password", "classes"), [("", 0), ("abc", 1), ("aB", 2), ("aB1", 3), ("aB1 ", 4), ("口令", 1)]
)
def test_classes_of_characters(password, classes):
    assert classes_of(password) == classes


@pytest.mark.parametrize(
    ("password", "ordinary", "strict"),
    [
        ("aB1xxxx", "length", "length"),
        ("aB1xxxxx", "", "length"),
        ("abcdefg1", "classes", "length"),
        ("abcdefghijk1", "", "classes"),
        ("abcdefghijkl", "", "classes"),
        ("abcdefghij1!", "", ""),
        ("abcdefghijk", "classes", "length"),
    ],
)
def test_password_is_long_or_varied_and_both_for_administrators(password, ordinary, strict):
    assert password_weakness(password, administrator=False) == ordinary
    assert password_weakness(password, administrator=True) == strict


@pytest.mark.parametrize(
    ("set_at", "days", "first", "due"),
    [
        (None, 90, True, True),
        (None, 90, False, False),
        (NOW - timedelta(days=90), 90, True, False),
        (NOW - timedelta(days=91), 90, False, True),
        (NOW - timedelta(days=9999), 0, True, False),
    ],
)
def test_password_is_due_by_age_or_when_somebody_else_set_it(set_at, days, first, due):
    assert password_due(set_at, NOW, max_age_days=days, first_change=first) is due


@pytest.mark.parametrize(
    ("last", "joined", "dormant"),
    [(None, 90, False), (None, 91, True), (91, 400, True), (1, 400, False)],
)
def test_account_is_dormant_after_ninety_days(last, joined, dormant):
    signed_in = None if last is None else NOW - timedelta(days=last)
    assert is_dormant(signed_in, NOW - timedelta(days=joined), NOW, 90) is dormant
