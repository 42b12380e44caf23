"""The staff's pages: the list, the case with everything that a decision needs, the notice."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from incubator.domain import application as rules
from incubator.forms.applications import (
    AdmissionNoticeForm,
    AskForm,
    ButtonForm,
    ExtendForm,
    ProposeForm,
    RecheckForm,
    RejectForm,
    ReplaceForm,
    ScreeningFilterForm,
)
from incubator.labels import applications as labels
from incubator.models import Application
from incubator.selectors import applications as selectors
from incubator.selectors import screening as screening_reads
from incubator.selectors.reapplication import sent_last, standing_panel
from incubator.selectors.refusals import recheck_panel
from incubator.services import (
    admissions,
    application_reviews,
    decisions,
    more_info,
    refusal_reviews,
)
from incubator.services import screening as services
from portal.domain.lifecycle import Conflict
from portal.domain.roles import Role
from portal.forms import ReasonForm
from portal.permissions import for_roles
from portal.selectors.objections import standing_of
from portal.views.base import (
    add_refusal,
    done,
    done_text,
    form_page,
    forms_page,
    keyset,
    next_link,
    posted_version,
    run_form,
)

Deed = tuple[type[forms.Form], Callable[..., Any]]
DEEDS: dict[str, Deed] = {
    "ask": (AskForm, more_info.ask_more_info),
    "extend": (ExtendForm, more_info.extend_answer),
    "start": (ButtonForm, services.start_review),
    "reviewers": (ButtonForm, services.assign_missing_reviewers),
    "replace": (ReplaceForm, application_reviews.replace_reviewer),
    "propose": (ProposeForm, services.propose_admission),
    "admit": (ButtonForm, admissions.admit_application),
    "refuse": (RejectForm, decisions.hold_refusal),
    "reject": (RejectForm, services.reject_application),
    "uphold": (RecheckForm, partial(refusal_reviews.decide_review, overturn=False)),
    "overturn": (RecheckForm, partial(refusal_reviews.decide_review, overturn=True)),
}
"""The buttons of the case page: form and service."""
REVIEWING = ("in_review", "review_requested")
"""States in which a reviewer can be late."""


@for_roles(Role.STAFF)
@require_safe
def screening_list(request: HttpRequest) -> HttpResponse:
    """Applications that were sent, with filters in the address."""
    filters = ScreeningFilterForm(request.GET)
    values = filters.cleaned_data if filters.is_valid() else {}
    rows = screening_reads.screening_list(
        today=timezone.localdate(),
        state=values.get("state", ""),
        text=values.get("q", ""),
        after=keyset(request),
    )
    shown = rows[: selectors.PAGE]
    context = {
        "filters": filters,
        "rows": shown,
        "today": timezone.localdate(),
        "next_url": next_link(request, shown[-1].pk) if len(rows) > selectors.PAGE else "",
    }
    return render(request, "incubator/applications/screening_list.html", context)


def deed_form(deed: str, case: Application, data: QueryDict | None = None) -> forms.Form:
    """Return the form of a deed; what is asked for depends on the case's own form."""
    options = {"application": case} if deed in {"ask", "replace"} else {}
    return DEEDS[deed][0](data, auto_id=f"{deed}_%s", **options)


def sent_application(request: HttpRequest, pk: int) -> Application:
    """Return a case that staff may see; any other is not found."""
    cases = selectors.application_cases().filter(submitted_at__isnull=False)
    return get_object_or_404(cases, pk=pk)


@for_roles(Role.STAFF)
@require_safe
def screening_case(request: HttpRequest, pk: int) -> HttpResponse:
    """Everything about one application, and what can be done now."""
    return case_page(request, sent_application(request, pk))


@for_roles(Role.STAFF)
@require_POST
def screening_deed(request: HttpRequest, pk: int, deed: str) -> HttpResponse:
    """Do one of the deeds of the case page."""
    if deed not in DEEDS:
        raise Http404
    case = sent_application(request, pk)
    service = DEEDS[deed][1]
    form: Any = deed_form(deed, case, request.POST)
    ok, _moved = run_form(
        form,
        lambda _values: service(
            application=case,
            actor=request.user,
            now=timezone.now(),
            expected_version=posted_version(request),
            **form.values(),
        ),
    )
    if ok:
        return done(request, done_text(), "incubator:screening_case", pk)
    return case_page(request, sent_application(request, pk), **{deed: form})


