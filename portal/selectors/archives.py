"""Packages for the archive: what a person asked for, and until when it is kept."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.utils import timezone

from portal.domain.lifecycle import Refused
from portal.labels import refusal_text
from portal.models import ArchivePackage, User
from portal.selectors.personal import data_register


@dataclass(frozen=True)
class PackageRow:
    """A package, the day on which it goes, and why it was not made, if so."""

    package: ArchivePackage
    ends_on: date
    problem: str


def packages_of(user: User) -> list[PackageRow]:
    """Return what a person asked for, newest first (one query)."""
    rows = ArchivePackage.objects.filter(asked_by=user).select_related("file")
    return [PackageRow(row, ends_on(row), problem_of(row)) for row in rows]


def ends_on(package: ArchivePackage) -> date:
    """Return the last day of a package."""
    days = data_register()["portal.archivepackage"].days or 0
    return timezone.localdate(package.asked_at + timedelta(days=days))


def problem_of(package: ArchivePackage) -> str:
    """Return why a package was not made, or “”."""
    return refusal_text(Refused(package.problem, **package.details)) if package.problem else ""
