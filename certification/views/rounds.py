"""The lead's pages: rounds, decisions, grades."""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from certification.domain.grade import GRADE, grade_status
from certification.domain.rounds import ROUND
from certification.forms import DecideForm, PlanForm, ReasonForm, RevokeForm, SuspendForm
from certification.models import AssessmentRound, Grade
from certification.selectors.rounds import round_page
from certification.selectors.scorecards import cards, explain_card, rounds_page
from certification.services import grades as grade_services
from certification.services import rounds as services
from portal.labels import STATES, action_label
from portal.permissions import for_roles
from portal.views.base import act, done, form_page, keyset, next_link, posted_version, run_form

PAGE = 20


@for_roles("lead")
@require_safe
def rounds(request: HttpRequest) -> HttpResponse:
    """Every round, newest first."""
    found = rounds_page(keyset(request))
    more = next_link(request, found[PAGE - 1].pk) if len(found) > PAGE else ""
    rows = [{"round": one, "state": STATES[ROUND.name][one.state]} for one in found[:PAGE]]
    return render(request, "certification/rounds.html", {"rows": rows, "next_url": more})


@for_roles("lead")
def round_plan(request: HttpRequest) -> HttpResponse:
    """Plan a round."""
    form = PlanForm(request.POST or None)
    ok, planned = run_form(
        form,
        lambda values: services.plan_round(actor=request.user, now=timezone.now(), **values),
    )
    if ok:
        return done(request, _("The round is planned."), "certification:round", planned.pk)
    return form_page(request, "certification/round_plan.html", form)


@for_roles("lead")
@require_safe
def round_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One round: where it stands, what waits, every scorecard."""
    found = round_page(request.user, get_round(pk), timezone.localdate())
    form = DecideForm(cards=found.mine)
    return render(request, "certification/round.html", {"found": found, "form": form})


def get_round(pk: int) -> AssessmentRound:
    """Return a round with its rubric and notice; 404 otherwise."""
    return get_object_or_404(AssessmentRound.objects.select_related("rubric", "notice"), pk=pk)


STEPS: dict[str, Callable[..., Any]] = {
    "freeze": services.freeze_evidence,
    "score": services.score_round,
    "notice": services.open_round_notice,
    "effect": services.take_effect,
}
"""Steps that are one button; scoring is idempotent and needs no version."""


@for_roles("lead")
@require_POST
def round_step(request: HttpRequest, pk: int, step: str) -> HttpResponse:
    """Take a step of a round."""
    if step not in STEPS:
        raise Http404
    assessment = get_round(pk)
    extra = {} if step == "score" else {"expected_version": posted_version(request)}
    return act(
        request,
        lambda: STEPS[step](assessment=assessment, actor=request.user, now=timezone.now(), **extra),
        "certification:round",
        pk,
    )


@for_roles("lead")
@require_POST
def round_propose(request: HttpRequest, pk: int) -> HttpResponse:
    """Decide by name on every firm of the round that the person may decide on."""
    assessment = get_round(pk)
    found = round_page(request.user, assessment, timezone.localdate())
    form = DecideForm(request.POST, cards=found.mine)

    def decide(_values: dict[str, Any]) -> AssessmentRound:
        confirmed, held = form.split()
        return services.propose(
            assessment=assessment,
            actor=request.user,
            now=timezone.now(),
            confirmed=confirmed,
            held=held,
            expected_version=posted_version(request),
        )

    ok, _round = run_form(form, decide)
    if ok:
        return done(request, _("Your decisions are recorded."), "certification:round", pk)
    context = {"found": found}
    return form_page(request, "certification/round.html", form, context, drawn=bool(found.mine))


@for_roles("lead")
def round_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Cancel a round with a reason."""
    assessment = get_round(pk)
    form = ReasonForm(request.POST or None, initial={"version": assessment.version})
    ok, _round = run_form(
        form,
        lambda values: services.cancel_round(
            assessment=assessment,
            actor=request.user,
            now=timezone.now(),
            reason=values["reason"],
            expected_version=values["version"],
        ),
    )
    if ok:
        return done(request, _("The round is cancelled."), "certification:round", pk)
    context = {"round": assessment}
    return form_page(request, "certification/round_cancel.html", form, context)


@for_roles("lead")
@require_safe
def round_scorecard(request: HttpRequest, pk: int, card: int) -> HttpResponse:
    """One firm's scorecard, as the lead reads it before deciding."""
    found = get_object_or_404(cards(), pk=card, round=pk, scored_at__isnull=False)
    context = {"found": explain_card(found, private=True), "card": found, "as_lead": True}
    return render(request, "certification/scorecard.html", context)


@for_roles("lead")
@require_safe
def grade(request: HttpRequest, pk: int) -> HttpResponse:
    """A grade with what the lead can do about it."""
    found = get_grade(pk)
    allowed = GRADE.actions(found.state, {"lead"})
    status = grade_status(
        found.state, found.valid_until, timezone.localdate(), found.suspended_until
    )
    context = {
        "grade": found,
        "state": STATES[GRADE.name][status],
        "deeds": [(deed, action_label(GRADE.name, deed)) for deed in DEEDS if deed in allowed],
    }
    return render(request, "certification/grade.html", context)


def get_grade(pk: int) -> Grade:
    """Return a grade with its firm and statement; 404 otherwise."""
    return get_object_or_404(
        Grade.objects.select_related(
            "organisation", "document", "confirmed_by", "scorecard__round"
        ),
        pk=pk,
    )


DEEDS: dict[str, tuple[type[ReasonForm], Callable[..., Grade]]] = {
    "revoke": (RevokeForm, grade_services.revoke_grade),
    "suspend": (SuspendForm, grade_services.suspend_grade),
    "cancel": (ReasonForm, grade_services.cancel_grade),
}


@for_roles("lead")
def grade_end(request: HttpRequest, pk: int, deed: str) -> HttpResponse:
    """Suspend, revoke or cancel a grade, each with its reason."""
    if deed not in DEEDS:
        raise Http404
    found = get_grade(pk)
    form_class, service = DEEDS[deed]
    form = form_class(request.POST or None, initial={"version": found.version})
    ok, _grade = run_form(
        form,
        lambda values: service(
            grade=found,
            actor=request.user,
            now=timezone.now(),
            expected_version=values.pop("version"),
            **values,
        ),
    )
    if ok:
        return done(request, _("The grade was changed."), "certification:grade", pk)
    context = {"grade": found, "deed_label": action_label(GRADE.name, deed)}
    return form_page(request, "certification/grade_end.html", form, context)
