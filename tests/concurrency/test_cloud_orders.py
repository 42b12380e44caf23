"""Jobs for one firm's cloud at the same moment: it ends up as our rows say."""

from collections import Counter
from decimal import Decimal

import pytest

from incubator.models import CloudOrder
from incubator.selectors.provisioning import account_of
from incubator.services import cloud_work, quota
from portal.domain.lifecycle import Refused
from portal.models import Job, WorkItem
from portal.services.delivery import run_job
from tests.concurrency.test_concurrency import all_at_once, code_of
from tests.incubator.drivers.cloud import fault
from tests.incubator.quota_story import cloud_pool, granted, set_up
from tests.world import World

# openstacksdk 4.22 warns of its own deprecations when it makes a proxy.
pytestmark = pytest.mark.filterwarnings("ignore::openstack.warnings.RemovedInSDK50Warning")
GRANTS = 6


@pytest.fixture
def world(transactional_db, now) -> World:
    return World(now)


def jobs() -> list[int]:
    """Return the jobs that wait for the cloud."""
    waiting = Job.objects.filter(task__endswith="carry_out").exclude(state="done")
    return list(waiting.order_by("pk").values_list("pk", flat=True))


def test_grants_of_a_firm_set_up_at_once_add_up(world, cloud):
    pool = cloud_pool(world)
    requests = [granted(world, pool, amount=Decimal(672)) for _number in range(GRANTS)]
    waiting = jobs()
    outcomes = all_at_once(
        lambda number: run_job(job_id=waiting[number], now=world.now), people=GRANTS
    )
    assert outcomes == [True] * GRANTS
    assert len(cloud.projects) == 1
    assert cloud.named(account_of(requests[0].organisation))["cores"] == GRANTS
    assert set(CloudOrder.objects.values_list("state", flat=True)) == {"done"}


def test_ending_while_others_are_set_up(world, cloud):
    pool = cloud_pool(world)
    ended = [set_up(world, pool, amount=Decimal(672)) for _number in range(GRANTS // 2)]
    for request in ended:
        quota.release(request=request, actor=world.owner, now=world.now)
    begun = [granted(world, pool, amount=Decimal(672)) for _number in range(GRANTS // 2)]
    waiting = jobs()
    assert len(waiting) == GRANTS
    all_at_once(lambda number: run_job(job_id=waiting[number], now=world.now), people=GRANTS)
    held = cloud.named(account_of(begun[0].organisation))
    assert (held["enabled"], held["cores"]) == (True, GRANTS // 2)


def test_same_job_in_many_hands_records_once(world, cloud):
    request = granted(world, cloud_pool(world), amount=Decimal(672))
    pk = request.orders.get().pk
    outcomes = all_at_once(lambda _number: cloud_work.carry_out(pk=pk, now=world.now), people=4)
    assert Counter(map(code_of, outcomes)) == {"done": 4}
    request.refresh_from_db()
    assert (request.state, request.version) == ("provisioned", 4)
    assert (len(cloud.projects), cloud.named(request.account)["cores"]) == (1, 1)


def test_person_and_driver_at_once_leave_one_account(world, cloud):
    request = granted(world, cloud_pool(world), amount=Decimal(672))
    pk = request.orders.get().pk

    def deed(number: int) -> object:
        if number:
            return cloud_work.carry_out(pk=pk, now=world.now)
        return quota.provision(
            request=request, account="vdc-7", actor=world.resources, now=world.now
        )

    by_person, _by_driver = all_at_once(deed, people=2)
    for job in jobs():
        run_job(job_id=job, now=world.now)
    request.refresh_from_db()
    firm = account_of(request.organisation)
    held = cloud.named(firm) if cloud.projects else {"enabled": False}
    if isinstance(by_person, Refused):
        assert (request.account, held["enabled"], by_person.code) == (firm, True, "wrong_state")
    else:
        assert (request.account, held["enabled"]) == ("vdc-7", False)


def test_two_managers_try_again_at_once(world, cloud):
    cloud.fail("POST", "/v3/projects", fault(403, "Forbidden", "x"))
    request = set_up(world, cloud_pool(world))

    def again(_number: int) -> object:
        return cloud_work.try_again(request=request, actor=world.resources, now=world.now)

    outcomes = all_at_once(again, people=2)
    assert Counter(map(code_of, outcomes)) == {"done": 1, "cloud_under_way": 1}
    assert len(jobs()) == 1
    assert WorkItem.objects.open().filter(kind="quota_provision").count() == 1
