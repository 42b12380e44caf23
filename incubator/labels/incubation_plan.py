"""Words of incubation: plan templates, milestones, periodic reviews."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portal.labels import (
    Choices,
    add_actions,
    add_notification_kinds,
    add_refusals,
    add_states,
    add_work_kinds,
    state_choices,
)
from portal.labels.deeds import add_deeds

add_states(
    "incubator.milestone",
    {
        "scheduled": (_("Planned"), _("Planned"), "wait", "calendar"),
        "reported": (_("Reported"), _("Reported"), "progress", "hourglass"),
        "returned": (_("To be mended"), _("To be mended"), "warn", "arrow-back-up"),
        "confirmed": (_("Confirmed"), _("Confirmed"), "good", "circle-check"),
    },
)
add_actions(
    "incubator.milestone",
    {
        "report": _("Report"),
        "confirm": _("Confirm"),
        "give_back": _("Send back"),
    },
)
add_states(
    "incubator.incubation_review",
    {
        "due": (_("To be handed in"), _("To be handed in"), "wait", "calendar-due"),
        "submitted": (_("Handed in"), _("Handed in"), "progress", "hourglass"),
        "closed": (_("Looked at"), _("Looked at"), "good", "circle-check"),
    },
)
add_actions(
    "incubator.incubation_review",
    {
        "submit": _("Hand in"),
        "reopen": _("Send back"),
        "close": _("Close this review"),
    },
)
add_refusals(
    {
        "plan_line_cells": _(
            "Line %(line)s has too many parts. Write: code | days | indicator | title | English."
        ),
        "plan_line_code": _(
            "Line %(line)s: “%(found)s” is no code. Write small letters, digits and _, a letter "
            "first, at most 40."
        ),
        "plan_line_twice": _("Line %(line)s: the code “%(found)s” stands in a line above already."),
        "plan_line_days": _(
            "Line %(line)s: “%(found)s” is no number of days. Write a whole number from 0 to "
            "%(most)s."
        ),
        "plan_line_indicator": _(
            "Line %(line)s: “%(found)s” is no indicator of the grading rubric. Write one that the "
            "hint names, or none."
        ),
        "plan_line_title": _("Line %(line)s: the title is missing."),
        "plan_line_long": _(
            "Line %(line)s: the title “%(found)s…” is longer than %(most)s characters."
        ),
        "plan_empty": _("A plan needs at least one milestone."),
        "plan_long": _("A plan has at most %(most)s milestones."),
        "plan_version": _(
            "Version %(version)s was published with other milestones. Give the new plan a new "
            "version."
        ),
        "review_days": _("Reviews come round every %(least)s to %(most)s days."),
        "cohort_no_plan": _("Publish a milestone plan first; firms must have one to follow."),
        "milestone_day": _("Choose a day that is still to come."),
        "incubation_over": _("This incubation is over; its records can only be read."),
    }
)
add_work_kinds(
    {
        "incubation_milestone": (_("Report the milestone “%(title)s”"), "target", _("Report")),
        "incubation_confirm": (
            _("Confirm the milestone “%(title)s” of %(firm)s"),
            "clipboard-check",
            _("Look"),
        ),
        "incubation_review": (_("Hand in periodic review %(number)s"), "writing", _("Write")),
        "incubation_review_close": (
            _("Look at periodic review %(number)s of %(firm)s"),
            "clipboard-check",
            _("Look"),
        ),
    }
)
add_notification_kinds(
    {
        "incubation_milestone_judged": (
            _("A milestone is judged"),
            _("%(title)s: %(state)s"),
            _("The milestone “%(title)s” is now: %(state)s. %(note)s"),
        ),
        "incubation_review_judged": (
            _("A periodic review is judged"),
            _("Periodic review %(number)s: %(state)s"),
            _("Your periodic review %(number)s is now: %(state)s. %(note)s"),
        ),
        "incubation_review_overdue": (
            _("A periodic review is overdue"),
            _("Periodic review %(number)s is overdue"),
            _(
                "It was due on %(due_on)s. If it is not handed in within seven days, new requests "
                "for cloud resources are not taken; what you use is not affected."
            ),
        ),
        "incubation_due": (
            _("A milestone or review is due soon"),
            _("Due on %(due_on)s: %(title)s"),
            _("“%(title)s” is due on %(due_on)s."),
        ),
    }
)
add_deeds(
    {
        "incubator.plan.publish": _("Publish a milestone plan"),
        "incubator.plan.published": _("Milestone plan published"),
        "incubator.milestone.hand_in": _("Report a milestone"),
        "incubator.milestone.judge": _("Judge a milestone"),
        "incubator.milestone.move": _("Move a milestone"),
        "incubator.review.hand_in": _("Hand in a periodic review"),
        "incubator.review.judge": _("Judge a periodic review"),
        "incubator.review.warn": _("Warn of an overdue review"),
    }
)


def milestone_states() -> Choices:
    """Return the states for a model's field."""
    return state_choices("incubator.milestone")()


def review_states() -> Choices:
    """Return the states for a model's field."""
    return state_choices("incubator.incubation_review")()


INDICATORS: dict[str, str | Promise] = {
    "acceptance": _("Acceptance"),
    "technical": _("Technical quality"),
    "timeliness": _("Timeliness"),
    "handling_time": _("Handling time"),
    "module": _("Shared modules"),
    "reuse": _("Reuse by others"),
    "courses": _("Courses"),
    "reach": _("Reach"),
    "redesign": _("Redesign of the process"),
    "replication": _("Replication"),
}
"""Names of the county rubric's indicators; any other code is shown as it is."""


def indicator_name(code: str) -> str:
    """Return what an indicator is called."""
    return str(INDICATORS.get(code, code))