@for_roles(Role.STAFF)
@require_POST
@never_cache
def screening_contact(request: HttpRequest, pk: int) -> HttpResponse:
    """Show whom to call in this one answer, for a reason that the trail keeps."""
    case = sent_application(request, pk)
    form = ReasonForm(request.POST, auto_id="contact_%s")
    ok, contact = run_form(
        form,
        lambda values: services.reveal_contact(
            application=case, actor=request.user, now=timezone.now(), **values
        ),
    )
    return case_page(request, case, contact) if ok else case_page(request, case, contact=form)


def case_page(
    request: HttpRequest,
    case: Application,
    shown: services.CaseContact | None = None,
    **bound: forms.Form,
) -> HttpResponse:
    """Draw the case; a form with errors comes back as it was filled in, a contact is masked."""
    objection, today = standing_of(case.notice, case.organisation), timezone.localdate()
    state = case.standing(today)
    drawn = {name: bound.get(name) or deed_form(name, case) for name in DEEDS}
    context = {
        "case": case,
        "state": state,
        "page": screening_reads.case_page(case),
        "check": selectors.stored_panel(case),
        "answers": selectors.answer_lines(case, case.sent_answers),
        "steps": selectors.steps_of(case, today),
        "passed": standing_panel(case, sent_last(case)) if state in rules.SCREENED else None,
        "reasons": [labels.REASONS[code] for code in case.reason_codes],
        "recheck": recheck_panel(case, today),
        "objection": objection,
        "may_admit": notice_over(case) and not objection,
        "asked": selectors.asked_lines(case),
        "groups": selectors.file_groups(case, case.sent_files),
        "changes": selectors.last_changes(case),
        "links": screening_reads.firm_links(case),
        "actions": rules.LIFECYCLE.actions(state, [Role.STAFF]),
        "today": today,
        "shown": shown,
        "contact": selectors.contact_lines(case, shown.answers) if shown else [],
        "contact_form": bound.get("contact") or ReasonForm(auto_id="contact_%s"),
        **{f"{name}_form": form for name, form in drawn.items()},
    }
    context["overturn_form"] = bound.get("uphold") or drawn["overturn"]
    placed = placed_forms(context, may_recheck=case.refused_by_id != request.user.pk)
    context["placed"] = placed
    context["failed"] = next((form for name, form in bound.items() if name in placed), None)
    template = "incubator/applications/screening_case.html"
    return forms_page(request, template, context, bound, placed)


def placed_forms(context: Mapping[str, Any], *, may_recheck: bool) -> set[str]:
    """Return the forms that ``deeds.html`` has a place for now; a button's refusal needs none."""
    case, state, actions = context["case"], context["state"], context["actions"]
    places = {
        "ask": state == "screening",
        "extend": state == "more_info",
        "replace": state in REVIEWING and bool(context["replace_form"].overdue),
        "propose": state == "decision_pending" and not case.proposed_at,
        "refuse": "hold_refusal" in actions and not case.refused_at,
        "reject": "reject" in actions and state != "decision_pending",
    }
    recheck = context["recheck"]
    if state == "review_requested" and may_recheck and recheck.fresh_in:
        places |= {"uphold": True, "overturn": True}
    return {name for name, there in places.items() if there} | {
        "contact",
        *(name for name, (form, _service) in DEEDS.items() if form is ButtonForm),
    }


def notice_over(case: Application) -> bool:
    """Return whether the case's public notice has run its time."""
    return case.notice is not None and case.notice.closes_on < timezone.localdate()


@for_roles(Role.STAFF)
def admission_notice(request: HttpRequest) -> HttpResponse:
    """Release the decisions of a batch: one public notice, and each refused firm is told."""
    proposed = screening_reads.proposed_applications()
    refused = screening_reads.refused_applications()
    form = AdmissionNoticeForm(request.POST or None, proposed=proposed, refused=refused)
    if released := screening_reads.release_among(posted_cases(request)):
        add_refusal(form, Conflict("released_already", name=released.actor_name, at=released.at))
    ok, notice = run_form(
        form,
        lambda values: admissions.publish_admissions(
            applications=form.chosen("applications"),
            refusals=form.chosen("refusals"),
            batch=values["batch"],
            actor=request.user,
            now=timezone.now(),
        ),
    )
    if ok and notice is None:
        return done(request, _("The refused firms are told."), "incubator:screening_list")
    if ok:
        return done(request, _("The notice is published."), "portal:notice", notice.number)
    held = [*proposed, *refused]
    template = "incubator/applications/notice_form.html"
    return form_page(request, template, form, {"held": held}, drawn=bool(held))


def posted_cases(request: HttpRequest) -> list[str]:
    """Return the ids that were chosen, those that are no longer offered too."""
    return [key for name in ("applications", "refusals") for key in request.POST.getlist(name)]
