"""``manage.py import_case_log PILOT FILE --phase before|after``."""

from pathlib import Path
from typing import Any

from django.core.files.base import File
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from portal.domain.lifecycle import Refused
from portal.labels import refusal_text
from village_pilot.models import Pilot
from village_pilot.services.case_logs import PHASES, import_case_log


class Command(BaseCommand):
    """Imports a case log of any size that the reader takes."""

    help = "Import a case log (CSV, XES or XES.gz) of a pilot, before or after its redesign."

    def add_arguments(self, parser: CommandParser) -> None:
        """PILOT is the pilot's number."""
        parser.add_argument("pilot", metavar="PILOT")
        parser.add_argument("file", metavar="FILE", type=Path)
        parser.add_argument("--phase", choices=PHASES, required=True)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print the log's first figures, or say what is wrong with the file."""
        pilot = Pilot.objects.filter(number=options["pilot"]).first()
        if pilot is None:
            raise CommandError(f"There is no pilot {options['pilot']}.")
        path: Path = options["file"]
        try:
            with path.open("rb") as opened:
                log = import_case_log(
                    pilot=pilot,
                    upload=File(opened, name=path.name),
                    phase=options["phase"],
                    actor=None,
                    now=timezone.now(),
                    limit=None,
                )
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}") from error
        except Refused as refused:
            raise CommandError(refusal_text(refused)) from refused
        measures = log.measures
        median = measures["throughput_seconds"]["median"]
        self.stdout.write(
            f"{pilot.number} {log.phase}: {measures['cases']} cases, {measures['events']} events, "
            f"median {median:.0f} seconds"
        )
