"""Try a rubric on frozen evidence: who would move, why, and what share of firms.

``compare`` gives what a round would decide under either rubric: by points alone where nothing is
shrunk (``column_scoring``, all providers at once), else by probability, provider by provider,
with the season's prior, the tier held before and its failing runs. Those that would move are
explained by the plain path. Each rubric reads the fields that it declares, as in a round.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import numpy as np

from portal.domain.predicates import Comparison, at_least, at_most

from .assessment import decide
from .column_scoring import score_many
from .columns import MappingRows
from .firm_evidence import known_fields
from .grading import STARTING_PRIOR, Grading, History, shrunk_node
from .posterior import Prior
from .results import ScoreResult
from .rubric import Rubric
from .rubric_lint import UNRATED
from .tiers import DecisionRule, gammas, leaf_maxima, tier_names

Direction = Literal["up", "down", "other"]


@dataclass(frozen=True)
class LeafChange:
    """One leaf under both rubrics: points and maximum; ``None`` where a rubric lacks the leaf.

    Points are ``None`` too where the leaf is left out for want of evidence.
    """

    leaf: str
    before: float | None
    after: float | None
    maximum_before: float | None
    maximum_after: float | None

    @property
    def change(self) -> float:
        """Points won or lost; what is not there counts 0."""
        return (self.after or 0.0) - (self.before or 0.0)


@dataclass(frozen=True)
class Chance:
    """Probability of being at or above ``tier``, and the one (γ) that was ``asked``."""

    tier: str
    got: float
    asked: float


@dataclass(frozen=True)
class Move:
    """One provider whose tier would differ, and why.

    ``leaves`` are those that differ in points or maximum, the largest change first. ``lines`` are
    the comparisons that stand between the tiers: those of the lost tier that fail under the new
    rubric, or those of the gained tier that failed under the old one; at the posterior mean where
    a rubric shrinks. ``chance`` is then the probability that was too small, else ``None``.
    ``reasons`` as in ``ScoreResult``. Totals are in the rubrics' points.
    """

    provider: str
    before: str
    after: str
    direction: Direction
    total_before: float | None
    total_after: float | None
    leaves: tuple[LeafChange, ...]
    lines: tuple[Comparison, ...]
    reasons_before: tuple[str, ...]
    reasons_after: tuple[str, ...]
    chance: Chance | None = None


@dataclass(frozen=True)
class Replay:
    """A trial of one rubric against another on the same evidence.

    ``share`` of providers that would move, 0 to 1 (0 without any); ``table`` counts providers by
    (tier before, tier after); ``without_evidence`` are fields that only the new rubric reads and
    that no provider has: it cannot be judged on them yet. ``needs_review`` counts providers whose
    evidence is partly quarantined under the new rubric.
    """

    providers: int
    moves: tuple[Move, ...]
    share: float
    table: Mapping[tuple[str, str], int]
    without_evidence: tuple[str, ...]
    needs_review: int


@dataclass(frozen=True)
class _Trial:
    """One of the two rubrics with what its round would bring."""

    rubric: Rubric
    evidence: Mapping[str, Mapping[str, Any]]
    as_of: date | None
    prior: Prior
    histories: Mapping[str, History]

    def outcomes(self) -> tuple[list[str], int]:
        """Every provider's tier, and how many need a look."""
        if shrunk_node(self.rubric) is None:
            rows = [known_fields(one, self.rubric["fields"]) for one in self.evidence.values()]
            found = score_many(self.rubric, MappingRows(rows), self.as_of)
            return found.tier.tolist(), int(np.count_nonzero(found.needs_review))
        results = [self.decided(name)[0] for name in self.evidence]
        return [one.tier for one in results], sum(one.needs_review for one in results)

    def decided(self, name: str) -> tuple[ScoreResult, Grading | None]:
        """What the round decides on one provider."""
        fields = known_fields(self.evidence[name], self.rubric["fields"])
        return decide(self.rubric, fields, self.as_of, self.prior, self.histories.get(name))


