"""Follows every link, then puts hostile strings wherever the site takes text."""

import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TypeVar
from urllib.parse import quote, unquote_to_bytes, urldefrag, urlsplit
from zlib import crc32

from django.test.client import BOUNDARY
from django.urls import Resolver404, resolve
from django.urls.converters import IntConverter

from tests.access.routes import Route
from tests.hostile.pages import BUTTONS, TYPED, Field, Form, read_page
from tests.hostile.strings import IDS, STRINGS, TYPED_STRINGS, WORST
from tests.hostile.visitor import FORM, UNREADY, Answer, Visitor

PAGES_PER_ROUTE = 2
FREE = frozenset({"text", "search", "textarea"})
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
MULTIPART = f"multipart/form-data; boundary={BOUNDARY}"
SENTENCE = "一段足够长的说明文字，用来通过最短长度的核对。"
BY_KIND = {
    "date": "2026-12-01",
    "datetime-local": "2026-12-01T09:00",
    "time": "09:00",
    "month": "2026-12",
    "email": "somebody@demo.example",
    "tel": "13800000000",
    "url": "https://demo.example/",
    "password": "demo-630123",
}
Pairs = list[tuple[str, str]]
T = TypeVar("T")


@dataclass
class Menu:
    """How much of what there is gets tried on one thing: all of it, or the next few in turn.

    In turn, every string is tried on some things and every thing with some strings; with
    ``--sweep=full`` everything is tried on everything. Of several ``shards``, each takes the
    routes that are its own, so that processes share the work.
    """

    full: bool
    shard: int = 0
    shards: int = 1
    turns: Counter[int] = field(default_factory=Counter)

    def mine(self, route: str) -> bool:
        """Return whether a route belongs to this shard."""
        return crc32(route.encode()) % self.shards == self.shard

    def some(self, things: Sequence[T], most: int) -> Sequence[T]:
        """Return all things, or the next ``most`` of them."""
        if self.full or most >= len(things):
            return things
        start = self.turns[len(things)]  # lists of one length take turns together
        self.turns[len(things)] = (start + most) % len(things)
        return [things[(start + number) % len(things)] for number in range(most)]


@dataclass
class Site:
    """What all visitors found together; each thing belongs to who saw it first."""

    forms: dict[tuple[str, ...], tuple[Visitor, Form]] = field(default_factory=dict)
    params: dict[tuple[str, str], tuple[Visitor, str]] = field(default_factory=dict)
    examples: dict[str, tuple[Visitor, str]] = field(default_factory=dict)

    def learn(self, visitor: Visitor, url: str, answer: Answer) -> Iterator[str]:
        """Take in a page; yield the addresses that it leads to."""
        path = urlsplit(url).path
        if answer.status < 400 or answer.name == UNREADY:
            self.examples.setdefault(answer.name, (visitor, path))
        self.note_params(visitor, path, answer.asked)
        if answer.location:
            yield answer.location
        links, forms = read_page(url, answer.text)
        for form in forms:
            target = urlsplit(form.action).path
            if form.method == "get":
                self.note_params(visitor, target, form.names)
                yield target
            else:
                self.forms.setdefault(
                    (name_of(target), *words(target), *form.names), (visitor, form)
                )
                self.examples.setdefault(name_of(target), (visitor, target))
                yield form.action
        yield from links

    def note_params(self, visitor: Visitor, path: str, names: Iterable[str]) -> None:
        """Remember that a page reads parameters."""
        for name in names:
            self.params.setdefault((name_of(path), name), (visitor, path))


@cache
def name_of(path: str) -> str:
    """Return the route that answers at ``path``."""
    try:
        return resolve(path).view_name
    except Resolver404:
        return ""


def words(path: str) -> list[str]:
    """Return the parts of a path that name a deed rather than a thing."""
    return [part for part in path.split("/") if part.isascii() and part.isalpha()]


def explore(site: Site, visitor: Visitor, starts: Iterable[str], shared: set[str]) -> None:
    """Follow links from ``starts``; of every route, look at a few pages only.

    Routes in ``shared`` look nearly the same to everybody: the first to come there looks at a
    few pages, everybody else at one.
    """
    seen = shared & site.examples.keys()
    waiting, known, looked = deque(starts), set(), Counter()
    while waiting:
        url = urldefrag(waiting.popleft()).url
        name = name_of(urlsplit(url).path)
        most = 1 if name in seen else PAGES_PER_ROUTE
        if url in known or looked[name] >= most or not name:
            continue
        known.add(url)
        looked[name] += 1
        waiting.extend(site.learn(visitor, url, visitor.send("GET", url)))


# --- Filling forms


def filled(form: Form) -> Iterator[Pairs]:
    """Yield plausible contents of a form: one for each button that says something of its own."""
    fields, seen = [], set()
    for item in form.fields:
        if item.kind in BUTTONS or (item.kind == "radio" and item.name in seen):
            continue
        seen.add(item.name)
        fields.append((item.name, plausible(item)))
    buttons = [(b.name, b.value) for b in form.fields if b.kind in BUTTONS]
    for button in dict.fromkeys(buttons) or [None]:
        yield [*fields, *([button] if button else [])]


def plausible(item: Field) -> str:
    """Return what the page filled in, or something that fits the field's kind."""
    if item.kind == "select":
        return item.value or next((option for option in item.options if option), "")
    if item.kind in {"checkbox", "radio"}:
        return item.value or "on"
    if item.kind == "number":
        return item.value or item.low or "1"
    if item.value or item.kind not in TYPED:
        return item.value
    return BY_KIND.get(item.kind, SENTENCE)


