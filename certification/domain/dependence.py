"""On whom a firm's tier depends: one village's acceptances, one assessor's ratings.

A hint opens a look by a person; it never changes a score or a tier. Method:
../shared/design/4-scoring.md, sections 3 (third assessor) and 6 (anti-gaming).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

from portal.domain.adjudication import deliveries_to_rate_again
from portal.domain.predicates import evaluate

from .evidence import read_evidence
from .grading import Grading, Model, shrunk_node
from .integrity import herfindahl, villages_that_decide
from .pooling import pool_items
from .posterior import shrink
from .results import ItemScore
from .rubric import Rubric
from .rubric_lint import UNRATED
from .tiers import DecisionRule, Standing, decide_tier


@dataclass(frozen=True)
class Dependence:
    """What a graded firm's tier hangs on.

    ``concentration``: Herfindahl index of the deliveries' weights by village (1: one village).
    ``villages``: those without whose deliveries the tier would differ, with that tier.
    ``assessors``: those without whose ratings it would, with the places (from 0, in the
    collection) of the deliveries that a further person should rate.
    """

    concentration: float | None
    villages: Mapping[str, str]
    assessors: Mapping[str, tuple[int, ...]]

    def as_json(self) -> dict[str, Any]:
        """Plain JSON data."""
        return asdict(self) | {"assessors": {who: [*at] for who, at in self.assessors.items()}}


def dependence(
    rubric: Rubric,
    evidence: Mapping[str, object],
    as_of: date | None,
    graded: Grading,
    assessors: Sequence[str] = (),
) -> Dependence:
    """Leave out every village, then every assessor, and decide again.

    ``assessors`` names who rated each item of the collection (“” for nobody). What is left out
    takes its villages out of the number that a tier asks, and a failing run counts at once, so
    that a difference comes from the scores. What leaves too little to grade decides nothing.
    """
    case = _Case.of(rubric, evidence, as_of, graded)
    used = [item for item in graded.pool.items if item.state == "used"]
    shares: dict[str, float] = defaultdict(float)
    for item in used:
        shares[item.group] += item.weight
    rated = {
        str(item.index): [assessors[item.index]]
        for item in used
        if item.index < len(assessors) and assessors[item.index]
    }
    tier = case.tier(used)

    def without(dropped: Callable[[ItemScore], bool]) -> str:
        found = case.tier([item for item in used if not dropped(item)])
        return tier if found == UNRATED else found

    alone = deliveries_to_rate_again(
        rated, tier, lambda who: without(lambda item: who in rated.get(str(item.index), ()))
    )
    return Dependence(
        concentration=herfindahl([*shares.values()]),
        villages=villages_that_decide(
            [*shares], lambda village: without(lambda item: item.group == village), tier
        ),
        assessors={who: tuple(sorted(map(int, places))) for who, places in alone.items()},
    )


@dataclass(frozen=True)
class _Case:
    """A graded firm whose items can be left out."""

    model: Model
    graded: Grading
    rule: DecisionRule
    gates: Sequence[Mapping[str, Any]]

    @classmethod
    def of(
        cls, rubric: Rubric, evidence: Mapping[str, object], as_of: date | None, graded: Grading
    ) -> _Case:
        readings, _ = read_evidence(rubric["fields"], evidence, as_of)
        fields = {name: one.value for name, one in readings.items() if one.state == "known"}
        node = shrunk_node(rubric) or {}
        model = Model(rubric, node, graded.result.points, fields, as_of)
        rule = replace(DecisionRule.from_rubric(rubric), demotion_runs=1)
        return cls(model, graded, rule, rubric.get("gates", ()))

    def tier(self, items: Sequence[ItemScore]) -> str:
        """The tier on these items alone, all else as it was."""
        pool = pool_items(self.model.node, items)
        quality = shrink(pool.mean, pool.weight, self.graded.prior)
        facts = self.model.at(quality.mean)
        standing = Standing(
            {tier: self.model.probability(tier, quality) for tier in self.rule.tiers},
            items=pool.count,
            weight=pool.weight,
            villages=self.graded.pool.groups,
            previous=self.graded.history.tier,
            gates=tuple(one["cap"] for one in self.gates if not evaluate(one["require"], facts)),
            missing_share=self.graded.result.missing_share,
        )
        return decide_tier(standing, self.rule).tier
