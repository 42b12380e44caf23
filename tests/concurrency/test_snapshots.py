"""Many publish the list at the same moment: it is published once, and the newest is its last."""

import pytest

from certification.models import ProviderListing
from certification.services.listings import refresh_listing
from certification.services.snapshots import KIND, publish_list
from portal.models import IssuedDocument
from tests.certification.rounds import NEW, Known
from tests.concurrency.test_concurrency import all_at_once, code_of
from tests.world import World

PUBLISHERS = 8


@pytest.fixture
def world(transactional_db, now) -> World:
    return World(now)


def test_list_is_published_once_by_many(world):
    firm = world.organisation("owner")
    refresh_listing(organisation_id=firm.pk, now=world.now, gather=Known({firm.pk: NEW}))

    for turn in (1, 2, 3):
        ProviderListing.objects.update(name=f"示例公司{turn}")
        outcomes = all_at_once(lambda _number: publish_list(now=world.now), people=PUBLISHERS)
        assert {code_of(outcome) for outcome in outcomes} == {"done"}
        assert sum(outcome is not None for outcome in outcomes) == 1
        issued = IssuedDocument.objects.filter(kind=KIND)
        assert (issued.count(), issued.filter(state="valid").count()) == (turn, 1)
        newest = issued.get(state="valid").payload["providers"]
        assert [row["name"] for row in newest] == [f"示例公司{turn}"]
