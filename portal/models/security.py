"""What protects an account: failed attempts, earlier passwords, lost second factors."""

from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class LoginFailure(models.Model):
    """A failed attempt to sign in, counted per account and address.

    Personal data: the address that it came from, and a keyed digest of what was typed as the
    account; deleted after 30 days.
    """

    login = models.CharField(max_length=64)
    address = models.CharField(max_length=45)
    at = models.DateTimeField()

    class Meta:
        """Read by account and address."""

        indexes: ClassVar = [
            models.Index(fields=["login", "address", "at"], name="login_failure_lookup"),
        ]

    def __str__(self) -> str:
        """Show when it was."""
        return f"{self.at:%Y-%m-%d %H:%M}"


class PasswordRecord(models.Model):
    """The encoded form of a password that its owner once chose, so that it does not return.

    Personal data: the salted hash; only the newest few of a person are kept.
    """

    user = models.ForeignKey("portal.User", on_delete=models.CASCADE, related_name="+")
    encoded = models.CharField(max_length=128)
    at = models.DateTimeField()

    class Meta:
        """Newest first."""

        ordering: ClassVar = ["-pk"]

    def __str__(self) -> str:
        """Show when it was chosen."""
        return f"{self.at:%Y-%m-%d}"


class FactorReset(models.Model):
    """What one administrator asks and another confirms: that a person's second factor goes.

    Personal data: who lost a factor, the reason, who asked and who answered; kept three years
    after it ended.
    """

    user = models.ForeignKey("portal.User", on_delete=models.CASCADE, related_name="+")
    reason = models.CharField(_("reason"), max_length=200)
    asked_by = models.ForeignKey("portal.User", on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(_("asked at"))
    expires_at = models.DateTimeField(_("valid until"))
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    answered_by = models.ForeignKey(
        "portal.User", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    granted = models.BooleanField(_("granted"), default=False)

    class Meta:
        """Newest first; one open request a person; two people, neither of them the person."""

        verbose_name = _("reset of a second factor")
        verbose_name_plural = _("resets of second factors")
        ordering: ClassVar = ["-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["user"],
                condition=Q(answered_at__isnull=True),
                name="one_open_factor_reset",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("asked_at")), name="factor_reset_expires_later"
            ),
            models.CheckConstraint(
                condition=~Q(asked_by=F("user")), name="factor_reset_not_asked_for_self"
            ),
            models.CheckConstraint(
                condition=Q(granted=False)
                | Q(answered_by__isnull=False, answered_at__lt=F("expires_at"))
                & ~Q(answered_by=F("user"))
                & ~Q(answered_by=F("asked_by")),
                name="factor_reset_by_two_others_in_time",
            ),
        ]

    def __str__(self) -> str:
        """Show when it was asked."""
        return f"{self.asked_at:%Y-%m-%d %H:%M}"

    def is_open(self, now: datetime) -> bool:
        """Return whether it waits for an answer and may still be confirmed."""
        return self.answered_at is None and now < self.expires_at
