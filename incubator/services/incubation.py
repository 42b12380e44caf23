"""A firm's membership in a cohort: the agreement, its standing, its end."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.utils import timezone

from incubator.domain.cohort import (
    INCUBATION,
    require_end,
    require_suspension,
    resume_action,
)
from incubator.models import Incubation
from incubator.permissions.cohorts import require_decider, require_mentor_for
from incubator.services.cohorts import free_place, lock_cohort
from incubator.services.incubation_plan import begin_plan, drop_plan_work
from incubator.services.office_hours import drop_bookings
from incubator.services.screening import signers_of
from portal.domain.lifecycle import Conflict, Invalid
from portal.domain.texts import is_blank
from portal.events import FirmRemoved
from portal.models import User
from portal.notifications import notify
from portal.services.operations import operation
from portal.services.registers import record_relation
from portal.services.transitions import apply_transition, lock

NAME = INCUBATION.name


def move(
    incubation: Incubation,
    action: str,
    *,
    actor: User | None,
    now: datetime,
    reason: str = "",
    expected_version: int | None = None,
    changes: Mapping[str, Any] | None = None,
    data: Mapping[str, Any] | None = None,
) -> Incubation:
    """Take a step with a membership; see ``apply_transition``."""
    return apply_transition(
        instance=incubation,
        lifecycle=INCUBATION,
        action=action,
        actor=actor,
        now=now,
        organisation=incubation.organisation,
        reason=reason,
        expected_version=expected_version,
        changes=changes,
        data=data,
    )


# --- The firm's answer


def accept_offer(
    *,
    incubation: Incubation,
    digest: str,
    actor: User,
    now: datetime,
    expected_version: int | None = None,
) -> Incubation:
    """Accept the agreement for the firm: the membership begins.

    ``digest`` is that of the text on the person's page; it is kept with the time and the person.
    Raises ``Conflict`` (``offer_over``, ``agreement_other``) and whatever ``apply_transition``
    raises.
    """
    with operation(
        "incubator.incubation.sign",
        actor=actor,
        now=now,
        subject=incubation,
        organisation=incubation.organisation,
        digest=digest,
    ):
        moved = move(
            incubation,
            "accept",
            actor=actor,
            now=now,
            expected_version=expected_version,
            changes={"agreement_digest": digest, "accepted_at": now, "accepted_by": actor},
            data={"digest": digest},
        )
        if moved.reply_by < timezone.localdate(now):
            raise Conflict("offer_over", reply_by=moved.reply_by)
        agreement = moved.cohort.agreement
        if agreement is None or agreement.digest != digest:
            raise Conflict("agreement_other")
        begin_plan(moved, now=now)
        tell_staff(moved, "incubation_answered", now=now)
    return moved


def decline_offer(
    *,
    incubation: Incubation,
    actor: User,
    now: datetime,
    expected_version: int | None = None,
) -> Incubation:
    """Decline the place: it is free for others at once."""
    with operation(
        "incubator.incubation.refuse",
        actor=actor,
        now=now,
        subject=incubation,
        organisation=incubation.organisation,
    ):
        lock_cohort(incubation.cohort_id)
        moved = move(incubation, "decline", actor=actor, now=now, expected_version=expected_version)
        free_place(incubation.cohort_id)
        tell_staff(moved, "incubation_answered", now=now)
    return moved


def withdraw_offer(
    *,
    incubation: Incubation,
    reason: str,
    actor: User,
    now: datetime,
    expected_version: int | None = None,
) -> Incubation:
    """Take an offer back before it is answered, with a reason."""
    with operation("incubator.incubation.recall", actor=actor, now=now, subject=incubation):
        require_decider(actor, incubation.organisation)
        lock_cohort(incubation.cohort_id)
        moved = move(
            incubation,
            "withdraw",
            actor=actor,
            now=now,
            reason=reason,
            expected_version=expected_version,
            changes={"standing_note": reason.strip()[:1000]},
        )
        free_place(incubation.cohort_id)
        tell_firm(moved, now=now, reason=reason)
    return moved


# --- Standing


def settle(incubation: Incubation, *, now: datetime) -> Incubation:
    """Return the membership locked, as it stands today: a suspension that is over has ended."""
    locked = lock(incubation)
    if locked.standing(timezone.localdate(now)) == locked.state:
        return locked
    return resume(locked, actor=None, now=now)


def resume(
    incubation: Incubation,
    *,
    actor: User | None,
    now: datetime,
    expected_version: int | None = None,
) -> Incubation:
    """End a suspension into the state before it."""
    return move(
        incubation,
        resume_action(lock(incubation).resumes_as),
        actor=actor,
        now=now,
        expected_version=expected_version,
        changes={"suspended_until": None, "standing_note": ""},
    )


def judge(
    *,
    incubation: Incubation,
    action: str,
    actor: User,
    now: datetime,
    reason: str = "",
    until: date | None = None,
    expected_version: int | None = None,
) -> Incubation:
    """Change a firm's standing: ``warn``, ``clear``, ``suspend`` (until a date), ``resume``.

    Raises ``NotAllowed``, ``Invalid`` (``suspension_until``, ``reason_required``) or ``Conflict``.
    """
    with operation("incubator.incubation.judge", actor=actor, now=now, subject=incubation):
        require_decider(actor, incubation.organisation)
        require_current(incubation, expected_version)
        settled = settle(incubation, now=now)
        if action == "resume":
            moved = resume(settled, actor=actor, now=now)
        else:
            note = "" if action == "clear" else reason.strip()[:1000]
            changes: dict[str, Any] = {"standing_note": note}
            if action == "suspend":
                changes |= suspension(settled, until, timezone.localdate(now))
            moved = move(
                settled, action, actor=actor, now=now, reason=reason, changes=changes,
                data={"until": until} if until else None,
            )  # fmt: skip
        tell_firm(moved, now=now, reason=moved.standing_note)
    return moved


def suspension(incubation: Incubation, until: date | None, today: date) -> dict[str, Any]:
    """Return what a suspension sets, or raise ``Invalid("suspension_until")``."""
    if until is None:
        raise Invalid("suspension_until", fields={"until": "suspension_until"})
    require_suspension(until, today)
    return {"suspended_until": until, "resumes_as": incubation.state}


def require_current(incubation: Incubation, expected_version: int | None) -> None:
    """Raise ``Conflict("stale")`` unless the form was drawn from the present version."""
    version = lock(incubation).version
    if expected_version is not None and expected_version != version:
        raise Conflict("stale", version=version)


# --- The end


def end_incubation(
    *,
    incubation: Incubation,
    action: str,
    code: str,
    actor: User,
    now: datetime,
    note: str = "",
    expected_version: int | None = None,
) -> Incubation:
    """End a membership: ``graduate``, ``exit`` or ``remove``, each with a reason code.

    A graduate keeps its place in the cohort; the others give theirs back. The firm keeps reading
    its records. A removal publishes ``FirmRemoved``, which closes what the firm holds.
    Raises ``NotAllowed``, ``Invalid`` (``end_code``, ``reason_required``) or ``Conflict``
    (``milestones_open``, ``wrong_state``, ``stale``).
    """
    with operation(
        "incubator.incubation.end",
        actor=actor,
        now=now,
        subject=incubation,
        organisation=incubation.organisation,
        code=code,
    ) as opened:
        if action != "exit" or not is_of_firm(actor, incubation):
            require_decider(actor, incubation.organisation)
        lock_cohort(incubation.cohort_id)
        require_current(incubation, expected_version)
        settled = settle(incubation, now=now)
        require_end(action, code, open_milestones(settled))
        if code in {"early", "other"} and is_blank(note):
            raise Invalid("reason_required", fields={"note": "reason_required"})
        moved = move(
            settled,
            action,
            actor=actor,
            now=now,
            reason=note.strip() or code,
            changes={
                "ended_at": now,
                "end_code": code,
                "end_note": note.strip()[:1000],
                "suspended_until": None,
                "standing_note": "",
            },
            data={"code": code},
        )
        drop_plan_work(moved, now=now)
        drop_bookings(moved, now=now)
        if action != "graduate":
            free_place(incubation.cohort_id)
        if action == "remove":
            opened.publish(FirmRemoved(moved.pk, moved.organisation_id))
        if action == "exit":
            tell_staff(moved, "incubation_left", now=now)
        tell_firm(moved, now=now, reason=moved.end_note)
    return moved


def is_of_firm(actor: User, incubation: Incubation) -> bool:
    """Return whether ``actor`` belongs to the firm."""
    return incubation.organisation_id in {m.organisation_id for m in actor.active_memberships}


def open_milestones(incubation: Incubation) -> int:
    """Return how many milestones are not confirmed."""
    return incubation.milestones.exclude(state="confirmed").count()


# --- Mentor


def assign_mentor(
    *, incubation: Incubation, mentor: User, actor: User, now: datetime
) -> Incubation:
    """Name the firm's mentor; the tie counts in conflict checks from then on.

    Raises ``NotAllowed``, ``Conflict`` (``not_a_mentor``, ``wrong_state``).
    """
    firm = incubation.organisation
    with operation(
        "incubator.incubation.mentor",
        actor=actor,
        now=now,
        subject=incubation,
        organisation=firm,
        mentor=mentor.pk,
    ):
        require_decider(actor, firm)
        locked = settle(incubation, now=now)
        INCUBATION.find(locked.state, "exit")
        if locked.mentor_id == mentor.pk:
            return locked
        require_mentor_for(mentor, firm)
        locked.mentor = mentor
        locked.version += 1
        locked.save(update_fields=["mentor", "version"])
        record_relation(
            kind="mentored",
            person=mentor,
            other=firm,
            since=timezone.localdate(now),
            subject=locked,
        )
        notify(
            [*signers_of(firm), mentor],
            "incubation_mentor",
            key=f"incubation_mentor:{locked.pk}:{locked.version}",
            now=now,
            url=locked.get_absolute_url(),
            firm=firm.name,
            mentor=mentor.name or mentor.email,
        )
    return locked


# --- Messages


def tell_firm(incubation: Incubation, *, now: datetime, reason: str) -> None:
    """Tell everybody who acts for the firm how its membership stands."""
    notify(
        signers_of(incubation.organisation),
        "incubation_standing",
        key=f"incubation_standing:{incubation.pk}:{incubation.version}",
        now=now,
        url=incubation.get_absolute_url(),
        number=incubation.number,
        state=f"{NAME}.{incubation.state}",
        reason=reason,
    )


def tell_staff(incubation: Incubation, kind: str, *, now: datetime) -> None:
    """Tell whoever offered the place what the firm did."""
    if incubation.created_by is None:
        return
    notify(
        [incubation.created_by],
        kind,
        key=f"{kind}:{incubation.pk}:{incubation.version}",
        now=now,
        url=incubation.get_absolute_url(),
        number=incubation.number,
        firm=incubation.organisation.name,
        cohort=incubation.cohort.title,
        cohort_en=incubation.cohort.title_en,
        state=f"{NAME}.{incubation.state}",
    )
