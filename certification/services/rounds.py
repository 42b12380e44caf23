"""A round of assessment: plan, freeze, score, decide, publish, take effect."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime

from django.urls import reverse
from django.utils import timezone

from certification.domain.assessment import assess
from certification.domain.firm_evidence import known_fields
from certification.domain.rounds import CONFIRMED, HELD, ROUND, UNDECIDED, decision_fault
from certification.domain.rubric import in_force
from certification.domain.rubric_lint import UNRATED
from certification.models import AssessmentRound, RubricVersion, Scorecard
from certification.selectors.evidence import Gather, admitted_firm_ids, gather_evidence
from certification.selectors.grades import barred_organisations
from certification.selectors.people import people_of
from certification.selectors.priors import history_before, season_prior
from certification.services.effect import put_into_effect
from certification.services.texts import notice_texts, row_note
from portal.domain.calendar import notice_window
from portal.domain.lifecycle import SYSTEM, Conflict, Invalid
from portal.domain.roles import Role
from portal.models import Notice, Organisation, User
from portal.notifications import notify
from portal.permissions import require_role, tied_organisations
from portal.services.objections import settled_standings
from portal.services.operations import operation
from portal.services.registers import (
    next_serial,
    open_notice,
    payload_digest,
    require_notice_over,
)
from portal.services.transitions import apply_transition, lock
from portal.services.work import open_work

NOTICE_WORKING_DAYS, NOTICE_CALENDAR_DAYS = 5, 7
Progress = Callable[[int, int], None]


def plan_round(
    *,
    title: str,
    rubric: RubricVersion,
    since: date,
    until: date,
    actor: User,
    now: datetime,
) -> AssessmentRound:
    """Plan a round over the evidence of ``since`` to ``until`` (both days included).

    Raises ``NotAllowed`` for anybody but a lead, ``Invalid("period_order")``,
    ``Invalid("rubric_not_in_force")`` or, for another authority's rubric,
    ``Invalid("rubric_external")``.
    """
    with operation("certification.round.plan", actor=actor, now=now) as opened:
        require_role(actor, Role.LEAD)
        if until < since:
            raise Invalid("period_order", fields={"until": "period_order"})
        require_usable(rubric, until)
        planned = AssessmentRound.objects.create(
            number=next_serial("HYPC", now=now),
            title=title.strip(),
            rubric=rubric,
            prior=season_prior(rubric),
            since=since,
            until=until,
            state=ROUND.initial,
            state_since=now,
            created_at=now,
        )
        opened.record("certification.round.planned", subject=planned, number=planned.number)
        ask_lead("round_freeze", planned, now=now)
    return planned


def require_usable(rubric: RubricVersion, day: date) -> None:
    """Raise ``Invalid`` for a rubric that is not in force on ``day`` or not the county's own."""
    if rubric.effective_from > day or not in_force(rubric.content, day):
        raise Invalid("rubric_not_in_force", fields={"rubric": "rubric_not_in_force"})
    if rubric.content.get("external"):
        raise Invalid("rubric_external", fields={"rubric": "rubric_external"})


def freeze_evidence(
    *,
    assessment: AssessmentRound,
    actor: User | None,
    now: datetime,
    organisations: Sequence[Organisation] | None = None,
    gather: Gather = gather_evidence,
    expected_version: int | None = None,
) -> AssessmentRound:
    """Freeze the evidence of every admitted firm (or of ``organisations``), with its digest.

    Firms that are suspended or may not apply again yet are left out. Once frozen, nothing that
    happens later changes this round. Raises ``Conflict("nobody_to_assess")``.
    """
    with operation("certification.round.freeze", actor=actor, now=now, subject=assessment):
        require_role(actor, Role.LEAD, SYSTEM)
        firms = admitted_firm_ids() if organisations is None else [one.pk for one in organisations]
        barred = barred_organisations(firms, timezone.localdate(now))
        ids = sorted(set(firms) - barred)
        if not ids:
            raise Conflict("nobody_to_assess")
        frozen = apply_transition(
            instance=assessment,
            lifecycle=ROUND,
            action="freeze",
            actor=actor,
            now=now,
            changes={"frozen_at": now},
            expected_version=expected_version,
            data={"firms": len(ids)},
        )
        found = gather(ids, frozen.since, frozen.until)
        Scorecard.objects.bulk_create(
            Scorecard(
                round=frozen,
                organisation_id=pk,
                evidence=found[pk],
                evidence_digest=payload_digest(found[pk]),
            )
            for pk in ids
        )
        ask_lead("round_score", frozen, now=now)
    return frozen


