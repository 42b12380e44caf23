"""Words of applications: states, answers, the machine check, the reviewers' scale."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from incubator.domain import application as rules
from portal.labels import (
    Choices,
    add_actions,
    add_notification_kinds,
    add_refusals,
    add_states,
    add_work_kinds,
)

add_states(
    rules.LIFECYCLE.name,
    {
        "draft": (_("Draft"), _("Draft"), "", "pencil"),
        "submitted": (_("Submitted"), _("Submitted"), "progress", "send"),
        "screening": (_("Screening"), _("Screening"), "progress", "filter"),
        "more_info": (_("Waiting for the firm"), _("Your answer is needed"), "wait", "message-2"),
        "in_review": (_("In review"), _("In review"), "progress", "eye"),
        "decision_pending": (_("Decision due"), _("Decision pending"), "wait", "gavel"),
        "public_notice": (_("Public notice"), _("Public notice"), "notice", "speakerphone"),
        "admitted": (_("Admitted"), _("Admitted"), "good", "circle-check"),
        "rejected": (_("Rejected"), _("Not admitted"), "ended", "circle"),
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
        "start_review": _("Assign two reviewers"),
        "complete_review": _("Close the review"),
        "propose": _("Propose admission"),
        "publish": _("Publish the notice"),
        "admit": _("Admit"),
        "reject": _("Reject"),
        "withdraw": _("Withdraw the application"),
    },
)
add_actions(
    rules.REVIEW_LIFECYCLE.name,
    {
        "declare_none": _("I have no conflict"),
        "recuse": _("Declare a conflict"),
        "submit": _("Send the review"),
        "cancel": _("Cancel the review"),
    },
)
add_refusals(
    {
        "application_exists": _("This firm already has an application under way or is admitted."),
        "application_locked": _("The application is with the reviewers and cannot be changed now."),
        "application_incomplete": _(
            "Some answers are still missing; everything you typed is kept."
        ),
        "answer_missing": _("Please answer this."),
        "attachment_locked": _("The files are locked, because none of them was asked for."),
        "attachments_many": _("An application takes at most %(most)s files; remove one first."),
        "nothing_asked": _("Write at least one note beside what is missing."),
        "reasons_missing": _("Choose at least one reason."),
        "nothing_proposed": _("Choose at least one application that is proposed for admission."),
        "not_proposed": _("The application %(number)s is not proposed for admission."),
        "already_proposed": _("Admission of this firm is already proposed."),
        "reviewers_complete": _("No reviewer is missing."),
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
        "application_screen": (_("Screen the application of %(firm)s"), "filter", _("Screen")),
        "application_answer": (
            _("Add to the application of %(firm)s"),
            "message-2",
            _("Answer"),
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
        "application_admit": (
            _("Admit %(firm)s after the public notice"),
            "building-community",
            _("Admit"),
        ),
    }
)
add_notification_kinds(
    {
        "application_answer": (
            _("Questions on your application"),
            _("Your application %(number)s needs an answer"),
            _("The screeners ask %(firm)s to add to its application by %(due)s."),
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
        "application_review": (
            _("Applications to review"),
            _("An application was assigned to you for review"),
            _("Please declare first whether you have a tie with %(firm)s."),
        ),
    }
)

ANSWERS: dict[str, str | Promise] = {
    "organisation": _("Unified social credit code"),
    "business_scope": _("Business scope in short"),
    "core_products": _("Core products"),
    "technical_staff": _("Technical staff (people)"),
    "scenarios": _("Village processes you want to work on"),
    "case_text": _("A representative case"),
    "contact_person": _("Contact person"),
    "contact_phone": _("Contact phone"),
    "truth_declared": _(
        "I am authorised to sign for the firm and declare that answers and files are true. "
        "I know that untrue statements lead to revocation."
    ),
    rules.ATTACHMENTS: _("Files"),
}
HELP: dict[str, str | Promise] = {
    "business_scope": _("What the firm does today, at least 20 characters."),
    "core_products": _("Names and purpose of the products or services that you would offer."),
    "technical_staff": _("For planning only; size earns no points."),
    "scenarios": _("Where you serve counts, not where you are registered."),
    "case_text": _(
        "Who did what in how many steps and how long before and after, with figures of at least "
        "one village; at least 60 characters."
    ),
}

SEPARATOR = _(", ")
SCENARIOS: dict[str, str | Promise] = {
    "self_government": _("Self-government"),
    "disclosure": _("Disclosure of affairs"),
    "management": _("Village administration"),
    "land": _("Land and homesteads"),
    "relief": _("Social relief"),
    "errands": _("Matters handled on villagers' behalf"),
    "governance": _("Grid, mediation and environment"),
    "oversight": _("Oversight and petitions"),
    "funds": _("Subsidies and funds"),
    "collective_assets": _("Collective funds, assets and resources"),
    "works": _("Small public works"),
    "emergency": _("Emergencies and disaster prevention"),
}

ATTACHMENT_KINDS: dict[str, str | Promise] = {
    "licence": _("Business licence"),
    "contract": _("Service contract"),
    "other": _("Other evidence"),
}

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

CHECKS: dict[str, tuple[str | Promise, str | Promise]] = {
    "uscc": (
        _("Unified social credit code"),
        _("The firm's code is not valid."),
    ),
    "scope": (
        _("Business scope"),
        _("%(got)s characters; at least %(wanted)s are needed."),
    ),
    "products": (
        _("Core products"),
        _("%(got)s characters; at least %(wanted)s are needed."),
    ),
    "staff": (
        _("Headcount"),
        _("Not given. It earns no points, but helps planning."),
    ),
    "scenarios": (
        _("Village processes"),
        _("Choose at least one."),
    ),
    "case_length": (
        _("Length of the case"),
        _("%(got)s characters; at least %(wanted)s are needed."),
    ),
    "case_figures": (
        _("Figures of the case"),
        _("No figure found: say how many cases, steps or days."),
    ),
    "contact": (
        _("Contact person"),
        _("Name somebody whom we can ask."),
    ),
    "phone": (
        _("Phone number"),
        _("Write digits, with spaces or hyphens between them."),
    ),
    "licence": (
        _("Business licence"),
        _("Upload the business licence."),
    ),
    "contract": (
        _("Service contract"),
        _("None yet. A contract of the last two years makes the case credible."),
    ),
    "declared": (
        _("Declaration"),
        _("The signer ticks it before submitting."),
    ),
}
"""Rule of the machine check → (what is checked, what to do when it does not hold)."""


def scenario_choices() -> Choices:
    """Categories of village processes."""
    return list(SCENARIOS.items())


def attachment_kinds() -> Choices:
    """Kinds of files."""
    return list(ATTACHMENT_KINDS.items())


def reason_choices() -> Choices:
    """Reasons of a rejection."""
    return list(REASONS.items())


def recommendation_choices() -> Choices:
    """What a reviewer may recommend."""
    return list(RECOMMENDATIONS.items())


def anchor_choices(criterion: str) -> Choices:
    """The anchored scale of one criterion."""
    return [(str(anchor), words) for anchor, words in enumerate(ANCHORS[criterion])]


def finding_words(finding: rules.Finding) -> tuple[str, str]:
    """Return (what was checked, what to do about it); nothing to do when it holds."""
    name, mend = CHECKS[finding.code]
    if finding.outcome == "pass":
        return str(name), ""
    return str(name), str(mend) % {"got": finding.got, "wanted": finding.wanted}


def answer_words(name: str, value: object) -> str:
    """Return an answer as people read it."""
    if name == "scenarios":
        chosen = value if isinstance(value, list) else []
        return str(SEPARATOR).join(str(SCENARIOS[code]) for code in chosen if code in SCENARIOS)
    return "" if value is None else str(value)
