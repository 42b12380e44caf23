"""Objections to public notices: lodged with a name and evidence, answered with reasons."""

from datetime import date, datetime

from allauth.account.models import EmailAddress
from django.core.files.base import File
from django.utils import timezone

from portal.domain import objection as rules
from portal.domain.calendar import add_working_days
from portal.domain.lifecycle import Conflict, Invalid, NotAllowed
from portal.events import ObjectionDecided, publish
from portal.models import Notice, Objection, ObjectionFile, Organisation, User
from portal.notifications import notify
from portal.permissions import has_conflict, require_outsider, require_role
from portal.selectors.objections import standings
from portal.services.files import Staged, record_stored, stage
from portal.services.operations import operation
from portal.services.registers import next_serial
from portal.services.transitions import apply_transition, lock
from portal.services.work import open_work

HANDLER = frozenset({"handler"})
USE = "objection_evidence"


def lodge_objection(
    *,
    notice: Notice,
    row: int,
    real_name: str,
    grounds: str,
    evidence: str,
    actor: User,
    now: datetime,
    upload: File[bytes] | None = None,
) -> Objection:
    """Object to one row of an open notice, by name and with evidence; the row is then held.

    Opens a work item for the role that handles notices of this kind and acknowledges receipt to
    the objector. Raises ``Invalid`` (``objection_row``, ``objection_incomplete`` naming what is
    missing, or what ``stage`` refuses) or ``Conflict`` (``objection_kind``, ``objection_window``,
    ``objection_withdrawn``, ``objection_email``, ``objection_twice``).
    """
    require_objectionable(notice, row, now=now)
    # outside the transaction: bytes that no row comes to refer to are removed as left over
    staged = None if upload is None else stage(upload, USE)
    with operation("portal.lodge_objection", actor=actor, now=now, subject=notice) as opened:
        locked = locked_notice(notice)
        require_objectionable(locked, row, now=now)
        require_real_person(actor)
        faults = rules.faults_of(real_name=real_name, grounds=grounds, evidence=evidence)
        if faults:
            raise Invalid("objection_incomplete", fields=faults)
        require_first(locked, row, actor)
        objection = Objection(
            number=next_serial("HYYY", now=now),
            notice=locked,
            row=row,
            organisation=named_organisation(locked.rows[row]),
            objector=actor,
            real_name=real_name.strip(),
            grounds=grounds.strip(),
            evidence=evidence.strip(),
            due_on=due_on(now, rules.ADMISSIBILITY_DAYS),
            state=rules.LIFECYCLE.initial,
            state_since=now,
            created_at=now,
        )
        objection.full_clean()
        objection.save()
        if staged is not None:
            keep_file(objection, staged, actor=actor, now=now)
        opened.record("portal.objection_lodged", subject=objection, number=objection.number)
        hand_to_handlers(objection, "objection_screen", now=now)
        tell_objector(objection, now=now)
    return objection


def locked_notice(notice: Notice) -> Notice:
    """Return the notice locked: objections to it and what its rows wait for go one by one."""
    return Notice.objects.select_for_update().get(pk=notice.pk)


def require_objectionable(notice: Notice, row: int, *, now: datetime) -> None:
    """Raise unless the notice takes objections today and has this row."""
    if notice.kind not in rules.HANDLERS:
        raise Conflict("objection_kind")
    if not 0 <= row < len(notice.rows):
        raise Invalid("objection_row")
    today = timezone.localdate(now)
    if notice.withdrawn_at is not None or not notice.opens_on <= today <= notice.closes_on:
        raise Conflict("objection_window", opens_on=notice.opens_on, closes_on=notice.closes_on)
    if notice.rows[row].get("withdrawn_on"):
        raise Conflict("objection_withdrawn")


def require_real_person(actor: User) -> None:
    """Raise ``Conflict("objection_email")`` unless the person's address is confirmed."""
    if not EmailAddress.objects.filter(user=actor, verified=True).exists():
        raise Conflict("objection_email")


def require_first(notice: Notice, row: int, actor: User) -> None:
    """Raise ``Conflict("objection_twice")`` where the person has objected to this row."""
    before = Objection.objects.filter(notice=notice, row=row, objector=actor).first()
    if before is not None:
        raise Conflict("objection_twice", number=before.number)


def named_organisation(line: dict[str, str]) -> Organisation | None:
    """Return whom a row names: by its code, or by its name where it has none."""
    code = line.get("uscc")
    named = {"uscc": code} if code else {"name": line.get("name", "")}
    return Organisation.objects.filter(**named).order_by("pk").first()


def due_on(now: datetime, days: int) -> date:
    """Return the day ``days`` working days from now."""
    return add_working_days(timezone.localdate(now), days).value


def hand_to_handlers(objection: Objection, kind: str, *, now: datetime) -> None:
    """Put the next step into the inbox of whoever handles such objections."""
    open_work(
        kind,
        subject=objection,
        url=objection.get_absolute_url(),
        now=now,
        role=rules.HANDLERS[objection.notice.kind],
        due_on=objection.due_on,
        firm=objection.line.get("name", ""),
    )


