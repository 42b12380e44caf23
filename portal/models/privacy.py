"""Privacy notices, who accepted which, and what people ask about their data."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from portal import labels
from portal.models.registers import Bilingual


class PrivacyNotice(Bilingual):
    """A version of the rules by which personal data are handled; never changed once published.

    Holds no personal data; kept for good, because people accepted it.
    """

    version = models.CharField(_("version"), max_length=20, unique=True)
    text = models.TextField(_("text"))
    text_en = models.TextField(_("text in English"), blank=True)
    changes = models.CharField(_("what is new"), max_length=300, blank=True)
    changes_en = models.CharField(_("what is new, in English"), max_length=400, blank=True)
    digest = models.CharField("SHA-256", max_length=64)
    published_at = models.DateTimeField(_("published at"))

    class Meta:
        """Newest first."""

        verbose_name = _("privacy notice")
        verbose_name_plural = _("privacy notices")
        ordering: ClassVar = ["-pk"]

    def __str__(self) -> str:
        """Show the version."""
        return self.version

    @property
    def local_text(self) -> str:
        """The text in the reader's language."""
        return self.local("text")

    @property
    def local_changes(self) -> str:
        """What is new, in the reader's language."""
        return self.local("changes")


class PrivacyAcceptance(models.Model):
    """Who accepted which version when. Personal data: just that; kept while the account lives."""

    user = models.ForeignKey("portal.User", on_delete=models.CASCADE, related_name="+")
    notice = models.ForeignKey(PrivacyNotice, on_delete=models.PROTECT, related_name="+")
    accepted_at = models.DateTimeField(_("accepted at"))

    class Meta:
        """Once a version."""

        verbose_name = _("acceptance of a privacy notice")
        verbose_name_plural = _("acceptances of privacy notices")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "notice"], name="privacy_accepted_once"),
        ]

    def __str__(self) -> str:
        """Show when it was."""
        return f"{self.accepted_at:%Y-%m-%d}"


class DataRequest(models.Model):
    """What a person asks about their own data: correct, delete, restrict.

    Personal data: what the person wrote and the answer; kept three years after the answer.
    """

    user = models.ForeignKey("portal.User", on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(_("kind"), max_length=12, choices=labels.data_request_kinds)
    text = models.TextField(_("what it is about"), max_length=1000)
    asked_at = models.DateTimeField(_("asked at"))
    due_on = models.DateField(_("answer due"))
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    answered_by = models.ForeignKey(
        "portal.User", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    granted = models.BooleanField(_("granted"), default=False)
    answer = models.TextField(_("answer"), max_length=1000, blank=True)

    class Meta:
        """Newest first; one open request of a kind; an answer comes after the question."""

        verbose_name = _("request about personal data")
        verbose_name_plural = _("requests about personal data")
        ordering: ClassVar = ["-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["user", "kind"],
                condition=Q(answered_at__isnull=True),
                name="one_open_data_request",
            ),
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True) | Q(answered_at__gte=F("asked_at")),
                name="data_request_in_order",
            ),
        ]

    def __str__(self) -> str:
        """Show kind and time."""
        return f"{self.get_kind_display()} {self.asked_at:%Y-%m-%d}"
