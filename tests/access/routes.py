"""Every route of the URL conf, by name; ours one by one, the framework's by family."""

import importlib
import pkgutil
from collections.abc import Iterator
from uuid import UUID

from django.urls import URLPattern, URLResolver, get_resolver, reverse

OURS = ("portal", "incubator", "village_pilot", "certification", "config")
FAMILIES = {
    # Wagtail's back office and what it mounts: a member of staff with Wagtail's permission.
    "admin": ("wagtail", "admin/"),
    # allauth's pages: sign-up and log-in for everybody, the rest for who is logged in.
    "accounts": ("account_", "mfa_", "usersessions_", "socialaccount_"),
    # Wagtail's public documents and pages, Django's language switch, images in development.
    "public": ("wagtailcore", "wagtaildocs_", "wagtail_serve", "set_language", "^media/"),
}
DUMMIES = {
    "int": 0,
    "str": "x",
    "slug": "x",
    "path": "x",
    "uuid": UUID(int=0),
}


class Route:
    """A route with its name (``namespace:name``), path and view."""

    def __init__(self, name: str, path: str, pattern: URLPattern) -> None:
        self.name, self.path, self.pattern = name, path, pattern

    def __repr__(self) -> str:
        return f"{self.name or '(nameless)'} at /{self.path}"

    @property
    def url(self) -> str:
        """The address with plain dummies for what it names."""
        converters = self.pattern.pattern.converters
        values = {
            name: DUMMIES.get(type(converter).__name__.removesuffix("Converter").lower(), "x")
            for name, converter in converters.items()
        }
        return reverse(self.name, kwargs=values)


def walk(resolver: URLResolver, namespace: str = "", path: str = "") -> Iterator[Route]:
    """Yield every route below ``resolver``."""
    for pattern in resolver.url_patterns:
        here = path + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = ":".join(part for part in (namespace, pattern.namespace) if part)
            yield from walk(pattern, inner, here)
        else:
            name = pattern.name or ""
            yield Route(f"{namespace}:{name}" if namespace and name else name, here, pattern)


def every_route() -> list[Route]:
    """Return all routes of the site."""
    return list(walk(get_resolver()))


def is_ours(route: Route) -> bool:
    """Return whether a route is one of our own: by its namespace or by its view's module."""
    module = getattr(route.pattern.callback, "__module__", "")
    return route.name.split(":")[0] in OURS or module.split(".")[0] in OURS


def family_of(route: Route) -> str:
    """Return the family that a framework's route belongs to, or “”."""
    for family, marks in FAMILIES.items():
        if route.name.startswith(marks) or route.path.startswith(marks):
            return family
    return ""


def matrix() -> dict[str, frozenset[str] | str]:
    """Merge every ``tests/access/matrix_*.py``; a route is listed in one of them only."""
    merged: dict[str, frozenset[str] | str] = {}
    package = importlib.import_module("tests.access")
    for module in pkgutil.iter_modules(package.__path__):
        if module.name.startswith("matrix_"):
            found = importlib.import_module(f"tests.access.{module.name}").MATRIX
            doubled = merged.keys() & found.keys()
            assert not doubled, f"{module.name} lists again {sorted(doubled)}"
            merged |= found
    return merged