def score_round(
    *,
    assessment: AssessmentRound,
    actor: User | None,
    now: datetime,
    progress: Progress | None = None,
) -> AssessmentRound:
    """Score every firm whose evidence is frozen, one transaction a firm, then end the step.

    Killed at any moment, it goes on where it stopped; called again, it changes nothing.
    ``progress`` is called with (done, of how many).
    """
    require_role(actor, Role.LEAD, SYSTEM)
    assessment.refresh_from_db()
    if assessment.state == "evidence_frozen":
        cards = Scorecard.objects.filter(round=assessment)
        total = cards.count()
        pending = list(
            cards.filter(scored_at__isnull=True).order_by("pk").values_list("pk", flat=True)
        )
        for done, pk in enumerate(pending, start=total - len(pending) + 1):
            score_card(scorecard_id=pk, actor=actor, now=now)
            if progress is not None:
                progress(done, total)
        assessment = end_scoring(assessment, actor=actor, now=now)
    elif assessment.state in {"planned", "cancelled"}:
        ROUND.find(assessment.state, "score")
    return assessment


def end_scoring(
    assessment: AssessmentRound, *, actor: User | None, now: datetime
) -> AssessmentRound:
    """Move on to the draft result and ask the lead to decide."""
    with operation("certification.round.scored", actor=actor, now=now, subject=assessment):
        scored = apply_transition(
            instance=assessment, lifecycle=ROUND, action="score", actor=actor, now=now
        )
        ask_lead("round_propose", scored, now=now)
    return scored


def score_card(*, scorecard_id: int, actor: User | None, now: datetime) -> Scorecard:
    """Score one frozen scorecard by its round's rubric on the period's last day; only once."""
    with operation("certification.scorecard.score", actor=actor, now=now) as opened:
        card = (
            Scorecard.objects.select_for_update(of=("self",))
            .select_related("round__rubric", "organisation")
            .get(pk=scorecard_id)
        )
        if card.scored_at is not None:
            return card
        rubric = card.round.rubric.content
        fields = known_fields(card.fields, rubric["fields"])
        history = history_before(card.organisation_id, card.round.until)
        result = assess(
            rubric,
            fields,
            card.round.until,
            card.round.prior,
            history,
            assessors=card.assessors,
        )
        card.result = result
        card.total, card.proposed_tier = result["total"], result["tier"]
        card.needs_review, card.scored_at = result["needs_review"], now
        card.save()
        opened.record(
            "certification.scorecard.scored",
            subject=card,
            organisation=card.organisation,
            tier=card.proposed_tier,
            total=card.total,
            evidence=card.evidence_digest,
        )
    return card


