"""Plan templates and a firm's milestones: publish, begin, report, confirm, move."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Exists, Manager, OuterRef
from django.utils import timezone

from incubator.domain.cohort import RUNNING
from incubator.domain.incubation_plan import (
    MILESTONE,
    OPEN,
    REMIND_DAYS,
    REVIEW,
    read_plan,
    require_move,
    require_review_days,
    review_dates,
)
from incubator.labels.incubation_plan import INDICATORS
from incubator.models import (
    Incubation,
    IncubationMilestone,
    IncubationReview,
    PlanTemplate,
)
from incubator.permissions.cohorts import guide_roles, require_decider, require_staff
from incubator.services.screening import signers_of
from portal.domain.lifecycle import Conflict, Invalid, require_seen
from portal.domain.roles import Role
from portal.domain.texts import is_blank, legible
from portal.models import User
from portal.notifications import notify
from portal.services.operations import operation
from portal.services.transitions import apply_transition, lock
from portal.services.work import close_work, open_work

SHIPPED = Path(__file__).with_name("incubation_plan.txt")
SHIPPED_REVIEW_DAYS = 90
Row = IncubationMilestone | IncubationReview
R = TypeVar("R", IncubationMilestone, IncubationReview)


# --- Templates


def shipped_plan() -> dict[str, Any]:
    """Return the plan that comes with the portal: version, review_days, lines."""
    lines = SHIPPED.read_text(encoding="utf-8").strip()
    return {"version": "2026-1", "review_days": SHIPPED_REVIEW_DAYS, "lines": lines}


def publish_plan(
    *, version: str, review_days: int, lines: str, actor: User, now: datetime
) -> PlanTemplate:
    """Publish a version of the plan; the same one again changes nothing.

    Raises ``NotAllowed("role")``, ``Invalid`` (what ``plan_faults`` finds, ``review_days``,
    ``text_required``) or ``Conflict("plan_version")``.
    """
    version = legible(version)
    with operation("incubator.plan.publish", actor=actor, now=now, version=version) as opened:
        require_staff(actor)
        require_review_days(review_days)
        require_seen(plan_version=version)
        read = [asdict(one) for one in read_plan(lines, INDICATORS)]
        values = {"review_days": review_days, "lines": read}
        found = PlanTemplate.objects.filter(version=version).first()
        if found is not None and (found.review_days, found.lines) != tuple(values.values()):
            raise Conflict("plan_version", version=found.version)
        if found is not None:
            return found
        plan = PlanTemplate.objects.create(
            version=version[:20], **values, published_at=now, published_by=actor
        )
        opened.record("incubator.plan.published", subject=plan, version=plan.version)
    return plan


# --- The firm's plan


def begin_plan(incubation: Incubation, *, now: datetime) -> None:
    """Write the firm's milestones and reviews when its membership begins under a plan.

    Days count from the cohort's first day, or from today where the firm joins later.
    """
    plan = incubation.cohort.plan
    if plan is None:
        return
    first = max(incubation.cohort.starts_on, timezone.localdate(now))
    common: dict[str, Any] = {"incubation": incubation, "state_since": now, "created_at": now}
    IncubationMilestone.objects.bulk_create(
        IncubationMilestone(
            **common,
            state=MILESTONE.initial,
            code=line.code,
            title=line.title,
            title_en=line.title_en,
            indicator=line.indicator,
            due_on=first + timedelta(days=line.days),
            first_due_on=first + timedelta(days=line.days),
        )
        for line in plan.plan
    )
    dates = review_dates(first, incubation.cohort.ends_on, plan.review_days)
    IncubationReview.objects.bulk_create(
        IncubationReview(**common, state=REVIEW.initial, number=number, due_on=day)
        for number, day in enumerate(dates, start=1)
    )
    call_next(incubation, now=now)


def call_next(incubation: Incubation, *, now: datetime) -> None:
    """Put what waits for the firm into its inbox: the next milestone and the next review, and
    every one that is due within a week or late.
    """
    for milestone in soonest(incubation.milestones, now):
        words = {"title": milestone.title, "title_en": milestone.title_en}
        call_firm(milestone, "incubation_milestone", now=now, **words)
    for review in soonest(incubation.reviews, now):
        call_firm(review, "incubation_review", now=now, number=review.number)


def soonest(rows: "Manager[R]", now: datetime) -> list[R]:
    """Return what of a plan the firm is called to: the first that is open, and all due soon."""
    waiting = list(rows.filter(state__in=OPEN))
    return [row for row in waiting if row == waiting[0] or row.due_on <= soon(now)]


def soon(now: datetime) -> date:
    """Return the last day of the week that begins today."""
    return timezone.localdate(now) + timedelta(days=REMIND_DAYS)


def call_due(*, now: datetime) -> int:
    """Put into the firms' inboxes what has come to be due within a week (every morning).

    Returns how many firms have something due. Locks their memberships, so that nothing is put
    there that is handed in at the same moment.
    """
    due: dict[str, Any] = {"state__in": OPEN, "due_on__lte": soon(now)}
    milestones = IncubationMilestone.objects.filter(**due, incubation=OuterRef("pk"))
    reviews = IncubationReview.objects.filter(**due, incubation=OuterRef("pk"))
    with transaction.atomic():
        running = (
            Incubation.objects.filter(Exists(milestones) | Exists(reviews), state__in=RUNNING)
            .select_for_update(of=("self",))
            .select_related("organisation")
            .order_by("pk")
        )
        for incubation in running:
            call_next(incubation, now=now)
    return len(running)


def call_firm(row: Row, kind: str, *, now: datetime, **params: Any) -> None:
    """Put what a firm must hand in into its inbox."""
    open_work(
        kind,
        subject=row,
        url=row.get_absolute_url(),
        now=now,
        due_on=row.due_on,
        role=Role.FIRM_SIGNER,
        organisation=row.incubation.organisation,
        **params,
    )


def call_guide(row: Row, kind: str, *, now: datetime, **params: Any) -> None:
    """Have the firm's mentor judge what it handed in, or the staff where it has none."""
    mentor = row.incubation.mentor
    whom: dict[str, Any] = {"role": Role.STAFF} if mentor is None else {"user": mentor}
    open_work(
        kind,
        subject=row,
        url=row.get_absolute_url(),
        now=now,
        firm=row.incubation.organisation.name,
        **whom,
        **params,
    )


