"""When two independent ratings need a third opinion, and what three together say.

Rules (a) to (c) of the scoring method, section 3, concern one delivery or application; (d) and
the rule about one influential assessor need the whole firm, so a run of assessment calls them
with what it knows of the firm's tier. Anchors are whole numbers 0-4; a rating's total is the mean
anchor as a share of 4, 0-100.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from fractions import Fraction
from statistics import median
from typing import Final, Literal

ACCEPT: Final = "accept"
"""Key of a rating's yes or no on acceptance; every other key is a criterion."""

TOP_ANCHOR: Final = 4
MAX_CRITERION_GAP: Final = 2
"""Anchors from which a third opinion is due."""
MAX_TOTAL_GAP: Final = 15
"""Points of 100 beyond which a third opinion is due; exactly 15 is not beyond."""

Rating = Mapping[str, int | bool]
Status = Literal["insufficient_assessors", "third_required", "ok", "adjudicated"]

_PAIR: Final = 2
_TRIPLE: Final = 3


@dataclass(frozen=True, slots=True)
class Adjudication:
    """The outcome: `value` (anchor per criterion) and `accept` are None until one is reached."""

    status: Status
    value: Mapping[str, float] | None = None
    accept: bool | None = None
    reasons: tuple[str, ...] = ()


def total(rating: Rating) -> Fraction:
    """Return a rating's total, 0-100, exactly.

    >>> total({"c1": 1, "c2": 4, "accept": True})
    Fraction(125, 2)
    """
    anchors = [rating[name] for name in _criteria(rating)]
    return Fraction(100 * sum(anchors), TOP_ANCHOR * len(anchors))


def needs_third(ratings_a: Rating, ratings_b: Rating) -> tuple[str, ...]:
    """Return why a third opinion is due, () if it is not; order: criteria by name, total, accept.

    Reasons: `criterion_gap:NAME` (>= 2 anchors apart), `total_gap` (> 15 of 100 apart),
    `accept_split`. Raises ValueError for a rating that is not whole numbers 0-4 per criterion with
    a boolean `accept`, or for ratings of different criteria.

    >>> needs_third({"c1": 2, "accept": True}, {"c1": 2, "accept": False})
    ('accept_split',)
    """
    _require_comparable((ratings_a, ratings_b))
    reasons = [
        f"criterion_gap:{name}"
        for name in _criteria(ratings_a)
        if abs(ratings_a[name] - ratings_b[name]) >= MAX_CRITERION_GAP
    ]
    if abs(total(ratings_a) - total(ratings_b)) > MAX_TOTAL_GAP:
        reasons.append("total_gap")
    if ratings_a[ACCEPT] != ratings_b[ACCEPT]:
        reasons.append("accept_split")
    return tuple(reasons)


def splits_tier(ratings_a: Rating, ratings_b: Rating, tier_of: Callable[[Fraction], str]) -> bool:
    """Rule (d): whether the two totals alone would put the firm in different tiers.

    ``tier_of`` gives the firm's tier with this total (0-100) for the delivery, everything else
    unchanged. Raises ValueError as ``needs_third`` does.

    >>> splits_tier({"c": 2, "accept": True}, {"c": 3, "accept": True}, lambda t: "BA"[t > 60])
    True
    """
    _require_comparable((ratings_a, ratings_b))
    return tier_of(total(ratings_a)) != tier_of(total(ratings_b))


def deliveries_to_rate_again(
    assessors: Mapping[str, Collection[str]], tier: str, tier_without: Callable[[str], str]
) -> dict[str, tuple[str, ...]]:
    """Return the deliveries of a firm that need a third rating because of one assessor.

    ``assessors``: who rated each delivery. If leaving out all ratings of one assessor
    (``tier_without``) changes ``tier``, a third is due for every delivery of the firm that this
    assessor rated and that has two ratings or fewer. By assessor, both in order of their ids.

    >>> deliveries_to_rate_again({"d1": ["x", "y"], "d2": ["y", "z"]}, "A",
    ...     {"x": "A", "y": "B", "z": "A"}.__getitem__)
    {'y': ('d1', 'd2')}
    """
    people = sorted({person for rated in assessors.values() for person in rated})
    found = {
        person: tuple(
            delivery
            for delivery in sorted(assessors)
            if person in assessors[delivery] and len(assessors[delivery]) < _TRIPLE
        )
        for person in people
        if tier_without(person) != tier
    }
    return {person: deliveries for person, deliveries in found.items() if deliveries}


def adjudicate(ratings: Mapping[str, Rating]) -> Adjudication:
    """Return what the ratings (by assessor, at most three) say together.

    Under two: no value. Two that agree: their mean. Three: median per criterion and majority on
    acceptance, whether or not a third opinion was due. Raises ValueError as `needs_third` does and
    for more than three.
    """
    rows = tuple(ratings.values())
    _require_comparable(rows)
    if len(rows) < _PAIR:
        return Adjudication("insufficient_assessors")
    if len(rows) == _TRIPLE:
        return Adjudication("adjudicated", _medians(rows), _majority(rows))
    if reasons := needs_third(*rows):
        return Adjudication("third_required", reasons=reasons)
    return Adjudication("ok", _medians(rows), _majority(rows))


def _criteria(rating: Rating) -> list[str]:
    return sorted(name for name in rating if name != ACCEPT)


def _medians(rows: tuple[Rating, ...]) -> dict[str, float]:
    return {name: float(median(row[name] for row in rows)) for name in _criteria(rows[0])}


def _majority(rows: tuple[Rating, ...]) -> bool:
    return _PAIR * sum(row[ACCEPT] for row in rows) > len(rows)


def _require_comparable(rows: tuple[Rating, ...]) -> None:
    if len(rows) > _TRIPLE:
        message = "at most three ratings are adjudicated"
        raise ValueError(message)
    if not all(_is_rating(row) and row.keys() == rows[0].keys() for row in rows):
        message = "ratings need anchors 0-4 for the same criteria and a yes or no on acceptance"
        raise ValueError(message)


def _is_rating(row: Rating) -> bool:
    anchors = [row[name] for name in _criteria(row)]
    return bool(anchors) and isinstance(row.get(ACCEPT), bool) and all(map(_is_anchor, anchors))


def _is_anchor(value: object) -> bool:
    # bool is an int to Python; True is no anchor.
    return type(value) is int and 0 <= value <= TOP_ANCHOR
