"""The OpenStack driver against answers of OpenStack's shapes; it never saw a live cloud."""

import sys
from decimal import Decimal

import pytest
import requests

from incubator.domain.provisioning import Order
from incubator.drivers import CloudError, CloudRefused, CloudUnavailable
from incubator.drivers.manual import ManualDriver
from incubator.drivers.openstack import OpenStackDriver
from incubator.drivers.registry import driver_for
from tests.incubator.drivers.cloud import ADMIN, OPENSTACK, PASSWORD, fault

# openstacksdk 4.22 warns of its own deprecations when it makes a proxy.
pytestmark = pytest.mark.filterwarnings("ignore::openstack.warnings.RemovedInSDK50Warning")
NAME = "hy-91630123ma7000001x"
PK = f"{1:032x}"
QUOTAS = {
    "compute": ("PUT", f"/v2.1/os-quota-sets/{PK}"),
    "storage": ("PUT", f"/v3/{ADMIN}/os-quota-sets/{PK}"),
}


def order(**limits: int) -> Order:
    amounts = {kind: Decimal(amount) for kind, amount in limits.items()}
    return Order("HYZY-2026-000001-1:provision", NAME, "示例企业", amounts)


def broken(deed) -> CloudError:
    with pytest.raises(CloudError) as caught:
        deed()
    return caught.value


def test_first_order_makes_a_closed_project_limits_it_and_opens_it(cloud):
    made = OpenStackDriver().provision(order(vcpu=1000, storage=50))
    assert (made.account, made.reference) == (NAME, PK)
    assert cloud.named(NAME) == {
        "enabled": True, "cores": 2, "instances": 2, "ram": 8192, "gigabytes": 50,
    }  # fmt: skip
    deeds = [call for call in cloud.calls if call[0] != "GET"]
    assert deeds == [
        ("POST", "/v3/auth/tokens"), ("POST", "/v3/projects"), QUOTAS["compute"],
        QUOTAS["storage"], ("PATCH", f"/v3/projects/{PK}"),
    ]  # fmt: skip
    assert cloud.projects[PK]["tags"] == ["hy-portal"]
    assert cloud.projects[PK]["description"] == "示例企业"


def test_what_an_order_does_not_name_is_nothing_instead_of_the_clouds_default(cloud):
    OpenStackDriver().provision(order(storage=50))
    assert cloud.named(NAME) == {
        "enabled": True, "cores": 0, "instances": 0, "ram": 0, "gigabytes": 50,
    }  # fmt: skip


def test_same_order_again_changes_nothing(cloud):
    first = OpenStackDriver().provision(order(vcpu=672))
    before = cloud.named(NAME)
    assert OpenStackDriver().provision(order(vcpu=672)) == first
    assert (len(cloud.projects), cloud.named(NAME)) == (1, before)


def test_change_is_an_order_with_other_limits(cloud):
    OpenStackDriver().provision(order(vcpu=672))
    OpenStackDriver().provision(order(vcpu=6720, storage=1))
    assert (cloud.named(NAME)["cores"], cloud.named(NAME)["gigabytes"]) == (10, 1)
    assert '"force": true' in [r.body for r in cloud.seen if "8774" in r.url and r.body][-1]


def test_revoke_lets_nobody_in_and_allows_nothing_any_number_of_times(cloud):
    OpenStackDriver().provision(order(vcpu=672, storage=50))
    for _time in range(2):
        OpenStackDriver().revoke(order())
        assert cloud.named(NAME) == {
            "enabled": False, "cores": 0, "instances": 0, "ram": 0, "gigabytes": 0,
        }  # fmt: skip
    assert [call for call in cloud.calls if call[0] == "DELETE"] == []


def test_revoke_of_what_was_never_made_is_no_error(cloud):
    OpenStackDriver().revoke(order())
    assert cloud.projects == {}


def test_project_is_opened_again(cloud):
    OpenStackDriver().provision(order(vcpu=672))
    OpenStackDriver().revoke(order())
    OpenStackDriver().provision(order(vcpu=672))
    assert (cloud.named(NAME)["enabled"], cloud.named(NAME)["cores"]) == (True, 1)


def test_foreign_project_of_the_same_name_stays_as_it_is(cloud):
    cloud.answer("POST", "/v3/projects", {}, {"project": {
        "name": NAME, "domain_id": "default", "enabled": True, "tags": [],
    }})  # fmt: skip
    before = cloud.named(NAME)
    for deed in (OpenStackDriver().provision, OpenStackDriver().revoke):
        error = broken(lambda deed=deed: deed(order(vcpu=672)))
        assert (type(error), error.code) == (CloudRefused, "cloud_foreign")
    assert cloud.named(NAME) == before


def test_worker_that_was_faster_is_followed(cloud):
    """Two look for the project, both find none, one makes it: 409 for the other."""

    def make_first(method: str, path: str) -> None:
        if (method, path) == ("POST", "/v3/projects") and not cloud.projects:
            cloud.answer(method, path, {}, {"project": {
                "name": NAME, "domain_id": "default", "enabled": False, "tags": ["hy-portal"],
            }})  # fmt: skip

    cloud.before = make_first
    assert OpenStackDriver().provision(order(vcpu=672)).reference == PK
    assert len(cloud.projects) == 1


