"""Pages of proposals: the consortium's workspace and the reviewers'."""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from incubator.domain.call import PROPOSAL
from incubator.forms.calls import (
    AttachmentForm,
    PartnerForm,
    ProposalForm,
    ReasonForm,
    ReviewForm,
)
from incubator.models.calls import (
    Call,
    Proposal,
    ProposalAttachment,
    ProposalPartner,
    ProposalReview,
)
from incubator.selectors import calls as selectors
from incubator.selectors.calls import PAGE
from incubator.services import proposal_reviews, proposals
from portal.domain.roles import Role
from portal.labels import action_label
from portal.models import Organisation
from portal.permissions import for_roles, organisations_of, roles_for
from portal.views.base import (
    act,
    done,
    form_page,
    forms_page,
    keyset,
    next_link,
    posted_version,
    run_form,
)

WRITERS = (Role.FIRM_SIGNER, Role.FIRM_MEMBER)
MEMBERS = (*WRITERS, Role.INSTITUTE_MEMBER)
READERS = (*MEMBERS, Role.CALL_OWNER, Role.STAFF, Role.ASSESSOR)
MOVES: dict[str, Callable[..., Any]] = {
    "ask_partners": proposals.ask_partners,
    "revise": proposals.revise_proposal,
    "submit": proposals.submit_proposal,
    "withdraw": proposals.withdraw_proposal,
}


@for_roles(*MEMBERS)
@require_safe
def proposal_list(request: HttpRequest) -> HttpResponse:
    """Proposals that my organisations lead or are asked to join."""
    rows = selectors.workspace_proposals(request.user, after=keyset(request))
    more = next_link(request, rows[PAGE - 1].pk) if len(rows) > PAGE else ""
    context = {"rows": rows[:PAGE], "next_url": more}
    return render(request, "incubator/calls/proposal_list.html", context)


@for_roles(*WRITERS)
def proposal_new(request: HttpRequest, number: str) -> HttpResponse:
    """Start a proposal for an open call."""
    call = get_object_or_404(Call.objects.public().select_related("owner"), number=number)
    lead = first_firm(request)
    form = ProposalForm(request.POST or None)
    ok, proposal = run_form(
        form,
        lambda values: proposals.create_proposal(
            call=call, lead=lead, actor=request.user, now=timezone.now(), **values
        ),
    )
    if ok:
        text = _("The draft is saved. Now add partners and files.")
        return done(request, text, "incubator:proposal", proposal.pk)
    context = {"call": call, "lead": lead, "draft_key": f"proposal-{call.pk}"}
    return form_page(request, "incubator/calls/proposal_form.html", form, context)


def first_firm(request: HttpRequest) -> Organisation:
    """Return the firm for which the person writes: the chosen one, or the first."""
    mine = organisations_of(request.user, *WRITERS)
    chosen = request.GET.get("lead", "")
    return next((row for row in mine if str(row.pk) == chosen), mine[0])


def readable(request: HttpRequest, pk: int) -> Proposal:
    """Return a proposal that the person may read, or 404."""
    rows = Proposal.objects.visible_to(request.user).select_related("call__owner", "lead")
    return get_object_or_404(rows, pk=pk)


def writable(request: HttpRequest, pk: int) -> Proposal:
    """Return a proposal that a firm of the person leads, or 404."""
    rows = Proposal.objects.filter(lead__in=organisations_of(request.user, *WRITERS))
    return get_object_or_404(rows.select_related("call__owner", "lead"), pk=pk)


@for_roles(*READERS)
@require_safe
def proposal_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """A proposal with its consortium, files and what can be done now."""
    return proposal_page(request, readable(request, pk))


def proposal_page(request: HttpRequest, proposal: Proposal, **forms: Any) -> HttpResponse:
    """Draw a proposal's page; ``forms`` are those that came back with errors."""
    held = roles_for(request.user, proposal.lead)
    partners = list(proposal.partners.select_related("organisation"))
    mine = organisations_of(request.user, Role.FIRM_SIGNER, Role.INSTITUTE_MEMBER)
    obstacle = proposals.obstacle_of(proposal)
    draft = proposal.state == "draft"
    context = {
        "proposal": proposal,
        "call": proposal.call,
        "partners": partners,
        "attachments": files_of(proposal),
        "moves": moves_of(proposal, held, has_partners=bool(partners), obstacle=obstacle),
        "may_edit": draft and bool(held & set(WRITERS)),
        "may_withdraw": "withdraw" in PROPOSAL.actions(proposal.state, held),
        "of_consortium": consortium_member(request, proposal, partners),
        "asked": next((row for row in partners if may_answer(row, proposal, mine)), None),
        "partner_form": forms.get("partner") or PartnerForm(prefix="partner"),
        "file_form": forms.get("file") or AttachmentForm(prefix="file"),
        "reason_form": forms.get("reason") or ReasonForm(prefix="decline"),
        "today": timezone.localdate(),
    }
    drawn = {"partner", "file"} if context["may_edit"] else set()
    if context["asked"]:
        drawn.add("reason")
    return forms_page(request, "incubator/calls/proposal_detail.html", context, forms, drawn)


