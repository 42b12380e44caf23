"""Administrative divisions as a tree keyed by the 12-digit statistical code."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal import labels


class RegionQuerySet(models.QuerySet["Region"]):
    """Regions by intention."""

    def villages(self) -> "RegionQuerySet":
        """Villages and residents' committees, with the township at hand."""
        return self.filter(type__in=("village_committee", "residents_committee")).select_related(
            "parent"
        )

    def townships_of(self, county_code: str) -> "RegionQuerySet":
        """The towns and townships of a county."""
        return self.filter(parent_id=county_code)


class Region(models.Model):
    """A division. Source: National Bureau of Statistics. Holds no personal data."""

    code = models.CharField(_("division code"), max_length=12, primary_key=True)
    name = models.CharField(_("name"), max_length=80)
    type = models.CharField(_("type"), max_length=24, choices=labels.region_types)
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="children"
    )

    objects = RegionQuerySet.as_manager()

    class Meta:
        """Ordered by code, which is the official order."""

        verbose_name = _("region")
        verbose_name_plural = _("regions")
        ordering: ClassVar = ["code"]

    def __str__(self) -> str:
        """Show the official name."""
        return self.name

    @property
    def place(self) -> str:
        """Township and village together, as places are always shown (needs ``parent``)."""
        if self.type in {"village_committee", "residents_committee"} and self.parent:
            return f"{self.parent.name}{self.name}"
        return self.name
