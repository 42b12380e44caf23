"""What becomes of the account of a grant that another one replaces."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from incubator.models import ResourceRequest
from incubator.selectors.provisioning import account_of, accounts_to_close, is_to_close
from incubator.services import cloud_work, pools, quota
from portal.models import WorkItem
from tests.incubator.drivers.cloud import fault
from tests.incubator.quota_story import cloud_pool, granted, set_up, work

# openstacksdk 4.22 warns of its own deprecations when it makes a proxy.
pytestmark = pytest.mark.filterwarnings("ignore::openstack.warnings.RemovedInSDK50Warning")


def name_of(request: ResourceRequest) -> str:
    return account_of(request.organisation)


def by_hand(world, request: ResourceRequest, account: str) -> ResourceRequest:
    """Record that a person has set a grant up."""
    return quota.provision(request=request, account=account, actor=world.resources, now=world.now)


def changed(world, request: ResourceRequest, amount: int = 2688) -> ResourceRequest:
    """Return the approved change of a grant, after the worker had its turn."""
    following = granted(
        world, request.pool, previous=request, kind="change", amount=Decimal(amount)
    )
    work(world.now)
    following.refresh_from_db()
    request.refresh_from_db()
    return following


def drive(world, request: ResourceRequest, driver: str) -> None:
    """Have another driver, or a person, serve the pool from now on."""
    pools.choose_driver(pool=request.pool, driver=driver, actor=world.resources, now=world.now)
    request.pool.refresh_from_db()


def closings() -> list[str]:
    items = WorkItem.objects.open().filter(kind="quota_close")
    return [item.params["number"] for item in items]


def test_change_within_a_driver_keeps_the_account(world, cloud):
    request = set_up(world, cloud_pool(world))
    cores = cloud.named(name_of(request))["cores"]
    following = changed(world, request)
    assert (request.state, following.state) == ("released", "provisioned")
    held = cloud.named(name_of(request))
    assert (held["enabled"], held["cores"]) == (True, 2 * cores)
    assert not request.orders.filter(deed="revoke").exists()
    assert closings() == []


DECEMBER = date(2026, 12, 1)
ON_DECEMBER_1 = datetime(2026, 12, 1, 2, tzinfo=UTC)


def changed_from_december(world, request: ResourceRequest) -> ResourceRequest:
    """Return the change of a grant from next month on, after the worker had its turn."""
    change = {"previous": request, "kind": "change", "amount": Decimal(2688)}
    following = granted(world, request.pool, **change, first_month=DECEMBER, months=2)
    work(world.now)
    request.refresh_from_db()
    return following


def test_change_from_next_month_within_a_driver_begins_then(world, cloud):
    request = set_up(world, cloud_pool(world))
    cores = cloud.named(name_of(request))["cores"]
    following = changed_from_december(world, request)
    assert request.state == "provisioned"
    assert cloud.named(name_of(request))["cores"] == cores
    assert cloud_work.follow_calendar(now=ON_DECEMBER_1) == 2
    work(ON_DECEMBER_1)
    following.refresh_from_db()
    held = cloud.named(name_of(request))
    assert (following.state, held["enabled"], held["cores"]) == ("provisioned", True, 2 * cores)
    assert closings() == []


def test_change_from_next_month_to_a_driver_has_a_person_close_the_old_account_then(world, cloud):
    request = by_hand(world, set_up(world, cloud_pool(world, driver="manual")), "vdc-7")
    drive(world, request, "openstack")
    changed_from_december(world, request)
    assert closings() == []
    cloud_work.follow_calendar(now=ON_DECEMBER_1)
    assert closings() == [request.number]
    assert accounts_to_close(request, DECEMBER) == ["vdc-7"]


def test_change_from_next_month_by_hand_goes_on_in_the_same_account(world, cloud):
    request = by_hand(world, set_up(world, cloud_pool(world, driver="manual")), "vdc-7")
    changed_from_december(world, request)
    cloud_work.follow_calendar(now=ON_DECEMBER_1)
    assert (request.state, closings()) == ("provisioned", [])


def test_change_of_what_people_set_up_asks_for_no_closing(world, cloud):
    request = by_hand(world, set_up(world, cloud_pool(world, driver="manual")), "vdc-7")
    following = changed(world, request)
    assert (request.state, following.state, closings()) == ("released", "approved", [])


def test_change_from_hand_to_driver_has_a_person_close_the_old_account(world, cloud):
    request = by_hand(world, set_up(world, cloud_pool(world, driver="manual")), "vdc-7")
    drive(world, request, "openstack")
    following = changed(world, request)
    assert (following.state, following.account) == ("provisioned", name_of(request))
    assert closings() == [request.number]
    assert accounts_to_close(request, world.now.date()) == ["vdc-7"]


def test_change_from_driver_to_hand_has_the_driver_close_the_old_account(world, cloud):
    request = set_up(world, cloud_pool(world))
    drive(world, request, "manual")
    following = changed(world, request)
    assert following.state == "approved"
    assert dict(request.orders.values_list("deed", "state")) == {
        "provision": "done",
        "revoke": "done",
    }
    assert cloud.named(name_of(request))["enabled"] is False
    assert closings() == []


def test_change_loses_no_closing_that_waits_for_a_person(world, cloud):
    cloud.fail("PUT", "/v3", fault(403, "Forbidden", "x"))
    request = set_up(world, cloud_pool(world))
    by_hand(world, request, "vdc-7")
    work(world.now)
    request.refresh_from_db()
    assert accounts_to_close(request, world.now.date()) == [name_of(request)]  # not the one in use

    following = changed(world, request)

    assert request.state == "released"
    assert closings().count(request.number) == 1
    assert accounts_to_close(request, world.now.date()) == [name_of(request), "vdc-7"]
    cloud_work.record_closed(request=request, actor=world.resources, now=world.now)
    assert not is_to_close(request)
    assert accounts_to_close(request, world.now.date()) == []
    assert following.number not in closings()


def test_grant_given_back_before_it_was_set_up_names_the_drivers_account(world, cloud):
    cloud.fail("PUT", "/v3", fault(403, "Forbidden", "x"))
    request = set_up(world, cloud_pool(world))
    quota.release(request=request, actor=world.owner, now=world.now)
    work(world.now)
    request.refresh_from_db()
    assert (request.account, closings()) == ("", [request.number])
    assert accounts_to_close(request, world.now.date()) == [name_of(request)]