def files_of(proposal: Proposal) -> list[dict[str, Any]]:
    """Return the attachments as ``file_row`` shows them."""
    rows = proposal.attachments.select_related("file")
    return [
        {
            "pk": row.pk,
            "name": row.file.name,
            "size": row.file.size,
            "sha256": row.file.sha256,
            "url": reverse("portal:file", args=[row.file_id]),
            "state": "stored",
        }
        for row in rows
    ]


def moves_of(
    proposal: Proposal, held: frozenset[str], *, has_partners: bool, obstacle: str
) -> list[tuple[str, Any]]:
    """Return the steps that make sense now: (action, words); withdrawing has its own place."""
    hidden = {"withdraw"}
    if obstacle:
        hidden.add("submit")
    if not has_partners:
        hidden.add("ask_partners")
    return [
        (action, action_label(PROPOSAL.name, action))
        for action in PROPOSAL.actions(proposal.state, held)
        if action in MOVES and action not in hidden
    ]


def consortium_member(
    request: HttpRequest, proposal: Proposal, partners: list[ProposalPartner]
) -> bool:
    """Return whether the person belongs to a member of the consortium."""
    mine = {row.pk for row in organisations_of(request.user, *MEMBERS)}
    return bool(mine & {proposal.lead_id, *(row.organisation_id for row in partners)})


def may_answer(partner: ProposalPartner, proposal: Proposal, mine: list[Organisation]) -> bool:
    """Return whether the person answers for this partner now."""
    return (
        proposal.state == "partner_consent"
        and partner.declined_at is None
        and partner.organisation in mine
    )


@for_roles(*WRITERS)
def proposal_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a draft's text."""
    proposal = writable(request, pk)
    if proposal.state != "draft":
        raise Http404
    initial = {name: getattr(proposal, name) for name in ProposalForm.base_fields}
    form = ProposalForm(request.POST or None, initial=initial)
    ok, _saved = run_form(
        form,
        lambda values: proposals.edit_proposal(
            proposal=proposal,
            actor=request.user,
            now=timezone.now(),
            expected_version=posted_version(request),
            **values,
        ),
    )
    if ok:
        return done(request, _("The changes are saved."), "incubator:proposal", pk)
    context = {"call": proposal.call, "lead": proposal.lead, "proposal": proposal}
    return form_page(request, "incubator/calls/proposal_form.html", form, context)


