"""Wagtail's search, which takes a quotation mark in the query for one of its own on SQLite.

The word would end there, the rest is no query any more, and the page answers 500 (seen with
modelsearch 1.3). Nobody searches for punctuation in titles, so it is dropped before.
"""

import re
from typing import Any

from wagtail.search.backends import database

LONGEST = 200
NO_WORD = re.compile(r"[^\w\s.@+-]|[\0-\x1f]")


def readable(query: Any) -> Any:
    """Return the words of a typed query; other kinds of query are made by programs."""
    return NO_WORD.sub(" ", query)[:LONGEST].strip() if isinstance(query, str) else query


class Readable:
    """Searches for words only."""

    def _search(self, compiler: Any, query: Any, *args: Any, **kwargs: Any) -> Any:
        """Search, or raise ValueError where a list is filtered by what the index cannot see.

        Wagtail's own filter by usage count together with words is such a one.
        """
        try:
            return super()._search(compiler, readable(query), *args, **kwargs)  # type: ignore[misc]
        except AttributeError as error:
            message = "a search cannot be filtered by this"
            raise ValueError(message) from error


def SearchBackend(params: dict[str, Any]) -> Any:  # noqa: N802 the name that Wagtail looks for
    """Return the backend of the database in use, for words only."""
    kind = type(database.SearchBackend(params))
    return type("SearchBackend", (Readable, kind), {})(params)
