r"""SQL scripts beside a Python package: SQL only, no command to the client that runs it.

psql's ``\!`` and sqlite3's ``.shell`` run programs on the machine of whoever plays a script, so
a backslash may stand within quotes and comments only, and rows are INSERTed: where COPY reads
them from the script, what is data and what is a command depends on whether the COPY succeeds.
"""

import re
from collections.abc import Iterator
from typing import Any, BinaryIO, Final

from incubator.domain.module import wrong
from portal.domain.content_types import CSV, TEXT

MAX_SQL_BYTES: Final = 20 * 2**20
_OPENERS: Final = re.compile(r"(?<!\w)e'|'|\"|--|/\*|\$\w{0,63}\$", re.IGNORECASE)
_ESCAPED: Final = re.compile(r"(?:[^'\\]|\\.)*'", re.DOTALL)
_COMMENT: Final = re.compile(r"/\*|\*/")
_SHELL: Final = re.compile(r"\\!")
_COMMAND: Final = re.compile(
    r"\\|^[ \t]*\.[a-z]|(?<!\w)copy\b[^;]{0,2000}\b(?:stdin|program)\b"
    r"|\bstandard_conforming_strings\s*(?:=|to\b)(?!\s*on\b)",
    re.IGNORECASE | re.MULTILINE,
)


def read_sql(opened: BinaryIO, found: str, name: str) -> dict[str, Any]:
    """Return how many lines the SQL script in ``opened`` (at its beginning) has.

    Raises ``Invalid``: module_file_large, sql_text (not UTF-8), sql_command with its line,
    sql_begin (a text that begins with no statement).
    """
    data = opened.read(MAX_SQL_BYTES + 1)
    if len(data) > MAX_SQL_BYTES:
        raise wrong("module_file_large", limit=MAX_SQL_BYTES // 2**20, members=1)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise wrong("sql_text", name=name) from None
    shell = _SHELL.search(text)
    place = shell.start() if shell else command_in(text)
    if place is not None:
        raise wrong("sql_command", line=text.count("\n", 0, place) + 1)
    if found in {CSV, TEXT}:
        raise wrong("sql_begin", name=name)
    return {"format": "SQL", "lines": len(text.splitlines())}


def command_in(text: str) -> int | None:
    r"""Return where a command to the client stands outside quotes, or ``None``.

    >>> command_in("SELECT '\\d' -- \\d"), command_in("SELECT 1 \\gexec")
    (None, 9)
    """
    for start, end in bare_parts(text):
        found = _COMMAND.search(text, start, end)
        if found:
            return found.start()
    return None


def bare_parts(text: str) -> Iterator[tuple[int, int]]:
    """Yield (start, end) of what stands outside strings, names in quotes and comments."""
    place = 0
    while opener := _OPENERS.search(text, place):
        yield place, opener.start()
        place = end_of(text, opener)
    yield place, len(text)


def end_of(text: str, opener: re.Match[str]) -> int:
    """Return where what ``opener`` opens is over; what is never closed goes to the end."""
    sign, place = opener[0].lower(), opener.end()
    if sign == "/*":
        return end_of_comment(text, place)
    if sign == "e'":
        closed = _ESCAPED.match(text, place)
        return closed.end() if closed else len(text)
    closer = "\n" if sign == "--" else opener[0]
    found = text.find(closer, place)
    return len(text) if found < 0 else found + len(closer)


def end_of_comment(text: str, place: int) -> int:
    """Return where a comment that begins before ``place`` ends; comments nest."""
    depth = 1
    for mark in _COMMENT.finditer(text, place):
        depth += 1 if mark[0] == "/*" else -1
        if not depth:
            return mark.end()
    return len(text)
