"""Input of staff about application windows; what a window says is written in the back office."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


class CloseWindowForm(forms.Form):
    """Why a window takes no more applications."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The public reads it on the window's page."),
    )

    def values(self) -> dict[str, Any]:
        """Return what the service takes."""
        return dict(self.cleaned_data)


class PublishWindowForm(forms.Form):
    """A deed that needs no words; faults of the form come back on it."""

    def values(self) -> dict[str, Any]:
        """Return nothing to pass on."""
        return {}
