"""What a firm delivered, as the assessment of providers reads it."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from statistics import fmean, median
from typing import Any

from django.urls import reverse
from django.utils import timezone

from village_pilot.domain.delivery import DECISIONS, POSITIVE, best_level
from village_pilot.domain.durations import reduction
from village_pilot.models import (
    CaseLog,
    DeliverableVersion,
    Milestone,
    Pilot,
    TechnicalReview,
)

ACCEPTING = frozenset(name for name, (state, _step) in DECISIONS.items() if state in POSITIVE)


@dataclass(frozen=True)
class DecidedDeliverable:
    """A decided version as an explanation names it; ``mean`` is the technical mean, 0 to 4.

    ``village`` is the code of the village that decided, ``first_time`` as in
    ``DeliveryEvidence``; ``on_time`` says whether its milestone was handed in by its first date
    (``None``: no milestone), ``time_cut`` by which share its pilot's handling times fell
    (``None``: not measured). ``reviewer`` is the id of whoever gave the last review (“” without
    one), ``marks`` are its anchors.
    """

    title: str
    version: int
    place: str
    decided_on: date
    decision: str
    mean: float | None
    url: str
    village: str
    first_time: bool
    on_time: bool | None
    time_cut: float | None
    reviewer: str = ""
    marks: tuple[int, ...] = ()


@dataclass(frozen=True)
class DeliveryEvidence:
    """What was decided about a firm's deliverables in a period.

    ``deliverables_decided`` counts deliverables with a decision in the period, each by its
    last one there; ``accepted`` (conditions included) and ``refused`` share them out;
    ``accepted_first_time`` were accepted without conditions as version 1 and without a
    request for changes. ``technical_mean`` (0 to 4) is the mean of the last reviews of the
    reviewed deliverables, ``on_time`` of ``due`` milestones were handed in by their first
    date. ``handling_time_reduction`` is the median over pilots with both logs, each
    of at least ``MIN_CASES`` cases, of 1 − after / before of the median times; ``None``
    without such a pair.
    """

    organisation_id: int
    deliverables_decided: int = 0
    accepted_first_time: int = 0
    accepted: int = 0
    refused: int = 0
    technical_mean: float | None = None
    on_time: int = 0
    due: int = 0
    handling_time_reduction: float | None = None
    villages: tuple[str, ...] = ()
    townships: tuple[str, ...] = ()
    processes: tuple[str, ...] = ()
    redesign_level: str = "none"
    deliverables: tuple[DecidedDeliverable, ...] = ()


def delivery_evidence(
    organisation_ids: Collection[int], *, since: date, until: date
) -> dict[int, DeliveryEvidence]:
    """Return each firm's evidence from decisions on days ``since`` to ``until``, both included.

    Every id has an entry. Four queries for any number of firms.
    """
    versions = decided_versions(organisation_ids, since, until)
    milestones = due_milestones(organisation_ids, since, until)
    logs = reductions(organisation_ids, until)
    return {
        pk: firm_evidence(pk, versions.get(pk, []), milestones.get(pk, []), logs.get(pk, {}))
        for pk in organisation_ids
    }


def moment_after(day: date) -> datetime:
    """Return the first moment of the day after ``day`` in the county's time zone."""
    return timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min))


def decided_versions(
    ids: Collection[int], since: date, until: date
) -> dict[int, list[DeliverableVersion]]:
    """Return decided versions by firm, in order of decision (two queries)."""
    rows = (
        DeliverableVersion.objects.filter(
            deliverable__pilot__provider__in=ids,
            decision__decided_at__gte=moment_after(since - timedelta(days=1)),
            decision__decided_at__lt=moment_after(until),
        )
        .select_related(
            "decision",
            "deliverable__pilot__village__parent",
            "deliverable__pilot__process",
            "deliverable__milestone",
        )
        .prefetch_related("reviews")
        .order_by("decision__decided_at", "id")
    )
    return grouped(rows, lambda row: row.deliverable.pilot.provider_id)


def due_milestones(ids: Collection[int], since: date, until: date) -> dict[int, list[Milestone]]:
    """Return the milestones whose first date lies in the period, by firm (one query)."""
    rows = Milestone.objects.filter(
        pilot__provider__in=ids,
        pilot__state__in=("running", "paused", "completed"),
        first_due_on__gte=since,
        first_due_on__lte=until,
    ).select_related("pilot")
    return grouped(rows, lambda row: row.pilot.provider_id)


def reductions(ids: Collection[int], until: date) -> dict[int, dict[int, float]]:
    """Return, by firm and pilot, by which share handling times fell (one query).

    Only pilots with both logs are there.

    Logs with too few cases do not count.
    """
    rows = (
        CaseLog.objects.counted()
        .filter(pilot__provider__in=ids, imported_at__lt=moment_after(until))
        .values_list(
            "pilot__provider_id", "pilot_id", "phase", "measures__throughput_seconds__median"
        )
    )
    pairs: dict[tuple[int, int], dict[str, float]] = {}
    for firm, pilot, phase, seconds in rows:
        pairs.setdefault((firm, pilot), {})[phase] = float(seconds)
    found: dict[int, dict[int, float]] = {}
    for (firm, pilot), pair in pairs.items():
        share = (
            reduction(pair["before"], pair["after"]) if {"before", "after"} <= set(pair) else None
        )
        if share is not None:
            found.setdefault(firm, {})[pilot] = share
    return found


