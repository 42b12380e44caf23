"""The system administrator's page of backups."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from portal.domain.roles import Role
from portal.permissions import for_roles
from portal.selectors.backups import backup_runs, backup_state


@for_roles(Role.SYSTEM_ADMIN)
@require_safe
def backup_list(request: HttpRequest) -> HttpResponse:
    """When the last backup succeeded, where it lies, and how the ones before it went."""
    context = {
        "state": backup_state(timezone.now()),
        "rows": backup_runs(),
        "offsite": bool(settings.BACKUP_URL),
        "keep": settings.BACKUP_KEEP,
    }
    return render(request, "portal/site/backups.html", context)
