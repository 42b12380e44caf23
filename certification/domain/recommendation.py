"""The list that informs: reasons of a row, ties, and cells that no spreadsheet executes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import floor
from typing import Any, Final

from .rubric import Rubric
from .rubric_lint import UNRATED, walk
from .tiers import tier_lines

DISCLAIMER: Final = (
    "本清单仅供参考，不作为政府采购、招标投标的资格条件、加分条件或中标条件，不限制未列入者参加。"
)
"""The sentence of every list page, export and API answer (1-mission.md, law 1)."""

NATURE: Final = "本结果不是行政许可、资质或认证。"
"""What a grading statement says of itself (1-mission.md, law 2)."""

STATEMENT_TITLE: Final = "能力分级评价结果"

UNKNOWN_CONFIDENCE: Final[Mapping[str, Any]] = {
    "status": "not_computed",
    "probability": None,
    "low": None,
    "high": None,
}
"""What the list says of a grade under a rubric that computes no probability."""

STRONG_SHARE: Final = 0.8
"""A leaf with at least this share of its maximum is named as a reason."""

MOST_REASONS: Final = 3


@dataclass(frozen=True)
class Reason:
    """Why a row stands where it stands: a stable ``code`` and what its text names.

    ``evidence`` is the id of the rubric's node (or the name of a fact) that proves it.
    """

    code: str
    params: Mapping[str, Any]
    evidence: str

    def as_json(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {"code": self.code, "params": dict(self.params), "evidence": self.evidence}


def graded_reasons(rubric: Rubric, result: Mapping[str, Any]) -> list[Reason]:
    """Return why a graded firm stands where it stands.

    First its tier's lines with the points that it has, then its strongest leaves (at least
    80 % of their maximum, best three, ties in the rubric's order), then what held it back.
    ``result`` is a stored result (``scoring.as_json``).
    """
    reasons = [_tier_reason(rubric, result)]
    strong = strongest_leaves(rubric, result["leaves"])
    reasons += [
        Reason("strong_leaf", {"leaf": name, "points": points, "maximum": most}, name)
        for name, points, most in strong
    ]
    reasons += [held_back(code) for code in result["reasons"]]
    return reasons


def _tier_reason(rubric: Rubric, result: Mapping[str, Any]) -> Reason:
    root = rubric["tree"]["id"]
    lines = tier_lines(rubric, result["tier"])
    cut = next((line.at_least for line in lines if line.node == root), None)
    params = {"tier": result["tier"], "total": result["total"], "cut": cut}
    return Reason("tier_default" if cut is None else "tier_reached", params, root)


def strongest_leaves(
    rubric: Rubric, leaves: Mapping[str, Mapping[str, Any]]
) -> list[tuple[str, float, float]]:
    """Return (leaf, points, maximum) of the best leaves from the rubric's tree."""
    order = [node["id"] for _path, node in walk(rubric["tree"]) if node["id"] in leaves]
    found = [
        (name, float(leaves[name]["points"]), float(leaves[name]["max"]))
        for name in order
        if leaves[name]["status"] == "scored"
    ]
    strong = [row for row in found if row[1] >= STRONG_SHARE * row[2]]
    return sorted(strong, key=lambda row: -row[1] / row[2])[:MOST_REASONS]


def held_back(code: str) -> Reason:
    """Turn a reason of ``scoring`` (``minimum:NODE``, ``unrated:RULE`` …) into a row's reason.

    >>> held_back("minimum:quality").evidence
    'quality'
    >>> held_back("no_evidence").code
    'no_evidence'
    """
    kind, _colon, name = code.partition(":")
    return Reason(kind, {"name": name} if name else {}, name or kind)


SHORTFALLS: Final = frozenset({"minimum", "gate", "missing", "missing_share", "no_evidence"})
"""Codes of what held a firm back; every other reason speaks for it, or is neutral."""


def ungraded_reasons(facts: Mapping[str, Any]) -> list[Reason]:
    """Return what is known of a firm without a grade; never that it would be weak.

    ``facts`` holds the counts ``deliveries``, ``villages``, ``courses`` and ``modules``.
    """
    reasons = [Reason("not_graded", {}, UNRATED)]
    if facts["deliveries"]:
        params = {"deliveries": facts["deliveries"], "villages": facts["villages"]}
        reasons.append(Reason("accepted_in_villages", params, "deliveries"))
    if facts["courses"]:
        reasons.append(Reason("courses_completed", {"courses": facts["courses"]}, "courses"))
    if facts["modules"]:
        reasons.append(Reason("modules_used", {"modules": facts["modules"]}, "modules"))
    return reasons


def hundredths(points: float) -> int:
    """Round points half up to two digits, as an integer of hundredths.

    >>> hundredths(73.405), hundredths(79.995), hundredths(80)
    (7341, 8000, 8000)
    """
    return floor(points * 100 + 0.5 + 1e-6)


def tie_groups(rows: Sequence[tuple[str | None, int | None]]) -> list[list[int]]:
    """Group places of a list in order of tier that rounding alone may have put in order.

    ``rows`` holds (tier, total in hundredths) from top to bottom. Neighbours in the same tier
    whose published totals differ by one hundredth at most belong together; every place is in
    exactly one group.

    >>> tie_groups([("A", 8721), ("A", 8720), ("B", 8720), (None, None)])
    [[0, 1], [2], [3]]
    """
    groups: list[list[int]] = []
    for place, (tier, total) in enumerate(rows):
        if groups and _tied(rows[groups[-1][-1]], (tier, total)):
            groups[-1].append(place)
        else:
            groups.append([place])
    return groups


def _tied(above: tuple[str | None, int | None], below: tuple[str | None, int | None]) -> bool:
    if above[0] != below[0] or above[1] is None or below[1] is None:
        return False
    return above[1] - below[1] <= 1


FORMULA_SIGNS: Final = frozenset("=+-@＝＋－＠\t\r\n|")


def safe_cell(text: str) -> str:
    """Return ``text`` so that no spreadsheet takes it for a formula.

    A cell whose first visible character is a sign that begins formulas, full-width ones
    included, gets an apostrophe before it.

    >>> safe_cell("＝HYPERLINK(1)"), safe_cell("  =1+1"), safe_cell("示例")
    ("'＝HYPERLINK(1)", "'  =1+1", '示例')
    """
    first = text.lstrip(" \u3000\ufeff\u200b\u00a0")[:1]
    return f"'{text}" if first in FORMULA_SIGNS and first else text


def text_cell(code: str) -> str:
    r"""Return a code as a cell that stays text: a tab before it keeps its zeros and digits.

    >>> text_cell("630123000000")
    '\t630123000000'
    """
    return f"\t{code}"
