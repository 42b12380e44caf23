"""What news about a firm means for its cloud resources."""

from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from incubator.services.quota import deny_all, revoke_all
from portal.events import FirmRemoved, GradeRevoked

GRADE_REVOKED = _("The firm's grade was revoked.")
FIRM_REMOVED = _("The firm was removed from incubation.")


def on_grade_revoked(event: GradeRevoked, *, event_id: int, now: datetime) -> None:
    """Close what the firm holds; a second delivery finds nothing left to close."""
    revoke_all(organisation_id=event.organisation_id, reason=county_words(GRADE_REVOKED), now=now)


def on_firm_removed(event: FirmRemoved, *, event_id: int, now: datetime) -> None:
    """Close what the firm holds and waits for; a second delivery finds nothing left to close."""
    reason = county_words(FIRM_REMOVED)
    revoke_all(organisation_id=event.organisation_id, reason=reason, now=now)
    deny_all(organisation_id=event.organisation_id, reason=reason, now=now)


def county_words(why: Promise | str) -> str:
    """Return a reason as it is kept: in the county's language."""
    with override("zh-hans"):
        return str(why)
