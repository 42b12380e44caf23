"""Office hours through the services: publishing, booking, changing, recording, reminding."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.utils.translation import override

from incubator.models import OfficeBooking, OfficeSlot
from incubator.services import office_hours
from incubator.tasks import remind_of_office_hours
from portal.domain.lifecycle import Conflict, Invalid, NotAllowed
from portal.models import AuditEntry, Notification, WorkItem
from portal.selectors.inbox import task
from tests.incubator.cohorts_story import accepted, ended, judged
from tests.incubator.cohorts_story import published as new_cohort
from tests.incubator.office_story import booked, mentored, published, tomorrow


def news(kind: str) -> list[tuple[str, dict]]:
    """Return who was told, and what."""
    rows = Notification.objects.filter(kind=kind).order_by("pk").select_related("user")
    return [(row.user.email.split("@")[0], row.params) for row in rows]


def change(world, slot, **changes):
    values = {
        "slot": slot, "starts_at": tomorrow(world, 15), "minutes": 45, "place": "线上",
        "link": "https://meet.example/1", "reason": "上午有会", "actor": world.expert,
        "now": world.now,
    }  # fmt: skip
    return office_hours.change_slot(**(values | changes))


def cancel(world, slot, **changes):
    values = {"slot": slot, "reason": "出差", "actor": world.expert, "now": world.now}
    return office_hours.cancel_slot(**(values | changes))


def record(world, booking, **changes):
    values = {
        "booking": booking, "action": "hold", "note": "先画现状流程图。", "actor": world.expert,
        "now": world.now + timedelta(days=2),
    }  # fmt: skip
    return office_hours.record_outcome(**(values | changes))


# --- Publishing


def test_mentor_publishes_a_weekly_series_in_one_deed(world):
    mentored(world)
    rows = published(world, count=2, weeks=3, open_to_cohort=True)
    assert [row.starts_at for row in rows] == [
        tomorrow(world) + timedelta(weeks=week, minutes=30 * number)
        for week in range(3)
        for number in range(2)
    ]
    assert {(row.minutes, row.mentor, row.state) for row in rows} == {(30, world.expert, "open")}
    assert AuditEntry.objects.filter(action="incubator.office.publish", outcome="done").count() == 1


def test_who_guides_no_firm_publishes_nothing(world):
    with pytest.raises(Conflict, match="office_no_firm"):
        published(world)
    mentored(world)
    for stranger in (world.owner, world.staff):
        with pytest.raises(NotAllowed):
            published(world, actor=stranger)
    assert OfficeSlot.objects.count() == 0


def test_hours_of_a_mentor_never_overlap(world):
    mentored(world)
    published(world, count=2)
    with pytest.raises(Conflict) as refusal:
        published(world, starts_at=tomorrow(world) - timedelta(minutes=20), weeks=2)
    assert (refusal.value.code, refusal.value.params) == (
        "office_overlap", {"when": "2026-11-24T13:40+08:00"},
    )  # fmt: skip
    published(world, starts_at=tomorrow(world, 15))
    assert OfficeSlot.objects.count() == 3


def test_mentor_has_so_many_hours_ahead_and_no_more(world):
    mentored(world)
    published(world, minutes=10, count=12, weeks=10)
    with pytest.raises(Conflict) as refusal:
        published(world, starts_at=tomorrow(world, 9))
    assert (refusal.value.code, refusal.value.params) == (
        "office_ahead", {"most": 120, "count": 120},
    )  # fmt: skip


def test_wrong_input_publishes_nothing(world):
    mentored(world)
    for wrong in ({"place": " "}, {"minutes": 5}, {"starts_at": world.now}, {"link": "x"}):
        with pytest.raises(Invalid):
            published(world, **wrong)
    assert OfficeSlot.objects.count() == 0


# --- Booking


def test_firm_books_its_mentors_hour_and_the_mentor_is_told(world):
    booking = booked(world, topic=" 梳理补贴申领流程 ")
    firm = world.organisation("owner").name
    assert (booking.state, booking.topic, booking.booked_by) == (
        "booked", "梳理补贴申领流程", world.owner,
    )  # fmt: skip
    assert str(booking) == "梳理补贴申领流程"
    assert str(booking.slot) == "2026-11-24 06:00"
    [(who, params)] = news("office_booked")
    assert (who, params["firm"], params["when"]) == ("expert", firm, "2026-11-24T14:00+08:00")
    item = WorkItem.objects.open().get(kind="office_booking")
    assert (item.user, item.due_on) == (world.expert, date(2026, 11, 24))
    for language, words in (("en", "24 Nov 2026, 14:00"), ("zh-hans", "2026年11月24日 14:00")):
        with override(language):
            assert words in task(item, world.now.date()).title


def test_member_books_too_and_strangers_do_not(world):
    row = mentored(world)
    first, second = published(world, count=2)
    booked(world, row, first, actor=world.member)
    for stranger in (world.owner2, world.expert, world.staff):
        with pytest.raises(NotAllowed):
            booked(world, row, second, actor=stranger)
    assert OfficeBooking.objects.count() == 1


def test_booking_needs_a_topic(world):
    with pytest.raises(Invalid):
        booked(world, topic=" ")


def test_taken_begun_and_cancelled_hours_are_refused(world):
    row = mentored(world)
    first, second = published(world, count=2)
    booked(world, row, first)
    cancel(world, second)
    third = published(world, starts_at=tomorrow(world, 16))[0]
    for slot, now, code in (
        (first, world.now, "office_taken"),
        (second, world.now, "office_gone"),
        (third, third.starts_at, "office_begun"),
    ):
        with pytest.raises(Conflict, match=code):
            booked(world, row, slot, now=now)


def test_probation_books_and_a_suspended_firm_does_not(world):
    row = mentored(world)
    first, second = published(world, count=2)
    row = judged(world, row, "warn", reason="里程碑逾期")
    booked(world, row, first)
    row = judged(world, row, "suspend", reason="停业整顿", until=date(2026, 12, 31))
    with pytest.raises(Conflict, match="office_not_active"):
        booked(world, row, second)


def test_hours_of_another_mentor_are_open_to_the_cohort_only_where_they_say_so(world):
    cohort = new_cohort(world)
    mentored(world, cohort=cohort)
    other = accepted(world, "owner2", cohort)
    closed = published(world)[0]
    opened = published(world, starts_at=tomorrow(world, 16), open_to_cohort=True)[0]
    with pytest.raises(Conflict, match="office_gone"):
        booked(world, other, closed, actor=world.owner2)
    assert booked(world, other, opened, actor=world.owner2).incubation == other


def test_firm_of_another_cohort_is_not_let_in(world):
    mentored(world, cohort=new_cohort(world))
    elsewhere = accepted(world, "owner2", new_cohort(world, title="另一批次"))
    opened = published(world, open_to_cohort=True)[0]
    with pytest.raises(Conflict, match="office_gone"):
        booked(world, elsewhere, opened, actor=world.owner2)


def test_hour_of_a_colleague_or_of_somebody_who_left_is_not_offered(world):
    row = mentored(world)
    slot = published(world)[0]
    membership = world.organisation("owner").memberships.get(user=world.member)
    membership.user = world.expert
    membership.save()
    with pytest.raises(Conflict, match="office_gone"):
        booked(world, row, slot)
    membership.user = world.member
    membership.save()
    world.expert.is_active = False
    world.expert.save()
    with pytest.raises(Conflict, match="office_gone"):
        booked(world, row, slot)


def test_firm_has_three_bookings_ahead_and_no_more(world):
    row = mentored(world)
    slots = published(world, count=4)
    for slot in slots[:3]:
        booked(world, row, slot)
    with pytest.raises(Conflict) as refusal:
        booked(world, row, slots[3])
    assert (refusal.value.code, refusal.value.params) == ("office_too_many", {"most": 3})


def test_firm_is_in_one_place_at_a_time(world):
    booking = booked(world)
    row = booking.incubation
    row.mentor = world.training
    row.save()
    copied = OfficeSlot.objects.get(pk=booking.slot_id)
    copied.pk, copied.uid, copied.mentor = None, uuid4(), world.training
    copied.save()
    with pytest.raises(Conflict, match="office_same_time"):
        booked(world, row, copied)


# --- Giving up, changing, cancelling


def test_firm_gives_a_booking_up_until_the_hour_begins(world):
    booking = booked(world)
    slot = booking.slot
    with pytest.raises(Conflict, match="office_begun"):
        office_hours.cancel_booking(booking=booking, actor=world.owner, now=slot.starts_at)
    moved = office_hours.cancel_booking(
        booking=booking, actor=world.member, now=slot.starts_at - timedelta(minutes=1)
    )
    assert moved.state == "cancelled"
    assert [who for who, _params in news("office_given_up")] == ["expert"]
    assert WorkItem.objects.open().filter(kind="office_booking").count() == 0
    slot.refresh_from_db()
    assert slot.sequence == 2
    assert booked(world, booking.incubation, slot).state == "booked"
    with pytest.raises(NotAllowed):
        office_hours.cancel_booking(booking=booking, actor=world.owner2, now=world.now)


def test_changed_hour_tells_the_firm_and_its_calendar(world):
    booking = booked(world)
    slot = change(world, booking.slot)
    assert (slot.starts_at, slot.minutes, slot.where) == (tomorrow(world, 15), 45, "线上")
    assert (slot.sequence, slot.changed_at, slot.version) == (2, world.now, 2)
    told = news("office_moved")
    assert {who for who, _params in told} == {"owner", "member"}
    assert (told[0][1]["when"], told[0][1]["reason"]) == ("2026-11-24T15:00+08:00", "上午有会")
    item = WorkItem.objects.open().get(kind="office_booking")
    assert item.params["when"] == "2026-11-24T15:00+08:00"


def test_change_of_a_free_hour_tells_nobody(world):
    mentored(world)
    change(world, published(world)[0])
    assert news("office_moved") == []


def test_change_is_refused_for_good_reasons(world):
    mentored(world)
    slot, other = published(world, count=2)
    refused = [
        ({"reason": " "}, Invalid, "reason_required"),
        ({"actor": world.staff}, NotAllowed, "role"),
        ({"expected_version": 7}, Conflict, "stale"),
        ({"starts_at": other.starts_at}, Conflict, "office_overlap"),
        ({"now": slot.starts_at, "starts_at": slot.ends_at}, Conflict, "office_begun"),
        ({"place": "", "link": ""}, Invalid, "office_where"),
    ]
    for changes, kind, code in refused:
        with pytest.raises(kind, match=code):
            change(world, slot, **changes)
    assert (
        change(world, slot, starts_at=slot.starts_at, minutes=30, expected_version=1).version == 2
    )
    cancel(world, other)
    with pytest.raises(Conflict, match="wrong_state"):
        change(world, other)


def test_another_expert_changes_nothing(world):
    mentored(world)
    slot = published(world)[0]
    slot.mentor = world.training
    slot.save()
    for deed in (change, cancel):
        with pytest.raises(NotAllowed):
            deed(world, slot)


def test_cancelled_hour_calls_the_booking_off_with_its_reason(world):
    booking = booked(world)
    slot = cancel(world, booking.slot)
    booking.refresh_from_db()
    assert (slot.state, slot.reason, slot.sequence) == ("cancelled", "出差", 2)
    assert (booking.state, booking.reason) == ("called_off", "出差")
    assert {who for who, _params in news("office_called_off")} == {"owner", "member"}
    assert WorkItem.objects.open().filter(kind="office_booking").count() == 0
    with pytest.raises(Conflict, match="wrong_state"):
        cancel(world, slot)


def test_hour_that_has_begun_or_without_a_reason_is_not_cancelled(world):
    booking = booked(world)
    with pytest.raises(Conflict, match="office_begun"):
        cancel(world, booking.slot, now=booking.slot.starts_at)
    with pytest.raises(Invalid, match="reason_required"):
        cancel(world, booking.slot, reason="")
    booking.refresh_from_db()
    assert (booking.state, booking.slot.state) == ("booked", "open")


def test_end_of_the_incubation_frees_what_the_firm_had_ahead(world):
    row = mentored(world)
    first, second = published(world, count=2)
    booking = booked(world, row, first)
    ended(world, row, "exit", "own_wish")
    booking.refresh_from_db()
    assert (booking.state, booking.reason) == ("called_off", "企业孵化已结束。")
    assert [who for who, _params in news("office_given_up")] == ["expert"]
    first.refresh_from_db()
    assert (first.state, first.sequence, second.state) == ("open", 2, "open")


# --- Afterwards


def test_mentor_records_what_came_of_it_and_mends_a_mistake(world):
    booking = booked(world)
    with pytest.raises(Conflict, match="office_not_over"):
        record(world, booking, now=booking.slot.starts_at)
    missed = record(world, booking, action="miss", note="")
    assert (missed.state, WorkItem.objects.open().filter(kind="office_booking").count()) == (
        "no_show", 0,
    )  # fmt: skip
    held = record(world, missed, expected_version=missed.version)
    assert (held.state, held.note) == ("held", "先画现状流程图。")
    told = [params["state"] for who, params in news("office_recorded") if who == "owner"]
    assert told == ["incubator.office_booking.no_show", "incubator.office_booking.held"]


def test_nobody_but_the_mentor_records(world):
    booking = booked(world)
    for stranger in (world.owner, world.staff, world.training):
        with pytest.raises(NotAllowed):
            record(world, booking, actor=stranger)
    with pytest.raises(NotAllowed):
        record(world, booking, action="cancel")


# --- Reminders


def test_reminder_comes_the_day_before_once_and_again_after_a_move(world, monkeypatch):
    booking = booked(world, slot=None)
    later = booked(
        world, booking.incubation, published(world, starts_at=tomorrow(world, days=2))[0]
    )
    monkeypatch.setattr("django.utils.timezone.now", lambda: world.now)
    assert remind_of_office_hours() == 3
    assert {who for who, _params in news("office_reminder")} == {"owner", "member", "expert"}
    assert office_hours.remind(now=world.now) == 0
    change(world, later.slot, starts_at=tomorrow(world, 17))
    assert office_hours.remind(now=world.now) == 3
    cancel(world, booking.slot)
    assert office_hours.remind(now=world.now + timedelta(days=3)) == 0