def drop_plan_work(incubation: Incubation, *, now: datetime) -> None:
    """Nothing of the plan waits any more: the membership has ended."""
    for row in (*incubation.milestones.all(), *incubation.reviews.all()):
        close_work(row, now=now)


def require_running(incubation: Incubation) -> None:
    """Raise ``Conflict("incubation_over")`` unless the membership runs."""
    if lock(incubation).state not in RUNNING:
        raise Conflict("incubation_over")


def hand_in(
    row: R,
    action: str,
    *,
    text: str,
    field: str,
    actor: User,
    now: datetime,
    expected_version: int | None,
    changes: Mapping[str, Any],
) -> R:
    """Take the firm's step with a milestone or a review: it needs words."""
    require_running(row.incubation)
    if is_blank(text):
        raise Invalid("invalid_input", fields={field: "text_required"})
    return apply_transition(
        instance=row,
        lifecycle=MILESTONE if isinstance(row, IncubationMilestone) else REVIEW,
        action=action,
        actor=actor,
        now=now,
        organisation=row.incubation.organisation,
        expected_version=expected_version,
        changes=changes,
    )


def guide(
    row: R,
    action: str,
    *,
    actor: User,
    now: datetime,
    note: str,
    expected_version: int | None,
    changes: Mapping[str, Any],
) -> R:
    """Take the step of the firm's mentor or of the staff; no other expert may."""
    require_running(row.incubation)
    return apply_transition(
        instance=row,
        lifecycle=MILESTONE if isinstance(row, IncubationMilestone) else REVIEW,
        action=action,
        actor=actor,
        now=now,
        organisation=row.incubation.organisation,
        roles=guide_roles(actor, row.incubation),
        reason=note,
        expected_version=expected_version,
        changes={"note": note.strip()[:1000], **changes},
    )


