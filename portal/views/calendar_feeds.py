"""My calendar: a secret address that calendar programs read."""

from collections.abc import Iterable

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from portal.domain.calendar_file import MEDIA_TYPE, Appointment, calendar_file
from portal.permissions import logged_in, public
from portal.selectors.calendar_feeds import appointments_of, feed_of
from portal.services import calendar_feeds as services
from portal.views.base import act, keep_for_once, take_for_once


@logged_in
@require_safe
@never_cache
def calendar_page(request: HttpRequest) -> HttpResponse:
    """My feed; a new address is shown once, and what the calendar holds."""
    secret = take_for_once(request, "calendar") if request.method == "GET" else None
    address = reverse("portal:calendar_feed", args=[secret]) if secret else ""
    context = {
        "feed": feed_of(request.user),
        "address": request.build_absolute_uri(address) if address else "",
        "appointments": appointments_of(request.user, timezone.now()),
    }
    return render(request, "portal/site/calendar.html", context)


@logged_in
@require_POST
def calendar_new(request: HttpRequest) -> HttpResponse:
    """Make my feed; an earlier address stops working."""
    _feed, secret = services.create_feed(actor=request.user, now=timezone.now())
    keep_for_once(request, "calendar", secret)
    return redirect("portal:calendar")


@logged_in
@require_POST
def calendar_revoke(request: HttpRequest) -> HttpResponse:
    """Revoke my feed."""
    return act(
        request,
        lambda: services.revoke_feed(actor=request.user, now=timezone.now()),
        "portal:calendar",
    )


@public
@require_safe
@never_cache
def calendar_feed(_request: HttpRequest, secret: str) -> HttpResponse:
    """Send a person's calendar to whoever holds its address, in that person's language."""
    now = timezone.now()
    user = services.user_of_feed(secret=secret, now=now)
    if user is None:
        raise Http404
    with translation.override(user.language):
        return calendar_response(appointments_of(user, now), "calendar.ics")


def calendar_response(appointments: Iterable[Appointment], filename: str) -> HttpResponse:
    """Return appointments as a calendar file in the language that is on."""
    content = calendar_file(appointments, name=_("My calendar"))
    response = HttpResponse(content, content_type=MEDIA_TYPE)
    response["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response
