"""Usage reported by a cloud's meter: tokens, lines, hostile bodies."""

import json
from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from incubator.models import UsageRecord
from incubator.selectors import quota as reads
from incubator.services import pools, quota
from portal.models import AuditEntry
from portal.services.tokens import create_token, revoke_token
from tests.incubator.quota_story import MONTH, granted, pool_of

URL = "/api/v1/usage"


@pytest.fixture(autouse=True)
def today(monkeypatch, world):
    """Have the door see the tests' day."""
    monkeypatch.setattr("django.utils.timezone.now", lambda: world.now)


def token_of(world, login: str = "resources") -> str:
    return create_token(actor=world.people[login], label="meter", days=30, now=timezone.now())[1]


def send(body: object, token: str = "", **headers: str):
    """Send a report as a program does: no cookie, no CSRF token."""
    given = {"authorization": f"Bearer {token}"} if token else {}
    text = body if isinstance(body, str | bytes) else json.dumps(body)
    return Client(enforce_csrf_checks=True).post(
        URL, text, content_type="application/json", headers=given | headers
    )


def lines(*rows: object, source: object = "meter-1") -> dict[str, object]:
    return {"source": source, "lines": list(rows)}


def line(request, amount: object = "12.50", day: object = "2026-11-05", **more: object):
    return {"request": request.number, "day": day, "amount": amount} | more


def codes(answer) -> list[tuple[int, str, str]]:
    assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json")
    return [(row["line"], row["field"], row["code"]) for row in answer.json()["errors"]]


def test_report_is_counted_once(world):
    request = granted(world, pool_of(world))
    token = token_of(world)
    body = lines(line(request), line(request, 3, "2026-11-06"))
    assert [send(body, token).json() for _time in range(2)] == [
        {"new": 2, "known": 0}, {"new": 0, "known": 2},
    ]  # fmt: skip
    assert reads.request_months(request)[0].balance.used == Decimal("15.50")
    record = UsageRecord.objects.order_by("pk").first()
    assert (record.source, record.recorded_by) == ("api", world.resources)
    assert record.reference == f"meter-1:2026-11-05:{request.number}"


def test_another_spelling_of_the_day_counts_nothing_again(world):
    request = granted(world, pool_of(world))
    token = token_of(world)
    send(lines(line(request)), token)
    again = send(lines(line(request, day="20261105")), token)
    assert again.json() == {"new": 0, "known": 1}


def test_own_keys_and_other_sources_count_apart(world):
    request = granted(world, pool_of(world))
    token = token_of(world)
    body = lines(line(request), line(request, key="vm-7/1"), line(request, key="vm-7/2"))
    assert send(body, token).json() == {"new": 3, "known": 0}
    assert send(lines(line(request), source="meter-2"), token).json() == {"new": 1, "known": 0}


def test_one_wrong_line_keeps_nothing(world):
    pool = pool_of(world)
    request = granted(world, pool)
    token = token_of(world)
    send(lines(line(request)), token)
    wrong = lines(
        line(request, 1, "2026-11-07"), line(request, 2), line(request, 1, "2027-09-01"),
        {"request": "HYZY-2026-999999-9", "day": "2026-11-05", "amount": 1},
    )  # fmt: skip
    assert codes(send(wrong, token)) == [
        (2, "reference", "usage_differs"), (3, "day", "usage_outside"),
        (4, "request", "usage_unknown"),
    ]  # fmt: skip
    assert UsageRecord.objects.count() == 1


@pytest.mark.parametrize(
    "amount", ["NaN", "-1", "0", "1e999999999999999999999", "1.001", "", None, True, [], "Infinity"]
)
def test_amounts_that_are_none(world, amount):
    request = granted(world, pool_of(world))
    answer = send(lines(line(request, amount)), token_of(world))
    assert codes(answer) == [(1, "amount", "amount")]


@pytest.mark.parametrize("number", ["NaN", "-Infinity", "1e99999999999999999999999", "9" * 5000])
def test_numbers_that_are_none(world, number):
    request = granted(world, pool_of(world))
    text = json.dumps(lines(line(request, "@"))).replace('"@"', number)
    assert codes(send(text, token_of(world))) == [(1, "amount", "amount")]


