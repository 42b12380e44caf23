"""A name without a release is removed while its contributor begins one: one of them wins."""

from collections import Counter

import pytest

from incubator.models import ModuleRelease, SharedModule
from incubator.services import module_files, modules
from portal.services.audit import verify_chain
from tests.concurrency.test_concurrency import all_at_once, code_of
from tests.incubator.modules_story import module_of
from tests.world import World


@pytest.fixture
def world(transactional_db, now) -> World:
    return World(now)


def test_removal_and_first_release_at_the_same_moment(world):
    module = module_of(world)

    def deed(number: int) -> None:
        mine = SharedModule(pk=module.pk, name=module.name)
        if number % 2:
            modules.remove_module(module=mine, reason="误导", actor=world.staff, now=world.now)
        else:
            module_files.start_release(
                module=mine, number=f"1.{number}", actor=world.resources, now=world.now
            )

    outcomes = all_at_once(deed, people=12)
    counted = Counter(map(code_of, outcomes))
    begun = ModuleRelease.objects.count()
    if SharedModule.objects.exists():
        assert counted == {"done": 6, "module_in_use": 6}
        assert begun == 6
    else:
        assert counted == {"done": 1, "module_gone": 11}
        assert begun == 0
    assert verify_chain().broken is None
