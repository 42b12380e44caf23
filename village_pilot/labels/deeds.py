"""Names of what this app records in the audit trail."""

from django.utils.translation import gettext_lazy as _

from portal.labels.deeds import add_deeds

add_deeds(
    {
        "process.load": _("Load the catalogue of village processes"),
        "village_pilot.propose": _("Propose a pilot"),
        "village_pilot.proposed": _("Pilot proposed"),
        "village_pilot.consent": _("Consent to a pilot"),
        "village_pilot.decline": _("Decline a pilot"),
        "village_pilot.agree": _("Agree to a pilot"),
        "village_pilot.start": _("Start a pilot"),
        "village_pilot.pause": _("Pause a pilot"),
        "village_pilot.resume": _("Resume a pilot"),
        "village_pilot.complete": _("Complete a pilot"),
        "village_pilot.terminate": _("Terminate a pilot"),
        "village_pilot.milestone.add": _("Add a milestone"),
        "village_pilot.milestone.move": _("Move a milestone"),
        "village_pilot.deliverable.create": _("Begin a deliverable"),
        "village_pilot.deliverable.file": _("Add a file to a deliverable"),
        "village_pilot.deliverable.file_remove": _("Take a file out of a deliverable"),
        "village_pilot.deliverable.modules": _("Declare the shared modules of a deliverable"),
        "village_pilot.deliverable.hand_in": _("Hand in a deliverable"),
        "village_pilot.deliverable.next": _("Begin the next version"),
        "village_pilot.deliverable.assign_again": _("Assign another technical reviewer"),
        "village_pilot.review": _("Review a deliverable"),
        "village_pilot.redesign_level": _("Say how far a process was redesigned"),
        "village_pilot.codes": _("Print acceptance codes"),
        "village_pilot.decide": _("Decide for the village"),
        "village_pilot.dispute": _("Dispute a refusal"),
        "village_pilot.resolve": _("Resolve a dispute"),
        "village_pilot.case_log": _("Import a case log"),
    }
)
