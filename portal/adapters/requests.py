"""What a request says about where it comes from."""

from django.conf import settings
from django.http import HttpRequest

from portal.domain.signin import client_address


def address_of(request: HttpRequest) -> str:
    """Return the client's address, ``TRUSTED_PROXY_COUNT`` proxies of ours before us."""
    return client_address(
        request.META.get("REMOTE_ADDR", ""),
        request.headers.get("X-Forwarded-For", ""),
        settings.TRUSTED_PROXY_COUNT,
    )
