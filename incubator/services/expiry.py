"""News of cloud resources that end soon; what has ended is read from the calendar."""

from datetime import datetime

from django.utils import timezone

from incubator.domain.quota import expiry_mark
from incubator.models import ResourceRequest
from incubator.selectors.quota import ending_grants, spent
from incubator.services.screening import signers_of
from portal.notifications import notify


def warn_of_expiry(*, now: datetime) -> int:
    """Tell the firms of grants that end within 30 and within 7 days; return how many messages.

    Each grant is told of once a mark, however often this runs; a night that was missed is made
    up for by the next.
    """
    return sum(warn_firm(grant, now=now) for grant in ending_grants(timezone.localdate(now)))


def warn_firm(grant: ResourceRequest, *, now: datetime) -> int:
    """Tell one firm, once a mark."""
    today = timezone.localdate(now)
    mark = expiry_mark((grant.last_day - today).days)
    so_far = spent(grant, today)
    return notify(
        signers_of(grant.organisation),
        "quota_expiring",
        key=f"quota_expiring:{grant.pk}:{mark}",
        now=now,
        url=grant.get_absolute_url(),
        number=grant.number,
        pool=grant.pool.title,
        pool_en=grant.pool.title_en,
        last_day=grant.last_day.isoformat(),
        percent=so_far.share,
    )
