"""Words of office hours: slots and bookings."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from portal.labels import (
    Choices,
    add_actions,
    add_notification_kinds,
    add_refusals,
    add_states,
    add_work_kinds,
    state_choices,
)
from portal.labels.deeds import add_deeds

SLOT, BOOKING = "incubator.office_slot", "incubator.office_booking"

add_states(
    SLOT,
    {
        "open": (
            pgettext_lazy("office hour", "Free"),
            pgettext_lazy("office hour", "Free"),
            "good",
            "calendar",
        ),
        "cancelled": (
            pgettext_lazy("office hour", "Cancelled"),
            pgettext_lazy("office hour", "Cancelled"),
            "ended",
            "ban",
        ),
    },
)
add_actions(SLOT, {"cancel": _("Cancel the office hour")})
add_states(
    BOOKING,
    {
        "booked": (
            pgettext_lazy("office hour", "Booked"),
            pgettext_lazy("office hour", "Booked"),
            "progress",
            "calendar-due",
        ),
        "cancelled": (
            _("Cancelled by the firm"),
            _("Cancelled by the firm"),
            "ended",
            "arrow-back-up",
        ),
        "called_off": (_("Called off"), _("Called off"), "warn", "ban"),
        "held": (
            pgettext_lazy("office hour", "Held"),
            pgettext_lazy("office hour", "Held"),
            "good",
            "circle-check",
        ),
        "no_show": (_("Firm did not come"), _("Firm did not come"), "warn", "x"),
    },
)
add_actions(
    BOOKING,
    {
        "cancel": _("Cancel the booking"),
        "call_off": _("Call the office hour off"),
        "hold": _("It was held"),
        "miss": _("The firm did not come"),
    },
)
add_refusals(
    {
        "office_minutes": _("An office hour takes %(least)s to %(most)s minutes."),
        "office_count": _("Enter between 1 and %(most)s office hours in a row."),
        "office_weeks": _("Enter between 1 and %(most)s weeks."),
        "office_past": _("Choose a moment that is still to come."),
        "office_midnight": _("The office hours of a day must end on the same day."),
        "office_far": _("Publish office hours at most %(most)s days ahead."),
        "office_where": _("Enter a place or an online link."),
        "office_link": _("Enter a whole address that begins with https://."),
        "office_overlap": _(
            "You have another office hour at that time: %(when)s. Nothing was published."
        ),
        "office_ahead": _(
            "At most %(most)s office hours can lie ahead; you have %(count)s. Nothing was "
            "published."
        ),
        "office_no_firm": _("Office hours are published by mentors of firms in incubation."),
        "office_begun": _("This office hour has begun; it can no longer be changed."),
        "office_not_over": _("Record what came of it once the office hour is over."),
        "office_gone": _("This office hour is no longer offered. Please choose another one."),
        "office_taken": _(
            "Another firm booked this office hour a moment ago. Please choose another one."
        ),
        "office_too_many": _(
            "Your firm has %(most)s office hours ahead. Cancel one, or book again after one of "
            "them."
        ),
        "office_same_time": _("Your firm has another office hour at that time."),
        "office_not_active": _("Office hours are for firms in incubation or on probation."),
    }
)
add_work_kinds(
    {
        "office_booking": (
            _("Office hour with %(firm)s, %(when)s: %(topic)s"),
            "calendar-due",
            pgettext_lazy("office hour", "Look"),
        ),
    }
)
add_notification_kinds(
    {
        "office_booked": (
            _("A firm books my office hour"),
            _("%(firm)s booked your office hour on %(when)s"),
            _("%(firm)s booked your office hour on %(when)s. Topic: %(topic)s"),
        ),
        "office_given_up": (
            _("A firm cancels its booking of my office hour"),
            _("%(firm)s cancelled the office hour on %(when)s"),
            _("%(firm)s cancelled its booking of your office hour on %(when)s; it is free again."),
        ),
        "office_called_off": (
            _("An office hour that we booked is called off"),
            _("The office hour on %(when)s is called off"),
            _("The office hour with %(mentor)s on %(when)s is called off. Reason: %(reason)s"),
        ),
        "office_moved": (
            _("An office hour that we booked is changed"),
            _("The office hour is now on %(when)s"),
            _("The office hour with %(mentor)s is now on %(when)s (%(where)s). Reason: %(reason)s"),
        ),
        "office_recorded": (
            _("The mentor records what came of an office hour"),
            _("Office hour on %(when)s: %(state)s"),
            _("%(mentor)s recorded the office hour on %(when)s: %(state)s. %(note)s"),
        ),
        "office_reminder": (
            _("An office hour is near"),
            _("Office hour on %(when)s"),
            _("%(firm)s and %(mentor)s meet on %(when)s (%(where)s). Topic: %(topic)s"),
        ),
    }
)
add_deeds(
    {
        "incubator.office.publish": _("Publish office hours"),
        "incubator.office.change": _("Change an office hour"),
        "incubator.office.withdraw": _("Cancel an office hour"),
        "incubator.office.book": _("Book an office hour"),
        "incubator.office.booked": _("Office hour booked"),
        "incubator.office.give_up": _("Cancel a booking of an office hour"),
        "incubator.office.record": _("Record what came of an office hour"),
    }
)

INCUBATION_OVER = _("The firm's incubation has ended.")


def slot_states() -> Choices:
    """Return the states for a model's field."""
    return state_choices(SLOT)()


def booking_states() -> Choices:
    """Return the states for a model's field."""
    return state_choices(BOOKING)()
