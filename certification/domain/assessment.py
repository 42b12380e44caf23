"""One firm in one round: score, grade where the rubric shrinks, and say how firm the tier is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from .grading import STARTING_PRIOR, Grading, History, grade, shrunk_node
from .grading import as_json as grading_json
from .posterior import Prior
from .results import ScoreResult, as_json
from .rubric import Rubric
from .scoring import score
from .stability import tier_stability
from .tiers import tier_names


def decide(
    rubric: Rubric,
    evidence: Mapping[str, object],
    as_of: date | None,
    prior: Prior,
    history: History | None = None,
) -> tuple[ScoreResult, Grading | None]:
    """What a round decides: the result, and how it was graded (``None`` if nothing shrinks).

    ``prior`` and ``history`` do not matter to a rubric that shrinks nothing. A tier held before
    that the rubric does not know, because tiers were renamed, counts as none.
    """
    if shrunk_node(rubric) is None:
        return score(rubric, evidence, as_of), None
    known = history is not None and history.tier in tier_names(rubric)
    graded = grade(rubric, evidence, as_of, prior, history if known else None)
    return graded.result, graded


def assess(
    rubric: Rubric,
    evidence: Mapping[str, object],
    as_of: date,
    prior: Mapping[str, float],
    history: History,
) -> dict[str, Any]:
    """The result as plain JSON data, as a scorecard keeps it.

    The keys of ``results.as_json``; ``stability`` (share of plausible weightings in which the
    tier holds, 0 to 1, or ``None``); and ``grading`` (``grading.as_json``), ``None`` for a
    rubric that shrinks nothing, to which ``prior`` (empty then) and ``history`` do not matter.
    """
    frozen = Prior(**prior) if prior else STARTING_PRIOR
    result, graded = decide(rubric, evidence, as_of, frozen, history)
    stability = tier_stability(rubric, evidence, as_of, result, graded)
    kept = {"stability": stability, "grading": grading_json(graded) if graded else None}
    return as_json(result) | kept
