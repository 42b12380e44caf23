"""What a grant allows in a cloud, and which driver serves which pool."""

from decimal import Decimal

import pytest

from incubator.domain.provisioning import (
    DRIVERS,
    account_name,
    accounts_left,
    cores,
    goes_on,
    require_driver,
    whole,
)
from incubator.domain.quota import UNITS
from portal.domain.lifecycle import Invalid


@pytest.mark.parametrize(
    ("hours", "expected"),
    [("0", 0), ("0.01", 1), ("672", 1), ("672.01", 2), ("1344", 2), ("9999999999", 14880953)],
)
def test_cores_can_use_the_hours_up_even_in_february(hours, expected):
    assert cores(Decimal(hours)) == expected
    assert cores(Decimal(hours)) * 28 * 24 >= Decimal(hours)


def test_amounts_are_rounded_up():
    assert [whole(Decimal(text)) for text in ("0", "0.01", "7.00", "7.5")] == [0, 1, 7, 8]


@pytest.mark.parametrize("kind", list(UNITS))
def test_manual_serves_every_kind_and_openstack_two(kind):
    require_driver("manual", kind)
    if kind in {"vcpu", "storage"}:
        require_driver("openstack", kind)
        return
    with pytest.raises(Invalid) as refusal:
        require_driver("openstack", kind)
    assert (refusal.value.code, refusal.value.fields) == ("driver_kind", {"driver": "driver_kind"})


def test_unknown_driver_serves_nothing():
    with pytest.raises(Invalid):
        require_driver("steam", "vcpu")
    assert set(DRIVERS) == {"manual", "openstack"}


def test_account_is_named_after_the_firm():
    assert account_name("91630123MA7000001X", 5) == "hy-91630123ma7000001x"
    assert account_name(None, 5) == "hy-5"


@pytest.mark.parametrize(
    ("driver", "following", "carried_out", "expected"),
    [
        (None, "manual", False, True),
        (None, "openstack", False, False),
        ("openstack", "openstack", True, True),
        ("openstack", "openstack", False, False),
        ("openstack", "manual", True, False),
    ],
)
def test_grant_goes_on_where_the_same_hands_set_it_up(driver, following, carried_out, expected):
    assert goes_on(driver, following, carried_out=carried_out) is expected


@pytest.mark.parametrize(
    ("account", "order_left", "over", "expected"),
    [
        ("zhang-1", True, True, ["hy-5", "zhang-1"]),
        ("zhang-1", True, False, ["hy-5"]),
        ("zhang-1", False, True, ["zhang-1"]),
        ("hy-5", True, True, ["hy-5"]),
        ("", False, True, ["hy-5"]),
        ("zhang-1", False, False, ["hy-5"]),
    ],
)
def test_accounts_left_are_those_nobody_switched_off(account, order_left, over, expected):
    assert accounts_left("hy-5", account, order_left=order_left, over=over) == expected
