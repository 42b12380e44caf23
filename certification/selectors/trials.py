"""A rubric on trial: what it would make of a round's frozen evidence."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from certification.domain.replay import Chance, LeafChange, Move, Replay, compare
from certification.models import AssessmentRound
from certification.selectors.priors import histories_of, trial_priors
from certification.selectors.scale_words import name_of, predicate_words, rubric_fields
from certification.selectors.scorecards import node_labels, reason_words, round_cards, shown
from certification.selectors.sureness import percent
from portal.domain.predicates import Comparison

NOTHING = "–"
MOST_CAUSES = 3
"""How many rows of the rubric are named for each firm; the largest changes."""


@dataclass(frozen=True)
class MoveRow:
    """A firm that would move: its tiers and totals, where to, and why."""

    firm: str
    before: str
    after: str
    direction: str
    total_before: float | None
    total_after: float | None
    why: list[str]


@dataclass(frozen=True)
class TrialPage:
    """What the trial shows; ``without_evidence`` names evidence that no firm of the round has."""

    name: str
    tiles: list[dict[str, Any]]
    rows: list[MoveRow]
    without_evidence: list[str]


def trial_page(assessment: AssessmentRound, rubric: Mapping[str, Any]) -> TrialPage:
    """Decide on the round's evidence by ``rubric``; nothing is stored (at most four queries)."""
    found = {str(card.pk): card for card in round_cards(assessment)}
    held = histories_of(assessment, found.values())
    replay = compare(
        assessment.rubric.content,
        rubric,
        {key: card.fields for key, card in found.items()},
        assessment.until,
        priors=trial_priors(assessment, rubric),
        histories={
            key: held[card.organisation_id]
            for key, card in found.items()
            if card.organisation_id in held
        },
    )
    fields = rubric_fields(rubric)
    return TrialPage(
        name=f"{rubric['id']} {rubric['version']}",
        tiles=tiles_of(replay),
        rows=[
            row_of(move, str(found[move.provider].organisation), assessment.rubric.content, rubric)
            for move in replay.moves
        ],
        without_evidence=[name_of(fields[name], name) for name in replay.without_evidence],
    )


def tiles_of(replay: Replay) -> list[dict[str, Any]]:
    """Return the trial's figures."""
    ways = [move.direction for move in replay.moves]
    return [
        {"label": _("Firms tried"), "value": replay.providers},
        {
            "label": _("Would change tier"),
            "value": len(replay.moves),
            "note": _("%(percent)s%% of the firms") % {"percent": round(100 * replay.share)},
        },
        {"label": _("Higher"), "value": ways.count("up")},
        {"label": _("Lower"), "value": ways.count("down")},
        {
            "label": _("Needs a look"),
            "value": replay.needs_review,
            "note": _("evidence set aside"),
        },
    ]


def row_of(move: Move, firm: str, present: Mapping[str, Any], rubric: Mapping[str, Any]) -> MoveRow:
    """Return a move in words."""
    ways = {"up": _("Higher"), "down": _("Lower"), "other": _("Not comparable")}
    asking = rubric if move.direction == "down" else present
    names = node_labels(present) | node_labels(rubric)
    new = [code for code in move.reasons_after if code not in move.reasons_before]
    why = [chance_words(move.chance)] if move.chance else []
    why += [line_words(line, asking) for line in move.lines]
    why += [change_words(one, names) for one in move.leaves[:MOST_CAUSES]]
    why += [reason_words(rubric, code) for code in new]
    return MoveRow(
        firm=firm,
        before=move.before,
        after=move.after,
        direction=ways[move.direction],
        total_before=shown(move.total_before),
        total_after=shown(move.total_after),
        why=why,
    )


def chance_words(chance: Chance) -> str:
    """Say how probable the tier is that was not granted or not kept."""
    return _("Probability of tier %(tier)s: %(got)s, asked: %(asked)s") % {
        "tier": chance.tier,
        "got": percent(chance.got),
        "asked": f"{100 * chance.asked:g}%",
    }


def line_words(line: Comparison, rubric: Mapping[str, Any]) -> str:
    """Say a condition that is not met, and what was there."""
    subject = {line.subject: True if line.subject == "score" else line.name}
    asked = {**subject, "op": line.op, "value": line.value}
    words = predicate_words(asked, rubric_fields(rubric), node_labels(rubric))
    got = shown(line.got) if isinstance(line.got, float) else line.got
    return _("Not met: %(line)s (found: %(got)s)") % {
        "line": words,
        "got": NOTHING if got is None else got,
    }


def change_words(one: LeafChange, names: Mapping[str, str]) -> str:
    """Say how the points of a row differ."""
    figures = (one.before, one.maximum_before, one.after, one.maximum_after)
    before, most_before, after, most_after = (
        NOTHING if value is None else shown(value) for value in figures
    )
    return _("%(row)s: now %(before)s of %(most_before)s, on trial %(after)s of %(most_after)s") % {
        "row": names[one.leaf],
        "before": before,
        "most_before": most_before,
        "after": after,
        "most_after": most_after,
    }
