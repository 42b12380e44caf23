"""portal's own places on the home page and in the workspace."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from wagtail import hooks

from portal.domain.roles import Role
from portal.selectors.public import running_notices


@hooks.register("portal_home_context")
def home_notices(_request: HttpRequest) -> dict[str, list[Any]]:
    """Notices whose window is open, for the home page."""
    rows = running_notices(timezone.localdate())
    return {
        "notices": [
            {
                "url": reverse("portal:notice", args=[row.notice.number]),
                "title": row.notice.local_title,
                "opens_on": row.notice.opens_on,
                "closes_on": row.notice.closes_on,
                "days_left": row.days_left,
            }
            for row in rows
        ]
    }


@hooks.register("portal_workspace_tabs")
def workspace_tabs(_request: HttpRequest) -> list[dict[str, Any]]:
    """The inbox first; settings and the administrators' pages last."""
    return [
        tab(0, reverse("portal:workspace"), _("To do"), "inbox"),
        tab(80, reverse("portal:notifications"), _("Messages"), "bell"),
        tab(85, reverse("portal:organisations"), _("My organisation"), "building"),
        tab(86, reverse("portal:documents"), _("My documents"), "file-text"),
        tab(84, reverse("portal:objections"), _("Objections"), "message-2", Role.STAFF, Role.LEAD),
        tab(87, reverse("portal:archive"), _("Archive package"), "archive", Role.STAFF, Role.LEAD),
        tab(90, reverse("portal:profile"), _("My details"), "user"),
        tab(91, reverse("portal:people"), _("People and roles"), "users", Role.SECURITY_ADMIN),
        tab(
            91,
            reverse("portal:data_requests"),
            _("Data requests"),
            "shield-check",
            Role.SECURITY_ADMIN,
        ),
        tab(
            92,
            reverse("portal:factor_resets"),
            _("Lost second factors"),
            "shield-check",
            Role.SECURITY_ADMIN,
            Role.SYSTEM_ADMIN,
            Role.AUDITOR,
        ),
        tab(92, reverse("portal:jobs"), _("Background work"), "progress", Role.SYSTEM_ADMIN),
        tab(92, reverse("portal:backups"), _("Backups"), "archive", Role.SYSTEM_ADMIN),
        tab(93, reverse("portal:audit"), _("Audit trail"), "history", Role.AUDITOR),
    ]


def tab(order: int, url: str, label: str, icon: str, *roles: str) -> dict[str, Any]:
    """Return a workspace tab; without roles it is everybody's."""
    return {"order": order, "url": url, "label": label, "icon": icon, "roles": roles}
