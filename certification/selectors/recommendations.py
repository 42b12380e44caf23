"""The public list: one indexed query a page, the calendar asked at reading."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import reduce
from typing import Any

from django.db.models import Q

from certification import labels
from certification.domain.grade import counts, grade_status
from certification.domain.recommendation import DISCLAIMER, UNKNOWN_CONFIDENCE, tie_groups
from certification.domain.tiers import UNRANKED
from certification.models import ListingFacet, ProviderListing

PAGE = 20
NO_TIER = "none"
"""The filter's word for providers without a grade."""

ORDERS: dict[str, tuple[str, ...]] = {
    "name": ("name", "pk"),
    "tier": ("rank_now", "-total_now", "name", "pk"),
}


@dataclass(frozen=True)
class Filters:
    """What narrows the list; empty means everybody."""

    q: str = ""
    tier: str = ""
    category: str = ""
    township: str = ""


@dataclass(frozen=True)
class Row:
    """A provider as list, export and API show it; scores in hundredths of a point."""

    listing: ProviderListing
    tier: str | None
    status: str

    @property
    def reasons(self) -> list[dict[str, str]]:
        """Why the row stands where it stands: {code, text, evidence}, in the language in use."""
        summary = self.listing.summary
        stored = summary["reasons"] if self.tier else summary["without_grade"]
        url = self.listing.get_absolute_url()
        return [
            {
                "code": reason["code"],
                "text": labels.reason_text(reason),
                "evidence": f"{url}#{reason['evidence']}",
            }
            for reason in stored
        ]

    @property
    def confidence(self) -> dict[str, Any]:
        """How sure the tier is: status, probability, low and high total, while it holds."""
        kept: dict[str, Any] = self.listing.summary.get("confidence") if self.tier else {}
        return kept or dict(UNKNOWN_CONFIDENCE)

    @property
    def facts(self) -> dict[str, int]:
        """Counts: deliveries, villages, courses, modules."""
        found: dict[str, int] = self.listing.summary["facts"]
        return found

    def points(self, name: str) -> float | None:
        """Points of ``total``, ``quality`` or ``innovation`` while the grade holds."""
        value = getattr(self.listing, name) if self.tier else None
        return None if value is None else value / 100

    @property
    def total(self) -> float | None:
        """The total in points, while the grade holds."""
        return self.points("total")

    @property
    def quality(self) -> float | None:
        """Delivery quality in points, while the grade holds."""
        return self.points("quality")

    @property
    def innovation(self) -> float | None:
        """Innovation in points, while the grade holds."""
        return self.points("innovation")

    def labels_of(self, kind: str) -> list[str]:
        """Names of the row's categories or townships (prefetched)."""
        return [facet.local("label") for facet in self.listing.facets.all() if facet.kind == kind]

    @property
    def categories(self) -> list[str]:
        """What the firm has delivered."""
        return self.labels_of("category")

    @property
    def townships(self) -> list[str]:
        """Where the firm has delivered."""
        return self.labels_of("township")

    def as_json(self) -> dict[str, Any]:
        """Return the row as the contract of ``/api/v1/recommendations`` names it."""
        score = {
            "total": self.total,
            "delivery_quality": self.quality,
            "innovation": self.innovation,
            "low": self.confidence["low"],
            "high": self.confidence["high"],
        }
        return {
            "uscc": self.listing.uscc,
            "name": self.listing.name,
            "tier": self.tier,
            "status": self.status,
            "score": score,
            "confidence": {key: self.confidence[key] for key in ("status", "probability")},
            "valid_until": self.listing.valid_until if self.tier else None,
            "categories": self.categories,
            "townships": self.townships,
            "reasons": self.reasons,
            "evidence": self.facts,
        }


@dataclass(frozen=True)
class RowPage:
    """Up to ``PAGE`` rows and the id after which the next page goes on (``None``: the end)."""

    rows: list[Row]
    next_after: int | None
    disclaimer: str = DISCLAIMER


