"""The first security administrator: appointed at the machine, because nobody can grant yet."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from portal.domain.lifecycle import Refused
from portal.models import User
from portal.services.accounts import appoint_first


class Command(BaseCommand):
    """``manage.py appoint EMAIL``: works as long as there is no security administrator."""

    help = "Makes a person the first security administrator; every other role is granted by one."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the person's address."""
        parser.add_argument("email")

    def handle(self, *_args: Any, email: str, **_options: Any) -> None:
        """Appoint, or say why not."""
        user = User.objects.filter(email__iexact=email).first()
        if user is None:
            msg = f"There is no account {email}; sign up first."
            raise CommandError(msg)
        try:
            appoint_first(user=user, now=timezone.now())
        except Refused as refusal:
            msg = f"Not appointed: {refusal.code}."
            raise CommandError(msg) from refusal
        self.stdout.write(f"{user.email} is the security administrator.")
