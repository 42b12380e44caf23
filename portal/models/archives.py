"""Packages of issued documents that somebody asked for, for the county's archive."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal import labels


class ArchivePackage(models.Model):
    """A package from the moment it is asked for until retention removes it with its file.

    Written by ``portal.services.archive`` only. Personal data: who asked; the file holds what
    the documents hold. Kept for 7 days.
    """

    asked_by = models.ForeignKey("portal.User", on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(_("asked for at"))
    kind = models.CharField(_("kind"), max_length=40, choices=labels.document_kinds)
    since = models.DateField(_("issued from"))
    until = models.DateField(_("issued until"))
    state = models.CharField(
        _("state"), max_length=12, choices=labels.archive_states, default="waiting"
    )
    count = models.PositiveIntegerField(_("documents"), default=0)
    file = models.OneToOneField(
        "portal.StoredFile", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    problem = models.CharField(max_length=40, blank=True)
    details = models.JSONField(default=dict)

    class Meta:
        """The same package waits once."""

        verbose_name = _("archive package")
        verbose_name_plural = _("archive packages")
        ordering: ClassVar = ["-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["asked_by", "kind", "since", "until"],
                condition=Q(state="waiting"),
                name="archive_package_waits_once",
            ),
            models.CheckConstraint(
                condition=Q(state="ready", file__isnull=False)
                | Q(~Q(state="ready"), file__isnull=True),
                name="archive_package_ready_with_file",
            ),
        ]

    def __str__(self) -> str:
        """Show what it holds."""
        return f"{self.kind} {self.since:%Y-%m-%d} – {self.until:%Y-%m-%d}"
