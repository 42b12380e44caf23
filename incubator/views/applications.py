"""The firm's pages: register a firm, write an application, follow it."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from incubator.domain import application as rules
from incubator.domain.answer_changes import changes
from incubator.forms.answers import ApplicationForm
from incubator.forms.applications import AttachmentForm, FirmForm, GroundsForm, StartForm
from incubator.labels import applications as labels
from incubator.models import Application, ApplicationWindow
from incubator.selectors import applications as selectors
from incubator.selectors.reapplication import sent_now, standing_panel, with_passed
from incubator.selectors.refusals import open_refusal, recheck_panel
from incubator.selectors.service_times import clock_of
from incubator.selectors.windows import open_windows
from incubator.services import applications as services
from incubator.services import refusal_reviews, submissions
from portal.domain.lifecycle import Invalid, Refused
from portal.domain.roles import Role
from portal.labels import refusal_text
from portal.models import FormDraft
from portal.permissions import for_roles, logged_in, organisations_of, roles_in
from portal.selectors.drafts import draft_data, draft_of
from portal.selectors.objections import standing_of
from portal.services.accounts import register_organisation
from portal.views.base import (
    act,
    add_refusal,
    done,
    form_page,
    forms_page,
    keep_typed,
    posted_version,
    run_form,
    typed_lines,
)

FIRM = (Role.FIRM_SIGNER, Role.FIRM_MEMBER)


@logged_in
@require_safe
def apply(request: HttpRequest) -> HttpResponse:
    """The door of the home page: to the applications, or first to register a firm."""
    has_firm = organisations_of(request.user, *FIRM)
    return redirect("incubator:application_list" if has_firm else "incubator:firm_new")


@logged_in
def firm_new(request: HttpRequest) -> HttpResponse:
    """Register a firm; whoever does becomes its signer."""
    form = FirmForm(request.POST or None)
    ok, firm = run_form(
        form,
        lambda values: register_organisation(
            kind="firm", actor=request.user, now=timezone.now(), **values
        ),
    )
    if ok:
        text = _("%(firm)s is registered and you are its signer.") % {"firm": firm.name}
        return done(request, text, "incubator:application_list")
    return form_page(request, "incubator/applications/firm_form.html", form)


@for_roles(*FIRM)
@require_safe
def application_list(request: HttpRequest) -> HttpResponse:
    """What my firms have applied for."""
    today = timezone.localdate()
    page = selectors.firm_page(request.user, today)
    context = {"page": page, "today": today, "windows": open_windows(today)}
    return render(request, "incubator/applications/list.html", context)


@for_roles(*FIRM)
@require_POST
def application_new(request: HttpRequest) -> HttpResponse:
    """Start an application of one of my firms in one of the windows."""
    form = StartForm(request.POST)
    if not form.is_valid():
        raise Http404
    mine = {firm.pk: firm for firm in organisations_of(request.user, *FIRM)}
    firm = mine.get(form.cleaned_data["organisation"])
    if firm is None:
        raise Http404
    windows = ApplicationWindow.objects.filter(current__isnull=False).select_related("current")
    window = get_object_or_404(windows, pk=form.cleaned_data["window"])
    created: list[Application] = []
    answer = act(
        request,
        lambda: created.append(
            services.create_application(
                window=window, organisation=firm, actor=request.user, now=timezone.now()
            ),
        ),
        "incubator:application_list",
    )
    return redirect(created[0]) if created else answer


def own_application(request: HttpRequest, pk: int) -> Application:
    """Return an application of one of my firms; any other is not found."""
    firms = organisations_of(request.user, *FIRM)
    return get_object_or_404(selectors.application_cases(), pk=pk, organisation__in=firms)


@for_roles(*FIRM)
def application(request: HttpRequest, pk: int) -> HttpResponse:
    """Write an application, or follow one that is with the reviewers."""
    case = own_application(request, pk)
    if request.method == "POST":
        return answered(request, case)
    if not is_open(case):
        return render(request, "incubator/applications/case.html", case_context(request, case))
    return drafted_page(request, case)


def is_open(case: Application) -> bool:
    """Return whether the firm may change the case today."""
    return case.standing(timezone.localdate()) in rules.EDITABLE


def drafted_page(request: HttpRequest, case: Application, **extra: Any) -> HttpResponse:
    """Draw the form as it was saved, or as it was typed since."""
    draft = draft_of(request.user, services.draft_key(case.organisation))
    newer = draft if draft and draft.saved_at > case.saved_at else None
    behind = newer is not None and is_behind(newer, case)
    fresh = newer if not behind or request.GET.get("draft") else None
    form = ApplicationForm(application=case, draft=fresh.data if fresh else None)
    saved_at = fresh.saved_at if fresh else case.saved_at
    return edit_page(
        request,
        case,
        form,
        draft=draft,
        behind=behind and not fresh,
        saved_at=saved_at,
        **extra,
    )


def is_behind(draft: FormDraft, case: Application) -> bool:
    """Return whether a draft was typed on an earlier state of the case: in a tab left open."""
    return draft.data.get("version", [str(case.version)]) != [str(case.version)]


def answered(request: HttpRequest, case: Application) -> HttpResponse:
    """Save or submit; what was typed into a case that moved on is handed back on its page."""
    submitting = request.POST.get("deed") == "submit"
    form = ApplicationForm(request.POST, application=case, submitting=submitting)
    if not is_open(case):
        return came_late(request, case, form, submitting=submitting)
    if submitting and not form.is_valid():
        add_lacking(form, case)
    ok, _saved = run_form(form, lambda values: deed(request, case, values, submitting=submitting))
    if not ok:
        return refused_page(request, case, form)
    if submitting:
        text = _("Submitted as %(number)s.") % {"number": case.number}
    else:
        text = _("Saved. You can go on at any time.")
    return done(request, text, case)


def came_late(
    request: HttpRequest, case: Application, form: ApplicationForm, *, submitting: bool
) -> HttpResponse:
    """Say why a case takes nothing more; what the service cannot keep is handed back."""
    form.is_valid()
    try:
        deed(request, case, form.cleaned_data, submitting=submitting)
    except Refused as refusal:
        if refusal.status in {403, 404}:
            raise
        if refusal.code == "answer_late" or not typed_lines(form):
            messages.error(request, refusal_text(refusal))
            return redirect(case)
        form.add_error(None, refusal_text(refusal))
    now = own_application(request, case.pk)
    if is_open(now):
        return refused_page(request, now, form)
    context = case_context(request, now)
    return forms_page(request, "incubator/applications/case.html", context, {"form": form}, ())


def add_lacking(form: ApplicationForm, case: Application) -> None:
    """Name beside a form's own faults all else that keeps the application from being sent."""
    answers, confirmed = form.current(), bool(form.cleaned_data.get(services.CONFIRMED))
    open_keys = services.still_unconfirmed(
        case.taken_over, case.answers, {services.CONFIRMED: confirmed}, answers
    )
    found = submissions.lacking(case, answers, declared=True, confirmed=not open_keys)
    more = {name: code for name, code in found.items() if name not in form.errors}
    if more:
        add_refusal(form, Invalid("application_incomplete", fields=more))


