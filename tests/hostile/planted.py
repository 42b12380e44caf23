"""The site's addresses with faults planted among them: does the sweep report them?"""

from urllib.parse import unquote_to_bytes

from django.http import HttpRequest, HttpResponse
from django.urls import path

from config.urls import urlpatterns as real
from tests.hostile.strings import ENCODED
from tests.hostile.sweep import HEADERS, METHODS

FAULTY = {unquote_to_bytes(text).decode(errors="replace"): name for name, text in ENCODED.items()}
PAGE = (
    '<form method="post" action="/planted/form/">'
    '<input name="harmless"><input type="date" name="day"><textarea name="text"></textarea></form>'
    '<a href="/planted/parameter/">x</a><a href="/planted/address/ok/">x</a>'
    '<a href="/planted/rude/">x</a>'
)


class PlantedError(Exception):
    """What the sweep has to report."""


def stumble(value: str) -> HttpResponse:
    if value in FAULTY:
        raise PlantedError(FAULTY[value])
    return HttpResponse(PAGE)


def form(request: HttpRequest) -> HttpResponse:
    return stumble(request.POST.get("text", "-"))


def day(request: HttpRequest) -> HttpResponse:
    return stumble(request.POST.get("day", "-"))


def parameter(request: HttpRequest) -> HttpResponse:
    return stumble(request.GET.get("q", "-"))


def address(_request: HttpRequest, name: str) -> HttpResponse:
    return stumble(name)


def rude(request: HttpRequest) -> HttpResponse:
    if request.method in METHODS:
        raise PlantedError(request.method)
    for name, value in HEADERS:
        if request.META.get(name) == value:
            raise PlantedError(name)
    return HttpResponse(PAGE)


urlpatterns = [
    path("planted/", lambda _request: HttpResponse(PAGE), name="planted"),
    path("planted/form/", form, name="planted_form"),
    path("planted/day/", day, name="planted_day"),
    path("planted/parameter/", parameter, name="planted_parameter"),
    path("planted/address/<str:name>/", address, name="planted_address"),
    path("planted/rude/", rude, name="planted_rude"),
    *real,
]
