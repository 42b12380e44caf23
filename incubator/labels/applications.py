"""Words of applications: states, answers, the machine check, the reviewers' scale."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import Any

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from incubator.domain import application as rules
from incubator.domain.application_form import (
    Question,
    codes_of,
    is_empty,
    is_phone,
    option_of,
)
from incubator.domain.machine_check import Finding, first_value
from incubator.labels.windows import form_words, plain_words
from portal.domain.masking import mask_name, mask_phone
from portal.labels import (
    Choices,
    add_actions,
    add_notification_kinds,
    add_refusals,
    add_states,
    add_work_kinds,
)
from portal.labels.days import day

add_states(
    rules.LIFECYCLE.name,
    {
        "draft": (_("Draft"), _("Draft"), "", "pencil"),
        "submitted": (_("Submitted"), _("Submitted"), "progress", "send"),
        "screening": (_("Screening"), _("Screening"), "progress", "filter"),
        "more_info": (_("Waiting for the firm"), _("Your answer is needed"), "wait", "message-2"),
        "lapsed": (_("Lapsed, no answer"), _("Lapsed, no answer"), "ended", "hourglass"),
        "in_review": (_("In review"), _("In review"), "progress", "eye"),
        "decision_pending": (_("Decision due"), _("Decision pending"), "wait", "gavel"),
        "public_notice": (_("Public notice"), _("Public notice"), "notice", "speakerphone"),
        "admitted": (_("Admitted"), _("Admitted"), "good", "circle-check"),
        "rejected": (_("Rejected"), _("Not admitted"), "ended", "circle"),
        "review_requested": (
            _("Review of the refusal"),
            _("Review of the refusal"),
            "wait",
            "refresh",
        ),
        "upheld": (_("Refusal upheld"), _("Refusal upheld"), "ended", "circle"),
        "withdrawn": (_("Withdrawn"), _("Withdrawn"), "ended", "archive"),
    },
)
add_states(
    rules.REVIEW_LIFECYCLE.name,
    {
        "assigned": (_("Conflict declaration due"), _("Assigned"), "wait", "hourglass"),
        "scoring": (_("Review due"), _("Assigned"), "progress", "pencil"),
        "submitted": (_("Review sent"), _("Reviewed"), "good", "circle-check"),
        "recused": (_("Stepped back"), _("Stepped back"), "ended", "ban"),
        "cancelled": (_("No longer needed"), _("No longer needed"), "ended", "archive"),
    },
)
add_actions(
    rules.LIFECYCLE.name,
    {
        "submit": _("Submit"),
        "screen": _("Run the machine check"),
        "ask": _("Ask for more information"),
        "extend": _("Put the answer off"),
        "lapse": _("Let it lapse"),
        "start_review": _("Assign two reviewers"),
        "complete_review": _("Close the review"),
        "propose": _("Propose admission"),
        "hold_refusal": _("Refuse; told with the batch"),
        "publish": _("Publish the notice"),
        "admit": _("Admit"),
        "reject": _("Reject"),
        "request_review": _("Ask for a review of the refusal"),
        "drop_review": _("Take the request for review back"),
        "uphold": _("Uphold the refusal"),
        "overturn": _("Overturn the refusal"),
        "reopen": _("Overturn the refusal; screen again"),
        "withdraw": _("Withdraw the application"),
    },
)
add_actions(
    rules.REVIEW_LIFECYCLE.name,
    {
        "declare_none": _("I have no conflict"),
        "recuse": _("Declare a conflict"),
        "submit": _("Send the review"),
        "replace": _("Replace the reviewer"),
        "cancel": _("Cancel the review"),
    },
)
add_refusals(
    {
        "application_exists": _("This firm already has an application under way or is admitted."),
        "application_locked": _("The application is with the reviewers and cannot be changed now."),
        "application_closed": _("This application is closed and cannot be changed any more."),
        "application_lapsed": _(
            "The last day for the answer was %(due)s, so this application has lapsed. What was "
            "saved is kept, and can be taken over into a new application."
        ),
        "application_incomplete": _(
            "Some answers are still missing; everything you typed is kept."
        ),
        "answer_missing": _("Please answer this."),
        "answer_bad": _("This answer does not fit the question."),
        "answer_long": _("This answer is too long."),
        "answer_bounds": _("This number lies outside its bounds."),
        "taken_over_open": _("Confirm the answers that were taken over, or change them."),
        "take_over_late": _(
            "Earlier answers can be taken over only until the application is sent for the first "
            "time."
        ),
        "nothing_to_take_over": _("There is no earlier answer that fits this form."),
        "attachment_locked": _("These files are locked, because they were not asked for."),
        "attachment_unknown": _("This form does not ask for such a file."),
        "attachments_many": _("An application takes at most %(most)s files; remove one first."),
        "answer_late": _(
            "The last day for this answer was %(due)s, so the application has lapsed and the "
            "answer cannot be sent any more. What you typed is kept; start a new application and "
            "take it over."
        ),
        "due_not_later": _("Choose a day from today on, later than the one that stands."),
        "due_far": _("Choose a day within %(days)s working days."),
        "asked_passed": _(
            "This passed in an earlier application and is unchanged, so it is not asked again."
        ),
        "nothing_asked": _("Write at least one note beside what is missing."),
        "reasons_missing": _("Choose at least one reason."),
        "objection_reason": _("An objection was upheld: name it among the reasons."),
        "no_objection_upheld": _("No objection to this firm's entry was upheld."),
        "nothing_proposed": _("Choose at least one application whose decision is held."),
        "batch_exists": _("There is a batch “%(batch)s” already. Give this one a name of its own."),
        "released_already": _(
            "%(name)s released these decisions, or some of them, on %(at)s. Nothing was released "
            "again; look at what is still held."
        ),
        "not_proposed": _("The application %(number)s is not proposed for admission."),
        "release_together": _(
            "Once the reviews are in, decisions are told together: hold the refusal, then release "
            "the batch."
        ),
        "review_used": _("This refusal was reviewed already, or the request was taken back."),
        "review_late": _(
            "A review is asked for within %(days)s working days after the refusal was told."
        ),
        "decided_before": _("You decided on this refusal, so others must review it."),
        "fresh_review_missing": _(
            "A reviewer who is new to the case must have read it before the refusal is decided on."
        ),
        "refusal_overturned": _(
            "A review overturned this refusal; the case is not refused again on the same stage."
        ),
        "already_refused": _("The refusal of this firm is already held."),
        "not_refused": _("No refusal of the application %(number)s is held."),
        "already_proposed": _("Admission of this firm is already proposed."),
        "reviewers_complete": _("No reviewer is missing."),
        "review_not_overdue": _(
            "This review is not overdue: the reviewer has until %(due)s. Nobody was replaced."
        ),
        "review_incomplete": _("The review is not complete; everything you typed is kept."),
        "score_missing": _("Choose an anchor."),
        "narrative_short": _("Give your grounds in at least 10 characters."),
        "recommendation_missing": _("Choose a recommendation."),
        "against_reviewers": _(
            "The reviewers advise against admission; give the reason for proposing it."
        ),
    }
)
add_work_kinds(
    {
        "application_screen": (
            _("Screen the application of %(firm)s"),
            "filter",
            pgettext_lazy("application", "Screen"),
        ),
        "application_answer": (
            _("Add to the application of %(firm)s"),
            "message-2",
            pgettext_lazy("application", "Answer"),
        ),
        "application_review": (_("Review the application of %(firm)s"), "eye", _("Review")),
        "application_reviewers": (
            _("A reviewer is missing for %(firm)s"),
            "users",
            _("Assign"),
        ),
        "application_decide": (
            _("Decide on the application of %(firm)s"),
            "gavel",
            _("Decide"),
        ),
        "application_publish": (
            _("Publish the proposed admission of %(firm)s"),
            "speakerphone",
            _("Publish"),
        ),
        "application_release": (
            _("Release the decision on %(firm)s"),
            "speakerphone",
            pgettext_lazy("decision", "Release"),
        ),
        "application_recheck": (
            _("Review the refusal of %(firm)s"),
            "refresh",
            _("Look"),
        ),
        "application_admit": (
            _("Admit %(firm)s after the public notice"),
            "building-community",
            _("Look"),
        ),
    },
    over_when_due=["application_answer"],
)
add_notification_kinds(
    {
        "application_answer": (
            _("Questions on your application"),
            _("Your application %(number)s needs an answer"),
            _("The screeners ask %(firm)s to add to its application by %(due)s."),
        ),
        "application_answer_soon": (
            _("Answers due soon"),
            _("The answer on your application %(number)s is due"),
            _(
                "The screeners wait for what they asked of %(firm)s until %(due)s. Without an "
                "answer the application lapses."
            ),
        ),
        "application_lapsed": (
            _("Lapsed application"),
            _("Your application %(number)s has lapsed"),
            _(
                "No answer of %(firm)s came by %(due)s. The application is closed; a new one may "
                "be started in an open window, and its answers can be taken over."
            ),
        ),
        "application_noticed": (
            _("Public notice of your admission"),
            _("The proposed admission of %(firm)s is on public notice"),
            _("Objections to the proposed admission of %(firm)s may be made until %(until)s."),
        ),
        "application_admitted": (
            _("Admission"),
            _("%(firm)s is admitted"),
            _("%(firm)s may now use modules, courses, project calls and pilots."),
        ),
        "application_rejected": (
            _("Rejected application"),
            _("Your application %(number)s was not admitted"),
            _("Reasons and feedback for %(firm)s are on the application's page."),
        ),
        "application_rechecked": (
            _("Review of a refusal"),
            _("The refusal of your application %(number)s was reviewed"),
            _("The result and its reasons for %(firm)s are on the application's page."),
        ),
        "application_review_replaced": (
            _("A review passes to somebody else"),
            _("Your review of %(firm)s is no longer needed"),
            _(
                "The review of the application of %(firm)s was overdue and passed to somebody "
                "else. You need not do anything."
            ),
        ),
        "application_review": (
            _("Applications to review"),
            _("An application was assigned to you for review"),
            _("Please declare first whether you have a tie with %(firm)s."),
        ),
    }
)

DECLARATION: Promise = _(
    "I am authorised to sign for the firm and declare that answers and files are true. "
    "I know that untrue statements lead to revocation."
)
CODE: Promise = _("Unified social credit code")
SEPARATOR = _(", ")
YES, NO = _("Yes"), _("No")

REASONS: dict[str, str | Promise] = {
    "incomplete": _("The material stayed incomplete"),
    "outside_scope": _("The services lie outside the programme"),
    "capability_not_shown": _("The capability was not shown"),
    "case_not_credible": _("The representative case was not credible"),
    "false_statement": _("A statement was false"),
    "objection_upheld": _("An objection was upheld"),
}

CRITERIA: dict[str, str | Promise] = {
    "capability": _("Capability"),
    "scenario_fit": _("Fit with village processes"),
    "case_evidence": _("Evidence of the case"),
}

ANCHORS: dict[str, tuple[str | Promise, ...]] = {
    "capability": (
        _("0 · no product or service of its own"),
        _("1 · resells, cannot adapt"),
        _("2 · adapts a product for one use"),
        _("3 · develops and maintains its own product"),
        _("4 · own product in use, with interfaces for others"),
    ),
    "scenario_fit": (
        _("0 · no village process named"),
        _("1 · names a process, without its steps"),
        _("2 · describes the steps of one process"),
        _("3 · shows which steps become simpler, and for whom"),
        _("4 · also covers people without a phone and personal data"),
    ),
    "case_evidence": (
        _("0 · no case"),
        _("1 · a case without figures"),
        _("2 · figures, but no document"),
        _("3 · figures with a contract or an acceptance form"),
        _("4 · before and after measured and confirmed by the village"),
    ),
}

RECOMMENDATIONS: dict[str, str | Promise] = {
    "admit": _("Admit"),
    "reject": _("Do not admit"),
}

ADJUDICATION: dict[str, str | Promise] = {
    "insufficient_assessors": _("Reviews are still missing"),
    "third_required": _("The two reviews differ; a third decides"),
    "ok": _("The two reviews agree"),
    "adjudicated": _("Three reviews: median and majority"),
}

SUGGESTIONS: dict[str, tuple[str | Promise, str]] = {
    "pass": (_("The machine check suggests: pass"), "good"),
    "discretionary": (_("The machine check suggests: look closely"), "warn"),
    "fail": (_("The machine check suggests: fail"), "bad"),
}

PHONE_BAD: Promise = _("Write digits, with spaces or hyphens between them.")

CHANGES: dict[str, str | Promise] = {
    "added": _("Answered now, empty before"),
    "removed": _("Emptied"),
    "changed": _("Changed"),
}
LINKS: dict[str, str | Promise] = {
    "same_code": _("the same body by its credit code"),
    "same_phone": _("the same telephone"),
    "same_address": _("the same address"),
    "same_legal_representative": _("the same legal representative"),
}
"""What two firms may share → words of a hint."""


def recheck_outcomes() -> Choices:
    """How the review of a refusal ends."""
    return [
        ("upheld", _("Refusal upheld")),
        ("overturned", _("Refusal overturned")),
        ("reopened", _("Refusal overturned; screened again")),
        ("dropped", _("Request taken back")),
    ]


def reason_choices() -> Choices:
    """Reasons of a rejection."""
    return list(REASONS.items())


def recommendation_choices() -> Choices:
    """What a reviewer may recommend."""
    return list(RECOMMENDATIONS.items())


def anchor_choices(criterion: str) -> Choices:
    """The anchored scale of one criterion."""
    return [(str(anchor), words) for anchor, words in enumerate(ANCHORS[criterion])]


def finding_words(finding: Finding) -> tuple[str, str]:
    """Return (what was checked, what to do about it); nothing to do when it holds.

    The words are those that the check had when it ran.
    """
    words = asdict(finding)
    name = form_words(words, "title")
    if finding.outcome == "pass":
        return name, ""
    return name, reason_words(words, got=finding.got, wanted=finding.wanted)


def reason_words(part: Mapping[str, Any], *, got: object, wanted: object) -> str:
    """Return what the firm is told when a check does not hold, with its two figures."""
    filled = {
        name: part[name]
        .replace("{got}", number_words(got))
        .replace("{wanted}", number_words(wanted))
        for name in ("reason", "reason_en")
    }
    return form_words(filled, "reason")


COUNTED: dict[tuple[str, str], str | Promise] = {
    ("ge", "characters"): _("At least %(n)s characters."),
    ("le", "characters"): _("At most %(n)s characters."),
    ("ge", "count"): _("At least %(n)s of them."),
    ("le", "count"): _("At most %(n)s of them."),
    ("ge", ""): _("%(n)s or more."),
    ("le", ""): _("%(n)s or less."),
}
"""What a check asks that compares a count of an answer, or its figure, with a number."""


def rule_words(check: Mapping[str, Any]) -> str:
    """Return what a check asks, for readers who have not answered anything yet.

    Words about what somebody answered (``{got}``) give way to the rule; the others read as one.
    """
    when = check["when"]
    fact = str(when.get("field", "")).partition(".")[2]
    rule = COUNTED.get((when.get("op", ""), fact))
    if rule and "{got}" in check["reason"] + check["reason_en"]:
        return str(rule % {"n": number_words(when["value"])})
    return reason_words(check, got=None, wanted=first_value(when))


def number_words(value: object) -> str:
    """Return a figure of a check; what is no figure has no place in its words."""
    counted = isinstance(value, int | float) and not isinstance(value, bool)
    return number_format(value) if counted else "…"


def answer_words(question: Question, value: Any) -> str:
    """Return an answer as people read it, without markup."""
    if is_empty(value):
        return ""
    kind = question["type"]
    if kind == "choice":
        return option_words(question, value)
    if kind == "choices":
        return str(SEPARATOR).join(
            option_words(question, code) for code in codes_of(question) if code in value
        )
    if kind == "yes_no":
        return str(YES if value else NO)
    if kind == "date":
        return day(date.fromisoformat(value))
    return quantity(question, value) if kind == "number" else str(value)


def option_words(question: Question, code: str) -> str:
    """Return an option as people read it; of an old answer that is no option, its code."""
    known = code in codes_of(question)
    return plain_words(option_of(question, code), "text") if known else str(code)


def quantity(question: Question, value: float) -> str:
    """Return a number with its unit."""
    unit = plain_words(question, "unit")
    return f"{number_format(value)} {unit}".rstrip()


def shown_words(question: Question, value: Any, *, masked: bool) -> str:
    """Return an answer, masked where it is personal and the reader gave no reason to see it."""
    if not masked or question["klass"] != "personal" or is_empty(value):
        return answer_words(question, value)
    text = str(value)
    return mask_phone(text) if is_phone(text) else mask_name(text)
