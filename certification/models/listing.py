"""The list of providers, denormalised so that a page of it is one indexed query."""

from datetime import date
from typing import Any, ClassVar

from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, Value, When
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from certification.domain.tiers import UNRANKED
from portal.models import Bilingual


class ProviderListingQuerySet(models.QuerySet["ProviderListing"]):
    """Listings by intention."""

    def as_of(self, today: date) -> Any:
        """Add ``rank_now`` and ``total_now``: tier's place and total if the grade holds, else last.

        The calendar is asked at reading, so an expired grade never stands by a late job.
        (``Any``: the annotations are not among the model's fields.)
        """
        holds = Q(grade_state="active") | Q(grade_state="suspended", suspended_until__lt=today)
        rank = Case(
            When(holds & Q(valid_until__gte=today), then=F("tier_rank")),
            default=Value(UNRANKED),
        )
        total = Case(When(holds & Q(valid_until__gte=today), then=F("total")), default=Value(-1))
        return self.annotate(rank_now=rank, total_now=total)

    def with_facet(self, kind: str, value: str) -> "ProviderListingQuerySet":
        """Keep those that delivered in a category or township."""
        facets = ListingFacet.objects.filter(listing=OuterRef("pk"), kind=kind, value=value)
        return self.filter(Exists(facets))


class ProviderListing(models.Model):
    """An admitted firm as the public list shows it; ``services.listings`` refreshes it.

    Derived from grades and evidence, so it may be rebuilt at any time. No personal data.
    """

    organisation = models.OneToOneField(
        "portal.Organisation", on_delete=models.CASCADE, related_name="+"
    )
    grade = models.ForeignKey(
        "certification.Grade", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    name = models.CharField(_("name"), max_length=120)
    uscc = models.CharField(_("unified social credit code"), max_length=18, unique=True)
    tier = models.CharField(_("tier"), max_length=24, blank=True)
    tier_rank = models.PositiveSmallIntegerField(_("place of the tier"), default=UNRANKED)
    total = models.IntegerField(_("total in hundredths"), null=True, blank=True)
    quality = models.IntegerField(_("delivery quality in hundredths"), null=True, blank=True)
    innovation = models.IntegerField(_("innovation in hundredths"), null=True, blank=True)
    grade_state = models.CharField(_("state of the grade"), max_length=32, blank=True)
    valid_until = models.DateField(_("valid until"), null=True, blank=True)
    suspended_until = models.DateField(_("suspended until"), null=True, blank=True)
    summary = models.JSONField(_("reasons and counts"), default=dict)
    search = models.TextField(_("searched text"))
    refreshed_at = models.DateTimeField(_("refreshed at"))

    objects = ProviderListingQuerySet.as_manager()

    class Meta:
        """Read by name and by tier."""

        verbose_name = _("provider in the list")
        verbose_name_plural = _("providers in the list")
        indexes: ClassVar = [
            models.Index(fields=["name", "id"], name="listing_by_name"),
            models.Index(fields=["tier_rank", "-total", "name", "id"], name="listing_by_tier"),
        ]

    def __str__(self) -> str:
        """Show the firm."""
        return self.name

    def get_absolute_url(self) -> str:
        """Where the public reads about the firm."""
        return reverse("certification:provider", args=[self.uscc])


class ListingFacet(Bilingual):
    """Where (township) or what (category) a listed firm has delivered. No personal data."""

    listing = models.ForeignKey(ProviderListing, on_delete=models.CASCADE, related_name="facets")
    kind = models.CharField(max_length=12)
    value = models.CharField(max_length=60)
    label = models.CharField(max_length=80)
    label_en = models.CharField(max_length=120, blank=True)

    class Meta:
        """Each once for a firm; found by kind and value."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["listing", "kind", "value"], name="facet_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["kind", "value"], name="facet_value")]
