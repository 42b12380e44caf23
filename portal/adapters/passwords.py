"""Django's sockets for our rules about passwords."""

from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portal.domain.signin import password_weakness
from portal.models import User
from portal.permissions import is_administrator
from portal.services.signin import remember_password, used_before

WEAKNESSES: dict[tuple[str, bool], str | Promise] = {
    ("length", False): _(
        "Take at least 8 characters with three of: lower case, upper case, digits, others; "
        "or at least 12 characters of any kind."
    ),
    ("length", True): _(
        "Take at least 12 characters with three of: lower case, upper case, digits, others."
    ),
}


class StrengthValidator:
    """Length and variety; more of both for the three administrators."""

    def validate(self, password: str, user: AbstractBaseUser | None = None) -> None:
        """Raise ``ValidationError`` with what is wanted."""
        strict = isinstance(user, User) and bool(user.pk) and must_be_strict(user)
        weakness = password_weakness(password, administrator=strict)
        if weakness:
            raise ValidationError(WEAKNESSES["length", strict], code=f"password_{weakness}")

    def get_help_text(self) -> str | Promise:
        """Return what is wanted."""
        return WEAKNESSES["length", False]


def must_be_strict(user: User) -> bool:
    """Return whether the account can do more harm than others."""
    return user.is_superuser or is_administrator(user)


class HistoryValidator:
    """A password does not return while it is among the last few."""

    def validate(self, password: str, user: AbstractBaseUser | None = None) -> None:
        """Raise ``ValidationError`` for the present password and the last few."""
        if isinstance(user, User) and used_before(user=user, password=password):
            raise ValidationError(
                _("You have used this password before. Choose a new one."), code="password_used"
            )

    def password_changed(self, _password: str, user: AbstractBaseUser | None = None) -> None:
        """Keep the encoded form (Django calls this once the person is saved)."""
        if isinstance(user, User) and user.pk and user.has_usable_password():
            remember_password(user=user, encoded=user.password, now=timezone.now())

    def get_help_text(self) -> str | Promise:
        """Return what is wanted."""
        return _("It must not be one of your last passwords.")
