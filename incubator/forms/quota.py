"""Input of the cloud resources."""

from datetime import date
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from incubator.domain.provisioning import MANUAL
from incubator.domain.quota import LARGEST, LEAST, MOST_MONTHS, month_of, span
from incubator.labels.provisioning import driver_names
from incubator.labels.quota import pool_kinds
from incubator.models import ResourcePool
from portal.labels import REFUSALS
from portal.labels.days import month
from portal.models import Organisation

LONG = {"rows": 4}
MOST_USAGE_BYTES = 5 * 2**20


def month_choices(today: date, earliest: date | None = None) -> list[tuple[str, str]]:
    """Return this month and the next twelve as choices, none before ``earliest``."""
    months = span(month_of(today), MOST_MONTHS + 1)
    return [(row.isoformat(), month(row)) for row in months if earliest is None or row >= earliest]


def amount_field(label: Any, **options: Any) -> forms.DecimalField:
    """Return a field for an amount in the pool's unit: above zero, in the words of the services."""
    return forms.DecimalField(
        label=label,
        min_value=LEAST,
        max_value=LARGEST,
        decimal_places=2,
        max_digits=12,
        error_messages={"min_value": REFUSALS["amount"]},
        **options,
    )


class RequestForm(forms.Form):
    """A request; where it follows another one, firm and pool are given."""

    firm = forms.ModelChoiceField(
        label=_("For the firm"), queryset=Organisation.objects.none(), empty_label=None
    )
    pool = forms.ModelChoiceField(
        label=_("Resource"), queryset=ResourcePool.objects.none(), empty_label=_("Choose")
    )
    amount = amount_field(_("Amount per month"), help_text=_("In the unit of the resource."))
    first_month = forms.TypedChoiceField(label=_("First month"), coerce=date.fromisoformat)
    months = forms.TypedChoiceField(
        label=_("For how many months"),
        coerce=int,
        choices=[(number, number) for number in range(1, MOST_MONTHS + 1)],
        initial=3,
    )
    purpose = forms.CharField(
        label=_("What it is for"),
        max_length=2000,
        widget=forms.Textarea(attrs=LONG),
        help_text=_("Name the module, course or pilot, and how you came to the amount."),
    )

    def __init__(
        self,
        *args: Any,
        firms: list[Organisation],
        today: date,
        follows: bool,
        earliest: date | None = None,
        **kwargs: Any,
    ) -> None:
        """Offer the person's admitted firms, the pools that are open, months from ``earliest``."""
        super().__init__(*args, **kwargs)
        firm: Any = self.fields["firm"]
        firm.queryset = Organisation.objects.filter(pk__in=[row.pk for row in firms])
        if len(firms) == 1:
            firm.initial = firms[0].pk
        pool: Any = self.fields["pool"]
        pool.queryset = ResourcePool.objects.filter(open=True)
        pool.label_from_instance = lambda row: f"{row.local_title} · {row.unit}"
        month: Any = self.fields["first_month"]
        month.choices = month_choices(today, earliest)
        if follows:
            del self.fields["firm"], self.fields["pool"]


class AnswerForm(forms.Form):
    """The firm's answer to a question."""

    amount = amount_field(_("Amount per month"))
    purpose = forms.CharField(
        label=_("What it is for"), max_length=2000, widget=forms.Textarea(attrs=LONG)
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)


class ApproveForm(forms.Form):
    """An approval, in full or in part."""

    amount = amount_field(_("Approved per month"))
    note = forms.CharField(
        label=_("Remark"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Needed if you approve less than was asked for."),
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)


class QuotaReasonForm(forms.Form):
    """A question, or the reason of a denial or revocation."""

    reason = forms.CharField(
        label=_("Reason"), max_length=1000, widget=forms.Textarea(attrs={"rows": 3})
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)


class ProvisionForm(forms.Form):
    """What was set up in the cloud."""

    account = forms.CharField(
        label=_("Account in the cloud"),
        max_length=120,
        help_text=_("Project or tenant; the firm sees it. Never a password."),
    )
    access_note = forms.CharField(
        label=_("How to reach it"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)


class PoolForm(forms.Form):
    """A new pool."""

    code = forms.SlugField(label=_("Code"), max_length=40, help_text=_("For example gpu-a."))
    kind = forms.ChoiceField(label=_("Kind"), choices=pool_kinds)
    title = forms.CharField(label=_("Title"), max_length=80)
    title_en = forms.CharField(label=_("Title in English"), max_length=120, required=False)
    note = forms.CharField(
        label=_("What firms should know"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs=LONG),
    )
    driver = forms.ChoiceField(label=_("Set up by"), choices=driver_names, initial=MANUAL)


class DriverForm(forms.Form):
    """Who sets up what is approved."""

    driver = forms.ChoiceField(label=_("Set up by"), choices=driver_names)


class CapacityForm(forms.Form):
    """The capacity of some months."""

    first_month = forms.TypedChoiceField(label=_("First month"), coerce=date.fromisoformat)
    months = forms.TypedChoiceField(
        label=_("For how many months"),
        coerce=int,
        choices=[(number, number) for number in range(1, 2 * MOST_MONTHS + 1)],
        initial=MOST_MONTHS,
    )
    capacity = amount_field(_("Capacity per month"))

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        """Offer this month and the next ones."""
        super().__init__(*args, **kwargs)
        month: Any = self.fields["first_month"]
        month.choices = month_choices(today)


class UsageForm(forms.Form):
    """A file of usage."""

    file = forms.FileField(
        label=_("Usage file (CSV)"),
        help_text=_(
            "Columns reference, request, day, amount (or 用量编号、申请编号、日期、用量), UTF-8."
        ),
    )

    def clean_file(self) -> list[str]:
        """Return the file's lines; it must be text and of a bearable size."""
        file: UploadedFile = self.cleaned_data["file"]
        if (file.size or 0) > MOST_USAGE_BYTES:
            raise forms.ValidationError(_("The file is larger than 5 MB; split it."))
        try:
            return file.read().decode("utf-8-sig").splitlines(keepends=True)
        except UnicodeDecodeError as error:
            raise forms.ValidationError(
                _("The file is not UTF-8 text. Save it as “CSV UTF-8” and try again.")
            ) from error
