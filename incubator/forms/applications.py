"""Input of firms, staff and reviewers about applications."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from incubator.domain import application as rules
from incubator.domain.application_form import is_phone
from incubator.labels import applications as labels
from incubator.labels.windows import form_words, plain_words
from incubator.models import Application
from incubator.selectors.reapplication import standing_keys
from portal import labels as portal_labels
from portal.domain.identifiers import UsccError, parse_uscc
from portal.domain.texts import is_blank
from portal.labels.days import day
from portal.models import Organisation, Region

EVERY = ("", _("All"))


class FirmForm(forms.Form):
    """A firm to register."""

    name = forms.CharField(label=_("Name of the firm"), max_length=120)
    uscc = forms.CharField(
        label=_("Unified social credit code"),
        max_length=40,
        help_text=_("18 characters, as printed on the business licence."),
    )
    region_code = forms.ChoiceField(label=_("Town or township"))
    address = forms.CharField(label=_("Address"), max_length=200)
    phone = forms.CharField(label=_("Phone"), max_length=20)
    legal_representative = forms.CharField(label=_("Legal representative"), max_length=80)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer the county's towns and townships."""
        super().__init__(*args, **kwargs)
        towns = Region.objects.townships_of(settings.SITE_COUNTY_CODE)
        choices = [("", _("Choose")), *towns.values_list("code", "name")]
        self.fields["region_code"].choices = choices  # type: ignore[attr-defined]

    def clean_uscc(self) -> str:
        """Return the code in its normal form, or say exactly what is wrong with it."""
        try:
            code = parse_uscc(self.cleaned_data["uscc"]).value
        except UsccError as error:
            raise forms.ValidationError(
                portal_labels.uscc_error(error.code), code=error.code
            ) from error
        if Organisation.objects.filter(uscc=code).exists():
            raise forms.ValidationError(
                _(
                    "A firm with this code is already registered. Ask its signer to invite you, "
                    "or ask the staff."
                ),
                code="unique",
            )
        return code

    def clean_phone(self) -> str:
        """Refuse what is no telephone number."""
        phone: str = self.cleaned_data["phone"]
        if not is_phone(phone):
            raise forms.ValidationError(labels.PHONE_BAD, code="phone")
        return phone


class StartForm(forms.Form):
    """Which firm applies in which window."""

    organisation = forms.IntegerField()
    window = forms.IntegerField()


class AttachmentForm(forms.Form):
    """A file to add to one of the questions that ask for files."""

    kind = forms.ChoiceField(label=_("Kind of file"))
    file = forms.FileField(
        label=_("File"),
        help_text=_("PDF, PNG, JPEG, DOCX or XLSX, at most 50 MB."),
        allow_empty_file=True,
        max_length=400,
    )

    def __init__(self, *args: Any, application: Application, **kwargs: Any) -> None:
        """Offer the questions that are open."""
        super().__init__(*args, **kwargs)
        content = application.form.content
        open_now = rules.open_answers(application.state, application.asked, content)
        self.fields["kind"].choices = [  # type: ignore[attr-defined]
            (one["key"], plain_words(one, "title"))
            for one in application.form.questions
            if one["type"] == "file" and one["key"] in open_now
        ]


def state_options() -> list[tuple[str, str | Promise]]:
    """Return the states by which staff may filter."""
    names = portal_labels.STATES[rules.LIFECYCLE.name]
    sent = [(state, words[0]) for state, words in names.items() if state != "draft"]
    return [
        EVERY,
        *sent,
        ("proposed", _("Proposed, waits for the notice")),
        ("refused", _("Refused, not told yet")),
    ]


class ScreeningFilterForm(forms.Form):
    """Filters of the staff's list."""

    q = forms.CharField(label=_("Firm, code or number"), required=False, max_length=80)
    state = forms.ChoiceField(label=_("State"), required=False, choices=state_options)


