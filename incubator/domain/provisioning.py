"""Setting quota up in a cloud: what a driver is told, what it answers, what a grant allows there.

A grant is an amount a month (vCPU hours, gigabytes); a cloud knows limits of what may be there at
once. An order says what a firm's account may hold from now on, all of its grants together, so that
the same order may be carried out any number of times.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, Decimal
from typing import Final

from incubator.domain.quota import UNITS
from portal.domain.lifecycle import Invalid

DRIVERS: Final[Mapping[str, tuple[str, ...]]] = {
    "manual": tuple(UNITS),
    "openstack": ("vcpu", "storage"),
}
"""Ways of setting up, and the kinds of pools that each can serve."""
MANUAL: Final = "manual"
DEEDS: Final = ("provision", "revoke")
ORDER_STATES: Final = ("waiting", "done", "failed", "overtaken")
"""An order is overtaken when its grant ended, or a person set it up, before it was carried out."""
SHORTEST_MONTH_HOURS: Final = 28 * 24


@dataclass(frozen=True, slots=True)
class Order:
    """What a driver is to bring about: ``limits`` is the whole of it, by kind, in the pool's unit.

    ``key`` names the order; the same one may come again.
    """

    key: str
    account: str
    holder: str
    limits: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Provisioned:
    """What a driver set up: the account's name and its number in the cloud."""

    account: str
    reference: str


def require_driver(driver: str, kind: str) -> None:
    """Raise ``Invalid("driver_kind")`` where ``driver`` cannot serve a pool of ``kind``."""
    if kind not in DRIVERS.get(driver, ()):
        raise Invalid("driver_kind", fields={"driver": "driver_kind"})


def account_name(uscc: str | None, pk: int) -> str:
    """Return the name of a firm's account in a cloud; it never changes.

    >>> account_name("91630123MA7000001X", 5), account_name(None, 5)
    ('hy-91630123ma7000001x', 'hy-5')
    """
    return f"hy-{uscc.lower() if uscc else pk}"


def goes_on(driver: str | None, following: str, *, carried_out: bool = False) -> bool:
    """Return whether a grant goes on in the same account under the ``following`` driver.

    ``driver`` had the order to set it up, ``None`` where a person did that without any.

    >>> goes_on("openstack", "openstack", carried_out=True), goes_on(None, "openstack")
    (True, False)
    """
    if driver is None:
        return following == MANUAL
    return carried_out and driver == following


def accounts_left(own: str, account: str, *, order_left: bool, over: bool) -> list[str]:
    """Return the accounts that a person has to switch off, none twice.

    The firm's ``own`` one where the driver's order to close it was not carried out; the
    ``account`` that a person set up where the grant is over: one in use keeps the account it has.
    Where neither is known it can only be the firm's own.

    >>> accounts_left("hy-5", "zhang-1", order_left=True, over=True)
    ['hy-5', 'zhang-1']
    """
    left = [own] if order_left else []
    if over and account and account not in left:
        left.append(account)
    return left or [own]


def cores(hours: Decimal) -> int:
    """Return the fewest cores with which ``hours`` a month can be used up even in February.

    A cloud limits how many cores run at once, not hours: a firm that lets them run without a
    break may go over its hours, which the ledger records as use beyond the quota.

    >>> cores(Decimal(0)), cores(Decimal(1)), cores(Decimal(672)), cores(Decimal("672.01"))
    (0, 1, 1, 2)
    """
    return whole(hours / SHORTEST_MONTH_HOURS)


def whole(amount: Decimal) -> int:
    """Return ``amount`` rounded up.

    >>> whole(Decimal("0.5")), whole(Decimal(7))
    (1, 7)
    """
    return int(amount.to_integral_value(rounding=ROUND_CEILING))
