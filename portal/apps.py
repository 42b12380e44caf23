"""Wiring of the base."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PortalConfig(AppConfig):
    """People, regions, files, registers, events, the site's look."""

    name = "portal"
    verbose_name = _("Portal")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Connect subscribers, guards, sessions, signs of life; keep inline code out of Wagtail.

        Fields refuse what nobody can see and days that nobody can mean. A box that must be
        ticked says so: “fill in” would be the wrong word.
        """
        from django.contrib.auth.signals import user_logged_in
        from django.db.models.signals import m2m_changed
        from django.forms import BooleanField
        from django_q.signals import post_execute

        from portal.adapters.backoffice import without_inline_code
        from portal.adapters.fields import with_sound_input
        from portal.adapters.guards import refuse_clashing_groups
        from portal.adapters.sessions import begin_session
        from portal.events import InvitationSent, subscribe
        from portal.models import User
        from portal.permissions import register_file_policy
        from portal.receivers import on_acknowledged

        register_file_policy("archive_package", "portal.services.archive.may_read_package")
        register_file_policy("objection_evidence", "portal.permissions.may_read_evidence")
        subscribe(InvitationSent, "portal.receivers.on_invitation_sent")
        m2m_changed.connect(
            refuse_clashing_groups, sender=User.groups.through, dispatch_uid="clashing_groups"
        )
        user_logged_in.connect(begin_session, dispatch_uid="begin_session")
        post_execute.connect(on_acknowledged, dispatch_uid="cluster_lives")
        without_inline_code()
        with_sound_input()
        BooleanField.default_error_messages = {"required": _("Tick this box to go on.")}
