"""Input of incubation: plan templates, milestones, reviews."""

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from incubator.domain.incubation_plan import LEAST_REVIEW_DAYS, MOST_REVIEW_DAYS, plan_faults
from incubator.forms.cohorts import date_field, version_field
from incubator.labels.incubation_plan import INDICATORS
from portal.labels import REFUSALS, filled


class PlanForm(forms.Form):
    """A version of the milestone plan."""

    plan_version = forms.CharField(
        label=_("Version"), max_length=20, help_text=_("For example 2026-1.")
    )
    review_days = forms.IntegerField(
        label=_("A periodic review every … days"),
        min_value=LEAST_REVIEW_DAYS,
        max_value=MOST_REVIEW_DAYS,
    )
    lines = forms.CharField(
        label=_("Milestones"),
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 10}),
        help_text=format_lazy(
            "{} {}",
            _("A line each: code | days after the first day | indicator | title | English."),
            format_lazy(_("Indicators: {codes}."), codes=", ".join(INDICATORS)),
        ),
    )

    def clean_lines(self) -> str:
        """Say of every line what is wrong with it."""
        text: str = self.cleaned_data["lines"]
        faults = plan_faults(text, INDICATORS)
        if faults:
            raise forms.ValidationError([filled(REFUSALS[one.code], one.params) for one in faults])
        return text


class ReportForm(forms.Form):
    """What a firm reports of a milestone."""

    report = forms.CharField(
        label=_("What was reached, and where it can be seen"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    version = version_field()


class ReviewTextForm(forms.Form):
    """A periodic review."""

    text = forms.CharField(
        label=_("Progress, difficulties, next steps"),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    version = version_field()


class NoteForm(forms.Form):
    """A remark that may be left out."""

    note = forms.CharField(
        label=_("Remark"), max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    version = version_field()


class GiveBackForm(NoteForm):
    """A reason that must be given."""

    note = forms.CharField(
        label=_("Reason"), max_length=1000, widget=forms.Textarea(attrs={"rows": 3})
    )


class MoveForm(forms.Form):
    """Another day for a milestone."""

    due_on = date_field(_("New date"))
    reason = forms.CharField(label=_("Reason"), max_length=300)
    version = version_field()
