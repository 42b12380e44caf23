"""Rules of an assessment round: its way, what a lead decides, what a public row says."""

from typing import Final

from portal.domain.lifecycle import Lifecycle, row
from portal.domain.texts import is_blank

ROUND: Final = Lifecycle(
    name="certification.round",
    states=(
        "planned",
        "evidence_frozen",
        "draft_result",
        "proposed",
        "public_notice",
        "effective",
        "cancelled",
    ),
    transitions=(
        row("freeze", "planned", "evidence_frozen", "lead system"),
        row("score", "evidence_frozen", "draft_result", "lead system"),
        row("propose", "draft_result", "proposed", "lead"),
        row("open_notice", "proposed", "public_notice", "lead"),
        row("take_effect", "public_notice", "effective", "lead"),
        row(
            "cancel",
            "planned evidence_frozen draft_result proposed public_notice",
            "cancelled",
            "lead",
            reason=True,
        ),
    ),
    final=frozenset({"effective", "cancelled"}),
)

UNDECIDED: Final = "undecided"
CONFIRMED: Final = "confirmed"
HELD: Final = "held"
DECISIONS: Final = (UNDECIDED, CONFIRMED, HELD)

VISIBLE_TO_FIRM: Final = frozenset({"proposed", "public_notice", "effective"})
"""States of a round in which a firm reads its own scorecard."""


def decision_fault(*, held: bool, needs_review: bool, reason: str) -> str:
    """Return why a lead's decision cannot stand, or “”.

    Holding a firm back needs a reason; so does confirming a result whose evidence was
    partly quarantined, because a person must have looked at it.

    >>> decision_fault(held=True, needs_review=False, reason=" ")
    'hold_reason_required'
    >>> decision_fault(held=False, needs_review=True, reason="")
    'review_reason_required'
    >>> decision_fault(held=False, needs_review=False, reason="")
    ''
    """
    if not is_blank(reason):
        return ""
    if held:
        return "hold_reason_required"
    return "review_reason_required" if needs_review else ""