def compare(
    rubric_a: Rubric,
    rubric_b: Rubric,
    evidence: Mapping[str, Mapping[str, Any]],
    as_of: date | None = None,
    *,
    priors: tuple[Prior, Prior] = (STARTING_PRIOR, STARTING_PRIOR),
    histories: Mapping[str, History] | None = None,
) -> Replay:
    """Decide on ``evidence`` (by provider) by the present rubric and by the one on trial.

    ``priors`` are those of a round under each, ``histories`` the tiers held before by provider
    (none: new); rubrics that shrink nothing look at neither. Raises ValueError when
    evidence is dated and ``as_of`` is missing.
    """
    before, after = (
        _Trial(rubric, evidence, as_of, prior, histories or {})
        for rubric, prior in zip((rubric_a, rubric_b), priors, strict=True)
    )
    (tiers_before, _), (tiers_after, needs_review) = before.outcomes(), after.outcomes()
    pairs = list(zip(tiers_before, tiers_after, strict=True))
    moving = [name for name, (old, new) in zip(evidence, pairs, strict=True) if old != new]
    moves = [_explain(before, after, name) for name in moving]
    return Replay(
        providers=len(evidence),
        moves=tuple(moves),
        share=len(moves) / len(evidence) if evidence else 0.0,
        table=Counter(pairs),
        without_evidence=_without_evidence(rubric_a, rubric_b, evidence),
        needs_review=needs_review,
    )


def _without_evidence(
    rubric_a: Rubric, rubric_b: Rubric, evidence: Mapping[str, Mapping[str, Any]]
) -> tuple[str, ...]:
    new = [name for name, spec in rubric_b["fields"].items() if "derive" not in spec]
    given = {name for one in evidence.values() for name, value in one.items() if value is not None}
    return tuple(name for name in new if name not in given and name not in rubric_a["fields"])


def _explain(trial_a: _Trial, trial_b: _Trial, provider: str) -> Move:
    rubric_a, rubric_b = trial_a.rubric, trial_b.rubric
    (before, graded_a), (after, graded_b) = trial_a.decided(provider), trial_b.decided(provider)
    direction = _direction(rubric_a, rubric_b, before.tier, after.tier)
    chances = {
        "up": (rubric_a, graded_a, after.tier),
        "down": (rubric_b, graded_b, before.tier),
    }
    return Move(
        provider=provider,
        before=before.tier,
        after=after.tier,
        direction=direction,
        total_before=before.total,
        total_after=after.total,
        leaves=_leaf_changes(rubric_a, rubric_b, before, after),
        lines=_lines(before, after, direction),
        reasons_before=before.reasons,
        reasons_after=after.reasons,
        chance=_chance(*chances[direction]) if direction in chances else None,
    )


def _chance(rubric: Rubric, graded: Grading | None, tier: str) -> Chance | None:
    """The probability that kept a firm from ``tier``; ``None`` where it was something else."""
    if graded is None or tier not in graded.probabilities:
        return None
    asked = gammas(DecisionRule.from_rubric(rubric), graded.history.tier)[tier]
    got = graded.probabilities[tier]
    return None if at_least(got, asked) else Chance(tier, got, asked)


def _direction(rubric_a: Rubric, rubric_b: Rubric, before: str, after: str) -> Direction:
    """Up or down where both rubrics rank both tiers; else other (becoming unrated is neutral)."""
    names = tier_names(rubric_b)
    shared = [name for name in names if name in tier_names(rubric_a)]
    if UNRATED in {before, after} or not {before, after} <= set(shared):
        return "other"
    return "up" if shared.index(after) < shared.index(before) else "down"


def _leaf_changes(
    rubric_a: Rubric, rubric_b: Rubric, before: ScoreResult, after: ScoreResult
) -> tuple[LeafChange, ...]:
    maxima = leaf_maxima(rubric_a), leaf_maxima(rubric_b)
    names = list(dict.fromkeys([*maxima[0], *maxima[1]]))
    changes = [
        LeafChange(
            name,
            before.points.get(name),
            after.points.get(name),
            maxima[0].get(name),
            maxima[1].get(name),
        )
        for name in names
    ]
    differing = [one for one in changes if not _same(one)]
    return tuple(sorted(differing, key=lambda one: (-abs(one.change), one.leaf)))


def _same(one: LeafChange) -> bool:
    known = (one.before is None) == (one.after is None)
    close = at_least(one.change, 0.0) and at_most(one.change, 0.0)
    return known and close and one.maximum_before == one.maximum_after


def _lines(before: ScoreResult, after: ScoreResult, direction: Direction) -> tuple[Comparison, ...]:
    if direction == "down":
        asked = after.conditions.get(before.tier, ())
    elif direction == "up":
        asked = before.conditions.get(after.tier, ())
    else:
        asked = ()
    return tuple(one for one in asked if not one.held)
