"""How the backups stand."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from portal.models import BackupRun

PAGE = 30
LATE = timedelta(hours=26)
"""A day's backup that is two hours late is late."""


@dataclass(frozen=True)
class BackupState:
    """The last backup that succeeded, if any, and whether one is overdue."""

    last: BackupRun | None
    late: bool


def backup_state(now: datetime) -> BackupState:
    """Return the newest whole set and whether the next is overdue (one query)."""
    last = BackupRun.objects.filter(state="done").order_by("-started_at").first()
    return BackupState(last, last is None or last.started_at < now - LATE)


def backup_line(now: datetime) -> str:
    """Return one line for a monitor: when the last backup succeeded, and “late” where it is."""
    state = backup_state(now)
    when = state.last.started_at.isoformat(timespec="minutes") if state.last else "never"
    return f"{when}, late" if state.late else when


def backup_runs() -> list[BackupRun]:
    """Return the newest 30 backups (one query)."""
    return list(BackupRun.objects.order_by("-started_at", "-pk")[:PAGE])
