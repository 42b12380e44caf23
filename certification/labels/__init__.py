"""Translated names of this app's states, actions, refusals, work items and notifications."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from certification.domain.grade import GRADE
from certification.domain.recommendation import hundredths
from certification.domain.rounds import ROUND
from certification.domain.rubric_lint import UNRATED
from certification.labels import deeds  # noqa: F401 registers on import
from portal.labels import (
    Choices,
    Tone,
    add_actions,
    add_notification_kinds,
    add_refusals,
    add_states,
    add_work_kinds,
)
from portal.labels.days import iso_in_words

add_states(
    ROUND.name,
    {
        "planned": (_("Planned"), _("Planned"), "", "calendar"),
        "evidence_frozen": (_("Evidence frozen"), _("Under assessment"), "progress", "lock"),
        "draft_result": (_("Draft result"), _("Under assessment"), "wait", "scale"),
        "proposed": (_("Proposed"), _("Under assessment"), "wait", "gavel"),
        "public_notice": (_("Public notice"), _("Public notice"), "notice", "speakerphone"),
        "effective": (_("In effect"), _("In effect"), "good", "circle-check"),
        "cancelled": (_("Cancelled"), _("Cancelled"), "ended", "archive"),
    },
)
add_actions(
    ROUND.name,
    {
        "freeze": _("Freeze the evidence"),
        "score": _("Compute the scores"),
        "propose": _("Propose the grades"),
        "open_notice": _("Open the public notice"),
        "take_effect": _("Let the grades take effect"),
        "cancel": _("Cancel the round"),
    },
)

GRADE_STATUSES: dict[str, Tone] = {
    "active": (_("In effect"), _("In effect"), "good", "circle-check"),
    "expiring": (_("Expiring soon"), _("Expiring soon"), "wait", "clock"),
    "expired": (_("Expired"), _("Expired"), "ended", "clock"),
    "suspended": (_("Suspended"), _("Suspended"), "warn", "player-pause"),
    "revoked": (_("Revoked"), _("Revoked"), "bad", "ban"),
    "cancelled": (_("Cancelled on request"), _("Cancelled on request"), "ended", "archive"),
    "superseded": (_("Superseded"), _("Superseded"), "ended", "history"),
    "not_graded": (_("Not graded"), _("Not graded"), "", "circle"),
}
add_states(GRADE.name, GRADE_STATUSES)
add_actions(
    GRADE.name,
    {
        "suspend": _("Suspend"),
        "resume": _("End the suspension"),
        "revoke": _("Revoke"),
        "cancel": _("Cancel at the holder's request"),
        "supersede": _("Supersede"),
    },
)
add_refusals(
    {
        "decision_required": _("Choose for this firm: confirm the tier, or hold it back."),
        "hold_reason_required": _("Say why this firm is held back."),
        "review_reason_required": _(
            "Part of this firm's evidence was set aside. Look at it and write down what you found."
        ),
        "not_scored": _("Not every firm of this round has been scored yet."),
        "nobody_to_assess": _("No admitted firm can take part in this round."),
        "nothing_to_decide": _(
            "There is nothing left that you can decide here: other leads decide on firms "
            "with which you have a tie."
        ),
        "rubric_invalid": _("This rubric cannot be used: %(problems)s"),
        "rubric_taken": _(
            "Version %(version)s of this rubric was adopted with other content. "
            "Give the changed rubric a new version."
        ),
        "rubric_not_in_force": _("This rubric is not in force at the end of the period."),
        "rubric_external": _("Another authority's rubric cannot grade anybody here."),
        "period_order": _("The period ends before it begins."),
        "suspension_over": _("A suspension ends in the future; choose a later day."),
    }
)
add_work_kinds(
    {
        "round_freeze": (_("Freeze the evidence: %(round)s"), "lock", _("Open")),
        "round_score": (_("Compute the scores: %(round)s"), "scale", _("Open")),
        "round_propose": (_("Decide on the proposed grades: %(round)s"), "gavel", _("Decide")),
        "round_notice": (_("Open the public notice: %(round)s"), "speakerphone", _("Open")),
        "round_effect": (
            _("Let the grades take effect: %(round)s"),
            "circle-check",
            _("Open"),
        ),
    }
)
add_notification_kinds(
    {
        "grade_proposed": (
            _("Proposed grades"),
            _("A grade is proposed for %(organisation)s"),
            _(
                "The scorecard of %(organisation)s in %(round)s is open to you. Every point "
                "leads to its evidence."
            ),
        ),
        "grade_held": (
            _("Grades held back"),
            _("The decision on %(organisation)s is held back"),
            _(
                "In %(round)s no grade is proposed for %(organisation)s for now; the evaluation "
                "lead's reason stands on the scorecard, with every point and its evidence."
            ),
        ),
        "grade_none": (
            _("Results without a grade"),
            _("%(organisation)s stays ungraded in this round"),
            _(
                "%(organisation)s does not reach a tier in %(round)s. The scorecard shows every "
                "point with its evidence, and what leads to a tier."
            ),
        ),
        "grade_took_effect": (
            _("Grades in effect"),
            _("Grade %(tier)s of %(organisation)s is in effect"),
            _(
                "The capability grading statement %(number)s of %(organisation)s is in effect, "
                "tier %(tier)s, valid until %(valid_until)s."
            ),
        ),
        "grade_revoked": (
            _("Revoked grades"),
            _("The grade of %(organisation)s was revoked"),
            _(
                "The capability grading statement %(number)s of %(organisation)s was revoked. "
                "Reason: %(reason)s. A new assessment is possible from %(may_reapply_on)s."
            ),
        ),
    }
)


def decision_choices() -> Choices:
    """What a lead decided on a scorecard."""
    return [
        ("undecided", _("To be decided")),
        ("confirmed", _("Confirmed")),
        ("held", _("Held back")),
    ]


DECISION_TONES = {
    "undecided": ("wait", "hourglass"),
    "confirmed": ("good", "circle-check"),
    "held": ("warn", "player-pause"),
}


def tier_name(tier: str | None, label: Mapping[str, str] | None = None) -> str:
    """Name a tier with its word: letters read “Tier A”, other tiers by the rubric's ``label``.

    ``None``, “” and ``unrated`` are not graded.
    """
    if not tier or tier == UNRATED:
        return gettext("Not graded")
    if label is not None and len(tier) > 1:
        return in_language(label)
    return gettext("Tier %(letter)s") % {"letter": tier}


def confirm_words(tier: str) -> str:
    """Say what a lead confirms, with the computed tier in it."""
    return gettext("Confirm: %(tier)s") % {"tier": tier_name(tier)}


def listed(texts: Iterable[str]) -> str:
    """Join several texts in one cell of a spreadsheet, by the sign of the language in use."""
    return ("；" if (get_language() or "zh").startswith("zh") else "; ").join(texts)


def order_choices() -> Choices:
    """How the list may be ordered; the neutral order first."""
    return [("name", _("By name (neutral)")), ("tier", _("By tier, then total"))]


def in_language(texts: Mapping[str, str]) -> str:
    """Return the text of a rubric's label in the language in use."""
    language = "en" if (get_language() or "").startswith("en") else "zh"
    return texts.get(language) or texts["zh"]


