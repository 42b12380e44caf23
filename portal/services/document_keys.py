"""Making the key that signs issued documents."""

from datetime import datetime

from django.conf import settings

from portal.drivers import keys
from portal.models import Job
from portal.services.delivery import retry_task
from portal.services.operations import operation
from portal.services.registers import MAKE_FILE


def make_keys(*, now: datetime) -> bool:
    """Make the signing key with a self-made authority; return False where there is one. Audited.

    Documents whose making was given up for want of a key are made after all.
    """
    missing = not keys.has_key()
    if not missing and not Job.objects.parked().filter(task=MAKE_FILE).exists():
        return False
    with operation("instance.make_keys", actor=None, now=now, made=missing):
        made = keys.make_keys(name=settings.ISSUER_NAME, now=now)
        retry_task(MAKE_FILE, now=now)
    return made
