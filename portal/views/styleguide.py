"""Every component on one page, for those who build pages (not in production)."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from portal.permissions import public


@public
@require_safe
def component_sheet(request: HttpRequest) -> HttpResponse:
    """Draw the component sheet."""
    if not settings.DEMO:
        raise Http404
    return render(request, "portal/component_sheet.html")
