"""Office hours, walked in Chromium on a phone: published, booked, in the calendar, recorded."""

from datetime import timedelta

import pytest
from icalendar import Calendar
from playwright.sync_api import expect

from config.demo.incubation import first_cohort
from incubator.models import OfficeBooking, OfficeSlot
from tests.journeys.people import Walk, fill, follow, press, send, take, zh
from tests.support.browser import PHONE

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def test_mentor_and_firm_meet_on_the_phone(walk: Walk) -> None:
    walk.admit(1)
    [row] = first_cohort(walk.people, walk.clock, (1,))
    day = walk.clock.day + timedelta(days=3)
    mentor = walk.person("expert", viewport=PHONE)
    walk.visit(mentor, "/workspace/office-hours/")
    follow(mentor, zh("Publish office hours"))
    walk.look(mentor)
    fill(mentor, day=day.isoformat(), time="14:00", minutes="30", count="2", weeks="2")
    fill(mentor, place="县孵化中心二楼 201 室", link="https://meet.demo.example/hy")
    send(mentor)
    walk.look(mentor)
    assert OfficeSlot.objects.count() == 4

    owner = walk.person("owner", viewport=PHONE)
    walk.visit(owner, row.get_absolute_url())
    follow(owner, zh("Office hours of the mentor"))
    walk.look(owner)
    owner.locator("main li a.btn").first.click()
    expect(owner.locator("[name=topic]")).to_be_visible()
    walk.look(owner)
    fill(owner, topic="三个村补贴申领流程怎样减少环节")
    send(owner)
    walk.look(owner)
    booking = OfficeBooking.objects.get()
    file = take(owner, owner.get_by_role("link", name=zh("Into my calendar (.ics)")))
    [event] = Calendar.from_ical(file.path().read_bytes()).walk("VEVENT")
    assert str(event["location"]) == "县孵化中心二楼 201 室"

    walk.visit(owner, "/workspace/calendar/")
    press(owner, zh("Make an address"))
    walk.look(owner)
    address = owner.locator("#calendar-address").inner_text()
    passer = walk.passer_by()
    feed = passer.request.get(address)
    assert feed.headers["content-type"] == "text/calendar; charset=utf-8"
    assert [str(one["status"]) for one in Calendar.from_ical(feed.body()).walk("VEVENT")] == [
        "CONFIRMED"
    ]

    walk.visit(mentor, booking.slot.get_absolute_url())
    mentor.locator("main details summary").first.click()
    fill(mentor, **{"change-time": "15:00", "change-reason": "上午临时有会"})
    press(mentor, zh("Change the office hour"))
    walk.visit(owner, booking.get_absolute_url())
    expect(owner.get_by_role("main")).to_contain_text("15:00")
    expect(owner.get_by_role("main")).to_contain_text("上午临时有会")

    walk.leap(day + timedelta(days=1))
    mentor = walk.person("expert", viewport=PHONE)
    walk.visit(mentor, booking.get_absolute_url())
    fill(mentor, **{"outcome-note": "先画现状流程图，再量办理时间。"})
    press(mentor, zh("It was held"))
    walk.look(mentor)
    staff = walk.person("staff")
    walk.visit(staff, row.cohort.get_absolute_url())
    expect(staff.get_by_role("main")).to_contain_text("先画现状流程图")
    assert [one.state for one in OfficeBooking.objects.all()] == ["held"]
