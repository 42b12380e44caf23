"""Words of setting cloud quota up: drivers, orders to a cloud, why one failed."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portal.labels import Choices, add_refusals
from portal.labels.deeds import add_deeds

add_refusals(
    {
        "driver_kind": _("OpenStack can set up computing (vCPU) and storage only."),
        "cloud_under_way": _("This is under way already; reload the page in a moment."),
    }
)
add_deeds(
    {
        "incubator.pool.driver": _("Choose how a pool is set up"),
        "incubator.cloud.done": _("Order carried out in the cloud"),
        "incubator.cloud.failed": _("Order failed in the cloud"),
        "incubator.cloud.retry": _("Have an order to the cloud tried again"),
        "incubator.quota.closed": _("Record that resources are switched off"),
    }
)


def driver_names() -> Choices:
    """Ways of setting a pool's grants up."""
    return [
        ("manual", _("By hand (resource manager)")),
        ("openstack", _("OpenStack (not tried on a live cloud)")),
    ]


def order_deeds() -> Choices:
    """What an order asks of a cloud."""
    return [("provision", _("Set up")), ("revoke", _("Switch off"))]


def order_states() -> Choices:
    """How far an order is."""
    return [(code, name) for code, (name, _tone) in order_status().items()]


def order_status() -> dict[str, tuple[str | Promise, str]]:
    """How far an order is, with its tone."""
    return {
        "waiting": (_("Waits for the cloud"), "progress"),
        "done": (_("Carried out"), "good"),
        "failed": (_("Failed"), "bad"),
        "overtaken": (_("No longer needed"), "ended"),
    }


def cloud_reasons() -> dict[str, str | Promise]:
    """Why a cloud did not do what it was told, and what a resource manager can do."""
    return {
        "cloud_by_hand": _("This pool is set up by hand."),
        "cloud_no_sdk": _(
            "The package openstacksdk is not installed on this server. The operator can add it."
        ),
        "cloud_no_settings": _(
            "The server's settings lack the cloud's account. The operator can add them."
        ),
        "cloud_login": _("The cloud did not accept the portal's account, or it lacks rights."),
        "cloud_conflict": _("The cloud says that this contradicts what it holds."),
        "cloud_refused": _("The cloud refused the order."),
        "cloud_no_service": _("The cloud does not offer compute or block storage at this account."),
        "cloud_foreign": _(
            "The cloud has a project of this name that is not the portal's; it was not touched."
        ),
        "cloud_broken": _("The cloud answered that something is broken there."),
        "cloud_silent": _("The cloud did not answer in time, or could not be reached."),
        "cloud_restless": _("The firm's grants kept changing meanwhile."),
    }
