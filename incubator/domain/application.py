"""A firm's application: its lifecycle, the machine check as data, and what two reviewers say.

The machine check only suggests. Size, age and seat of a firm are never looked at.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from portal.domain.adjudication import ACCEPT, Adjudication, Rating, adjudicate, needs_third
from portal.domain.identifiers import is_valid_uscc
from portal.domain.lifecycle import Lifecycle, row
from portal.domain.predicates import Context, Predicate, evaluate, explain

LIFECYCLE: Final = Lifecycle(
    name="incubator.application",
    states=(
        "draft",
        "submitted",
        "screening",
        "more_info",
        "in_review",
        "decision_pending",
        "public_notice",
        "admitted",
        "rejected",
        "withdrawn",
    ),
    transitions=(
        row("submit", "draft more_info", "submitted", "firm_signer"),
        row("screen", "submitted", "screening", "system"),
        row("ask", "screening", "more_info", "staff"),
        row("start_review", "screening", "in_review", "staff"),
        row("complete_review", "in_review", "decision_pending", "system"),
        row("propose", "decision_pending", "decision_pending", "staff"),
        row("publish", "decision_pending", "public_notice", "staff"),
        row("admit", "public_notice", "admitted", "staff"),
        row("reject", "screening decision_pending public_notice", "rejected", "staff", reason=True),
        row(
            "withdraw",
            "draft submitted screening more_info in_review decision_pending",
            "withdrawn",
            "firm_signer",
        ),
    ),
    final=frozenset({"admitted", "rejected", "withdrawn"}),
)

REVIEW_LIFECYCLE: Final = Lifecycle(
    name="incubator.application_review",
    states=("assigned", "scoring", "submitted", "recused", "cancelled"),
    transitions=(
        row("declare_none", "assigned", "scoring", "reviewer"),
        row("recuse", "assigned scoring", "recused", "reviewer", reason=True),
        row("submit", "scoring", "submitted", "reviewer"),
        row("cancel", "assigned scoring", "cancelled", "system"),
    ),
    final=frozenset({"submitted", "recused", "cancelled"}),
)

EDITABLE: Final = frozenset({"draft", "more_info"})
CLOSED: Final = frozenset({"rejected", "withdrawn"})
"""States after which the firm may apply again."""
LIVE_REVIEWS: Final = frozenset({"assigned", "scoring", "submitted"})

FORM_VERSION: Final = "1.0"
"""Version of the form and of the check's rules; a case keeps the one it started with."""

ANSWERS: Final = (
    "business_scope",
    "core_products",
    "technical_staff",
    "scenarios",
    "case_text",
    "contact_person",
    "contact_phone",
    "truth_declared",
)
OPTIONAL_ANSWERS: Final = frozenset({"technical_staff"})
ATTACHMENTS: Final = "attachments"
"""What a screener names in order to reopen the list of files."""
ASKABLE: Final = (*ANSWERS[:-1], ATTACHMENTS)
ATTACHMENT_KINDS: Final = ("licence", "contract", "other")
MOST_ATTACHMENTS: Final = 20
TEXT_LIMIT: Final = 2000
"""Characters that a long answer may have."""

SCENARIOS: Final = (
    "self_government",
    "disclosure",
    "management",
    "land",
    "relief",
    "errands",
    "governance",
    "oversight",
    "funds",
    "collective_assets",
    "works",
    "emergency",
)
"""Categories of village processes in which a firm may want to work."""

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
NOTICE_WORKING_DAYS: Final = 5
NOTICE_CALENDAR_DAYS: Final = 7

Outcome = Literal["pass", "discretionary", "fail"]
_PHONE: Final = re.compile(r"\+?[0-9][0-9 -]{5,18}[0-9]")


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the check: what must hold, and how much it weighs when it does not."""

    code: str
    answer: str
    otherwise: Outcome
    when: Predicate


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule found: ``got`` is what was there, ``wanted`` the value that it asks for."""

    code: str
    answer: str
    outcome: Outcome
    got: object
    wanted: object


@dataclass(frozen=True, slots=True)
class Screening:
    """The check's result: a suggestion and its reasons, in the order of the form."""

    suggestion: Outcome
    findings: tuple[Finding, ...]
    version: str = FORM_VERSION

    @property
    def passed(self) -> tuple[Finding, ...]:
        """The rules that hold."""
        return tuple(finding for finding in self.findings if finding.outcome == "pass")

    @property
    def open(self) -> tuple[Finding, ...]:
        """The rules that do not hold."""
        return tuple(finding for finding in self.findings if finding.outcome != "pass")

    def as_data(self) -> dict[str, Any]:
        """Return the result as JSON that ``screening_of`` reads back."""
        return {
            "version": self.version,
            "suggestion": self.suggestion,
            "findings": [
                [finding.code, finding.answer, finding.outcome, finding.got, finding.wanted]
                for finding in self.findings
            ],
        }


def screening_of(data: Mapping[str, Any]) -> Screening:
    """Return a stored result.

    >>> screening_of({"version": "1.0", "suggestion": "pass", "findings": []}).findings
    ()
    """
    findings = tuple(Finding(*finding) for finding in data["findings"])
    return Screening(data["suggestion"], findings, data["version"])


