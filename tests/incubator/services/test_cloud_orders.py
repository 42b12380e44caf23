"""Orders to clouds: placed with the deed that they follow from, carried out by the worker."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
import requests
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django_q.models import Schedule

from incubator import tasks
from incubator.models import CloudOrder, ResourcePool, ResourceRequest
from incubator.selectors import provisioning as reads
from incubator.services import cloud_work, pools, quota
from portal.domain.lifecycle import Conflict, Invalid, NotAllowed
from portal.models import AuditEntry, Job, Notification, WorkItem
from portal.services.delivery import run_job
from tests.incubator.drivers.cloud import fault
from tests.incubator.quota_story import MONTH, cloud_pool, granted, set_up, work

# openstacksdk 4.22 warns of its own deprecations when it makes a proxy.
pytestmark = pytest.mark.filterwarnings("ignore::openstack.warnings.RemovedInSDK50Warning")
DAY = timedelta(days=1)


def name_of(request: ResourceRequest) -> str:
    return reads.account_of(request.organisation)


def states(request: ResourceRequest) -> dict[str, str]:
    return dict(request.orders.values_list("deed", "state"))


def try_once(request: ResourceRequest, now: datetime) -> None:
    """Let a worker take the job of the order to set ``request`` up, once."""
    run_job(job_id=Job.objects.get(key=request.orders.get(deed="provision").key).pk, now=now)


def open_items(kind: str) -> int:
    return WorkItem.objects.open().filter(kind=kind).count()


# --- Choosing the driver


def test_driver_only_by_the_resource_manager_and_only_where_it_serves(world):
    pool = cloud_pool(world, driver="manual")
    deed = {"pool": pool, "driver": "openstack", "now": world.now}
    with pytest.raises(NotAllowed):
        pools.choose_driver(**deed, actor=world.staff)
    assert pools.choose_driver(**deed, actor=world.resources).driver == "openstack"
    gpu = cloud_pool(world, kind="gpu", driver="manual")
    with pytest.raises(Invalid) as refusal:
        pools.choose_driver(pool=gpu, driver="openstack", actor=world.resources, now=world.now)
    assert refusal.value.code == "driver_kind"
    with pytest.raises(IntegrityError), transaction.atomic():
        ResourcePool.objects.filter(pk=gpu.pk).update(driver="openstack")


def test_new_pool_of_a_kind_that_the_driver_cannot_serve(world):
    with pytest.raises(Invalid) as refusal:
        cloud_pool(world, kind="sms")
    assert (refusal.value.code, ResourcePool.objects.count()) == ("driver_kind", 0)


def test_pool_set_up_by_hand_asks_a_person_and_no_cloud(world, cloud):
    request = set_up(world, cloud_pool(world, driver="manual"))
    assert (request.state, states(request), open_items("quota_provision")) == ("approved", {}, 1)
    assert cloud.calls == []


# --- Setting up


def test_approval_has_the_driver_set_it_up_in_the_systems_name(world, cloud):
    request = set_up(world, cloud_pool(world))
    assert (request.state, request.account) == ("provisioned", name_of(request))
    assert "资源管理员" in request.access_note
    assert request.provisioned_at == world.now
    assert cloud.named(name_of(request))["cores"] == 2
    order = request.orders.get()
    assert (order.state, order.tries, order.reference) == ("done", 1, f"{1:032x}")
    assert open_items("quota_provision") == 0
    deeds = ("incubator.cloud.done", "incubator.resource_request.provision")
    entries = AuditEntry.objects.filter(action__in=deeds)
    assert {entry.actor_name for entry in entries} == {"system"}
    assert entries.count() == 2
    assert Notification.objects.filter(kind="quota_ready", user=world.owner).count() == 1


def test_job_that_runs_again_changes_nothing(world, cloud):
    request = set_up(world, cloud_pool(world))
    before, audited = cloud.named(name_of(request)), AuditEntry.objects.count()
    cloud_work.carry_out(pk=request.orders.get().pk, now=world.now)
    assert (cloud.named(name_of(request)), len(cloud.projects)) == (before, 1)
    assert AuditEntry.objects.count() == audited
    assert Notification.objects.filter(kind="quota_ready", user=world.owner).count() == 1


def test_grants_of_a_firm_add_up_in_one_project(world, cloud):
    pool, storage = cloud_pool(world), cloud_pool(world, kind="storage")
    first = set_up(world, pool)
    set_up(world, pool, amount=Decimal(672))
    set_up(world, storage, amount=Decimal(50))
    held = cloud.named(name_of(first))
    assert (held["cores"], held["gigabytes"], len(cloud.projects)) == (3, 50, 1)
    quota.release(request=first, actor=world.owner, now=world.now)
    work(world.now)
    held = cloud.named(name_of(first))
    assert (held["enabled"], held["cores"], held["gigabytes"]) == (True, 1, 50)
    assert states(first) == {"provision": "done", "revoke": "done"}


def test_firms_have_projects_of_their_own(world, cloud):
    pool = cloud_pool(world)
    set_up(world, pool)
    set_up(world, pool, login="owner2")
    assert len(cloud.projects) == 2


def test_own_words_about_getting_in(world, cloud, settings):
    settings.OPENSTACK = settings.OPENSTACK | {"access_note": "在 https://cloud.example 登录"}
    assert "https://cloud.example" in set_up(world, cloud_pool(world)).access_note


def test_grant_that_begins_later_is_set_up_on_its_first_day(world, cloud):
    request = set_up(world, cloud_pool(world), first_month=date(2026, 12, 1))
    assert (states(request), cloud.calls) == ({"provision": "waiting"}, [])
    first_night = world.now + 8 * DAY
    assert cloud_work.follow_calendar(now=first_night - DAY) == 0
    for _time in range(2):
        assert cloud_work.follow_calendar(now=first_night) == 1
    work(first_night)
    request.refresh_from_db()
    assert request.state == "provisioned"
    assert cloud_work.follow_calendar(now=first_night) == 0


# --- Failing


def test_failure_that_stays_waits_for_the_manager_with_its_reason(world, cloud):
    cloud.fail("POST", "/v3/projects", fault(403, "Forbidden", "not by policy"))
    request = set_up(world, cloud_pool(world))
    order = request.orders.get()
    assert (request.state, order.state, order.reason, order.tries) == (
        "approved", "failed", "cloud_login", 1,
    )  # fmt: skip
    assert "not by policy" in order.detail
    assert open_items("quota_provision") == 1
    assert Job.objects.get(key=order.key).state == "done"
    assert AuditEntry.objects.filter(action="incubator.cloud.failed").count() == 1
    assert reads.limits_of(request.organisation_id, "openstack", MONTH) == {}


def test_failure_that_may_pass_is_tried_three_times(world, cloud):
    cloud.fail("PUT", "/v2.1", requests.exceptions.ReadTimeout("slow"))
    request = granted(world, cloud_pool(world), amount=Decimal(672))
    now, seen = world.now, []
    for _attempt in range(3):
        try_once(request, now)
        order = request.orders.get()
        seen.append((order.state, order.reason, order.tries, open_items("quota_provision")))
        now += timedelta(minutes=3)
    assert seen == [
        ("waiting", "cloud_silent", 1, 0), ("waiting", "cloud_silent", 2, 0),
        ("failed", "cloud_silent", 3, 1),
    ]  # fmt: skip
    assert WorkItem.objects.filter(kind="job_parked").count() == 0


def test_cloud_that_comes_back_is_used_by_itself(world, cloud):
    cloud.fail("POST", "/v3/auth", fault(503, "Service Unavailable", "x"))
    request = granted(world, cloud_pool(world), amount=Decimal(672))
    try_once(request, world.now)
    assert request.orders.get().reason == "cloud_broken"
    cloud.faults.clear()
    try_once(request, world.now + timedelta(minutes=3))
    request.refresh_from_db()
    order = request.orders.get()
    assert (request.state, order.state, order.reason) == ("provisioned", "done", "")


def test_manager_has_it_tried_again(world, cloud):
    cloud.fail("POST", "/v3/projects", fault(403, "Forbidden", "x"))
    request = set_up(world, cloud_pool(world))
    cloud.faults.clear()
    deed = {"request": request, "now": world.now}
    with pytest.raises(NotAllowed):
        cloud_work.try_again(**deed, actor=world.owner)
    with pytest.raises(Conflict) as refusal:
        cloud_work.try_again(**deed, actor=world.resources, expected_version=1)
    assert refusal.value.code == "stale"
    cloud_work.try_again(**deed, actor=world.resources, expected_version=request.version)
    with pytest.raises(Conflict) as refusal:
        cloud_work.try_again(**deed, actor=world.resources)
    assert refusal.value.code == "cloud_under_way"
    work(world.now)
    request.refresh_from_db()
    assert (request.state, request.orders.get().round) == ("provisioned", 2)
    assert open_items("quota_provision") == 0


def test_nothing_to_try_again_without_an_order(world, cloud):
    request = set_up(world, cloud_pool(world, driver="manual"))
    with pytest.raises(Conflict):
        cloud_work.try_again(request=request, actor=world.resources, now=world.now)


def test_order_for_a_driver_that_leaves_it_to_people(world, cloud):
    request = granted(world, cloud_pool(world), amount=Decimal(672))
    request.orders.update(driver="manual")
    work(world.now)
    assert request.orders.get().reason == "cloud_by_hand"
    assert open_items("quota_provision") == 1


def test_order_that_got_lost_is_given_to_a_person_after_a_day(world, cloud):
    request = granted(world, cloud_pool(world), amount=Decimal(672))
    order = request.orders.get()
    CloudOrder.objects.update(tried_at=world.now, tries=3)
    assert cloud_work.follow_calendar(now=world.now + DAY) == 0
    assert cloud_work.follow_calendar(now=world.now + DAY * 1.01) == 1
    order.refresh_from_db()
    assert (order.state, order.reason) == ("failed", "cloud_silent")
    cloud_work.give_up(order, now=world.now)
    assert open_items("quota_provision") == 1


# --- A person is faster


def test_person_sets_it_up_before_the_driver(world, cloud):
    request = granted(world, cloud_pool(world), amount=Decimal(672))
    quota.provision(request=request, account="vdc-7", actor=world.resources, now=world.now)
    work(world.now)
    assert (states(request), cloud.calls) == ({"provision": "overtaken"}, [])


def test_person_sets_it_up_elsewhere_after_the_driver_failed_half_way(world, cloud):
    cloud.fail("PUT", "/v3", fault(403, "Forbidden", "x"))
    request = set_up(world, cloud_pool(world))
    assert cloud.named(name_of(request))["cores"] == 2
    cloud.faults.clear()
    quota.provision(request=request, account="vdc-7", actor=world.resources, now=world.now)
    work(world.now)
    assert states(request) == {"provision": "overtaken", "revoke": "done"}
    assert cloud.named(name_of(request))["cores"] == 0
    quota.release(request=request, actor=world.owner, now=world.now)
    work(world.now)
    assert open_items("quota_close") == 1


def test_person_records_the_firms_own_project(world, cloud):
    request = granted(world, cloud_pool(world), amount=Decimal(672))
    account = name_of(request)
    quota.provision(request=request, account=account, actor=world.resources, now=world.now)
    work(world.now)
    assert states(request) == {"provision": "done"}
    assert cloud.named(account)["cores"] == 1
    quota.release(request=request, actor=world.owner, now=world.now)
    work(world.now)
    assert cloud.named(account)["enabled"] is False
    assert open_items("quota_close") == 0


def test_person_is_faster_while_the_driver_speaks_to_the_cloud(world, cloud):
    request = granted(world, cloud_pool(world), amount=Decimal(672))

    def meanwhile(method: str, _path: str) -> None:
        if method == "PATCH" and ResourceRequest.objects.get().state == "approved":
            quota.provision(request=request, account="vdc-7", actor=world.resources, now=world.now)

    cloud.before = meanwhile
    work(world.now)
    request.refresh_from_db()
    assert (request.account, states(request)["provision"]) == ("vdc-7", "overtaken")
    assert cloud.named(name_of(request))["enabled"] is False


# --- Closing


@pytest.mark.parametrize("ending", ["release", "revoke"])
def test_ending_closes_through_the_driver(world, cloud, ending):
    request = set_up(world, cloud_pool(world))
    if ending == "release":
        quota.release(request=request, actor=world.owner, now=world.now)
    else:
        quota.revoke(request=request, reason="违规", actor=world.resources, now=world.now)
    work(world.now)
    assert states(request) == {"provision": "done", "revoke": "done"}
    held = cloud.named(name_of(request))
    assert (held["enabled"], held["cores"]) == (False, 0)
    assert open_items("quota_close") == 0


def test_revoked_before_anything_was_tried_needs_nobody(world, cloud):
    request = granted(world, cloud_pool(world), amount=Decimal(672))
    quota.revoke(request=request, reason="x", actor=None, now=world.now)
    work(world.now)
    assert (states(request), cloud.calls) == ({"provision": "overtaken"}, [])


def test_revoked_while_the_driver_speaks_to_the_cloud(world, cloud):
    request = granted(world, cloud_pool(world), amount=Decimal(672))

    def meanwhile(method: str, path: str) -> None:
        if path.startswith("/v2.1/os") and ResourceRequest.objects.get().state == "approved":
            quota.revoke(request=request, reason="x", actor=world.resources, now=world.now)

    cloud.before = meanwhile
    work(world.now)
    request.refresh_from_db()
    assert (request.state, request.account) == ("revoked", "")
    assert states(request) == {"provision": "overtaken", "revoke": "done"}
    assert cloud.named(name_of(request))["enabled"] is False


def test_failure_of_what_was_overtaken_is_told_by_the_order_that_closes_it(world, cloud):
    request = granted(world, cloud_pool(world), amount=Decimal(672))

    def meanwhile(method: str, path: str) -> None:
        if path.startswith("/v2.1/os") and ResourceRequest.objects.get().state == "approved":
            quota.revoke(request=request, reason="x", actor=world.resources, now=world.now)
            cloud.fail("PUT", "/v3", fault(403, "Forbidden", "x"))

    cloud.before = meanwhile
    work(world.now)
    assert states(request) == {"provision": "overtaken", "revoke": "failed"}
    assert (open_items("quota_provision"), open_items("quota_close")) == (0, 1)


def test_order_to_close_that_waits_already_is_not_written_twice(world, cloud):
    cloud.fail("PUT", "/v3", fault(403, "Forbidden", "x"))
    request = set_up(world, cloud_pool(world))
    cloud.faults.clear()
    quota.provision(request=request, account="vdc-7", actor=world.resources, now=world.now)
    quota.release(request=request, actor=world.owner, now=world.now)
    assert request.orders.get(deed="revoke").round == 1
    work(world.now)
    assert (states(request)["revoke"], open_items("quota_close")) == ("done", 1)


def test_worker_that_died_after_a_revocation_leaves_nothing_open(world, cloud):
    """The first attempt may have reached the cloud after the other job had closed it."""
    request = set_up(world, cloud_pool(world))
    quota.release(request=request, actor=world.owner, now=world.now)
    work(world.now)
    request.orders.filter(deed="provision").update(state="overtaken")
    cloud.projects[f"{1:032x}"]["enabled"] = True
    cloud_work.carry_out(pk=request.orders.get(deed="provision").pk, now=world.now)
    assert cloud.named(name_of(request))["enabled"] is False


def test_closing_that_fails_asks_a_person_who_records_it(world, cloud):
    request = set_up(world, cloud_pool(world))
    cloud.fail("PATCH", "/v3/projects", fault(403, "Forbidden", "x"))
    quota.release(request=request, actor=world.owner, now=world.now)
    work(world.now)
    request.refresh_from_db()
    assert states(request) == {"provision": "done", "revoke": "failed"}
    assert open_items("quota_close") == 1
    deed = {"request": request, "now": world.now}
    with pytest.raises(NotAllowed):
        cloud_work.record_closed(**deed, actor=world.owner)
    with pytest.raises(Conflict) as refusal:
        cloud_work.record_closed(**deed, actor=world.resources, expected_version=1)
    assert refusal.value.code == "stale"
    cloud_work.record_closed(**deed, actor=world.resources, expected_version=request.version)
    assert (open_items("quota_close"), states(request)["revoke"]) == (0, "overtaken")
    with pytest.raises(Conflict) as refusal:
        cloud_work.record_closed(**deed, actor=world.resources)
    assert refusal.value.code == "wrong_state"


def test_closing_that_succeeds_at_last_closes_the_work_item(world, cloud):
    request = set_up(world, cloud_pool(world))
    cloud.fail("PATCH", "/v3/projects", fault(403, "Forbidden", "x"))
    quota.release(request=request, actor=world.owner, now=world.now)
    work(world.now)
    cloud.faults.clear()
    cloud_work.try_again(request=request, actor=world.resources, now=world.now)
    work(world.now)
    assert (open_items("quota_close"), states(request)["revoke"]) == (0, "done")


def test_what_a_person_set_up_is_recorded_as_closed(world):
    request = granted(world, cloud_pool(world, driver="manual"), amount=Decimal(672))
    quota.provision(request=request, account="p", actor=world.resources, now=world.now)
    request = quota.release(request=request, actor=world.owner, now=world.now)
    assert reads.is_to_close(request) is True
    cloud_work.record_closed(request=request, actor=world.resources, now=world.now)
    assert reads.is_to_close(request) is False


# --- The calendar


def test_expired_grant_is_closed_once(world, cloud):
    request = set_up(world, cloud_pool(world), months=1)
    after = datetime(2026, 12, 1, 0, 10, tzinfo=world.now.tzinfo)
    assert cloud_work.follow_calendar(now=after - DAY) == 0
    assert [cloud_work.follow_calendar(now=after) for _time in range(2)] == [1, 0]
    work(after)
    assert (states(request)["revoke"], cloud.named(name_of(request))["enabled"]) == ("done", False)
    request.refresh_from_db()
    assert request.state == "provisioned"


def test_renewal_goes_on_in_the_same_project_without_a_break(world, cloud):
    pool = cloud_pool(world)
    first = set_up(world, pool, months=1)
    set_up(
        world, pool, previous=first, kind="renewal", first_month=date(2026, 12, 1),
        amount=Decimal(2016),
    )  # fmt: skip
    assert cloud.named(name_of(first))["cores"] == 2
    after = datetime(2026, 12, 1, 0, 10, tzinfo=world.now.tzinfo)
    enabled = []
    cloud.before = lambda _method, _path: enabled.append(cloud.named(name_of(first))["enabled"])
    assert cloud_work.follow_calendar(now=after) == 2
    work(after)
    assert set(enabled) == {True}
    assert cloud.named(name_of(first))["cores"] == 3


def test_change_takes_the_place_in_the_same_project(world, cloud):
    pool = cloud_pool(world)
    first = set_up(world, pool)
    set_up(world, pool, previous=first, kind="change", amount=Decimal(672))
    assert cloud.named(name_of(first))["cores"] == 1


def test_expired_grant_set_up_by_hand_asks_a_person_once(world):
    pool = cloud_pool(world, driver="manual")
    alone = granted(world, pool, months=1, amount=Decimal(672))
    followed = granted(world, pool, months=1, amount=Decimal(672))
    for request in (alone, followed):
        quota.provision(request=request, account="p", actor=world.resources, now=world.now)
    granted(world, pool, previous=followed, kind="renewal", first_month=date(2026, 12, 1))
    after = world.now + 8 * DAY
    assert [cloud_work.follow_calendar(now=after) for _time in range(2)] == [1, 0]
    assert open_items("quota_close") == 1
    cloud_work.record_closed(request=alone, actor=world.resources, now=after)
    assert cloud_work.follow_calendar(now=after + DAY) == 0


def test_grant_that_was_ended_a_moment_ago_is_left_alone(world, cloud):
    request = set_up(world, cloud_pool(world), months=1)
    stale = ResourceRequest.objects.get(pk=request.pk)
    quota.release(request=request, actor=world.owner, now=world.now)
    orders = states(request)
    cloud_work.close_over(stale, now=world.now)
    assert states(request) == orders


def test_grant_that_expired_before_it_was_set_up(world, cloud):
    cloud.fail("POST", "/v3/projects", fault(403, "Forbidden", "x"))
    request = set_up(world, cloud_pool(world), months=1)
    cloud.faults.clear()
    after = world.now + 8 * DAY
    cloud_work.try_again(request=request, actor=world.resources, now=after)
    work(after)
    request.refresh_from_db()
    assert (request.state, states(request)) == ("approved", {"provision": "overtaken"})
    assert cloud.projects == {}


def test_grants_that_never_stop_changing_are_tried_later(world, cloud, monkeypatch):
    monkeypatch.setattr(cloud_work, "ROUNDS", 0)
    request = set_up(world, cloud_pool(world))
    assert request.orders.get().reason == "cloud_restless"


def test_clouds_follow_the_calendar_every_night(world):
    schedule = Schedule.objects.get(name="quota_cloud")
    assert (schedule.func, schedule.schedule_type) == ("incubator.tasks.follow_calendar", "D")
    assert tasks.follow_calendar() == 0


# --- What the database holds


def test_order_is_written_once_and_a_failure_says_why(world, cloud):
    request = granted(world, cloud_pool(world), amount=Decimal(672))
    values = {"request": request, "driver": "openstack", "due_on": MONTH, "asked_at": world.now}
    for wrong in ({"deed": "provision"}, {"deed": "paint"}, {"deed": "revoke", "state": "lost"},
                  {"deed": "revoke", "state": "failed"}):  # fmt: skip
        with pytest.raises(IntegrityError), transaction.atomic():
            CloudOrder.objects.create(**values | wrong)
    assert str(request.orders.get()) == f"provision {request.pk}"


def test_no_secret_reaches_the_database(world, cloud, tmp_path):
    cloud.fail("PUT", "/v3", fault(403, "Forbidden", "x"))
    set_up(world, cloud_pool(world))
    cloud.fail("POST", "/v3/auth", fault(401, "Unauthorized", "x"))
    set_up(world, cloud_pool(world, kind="storage"))
    dump = tmp_path / "dump.json"
    call_command("dumpdata", "incubator", "portal", output=str(dump))
    text = dump.read_text(encoding="utf-8")
    assert "cloud_login" in text
    assert "stack-Secret-77" not in text
    assert "gAAAAABf-token" not in text
