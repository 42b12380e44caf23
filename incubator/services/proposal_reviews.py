"""Writes about reviewers: who reviews a proposal, their ratings, stepping back."""

from collections.abc import Collection, Mapping
from contextlib import suppress
from datetime import datetime

from django.utils import timezone

from incubator.domain.call import (
    MIN_NARRATIVE,
    PROPOSAL,
    REVIEW_WORKING_DAYS,
    REVIEWERS,
    score_errors,
)
from incubator.models.calls import Call, Proposal, ProposalReview
from incubator.selectors.calls import assessors, open_reviews_by_reviewer
from incubator.services.calls import clean
from portal.domain.assignment import Candidate, NotEnoughAssessors, assign
from portal.domain.calendar import add_working_days
from portal.domain.lifecycle import Conflict, Invalid, NotAllowed
from portal.domain.roles import Role
from portal.domain.texts import is_blank, legible
from portal.models import User
from portal.permissions import has_conflict, require_role, ties_by_person
from portal.services.operations import operation
from portal.services.registers import record_relation
from portal.services.transitions import lock
from portal.services.work import close_work, open_work


def assign_reviewers(*, call: Call, actor: User, now: datetime) -> int:
    """Look again for reviewers that are missing; return how many still are (staff only)."""
    with operation("call.assign", actor=actor, now=now, subject=call, organisation=call.owner):
        require_role(actor, Role.STAFF)
        locked = lock(call)
        if locked.state != "evaluating":
            raise Conflict("wrong_state", state=locked.state)
        close_work(locked, now=now, kind="call_reviewers")
        return fill_reviews(locked, now)


def fill_reviews(call: Call, now: datetime) -> int:
    """Give every proposal in review its reviewers; open the next step; return how many lack."""
    proposals = call.proposals.filter(state="in_review").select_related("lead").order_by("id")
    missing = sum(fill_review(proposal, call, now) for proposal in proposals)
    if missing:
        open_work(
            "call_reviewers",
            subject=call,
            url=call.work_url,
            now=now,
            role=Role.STAFF,
            call=call.title,
        )
    else:
        open_decision(call, now)
    return missing


def fill_review(proposal: Proposal, call: Call, now: datetime) -> int:
    """Assign by the public function until there are two reviewers; return how many lack."""
    needed = REVIEWERS - proposal.reviews.filter(recused_at__isnull=True).count()
    if needed <= 0:
        return 0
    people = {str(user.pk): user for user in assessors()}
    before = [str(row.reviewer_id) for row in proposal.reviews.all()]
    conflicts = ties_by_person(people.values(), proposal.members())
    conflicts.update({reviewer: ["already_reviewer"] for reviewer in before})
    candidates = [Candidate(pk, employer_of(user)) for pk, user in people.items()]
    drawn = draw(proposal, candidates, conflicts, needed, call.number)
    for pk in drawn:
        give_review(proposal, people[pk], now)
    return needed - len(drawn)


def draw(
    proposal: Proposal,
    candidates: list[Candidate],
    conflicts: Mapping[str, Collection[str]],
    needed: int,
    salt: str,
) -> tuple[str, ...]:
    """Return up to ``needed`` reviewers' ids; the salt is the call's published number."""
    loads = open_reviews_by_reviewer()
    for count in range(needed, 0, -1):
        with suppress(NotEnoughAssessors):
            return assign(
                f"proposal-{proposal.pk}", candidates, conflicts, loads, count, salt
            ).assessors
    return ()


def employer_of(user: User) -> str | None:
    """Return the id of the organisation that a reviewer works for, None for the self-employed."""
    memberships = user.active_memberships
    return str(memberships[0].organisation_id) if memberships else None


def give_review(proposal: Proposal, reviewer: User, now: datetime) -> ProposalReview:
    """Assign one reviewer, who has five working days."""
    due_on = add_working_days(timezone.localdate(now), REVIEW_WORKING_DAYS).value
    with operation(
        "proposal.assign",
        actor=None,
        now=now,
        subject=proposal,
        organisation=proposal.lead,
        reviewer=reviewer.pk,
    ):
        review = ProposalReview.objects.create(
            proposal=proposal, reviewer=reviewer, assigned_at=now, due_on=due_on
        )
        open_work(
            "proposal_review",
            subject=review,
            url=review.get_absolute_url(),
            now=now,
            due_on=due_on,
            user=reviewer,
            proposal=proposal.title,
        )
    return review


