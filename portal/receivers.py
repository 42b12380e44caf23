"""portal's own reactions to events, and to what the queue says."""

import logging
import time
from datetime import datetime
from typing import Any

from django.db import DatabaseError
from django.utils import timezone

from portal.events import InvitationSent
from portal.models import Invitation, User
from portal.notifications import enqueue_job, notify
from portal.services.accounts import invitation_path
from portal.services.clusters import acknowledge

logger = logging.getLogger(__name__)

SIGN_SECONDS = 1.0
_last_sign = {"at": -SIGN_SECONDS}


def on_acknowledged(**_kwargs: Any) -> None:
    """Show that a cluster lives: its monitor has acknowledged a message (once a second)."""
    moment = time.monotonic()
    if moment - _last_sign["at"] < SIGN_SECONDS:
        return
    _last_sign["at"] = moment
    try:
        acknowledge(now=timezone.now())
    except DatabaseError:
        logger.exception("no sign of life could be written")


def on_invitation_sent(event: InvitationSent, *, event_id: int, now: datetime) -> None:
    """Tell the invited person, by notification where known, else by mail to the address."""
    invitation = Invitation.objects.select_related("organisation", "invited_by").get(
        pk=event.invitation_id
    )
    user = User.objects.filter(email__iexact=invitation.email).first()
    if user is not None:
        notify(
            [user],
            "invitation",
            key=f"invitation:{invitation.pk}",
            now=now,
            url=invitation_path(invitation),
            organisation=invitation.organisation,
            inviter=invitation.invited_by,
            role=invitation.role,
        )
        return
    enqueue_job(
        "portal.services.accounts.mail_invitation",
        f"invitation:{invitation.pk}",
        now=now,
        pk=invitation.pk,
    )
