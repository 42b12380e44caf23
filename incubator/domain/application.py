"""A firm's application: its lifecycle, which answers are open when, and what two reviewers say.

What is asked is a frozen form (``application_form``), what a machine says of it ``machine_check``.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Final

from incubator.domain.application_form import DECLARED, Content, characters, questions_of
from portal.domain.adjudication import ACCEPT, Adjudication, Rating, adjudicate, needs_third
from portal.domain.lifecycle import Lifecycle, row

LIFECYCLE: Final = Lifecycle(
    name="incubator.application",
    states=(
        "draft",
        "submitted",
        "screening",
        "more_info",
        "lapsed",
        "in_review",
        "decision_pending",
        "public_notice",
        "admitted",
        "rejected",
        "review_requested",
        "upheld",
        "withdrawn",
    ),
    transitions=(
        row("submit", "draft more_info", "submitted", "firm_signer"),
        row("screen", "submitted", "screening", "system"),
        row("ask", "screening", "more_info", "staff"),
        row("extend", "more_info", "more_info", "staff", reason=True),
        row("lapse", "more_info", "lapsed", "system"),
        row("start_review", "screening", "in_review", "staff"),
        row("complete_review", "in_review", "decision_pending", "system"),
        row("propose", "decision_pending", "decision_pending", "staff"),
        row("hold_refusal", "decision_pending", "decision_pending", "staff", reason=True),
        row("publish", "decision_pending", "public_notice", "staff"),
        row("admit", "public_notice", "admitted", "staff"),
        row("reject", "screening decision_pending public_notice", "rejected", "staff", reason=True),
        row("request_review", "rejected", "review_requested", "firm_signer", reason=True),
        row("drop_review", "review_requested", "rejected", "firm_signer"),
        row("uphold", "review_requested", "upheld", "staff", reason=True),
        row("overturn", "review_requested", "decision_pending", "staff", reason=True),
        row("reopen", "review_requested", "screening", "staff", reason=True),
        row(
            "withdraw",
            "draft submitted screening more_info in_review decision_pending",
            "withdrawn",
            "firm_signer",
        ),
    ),
    final=frozenset({"admitted", "upheld", "withdrawn", "lapsed"}),
)

REVIEW_LIFECYCLE: Final = Lifecycle(
    name="incubator.application_review",
    states=("assigned", "scoring", "submitted", "recused", "cancelled"),
    transitions=(
        row("declare_none", "assigned", "scoring", "reviewer"),
        row("recuse", "assigned scoring", "recused", "reviewer", reason=True),
        row("submit", "scoring", "submitted", "reviewer"),
        row("replace", "assigned scoring", "cancelled", "staff", reason=True),
        row("cancel", "assigned scoring", "cancelled", "system"),
    ),
    final=frozenset({"submitted", "recused", "cancelled"}),
)

EDITABLE: Final = frozenset({"draft", "more_info"})
CLOSED: Final = frozenset({"rejected", "upheld", "withdrawn", "lapsed"})
"""States after which the firm may apply again."""
SCREENED: Final = frozenset({"submitted", "screening", "more_info"})
"""States in which it matters to the staff what nobody needs to check again."""
LEAVES_REVIEW: Final = CLOSED | {"draft"}
"""States of another application beside which a firm may still ask for a review of its refusal: it
has sent nothing since. A draft gives way to the review.
"""
LIVE_REVIEWS: Final = frozenset({"assigned", "scoring", "submitted"})

MOST_ATTACHMENTS: Final = 20
TEXT_LIMIT: Final = 2000
"""Characters that a text of staff or reviewers may have."""

REASON_CODES: Final = (
    "incomplete",
    "outside_scope",
    "capability_not_shown",
    "case_not_credible",
    "false_statement",
    "objection_upheld",
)
"""Why an application is rejected; at least one is named."""

CRITERIA: Final = ("capability", "scenario_fit", "case_evidence")
"""What a reviewer scores on the anchored scale 0-4, each with a narrative."""
RECOMMENDATIONS: Final = ("admit", "reject")
ANCHORS: Final = (0, 1, 2, 3, 4)
LEAST_NARRATIVE: Final = 10
"""Characters without spaces that a narrative needs."""
REVIEWERS: Final = 2
FRESH_REVIEWERS: Final = 1
"""Assessors new to the case that a review of its refusal needs."""
REQUEST_DAYS: Final = 10
"""Working days after a refusal was told in which the firm may ask for its review, once."""
RECHECK_DAYS: Final = 15
"""Working days in which other people decide on it."""
RECHECK_OUTCOMES: Final = ("upheld", "overturned", "reopened", "dropped")
"""How the review of a refusal ends; ``reopened`` is a refusal at screening that was overturned:
two reviewers have still to read the case."""
NOTICE_WORKING_DAYS: Final = 5
NOTICE_CALENDAR_DAYS: Final = 7


def is_late(state: str, due_on: date | None, today: date) -> bool:
    """Return whether the firm's time for an answer is over; the day itself still counts.

    >>> is_late("more_info", date(2026, 3, 2), date(2026, 3, 2))
    False
    """
    return state == "more_info" and due_on is not None and today > due_on


def standing(state: str, due_on: date | None, today: date) -> str:
    """Return the state in which a case stands today: unanswered in time it has lapsed.

    So it is shown and judged, whether the night's work has recorded it yet or not.

    >>> standing("more_info", date(2026, 3, 2), date(2026, 3, 3))
    'lapsed'
    """
    return "lapsed" if is_late(state, due_on, today) else state


def standing_since(since: date, state: str, due_on: date | None, today: date) -> date:
    """Return the day since which a case stands as it does: it lapses the day after its last.

    >>> standing_since(date(2026, 2, 20), "more_info", date(2026, 3, 2), date(2026, 3, 9))
    datetime.date(2026, 3, 3)
    """
    if due_on is not None and standing(state, due_on, today) == "lapsed":
        return due_on + timedelta(days=1)
    return since


def open_answers(state: str, asked: Iterable[str], content: Content) -> frozenset[str]:
    """Return what the firm may change: all of a draft, what was asked for, else nothing.

    The declaration is made anew with every submission.

    >>> sorted(open_answers("more_info", ["case_text"], {"questions": []}))
    ['case_text', 'truth_declared']
    """
    if state == "draft":
        return frozenset({*(one["key"] for one in questions_of(content)), DECLARED})
    if state == "more_info":
        return frozenset({*asked, DECLARED})
    return frozenset()


def rating(scores: Mapping[str, int], recommendation: str) -> Rating:
    """Return a review in the form that adjudication compares."""
    return {**{name: scores[name] for name in CRITERIA}, ACCEPT: recommendation == "admit"}


def review_faults(
    scores: Mapping[str, object], narratives: Mapping[str, str], recommendation: str
) -> dict[str, str]:
    """Return by field what is wrong with a review: {} when it can be sent."""
    faults = {name: "score_missing" for name in CRITERIA if not _is_anchor(scores.get(name))}
    for name in CRITERIA:
        if characters(narratives.get(name)) < LEAST_NARRATIVE:
            faults[f"{name}_note"] = "narrative_short"
    if recommendation not in RECOMMENDATIONS:
        faults["recommendation"] = "recommendation_missing"
    return faults


def _is_anchor(value: object) -> bool:
    return type(value) is int and value in ANCHORS


def reviewers_needed(ratings: Sequence[Rating]) -> int:
    """Return how many reviews the case needs, seen what is in: two, or three when two differ."""
    split = len(ratings) == REVIEWERS and bool(needs_third(*ratings))
    return REVIEWERS + 1 if split or len(ratings) > REVIEWERS else REVIEWERS


def verdict(ratings: Mapping[str, Rating]) -> Adjudication:
    """Return what the reviews say together (mean or median anchors, majority on admission)."""
    return adjudicate(ratings)
