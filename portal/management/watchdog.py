"""The watchdog: starts the queue's clusters, asks each for a sign of life, restarts the stuck.

A heartbeat goes into each queue every two seconds. Whatever a cluster's monitor acknowledges
counts as its answer. Eight seconds without one, and its whole process group is killed and
started again: orphans of a dead parent would go on working unseen. What a killed worker had
in hand is handed over again by the sweep when its lease has run out.
"""

import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db import DatabaseError, connection
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.domain.background import BEAT_SECONDS, LATE, START, is_stuck
from portal.management.processes import Child, kill_group, members, runs, stop_together
from portal.models import WorkerCluster
from portal.selectors.background import busy_workers, unanswered
from portal.services import clusters

# A cluster that dies at once is not restarted in a tight loop.
RESTART_PAUSE_SECONDS = 1
SLOW = timedelta(seconds=2)
"""Where the database itself takes so long, silence proves nothing about a cluster."""


REST_SECONDS = 0.5
"""How long the watchdog rests between two looks."""
OVERSLEPT = timedelta(seconds=0.5)
"""More than that too late, and what it overslept is no silence of the clusters."""


def workers_of(queue: str) -> int:
    """Return how many workers the settings give a queue's cluster."""
    values = settings.Q_CLUSTER
    alternative = values["ALT_CLUSTERS"].get(queue, {})
    return int(alternative.get("workers", values["workers"]))


@dataclass
class Charge:
    """A cluster that the watchdog looks after."""

    queue: str
    child: Child
    started_at: datetime
    excused_until: datetime
    row: WorkerCluster | None = None
    restarts: int = 0
    cause: str = ""
    next_beat: float = 0.0
    sent: dict[int, datetime] = field(default_factory=dict)

    def silent(self, now: datetime) -> timedelta:
        """Return since when nothing was heard of it, a start and a slow database excused."""
        heard = self.started_at + START - LATE
        if self.row and self.row.acknowledged_at:
            heard = self.row.acknowledged_at
        return now - max(heard, self.excused_until)

    def unanswered(self, now: datetime) -> timedelta | None:
        """Return the age of the oldest heartbeat that waits for an answer."""
        return now - min(self.sent.values()) if self.sent else None

    def excuse(self, late: timedelta, now: datetime) -> None:
        """Leave out of its silence a time in which the watchdog stood still as well."""
        self.excused_until = now - self.silent(now) + late
        self.sent = {pk: at + late for pk, at in self.sent.items()}


class Watchdog:
    """``start()``, then ``look()`` and ``rest()`` in turn, then ``stop()``."""

    def __init__(self, queues: list[str], say: Callable[[str], object]) -> None:
        """Prepare; ``say`` takes a line for the operator."""
        now = timezone.now()
        self.say = say
        self.rested_from: datetime | None = None
        self.charges = [
            Charge(queue, Child(queue, cluster_command(), {"Q_CLUSTER_NAME": queue}), now, now)
            for queue in queues
        ]

    def start(self) -> None:
        """Clear away what a killed watchdog of this machine left, then start every cluster."""
        with suppress(DatabaseError):
            clusters.forget_clusters(gone=is_gone, now=timezone.now())
        for charge in self.charges:
            self.launch(charge)

    def launch(self, charge: Charge) -> None:
        """Start a cluster; its row is written with the next look."""
        charge.child.start()
        charge.started_at = timezone.now()
        charge.row, charge.next_beat = None, 0.0

    def rest(self) -> None:
        """Wait until the next look is due."""
        self.rested_from = timezone.now()
        time.sleep(REST_SECONDS)

    def overslept(self, now: datetime) -> timedelta:
        """Return how much too late a look is: the machine was starved, stopped or set its clock."""
        rested = now - self.rested_from if self.rested_from else timedelta()
        return max(rested - timedelta(seconds=REST_SECONDS), timedelta())

    def look(self) -> None:
        """Look after every cluster once."""
        now = timezone.now()
        if (late := self.overslept(now)) > OVERSLEPT:
            for charge in self.charges:
                charge.excuse(late, now)
        self.rested_from = None
        for charge in self.charges:
            if charge.child.exit_code() is not None:
                self.restart(charge, "died")
                continue
            before = timezone.now()
            try:
                stuck = self.ask(charge)
            except DatabaseError:
                # Nobody can answer without a database: the cluster gets its time afterwards.
                connection.close()
                charge.excused_until = timezone.now()
                continue
            after = timezone.now()
            if after - before > SLOW:
                charge.excused_until = after
            elif stuck:
                self.restart(charge, "stuck")

    def ask(self, charge: Charge) -> bool:
        """Send the heartbeat that is due and return whether the cluster is stuck."""
        if charge.row is None:
            charge.row = clusters.record_cluster(
                watchdog=os.getpid(),
                queue=charge.queue,
                group=charge.child.pid,
                workers=workers_of(charge.queue),
                restarts=charge.restarts,
                cause=charge.cause,
                now=charge.started_at,
            )
        if time.monotonic() >= charge.next_beat:
            charge.sent[clusters.send_heartbeat(charge.queue)] = timezone.now()
            charge.next_beat = time.monotonic() + BEAT_SECONDS
        now = timezone.now()
        charge.row.refresh_from_db()
        waiting = unanswered(charge.sent)
        charge.sent = {pk: at for pk, at in charge.sent.items() if pk in waiting}
        silent = charge.silent(now)
        if silent < LATE:
            return False
        return is_stuck(
            silent=silent,
            unanswered=charge.unanswered(now),
            busy=busy_workers(charge.row, now),
            workers=charge.row.workers,
        )

    def restart(self, charge: Charge, cause: str) -> None:
        """Kill what is left of a cluster's group and start it again."""
        said = {
            "died": _("The cluster “%(queue)s” stopped and is started again."),
            "stuck": _("The cluster “%(queue)s” gave no sign of life and is started again."),
        }
        line = said[cause] % {"queue": charge.queue}
        self.say(f"{timezone.localtime():%Y-%m-%d %H:%M:%S} {line}")
        charge.child.kill()
        with suppress(DatabaseError):
            clusters.take_back(charge.sent)
        charge.sent = {}
        charge.restarts += 1
        charge.cause = cause
        if cause == "died":
            time.sleep(RESTART_PAUSE_SECONDS)
        self.launch(charge)

    def stop(self, others: list[Child], grace: float) -> None:
        """Ask the clusters and ``others`` to finish; leave nothing behind."""
        stop_together([*others, *(charge.child for charge in self.charges)], grace)
        with suppress(DatabaseError):
            clusters.close_clusters(watchdog=os.getpid(), now=timezone.now())


def cluster_command() -> list[str]:
    """Return django-q2's command line; the queue's name is in its environment."""
    return [sys.executable, str(settings.BASE_DIR / "manage.py"), "qcluster"]


def is_gone(row: WorkerCluster) -> bool:
    """Return whether a row's watchdog is gone; what it left of its cluster is killed."""
    if row.watchdog != os.getpid() and runs(row.watchdog, "serve", "work"):
        return False
    if any(runs(pid, "qcluster") for pid in members(row.group)):
        kill_group(row.group)
    return True
