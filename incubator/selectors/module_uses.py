"""Reads of the register of uses: what firms deliver with, and who delivers with whose modules.

``counted`` uses only, unless said otherwise: those by firms without a tie to the contributor.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import Count, Exists, F, IntegerField, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from incubator.models import ModuleDownload, ModuleRelease, ModuleUse, SharedModule


def counted_uses(key: str, counted: str) -> Coalesce:
    """Return an annotation: how many different ``counted`` use a row, told by the path ``key``."""
    rows = ModuleUse.objects.counted().filter(**{key: OuterRef("pk")}).order_by()
    numbers = rows.values(key).annotate(n=Count(counted, distinct=True)).values("n")
    return Coalesce(Subquery(numbers, output_field=IntegerField()), 0)


def with_uses(rows: "QuerySet[Any]", key: str) -> "QuerySet[Any]":
    """Annotate modules or releases with ``deliveries`` and ``deliverers`` (firms)."""
    found: QuerySet[Any] = rows.annotate(
        deliveries=counted_uses(key, "deliverable"), deliverers=counted_uses(key, "organisation")
    )
    return found


@dataclass(frozen=True)
class DeclaredRelease:
    """A release as the page of a deliverable names it."""

    pk: int
    module: SharedModule
    number: str
    withdrawn: bool


def declarable(
    organisation_id: int, declared: "Collection[int] | QuerySet[Any]" = ()
) -> list[DeclaredRelease]:
    """Return what a firm may declare, by name and newest first, 200 at most (one query).

    These are the published releases that it downloaded or contributed; what it ``declared``
    (ids) before stays, also where it was withdrawn since.
    """
    taken = ModuleDownload.objects.filter(organisation=organisation_id, release=OuterRef("pk"))
    own = Q(module__owner=organisation_id)
    offered = Q(state="published") & (own | Exists(taken))
    return named(ModuleRelease.objects.filter(offered | Q(pk__in=declared)))


def declared_releases(declared: "Collection[int] | QuerySet[Any]") -> list[DeclaredRelease]:
    """Return the releases with these ids, by name (one query)."""
    return named(ModuleRelease.objects.filter(pk__in=declared))


def named(rows: "QuerySet[ModuleRelease]") -> list[DeclaredRelease]:
    """Return releases with their modules, by name and newest first."""
    rows = rows.select_related("module").order_by("module__name", "-published_at", "-pk")
    return [
        DeclaredRelease(row.pk, row.module, row.number, row.state == "yanked") for row in rows[:200]
    ]


def firms_delivering(module: SharedModule) -> list[dict[str, Any]]:
    """Return who delivered with a module, by name (one query), 200 at most.

    Each with ``deliveries``, the ``last`` moment of acceptance and the code ``uncounted``; a firm
    stands twice where only some of its uses count. Not for the public:
    ``incubator.permissions.modules.may_see_firms``.
    """
    rows = ModuleUse.objects.filter(release__module=module).order_by()
    found = rows.values("uncounted", name=F("organisation__name")).annotate(
        deliveries=Count("deliverable", distinct=True), last=Max("accepted_at")
    )
    return [dict(row) for row in found.order_by("name", "uncounted")[:200]]


@dataclass(frozen=True)
class UsedModule:
    """A module in a firm's deliveries; ``firms`` are the ids of those that deliver with it."""

    name: str
    title: str
    last_on: date
    firms: frozenset[int] = frozenset()


@dataclass
class ModuleEvidence:
    """Modules of others that a firm delivered with, and its own that others delivered with."""

    used: list[UsedModule] = field(default_factory=list)
    reused: list[UsedModule] = field(default_factory=list)

    @property
    def reusers(self) -> int:
        """How many other firms delivered with any of the firm's modules."""
        return len(frozenset().union(*(module.firms for module in self.reused)))


def module_evidence(
    organisation_ids: Collection[int], *, reused_since: datetime, until: datetime
) -> dict[int, ModuleEvidence]:
    """Return what acceptances up to ``until`` say of firms (two queries).

    What others did counts from ``reused_since``, what a firm used whenever it was. Every id has
    an entry.
    """
    rows = ModuleUse.objects.counted().filter(accepted_at__lte=until).order_by()
    found = {pk: ModuleEvidence() for pk in organisation_ids}
    for row in by_module(rows.filter(organisation__in=found), "organisation_id"):
        found[row["organisation_id"]].used.append(used_module([row]))
    others = rows.filter(release__module__owner__in=found, accepted_at__gte=reused_since)
    groups: dict[tuple[int, str], list[dict[str, Any]]] = {}
    for row in by_module(others, "organisation_id", "release__module__owner_id"):
        groups.setdefault((row["release__module__owner_id"], row["name"]), []).append(row)
    for (owner, _name), group in groups.items():
        found[owner].reused.append(used_module(group))
    return found


def by_module(rows: "QuerySet[ModuleUse]", *keys: str) -> "QuerySet[Any]":
    """Return the ``last`` acceptance for each module and firm."""
    names = {"name": F("release__module__name"), "title": F("release__module__title")}
    found: QuerySet[Any] = rows.values(*keys, **names).annotate(last=Max("accepted_at"))
    return found.order_by("name", *keys)


def used_module(group: list[dict[str, Any]]) -> UsedModule:
    """Put the firms of one module together."""
    return UsedModule(
        name=group[0]["name"],
        title=group[0]["title"],
        last_on=timezone.localdate(max(row["last"] for row in group)),
        firms=frozenset(row["organisation_id"] for row in group),
    )