def report_milestone(
    *,
    milestone: IncubationMilestone,
    report: str,
    actor: User,
    now: datetime,
    expected_version: int | None = None,
) -> IncubationMilestone:
    """Report that a milestone is reached.

    Raises ``NotAllowed("role")``, ``Invalid``, ``Conflict`` (``incubation_over``,
    ``wrong_state``, ``stale``).
    """
    firm = milestone.incubation.organisation
    with operation(
        "incubator.milestone.hand_in", actor=actor, now=now, subject=milestone, organisation=firm
    ):
        moved = hand_in(
            milestone,
            "report",
            text=report,
            field="report",
            actor=actor,
            now=now,
            expected_version=expected_version,
            changes={
                "report": report.strip()[:2000],
                "reported_at": now,
                "reported_by": actor,
            },
        )
        call_guide(moved, "incubation_confirm", now=now, title=milestone.title)
        call_next(moved.incubation, now=now)
    return moved


def judge_milestone(
    *,
    milestone: IncubationMilestone,
    action: str,
    actor: User,
    now: datetime,
    note: str = "",
    expected_version: int | None = None,
) -> IncubationMilestone:
    """Confirm a reported milestone (``confirm``), or give it back with a reason (``give_back``)."""
    with operation("incubator.milestone.judge", actor=actor, now=now, subject=milestone):
        moved = guide(
            milestone,
            action,
            actor=actor,
            now=now,
            note=note,
            expected_version=expected_version,
            changes={"judged_by": actor},
        )
        if action == "give_back":
            call_next(moved.incubation, now=now)
        notify(
            signers_of(moved.incubation.organisation),
            "incubation_milestone_judged",
            key=f"incubation_milestone:{moved.pk}:{moved.version}",
            now=now,
            url=moved.get_absolute_url(),
            title=milestone.title,
            state=f"{MILESTONE.name}.{moved.state}",
            note=note.strip(),
        )
    return moved


def move_milestone(
    *,
    milestone: IncubationMilestone,
    due_on: date,
    reason: str,
    actor: User,
    now: datetime,
    expected_version: int | None = None,
) -> IncubationMilestone:
    """Move a milestone that is still open, with a reason; the first date stays beside it.

    Raises ``NotAllowed``, ``Invalid`` (``milestone_day``, ``reason_required``) or ``Conflict``.
    """
    firm = milestone.incubation.organisation
    with operation(
        "incubator.milestone.move",
        actor=actor,
        now=now,
        subject=milestone,
        organisation=firm,
        reason=reason,
        due_on=due_on,
    ):
        require_decider(actor, firm)
        require_running(milestone.incubation)
        locked = lock(milestone)
        MILESTONE.find(locked.state, "report")
        require_version(locked, expected_version)
        require_move(due_on, timezone.localdate(now))
        if is_blank(reason):
            raise Invalid("reason_required", fields={"reason": "reason_required"})
        locked.due_on, locked.moved_reason = due_on, reason.strip()[:300]
        locked.version += 1
        locked.save(update_fields=["due_on", "moved_reason", "version"])
        close_work(locked, now=now, kind="incubation_milestone")
        call_next(locked.incubation, now=now)
    return locked


def require_version(row: Row, expected_version: int | None) -> None:
    """Raise ``Conflict("stale")`` unless the form was drawn from the present version."""
    if expected_version is not None and expected_version != row.version:
        raise Conflict("stale", version=row.version)
