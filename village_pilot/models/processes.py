"""The catalogue of village processes."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from portal.models import Bilingual
from village_pilot import labels


class ProcessTemplateQuerySet(models.QuerySet["ProcessTemplate"]):
    """Processes by intention."""

    def current(self) -> "ProcessTemplateQuerySet":
        """The editions that the catalogue shows."""
        return self.filter(superseded_at__isnull=True)


class ProcessTemplate(Bilingual):
    """An edition of a village process. A pilot keeps the edition that it began with.

    Holds no personal data. Laws stand by name, without article numbers.
    """

    code = models.CharField(_("code"), max_length=8)
    edition = models.PositiveSmallIntegerField(_("edition"), default=1)
    name = models.CharField(_("name"), max_length=80)
    name_en = models.CharField(_("name in English"), max_length=120, blank=True)
    category = models.CharField(_("category"), max_length=20)
    steps = models.JSONField(_("steps"), default=list)
    handlers = models.JSONField(_("handlers"), default=list)
    time_rule = models.CharField(_("time rule"), max_length=300)
    time_basis = models.CharField(_("basis"), max_length=300)
    basis_status = models.CharField(_("basis status"), max_length=24)
    publicity = models.CharField(_("publicity"), max_length=80)
    personal_data = models.CharField(
        _("personal data"), max_length=8, choices=labels.personal_data_levels
    )
    personal_data_note = models.CharField(max_length=40, blank=True)
    loaded_at = models.DateTimeField(_("loaded at"))
    superseded_at = models.DateTimeField(_("superseded at"), null=True, blank=True)

    objects = ProcessTemplateQuerySet.as_manager()

    class Meta:
        """One current edition of a code."""

        verbose_name = _("process template")
        verbose_name_plural = _("process templates")
        ordering: ClassVar = ["code", "edition"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["code", "edition"], name="process_edition_once"),
            models.UniqueConstraint(
                fields=["code"], condition=Q(superseded_at__isnull=True), name="process_one_current"
            ),
        ]

    def __str__(self) -> str:
        """Show the Chinese name."""
        return self.name

    @property
    def local_name(self) -> str:
        """The name in the reader's language."""
        return self.local("name")

    def get_absolute_url(self) -> str:
        """Return the page of the catalogue."""
        return reverse("village_pilot:process", args=[self.code])
