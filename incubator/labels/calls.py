"""Names of calls and proposals: states, actions, refusals, work items, notifications."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from incubator.domain.call import CALL, CRITERIA, PROPOSAL
from portal.labels import (
    STATES,
    Choices,
    add_actions,
    add_notification_kinds,
    add_refusals,
    add_states,
    add_work_kinds,
)

add_states(
    CALL.name,
    {
        "draft": (_("Draft"), _("Draft"), "", "pencil"),
        "check": (_("Waiting for the check"), _("Being checked"), "progress", "progress"),
        "edits_requested": (_("Edits requested"), _("Being edited"), "wait", "message-2"),
        "approved": (_("Approved, to be published"), _("Approved"), "good", "circle-check"),
        "published": (_("Published"), _("Published"), "progress", "speakerphone"),
        "evaluating": (_("Evaluating"), _("Being evaluated"), "progress", "scale"),
        "public_notice": (
            _("Public notice of the result"),
            _("Result in public notice"),
            "notice",
            "speakerphone",
        ),
        "awarded": (_("Awarded"), _("Awarded"), "good", "trophy"),
        "none_suitable": (_("None suitable"), _("None suitable"), "ended", "ban"),
        "withdrawn": (_("Withdrawn"), _("Withdrawn"), "ended", "arrow-back-up"),
        "cancelled": (_("Cancelled"), _("Cancelled"), "ended", "ban"),
    },
)
add_actions(
    CALL.name,
    {
        "send_to_check": _("Send to the check"),
        "request_edits": _("Ask for edits"),
        "approve": _("Approve"),
        "publish": _("Publish"),
        "open_evaluation": _("Open the evaluation"),
        "propose_result": _("Propose the result"),
        "find_none_suitable": _("None suitable"),
        "award": _("Award"),
        "withdraw": _("Withdraw the call"),
        "cancel": _("Cancel the call"),
    },
)
add_states(
    PROPOSAL.name,
    {
        "draft": (_("Draft"), _("Draft"), "", "pencil"),
        "partner_consent": (_("Partners are asked"), _("Partners are asked"), "wait", "users"),
        "submitted": (_("Submitted, sealed"), _("Submitted"), "progress", "lock"),
        "in_review": (_("In review"), _("In review"), "progress", "progress"),
        "selected": (_("Selected"), _("Selected"), "good", "trophy"),
        "reserve": (_("Reserve"), _("Reserve"), "notice", "hourglass"),
        "not_selected": (_("Not selected"), _("Not selected"), "ended", "archive"),
        "withdrawn": (_("Withdrawn"), _("Withdrawn"), "ended", "arrow-back-up"),
    },
)
add_actions(
    PROPOSAL.name,
    {
        "ask_partners": _("Ask the partners for consent"),
        "revise": _("Take back to revise"),
        "submit": _("Submit the proposal"),
        "start_review": _("Start the review"),
        "select": _("Select"),
        "keep_in_reserve": _("Keep in reserve"),
        "not_select": _("Do not select"),
        "withdraw": _("Withdraw the proposal"),
        "end_with_call": _("End with the call"),
    },
)
PHASES: dict[str, tuple[str | Promise, str, str]] = {
    "announced": (_("Announced"), "notice", "calendar"),
    "open": (_("Open for proposals"), "good", "circle-check"),
    "questions_closed": (_("Open, questions closed"), "good", "lock-open"),
    "closed": (_("Closed, evaluation to come"), "wait", "lock"),
}
"""Phase by date → (name, tone, icon)."""


def phase_status(phase: str) -> dict[str, str | Promise]:
    """Return a phase or a state of a call as ``status`` shows it: {label, tone, icon}."""
    if phase in PHASES:
        label, tone, icon = PHASES[phase]
    else:
        _staff, label, tone, icon = STATES[CALL.name][phase]
    return {"label": label, "tone": tone, "icon": icon}


def call_categories() -> Choices:
    """Categories of village processes."""
    return [
        ("self_governance", _("Village self-governance")),
        ("disclosure", _("Disclosure")),
        ("collective_assets", _("Collective funds, assets and resources")),
        ("funds", _("Subsidies and funds")),
        ("works", _("Small works")),
        ("supervision", _("Supervision")),
        ("relief", _("Social relief")),
        ("agency", _("Services done for villagers")),
        ("land", _("Land and homesteads")),
        ("emergency", _("Emergency response")),
        ("governance", _("Grass-roots governance")),
        ("management", _("Village administration")),
    ]


def phase_choices() -> Choices:
    """Phases in which the public list can be filtered."""
    return [
        ("open", _("Open for proposals")),
        ("evaluating", _("Being evaluated")),
        ("public_notice", _("Result in public notice")),
        ("ended", _("Ended")),
    ]


CRITERION_NAMES: dict[str, tuple[str | Promise, str | Promise]] = dict(
    zip(
        CRITERIA,
        (
            (_("Fit with the need"), _("Does it answer the need that the call describes?")),
            (_("Approach"), _("Is the way to the result sound and usable in a village?")),
            (
                _("Division of tasks"),
                _("Do the members' tasks fit together and to what they can do?"),
            ),
            (_("Plan and cost"), _("Are time and cost plausible and verifiable?")),
        ),
        strict=True,
    )
)
"""Criterion → (name, the question that it asks)."""


def anchor_choices() -> Choices:
    """What each anchor means; the same evidence ladder for every criterion."""
    return [
        ("0", _("0: not addressed")),
        ("1", _("1: claimed, without substance")),
        ("2", _("2: described step by step")),
        ("3", _("3: shown by comparable work")),
        ("4", _("4: shown by comparable work that users confirmed")),
    ]


add_refusals(
    {
        "call_questions_before_opening": _("Questions end on or after the opening day."),
        "call_closes_before_answers": _(
            "The call closes after the last day for questions, so that answers can be used."
        ),
        "call_too_short": _("A call is open for at least 10 working days."),
        "call_closes_past": _("The closing day must lie ahead."),
        "call_dates_short": _(
            "The call's days no longer leave 10 working days. Mend its days, then send it."
        ),
        "call_dates_passed": _(
            "The call's days no longer leave 10 working days. Ask for edits and mend its days."
        ),
        "call_questions_closed": _("Questions about this call are closed."),
        "call_not_open": _("This call takes no proposals now. What you wrote is kept."),
        "call_still_open": _("This call is open until the end of %(closes_on)s."),
        "call_reviews_missing": _(
            "%(missing)s reviews are still missing; the result waits for them."
        ),
        "call_feedback_missing": _("Every proposal that is not selected gets feedback."),
        "call_own_organisation": _("The call's own organisation cannot be in a consortium."),
        "call_proposal_unknown": _("Choose one of the proposals in review."),
        "question_answered": _("This question has been answered already."),
        "proposal_exists": _("Your firm already leads a proposal for this call."),
        "proposal_not_admitted": _("Only a firm admitted to incubation can lead a consortium."),
        "proposal_partner_unknown": _(
            "No firm or institute with this code is registered here. Ask it to sign up first."
        ),
        "proposal_partner_twice": _("This organisation is already in the consortium."),
        "proposal_partner_declined": _(
            "A partner declined. Take the proposal back, mend the consortium and ask again."
        ),
        "proposal_partners_not_asked": _("Ask the partners for their consent first."),
        "proposal_consent_missing": _("Not every partner has consented yet."),
        "proposal_no_partners": _("There is no partner to ask; submit the proposal at once."),
        "review_anchor_missing": _("Choose an anchor from 0 to 4."),
        "review_narrative_short": _("Explain your rating in at least 20 characters."),
        "review_declaration_missing": _("Declare first that you have no conflict of interest."),
    }
)
add_work_kinds(
    {
        "call_check": (_("Check the call “%(call)s”"), "clipboard-check", _("Review the call")),
        "call_edits": (_("Mend the call “%(call)s”"), "pencil", _("Edit")),
        "call_publish": (_("Publish the call “%(call)s”"), "speakerphone", _("Publish")),
        "call_question": (
            _("Answer a question about “%(call)s”"),
            "message-2",
            _("Answer"),
        ),
        "call_evaluate": (
            _("Open the evaluation of “%(call)s” once it has closed"),
            "scale",
            _("Open"),
        ),
        "call_reviewers": (
            _("Find reviewers without a conflict for “%(call)s”"),
            "users",
            _("Assign"),
        ),
        "call_select": (_("Select a proposal for “%(call)s”"), "gavel", _("Decide")),
        "call_award": (_("Award “%(call)s” after its public notice"), "trophy", _("Award")),
        "proposal_consent": (
            _("Answer %(lead)s: partner in “%(proposal)s”?"),
            "users",
            _("Answer"),
        ),
        "proposal_revise": (
            _("A partner declined: mend “%(proposal)s”"),
            "alert-triangle",
            _("Mend"),
        ),
        "proposal_submit": (
            _("All partners consented: submit “%(proposal)s”"),
            "send",
            _("Submit"),
        ),
        "proposal_review": (_("Review the proposal “%(proposal)s”"), "scale", _("Review")),
    }
)
add_notification_kinds(
    {
        "call_checked": (
            _("Checks of your calls"),
            _("The call “%(call)s” was checked"),
            _("Open the call to see whether it is approved or which edits are asked for."),
        ),
        "call_question": (
            _("Questions about your calls"),
            _("A question about “%(call)s”"),
            _("Somebody asked about your call. Question and answer become public together."),
        ),
        "call_answer": (
            _("Answers to your questions about calls"),
            _("Your question about “%(call)s” was answered"),
            _("The answer is on the call's page, without your name."),
        ),
        "call_cancelled": (
            _("Cancelled calls"),
            _("The call “%(call)s” was cancelled"),
            _("Your proposal ended with it. The reason is on the call's page."),
        ),
        "proposal_consent": (
            _("Requests to be a partner"),
            _("%(lead)s asks you to be a partner in “%(proposal)s”"),
            _("Read the proposal and consent or decline. Without an answer you are not in it."),
        ),
        "proposal_answered": (
            _("Partners' answers"),
            _("%(partner)s answered about “%(proposal)s”"),
            _("Open the proposal to see the answer and what to do next."),
        ),
        "proposal_result": (
            _("Results of your proposals"),
            _("A decision about “%(proposal)s”"),
            _("The result with its reason, or the feedback, is on the proposal's page."),
        ),
    }
)
