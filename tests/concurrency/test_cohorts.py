"""Many offers, answers and bookings at the same moment: never one place too many."""

from collections import Counter

import pytest

from incubator.models import Cohort, Incubation
from incubator.services import cohorts, incubation
from portal.domain.identifiers import make_uscc
from portal.services.audit import verify_chain
from tests.concurrency.test_concurrency import all_at_once, code_of
from tests.incubator.cohorts_story import offered, published
from tests.incubator.modules_story import admitted_firm
from tests.world import World

OFFERS, PLACES = 60, 25


@pytest.fixture
def world(transactional_db, now) -> World:
    return World(now)


def firms(world: World, count: int) -> list:
    return [
        admitted_firm(world, make_uscc("91", "630123", f"MAD{number:05d}"))
        for number in range(count)
    ]


def test_sixty_offers_never_go_over_the_places(world):
    cohort = published(world, capacity=PLACES)
    waiting = firms(world, OFFERS)

    def offer(number: int) -> object:
        return cohorts.offer_place(
            cohort=cohort, firm=waiting[number], actor=world.staff, now=world.now
        )

    outcomes = all_at_once(offer, people=OFFERS)
    assert Counter(map(code_of, outcomes)) == {"done": PLACES, "cohort_full": OFFERS - PLACES}
    assert Cohort.objects.get().taken == Incubation.objects.count() == PLACES
    assert verify_chain().broken is None


def test_one_firm_is_offered_one_place_by_twenty(world):
    groups = [published(world, title=str(number)) for number in range(2)]
    [firm] = firms(world, 1)

    def offer(number: int) -> object:
        return cohorts.offer_place(
            cohort=groups[number % 2], firm=firm, actor=world.staff, now=world.now
        )

    outcomes = all_at_once(offer, people=20)
    assert Counter(map(code_of, outcomes)) == {"done": 1, "already_incubated": 19}
    assert sum(Cohort.objects.values_list("taken", flat=True)) == 1


def test_accepting_declining_and_taking_back_at_once_leaves_one_answer(world):
    row = offered(world)
    agreement = row.cohort.agreement
    deeds = (
        lambda: incubation.accept_offer(
            incubation=row, digest=agreement.digest, actor=world.owner, now=world.now
        ),
        lambda: incubation.decline_offer(incubation=row, actor=world.owner, now=world.now),
        lambda: incubation.withdraw_offer(
            incubation=row, reason="误发", actor=world.staff, now=world.now
        ),
    )
    outcomes = all_at_once(lambda number: deeds[number % 3](), people=30)
    assert Counter(map(code_of, outcomes)) == {"done": 1, "wrong_state": 29}
    row.refresh_from_db()
    assert Cohort.objects.get().taken == (1 if row.state == "active" else 0)