def propose(
    *,
    assessment: AssessmentRound,
    actor: User,
    now: datetime,
    confirmed: Mapping[int, str] | None = None,
    held: Mapping[int, str] | None = None,
    expected_version: int | None = None,
) -> AssessmentRound:
    """Confirm the scored tiers of some firms and hold others back, each by name.

    ``confirmed``: organisation id → what the lead found (“” but where evidence was set aside);
    ``held``: organisation id → reason. Every undecided firm without a tie to ``actor`` must be in
    one of them: nothing is decided by silence. Firms with a tie stay undecided; another lead
    calls this again, and the round is proposed once every firm has its named human. Scores
    cannot be changed here.

    Raises ``NotAllowed``, ``Conflict`` (``wrong_state``, ``stale``, ``nothing_to_decide``) or
    ``Invalid`` (``decision_required``, fields ``decision-ORGID``; ``hold_reason_required``,
    ``review_reason_required``, fields ``reason-ORGID``).
    """
    with operation("certification.round.decide", actor=actor, now=now, subject=assessment):
        require_role(actor, Role.LEAD)
        locked = lock(assessment)
        ROUND.find(locked.state, "propose")
        if expected_version is not None and locked.version != expected_version:
            raise Conflict("stale", version=locked.version)
        cards = undecided(locked)
        tied = tied_organisations(actor, [card.organisation for card in cards])
        mine = [card for card in cards if card.organisation_id not in tied]
        if cards and not mine:
            raise Conflict("nothing_to_decide")
        choices = choices_of(mine, confirmed or {}, held or {})
        for card, hold, reason in choices:
            decide(card, hold=hold, reason=reason, actor=actor, now=now)
        if len(mine) < len(cards):
            return locked
        proposed = apply_transition(
            instance=locked, lifecycle=ROUND, action="propose", actor=actor, now=now
        )
        ask_lead("round_notice", proposed, now=now)
        for card in Scorecard.objects.filter(round=proposed).select_related("organisation"):
            tell_firm(card, proposed, now=now)
    return proposed


def choices_of(
    cards: Sequence[Scorecard], confirmed: Mapping[int, str], held: Mapping[int, str]
) -> list[tuple[Scorecard, bool, str]]:
    """Return (scorecard, whether it is held back, the lead's words) for every one of ``cards``.

    Raises ``Invalid("decision_required")`` naming those without a choice, or with both.
    """
    firms = [card.organisation_id for card in cards]
    unclear = [firm for firm in firms if (firm in confirmed) == (firm in held)]
    if unclear:
        fields = {f"decision-{firm}": "decision_required" for firm in unclear}
        raise Invalid("decision_required", fields=fields)
    return [
        (card, card.organisation_id in held, {**confirmed, **held}[card.organisation_id].strip())
        for card in cards
    ]


def tell_firm(card: Scorecard, assessment: AssessmentRound, *, now: datetime) -> None:
    """Tell the firm's people that their scorecard is open to them, and what it came to."""
    rated = "grade_proposed" if card.proposed_tier != UNRATED else "grade_none"
    notify(
        people_of(card.organisation_id),
        "grade_held" if card.decision == HELD else rated,
        key=f"scorecard:{card.pk}:proposed",
        now=now,
        url=reverse("certification:scorecard"),
        organisation=card.organisation,
        round=assessment.title,
    )


def undecided(assessment: AssessmentRound) -> list[Scorecard]:
    """Return the scorecards that still wait for a lead, locked."""
    return list(
        Scorecard.objects.select_for_update(of=("self",))
        .filter(round=assessment, decision=UNDECIDED)
        .select_related("organisation")
        .order_by("pk")
    )


def decide(
    card: Scorecard,
    *,
    hold: bool,
    reason: str,
    actor: User,
    now: datetime,
) -> None:
    """Write the named decision of ``actor`` on one scorecard. Audited."""
    fault = decision_fault(held=hold, needs_review=card.needs_review, reason=reason)
    if fault:
        raise Invalid(fault, fields={f"reason-{card.organisation_id}": fault})
    with operation(
        "certification.scorecard.hold" if hold else "certification.scorecard.confirm",
        actor=actor,
        now=now,
        subject=card,
        organisation=card.organisation,
        reason=reason,
        tier=card.proposed_tier,
    ):
        card.decision = HELD if hold else CONFIRMED
        card.decision_reason = reason
        card.decided_by, card.decided_at = actor, now
        card.save(update_fields=["decision", "decision_reason", "decided_by", "decided_at"])


