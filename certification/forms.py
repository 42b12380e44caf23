"""Input to clean values."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from certification import labels
from certification.domain.rounds import CONFIRMED, HELD
from certification.domain.rubric import RubricError, parse_rubric
from certification.models import RubricVersion, Scorecard
from certification.selectors.recommendations import NO_TIER, Filters
from portal.forms import EVERY
from portal.labels import REFUSALS

TIERS = ("A", "B", "C")


class ListFilterForm(forms.Form):
    """Filters of the list; they live in the address and are never required."""

    q = forms.CharField(label=_("Name or code"), required=False, max_length=80)
    tier = forms.ChoiceField(label=_("Tier"), required=False)
    category = forms.ChoiceField(label=_("Delivered service item"), required=False)
    township = forms.ChoiceField(label=_("Served township"), required=False)
    order = forms.ChoiceField(label=_("Order"), required=False, choices=labels.order_choices)

    def __init__(self, *args: Any, facets: dict[str, list[tuple[str, str]]], **kwargs: Any) -> None:
        """Offer what the listed firms have delivered, and where."""
        super().__init__(*args, **kwargs)
        self.offer("category", facets["category"])
        self.offer("township", facets["township"])
        tiers = [(name, labels.tier_name(name)) for name in TIERS]
        self.offer("tier", [*tiers, (NO_TIER, _("Not graded"))])

    def offer(self, name: str, choices: Iterable[tuple[str, Any]]) -> None:
        """Give a field its choices behind “All”."""
        self.fields[name].choices = [EVERY, *choices]  # type: ignore[attr-defined]

    def filters(self) -> Filters:
        """Return what is filtered; a value that nobody offers filters nothing."""
        if self.is_valid():
            values = self.cleaned_data
        else:
            faulty = set(self.errors)
            values = {key: self.data.get(key, "") for key in self.fields if key not in faulty}
        names = ("q", "tier", "category", "township")
        return Filters(**{name: values.get(name, "") for name in names})


class DirectoryFilterForm(ListFilterForm):
    """The directory's filters: the same without an order."""

    order = None  # type: ignore[assignment]


class RubricChoice(forms.ModelChoiceField):
    """Rubric versions by code and version."""

    def label_from_instance(self, obj: RubricVersion) -> str:  # type: ignore[override]
        """Show code, version and the day from which it holds."""
        return f"{obj} · {labels.day_words(obj.effective_from.isoformat())}"


def day_field(label: Any) -> forms.DateField:
    """Return a field for a day."""
    return forms.DateField(
        label=label, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )


class PlanForm(forms.Form):
    """A new round."""

    title = forms.CharField(label=_("Title"), max_length=120)
    rubric = RubricChoice(
        label=_("Rubric"), queryset=RubricVersion.objects.all(), empty_label=_("Choose")
    )
    since = day_field(_("Evidence from"))
    until = day_field(_("Evidence until"))


class TrialForm(forms.Form):
    """A rubric to try: one that was adopted, or a file that is read and not kept."""

    MOST_BYTES = 1024 * 1024
    MOST_FAULTS = 5

    rubric = RubricChoice(
        label=_("Adopted rubric"),
        queryset=RubricVersion.objects.all(),
        required=False,
        empty_label=_("Choose"),
    )
    file = forms.FileField(
        label=_("Or a rubric file"),
        required=False,
        help_text=_("JSON in the format dsp-rubric/1, at most 1 MB. It is read and not kept."),
        widget=forms.FileInput(attrs={"accept": ".json"}),
    )

    def clean(self) -> dict[str, Any]:
        """Leave the rubric to try as ``content``."""
        values: dict[str, Any] = super().clean() or {}
        if self.errors:
            return values
        chosen, file = values["rubric"], values["file"]
        if bool(chosen) == bool(file):
            raise forms.ValidationError(_("Choose an adopted rubric or a file, one of them."))
        values["content"] = chosen.content if chosen else self.read(file)
        return values

    def read(self, file: UploadedFile) -> Any:
        """Read a rubric file; its faults stand at the field."""
        if (file.size or 0) > self.MOST_BYTES:
            self.add_error("file", _("The file is larger than 1 MB."))
            return None
        try:
            return parse_rubric(file.read().decode("utf-8-sig"))
        except UnicodeDecodeError:
            self.add_error("file", _("The file is not UTF-8 text."))
        except RubricError as error:
            for problem in error.problems[: self.MOST_FAULTS]:
                self.add_error(
                    "file", _("The rubric cannot be used: %(fault)s") % {"fault": problem}
                )
        return None


class DecideForm(forms.Form):
    """One choice and one reason for every firm that the lead may decide on; nothing is preset."""

    def __init__(self, *args: Any, cards: Iterable[Scorecard], **kwargs: Any) -> None:
        """Draw two fields for each scorecard."""
        super().__init__(*args, **kwargs)
        self.cards = list(cards)
        for card in self.cards:
            firm = card.organisation_id
            self.fields[f"decision-{firm}"] = forms.ChoiceField(
                label=_("Decision: %(firm)s") % {"firm": card.organisation},
                choices=[
                    ("", _("Choose")),
                    (CONFIRMED, labels.confirm_words(card.proposed_tier)),
                    (HELD, _("Hold back")),
                ],
                widget=forms.Select(attrs={"class": "form-select"}),
                error_messages={"required": REFUSALS["decision_required"]},
            )
            self.fields[f"reason-{firm}"] = forms.CharField(
                label=_("Reason or finding: %(firm)s") % {"firm": card.organisation},
                max_length=500,
                required=False,
                widget=forms.TextInput(attrs={"class": "form-control"}),
            )

    def lines(self) -> list[tuple[Scorecard, Any, Any]]:
        """Return (scorecard, decision field, reason field) in order."""
        return [
            (card, self[f"decision-{card.organisation_id}"], self[f"reason-{card.organisation_id}"])
            for card in self.cards
        ]

    def split(self) -> tuple[dict[int, str], dict[int, str]]:
        """Return (confirmed, held) as the service takes them: organisation id → text."""
        confirmed: dict[int, str] = {}
        held: dict[int, str] = {}
        for card in self.cards:
            firm = card.organisation_id
            text = self.cleaned_data[f"reason-{firm}"]
            hold = self.cleaned_data[f"decision-{firm}"] == HELD
            (held if hold else confirmed)[firm] = text
        return confirmed, held


class ReasonForm(forms.Form):
    """Why something ends."""

    reason = forms.CharField(label=_("Reason"), max_length=500, widget=forms.Textarea)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)


class RevokeForm(ReasonForm):
    """A revocation with the day from which the firm may be assessed again."""

    may_reapply_on = day_field(_("New assessment possible from"))


class SuspendForm(ReasonForm):
    """A suspension with its last day."""

    until = day_field(_("Suspended until"))
