"""What follows an admission."""

from datetime import datetime

from incubator.models import Application
from incubator.services.screening import signers_of
from portal.events import FirmAdmitted
from portal.notifications import notify


def on_firm_admitted(event: FirmAdmitted, *, event_id: int, now: datetime) -> None:
    """Tell everybody who acts for the firm, once."""
    application = Application.objects.select_related("organisation").get(pk=event.application_id)
    notify(
        signers_of(application.organisation),
        "application_admitted",
        now=now,
        key=f"application_admitted:{application.pk}",
        firm=application.organisation.name,
        url=application.get_absolute_url(),
    )
