"""Reads of office hours: the mentor's, a firm's, a cohort's, and a person's calendar."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _

from incubator.domain.cohort import RUNNING
from incubator.domain.office_hours import BOOKING, MAY_BOOK, MOST_AHEAD
from incubator.models import Cohort, Incubation, OfficeBooking, OfficeSlot
from incubator.models.modules import FIRM_ROLES
from incubator.selectors.cohorts import seat_of
from portal.domain.calendar_file import Appointment
from portal.domain.roles import Role
from portal.models import Membership, User
from portal.permissions import organisations_of, roles_for

PAGE = 50
CALENDAR_PAST = timedelta(days=30)
"""How long a calendar keeps what is over: subscribers learn of a late cancellation."""
DEEP = ("slot__mentor", "incubation__organisation", "incubation__cohort", "booked_by")


@dataclass(frozen=True)
class Hour:
    """An office hour with the booking that takes it, if there is one."""

    slot: OfficeSlot
    booking: OfficeBooking | None


def with_booking(slots: QuerySet[OfficeSlot]) -> list[Hour]:
    """Return hours with what takes them (two queries)."""
    taking = OfficeBooking.objects.taking().select_related("incubation__organisation")
    rows = slots.prefetch_related(Prefetch("bookings", taking, to_attr="standing"))
    return [Hour(row, next(iter(row.standing), None)) for row in rows]


def hours_ahead(mentor: User, now: datetime) -> list[Hour]:
    """Return a mentor's hours that are not over, soonest first (two queries, at most 120)."""
    rows = OfficeSlot.objects.filter(mentor=mentor, state="open", ends_at__gt=now)
    return with_booking(rows[:MOST_AHEAD])


def hours_past(mentor: User, now: datetime, after: int | None = None) -> list[OfficeBooking]:
    """Return the mentor's bookings that are over or called off, newest first (one query).

    One row more than a page tells that there is another one after it.
    """
    rows = OfficeBooking.objects.filter(slot__mentor=mentor).exclude(
        state="booked", slot__ends_at__gt=now
    )
    if after is not None:
        rows = rows.filter(pk__lt=after)
    return list(rows.select_related(*DEEP)[: PAGE + 1])


def slot_page(user: User, pk: int) -> OfficeSlot:
    """Return an hour of ``user``, or 404 (one query)."""
    return get_object_or_404(OfficeSlot.objects.select_related("mentor"), pk=pk, mentor=user)


def booking_of(slot: OfficeSlot) -> OfficeBooking | None:
    """Return the booking that takes an hour, if there is one (one query)."""
    return slot.bookings.taking().select_related("incubation__organisation").first()


def own_incubation(user: User, pk: int) -> Incubation:
    """Return a membership of one of the person's firms, or 404 (one query)."""
    firms = [firm.pk for firm in organisations_of(user, *FIRM_ROLES)]
    rows = Incubation.objects.select_related("cohort", "organisation", "mentor")
    return get_object_or_404(rows, pk=pk, organisation__in=firms, accepted_at__isnull=False)


def offered_to(incubation: Incubation, now: datetime) -> QuerySet[OfficeSlot]:
    """Return the hours ahead that a firm may see: its mentor's, and those open to its cohort."""
    guides = Incubation.objects.filter(
        cohort=incubation.cohort_id, state__in=RUNNING, mentor=OuterRef("mentor")
    )
    shared = Q(open_to_cohort=True) & Exists(guides)
    rows = OfficeSlot.objects.filter(
        Q(mentor=incubation.mentor_id) | shared,
        state="open",
        starts_at__gt=now,
        mentor__is_active=True,
    )
    colleagues = Membership.objects.active().filter(
        user=OuterRef("mentor"), organisation=incubation.organisation_id
    )
    return rows.exclude(Exists(colleagues)).select_related("mentor")


def free_hours(incubation: Incubation, now: datetime) -> list[OfficeSlot]:
    """Return the next hours that a firm may book today, soonest first (one query, at most 50)."""
    if not may_book_now(incubation, now):
        return []
    taken = OfficeBooking.objects.taking().filter(slot=OuterRef("pk"))
    return list(offered_to(incubation, now).exclude(Exists(taken))[:PAGE])