@for_roles(*WRITERS)
@require_POST
def partner_add(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a partner into the consortium."""
    proposal = writable(request, pk)
    form = PartnerForm(request.POST, prefix="partner")
    ok, _added = run_form(
        form,
        lambda values: proposals.add_partner(
            proposal=proposal, actor=request.user, now=timezone.now(), **values
        ),
    )
    if ok:
        return done(request, _("The partner is in the draft."), "incubator:proposal", pk)
    return proposal_page(request, proposal, partner=form)


@for_roles(*WRITERS)
@require_POST
def partner_remove(request: HttpRequest, pk: int, partner: int) -> HttpResponse:
    """Take a partner out of the consortium."""
    proposal = writable(request, pk)
    row = get_object_or_404(ProposalPartner, pk=partner, proposal=proposal)
    row.proposal = proposal
    return act(
        request,
        lambda: proposals.remove_partner(partner=row, actor=request.user, now=timezone.now()),
        "incubator:proposal",
        pk,
    )


@for_roles(*WRITERS)
@require_POST
def attachment_add(request: HttpRequest, pk: int) -> HttpResponse:
    """Add a file."""
    proposal = writable(request, pk)
    form = AttachmentForm(request.POST, request.FILES, prefix="file")
    ok, _added = run_form(
        form,
        lambda values: proposals.attach_file(
            proposal=proposal, actor=request.user, now=timezone.now(), **values
        ),
    )
    if ok:
        return done(request, _("The file is stored."), "incubator:proposal", pk)
    return proposal_page(request, proposal, file=form)


@for_roles(*WRITERS)
@require_POST
def attachment_remove(request: HttpRequest, pk: int, attachment: int) -> HttpResponse:
    """Take a file off the draft."""
    proposal = writable(request, pk)
    row = get_object_or_404(
        ProposalAttachment.objects.select_related("file"), pk=attachment, proposal=proposal
    )
    row.proposal = proposal
    return act(
        request,
        lambda: proposals.remove_attachment(attachment=row, actor=request.user, now=timezone.now()),
        "incubator:proposal",
        pk,
    )


@for_roles(*WRITERS)
@require_POST
def proposal_move(request: HttpRequest, pk: int, action: str) -> HttpResponse:
    """Take a step of the lead."""
    proposal = writable(request, pk)
    if action not in MOVES:
        raise Http404
    return act(
        request,
        lambda: MOVES[action](
            proposal=proposal,
            actor=request.user,
            now=timezone.now(),
            expected_version=posted_version(request),
        ),
        "incubator:proposal",
        pk,
    )


def own_partnership(request: HttpRequest, pk: int) -> ProposalPartner:
    """Return the partnership for which the person may sign, or 404."""
    mine = organisations_of(request.user, Role.FIRM_SIGNER, Role.INSTITUTE_MEMBER)
    rows = ProposalPartner.objects.exclude(proposal__state="draft")
    return get_object_or_404(
        rows.select_related("organisation", "proposal__call__owner", "proposal__lead"),
        pk=pk,
        organisation__in=mine,
    )


@for_roles(Role.FIRM_SIGNER, Role.INSTITUTE_MEMBER)
@require_POST
def partner_consent(request: HttpRequest, pk: int) -> HttpResponse:
    """Consent for my organisation."""
    partner = own_partnership(request, pk)
    return act(
        request,
        lambda: proposals.consent(partner=partner, actor=request.user, now=timezone.now()),
        "incubator:proposal",
        partner.proposal_id,
    )


@for_roles(Role.FIRM_SIGNER, Role.INSTITUTE_MEMBER)
@require_POST
def partner_decline(request: HttpRequest, pk: int) -> HttpResponse:
    """Decline for my organisation, with a reason."""
    partner = own_partnership(request, pk)
    form = ReasonForm(request.POST, prefix="decline")
    ok, _declined = run_form(
        form,
        lambda values: proposals.decline(
            partner=partner, actor=request.user, now=timezone.now(), **values
        ),
    )
    if ok:
        return done(
            request, _("Your answer is recorded."), "incubator:proposal", partner.proposal_id
        )
    return proposal_page(request, partner.proposal, reason=form)


def own_review(request: HttpRequest, pk: int) -> ProposalReview:
    """Return a review that is the person's own and not given back, or 404."""
    rows = ProposalReview.objects.filter(reviewer=request.user, recused_at__isnull=True)
    return get_object_or_404(rows.select_related("proposal__call__owner", "proposal__lead"), pk=pk)


@for_roles(Role.ASSESSOR)
def proposal_review(request: HttpRequest, pk: int) -> HttpResponse:
    """Rate a proposal: the declaration first, the evidence beside the form."""
    review = own_review(request, pk)
    form = ReviewForm(request.POST or None)
    ok, _given = run_form(
        form,
        lambda values: proposal_reviews.submit_review(
            review=review, actor=request.user, now=timezone.now(), **form.rating(values)
        ),
    )
    if ok:
        return done(request, _("Your review is handed in."), "portal:workspace")
    return review_page(request, review, form, ReasonForm(prefix="back"))


def review_page(
    request: HttpRequest, review: ProposalReview, form: ReviewForm, reason_form: ReasonForm
) -> HttpResponse:
    """Draw a reviewer's page."""
    proposal = review.proposal
    context = {
        "review": review,
        "proposal": proposal,
        "call": proposal.call,
        "partners": list(proposal.partners.select_related("organisation")),
        "attachments": files_of(proposal),
        "form": form,
        "reason_form": reason_form,
    }
    both = {"form": form, "reason_form": reason_form}
    refused = {name: one for name, one in both.items() if one.errors}
    drawn = () if review.submitted_at else both
    return forms_page(request, "incubator/calls/proposal_review.html", context, refused, drawn)


@for_roles(Role.ASSESSOR)
@require_POST
def review_step_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Declare a conflict and give the review back."""
    review = own_review(request, pk)
    reason_form = ReasonForm(request.POST, prefix="back")
    ok, _stepped = run_form(
        reason_form,
        lambda values: proposal_reviews.step_back(
            review=review, actor=request.user, now=timezone.now(), **values
        ),
    )
    if ok:
        text = _("Thank you. Somebody else reviews this proposal.")
        return done(request, text, "portal:workspace")
    return review_page(request, review, ReviewForm(), reason_form)
