"""The technical review of a version, and how far the pilot redesigns its process."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

from django.urls import reverse
from django.utils import timezone

from portal.domain.calendar import add_working_days
from portal.domain.lifecycle import Invalid
from portal.domain.roles import Role
from portal.domain.texts import is_blank
from portal.models import User
from portal.notifications import notify
from portal.services.operations import operation
from portal.services.transitions import apply_transition
from portal.services.work import open_work
from village_pilot.domain.delivery import (
    CRITERIA,
    DELIVERABLE,
    REDESIGN_LEVELS,
    REPRESENTS,
    VILLAGE_DAYS,
    check_review,
    mean_mark,
)
from village_pilot.models import DeliverableVersion, Pilot, TechnicalReview
from village_pilot.permissions import require_reviewer
from village_pilot.selectors.people import members_of
from village_pilot.services.deliverables import words

THOUSANDTH = Decimal("0.001")


def review_version(
    *,
    version: DeliverableVersion,
    scores: Mapping[str, int],
    narratives: Mapping[str, str],
    verdict: str,
    actor: User,
    now: datetime,
    note: str = "",
    redesign_level: str = "",
    redesign_reason: str = "",
    expected_version: int | None = None,
) -> TechnicalReview:
    """Review the version that was assigned to ``actor``.

    ``scores`` and ``narratives`` by criterion (``delivery.CRITERIA``); ``verdict`` is
    approve (the village is asked) or request_changes (back to the firm, ``note`` says what).
    ``redesign_level`` with its reason may be set in the same breath. Raises ``NotAllowed``
    (``not_assigned``, ``conflict_of_interest``, ``role``), ``Invalid``
    (``technical_review_incomplete``, ``level_missing``, ``reason_required``), ``Conflict``
    (``wrong_state``, ``stale``).
    """
    pilot = version.pilot
    with operation(
        "village_pilot.review",
        actor=actor,
        now=now,
        subject=version,
        organisation=pilot.provider,
        verdict=verdict,
    ):
        require_reviewer(actor, version)
        check_review(scores, narratives, verdict, note)
        moved = apply_transition(
            instance=version,
            lifecycle=DELIVERABLE,
            action=verdict,
            actor=actor,
            now=now,
            organisation=pilot.provider,
            reason=note,
            expected_version=expected_version,
            changes={"village_due_on": village_due_on(verdict, now)},
        )
        review = keep_review(
            version=moved,
            scores=scores,
            narratives=narratives,
            verdict=verdict,
            note=note,
            actor=actor,
            now=now,
        )
        if redesign_level:
            set_redesign_level(
                version=moved, level=redesign_level, reason=redesign_reason, actor=actor, now=now
            )
        pass_on(moved, now)
    return review


def village_due_on(verdict: str, now: datetime) -> date | None:
    """Return the day by which the village is asked to decide; ``None`` for changes."""
    if verdict != "approve":
        return None
    return add_working_days(timezone.localdate(now), VILLAGE_DAYS).value


def keep_review(
    *,
    version: DeliverableVersion,
    scores: Mapping[str, int],
    narratives: Mapping[str, str],
    verdict: str,
    note: str,
    actor: User,
    now: datetime,
) -> TechnicalReview:
    """Write the marks down; the mean is rounded once, to three decimals, half up."""
    exact = mean_mark(scores)
    mean = Decimal(exact.numerator) / Decimal(exact.denominator)
    review = TechnicalReview(
        version=version,
        reviewer=actor,
        verdict=verdict,
        note=note.strip(),
        reviewed_at=now,
        scores={name: scores[name] for name in CRITERIA},
        narratives={name: narratives[name].strip() for name in CRITERIA},
        mean=mean.quantize(THOUSANDTH, ROUND_HALF_UP),
    )
    review.full_clean()
    review.save()
    return review


def pass_on(version: DeliverableVersion, now: datetime) -> None:
    """Ask the village, or the firm for changes."""
    named = words(version)
    pilot = version.pilot
    if version.state == "village_acceptance":
        url = reverse("village_pilot:accept", args=[version.pk])
        open_work(
            "deliverable_accept",
            subject=version,
            url=url,
            now=now,
            due_on=version.village_due_on,
            role=Role.VILLAGE_SIGNER,
            organisation=pilot.committee,
            **named,
        )
        people, kind = members_of(pilot.committee, [Role.VILLAGE_SIGNER]), "deliverable_to_accept"
    else:
        url = version.get_absolute_url()
        for role in REPRESENTS:
            open_work(
                "deliverable_changes",
                subject=version,
                url=url,
                now=now,
                role=role,
                organisation=pilot.provider,
                **named,
            )
        people, kind = members_of(pilot.provider, REPRESENTS), "deliverable_changes"
    notify(people, kind, key=f"{kind}:{version.pk}:{version.version}", now=now, url=url, **named)


def set_redesign_level(
    *, version: DeliverableVersion, level: str, reason: str, actor: User, now: datetime
) -> Pilot:
    """Set how far the pilot redesigns its process, with a reason (its technical reviewer)."""
    pilot = version.pilot
    with operation(
        "village_pilot.redesign_level",
        actor=actor,
        now=now,
        subject=pilot,
        organisation=pilot.provider,
        reason=reason,
        level=level,
    ):
        require_reviewer(actor, version)
        if level not in REDESIGN_LEVELS:
            raise Invalid("level_missing", fields={"redesign_level": "level_missing"})
        if is_blank(reason):
            raise Invalid("reason_required", fields={"redesign_reason": "reason_required"})
        locked = Pilot.objects.select_for_update().get(pk=pilot.pk)
        locked.redesign_level, locked.redesign_reason = level, reason.strip()
        locked.redesign_set_by, locked.redesign_set_at = actor, now
        locked.full_clean()
        locked.save()
    return locked
