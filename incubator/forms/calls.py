"""Input about calls, questions, proposals and reviews to clean values."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from incubator.labels.calls import (
    CRITERION_NAMES,
    anchor_choices,
    call_categories,
    phase_choices,
)
from incubator.models.calls import Proposal

EVERY = ("", _("All"))
NONE = "none"


def date_input() -> forms.DateInput:
    """A browser's date picker."""
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class CallFilterForm(forms.Form):
    """Filters of the public list."""

    phase = forms.ChoiceField(
        label=_("State"), required=False, choices=lambda: [EVERY, *phase_choices()]
    )
    category = forms.ChoiceField(
        label=_("Category"), required=False, choices=lambda: [EVERY, *call_categories()]
    )


class CallForm(forms.Form):
    """What a call says."""

    title = forms.CharField(label=_("Title"), max_length=120)
    title_en = forms.CharField(label=_("Title in English"), max_length=160, required=False)
    need = forms.CharField(
        label=_("Need"),
        max_length=6000,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=_("Who does what today, how long it takes, and what should be different."),
    )
    need_en = forms.CharField(
        label=_("Need in English"), max_length=8000, required=False, widget=forms.Textarea()
    )
    category = forms.ChoiceField(label=_("Category"), choices=call_categories)
    budget_text = forms.CharField(
        label=_("Budget range"),
        max_length=120,
        required=False,
        help_text=_("For example: 100,000 to 150,000 yuan."),
    )
    opens_on = forms.DateField(label=_("Opens on"), widget=date_input())
    questions_until = forms.DateField(label=_("Questions until"), widget=date_input())
    closes_on = forms.DateField(
        label=_("Closes on"),
        widget=date_input(),
        help_text=_("At least 10 working days after the opening day."),
    )


class ReasonForm(forms.Form):
    """A reason for a step that needs one."""

    reason = forms.CharField(
        label=_("Reason"), max_length=1000, widget=forms.Textarea(attrs={"rows": 3})
    )


class QuestionForm(forms.Form):
    """A question about a call."""

    text = forms.CharField(
        label=_("Your question"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Published with its answer, without your name. Name nobody in it."),
    )


class AnswerForm(forms.Form):
    """An answer to a question."""

    answer = forms.CharField(
        label=_("Answer"), max_length=4000, widget=forms.Textarea(attrs={"rows": 5})
    )


class ProposalForm(forms.Form):
    """What a proposal says."""

    title = forms.CharField(label=_("Title"), max_length=120)
    summary = forms.CharField(
        label=_("Approach"),
        max_length=6000,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=_("How the need is met, with what is already there and what is new."),
    )
    lead_share = forms.CharField(label=_("Tasks of the lead"), max_length=500)
    plan = forms.CharField(
        label=_("Plan and cost"), max_length=4000, widget=forms.Textarea(attrs={"rows": 5})
    )


class PartnerForm(forms.Form):
    """A partner to ask."""

    uscc = forms.CharField(
        label=_("Unified social credit code"),
        max_length=24,
        help_text=_("Of a firm or an institute that is registered in this portal."),
    )
    task_share = forms.CharField(label=_("Tasks"), max_length=500)


class AttachmentForm(forms.Form):
    """A file for a proposal."""

    upload = forms.FileField(
        label=_("File"), help_text=_("PDF, image, DOCX or XLSX, at most 50 MB.")
    )


class ReviewForm(forms.Form):
    """A rating: declaration first, an anchor for each criterion, a narrative."""

    no_conflict = forms.BooleanField(
        label=_("I have no tie with any member of this consortium that could sway my rating"),
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Draw one scale for each criterion."""
        super().__init__(*args, **kwargs)
        for code, (name, question) in CRITERION_NAMES.items():
            self.fields[code] = forms.TypedChoiceField(
                label=name,
                help_text=question,
                choices=anchor_choices,
                coerce=int,
                widget=forms.RadioSelect,
            )
        self.fields["narrative"] = forms.CharField(
            label=_("Narrative"),
            max_length=4000,
            widget=forms.Textarea(attrs={"rows": 6}),
            help_text=_("What the proposal shows and what it lacks; at least 20 characters."),
        )

    def rating(self, values: dict[str, Any]) -> dict[str, Any]:
        """Return the values as ``submit_review`` takes them."""
        return {
            "scores": {code: values[code] for code in CRITERION_NAMES},
            "narrative": values["narrative"],
            "no_conflict": values["no_conflict"],
        }


class DecisionForm(forms.Form):
    """Which proposal is selected, why, and the words for each of the others."""

    def __init__(self, *args: Any, proposals: Iterable[Proposal], **kwargs: Any) -> None:
        """Draw a choice of the proposals in review, and feedback for each."""
        super().__init__(*args, **kwargs)
        self.proposals = list(proposals)
        choices = [(str(row.pk), f"{row.title} · {row.lead.name}") for row in self.proposals]
        self.fields["choice"] = forms.ChoiceField(
            label=_("Selected proposal"),
            choices=[*choices, (NONE, _("None is suitable"))],
            widget=forms.RadioSelect,
        )
        self.fields["reason"] = forms.CharField(
            label=_("Reason"),
            max_length=2000,
            widget=forms.Textarea(attrs={"rows": 4}),
            help_text=_("Becomes public with the result."),
        )
        for row in self.proposals:
            self.fields[f"feedback-{row.pk}"] = feedback_field(row)
            self.fields[f"reserve-{row.pk}"] = forms.BooleanField(
                label=_("Keep “%(title)s” in reserve") % {"title": row.title}, required=False
            )

    def decision(self, values: dict[str, Any]) -> dict[str, Any]:
        """Return the values as ``decide_call`` takes them."""
        chosen = {str(row.pk): row for row in self.proposals}.get(values["choice"])
        others = [row.pk for row in self.proposals if row != chosen]
        return {
            "proposal": chosen,
            "reason": values["reason"],
            "feedback": {pk: values[f"feedback-{pk}"] for pk in others},
            "reserve": [pk for pk in others if values[f"reserve-{pk}"]],
        }


def feedback_field(proposal: Proposal) -> forms.CharField:
    """The field for the words to one consortium."""
    return forms.CharField(
        label=_("Feedback on “%(title)s”") % {"title": proposal.title},
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Required unless it is selected; only the consortium reads it."),
    )
