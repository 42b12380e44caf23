"""``manage.py make_keys``: the county's signing key, once."""

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import timezone

from portal.services.document_keys import make_keys


class Command(BaseCommand):
    """Makes the key that signs issued documents, unless there is one."""

    help = "Makes a P-256 key with a self-made CA under KEYS_DIR/documents, unless there is one."

    def handle(self, **_options: object) -> None:
        """Say what was done."""
        made = make_keys(now=timezone.now())
        self.stdout.write(f"{settings.KEYS_DIR}: {'keys made' if made else 'keys are there'}")
