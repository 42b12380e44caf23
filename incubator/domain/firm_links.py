"""Hints that an applicant may be another firm's double or linked with it; they decide nothing."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from portal.domain.assignment import shared_marks

ENTITY: Final = slice(8, 17)
"""Where a unified social credit code names the body itself; the rest is who registered it."""


@dataclass(frozen=True)
class Firm:
    """What two firms are compared by; ``phones`` are those of the register and of its answers."""

    pk: int
    name: str
    uscc: str
    address: str
    legal_representative: str
    phones: tuple[str, ...]


@dataclass(frozen=True)
class Link:
    """Another firm and the codes of what it shares."""

    firm: Firm
    codes: tuple[str, ...]


def links(firm: Firm, others: Iterable[Firm]) -> list[Link]:
    """Return the firms that share a code, an address, a telephone or a legal representative."""
    found = [Link(other, shared(firm, other)) for other in others if other.pk != firm.pk]
    return [link for link in found if link.codes]


def shared(one: Firm, other: Firm) -> tuple[str, ...]:
    """Return the codes of what two firms share, ``same_code`` first.

    >>> a = Firm(1, "甲", "91630123MADEMO012X", "", "", ("0971-2431234",))
    >>> b = Firm(2, "乙", "92630123MADEMO0128", "", "", ("09712431234",))
    >>> shared(a, b)
    ('same_code', 'same_phone')
    """
    codes = ["same_code"] if is_same_body(one.uscc, other.uscc) else []
    marks = shared_marks(
        {"address": one.address, "legal_representative": one.legal_representative},
        {"address": other.address, "legal_representative": other.legal_representative},
    )
    phones = any(
        shared_marks({"phone": mine}, {"phone": theirs})
        for mine in one.phones
        for theirs in other.phones
    )
    return (*codes, *(["same_phone"] if phones else []), *marks)


def is_same_body(one: str, other: str) -> bool:
    """Return whether two codes name the same body, whoever registered it.

    >>> is_same_body("91630123MADEMO012X", "92630123MADEMO0128"), is_same_body("", "")
    (True, False)
    """
    mine, theirs = one.upper()[ENTITY], other.upper()[ENTITY]
    return bool(mine) and mine == theirs