def recommendation_rows(
    filters: Filters,
    order: str,
    after: int | None,
    today: date,
    *,
    limit: int | None = PAGE,
) -> RowPage:
    """Return a page of the list (2 queries, 3 with ``after``).

    ``order`` is ``name`` (neutral) or ``tier``; ``after`` the id of the last row seen.
    ``limit=None`` returns everything that passes the filters (exports).
    """
    keys = ORDERS.get(order, ORDERS["name"])
    found = filtered(filters, today).order_by(*keys).prefetch_related("facets")
    last = ProviderListing.objects.as_of(today).filter(pk=after).first() if after else None
    if last is not None:
        found = found.filter(beyond(last, keys))
    listings = list(found if limit is None else found[: limit + 1])
    more = limit is not None and len(listings) > limit
    shown = listings[:limit]
    return RowPage([row_of(one, today) for one in shown], shown[-1].pk if more else None)


def filtered(filters: Filters, today: date) -> Any:
    """Return the listings that pass, with ``rank_now`` and ``total_now``."""
    found = ProviderListing.objects.as_of(today)
    if filters.q:
        found = found.filter(search__contains=filters.q.strip().casefold())
    if filters.tier == NO_TIER:
        found = found.filter(rank_now=UNRANKED)
    elif filters.tier:
        found = found.filter(tier=filters.tier).exclude(rank_now=UNRANKED)
    for kind, value in (("category", filters.category), ("township", filters.township)):
        if value:
            found = found.with_facet(kind, value)
    return found


def beyond(last: ProviderListing, keys: Sequence[str]) -> Q:
    """Return the condition of standing behind ``last`` in an order by ``keys``."""
    conditions = []
    for place, key in enumerate(keys):
        equal = {name.lstrip("-"): getattr(last, name.lstrip("-")) for name in keys[:place]}
        name = key.lstrip("-")
        side = "lt" if key.startswith("-") else "gt"
        conditions.append(Q(**equal, **{f"{name}__{side}": getattr(last, name)}))
    return reduce(Q.__or__, conditions)


def row_of(listing: ProviderListing, today: date) -> Row:
    """Return a listing with what its grade is on ``today``."""
    if listing.valid_until is None:
        return Row(listing, None, "not_graded")
    status = grade_status(listing.grade_state, listing.valid_until, today, listing.suspended_until)
    return Row(listing, listing.tier if counts(status) else None, status)


@dataclass(frozen=True)
class Group:
    """Neighbouring rows; ``tied`` where only rounding keeps them apart."""

    rows: list[Row]
    tied: bool


def grouped(rows: Sequence[Row]) -> list[Group]:
    """Group rows in order of tier into ties and single rows."""
    places = tie_groups([(row.tier, row.listing.total if row.tier else None) for row in rows])
    return [Group([rows[place] for place in group], len(group) > 1) for group in places]


def facet_choices() -> dict[str, list[tuple[str, str]]]:
    """Return the (value, label) pairs to filter by, per kind, by label (one query)."""
    found: dict[str, list[tuple[str, str]]] = {"category": [], "township": []}
    facets = ListingFacet.objects.order_by("label", "value")
    pairs = facets.values_list("kind", "value", "label", "label_en").distinct()
    for kind, value, label, label_en in pairs:
        shown = ListingFacet(label=label, label_en=label_en).local("label")
        found.setdefault(kind, []).append((value, shown))
    return found


def tier_counts(today: date) -> dict[str, int]:
    """Return how many providers hold each tier today, best first, ``none`` last (one query)."""
    listings = ProviderListing.objects.as_of(today).order_by("rank_now", "tier")
    found: dict[str, int] = {}
    for rank, tier in listings.values_list("rank_now", "tier"):
        key = NO_TIER if rank == UNRANKED else tier
        found[key] = found.get(key, 0) + 1
    return found
