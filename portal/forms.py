"""Input to clean values: the forms of the base."""

import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django import forms
from django.conf import settings
from django.core.validators import MinValueValidator
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from portal import labels
from portal.domain import objection
from portal.domain.roles import BOUND, Role, allowed_in
from portal.models import NotificationPreference, Organisation, User
from portal.services.privacy import accept_notice

EVERY = ("", _("All"))
FIRST_DAY = date(2000, 1, 1)
"""Before any entry, and far from where dates overflow."""


class SignupForm(forms.Form):
    """What sign-up asks beside address and password."""

    name = forms.CharField(label=_("Your name"), max_length=80)
    privacy = forms.BooleanField(
        label=_("I have read the privacy notice and agree to it; I am 14 or older"), required=True
    )

    def signup(self, request: HttpRequest, user: User) -> None:
        """Keep the name; the account belongs to a learner until somebody gives it more."""
        user.name = self.cleaned_data["name"]
        user.save(update_fields=["name"])
        accept_notice(user=user, now=timezone.now())


class NoticeFilterForm(forms.Form):
    """Filter of the notices."""

    kind = forms.ChoiceField(
        label=_("Kind"), required=False, choices=lambda: [EVERY, *labels.notice_kinds()]
    )


class ObjectionForm(forms.Form):
    """An objection to one row of a notice."""

    real_name = forms.CharField(
        label=_("Your real name"),
        max_length=objection.LONGEST_NAME,
        help_text=_("Only who handles the objection sees it, never the firm or the public."),
    )
    grounds = forms.CharField(
        label=_("What is wrong about this entry"),
        max_length=objection.TEXT_LIMIT,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    evidence = forms.CharField(
        label=_("Evidence"),
        max_length=objection.TEXT_LIMIT,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("What shows it: documents, dates, places, who can confirm it."),
    )
    upload = forms.FileField(
        label=_("File"),
        required=False,
        help_text=_("PDF, PNG, JPEG, DOCX or XLSX, at most 20 MB. More can follow."),
        allow_empty_file=True,
        max_length=400,
    )
    declared = forms.BooleanField(
        label=_("I say this in my own name and to the best of my knowledge it is true.")
    )


class EvidenceForm(forms.Form):
    """A further file for one's own objection."""

    upload = forms.FileField(
        label=_("File"),
        help_text=_("PDF, PNG, JPEG, DOCX or XLSX, at most 20 MB."),
        allow_empty_file=True,
        max_length=400,
    )


class AnswerForm(forms.Form):
    """The reasons of an answer to an objection."""

    reason = forms.CharField(
        label=_("Reasons"),
        max_length=objection.REASON_LIMIT,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("The objector reads them."),
    )


class NumberField(forms.RegexField):
    """A number as people type or paste it: full-width signs and spaces around it do not count."""

    def to_python(self, value: Any) -> str:
        """Return the number as the portal writes it."""
        return unicodedata.normalize("NFKC", str(super().to_python(value))).strip()


class VerifyForm(forms.Form):
    """A document's number."""

    number = NumberField(
        label=_("Number"),
        regex=r"^[0-9A-Za-z-]+$",
        max_length=40,
        error_messages={"invalid": _("A number holds letters, digits and hyphens only.")},
        help_text=_("As printed on the document, for example HYPJ-2026-000123-8."),
    )


class VerifyFileForm(forms.Form):
    """A file to be checked; its content is judged by the service."""

    file = forms.FileField(label=_("PDF file"), allow_empty_file=True)


class ArchiveForm(forms.Form):
    """Which documents go into an archive's package."""

    kind = forms.ChoiceField(label=_("Kind"))
    since = forms.DateField(
        label=_("Issued from"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        validators=[MinValueValidator(FIRST_DAY)],
    )
    until = forms.DateField(
        label=_("Issued until"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        validators=[MinValueValidator(FIRST_DAY)],
    )

    def __init__(self, *args: Any, kinds: Sequence[str], **kwargs: Any) -> None:
        """Offer the kinds that the person may archive."""
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [  # type: ignore[attr-defined]
            choice for choice in labels.document_kinds() if choice[0] in kinds
        ]


class ProfileForm(forms.Form):
    """A person's own details."""

    name = forms.CharField(label=_("Your name"), max_length=80)
    phone = forms.CharField(label=_("Phone"), max_length=20, required=False)
    language = forms.ChoiceField(
        label=_("Language of messages"), choices=lambda: settings.LANGUAGES
    )


class PreferencesForm(forms.Form):
    """Two boxes for every kind of notification that a person may switch off."""

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        """Draw the boxes with the person's present choices."""
        super().__init__(*args, **kwargs)
        self.rows: list[tuple[str, Any]] = []
        chosen = {
            choice.kind: choice for choice in NotificationPreference.objects.filter(user=user)
        }
        for kind, (name, _subject, _text) in labels.NOTIFICATION_KINDS.items():
            if kind in labels.ALWAYS_TOLD:
                continue
            choice = chosen.get(kind)
            for medium, label in (("in_app", _("in the portal")), ("email", _("by email"))):
                initial = getattr(choice, medium) if choice else True
                self.fields[f"{kind}-{medium}"] = forms.BooleanField(
                    label=label, required=False, initial=initial
                )
            self.rows.append((kind, name))

    def lines(self) -> list[tuple[Any, Any, Any]]:
        """Return (name, portal box, mail box) for every kind."""
        return [(name, self[f"{kind}-in_app"], self[f"{kind}-email"]) for kind, name in self.rows]

    def choices(self, values: Mapping[str, bool]) -> dict[str, tuple[bool, bool]]:
        """Return the choices by kind as the service takes them."""
        return {
            kind: (values[f"{kind}-in_app"], values[f"{kind}-email"]) for kind, _name in self.rows
        }


class InviteForm(forms.Form):
    """An invitation to a role in an organisation."""

    email = forms.EmailField(label=_("Email address"))
    role = forms.ChoiceField(label=_("Role"))

    def __init__(self, *args: Any, organisation: Organisation, **kwargs: Any) -> None:
        """Offer the roles that fit the organisation."""
        super().__init__(*args, **kwargs)
        field = self.fields["role"]
        field.choices = [  # type: ignore[attr-defined]
            (code, name)
            for code, name in labels.role_choices()
            if code in set(Role) and allowed_in(code, organisation.kind)
        ]


class AuditFilterForm(forms.Form):
    """Search in the audit trail."""

    q = forms.CharField(label=_("Action, person or id"), required=False, max_length=80)
    outcome = forms.ChoiceField(
        label=_("Outcome"), required=False, choices=lambda: [EVERY, *labels.audit_outcomes()]
    )
    since = forms.DateField(
        label=_("From"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        validators=[MinValueValidator(FIRST_DAY)],
    )


class PeopleFilterForm(forms.Form):
    """Search for people."""

    q = forms.CharField(label=_("Name or address"), required=False, max_length=80)
    role = forms.ChoiceField(
        label=_("Role"), required=False, choices=lambda: [EVERY, *labels.role_choices()]
    )
    state = forms.ChoiceField(
        label=_("Account"),
        required=False,
        choices=lambda: [
            EVERY,
            ("dormant", _("Dormant")),
            ("closed", pgettext_lazy("account", "Closed")),
        ],
    )


class ReasonForm(forms.Form):
    """A reason for a deed that the trail keeps."""

    reason = forms.CharField(label=_("Reason"), max_length=200)


class DataRequestForm(forms.Form):
    """What a person asks about their own data."""

    kind = forms.ChoiceField(label=_("What you ask for"), choices=labels.data_request_kinds)
    text = forms.CharField(
        label=_("What it is about"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("For example: which entry is wrong, and what is right."),
    )


class DataAnswerForm(forms.Form):
    """The answer to such a request."""

    granted = forms.TypedChoiceField(
        label=_("Decision"),
        choices=[("yes", pgettext_lazy("request", "Granted")), ("no", _("Not granted"))],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
    )
    text = forms.CharField(
        label=_("Answer and reasons"), max_length=1000, widget=forms.Textarea(attrs={"rows": 3})
    )


class RoleForm(forms.Form):
    """A global role to grant or to take."""

    role = forms.ChoiceField(
        label=_("Role"),
        choices=lambda: [
            (code, name)
            for code, name in labels.role_choices()
            if code in set(Role) and code not in set(BOUND)
        ],
    )


class TokenForm(forms.Form):
    """A new access token."""

    label = forms.CharField(
        label=_("What it is for"),
        max_length=80,
        help_text=_("For example: pip on the build machine."),
    )
    days = forms.TypedChoiceField(
        label=_("Works for"),
        coerce=int,
        choices=[(30, _("30 days")), (90, _("90 days")), (365, _("one year"))],
        initial=90,
    )
