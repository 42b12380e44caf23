"""Reads of how long applications take, from the work items that their stages open and close."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.functional import Promise

from incubator.domain.service_times import (
    PAUSE,
    REVIEW_DAYS,
    STAGE_OF,
    StageTime,
    Wait,
    spent_days,
    stage_times,
)
from incubator.labels import service_times as labels
from incubator.models import Application
from portal.domain.calendar import add_working_days
from portal.models import WorkItem

YEAR = timedelta(days=365)
CASE = Application._meta.label_lower


def waits_of(application: Application) -> list[Wait]:
    """Return what a case waited for and waits for, oldest first (one query)."""
    waits = read_waits(WorkItem.objects.filter(subject_id=str(application.pk)))
    return sorted([*waits, *review_waits([application])], key=lambda one: one.opened_on)


def review_waits(applications: Iterable[Application]) -> list[Wait]:
    """Return the times in which cases were with their reviewers."""
    return [
        review_wait(one, timezone.localdate(one.review_started_at))
        for one in applications
        if one.review_started_at and (one.reviewed_at or one.state == "in_review")
    ]


def review_wait(application: Application, start: date) -> Wait:
    """Return the time that reviewers had together, from ``start``."""
    ended = application.reviewed_at
    return Wait(
        case=str(application.pk),
        kind="in_review",
        opened_on=start,
        closed_on=timezone.localdate(ended) if ended else None,
        due_on=add_working_days(start, REVIEW_DAYS).value,
    )


def read_waits(items: QuerySet[WorkItem]) -> list[Wait]:
    """Return the items of stages and of firms' answers as the rules count them (one query).

    Reads columns, not records, and asks for the county's zone once: there may be many.
    """
    zone = timezone.get_default_timezone()
    rows = items.filter(subject_type=CASE, kind__in=[PAUSE, *STAGE_OF])
    return [
        Wait(
            case=case,
            kind=kind,
            opened_on=opened.astimezone(zone).date(),
            closed_on=closed.astimezone(zone).date() if closed else None,
            due_on=due_on,
        )
        for case, kind, opened, closed, due_on in rows.values_list(
            "subject_id", "kind", "opened_at", "closed_at", "due_on"
        )
    ]


def screening_waits(application: Application) -> list[Wait]:
    """Return the screening so far that counts: since the last review of a refusal (one query)."""
    counted: list[Wait] = []
    for one in waits_of(application):
        if one.kind == "application_recheck":
            counted = []
        elif STAGE_OF.get(one.kind) == "screening":
            counted.append(one)
    return counted


@dataclass(frozen=True)
class StageLine:
    """A stage of the public table in words."""

    label: str | Promise
    promised: str
    time: StageTime


@dataclass(frozen=True)
class ServiceTimes:
    """How long applications took that ended a stage since a day, and what is under way."""

    since: date
    lines: list[StageLine]
    has_ended: bool


def service_times(today: date) -> ServiceTimes:
    """Return each stage's times of the last twelve months (three queries).

    Cases that the firm withdrew or let lapse are left out: nobody knows what they would have
    taken.
    """
    since = today - YEAR
    begun = timezone.make_aware(datetime.combine(since - YEAR, time.min))
    left = Application.objects.filter(
        Q(state="withdrawn") | Q(pk__in=Application.objects.standing_in("lapsed", today))
    )
    out = {str(pk) for pk in left.values_list("pk", flat=True)}
    items = WorkItem.objects.filter(opened_at__gte=begun)
    reviewed = Application.objects.filter(review_started_at__gte=begun)
    waits = [*read_waits(items), *review_waits(reviewed)]
    times = stage_times([one for one in waits if one.case not in out], today, since=since)
    lines = [StageLine(labels.STAGES[one.stage], labels.promise(one.stage), one) for one in times]
    return ServiceTimes(since, lines, any(one.ended for one in times))


@dataclass(frozen=True)
class Clock:
    """Where the clock of a case stands: days of this stage, and whether it waits for the firm."""

    label: str | Promise
    spent: int
    promised: str
    due_on: date | None
    late: bool
    paused: bool


def clock_of(application: Application, today: date) -> Clock | None:
    """Return how long a case has been in its stage (one query); ``None`` where nothing runs."""
    if application.standing(today) == "lapsed":
        return None
    waits = waits_of(application)
    still = [one for one in waits if one.closed_on is None]
    if not still:
        return None
    paused = any(one.kind == PAUSE for one in still)
    stage = "screening" if paused else STAGE_OF[still[0].kind]
    due = min((one.due_on for one in still if one.due_on and not paused), default=None)
    return Clock(
        label=labels.STAGES[stage],
        spent=spent_days(stage_waits(waits, stage), today),
        promised=labels.promise(stage),
        due_on=due,
        late=due is not None and due < today,
        paused=paused,
    )


def stage_waits(waits: Iterable[Wait], stage: str) -> list[Wait]:
    """Return the waits of one stage."""
    return [one for one in waits if STAGE_OF.get(one.kind) == stage]
