"""Clouds behind one interface: a driver sets up and closes what a firm may hold.

A driver keeps nothing and knows no table. Both deeds are told the whole of what the account may
hold, so each may be done again at any time: an external effect happens at least once.
"""

from typing import Protocol

from incubator.domain.provisioning import Order, Provisioned


class CloudError(Exception):
    """A cloud did not do what it was told. ``code`` is a key of ``labels.cloud_reasons()``."""

    passing = False
    """Whether the same order may succeed by itself a little later."""

    def __init__(self, code: str, detail: str = "") -> None:
        """Keep the reason and, in the cloud's own words, what it answered."""
        self.code = code
        self.detail = detail
        super().__init__(f"{code} {detail}".strip())


class CloudRefused(CloudError):
    """A person has to look: settings, rights, or what the cloud holds already."""


class CloudUnavailable(CloudError):
    """No answer, or the answer that something is broken there."""

    passing = True


class Driver(Protocol):
    """A way of setting quota up. A change is ``provision`` with other limits."""

    remote: bool
    """Whether it speaks to an outside system, which a job does and no request."""
    tried: bool
    """Whether it has been used with a real cloud."""

    def provision(self, order: Order) -> Provisioned | None:
        """Have the account hold the order's limits; ``None`` where a person has to do it."""

    def revoke(self, order: Order) -> None:
        """Have the account hold nothing and let nobody in; one that is not there is no error."""
