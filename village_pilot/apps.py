"""Wiring of the app."""

from django.apps import AppConfig


class VillagePilotConfig(AppConfig):
    """See the map of the house in README."""

    name = "village_pilot"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Connect labels, file policies and subscribers."""
        from portal.documents import register_kind
        from portal.domain.roles import Role
        from village_pilot import labels, permissions  # noqa: F401 registers on import

        register_kind(
            "acceptance_form", sheet="village_pilot.documents.acceptance", archivist=Role.STAFF
        )
