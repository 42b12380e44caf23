"""Whether the parts that a request needs are there, and how the background work stands.

What is wrong is told in the language in use; a face for machines asks in English.
"""

import shutil
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_q.models import OrmQ

from portal.models import EventRecord, Job
from portal.selectors.background import BackgroundState, QueueSign, background_state

LEAST_FREE_BYTES = 200 * 1024 * 1024
STUCK = timedelta(minutes=5)


@dataclass(frozen=True)
class Check:
    """One part's state; ``detail`` never holds a secret."""

    name: str
    ok: bool
    detail: str = ""


def readiness() -> list[Check]:
    """Check what a request needs: database, migrations, broker, storage and free space."""
    parts: list[tuple[str, Callable[[], str]]] = [
        ("database", check_database),
        ("migrations", check_migrations),
        ("broker", check_broker),
        ("storage", check_storage),
    ]
    return [run_check(name, part) for name, part in parts]


def run_check(name: str, part: Callable[[], str]) -> Check:
    """Run one check; any error is that part's failure, named by its type only."""
    try:
        problem = part()
    except Exception as error:  # noqa: BLE001 whatever breaks is the answer
        return Check(name, ok=False, detail=type(error).__name__)
    return Check(name, ok=not problem, detail=problem)


def check_database() -> str:
    """Ask the database for one row."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return "" if cursor.fetchone() == (1,) else _("no answer")


def check_migrations() -> str:
    """Compare the code's migrations with those applied."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return _("%(n)d unapplied") % {"n": len(plan)} if plan else ""


def check_broker() -> str:
    """Ask the queue for its messages."""
    OrmQ.objects.count()
    return ""


def work_warnings(now: datetime) -> list[Check]:
    """Check what makes work wait while pages are served: silent clusters, work that waits."""
    return [
        run_check("workers", lambda: silent_queues(background_state(now))),
        run_check("waiting", lambda: late_work(now)),
    ]


def silent_queues(state: BackgroundState) -> str:
    """Name every queue that nobody has worked on for half a minute, and since when."""
    return "; ".join(silence(sign) for sign in state.signs if sign.red)


def silence(sign: QueueSign) -> str:
    """Say since when nobody has worked on a queue."""
    if sign.since is None:
        return _("%(queue)s: no cluster is known") % {"queue": sign.queue}
    words = {
        "silent": _("%(queue)s: no sign of life since %(moment)s"),
        "stopped": _("%(queue)s: stopped at %(moment)s"),
    }
    moment = sign.since.isoformat(timespec="seconds")
    return words[sign.standing] % {"queue": sign.queue, "moment": moment}


def late_work(now: datetime) -> str:
    """Complain when the oldest waiting event or job is older than five minutes."""
    late = now - STUCK
    stuck = (
        EventRecord.objects.filter(
            delivered_at__isnull=True, failed_at__isnull=True, created_at__lt=late
        ).count()
        + Job.objects.filter(state="waiting", created_at__lt=late).count()
    )
    words = ngettext(
        "%(n)d has waited for more than 5 minutes; is the worker running?",
        "%(n)d have waited for more than 5 minutes; is the worker running?",
        stuck,
    )
    return words % {"n": stuck} if stuck else ""


def check_storage() -> str:
    """Write, read and remove a small file; look at the space that is left."""
    store = storages["private"]
    name = store.save(f"probe/{uuid.uuid4().hex}", ContentFile(b"ready"))
    with store.open(name) as opened:
        answer = opened.read()
    store.delete(name)
    if answer != b"ready":
        return _("read back something else")
    free = shutil.disk_usage(settings.VAR_DIR).free
    return "" if free >= LEAST_FREE_BYTES else _("disk nearly full")


def work_figures(now: datetime) -> dict[str, Any]:
    """Return depth, age and failures of the background work, and how each queue is served.

    ``silent_seconds`` is of the cluster that spoke last; it is left out where none is known.
    """
    state = background_state(now)
    figures = {name: state.total(name) for name in ("waiting", "failing", "parked")}
    values: dict[str, Any] = {**figures, "oldest_seconds": round(state.oldest_seconds, 1)}
    if state.clusters:
        values["silent_seconds"] = round(min(sign.seconds for sign in state.signs), 1)
    values["queues"] = {sign.queue: queue_figures(sign) for sign in state.signs}
    return values


def queue_figures(sign: QueueSign) -> dict[str, Any]:
    """Return how a queue is served; ``since``: when it was last heard of, or was stopped."""
    since = sign.since.isoformat(timespec="seconds") if sign.since else None
    return {"standing": sign.standing, "since": since, "red": sign.red}
