"""Input of the shared modules."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from incubator.labels.modules import module_file_kinds
from portal.models import Organisation


class ModuleSearchForm(forms.Form):
    """Search in the library."""

    q = forms.CharField(label=_("Name or purpose"), required=False, max_length=80)


class ModuleTextsForm(forms.Form):
    """What a module's contributor writes about it."""

    title = forms.CharField(label=_("Title"), max_length=120)
    title_en = forms.CharField(label=_("Title in English"), max_length=160, required=False)
    summary = forms.CharField(
        label=_("What it does"), max_length=2000, widget=forms.Textarea(attrs={"rows": 4})
    )
    summary_en = forms.CharField(
        label=_("What it does, in English"),
        max_length=3000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    licence = forms.CharField(
        label=_("Licence"), max_length=80, help_text=_("For example MulanPSL-2.0 or Apache-2.0.")
    )
    contact = forms.CharField(
        label=_("Contact"), max_length=160, help_text=_("An address that anybody may read.")
    )
    example = forms.CharField(
        label=_("Example of use"),
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 6, "class": "hy-mono"}),
    )

    def __init__(self, *args: Any, licence_kept: bool = False, **kwargs: Any) -> None:
        """Close the licence where firms may have taken the module under it."""
        super().__init__(*args, **kwargs)
        if licence_kept:
            self.fields["licence"].disabled = True
            self.fields["licence"].help_text = _(
                "It stays as it was registered, as a version is published."
            )


class ModuleForm(ModuleTextsForm):
    """A new module; its releases follow."""

    owner = forms.ModelChoiceField(
        label=_("Contributed by"), queryset=Organisation.objects.none(), required=False
    )
    name = forms.CharField(
        label=_("Package name"),
        max_length=100,
        help_text=_("As it is installed, for example hy-case-dedup."),
    )
    field_order = ("owner", "name")

    def __init__(self, *args: Any, firms: list[Organisation], county: bool, **kwargs: Any) -> None:
        """Offer the person's admitted firms, and the county where they act for it."""
        super().__init__(*args, **kwargs)
        field = self.fields["owner"]
        field.queryset = Organisation.objects.filter(  # type: ignore[attr-defined]
            pk__in=[firm.pk for firm in firms]
        )
        field.empty_label = _("The county") if county else None  # type: ignore[attr-defined]
        field.required = not county
        if firms and not county:
            field.initial = firms[0].pk


class ReleaseForm(forms.Form):
    """A wheel or a source distribution."""

    file = forms.FileField(label=_("Package (.whl or .tar.gz)"))
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)


class StartReleaseForm(forms.Form):
    """A release that files of other kinds come to."""

    number = forms.CharField(
        label=_("Version"), max_length=60, help_text=_("For example 1.0.0; it is never used again.")
    )


class ModuleFileForm(forms.Form):
    """A file beside the Python package, or instead of one."""

    kind = forms.ChoiceField(label=_("Kind of file"), choices=module_file_kinds)
    file = forms.FileField(
        label=_("File"),
        help_text=_(
            "Weights as .safetensors, .onnx or .gguf; a container image as .tar or .tar.gz; SQL as "
            ".sql; a front-end bundle as .zip."
        ),
    )


class ReasonForm(forms.Form):
    """Why: for changes asked for, a withdrawal, and the removal of a module without a release."""

    reason = forms.CharField(
        label=_("Reason"), max_length=300, widget=forms.Textarea(attrs={"rows": 3})
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
