"""Pilots and their milestones in the workspace."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from portal.domain.lifecycle import Lifecycle
from portal.domain.roles import Role
from portal.permissions import for_roles
from portal.views.base import (
    act,
    done,
    done_text,
    form_page,
    keyset,
    next_link,
    posted_version,
    run_form,
)
from village_pilot.domain.delivery import MILESTONE, PILOT, WORKING
from village_pilot.forms import (
    MilestoneForm,
    MoveMilestoneForm,
    PilotFilterForm,
    ProposeForm,
    ReasonForm,
)
from village_pilot.models import Milestone, Pilot
from village_pilot.permissions import may_import, roles_in_pilot
from village_pilot.selectors import pilots as reads
from village_pilot.services import milestones
from village_pilot.services.pilots import move_pilot, propose_pilot

INVOLVED = (
    Role.FIRM_SIGNER,
    Role.FIRM_MEMBER,
    Role.VILLAGE_CLERK,
    Role.VILLAGE_SIGNER,
    Role.TECH_REVIEWER,
    Role.DISPUTE_BOARD,
    Role.STAFF,
    Role.LEAD,
)
PLANNERS = (Role.STAFF, Role.FIRM_SIGNER)


def visible_pilot(request: HttpRequest, number: str) -> Pilot:
    """Return a pilot that the person may see, or answer 404."""
    rows = Pilot.objects.visible_to(request.user).with_names()
    return get_object_or_404(rows, number=number)


@for_roles(*INVOLVED)
@require_safe
def pilot_list(request: HttpRequest) -> HttpResponse:
    """My pilots; staff see all."""
    form = PilotFilterForm(request.GET)
    state = form.cleaned_data["state"] if form.is_valid() else ""
    rows = reads.pilots_page(request.user, state=state, after=keyset(request))
    more = next_link(request, rows[reads.PAGE - 1].pk) if len(rows) > reads.PAGE else ""
    context = {
        "rows": rows[: reads.PAGE],
        "form": form,
        "next_url": more,
        "may_propose": Role.STAFF in request.user.role_codes,
    }
    return render(request, "village_pilot/pilot_list.html", context)


@for_roles(*INVOLVED)
@require_safe
def pilot_detail(request: HttpRequest, number: str) -> HttpResponse:
    """One pilot: promises, milestones with first and moved dates, deliverables."""
    pilot = visible_pilot(request, number)
    held = roles_in_pilot(request.user, pilot)
    context = {
        "pilot": pilot,
        "actions": PILOT.actions(pilot.state, held),
        "reasons": {step.action for step in PILOT.transitions if step.reason_required},
        "milestones": reads.pilot_milestones(pilot, timezone.localdate(), judge=Role.STAFF in held),
        "deliverables": reads.pilot_deliverables(pilot, request.user),
        "may_hand_in": pilot.state == "running"
        and bool(held & {Role.FIRM_SIGNER, Role.FIRM_MEMBER}),
        "may_plan": pilot.state in WORKING and bool(held & set(PLANNERS)),
        "may_measure": may_import(request.user, pilot),
    }
    return render(request, "village_pilot/pilot_detail.html", context)


@for_roles(Role.STAFF)
def pilot_propose(request: HttpRequest) -> HttpResponse:
    """Propose a pilot."""
    form = ProposeForm(
        request.POST or None, firms=reads.admitted_firms(), committees=reads.committees()
    )
    ok, pilot = run_form(
        form,
        lambda values: propose_pilot(actor=request.user, now=timezone.now(), **values),
    )
    if ok:
        text = _("The pilot is proposed; the village is asked for its consent.")
        return done(request, text, "village_pilot:pilot", pilot.number)
    return form_page(request, "village_pilot/pilot_propose.html", form)


def require_action(lifecycle: Lifecycle, action: str) -> None:
    """Answer 404 to an action that the lifecycle does not know."""
    if action not in {step.action for step in lifecycle.transitions}:
        raise Http404


@for_roles(Role.STAFF, Role.FIRM_SIGNER, Role.VILLAGE_SIGNER)
@require_POST
def pilot_move(request: HttpRequest, number: str, action: str) -> HttpResponse:
    """Take a step that needs no reason."""
    require_action(PILOT, action)
    pilot = visible_pilot(request, number)
    return act(
        request,
        lambda: move_pilot(
            pilot=pilot,
            action=action,
            actor=request.user,
            now=timezone.now(),
            expected_version=posted_version(request),
        ),
        "village_pilot:pilot",
        number,
    )


@for_roles(Role.STAFF, Role.VILLAGE_SIGNER)
def pilot_reason(request: HttpRequest, number: str, action: str) -> HttpResponse:
    """Take a step that needs a reason."""
    require_action(PILOT, action)
    pilot = visible_pilot(request, number)
    form = ReasonForm(request.POST or None, initial={"version": pilot.version})
    ok, _moved = run_form(
        form,
        lambda values: move_pilot(
            pilot=pilot,
            action=action,
            actor=request.user,
            now=timezone.now(),
            reason=values["reason"],
            expected_version=values["version"],
        ),
    )
    if ok:
        return done(request, done_text(), "village_pilot:pilot", number)
    context = {"pilot": pilot, "action": action}
    return form_page(request, "village_pilot/pilot_reason.html", form, context)


@for_roles(*PLANNERS)
def milestone_add(request: HttpRequest, number: str) -> HttpResponse:
    """Plan a milestone."""
    pilot = visible_pilot(request, number)
    form = MilestoneForm(request.POST or None)
    ok, _made = run_form(
        form,
        lambda values: milestones.add_milestone(
            pilot=pilot, actor=request.user, now=timezone.now(), **values
        ),
    )
    if ok:
        return done(request, _("The milestone is planned."), "village_pilot:pilot", number)
    context = {"pilot": pilot, "heading": _("Plan a milestone"), "action": _("Plan")}
    return form_page(request, "village_pilot/pilot_form.html", form, context)


def visible_milestone(request: HttpRequest, pk: int) -> Milestone:
    """Return a milestone of a pilot that the person may see, or answer 404."""
    rows = Milestone.objects.select_related(
        "pilot__provider", "pilot__committee", "pilot__village__parent"
    )
    seen = Pilot.objects.visible_to(request.user)
    return get_object_or_404(rows.filter(pilot__in=seen), pk=pk)


@for_roles(*PLANNERS)
def milestone_move(request: HttpRequest, pk: int) -> HttpResponse:
    """Move a milestone's date, with a reason."""
    milestone = visible_milestone(request, pk)
    form = MoveMilestoneForm(request.POST or None, initial={"due_on": milestone.due_on})
    ok, _moved = run_form(
        form,
        lambda values: milestones.move_milestone(
            milestone=milestone, actor=request.user, now=timezone.now(), **values
        ),
    )
    pilot = milestone.pilot
    if ok:
        return done(request, _("The date is moved."), "village_pilot:pilot", pilot.number)
    heading = _("Move the date: %(title)s") % {"title": milestone.title}
    context = {"pilot": pilot, "heading": heading, "action": _("Move")}
    return form_page(request, "village_pilot/pilot_form.html", form, context)


@for_roles(Role.STAFF)
@require_POST
def milestone_judge(request: HttpRequest, pk: int, action: str) -> HttpResponse:
    """Judge a milestone that was handed in without the village's decision."""
    require_action(MILESTONE, action)
    milestone = visible_milestone(request, pk)
    return act(
        request,
        lambda: milestones.judge_milestone(
            milestone=milestone, action=action, actor=request.user, now=timezone.now()
        ),
        "village_pilot:pilot",
        milestone.pilot.number,
    )
