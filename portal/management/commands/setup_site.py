"""Create the first pages of a new installation."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from portal.services.privacy import publish_shipped
from portal.services.site import build_site


class Command(BaseCommand):
    """``manage.py setup_site``: home, news, policies, help; what exists is left alone."""

    help = "Creates the home page and the pages under it that are missing."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Build what is missing."""
        now = timezone.now()
        home = build_site(now=now)
        publish_shipped(now=now)
        self.stdout.write(f"{home.title}: {home.get_descendants().count()} pages")
