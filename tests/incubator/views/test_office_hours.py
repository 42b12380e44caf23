"""Office hours through a browser's eyes: the mentor, the firm, the staff."""

from datetime import timedelta

import pytest
from icalendar import Calendar

from incubator.models import OfficeBooking, OfficeSlot
from tests.incubator.cohorts_story import judged
from tests.incubator.office_story import booked, mentored, published, tomorrow

MENTOR = "/workspace/office-hours/"
NEW = {
    "day": "2026-11-24", "time": "14:00", "minutes": "30", "count": "2", "weeks": "2",
    "place": "县孵化中心 201", "link": "", "open_to_cohort": "on",
}  # fmt: skip


@pytest.fixture(autouse=True)
def today(monkeypatch, world):
    monkeypatch.setattr("django.utils.timezone.now", lambda: world.now)


def later(monkeypatch, world, **span: int) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: world.now + timedelta(**span))


def test_mentor_publishes_changes_and_cancels(world):
    mentored(world)
    client = world.client("expert")
    refused = client.post(f"{MENTOR}new/", NEW | {"place": "", "minutes": "500"})
    assert refused.status_code == 422
    refused = client.post(f"{MENTOR}new/", NEW | {"place": ""})
    assert refused.context["form"].errors == {"place": ["请填写地点或线上链接。"]}
    assert client.post(f"{MENTOR}new/", NEW | {"time": ""}).status_code == 422
    assert client.post(f"{MENTOR}new/", NEW)["Location"] == MENTOR
    slots = list(OfficeSlot.objects.all())
    assert [slot.starts_at for slot in slots[:2]] == [
        tomorrow(world), tomorrow(world) + timedelta(minutes=30),
    ]  # fmt: skip
    assert len(slots) == 4
    page = slots[0].get_absolute_url()
    assert page in client.get(MENTOR).content.decode()
    initial = client.get(page).context["forms"]["change"].initial
    assert (f"{initial['day']}", f"{initial['time']:%H:%M}") == ("2026-11-24", "14:00")
    data = {f"change-{key}": value for key, value in NEW.items()}
    assert client.post(f"{page}change/", data).status_code == 422
    data |= {"change-reason": "会议", "change-time": "16:00", "change-version": "1"}
    assert client.post(f"{page}change/", data)["Location"] == page
    stale = client.post(f"{page}change/", data)
    assert stale.status_code == 422
    assert client.post(f"{page}cancel/", {"cancel-reason": "出差"})["Location"] == page
    assert client.get(page).context["forms"] == {}
    again = client.post(f"{page}cancel/", {"cancel-reason": "出差"})
    assert (again.status_code, again.context["forms"]) == (409, {})
    assert client.post(f"{page}nonsense/").status_code == 404


def test_hours_are_the_mentors_own(world):
    mentored(world)
    slot = published(world)[0]
    slot.mentor = world.training
    slot.save()
    client = world.client("expert")
    assert client.get(slot.get_absolute_url()).status_code == 404
    assert client.post(f"{slot.get_absolute_url()}cancel/").status_code == 404


def test_firm_chooses_books_downloads_and_cancels(world):
    row = mentored(world)
    first, second = published(world, count=2)
    owner = world.client("owner")
    choose = f"{row.get_absolute_url()}office-hours/"
    assert choose in owner.get(row.get_absolute_url()).content.decode()
    assert owner.get(choose).context["free"] == [first, second]
    book = f"{choose}{first.pk}/"
    assert "县孵化中心 201" in owner.get(book).content.decode()
    assert owner.post(book, {"topic": ""}).status_code == 422
    made = owner.post(book, {"topic": "梳理补贴申领流程"})
    booking = OfficeBooking.objects.get()
    page = booking.get_absolute_url()
    assert made["Location"] == page
    taken = world.client("member").post(book, {"topic": "同一时间"})
    assert taken.status_code == 422
    assert "刚被其他企业预约" in taken.content.decode()
    shown = owner.get(choose).context
    assert (shown["free"], [one for one, _status in shown["bookings"]]) == ([second], [booking])
    file = owner.get(f"{page}calendar.ics")
    assert file["Content-Disposition"] == f'attachment; filename="office-hour-{booking.pk}.ics"'
    [event] = Calendar.from_ical(file.content).walk("VEVENT")
    assert (str(event["location"]), str(event["sequence"])) == ("县孵化中心 201", "1")
    assert owner.get(page).context["actions"] == ("cancel",)
    assert owner.post(f"{page}cancel/", {"version": "1"})["Location"] == page
    [event] = Calendar.from_ical(owner.get(f"{page}calendar.ics").content).walk("VEVENT")
    assert (str(event["status"]), str(event["sequence"])) == ("CANCELLED", "2")
    assert owner.post(f"{page}nonsense/").status_code == 404


