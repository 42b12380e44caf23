"""OpenStack: a project for each firm with limits of compute (Nova) and block storage (Cinder).

NOT TRIED ON A LIVE CLOUD. It was written from the public API reference and is tested against
answers of that shape (``tests/incubator/drivers``).

It needs the package ``openstacksdk`` (the extra ``openstack``), which is imported when the driver
is used, and an account whose settings come from the environment. A firm's project bears a tag of
ours: a project of the same name without it is somebody else's and stays as it is. Servers and
volumes are never deleted, and no person gets a login here.
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from django.conf import settings

from incubator.domain.provisioning import Order, Provisioned, cores, whole
from incubator.drivers import CloudRefused, CloudUnavailable

TAG = "hy-portal"
TIMEOUT = 20
"""Seconds that the cloud has for an answer."""
DETAIL = 300
NEEDED = ("auth_url", "username", "password", "project_name")
NO_SERVICE = {"EndpointNotFound", "CatalogException", "ConfigException"}
"""Exceptions of the library, by name: it is not there to be imported from."""
NOTHING = Decimal(0)


class OpenStackDriver:
    """Brings a firm's project to what an order says."""

    remote = True
    tried = False

    def provision(self, order: Order) -> Provisioned:
        """Find or make the project, set every limit that we manage, then let people in."""
        with cloud(order.key) as connection:
            project = find(connection, order.account) or create(connection, order)
            limit(connection, project, order)
            if not project.is_enabled:
                connection.identity.update_project(project, is_enabled=True)
        return Provisioned(account=order.account, reference=project.id)

    def revoke(self, order: Order) -> None:
        """Let nobody into the project any more and allow nothing in it; what runs is left."""
        with cloud(order.key) as connection:
            project = find(connection, order.account)
            if project is None:
                return
            connection.identity.update_project(project, is_enabled=False)
            limit(connection, project, Order(order.key, order.account, order.holder))


@contextmanager
def cloud(key: str) -> Iterator[Any]:
    """Open a connection and say every fault of it as one of ours.

    ``key`` goes along as the request id, so that both sides' logs can be laid side by side.
    """
    try:
        import openstack.connection  # noqa: PLC0415 an extra, not everybody has it
        from keystoneauth1 import exceptions as doors  # noqa: PLC0415 as above
        from keystoneauth1 import session  # noqa: PLC0415 as above
        from keystoneauth1.identity import v3  # noqa: PLC0415 as above
        from openstack import exceptions as faults  # noqa: PLC0415 as above
    except ImportError as error:
        raise CloudRefused("cloud_no_sdk", str(error)[:DETAIL]) from error
    values = account()
    opened = openstack.connection.Connection(
        session=session.Session(
            auth=v3.Password(**values),
            timeout=TIMEOUT,
            verify=settings.OPENSTACK["cacert"] or True,
        ),
        region_name=settings.OPENSTACK["region_name"] or None,
        global_request_id=f"req-{uuid.uuid5(uuid.NAMESPACE_URL, key)}",
    )
    try:
        yield opened
    except (doors.ClientException, faults.SDKException) as error:
        raise told(error) from error
    finally:
        opened.close()


def account() -> dict[str, str]:
    """Return how we log in, from the settings alone; raise where something is missing."""
    values = {name: settings.OPENSTACK[name] for name in NEEDED}
    missing = [f"OS_{name.upper()}" for name in NEEDED if not values[name]]
    if missing:
        raise CloudRefused("cloud_no_settings", ", ".join(missing))
    domains = ("user_domain_name", "project_domain_name")
    return values | {name: settings.OPENSTACK[name] for name in domains}


def told(error: Exception) -> CloudRefused | CloudUnavailable:
    """Return what a fault means for us; one without a status never reached the cloud."""
    status = getattr(error, "status_code", None) or getattr(error, "http_status", None)
    kinds = {kind.__name__ for kind in type(error).__mro__}
    name, text = type(error).__name__, str(error)
    detail = (text if text.startswith(name) else f"{name}: {text}")[:DETAIL]
    if status in {401, 403}:
        return CloudRefused("cloud_login", detail)
    if status == 409:
        return CloudRefused("cloud_conflict", detail)
    if isinstance(status, int) and (status >= 500 or status in {408, 429}):
        return CloudUnavailable("cloud_broken", detail)
    if isinstance(status, int) and status >= 400:
        return CloudRefused("cloud_refused", detail)
    if kinds & NO_SERVICE:
        return CloudRefused("cloud_no_service", detail)
    return CloudUnavailable("cloud_silent", detail)


def find(connection: Any, name: str) -> Any:
    """Return the firm's project or ``None``; raise where the name is somebody else's."""
    listed = connection.identity.projects(name=name, domain_id=settings.OPENSTACK["domain_id"])
    project = next(iter(listed), None)
    if project is not None and TAG not in (project.tags or []):
        raise CloudRefused("cloud_foreign", name)
    return project


def create(connection: Any, order: Order) -> Any:
    """Make the project, closed as yet; where another worker was faster, take that one."""
    from openstack import exceptions as faults  # noqa: PLC0415 see cloud()

    try:
        return connection.identity.create_project(
            name=order.account,
            domain_id=settings.OPENSTACK["domain_id"],
            description=order.holder,
            is_enabled=False,
            tags=[TAG],
        )
    except faults.ConflictException:
        project = find(connection, order.account)
        if project is None:
            raise
        return project


def limit(connection: Any, project: Any, order: Order) -> None:
    """Set the limits of compute and storage; what an order does not name is nothing.

    A new project begins with the cloud's own defaults, so both are always set. ``force`` lets
    Nova take a limit below what runs already: that goes on, and nothing can be added.
    """
    count = cores(order.limits.get("vcpu", NOTHING))
    connection.compute.update_quota_set(
        project,
        cores=count,
        instances=count,
        ram=count * settings.OPENSTACK["ram_mb"],
        force=True,
    )
    connection.block_storage.update_quota_set(
        project, gigabytes=whole(order.limits.get("storage", NOTHING))
    )
