"""Office hours: the mentor's hours, the firm's bookings, one page for a booking."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from incubator.domain.office_hours import MOST_OPEN
from incubator.forms.office_hours import (
    BookHourForm,
    ChangeHourForm,
    OfficeReasonForm,
    OutcomeForm,
    PublishHoursForm,
)
from incubator.models import OfficeBooking, OfficeSlot
from incubator.selectors import office_hours as reads
from incubator.services import office_hours as services
from portal import labels
from portal.domain.roles import Role
from portal.permissions import for_roles
from portal.views.base import (
    act,
    done,
    done_text,
    form_page,
    forms_page,
    keyset,
    next_link,
    posted_version,
    run_form,
)
from portal.views.calendar_feeds import calendar_response

MENTOR = for_roles(Role.EXPERT)
FIRM = for_roles(Role.FIRM_SIGNER, Role.FIRM_MEMBER)
ALL = for_roles(Role.FIRM_SIGNER, Role.FIRM_MEMBER, Role.STAFF, Role.EXPERT)

SLOT_STEPS: dict[str, tuple[type[Form], Callable[..., Any]]] = {
    "change": (ChangeHourForm, services.change_slot),
    "cancel": (OfficeReasonForm, services.cancel_slot),
}
OUTCOMES = {
    "hold": partial(services.record_outcome, action="hold"),
    "miss": partial(services.record_outcome, action="miss"),
}


def booking_status(row: OfficeBooking) -> dict[str, Any]:
    """Return a booking's state in words."""
    name, _public, tone, icon = labels.STATES["incubator.office_booking"][row.state]
    return {"text": name, "label": name, "tone": tone, "icon": icon}


# --- The mentor


@MENTOR
@require_safe
def office_hours(request: HttpRequest) -> HttpResponse:
    """My office hours: what lies ahead, and what came of the others."""
    now = timezone.now()
    past = reads.hours_past(request.user, now, after=keyset(request))
    more = next_link(request, past[reads.PAGE - 1].pk) if len(past) > reads.PAGE else ""
    context = {
        "hours": [
            (hour, booking_status(hour.booking) if hour.booking else None)
            for hour in reads.hours_ahead(request.user, now)
        ],
        "past": [(row, booking_status(row)) for row in past[: reads.PAGE]],
        "next_url": more,
    }
    return render(request, "incubator/office/mentor.html", context)


@MENTOR
def office_publish(request: HttpRequest) -> HttpResponse:
    """Publish office hours."""
    form = PublishHoursForm(request.POST or None)
    ok, made = run_form(
        form,
        lambda values: services.publish_slots(actor=request.user, now=timezone.now(), **values),
    )
    if ok:
        text = _("%(count)s office hours are published.") % {"count": len(made)}
        return done(request, text, "incubator:office_hours")
    return form_page(request, "incubator/office/publish.html", form)


@MENTOR
@require_safe
def office_slot(request: HttpRequest, pk: int) -> HttpResponse:
    """One of my hours: who booked it, and what I may change."""
    return draw_slot(request, reads.slot_page(request.user, pk))


def draw_slot(
    request: HttpRequest, row: OfficeSlot, forms: Mapping[str, Form] | None = None
) -> HttpResponse:
    """Draw an hour's page, with the form that was refused if there is one."""
    local = timezone.localtime(row.starts_at, timezone.get_default_timezone())
    initial = {
        "version": row.version, "day": local.date(), "time": local.time(), "minutes": row.minutes,
        "place": row.place, "link": row.link, "open_to_cohort": row.open_to_cohort,
    }  # fmt: skip
    booking = reads.booking_of(row)
    fixed = row.state != "open" or row.starts_at <= timezone.now()
    context = {
        "slot": row,
        "booking": booking,
        "status": booking_status(booking) if booking else None,
        "slot_state": labels.STATES["incubator.office_slot"][row.state],
        "forms": {}
        if fixed
        else {
            step: (forms or {}).get(step) or form(initial=initial, prefix=step)
            for step, (form, _service) in SLOT_STEPS.items()
        },
    }
    drawn = () if fixed else SLOT_STEPS
    return forms_page(request, "incubator/office/slot.html", context, forms or {}, drawn)