def test_conflict_that_no_project_explains(cloud):
    cloud.fail("POST", "/v3/projects", fault(409, "Conflict", "Something else."))
    error = broken(lambda: OpenStackDriver().provision(order(vcpu=672)))
    assert (error.code, error.passing) == ("cloud_conflict", False)
    assert "Something else." in error.detail


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/v3/projects"), ("POST", "/v3/projects"), ("PATCH", "/v3/projects"),
     ("PUT", "/v2.1/os-quota-sets"), ("PUT", f"/v3/{ADMIN}/os-quota-sets")],
)  # fmt: skip
@pytest.mark.parametrize(
    ("answer", "reason"),
    [(fault(401, "Unauthorized", "no"), ("cloud_login", CloudRefused)),
     (fault(403, "Forbidden", "not allowed by policy"), ("cloud_login", CloudRefused)),
     ((400, {"badRequest": {"code": 400, "message": "bad"}}), ("cloud_refused", CloudRefused)),
     ((429, {"overLimit": {"code": 429, "message": "later"}}), ("cloud_broken", CloudUnavailable)),
     ((500, {"computeFault": {"code": 500, "message": "x"}}), ("cloud_broken", CloudUnavailable)),
     (fault(503, "Service Unavailable", "x"), ("cloud_broken", CloudUnavailable)),
     (requests.exceptions.ReadTimeout("slow"), ("cloud_silent", CloudUnavailable)),
     (requests.exceptions.ConnectionError("gone"), ("cloud_silent", CloudUnavailable))],
)  # fmt: skip
def test_every_fault_has_its_reason(cloud, method, path, answer, reason):
    cloud.fail(method, path, answer)
    error = broken(lambda: OpenStackDriver().provision(order(vcpu=672)))
    assert (error.code, type(error)) == reason
    assert error.detail
    assert PASSWORD not in str(error)
    cloud.faults.clear()
    OpenStackDriver().provision(order(vcpu=672))
    assert (cloud.named(NAME)["enabled"], cloud.named(NAME)["cores"]) == (True, 1)


@pytest.mark.parametrize(
    ("answer", "code"),
    [(fault(500, "Internal Server Error", "x"), "cloud_broken"),
     (requests.exceptions.ConnectTimeout("slow"), "cloud_silent")],
)  # fmt: skip
def test_keystone_that_gives_no_token(cloud, answer, code):
    cloud.fail("POST", "/v3/auth/tokens", answer)
    assert broken(lambda: OpenStackDriver().revoke(order())).code == code


def test_wrong_password_is_told_without_it(cloud, settings):
    settings.OPENSTACK = OPENSTACK | {"password": "other-Secret-78"}
    error = broken(lambda: OpenStackDriver().provision(order(vcpu=672)))
    assert (error.code, "other-Secret-78" in error.detail) == ("cloud_login", False)


def test_cloud_without_block_storage(cloud):
    cloud.services = ("identity", "compute")
    error = broken(lambda: OpenStackDriver().provision(order(vcpu=672)))
    assert (error.code, error.passing) == ("cloud_no_service", False)


def test_block_storage_by_its_older_name(cloud):
    cloud.services = ("identity", "compute", "volumev3")
    OpenStackDriver().provision(order(storage=50))
    assert cloud.named(NAME)["gigabytes"] == 50


def test_compute_that_does_not_say_its_version_in_time(cloud):
    cloud.fail("GET", "/v2.1", requests.exceptions.ReadTimeout("slow"))
    cloud.fail("PUT", "/v2.1", requests.exceptions.ReadTimeout("slow"))
    error = broken(lambda: OpenStackDriver().provision(order(vcpu=672)))
    assert (error.code, error.passing) == ("cloud_silent", True)


def test_both_logs_bear_the_same_request_id(cloud):
    OpenStackDriver().provision(order(vcpu=672))
    OpenStackDriver().provision(order(vcpu=672))
    ids = {request.headers.get("X-OpenStack-Request-ID") for request in cloud.seen}
    ids -= {None}
    assert len(ids) == 1
    assert ids.pop().startswith("req-")


def test_missing_settings_are_named(cloud, settings):
    settings.OPENSTACK = OPENSTACK | {"auth_url": "", "password": ""}
    error = broken(lambda: OpenStackDriver().provision(order(vcpu=672)))
    assert (error.code, error.detail) == ("cloud_no_settings", "OS_AUTH_URL, OS_PASSWORD")
    assert cloud.calls == []


def test_missing_package_is_told(cloud, monkeypatch):
    for name in ("openstack", "openstack.connection"):
        monkeypatch.setitem(sys.modules, name, None)
    error = broken(lambda: OpenStackDriver().provision(order(vcpu=672)))
    assert (error.code, error.passing) == ("cloud_no_sdk", False)


def test_package_is_imported_only_when_it_is_used():
    import subprocess

    code = "import sys, incubator.drivers.registry; print('openstack' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", f"import django; django.setup(); {code}"],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert done.stdout.strip() == "False"


def test_manual_driver_leaves_everything_to_a_person():
    driver = driver_for("manual")
    assert isinstance(driver, ManualDriver)
    assert (driver.provision(order()), driver.revoke(order())) == (None, None)
    assert (driver.remote, driver.tried) == (False, True)
    assert isinstance(driver_for("openstack"), OpenStackDriver)
    assert (OpenStackDriver.remote, OpenStackDriver.tried) == (True, False)
    assert isinstance(driver_for("unknown"), ManualDriver)
