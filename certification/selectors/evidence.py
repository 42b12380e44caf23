"""What the loop knows of firms: the one door through which evidence enters an assessment."""

from collections.abc import Callable, Collection
from datetime import date, datetime, time
from typing import Any, TypedDict

from django.urls import reverse
from django.utils import timezone

from certification.domain.firm_evidence import (
    DeliveryFacts,
    OneDelivery,
    delivery_items,
    rubric_fields,
)
from certification.labels import OTHER_FIRMS
from incubator.selectors.applications import admitted_firms
from incubator.selectors.courses import courses_completed
from incubator.selectors.module_uses import ModuleEvidence, UsedModule, module_evidence
from incubator.selectors.modules import modules_contributed
from portal.models import Region
from village_pilot.selectors import DecidedDeliverable, DeliveryEvidence, delivery_evidence
from village_pilot.selectors.pilots import processes


class Source(TypedDict):
    """One piece of evidence as a scorecard shows it; ``url`` is “” where it has no page."""

    title: str
    note: str
    value: str
    url: str


class Facet(TypedDict):
    """A category or township in which a firm has delivered."""

    kind: str
    value: str
    label: str
    label_en: str


class Rated(TypedDict):
    """Who rated a delivery (a person's id, “” for nobody), and the marks."""

    assessor: str
    marks: list[int]


class FirmEvidence(TypedDict):
    """A firm's evidence in a period, as it is frozen: plain JSON data.

    ``fields`` are the rubric's evidence fields, ``sources`` lists by field what they rest on,
    ``facts`` the counts of the list (``deliveries``, ``villages``, ``courses``, ``modules`` that
    the firm delivered with, ``reusers``: other firms that delivered with its own).
    ``ratings`` says, delivery by delivery, who rated it; only the office reads it.
    """

    fields: dict[str, Any]
    sources: dict[str, list[Source]]
    facts: dict[str, int]
    facets: list[Facet]
    ratings: list[Rated]


Names = dict[tuple[str, str], tuple[str, str]]
Gather = Callable[[Collection[int], date, date], dict[int, FirmEvidence]]

REUSE_MONTHS = 24
"""How far back reuse by others counts (unit of the field in ``county-dsp 1.0.0``)."""
MONTHS = 36
"""How far back evidence counts (unit of the rubric's fields)."""