def may_book_now(incubation: Incubation, now: datetime) -> bool:
    """Return whether the firm's standing lets it book."""
    return incubation.standing(timezone.localdate(now)) in MAY_BOOK


def offered_hour(incubation: Incubation, pk: int, now: datetime) -> OfficeSlot:
    """Return an hour that is offered to the firm, taken or not, or 404 (one query)."""
    return get_object_or_404(offered_to(incubation, now), pk=pk)


def bookings_of(incubation: Incubation) -> list[OfficeBooking]:
    """Return a firm's newest 50 bookings (one query)."""
    return list(incubation.office_bookings.select_related(*DEEP)[:PAGE])


def cohort_bookings(cohort: Cohort) -> list[OfficeBooking]:
    """Return the newest 50 bookings of a cohort's firms, latest hour first (one query)."""
    rows = OfficeBooking.objects.filter(incubation__cohort=cohort).select_related(*DEEP)
    return list(rows.order_by("-slot__starts_at", "-pk")[:PAGE])


def booking_page(user: User, pk: int) -> OfficeBooking:
    """Return a booking that ``user`` may see, or 404 (one query)."""
    rows = OfficeBooking.objects.visible_to(user).select_related(*DEEP)
    return get_object_or_404(rows, pk=pk)


def booking_actions(user: User, booking: OfficeBooking, now: datetime) -> tuple[str, ...]:
    """Return what ``user`` may do with a booking now: the mentor calls off by the hour's page."""
    seat = seat_of(user, booking.incubation)
    held = roles_for(user, booking.incubation.organisation)
    mine = booking.slot.mentor_id == user.pk and not seat.firm
    found = BOOKING.actions(booking.state, held if mine else held - {Role.EXPERT})
    late = {"cancel"} if booking.slot.starts_at <= now else set()
    early = {"hold", "miss"} if now < booking.slot.ends_at else set()
    return tuple(one for one in found if one not in late | early | {"call_off"})


# --- Calendars


def calendar_of(user: User, now: datetime) -> list[Appointment]:
    """Return a person's office hours, offered and booked, from 30 days ago on (at most 4 queries).

    What was cancelled stays, marked as such, so that subscribed calendars take it out.
    """
    since = now - CALENDAR_PAST
    found: list[Appointment] = []
    if Role.EXPERT in user.role_codes:
        slots = OfficeSlot.objects.filter(mentor=user, ends_at__gt=since)
        found += [slot_appointment(hour) for hour in with_booking(slots[: 4 * MOST_AHEAD])]
    firms = [firm.pk for firm in organisations_of(user, *FIRM_ROLES)]
    if firms:
        rows = OfficeBooking.objects.filter(
            incubation__organisation__in=firms, slot__ends_at__gt=since
        )
        found += [booking_appointment(row) for row in rows.select_related(*DEEP)[:PAGE]]
    return found


def slot_appointment(hour: Hour) -> Appointment:
    """Return an hour as its mentor's calendar shows it."""
    slot, booking = hour.slot, hour.booking
    if booking is None:
        title, text = _("Office hour (free)"), slot.reason
    else:
        title = _("Office hour: %(firm)s") % {"firm": booking.incubation.organisation.name}
        text = booking.topic
    return Appointment(
        uid=f"office-slot-{slot.uid}@hy-portal",
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        title=title,
        text="\n".join(part for part in (text, slot.link) if part),
        place=slot.where,
        url=address(slot),
        changed_at=slot.changed_at,
        sequence=slot.sequence,
        cancelled=slot.state == "cancelled",
        busy=booking is not None,
    )


def booking_appointment(booking: OfficeBooking) -> Appointment:
    """Return a booking as the firm's calendar shows it."""
    slot = booking.slot
    mentor = slot.mentor.name or slot.mentor.email
    return Appointment(
        uid=f"office-booking-{booking.uid}@hy-portal",
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        title=_("Office hour with %(mentor)s") % {"mentor": mentor},
        text="\n".join(part for part in (booking.topic, slot.link, booking.reason) if part),
        place=slot.where,
        url=address(booking),
        changed_at=max(slot.changed_at, booking.state_since),
        sequence=slot.sequence,
        cancelled=booking.state in BOOKING.final,
    )


def address(row: OfficeSlot | OfficeBooking) -> str:
    """Return the whole address of a page."""
    return f"{settings.BASE_URL}{row.get_absolute_url()}"