def grouped(rows: Iterable[Any], key: Any) -> dict[int, list[Any]]:
    """Return rows by key, in their order."""
    found: dict[int, list[Any]] = {}
    for row in rows:
        found.setdefault(key(row), []).append(row)
    return found


def firm_evidence(
    pk: int,
    versions: list[DeliverableVersion],
    milestones: list[Milestone],
    shares: Mapping[int, float],
) -> DeliveryEvidence:
    """Add up one firm's evidence."""
    last = list({version.deliverable_id: version for version in versions}.values())
    good = [version for version in last if version.decision.decision in ACCEPTING]
    pilots = [version.deliverable.pilot for version in good]
    means = [mean for version in last if (mean := last_mean(version)) is not None]
    villages = {pilot.village_id: pilot.village for pilot in pilots}
    return DeliveryEvidence(
        organisation_id=pk,
        deliverables_decided=len(last),
        accepted_first_time=sum(first_time(version) for version in good),
        accepted=len(good),
        refused=len(last) - len(good),
        technical_mean=fmean(means) if means else None,
        on_time=sum(handed_in_on_time(milestone) for milestone in milestones),
        due=len(milestones),
        handling_time_reduction=median(shares.values()) if shares else None,
        villages=tuple(sorted(villages)),
        townships=tuple(sorted({str(village.parent_id) for village in villages.values()})),
        processes=tuple(sorted({pilot.process.code for pilot in pilots})),
        redesign_level=best_level([pilot.redesign_level for pilot in pilots]),
        deliverables=tuple(explained(version, shares) for version in last),
    )


def first_time(version: DeliverableVersion) -> bool:
    """Whether a version was accepted at once: the first, unconditionally, without changes."""
    return (
        version.number == 1
        and version.decision.decision == "accept"
        and all(review.verdict == "approve" for review in version.reviews.all())
    )


def last_mean(version: DeliverableVersion) -> float | None:
    """Return the mean mark of a version's last review."""
    review = last_review(version)
    return float(review.mean) if review else None


def last_review(version: DeliverableVersion) -> TechnicalReview | None:
    """Return the review that counts, ``None`` without any."""
    reviews = list(version.reviews.all())
    return reviews[-1] if reviews else None


def handed_in_on_time(milestone: Milestone) -> bool:
    """Whether a milestone was first handed in by its first date."""
    day = milestone.submitted_on
    return day is not None and day <= milestone.first_due_on


def explained(version: DeliverableVersion, shares: Mapping[int, float]) -> DecidedDeliverable:
    """Return a decided version as explanations name it."""
    pilot, milestone = version.deliverable.pilot, version.deliverable.milestone
    review = last_review(version)
    return DecidedDeliverable(
        title=version.deliverable.title,
        version=version.number,
        place=pilot.village.place,
        decided_on=timezone.localdate(version.decision.decided_at),
        decision=version.decision.decision,
        mean=last_mean(version),
        url=version.get_absolute_url(),
        village=pilot.village_id,
        first_time=first_time(version),
        on_time=None if milestone is None else handed_in_on_time(milestone),
        time_cut=shares.get(pilot.pk),
        reviewer=str(review.reviewer_id) if review else "",
        marks=tuple(review.scores.values()) if review else (),
    )


@dataclass(frozen=True)
class ProviderPilot:
    """A pilot as the public sees it on a provider's page."""

    number: str
    title: str
    process_code: str
    process_name: str
    process_url: str
    place: str
    village_code: str
    state: str
    starts_on: date
    redesign_level: str
    accepted: int


def provider_pilots(organisation_id: int) -> list[ProviderPilot]:
    """Return a firm's pilots that are agreed or further, newest first (50, three queries)."""
    rows = (
        Pilot.objects.shared()
        .filter(provider=organisation_id)
        .with_names()
        .prefetch_related("deliverables__versions")
    )
    return [provider_pilot(pilot) for pilot in rows[:50]]


def provider_pilot(pilot: Pilot) -> ProviderPilot:
    """Return the public summary of a pilot."""
    accepted = sum(
        any(version.state in POSITIVE for version in deliverable.versions.all())
        for deliverable in pilot.deliverables.all()
    )
    return ProviderPilot(
        number=pilot.number,
        title=pilot.title,
        process_code=pilot.process.code,
        process_name=pilot.process.local_name,
        process_url=reverse("village_pilot:process", args=[pilot.process.code]),
        place=pilot.village.place,
        village_code=pilot.village_id,
        state=pilot.state,
        starts_on=pilot.starts_on,
        redesign_level=pilot.redesign_level,
        accepted=accepted,
    )