@pytest.mark.parametrize(
    ("row", "found"),
    [
        (7, (1, "request", "usage_request")),
        ({"key": "k"}, (1, "request", "usage_request")),
        ({"key": "k", "request": "\ud800\x00"}, (1, "request", "usage_request")),
        ({"key": "\ud800", "request": "A-1"}, (1, "reference", "usage_reference")),
        ({"key": "k" * 81, "request": "A-1"}, (1, "reference", "usage_reference")),
        ({"key": "k", "request": "A-1", "day": "2026-11"}, (1, "day", "usage_day")),
    ],
)
def test_lines_that_are_none(world, row, found):
    assert codes(send(lines(row), token_of(world))) == [found]


def test_same_key_twice_in_a_report(world):
    request = granted(world, pool_of(world))
    answer = send(lines(line(request), line(request)), token_of(world))
    assert codes(answer) == [(2, "reference", "usage_twice")]


def test_closed_month_takes_nothing(world, monkeypatch):
    pool = pool_of(world)
    request = granted(world, pool)
    later = world.now + timedelta(days=20)
    monkeypatch.setattr("django.utils.timezone.now", lambda: later)
    pools.close_month(pool=pool, month=MONTH, actor=world.resources, now=later)
    answer = send(lines(line(request)), token_of(world))
    assert codes(answer) == [(1, "day", "usage_month_closed")]


def test_use_of_what_was_given_back_still_counts(world):
    request = granted(world, pool_of(world))
    quota.release(request=request, actor=world.owner, now=world.now)
    assert send(lines(line(request)), token_of(world)).json() == {"new": 1, "known": 0}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("", "usage_shape"),
        ("[]", "usage_shape"),
        ("{", "usage_shape"),
        (b"\xff\xfe", "usage_shape"),
        ("[" * 200_000, "usage_shape"),
        ({"source": "m", "lines": {}}, "usage_shape"),
        (lines(source="两"), "usage_source"),
        (lines(source=None), "usage_source"),
        (lines(source="x" * 25), "usage_source"),
        (lines(), "usage_empty"),
        (lines(*[1] * 10_001), "usage_long"),
    ],
)
def test_bodies_that_are_no_report(world, body, code):
    answer = send(body, token_of(world))
    assert (answer.status_code, answer.json()["title"]) == (422, code)


def test_a_large_body_is_refused(world):
    answer = send("[" + " " * 5 * 2**20 + "]", token_of(world))
    assert (answer.status_code, answer.json()["title"]) == (413, "too_large")


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer hyt_x", "Basic eA==", "Bearer \xff"])
def test_no_token_no_report(world, header):
    request = granted(world, pool_of(world))
    answer = send(lines(line(request)), authorization=header)
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, 'Bearer realm="usage"')


def test_a_session_is_no_token(world):
    client = world.client("resources")
    assert client.post(URL, "{}", content_type="application/json").status_code == 401


@pytest.mark.parametrize("method", ["get", "put", "delete", "options", "head"])
def test_another_method_is_told_in_json(world, method):
    answer = getattr(Client(), method)(URL)
    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    assert answer["Content-Type"] == "application/problem+json"
    if method != "head":
        assert (answer.json()["title"], answer.json()["status"]) == ("method", 405)


def test_a_revoked_token_opens_nothing(world):
    made, secret = create_token(actor=world.resources, label="meter", days=30, now=world.now)
    revoke_token(actor=world.resources, pk=made.pk, now=world.now)
    assert send(lines(), secret).status_code == 401


@pytest.mark.parametrize("login", ["owner", "owner2", "staff", "learner"])
def test_only_a_resource_managers_token_reports(world, login):
    request = granted(world, pool_of(world))
    answer = send(lines(line(request)), token_of(world, login))
    assert (answer.status_code, answer.json()["title"]) == (403, "role")
    assert UsageRecord.objects.count() == 0
    entry = AuditEntry.objects.get(action="incubator.usage.report")
    assert (entry.outcome, entry.actor_id) == ("refused", world.people[login].pk)


def test_page_shows_how_to_report(world):
    text = world.client("resources").get("/workspace/resources/usage/").content.decode()
    assert "http://testserver/api/v1/usage" in text
    assert "curl" in text
