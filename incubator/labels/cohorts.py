"""Words of incubation: cohorts, memberships, agreements."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from incubator.domain.cohort import END_CODES
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
    "incubator.cohort",
    {
        "draft": (_("Draft"), _("Draft"), "", "pencil"),
        "published": (_("Published"), _("Published"), "progress", "users"),
        "closed": (
            pgettext_lazy("cohort", "Closed"),
            pgettext_lazy("cohort", "Closed"),
            "ended",
            "archive",
        ),
    },
)
add_actions(
    "incubator.cohort",
    {"publish": _("Publish the cohort"), "close": pgettext_lazy("cohort", "Close")},
)
add_states(
    "incubator.incubation",
    {
        "offered": (_("Place offered"), _("Place offered"), "wait", "hourglass"),
        "active": (_("In incubation"), _("In incubation"), "good", "circle-check"),
        "probation": (_("On probation"), _("On probation"), "warn", "alert-triangle"),
        "suspended": (_("Suspended"), _("Suspended"), "warn", "player-pause"),
        "graduated": (_("Graduated"), _("Graduated"), "good", "trophy"),
        "exited": (
            pgettext_lazy("incubation", "Left"),
            pgettext_lazy("incubation", "Left"),
            "ended",
            "logout",
        ),
        "removed": (_("Removed"), _("Removed"), "bad", "ban"),
        "declined": (_("Offer declined"), _("Offer declined"), "ended", "x"),
        "withdrawn": (_("Offer taken back"), _("Offer taken back"), "ended", "arrow-back-up"),
        "lapsed": (_("Offer ran out"), _("Offer ran out"), "ended", "archive"),
    },
)
add_actions(
    "incubator.incubation",
    {
        "accept": _("Accept the agreement"),
        "decline": _("Decline the place"),
        "withdraw": _("Take the offer back"),
        "lapse": _("Let the offer run out"),
        "warn": _("Put on probation"),
        "clear": _("End the probation"),
        "suspend": _("Suspend"),
        "resume": _("Lift the suspension"),
        "resume_probation": _("Return to probation"),
        "graduate": _("Graduate"),
        "exit": _("Leave incubation"),
        "remove": _("Remove from incubation"),
    },
)
add_refusals(
    {
        "cohort_dates": _("The last day must come after the first one, within three years."),
        "cohort_past": _("The last day must not be over already."),
        "cohort_over": _("This cohort's last day, %(ends_on)s, is over. It cannot be published."),
        "cohort_capacity": _("Enter between 1 and %(most)s places."),
        "cohort_capacity_taken": _(
            "%(taken)s places are taken already; there cannot be fewer than that."
        ),
        "cohort_no_agreement": _("Publish an agreement text first; firms must have one to accept."),
        "cohort_full": _(
            "All %(capacity)s places of this cohort are taken. Nothing was offered; raise the "
            "number of places or wait until one is free."
        ),
        "cohort_not_open": _("This cohort offers no places: it is not published, or it is over."),
        "cohort_not_admitted": _("Places are for admitted firms only."),
        "already_incubated": _("This firm has a place or an offer already: %(number)s."),
        "reply_by": _("Give the firm until a day that is still to come, within 90 days."),
        "offer_over": _(
            "The offer ran out on %(reply_by)s. Ask the incubation staff for another one."
        ),
        "agreement_other": _(
            "You read another text than the one that counts. Please read it again, then accept."
        ),
        "agreement_version": _(
            "Version %(version)s was published with other words. Give the new text a new version."
        ),
        "suspension_until": _("Choose a last day from today on, within a year."),
        "end_code": _("Choose one of the reasons."),
        "milestones_open": _(
            "%(count)s milestones are not confirmed yet. Confirm them, or graduate the firm early "
            "with a remark."
        ),
        "not_a_mentor": _("Mentors are experts without a tie to the firm."),
        "quota_removed": _(
            "Your firm was removed from incubation; it cannot ask for cloud resources."
        ),
    }
)
add_work_kinds(
    {
        "incubation_offer": (
            _("Answer the offer of a place in “%(cohort)s”"),
            "building-community",
            pgettext_lazy("offer", "Answer"),
        ),
    }
)
add_notification_kinds(
    {
        "incubation_offered": (
            _("A place in a cohort is offered"),
            _("A place in “%(cohort)s”"),
            _(
                "Your firm is offered a place in “%(cohort)s”. The authorised signer accepts the "
                "agreement until %(reply_by)s."
            ),
        ),
        "incubation_answered": (
            _("A firm answers an offer"),
            _("%(firm)s: answer to %(number)s"),
            _("%(firm)s answered the offer of a place in “%(cohort)s”: %(state)s."),
        ),
        "incubation_left": (
            _("A firm leaves incubation"),
            _("%(firm)s leaves incubation: %(number)s"),
            _("%(firm)s left “%(cohort)s”; its place is free again."),
        ),
        "incubation_standing": (
            _("The standing of our incubation changes"),
            _("Our incubation: %(state)s"),
            _("%(number)s now stands as follows: %(state)s. %(reason)s"),
        ),
        "incubation_mentor": (
            _("A mentor is named"),
            _("A mentor for %(firm)s"),
            _("%(mentor)s mentors %(firm)s from now on."),
        ),
    }
)
add_deeds(
    {
        "incubator.agreement.publish": _("Publish an agreement text"),
        "incubator.agreement.published": _("Agreement text published"),
        "incubator.cohort.create": _("Draft a cohort"),
        "incubator.cohort.created": _("Cohort drafted"),
        "incubator.cohort.edit": _("Correct the draft of a cohort"),
        "incubator.cohort.capacity": _("Set a cohort's places"),
        "incubator.cohort.announce": _("Publish a cohort with its terms"),
        "incubator.cohort.end": _("Close a cohort"),
        "incubator.incubation.offer": _("Offer a place"),
        "incubator.incubation.offered": _("Place offered"),
        "incubator.incubation.sign": _("Accept the incubation agreement"),
        "incubator.incubation.refuse": _("Decline a place"),
        "incubator.incubation.recall": _("Take an offer back"),
        "incubator.incubation.judge": _("Change a firm's standing in incubation"),
        "incubator.incubation.end": _("End a firm's incubation"),
        "incubator.incubation.mentor": _("Name a mentor"),
    }
)

END_NAMES: dict[str, str | Promise] = {
    "plan_met": _("The plan is met"),
    "early": _("Graduated early, see the remark"),
    "own_wish": _("At its own wish"),
    "moved": _("It left the county"),
    "ceased": _("It ceased business"),
    "breach": _("Breach of the agreement"),
    "false_evidence": _("False evidence"),
    "inactive": _("No activity despite a warning"),
    "other": _("Other reason, see the remark"),
}

WARNINGS: dict[str, str | Promise] = {
    "withdraw": _("The place is free for another firm at once. The firm reads your reason."),
    "warn": _("The firm reads your reason. Its resources are not affected."),
    "suspend": _("The firm reads your reason. The suspension ends by itself after its last day."),
    "graduate": _("The firm keeps its place in the cohort and reads its records for good."),
    "exit": _("The place goes to another firm. The records stay readable for good."),
    "remove": _(
        "Whatever the firm holds of the county's cloud is closed at once. The records stay "
        "readable for the firm."
    ),
}
"""What follows from a deed, said before it is done."""


def end_choices(action: str) -> Choices:
    """Reason codes with which ``action`` ends a membership."""
    return [(code, END_NAMES[code]) for code in END_CODES[action]]


def cohort_clocks() -> dict[str, tuple[str | Promise, str]]:
    """What the calendar says of a published cohort, with its tone."""
    return {
        "upcoming": (_("Not begun"), "wait"),
        "running": (pgettext_lazy("cohort", "Running"), "good"),
        "over": (_("Over"), "ended"),
    }


def cohort_states() -> Choices:
    """Return the states for a model's field."""
    return state_choices("incubator.cohort")()


def incubation_states() -> Choices:
    """Return the states for a model's field."""
    return state_choices("incubator.incubation")()
