"""What a firm does with its answers: start, take over, save, attach, withdraw."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.files.base import File
from django.utils import timezone

from incubator.domain import application as rules
from incubator.domain.application_form import (
    DECLARED,
    answer_fault,
    answer_keys,
    file_keys,
    is_empty,
    question_of,
)
from incubator.models import Application, ApplicationAttachment, ApplicationWindow
from incubator.services.application_reviews import cancel_reviews
from incubator.services.more_info import lapse, lapse_late, require_not_lapsed
from incubator.services.windows import require_open_window
from portal.domain.lifecycle import Conflict, Invalid
from portal.domain.roles import Role
from portal.models import Organisation, User
from portal.permissions import require_role
from portal.services.files import record_stored, stage
from portal.services.operations import operation
from portal.services.registers import drop_draft, next_serial
from portal.services.transitions import apply_transition, lock

FIRM = (Role.FIRM_SIGNER, Role.FIRM_MEMBER)
SERIES = "HYRF"
CONFIRMED = "taken_over"
"""The field in which the firm confirms what was taken over from an earlier application."""


def draft_key(organisation: Organisation) -> str:
    """Return the key under which a person's half-typed answers for a firm are kept."""
    return f"application:{organisation.pk}"


def create_application(
    *, window: ApplicationWindow, organisation: Organisation, actor: User, now: datetime
) -> Application:
    """Start a firm's application in an open window, to the form that it has today.

    Raises ``NotAllowed("role")``, ``Conflict("window_not_open")`` or
    ``Conflict("application_exists")`` while another one of the firm is under way or admitted.
    """
    with operation(
        "incubator.create_application", actor=actor, now=now, organisation=organisation
    ) as opened:
        require_role(actor, *FIRM, organisation=organisation)
        Organisation.objects.select_for_update().get(pk=organisation.pk)
        require_open_window(window, now, "window_not_open")
        lapse_late(organisation, now=now)
        today = timezone.localdate(now)
        if Application.objects.live(today).filter(organisation=organisation).exists():
            raise Conflict("application_exists")
        application = Application(
            number=next_serial(SERIES, now=now),
            organisation=organisation,
            form=window.current,
            created_by=actor,
            state=rules.LIFECYCLE.initial,
            state_since=now,
            created_at=now,
            saved_at=now,
            salt=secrets.token_hex(16),
        )
        application.answers = known_answers(application, actor)
        application.full_clean()
        application.save()
        opened.record(
            "incubator.application_started", subject=application, organisation=organisation
        )
    return application


def known_answers(application: Application, actor: User) -> dict[str, Any]:
    """Return the contact that the portal knows already, where the form asks for one."""
    known = {
        "contact_person": actor.name,
        "contact_phone": application.organisation.phone or actor.phone,
    }
    asked = answer_keys(application.form.content)
    return {key: value for key, value in known.items() if key in asked and value}


def take_over_answers(
    *,
    application: Application,
    actor: User,
    now: datetime,
    answers: Mapping[str, Any] | None = None,
    expected_version: int | None = None,
) -> Application:
    """Keep ``answers``; fill what is still empty with those of the firm's newest application.

    Only where the question has the same key and type and takes the old answer; files stay
    behind. The firm confirms them before it submits. Raises ``NotAllowed``,
    ``Conflict`` (see ``require_open``, or ``take_over_late``, ``nothing_to_take_over``) or
    ``Invalid``; then nothing is kept.
    """
    organisation = application.organisation
    with operation(
        "incubator.take_over_answers",
        actor=actor,
        now=now,
        subject=application,
        organisation=organisation,
    ):
        require_role(actor, *FIRM, organisation=organisation)
        locked = lock(application)
        require_open(locked, now, expected_version)
        if locked.state != rules.LIFECYCLE.initial:
            raise Conflict("take_over_late")
        write_answers(locked, answers or {}, now=now)
        old = locked.earlier()
        found = locked.reusable_from(old) if old else {}
        if old is None or not found:
            raise Conflict("nothing_to_take_over")
        locked.answers = {**locked.answers, **found}
        before = locked.taken_over.get("keys", [])
        locked.taken_over = {"from": old.number, "keys": sorted({*before, *found})}
        locked.version += 1
        locked.saved_at = now
        locked.save()
        drop_draft(user=actor, key=draft_key(organisation))
    return locked