MISSING_WORDS: dict[str, str | Promise] = {
    "absent": _("nothing recorded"),
    "expired": _("the evidence has expired"),
    "not_applicable": _("does not apply"),
    "pending": _("a required rating is not there yet"),
}

FAULTS: dict[str, str | Promise] = {
    "type": _("not the kind of value that is asked for"),
    "nan": _("not a number"),
    "inf": _("not a finite number"),
    "not_integer": _("not a whole number"),
    "below_min": _("below what is possible"),
    "above_max": _("above what is possible"),
    "unknown_code": _("an unknown code"),
    "bad_date": _("a date that cannot be read"),
    "no_date": _("no date"),
    "future_date": _("a date in the future"),
    "unknown_field": _("the rubric does not know it"),
    "derived_field": _("it is computed and cannot be given"),
    "undefined": _("the formula gives no number"),
    "outside_range": _("points outside the range that the evidence allows"),
    "invalid": _("a value that it rests on was set aside"),
}
"""What is wrong with a value that was set aside (reason codes of ``domain.evidence``)."""


def why_missing(code: str) -> str:
    """Say why a field counts as missing (a reason code of ``domain.evidence``)."""
    if code in MISSING_WORDS:
        return str(MISSING_WORDS[code])
    return gettext("set aside for a check: %(code)s") % {"code": FAULTS.get(code, code)}


ITEM_STATES: dict[str, str | Promise] = {
    "pending": _("waits for a required rating, not counted"),
    "outside": _("older than the period that counts"),
    "quarantined": _("set aside for a check"),
}


def item_state(state: str) -> str:
    """Say why an item of a collection does not count."""
    return str(ITEM_STATES[state])


