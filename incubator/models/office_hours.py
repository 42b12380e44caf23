"""Office hours of mentors: slots and the firms' bookings."""

import uuid
from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from incubator.domain.office_hours import BOOKING, SLOT, TAKING
from incubator.labels.office_hours import booking_states, slot_states
from incubator.models.cohorts import Incubation
from portal.models import Stateful, User


class OfficeSlot(Stateful):
    """An office hour of a mentor. Moved by ``incubator.services.office_hours`` only.

    ``sequence`` and ``changed_at`` go on with every change that a calendar should learn of.
    Holds whose hour it is; kept as long as its bookings.
    """

    state = models.CharField(_("state"), max_length=32, db_index=True, choices=slot_states)
    mentor = models.ForeignKey("portal.User", on_delete=models.PROTECT, related_name="+")
    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    sequence = models.PositiveIntegerField(default=0)
    changed_at = models.DateTimeField(_("last changed"))
    starts_at = models.DateTimeField(_("begins"))
    ends_at = models.DateTimeField(_("ends"))
    place = models.CharField(_("place"), max_length=120, blank=True)
    link = models.CharField(_("online link"), max_length=300, blank=True)
    open_to_cohort = models.BooleanField(_("open to the whole cohort"), default=False)
    reason = models.CharField(_("why it was changed or cancelled"), max_length=300, blank=True)

    class Meta:
        """A mentor begins one thing at a time, somewhere."""

        verbose_name = _("office hour")
        verbose_name_plural = _("office hours")
        ordering: ClassVar = ["starts_at", "pk"]
        indexes: ClassVar = [
            models.Index(fields=["mentor", "starts_at"], name="office_slot_mentor"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(state__in=SLOT.states), name="office_slot_state"),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="office_slot_times"
            ),
            models.CheckConstraint(
                condition=~Q(place="") | ~Q(link=""), name="office_slot_somewhere"
            ),
            models.UniqueConstraint(
                fields=["mentor", "starts_at"],
                condition=Q(state="open"),
                name="office_slot_once",
            ),
        ]

    def __str__(self) -> str:
        """Show when it is, in UTC."""
        return f"{self.starts_at:%Y-%m-%d %H:%M}"

    def get_absolute_url(self) -> str:
        """Return the mentor's page."""
        return reverse("incubator:office_slot", args=[self.pk])

    @property
    def minutes(self) -> int:
        """How long it is."""
        return int((self.ends_at - self.starts_at).total_seconds()) // 60

    @property
    def where(self) -> str:
        """The place, or else the link."""
        return self.place or self.link


class OfficeBookingQuerySet(models.QuerySet["OfficeBooking"]):
    """Bookings by intention."""

    def taking(self) -> "OfficeBookingQuerySet":
        """Those whose slot is no other firm's."""
        return self.filter(state__in=TAKING)

    def ahead(self, now: datetime) -> "OfficeBookingQuerySet":
        """Those that stand and have not begun."""
        return self.filter(state="booked", slot__starts_at__gt=now)

    def visible_to(self, user: User) -> "OfficeBookingQuerySet":
        """Whoever sees the membership, and the mentor whose hour it is."""
        seen = Q(incubation__in=Incubation.objects.visible_to(user))
        return self.filter(seen | Q(slot__mentor=user) if "expert" in user.role_codes else seen)


class OfficeBooking(Stateful):
    """A firm's booking of an office hour. Moved by ``incubator.services.office_hours`` only.

    Holds who booked and what they wanted to talk about; kept as long as the membership.
    """

    state = models.CharField(_("state"), max_length=32, db_index=True, choices=booking_states)
    slot = models.ForeignKey(OfficeSlot, on_delete=models.PROTECT, related_name="bookings")
    incubation = models.ForeignKey(
        Incubation, on_delete=models.PROTECT, related_name="office_bookings"
    )
    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    topic = models.TextField(_("topic"), max_length=500)
    note = models.TextField(_("remark"), max_length=1000, blank=True)
    reason = models.CharField(_("why it was called off"), max_length=300, blank=True)
    booked_by = models.ForeignKey(
        "portal.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    objects = OfficeBookingQuerySet.as_manager()

    class Meta:
        """A slot is one firm's at most; whatever is called off has a reason."""

        verbose_name = _("booking of an office hour")
        verbose_name_plural = _("bookings of office hours")
        ordering: ClassVar = ["-pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(state__in=BOOKING.states), name="office_booking_state"
            ),
            models.UniqueConstraint(
                fields=["slot"], condition=Q(state__in=TAKING), name="office_booking_once"
            ),
            models.CheckConstraint(
                condition=Q(state="called_off") ^ Q(reason=""), name="office_booking_reason"
            ),
        ]

    def __str__(self) -> str:
        """Show the topic's beginning."""
        return self.topic[:40]

    def get_absolute_url(self) -> str:
        """Return its page, for the firm, the mentor and the staff."""
        return reverse("incubator:office_booking", args=[self.pk])
