"""The site's addresses with one view that nobody marked, and some that fail."""

from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.urls import path

from config.urls import handler400, handler403, handler404, handler500
from config.urls import urlpatterns as site
from portal.domain.lifecycle import Conflict, Invalid, NotAllowed
from portal.permissions import public

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]


def unmarked(request: HttpRequest) -> HttpResponse:
    return HttpResponse("nobody may read this")


unmarked.__module__ = "portal.views.unmarked"


@public
def broken(request: HttpRequest, how: str) -> HttpResponse:
    raise {
        "400": SuspiciousOperation("no"),
        "500": RuntimeError("a secret"),
        "not_allowed": NotAllowed("own_organisation"),
        "conflict": Conflict("stale"),
        "invalid": Invalid("file_empty", name="a.pdf"),
        "unknown": Conflict("never_heard_of"),
    }[how]


broken.__module__ = "portal.views.broken"

urlpatterns = [path("unmarked/", unmarked), path("broken/<str:how>/", broken), *site]
