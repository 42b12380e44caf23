"""Cohorts, seen by the incubation staff."""

from datetime import timedelta
from typing import Any

from django.forms import Form, model_to_dict
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from incubator.domain.cohort import REPLY_DAYS
from incubator.forms.cohorts import (
    AgreementForm,
    CapacityOfCohortForm,
    CohortEditForm,
    CohortForm,
    IncubationReasonForm,
    OfferForm,
)
from incubator.labels.cohorts import cohort_clocks
from incubator.models import Cohort, Incubation
from incubator.selectors import cohorts as reads
from incubator.selectors.office_hours import cohort_bookings
from incubator.services import cohorts as services
from incubator.views.office_hours import booking_status
from portal import labels
from portal.domain.roles import Role
from portal.labels.days import day
from portal.permissions import for_roles
from portal.views.base import act, done, form_page, forms_page, posted_version, run_form

STAFF = for_roles(Role.STAFF)


@STAFF
@require_safe
def cohort_list(request: HttpRequest) -> HttpResponse:
    """All cohorts with their places."""
    rows = reads.cohorts()
    return render(request, "incubator/cohorts/list.html", {"table": cohort_table(rows)})


def cohort_table(rows: list[Cohort]) -> dict[str, Any]:
    """Return cohorts as the table component takes them."""
    headers = [
        {"label": _("Cohort")},
        {"label": _("Period")},
        {"label": _("Places taken"), "numeric": True},
        {"label": _("State")},
    ]
    return {
        "caption": _("Newest first"),
        "headers": headers,
        "rows": [cohort_cells(row) for row in rows],
    }


def cohort_cells(row: Cohort) -> list[Any]:
    """Return a cohort's cells."""
    return [
        {"text": row.local_title, "url": row.get_absolute_url()},
        f"{day(row.starts_on)} – {day(row.ends_on)}",
        f"{row.taken} / {row.capacity}",
        cohort_status(row),
    ]


def cohort_status(row: Cohort) -> dict[str, Any]:
    """Return a cohort's state in words: once published, what the calendar says."""
    name, _public, tone, icon = labels.STATES["incubator.cohort"][row.state]
    clock = row.clock(timezone.localdate())
    if clock:
        name, tone = cohort_clocks()[clock]
        icon = ""
    return {"text": name, "label": name, "tone": tone, "icon": icon}


@STAFF
def cohort_new(request: HttpRequest) -> HttpResponse:
    """Draft a cohort."""
    form = CohortForm(request.POST or None)
    ok, made = run_form(
        form,
        lambda values: services.create_cohort(actor=request.user, now=timezone.now(), **values),
    )
    if ok:
        text = _("The cohort is drafted. Publish it to offer places.")
        return done(request, text, "incubator:cohort", made.pk)
    return form_page(request, "incubator/cohorts/new.html", form)


@STAFF
def cohort_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Correct a draft."""
    row = reads.cohort_page(pk)
    form = CohortEditForm(request.POST or None, initial=model_to_dict(row))
    ok, _edited = run_form(
        form,
        lambda values: services.edit_cohort(
            cohort=row,
            actor=request.user,
            now=timezone.now(),
            expected_version=values.pop("version"),
            **values,
        ),
    )
    if ok:
        return done(request, _("The draft is corrected."), "incubator:cohort", pk)
    drawn = row.state == "draft"
    template = "incubator/cohorts/new.html"
    return form_page(request, template, form, {"cohort": row, "drawn": drawn}, drawn=drawn)


@STAFF
@require_safe
def cohort(request: HttpRequest, pk: int) -> HttpResponse:
    """A cohort with its firms and what can be done."""
    return draw_cohort(request, reads.cohort_page(pk))


def draw_cohort(request: HttpRequest, row: Cohort, **forms: Form) -> HttpResponse:
    """Draw a cohort's page, with the form that was refused if there is one."""
    today = timezone.localdate()
    blank = {
        "offer_form": OfferForm(initial={"reply_by": today + timedelta(days=REPLY_DAYS)}),
        "capacity_form": CapacityOfCohortForm(
            initial={"capacity": row.capacity}, prefix="capacity"
        ),
        "close_form": IncubationReasonForm(initial={"version": row.version}, prefix="close"),
    }
    members = reads.cohort_members(row)
    context = {
        "cohort": row,
        "status": cohort_status(row),
        "actions": reads.cohort_actions(request.user, row),
        "offers": row.clock(today) in {"upcoming", "running"},
        "table": member_table(members),
        "members": members,
        "bookings": [(one, booking_status(one)) for one in cohort_bookings(row)] if members else [],
        **blank,
        **forms,
    }
    drawn = set() if row.state == "closed" else {"capacity_form", "close_form"}
    if context["offers"]:
        drawn.add("offer_form")
    return forms_page(request, "incubator/cohorts/cohort.html", context, forms, drawn)


