"""What the worker calls: each task takes an id, reads the clock and calls a service."""

from django.utils import timezone

from portal.services import audit, backup_runs, delivery, factors, leftovers, retention


def deliver_event(event_id: int) -> bool:
    """Deliver one outbox row."""
    return delivery.deliver_event(event_id=event_id, now=timezone.now(), clock=timezone.now)


def run_job(job_id: int) -> bool:
    """Run one job."""
    return delivery.run_job(job_id=job_id, now=timezone.now(), clock=timezone.now)


def sweep() -> int:
    """Hand over again what got lost (every minute)."""
    return delivery.sweep(now=timezone.now())


def beat() -> int:
    """Answer a watchdog's heartbeat; what got lost is found within seconds that way."""
    return delivery.sweep(now=timezone.now())


def publish_anchor() -> str:
    """Publish where the audit chains end (every day); the root digest is the result."""
    return audit.publish_anchor(now=timezone.now()).root


def run_retention() -> int:
    """Delete what is kept no longer (every night); return how many rows."""
    factors.expire_factor_resets(now=timezone.now())
    return sum(found.rows for found in retention.run_retention(now=timezone.now()))


def remove_leftovers() -> int:
    """Remove files without a row and work long done (every night); return how many."""
    return leftovers.remove_leftovers(now=timezone.now()).total


def prune_audit() -> int:
    """Remove audit entries that are older than the setting keeps (every night)."""
    return audit.prune_audit(now=timezone.now())


def run_backup() -> str:
    """Have the day's backup made (every night); the job's key is the result."""
    return backup_runs.enqueue_backup(now=timezone.now()).key
