"""allauth's sockets: who is logged in where, in which language."""

from types import SimpleNamespace
from typing import Any, ClassVar
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest
from django.utils import timezone

from portal.adapters.context import SITE_NAME
from portal.adapters.requests import address_of
from portal.domain.signin import normal_login
from portal.labels.accounts import lockout_words
from portal.models import User
from portal.services import signin


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth is untyped
    """Locks and audits log-ins; knows passwords that a person chose; greets people by name."""

    error_messages: ClassVar = {
        **DefaultAccountAdapter.error_messages,
        "too_many_login_attempts": lockout_words(),
    }

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Refuse an attempt while this account is locked for this address."""
        try:
            signin.refuse_locked(
                login=typed_login(credentials), address=address_of(request), now=timezone.now()
            )
        except signin.Locked as locked:
            raise self.validation_error("too_many_login_attempts") from locked
        super().pre_authenticate(request, **credentials)

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Count per account and address, so that nobody locks out an owner elsewhere."""
        key = super()._get_login_attempts_cache_key(request, **credentials)
        return f"{key}:{address_of(request)}"

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Count and audit the failed attempt without what was typed."""
        super().authentication_failed(request, **credentials)
        signin.note_failure(
            login=typed_login(credentials), address=address_of(request), now=timezone.now()
        )

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> Any:
        """Audit the log-in."""
        signin.note_login(user=user, address=address_of(request), now=timezone.now())
        return super().post_login(request, user, **kwargs)

    def logout(self, request: HttpRequest) -> None:
        """Audit the log-out; the session is destroyed on the server."""
        if isinstance(request.user, User):
            signin.note_logout(user=request.user, why="left", now=timezone.now())
        super().logout(request)

    def set_password(self, user: AbstractBaseUser, password: str) -> None:
        """Set what the person chose (change and reset)."""
        signin.choose_password(user=user, password=password, now=timezone.now())  # type: ignore[arg-type]

    def save_user(
        self, request: HttpRequest, user: User, form: Any, **kwargs: Any
    ) -> AbstractBaseUser:
        """Remember that a new person chose the password."""
        user.password_set_at = timezone.now()
        saved: AbstractBaseUser = super().save_user(request, user, form, **kwargs)
        return saved

    def clean_email(self, email: str) -> str:
        """Bring an address to the form in which it is unique."""
        cleaned: str = super().clean_email(normal_login(email))
        return cleaned

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Sign messages with the portal's name rather than with the address of the machine."""
        site = SimpleNamespace(name=str(SITE_NAME), domain=urlsplit(settings.BASE_URL).netloc)
        super().send_mail(template_prefix, email, {**context, "current_site": site})

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the client's address behind our proxies."""
        return address_of(request)


def typed_login(credentials: dict[str, Any]) -> str:
    """Return what was typed as the account."""
    return str(credentials.get("email") or credentials.get("username") or "")
