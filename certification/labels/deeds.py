"""Names of what this app records in the audit trail."""

from django.utils.translation import gettext_lazy as _

from portal.labels.deeds import add_deeds

add_deeds(
    {
        "certification.rubric.adopt": _("Adopt a rubric"),
        "certification.rubric.adopted": _("Rubric adopted"),
        "certification.round.plan": _("Plan a round"),
        "certification.round.planned": _("Round planned"),
        "certification.round.scored": _("End the scoring"),
        "certification.round.decide": _("Decide on the proposed grades"),
        "certification.round.publish": _("Publish the proposed grades"),
        "certification.round.effect": _("Put the grades into effect"),
        "certification.settle_objected": _("Settle what waited for an objection"),
        "certification.round.drop": _("Drop a round"),
        "certification.scorecard.score": _("Score a firm"),
        "certification.scorecard.scored": _("Firm scored"),
        "certification.scorecard.confirm": _("Confirm a grade"),
        "certification.scorecard.hold": _("Hold a firm back"),
        "certification.list.publish": _("Publish the capability list"),
        "certification.grade.grant": _("Grant a grade"),
        "certification.grade.withdraw": _("Revoke a grade"),
        "certification.grade.suspends": _("Suspend a grade"),
        "certification.grade.resumes": _("End a suspension"),
        "certification.grade.revokes": _("Record a revocation"),
        "certification.grade.cancels": _("Cancel a grade on request"),
        "certification.listing.refresh": _("Refresh the list"),
    }
)
