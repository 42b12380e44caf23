"""Writes of a consortium: its proposal, partners and their consent, files, submission."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.core.files.base import File
from django.utils import timezone

from incubator.domain.call import PROPOSAL, Consent, submit_obstacle, takes_proposals
from incubator.models.calls import Call, Proposal, ProposalAttachment, ProposalPartner
from incubator.selectors.applications import is_admitted
from incubator.services.calls import clean, close_proposal_work, people_of, rewrite
from portal.domain.identifiers import normalise
from portal.domain.lifecycle import Conflict, Invalid, NotAllowed
from portal.domain.roles import OrganisationKind, Role
from portal.domain.texts import is_blank
from portal.models import Organisation, User
from portal.notifications import notify
from portal.permissions import require_role
from portal.services.files import store_file
from portal.services.operations import Operation, operation
from portal.services.transitions import apply_transition, lock
from portal.services.work import close_work, open_work

SIGNERS = {
    OrganisationKind.FIRM.value: Role.FIRM_SIGNER,
    OrganisationKind.INSTITUTE.value: Role.INSTITUTE_MEMBER,
}
"""Who consents for a partner, by the partner's kind; other kinds are no partners."""


def create_proposal(
    *,
    call: Call,
    lead: Organisation,
    title: str,
    summary: str,
    lead_share: str,
    plan: str,
    actor: User,
    now: datetime,
) -> Proposal:
    """Draft a proposal led by an admitted firm, while the call is open.

    Raises ``NotAllowed`` (``role``, ``proposal_not_admitted``), ``Conflict``
    (``call_not_open``, ``proposal_exists``, ``call_own_organisation``), ``Invalid``.
    """
    with operation(
        "proposal.create", actor=actor, now=now, subject=call, organisation=lead
    ) as opened:
        require_role(actor, Role.FIRM_SIGNER, Role.FIRM_MEMBER, organisation=lead)
        require_lead(call, lead, now)
        proposal = Proposal(
            call=call,
            lead=lead,
            created_by=actor,
            title=title,
            summary=summary,
            lead_share=lead_share,
            plan=plan,
            state=PROPOSAL.initial,
            state_since=now,
            created_at=now,
        )
        clean(proposal)
        proposal.save()
        opened.record("proposal.created", subject=proposal, organisation=lead)
    return proposal


def require_lead(call: Call, lead: Organisation, now: datetime) -> None:
    """Refuse a lead that is not admitted, owns the call or leads another proposal for it."""
    lock(call)
    if not is_admitted(lead.pk):
        raise NotAllowed("proposal_not_admitted")
    require_open(call, now)
    if call.owner_id == lead.pk:
        raise Conflict("call_own_organisation")
    if call.proposals.filter(lead=lead).exclude(state="withdrawn").exists():
        raise Conflict("proposal_exists")


def require_open(call: Call, now: datetime) -> None:
    """Raise ``Conflict("call_not_open")`` unless proposals are taken now."""
    if not takes_proposals(call.state, call.schedule, timezone.localdate(now)):
        raise Conflict("call_not_open")


def edit_proposal(
    *,
    proposal: Proposal,
    title: str,
    summary: str,
    lead_share: str,
    plan: str,
    actor: User,
    now: datetime,
    expected_version: int | None = None,
) -> Proposal:
    """Change a draft; while partners are asked its text is frozen (``revise_proposal`` first)."""
    with draft_deed("proposal.edit", proposal, actor, now):
        return rewrite(
            proposal,
            lifecycle_name=PROPOSAL.name,
            states=("draft",),
            expected_version=expected_version,
            values={"title": title, "summary": summary, "lead_share": lead_share, "plan": plan},
        )


@contextmanager
def draft_deed(
    name: str, proposal: Proposal, actor: User, now: datetime, **data: Any
) -> Iterator[Operation]:
    """Open the unit of work of somebody of the lead on a draft of an open call."""
    with operation(
        name, actor=actor, now=now, subject=proposal, organisation=proposal.lead, **data
    ) as opened:
        require_role(actor, Role.FIRM_SIGNER, Role.FIRM_MEMBER, organisation=proposal.lead)
        require_open(proposal.call, now)
        yield opened


def add_partner(
    *, proposal: Proposal, uscc: str, task_share: str, actor: User, now: datetime
) -> ProposalPartner:
    """Put a registered firm or institute into a draft's consortium.

    Raises ``Invalid`` (``proposal_partner_unknown``), ``Conflict``
    (``proposal_partner_twice``, ``call_own_organisation``, ``wrong_state``, ``call_not_open``).
    """
    with draft_deed("proposal.add_partner", proposal, actor, now, uscc=normalise(uscc)):
        rewrite_draft(proposal)
        partner = ProposalPartner(
            proposal=proposal,
            organisation=partner_with(proposal, uscc),
            task_share=task_share.strip(),
        )
        clean(partner)
        partner.save()
    return partner


