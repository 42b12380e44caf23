"""The life of a grade: granted, suspended, resumed, revoked, cancelled, superseded."""

from datetime import date, datetime
from typing import cast

from django.utils import timezone

from certification.domain.grade import CURRENT, GRADE
from certification.domain.recommendation import STATEMENT_TITLE
from certification.domain.tiers import tier_rank
from certification.models import Grade, Scorecard
from certification.services.listings import refresh_listing
from certification.services.texts import statement_end, statement_payload
from portal.domain.lifecycle import Invalid, NotAllowed
from portal.domain.roles import Role
from portal.events import Event, GradeChanged, GradeRevoked, GradeTookEffect
from portal.models import IssuedDocument, User
from portal.permissions import has_conflict
from portal.services.operations import operation
from portal.services.registers import issue_document, set_document_state
from portal.services.transitions import apply_transition


def grant_grade(*, card: Scorecard, actor: User, now: datetime) -> Grade:
    """Put a confirmed result into effect: statement issued, old grade superseded, news published.

    Called by ``services.effect.put_into_effect`` only; the lead who decided on the firm is named.
    """
    firm, start = card.organisation, timezone.localdate(now)
    with operation(
        "certification.grade.grant",
        actor=actor,
        now=now,
        subject=card,
        organisation=firm,
        tier=card.proposed_tier,
    ) as opened:
        supersede_current(card, actor=actor, now=now)
        grade = Grade.objects.create(
            organisation=firm,
            scorecard=card,
            document=issue_statement(card, start, actor=actor, now=now),
            tier=card.proposed_tier,
            tier_rank=tier_rank(card.round.rubric.content, card.proposed_tier),
            valid_from=start,
            valid_until=statement_end(card.round.rubric.content, start),
            # a confirmed scorecard has its lead: scorecard_decided_by_named_lead
            confirmed_by=cast("User", card.decided_by),
            state=GRADE.initial,
            state_since=now,
            created_at=now,
        )
        opened.publish(GradeTookEffect(grade_id=grade.pk, organisation_id=firm.pk))
    return grade


def issue_statement(card: Scorecard, start: date, *, actor: User, now: datetime) -> IssuedDocument:
    """Issue the grading statement of a scorecard."""
    end = statement_end(card.round.rubric.content, start)
    return issue_document(
        kind="grading_statement",
        series="HYPJ",
        title=STATEMENT_TITLE,
        holder_name=card.organisation.name,
        payload=statement_payload(card, start=start, end=end),
        actor=actor,
        now=now,
        organisation=card.organisation,
        subject=card,
        valid_until=end,
    )


def supersede_current(card: Scorecard, *, actor: User, now: datetime) -> None:
    """End the firm's present grade, because a new one takes its place.

    The new grade was confirmed by a lead without a tie, so the one who carries it out is
    not asked again.
    """
    held = Grade.objects.filter(organisation=card.organisation, state__in=CURRENT)
    for grade in held.select_related("document"):
        apply_transition(instance=grade, lifecycle=GRADE, action="supersede", actor=actor, now=now)
        set_document_state(
            document=grade.document,
            state="superseded",
            reason=card.round.number,
            actor=actor,
            now=now,
        )


def suspend_grade(
    *,
    grade: Grade,
    reason: str,
    until: date,
    actor: User,
    now: datetime,
    expected_version: int | None = None,
) -> Grade:
    """Suspend a grade up to and including ``until``; running pilots go on.

    Publishes ``GradeChanged``, as ``resume_grade`` and ``cancel_grade`` do.
    Raises ``Invalid`` (``suspension_over``, ``reason_required``) or ``NotAllowed``.
    """
    if until < timezone.localdate(now):
        raise Invalid("suspension_over", fields={"until": "suspension_over"})
    return _move(
        grade,
        "suspend",
        "suspended",
        reason,
        actor=actor,
        now=now,
        expected_version=expected_version,
        changes={"suspended_until": until},
    )


def resume_grade(*, grade: Grade, actor: User | None, now: datetime) -> Grade:
    """End a suspension before its day, or mark on the statement that its day has passed."""
    return _move(
        grade, "resume", "valid", "", actor=actor, now=now, changes={"suspended_until": None}
    )


def revoke_grade(
    *,
    grade: Grade,
    reason: str,
    may_reapply_on: date,
    actor: User,
    now: datetime,
    expected_version: int | None = None,
) -> Grade:
    """Revoke a grade for fault: the statement is revoked and ``GradeRevoked`` published.

    The firm may be assessed again from ``may_reapply_on``.
    """
    return _move(
        grade,
        "revoke",
        "revoked",
        reason,
        actor=actor,
        now=now,
        expected_version=expected_version,
        changes={"may_reapply_on": may_reapply_on},
    )


def cancel_grade(
    *,
    grade: Grade,
    reason: str,
    actor: User,
    now: datetime,
    expected_version: int | None = None,
) -> Grade:
    """Cancel a grade at the holder's own request (注销): by its signer, or by a lead for it."""
    return _move(
        grade,
        "cancel",
        "superseded",
        reason,
        actor=actor,
        now=now,
        expected_version=expected_version,
    )


def _move(
    grade: Grade,
    action: str,
    document_state: str,
    reason: str,
    *,
    actor: User | None,
    now: datetime,
    expected_version: int | None = None,
    changes: dict[str, object] | None = None,
) -> Grade:
    """Apply a transition, mark the statement, refresh the list, publish; a tied lead may not."""
    firm = grade.organisation
    with operation(f"certification.grade.{action}s", actor=actor, now=now, subject=grade) as opened:
        if actor is not None and is_tied_lead(actor, grade):
            raise NotAllowed("conflict_of_interest")
        moved = apply_transition(
            instance=grade,
            lifecycle=GRADE,
            action=action,
            actor=actor,
            now=now,
            organisation=firm,
            reason=reason,
            expected_version=expected_version,
            changes={**(changes or {}), "end_reason": reason.strip()},
        )
        set_document_state(
            document=moved.document,
            state=document_state,
            reason=reason.strip()[:300],
            actor=actor,
            now=now,
        )
        refresh_listing(organisation_id=firm.pk, now=now)
        opened.publish(news(moved, action))
    return moved


def news(grade: Grade, action: str) -> Event:
    """Return the event that tells of a move."""
    if action == "revoke":
        return GradeRevoked(grade_id=grade.pk, organisation_id=grade.organisation_id)
    return GradeChanged(grade_id=grade.pk, organisation_id=grade.organisation_id, action=action)


def is_tied_lead(actor: User, grade: Grade) -> bool:
    """Return whether ``actor`` would decide as a lead on a firm with which they have a tie."""
    return Role.LEAD in actor.role_codes and has_conflict(actor, grade.organisation)
