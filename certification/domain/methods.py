"""Between which tiers a firm ranges when several defensible choices of method vary together.

The rubric's own choices are one combination of many that could be defended (OECD/JRC Handbook
2008, step 7): arithmetic or geometric mean, how fast old deliveries fade, whether missing
evidence is left out or counts half. Each combination is decided as the round decides, with its
shrinkage, gates, villages and history. Method: ../shared/design/4-scoring.md, section 5.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np

from .grading import Grading
from .results import ScoreResult
from .robustness import VARIANTS, vary
from .rubric import Rubric
from .rubric_lint import UNRATED
from .scoring import score
from .stability import official_weights, tier_places
from .tiers import tier_names


def tiers_by_method(
    rubric: Rubric,
    evidence: Mapping[str, object],
    as_of: date | None,
    result: ScoreResult,
    grading: Grading | None = None,
) -> dict[str, int] | None:
    """How many methods give each tier, the best first: ``{"A": 9, "B": 3}``.

    ``result`` is what ``scoring`` or ``grading`` (then given too) made of ``evidence``. Methods
    that leave the rubric as another one does are counted once; the severity of assessors is no
    choice here, because evidence has no marks by assessor. ``None`` for an unrated firm, and for
    a rubric whose points do not come from weights alone.
    """
    if result.tier == UNRATED or official_weights(rubric) is None:
        return None
    tiers = tier_names(rubric)
    found: list[str] = []
    for group in methods(rubric):
        # the mean changes no leaf: what one of the group scored is right for all of it
        scored = score(group[0], evidence, as_of)
        graded = grading and replace(grading, pool=scored.pools[grading.node])
        for one in group:
            weights = official_weights(one) or {}
            held = {name: np.array([weight]) for name, weight in weights.items()}
            place = tier_places(one, evidence, as_of, held, result=scored, grading=graded)[0]
            found.append(tiers[place])
    return {tier: found.count(tier) for tier in tiers if tier in found}


def methods(rubric: Rubric) -> list[list[Rubric]]:
    """Return the rubric by each method of ``robustness.VARIANTS``, each different one once.

    Those that differ in the mean only stand together.
    """
    groups: dict[tuple[float, str], list[Rubric]] = {}
    seen: list[Any] = []
    for variant in (one for one in VARIANTS if one.severity):
        tree = vary(rubric["tree"], variant)
        if tree not in seen:
            seen.append(tree)
            group = groups.setdefault((variant.half_life, variant.missing), [])
            group.append({**rubric, "tree": tree})
    return list(groups.values())
