"""Pages of calls: the public list and page, the owner's and the staff's workspace."""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from incubator.domain.call import CALL, takes_proposals, takes_questions
from incubator.forms.calls import (
    AnswerForm,
    CallFilterForm,
    CallForm,
    DecisionForm,
    QuestionForm,
    ReasonForm,
)
from incubator.models.calls import Call, CallQuestion
from incubator.selectors import calls as selectors
from incubator.selectors.calls import PAGE
from incubator.services import call_results, calls, proposal_reviews
from portal.domain.roles import Role
from portal.labels import action_label
from portal.models import Organisation
from portal.permissions import (
    for_roles,
    logged_in,
    organisations_of,
    public,
    roles_for,
)
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

MOVES: dict[str, tuple[Callable[..., Any], bool]] = {
    "send_to_check": (calls.send_to_check, False),
    "approve": (calls.approve_call, False),
    "request_edits": (calls.request_edits, True),
    "publish": (calls.publish_call, False),
    "open_evaluation": (call_results.open_evaluation, False),
    "award": (call_results.award_call, False),
    "withdraw": (calls.withdraw_call, True),
    "cancel": (calls.cancel_call, True),
}
"""Action of the table → (its service, whether it asks for a reason)."""


@public
@require_safe
def call_list(request: HttpRequest) -> HttpResponse:
    """Calls that the public may read, newest first, filtered by state and category."""
    today = timezone.localdate()
    form = CallFilterForm(request.GET)
    filters = form.cleaned_data if form.is_valid() else {}
    rows = selectors.calls_page(today=today, after=keyset(request), **filters)
    more = next_link(request, rows[PAGE - 1].pk) if len(rows) > PAGE else ""
    context = {"rows": rows[:PAGE], "form": form, "next_url": more, "today": today}
    return render(request, "incubator/calls/call_list.html", context)


@public
@require_safe
def call_detail(request: HttpRequest, number: str) -> HttpResponse:
    """One call with its days, questions and answers, and its result."""
    return call_page(request, public_call(number), QuestionForm())


@logged_in
@require_POST
def call_ask(request: HttpRequest, number: str) -> HttpResponse:
    """Ask a question; what was typed comes back when it cannot be taken."""
    call = public_call(number)
    form = QuestionForm(request.POST)
    ok, _asked = run_form(
        form,
        lambda values: calls.ask_question(
            call=call, actor=request.user, now=timezone.now(), **values
        ),
    )
    if ok:
        text = _("Your question went to the call's owner. It appears here with its answer.")
        return done(request, text, "incubator:call", number)
    return call_page(request, call, form)


def public_call(number: str) -> Call:
    """Return a call that the public may read, or 404."""
    calls_ = Call.objects.public().select_related("owner", "notice")
    return get_object_or_404(calls_, number=number)


def call_page(request: HttpRequest, call: Call, form: QuestionForm) -> HttpResponse:
    """Draw the public page."""
    today = timezone.localdate()
    firms = organisations_of(request.user, Role.FIRM_SIGNER, Role.FIRM_MEMBER)
    context = {
        "call": call,
        "phase": call.phase(today),
        "questions": selectors.answered_questions(call),
        "waiting": selectors.own_questions(call, request.user),
        "result": selectors.result_of(call),
        "may_ask": request.user.is_authenticated
        and takes_questions(call.state, call.schedule, today),
        "may_propose": bool(firms) and takes_proposals(call.state, call.schedule, today),
        "today": today,
    }
    return form_page(request, "incubator/calls/call_detail.html", form, context)


@for_roles(Role.CALL_OWNER, Role.STAFF)
@require_safe
def own_calls(request: HttpRequest) -> HttpResponse:
    """The calls that I work on."""
    rows = selectors.workspace_calls(request.user, after=keyset(request))
    more = next_link(request, rows[PAGE - 1].pk) if len(rows) > PAGE else ""
    context = {
        "rows": rows[:PAGE],
        "next_url": more,
        "today": timezone.localdate(),
        "may_create": bool(organisations_of(request.user, Role.CALL_OWNER)),
    }
    return render(request, "incubator/calls/own_calls.html", context)


@for_roles(Role.CALL_OWNER)
def call_new(request: HttpRequest) -> HttpResponse:
    """Draft a call for my organisation."""
    owner = first_owned(request)
    form = CallForm(request.POST or None)
    ok, call = run_form(
        form,
        lambda values: calls.create_call(
            owner=owner, actor=request.user, now=timezone.now(), **values
        ),
    )
    if ok:
        return done(request, _("The draft is saved."), "incubator:call_work", call.number)
    return form_page(request, "incubator/calls/call_form.html", form, {"owner": owner})


def first_owned(request: HttpRequest) -> Organisation:
    """Return the organisation for which the person publishes: the chosen one, or the first."""
    mine = organisations_of(request.user, Role.CALL_OWNER)
    chosen = request.GET.get("owner", "")
    return next((row for row in mine if str(row.pk) == chosen), mine[0])


@for_roles(Role.CALL_OWNER)
def call_edit(request: HttpRequest, number: str) -> HttpResponse:
    """Change a draft or a call with edits requested."""
    call = work_call(request, number)
    if not call.editable or Role.CALL_OWNER not in roles_for(request.user, call.owner):
        raise Http404
    form = CallForm(request.POST or None, initial=initial_of(call))
    ok, _saved = run_form(
        form,
        lambda values: calls.edit_call(
            call=call,
            actor=request.user,
            now=timezone.now(),
            expected_version=posted_version(request),
            **values,
        ),
    )
    if ok:
        return done(request, _("The changes are saved."), "incubator:call_work", number)
    context = {"owner": call.owner, "call": call}
    return form_page(request, "incubator/calls/call_form.html", form, context)