def rewrite_draft(proposal: Proposal) -> Proposal:
    """Lock a draft and raise its version, because its consortium or files change."""
    return rewrite(
        proposal, lifecycle_name=PROPOSAL.name, states=("draft",), expected_version=None, values={}
    )


def partner_with(proposal: Proposal, uscc: str) -> Organisation:
    """Return the organisation with this code, where it can join the consortium."""
    found = Organisation.objects.filter(uscc=normalise(uscc), kind__in=SIGNERS).first()
    if found is None:
        unknown = {"uscc": "proposal_partner_unknown"}
        raise Invalid("proposal_partner_unknown", fields=unknown)
    if found.pk == proposal.call.owner_id:
        raise Conflict("call_own_organisation")
    if found in proposal.members():
        raise Conflict("proposal_partner_twice")
    return found


def remove_partner(*, partner: ProposalPartner, actor: User, now: datetime) -> None:
    """Take a partner out of a draft's consortium."""
    proposal = partner.proposal
    with draft_deed(
        "proposal.remove_partner", proposal, actor, now, partner=partner.organisation_id
    ):
        rewrite_draft(proposal)
        partner.delete()


def attach_file(
    *, proposal: Proposal, upload: "File[Any]", actor: User, now: datetime
) -> ProposalAttachment:
    """Add a file to a draft. Raises as ``store_file`` does."""
    with draft_deed("proposal.attach", proposal, actor, now):
        rewrite_draft(proposal)
        stored = store_file(
            upload=upload,
            use="proposal_attachment",
            actor=actor,
            now=now,
            organisation=proposal.lead,
        )
        return ProposalAttachment.objects.create(proposal=proposal, file=stored)


def remove_attachment(*, attachment: ProposalAttachment, actor: User, now: datetime) -> None:
    """Take a file off a draft; its bytes stay until they are swept."""
    proposal = attachment.proposal
    with draft_deed("proposal.detach", proposal, actor, now, sha256=attachment.file.sha256):
        rewrite_draft(proposal)
        attachment.delete()


def ask_partners(
    *, proposal: Proposal, actor: User, now: datetime, expected_version: int | None = None
) -> Proposal:
    """Freeze the text and ask every partner's signer or institute member for consent.

    Raises ``Conflict`` (``proposal_no_partners``, ``call_not_open``, ``wrong_state``).
    """
    with operation(
        "proposal.ask", actor=actor, now=now, subject=proposal, organisation=proposal.lead
    ):
        require_open(proposal.call, now)
        moved = move(proposal, "ask_partners", actor, now, expected_version)
        partners = list(moved.partners.select_related("organisation"))
        if not partners:
            raise Conflict("proposal_no_partners")
        for partner in partners:
            ask(partner, moved, now)
    return moved


def ask(partner: ProposalPartner, proposal: Proposal, now: datetime) -> None:
    """Put the question to a partner's signer, due on the call's last day."""
    role = SIGNERS[partner.organisation.kind]
    url = proposal.get_absolute_url()
    open_work(
        "proposal_consent",
        subject=partner,
        url=url,
        now=now,
        due_on=proposal.call.closes_on,
        role=role,
        organisation=partner.organisation,
        lead=proposal.lead.name,
        proposal=proposal.title,
    )
    notify(
        people_of(partner.organisation, role),
        "proposal_consent",
        now=now,
        url=url,
        key=f"consent:{partner.pk}:{proposal.version}",
        lead=proposal.lead.name,
        proposal=proposal.title,
    )


def consent(*, partner: ProposalPartner, actor: User, now: datetime) -> ProposalPartner:
    """Consent for a partner; silence never counts. Raises as ``answer_as_partner``."""
    return answer_as_partner(partner, "consented_at", "", actor, now)


def decline(
    *, partner: ProposalPartner, reason: str, actor: User, now: datetime
) -> ProposalPartner:
    """Decline for a partner, with a reason that the lead reads; also after a consent."""
    if is_blank(reason):
        raise Invalid("reason_required", fields={"reason": "reason_required"})
    return answer_as_partner(partner, "declined_at", reason, actor, now)