def test_mentor_records_and_firm_and_staff_read_the_remark(world, monkeypatch):
    booking = booked(world)
    page = booking.get_absolute_url()
    mentor = world.client("expert")
    assert mentor.get(page).context["outcomes"] == []
    early = mentor.post(f"{page}hold/", {"outcome-note": "先画流程图。"})
    assert early.status_code == 409
    assert "请在答疑结束后再登记结果" in early.content.decode()
    later(monkeypatch, world, days=2)
    mentor = world.client("expert")
    assert "待登记" in mentor.get(MENTOR).content.decode()
    assert mentor.get(page).context["outcomes"] == ["hold", "miss"]
    assert world.client("owner").get(page).context["actions"] == ()
    data = {"outcome-note": "先画流程图。", "outcome-version": "1"}
    assert mentor.post(f"{page}hold/", data)["Location"] == page
    for login in ("owner", "staff"):
        assert "先画流程图。" in world.client(login).get(page).content.decode()
    cohort = booking.incubation.cohort.get_absolute_url()
    assert "先画流程图。" in world.client("staff").get(cohort).content.decode()
    assert mentor.get(page).context["outcomes"] == ["miss"]


def test_firm_without_a_mentor_or_suspended_is_told_why(world):
    row = mentored(world)
    row = judged(world, row, "suspend", reason="整顿", until=(world.now + timedelta(days=9)).date())
    page = f"{row.get_absolute_url()}office-hours/"
    assert "本企业目前不能预约" in world.client("owner").get(page).content.decode()
    row = judged(world, row, "resume")
    row.mentor = None
    row.save()
    assert "孵化工作人员指定导师后方可预约" in world.client("owner").get(page).content.decode()


def test_strangers_find_nothing(world):
    booking = booked(world)
    choose = f"{booking.incubation.get_absolute_url()}office-hours/"
    slot = published(world, starts_at=tomorrow(world, 17))[0]
    stranger = world.client("owner2")
    for path in (booking.get_absolute_url(), choose, f"{choose}{slot.pk}/"):
        assert stranger.get(path).status_code == 404
    slot.mentor = world.training
    slot.save()
    assert world.client("owner").get(f"{choose}{slot.pk}/").status_code == 404


@pytest.mark.parametrize("count", [1, 3])
def test_lists_take_the_same_queries_however_long(world, queries, count):
    row = mentored(world)
    for number in range(count):
        slots = published(world, starts_at=tomorrow(world, 10 + number), minutes=20, count=2)
        booked(world, row, slots[0])
    mentor, owner, staff = (world.client(login) for login in ("expert", "owner", "staff"))
    choose = f"{row.get_absolute_url()}office-hours/"
    cohort = row.cohort.get_absolute_url()
    for client in (mentor, owner, staff):
        client.get("/workspace/")
    with queries(13):
        mentor.get(MENTOR)
    with queries(13):
        owner.get(choose)
    with queries(14):
        staff.get(cohort)


def test_past_hours_go_on_by_page(world, monkeypatch):
    row = mentored(world)
    monkeypatch.setattr("incubator.selectors.office_hours.PAGE", 1)
    first, second = published(world, count=2)
    older, newer = booked(world, row, first), booked(world, row, second)
    later(monkeypatch, world, days=2)
    client = world.client("expert")
    page = client.get(MENTOR).context
    assert [one for one, _status in page["past"]] == [newer]
    assert [one for one, _status in client.get(MENTOR + page["next_url"]).context["past"]] == [
        older
    ]
