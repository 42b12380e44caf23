"""A firm's incubation: one page for the firm, the staff and the mentor."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from incubator.domain.cohort import RUNNING
from incubator.forms.cohorts import (
    AcceptForm,
    EndForm,
    IncubationReasonForm,
    MentorForm,
    SuspendForm,
)
from incubator.labels.cohorts import END_NAMES
from incubator.models import Incubation
from incubator.selectors import cohorts as reads
from incubator.selectors.incubation_plan import plan_of
from incubator.services import incubation as services
from incubator.views.cohorts import incubation_status
from portal.domain.roles import Role
from portal.permissions import for_roles
from portal.views.base import act, done, done_text, posted_version, run_form

FIRM = for_roles(Role.FIRM_SIGNER, Role.FIRM_MEMBER)
ALL = for_roles(Role.FIRM_SIGNER, Role.FIRM_MEMBER, Role.STAFF, Role.EXPERT)

Service = Callable[..., Any]
BUTTONS: dict[str, Service] = {
    "decline": services.decline_offer,
    "clear": partial(services.judge, action="clear"),
    "resume": partial(services.judge, action="resume"),
    "resume_probation": partial(services.judge, action="resume"),
}
"""Deeds that are one button."""
SERVICES: dict[str, Service] = {
    "accept": services.accept_offer,
    "withdraw": services.withdraw_offer,
    "warn": partial(services.judge, action="warn"),
    "suspend": partial(services.judge, action="suspend"),
    "graduate": partial(services.end_incubation, action="graduate"),
    "exit": partial(services.end_incubation, action="exit"),
    "remove": partial(services.end_incubation, action="remove"),
}
FORMS: dict[str, Callable[..., Form]] = {
    "accept": AcceptForm,
    "withdraw": IncubationReasonForm,
    "warn": IncubationReasonForm,
    "suspend": SuspendForm,
    **{action: partial(EndForm, action=action) for action in ("graduate", "exit", "remove")},
}


@FIRM
@require_safe
def our_incubation(request: HttpRequest) -> HttpResponse:
    """The memberships of my firms, present and past."""
    today = timezone.localdate()
    rows = [(row, incubation_status(row, today)) for row in reads.incubations_of(request.user)]
    return render(request, "incubator/cohorts/ours.html", {"rows": rows})


@ALL
@require_safe
def incubation(request: HttpRequest, pk: int) -> HttpResponse:
    """A membership: its agreement and standing, and what I may do."""
    return draw_incubation(request, reads.incubation_page(request.user, pk))


def draw_incubation(
    request: HttpRequest, row: Incubation, forms: Mapping[str, Form] | None = None
) -> HttpResponse:
    """Draw a membership's page; a form with errors answers 422."""
    today = timezone.localdate()
    seat = reads.seat_of(request.user, row)
    actions = reads.incubation_actions(request.user, row, today)
    milestones, reviews = plan_of(row, today) if row.accepted_at else ([], [])
    context = {
        "row": row,
        "milestones": milestones,
        "reviews": reviews,
        "late_review": next((one for one, _status in reviews if one.is_late(today)), None)
        if row.state in RUNNING
        else None,
        "seat": seat,
        "status": incubation_status(row, today),
        "agreement": row.cohort.agreement,
        "over": row.offer_is_over(today),
        "end_name": END_NAMES.get(row.end_code),
        "actions": actions,
        "buttons": [action for action in actions if action in BUTTONS and action != "decline"],
        "mentor_form": MentorForm(initial={"mentor": row.mentor_id}, prefix="mentor")
        if seat.staff and "remove" in actions
        else None,
        "forms": blank_forms(row, actions),
    }
    for name, form in (forms or {}).items():
        if name == "mentor":
            context["mentor_form"] = form
        else:
            context["forms"][name] = form
    status = 422 if forms else 200
    return render(request, "incubator/cohorts/incubation.html", context, status=status)


def blank_forms(row: Incubation, actions: tuple[str, ...]) -> dict[str, Form]:
    """Return the forms of the deeds that are open, by action."""
    agreement = row.cohort.agreement
    initial = {"version": row.version, "digest": agreement.digest if agreement else ""}
    return {
        action: FORMS[action](initial=initial, prefix=action)
        for action in actions
        if action in FORMS
    }


@ALL
@require_POST
def incubation_deed(request: HttpRequest, pk: int, action: str) -> HttpResponse:
    """Take a step with a membership."""
    row = reads.incubation_page(request.user, pk)
    if action in BUTTONS:
        return act(
            request,
            lambda: BUTTONS[action](
                incubation=row,
                actor=request.user,
                now=timezone.now(),
                expected_version=posted_version(request),
            ),
            "incubator:incubation",
            pk,
        )
    if action not in SERVICES:
        raise Http404
    form = FORMS[action](request.POST, prefix=action)
    ok, _moved = run_form(form, lambda values: take_step(request, row, action, values))
    if ok:
        return done(request, done_text(), "incubator:incubation", pk)
    return draw_incubation(request, row, {action: form})


def take_step(request: HttpRequest, row: Incubation, action: str, values: dict[str, Any]) -> Any:
    """Call the service of an action with its form's values."""
    values.pop("agreed", None)
    return SERVICES[action](
        incubation=row,
        actor=request.user,
        now=timezone.now(),
        expected_version=values.pop("version"),
        **values,
    )


@for_roles(Role.STAFF)
@require_POST
def incubation_mentor(request: HttpRequest, pk: int) -> HttpResponse:
    """Name the firm's mentor."""
    row = reads.incubation_page(request.user, pk)
    form = MentorForm(request.POST, prefix="mentor")
    ok, _named = run_form(
        form,
        lambda values: services.assign_mentor(
            incubation=row, actor=request.user, now=timezone.now(), **values
        ),
    )
    if ok:
        return done(request, _("The mentor is named."), "incubator:incubation", pk)
    return draw_incubation(request, row, {"mentor": form})
