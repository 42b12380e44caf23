"""Official divisions into the tree of regions."""

from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from portal.domain.lifecycle import Invalid
from portal.services.regions import DivisionReport, load_divisions


class Command(BaseCommand):
    """``manage.py load_divisions CSV``: all or nothing; exit 1 where a row is rejected."""

    help = "Load official divisions from a CSV file (code,name,type,parent), all or nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("csv", type=Path, help="UTF-8, parents before their children")

    def handle(self, *, csv: Path, **_options: object) -> None:
        try:
            with csv.open(encoding="utf-8-sig") as lines:
                report = load_divisions(
                    lines=lines, actor=None, now=timezone.now(), progress=self.show
                )
        except Invalid as refusal:
            self.reject(refusal.params["report"])  # type: ignore[arg-type]
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{csv}: {getattr(error, 'strerror', None) or error}") from error
        else:
            self.tell(report)

    def show(self, rows: int) -> None:
        """Show how far it is."""
        self.stderr.write(f"{rows} rows")

    def tell(self, report: DivisionReport) -> None:
        """Print the four counts."""
        self.stdout.write(
            f"{report.added} added, {report.changed} changed, {report.unchanged} unchanged, "
            f"{report.rejected_count} rejected"
        )

    def reject(self, report: DivisionReport) -> None:
        """Name the rejected rows and fail."""
        for line, reason, value in report.rejected:
            self.stdout.write(f"line {line}: {reason} ({value})")
        if more := report.rejected_count - len(report.rejected):
            self.stdout.write(f"and {more} more")
        raise CommandError(f"{report.rejected_count} rejected; nothing was loaded.")