def refused_page(request: HttpRequest, case: Application, form: ApplicationForm) -> HttpResponse:
    """Draw the refused form beside the case as it stands; what was typed is kept as a draft."""
    key, now = services.draft_key(case.organisation), own_application(request, case.pk)
    fresh = posted_version(request) in {None, now.version}
    theirs = {} if fresh else saved_elsewhere(now, form)
    if fresh or theirs:
        keep_typed(request, key)
    return edit_page(request, now, form, draft=draft_of(request.user, key), theirs=theirs)


def saved_elsewhere(case: Application, form: ApplicationForm) -> dict[str, str]:
    """Return the saved answers, in words, that differ from what a form holds; “” for none."""
    found = changes(sent_now(case), sent_now(case, form.current()))
    differs = {one.key for one in found}
    lines = selectors.answer_lines(case, case.answers, masked=False)
    return {one.name: str(one.text) for one in lines if one.name in differs}


def deed(
    request: HttpRequest, case: Application, values: dict[str, Any], *, submitting: bool
) -> Application:
    """Call the service that the pressed button stands for."""
    service = submissions.submit_application if submitting else services.save_answers
    return service(
        application=case,
        answers=values,
        actor=request.user,
        now=timezone.now(),
        expected_version=posted_version(request),
    )


def edit_page(
    request: HttpRequest, case: Application, form: ApplicationForm, **extra: Any
) -> HttpResponse:
    """Draw the form with the machine check beside it."""
    open_now = rules.open_answers(case.state, case.asked, case.form.content)
    current, declared = form.current(), bool(form["truth_declared"].value())
    found = selectors.check_now(case, current, declared=declared)
    check = selectors.check_panel(with_passed(found, case, current))
    context = {
        **case_context(request, case),
        "check": check,
        "empty": selectors.still_empty(case, current, check),
        "passed": standing_panel(case, sent_now(case, current)),
        "sections": selectors.form_sections(case),
        "lines": {
            line.name: line for line in selectors.answer_lines(case, case.answers, masked=False)
        },
        "groups": selectors.file_groups(case, case.files),
        "open": open_now,
        "asked": selectors.asked_lines(case),
        "draft_url": reverse("portal:draft", args=[services.draft_key(case.organisation)]),
        "upload": AttachmentForm(auto_id="upload_%s", application=case),
        "refusal": open_refusal(case, timezone.localdate()),
        "earlier": selectors.earlier_answers(case),
        "taken_over": selectors.taken_over_labels(case),
        "theirs": {},
        "may_submit": case.state != rules.LIFECYCLE.initial
        or case.form.window.clock(timezone.localdate()) == "open",
        **extra,
    }
    return form_page(request, "incubator/applications/form.html", form, context)