@MENTOR
@require_POST
def office_slot_deed(request: HttpRequest, pk: int, action: str) -> HttpResponse:
    """Change or cancel one of my hours."""
    row = reads.slot_page(request.user, pk)
    if action not in SLOT_STEPS:
        raise Http404
    form_class, service = SLOT_STEPS[action]
    form = form_class(request.POST, prefix=action)
    ok, _moved = run_form(
        form,
        lambda values: service(
            slot=row,
            actor=request.user,
            now=timezone.now(),
            expected_version=values.pop("version"),
            **values,
        ),
    )
    if ok:
        return done(request, done_text(), "incubator:office_slot", pk)
    return draw_slot(request, row, {action: form})


# --- The firm


@FIRM
@require_safe
def office_choose(request: HttpRequest, pk: int) -> HttpResponse:
    """The hours that our firm can book, and its bookings."""
    now = timezone.now()
    row = reads.own_incubation(request.user, pk)
    context = {
        "row": row,
        "free": reads.free_hours(row, now),
        "may_book": reads.may_book_now(row, now),
        "bookings": [(one, booking_status(one)) for one in reads.bookings_of(row)],
        "most": MOST_OPEN,
    }
    return render(request, "incubator/office/firm.html", context)


@FIRM
def office_book(request: HttpRequest, pk: int, slot: int) -> HttpResponse:
    """Book an hour."""
    row = reads.own_incubation(request.user, pk)
    hour = reads.offered_hour(row, slot, timezone.now())
    form = BookHourForm(request.POST or None)
    ok, made = run_form(
        form,
        lambda values: services.book_slot(
            slot=hour, incubation=row, actor=request.user, now=timezone.now(), **values
        ),
    )
    if ok:
        text = _("The office hour is booked; the mentor is told.")
        return done(request, text, "incubator:office_booking", made.pk)
    return form_page(request, "incubator/office/book.html", form, {"row": row, "slot": hour})


# --- A booking


@ALL
@require_safe
def office_booking(request: HttpRequest, pk: int) -> HttpResponse:
    """A booking: when, where, what about, what came of it, and what I may do."""
    return draw_booking(request, reads.booking_page(request.user, pk))


def draw_booking(
    request: HttpRequest, row: OfficeBooking, form: Form | None = None
) -> HttpResponse:
    """Draw a booking's page, with the form that was refused if there is one."""
    actions = reads.booking_actions(request.user, row, timezone.now())
    initial = {"version": row.version, "note": row.note}
    context = {
        "row": row,
        "slot": row.slot,
        "seat": reads.seat_of(request.user, row.incubation),
        "status": booking_status(row),
        "actions": actions,
        "outcomes": [action for action in actions if action in OUTCOMES],
        "form": form or OutcomeForm(initial=initial, prefix="outcome"),
    }
    refused = {"form": form} if form else {}
    drawn = {"form"} if context["outcomes"] else ()
    return forms_page(request, "incubator/office/booking.html", context, refused, drawn)


@ALL
@require_POST
def office_booking_deed(request: HttpRequest, pk: int, action: str) -> HttpResponse:
    """Cancel a booking, or record what came of it."""
    row = reads.booking_page(request.user, pk)
    if action == "cancel":
        return act(
            request,
            lambda: services.cancel_booking(
                booking=row,
                actor=request.user,
                now=timezone.now(),
                expected_version=posted_version(request),
            ),
            "incubator:office_booking",
            pk,
        )
    if action not in OUTCOMES:
        raise Http404
    form = OutcomeForm(request.POST, prefix="outcome")
    ok, _moved = run_form(
        form,
        lambda values: OUTCOMES[action](
            booking=row,
            actor=request.user,
            now=timezone.now(),
            expected_version=values.pop("version"),
            **values,
        ),
    )
    if ok:
        return done(request, done_text(), "incubator:office_booking", pk)
    return draw_booking(request, row, form)


@ALL
@require_safe
def office_booking_file(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a booking as a calendar file."""
    row = reads.booking_page(request.user, pk)
    return calendar_response([reads.booking_appointment(row)], f"office-hour-{pk}.ics")
