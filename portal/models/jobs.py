"""Background work: the outbox of events, jobs, and the clusters that do both.

These rows are the truth; django-q2's messages only wake a worker up for one of them.
None holds personal data: ids, counters and times only.
"""

from datetime import datetime
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal import labels
from portal.domain.background import MAX_ATTEMPTS


class WorkQuerySet(models.QuerySet[Any]):
    """Events and jobs by intention."""

    def waiting(self) -> Self:
        """Neither done nor parked; may be under way."""
        return self.filter(self.model.WAITING)

    def parked(self) -> Self:
        """Given up until somebody tries again by hand."""
        return self.filter(self.model.PARKED)

    def free(self, now: datetime) -> Self:
        """Waiting, and nobody keeps a lease on it."""
        return self.waiting().filter(Q(leased_until__isnull=True) | Q(leased_until__lte=now))

    def claimable(self, now: datetime) -> Self:
        """Free, with an attempt left."""
        return self.free(now).filter(attempts__lt=MAX_ATTEMPTS)

    def exhausted(self, now: datetime) -> Self:
        """Free, but its last attempt ended without a word: it killed its worker."""
        return self.free(now).filter(attempts__gte=MAX_ATTEMPTS)

    def due(self, now: datetime) -> Self:
        """Claimable, and its message is late or lost."""
        return self.claimable(now).filter(Q(due_at__isnull=True) | Q(due_at__lte=now))


class Work(models.Model):
    """What a worker does in attempts under a lease: a claim that runs out unless renewed.

    ``leased_by`` is ``host:process group:random``, one value for every claim. ``due_at`` is
    when the sweep hands it over (again). Written by ``portal.services.leases`` only.
    """

    WAITING: ClassVar[Q]
    PARKED: ClassVar[Q]

    attempts = models.PositiveSmallIntegerField(default=0)
    leased_until = models.DateTimeField(null=True, blank=True)
    leased_by = models.CharField(max_length=120, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    error = models.TextField(blank=True)

    class Meta:
        """Abstract."""

        abstract = True

    @property
    def what(self) -> str:
        """Name the kind of work."""
        raise NotImplementedError

    @property
    def handler(self) -> str:
        """Name the task of ``portal.tasks`` that does it."""
        raise NotImplementedError

    @property
    def place(self) -> str:
        """Name the queue that it goes through."""
        return "short"

    @staticmethod
    def done_values(now: datetime) -> dict[str, Any]:
        """Return what makes it done."""
        raise NotImplementedError

    @staticmethod
    def parked_values(now: datetime) -> dict[str, Any]:
        """Return what makes it parked."""
        raise NotImplementedError

    @staticmethod
    def waiting_values() -> dict[str, Any]:
        """Return what makes it wait again."""
        raise NotImplementedError


class EventRecord(Work):
    """The outbox: an event written in the transaction that caused it. Holds ids only."""

    WAITING = Q(delivered_at__isnull=True, failed_at__isnull=True)
    PARKED = Q(failed_at__isnull=False)

    name = models.CharField(max_length=80)
    payload = models.JSONField()
    delivered_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)

    objects = WorkQuerySet.as_manager()

    class Meta:
        """The sweep looks for what is not delivered."""

        indexes: ClassVar = [
            models.Index(
                fields=["id"],
                condition=Q(delivered_at__isnull=True, failed_at__isnull=True),
                name="event_pending",
            )
        ]

    def __str__(self) -> str:
        """Show the event's name."""
        return self.name

    @property
    def what(self) -> str:
        """See Work."""
        return self.name

    @property
    def handler(self) -> str:
        """See Work."""
        return "portal.tasks.deliver_event"

    @staticmethod
    def done_values(now: datetime) -> dict[str, Any]:
        """See Work."""
        return {"delivered_at": now}

    @staticmethod
    def parked_values(now: datetime) -> dict[str, Any]:
        """See Work."""
        return {"failed_at": now}

    @staticmethod
    def waiting_values() -> dict[str, Any]:
        """See Work."""
        return {"failed_at": None}


