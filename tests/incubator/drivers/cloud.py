"""A cloud that answers in the shapes of OpenStack's public API reference, without a network.

Keystone v3 (tokens, projects), Nova v2.1 and Cinder v3 (os-quota-sets). Written by hand from the
reference, not recorded from a running cloud.
"""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from requests.structures import CaseInsensitiveDict

AUTH_URL = "https://cloud.example:5000/v3"
COMPUTE = "https://cloud.example:8774/v2.1"
VOLUME = "https://cloud.example:8776/v3"
ADMIN = "f0e1d2c3b4a5968778695a4b3c2d1e0f"
PASSWORD = "stack-Secret-77"
OPENSTACK = {
    "auth_url": AUTH_URL,
    "username": "hy-portal",
    "password": PASSWORD,
    "project_name": "admin",
    "user_domain_name": "Default",
    "project_domain_name": "Default",
    "region_name": "",
    "cacert": "",
    "domain_id": "default",
    "ram_mb": 4096,
    "access_note": "",
}
Answer = tuple[int, dict[str, Any]]


def fault(status: int, title: str, message: str) -> Answer:
    """Return an error as Keystone words it."""
    return status, {"error": {"code": status, "message": message, "title": title}}


def catalog_entry(kind: str, name: str, url: str) -> dict[str, Any]:
    endpoint = {
        "id": f"{name}0", "interface": "public", "region": "RegionOne", "region_id": "RegionOne",
        "url": url,
    }  # fmt: skip
    return {"id": name, "type": kind, "name": name, "endpoints": [endpoint]}


