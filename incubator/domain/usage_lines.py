"""Usage as a cloud's meter hands it in: JSON lines that become rows of the ledger's usage."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Final

from incubator.domain.quota import UsageRow, checked
from portal.domain.lifecycle import Invalid

_SOURCE: Final = re.compile(r"[a-z0-9][a-z0-9.-]{0,23}")
_NUMBER: Final = re.compile(r"[A-Za-z0-9-]{1,40}")


def read_lines(data: object) -> list[UsageRow]:
    """Return the rows of a meter's report, the first line being number 1.

    ``data`` is what JSON gave: ``{"source": NAME, "lines": [LINE]}``, a line with ``request``,
    ``day``, ``amount`` and perhaps ``key``. A line without ``key`` is known by source, day and
    request, so that it counts once. Raises
    ``Invalid`` (``usage_shape``, ``usage_source``, ``usage_empty``, ``usage_long``) or
    ``UsageRefused`` with every line that is wrong.
    """
    if not isinstance(data, dict) or not isinstance(data.get("lines"), list):
        raise Invalid("usage_shape")
    source = data.get("source")
    if not isinstance(source, str) or not _SOURCE.fullmatch(source):
        raise Invalid("usage_source")
    return checked(values_of(source, data["lines"]))


def values_of(source: str, lines: list[object]) -> Iterator[tuple[int, dict[str, object]]]:
    """Yield (line, values); what is no object, or no plain number of a request, is left empty."""
    for number, line in enumerate(lines, start=1):
        values = line if isinstance(line, dict) else {}
        request, day = str(values.get("request", "")), day_of(values.get("day"))
        key = values.get("key")
        yield (
            number,
            {
                "reference": f"{source}:{day}:{request}" if key is None else key,
                "request": request if _NUMBER.fullmatch(request) else "",
                "day": day,
                "amount": values.get("amount", ""),
            },
        )


def day_of(value: object) -> str:
    """Return a day in its one spelling, so that no other spelling counts it again.

    >>> day_of("20261126"), day_of("soon")
    ('2026-11-26', 'soon')
    """
    try:
        return date.fromisoformat(str(value)).isoformat()
    except ValueError:
        return str(value)