class EventReceipt(models.Model):
    """Proof that a subscriber has handled an event: written in the handler's transaction."""

    event = models.ForeignKey(EventRecord, on_delete=models.CASCADE, related_name="receipts")
    subscriber = models.CharField(max_length=160)
    handled_at = models.DateTimeField()

    class Meta:
        """Once for every subscriber."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["event", "subscriber"], name="event_handled_once"),
        ]

    def __str__(self) -> str:
        """Show who handled the event."""
        return self.subscriber


class Job(Work):
    """A piece of background work with an idempotency key; the truth beside the queue.

    Holds ids and counters only. ``queue``: short (seconds) or long (minutes and more).
    """

    WAITING = Q(state="waiting")
    PARKED = Q(state="parked")

    key = models.CharField(max_length=200, unique=True)
    task = models.CharField(max_length=160)
    queue = models.CharField(max_length=12, choices=labels.queues, default="short")
    payload = models.JSONField(default=dict)
    state = models.CharField(max_length=12, choices=labels.job_states, default="waiting")
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = WorkQuerySet.as_manager()

    class Meta:
        """The sweep looks for what waits."""

        indexes: ClassVar = [
            models.Index(fields=["id"], condition=Q(state="waiting"), name="job_waiting"),
            models.Index(fields=["finished_at"], name="job_finished"),
        ]

    def __str__(self) -> str:
        """Show task and key."""
        return f"{self.task} {self.key}"

    @property
    def what(self) -> str:
        """See Work."""
        return self.task

    @property
    def handler(self) -> str:
        """See Work."""
        return "portal.tasks.run_job"

    @property
    def place(self) -> str:
        """See Work."""
        return self.queue

    @staticmethod
    def done_values(now: datetime) -> dict[str, Any]:
        """See Work."""
        return {"state": "done", "finished_at": now}

    @staticmethod
    def parked_values(now: datetime) -> dict[str, Any]:  # noqa: ARG004 an event keeps it
        """See Work."""
        return {"state": "parked"}

    @staticmethod
    def waiting_values() -> dict[str, Any]:
        """See Work."""
        return {"state": "waiting"}


class WorkerCluster(models.Model):
    """A django-q2 cluster under a watchdog: one row for a watchdog and a queue.

    ``acknowledged_at`` is written by the cluster's monitor, so it proves that a message went
    all the way through it. A machine's next watchdog removes the rows of one that is gone.
    ``silent_from``: since when nothing was heard, where it acknowledged nothing since its last
    start. ``stopped_at``: it was asked to stop, and did; nobody works until another is started.
    """

    host = models.CharField(_("machine"), max_length=100)
    watchdog = models.PositiveIntegerField()
    queue = models.CharField(_("queue"), max_length=12, choices=labels.queues)
    group = models.PositiveIntegerField()
    workers = models.PositiveSmallIntegerField(_("workers"))
    started_at = models.DateTimeField(_("started"))
    acknowledged_at = models.DateTimeField(_("last sign of life"), null=True, blank=True)
    silent_from = models.DateTimeField(null=True, blank=True)
    stopped_at = models.DateTimeField(_("stopped"), null=True, blank=True)
    restarts = models.PositiveIntegerField(_("restarts"), default=0)
    last_restart = models.CharField(_("why"), max_length=12, choices=labels.restart_causes)

    class Meta:
        """A watchdog looks after one cluster for each queue."""

        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["host", "watchdog", "queue"], name="cluster_once_a_watchdog"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["host", "group"], name="cluster_group")]

    def __str__(self) -> str:
        """Show where it runs and what it does."""
        return f"{self.host} {self.queue}"

    @property
    def heard_at(self) -> datetime:
        """When it was last heard of; a restart alone is no sign of life."""
        return self.acknowledged_at or self.silent_from or self.started_at

    @property
    def runner(self) -> str:
        """What the leases of its workers begin with."""
        return f"{self.host}:{self.group}:"