FACTS: Final[dict[str, dict[str, str]]] = {
    "uscc_valid": {"type": "boolean"},
    "scope_characters": {"type": "integer"},
    "products_characters": {"type": "integer"},
    "technical_staff": {"type": "integer"},
    "scenarios_count": {"type": "integer"},
    "case_characters": {"type": "integer"},
    "case_has_figures": {"type": "boolean"},
    "contact_named": {"type": "boolean"},
    "phone_valid": {"type": "boolean"},
    "licences": {"type": "integer"},
    "contracts": {"type": "integer"},
    "declared": {"type": "boolean"},
}
"""What the rules may look at, with types for ``predicates.lint``."""


def _holds(field: str) -> Predicate:
    return {"field": field, "op": "eq", "value": True}


def _least(field: str, value: int) -> Predicate:
    return {"field": field, "op": "ge", "value": value}


RULES: Final = (
    Rule("uscc", "organisation", "fail", _holds("uscc_valid")),
    Rule("scope", "business_scope", "fail", _least("scope_characters", 20)),
    Rule("products", "core_products", "fail", _least("products_characters", 10)),
    Rule("staff", "technical_staff", "discretionary", {"field": "technical_staff", "op": "known"}),
    Rule("scenarios", "scenarios", "fail", _least("scenarios_count", 1)),
    Rule("case_length", "case_text", "fail", _least("case_characters", 60)),
    Rule("case_figures", "case_text", "discretionary", _holds("case_has_figures")),
    Rule("contact", "contact_person", "fail", _holds("contact_named")),
    Rule("phone", "contact_phone", "fail", _holds("phone_valid")),
    Rule("licence", ATTACHMENTS, "fail", _least("licences", 1)),
    Rule("contract", ATTACHMENTS, "discretionary", _least("contracts", 1)),
    Rule("declared", "truth_declared", "discretionary", _holds("declared")),
)


def facts_of(answers: Mapping[str, Any], *, uscc: str, kinds: Iterable[str]) -> dict[str, object]:
    """Return what the rules look at; ``kinds`` are the kinds of the files that are there.

    An unknown headcount is left out.
    """
    files = list(kinds)
    case = str(answers.get("case_text") or "")
    facts: dict[str, object] = {
        "uscc_valid": is_valid_uscc(uscc),
        "scope_characters": characters(answers.get("business_scope")),
        "products_characters": characters(answers.get("core_products")),
        "scenarios_count": len(set(answers.get("scenarios") or ()) & set(SCENARIOS)),
        "case_characters": characters(case),
        "case_has_figures": any(character.isdigit() for character in case),
        "contact_named": characters(answers.get("contact_person")) > 0,
        "phone_valid": is_phone(str(answers.get("contact_phone") or "")),
        "licences": files.count("licence"),
        "contracts": files.count("contract"),
        "declared": bool(answers.get("truth_declared")),
    }
    staff = answers.get("technical_staff")
    return facts if staff is None else {**facts, "technical_staff": staff}


def characters(text: object) -> int:
    """Count the characters of an answer that are no white space.

    >>> characters(" 村务 公开 ")
    4
    """
    return len("".join(str(text or "").split()))


def is_phone(text: str) -> bool:
    """Return whether ``text`` can be a telephone number of 7 to 20 digits, spaces and hyphens.

    >>> is_phone("0971-243 1234"), is_phone("call me")
    (True, False)
    """
    return _PHONE.fullmatch(text.strip()) is not None


def screen(facts: Mapping[str, object], rules: Sequence[Rule] = RULES) -> Screening:
    """Apply the rules: ``fail`` if one that weighs so does not hold, else ``discretionary``, else
    ``pass``.
    """
    context = Context(fields=facts)
    findings = tuple(_finding(rule, context) for rule in rules)
    outcomes = {finding.outcome for finding in findings}
    order: tuple[Outcome, ...] = ("fail", "discretionary", "pass")
    return Screening(next(one for one in order if one in outcomes), findings)


def _finding(rule: Rule, context: Context) -> Finding:
    outcome: Outcome = "pass" if evaluate(rule.when, context) else rule.otherwise
    first = explain(rule.when, context)[0]
    return Finding(rule.code, rule.answer, outcome, first.got, first.value)


def open_answers(state: str, asked: Iterable[str]) -> frozenset[str]:
    """Return what the firm may change: all of a draft, what was asked for, else nothing.

    The declaration is made anew with every submission.

    >>> sorted(open_answers("more_info", ["case_text"]))
    ['case_text', 'truth_declared']
    """
    if state == "draft":
        return frozenset({*ANSWERS, ATTACHMENTS})
    if state == "more_info":
        return frozenset({*asked, "truth_declared"})
    return frozenset()


def missing(answers: Mapping[str, Any], kinds: Iterable[str]) -> tuple[str, ...]:
    """Return which answers a submission still lacks; a licence is the one file that it needs."""
    wanted = [name for name in ANSWERS if name not in OPTIONAL_ANSWERS]
    empty = [name for name in wanted if not answers.get(name)]
    return tuple(empty) if "licence" in set(kinds) else (*empty, ATTACHMENTS)


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
