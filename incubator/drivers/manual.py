"""A person sets up and closes: the resource manager, from the task inbox."""

from incubator.domain.provisioning import Order


class ManualDriver:
    """Does nothing by itself; who uses it opens a work item."""

    remote = False
    tried = True

    def provision(self, order: Order) -> None:
        """Leave it to a person."""

    def revoke(self, order: Order) -> None:
        """Leave it to a person."""
