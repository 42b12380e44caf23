"""What every page needs: the site, the main navigation, the person's tabs."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise, SimpleLazyObject
from django.utils.translation import gettext_lazy as _
from wagtail import hooks

from portal.domain.roles import Role
from portal.models import User
from portal.permissions import all_roles
from portal.selectors.inbox import inbox_count

MAIN: tuple[tuple[str, str | Promise], ...] = (
    ("/", _("Home")),
    ("/notices/", _("Notices")),
    ("/recommendations/", _("Capability list")),
    ("/courses/", _("Courses")),
    ("/calls/", _("Calls")),
    ("/modules/", _("Modules")),
    ("/verify/", _("Verify")),
)

FOOTER: tuple[tuple[str, str | Promise], ...] = (
    ("/method/", _("How grades are made")),
    ("/policies/", _("Policies")),
    ("/help/", _("Help")),
    ("/privacy/", _("Privacy notice")),
    ("/accessibility/", _("Accessibility")),
    ("/audit-anchors/", _("Audit anchors")),
)
SITE_NAME = _("Huangyuan Digital Services Portal")
EDITORS = frozenset({Role.EXPERT, Role.TRAINING, Role.STAFF})


def user_menu(request: HttpRequest) -> list[dict[str, Any]]:
    """Return what the person's menu offers beside the account: page editors see the back office."""
    editor = all_roles(getattr(request, "user", None)) & EDITORS
    if not editor:
        return []
    label = _("Write courses") if editor == {Role.EXPERT} else _("Back office")
    return [{"url": settings.ADMIN_PATH, "label": label, "icon": "pencil"}]


def site_chrome(request: HttpRequest) -> dict[str, Any]:
    """Return site, navigation and (in the workspace) the tabs of the person's roles."""
    return {
        "portal_site": {"name": SITE_NAME, "demo": settings.DEMO},
        "footer_links": [{"url": url, "label": label} for url, label in FOOTER],
        "user_menu": SimpleLazyObject(lambda: user_menu(request)),
        "nav": [
            {"url": url, "label": label, "current": is_current(request.path, url)}
            for url, label in MAIN
        ],
        "tabs": SimpleLazyObject(lambda: tabs(request)),
    }


def is_current(path: str, url: str) -> bool:
    """Return whether ``path`` lies under the navigation entry ``url``."""
    return path == url if url == "/" else path.startswith(url)


def tabs(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the workspace's tabs: each app adds its own through ``portal_workspace_tabs``.

    A hook returns dicts ``order, url, label, icon, roles``; ``roles`` is empty for everybody.
    """
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return []
    held = all_roles(user)
    rows = [row for hook in hooks.get_hooks("portal_workspace_tabs") for row in hook(request)]
    shown = [row for row in rows if not row["roles"] or held & set(row["roles"])]
    home = reverse("portal:workspace")
    for row in shown:
        row["current"] = (
            request.path == home if row["url"] == home else request.path.startswith(row["url"])
        )
        if row["url"] == home:
            row["count"] = inbox_count(user, timezone.localdate())
    return sorted(shown, key=lambda row: row["order"])
