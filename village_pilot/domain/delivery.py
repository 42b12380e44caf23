"""The lifecycles of a pilot, its milestones and its deliverables, and the marks of a review."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Final

from portal.domain.lifecycle import SYSTEM, Invalid, Lifecycle, row
from portal.domain.roles import Role
from portal.domain.texts import is_blank, legible

FIRM = "firm_signer firm_member"

PILOT: Final = Lifecycle(
    name="village_pilot.pilot",
    states=(
        "proposed",
        "village_consent",
        "agreed",
        "running",
        "paused",
        "completed",
        "terminated",
    ),
    transitions=(
        row("consent", "proposed", "village_consent", "village_signer"),
        row("decline", "proposed", "terminated", "village_signer", reason=True),
        row("agree", "village_consent", "agreed", "firm_signer"),
        row("start", "agreed", "running", "staff"),
        row("pause", "running", "paused", "staff", reason=True),
        row("resume", "paused", "running", "staff"),
        row("complete", "running", "completed", "staff"),
        row(
            "terminate",
            "proposed village_consent agreed running paused",
            "terminated",
            "staff",
            reason=True,
        ),
    ),
    final=frozenset({"completed", "terminated"}),
)
"""The village consents first, then the firm agrees; the county's staff start and end it."""

MILESTONE: Final = Lifecycle(
    name="village_pilot.milestone",
    states=("scheduled", "submitted", "met", "partially_met", "not_met"),
    transitions=(
        row("submit", "scheduled partially_met not_met", "submitted", FIRM),
        row("meet", "submitted", "met", "village_signer staff"),
        row("meet_partially", "submitted", "partially_met", "village_signer staff"),
        row("miss", "submitted", "not_met", "village_signer staff"),
    ),
    final=frozenset({"met"}),
)

DELIVERABLE: Final = Lifecycle(
    name="village_pilot.deliverable",
    states=(
        "draft",
        "submitted",
        "technical_review",
        "changes_requested",
        "village_acceptance",
        "accepted",
        "accepted_with_conditions",
        "refused",
        "disputed",
        "resolved",
    ),
    transitions=(
        row("submit", "draft", "submitted", FIRM),
        row("assign", "submitted", "technical_review", SYSTEM),
        row(
            "request_changes",
            "technical_review",
            "changes_requested",
            "tech_reviewer",
            reason=True,
        ),
        row("resubmit", "changes_requested", "technical_review", FIRM),
        row("approve", "technical_review", "village_acceptance", "tech_reviewer"),
        row("accept", "village_acceptance", "accepted", "village_signer"),
        row(
            "accept_with_conditions",
            "village_acceptance",
            "accepted_with_conditions",
            "village_signer",
            reason=True,
        ),
        row("refuse", "village_acceptance", "refused", "village_signer", reason=True),
        row("dispute", "refused", "disputed", "firm_signer", reason=True),
        row("resolve", "disputed", "resolved", "dispute_board", reason=True),
    ),
    final=frozenset({"accepted", "resolved"}),
)
"""One version of a deliverable. Nothing but a village's own deed leads out of its acceptance."""

DECISIONS: Final[Mapping[str, tuple[str, str]]] = {
    "accept": ("accepted", "meet"),
    "accept_with_conditions": ("accepted_with_conditions", "meet_partially"),
    "refuse": ("refused", "miss"),
}
"""A village's decision → (the version's state, what it does to the milestone)."""

POSITIVE: Final = frozenset({"accepted", "accepted_with_conditions"})
DECIDED: Final = POSITIVE | {"refused", "disputed", "resolved"}
VILLAGE_SEES: Final = DECIDED | {"village_acceptance"}
EDITABLE: Final = frozenset({"draft", "changes_requested"})
RENEWABLE: Final = frozenset({"accepted_with_conditions", "refused", "resolved"})
"""States after which the firm may hand in a further version."""
SHARED: Final = frozenset({"agreed", "running", "paused", "completed"})
"""States in which a pilot is public."""
WORKING: Final = frozenset({"agreed", "running", "paused"})
"""States in which milestones move and deliverables are handed in."""

CRITERIA: Final = ("function", "reliability", "protection", "handover")
"""What a technical reviewer marks, each 0 to 4."""
BEST: Final = 4
VERDICTS: Final = ("approve", "request_changes")
REDESIGN_LEVELS: Final = ("none", "partial", "end_to_end")
VILLAGE_DAYS: Final = 10
REVIEW_DAYS: Final = 5
NARRATIVE_MIN: Final = 8
REPRESENTS: Final = (Role.FIRM_SIGNER, Role.FIRM_MEMBER)


def check_review(
    scores: Mapping[str, int], narratives: Mapping[str, str], verdict: str, note: str
) -> None:
    """Refuse a review that is not complete.

    Every criterion has a whole mark from 0 to 4 and words of at least eight characters; a
    request for changes says what to change; work marked 0 anywhere is not passed on to a village.
    Raises ``Invalid("technical_review_incomplete")`` whose fields name what to mend.
    """
    fields = {f"score_{name}": "mark_missing" for name in CRITERIA if not valid_mark(scores, name)}
    fields |= {
        f"narrative_{name}": "mark_reason_short"
        for name in CRITERIA
        if len(legible(narratives.get(name, ""))) < NARRATIVE_MIN
    }
    if verdict not in VERDICTS:
        fields["verdict"] = "verdict_missing"
    if verdict == "request_changes" and is_blank(note):
        fields["note"] = "reason_required"
    if verdict == "approve" and not fields and min(scores[name] for name in CRITERIA) == 0:
        fields["verdict"] = "approve_with_zero"
    if fields:
        raise Invalid("technical_review_incomplete", fields=fields)


def decision_faults(decision: str, *, note: str, code: str, photo: bool) -> dict[str, str]:
    """Return field → refusal for a village's decision that is not whole; empty where it is.

    A decision is one of ``DECISIONS``, has words unless it accepts, and exactly one second
    factor: a code, or a photo of the signed paper.

    >>> decision_faults("refuse", note=" ", code="", photo=False)
    {'note': 'reason_required', 'code': 'second_factor'}
    """
    faults: dict[str, str] = {}
    if decision not in DECISIONS:
        faults["decision"] = "decision_missing"
    elif decision != "accept" and is_blank(note):
        faults["note"] = "reason_required"
    if bool(code.strip()) == photo:
        faults["code"] = "one_factor" if photo else "second_factor"
    return faults


def valid_mark(scores: Mapping[str, int], name: str) -> bool:
    """Whether ``scores`` holds a whole number from 0 to 4 under ``name``."""
    mark = scores.get(name)
    return type(mark) is int and 0 <= mark <= BEST


def mean_mark(scores: Mapping[str, int]) -> Fraction:
    """Return the mean of the four marks, 0 to 4, exactly.

    >>> mean_mark({"function": 4, "reliability": 3, "protection": 3, "handover": 4})
    Fraction(7, 2)
    """
    return Fraction(sum(scores[name] for name in CRITERIA), len(CRITERIA))


def best_level(levels: list[str]) -> str:
    """Return the furthest redesign level among ``levels``; “none” where there is none.

    >>> best_level(["partial", "", "none"])
    'partial'
    """
    known = [level for level in levels if level in REDESIGN_LEVELS]
    return max(known, key=REDESIGN_LEVELS.index, default=REDESIGN_LEVELS[0])
