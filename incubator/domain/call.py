"""Project calls and proposals: states, clock phases, what a schedule and a review must hold."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Final

from portal.domain.adjudication import TOP_ANCHOR, total
from portal.domain.calendar import working_days_between
from portal.domain.lifecycle import Lifecycle, row

CALL: Final = Lifecycle(
    name="incubator.call",
    states=(
        "draft",
        "check",
        "edits_requested",
        "approved",
        "published",
        "evaluating",
        "public_notice",
        "awarded",
        "none_suitable",
        "withdrawn",
        "cancelled",
    ),
    transitions=(
        row("send_to_check", "draft edits_requested", "check", "call_owner"),
        row("request_edits", "check approved", "edits_requested", "staff", reason=True),
        row("approve", "check", "approved", "staff"),
        row("publish", "approved", "published", "call_owner staff"),
        row("open_evaluation", "published", "evaluating", "staff"),
        row("propose_result", "evaluating", "public_notice", "call_owner staff", reason=True),
        row("find_none_suitable", "evaluating", "none_suitable", "call_owner staff", reason=True),
        row("award", "public_notice", "awarded", "staff"),
        row(
            "withdraw",
            "draft check edits_requested approved",
            "withdrawn",
            "call_owner",
            reason=True,
        ),
        row(
            "cancel",
            "published evaluating public_notice",
            "cancelled",
            "call_owner staff",
            reason=True,
        ),
    ),
    final=frozenset({"awarded", "none_suitable", "withdrawn", "cancelled"}),
)

PROPOSAL: Final = Lifecycle(
    name="incubator.proposal",
    states=(
        "draft",
        "partner_consent",
        "submitted",
        "in_review",
        "selected",
        "reserve",
        "not_selected",
        "withdrawn",
    ),
    transitions=(
        row("ask_partners", "draft", "partner_consent", "firm_signer"),
        row("revise", "partner_consent", "draft", "firm_signer"),
        row("submit", "draft partner_consent", "submitted", "firm_signer"),
        row("start_review", "submitted", "in_review", "system"),
        row("select", "in_review", "selected", "call_owner staff", reason=True),
        row("keep_in_reserve", "in_review", "reserve", "call_owner staff", reason=True),
        row("not_select", "in_review", "not_selected", "call_owner staff", reason=True),
        row("withdraw", "draft partner_consent submitted in_review", "withdrawn", "firm_signer"),
        row(
            "end_with_call",
            "draft partner_consent submitted in_review selected reserve",
            "withdrawn",
            "system",
            reason=True,
        ),
    ),
    final=frozenset({"selected", "reserve", "not_selected", "withdrawn"}),
)

PUBLIC_STATES: Final = (
    "published",
    "evaluating",
    "public_notice",
    "awarded",
    "none_suitable",
    "cancelled",
)
"""States in which the public reads a call."""

EDITABLE_STATES: Final = ("draft", "edits_requested")
"""States in which the owner may change a call's text and dates."""

EVALUATED_STATES: Final = ("in_review", "selected", "reserve", "not_selected")
"""States in which owner and staff may read a proposal: until the call closes it is sealed."""

MIN_OPEN_WORKING_DAYS: Final = 10
"""Working days that a call is open at least, the opening day not counted."""
REVIEWERS: Final = 2
"""Reviews that every proposal needs."""
REVIEW_WORKING_DAYS: Final = 5
"""Working days that a reviewer has."""
MIN_NARRATIVE: Final = 20
"""Characters that a review's narrative has at least."""

CRITERIA: Final = ("need_fit", "approach", "division_of_tasks", "plan_and_cost")
"""What reviewers rate, each on the anchors 0 to 4."""

CATEGORIES: Final = (
    "self_governance",
    "disclosure",
    "collective_assets",
    "funds",
    "works",
    "supervision",
    "relief",
    "agency",
    "land",
    "emergency",
    "governance",
    "management",
)
"""Categories of village processes that a call can be about, as in the process catalogue."""

PHASES: Final = (
    "announced",
    "open",
    "questions_closed",
    "closed",
    "evaluating",
    "public_notice",
    "awarded",
    "none_suitable",
    "cancelled",
)
"""What the public sees of a call; the first four come from its dates."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """A call's days; each belongs to its period, so questions are taken on `questions_until`."""

    opens_on: date
    questions_until: date
    closes_on: date


def schedule_errors(schedule: Schedule, today: date) -> dict[str, str]:
    """Return what is wrong with a schedule: field -> code, empty if it holds.

    A call that is published after its opening day opens on that day.

    >>> schedule_errors(Schedule(date(2026, 11, 23), date(2026, 12, 1), date(2026, 12, 7)),
    ...       date(2026, 11, 20))
    {}
    """
    if schedule.closes_on <= today:
        return {"closes_on": "call_closes_past"}
    opens_on = max(schedule.opens_on, today)
    if schedule.questions_until < opens_on:
        return {"questions_until": "call_questions_before_opening"}
    if schedule.closes_on <= schedule.questions_until:
        return {"closes_on": "call_closes_before_answers"}
    days = working_days_between(opens_on, schedule.closes_on).value
    return {"closes_on": "call_too_short"} if days < MIN_OPEN_WORKING_DAYS else {}


def phase(state: str, schedule: Schedule, today: date) -> str:
    """Return what a call is on `today`: a phase of PHASES where published, else its state.

    >>> phase("published", Schedule(date(2026, 1, 5), date(2026, 1, 9), date(2026, 2, 1)),
    ...       date(2026, 1, 10))
    'questions_closed'
    """
    if state != "published":
        return state
    if today < schedule.opens_on:
        return "announced"
    if today <= schedule.questions_until:
        return "open"
    return "questions_closed" if today <= schedule.closes_on else "closed"


def takes_questions(state: str, schedule: Schedule, today: date) -> bool:
    """Return whether somebody may ask about a call today (also before it opens)."""
    return phase(state, schedule, today) in {"announced", "open"}


def takes_proposals(state: str, schedule: Schedule, today: date) -> bool:
    """Return whether a proposal may be written and submitted today."""
    return phase(state, schedule, today) in {"open", "questions_closed"}


@dataclass(frozen=True, slots=True)
class Consent:
    """A partner's answer: neither flag is set while the partner has not answered."""

    consented: bool
    declined: bool


def submit_obstacle(state: str, consents: Iterable[Consent]) -> str:
    """Return the code of what keeps a proposal from being submitted, "" if nothing does.

    Silence never counts as consent.

    >>> submit_obstacle("draft", [Consent(consented=False, declined=False)])
    'proposal_partners_not_asked'
    """
    answers = list(consents)
    if any(answer.declined for answer in answers):
        return "proposal_partner_declined"
    if all(answer.consented for answer in answers):
        return ""
    return "proposal_partners_not_asked" if state == "draft" else "proposal_consent_missing"


def score_errors(scores: Mapping[str, object]) -> dict[str, str]:
    """Return the criteria whose anchor is no whole number from 0 to 4: criterion -> code."""
    return {
        name: "review_anchor_missing"
        for name in CRITERIA
        if type(scores.get(name)) is not int or scores[name] not in range(TOP_ANCHOR + 1)
    }


def mean_total(reviews: Iterable[Mapping[str, int]]) -> Fraction | None:
    """Return the mean of the reviews' totals (0 to 100, exact), None without a review.

    It informs the decision and is never published.

    >>> mean_total([{"need_fit": 4}, {"need_fit": 1}])
    Fraction(125, 2)
    """
    totals = [total(review) for review in reviews]
    return sum(totals, Fraction()) / len(totals) if totals else None
