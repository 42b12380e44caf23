"""Many firms book, and a mentor publishes, at the same moment: an hour is one firm's."""

from collections import Counter

import pytest

from incubator.models import OfficeBooking, OfficeSlot
from incubator.services import cohorts, incubation, office_hours
from portal.domain.identifiers import make_uscc
from portal.services.accounts import add_member
from portal.services.audit import verify_chain
from tests.concurrency.test_concurrency import all_at_once, code_of
from tests.incubator.cohorts_story import published as new_cohort
from tests.incubator.modules_story import admitted_firm
from tests.incubator.office_story import booked, mentored, published, tomorrow
from tests.world import World

FIRMS = 20


@pytest.fixture
def world(transactional_db, now) -> World:
    return World(now)


def members(world: World) -> list:
    """Return twenty firms of one cohort, all signed for by the same person."""
    cohort = new_cohort(world, capacity=FIRMS)
    rows = []
    for number in range(FIRMS):
        firm = admitted_firm(world, make_uscc("91", "630123", f"MAD{number:05d}"))
        add_member(
            user=world.learner, organisation=firm, role="firm_signer", actor=None, now=world.now
        )
        row = cohorts.offer_place(cohort=cohort, firm=firm, actor=world.staff, now=world.now)
        row = incubation.accept_offer(
            incubation=row, digest=cohort.agreement.digest, actor=world.learner, now=world.now
        )
        rows.append(
            incubation.assign_mentor(
                incubation=row, mentor=world.expert, actor=world.staff, now=world.now
            )
        )
    return rows


def test_twenty_firms_book_the_same_hour_and_one_has_it(world):
    rows = members(world)
    slot = published(world)[0]

    def book(number: int) -> object:
        return booked(world, rows[number], slot, actor=world.learner)

    outcomes = all_at_once(book, people=FIRMS)
    assert Counter(map(code_of, outcomes)) == {"done": 1, "office_taken": FIRMS - 1}
    assert OfficeBooking.objects.count() == 1
    assert verify_chain().broken is None


def test_one_firm_books_no_more_than_three_of_twelve_at_once(world):
    row = mentored(world)
    slots = published(world, count=12)
    outcomes = all_at_once(lambda number: booked(world, row, slots[number]), people=12)
    assert Counter(map(code_of, outcomes)) == {"done": 3, "office_too_many": 9}


def test_mentor_who_publishes_the_same_time_at_once_has_one_hour(world):
    mentored(world)
    outcomes = all_at_once(lambda _number: published(world), people=10)
    assert Counter(map(code_of, outcomes)) == {"done": 1, "office_overlap": 9}
    assert OfficeSlot.objects.count() == 1


def test_booking_and_cancelling_the_hour_at_once_never_leaves_a_booking_of_nothing(world):
    row = mentored(world)
    slot = published(world)[0]
    deeds = (
        lambda: booked(world, row, slot),
        lambda: office_hours.cancel_slot(
            slot=slot, reason="出差", actor=world.expert, now=world.now
        ),
        lambda: office_hours.change_slot(
            slot=slot, starts_at=tomorrow(world, 16), minutes=30, place="201", reason="改期",
            actor=world.expert, now=world.now,
        ),
    )  # fmt: skip
    outcomes = set(map(code_of, all_at_once(lambda number: deeds[number % 3](), people=12)))
    # Told why, every one of them: nobody is the victim of a deadlock.
    assert outcomes <= {"done", "wrong_state", "office_gone", "office_taken"}
    slot.refresh_from_db()
    assert slot.state == "cancelled"
    assert OfficeBooking.objects.taking().count() == 0
