"""Imports the case logs before and after a redesign."""

from datetime import datetime
from typing import BinaryIO, TypeAlias, cast

from django.core.files.base import File

from portal.domain.lifecycle import Invalid, NotAllowed
from portal.models import User
from portal.services.files import store_file
from portal.services.operations import operation
from portal.services.transitions import lock
from village_pilot.domain.durations import FUTURE_SLACK, throughput_bands
from village_pilot.domain.event_log import CaseLogError, measure, read_case_log
from village_pilot.labels import case_log_place, case_log_reason
from village_pilot.models import CaseLog, Pilot
from village_pilot.permissions import may_import

Upload: TypeAlias = "File[bytes]"
PHASES = ("before", "after")
PAGE_LIMIT = 20 * 1024 * 1024
"""Bytes that a page takes; the command line takes what the reader takes."""


def import_case_log(
    *,
    pilot: Pilot,
    upload: Upload,
    phase: str,
    actor: User | None,
    now: datetime,
    limit: int | None = PAGE_LIMIT,
) -> CaseLog:
    """Read, measure and keep a case log (CSV, XES or XES.gz); it supersedes the older one.

    Allowed to the village's clerk and signer, the firm and staff; ``actor=None`` is the
    command line. Raises ``NotAllowed("role")``, ``Invalid`` (``phase_unknown``,
    ``log_too_large``, ``case_log`` with row, column and reason, and those of
    ``store_file``); nothing is kept then.
    """
    with operation(
        "village_pilot.case_log",
        actor=actor,
        now=now,
        subject=pilot,
        organisation=pilot.committee,
        phase=phase,
    ):
        if actor is not None and not may_import(actor, pilot):
            raise NotAllowed("role")
        if phase not in PHASES:
            raise Invalid("phase_unknown", fields={"phase": "phase_unknown"})
        if limit is not None and (upload.size or 0) > limit:
            raise Invalid("log_too_large", limit=limit // (1024 * 1024))
        lock(pilot)
        log = measured(upload, latest=now + FUTURE_SLACK)
        upload.seek(0)
        log.stored = store_file(
            upload=upload, use="case_log", actor=actor, now=now, organisation=pilot.committee
        )
        log.pilot, log.phase, log.imported_by, log.imported_at = pilot, phase, actor, now
        CaseLog.objects.current().filter(pilot=pilot, phase=phase).update(superseded_at=now)
        log.full_clean()
        log.save()
    return log


def measured(upload: Upload, *, latest: datetime) -> CaseLog:
    """Return an unsaved log with its measures, or refuse the file naming the place.

    Events after ``latest`` are refused: nothing was logged before it happened.
    """
    upload.seek(0)
    try:
        # The reader closes nothing that it did not open.
        table = read_case_log(
            cast("BinaryIO", upload.file), filename=str(upload.name or ""), latest=latest
        )
        measures = measure(table)
    except CaseLogError as error:
        raise Invalid(
            "case_log",
            fields={"file": "case_log"},
            place=case_log_place(error),
            reason=case_log_reason(error),
            row=error.row,
            column=error.column,
        ) from error
    times = table["timestamp"]
    return CaseLog(
        measures=measures.to_dict(),
        bands=list(throughput_bands(table)),
        first_event_at=times.min().to_pydatetime(),
        last_event_at=times.max().to_pydatetime(),
    )
