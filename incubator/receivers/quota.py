"""What news about a firm means for its cloud resources."""

from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from incubator.services.quota import revoke_all
from portal.events import FirmRemoved, GradeRevoked

GRADE_REVOKED = _("The firm's grade was revoked.")
FIRM_REMOVED = _("The firm was removed from incubation.")


def on_grade_revoked(event: GradeRevoked, *, event_id: int, now: datetime) -> None:
    """Close what the firm holds; a second delivery finds nothing left to close."""
    close_all(event.organisation_id, GRADE_REVOKED, now=now)


def on_firm_removed(event: FirmRemoved, *, event_id: int, now: datetime) -> None:
    """Close what the firm holds; a second delivery finds nothing left to close."""
    close_all(event.organisation_id, FIRM_REMOVED, now=now)


def close_all(organisation_id: int, why: Promise | str, *, now: datetime) -> None:
    """Revoke the firm's grants; the reason is kept in the county's language."""
    with override("zh-hans"):
        reason = str(why)
    revoke_all(organisation_id=organisation_id, reason=reason, now=now)
