"""Input of office hours."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from incubator.domain.office_hours import (
    LEAST_MINUTES,
    MOST_IN_A_ROW,
    MOST_MINUTES,
    MOST_WEEKS,
)
from incubator.forms.cohorts import date_field, version_field


class HourForm(forms.Form):
    """When and where an office hour is, in the county's time."""

    day = date_field(_("Day"))
    time = forms.TimeField(
        label=_("Begins at"),
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        help_text=_("Beijing time."),
    )
    minutes = forms.IntegerField(
        label=_("Minutes"), min_value=LEAST_MINUTES, max_value=MOST_MINUTES, initial=30
    )
    place = forms.CharField(label=_("Place"), max_length=120, required=False)
    link = forms.CharField(
        label=_("Online link"),
        max_length=300,
        required=False,
        help_text=_("A place, a link, or both. Only the firm that books sees the link."),
    )
    open_to_cohort = forms.BooleanField(
        label=_("Open to every firm of the cohort, not only to mine"), required=False
    )

    def clean(self) -> dict[str, Any]:
        """Put day and time together."""
        values: dict[str, Any] = super().clean() or {}
        if {"day", "time"} <= values.keys():
            moment = datetime.combine(values.pop("day"), values.pop("time"))
            values["starts_at"] = timezone.make_aware(moment, timezone.get_default_timezone())
        return values


class PublishHoursForm(HourForm):
    """New office hours: some in a row, for some weeks."""

    count = forms.IntegerField(
        label=_("How many in a row"), min_value=1, max_value=MOST_IN_A_ROW, initial=1
    )
    weeks = forms.IntegerField(
        label=_("For how many weeks"), min_value=1, max_value=MOST_WEEKS, initial=1
    )
    field_order = ("day", "time", "minutes", "count", "weeks", "place", "link", "open_to_cohort")


class ChangeHourForm(HourForm):
    """A change of an hour, with its reason."""

    reason = forms.CharField(
        label=_("Reason"), max_length=300, help_text=_("The firm that booked reads it.")
    )
    version = version_field()


class OfficeReasonForm(forms.Form):
    """Why an hour is cancelled."""

    reason = forms.CharField(
        label=_("Reason"), max_length=300, help_text=_("The firm that booked reads it.")
    )
    version = version_field()


class BookHourForm(forms.Form):
    """What a firm wants to talk about."""

    topic = forms.CharField(
        label=_("Topic"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("So that the mentor can prepare."),
    )


class OutcomeForm(forms.Form):
    """What came of an hour."""

    note = forms.CharField(
        label=_("Remark"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The firm and the staff read it."),
    )
    version = version_field()
