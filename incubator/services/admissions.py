"""The decisions of a batch, released together: the notice, the refusals, what follows."""

from collections.abc import Sequence
from datetime import datetime

from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from incubator.domain import application as rules
from incubator.models import Application
from incubator.permissions.applications import require_decider
from incubator.services.screening import signers_of, tell_refused
from portal.domain.calendar import add_working_days, notice_window
from portal.domain.lifecycle import Conflict, Invalid, require_seen
from portal.domain.roles import Role
from portal.domain.texts import legible
from portal.events import FirmAdmitted
from portal.models import Notice, User
from portal.notifications import notify
from portal.permissions import require_role
from portal.services.objections import require_unobjected
from portal.services.operations import operation
from portal.services.registers import open_notice, require_notice_over
from portal.services.transitions import apply_transition, lock
from portal.services.work import open_work


def publish_admissions(
    *,
    applications: Sequence[Application],
    batch: str,
    actor: User,
    now: datetime,
    refusals: Sequence[Application] = (),
) -> Notice | None:
    """Release the decisions of a batch in one deed, all or nothing.

    Proposed applications go into one public notice of 5 working and 7 calendar days; the firms
    of ``refusals`` are told their reasons. ``batch`` is the name of the admission batch
    (第 3 批), which no earlier one has. Without a proposed firm there is no notice and ``None`` is
    returned. Raises ``Invalid`` (``nothing_proposed``, ``text_required``, ``batch_exists``) or
    ``Conflict`` (``not_proposed``, ``not_refused``).
    """
    batch = legible(batch)
    with operation("incubator.publish_admissions", actor=actor, now=now, batch=batch):
        require_role(actor, Role.STAFF)
        if not applications and not refusals:
            raise Invalid("nothing_proposed", fields={"applications": "nothing_proposed"})
        require_new_batch(batch)
        locked = [require_proposed(lock(one), actor) for one in applications]
        refused = [require_refused(lock(one), actor) for one in refusals]
        notice = publish_notice(locked, batch, actor, now) if locked else None
        for one in refused:
            release_refusal(one, batch, actor, now)
    return notice


def require_new_batch(batch: str) -> None:
    """Raise ``Invalid`` unless a batch has a name, and one of its own."""
    require_seen(batch=batch)
    if Application.objects.filter(batch=batch).exists():
        raise Invalid("batch_exists", fields={"batch": "batch_exists"}, batch=batch)


def publish_notice(
    applications: Sequence[Application], batch: str, actor: User, now: datetime
) -> Notice:
    """Open the notice of a batch and move its cases into it."""
    title, body = notice_words(batch)
    notice = open_notice(
        kind="admission",
        actor=actor,
        now=now,
        rows=[notice_row(one) for one in applications],
        window=notice_window(
            timezone.localdate(now),
            rules.NOTICE_WORKING_DAYS,
            rules.NOTICE_CALENDAR_DAYS,
        ),
        title=title["zh-hans"],
        title_en=title["en"],
        body=body["zh-hans"],
        body_en=body["en"],
    )
    for one in applications:
        give_notice(one, notice, batch, actor, now)
    return notice


def require_refused(application: Application, actor: User) -> Application:
    """Raise unless a refusal of the locked case is held and ``actor`` may decide on it."""
    require_decider(actor, application.organisation)
    if application.state != "decision_pending" or application.refused_at is None:
        raise Conflict("not_refused", number=application.number)
    return application


def release_refusal(application: Application, batch: str, actor: User, now: datetime) -> None:
    """Make a held refusal take effect and tell the firm."""
    moved = apply_transition(
        instance=application,
        lifecycle=rules.LIFECYCLE,
        action="reject",
        actor=actor,
        now=now,
        organisation=application.organisation,
        reason=application.feedback,
        changes={"rejected_at": now, "batch": batch},
        data={"reason_codes": application.reason_codes},
    )
    tell_refused(moved, now=now)


def require_proposed(application: Application, actor: User) -> Application:
    """Raise unless the locked case waits for its notice and ``actor`` may decide on it."""
    require_decider(actor, application.organisation)
    if application.state != "decision_pending" or application.proposed_at is None:
        raise Conflict("not_proposed", number=application.number)
    return application


def notice_row(application: Application) -> dict[str, str]:
    """Return a firm's line in the public list: name, code and the case's number."""
    firm = application.organisation
    return {"name": firm.name, "uscc": firm.uscc or "", "note": application.number}


def notice_words(batch: str) -> tuple[dict[str, str], dict[str, str]]:
    """Return the notice's title and text by language."""
    title, body = {}, {}
    for language in ("zh-hans", "en"):
        with translation.override(language):
            title[language] = _("Firms proposed for admission: %(batch)s") % {"batch": batch}
            body[language] = _(
                "The firms below passed screening and independent review and are proposed for "
                "admission to incubation. Whoever objects may do so within the period, with real "
                "name and evidence.",
            )
    return title, body


def give_notice(
    application: Application,
    notice: Notice,
    batch: str,
    actor: User,
    now: datetime,
) -> None:
    """Move one case into the notice and tell the firm."""
    organisation = application.organisation
    moved = apply_transition(
        instance=application,
        lifecycle=rules.LIFECYCLE,
        action="publish",
        actor=actor,
        now=now,
        organisation=organisation,
        changes={"notice": notice, "batch": batch},
    )
    open_work(
        "application_admit",
        subject=moved,
        role=Role.STAFF,
        now=now,
        url=reverse("incubator:screening_case", args=[moved.pk]),
        due_on=add_working_days(notice.closes_on, 1).value,
        firm=organisation.name,
    )
    notify(
        signers_of(organisation),
        "application_noticed",
        now=now,
        key=f"application_noticed:{moved.pk}:{notice.pk}",
        firm=organisation.name,
        until=notice.closes_on.isoformat(),
        url=reverse("portal:notice", args=[notice.number]),
    )


def admit_application(
    *,
    application: Application,
    actor: User,
    now: datetime,
    expected_version: int | None = None,
) -> Application:
    """Admit the firm after its public notice: from now on ``is_admitted`` holds.

    Publishes ``FirmAdmitted`` (the firm is told by its subscriber). Raises
    ``Conflict("notice_running")`` until the day after the notice's last day, and
    ``objection_open`` or ``objection_upheld`` where an objection holds the firm's row.
    """
    organisation = application.organisation
    with operation(
        "incubator.admit_application",
        actor=actor,
        now=now,
        subject=application,
        organisation=organisation,
    ) as opened:
        require_decider(actor, organisation)
        locked = lock(application)
        require_notice_over(locked.notice, now=now)
        require_unobjected(locked.notice, organisation)
        moved = apply_transition(
            instance=application,
            lifecycle=rules.LIFECYCLE,
            action="admit",
            actor=actor,
            now=now,
            organisation=organisation,
            expected_version=expected_version,
            changes={"admitted_on": timezone.localdate(now)},
        )
        opened.publish(FirmAdmitted(application_id=moved.pk, organisation_id=organisation.pk))
    return moved
