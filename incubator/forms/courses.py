"""Input of the courses."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.models import Organisation


class EnrolForm(forms.Form):
    """For whom somebody learns."""

    organisation = forms.ModelChoiceField(
        label=_("I learn for"),
        queryset=Organisation.objects.none(),
        required=False,
        empty_label=_("myself"),
        help_text=_("A completed course counts for the firm that you name."),
    )

    def __init__(self, *args: Any, organisations: Sequence[Organisation], **kwargs: Any) -> None:
        """Offer the person's organisations, the first one chosen."""
        super().__init__(*args, **kwargs)
        field = self.fields["organisation"]
        field.queryset = Organisation.objects.filter(  # type: ignore[attr-defined]
            pk__in=[organisation.pk for organisation in organisations]
        )
        if organisations:
            field.initial = organisations[0].pk


class QuizForm(forms.Form):
    """The questions of a quiz: one answer or several; which are right it does not know."""

    attempt = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, questions: Sequence[dict[str, Any]], **kwargs: Any) -> None:
        """Draw one field for every question."""
        super().__init__(*args, **kwargs)
        for question in questions:
            self.fields[question["id"]] = question_field(question)

    def answers(self) -> dict[str, list[int]]:
        """Return question id → chosen option numbers."""
        values = {key: value for key, value in self.cleaned_data.items() if key != "attempt"}
        return {key: value if isinstance(value, list) else [value] for key, value in values.items()}


def question_field(question: dict[str, Any]) -> forms.Field:
    """Return radio buttons, or boxes where several answers are right."""
    choices = list(enumerate(question["options"]))
    if question["several"]:
        return forms.TypedMultipleChoiceField(
            label=question["text"],
            choices=choices,
            coerce=int,
            widget=forms.CheckboxSelectMultiple,
            help_text=_("Several answers are right; choose all of them."),
        )
    return forms.TypedChoiceField(
        label=question["text"], choices=choices, coerce=int, widget=forms.RadioSelect
    )
