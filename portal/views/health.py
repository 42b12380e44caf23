"""Whether the process lives, and whether it can work."""

from contextlib import suppress
from typing import Any

from django.db import DatabaseError
from django.http import HttpRequest, JsonResponse
from django.utils import timezone, translation
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from portal.permissions import public
from portal.selectors.backups import backup_line
from portal.selectors.health import Check, readiness, run_check, work_figures, work_warnings
from portal.services.sealing import keys_problem


@public
@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """The process answers; nothing else is asked."""
    return JsonResponse({"status": "ok"})


def last_backup() -> str:
    """Say when the last backup succeeded; it does not decide whether the portal can work."""
    try:
        return backup_line(timezone.now())
    except DatabaseError:
        return "unknown"


def lost_keys() -> str:
    """Say that second factors cannot be opened; the log of whoever tries says where keys lie."""
    return "the keys of second factors are missing" if keys_problem() else ""


def standing(needed: list[Check], warnings: list[Check]) -> str:
    """Return the word for a monitor: anything but “ready” is worth an alarm."""
    if not all(check.ok for check in needed):
        return "not ready"
    return "ready" if all(check.ok for check in warnings) else "degraded"


@public
@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Database, migrations, broker, storage, keys; 503 names what is missing.

    Background work that stands still makes the status “degraded” and no 503: pages are served,
    and a load balancer would otherwise take every web machine away at once. ``work`` says how
    the work stands; parked work makes nobody unready.
    """
    now = timezone.now()
    with translation.override("en"):
        needed = [*readiness(), run_check("keys", lost_keys)]
        warnings = work_warnings(now)
    ready = all(check.ok for check in needed)
    body: dict[str, Any] = {
        "status": standing(needed, warnings),
        "checks": {check.name: check.detail or "ok" for check in [*needed, *warnings]},
        "backup": last_backup(),
    }
    with suppress(DatabaseError):
        body["work"] = work_figures(now)
    return JsonResponse(body, status=200 if ready else 503)
