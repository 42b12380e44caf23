"""Pilots, versions and queues as the pages show them."""

from dataclasses import dataclass
from datetime import date
from statistics import median

from django.db.models import Count, Prefetch, Q, QuerySet

from incubator.selectors import applications as incubation
from portal.domain.roles import OrganisationKind
from portal.models import Organisation, User
from village_pilot.domain.delivery import MILESTONE, PILOT, SHARED
from village_pilot.models import (
    CaseLog,
    Deliverable,
    DeliverableVersion,
    Milestone,
    Pilot,
    ProcessTemplate,
    VillageDecision,
)

PAGE = 20
PHASES = ("before", "after")


def processes(*, category: str = "") -> list[ProcessTemplate]:
    """Return the catalogue in order of codes (one query)."""
    rows = ProcessTemplate.objects.current()
    if category:
        rows = rows.filter(category=category)
    # Counting groups the rows, and grouped rows have no order of their own.
    return list(rows.annotate(pilot_count=pilot_count()).order_by("code")[:200])


def pilot_count() -> Count:
    """Count the public pilots of a process."""
    return Count("pilots", filter=Q(pilots__state__in=SHARED))


def categories() -> list[str]:
    """Return the categories of the catalogue in use (one query)."""
    rows = ProcessTemplate.objects.current().order_by("category")
    return list(rows.values_list("category", flat=True).distinct())


def pilots_of_process(code: str) -> list[Pilot]:
    """Return the newest public pilots of a process, at most 20 (one query)."""
    rows = Pilot.objects.shared().filter(process__code=code).with_names()
    return list(rows[:PAGE])


def pilots_page(user: User, *, state: str = "", after: int | None = None) -> list[Pilot]:
    """Return up to 21 pilots that ``user`` may see, newest first (two queries)."""
    rows = Pilot.objects.visible_to(user).with_names().order_by("-id")
    if state in PILOT.states:
        rows = rows.filter(state=state)
    if after is not None:
        rows = rows.filter(pk__lt=after)
    return list(rows[: PAGE + 1])


@dataclass(frozen=True)
class MilestoneRow:
    """A milestone with its lateness."""

    milestone: Milestone
    moved: bool
    late: bool
    judge: tuple[str, ...] = ()


def pilot_milestones(pilot: Pilot, today: date, *, judge: bool) -> list[MilestoneRow]:
    """Return the milestones with lateness, and what staff may decide (one query)."""
    return [
        MilestoneRow(
            milestone=milestone,
            moved=milestone.due_on != milestone.first_due_on,
            late=milestone.state in {"scheduled", "not_met"} and milestone.due_on < today,
            judge=MILESTONE.actions(milestone.state, {"staff"}) if judge else (),
        )
        for milestone in pilot.milestones.all()[:100]
    ]


def pilot_deliverables(pilot: Pilot, user: User) -> list[Deliverable]:
    """Return deliverables with the versions that ``user`` may see (two queries)."""
    seen = DeliverableVersion.objects.visible_to(user).order_by("-number")
    rows = pilot.deliverables.select_related("milestone").prefetch_related(
        Prefetch("versions", queryset=seen, to_attr="seen_versions")
    )
    return [row for row in rows[:100] if row.seen_versions]


def admitted_firms() -> list[Organisation]:
    """Return the firms that may take on a pilot."""
    return list(incubation.admitted_firms())


def committees() -> list[Organisation]:
    """Return the village committees whose village is known."""
    return list(
        Organisation.objects.filter(
            kind=OrganisationKind.VILLAGE_COMMITTEE, region__isnull=False
        ).order_by("region_id")
    )


def review_queue(user: User) -> list[DeliverableVersion]:
    """Return what waits for the reviewer ``user``, oldest first (one query)."""
    rows = DeliverableVersion.objects.filter(reviewer=user, state="technical_review")
    return list(rows.with_pilot().order_by("state_since")[:100])


def reviewed_by(user: User) -> list[DeliverableVersion]:
    """Return the last 20 that ``user`` reviewed and that moved on (one query)."""
    rows = DeliverableVersion.objects.filter(reviewer=user).exclude(state="technical_review")
    return list(rows.with_pilot().order_by("-state_since")[:PAGE])


@dataclass(frozen=True)
class VillageInbox:
    """The big buttons of a village."""

    to_accept: list[DeliverableVersion]
    to_consent: list[Pilot]
    running: list[Pilot]
    decided: list[VillageDecision]


def village_inbox(organisation_ids: list[int]) -> VillageInbox:
    """Return what waits for the village and what it did last (four queries)."""
    pilots = Pilot.objects.filter(committee__in=organisation_ids).with_names()
    versions = DeliverableVersion.objects.filter(
        deliverable__pilot__committee__in=organisation_ids, state="village_acceptance"
    )
    decided = VillageDecision.objects.filter(
        version__deliverable__pilot__committee__in=organisation_ids
    ).select_related("version__deliverable__pilot__provider", "document")
    return VillageInbox(
        to_accept=list(versions.with_pilot().order_by("village_due_on", "id")[:50]),
        to_consent=list(pilots.filter(state="proposed")[:50]),
        running=list(pilots.filter(state__in=("running", "paused", "agreed"))[:50]),
        decided=list(decided.order_by("-decided_at")[:5]),
    )


def current_logs(pilot: Pilot) -> dict[str, CaseLog]:
    """Return the logs that count, by phase (one query)."""
    rows = CaseLog.objects.current().filter(pilot=pilot).select_related("stored", "imported_by")
    return {log.phase: log for log in rows}


@dataclass(frozen=True)
class PilotFigures:
    """What the home page tells of the pilots."""

    running: int
    villages: int
    median_seconds_before: float | None
    median_seconds_after: float | None


def pilot_figures() -> PilotFigures:
    """Return the county's figures: running pilots, villages, median handling time (two queries).

    The times are medians over the pilots that have both logs with enough cases.
    """
    rows = list(
        Pilot.objects.filter(state__in=("running", "paused", "completed")).values_list(
            "state", "village_id"
        )
    )
    pairs = log_pairs(CaseLog.objects.counted())
    return PilotFigures(
        running=sum(state == "running" for state, _village in rows),
        villages=len({village for _state, village in rows}),
        median_seconds_before=median(pair[0] for pair in pairs) if pairs else None,
        median_seconds_after=median(pair[1] for pair in pairs) if pairs else None,
    )


def log_pairs(logs: QuerySet[CaseLog]) -> list[tuple[float, float]]:
    """Return (median before, median after) in seconds of the pilots with both (one query)."""
    found: dict[int, dict[str, float]] = {}
    values = logs.values_list("pilot_id", "phase", "measures__throughput_seconds__median")
    for pilot_id, phase, seconds in values:
        found.setdefault(pilot_id, {})[phase] = float(seconds)
    return [(pair["before"], pair["after"]) for pair in found.values() if len(pair) == len(PHASES)]
