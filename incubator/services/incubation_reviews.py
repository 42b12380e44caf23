"""Periodic reviews: hand in, close, give back; the warning before one blocks new requests."""

from datetime import date, datetime
from typing import Any

from django.utils import timezone

from incubator.domain.cohort import RUNNING
from incubator.domain.incubation_plan import OPEN, REVIEW
from incubator.models import IncubationMilestone, IncubationReview
from incubator.services.incubation_plan import call_guide, call_next, guide, hand_in, soon
from incubator.services.screening import signers_of
from portal.domain.lifecycle import Conflict
from portal.models import Organisation, User
from portal.notifications import notify
from portal.services.operations import operation


def submit_review(
    *,
    review: IncubationReview,
    text: str,
    actor: User,
    now: datetime,
    expected_version: int | None = None,
) -> IncubationReview:
    """Hand a periodic review in; whatever it blocked is open again at once."""
    firm = review.incubation.organisation
    with operation(
        "incubator.review.hand_in", actor=actor, now=now, subject=review, organisation=firm
    ):
        moved = hand_in(
            review,
            "submit",
            text=text,
            field="text",
            actor=actor,
            now=now,
            expected_version=expected_version,
            changes={"text": text.strip()[:4000], "submitted_at": now, "submitted_by": actor},
        )
        call_guide(moved, "incubation_review_close", now=now, number=review.number)
        call_next(moved.incubation, now=now)
    return moved


def judge_review(
    *,
    review: IncubationReview,
    action: str,
    actor: User,
    now: datetime,
    note: str = "",
    expected_version: int | None = None,
) -> IncubationReview:
    """Close a review that was handed in (``close``), or give it back with a reason (``reopen``)."""
    with operation("incubator.review.judge", actor=actor, now=now, subject=review):
        moved = guide(
            review,
            action,
            actor=actor,
            now=now,
            note=note,
            expected_version=expected_version,
            changes={"closed_by": actor} if action == "close" else {},
        )
        if action == "reopen":
            call_next(moved.incubation, now=now)
        tell(
            moved,
            "incubation_review_judged",
            now=now,
            state=f"{REVIEW.name}.{moved.state}",
            note=note.strip(),
        )
    return moved


def tell(review: IncubationReview, kind: str, *, now: datetime, **params: object) -> None:
    """Tell everybody who acts for the firm, once a version."""
    notify(
        signers_of(review.incubation.organisation),
        kind,
        key=f"{kind}:{review.pk}:{review.version}",
        now=now,
        url=review.get_absolute_url(),
        number=review.number,
        due_on=review.due_on,
        **params,
    )


def warn_overdue(*, now: datetime) -> int:
    """Warn firms whose review is overdue, once; return how many. New requests stay open for a week.

    A late run warns late, and the block begins a week after the warning: never without one.
    """
    today = timezone.localdate(now)
    late = IncubationReview.objects.filter(
        state="due", due_on__lt=today, warned_on=None, incubation__state__in=RUNNING
    )
    count = 0
    for review in late.select_related("incubation__organisation").order_by("pk"):
        firm = review.incubation.organisation
        with operation(
            "incubator.review.warn", actor=None, now=now, subject=review, organisation=firm
        ):
            IncubationReview.objects.filter(pk=review.pk).update(warned_on=today)
            tell(review, "incubation_review_overdue", now=now)
        count += 1
    return count


def remind_due(*, now: datetime) -> int:
    """Tell firms, once, what they must hand in within seven days; return how many messages."""
    today = timezone.localdate(now)
    due: dict[str, Any] = {
        "state__in": OPEN,
        "due_on__range": (today, soon(now)),
        "incubation__state__in": RUNNING,
    }
    told = 0
    for rows in (IncubationMilestone.objects, IncubationReview.objects):
        for row in rows.filter(**due).select_related("incubation__organisation"):
            told += notify(
                signers_of(row.incubation.organisation),
                "incubation_due",
                key=f"incubation_due:{row._meta.model_name}:{row.pk}:{row.due_on}",
                now=now,
                url=row.get_absolute_url(),
                title=str(row),
                due_on=row.due_on,
            )
    return told


def require_reviews_in_time(firm: Organisation, today: date) -> None:
    """Raise ``Conflict("quota_review_overdue")`` where an overdue review blocks the firm."""
    open_reviews = IncubationReview.objects.filter(
        incubation__organisation=firm, incubation__state__in=RUNNING, state="due"
    )
    for review in open_reviews.filter(warned_on__isnull=False):
        if review.blocks(today):
            raise Conflict("quota_review_overdue", due_on=review.due_on)
