"""Access tokens: what a person's programs sign in with; calendar feeds: what they read."""

from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class AccessTokenQuerySet(models.QuerySet["AccessToken"]):
    """Tokens by intention."""

    def live(self, now: datetime) -> "AccessTokenQuerySet":
        """Those that open something: neither revoked nor expired, of a person who may log in."""
        return self.filter(revoked_at__isnull=True, expires_at__gt=now, user__is_active=True)


class AccessToken(models.Model):
    """A secret that a person's programs use in their name; only its digest is kept.

    Personal data: whose it is, what they called it and when it was last used; kept a year
    after it stopped working, for whoever must find out what it was used for.
    """

    user = models.ForeignKey("portal.User", on_delete=models.CASCADE, related_name="+")
    label = models.CharField(_("what it is for"), max_length=80)
    hint = models.CharField(_("ends in"), max_length=4)
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(_("made"))
    expires_at = models.DateTimeField(_("works until"))
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    objects = AccessTokenQuerySet.as_manager()

    class Meta:
        """Newest first."""

        verbose_name = _("access token")
        verbose_name_plural = _("access tokens")
        ordering: ClassVar = ["-pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("created_at")), name="token_expires_later"
            ),
        ]

    def __str__(self) -> str:
        """Show what it is for and its end."""
        return f"{self.label} …{self.hint}"


class CalendarFeed(models.Model):
    """The secret address at which a person's calendar program reads; only its digest is kept.

    One a person: a new one ends the old one, and revoking it deletes the row. Personal data: whose
    it is and when it was last read; kept until it is revoked or the account goes.
    """

    user = models.OneToOneField("portal.User", on_delete=models.CASCADE, related_name="+")
    hint = models.CharField(_("ends in"), max_length=4)
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(_("made"))
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True)

    class Meta:
        """One a person."""

        verbose_name = _("calendar feed")
        verbose_name_plural = _("calendar feeds")

    def __str__(self) -> str:
        """Show its end."""
        return f"…{self.hint}"