def missing_policy(policy: object) -> str:
    """Say what the rubric does without evidence for a leaf."""
    if isinstance(policy, Mapping):
        return gettext("without evidence %(share)s of the points") % {"share": policy["neutral"]}
    words = {
        "zero": gettext("without evidence no points"),
        "exclude": gettext("without evidence left out, the rest is scaled up"),
        "unrated": gettext("without evidence not graded"),
    }
    return words[str(policy)]


def is_share(field: Mapping[str, Any]) -> bool:
    """Return whether a field is a share of 1, which people read in percent."""
    return field.get("type") == "number" and field.get("max") == 1


def amount(value: float, field: Mapping[str, Any]) -> str:
    """Write an amount of evidence; a share of 1 in percent.

    >>> amount(0.4, {"type": "number", "max": 1}), amount(3, {})
    ('40%', '3')
    """
    shown, unit = (value * 100, "%") if is_share(field) else (value, "")
    return f"{hundredths(shown) / 100:g}{unit}"


CODES: dict[str, str | Promise] = {
    "first_pass": _("accepted at once"),
    "pass_after_fix": _("accepted after changes"),
    "conditional": _("accepted with conditions"),
    "rejected": _("refused"),
    "none": _("no redesign"),
    "partial": _("redesigned in part"),
    "end_to_end": _("redesigned from end to end"),
    "end_to_end_in_three_villages": _("redesigned from end to end, in three villages or more"),
    "redesign_in_two_villages": _("redesigned, in two villages or more"),
}


def pair(name: object, words: object) -> str:
    """Return a name and what is said of it, on one line."""
    return gettext("%(name)s: %(words)s") % {"name": name, "words": words}


def code_words(code: object) -> str:
    """Say what a code of the evidence means; an unknown code as it stands."""
    return str(CODES.get(str(code), code))


SURENESS: dict[str, tuple[str | Promise, str]] = {
    "confirmed": (_("Well evidenced"), "good"),
    "provisional": (_("Provisional"), "wait"),
}
"""How sure a tier is → its word and tone."""

REASONS: dict[str, str | Promise] = {
    "tier_reached": _("Total %(total)s reaches tier %(tier)s (from %(cut)s)"),
    "tier_default": _("Total %(total)s: tier %(tier)s"),
    "strong_leaf": _("%(label)s: %(points)s of %(maximum)s points"),
    "minimum": _("%(label)s is below its own minimum"),
    "gate": _("Held back by the rule “%(label)s”"),
    "condition": _("%(label)s gives no points: its condition is not met"),
    "route": _("Reached by the direct route “%(label)s”"),
    "too_few_items": _("Too few deliveries count for a grade"),
    "missing": _("%(label)s: no evidence yet"),
    "missing_share": _("Too much evidence is still missing for a grade"),
    "demotion_pending": _("Below the line in this run; the tier changes after a second one"),
    "demoted": _("Below the line in two runs one after the other"),
    "villages": _("A better tier needs deliveries accepted in %(name)s villages or more"),
    "no_evidence": _("No evidence yet"),
    "unrated": _("Not graded: %(label)s"),
    "not_graded": _("Admitted; not graded does not mean weak"),
    "accepted_in_villages": _("Accepted deliverables: %(deliveries)s, in villages: %(villages)s"),
    "courses_completed": _("Courses completed: %(courses)s"),
    "modules_used": _("Shared modules used: %(modules)s"),
}


def reason_text(reason: Mapping[str, Any]) -> str:
    """Say a reason of the list: {code, params, label?}, ``label`` being a rubric's words."""
    values = {key: _number(value) for key, value in reason["params"].items()}
    named = reason.get("label")
    values["label"] = in_language(named) if named else values.get("name", "")
    return str(REASONS[reason["code"]]) % values


def _number(value: object) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


DECISIONS: dict[str, str | Promise] = {
    "accept": _("accepted"),
    "accept_with_conditions": _("accepted with conditions"),
    "refuse": _("refused"),
}


OTHER_FIRMS = "firms:"
"""Begins the value of a piece of evidence that counts other firms."""


def value_words(value: str) -> str:
    """Say how a village decided, or how many other firms there are; else the value as it is."""
    if value.startswith(OTHER_FIRMS):
        return str(_("%(n)s other firms")) % {"n": value.removeprefix(OTHER_FIRMS)}
    return str(DECISIONS.get(value, value))


def day_words(text: str) -> str:
    """Write an ISO date in the language in use; other notes as they stand."""
    return iso_in_words(text)
