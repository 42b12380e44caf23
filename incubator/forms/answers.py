"""The form of an application, drawn from the frozen questions that it answers."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from incubator.domain import application as rules
from incubator.domain.application_form import TEXTS, Question, bounds_of
from incubator.labels import applications as labels
from incubator.labels.windows import form_words
from incubator.models import Application

AREA = 5
YES, NO = "yes", "no"
FIGURE_DIGITS = 16


class ApplicationForm(forms.Form):
    """The answers. Nothing is required to save; what is required to submit carries the mark."""

    use_required_attribute = False

    def __init__(
        self,
        *args: Any,
        application: Application,
        draft: Mapping[str, list[str]] | None = None,
        submitting: bool = False,
        **kwargs: Any,
    ) -> None:
        """Draw the frozen form's questions; over the saved answers what was typed last; lock what
        is not open.
        """
        content = application.form.content
        open_now = rules.open_answers(application.state, application.asked, content)
        super().__init__(*args, **kwargs)
        asked = application.form.questions
        self.questions = [one for one in asked if one["type"] != "file"]
        self.beside = {
            one["key"]: str(form_words(one, "title")) for one in asked if one["type"] == "file"
        }
        for question in self.questions:
            name = question["key"]
            self.fields[name] = field_of(question)
            self.initial[name] = shown_value(question, application.answers.get(name))
            required = question["required"] and (submitting or not self.is_bound)
            self.fields[name].disabled = name not in open_now
            self.fields[name].required = required and name in open_now
        self.fields["truth_declared"] = forms.BooleanField(
            label=labels.DECLARATION,
            required=submitting or not self.is_bound,
            widget=forms.CheckboxInput(attrs={"form": "application-form"}),
        )
        self.initial["truth_declared"] = application.truth_declared
        if application.taken_over:
            self.fields["taken_over"] = forms.BooleanField(
                label=_("I have looked at the answers that were taken over; they still hold."),
                required=False,
                widget=forms.CheckboxInput(attrs={"form": "application-form"}),
            )
        for name, values in (draft or {}).items():
            if name in open_now and name in self.fields:
                self.initial[name] = self.typed(name, values)

    def typed(self, name: str, values: list[str]) -> object:
        """Return what an autosaved field held; a list only where several can be chosen."""
        if isinstance(self.fields[name], forms.MultipleChoiceField):
            return values
        if isinstance(self.fields[name], forms.BooleanField):
            return bool(values and values[0])
        return values[0] if values else ""

    def clean(self) -> dict[str, Any]:
        """Return the answers as they are kept."""
        values: dict[str, Any] = super().clean() or {}
        for question in self.questions:
            if question["key"] in values:
                values[question["key"]] = kept_value(question, values[question["key"]])
        return values

    def current(self) -> dict[str, Any]:
        """Return what the form holds now, for the machine check beside it; what is not valid is
        not there.
        """
        found = {}
        for question in self.questions:
            name = question["key"]
            try:
                value = self.fields[name].clean(self[name].value())
            except forms.ValidationError:
                value = None
            found[name] = kept_value(question, value)
        return found


def field_of(question: Question) -> forms.Field:
    """Return the field that asks a question; words of staff are escaped."""
    kind = question["type"]
    words = {
        "label": form_words(question, "title"),
        "help_text": form_words(question, "help"),
        "required": False,
    }
    if kind in TEXTS:
        area = forms.Textarea(attrs={"rows": AREA}) if kind == "long" else forms.TextInput
        return forms.CharField(max_length=question["limit"], widget=area, **words)
    if kind == "number":
        return number_field(question, words)
    if kind == "date":
        widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
        return forms.DateField(widget=widget, input_formats=["%Y-%m-%d"], **words)
    if kind == "choices":
        return forms.MultipleChoiceField(
            choices=options_of(question), widget=forms.CheckboxSelectMultiple, **words
        )
    choices = [(YES, labels.YES), (NO, labels.NO)] if kind == "yes_no" else options_of(question)
    return forms.ChoiceField(choices=choices, widget=forms.RadioSelect, **words)


def number_field(question: Question, words: dict[str, Any]) -> forms.Field:
    """Return the field of a number, its unit in the label."""
    unit = form_words(question, "unit")
    if unit:
        words["label"] = format_html(_("{label} ({unit})"), label=words["label"], unit=unit)
    least, most = bounds_of(question)
    bounds = {"min_value": least, "max_value": most}
    if not question["decimals"]:
        return forms.IntegerField(**bounds, **words)
    places = question["decimals"]
    return forms.DecimalField(
        max_digits=FIGURE_DIGITS + places, decimal_places=places, **bounds, **words
    )


def options_of(question: Question) -> list[tuple[str, str]]:
    """Return what can be chosen."""
    return [(one["code"], form_words(one, "text")) for one in question["options"]]


def shown_value(question: Question, value: Any) -> Any:
    """Return a kept answer as its field takes it."""
    if question["type"] == "yes_no" and value is not None:
        return YES if value else NO
    return value


def kept_value(question: Question, value: Any) -> Any:
    """Return a field's value as it is kept."""
    if question["type"] == "yes_no":
        return {YES: True, NO: False}.get(value)
    if isinstance(value, Decimal):
        return float(value)
    return value.isoformat() if isinstance(value, date) else value
