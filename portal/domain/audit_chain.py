"""The arithmetic of the audit trail: digests of entries, where a chain starts, roots of anchors.

The trail is several chains, so that writers need not queue for one end. Each entry's digest
covers everything that it says and the digest before it in its chain. An anchor names the end
of every chain; its root is the SHA-256 of the very bytes that are published, so that
``sha256sum`` checks it.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from json.encoder import encode_basestring as _text
from typing import Any, NamedTuple

NOTHING = "0" * 64
"""What stands before the first entry of chain 1, and before the first anchor."""
CHAINS = 64
"""More than writers that append at the same moment: decision 0012."""
KEEP_AT_LEAST_DAYS = 184
"""Six months, whichever: 网络安全法 art. 23 (3), logs are kept at least that long."""
FORMAT = "audit-anchor/1"
FIELDS = (
    "number",
    "actor_id",
    "actor_name",
    "action",
    "outcome",
    "subject_type",
    "subject_id",
    "organisation_id",
    "reason",
    "data",
    "request_id",
    "address",
    "previous",
)
"""What an entry's digest covers beside its time."""
HASHED = tuple(sorted((*FIELDS, "at")))
"""The same with the time, in the order in which canonical JSON holds them."""
_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


class ChainEnd(NamedTuple):
    """Where a chain ends: its last entry's number and digest, and how many entries it holds."""

    chain: int
    number: int
    length: int
    digest: str


def sha256_of(text: str) -> str:
    """Return the SHA-256 (hex) of a text in UTF-8; lone surrogates are kept as they are."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def genesis(chain: int) -> str:
    """Return what stands before the first entry of a chain, so that none passes for another.

    >>> genesis(1) == NOTHING, genesis(2)[:12]
    (True, '64b9db6b84cf')
    """
    return NOTHING if chain == 1 else sha256_of(f"audit chain {chain}")


def moment(at: datetime) -> str:
    """Return an aware time as digests cover it: in UTC, to the microsecond."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def entry_digest(values: Mapping[str, Any], at: datetime) -> str:
    """Return the SHA-256 (hex) of an entry: ``FIELDS`` and its time, as canonical JSON.

    ``values`` holds exactly ``FIELDS``; ``at`` is aware.
    """
    whole = {**values, "at": moment(at)}
    return row_digest([whole[name] for name in HASHED])


def row_digest(row: Sequence[Any]) -> str:
    """Return the same of an entry's values in the order of ``HASHED``, its time as ``moment``.

    Raises ``TypeError`` for a value that is not of its column's type. Writes what
    ``json.dumps(…, sort_keys=True)`` would, in half the time: a walk does little else.
    """
    action, actor, name, address, at, data, number, firm, outcome, before, reason, request = row[
        :12
    ]
    subject, kind = row[12:]
    return sha256_of(
        f'{{"action":{_text(action)},"actor_id":{_number(actor)},"actor_name":{_text(name)},'
        f'"address":{_text(address)},"at":{_text(at)},"data":{_encode(data)},'
        f'"number":{_number(number)},"organisation_id":{_number(firm)},'
        f'"outcome":{_text(outcome)},"previous":{_text(before)},"reason":{_text(reason)},'
        f'"request_id":{_text(request)},"subject_id":{_text(subject)},'
        f'"subject_type":{_text(kind)}}}'
    )


def _number(value: int | None) -> str:
    return "null" if value is None else int.__repr__(value)


def anchor_text(*, on: date, at: datetime, ends: Iterable[ChainEnd], previous: str) -> str:
    """Return an anchor as it is published: one line of JSON whose SHA-256 is its root.

    ``previous`` is the root of the anchor before; chains that hold nothing are left out.
    """
    held = sorted((end for end in ends if end.length), key=lambda end: end.chain)
    return _encode(
        {
            "format": FORMAT,
            "on": on.isoformat(),
            "at": moment(at),
            "entries": sum(end.length for end in held),
            "chains": [[end.chain, end.number, end.length, end.digest] for end in held],
            "previous": previous,
        }
    )
