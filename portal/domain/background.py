"""Rules of background work: how long a lease holds, when to try again, when a cluster is stuck."""

from datetime import timedelta

MAX_ATTEMPTS = 3
LEASE = timedelta(seconds=6)
"""How long a worker may keep a piece of work without renewing its claim."""
RENEW_SECONDS = 2.0
HANDOVER = timedelta(seconds=5)
"""How long a message may be on its way before the sweep sends another one."""
CROWDED = 100
"""So many messages in a queue and nothing waits because it was lost."""

BEAT_SECONDS = 2.0
LATE = timedelta(seconds=8)
"""A cluster that has acknowledged nothing for so long is stuck."""
DEAF = timedelta(seconds=60)
"""As above, where other clusters may have answered this one's heartbeats."""
START = timedelta(seconds=60)
"""What a cluster may take until its first acknowledgement, on a machine that is busy."""
SILENT = timedelta(seconds=30)
"""A queue whose clusters gave no sign of life for so long is shown in red."""

PAUSES = (timedelta(seconds=10), timedelta(minutes=2))


def pause_after(attempts: int) -> timedelta:
    """Return how long to wait after the failure of attempt number ``attempts`` (from 1).

    >>> [pause_after(number).total_seconds() for number in (1, 2, 3)]
    [10.0, 120.0, 120.0]
    """
    return PAUSES[min(attempts, len(PAUSES)) - 1]


def is_stuck(*, silent: timedelta, unanswered: timedelta | None, busy: int, workers: int) -> bool:
    """Return whether a cluster has to be killed.

    ``silent``: since its last acknowledgement of any message. ``unanswered``: the age of the
    oldest heartbeat that nobody acknowledged, or None. A cluster is left alone while every
    one of its ``workers`` keeps a lease (``busy``): it works, and cannot answer. Where several
    machines serve a queue another one may answer; one that stays silent longer is stuck too.

    >>> is_stuck(silent=timedelta(seconds=9), unanswered=timedelta(seconds=9), busy=0, workers=2)
    True
    >>> is_stuck(silent=timedelta(seconds=9), unanswered=timedelta(seconds=9), busy=2, workers=2)
    False
    """
    if silent < LATE or busy >= workers:
        return False
    return silent >= DEAF or (unanswered is not None and unanswered >= LATE)
