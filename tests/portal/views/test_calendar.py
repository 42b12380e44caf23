"""The page of one's calendar, and the feed behind its secret address."""

import re

import pytest
from django.test import Client
from icalendar import Calendar

from portal.models import CalendarFeed
from portal.services.calendar_feeds import create_feed
from tests.incubator.office_story import booked, mentored, published

PAGE = "/workspace/calendar/"


@pytest.fixture(autouse=True)
def today(monkeypatch, world):
    monkeypatch.setattr("django.utils.timezone.now", lambda: world.now)


def address_on(page: str) -> str:
    return re.search(r"/calendar/hyc_[\w-]+\.ics", page)[0]


def test_address_is_shown_once_and_opens_the_calendar_without_a_login(world):
    client = world.client("owner")
    assert client.post(f"{PAGE}new/")["Location"] == PAGE
    page = client.get(PAGE).content.decode()
    address = address_on(page)
    assert f"http://testserver{address}" in page
    assert "hyc_" not in client.get(PAGE).content.decode()
    answer = Client().get(address)
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert "no-store" in answer["Cache-Control"]
    assert Calendar.from_ical(answer.content).walk("VEVENT") == []
    assert Client().post(address).status_code == 405


def test_renewed_and_revoked_addresses_are_unknown(world):
    client = world.client("owner")
    _feed, first = create_feed(actor=world.owner, now=world.now)
    client.post(f"{PAGE}new/")
    second = address_on(client.get(PAGE).content.decode())
    assert Client().get(f"/calendar/{first}.ics").status_code == 404
    assert client.post(f"{PAGE}revoke/")["Location"] == PAGE
    assert Client().get(second).status_code == 404
    assert CalendarFeed.objects.count() == 0
    again = client.post(f"{PAGE}revoke/", follow=True)
    assert again.status_code == 200


def events_of(world, login: str) -> list[dict[str, str]]:
    _feed, secret = create_feed(actor=world.people[login], now=world.now)
    answer = Client().get(f"/calendar/{secret}.ics")
    found = Calendar.from_ical(answer.content).walk("VEVENT")
    return [{key: str(event[key]) for key in ("UID", "SUMMARY", "STATUS")} for event in found]


def test_mentor_and_firm_read_their_own_and_a_stranger_nothing(world):
    slots = published(world, count=2) if mentored(world) else []
    booking = booked(world, booked_row(world), slots[0])
    assert events_of(world, "expert") == [
        {
            "UID": f"office-slot-{slots[0].uid}@hy-portal",
            "SUMMARY": f"导师答疑：{world.organisation('owner').name}",
            "STATUS": "CONFIRMED",
        },
        {
            "UID": f"office-slot-{slots[1].uid}@hy-portal",
            "SUMMARY": "导师答疑（可预约）",
            "STATUS": "CONFIRMED",
        },
    ]
    assert [event["UID"] for event in events_of(world, "member")] == [
        f"office-booking-{booking.uid}@hy-portal"
    ]
    assert events_of(world, "owner2") == []
    page = world.client("expert").get(PAGE).content.decode()
    assert "导师答疑（可预约）" in page


def booked_row(world):
    from incubator.models import Incubation

    return Incubation.objects.get()


def test_pages_take_the_queries_that_they_take(world, queries):
    mentored(world)
    client = world.client("expert")
    client.get(PAGE)
    published(world)
    with queries(13):
        client.get(PAGE)
    published(world, starts_at=world.now.replace(hour=16), count=2)
    with queries(13):
        client.get(PAGE)
