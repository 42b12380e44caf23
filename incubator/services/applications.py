"""What a firm does with its application: start, save, attach, submit, withdraw."""

import secrets
from collections.abc import Mapping
from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.urls import reverse
from django.utils import timezone

from incubator.domain import application as rules
from incubator.models import Application, ApplicationAttachment
from incubator.services.application_reviews import cancel_reviews
from portal.domain.calendar import add_working_days
from portal.domain.lifecycle import Conflict, Invalid
from portal.domain.roles import Role
from portal.models import Organisation, User
from portal.permissions import require_role, roles_for
from portal.services.files import record_stored, stage
from portal.services.operations import operation
from portal.services.registers import drop_draft, next_serial
from portal.services.transitions import apply_transition, lock
from portal.services.work import open_work

FIRM = (Role.FIRM_SIGNER, Role.FIRM_MEMBER)
SERIES = "HYRF"
SCREENING_DAYS = 5
"""Working days that staff have for a case that was sent."""


def draft_key(organisation: Organisation) -> str:
    """Return the key under which a person's half-typed answers for a firm are kept."""
    return f"application:{organisation.pk}"


def create_application(*, organisation: Organisation, actor: User, now: datetime) -> Application:
    """Start a firm's application.

    Raises ``NotAllowed("role")`` or ``Conflict("application_exists")`` while another one of
    the firm is under way or admitted.
    """
    with operation(
        "incubator.create_application", actor=actor, now=now, organisation=organisation
    ) as opened:
        require_role(actor, *FIRM, organisation=organisation)
        Organisation.objects.select_for_update().get(pk=organisation.pk)
        if Application.objects.live().filter(organisation=organisation).exists():
            raise Conflict("application_exists")
        application = Application(
            number=next_serial(SERIES, now=now),
            organisation=organisation,
            created_by=actor,
            state=rules.LIFECYCLE.initial,
            state_since=now,
            created_at=now,
            saved_at=now,
            contact_person=actor.name,
            contact_phone=organisation.phone or actor.phone,
            salt=secrets.token_hex(16),
        )
        application.full_clean()
        application.save()
        opened.record(
            "incubator.application_started", subject=application, organisation=organisation
        )
    return application


def save_answers(
    *,
    application: Application,
    answers: Mapping[str, object],
    actor: User,
    now: datetime,
    expected_version: int | None = None,
) -> Application:
    """Keep answers to go on later; those that are locked stay as they are.

    Drops the person's autosaved draft and raises the version. Raises ``NotAllowed``,
    ``Conflict`` (``application_locked``, ``stale``) or ``Invalid``.
    """
    organisation = application.organisation
    with operation(
        "incubator.save_application",
        actor=actor,
        now=now,
        subject=application,
        organisation=organisation,
    ):
        require_role(actor, *FIRM, organisation=organisation)
        locked = lock(application)
        require_open(locked, expected_version)
        locked.version += 1
        write_answers(locked, answers, now=now)
        drop_draft(user=actor, key=draft_key(organisation))
    return locked


def require_open(application: Application, expected_version: int | None) -> None:
    """Raise ``Conflict`` unless the firm may change answers and the form was not stale."""
    if application.state not in rules.EDITABLE:
        raise Conflict("application_locked")
    if expected_version is not None and application.version != expected_version:
        raise Conflict("stale", version=application.version)


def write_answers(application: Application, answers: Mapping[str, object], now: datetime) -> None:
    """Set what is open on a locked row and save it."""
    open_now = rules.open_answers(application.state, application.asked)
    for name in open_now & answers.keys() & set(rules.ANSWERS):
        setattr(application, name, answers[name])
    application.saved_at = now
    try:
        application.full_clean(validate_unique=False, validate_constraints=False)
    except ValidationError as error:
        fields = {key: " ".join(texts) for key, texts in error.message_dict.items()}
        raise Invalid("invalid_input", fields=fields) from error
    application.save()


def attach_file(
    *,
    application: Application,
    upload: File[bytes],
    kind: str,
    actor: User,
    now: datetime,
) -> ApplicationAttachment:
    """Add a file; the same bytes of the same kind are kept once.

    Raises ``NotAllowed``, ``Conflict`` (``application_locked``, ``attachment_locked``,
    ``attachments_many``) or what ``stage`` refuses.
    """
    organisation = application.organisation
    require_role(actor, *FIRM, organisation=organisation)
    require_attachable(application)
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
        require_attachable(locked)
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


def require_attachable(application: Application) -> None:
    """Raise ``Conflict`` unless files may be added or removed now."""
    require_open(application, None)
    if rules.ATTACHMENTS not in rules.open_answers(application.state, application.asked):
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
        require_attachable(lock(application))
        attachment.removed_at = attachment.removed_at or now
        attachment.save(update_fields=["removed_at"])
    return attachment


def submit_application(
    *,
    application: Application,
    actor: User,
    now: datetime,
    answers: Mapping[str, object] | None = None,
    expected_version: int | None = None,
) -> Application:
    """Send the application (or the answers that were asked for) and have it checked.

    In one transaction: keeps ``answers``; moves to submitted; the system runs the machine
    check, keeps its result and moves to screening; staff get a work item; the autosaved
    draft is dropped. Raises ``NotAllowed``, ``Conflict`` (``wrong_state``, ``stale``) or
    ``Invalid("application_incomplete")`` naming what is missing.
    """
    organisation = application.organisation
    with operation(
        "incubator.submit_application",
        actor=actor,
        now=now,
        subject=application,
        organisation=organisation,
    ):
        locked = lock(application)
        rules.LIFECYCLE.next_state(locked.state, "submit", roles=roles_for(actor, organisation))
        require_open(locked, expected_version)
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
                "asked": {},
                "answer_due_on": None,
            },
        )
        checked = screen_application(sent, now=now)
        drop_draft(user=actor, key=draft_key(organisation))
    return checked


def require_complete(application: Application) -> None:
    """Raise ``Invalid`` naming the answers that are missing."""
    lacking = rules.missing(application.answers, kinds_of(application))
    if lacking:
        fields = dict.fromkeys(lacking, "answer_missing")
        raise Invalid("application_incomplete", fields=fields)


def kinds_of(application: Application) -> list[str]:
    """Return the kinds of the files that count, one for each file."""
    live = application.attachments.filter(removed_at__isnull=True)
    return list(live.values_list("kind", flat=True))


def screen_application(application: Application, *, now: datetime) -> Application:
    """Run the machine check on what was sent and hand the case to the staff."""
    organisation = application.organisation
    facts = rules.facts_of(
        application.answers, uscc=organisation.uscc or "", kinds=kinds_of(application)
    )
    result = rules.screen(facts)
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
        due_on=add_working_days(timezone.localdate(now), SCREENING_DAYS).value,
        firm=organisation.name,
    )
    return checked


def withdraw_application(
    *,
    application: Application,
    actor: User,
    now: datetime,
    expected_version: int | None = None,
) -> Application:
    """Take the application back before a decision; reviews under way are cancelled."""
    organisation = application.organisation
    with operation(
        "incubator.withdraw_application",
        actor=actor,
        now=now,
        subject=application,
        organisation=organisation,
    ):
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
