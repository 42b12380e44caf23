"""What incubation staff do with applications: ask, assign, propose, reject."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone

from incubator.domain import application as rules
from incubator.domain.application_form import personal_keys
from incubator.domain.service_times import RELEASE_DAYS
from incubator.models import Application, RefusalReview
from incubator.permissions.applications import require_decider
from incubator.services.application_reviews import (
    assign_reviewers,
    fill_reviews,
    ratings_of,
    reviewers_lacking,
)
from portal.domain.calendar import add_working_days
from portal.domain.lifecycle import Conflict, Invalid
from portal.domain.roles import Role
from portal.domain.texts import is_blank
from portal.models import Organisation, User
from portal.notifications import notify
from portal.services.objections import settled_standings
from portal.services.operations import operation
from portal.services.registers import take_off_notice
from portal.services.transitions import apply_transition, lock
from portal.services.work import close_work, open_work


def signers_of(organisation: Organisation) -> list[User]:
    """Return who acts for a firm."""
    return list(
        User.objects.filter(memberships__organisation=organisation, memberships__active=True)
        .distinct()
        .order_by("pk"),
    )


@dataclass(frozen=True)
class CaseContact:
    """How a firm is reached about its application: its personal answers by key, its own phone."""

    answers: dict[str, Any]
    firm_phone: str


def reveal_contact(
    *, application: Application, reason: str, actor: User, now: datetime
) -> CaseContact:
    """Return whom to call about an application; audited with the reason.

    Only incubation staff without a tie to the firm.
    """
    organisation = application.organisation
    with operation(
        "incubator.reveal_contact",
        actor=actor,
        now=now,
        subject=application,
        organisation=organisation,
        reason=reason.strip(),
    ):
        require_decider(actor, organisation)
        if is_blank(reason):
            raise Invalid("reason_required", fields={"reason": "reason_required"})
    return CaseContact(personal_answers(application), organisation.phone)


def personal_answers(application: Application) -> dict[str, Any]:
    """Return the answers that were sent to questions that ask for personal data."""
    asked = personal_keys(application.form.content)
    return {key: one for key, one in application.sent_answers.items() if key in asked}


def start_review(
    *,
    application: Application,
    actor: User,
    now: datetime,
    expected_version: int | None = None,
) -> Application:
    """Assign two unconflicted reviewers by public draw and open their work items.

    Raises ``Conflict("not_enough_assessors")``, having changed nothing.
    """
    organisation = application.organisation
    with operation(
        "incubator.start_review",
        actor=actor,
        now=now,
        subject=application,
        organisation=organisation,
    ):
        require_decider(actor, organisation)
        moved = apply_transition(
            instance=application,
            lifecycle=rules.LIFECYCLE,
            action="start_review",
            actor=actor,
            now=now,
            organisation=organisation,
            expected_version=expected_version,
            changes={"review_started_at": now},
        )
        assign_reviewers(moved, count=rules.REVIEWERS, now=now)
    return moved


def assign_missing_reviewers(
    *, application: Application, actor: User, now: datetime, expected_version: int | None = None
) -> Application:
    """Draw who is missing once there are more assessors (somebody stepped back, or two differ).

    Raises ``Conflict``: ``wrong_state``, ``stale``, ``reviewers_complete`` or
    ``not_enough_assessors``.
    """
    organisation = application.organisation
    with operation(
        "incubator.assign_missing_reviewers",
        actor=actor,
        now=now,
        subject=application,
        organisation=organisation,
    ):
        require_decider(actor, organisation)
        locked = lock(application)
        anew = locked.state == "review_requested"
        require_state(locked, "review_requested" if anew else "in_review", expected_version)
        if not reviewers_lacking(locked):
            raise Conflict("reviewers_complete")
        if not fill_reviews(locked, now=now):
            raise Conflict("not_enough_assessors")
        close_work(locked, now=now, kind="application_reviewers")
    return locked


def require_state(application: Application, state: str, expected_version: int | None) -> None:
    """Raise ``Conflict`` unless the locked case is in ``state`` and the form was not stale."""
    if application.state != state:
        raise Conflict("wrong_state", state=application.state)
    if expected_version is not None and application.version != expected_version:
        raise Conflict("stale", version=application.version)


def propose_admission(
    *,
    application: Application,
    actor: User,
    now: datetime,
    reason: str = "",
    expected_version: int | None = None,
) -> Application:
    """Propose a reviewed firm for admission; it waits for the next public notice.

    A refusal that was held is dropped.

    Against the reviewers' advice a reason is required (``Invalid("against_reviewers")``).
    """
    organisation = application.organisation
    with operation(
        "incubator.propose_admission",
        actor=actor,
        now=now,
        subject=application,
        organisation=organisation,
    ):
        require_decider(actor, organisation)
        locked = lock(application)
        require_state(locked, "decision_pending", expected_version)
        if locked.proposed_at is not None:
            raise Conflict("already_proposed")
        if is_blank(reason) and not advised(locked):
            raise Invalid("against_reviewers", fields={"reason": "against_reviewers"})
        moved = apply_transition(
            instance=locked,
            lifecycle=rules.LIFECYCLE,
            action="propose",
            actor=actor,
            now=now,
            organisation=organisation,
            reason=reason,
            changes={
                "proposed_at": now,
                "proposal_reason": reason.strip(),
                "refused_at": None,
                "refused_by": None,
                "reason_codes": [],
                "feedback": "",
            },
        )
        open_work(
            "application_publish",
            subject=moved,
            role=Role.STAFF,
            now=now,
            url=reverse("incubator:admission_notice"),
            due_on=add_working_days(timezone.localdate(now), RELEASE_DAYS).value,
            firm=organisation.name,
        )
    return moved


def advised(application: Application) -> bool:
    """Return whether the reviews that are in, or a review of the refusal, advise admission."""
    if has_recheck(application, "overturned"):
        return True
    reviews = list(application.reviews.filter(state="submitted", of_refusal=False))
    ids = [str(one.pk) for one in reviews]
    return bool(rules.verdict(dict(zip(ids, ratings_of(reviews), strict=True))).accept)


def reject_application(
    *,
    application: Application,
    reason_codes: Sequence[str],
    feedback: str,
    actor: User,
    now: datetime,
    expected_version: int | None = None,
) -> Application:
    """Reject at once, with at least one reason code and a text for the firm.

    Once the reviews are in, a refusal is held instead (``decisions.hold_refusal``) and told with
    its batch: ``Conflict("release_together")``. Raises ``Invalid``: ``reasons_missing``,
    ``text_required`` (no feedback), ``objection_reason`` or ``no_objection_upheld`` (the code
    goes with an upheld objection);
    ``Conflict("objection_open")`` while an objection to the firm's row is examined. On public
    notice, the firm's row is marked as withdrawn.
    """
    organisation = application.organisation
    with operation(
        "incubator.reject_application",
        actor=actor,
        now=now,
        subject=application,
        organisation=organisation,
    ):
        require_decider(actor, organisation)
        codes = refusal_reasons(reason_codes, feedback)
        locked = lock(application)
        if locked.state == "decision_pending":
            raise Conflict("release_together")
        if locked.state == "screening":
            require_not_overturned(locked, "reopened")
        require_objection_reason(locked, codes)
        moved = apply_transition(
            instance=application,
            lifecycle=rules.LIFECYCLE,
            action="reject",
            actor=actor,
            now=now,
            organisation=organisation,
            reason=feedback,
            expected_version=expected_version,
            changes={
                "reason_codes": codes,
                "feedback": feedback.strip(),
                "proposed_at": None,
                "refused_at": now,
                "refused_by": actor,
                "rejected_at": now,
            },
            data={"reason_codes": codes},
        )
        if moved.notice is not None:
            take_off_notice(moved.notice, organisation, now=now)
        tell_refused(moved, now=now)
    return moved


def has_recheck(application: Application, outcome: str) -> bool:
    """Return whether a review of the case's refusal ended in ``outcome``."""
    return RefusalReview.objects.filter(application=application, outcome=outcome).exists()


