"""Tiers of a rubric: their order, their lines, and how far the next one is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from portal.domain.predicates import at_least, at_most, comparisons

from .rubric import Rubric
from .rubric_lint import UNRATED, walk

UNRANKED = 99
"""Place of a firm without a grade in an order by tier: behind every tier, and neutral."""


def tier_names(rubric: Rubric) -> tuple[str, ...]:
    """Return the tiers, best first, the default tier last."""
    return (*(tier["id"] for tier in rubric["tiers"]), rubric["default_tier"])


def tier_rank(rubric: Rubric, tier: str) -> int:
    """Return a tier's place from 1; ``UNRANKED`` for the neutral tier and unknown names."""
    names = tier_names(rubric)
    return names.index(tier) + 1 if tier in names else UNRANKED


@dataclass(frozen=True)
class Line:
    """One threshold of a tier: ``node`` (the tree's root for the total) from ``at_least`` points.

    ``maximum`` is the node's maximum; all in the rubric's points. A ``strict`` line (``gt``) must
    be passed: standing on it does not count as reached.
    """

    tier: str
    node: str
    at_least: float
    maximum: float
    strict: bool = False

    def reached(self, points: float) -> bool:
        """Whether ``points`` reach the line; a tie counts unless it is strict.

        >>> Line("A", "total", 80, 100).reached(80), Line("A", "total", 80, 100, True).reached(80)
        (True, False)
        """
        if self.strict:
            return not at_most(points, self.at_least)
        return at_least(points, self.at_least)


def tier_lines(rubric: Rubric, tier: str) -> tuple[Line, ...]:
    """Return the lower thresholds in points of ``tier``, in the rubric's order.

    Conditions on single fields, on nodes without points, and other operators, are not lines and
    are left out.
    """
    maxima = node_maxima(rubric)
    root = rubric["tree"]["id"]
    found = [one for one in rubric["tiers"] if one["id"] == tier]
    return tuple(
        Line(tier, name, float(leaf["value"]), maxima[name], leaf["op"] == "gt")
        for one in found
        for _path, leaf in comparisons(one["when"])
        for name in [root if "score" in leaf else leaf.get("node")]
        if name in maxima and leaf["op"] in {"ge", "gt"}
    )


def node_maxima(rubric: Rubric) -> dict[str, float]:
    """Return the maximum points of every node that has points (profiles have none)."""
    return {
        node["id"]: float(node["max"]) for _path, node in walk(rubric["tree"]) if node.get("max")
    }


def leaf_maxima(rubric: Rubric) -> dict[str, float]:
    """Return the maximum points of every leaf, in the rubric's order."""
    return {
        node["id"]: float(node["max"]) for _path, node in walk(rubric["tree"]) if "scale" in node
    }


@dataclass(frozen=True)
class Gap:
    """What is missing to a line: ``points`` more at ``node``; 0 where it is ``reached``.

    A strict line asks for more than ``points`` more, which may be more than 0.
    """

    line: Line
    got: float
    points: float
    reached: bool


def next_tier(rubric: Rubric, tier: str) -> str | None:
    """Return the tier above ``tier``; from the neutral tier, the lowest that has lines."""
    names = tier_names(rubric)
    if tier == UNRATED or tier not in names:
        return names[-2]
    place = names.index(tier)
    return names[place - 1] if place else None


def gaps(rubric: Rubric, tier: str, points: Mapping[str, float | None]) -> tuple[Gap, ...]:
    """Return, line by line of ``tier``, how many points are missing (unknown points count 0)."""
    found = []
    for line in tier_lines(rubric, tier):
        got = points.get(line.node) or 0.0
        reached = line.reached(got)
        found.append(Gap(line, got, 0.0 if reached else max(0.0, line.at_least - got), reached))
    return tuple(found)


@dataclass(frozen=True)
class Room:
    """Points that one leaf could still add: ``maximum`` less what it has."""

    leaf: str
    points: float
    status: str


def room_to_grow(leaves: Mapping[str, Mapping[str, Any]]) -> tuple[Room, ...]:
    """Return the leaves that still have points to give, most first (ties by id).

    ``leaves`` is the ``leaves`` part of a stored result (``scoring.as_json``).
    """
    rooms = [
        Room(name, leaf["max"] - (leaf["points"] or 0.0), leaf["status"])
        for name, leaf in leaves.items()
        if leaf["status"] != "not_applicable"
    ]
    kept = [room for room in rooms if not at_least(0.0, room.points)]
    return tuple(sorted(kept, key=lambda room: (-room.points, room.leaf)))


def distribution(rubric: Rubric, tiers: Sequence[str]) -> dict[str, int]:
    """Return how many results fell into each tier, best first, ``unrated`` last."""
    return {name: tiers.count(name) for name in (*tier_names(rubric), UNRATED)}


# --- the decision