def open_round_notice(
    *,
    assessment: AssessmentRound,
    actor: User,
    now: datetime,
    expected_version: int | None = None,
) -> Notice:
    """Publish the proposed grades for at least 5 working days and 7 days.

    Firms without a grade, and those held back, are not named.
    """
    with operation("certification.round.publish", actor=actor, now=now, subject=assessment):
        require_role(actor, Role.LEAD)
        window = notice_window(timezone.localdate(now), NOTICE_WORKING_DAYS, NOTICE_CALENDAR_DAYS)
        rubric = assessment.rubric.content
        rows = [
            {
                "name": card.organisation.name,
                "uscc": card.organisation.uscc,
                "note": row_note(rubric, card),
            }
            for card in confirmed(assessment)
        ]
        notice = open_notice(
            kind="grades",
            window=window,
            actor=actor,
            now=now,
            rows=rows,
            subject=assessment,
            **notice_texts(assessment),
        )
        running = apply_transition(
            instance=assessment,
            lifecycle=ROUND,
            action="open_notice",
            actor=actor,
            now=now,
            changes={"notice": notice},
            expected_version=expected_version,
        )
        ask_lead("round_effect", running, now=now, due_on=window.closes_on)
    return notice


def confirmed(assessment: AssessmentRound) -> list[Scorecard]:
    """Return the scorecards with a confirmed grade, by the firm's name."""
    return list(
        Scorecard.objects.filter(round=assessment, decision=CONFIRMED)
        .exclude(proposed_tier=UNRATED)
        .select_related("organisation", "decided_by", "round__rubric")
        .order_by("organisation__name", "pk")
    )


def take_effect(
    *,
    assessment: AssessmentRound,
    actor: User,
    now: datetime,
    expected_version: int | None = None,
) -> AssessmentRound:
    """Put the confirmed grades into effect once the notice is over.

    For each firm: the old grade is superseded, a grading statement is issued and
    ``GradeTookEffect`` published. A firm that was suspended or revoked meanwhile is held, and so
    is one against whose row an objection was upheld; one whose objection is still examined waits
    for ``settle_objected``.
    Raises ``Conflict("notice_running")``.
    """
    with operation("certification.round.effect", actor=actor, now=now, subject=assessment):
        require_role(actor, Role.LEAD)
        done = apply_transition(
            instance=assessment,
            lifecycle=ROUND,
            action="take_effect",
            actor=actor,
            now=now,
            changes={"effective_on": timezone.localdate(now)},
            expected_version=expected_version,
        )
        require_notice_over(done.notice, now=now)
        standing = settled_standings(done.notice)
        cards = confirmed(done)
        barred = barred_organisations(
            [card.organisation_id for card in cards], timezone.localdate(now)
        )
        for card in cards:
            put_into_effect(
                card,
                barred=card.organisation_id in barred,
                standing=standing.get(card.organisation_id, ""),
                actor=actor,
                now=now,
            )
    return done


def cancel_round(
    *,
    assessment: AssessmentRound,
    reason: str,
    actor: User,
    now: datetime,
    expected_version: int | None = None,
) -> AssessmentRound:
    """Cancel a round that is not in effect, with a reason; a running notice is withdrawn."""
    with operation("certification.round.drop", actor=actor, now=now, subject=assessment):
        dropped = apply_transition(
            instance=assessment,
            lifecycle=ROUND,
            action="cancel",
            actor=actor,
            now=now,
            reason=reason,
            changes={"cancel_reason": reason.strip()},
            expected_version=expected_version,
        )
        if dropped.notice_id is not None:
            Notice.objects.filter(pk=dropped.notice_id).update(withdrawn_at=now)
    return dropped


def ask_lead(
    kind: str, assessment: AssessmentRound, *, now: datetime, due_on: date | None = None
) -> None:
    """Put the round's next step into the leads' inbox."""
    open_work(
        kind,
        subject=assessment,
        url=reverse("certification:round", args=[assessment.pk]),
        now=now,
        role=Role.LEAD,
        due_on=due_on,
        round=assessment.title,
    )