def require_not_overturned(application: Application, outcome: str) -> None:
    """Raise ``Conflict("refusal_overturned")``: what a review overturned is not refused again."""
    if has_recheck(application, outcome):
        raise Conflict("refusal_overturned")


def refusal_reasons(reason_codes: Sequence[str], feedback: str) -> list[str]:
    """Return the known reason codes in their order; raise ``Invalid`` unless one and a text are
    there.
    """
    codes = [code for code in rules.REASON_CODES if code in reason_codes]
    if not codes:
        raise Invalid("reasons_missing", fields={"reason_codes": "reasons_missing"})
    if is_blank(feedback):
        raise Invalid("text_required", fields={"feedback": "text_required"})
    return codes


def tell_refused(application: Application, *, now: datetime) -> None:
    """Tell the firm that it was refused; its page has the reasons."""
    notify(
        signers_of(application.organisation),
        "application_rejected",
        now=now,
        key=f"application_rejected:{application.pk}",
        number=application.number,
        firm=application.organisation.name,
        url=application.get_absolute_url(),
    )


def require_objection_reason(application: Application, codes: Sequence[str]) -> None:
    """Raise unless the reason codes say what objections made of the firm's public row."""
    held = settled_standings(application.notice).get(application.organisation_id, "")
    if held == "open":
        raise Conflict("objection_open")
    if (held == "upheld") is not ("objection_upheld" in codes):
        code = "objection_reason" if held else "no_objection_upheld"
        raise Invalid(code, fields={"reason_codes": code})
