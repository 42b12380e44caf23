"""The audit trail's anchors, for everybody to keep and to check."""

from datetime import date

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_safe

from portal.permissions import public
from portal.selectors.audit import PAGE, anchor_of, anchors_page
from portal.views.base import next_link


@public
@require_safe
def anchor_list(request: HttpRequest) -> HttpResponse:
    """Anchors, newest first, with how to check them."""
    rows = anchors_page(day(request.GET.get("after", "")))
    more = next_link(request, rows[PAGE - 1].on.isoformat()) if len(rows) > PAGE else ""
    context = {"rows": rows[:PAGE], "next_url": more}
    return render(request, "portal/site/anchor_list.html", context)


@public
@require_safe
def anchor_file(request: HttpRequest, on: str) -> HttpResponse:
    """One anchor, byte for byte what its root is the SHA-256 of."""
    wanted = day(on)
    anchor = anchor_of(wanted) if wanted else None
    if anchor is None:
        raise Http404
    response = HttpResponse(anchor.text.encode(), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="anchor-{anchor.on}.json"'
    return response


def day(text: str) -> date | None:
    """Return the date that ``text`` names (YYYY-MM-DD), or ``None``."""
    try:
        return parse_date(text) if len(text) == 10 else None
    except ValueError:
        return None