def initial_of(call: Call) -> dict[str, Any]:
    """Return the form's values of a call."""
    return {name: getattr(call, name) for name in CallForm.base_fields}


def work_call(request: HttpRequest, number: str) -> Call:
    """Return a call that the person works on, or 404."""
    mine = Call.objects.workable_by(request.user).select_related("owner", "notice")
    return get_object_or_404(mine, number=number)


@for_roles(Role.CALL_OWNER, Role.STAFF)
def call_work(request: HttpRequest, number: str) -> HttpResponse:
    """A call in the workspace: where it stands, what can be done now, questions, proposals."""
    return work_page(request, work_call(request, number), ReasonForm())


def work_page(request: HttpRequest, call: Call, form: ReasonForm) -> HttpResponse:
    """Draw the workspace page of a call."""
    held = roles_for(request.user, call.owner)
    today = timezone.localdate()
    rated = selectors.rated_proposals(call)
    open_moves = [
        move for move in CALL.actions(call.state, held) if move in MOVES and due(move, call)
    ]
    context = {
        "call": call,
        "phase": call.phase(today),
        "today": today,
        "moves": [(move, action_label(CALL.name, move)) for move in open_moves if plain(move)],
        "reasoned": [
            (move, action_label(CALL.name, move)) for move in open_moves if not plain(move)
        ],
        "may_edit": call.editable and Role.CALL_OWNER in held,
        "may_decide": call.state == "evaluating",
        "missing": proposal_reviews.reviews_missing(call) if call.state == "evaluating" else 0,
        "may_answer": Role.CALL_OWNER in held,
        "may_assign": Role.STAFF in held and selectors.lacks_reviewers(rated),
        "unanswered": list(call.questions.filter(answered_at__isnull=True)),
        "rated": rated,
    }
    return form_page(request, "incubator/calls/call_work.html", form, context)


def plain(move: str) -> bool:
    """Return whether a step needs no reason."""
    return not MOVES[move][1]


def due(move: str, call: Call) -> bool:
    """Return whether the clock allows a step: no evaluation of an open call, no early award."""
    today = timezone.localdate()
    if move == "open_evaluation":
        return today > call.closes_on
    if move == "award":
        return call.notice is not None and today > call.notice.closes_on
    return True


@for_roles(Role.CALL_OWNER, Role.STAFF)
@require_POST
def call_move(request: HttpRequest, number: str, action: str) -> HttpResponse:
    """Take a step that the lifecycle offers."""
    call = work_call(request, number)
    if action not in MOVES:
        raise Http404
    deed, reasoned = MOVES[action]
    values = {
        "call": call,
        "actor": request.user,
        "now": timezone.now(),
        "expected_version": posted_version(request),
    }
    if not reasoned:
        return act(request, lambda: deed(**values), "incubator:call_work", number)
    form = ReasonForm(request.POST)
    ok, _moved = run_form(form, lambda clean: deed(**values, **clean))
    if ok:
        return done(request, done_text(), "incubator:own_calls")
    return work_page(request, call, form)


@for_roles(Role.STAFF)
@require_POST
def call_assign(request: HttpRequest, number: str) -> HttpResponse:
    """Look again for reviewers without a conflict."""
    call = work_call(request, number)
    return act(
        request,
        lambda: proposal_reviews.assign_reviewers(
            call=call, actor=request.user, now=timezone.now()
        ),
        "incubator:call_work",
        number,
    )


@for_roles(Role.CALL_OWNER, Role.STAFF)
def call_decide(request: HttpRequest, number: str) -> HttpResponse:
    """Select a proposal, or none, with a reason and feedback for the others."""
    call = work_call(request, number)
    if call.state != "evaluating":
        raise Http404
    rated = selectors.rated_proposals(call)
    form = DecisionForm(request.POST or None, proposals=[row.proposal for row in rated])
    ok, _decided = run_form(
        form,
        lambda values: call_results.decide_call(
            call=call,
            actor=request.user,
            now=timezone.now(),
            expected_version=posted_version(request),
            **form.decision(values),
        ),
    )
    if ok:
        return done(request, _("The result is recorded."), "incubator:call_work", number)
    context = {"call": call, "rated": rated, "missing": proposal_reviews.reviews_missing(call)}
    return form_page(request, "incubator/calls/call_decide.html", form, context)


@for_roles(Role.CALL_OWNER)
def call_answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer a question about my call."""
    owners = organisations_of(request.user, Role.CALL_OWNER)
    question = get_object_or_404(
        CallQuestion.objects.select_related("call__owner", "asker"),
        pk=pk,
        call__owner__in=owners,
    )
    if request.method != "POST" and question.answered_at is not None:
        return redirect("incubator:call_work", question.call.number)
    form = AnswerForm(request.POST or None)
    ok, _answered = run_form(
        form,
        lambda values: calls.answer_question(
            question=question, actor=request.user, now=timezone.now(), **values
        ),
    )
    if ok:
        number = question.call.number
        return done(request, _("Question and answer are public."), "incubator:call_work", number)
    return form_page(request, "incubator/calls/call_answer.html", form, {"question": question})
