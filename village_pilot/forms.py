"""Input to clean values."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from incubator.selectors.module_uses import DeclaredRelease
from portal.labels import REFUSALS
from portal.models import Organisation, User
from village_pilot import labels
from village_pilot.domain.delivery import BEST, CRITERIA, decision_faults
from village_pilot.models import Milestone, Pilot, ProcessTemplate


def date_field(label: str, **options: Any) -> forms.DateField:
    """Return a date field with the browser's own calendar."""
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, widget=widget, **options)


def words_field(label: str | Promise, *, rows: int = 4, **options: Any) -> forms.CharField:
    """Return a field of several lines."""
    return forms.CharField(label=label, widget=forms.Textarea(attrs={"rows": rows}), **options)


class ProcessFilterForm(forms.Form):
    """Filter of the catalogue."""

    category = forms.ChoiceField(label=_("Category"), required=False)

    def __init__(self, *args: Any, categories: Iterable[str], **kwargs: Any) -> None:
        """Offer the categories in use."""
        super().__init__(*args, **kwargs)
        self.fields["category"].choices = [  # type: ignore[attr-defined]
            ("", _("All")),
            *((name, labels.category_name(name)) for name in categories),
        ]


class PilotFilterForm(forms.Form):
    """Filter of the list of pilots."""

    state = forms.ChoiceField(
        label=_("State"), required=False, choices=lambda: [("", _("All")), *labels.pilot_states()]
    )


class ProposeForm(forms.Form):
    """A pilot to propose."""

    process = forms.ModelChoiceField(
        label=_("Village process"),
        queryset=ProcessTemplate.objects.current(),
        empty_label=_("Choose"),
    )
    provider = forms.ModelChoiceField(
        label=_("Firm"),
        queryset=Organisation.objects.none(),
        help_text=_("Firms admitted to the incubation centre."),
        empty_label=_("Choose"),
    )
    committee = forms.ModelChoiceField(
        label=_("Village committee"), queryset=Organisation.objects.none(), empty_label=_("Choose")
    )
    title = forms.CharField(label=_("Title"), max_length=120)
    goal = words_field(
        _("What is promised"), max_length=2000, help_text=_("One promise a line, in plain words.")
    )
    starts_on = date_field(_("Starts on"))
    ends_on = date_field(_("Ends on"))

    def __init__(
        self,
        *args: Any,
        firms: Iterable[Organisation],
        committees: Iterable[Organisation],
        **kwargs: Any,
    ) -> None:
        """Offer the firms and committees that a pilot can have."""
        super().__init__(*args, **kwargs)
        for name, rows in (("provider", firms), ("committee", committees)):
            ids = [row.pk for row in rows]
            known = Organisation.objects.filter(pk__in=ids).order_by("name")
            self.fields[name].queryset = known  # type: ignore[attr-defined]


class ReasonForm(forms.Form):
    """A deed with a reason; ``required`` where the lifecycle asks for one."""

    reason = words_field(_("Reason"), rows=3, max_length=1000)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)


class MilestoneForm(forms.Form):
    """A new milestone."""

    title = forms.CharField(label=_("Title"), max_length=120)
    due_on = date_field(_("Due on"))


class MoveMilestoneForm(forms.Form):
    """A milestone's new date."""

    due_on = date_field(_("New date"))
    reason = forms.CharField(
        label=_("Reason"), max_length=300, help_text=_("The first date stays visible beside it.")
    )


class DeliverableForm(forms.Form):
    """A new deliverable."""

    title = forms.CharField(label=_("Title"), max_length=120)
    milestone = forms.ModelChoiceField(
        label=_("Milestone"),
        queryset=Milestone.objects.none(),
        required=False,
        empty_label=_("Belongs to no milestone"),
    )

    def __init__(self, *args: Any, pilot: Pilot, **kwargs: Any) -> None:
        """Offer the pilot's milestones that still take something."""
        super().__init__(*args, **kwargs)
        field = self.fields["milestone"]
        field.queryset = pilot.milestones.exclude(state="met")  # type: ignore[attr-defined]


class FileForm(forms.Form):
    """One file of a deliverable."""

    file = forms.FileField(
        label=_("File"),
        allow_empty_file=True,
        help_text=_("PDF, Office, ZIP, CSV, XML, a picture or an MP4 video."),
    )


NOTE_LENGTH = 2000


class SubmitForm(forms.Form):
    """What is handed in."""

    note = words_field(
        _("What is delivered"),
        max_length=NOTE_LENGTH,
        help_text=_("One point a line; the village reads this."),
    )
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, whole: bool = True, **kwargs: Any) -> None:
        """Take the form as it is handed in, or (not ``whole``) as far as it is written."""
        super().__init__(*args, **kwargs)
        self.fields["note"].required = whole


class ModulesForm(forms.Form):
    """The shared modules that a version uses."""

    releases = forms.TypedMultipleChoiceField(
        label=_("Shared modules in this version"),
        required=False,
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        help_text=_(
            "What your firm downloaded from the library or contributed. The reviewer and the "
            "village see your choice; once the village accepts, it is counted for the module."
        ),
    )

    def __init__(self, *args: Any, offered: Iterable[DeclaredRelease], **kwargs: Any) -> None:
        """Offer what the firm may declare; what was withdrawn since it was declared says so."""
        super().__init__(*args, **kwargs)
        field: Any = self.fields["releases"]
        field.choices = [(one.pk, release_words(one)) for one in offered]
        field.error_messages["invalid_choice"] = REFUSALS["module_not_taken"]