def submit_review(
    *,
    review: ProposalReview,
    scores: Mapping[str, int],
    narrative: str,
    no_conflict: bool,
    actor: User,
    now: datetime,
) -> ProposalReview:
    """Hand in a rating: an anchor 0 to 4 for each criterion and a narrative; final.

    Raises ``NotAllowed`` (``role`` for anybody but the reviewer, ``conflict_of_interest``),
    ``Conflict`` (``already_decided``, ``wrong_state``), ``Invalid`` with fields.
    """
    proposal = review.proposal
    with operation(
        "proposal.review", actor=actor, now=now, subject=review, organisation=proposal.lead
    ):
        lock(proposal.call)
        locked = lock_review(review, actor)
        require_rating(scores, narrative, no_conflict=no_conflict)
        require_no_conflict(actor, proposal)
        locked.scores, locked.narrative = dict(scores), narrative.strip()
        locked.submitted_at = now
        clean(locked)
        locked.save()
        close_work(locked, now=now)
        open_decision(proposal.call, now)
    return locked


def lock_review(review: ProposalReview, actor: User) -> ProposalReview:
    """Return the reviewer's own open review, locked."""
    locked = (
        ProposalReview.objects.select_for_update(of=("self",))
        .select_related("proposal")
        .get(pk=review.pk)
    )
    if locked.reviewer_id != actor.pk:
        raise NotAllowed("role")
    require_role(actor, Role.ASSESSOR)
    if locked.submitted_at is not None or locked.recused_at is not None:
        raise Conflict("already_decided")
    if locked.proposal.state != "in_review":
        raise Conflict("wrong_state", lifecycle=PROPOSAL.name, state=locked.proposal.state)
    return locked


def require_rating(scores: Mapping[str, int], narrative: str, *, no_conflict: bool) -> None:
    """Raise ``Invalid`` naming what is missing in a rating."""
    fields = score_errors(scores)
    if len(legible(narrative)) < MIN_NARRATIVE:
        fields["narrative"] = "review_narrative_short"
    if not no_conflict:
        fields["no_conflict"] = "review_declaration_missing"
    if fields:
        raise Invalid("invalid_input", fields=fields)


def require_no_conflict(actor: User, proposal: Proposal) -> None:
    """Raise ``NotAllowed("conflict_of_interest")`` for a tie with any member."""
    if has_conflict(actor, *proposal.members()):
        raise NotAllowed("conflict_of_interest")


def step_back(*, review: ProposalReview, reason: str, actor: User, now: datetime) -> ProposalReview:
    """Declare a conflict: the tie with the lead is kept, another reviewer is drawn."""
    proposal = review.proposal
    with operation(
        "proposal.recuse",
        actor=actor,
        now=now,
        subject=review,
        organisation=proposal.lead,
        reason=reason,
    ):
        lock(proposal.call)
        locked = lock_review(review, actor)
        if is_blank(reason):
            raise Invalid("reason_required", fields={"reason": "reason_required"})
        locked.recused_at, locked.recuse_reason = now, reason.strip()
        clean(locked)
        locked.save()
        close_work(locked, now=now)
        record_relation(
            kind="declared",
            person=actor,
            other=proposal.lead,
            since=timezone.localdate(now),
            subject=proposal,
        )
        fill_reviews(proposal.call, now)
    return locked


def reviews_missing(call: Call) -> int:
    """Return how many reviews the decision still waits for."""
    proposals = call.proposals.filter(state="in_review").prefetch_related("reviews")
    return sum(
        max(REVIEWERS - sum(row.submitted_at is not None for row in proposal.reviews.all()), 0)
        for proposal in proposals
    )


def open_decision(call: Call, now: datetime) -> None:
    """Put the decision into the owner's inbox once every review is in."""
    if reviews_missing(call):
        return
    due_on = add_working_days(timezone.localdate(now), REVIEW_WORKING_DAYS).value
    open_work(
        "call_select",
        subject=call,
        url=call.work_url,
        now=now,
        role=Role.CALL_OWNER,
        organisation=call.owner,
        due_on=due_on,
        call=call.title,
    )
