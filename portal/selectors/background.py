"""How the background work stands: for the sweep, the watchdog, a page and the monitor."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Count, Min, Q
from django_q.models import OrmQ

from portal.domain.background import SILENT
from portal.models import EventRecord, Job, WorkerCluster

QUEUES = ("short", "long")
DAY = timedelta(days=1)


def messages_waiting(now: datetime) -> dict[str, int]:
    """Return how many messages no worker has taken yet, by queue (one query)."""
    rows = OrmQ.objects.filter(lock__lte=now).order_by().values("key").annotate(count=Count("pk"))
    return {row["key"]: row["count"] for row in rows}


def unanswered(messages: Collection[int]) -> set[int]:
    """Return those of ``messages`` that no monitor has acknowledged yet (one query)."""
    return set(OrmQ.objects.filter(pk__in=messages).values_list("pk", flat=True))


def busy_workers(cluster: WorkerCluster, now: datetime) -> int:
    """Return how many of a cluster's workers keep a lease (two queries)."""
    mine = Q(leased_by__startswith=cluster.runner, leased_until__gt=now)
    return sum(model.objects.waiting().filter(mine).count() for model in (EventRecord, Job))


@dataclass(frozen=True)
class ClusterState:
    """A cluster and when it was last heard of: an acknowledgement, or a lease that it keeps."""

    row: WorkerCluster
    heard_at: datetime
    silent: timedelta

    @property
    def seconds(self) -> float:
        """For how long it has been silent."""
        return self.silent.total_seconds()

    @property
    def standing(self) -> str:
        """``working``, ``silent`` or ``stopped``."""
        if self.row.stopped_at:
            return "stopped"
        return "silent" if self.silent >= SILENT else "working"


@dataclass(frozen=True)
class QueueSign:
    """When a queue's clusters, on whatever machine, last gave a sign of life.

    ``standing``: ``working`` while one of them does; ``stopped`` when the last one was stopped on
    purpose; ``silent`` when it fell silent; ``none`` where no cluster is known. ``since`` is when
    it was stopped or last heard of.
    """

    queue: str
    standing: str
    since: datetime | None = None
    silent: timedelta = timedelta.max

    @property
    def red(self) -> bool:
        """Whether nobody has worked on it for half a minute."""
        return self.silent >= SILENT

    @property
    def seconds(self) -> float:
        """Seconds since the last sign of life; without end where there was none."""
        return self.silent.total_seconds() if self.since else float("inf")


@dataclass(frozen=True)
class QueueState:
    """Counters of one kind of work; ``oldest`` is the age of what waits longest."""

    kind: str
    waiting: int = 0
    failing: int = 0
    parked: int = 0
    done: int = 0
    oldest: timedelta = timedelta()

    @property
    def oldest_seconds(self) -> float:
        """The age in seconds."""
        return self.oldest.total_seconds()


@dataclass(frozen=True)
class BackgroundState:
    """Events and the two queues of jobs, messages by queue, clusters, and a sign of each queue."""

    states: list[QueueState]
    messages: dict[str, int]
    clusters: list[ClusterState] = field(default_factory=list)
    signs: list[QueueSign] = field(default_factory=list)

    @property
    def oldest_seconds(self) -> float:
        """The age of what waits longest, in seconds."""
        return max(state.oldest_seconds for state in self.states)

    def total(self, name: str) -> int:
        """Add up one counter."""
        return sum(getattr(state, name) for state in self.states)


def background_state(now: datetime) -> BackgroundState:
    """Return how the background work stands (4 queries, 6 where a cluster has fallen silent).

    ``done`` is of the last 24 hours.
    """
    clusters = cluster_states(now)
    return BackgroundState(
        states=[event_state(now), *job_states(now)],
        messages=messages_waiting(now),
        clusters=clusters,
        signs=[queue_sign(queue, clusters) for queue in QUEUES],
    )


def cluster_states(now: datetime) -> list[ClusterState]:
    """Return every cluster that is known (1 query, 3 where one has fallen silent).

    One whose workers are all at work acknowledges nothing for as long as that takes: a lease
    that is kept is a sign of life too.
    """
    rows = list(WorkerCluster.objects.order_by("host", "queue", "watchdog"))
    quiet = any(row.stopped_at is None and now - row.heard_at >= SILENT for row in rows)
    leases = leases_kept(now) if quiet else []
    states = []
    for row in rows:
        busy = any(lease.startswith(row.runner) for lease in leases)
        heard = row.stopped_at or (now if busy else row.heard_at)
        states.append(ClusterState(row, heard, max(now - heard, timedelta())))
    return states


def leases_kept(now: datetime) -> list[str]:
    """Return the names under which work is being done (two queries)."""
    return [
        name
        for model in (EventRecord, Job)
        for name in model.objects.waiting()
        .filter(leased_until__gt=now)
        .values_list("leased_by", flat=True)
    ]


def queue_sign(queue: str, clusters: list[ClusterState]) -> QueueSign:
    """Return how a queue is served: by the cluster that was heard of last."""
    mine = [state for state in clusters if state.row.queue == queue]
    if not mine:
        return QueueSign(queue, "none")
    last = min(mine, key=lambda state: (state.standing != "working", state.silent))
    return QueueSign(queue, last.standing, last.heard_at, last.silent)


def event_state(now: datetime) -> QueueState:
    """Return the counters of events."""
    row = EventRecord.objects.filter(
        EventRecord.WAITING | EventRecord.PARKED | Q(delivered_at__gt=now - DAY)
    ).aggregate(
        waiting=Count("pk", EventRecord.WAITING),
        failing=Count("pk", EventRecord.WAITING & ~Q(error="")),
        parked=Count("pk", EventRecord.PARKED),
        done=Count("pk", Q(delivered_at__gt=now - DAY)),
        first=Min("created_at", filter=EventRecord.WAITING),
    )
    first = row.pop("first")
    return QueueState("event", oldest=age(first, now), **row)


def job_states(now: datetime) -> list[QueueState]:
    """Return the counters of jobs, one for each queue."""
    rows = (
        Job.objects.filter(Job.WAITING | Job.PARKED | Q(finished_at__gt=now - DAY))
        .order_by()
        .values("queue")
        .annotate(
            waiting=Count("pk", Job.WAITING),
            failing=Count("pk", Job.WAITING & ~Q(error="")),
            parked=Count("pk", Job.PARKED),
            done=Count("pk", Q(state="done")),
            first=Min("created_at", filter=Job.WAITING),
        )
    )
    found = {row.pop("queue"): row for row in rows}
    return [
        QueueState(queue, oldest=age(row.pop("first", None), now), **row)
        for queue, row in ((queue, found.get(queue, {})) for queue in QUEUES)
    ]


def age(since: datetime | None, now: datetime) -> timedelta:
    """Return how long ago that was; nothing for None."""
    return max(now - since, timedelta()) if since else timedelta()
