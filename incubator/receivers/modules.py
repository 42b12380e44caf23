"""What a village's acceptance means for the modules that were delivered."""

from datetime import datetime

from incubator.services.module_uses import record_uses
from portal.events import DeliverableAccepted
from portal.models import EventRecord


def on_deliverable_accepted(event: DeliverableAccepted, *, event_id: int, now: datetime) -> None:
    """Record the declared modules, dated by the acceptance; a second delivery adds nothing."""
    if not event.release_ids:
        return
    record_uses(
        releases=event.release_ids,
        organisation_id=event.organisation_id,
        deliverable_id=event.deliverable_id,
        version_id=event.version_id,
        accepted_at=EventRecord.objects.get(pk=event_id).created_at,
        now=now,
    )
