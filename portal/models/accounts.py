"""People, the organisations that they act for, and what they may do there."""

from contextlib import suppress
from typing import ClassVar

from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal import labels
from portal.domain.identifiers import UsccError, parse_uscc
from portal.domain.signin import normal_login


def validate_uscc(value: str) -> None:
    """Raise ``ValidationError`` with the reason when ``value`` is no valid code."""
    try:
        parse_uscc(value)
    except UsccError as error:
        raise ValidationError(labels.uscc_error(error.code), code=error.code) from error


class UserManager(BaseUserManager["User"]):
    """Finds people by email, whatever the letters' case."""

    use_in_migrations = True

    def get_by_natural_key(self, username: str | None) -> "User":
        """Return the person with this email address, ignoring case."""
        return self.get(email__iexact=normal_login(username or ""))

    def create_user(self, email: str, password: str | None = None, **fields: object) -> "User":
        """Create a person; an empty password cannot be used to log in."""
        user: User = self.model(email=normal_login(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str, **fields: object) -> "User":
        """Create the technical account of a new installation (README “First account”)."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractUser):
    """A person. Personal data: name, email, phone, kept while the account lives."""

    username = None  # type: ignore[assignment]
    email = models.EmailField(_("email address"), unique=True)
    name = models.CharField(_("name"), max_length=80)
    phone = models.CharField(_("phone"), max_length=20, blank=True)
    language = models.CharField(_("language"), max_length=10, default="zh-hans")
    # When the person chose the password; empty where somebody else set it.
    password_set_at = models.DateTimeField(_("password chosen at"), null=True, blank=True)
    # Since when the person's data may be kept, but not used (个人信息保护法 art. 47).
    restricted_at = models.DateTimeField(_("use restricted since"), null=True, blank=True)
    # When two administrators took a lost second factor off; such an account needs a new one.
    factor_reset_at = models.DateTimeField(_("second factor reset at"), null=True, blank=True)

    objects: ClassVar[UserManager] = UserManager()  # type: ignore[assignment]
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        """Email is unique whatever the case."""

        verbose_name = _("person")
        verbose_name_plural = _("people")
        constraints: ClassVar = [
            models.UniqueConstraint(
                models.functions.Lower("email"), name="user_email_unique_any_case"
            )
        ]

    def __str__(self) -> str:
        """Show the person's name."""
        return self.name or self.email

    def get_full_name(self) -> str:
        """Return the name as written by the person."""
        return self.name

    def get_short_name(self) -> str:
        """Return the same name: Chinese names are not split."""
        return self.name

    @property
    def role_codes(self) -> frozenset[str]:
        """Codes of the person's groups, read once a request."""
        if not hasattr(self, "_role_codes"):
            self._role_codes = frozenset(self.groups.values_list("name", flat=True))
        return self._role_codes

    @property
    def active_memberships(self) -> list["Membership"]:
        """The person's memberships with their organisations, read once a request."""
        if not hasattr(self, "_active_memberships"):
            self._active_memberships = list(
                self.memberships.filter(active=True)
                .select_related("organisation")
                .order_by("organisation_id", "role")
            )
        return self._active_memberships

    def forget_roles(self) -> None:
        """Drop what was read, after roles have changed."""
        for name in ("_role_codes", "_active_memberships"):
            self.__dict__.pop(name, None)


class Organisation(models.Model):
    """A firm, institute, department, village committee or procuring entity.

    Personal data: the name of the legal representative and a contact phone, from public
    registers, kept while the organisation is known to the portal.
    """

    kind = models.CharField(_("kind"), max_length=24, choices=labels.organisation_kinds)
    name = models.CharField(_("name"), max_length=120)
    name_en = models.CharField(_("name in English"), max_length=160, blank=True)
    uscc = models.CharField(
        _("unified social credit code"),
        max_length=18,
        null=True,
        blank=True,
        unique=True,
        validators=[validate_uscc],
    )
    region = models.ForeignKey(
        "portal.Region",
        verbose_name=_("region"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="organisations",
    )
    address = models.CharField(_("address"), max_length=200, blank=True)
    phone = models.CharField(_("phone"), max_length=20, blank=True)
    legal_representative = models.CharField(_("legal representative"), max_length=80, blank=True)
    generated = models.BooleanField(_("generated for load tests"), default=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        """A firm always has its code."""

        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")
        indexes: ClassVar = [models.Index(fields=["kind", "name"], name="organisation_kind_name")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(kind="firm") | Q(uscc__isnull=False), name="firm_has_uscc"
            )
        ]

    def __str__(self) -> str:
        """Show the registered name."""
        return self.name

    def clean(self) -> None:
        """Store the code in its normal form; a malformed one is its validator's to refuse."""
        if self.uscc:
            with suppress(UsccError):
                self.uscc = parse_uscc(self.uscc).value
            return
        self.uscc = None
        if self.kind == "firm":
            raise ValidationError({"uscc": labels.uscc_error("length")})


class MembershipQuerySet(models.QuerySet["Membership"]):
    """Memberships by intention."""

    def active(self) -> "MembershipQuerySet":
        """Those that count today."""
        return self.filter(active=True)


class Membership(models.Model):
    """A person's role in an organisation. Holds who acts for whom, kept for the audit."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    organisation = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, related_name="memberships"
    )
    role = models.CharField(_("role"), max_length=24, choices=labels.role_choices)
    active = models.BooleanField(_("active"), default=True)
    since = models.DateTimeField(_("since"))
    until = models.DateTimeField(_("until"), null=True, blank=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        """One row for a person, an organisation and a role."""

        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["user", "organisation", "role"], name="membership_once"
            ),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gte=models.F("since")),
                name="membership_dates_in_order",
            ),
        ]

    def __str__(self) -> str:
        """Show who is what where."""
        return f"{self.user} · {self.organisation} · {self.get_role_display()}"


class Invitation(models.Model):
    """An invitation by email to a role in an organisation; its link is signed, not stored.

    Personal data: the invited address, kept for 30 days after the invitation ended.
    """

    organisation = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, related_name="invitations"
    )
    email = models.EmailField(_("email address"))
    role = models.CharField(_("role"), max_length=24, choices=labels.role_choices)
    invited_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(_("created at"))
    expires_at = models.DateTimeField(_("valid until"))
    accepted_at = models.DateTimeField(_("accepted at"), null=True, blank=True)
    cancelled_at = models.DateTimeField(_("cancelled at"), null=True, blank=True)

    class Meta:
        """Invitations end after they begin."""

        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(expires_at__gt=models.F("created_at")), name="invitation_dates"
            )
        ]

    def __str__(self) -> str:
        """Show whom the invitation is for."""
        return f"{self.organisation} · {self.get_role_display()}"