def save_answers(
    *,
    application: Application,
    answers: Mapping[str, Any],
    actor: User,
    now: datetime,
    expected_version: int | None = None,
) -> Application:
    """Keep answers to go on later; those that are locked stay as they are.

    Drops the person's autosaved draft and raises the version. Raises ``NotAllowed``,
    ``Conflict`` (see ``require_open``) or ``Invalid``. What comes after the last day is kept, the
    application lapses at once, and then it is refused with ``Conflict("answer_late")``.
    """
    organisation = application.organisation
    late = keep_late(
        application=application,
        answers=answers,
        actor=actor,
        now=now,
        expected_version=expected_version,
    )
    with operation(
        "incubator.save_application",
        actor=actor,
        now=now,
        subject=application,
        organisation=organisation,
    ):
        require_role(actor, *FIRM, organisation=organisation)
        locked = lock(application)
        if late:
            raise Conflict("answer_late", due=locked.answer_due_on)
        require_open(locked, now, expected_version)
        locked.version += 1
        write_answers(locked, answers, now=now)
        drop_draft(user=actor, key=draft_key(organisation))
    return locked


def keep_late(
    *,
    application: Application,
    answers: Mapping[str, Any],
    actor: User,
    now: datetime,
    expected_version: int | None = None,
) -> bool:
    """Keep what comes after its last day and let the application lapse, as the night would.

    Return whether it did: not where the time is not over, or the lapse is recorded already.
    Raises ``NotAllowed``, ``Conflict`` (``stale``, ``application_lapsed`` a moment ago) or
    ``Invalid``.
    """
    today, organisation = timezone.localdate(now), application.organisation
    if not rules.is_late(application.state, application.answer_due_on, today):
        return False
    with operation(
        "incubator.keep_late_answers",
        actor=actor,
        now=now,
        subject=application,
        organisation=organisation,
    ):
        require_role(actor, *FIRM, organisation=organisation)
        locked = lock(application)
        if not rules.is_late(locked.state, locked.answer_due_on, today):
            raise Conflict("application_lapsed", due=locked.answer_due_on)
        require_fresh(locked, expected_version)
        write_answers(locked, answers, now=now)
        drop_draft(user=actor, key=draft_key(organisation))
        return lapse(locked, now=now)


def require_open(
    application: Application, now: datetime, expected_version: int | None = None
) -> None:
    """Raise ``Conflict`` unless the firm may change answers and the form was not stale.

    ``application_lapsed``, ``application_closed``, ``application_locked`` or ``stale``.
    """
    require_not_lapsed(application, now)
    if application.state in rules.CLOSED:
        raise Conflict("application_closed")
    if application.state not in rules.EDITABLE:
        raise Conflict("application_locked")
    require_fresh(application, expected_version)


def require_fresh(application: Application, expected_version: int | None) -> None:
    """Raise ``Conflict("stale")`` where the form was drawn from an earlier version."""
    if expected_version is not None and application.version != expected_version:
        raise Conflict("stale", version=application.version)


def write_answers(application: Application, answers: Mapping[str, Any], now: datetime) -> None:
    """Set what is open on a locked row and save it; an empty answer is none.

    Raises ``Invalid("invalid_input")`` naming the answers that do not fit their questions.
    """
    content = application.form.content
    open_now = rules.open_answers(application.state, application.asked, content)
    given = {key: answers[key] for key in answer_keys(content) if key in open_now & answers.keys()}
    faults = {key: fault_of(content, key, value) for key, value in given.items()}
    if any(faults.values()):
        raise Invalid("invalid_input", fields={key: code for key, code in faults.items() if code})
    before = application.answers
    merged = {**before, **given}
    application.answers = {key: one for key, one in merged.items() if not is_empty(one)}
    application.taken_over = still_unconfirmed(application.taken_over, before, answers, merged)
    if DECLARED in open_now & answers.keys():
        application.truth_declared = bool(answers[DECLARED])
    application.saved_at = now
    application.full_clean(validate_unique=False, validate_constraints=False)
    application.save()


def fault_of(content: Mapping[str, Any], key: str, value: object) -> str:
    """Return the code of what is wrong with one answer, “” when it can be kept."""
    question = question_of(content, key)
    return answer_fault(question, value) if question else "answer_bad"


