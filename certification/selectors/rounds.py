"""A round as the lead sees it."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from certification import labels
from certification.domain.rounds import ROUND, UNDECIDED
from certification.domain.rubric_lint import UNRATED
from certification.domain.tiers import distribution
from certification.models import AssessmentRound, Scorecard
from certification.selectors.grades import current_grades
from certification.selectors.hints import Hint, round_hints
from certification.selectors.scorecards import round_cards, shown, total_cuts
from portal.domain.calendar import working_days_left
from portal.labels import STATES, Tone, action_label
from portal.models import User
from portal.permissions import tied_organisations

STEPS = ("planned", "evidence_frozen", "draft_result", "proposed", "public_notice", "effective")
NEXT = {
    "planned": ("freeze", "freeze"),
    "evidence_frozen": ("score", "score"),
    "proposed": ("open_notice", "notice"),
    "public_notice": ("take_effect", "effect"),
}
"""State → (action, the address's word) where the next step is one button."""


@dataclass(frozen=True)
class CardRow:
    """A scorecard in the round's table."""

    card: Scorecard
    before: str
    tier: str | None
    total: float | None
    decision: str
    tone: str
    icon: str


@dataclass(frozen=True)
class RoundPage:
    """What the round's page shows; ``mine`` are those that the person may still decide on."""

    round: AssessmentRound
    state: Tone
    steps: list[dict[str, str]]
    days_left: int | None
    step: str
    step_label: str
    rows: list[CardRow]
    mine: list[Scorecard]
    tied: list[str]
    tiles: list[dict[str, Any]]
    chart: dict[str, Any]
    cuts: list[dict[str, Any]]
    can_cancel: bool
    hints: list[Hint]


def round_page(user: User, assessment: AssessmentRound, today: date) -> RoundPage:
    """Return a round with its scorecards (four queries whatever their number).

    Two more name the villages and the reviewers of hints, where there are any.
    """
    found = round_cards(assessment)
    held = current_grades([card.organisation_id for card in found], today)
    before = {pk: one.tier or "" for pk, one in held.items()}
    tied, mine = sort_out(user, found) if assessment.state == "draft_result" else ([], [])
    action, step = NEXT.get(assessment.state, ("", ""))
    over = assessment.notice is None or assessment.notice.closes_on < today
    return RoundPage(
        round=assessment,
        state=STATES[ROUND.name][assessment.state],
        steps=steps_of(assessment),
        days_left=days_left(assessment, today),
        step=step if step != "effect" or over else "",
        step_label=str(action_label(ROUND.name, action)) if action else "",
        rows=[row_of(card, before) for card in found],
        mine=mine,
        tied=[str(card.organisation) for card in tied],
        tiles=tiles_of(found),
        chart=chart_of(assessment, found),
        cuts=total_cuts(assessment.rubric.content),
        can_cancel=assessment.state not in ROUND.final,
        hints=round_hints(assessment, found),
    )


def sort_out(user: User, found: list[Scorecard]) -> tuple[list[Scorecard], list[Scorecard]]:
    """Return (tied, mine) among the undecided scorecards."""
    waiting = [card for card in found if card.decision == UNDECIDED]
    ids = tied_organisations(user, [card.organisation for card in waiting])
    tied = [card for card in waiting if card.organisation_id in ids]
    return tied, [card for card in waiting if card.organisation_id not in ids]


def days_left(assessment: AssessmentRound, today: date) -> int | None:
    """Return the working days until the notice closes, while it runs."""
    if assessment.state != "public_notice" or assessment.notice is None:
        return None
    return working_days_left(today, assessment.notice.closes_on)


def steps_of(assessment: AssessmentRound) -> list[dict[str, str]]:
    """Return the way of the round; a cancelled one shows how far it came as open."""
    names = STATES[ROUND.name]
    state = assessment.state
    at = STEPS.index(state) if state in STEPS else -1
    marks = ["done" if place < at else "next" for place in range(len(STEPS))]
    if at >= 0:
        marks[at] = "done" if state == "effective" else "now"
    notes = step_notes(assessment)
    return [
        {"label": str(names[name][0]), "note": notes.get(name, ""), "state": mark}
        for name, mark in zip(STEPS, marks, strict=True)
    ]


def step_notes(assessment: AssessmentRound) -> dict[str, str]:
    """Return the days that are known of the round's steps."""
    notice = assessment.notice
    days: dict[str, date | datetime | None] = {
        "planned": assessment.created_at,
        "evidence_frozen": assessment.frozen_at,
        "public_notice": notice.closes_on if notice else None,
        "effective": assessment.effective_on,
    }
    return {name: labels.day_words(day.isoformat()[:10]) for name, day in days.items() if day}


def row_of(card: Scorecard, before: dict[int, str]) -> CardRow:
    """Return a scorecard as a row."""
    tone, icon = labels.DECISION_TONES[card.decision]
    return CardRow(
        card=card,
        before=before.get(card.organisation_id, ""),
        tier=None if card.proposed_tier in {"", UNRATED} else card.proposed_tier,
        total=None if card.proposed_tier == UNRATED else shown(card.total),
        decision=card.get_decision_display(),
        tone=tone,
        icon=icon,
    )


def tiles_of(found: list[Scorecard]) -> list[dict[str, Any]]:
    """Return the round's figures."""
    scored = sum(card.scored_at is not None for card in found)
    return [
        {"label": _("Firms assessed"), "value": len(found)},
        {"label": _("Scored"), "value": scored, "unit": f" / {len(found)}"},
        {
            "label": _("Needs a look"),
            "value": sum(card.needs_review for card in found),
            "note": _("evidence set aside"),
        },
        {
            "label": _("Held back"),
            "value": sum(card.decision == "held" for card in found),
        },
        {
            "label": _("Without a grade"),
            "value": sum(card.proposed_tier == UNRATED for card in found),
            "note": _("neutral, not low"),
        },
    ]


def chart_of(assessment: AssessmentRound, found: list[Scorecard]) -> dict[str, Any]:
    """Return the distribution of the proposed tiers as a chart with its table."""
    tiers = [card.proposed_tier for card in found if card.proposed_tier]
    counted = distribution(assessment.rubric.content, tiers)
    names = [_("Not graded") if name == UNRATED else name for name in counted]
    return {
        "id": "tiers",
        "title": _("Firms by proposed tier"),
        "description": ", ".join(
            labels.pair(name, n) for name, n in zip(names, counted.values(), strict=True)
        ),
        "categories": names,
        "series": [
            {"label": _("Firms assessed"), "values": list(counted.values()), "tone": "lake"}
        ],
    }