@dataclass
class FakeCloud:
    """What the cloud holds, what was asked of it, and what it is to do wrong."""

    services: tuple[str, ...] = ("identity", "compute", "block-storage")
    projects: dict[str, dict[str, Any]] = field(default_factory=dict)
    compute: dict[str, dict[str, int]] = field(default_factory=dict)
    storage: dict[str, dict[str, int]] = field(default_factory=dict)
    calls: list[tuple[str, str]] = field(default_factory=list)
    seen: list[requests.PreparedRequest] = field(default_factory=list)
    faults: dict[tuple[str, str], Any] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    before: Callable[[str, str], None] = lambda _method, _path: None
    """Called with each deed before it is answered."""

    def fail(self, method: str, path: str, answer: Answer | Exception) -> None:
        """Answer ``method`` on paths that begin with ``path`` in this way from now on."""
        self.faults[method, path] = answer

    def send(self, request: requests.PreparedRequest) -> requests.Response:
        """Answer one request."""
        parts = urlsplit(str(request.url))
        method = str(request.method)
        self.seen.append(request)
        self.calls.append((method, parts.path))
        self.before(method, parts.path)
        for (wrong, path), answer in self.faults.items():
            if method == wrong and parts.path.startswith(path):
                if isinstance(answer, Exception):
                    raise answer
                return response(request, *answer)
        body = json.loads(request.body) if request.body else {}
        with self.lock:
            status, found = self.answer(method, parts.path, parse_qs(parts.query), body)
        return response(request, status, found)

    def answer(self, method: str, path: str, query: dict[str, list[str]], body: Any) -> Answer:
        """Return the status and body that a cloud would."""
        place = path.strip("/").split("/")
        if (method, path) == ("POST", "/v3/auth/tokens"):
            return self.log_in(body)
        if method == "GET" and place == ["v2.1"]:
            return 200, {"version": {
                "id": "v2.1", "status": "CURRENT", "version": "2.96", "min_version": "2.1",
                "links": [{"rel": "self", "href": f"{COMPUTE}/"}],
            }}  # fmt: skip
        if method == "GET" and place[0] == "v3" and len(place) == 1:
            return 200, {"version": {
                "id": "v3.14", "status": "stable", "links": [{"rel": "self", "href": AUTH_URL}],
                "media-types": [],
            }}  # fmt: skip
        if place[:2] == ["v3", "projects"]:
            return self.project(method, place[2:], query, body)
        if method == "PUT" and "os-quota-sets" in place:
            return self.set_quota(place, body["quota_set"])
        return 404, {"error": {"code": 404, "message": f"no {method} {path}", "title": "Not Found"}}

    def log_in(self, body: Any) -> Answer:
        """Give a token with the catalogue, or 401."""
        user = body["auth"]["identity"]["password"]["user"]
        if user["password"] != PASSWORD:
            return fault(401, "Unauthorized", "The request you have made requires authentication.")
        urls = {"identity": AUTH_URL, "compute": COMPUTE, "block-storage": f"{VOLUME}/{ADMIN}"}
        urls["volumev3"] = urls["block-storage"]
        return 201, {"token": {
            "methods": ["password"], "audit_ids": ["mAjXQhiYRyKwkB4qygdLVg"],
            "user": {"id": "u1", "name": user["name"],
                     "domain": {"id": "default", "name": "Default"}},
            "project": {"id": ADMIN, "name": "admin",
                        "domain": {"id": "default", "name": "Default"}},
            "roles": [{"id": "r1", "name": "admin"}], "is_domain": False,
            "issued_at": "2026-11-23T01:00:00.000000Z", "expires_at": "2099-11-23T01:00:00.000000Z",
            "catalog": [catalog_entry(kind, kind, urls[kind]) for kind in self.services],
        }}  # fmt: skip

    def project(self, method: str, rest: list[str], query: Any, body: Any) -> Answer:
        """List, make or change projects."""
        if method == "GET":
            name, domain = query["name"][0], query["domain_id"][0]
            found = [
                row
                for row in self.projects.values()
                if (row["name"], row["domain_id"]) == (name, domain)
            ]
            links = {"self": f"{AUTH_URL}/projects", "previous": None, "next": None}
            return 200, {"projects": found, "links": links}
        if method == "PATCH":
            row = self.projects[rest[0]]
            row.update(body["project"])
            return 200, {"project": row}
        sent = body["project"]
        if any(row["name"] == sent["name"] for row in self.projects.values()):
            text = f"Conflict occurred attempting to store project - it is not permitted to have two projects with the same name in the same domain : {sent['name']}."  # noqa: E501
            return fault(409, "Conflict", text)
        pk = f"{len(self.projects) + 1:032x}"
        self.projects[pk] = {
            "id": pk, "is_domain": False, "parent_id": "default", "options": {},
            "links": {"self": f"{AUTH_URL}/projects/{pk}"}, **sent,
        }  # fmt: skip
        # What a cloud allows a new project by itself.
        self.compute[pk] = {"cores": 20, "instances": 10, "ram": 51200}
        self.storage[pk] = {"gigabytes": 1000}
        return 201, {"project": self.projects[pk]}

    def set_quota(self, place: list[str], sent: dict[str, Any]) -> Answer:
        """Set limits as Nova or Cinder do; neither knows whether the project exists."""
        held = self.compute if place[0] == "v2.1" else self.storage
        values = {name: value for name, value in sent.items() if name != "force"}
        held.setdefault(place[-1], {}).update(values)
        return 200, {"quota_set": held[place[-1]]}

    def named(self, name: str) -> dict[str, Any]:
        """Return what a project is: enabled, cores, instances, memory, gigabytes."""
        [pk] = [pk for pk, row in self.projects.items() if row["name"] == name]
        return {"enabled": self.projects[pk]["enabled"], **self.compute[pk], **self.storage[pk]}


@pytest.fixture
def cloud(settings, monkeypatch) -> FakeCloud:
    """A cloud behind the real openstacksdk: only the last step, the wire, is ours."""
    settings.OPENSTACK = OPENSTACK
    fake = FakeCloud()
    monkeypatch.setattr(
        requests.adapters.HTTPAdapter,
        "send",
        lambda _adapter, request, **_kwargs: fake.send(request),
    )
    return fake


def response(request: requests.PreparedRequest, status: int, body: Any) -> requests.Response:
    """Return an answer as requests' own adapter would."""
    answer = requests.Response()
    answer.status_code, answer.request, answer.url = status, request, str(request.url)
    answer._content = json.dumps(body).encode()
    answer.headers = CaseInsensitiveDict({
        "Content-Type": "application/json",
        "x-openstack-request-id": "req-7d1f0f3e-4d3f-4c62-8f60-0d3f1f3a9c11",
        "X-Subject-Token": "gAAAAABf-token",
    })  # fmt: skip
    return answer