class AskForm(forms.Form):
    """A note beside each answer that is missing something."""

    due_on = forms.DateField(
        label=_("Answer by"),
        required=False,
        help_text=_("Empty: five working days from today."),
        widget=forms.DateInput(attrs={"type": "date"}),
    )

    def __init__(self, *args: Any, application: Application, **kwargs: Any) -> None:
        """Draw one line for every question of the form but those whose answers stand passed."""
        super().__init__(*args, **kwargs)
        passed = standing_keys(application)
        asked = [one for one in application.form.questions if one["key"] not in passed]
        self.keys = [one["key"] for one in asked]
        for question in asked:
            self.fields[f"ask_{question['key']}"] = forms.CharField(
                label=form_words(question, "title"), required=False, max_length=300
            )

    def values(self) -> dict[str, Any]:
        """Return what the service takes."""
        asked = {key: self.cleaned_data[f"ask_{key}"] for key in self.keys}
        return {"asked": asked, "due_on": self.cleaned_data["due_on"]}


class ExtendForm(forms.Form):
    """A later day for the firm's answer, and why."""

    due_on = forms.DateField(
        label=_("Answer by"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    reason = forms.CharField(
        label=_("Reason"), max_length=200, help_text=_("The firm is told the day, not the reason.")
    )

    def values(self) -> dict[str, Any]:
        """Return what the service takes."""
        return dict(self.cleaned_data)


class ButtonForm(forms.Form):
    """A deed that needs no words."""

    def values(self) -> dict[str, Any]:
        """Return nothing to pass on."""
        return {}


class ProposeForm(forms.Form):
    """A reason, required where the reviewers advise otherwise."""

    reason = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=rules.TEXT_LIMIT,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Required where the reviewers advise against admission."),
    )

    def values(self) -> dict[str, Any]:
        """Return what the service takes."""
        return dict(self.cleaned_data)


class GroundsForm(forms.Form):
    """Why a firm asks for a review of its refusal."""

    grounds = forms.CharField(
        label=_("Grounds of the request"),
        max_length=rules.TEXT_LIMIT,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("Which reason does not hold, and what in your application shows it."),
    )


class RecheckForm(forms.Form):
    """The reasons for upholding or overturning a refusal."""

    reason = forms.CharField(
        label=_("Reasons"),
        max_length=rules.TEXT_LIMIT,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("The firm reads them."),
    )

    def values(self) -> dict[str, Any]:
        """Return what the service takes."""
        return dict(self.cleaned_data)


class RejectForm(forms.Form):
    """Reason codes and what the firm is told."""

    reason_codes = forms.MultipleChoiceField(
        label=_("Reasons"), choices=labels.reason_choices, widget=forms.CheckboxSelectMultiple
    )
    feedback = forms.CharField(
        label=_("Feedback to the firm"),
        max_length=rules.TEXT_LIMIT,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("What was missing, and what would help in a new application."),
    )

    def values(self) -> dict[str, Any]:
        """Return what the service takes."""
        return dict(self.cleaned_data)


class AdmissionNoticeForm(forms.Form):
    """The batch's name, the firms of its public notice and those that are told of a refusal."""

    batch = forms.CharField(label=_("Batch"), max_length=60, help_text=_("For example: batch 3."))
    applications = forms.MultipleChoiceField(
        label=_("Proposed firms"),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=_("They are named in the public notice."),
    )
    refusals = forms.MultipleChoiceField(
        label=_("Refused firms"),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=_("They are told the reasons, each its own; the notice does not name them."),
    )

    def __init__(
        self,
        *args: Any,
        proposed: Iterable[Application],
        refused: Iterable[Application],
        **kwargs: Any,
    ) -> None:
        """Offer the decisions that are held now, all of them chosen."""
        super().__init__(*args, **kwargs)
        self.held = {
            name: {str(one.pk): one for one in cases}
            for name, cases in (("applications", proposed), ("refusals", refused))
        }
        for name, cases in self.held.items():
            if cases:
                field = self.fields[name]
                field.choices = [  # type: ignore[attr-defined]
                    (key, f"{one.organisation.name} · {one.number}") for key, one in cases.items()
                ]
                field.initial = list(cases)
            else:
                del self.fields[name]

    def chosen(self, name: str) -> list[Application]:
        """Return the chosen applications (``applications`` or ``refusals``)."""
        return [self.held[name][key] for key in self.cleaned_data.get(name, [])]


class ConflictForm(forms.Form):
    """Whether the reviewer has a tie with the firm."""

    conflict = forms.ChoiceField(
        label=_("Have you taught, advised, worked for, bought from or partnered with this firm?"),
        choices=[
            ("no", _("No, I have no tie with this firm")),
            ("yes", _("Yes, I step back")),
        ],
        widget=forms.RadioSelect,
    )
    note = forms.CharField(
        label=_("What the tie is"),
        required=False,
        max_length=rules.TEXT_LIMIT,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Only where there is one; the firm never sees it."),
    )

    def clean(self) -> dict[str, Any]:
        """A tie needs a word about it."""
        values: dict[str, Any] = super().clean() or {}
        if values.get("conflict") == "yes" and is_blank(values.get("note", "")):
            self.add_error("note", portal_labels.REFUSALS["text_required"])
        return values


class ReplaceForm(forms.Form):
    """Which overdue reviewer is replaced, and why."""

    review = forms.ChoiceField(label=_("Overdue reviewer"), widget=forms.RadioSelect)
    reason = forms.CharField(
        label=_("Reason"),
        max_length=rules.TEXT_LIMIT,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("It stays in the audit trail; neither the firm nor the reviewer reads it."),
    )

    def __init__(self, *args: Any, application: Application, **kwargs: Any) -> None:
        """Offer the reviews whose day has passed."""
        super().__init__(*args, **kwargs)
        waiting = application.reviews.waiting().select_related("reviewer").order_by("pk")
        self.overdue = {str(one.pk): one for one in waiting if one.is_overdue}
        self.fields["review"].choices = [  # type: ignore[attr-defined]
            (key, f"{one.reviewer} · {day(one.due_on)}") for key, one in self.overdue.items()
        ]

    def values(self) -> dict[str, Any]:
        """Return what the service takes."""
        chosen = self.overdue[self.cleaned_data["review"]]
        return {"review": chosen, "reason": self.cleaned_data["reason"]}


class ReviewForm(forms.Form):
    """An anchor and a narrative for each criterion, and a recommendation."""

    def __init__(
        self, *args: Any, draft: Mapping[str, list[str]] | None = None, **kwargs: Any
    ) -> None:
        """Draw the criteria; start from what was typed last."""
        super().__init__(*args, **kwargs)
        for name in rules.CRITERIA:
            self.fields[name] = forms.TypedChoiceField(
                label=labels.CRITERIA[name],
                choices=labels.anchor_choices(name),
                coerce=int,
                widget=forms.RadioSelect,
            )
            self.fields[f"{name}_note"] = forms.CharField(
                label=format_lazy(_("Grounds: {criterion}"), criterion=labels.CRITERIA[name]),
                max_length=rules.TEXT_LIMIT,
                widget=forms.Textarea(attrs={"rows": 3}),
                help_text=_("What in the material shows it; at least 10 characters."),
            )
        self.fields["recommendation"] = forms.ChoiceField(
            label=_("Recommendation"),
            choices=labels.recommendation_choices,
            widget=forms.RadioSelect,
        )
        for name, values in (draft or {}).items():
            if name in self.fields and values:
                self.initial[name] = values[0]

    def values(self) -> dict[str, Any]:
        """Return what the service takes."""
        data = self.cleaned_data
        return {
            "scores": {name: data[name] for name in rules.CRITERIA},
            "narratives": {name: data[f"{name}_note"] for name in rules.CRITERIA},
            "recommendation": data["recommendation"],
        }
