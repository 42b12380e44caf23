"""How the registers of words grow: every key once, or the program does not start."""

from collections.abc import Mapping
from typing import TypeVar

from django.core.exceptions import ImproperlyConfigured

V = TypeVar("V")


def register(name: str, registry: dict[str, V], more: Mapping[str, V]) -> None:
    """Add ``more`` to ``registry``; raise ``ImproperlyConfigured`` where a key is taken.

    Two apps that give one code two meanings would otherwise overwrite each other unseen.
    """
    taken = sorted(registry.keys() & more.keys())
    if taken:
        msg = f"{name} registered twice: {', '.join(taken)}"
        raise ImproperlyConfigured(msg)
    registry.update(more)
