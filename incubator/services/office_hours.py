"""Office hours: publish, change, cancel, book, give up, record."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import override

from incubator.domain.office_hours import (
    BOOKING,
    MOST_AHEAD,
    MOST_OPEN,
    SLOT,
    Span,
    first_overlap,
    require_ahead,
    require_over,
    require_slots,
    require_where,
)
from incubator.labels.office_hours import INCUBATION_OVER
from incubator.models import Incubation, OfficeBooking, OfficeSlot
from incubator.permissions.office_hours import (
    hours_roles,
    may_book,
    require_mentor,
    require_of_firm,
    require_offered,
)
from incubator.services.screening import signers_of
from portal.domain.lifecycle import Conflict, Invalid, NotAllowed
from portal.domain.texts import is_blank
from portal.models import User
from portal.notifications import notify
from portal.services.operations import operation
from portal.services.transitions import apply_transition, lock
from portal.services.work import close_work, open_work

# --- The mentor's hours


def publish_slots(
    *,
    starts_at: datetime,
    minutes: int,
    actor: User,
    now: datetime,
    count: int = 1,
    weeks: int = 1,
    place: str = "",
    link: str = "",
    open_to_cohort: bool = False,
) -> list[OfficeSlot]:
    """Publish ``count`` hours in a row on each of ``weeks`` weeks; all of them or none.

    Raises ``NotAllowed("role")``, ``Invalid`` (what ``require_slots`` and ``require_where`` raise)
    or ``Conflict`` (``office_no_firm``, ``office_overlap``, ``office_ahead``).
    """
    with operation(
        "incubator.office.publish", actor=actor, now=now, starts_at=starts_at, count=count,
        weeks=weeks,
    ):  # fmt: skip
        require_mentor(actor)
        require_where(place, link)
        spans = require_slots(
            starts_at, minutes, now, zone=timezone.get_default_timezone(), count=count, weeks=weeks
        )
        lock_mentor(actor.pk)
        require_room(actor, spans, now)
        return [
            OfficeSlot.objects.create(
                mentor=actor,
                starts_at=begin,
                ends_at=end,
                place=place.strip()[:120],
                link=link.strip()[:300],
                open_to_cohort=open_to_cohort,
                state=SLOT.initial,
                state_since=now,
                created_at=now,
                changed_at=now,
            )
            for begin, end in spans
        ]


def lock_mentor(pk: int) -> None:
    """Lock a mentor: whoever publishes, moves or cancels an hour of theirs waits for the other.

    Not the key: rows that merely name the mentor (a booking's message) are written meanwhile, else
    a booking that holds the hour would wait for somebody who waits for the hour.
    """
    User.objects.select_for_update(no_key=True).get(pk=pk)


def require_room(
    mentor: User, spans: Sequence[Span], now: datetime, *, without: int | None = None
) -> None:
    """Raise ``Conflict`` where hours of a locked mentor would overlap or be too many."""
    rows = OfficeSlot.objects.filter(mentor=mentor, state="open", ends_at__gt=now)
    others = rows if without is None else rows.exclude(pk=without)
    held = list(others.values_list("starts_at", "ends_at"))
    if len(held) + len(spans) > MOST_AHEAD:
        raise Conflict("office_ahead", most=MOST_AHEAD, count=len(held))
    clash = first_overlap(spans, held)
    if clash is not None:
        raise Conflict("office_overlap", when=kept(clash[0]))


def change_slot(
    *,
    slot: OfficeSlot,
    starts_at: datetime,
    minutes: int,
    reason: str,
    actor: User,
    now: datetime,
    place: str = "",
    link: str = "",
    open_to_cohort: bool = False,
    expected_version: int | None = None,
) -> OfficeSlot:
    """Change an hour that has not begun, with a reason; the firm that booked it is told.

    Raises ``NotAllowed("role")``, ``Invalid`` (as ``publish_slots``; ``reason_required``) or
    ``Conflict`` (``wrong_state``, ``stale``, ``office_begun``, ``office_overlap``).
    """
    with operation(
        "incubator.office.change", actor=actor, now=now, subject=slot, reason=reason,
        starts_at=starts_at,
    ):  # fmt: skip
        lock_mentor(slot.mentor_id)
        locked = lock(slot)
        SLOT.next_state(locked.state, "cancel", roles=hours_roles(actor, locked), reason=reason)
        if expected_version is not None and locked.version != expected_version:
            raise Conflict("stale", version=locked.version)
        require_ahead(locked.starts_at, now)
        require_where(place, link)
        zone = timezone.get_default_timezone()
        [(begin, end)] = require_slots(starts_at, minutes, now, zone=zone)
        require_room(locked.mentor, [(begin, end)], now, without=locked.pk)
        locked.starts_at, locked.ends_at = begin, end
        locked.place, locked.link = place.strip()[:120], link.strip()[:300]
        locked.open_to_cohort, locked.reason = open_to_cohort, reason.strip()[:300]
        locked.version += 1
        touch(locked, now)
        for booking in taking(locked):
            close_work(booking, now=now)
            call_mentor(booking, now=now)
            tell_firm(booking, "office_moved", now=now, reason=locked.reason)
    return locked


def touch(slot: OfficeSlot, now: datetime) -> None:
    """Save a locked hour; calendars learn that it changed."""
    slot.sequence += 1
    slot.changed_at = now
    slot.save()


def taking(slot: OfficeSlot) -> list[OfficeBooking]:
    """Return the standing booking of an hour, if there is one, with its firm."""
    rows = slot.bookings.filter(state="booked").select_related("incubation__organisation")
    found = list(rows)
    for booking in found:
        booking.slot = slot
    return found


def cancel_slot(
    *,
    slot: OfficeSlot,
    reason: str,
    actor: User,
    now: datetime,
    expected_version: int | None = None,
) -> OfficeSlot:
    """Cancel an hour that has not begun, with a reason; the firm that booked it is told.

    Raises ``NotAllowed("role")``, ``Invalid("reason_required")`` or ``Conflict``
    (``wrong_state``, ``stale``, ``office_begun``).
    """
    with operation("incubator.office.withdraw", actor=actor, now=now, subject=slot, reason=reason):
        lock_mentor(slot.mentor_id)  # first, as in change_slot: no two wait for one another
        moved = apply_transition(
            instance=slot,
            lifecycle=SLOT,
            action="cancel",
            actor=actor,
            now=now,
            roles=hours_roles(actor, slot),
            reason=reason,
            expected_version=expected_version,
            changes={"reason": reason.strip()[:300]},
        )
        require_ahead(moved.starts_at, now)
        touch(moved, now)
        for booking in taking(moved):
            call_off(booking, reason=reason, actor=actor, now=now)
    return moved


def call_off(booking: OfficeBooking, *, reason: str, actor: User | None, now: datetime) -> None:
    """Call a booking of a locked hour off, and tell the firm."""
    moved = apply_transition(
        instance=booking,
        lifecycle=BOOKING,
        action="call_off",
        actor=actor,
        now=now,
        roles=hours_roles(actor, booking.slot),
        reason=reason,
        changes={"reason": reason.strip()[:300]},
    )
    tell_firm(moved, "office_called_off", now=now, reason=moved.reason)


def drop_bookings(incubation: Incubation, *, now: datetime) -> None:
    """Call off what a firm has ahead: its membership has ended, and the hours are free again.

    The reason is kept in the county's language.
    """
    with override("zh-hans"):
        reason = str(INCUBATION_OVER)
    for booking in incubation.office_bookings.ahead(now).select_related("slot"):
        slot = lock(booking.slot)
        touch(slot, now)
        call_off(booking, reason=reason, actor=None, now=now)
        tell_mentor(booking, "office_given_up", now=now)


# --- The firm's bookings


def book_slot(
    *, slot: OfficeSlot, incubation: Incubation, topic: str, actor: User, now: datetime
) -> OfficeBooking:
    """Book a free hour for a firm.

    Raises ``NotAllowed("role")``, ``Invalid("invalid_input")`` or ``Conflict``
    (``office_not_active``, ``office_gone``, ``office_begun``, ``office_taken``,
    ``office_too_many``, ``office_same_time``).
    """
    firm = incubation.organisation
    with operation(
        "incubator.office.book", actor=actor, now=now, subject=slot, organisation=firm
    ) as opened:
        require_of_firm(actor, incubation)
        if is_blank(topic):
            raise Invalid("invalid_input", fields={"topic": "text_required"})
        member = lock(incubation)
        if not may_book(member.standing(timezone.localdate(now))):
            raise Conflict("office_not_active")
        locked = lock(slot)
        require_offered(locked, member)
        require_ahead(locked.starts_at, now)
        if locked.bookings.taking().exists():
            raise Conflict("office_taken")
        require_free_firm(member, locked, now)
        touch(locked, now)
        booking = OfficeBooking.objects.create(
            slot=locked,
            incubation=member,
            topic=topic.strip()[:500],
            booked_by=actor,
            state=BOOKING.initial,
            state_since=now,
            created_at=now,
        )
        opened.record("incubator.office.booked", subject=booking, organisation=firm)
        call_mentor(booking, now=now)
        tell_mentor(booking, "office_booked", now=now)
    return booking


def require_free_firm(incubation: Incubation, slot: OfficeSlot, now: datetime) -> None:
    """Raise ``Conflict`` where a locked firm has too much ahead, or something at that time."""
    rows = incubation.office_bookings.ahead(now)
    held = list(rows.values_list("slot__starts_at", "slot__ends_at"))
    if len(held) >= MOST_OPEN:
        raise Conflict("office_too_many", most=MOST_OPEN)
    if first_overlap([(slot.starts_at, slot.ends_at)], held) is not None:
        raise Conflict("office_same_time")


def cancel_booking(
    *,
    booking: OfficeBooking,
    actor: User,
    now: datetime,
    expected_version: int | None = None,
) -> OfficeBooking:
    """Give a booking up until its hour begins; the hour is free again at once.

    Raises ``NotAllowed("role")`` or ``Conflict`` (``wrong_state``, ``stale``, ``office_begun``).
    """
    firm = booking.incubation.organisation
    with operation(
        "incubator.office.give_up", actor=actor, now=now, subject=booking, organisation=firm
    ):
        slot = lock(booking.slot)
        moved = apply_transition(
            instance=booking,
            lifecycle=BOOKING,
            action="cancel",
            actor=actor,
            now=now,
            organisation=firm,
            expected_version=expected_version,
        )
        require_ahead(slot.starts_at, now)
        touch(slot, now)
        tell_mentor(moved, "office_given_up", now=now)
    return moved


# --- Afterwards


def record_outcome(
    *,
    booking: OfficeBooking,
    action: str,
    actor: User,
    now: datetime,
    note: str = "",
    expected_version: int | None = None,
) -> OfficeBooking:
    """Record that the hour was held (``hold``) or the firm did not come (``miss``), and a remark.

    A mistake is mended by recording the other. Raises ``NotAllowed("role")`` or ``Conflict``
    (``office_not_over``, ``wrong_state``, ``stale``).
    """
    if action not in {"hold", "miss"}:
        raise NotAllowed("role")
    firm = booking.incubation.organisation
    with operation(
        "incubator.office.record", actor=actor, now=now, subject=booking, organisation=firm
    ):
        moved = apply_transition(
            instance=booking,
            lifecycle=BOOKING,
            action=action,
            actor=actor,
            now=now,
            organisation=firm,
            roles=hours_roles(actor, booking.slot),
            expected_version=expected_version,
            changes={"note": note.strip()[:1000]},
        )
        require_over(moved.slot.ends_at, now)
        state = f"{BOOKING.name}.{moved.state}"
        tell_firm(moved, "office_recorded", now=now, state=state, note=moved.note)
    return moved


# --- Messages


def kept(moment: datetime) -> str:
    """Return a moment as messages keep it (ISO 8601); each reader's language writes it out."""
    local = timezone.localtime(moment, timezone.get_default_timezone())
    return local.isoformat(timespec="minutes")


def facts_of(booking: OfficeBooking) -> dict[str, Any]:
    """Return what messages say of a booking."""
    mentor = booking.slot.mentor
    return {
        "firm": booking.incubation.organisation.name,
        "mentor": mentor.name or mentor.email,
        "when": kept(booking.slot.starts_at),
        "where": booking.slot.where,
        "topic": booking.topic,
    }


def call_mentor(booking: OfficeBooking, *, now: datetime) -> None:
    """Put a booking into the mentor's inbox, where it stays until its outcome is recorded."""
    facts = facts_of(booking)
    open_work(
        "office_booking",
        subject=booking,
        url=booking.get_absolute_url(),
        now=now,
        due_on=timezone.localdate(booking.slot.starts_at, timezone.get_default_timezone()),
        user=booking.slot.mentor,
        firm=facts["firm"],
        when=facts["when"],
        topic=booking.topic[:60],
    )


def tell_firm(booking: OfficeBooking, kind: str, *, now: datetime, **params: object) -> None:
    """Tell everybody who acts for the firm, once a change of the booking or its hour."""
    tell(booking, kind, signers_of(booking.incubation.organisation), now=now, **params)


def tell_mentor(booking: OfficeBooking, kind: str, *, now: datetime) -> None:
    """Tell the mentor, once a change of the booking or its hour."""
    tell(booking, kind, [booking.slot.mentor], now=now)


def tell(
    booking: OfficeBooking, kind: str, people: list[User], *, now: datetime, **params: object
) -> None:
    """Tell ``people`` what became of a booking."""
    notify(
        people,
        kind,
        key=f"{kind}:{booking.pk}:{booking.version}:{booking.slot.sequence}",
        now=now,
        url=booking.get_absolute_url(),
        **facts_of(booking),
        **params,
    )


def remind(*, now: datetime) -> int:
    """Remind firm and mentor of hours that begin tomorrow; return how many messages.

    A morning that was missed is made up for as long as the hour lies ahead; a moved hour is
    reminded of anew.
    """
    told = 0
    for booking in ahead_until_tomorrow(now):
        people = [*signers_of(booking.incubation.organisation), booking.slot.mentor]
        told += notify(
            people,
            "office_reminder",
            key=f"office_reminder:{booking.pk}:{kept(booking.slot.starts_at)}",
            now=now,
            url=booking.get_absolute_url(),
            **facts_of(booking),
        )
    return told


def ahead_until_tomorrow(now: datetime) -> list[OfficeBooking]:
    """Return the bookings whose hour begins between now and the end of tomorrow."""
    tomorrow = timezone.localtime(now, timezone.get_default_timezone()).replace(
        hour=0, minute=0, second=0, microsecond=0
    ) + timedelta(days=2)
    rows = OfficeBooking.objects.ahead(now).filter(slot__starts_at__lt=tomorrow)
    return list(rows.select_related("slot__mentor", "incubation__organisation").order_by("pk"))
