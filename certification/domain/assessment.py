"""One firm in one round: score, grade where the rubric shrinks, and say how firm the tier is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from .dependence import dependence
from .grading import STARTING_PRIOR, Grading, History, grade, shrunk_node
from .grading import as_json as grading_json
from .methods import tiers_by_method
from .next_steps import next_steps
from .posterior import Prior
from .results import ScoreResult, as_json
from .rubric import Rubric
from .rubric_lint import UNRATED
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
    *,
    assessors: Sequence[str] = (),
) -> dict[str, Any]:
    """The result as plain JSON data, as a scorecard keeps it.

    The keys of ``results.as_json``; ``stability`` (share of plausible weightings in which the
    tier holds, 0 to 1, or ``None``); ``methods`` (``methods.tiers_by_method``); ``steps``
    (``next_steps``); ``grading`` (``grading.as_json``) and ``dependence``
    (``dependence.as_json``, ``None`` for an unrated firm), both ``None`` for a rubric that
    shrinks nothing, to which ``prior`` (empty then), ``history`` and ``assessors`` (who rated
    each delivery) do not matter.
    """
    frozen = Prior(**prior) if prior else STARTING_PRIOR
    result, graded = decide(rubric, evidence, as_of, frozen, history)
    steps = next_steps(rubric, evidence, as_of, result, graded)
    rated = graded if result.tier != UNRATED else None
    hangs = dependence(rubric, evidence, as_of, rated, assessors) if rated else None
    return as_json(result) | {
        "stability": tier_stability(rubric, evidence, as_of, result, graded),
        "methods": tiers_by_method(rubric, evidence, as_of, result, graded),
        "grading": grading_json(graded) if graded else None,
        "steps": steps.as_json() if steps else None,
        "dependence": hangs.as_json() if hangs else None,
    }
