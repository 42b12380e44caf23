"""What screeners ask a firm to add: asked, reminded of, put off, and lapsed at the end."""

from collections.abc import Mapping
from datetime import date, datetime

from django.utils import timezone

from incubator.domain import application as rules
from incubator.models import Application
from incubator.permissions.applications import require_decider
from incubator.selectors.reapplication import standing_keys
from incubator.services.screening import signers_of
from portal.domain.calendar import add_working_days
from portal.domain.lifecycle import Conflict, Invalid
from portal.domain.roles import Role
from portal.domain.texts import is_blank
from portal.models import Organisation, User
from portal.notifications import notify
from portal.services.operations import operation
from portal.services.transitions import apply_transition, lock
from portal.services.work import open_work

ANSWER_DAYS = 5
"""Working days that a firm has for an answer, unless the screener sets a day."""
REMINDER_DAYS = 1
"""Working days before its last day on which a firm is reminded."""
LONGEST_DAYS = 60
"""Working days by which an answer may be put off at most, from today."""


def ask_more_info(
    *,
    application: Application,
    asked: Mapping[str, str],
    actor: User,
    now: datetime,
    due_on: date | None = None,
    expected_version: int | None = None,
) -> Application:
    """Reopen the answers named in ``asked`` (answer → note) and only those.

    The firm gets a work item and a message. Raises ``Invalid``: ``nothing_asked``,
    ``asked_passed`` (what passed in an earlier application and is unchanged), ``due_not_later``
    (a day that is past), ``due_far`` (more than 60 working days off).
    """
    organisation = application.organisation
    with operation(
        "incubator.ask_more_info",
        actor=actor,
        now=now,
        subject=application,
        organisation=organisation,
    ):
        require_decider(actor, organisation)
        keys = [one["key"] for one in application.form.questions]
        notes = {key: asked[key].strip() for key in keys if not is_blank(asked.get(key, ""))}
        if not notes:
            raise Invalid("nothing_asked")
        if standing_keys(application) & notes.keys():
            raise Invalid("asked_passed")
        if due_on is not None:
            require_later(None, due_on, timezone.localdate(now))
        due = due_on or add_working_days(timezone.localdate(now), ANSWER_DAYS).value
        moved = apply_transition(
            instance=application,
            lifecycle=rules.LIFECYCLE,
            action="ask",
            actor=actor,
            now=now,
            organisation=organisation,
            expected_version=expected_version,
            changes={
                "asked": notes,
                "asked_at": now,
                "answer_due_on": due,
                "truth_declared": False,
            },
            data={"asked": sorted(notes)},
        )
        open_answer(moved, now=now)
    return moved


def open_answer(application: Application, *, now: datetime) -> None:
    """Put the question into the firm's inbox and tell it; both name the last day."""
    organisation, due = application.organisation, application.answer_due_on
    url = application.get_absolute_url()
    open_work(
        "application_answer",
        subject=application,
        organisation=organisation,
        role=Role.FIRM_SIGNER,
        url=url,
        now=now,
        due_on=due,
        firm=organisation.name,
    )
    tell(application, "application_answer", f"{application.version}", now=now)


def tell(application: Application, kind: str, mark: str, *, now: datetime) -> int:
    """Tell who acts for the firm, once for each ``mark``; return how many messages."""
    organisation, due = application.organisation, application.answer_due_on
    return notify(
        signers_of(organisation),
        kind,
        now=now,
        url=application.get_absolute_url(),
        key=f"{kind}:{application.pk}:{mark}",
        number=application.number,
        firm=organisation.name,
        due=due.isoformat() if due else "",
    )


def extend_answer(
    *,
    application: Application,
    due_on: date,
    reason: str,
    actor: User,
    now: datetime,
    expected_version: int | None = None,
) -> Application:
    """Give the firm until ``due_on`` for its answer, with a reason; it is told.

    Raises ``Invalid``: ``due_not_later`` (not after the day that stands, or past), ``due_far``
    (more than 60 working days off), ``reason_required``; ``Conflict``: ``wrong_state``, ``stale``,
    ``application_lapsed`` (the day that stood is past).
    """
    organisation = application.organisation
    with operation(
        "incubator.extend_answer",
        actor=actor,
        now=now,
        subject=application,
        organisation=organisation,
        reason=reason.strip(),
    ):
        require_decider(actor, organisation)
        locked = lock(application)
        require_not_lapsed(locked, now)
        require_later(locked.answer_due_on, due_on, timezone.localdate(now))
        moved = apply_transition(
            instance=locked,
            lifecycle=rules.LIFECYCLE,
            action="extend",
            actor=actor,
            now=now,
            organisation=organisation,
            reason=reason,
            expected_version=expected_version,
            changes={"answer_due_on": due_on},
            data={"due_on": due_on.isoformat()},
        )
        open_answer(moved, now=now)
    return moved


def require_later(stands: date | None, due_on: date, today: date) -> None:
    """Raise ``Invalid`` unless a new last day is later than the old one and not too far off."""
    if due_on < today or (stands is not None and due_on <= stands):
        raise Invalid("due_not_later", fields={"due_on": "due_not_later"})
    if due_on > add_working_days(today, LONGEST_DAYS).value:
        raise Invalid("due_far", fields={"due_on": "due_far"}, days=LONGEST_DAYS)


def lapse_answers(*, now: datetime) -> int:
    """Let applications lapse whose answer did not come by its day (every night); return how many.

    Each in a transaction of its own: what was done before an error stays done.
    """
    today = timezone.localdate(now)
    late = Application.objects.late(today)
    return sum(lapse(one, now=now) for one in late.select_related("organisation").order_by("pk"))


def lapse(application: Application, *, now: datetime) -> bool:
    """Let one application lapse and tell the firm; return whether it was still waiting."""
    organisation = application.organisation
    with operation(
        "incubator.lapse_application",
        actor=None,
        now=now,
        subject=application,
        organisation=organisation,
    ):
        locked = lock(application)
        if not rules.is_late(locked.state, locked.answer_due_on, timezone.localdate(now)):
            return False
        moved = apply_transition(
            instance=locked,
            lifecycle=rules.LIFECYCLE,
            action="lapse",
            actor=None,
            now=now,
            organisation=organisation,
        )
        tell(moved, "application_lapsed", "once", now=now)
    return True


def require_not_lapsed(application: Application, now: datetime) -> None:
    """Raise ``Conflict("application_lapsed")`` once the time for an answer is over."""
    if application.standing(timezone.localdate(now)) == "lapsed":
        raise Conflict("application_lapsed", due=application.answer_due_on)


def lapse_late(organisation: Organisation, *, now: datetime) -> None:
    """Let a firm's late application lapse before another one begins, whatever the night did."""
    late = Application.objects.late(timezone.localdate(now)).filter(organisation=organisation)
    for one in late:
        lapse(one, now=now)


def remind_answers(*, now: datetime) -> int:
    """Remind firms whose answer is due in a working day (every morning); return how many messages.

    Each is reminded once of each last day, however often this runs.
    """
    today = timezone.localdate(now)
    soon = Application.objects.filter(
        state="more_info",
        answer_due_on__gte=today,
        answer_due_on__lte=add_working_days(today, REMINDER_DAYS).value,
    )
    return sum(
        tell(one, "application_answer_soon", str(one.answer_due_on), now=now)
        for one in soon.select_related("organisation").order_by("pk")
    )
