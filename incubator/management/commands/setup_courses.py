"""Prepare the writing and reviewing of courses on a new installation."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from incubator.services.courses import ensure_course_permissions
from portal.domain.lifecycle import Conflict
from portal.labels import refusal_text


class Command(BaseCommand):
    """``manage.py setup_courses``: safe to repeat."""

    help = "Create the course list at /courses/, the rights of its authors and the review workflow."

    def handle(self, *_args: Any, **_options: Any) -> None:
        try:
            index = ensure_course_permissions(now=timezone.now())
        except Conflict as refusal:
            raise CommandError(refusal_text(refusal)) from refusal
        self.stdout.write(_("Courses are ready at %(url)s.") % {"url": index.url or "/courses/"})
