"""Texts with what they name filled in, or with a blank where it was not kept."""

from collections.abc import Mapping

from django.utils.functional import Promise

from portal.labels.days import in_reader_words


def filled(text: str | Promise, params: Mapping[str, object]) -> str:
    """Fill in what a text names; one with a plural (``ngettext_lazy``) counts by what it names."""
    words = {name: in_reader_words(value) for name, value in params.items()}
    return str(text % words)  # type: ignore[operator]


class Blank(int):
    """Stands for a value that was not kept, also for one that a text counts by."""

    def __str__(self) -> str:
        """Show that something is left out."""
        return "…"


class Blanks(dict[str, object]):
    """Says ``Blank`` for whatever a text names."""

    def __missing__(self, _name: str) -> Blank:
        return Blank(2)