@dataclass(frozen=True)
class DecisionRule:
    """What a tier takes beside its probability; ``from_rubric`` reads a rubric's ``confidence``.

    ``tiers``: best first, without ``default``. A tier is climbed to from probability
    ``gamma_up`` and kept from ``gamma_keep``; it is lost after ``demotion_runs`` failing runs.
    ``villages``: least number of distinct accepting villages by tier. A confirmed result needs
    ``n_conf`` delivery-equivalents. Unrated: under ``min_items`` deliveries, or more than
    ``max_missing`` (share of maximum points) missing.
    """

    tiers: tuple[str, ...] = ("A", "B")
    default: str = "C"
    gamma_up: float = 0.8
    gamma_keep: float = 0.5
    demotion_runs: int = 2
    n_conf: float = 5
    villages: Mapping[str, int] = field(default_factory=lambda: {"A": 3, "B": 2})
    min_items: int = 2
    max_missing: float = 0.3

    @classmethod
    def from_rubric(cls, rubric: Rubric) -> DecisionRule:
        """The rule that a rubric with ``confidence`` names; what it leaves out is as above."""
        given = dict(rubric.get("confidence", {}))
        unrated = rubric.get("unrated", {})
        kept = ("gamma_up", "gamma_keep", "demotion_runs", "n_conf", "villages")
        return cls(
            tiers=tier_names(rubric)[:-1],
            default=rubric["default_tier"],
            min_items=unrated.get("deliveries_lt", cls.min_items),
            max_missing=unrated.get("missing_share_gt", cls.max_missing),
            **{key: given[key] for key in kept if key in given},
        )


@dataclass(frozen=True)
class Standing:
    """What a firm brings to a decision.

    ``probabilities``: P(at or above each tier). ``previous`` tier (``None``: none) and how many
    runs running it failed. Deliveries: ``items`` counted, ``weight`` in delivery-equivalents,
    from ``villages`` distinct ones. ``gates``: the caps of failed gates.
    """

    probabilities: Mapping[str, float]
    items: int
    weight: float
    villages: int
    previous: str | None = None
    fail_streak: int = 0
    gates: tuple[str, ...] = ()
    missing_share: float = 0.0


TierStatus = Literal["confirmed", "provisional", "unrated"]


@dataclass(frozen=True)
class TierDecision:
    """A proposed tier; ``reasons`` say what changed it: ``demotion_pending``, ``demoted``,
    ``villages<N``, ``gate``. ``fail_streak`` is carried into the next run.
    """

    tier: str
    status: TierStatus
    fail_streak: int
    reasons: tuple[str, ...] = ()


UNRATED_PREVIOUS: Final = (None, UNRATED)


def gammas(rule: DecisionRule, previous: str | None) -> dict[str, float]:
    """Probability that each tier asks: to keep it from the previous one down, to climb above it.

    Raises ValueError for a previous tier that the rule does not know.

    >>> gammas(DecisionRule(), "B")
    {'A': 0.8, 'B': 0.5, 'C': 0.5}
    """
    names = (*rule.tiers, rule.default)
    before = len(names) if previous in UNRATED_PREVIOUS else names.index(str(previous))
    return {
        name: rule.gamma_keep if at >= before else rule.gamma_up for at, name in enumerate(names)
    }


def decide_tier(standing: Standing, rule: DecisionRule) -> TierDecision:
    """The tier by probability with hysteresis, then the villages rule, then gates at once.

    Raises ValueError for a previous tier or a cap that the rule does not know. Source:
    ../shared/design/4-scoring.md, section 4.

    >>> decide_tier(Standing({"A": 0.55, "B": 0.99}, 12, 9.5, 5, "A"), DecisionRule())
    TierDecision(tier='A', status='provisional', fail_streak=0, reasons=())
    """
    if standing.items < rule.min_items or not at_most(standing.missing_share, rule.max_missing):
        return TierDecision(UNRATED, "unrated", standing.fail_streak)
    names = (*rule.tiers, rule.default)
    place, streak, reasons = _with_hysteresis(standing, rule, names)
    seated = _with_villages(place, standing, rule, names)
    if seated > place:
        reasons.append(f"villages<{rule.villages[names[place]]}")
    capped = max([seated, *(names.index(cap) for cap in standing.gates)])
    if capped > seated:
        reasons.append("gate")
    tier = names[capped]
    sure = at_least(standing.probabilities.get(tier, 1.0), rule.gamma_up)
    confirmed = sure and at_least(standing.weight, rule.n_conf)
    status: TierStatus = "confirmed" if confirmed else "provisional"
    return TierDecision(tier, status, streak, tuple(reasons))


def _with_hysteresis(
    standing: Standing, rule: DecisionRule, names: Sequence[str]
) -> tuple[int, int, list[str]]:
    """Place by probability, the new fail streak and its reasons."""
    known = standing.previous not in UNRATED_PREVIOUS
    before = names.index(str(standing.previous)) if known else len(names)
    asked = gammas(rule, standing.previous)
    place = next(
        at
        for at, name in enumerate(names)
        if at_least(standing.probabilities.get(name, 1.0), asked[name])
    )
    if not known or place <= before:
        return place, 0, []
    streak = standing.fail_streak + 1
    if streak < rule.demotion_runs:
        return before, streak, ["demotion_pending"]
    return place, 0, ["demoted"]


def _with_villages(place: int, standing: Standing, rule: DecisionRule, names: Sequence[str]) -> int:
    """The best place from ``place`` on whose number of villages is reached."""
    return next(
        at
        for at in range(place, len(names))
        if standing.villages >= rule.villages.get(names[at], 0) or at == len(names) - 1
    )