def answer_as_partner(
    partner: ProposalPartner, field: str, reason: str, actor: User, now: datetime
) -> ProposalPartner:
    """Record a partner's answer while partners are asked; tell the lead what to do next.

    Raises ``NotAllowed("role")`` for anybody but the partner's signer, ``Conflict``
    (``wrong_state``, ``call_not_open``, ``already_decided`` for the same answer twice).
    """
    with operation(
        f"proposal.{field.removesuffix('_at')}",
        actor=actor,
        now=now,
        subject=partner,
        organisation=partner.organisation,
        reason=reason,
    ):
        require_role(actor, SIGNERS[partner.organisation.kind], organisation=partner.organisation)
        proposal = lock(partner.proposal)
        if proposal.state != "partner_consent":
            raise Conflict("wrong_state", lifecycle=PROPOSAL.name, state=proposal.state)
        require_open(proposal.call, now)
        locked = ProposalPartner.objects.select_for_update().get(pk=partner.pk)
        if getattr(locked, field) is not None or locked.declined_at is not None:
            raise Conflict("already_decided")
        locked.consented_at = locked.declined_at = None
        setattr(locked, field, now)
        locked.answered_by, locked.decline_reason = actor, reason.strip()
        clean(locked)
        locked.save()
        close_work(locked, now=now)
        tell_lead(locked, proposal, now)
    return locked


def tell_lead(partner: ProposalPartner, proposal: Proposal, now: datetime) -> None:
    """Tell the lead of an answer, and open what it makes possible or necessary."""
    url = proposal.get_absolute_url()
    obstacle = obstacle_of(proposal)
    kinds = {"": "proposal_submit", "proposal_partner_declined": "proposal_revise"}
    close_work(proposal, now=now)
    if obstacle in kinds:
        open_work(
            kinds[obstacle],
            subject=proposal,
            url=url,
            now=now,
            role=Role.FIRM_SIGNER,
            organisation=proposal.lead,
            due_on=proposal.call.closes_on,
            proposal=proposal.title,
        )
    answer = "consented" if partner.consented_at else "declined"
    notify(
        people_of(proposal.lead, Role.FIRM_SIGNER, Role.FIRM_MEMBER),
        "proposal_answered",
        key=f"answer:{partner.pk}:{proposal.version}:{answer}",
        now=now,
        url=url,
        partner=partner.organisation.name,
        proposal=proposal.title,
    )


def obstacle_of(proposal: Proposal) -> str:
    """Return the code of what keeps ``proposal`` from being submitted, or “”."""
    answers = [
        Consent(consented=row.consented_at is not None, declined=row.declined_at is not None)
        for row in proposal.partners.all()
    ]
    return submit_obstacle(proposal.state, answers)


def revise_proposal(
    *, proposal: Proposal, actor: User, now: datetime, expected_version: int | None = None
) -> Proposal:
    """Take a proposal back to draft; every answer lapses, for the text may change."""
    with operation(
        "proposal.reopen", actor=actor, now=now, subject=proposal, organisation=proposal.lead
    ):
        moved = move(proposal, "revise", actor, now, expected_version)
        close_proposal_work(moved, now)
        moved.partners.update(
            consented_at=None, declined_at=None, answered_by=None, decline_reason=""
        )
    return moved


def submit_proposal(
    *, proposal: Proposal, actor: User, now: datetime, expected_version: int | None = None
) -> Proposal:
    """Submit a proposal to which every partner consented; it is sealed until the call closes.

    Raises ``Conflict`` (``call_not_open``, ``proposal_partners_not_asked``,
    ``proposal_consent_missing``, ``proposal_partner_declined``, ``wrong_state``).
    """
    with operation(
        "proposal.send", actor=actor, now=now, subject=proposal, organisation=proposal.lead
    ):
        require_open(proposal.call, now)
        obstacle = obstacle_of(lock(proposal))
        moved = move(proposal, "submit", actor, now, expected_version, submitted_at=now)
        if obstacle:
            raise Conflict(obstacle)
    return moved


def withdraw_proposal(
    *,
    proposal: Proposal,
    actor: User,
    now: datetime,
    reason: str = "",
    expected_version: int | None = None,
) -> Proposal:
    """Withdraw a proposal before a decision."""
    with operation(
        "proposal.give_up", actor=actor, now=now, subject=proposal, organisation=proposal.lead
    ):
        close_proposal_work(proposal, now)
        return move(proposal, "withdraw", actor, now, expected_version, reason=reason)


def move(
    proposal: Proposal,
    action: str,
    actor: User,
    now: datetime,
    expected_version: int | None,
    *,
    reason: str = "",
    **changes: object,
) -> Proposal:
    """Take ``action`` as somebody of the lead."""
    return apply_transition(
        instance=proposal,
        lifecycle=PROPOSAL,
        action=action,
        actor=actor,
        now=now,
        organisation=proposal.lead,
        expected_version=expected_version,
        reason=reason,
        changes=changes,
    )
