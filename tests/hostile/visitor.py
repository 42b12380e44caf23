"""A visitor whose requests are undone, and who remembers every answer that should not be."""

import sys
import traceback
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.core.signals import got_request_exception
from django.db import transaction
from django.http import HttpResponse, QueryDict
from django.test.client import Client, ClientHandler, RequestFactory
from django.urls import ResolverMatch
from django.utils.functional import cached_property

FORM = "application/x-www-form-urlencoded"
UNREADY = "portal:readyz"
"""Answers 503 where a part is missing, as where the disk is nearly full."""
READABLE = ("text/html", "application/json")


class WatchedQuery(QueryDict):
    """A query string that remembers what it is asked for."""

    asked: set[str] = set()

    def __getitem__(self, key: str) -> object:
        self.asked.add(str(key))
        return super().__getitem__(key)

    def __contains__(self, key: object) -> bool:
        self.asked.add(str(key))
        return super().__contains__(key)

    def getlist(self, key: str, default: list | None = None) -> list:
        self.asked.add(str(key))
        return super().getlist(key, default)


def watched(request: WSGIRequest) -> QueryDict:
    """Stand in for ``WSGIRequest.GET``."""
    query = WatchedQuery(request.environ.get("QUERY_STRING", "").encode("latin-1"))
    query.asked = request.asked = set()
    return query


def watch_queries(patch: pytest.MonkeyPatch) -> None:
    """Have every request remember which parameters are read."""
    stand_in = cached_property(watched)
    stand_in.__set_name__(WSGIRequest, "GET")
    patch.setattr(WSGIRequest, "GET", stand_in)


class EnvironFactory(RequestFactory):
    """Makes what a server hands to the site, rather than Django's request."""

    def request(self, **given: Any) -> dict[str, Any]:
        return self._base_environ(**given)


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    text: str
    match: ResolverMatch | None
    location: str
    asked: frozenset[str]

    @property
    def name(self) -> str:
        """The route that answered."""
        return self.match.view_name if self.match else ""


class Visitor:
    """Somebody with a login (or none)."""

    def __init__(self, client: Client) -> None:
        self.cookies = "; ".join(f"{key}={item.value}" for key, item in client.cookies.items())
        self.factory = EnvironFactory(headers={"accept-language": "zh-hans"})
        self.handler = ClientHandler(enforce_csrf_checks=False)
        self.requests = 0
        self.failures: dict[str, str] = {}
        self.error = ""
        got_request_exception.connect(self._remember)

    def send(
        self, method: str, url: str, body: bytes = b"", kind: str = FORM, **headers: str
    ) -> Answer:
        """Send a request, note an answer of 500 or above, and roll back what it did."""
        self.requests += 1
        environ = self.factory.generic(
            method, url, body, kind, **{"HTTP_COOKIE": self.cookies, **headers}
        )
        self.error = ""
        with transaction.atomic():
            response = self.handler(environ)
            text = content(response)
            transaction.set_rollback(True)
        seen = response.wsgi_request
        answer = Answer(
            response.status_code,
            text,
            seen.resolver_match,
            response.get("Location", ""),
            frozenset(getattr(seen, "asked", ())),
        )
        if answer.status >= 500 and answer.name != UNREADY:
            name = answer.name or urlsplit(url).path[:60]
            example = f"{url[:200]} {body[:200]!r} {headers or ''}"
            self.failures.setdefault(f"{method} {name}: {answer.status} {self.error}", example)
        return answer

    def _remember(self, **_signal: object) -> None:
        _kind, error, trace = sys.exc_info()
        frames = traceback.extract_tb(trace)
        ours = [frame for frame in frames if "site-packages" not in frame.filename] or frames
        place = f"{ours[-1].filename.rsplit('/', 2)[-1]}:{ours[-1].lineno}"
        self.error = f"{type(error).__name__}: {str(error)[:120]} ({place})"


def content(response: HttpResponse) -> str:
    """Return a readable answer's text, having read the whole answer as a server would."""
    raw = b"".join(response.streaming_content) if response.streaming else response.content
    readable = response.get("Content-Type", "").startswith(READABLE)
    return raw.decode("utf-8", "replace") if readable else ""