def evidence_since(until: date) -> date:
    """Return the first day of the 36 months that end on ``until``."""
    return until.replace(year=until.year - MONTHS // 12, day=min(until.day, 28))


def reuse_since(until: date) -> date:
    """Return the first day of the 24 months that end on ``until``."""
    return until.replace(year=until.year - REUSE_MONTHS // 12, day=min(until.day, 28))


def gather_evidence(
    organisation_ids: Collection[int], since: date, until: date
) -> dict[int, FirmEvidence]:
    """Return what the loop recorded of each firm from ``since`` to ``until``, both included.

    Every id has an entry, also a firm of which nothing is known. A fixed number of queries.
    """
    delivered = delivery_evidence(organisation_ids, since=since, until=until)
    end = end_of_day(until)
    modules = module_evidence(
        organisation_ids, reused_since=start_of_day(reuse_since(until)), until=end
    )
    contributed = modules_contributed(organisation_ids, end)
    courses = courses_completed(organisation_ids, end)
    names = facet_names({code for one in delivered.values() for code in one.townships})
    return {
        pk: firm_evidence(
            delivered[pk],
            modules=modules[pk],
            contributed=contributed.get(pk, 0),
            courses=courses.get(pk, 0),
            names=names,
        )
        for pk in organisation_ids
    }


def firm_evidence(
    found: DeliveryEvidence,
    *,
    modules: ModuleEvidence,
    contributed: int,
    courses: int,
    names: Names,
) -> FirmEvidence:
    """Put one firm's evidence together."""
    return {
        "fields": {
            **rubric_fields(
                facts_of(found),
                modules_used=len(modules.used),
                modules_contributed=contributed,
                courses=courses,
            ),
            "module_reuse_by_others": modules.reusers,
            "deliveries": delivery_items([one_delivery(one) for one in found.deliverables]),
        },
        "sources": {**sources_of(found), **module_sources(modules)},
        "facts": {
            "deliveries": found.accepted,
            "villages": len(found.villages),
            "courses": courses,
            "modules": len(modules.used),
            "reusers": modules.reusers,
        },
        "facets": [
            facet
            for kind, values in (("category", found.processes), ("township", found.townships))
            for facet in facets_of(kind, values, names)
        ],
        "ratings": [
            {"assessor": one.reviewer, "marks": [*one.marks]} for one in found.deliverables
        ],
    }


def facts_of(found: DeliveryEvidence) -> DeliveryFacts:
    """Return the counts that the rubric's fields are made of."""
    return DeliveryFacts(
        decided=found.deliverables_decided,
        accepted_first_time=found.accepted_first_time,
        accepted=found.accepted,
        refused=found.refused,
        technical_mean=found.technical_mean,
        on_time=found.on_time,
        due=found.due,
        handling_time_reduction=found.handling_time_reduction,
        villages=len(found.villages),
        redesign_level=found.redesign_level if found.accepted else None,
    )


def one_delivery(one: DecidedDeliverable) -> OneDelivery:
    """Return a decided deliverable as the rubric's items are made of."""
    return OneDelivery(
        decided_on=one.decided_on,
        village=one.village,
        decision=one.decision,
        first_time=one.first_time,
        technical_mean=one.mean,
        on_time=one.on_time,
        time_cut=one.time_cut,
    )


BY_DECISION = (
    "deliveries",
    "deliveries_accepted",
    "acceptance_rate",
    "refused_deliverables",
    "villages_served",
    "process_redesign_level",
)
"""Fields that rest on the villages' decisions."""


def sources_of(found: DeliveryEvidence) -> dict[str, list[Source]]:
    """Return by field the decided deliverables that it rests on."""
    decided = [decided_source(one) for one in found.deliverables]
    rated = [
        {**source, "value": f"{one.mean:.2f}"}
        for one, source in zip(found.deliverables, decided, strict=True)
        if one.mean is not None
    ]
    return {**dict.fromkeys(BY_DECISION, decided), "technical_rubric_mean": rated}  # type: ignore[dict-item]


def module_sources(modules: ModuleEvidence) -> dict[str, list[Source]]:
    """Return by field the modules that a firm delivered with, and how many reuse its own."""
    reused = [module_source(one, firms=True) for one in modules.reused]
    return {
        "modules_used": [module_source(one) for one in modules.used],
        "module_contributed": reused,
        "module_reuse_by_others": reused,
    }


def module_source(one: UsedModule, *, firms: bool = False) -> Source:
    """Name a module with the day of the last acceptance, and how many firms where asked."""
    return {
        "title": f"{one.title} {one.name}",
        "note": one.last_on.isoformat(),
        "value": f"{OTHER_FIRMS}{len(one.firms)}" if firms else "",
        "url": reverse("incubator:module", args=[one.name]),
    }


def decided_source(one: DecidedDeliverable) -> Source:
    """Name a decided deliverable with place, day and decision."""
    return {
        "title": f"{one.place} · {one.title} v{one.version}",
        "note": one.decided_on.isoformat(),
        "value": one.decision,
        "url": one.url,
    }


def facet_names(towns: Collection[str]) -> Names:
    """Return names of processes and townships: (kind, value) to (Chinese, English); 2 queries."""
    found: Names = {("category", one.code): (one.name, one.name_en) for one in processes()}
    regions = Region.objects.filter(code__in=towns).values_list("code", "name")
    return found | {("township", code): (name, "") for code, name in regions}


def facets_of(kind: str, values: Collection[str], names: Names) -> list[Facet]:
    """Return the facets of one kind; a value without a name stands for itself."""
    return [
        {
            "kind": kind,
            "value": value,
            "label": names.get((kind, value), (value, ""))[0],
            "label_en": names.get((kind, value), (value, ""))[1],
        }
        for value in values
    ]


def end_of_day(day: date) -> datetime:
    """Return the last moment of a day in the county."""
    return datetime.combine(day, time.max, tzinfo=timezone.get_default_timezone())


def start_of_day(day: date) -> datetime:
    """Return the first moment of a day in the county."""
    return datetime.combine(day, time.min, tzinfo=timezone.get_default_timezone())


def admitted_firm_ids() -> list[int]:
    """Return the ids of the admitted firms (one query)."""
    return list(admitted_firms().order_by("pk").values_list("pk", flat=True))
