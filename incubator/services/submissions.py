"""Sending an application: what it needs, the machine check, and the frozen submission."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone

from incubator.domain import application as rules
from incubator.domain.application_form import DECLARED, facts_of, missing
from incubator.domain.machine_check import Screening, screen
from incubator.domain.service_times import days_left
from incubator.models import Application, ApplicationSubmission
from incubator.selectors.reapplication import with_passed
from incubator.selectors.service_times import screening_waits
from incubator.services.applications import (
    CONFIRMED,
    FIRM,
    draft_key,
    require_open,
    save_answers,
    write_answers,
)
from incubator.services.more_info import require_not_lapsed
from incubator.services.windows import is_open
from portal.domain.calendar import add_working_days
from portal.domain.identifiers import is_valid_uscc
from portal.domain.lifecycle import Conflict, Invalid
from portal.domain.roles import Role
from portal.models import User
from portal.permissions import require_role, roles_for
from portal.services.operations import operation
from portal.services.registers import drop_draft
from portal.services.transitions import apply_transition, lock
from portal.services.work import open_work


def submit_application(
    *,
    application: Application,
    actor: User,
    now: datetime,
    answers: Mapping[str, Any] | None = None,
    expected_version: int | None = None,
) -> Application:
    """Send the application (or the answers that were asked for) and have it checked.

    In one transaction: keeps ``answers``; moves to submitted; the system runs the machine
    check, keeps the submission with its result and moves to screening; staff get a work item;
    the autosaved draft is dropped. Raises ``NotAllowed``, ``Conflict`` (``wrong_state``,
    ``stale``) or ``Invalid`` (``application_incomplete`` naming what is missing,
    ``taken_over_open``). What is sent too late is kept, then refused: a draft whose window has
    closed with ``Conflict("window_closed")``, an answer after its day with ``answer_late`` (it
    lapses then, if no night has recorded it: after that, ``application_lapsed``).
    """
    organisation = application.organisation
    late = too_late(application, now)
    if late is not None:
        save_answers(
            application=application,
            answers=answers or {},
            actor=actor,
            now=now,
            expected_version=expected_version,
        )
        raise late
    with operation(
        "incubator.submit_application",
        actor=actor,
        now=now,
        subject=application,
        organisation=organisation,
    ):
        locked = lock(application)
        require_role(actor, *FIRM, organisation=organisation)
        require_not_lapsed(locked, now)
        rules.LIFECYCLE.next_state(locked.state, "submit", roles=roles_for(actor, organisation))
        require_open(locked, now, expected_version)
        late = too_late(locked, now)
        if late is not None:
            raise late
        write_answers(locked, answers or {}, now=now)
        require_complete(locked)
        sent = apply_transition(
            instance=locked,
            lifecycle=rules.LIFECYCLE,
            action="submit",
            actor=actor,
            now=now,
            organisation=organisation,
            changes={
                "submitted_at": locked.submitted_at or now,
                "submitted_by": actor,
                "declared_at": now,
                "asked": {},
                "answer_due_on": None,
            },
        )
        checked = screen_application(sent, now=now)
        drop_draft(user=actor, key=draft_key(organisation))
    return checked


def too_late(application: Application, now: datetime) -> Conflict | None:
    """Return why an application can no longer be sent, if its time is over."""
    if application.state == rules.LIFECYCLE.initial and not is_open(application.form.window, now):
        return Conflict("window_closed", window=str(application.form.window))
    due = application.answer_due_on
    if rules.is_late(application.state, due, timezone.localdate(now)):
        return Conflict("answer_late", due=due)
    return None


def require_complete(application: Application) -> None:
    """Raise ``Invalid`` naming all that is missing, or was taken over and not confirmed."""
    declared, confirmed = application.truth_declared, not application.taken_over
    fields = lacking(application, application.answers, declared=declared, confirmed=confirmed)
    if fields:
        code = "taken_over_open" if list(fields) == [CONFIRMED] else "application_incomplete"
        raise Invalid(code, fields=fields)


def lacking(
    application: Application, answers: Mapping[str, Any], *, declared: bool, confirmed: bool
) -> dict[str, str]:
    """Return why an application with ``answers`` cannot be sent: field and code (one query)."""
    keys = missing(application.form.content, answers, files_by_key(application))
    found = dict.fromkeys(keys, "answer_missing")
    if not declared:
        found[DECLARED] = "answer_missing"
    return found if confirmed else {**found, CONFIRMED: "taken_over_open"}


def files_by_key(application: Application) -> Counter[str]:
    """Return how many files count for each question (one query)."""
    live = application.attachments.filter(removed_at__isnull=True)
    return Counter(live.values_list("kind", flat=True))


def check_application(application: Application) -> Screening:
    """Run the machine check on what the application holds; what was let through before stands."""
    content = application.form.content
    facts = facts_of(
        content,
        application.answers,
        files_by_key(application),
        code_valid=is_valid_uscc(application.organisation.uscc or ""),
        declared=application.truth_declared,
    )
    return with_passed(screen(facts, content["checks"]), application)


def screen_application(application: Application, *, now: datetime) -> Application:
    """Run the machine check on what was sent, keep both, and hand the case to the staff.

    The staff's clock goes on where it stood when they asked the firm.
    """
    organisation = application.organisation
    today = timezone.localdate(now)
    result = check_application(application)
    keep_submission(application, result, now=now)
    checked = apply_transition(
        instance=application,
        lifecycle=rules.LIFECYCLE,
        action="screen",
        actor=None,
        now=now,
        organisation=organisation,
        changes={"machine_result": result.as_data()},
        data={"suggestion": result.suggestion},
    )
    open_work(
        "application_screen",
        subject=checked,
        role=Role.STAFF,
        now=now,
        url=reverse("incubator:screening_case", args=[checked.pk]),
        due_on=add_working_days(today, days_left(screening_waits(checked), today)).value,
        firm=organisation.name,
    )
    return checked


def keep_submission(
    application: Application, result: Screening, *, now: datetime
) -> ApplicationSubmission:
    """Freeze what was sent: answers, files, the check and who declared it true."""
    live = application.attachments.filter(removed_at__isnull=True).select_related("file")
    submission = ApplicationSubmission(
        application=application,
        number=application.submissions.count() + 1,
        answers=application.answers,
        files=[{"key": one.kind, "name": one.file.name, "sha256": one.file.sha256} for one in live],
        machine_result=result.as_data(),
        declared_by=application.submitted_by,
        declared_at=now,
    )
    submission.full_clean(validate_unique=False)
    submission.save()
    return submission