def release_words(one: DeclaredRelease) -> str:
    """Return how a form names a release; withdrawn, it may stay ticked and is offered no more."""
    words = format_html(
        '<span class="hy-mono">{} {}</span> {}', one.module.name, one.number, one.module.local_title
    )
    if not one.withdrawn:
        return words
    hint = _(
        "Withdrawn since: it may stay if this version really uses it. Once you take the tick away "
        "and save, it cannot be chosen again."
    )
    return format_html('{} <span class="hy-muted">{}</span>', words, hint)


class ReviewForm(forms.Form):
    """Four anchored marks with their reasons, the verdict, and the redesign level."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Draw a mark and its reason for every criterion, then what follows."""
        super().__init__(*args, **kwargs)
        for name in CRITERIA:
            self.fields[f"score_{name}"] = forms.TypedChoiceField(
                label=labels.CRITERIA[name],
                choices=anchors(name),
                coerce=int,
                widget=forms.RadioSelect,
                required=False,
                empty_value=None,
            )
            self.fields[f"narrative_{name}"] = words_field(
                format_lazy(_("Why this mark: {criterion}"), criterion=labels.CRITERIA[name]),
                rows=2,
                max_length=1000,
                required=False,
            )
        self.fields["redesign_level"] = forms.ChoiceField(
            label=_("How far is the process redesigned?"),
            required=False,
            choices=lambda: [("", _("Leave as it is")), *labels.redesign_levels()],
        )
        self.fields["redesign_reason"] = words_field(
            _("Why this level"), rows=2, max_length=1000, required=False
        )
        self.fields["verdict"] = forms.ChoiceField(
            label=_("What happens next"),
            choices=labels.verdicts,
            widget=forms.RadioSelect,
            required=False,
        )
        self.fields["note"] = words_field(
            _("Note to the firm"),
            rows=3,
            max_length=2000,
            required=False,
            help_text=_("Needed when you ask for changes: what is to be changed."),
        )

    def deed(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values as the service takes them."""
        return {
            "scores": {
                name: values[f"score_{name}"]
                for name in CRITERIA
                if values[f"score_{name}"] is not None
            },
            "narratives": {name: values[f"narrative_{name}"] for name in CRITERIA},
            "verdict": values["verdict"],
            "note": values["note"],
            "redesign_level": values["redesign_level"],
            "redesign_reason": values["redesign_reason"],
            "expected_version": values["version"],
        }


def anchors(criterion: str) -> list[tuple[int, Any]]:
    """Return the marks from 0 up to 4 with what each means."""
    meanings = labels.ANCHORS[criterion]
    return [(mark, format_html("<b>{}</b>{}", mark, meanings[mark])) for mark in range(BEST + 1)]


class AcceptForm(forms.Form):
    """A village's decision with its second factor."""

    decision = forms.ChoiceField(
        label=_("Your answer"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose one of the three answers.")},
        choices=lambda: [
            (code, format_html("<b>{}</b>{}", name, labels.DECISION_HINTS[code]))
            for code, name in labels.decisions()
        ],
    )
    note = words_field(
        _("What is missing, or why not"),
        rows=3,
        max_length=1000,
        required=False,
        help_text=_("One or two sentences; the firm reads them."),
    )
    signed_name = forms.CharField(
        label=_("Signer's name"),
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    code = forms.CharField(
        label=_("Code from your sheet"),
        max_length=20,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
        help_text=_("Cross it out afterwards; each code works once."),
    )
    photo = forms.FileField(
        label=_("Or a photo of the signed paper"),
        required=False,
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp"}),
    )
    version = forms.IntegerField(widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        """Name every fault at once; the service asks the same again."""
        values: dict[str, Any] = super().clean() or {}
        faults = decision_faults(
            values.get("decision", ""),
            note=values.get("note", ""),
            code=values.get("code", ""),
            photo=bool(values.get("photo")),
        )
        for name, code in faults.items():
            if name not in self.errors:
                self.add_error(name, str(REFUSALS[code]))
        return values


class CodesForm(forms.Form):
    """A sheet of codes for a signer."""

    signer = forms.ModelChoiceField(
        label=_("Signer"), queryset=User.objects.none(), empty_label=_("Choose")
    )
    count = forms.IntegerField(label=_("How many codes"), initial=10, min_value=1, max_value=40)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer everybody who signs for a village committee."""
        super().__init__(*args, **kwargs)
        signers = User.objects.filter(
            is_active=True, memberships__role="village_signer", memberships__active=True
        )
        field = self.fields["signer"]
        field.queryset = signers.distinct().order_by("name")  # type: ignore[attr-defined]


class CaseLogForm(forms.Form):
    """A case log and its phase."""

    phase = forms.ChoiceField(label=_("Phase"), choices=labels.phases)
    file = forms.FileField(
        label=_("Case log"),
        allow_empty_file=True,
        help_text=_("CSV, XES or XES.gz, up to 20 MB; one line for each step of a case."),
    )
