"""The reviewer's pages: what is assigned, the conflict declaration, the anchored form."""

from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from incubator.forms.applications import ConflictForm, ReviewForm
from incubator.models import ApplicationReview
from incubator.selectors import applications as selectors
from incubator.selectors import screening as screening_reads
from incubator.selectors.refusals import recheck_panel
from incubator.services import application_reviews as services
from portal.domain.roles import Role
from portal.models import FormDraft
from portal.permissions import for_roles
from portal.selectors.drafts import draft_of
from portal.views.base import (
    done,
    forms_page,
    keep_typed,
    keyset,
    next_link,
    posted_version,
    run_form,
)


@for_roles(Role.ASSESSOR)
@require_safe
def review_list(request: HttpRequest) -> HttpResponse:
    """The applications that were assigned to me."""
    rows = screening_reads.reviews_of(request.user, after=keyset(request))
    shown = rows[: selectors.PAGE]
    context = {
        "rows": shown,
        "next_url": next_link(request, shown[-1].pk) if len(rows) > selectors.PAGE else "",
    }
    return render(request, "incubator/applications/review_list.html", context)


def own_review(request: HttpRequest, pk: int) -> ApplicationReview:
    """Return a review that is mine; any other is not found."""
    mine = ApplicationReview.objects.of(request.user)
    return get_object_or_404(mine.select_related("application__organisation"), pk=pk)


@for_roles(Role.ASSESSOR)
def review(request: HttpRequest, pk: int) -> HttpResponse:
    """The declaration first, then the anchored form beside the evidence, then what others said."""
    mine = own_review(request, pk)
    if request.method == "POST":
        return scored(request, mine)
    if mine.state == "assigned":
        return declaration_page(request, mine)
    draft = draft_of(request.user, services.draft_key(mine))
    form = ReviewForm(draft=draft.data if draft else None)
    return review_page(request, mine, form, draft)


def declaration_page(
    request: HttpRequest,
    mine: ApplicationReview,
    form: ConflictForm | None = None,
    late: ReviewForm | None = None,
) -> HttpResponse:
    """Ask for the declaration; a review that was sent before it comes back as text."""
    form = form or ConflictForm()
    refused: dict[str, Form] = {"form": form} if form.errors else {}
    if late is not None:
        refused["review"] = late
    context = {"form": form, "review": mine}
    template = "incubator/applications/review_conflict.html"
    return forms_page(request, template, context, refused, {"form"})


def scored(request: HttpRequest, mine: ApplicationReview) -> HttpResponse:
    """Send the review."""
    form = ReviewForm(request.POST)
    ok, _sent = run_form(
        form,
        lambda _values: services.submit_review(
            review=mine,
            actor=request.user,
            now=timezone.now(),
            expected_version=posted_version(request),
            **form.values(),
        ),
    )
    if not ok and mine.state == "assigned":
        return declaration_page(request, mine, late=form)
    if not ok:
        again = own_review(request, mine.pk)
        if again.state == "scoring":
            keep_typed(request, services.draft_key(mine))
        return review_page(request, again, form, draft_of(request.user, services.draft_key(mine)))
    return done(request, _("Your review is sent."), "incubator:review", mine.pk)


def review_page(
    request: HttpRequest,
    mine: ApplicationReview,
    form: ReviewForm,
    draft: FormDraft | None,
    tie: ConflictForm | None = None,
) -> HttpResponse:
    """Draw the case beside the form, or what was sent; ``tie``: a declaration that was refused."""
    stepping = tie is not None and tie.data.get("conflict") == "yes"
    readable = mine.state in {"scoring", "submitted"}
    case = selectors.application_cases().get(pk=mine.application_id) if readable else None
    context = {
        "review": mine,
        "draft": draft,
        "case": case,
        "check": selectors.stored_panel(case) if case else None,
        "answers": selectors.answer_lines(case, case.sent_answers) if case else [],
        "groups": selectors.file_groups(case, case.sent_files) if case else [],
        "changes": selectors.last_changes(case) if case else None,
        "links": screening_reads.firm_links(case) if case else [],
        "recheck": recheck_panel(case, timezone.localdate()) if case and mine.of_refusal else None,
        "own": screening_reads.review_line(mine),
        "others": screening_reads.other_reviews(mine),
        "draft_url": reverse("portal:draft", args=[services.draft_key(mine)]),
        "form": form,
        "tie_form": without_choice(tie if tie and stepping else ConflictForm(auto_id="tie_%s")),
    }
    bound = {"form": form, "tie_form" if stepping else "declared": tie}
    refused = {name: one for name, one in bound.items() if one and one.is_bound and one.errors}
    drawn = {"form", "tie_form"} if mine.state == "scoring" else set()
    return forms_page(request, "incubator/applications/review.html", context, refused, drawn)


def without_choice(form: ConflictForm) -> ConflictForm:
    """Hide the answer of the declaration: whoever has begun to read can only step back."""
    form.fields["conflict"].widget = form.fields["conflict"].hidden_widget()
    form.initial["conflict"] = "yes"
    return form


@for_roles(Role.ASSESSOR)
@require_POST
def review_conflict(request: HttpRequest, pk: int) -> HttpResponse:
    """Declare a tie, or that there is none."""
    mine = own_review(request, pk)
    form = ConflictForm(request.POST, auto_id="tie_%s" if mine.state == "scoring" else "id_%s")
    version = posted_version(request)
    ok, moved = run_form(
        form,
        lambda values: services.declare(
            review=mine,
            conflict=values["conflict"] == "yes",
            note=values["note"],
            actor=request.user,
            now=timezone.now(),
            expected_version=version,
        ),
    )
    again = own_review(request, pk)
    if not ok and again.state == "scoring":
        draft = draft_of(request.user, services.draft_key(again))
        return review_page(
            request, again, ReviewForm(draft=draft.data if draft else None), draft, form
        )
    if not ok:
        return declaration_page(request, again, form)
    if moved.state == "recused":
        text = _("Thank you; somebody else reviews this case.")
        return done(request, text, "incubator:review_list")
    return done(request, _("Thank you. Here is the case."), "incubator:review", pk)
