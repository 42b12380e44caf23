"""What a watchdog and its clusters tell one another through the database."""

import os
import socket
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from django.db.models import Q
from django_q.brokers.orm import ORM
from django_q.models import OrmQ
from django_q.tasks import async_task

from portal.models import WorkerCluster

FORGOTTEN = timedelta(days=1)
"""A machine that was silent for so long is no longer shown."""


class RememberingBroker(ORM):
    """The database broker, which knows the id of the last message that it took."""

    last = 0

    def enqueue(self, task: str) -> int:
        """Write the message."""
        self.last = super().enqueue(task)
        return self.last


def record_cluster(
    *,
    watchdog: int,
    queue: str,
    group: int,
    workers: int,
    restarts: int,
    cause: str,
    now: datetime,
) -> WorkerCluster:
    """Write down that a cluster was started (again) on this machine; return its row.

    It takes the place of one that was stopped here.
    """
    here = WorkerCluster.objects.filter(host=socket.gethostname(), queue=queue)
    before = here.filter(watchdog=watchdog, stopped_at=None).first()
    here.exclude(stopped_at=None).delete()
    row, _created = WorkerCluster.objects.update_or_create(
        host=socket.gethostname(),
        watchdog=watchdog,
        queue=queue,
        defaults={
            "group": group,
            "workers": workers,
            "started_at": now,
            "acknowledged_at": None,
            "silent_from": before.heard_at if before else now,
            "restarts": restarts,
            "last_restart": cause,
        },
    )
    return row


def acknowledge(*, now: datetime) -> int:
    """Give the cluster that this process belongs to a sign of life; called by its monitor."""
    return WorkerCluster.objects.filter(host=socket.gethostname(), group=os.getpgrp()).update(
        acknowledged_at=now
    )


def send_heartbeat(queue: str) -> int:
    """Put a heartbeat into a queue and return the id of its message."""
    broker = RememberingBroker(list_key=queue)
    async_task("portal.tasks.beat", broker=broker, cluster=queue)
    return broker.last


def take_back(messages: Iterable[int]) -> None:
    """Remove heartbeats that a killed cluster will not answer."""
    OrmQ.objects.filter(pk__in=list(messages)).delete()


def forget_clusters(*, gone: Callable[[WorkerCluster], bool], now: datetime) -> None:
    """Remove rows of this machine that are ``gone``, and those of machines that are long silent.

    What was stopped on purpose stays until its queue is served here again.
    """
    for row in WorkerCluster.objects.filter(host=socket.gethostname(), stopped_at=None):
        if gone(row):
            row.delete()
    old = now - FORGOTTEN
    WorkerCluster.objects.filter(
        Q(acknowledged_at__lt=old) | Q(acknowledged_at=None, started_at__lt=old)
    ).delete()


def close_clusters(*, watchdog: int, now: datetime) -> None:
    """Write down that a watchdog has stopped its clusters."""
    WorkerCluster.objects.filter(host=socket.gethostname(), watchdog=watchdog).update(
        stopped_at=now
    )
