"""Prepare applying for incubation on a new installation."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone
from django.utils.translation import gettext as _

from incubator.services.windows import setup_applications


class Command(BaseCommand):
    """``manage.py setup_applications``: safe to repeat."""

    help = "Let the staff write application windows, and publish a first one where there is none."

    def handle(self, *_args: Any, **_options: Any) -> None:
        window = setup_applications(now=timezone.now())
        self.stdout.write(_("Firms apply at %(url)s.") % {"url": f"/apply/{window.key}/"})
