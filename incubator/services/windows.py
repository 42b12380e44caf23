"""Application windows: publish what staff wrote as a frozen form, close, set up the first one."""

import json
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.utils import timezone

from incubator.domain import application_form
from incubator.domain.application_window import LIFECYCLE
from incubator.models import ApplicationWindow, FormVersion
from incubator.models.windows import content_of, stream_of
from portal.domain.lifecycle import Conflict, Invalid
from portal.domain.roles import Role
from portal.models import User
from portal.permissions import require_role
from portal.services.operations import operation
from portal.services.transitions import apply_transition, lock

FIRST_FORM = Path(application_form.__file__).with_name("first_form.json")
"""Never changed: the applications of before are held against it (migration 0010)."""
FIRST_KEY = "first"
RIGHTS = ("add_applicationwindow", "change_applicationwindow", "view_applicationwindow")


def publish_window(
    *,
    window: ApplicationWindow,
    actor: User,
    now: datetime,
    expected_version: int | None = None,
) -> ApplicationWindow:
    """Freeze what the window's draft says as its next form and show it to the public.

    Applications under way keep the form that they began with. Raises ``NotAllowed``,
    ``Conflict`` (``stale``, ``form_unchanged``) or ``Invalid("form_bad")`` with every fault by
    its path.
    """
    with operation("incubator.publish_window", actor=actor, now=now, subject=window):
        require_role(actor, Role.STAFF)
        return freeze(lock(window), actor=actor, now=now, expected_version=expected_version)


def freeze(
    window: ApplicationWindow,
    *,
    actor: User | None,
    now: datetime,
    expected_version: int | None = None,
) -> ApplicationWindow:
    """Freeze a locked window's draft; the system acts when a first window is set up."""
    content = sound_content(window)
    digest = application_form.form_digest(content)
    newest = window.current
    if newest is not None and newest.digest == digest and window.state == "published":
        raise Conflict("form_unchanged")
    form = FormVersion(
        window=window,
        number=newest.number + 1 if newest else 1,
        digest=digest,
        content=content,
        frozen_at=now,
        frozen_by=actor,
    )
    form.full_clean(validate_unique=False)
    form.save()
    form.window = apply_transition(
        instance=window,
        lifecycle=LIFECYCLE,
        action="publish",
        actor=actor,
        now=now,
        roles=frozenset({Role.STAFF}),
        expected_version=expected_version,
        changes={"current": form, "closing_note": ""},
        data={"form": form.number, "digest": digest},
    )
    return form.window


def sound_content(window: ApplicationWindow) -> dict[str, Any]:
    """Return what a draft says, or raise ``Invalid`` with its faults."""
    content = content_of(window)
    problems = application_form.form_problems(content)
    if problems:
        raise Invalid("form_bad", fields={one.path: str(one) for one in problems})
    return application_form.named(content)


def close_window(
    *,
    window: ApplicationWindow,
    reason: str,
    actor: User,
    now: datetime,
    expected_version: int | None = None,
) -> ApplicationWindow:
    """Take no more applications, for a reason that the public reads. Drafts stay with the firms."""
    return apply_transition(
        instance=window,
        lifecycle=LIFECYCLE,
        action="close",
        actor=actor,
        now=now,
        reason=reason,
        expected_version=expected_version,
        changes={"closing_note": reason.strip()},
    )


def is_open(window: ApplicationWindow, now: datetime) -> bool:
    """Return whether a window takes applications at a moment."""
    return window.clock(timezone.localdate(now)) == "open"


def require_open_window(window: ApplicationWindow, now: datetime, code: str) -> None:
    """Raise ``Conflict(code)`` unless a window takes applications now."""
    if not is_open(window, now):
        raise Conflict(code, window=str(window))


def setup_applications(*, now: datetime, opens_on: date | None = None) -> ApplicationWindow:
    """Give the staff their rights in the back office, and a new installation its first window.

    Idempotent: run by ``manage.py setup_applications`` and by the demo. A window that exists,
    whatever it is, stays as it is.
    """
    with operation("incubator.setup_applications", actor=None, now=now):
        grant_rights()
        found = ApplicationWindow.objects.order_by("pk").first()
        return found or first_window(opens_on or timezone.localdate(now), now=now)


def grant_rights() -> None:
    """Let incubation staff write windows in the back office."""
    group, _created = Group.objects.get_or_create(name=Role.STAFF)
    group.permissions.add(
        Permission.objects.get(content_type__app_label="wagtailadmin", codename="access_admin"),
        *Permission.objects.filter(content_type__app_label="incubator", codename__in=RIGHTS),
    )


def first_content() -> dict[str, Any]:
    """Return the form with which the portal began."""
    content: dict[str, Any] = json.loads(FIRST_FORM.read_text(encoding="utf-8"))
    return content


def first_window(opens_on: date, *, now: datetime) -> ApplicationWindow:
    """Publish a window with the first form, open until further notice."""
    return freeze(
        create_window(key=FIRST_KEY, content=first_content(), opens_on=opens_on, now=now),
        actor=None,
        now=now,
    )


def create_window(
    *,
    key: str,
    content: Mapping[str, Any],
    opens_on: date,
    now: datetime,
    closes_on: date | None = None,
) -> ApplicationWindow:
    """Return a new draft that says what ``content`` says, as the back office would save it."""
    window = ApplicationWindow(
        key=key,
        opens_on=opens_on,
        closes_on=closes_on,
        state=LIFECYCLE.initial,
        state_since=now,
        created_at=now,
        **{name: content[name] for name in ("title", "title_en", "intro", "intro_en")},
        **stream_of(content),
    )
    window.full_clean()
    window.save()
    return window