def still_unconfirmed(
    taken_over: Mapping[str, Any],
    before: Mapping[str, Any],
    given: Mapping[str, Any],
    after: Mapping[str, Any],
) -> dict[str, Any]:
    """Return what was taken over and nobody has confirmed: not what was changed since."""
    keys = [key for key in taken_over.get("keys", []) if after.get(key) == before.get(key)]
    return {} if given.get(CONFIRMED) or not keys else {**taken_over, "keys": keys}


def attach_file(
    *,
    application: Application,
    upload: File[bytes],
    kind: str,
    actor: User,
    now: datetime,
) -> ApplicationAttachment:
    """Add a file to the question called ``kind``; the same bytes are kept there once.

    Raises ``NotAllowed``, ``Conflict`` (see ``require_open``, or ``attachment_locked``,
    ``attachments_many``), ``Invalid("attachment_unknown")`` or what ``stage`` refuses.
    """
    organisation = application.organisation
    require_role(actor, *FIRM, organisation=organisation)
    require_attachable(application, kind, now)
    # outside the transaction: bytes that no row comes to refer to are removed as left over
    staged = stage(upload, "application_attachment")
    with operation(
        "incubator.attach_file",
        actor=actor,
        now=now,
        subject=application,
        organisation=organisation,
        sha256=staged.sha256,
        kind=kind,
    ):
        locked = lock(application)
        require_attachable(locked, kind, now)
        live = locked.attachments.filter(removed_at__isnull=True)
        same = live.filter(kind=kind, file__sha256=staged.sha256).first()
        if same is not None:
            return same
        if live.count() >= rules.MOST_ATTACHMENTS:
            raise Conflict("attachments_many", most=rules.MOST_ATTACHMENTS)
        stored = record_stored(staged, actor=actor, now=now, organisation=organisation)
        attachment = ApplicationAttachment(application=locked, kind=kind, file=stored, added_at=now)
        attachment.full_clean()
        attachment.save()
    return attachment


def require_attachable(application: Application, kind: str, now: datetime) -> None:
    """Raise unless files of the question called ``kind`` may be added or removed now."""
    require_open(application, now)
    content = application.form.content
    if kind not in file_keys(content):
        raise Invalid("attachment_unknown", fields={"kind": "attachment_unknown"})
    if kind not in rules.open_answers(application.state, application.asked, content):
        raise Conflict("attachment_locked")


def remove_attachment(
    *, attachment: ApplicationAttachment, actor: User, now: datetime
) -> ApplicationAttachment:
    """Take a file out of the application; the record keeps it."""
    application = attachment.application
    organisation = application.organisation
    with operation(
        "incubator.remove_attachment",
        actor=actor,
        now=now,
        subject=application,
        organisation=organisation,
        attachment=attachment.pk,
    ):
        require_role(actor, *FIRM, organisation=organisation)
        require_attachable(lock(application), attachment.kind, now)
        attachment.removed_at = attachment.removed_at or now
        attachment.save(update_fields=["removed_at"])
    return attachment


def withdraw_application(
    *,
    application: Application,
    actor: User,
    now: datetime,
    answers: Mapping[str, Any] | None = None,
    expected_version: int | None = None,
) -> Application:
    """Take the application back before a decision; reviews under way are cancelled.

    ``answers``, typed and not saved yet, are kept with it, as far as they can still be changed.
    Raises ``NotAllowed`` or ``Conflict`` (``wrong_state``, ``stale``, ``application_lapsed``).
    """
    organisation = application.organisation
    with operation(
        "incubator.withdraw_application",
        actor=actor,
        now=now,
        subject=application,
        organisation=organisation,
    ):
        require_role(actor, Role.FIRM_SIGNER, organisation=organisation)
        locked = lock(application)
        require_not_lapsed(locked, now)
        if answers and locked.state in rules.EDITABLE:
            write_answers(locked, answers, now=now)
        gone = apply_transition(
            instance=application,
            lifecycle=rules.LIFECYCLE,
            action="withdraw",
            actor=actor,
            now=now,
            organisation=organisation,
            expected_version=expected_version,
        )
        cancel_reviews(gone, now=now)
        drop_draft(user=actor, key=draft_key(organisation))
    return gone