@for_roles(*FIRM)
@require_POST
def review_request(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask once for a review of the refusal."""
    case = own_application(request, pk)
    form = GroundsForm(request.POST)
    ok, moved = run_form(
        form,
        lambda values: refusal_reviews.request_review(
            application=case,
            actor=request.user,
            now=timezone.now(),
            expected_version=posted_version(request),
            **values,
        ),
    )
    if ok:
        return done(request, _("The review is asked for."), moved)
    context = {**case_context(request, own_application(request, pk)), "grounds_form": form}
    recheck = context["recheck"]
    drawn = {"form"} if context["signer"] and recheck and recheck.until else ()
    return forms_page(request, "incubator/applications/case.html", context, {"form": form}, drawn)


@for_roles(*FIRM)
@require_POST
def review_drop(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the request for review back."""
    case = own_application(request, pk)
    return act(
        request,
        lambda: refusal_reviews.drop_review(
            application=case,
            actor=request.user,
            now=timezone.now(),
            expected_version=posted_version(request),
        ),
        case,
    )


def case_context(request: HttpRequest, case: Application) -> dict[str, Any]:
    """Return what both pages of a case show."""
    today = timezone.localdate()
    state, roles = case.standing(today), roles_in(request.user, case.organisation)
    return {
        "case": case,
        "state": state,
        "steps": selectors.steps_of(case, today),
        "clock": clock_of(case, today) if case.submitted_at else None,
        "answers": selectors.answer_lines(case, case.sent_answers, masked=False),
        "groups": selectors.file_groups(case, case.sent_files),
        "changes": selectors.last_changes(case, masked=False) if case.submitted_at else None,
        "grounds_form": GroundsForm(),
        "signer": Role.FIRM_SIGNER in roles,
        "may_withdraw": "withdraw" in rules.LIFECYCLE.actions(state, roles),
        "reasons": [labels.REASONS[code] for code in case.reason_codes],
        "recheck": recheck_panel(case, today),
        "objection": standing_of(case.notice, case.organisation),
        "today": today,
    }


@for_roles(*FIRM)
@require_POST
def attach(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep an uploaded file at once, so that no later error loses it."""
    case = own_application(request, pk)
    if not is_open(case):
        return act(request, lambda: services.require_open(case, timezone.now()), case)
    upload = AttachmentForm(request.POST, request.FILES, auto_id="upload_%s", application=case)
    ok, _kept = run_form(
        upload,
        lambda values: services.attach_file(
            application=case,
            upload=values["file"],
            kind=values["kind"],
            actor=request.user,
            now=timezone.now(),
        ),
    )
    if ok:
        return done(request, _("The file is kept."), case)
    response = drafted_page(request, case, upload=upload)
    response.status_code = 422
    return response


@for_roles(*FIRM)
@require_POST
def detach(request: HttpRequest, pk: int, attachment_pk: int) -> HttpResponse:
    """Take a file out of the application."""
    case = own_application(request, pk)
    attachment = get_object_or_404(case.attachments, pk=attachment_pk)
    return act(
        request,
        lambda: services.remove_attachment(
            attachment=attachment, actor=request.user, now=timezone.now()
        ),
        case,
    )


@for_roles(*FIRM)
@require_POST
def reuse(request: HttpRequest, pk: int) -> HttpResponse:
    """Take over what the firm answered before; what is on the page is saved first."""
    case = own_application(request, pk)
    version = posted_version(request)
    if version is None or not is_open(case):
        return act(
            request,
            lambda: services.take_over_answers(
                application=case, actor=request.user, now=timezone.now()
            ),
            case,
        )
    form = ApplicationForm(request.POST, application=case)
    ok, _filled = run_form(
        form,
        lambda values: services.take_over_answers(
            application=case,
            answers=values,
            actor=request.user,
            now=timezone.now(),
            expected_version=version,
        ),
    )
    if not ok:
        return refused_page(request, case, form)
    return done(request, _("The earlier answers fill what was empty."), case)


def unsaved_answers(request: HttpRequest, case: Application) -> dict[str, Any]:
    """Return what was typed since the case was saved, as far as it is valid."""
    draft = draft_of(request.user, services.draft_key(case.organisation))
    if draft is None or draft.saved_at <= case.saved_at or is_behind(draft, case):
        return {}
    form = ApplicationForm(draft_data(draft), application=case)
    form.is_valid()
    return {name: value for name, value in form.cleaned_data.items() if name in draft.data}


@for_roles(*FIRM)
@require_POST
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the application back."""
    case = own_application(request, pk)
    return act(
        request,
        lambda: services.withdraw_application(
            application=case,
            answers=unsaved_answers(request, case),
            actor=request.user,
            now=timezone.now(),
            expected_version=posted_version(request),
        ),
        case,
    )
