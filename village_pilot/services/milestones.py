"""Milestones: planned, moved with a reason, handed in with deliverables, judged."""

from collections.abc import Iterable
from datetime import date, datetime

from django.utils import timezone

from portal.domain.lifecycle import Conflict, Invalid
from portal.domain.roles import Role
from portal.domain.texts import is_blank
from portal.models import User
from portal.permissions import require_outsider, require_role
from portal.services.operations import operation
from portal.services.transitions import apply_transition, lock
from portal.services.work import close_work, open_work
from village_pilot.domain.delivery import MILESTONE, WORKING
from village_pilot.models import Milestone, Pilot

PLANNABLE = WORKING | {"proposed", "village_consent"}


def add_milestone(
    *, pilot: Pilot, title: str, due_on: date, actor: User, now: datetime
) -> Milestone:
    """Plan a further milestone (staff, or the firm's signer), until the pilot has ended.

    Raises ``Invalid("date_past")`` and ``Conflict("pilot_not_working")``.
    """
    with operation(
        "village_pilot.milestone.add",
        actor=actor,
        now=now,
        subject=pilot,
        organisation=pilot.provider,
    ):
        require_role(actor, Role.STAFF, Role.FIRM_SIGNER, organisation=pilot.provider)
        locked = lock(pilot)
        if locked.state not in PLANNABLE:
            raise Conflict("pilot_not_working")
        require_to_come(due_on, now)
        milestone = add_milestones(pilot, [(title, due_on)], now)[0]
        if locked.state == "running":
            expect(milestone, now)
    return milestone


def require_to_come(due_on: date, now: datetime) -> None:
    """Raise ``Invalid("date_past")`` where a milestone would be overdue from the start."""
    if due_on < timezone.localdate(now):
        raise Invalid("date_past", fields={"due_on": "date_past"})


def add_milestones(
    pilot: Pilot, rows: Iterable[tuple[str, date]], now: datetime
) -> list[Milestone]:
    """Create milestones inside the caller's operation."""
    made = []
    for title, due_on in rows:
        milestone = Milestone(
            pilot=pilot,
            title=title.strip(),
            first_due_on=due_on,
            due_on=due_on,
            state=MILESTONE.initial,
            state_since=now,
            created_at=now,
        )
        milestone.full_clean()
        milestone.save()
        made.append(milestone)
    return made


def move_milestone(
    *, milestone: Milestone, due_on: date, reason: str, actor: User, now: datetime
) -> Milestone:
    """Move a milestone's date; the first one stays beside it. Staff or the firm's signer.

    Raises ``Invalid`` (``reason_required``, ``same_date``, ``date_past``) and ``Conflict``
    (``milestone_decided``, ``pilot_not_working``).
    """
    pilot = milestone.pilot
    with operation(
        "village_pilot.milestone.move",
        actor=actor,
        now=now,
        subject=milestone,
        organisation=pilot.provider,
        reason=reason,
        due_on=due_on,
    ):
        require_role(actor, Role.STAFF, Role.FIRM_SIGNER, organisation=pilot.provider)
        locked = lock(milestone)
        if lock(pilot).state not in PLANNABLE:
            raise Conflict("pilot_not_working")
        if locked.state in MILESTONE.final:
            raise Conflict("milestone_decided")
        if is_blank(reason):
            raise Invalid("reason_required", fields={"reason": "reason_required"})
        if due_on == locked.due_on:
            raise Invalid("same_date", fields={"due_on": "same_date"})
        require_to_come(due_on, now)
        locked.due_on, locked.moved_reason = due_on, reason.strip()
        locked.full_clean()
        locked.save(update_fields=["due_on", "moved_reason"])
        if close_work(locked, now=now):
            expect(locked, now)
    return locked


def judge_milestone(
    *, milestone: Milestone, action: str, actor: User, now: datetime, reason: str = ""
) -> Milestone:
    """Judge a milestone that was handed in: meet, meet_partially or miss (staff)."""
    provider = milestone.pilot.provider
    with operation(
        f"village_pilot.milestone.{action}",
        actor=actor,
        now=now,
        subject=milestone,
        organisation=provider,
    ):
        require_role(actor, Role.STAFF)
        require_outsider(actor, provider)
        return settle_milestone(
            milestone=milestone,
            action=action,
            actor=actor,
            now=now,
            roles=frozenset({Role.STAFF}),
            reason=reason,
        )


def settle_milestone(
    *,
    milestone: Milestone,
    action: str,
    actor: User,
    now: datetime,
    roles: frozenset[str],
    reason: str = "",
) -> Milestone:
    """Take a judging action in a role that the caller has checked."""
    return apply_transition(
        instance=milestone,
        lifecycle=MILESTONE,
        action=action,
        actor=actor,
        now=now,
        roles=roles,
        reason=reason,
    )


def submit_milestone(milestone: Milestone, actor: User, now: datetime) -> Milestone:
    """Mark a milestone as handed in, on the day of the first hand-in."""
    day = milestone.submitted_on or timezone.localdate(now)
    return apply_transition(
        instance=milestone,
        lifecycle=MILESTONE,
        action="submit",
        actor=actor,
        now=now,
        organisation=milestone.pilot.provider,
        changes={"submitted_on": day},
    )


def expect_milestones(pilot: Pilot, now: datetime) -> None:
    """Put the milestones of a running pilot into the firm's inbox; take the others' out."""
    for milestone in pilot.milestones.filter(state="scheduled"):
        if pilot.state == "running":
            expect(milestone, now)
        else:
            close_work(milestone, now=now)


def expect(milestone: Milestone, now: datetime) -> None:
    """Put a milestone into the firm's inbox."""
    pilot = milestone.pilot
    open_work(
        "milestone_due",
        subject=milestone,
        url=pilot.get_absolute_url(),
        now=now,
        due_on=milestone.due_on,
        role=Role.FIRM_SIGNER,
        organisation=pilot.provider,
        title=milestone.title,
        place=pilot.village.place,
    )
