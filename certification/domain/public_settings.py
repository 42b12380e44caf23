"""Settings that people decide, as a rubric holds them: what a public notice prints.

Cuts, the points of every indicator, γ to climb and to keep, failing runs, villages, the village
cap K and the decay (4-scoring.md, section 9.6). μ, σ² and τ² are a round's, not a rubric's.
"""

from __future__ import annotations

from dataclasses import dataclass

from .grading import shrunk_node
from .rubric import Rubric
from .tiers import DecisionRule, Line, tier_lines, tier_names


@dataclass(frozen=True)
class TierSettings:
    """A tier's lines in points, and how many distinct villages it asks (0: any number)."""

    id: str
    lines: tuple[Line, ...]
    villages: int


@dataclass(frozen=True)
class GradingSettings:
    """How deliveries become a tier, for a rubric that shrinks.

    ``rule``: γ, failing runs, deliveries to confirm. ``village_cap``: K, delivery-equivalents
    that one village may give; ``half_life`` and ``window`` in months. ``None``: not set.
    """

    rule: DecisionRule
    village_cap: float | None
    half_life: float | None
    window: float | None


def tier_settings(rubric: Rubric) -> tuple[TierSettings, ...]:
    """Lines and villages of every tier but the default one, best first."""
    villages = DecisionRule.from_rubric(rubric).villages if shrunk_node(rubric) else {}
    return tuple(
        TierSettings(name, tier_lines(rubric, name), villages.get(name, 0))
        for name in tier_names(rubric)[:-1]
    )


def grading_settings(rubric: Rubric) -> GradingSettings | None:
    """How deliveries become a tier; ``None`` for a rubric that shrinks nothing."""
    node = shrunk_node(rubric)
    if node is None:
        return None
    items = node["per_item"]
    return GradingSettings(
        rule=DecisionRule.from_rubric(rubric),
        village_cap=items.get("cap_total", {}).get("max"),
        half_life=items.get("decay", {}).get("half_life_months"),
        window=items.get("window_months"),
    )
