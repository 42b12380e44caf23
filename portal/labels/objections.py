"""Words of objections: states, buttons, refusals, work items, messages."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from portal.domain.objection import LIFECYCLE
from portal.labels import (
    add_actions,
    add_notification_kinds,
    add_refusals,
    add_states,
    add_work_kinds,
)

add_states(
    LIFECYCLE.name,
    {
        "lodged": (
            pgettext_lazy("objection", "Lodged"),
            pgettext_lazy("objection", "Lodged"),
            "wait",
            "hourglass",
        ),
        "admissible": (_("Taken up"), _("Being examined"), "progress", "eye"),
        "inadmissible": (_("Not taken up"), _("Not taken up"), "ended", "circle"),
        "upheld": (
            pgettext_lazy("objection", "Upheld"),
            pgettext_lazy("objection", "Upheld"),
            "good",
            "circle-check",
        ),
        "dismissed": (
            pgettext_lazy("objection", "Dismissed"),
            pgettext_lazy("objection", "Dismissed"),
            "ended",
            "archive",
        ),
    },
)
add_actions(
    LIFECYCLE.name,
    {
        "accept": _("Take up the objection"),
        "turn_away": _("Do not take it up"),
        "uphold": _("Uphold the objection"),
        "dismiss": _("Dismiss the objection"),
    },
)
add_refusals(
    {
        "objection_kind": _("This is an announcement; it is final and takes no objections."),
        "objection_row": _("This notice has no such row."),
        "objection_window": _(
            "Objections to this notice are taken from %(opens_on)s to %(closes_on)s only."
        ),
        "objection_withdrawn": _("This entry is no longer on notice; nothing is proposed for it."),
        "objection_email": _(
            "Confirm your email address first: an objection needs an address that is yours."
        ),
        "objection_incomplete": _("The objection is not complete; everything you typed is kept."),
        "objection_name": _("Give your real name."),
        "objection_grounds": _("Say what is wrong about this entry."),
        "objection_evidence": _("An objection needs evidence: say what shows it, and where."),
        "objection_twice": _(
            "You have objected to this row already (%(number)s). Add what is new to that objection."
        ),
        "objection_files": _("An objection takes at most %(most)s files."),
        "objection_locked": _("Evidence is added only until the objection is decided."),
        "own_objection": _("Nobody decides on their own objection."),
        "objection_open": _(
            "An objection to this entry is being examined; the decision waits for it."
        ),
        "objection_upheld": _("An objection to this entry was upheld."),
    }
)
add_work_kinds(
    {
        "objection_screen": (
            _("Say whether an objection about %(firm)s is taken up"),
            "message-2",
            _("Look"),
        ),
        "objection_decide": (
            _("Decide on an objection about %(firm)s"),
            "gavel",
            _("Decide"),
        ),
    }
)
add_notification_kinds(
    {
        "objection_state": (
            _("My objections"),
            _("Your objection %(number)s: %(state)s"),
            _("The objection's page says what follows, until when, and for which reasons."),
        ),
    }
)
