"""Who assesses a case: a public function that anyone can recompute.

Conflicted candidates are left out first. Those who already gave more than their share of the
firm's ratings of a year come last, so that a small pool still works. Within each, the order is by
load, then by the SHA-256 of case id, salt and assessor id written one after the other (the salt
is published before the round, so nobody can choose who comes first). The first ones from
different employers are assigned.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from types import MappingProxyType
from typing import Final

SAME_EMPLOYER: Final = "same_employer"
"""Reason added here to those of the conflict list."""

FIFTH: Final = 5
"""No assessor above 20 % of a firm's yearly ratings, where the pool allows it."""

NOBODY: Final[Mapping[str, int]] = MappingProxyType({})


MARKS: Final = ("address", "phone", "legal_representative")
"""What two organisations may share although the register knows no tie between them."""


def shared_marks(mine: Mapping[str, str], theirs: Mapping[str, str]) -> list[str]:
    """Return the codes of the marks that two organisations share; blanks tie nobody.

    Spaces, hyphens and case do not count.

    >>> shared_marks({"phone": "0971-243 0001"}, {"phone": "09712430001"})
    ['same_phone']
    >>> shared_marks({"address": ""}, {"address": ""})
    []
    """
    plain = [
        {mark: "".join(one.get(mark, "").split()).replace("-", "").casefold() for mark in MARKS}
        for one in (mine, theirs)
    ]
    return [f"same_{mark}" for mark in MARKS if plain[0][mark] and plain[0][mark] == plain[1][mark]]


@dataclass(frozen=True, slots=True)
class Candidate:
    """An assessor; `employer` identifies the organisation, None for the self-employed."""

    assessor_id: str
    employer: str | None = None


@dataclass(frozen=True, slots=True)
class Ranked:
    """An unconflicted candidate's place: load (open cases) and digest (64 hexadecimal digits).

    ``over_share``: one more rating would be above a fifth of the firm's ratings of the year.
    """

    assessor_id: str
    load: int
    digest: str
    over_share: bool = False


@dataclass(frozen=True, slots=True)
class Assignment:
    """The assessors in order, the whole ranking, and why each other candidate was left out.

    `excluded` maps an assessor to reasons, in order of assessor id; someone ranked, not assigned
    and not excluded is a reserve.
    """

    case_id: str
    salt: str
    assessors: tuple[str, ...]
    ranking: tuple[Ranked, ...]
    excluded: Mapping[str, tuple[str, ...]]


class NotEnoughAssessors(Exception):
    """Fewer unconflicted candidates from different employers than needed."""

    def __init__(self, needed: int, found: int, excluded: Mapping[str, tuple[str, ...]]) -> None:
        super().__init__(f"{found} of {needed} assessors found")
        self.needed = needed
        self.found = found
        self.excluded = excluded


def assign(  # noqa: PLR0917 - the six inputs that the public needs to recompute
    case_id: str,
    candidates: Iterable[Candidate],
    conflicts: Mapping[str, Collection[str]],
    loads: Mapping[str, int],
    count: int,
    salt: str,
    *,
    tolerance: int = 1,
    rated: Mapping[str, int] = NOBODY,
) -> Assignment:
    """Assign `count` assessors of different employers; the order of the arguments' rows is moot.

    `conflicts`: reason codes by assessor id (an empty collection is no conflict). `loads`: open
    cases by assessor id, 0 if absent. `rated`: how often each assessor rated this firm within the
    year, by which those above a fifth come last (a first rating never does). Loads within
    `tolerance` of the least, and then of each further step of tolerance + 1, count as equal.
    Raises NotEnoughAssessors; ValueError for a count below 1, a negative tolerance or an
    assessor listed twice.
    """
    pool = _by_id(candidates)
    _require_sizes(count, tolerance)
    excluded = {key: tuple(sorted(conflicts[key])) for key in pool if conflicts.get(key)}
    free = {key: loads.get(key, 0) for key in pool if key not in excluded}
    over = over_share(rated, count)
    ranking = _rank(case_id, salt, free, tolerance, over)
    chosen = _first_of_each_employer(ranking, pool, count, excluded)
    reasons = dict(sorted(excluded.items()))
    if len(chosen) < count:
        raise NotEnoughAssessors(count, len(chosen), reasons)
    return Assignment(case_id, salt, tuple(chosen), ranking, reasons)


def over_share(rated: Mapping[str, int], count: int) -> frozenset[str]:
    """Return who would give more than a fifth of a firm's yearly ratings by one rating more.

    ``rated``: ratings of the firm in the year by assessor; ``count`` ratings are to be added.

    >>> sorted(over_share({"a": 2, "b": 1, "c": 5, "d": 2}, 2))
    ['a', 'c', 'd']
    """
    total = sum(rated.values()) + count
    return frozenset(
        person for person, given in rated.items() if given and (given + 1) * FIFTH > total
    )


def rank_digest(case_id: str, salt: str, assessor_id: str) -> str:
    """Return the SHA-256, in hexadecimal, of the three texts (UTF-8) one after the other.

    >>> rank_digest("case", "salt", "assessor")[:8]
    '48a5db13'
    """
    return sha256(f"{case_id}{salt}{assessor_id}".encode()).hexdigest()


def _rank(
    case_id: str, salt: str, free: Mapping[str, int], tolerance: int, over: Collection[str]
) -> tuple[Ranked, ...]:
    least = min(free.values(), default=0)
    ranked = [
        Ranked(key, load, rank_digest(case_id, salt, key), key in over)
        for key, load in free.items()
    ]

    def place(row: Ranked) -> tuple[bool, int, str]:
        return row.over_share, (row.load - least) // (tolerance + 1), row.digest

    return tuple(sorted(ranked, key=place))


def _first_of_each_employer(
    ranking: Iterable[Ranked],
    pool: Mapping[str, Candidate],
    count: int,
    excluded: dict[str, tuple[str, ...]],
) -> list[str]:
    """Return up to `count` assessors, noting in `excluded` who was passed over for a colleague."""
    chosen: list[str] = []
    employers: set[str | None] = set()
    for row in ranking:
        if len(chosen) == count:
            break
        employer = pool[row.assessor_id].employer
        if employer is not None and employer in employers:
            excluded[row.assessor_id] = (SAME_EMPLOYER,)
            continue
        employers.add(employer)
        chosen.append(row.assessor_id)
    return chosen


def _by_id(candidates: Iterable[Candidate]) -> dict[str, Candidate]:
    pool: dict[str, Candidate] = {}
    for candidate in candidates:
        if candidate.assessor_id in pool:
            message = f"assessor listed twice: {candidate.assessor_id}"
            raise ValueError(message)
        pool[candidate.assessor_id] = candidate
    return pool


def _require_sizes(count: int, tolerance: int) -> None:
    if count < 1 or tolerance < 0:
        message = "count must be at least 1 and tolerance at least 0"
        raise ValueError(message)
