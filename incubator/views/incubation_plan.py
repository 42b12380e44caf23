"""A firm's milestones and periodic reviews, each on a page of its own, and the plan templates."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from incubator.domain.incubation_plan import write_plan
from incubator.forms.incubation_plan import (
    GiveBackForm,
    MoveForm,
    NoteForm,
    PlanForm,
    ReportForm,
    ReviewTextForm,
)
from incubator.models import IncubationMilestone, IncubationReview
from incubator.selectors import incubation_plan as reads
from incubator.services import incubation_plan as plans
from incubator.services import incubation_reviews as reviews
from portal import labels
from portal.domain.roles import Role
from portal.permissions import for_roles
from portal.views.base import done, done_text, form_page, forms_page, run_form

ALL = for_roles(Role.FIRM_SIGNER, Role.FIRM_MEMBER, Role.STAFF, Role.EXPERT)
STAFF = for_roles(Role.STAFF)
Row = IncubationMilestone | IncubationReview
Step = tuple[type[Form], Callable[..., Any]]

MILESTONE_STEPS: dict[str, Step] = {
    "report": (ReportForm, plans.report_milestone),
    "confirm": (NoteForm, partial(plans.judge_milestone, action="confirm")),
    "give_back": (GiveBackForm, partial(plans.judge_milestone, action="give_back")),
    "move": (MoveForm, plans.move_milestone),
}
REVIEW_STEPS: dict[str, Step] = {
    "submit": (ReviewTextForm, reviews.submit_review),
    "close": (NoteForm, partial(reviews.judge_review, action="close")),
    "reopen": (GiveBackForm, partial(reviews.judge_review, action="reopen")),
}


@ALL
@require_safe
def milestone(request: HttpRequest, pk: int) -> HttpResponse:
    """A milestone: its dates, what was reported, and what I may do."""
    return draw_milestone(request, reads.milestone_page(request.user, pk))


def draw_milestone(
    request: HttpRequest, row: IncubationMilestone, forms: Mapping[str, Form] | None = None
) -> HttpResponse:
    """Draw a milestone's page."""
    actions = reads.milestone_actions(request.user, row)
    initial = {"version": row.version, "report": row.report, "due_on": row.due_on}
    context = {"milestone": row, "steps": steps(MILESTONE_STEPS, actions, initial, forms)}
    return draw(request, row, "incubator.milestone", context, forms)


@ALL
@require_safe
def review(request: HttpRequest, pk: int) -> HttpResponse:
    """A periodic review: when it is due, what was handed in, and what I may do."""
    return draw_review(request, reads.review_page(request.user, pk))


def draw_review(
    request: HttpRequest, row: IncubationReview, forms: Mapping[str, Form] | None = None
) -> HttpResponse:
    """Draw a review's page."""
    actions = reads.review_actions(request.user, row)
    initial = {"version": row.version, "text": row.text}
    context = {"review": row, "steps": steps(REVIEW_STEPS, actions, initial, forms)}
    return draw(request, row, "incubator.incubation_review", context, forms)


def draw(
    request: HttpRequest,
    row: Row,
    lifecycle: str,
    context: dict[str, Any],
    forms: Mapping[str, Form] | None,
) -> HttpResponse:
    """Draw the page of a milestone or a review, with the form that was refused."""
    status = reads.row_status(row, lifecycle, timezone.localdate())
    context = {"row": row, "incubation": row.incubation, "status": status, **context}
    drawn = {action for action, _words, _form in context["steps"]}
    return forms_page(request, "incubator/cohorts/step.html", context, forms or {}, drawn)


def steps(
    table: Mapping[str, Step],
    actions: tuple[str, ...],
    initial: dict[str, Any],
    forms: Mapping[str, Form] | None,
) -> list[tuple[str, str, Form]]:
    """Return (action, its words, form) of what is open; forms with errors as they were sent."""
    words = {"move": _("Move the date")}
    for lifecycle in ("incubator.milestone", "incubator.incubation_review"):
        words |= {key: str(text) for key, text in labels.ACTIONS[lifecycle].items()}
    return [
        (action, words[action], (forms or {}).get(action) or table[action][0](
            initial=initial, prefix=action
        ))
        for action in actions
    ]  # fmt: skip


@ALL
@require_POST
def milestone_deed(request: HttpRequest, pk: int, action: str) -> HttpResponse:
    """Take a step with a milestone."""
    row = reads.milestone_page(request.user, pk)
    form, ok = take(request, MILESTONE_STEPS, action, milestone=row)
    if ok:
        return done(request, done_text(), "incubator:milestone", pk)
    return draw_milestone(request, row, {action: form})


@ALL
@require_POST
def review_deed(request: HttpRequest, pk: int, action: str) -> HttpResponse:
    """Take a step with a periodic review."""
    row = reads.review_page(request.user, pk)
    form, ok = take(request, REVIEW_STEPS, action, review=row)
    if ok:
        return done(request, done_text(), "incubator:periodic_review", pk)
    return draw_review(request, row, {action: form})


def take(
    request: HttpRequest, table: Mapping[str, Step], action: str, **row: Row
) -> tuple[Form, bool]:
    """Take a step with its form's values; return the form and whether it went through."""
    if action not in table:
        raise Http404
    form_class, service = table[action]
    form = form_class(request.POST, prefix=action)
    ok, _moved = run_form(
        form,
        lambda values: service(
            **row,
            actor=request.user,
            now=timezone.now(),
            expected_version=values.pop("version"),
            **values,
        ),
    )
    return form, ok


@STAFF
def plan_templates(request: HttpRequest) -> HttpResponse:
    """The versions of the milestone plan, and a new one."""
    rows = reads.plan_templates()
    newest = plans.shipped_plan()
    if rows:
        newest = {
            "version": "",
            "review_days": rows[0].review_days,
            "lines": write_plan(rows[0].plan),
        }
    form = PlanForm(request.POST or None, initial={"plan_version": newest.pop("version"), **newest})
    ok, _made = run_form(
        form,
        lambda values: plans.publish_plan(
            version=values.pop("plan_version"),
            actor=request.user,
            now=timezone.now(),
            **values,
        ),
    )
    if ok:
        text = _("The plan is published. Cohorts published from now on follow it.")
        return done(request, text, "incubator:plan_templates")
    return form_page(request, "incubator/cohorts/plans.html", form, {"plans": rows})
