"""What happens around every request: its id, the gate, refusals, language, headers."""

import logging
import re
import uuid
from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from csp.constants import HEADER as CSP_HEADER
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.locale import LocaleMiddleware
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers

from portal.adapters.logs import REQUEST_ID
from portal.adapters.requests import address_of
from portal.domain.lifecycle import Refused
from portal.domain.signin import password_due
from portal.permissions import Access, is_administrator
from portal.selectors.personal import UNREAD
from portal.services.operations import REQUEST
from portal.views.errors import refused, wrong_method

logger = logging.getLogger("portal.request")
OUR_APPS = ("portal.", "incubator.", "village_pilot.", "certification.", "config.")
GetResponse = Callable[[HttpRequest], HttpResponse]
UNREAD_TOO = {
    f"portal:{name}" for name in ("privacy_read", "my_data", "my_data_download", "profile")
}
"""What somebody may do who has not read the newest privacy notice: see and take their data."""
SECOND_FACTORS = ("totp", "webauthn")
SAFE_ID = re.compile(r"[A-Za-z0-9-]{8,40}")


class RequestContextMiddleware:
    """Give every request an id, known to logs, audit and the answer's header."""

    def __init__(self, get_response: GetResponse) -> None:
        """Keep the next handler."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Set the id for the time of the request."""
        given = request.headers.get("X-Request-ID", "")
        request_id = given if SAFE_ID.fullmatch(given) else uuid.uuid4().hex
        # Not reset: Django logs a 404 or 500 after the last middleware.
        REQUEST_ID.set(request_id)
        request.request_id = request_id  # type: ignore[attr-defined]
        token = REQUEST.set({"id": request_id, "address": address_of(request)})
        try:
            response = self.get_response(request)
        finally:
            REQUEST.reset(token)
        response["X-Request-ID"] = request_id
        return response


class SecurityHeadersMiddleware:
    """Give Wagtail's admin its own content policy and every page a permissions policy."""

    def __init__(self, get_response: GetResponse) -> None:
        """Keep the next handler."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Loosen the policy for the admin only; nothing private is cached."""
        response = self.get_response(request)
        if request.path.startswith(settings.ADMIN_PATH):
            # Wagtail draws a preview through all of this a second time, as a visitor's page: what
            # that answer forbids (frames) is not what the back office forbids.
            response.headers.pop(CSP_HEADER, None)
            response._csp_replace = settings.ADMIN_CSP  # type: ignore[attr-defined]  # noqa: SLF001 django-csp's own hook
            response["X-Frame-Options"] = "SAMEORIGIN"  # its page previews are frames
        response.setdefault(
            "Permissions-Policy", "camera=(self), geolocation=(), microphone=(), payment=()"
        )
        user = getattr(request, "user", None)
        if user is not None and user.is_authenticated:
            response.setdefault("Cache-Control", "private, no-cache")
        return response


class LanguageMiddleware(LocaleMiddleware):
    """Cookie, else the browser's wish, else Chinese; caches vary on both."""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Add the cookie to what caches look at."""
        response = super().process_response(request, response)
        patch_vary_headers(response, ("Cookie",))
        return response


class AccessMiddleware:
    """The gate: a view of ours without a mark is closed; administrators need a second factor."""

    def __init__(self, get_response: GetResponse) -> None:
        """Keep the next handler."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass on; the gate stands at ``process_view``."""
        return self.get_response(request)

    def process_view(
        self,
        request: HttpRequest,
        view: Callable[..., HttpResponse],
        _args: tuple[Any, ...],
        _kwargs: dict[str, Any],
    ) -> HttpResponse | None:
        """Let through, send to the login, or refuse."""
        if not view.__module__.startswith(OUR_APPS):
            if request.path.startswith(settings.ADMIN_PATH) and request.user.is_authenticated:
                return first_step(request)
            return None
        access = getattr(view, "access", None)
        if not isinstance(access, Access):
            logger.error("view %s has no access mark", view.__module__)
            raise PermissionDenied
        if access.kind == "public":
            return None
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if step := first_step(request):
            return step
        if not access.admits(request.user):
            raise PermissionDenied
        return None


def first_step(request: HttpRequest) -> HttpResponse | None:
    """Lead to what a person must do before anything else, or return ``None``."""
    if needs_second_factor(request):
        return HttpResponseRedirect(reverse("mfa_index"))
    if needs_password(request):
        return HttpResponseRedirect(reverse("account_change_password"))
    if request.session.get(UNREAD) and request.resolver_match.view_name not in UNREAD_TOO:
        query = urlencode({"next": request.get_full_path()})
        return HttpResponseRedirect(f"{reverse('portal:privacy_read')}?{query}")
    return None


def needs_second_factor(request: HttpRequest) -> bool:
    """Return whether a second factor that must be there is not set up (production).

    It must be there for administrators, among whom the technical account of an installation
    counts, and for whoever had a lost one reset. Recovery codes alone do not count.
    """
    user = request.user
    must = is_administrator(user) or user.is_superuser or user.factor_reset_at is not None
    return (
        settings.REQUIRE_ADMINISTRATOR_MFA
        and must
        and not user.authenticator_set.filter(type__in=SECOND_FACTORS).exists()
    )


def needs_password(request: HttpRequest) -> bool:
    """Return whether the person must choose a password first: too old, or set by another."""
    return password_due(
        request.user.password_set_at,
        timezone.now(),
        max_age_days=settings.PASSWORD_MAX_AGE_DAYS,
        first_change=settings.PASSWORD_FIRST_CHANGE,
    )


class RefusalMiddleware:
    """Turn a refusal that no view caught, and a wrong method, into a page that says what to do."""

    def __init__(self, get_response: GetResponse) -> None:
        """Keep the next handler."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Give an empty 405 (a reloaded deed) the portal's words."""
        response = self.get_response(request)
        if response.status_code == HTTPStatus.METHOD_NOT_ALLOWED and not response.content:
            return wrong_method(request, response)
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer a refusal with its status and words."""
        return refused(request, error) if isinstance(error, Refused) else None
