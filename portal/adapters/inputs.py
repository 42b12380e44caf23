"""What is known of a request before anything reads it: who asks, and whether it can be read."""

import logging
import re
import traceback
from collections.abc import Callable
from ipaddress import ip_address
from typing import Any

from django.conf import settings
from django.core.exceptions import BadRequest, ObjectDoesNotExist, ValidationError
from django.db import DataError
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import NoReverseMatch

from portal.views.errors import bad_request

logger = logging.getLogger("portal.request")

LARGEST_ID = 2**63 - 1
ADDRESS = re.compile(r"[0-9A-Fa-f.:]{2,45}")
GetResponse = Callable[[HttpRequest], HttpResponse]


class ClientAddressMiddleware:
    """Believe the proxy about the visitor's address (``CLIENT_ADDRESS_HEADER``).

    Rate limits, the list of one's sessions and the audit trail read ``REMOTE_ADDR``, which behind
    a proxy is the proxy's own, or nothing at all on a Unix socket. Without the setting nothing
    that a visitor sends is believed.
    """

    def __init__(self, get_response: GetResponse) -> None:
        """Keep the next handler."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Set the address where the proxy names a valid one."""
        name = settings.CLIENT_ADDRESS_HEADER
        given = request.headers.get(name, "") if name else ""
        if is_address(given):
            request.META["REMOTE_ADDR"] = given
        return self.get_response(request)


def is_address(text: str) -> bool:
    """Return whether ``text`` is an IPv4 or IPv6 address, without a zone."""
    if not ADDRESS.fullmatch(text):
        return False
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


class ReadableAddressMiddleware:
    """Refuse a path that no database can look for: with a NUL, or an id beyond 63 bits."""

    def __init__(self, get_response: GetResponse) -> None:
        """Keep the next handler."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer 400 instead of asking any page."""
        if "\0" in request.path:
            message = "NUL in the path"
            raise BadRequest(message)
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: object, args: object, kwargs: dict[str, Any]
    ) -> None:
        """Find nothing under an id that no database can hold."""
        if any(isinstance(value, int) and value > LARGEST_ID for value in kwargs.values()):
            raise Http404


ENDLESS = re.compile(r"[+-]?[\d.]+[eE][+-]?\d{4,}")
UNREADABLE = (
    ValueError,
    KeyError,
    OverflowError,
    ValidationError,
    NoReverseMatch,
    ObjectDoesNotExist,
    DataError,
)


class BackOfficeInputMiddleware:
    """Answer 400 where Wagtail stumbles over what none of its own pages would have sent.

    Its views trust hidden fields and parameters (``next``, ``parent_page``, a block count) and
    raise when somebody changed them: config/decisions/0017-hostile-input.md. A fault in our own
    code, in the back office too, stays what it is.
    """

    def __init__(self, get_response: GetResponse) -> None:
        """Keep the next handler."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Refuse a number that takes minutes to write out: 1e999999999 in a list's filter."""
        if request.path.startswith(settings.ADMIN_PATH):
            given = (value for values in request.GET.lists() for value in values[1])
            if any(ENDLESS.fullmatch(value.strip()) for value in given):
                message = "endless number"
                raise BadRequest(message)
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Log what happened and say that the request could not be read."""
        if not request.path.startswith(settings.ADMIN_PATH) or not isinstance(error, UNREADABLE):
            return None
        if in_our_code(error):
            return None
        logger.warning("back office: unreadable request", exc_info=error)
        return bad_request(request, error)


def in_our_code(error: Exception) -> bool:
    """Return whether any of our own code was at work when ``error`` was raised.

    The adapters, which stand between Wagtail and its own code, do not count, nor does a method
    that hands on to the one of Wagtail that it extends (``super().full_clean()``).
    """
    frames = traceback.extract_tb(error.__traceback__)
    places = (frame.filename for frame in frames if not (frame.line or "").startswith("super()."))
    root = f"{settings.BASE_DIR}/"
    ours = (place.removeprefix(root) for place in places if place.startswith(root))
    return any(not place.startswith((".venv/", "portal/adapters/")) for place in ours)