def encode(form: Form, pairs: Iterable[tuple[str, str]]) -> tuple[bytes, str]:
    """Return body and content type; values are percent-encoded already."""
    files = {item.name for item in form.fields if item.kind == "file"}
    if not files:
        return "&".join(f"{quote(name)}={value}" for name, value in pairs).encode(), FORM
    parts = []
    for name, value in pairs:
        extra = '; filename="a.pdf"\r\nContent-Type: application/pdf' if name in files else ""
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{extra}\r\n\r\n'
        raw = PDF if name in files and not value else unquote_to_bytes(value)
        parts.append(head.encode() + raw + b"\r\n")
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode(), MULTIPART


def attack_form(visitor: Visitor, form: Form, menu: Menu) -> None:
    """Post a form as meant, once with each of its buttons, then hostile.

    Strings go into all free texts at once while dates and numbers are right; then what looks
    like a number or a date into all of those while the texts are right; then the worst into each
    field alone, and each field is left out once.
    """
    kinds = {item.name: item.kind for item in form.fields if item.kind not in BUTTONS}
    plain: Pairs = []
    for pairs in filled(form):
        plain = [(name, quote(value, safe="")) for name, value in pairs]
        visitor.send("POST", form.action, *encode(form, plain))
    for group, values in ((FREE, STRINGS), (TYPED - FREE, TYPED_STRINGS)):
        names = {name for name, kind in kinds.items() if kind in group}
        for value in menu.some(values, 4) if names else ():
            post(visitor, form, plain, dict.fromkeys(names, value))
    for name in sorted(kinds.keys() - {"csrfmiddlewaretoken"}):
        for value in menu.some(WORST, 1):
            post(visitor, form, plain, {name: value})
    for name in menu.some(sorted(kinds), 1):
        visitor.send("POST", form.action, *encode(form, [p for p in plain if p[0] != name]))


def post(visitor: Visitor, form: Form, plain: Pairs, changes: dict[str, str]) -> None:
    """Post a form with some values changed."""
    changed = [(name, changes.get(name, value)) for name, value in plain]
    visitor.send("POST", form.action, *encode(form, changed))


def attack_params(visitor: Visitor, path: str, names: list[str], menu: Menu) -> None:
    """Put strings into all parameters of a page at once, the worst into each alone."""
    for value in menu.some(STRINGS, 6):
        visitor.send("GET", f"{path}?" + "&".join(f"{quote(name)}={value}" for name in names))
    for name in names if len(names) > 1 else ():
        for value in menu.some(WORST, 1):
            visitor.send("GET", f"{path}?{quote(name)}={value}")


def attack_address(visitor: Visitor, route: Route, given: dict[str, object], menu: Menu) -> None:
    """Put hostile parts and huge ids into a route's address, for reading and for doing."""
    for name, converter in route.pattern.pattern.converters.items():
        huge = isinstance(converter, IntConverter)
        for value in menu.some(IDS, 2) if huge else menu.some(STRINGS, 8):
            visitor.send("GET", filled_address(route, given, {name: value}))
        for value in menu.some(IDS if huge else WORST, 1):
            visitor.send("POST", filled_address(route, given, {name: value}))


def filled_address(route: Route, given: dict[str, object], changes: dict[str, str]) -> str:
    """Return a route's address; ``changes`` are percent-encoded already."""
    parts = {name: quote(str(value), safe="") for name, value in given.items()} | changes
    return "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda hit: parts[hit[1]], route.path)


# --- What no page of ours would send

METHODS = ("HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "BREW")
BODIES = (
    ("application/json", b'{"a": "\\ud800", "b": "\\u0000", "c": 1e999}'),
    ("application/json", b"[" * 2000),
    ("application/json", b"\xff\xfe"),
    ("application/x-www-form-urlencoded; charset=nonsense", b"a=1"),
    ("application/x-www-form-urlencoded; charset=utf-16", b"a=\xff\xfe"),
    ("multipart/form-data", b"no boundary"),
    ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="a'),
    (
        "multipart/form-data; boundary=x",
        b"--x\r\nContent-Transfer-Encoding: base64\r\n\r\n%\r\n--x--",
    ),
    ("", b"\x00" * 100),
)
HEADERS = tuple(
    {
        "HTTP_ACCEPT_LANGUAGE": "zz;q=9," * 400,
        "HTTP_COOKIE": "sessionid=\xff\x00'; language=../../x; csrftoken=%00; =; messages=[1",
        "HTTP_X_REQUEST_ID": "a\r\nb" + "x" * 500,
        "HTTP_X_FORWARDED_FOR": "'; DROP TABLE x; --",
        "HTTP_X_REAL_IP": "::ffff:1.2.3.4%eth0",
        "HTTP_IF_MODIFIED_SINCE": "Mon, 99 Foo 99999 99:99:99 GMT",
        "HTTP_IF_NONE_MATCH": '"' * 50,
        "HTTP_RANGE": "bytes=9999999999999999999999-,-1,a-b",
        "HTTP_REFERER": "http://[::1",
        "HTTP_USER_AGENT": "\xff\xfe${jndi:ldap://x}" + "u" * 3000,
        "HTTP_ACCEPT": "*/*;q=nan, text/html;level=" + "1" * 500,
        "HTTP_AUTHORIZATION": "Basic \xff:::=",
        "HTTP_HX_REQUEST": "true",
        "HTTP_HX_CURRENT_URL": "http://[",
        "CONTENT_LENGTH": "-5",
    }.items()
)


def attack_rudely(visitor: Visitor, url: str, menu: Menu) -> None:
    """Ask for a page with methods, bodies and headers that nobody expects."""
    for method in menu.some(METHODS, 2):
        visitor.send(method, url)
    for kind, body in menu.some(BODIES, 2):
        visitor.send("POST", url, body, kind)
    for name, value in menu.some(HEADERS, 3):
        visitor.send("GET", url, **{name: value})
