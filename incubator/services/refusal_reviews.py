"""The one review of a refusal: the firm asks, people who did not decide before decide."""

from datetime import datetime

from django.urls import reverse
from django.utils import timezone

from incubator.domain import application as rules
from incubator.domain.application_form import characters
from incubator.domain.service_times import DECISION_DAYS, SCREENING_DAYS
from incubator.models import Application, RefusalReview
from incubator.permissions.applications import require_decider
from incubator.services.application_reviews import cancel_reviews, fill_reviews
from incubator.services.applications import withdraw_application
from incubator.services.more_info import lapse_late
from incubator.services.screening import require_state, signers_of
from portal.domain.calendar import add_working_days
from portal.domain.lifecycle import Conflict, Invalid, NotAllowed
from portal.domain.roles import Role
from portal.models import Organisation, User
from portal.notifications import notify
from portal.permissions import require_role
from portal.services.operations import operation
from portal.services.transitions import apply_transition, lock
from portal.services.work import open_work

FOLLOWS = {
    "decision_pending": ("application_decide", DECISION_DAYS),
    "screening": ("application_screen", SCREENING_DAYS),
}
"""State after an overturned refusal → the staff's work item and its working days."""


def request_review(
    *,
    application: Application,
    grounds: str,
    actor: User,
    now: datetime,
    expected_version: int | None = None,
) -> Application:
    """Ask once for a review of the refusal; somebody new to the case is drawn to read it.

    Meanwhile the case is under way, so the firm starts no other, and a draft of another is
    withdrawn: what was saved in it can be taken over later. Where no assessor is left, the staff
    are told. Raises ``NotAllowed``, ``Invalid("narrative_short")`` or ``Conflict``
    (``wrong_state``, ``stale``, ``review_used``, ``review_late``, ``application_exists``).
    """
    organisation = application.organisation
    with operation(
        "incubator.request_review",
        actor=actor,
        now=now,
        subject=application,
        organisation=organisation,
    ):
        require_role(actor, Role.FIRM_SIGNER, organisation=organisation)
        Organisation.objects.select_for_update().get(pk=organisation.pk)
        lapse_late(organisation, now=now)
        locked = lock(application)
        require_state(locked, "rejected", expected_version)
        require_reviewable(locked, now=now)
        if characters(grounds) < rules.LEAST_NARRATIVE:
            raise Invalid("narrative_short", fields={"grounds": "narrative_short"})
        for draft in Application.objects.filter(organisation=organisation, state="draft"):
            withdraw_application(application=draft, actor=actor, now=now)
        moved = apply_transition(
            instance=locked,
            lifecycle=rules.LIFECYCLE,
            action="request_review",
            actor=actor,
            now=now,
            organisation=organisation,
            reason=grounds,
        )
        asked = RefusalReview.objects.create(
            application=moved,
            asked_by=actor,
            asked_at=now,
            grounds=grounds.strip(),
            reason_codes=moved.reason_codes,
            feedback=moved.feedback,
            due_on=add_working_days(timezone.localdate(now), rules.RECHECK_DAYS).value,
        )
        fill_reviews(moved, now=now)
        open_work(
            "application_recheck",
            subject=moved,
            role=Role.STAFF,
            now=now,
            url=reverse("incubator:screening_case", args=[moved.pk]),
            due_on=asked.due_on,
            firm=organisation.name,
        )
    return moved


def require_reviewable(application: Application, *, now: datetime) -> None:
    """Raise ``Conflict`` unless the refused firm may ask for its one review today."""
    if RefusalReview.objects.filter(application=application).exists():
        raise Conflict("review_used")
    until, today = application.review_until, timezone.localdate(now)
    if until is None or today > until:
        raise Conflict("review_late", days=rules.REQUEST_DAYS)
    others = Application.objects.against_review(today)
    if others.filter(organisation=application.organisation_id).exists():
        raise Conflict("application_exists")


def drop_review(
    *,
    application: Application,
    actor: User,
    now: datetime,
    expected_version: int | None = None,
) -> Application:
    """Take the request back: the refusal stands, and no other review can be asked for."""
    organisation = application.organisation
    with operation(
        "incubator.drop_review",
        actor=actor,
        now=now,
        subject=application,
        organisation=organisation,
    ):
        moved = apply_transition(
            instance=application,
            lifecycle=rules.LIFECYCLE,
            action="drop_review",
            actor=actor,
            now=now,
            organisation=organisation,
            expected_version=expected_version,
        )
        cancel_reviews(moved, now=now)
        RefusalReview.objects.filter(application=moved).update(outcome="dropped")
    return moved


def decide_review(
    *,
    application: Application,
    overturn: bool,
    reason: str,
    actor: User,
    now: datetime,
    expected_version: int | None = None,
) -> Application:
    """Uphold the refusal, or overturn it, with the reason; the firm is told.

    Overturned, the case waits for a proposal again; one that was refused at screening goes back
    there, because two reviewers have still to read it. Raises ``NotAllowed`` (also
    ``decided_before``), ``Invalid("reason_required")`` or ``Conflict`` (``wrong_state``,
    ``stale``, ``fresh_review_missing``).
    """
    organisation = application.organisation
    with operation(
        "incubator.decide_review",
        actor=actor,
        now=now,
        subject=application,
        organisation=organisation,
    ):
        require_decider(actor, organisation)
        locked = lock(application)
        require_state(locked, "review_requested", expected_version)
        if locked.refused_by_id == actor.pk:
            raise NotAllowed("decided_before")
        if not locked.reviews.filter(of_refusal=True, state="submitted").exists():
            raise Conflict("fresh_review_missing")
        action, outcome = course_of(locked, overturn=overturn)
        moved = apply_transition(
            instance=locked,
            lifecycle=rules.LIFECYCLE,
            action=action,
            actor=actor,
            now=now,
            organisation=organisation,
            reason=reason,
            changes=CLEARED if overturn else {},
        )
        RefusalReview.objects.filter(application=moved).update(
            outcome=outcome, reason=reason.strip(), decided_by=actor, decided_at=now
        )
        go_on(moved, now=now)
        tell_outcome(moved, now=now)
    return moved


CLEARED: dict[str, object] = {
    "refused_at": None,
    "refused_by": None,
    "rejected_at": None,
    "reason_codes": [],
    "feedback": "",
    "notice": None,
    "batch": "",
}
"""What an overturned refusal leaves of itself on the application; the review keeps it all."""


def course_of(application: Application, *, overturn: bool) -> tuple[str, str]:
    """Return the lifecycle's action and the outcome's name."""
    if not overturn:
        return "uphold", "upheld"
    return ("overturn", "overturned") if application.reviewed_at else ("reopen", "reopened")


def go_on(application: Application, *, now: datetime) -> None:
    """Put an overturned case back into the staff's inbox."""
    if application.state not in FOLLOWS:
        return
    kind, days = FOLLOWS[application.state]
    open_work(
        kind,
        subject=application,
        role=Role.STAFF,
        now=now,
        url=reverse("incubator:screening_case", args=[application.pk]),
        due_on=add_working_days(timezone.localdate(now), days).value,
        firm=application.organisation.name,
    )


def tell_outcome(application: Application, *, now: datetime) -> None:
    """Tell the firm what the review of its refusal came to."""
    notify(
        signers_of(application.organisation),
        "application_rechecked",
        now=now,
        key=f"application_rechecked:{application.pk}",
        number=application.number,
        firm=application.organisation.name,
        url=application.get_absolute_url(),
    )
