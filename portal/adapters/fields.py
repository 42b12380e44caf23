"""What every field of every form refuses, Wagtail's and allauth's own too."""

from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.forms import CharField, DateField, DateTimeField
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from portal.domain.calendar import days_to_type, is_day_to_type
from portal.domain.texts import is_blank
from portal.labels import REFUSALS
from portal.labels.days import day

plain_text = CharField.to_python


def visible_text(self: CharField, value: Any) -> Any:
    """Stand in for ``CharField.to_python``: a text of which nobody sees a character is none.

    Where a text is required, the refusal says why what was typed does not count.
    """
    text = plain_text(self, value)
    if not isinstance(text, str) or not is_blank(text):
        return text
    if text and self.required:
        raise ValidationError(str(REFUSALS["text_required"]), "required")
    return self.empty_value


def require_day(value: date) -> None:
    """Raise ``ValidationError`` for a day far from the present: reckoning on would overflow."""
    typed = value.date() if isinstance(value, datetime) else value
    today = localdate()
    if not is_day_to_type(typed, today):
        first, last = days_to_type(today)
        message = _("Enter a day between %(first)s and %(last)s.")
        raise ValidationError(message, "day", {"first": day(first), "last": day(last)})


def with_sound_input() -> None:
    """Have every field of text and every field of a day hold to this."""
    CharField.to_python = visible_text  # type: ignore[method-assign]
    for field in (DateField, DateTimeField):
        field.default_validators = [require_day]
