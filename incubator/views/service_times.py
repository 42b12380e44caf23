"""The public page of how long applications take."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from incubator.selectors import service_times as selectors
from portal.permissions import public


@public
@require_safe
def service_times(request: HttpRequest) -> HttpResponse:
    """What the county promises for each stage, and what the last twelve months took."""
    times = selectors.service_times(timezone.localdate())
    return render(request, "incubator/applications/service_times.html", {"times": times})
