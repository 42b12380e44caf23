"""Wiring of the app."""

from django.apps import AppConfig


class CertificationConfig(AppConfig):
    """See the map of the house in README."""

    name = "certification"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Connect labels, file policies and subscribers."""
        from certification import labels, permissions  # noqa: F401 registers on import
        from portal import events
        from portal.documents import register_kind
        from portal.domain.roles import Role

        register_kind(
            "grading_statement", sheet="certification.documents.statement", archivist=Role.LEAD
        )
        register_kind(
            "recommendation_snapshot",
            sheet="certification.documents.capability_list",
            archivist=Role.LEAD,
            public=True,
        )
        for event in (
            events.FirmAdmitted,
            events.DeliverableAccepted,
            events.ModulesUsed,
            events.CourseCompleted,
            events.GradeTookEffect,
            events.GradeChanged,
            events.GradeRevoked,
            events.ObjectionDecided,
        ):
            events.subscribe(event, f"certification.receivers.{RECEIVERS[event.__name__]}")


RECEIVERS = {
    "FirmAdmitted": "on_firm_admitted",
    "DeliverableAccepted": "on_deliverable_accepted",
    "ModulesUsed": "on_modules_used",
    "CourseCompleted": "on_course_completed",
    "GradeTookEffect": "on_grade_took_effect",
    "GradeChanged": "on_grade_changed",
    "GradeRevoked": "on_grade_revoked",
    "ObjectionDecided": "on_objection_decided",
}