def member_table(rows: list[Incubation]) -> dict[str, Any]:
    """Return the firms of a cohort as the table component takes them."""
    today = timezone.localdate()
    headers = [
        {"label": _("Firm")},
        {"label": _("Number")},
        {"label": _("Mentor")},
        {"label": _("State")},
    ]
    return {
        "caption": _("By name"),
        "headers": headers,
        "rows": [
            [
                {"text": row.organisation.name, "url": row.get_absolute_url()},
                row.number,
                row.mentor.name if row.mentor else "–",
                incubation_status(row, today),
            ]
            for row in rows
        ],
    }


def incubation_status(row: Incubation, today: Any) -> dict[str, Any]:
    """Return how a membership stands today, in words."""
    state = "lapsed" if row.offer_is_over(today) else row.standing(today)
    name, _public, tone, icon = labels.STATES["incubator.incubation"][state]
    return {"text": name, "label": name, "tone": tone, "icon": icon}


@STAFF
@require_POST
def cohort_move(request: HttpRequest, pk: int, action: str) -> HttpResponse:
    """Publish or close a cohort."""
    row = reads.cohort_page(pk)
    if action == "publish":
        return act(
            request,
            lambda: services.publish_cohort(
                cohort=row,
                actor=request.user,
                now=timezone.now(),
                expected_version=posted_version(request),
            ),
            "incubator:cohort",
            pk,
        )
    if action != "close":
        raise Http404
    form = IncubationReasonForm(request.POST, prefix="close")
    ok, _closed = run_form(
        form,
        lambda values: services.close_cohort(
            cohort=row,
            reason=values["reason"],
            actor=request.user,
            now=timezone.now(),
            expected_version=values["version"],
        ),
    )
    if ok:
        return done(request, _("The cohort is closed."), "incubator:cohort", pk)
    return draw_cohort(request, reads.cohort_page(pk), close_form=form)


@STAFF
@require_POST
def cohort_capacity(request: HttpRequest, pk: int) -> HttpResponse:
    """Set the number of places."""
    row = reads.cohort_page(pk)
    form = CapacityOfCohortForm(request.POST, prefix="capacity")
    ok, _set = run_form(
        form,
        lambda values: services.set_capacity(
            cohort=row, actor=request.user, now=timezone.now(), **values
        ),
    )
    if ok:
        return done(request, _("The number of places is set."), "incubator:cohort", pk)
    return draw_cohort(request, reads.cohort_page(pk), capacity_form=form)


@STAFF
@require_POST
def cohort_offer(request: HttpRequest, pk: int) -> HttpResponse:
    """Offer a firm a place."""
    row = reads.cohort_page(pk)
    form = OfferForm(request.POST)
    ok, made = run_form(
        form,
        lambda values: services.offer_place(
            cohort=row, actor=request.user, now=timezone.now(), **values
        ),
    )
    if ok:
        text = _("The place is offered to %(firm)s.") % {"firm": made.organisation.name}
        return done(request, text, "incubator:cohort", pk)
    return draw_cohort(request, reads.cohort_page(pk), offer_form=form)


@STAFF
def agreements(request: HttpRequest) -> HttpResponse:
    """The agreement's versions, and a new one."""
    rows = reads.agreements()
    initial = (
        {"text": rows[0].text, "text_en": rows[0].text_en} if rows else services.shipped_agreement()
    )
    form = AgreementForm(request.POST or None, initial=initial)
    ok, _made = run_form(
        form,
        lambda values: services.publish_agreement(actor=request.user, now=timezone.now(), **values),
    )
    if ok:
        text = _("The agreement is published. Cohorts published from now on use it.")
        return done(request, text, "incubator:agreements")
    return form_page(request, "incubator/cohorts/agreements.html", form, {"agreements": rows})
