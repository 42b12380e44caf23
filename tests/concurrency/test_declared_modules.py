"""A firm chooses modules while a colleague hands the version in: what was handed in stays."""

from collections import Counter

import pytest

from portal.services.audit import verify_chain
from tests.concurrency.test_concurrency import all_at_once, code_of
from tests.incubator.modules_story import contributed
from tests.village_pilot.story import NOTE, Story, fresh
from tests.world import World
from village_pilot.services.declared_modules import declare_modules
from village_pilot.services.deliverables import submit_version


@pytest.fixture
def world(transactional_db, now) -> World:
    return World(now)


def test_choices_end_where_one_hands_in(world):
    story = Story(world)
    releases = [contributed(world, "owner", f"hy-own-{number}").pk for number in range(4)]
    version = story.draft()
    seen: list[set[int]] = []

    def deed(number: int) -> None:
        mine = fresh(version)
        if number == 0:
            submit_version(version=mine, note=NOTE, actor=world.owner, now=world.now)
            seen.append(set(mine.declared_ids))
        else:
            declare_modules(
                version=mine,
                releases=releases[: number % 4],
                actor=world.member,
                now=world.now,
            )

    outcomes = all_at_once(deed, people=8)
    counted = Counter(map(code_of, outcomes))
    assert outcomes[0] is None
    assert counted["done"] + counted["not_editable"] == 8
    assert set(fresh(version).declared_ids) == seen[0]
    assert verify_chain().broken is None
