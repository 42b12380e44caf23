"""Reads of calls, proposals and reviews."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from django.contrib.auth.models import AnonymousUser
from django.db.models import Count, Q, QuerySet

from incubator.domain.call import CRITERIA, REVIEWERS, mean_total
from incubator.models.calls import (
    Call,
    CallQuestion,
    Proposal,
    ProposalPartner,
    ProposalReview,
)
from portal.domain.roles import Role
from portal.models import Organisation, User

PAGE = 20
ENDED = ("awarded", "none_suitable", "cancelled")


def calls_page(
    *, today: date, phase: str = "", category: str = "", after: int | None = None
) -> list[Call]:
    """Return up to 21 public calls, newest first, below the id ``after`` (one query)."""
    calls = Call.objects.public().select_related("owner").order_by("-id")
    if phase == "open":
        calls = calls.filter(state="published", opens_on__lte=today, closes_on__gte=today)
    elif phase == "evaluating":
        closed = Q(state="published", closes_on__lt=today)
        calls = calls.filter(Q(state="evaluating") | closed)
    elif phase == "ended":
        calls = calls.filter(state__in=ENDED)
    elif phase:
        calls = calls.filter(state=phase)
    if category:
        calls = calls.filter(category=category)
    if after is not None:
        calls = calls.filter(pk__lt=after)
    return list(calls[: PAGE + 1])


def open_calls(today: date, *, limit: int = 5) -> list[Call]:
    """Return calls that take proposals today, soonest end first (one query)."""
    return list(
        Call.objects.filter(state="published", opens_on__lte=today, closes_on__gte=today)
        .select_related("owner")
        .order_by("closes_on", "id")[:limit]
    )


def answered_questions(call: Call) -> list[CallQuestion]:
    """Return the public questions of a call, oldest first, at most 200 (one query)."""
    return list(call.questions.filter(answered_at__isnull=False).order_by("id")[:200])


def own_questions(call: Call, user: User | AnonymousUser) -> list[CallQuestion]:
    """Return what the person asked and nobody answered yet, at most 20 (one query)."""
    if not user.is_authenticated:
        return []
    return list(call.questions.filter(answered_at__isnull=True, asker=user).order_by("id")[:20])


@dataclass(frozen=True)
class CallResult:
    """What the public learns of a result: the proposal with its members, never a score."""

    proposal: Proposal
    members: list[ProposalPartner]


def result_of(call: Call) -> CallResult | None:
    """Return the selected proposal where the call shows its result (two queries)."""
    if call.state not in {"public_notice", "awarded"}:
        return None
    chosen = call.proposals.select_related("lead").get(state="selected")
    return CallResult(chosen, list(chosen.partners.select_related("organisation")))


def selected_proposals(organisation_ids: Iterable[int]) -> QuerySet[Proposal]:
    """Return the awarded proposals that these organisations led or partnered in.

    For display only: a selection is shown and never scored.
    """
    ids = list(organisation_ids)
    partnered = ProposalPartner.objects.filter(organisation_id__in=ids).values("proposal_id")
    return (
        Proposal.objects.filter(Q(lead_id__in=ids) | Q(pk__in=partnered))
        .filter(state="selected", call__state="awarded")
        .select_related("call", "lead")
        .order_by("-id")
    )


def workspace_calls(user: User, *, after: int | None = None) -> list[Call]:
    """Return up to 21 calls that ``user`` works on, newest first (one query)."""
    calls = Call.objects.workable_by(user).select_related("owner").order_by("-id")
    if after is not None:
        calls = calls.filter(pk__lt=after)
    return list(calls[: PAGE + 1])


def workspace_proposals(user: User, *, after: int | None = None) -> list[Proposal]:
    """Return up to 21 proposals of the user's organisations, newest first (one query)."""
    rows = Proposal.objects.of_consortium(user).select_related("call", "lead").order_by("-id")
    if after is not None:
        rows = rows.filter(pk__lt=after)
    return list(rows[: PAGE + 1])


@dataclass(frozen=True)
class Rated:
    """A proposal before its decision: reviews handed in, how many are due, the mean total."""

    proposal: Proposal
    members: list[Organisation]
    reviews: list[ProposalReview]
    waiting: int
    mean: Fraction | None
    anchors: list[tuple[str, list[int]]] = field(default_factory=list)


def rated_proposals(call: Call) -> list[Rated]:
    """Return the proposals of a call that owner and staff may read (four queries)."""
    proposals = (
        call.proposals.exclude(state__in=("draft", "partner_consent", "submitted", "withdrawn"))
        .select_related("lead")
        .prefetch_related("partners__organisation", "reviews")
        .order_by("id")
    )
    return [rated(proposal) for proposal in proposals]


def rated(proposal: Proposal) -> Rated:
    """Return one proposal with what its reviewers said; names of reviewers stay out."""
    active = [row for row in proposal.reviews.all() if row.recused_at is None]
    given = [row for row in active if row.submitted_at is not None]
    return Rated(
        proposal=proposal,
        members=[proposal.lead, *(row.organisation for row in proposal.partners.all())],
        reviews=given,
        waiting=len(active) - len(given),
        mean=mean_total(row.scores for row in given),
        anchors=[(name, [row.scores[name] for row in given]) for name in CRITERIA],
    )


def lacks_reviewers(rows: Iterable[Rated]) -> bool:
    """Return whether a proposal in review has fewer reviewers than it needs."""
    return any(
        row.proposal.state == "in_review" and len(row.reviews) + row.waiting < REVIEWERS
        for row in rows
    )


def assessors() -> list[User]:
    """Return the people who may review proposals, by id (one query)."""
    people = User.objects.filter(is_active=True, groups__name=Role.ASSESSOR)
    return list(people.order_by("id"))


def open_reviews_by_reviewer() -> dict[str, int]:
    """Return how many reviews each person still owes (one query)."""
    rows = (
        ProposalReview.objects.filter(submitted_at__isnull=True, recused_at__isnull=True)
        .values("reviewer_id")
        .annotate(n=Count("id"))
    )
    return {str(row["reviewer_id"]): row["n"] for row in rows}
