"""Decisions on reviewed applications that are held until their batch is released."""

from collections.abc import Sequence
from datetime import datetime

from django.urls import reverse
from django.utils import timezone

from incubator.domain import application as rules
from incubator.domain.service_times import RELEASE_DAYS
from incubator.models import Application
from incubator.permissions.applications import require_decider
from incubator.services.screening import (
    refusal_reasons,
    require_not_overturned,
    require_objection_reason,
    require_state,
)
from portal.domain.calendar import add_working_days
from portal.domain.lifecycle import Conflict
from portal.domain.roles import Role
from portal.models import User
from portal.services.operations import operation
from portal.services.transitions import apply_transition, lock
from portal.services.work import open_work


def hold_refusal(
    *,
    application: Application,
    reason_codes: Sequence[str],
    feedback: str,
    actor: User,
    now: datetime,
    expected_version: int | None = None,
) -> Application:
    """Decide on a reviewed case that it is refused; the firm is told when its batch is released.

    A proposal that was held is dropped. The case stays ``decision_pending``, which is all that
    the firm sees. Raises ``Invalid`` (``reasons_missing``, ``text_required``,
    ``no_objection_upheld``) or ``Conflict`` (``wrong_state``, ``stale``, ``already_refused``,
    ``refusal_overturned``).
    """
    organisation = application.organisation
    with operation(
        "incubator.hold_refusal",
        actor=actor,
        now=now,
        subject=application,
        organisation=organisation,
    ):
        require_decider(actor, organisation)
        locked = lock(application)
        require_state(locked, "decision_pending", expected_version)
        if locked.refused_at is not None:
            raise Conflict("already_refused")
        require_not_overturned(locked, "overturned")
        codes = refusal_reasons(reason_codes, feedback)
        require_objection_reason(locked, codes)
        moved = apply_transition(
            instance=locked,
            lifecycle=rules.LIFECYCLE,
            action="hold_refusal",
            actor=actor,
            now=now,
            organisation=organisation,
            reason=feedback,
            changes={
                "reason_codes": codes,
                "feedback": feedback.strip(),
                "refused_at": now,
                "refused_by": actor,
                "proposed_at": None,
                "proposal_reason": "",
            },
            data={"reason_codes": codes},
        )
        open_work(
            "application_release",
            subject=moved,
            role=Role.STAFF,
            now=now,
            url=reverse("incubator:admission_notice"),
            due_on=add_working_days(timezone.localdate(now), RELEASE_DAYS).value,
            firm=organisation.name,
        )
    return moved
