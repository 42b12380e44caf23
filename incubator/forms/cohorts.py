"""Input of incubation."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from incubator.domain.cohort import MOST_PLACES
from incubator.labels.cohorts import end_choices
from incubator.selectors.cohorts import experts, firms_to_offer
from portal.models import Organisation, User

LONG = {"rows": 4}


def date_field(label: Any, **options: Any) -> forms.DateField:
    """Return a field for a day."""
    return forms.DateField(
        label=label, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **options
    )


def version_field() -> forms.IntegerField:
    """Return the hidden field that says from which version a form was drawn."""
    return forms.IntegerField(widget=forms.HiddenInput, required=False)


class CohortForm(forms.Form):
    """A new cohort."""

    title = forms.CharField(label=_("Title"), max_length=80)
    title_en = forms.CharField(label=_("Title in English"), max_length=120, required=False)
    starts_on = date_field(_("First day"))
    ends_on = date_field(_("Last day"))
    capacity = forms.IntegerField(label=_("Places"), min_value=1, max_value=MOST_PLACES)
    note = forms.CharField(
        label=_("What firms should know"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs=LONG),
    )


class CohortEditForm(CohortForm):
    """The correction of a draft."""

    version = version_field()


class CapacityOfCohortForm(forms.Form):
    """The number of a cohort's places."""

    capacity = forms.IntegerField(label=_("Places"), min_value=1, max_value=MOST_PLACES)


class OfferForm(forms.Form):
    """A place for a firm."""

    firm = forms.ModelChoiceField(
        label=_("Firm"), queryset=Organisation.objects.none(), empty_label=_("Choose")
    )
    reply_by = date_field(_("The firm answers by"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer the admitted firms without a place."""
        super().__init__(*args, **kwargs)
        firm: Any = self.fields["firm"]
        firm.queryset = firms_to_offer()


class AgreementForm(forms.Form):
    """A version of the agreement."""

    version = forms.CharField(label=_("Version"), max_length=20, help_text=_("For example 2026-1."))
    text = forms.CharField(
        label=_("Text"), max_length=20_000, widget=forms.Textarea(attrs={"rows": 12})
    )
    text_en = forms.CharField(
        label=_("Text in English"),
        max_length=30_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 12}),
    )


class AcceptForm(forms.Form):
    """The authorised signer's acceptance of the agreement."""

    agreed = forms.BooleanField(
        label=_("I have read the agreement and accept it for the firm, as its authorised signer")
    )
    digest = forms.CharField(widget=forms.HiddenInput, max_length=64)
    version = version_field()


class IncubationReasonForm(forms.Form):
    """The reason of a step that the firm reads."""

    reason = forms.CharField(
        label=_("Reason"), max_length=1000, widget=forms.Textarea(attrs={"rows": 3})
    )
    version = version_field()


class SuspendForm(IncubationReasonForm):
    """A suspension until a day."""

    until = date_field(_("Last day of the suspension"))
    field_order = ("until", "reason", "version")


class EndForm(forms.Form):
    """The end of a membership, with its reason code."""

    code = forms.ChoiceField(label=_("Reason"))
    note = forms.CharField(
        label=_("Remark"), max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    version = version_field()

    def __init__(self, *args: Any, action: str, **kwargs: Any) -> None:
        """Offer the reason codes of the action."""
        super().__init__(*args, **kwargs)
        code: Any = self.fields["code"]
        code.choices = end_choices(action)


class MentorForm(forms.Form):
    """The firm's mentor."""

    mentor = forms.ModelChoiceField(
        label=_("Mentor"), queryset=User.objects.none(), empty_label=_("Choose")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer the experts by name."""
        super().__init__(*args, **kwargs)
        mentor: Any = self.fields["mentor"]
        mentor.queryset = experts()
        mentor.label_from_instance = lambda person: person.name or person.email