def tell_objector(objection: Objection, *, now: datetime) -> None:
    """Tell the objector where the objection stands."""
    notify(
        [objection.objector],
        "objection_state",
        key=f"objection:{objection.pk}:{objection.state}",
        now=now,
        url=objection.get_absolute_url(),
        number=objection.number,
        state=f"{rules.LIFECYCLE.name}.{objection.state}",
    )


def add_evidence(
    *, objection: Objection, upload: File[bytes], actor: User, now: datetime
) -> ObjectionFile:
    """Add a file to one's own objection until it is decided.

    Raises ``NotAllowed``, ``Conflict`` (``objection_locked``, ``objection_files``) or what
    ``stage`` refuses.
    """
    require_objector(objection, actor)
    # outside the transaction: bytes that no row comes to refer to are removed as left over
    staged = stage(upload, USE)
    with operation("portal.add_evidence", actor=actor, now=now, subject=objection):
        locked = lock(objection)
        if not locked.is_open:
            raise Conflict("objection_locked")
        if locked.files.count() >= rules.MOST_FILES:
            raise Conflict("objection_files", most=rules.MOST_FILES)
        return keep_file(locked, staged, actor=actor, now=now)


def require_objector(objection: Objection, actor: User) -> None:
    """Raise ``NotAllowed`` for anybody but who objects."""
    if objection.objector_id != actor.pk:
        raise NotAllowed("role")


def keep_file(objection: Objection, staged: Staged, *, actor: User, now: datetime) -> ObjectionFile:
    """Write the row of a file; it belongs to no organisation, so that no firm sees it."""
    stored = record_stored(staged, actor=actor, now=now, organisation=None)
    return ObjectionFile.objects.create(objection=objection, file=stored, added_at=now)


def require_handler(objection: Objection, actor: User) -> None:
    """Raise ``NotAllowed`` unless ``actor`` handles such objections without a stake in this one."""
    require_role(actor, rules.HANDLERS[objection.notice.kind])
    if objection.objector_id == actor.pk:
        raise NotAllowed("own_objection")
    require_outsider(actor, objection.organisation)
    if objection.organisation is not None and has_conflict(actor, objection.organisation):
        raise NotAllowed("conflict_of_interest")


def decide_admissibility(
    *,
    objection: Objection,
    admissible: bool,
    reason: str,
    actor: User,
    now: datetime,
    expected_version: int | None = None,
) -> Objection:
    """Take the objection up, or not, with the reason; the objector is told.

    Raises ``NotAllowed``, ``Conflict`` (``wrong_state``, ``stale``) or
    ``Invalid("reason_required")``.
    """
    with operation("portal.decide_admissibility", actor=actor, now=now, subject=objection):
        moved = answer(
            objection,
            "accept" if admissible else "turn_away",
            actor=actor,
            now=now,
            reason=reason,
            expected_version=expected_version,
            changes={
                "admissibility_reason": reason.strip(),
                "due_on": due_on(now, rules.DECISION_DAYS),
            },
        )
        if admissible:
            hand_to_handlers(moved, "objection_decide", now=now)
    return moved


def decide_objection(
    *,
    objection: Objection,
    upheld: bool,
    reason: str,
    actor: User,
    now: datetime,
    expected_version: int | None = None,
) -> Objection:
    """Uphold or dismiss the objection with the reason; the objector is told.

    Upheld, the row stays held: whoever decides on the case must act on it. Raises as
    ``decide_admissibility`` does.
    """
    with operation("portal.decide_objection", actor=actor, now=now, subject=objection):
        return answer(
            objection,
            "uphold" if upheld else "dismiss",
            actor=actor,
            now=now,
            reason=reason,
            expected_version=expected_version,
            changes={"decision_reason": reason.strip()},
        )


def answer(
    objection: Objection,
    action: str,
    *,
    actor: User,
    now: datetime,
    reason: str,
    expected_version: int | None,
    changes: dict[str, object],
) -> Objection:
    """Take one step of the lifecycle, tell the objector and, at the end, whoever waits for it."""
    require_handler(objection, actor)
    locked_notice(objection.notice)
    moved = apply_transition(
        instance=objection,
        lifecycle=rules.LIFECYCLE,
        action=action,
        actor=actor,
        now=now,
        organisation=objection.organisation,
        roles=HANDLER,
        reason=reason,
        expected_version=expected_version,
        changes={**changes, "handled_by": actor},
    )
    tell_objector(moved, now=now)
    if not moved.is_open:
        publish(ObjectionDecided(objection_id=moved.pk), now=now)
    return moved


def settled_standings(notice: Notice | None) -> dict[int | None, str]:
    """Return what objections make of each firm of a notice, which stays locked until the end.

    As ``selectors.objections.standings``; nothing where there is no notice.
    """
    return {} if notice is None else standings(locked_notice(notice))


def require_unobjected(notice: Notice | None, organisation: Organisation | None = None) -> None:
    """Raise ``Conflict`` (``objection_open``, ``objection_upheld``) where an objection stands
    against a firm's row, or against any row where no firm is named.
    """
    found = settled_standings(notice)
    words = set(found.values()) if organisation is None else {found.get(organisation.pk, "")}
    for word in ("open", "upheld"):
        if word in words:
            raise Conflict(f"objection_{word}")
