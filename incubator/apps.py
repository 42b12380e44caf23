"""Wiring of the app."""

from django.apps import AppConfig


class IncubatorConfig(AppConfig):
    """See the map of the house in README."""

    name = "incubator"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Connect labels, file policies and subscribers."""
        from incubator import labels, permissions  # noqa: F401 registers on import
        from incubator.receivers import courses
        from incubator.services import retention
        from portal.documents import register_kind
        from portal.domain.roles import Role
        from portal.events import (
            DeliverableAccepted,
            FirmAdmitted,
            FirmRemoved,
            GradeRevoked,
            subscribe,
        )
        from portal.services.retention import register_emptying

        register_emptying(
            "incubator.application",
            due=retention.applications_due,
            empty=retention.empty_application,
        )
        register_emptying(
            "incubator.applicationsubmission",
            due=retention.submissions_due,
            empty=retention.empty_submission,
        )
        register_kind(
            "course_completion", sheet="incubator.documents.completion", archivist=Role.STAFF
        )
        subscribe(FirmAdmitted, "incubator.receivers.applications.on_firm_admitted")
        subscribe(GradeRevoked, "incubator.receivers.quota.on_grade_revoked")
        subscribe(FirmRemoved, "incubator.receivers.quota.on_firm_removed")
        subscribe(DeliverableAccepted, "incubator.receivers.modules.on_deliverable_accepted")
        courses.connect()
