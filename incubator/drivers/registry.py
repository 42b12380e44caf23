"""Which driver stands behind a pool's choice."""

from incubator.domain.provisioning import MANUAL
from incubator.drivers import Driver
from incubator.drivers.manual import ManualDriver
from incubator.drivers.openstack import OpenStackDriver


def driver_for(code: str) -> Driver:
    """Return a pool's driver, in its settings of this moment; an unknown one is a person."""
    found: dict[str, type[Driver]] = {MANUAL: ManualDriver, "openstack": OpenStackDriver}
    return found.get(code, ManualDriver)()
