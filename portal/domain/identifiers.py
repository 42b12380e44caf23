"""Identifiers: unified social credit codes, division codes and document serials.

Sources: GB 32100-2015 (unified social credit code) with its amendment that adds the registration
authorities A, N and Y; GB 11714-1997 (organisation code); GB/T 2260 (divisions, six digits) and the
statistical division codes of the National Bureau of Statistics (twelve digits); ISO 7064 MOD 37,36.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

USCC_ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""The 31 characters of GB 32100, in order of value 0-30: no I, O, S, V, Z."""

AUTHORITIES: Final[dict[str, str]] = {
    "1": "institutional_establishment",
    "2": "foreign_affairs",
    "3": "justice",
    "4": "culture",
    "5": "civil_affairs",
    "6": "tourism",
    "7": "religious_affairs",
    "8": "trade_union",
    "9": "market_regulation",
    "A": "military_commission",
    "N": "agriculture",
    "Y": "other",
}
"""Registration authority by the first character."""

NATIONAL_REGION: Final = "100000"
"""Region of bodies registered with a national authority."""

PROVINCE_CODES: Final = frozenset(
    str(code)
    for group in (
        range(11, 16),
        range(21, 24),
        range(31, 38),
        range(41, 47),
        range(50, 55),
        range(61, 66),
        (71, 81, 82),
    )
    for code in group
)
"""First two digits of every province-level division in GB/T 2260."""

_BASE36: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ORGANISATION_WEIGHTS: Final = (3, 7, 9, 10, 5, 8, 4, 2)
_HALF_WIDTH: Final = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_DIVISION_WIDTHS: Final = (2, 2, 2, 3, 3)


class _CodedError(ValueError):
    """An identifier refused: `code` says why, `position` (from 1) says where, if anywhere."""

    def __init__(self, code: str, position: int | None = None) -> None:
        super().__init__(code if position is None else f"{code} at {position}")
        self.code = code
        self.position = position


class UsccError(_CodedError):
    """`code`: length, character, authority, region, organisation_check or check.

    `authority` at position 2 means that the kind is not a digit from 1 to 9.
    """


class DivisionError(_CodedError):
    """`code`: length, character, region or pattern."""


class SerialError(_CodedError):
    """`code`: format or check."""


@dataclass(frozen=True, slots=True)
class USCC:
    """A valid unified social credit code and its parts."""

    value: str
    authority: str
    kind: str
    division: str
    organisation: str

    def __str__(self) -> str:
        """Return the 18 characters."""
        return self.value


class Level(StrEnum):
    """Level of a division, from the top."""

    PROVINCE = "province"
    PREFECTURE = "prefecture"
    COUNTY = "county"
    TOWNSHIP = "township"
    VILLAGE = "village"


@dataclass(frozen=True, slots=True)
class DivisionCode:
    """A twelve-digit division code; `parent` is None for a province."""

    value: str
    level: Level
    parent: str | None


@dataclass(frozen=True, slots=True)
class Serial:
    """A document number; `number` counts from 1 within `prefix` and `year`."""

    prefix: str
    year: int
    number: int

    def __str__(self) -> str:
        """Return the number as it is printed, with its check character."""
        return format_serial(self.prefix, self.year, self.number)


def normalise(text: str) -> str:
    """Return `text` in upper case, full-width characters narrowed, outer spaces removed.

    >>> normalise(" ９１１０a ")
    '9110A'
    """
    return text.translate(_HALF_WIDTH).strip().upper()


def uscc_check_character(first17: str) -> str:
    """Return the 18th character: (31 - sum of c_i * 3^(i-1)) mod 31 over positions i = 1..17.

    Raises UsccError (length, character). Source: GB 32100-2015, 5.

    >>> uscc_check_character("91440300192203821")
    '6'
    """
    _require(first17, 17, USCC_ALPHABET)
    total = sum(
        USCC_ALPHABET.index(character) * pow(3, place, 31)
        for place, character in enumerate(first17)
    )
    return USCC_ALPHABET[-total % 31]


def organisation_check_character(first8: str) -> str:
    """Return the 9th character of an organisation code: (11 - sum of c_i * w_i) mod 11, 10 as X.

    Letters count 10 (A) to 35 (Z); weights 3 7 9 10 5 8 4 2. Raises UsccError (length, character).
    Source: GB 11714-1997.

    >>> organisation_check_character("19220382")
    '1'
    """
    _require(first8, 8, _BASE36)
    total = sum(
        _BASE36.index(character) * weight
        for character, weight in zip(first8, _ORGANISATION_WEIGHTS, strict=True)
    )
    return "0123456789X"[-total % 11]


def parse_uscc(text: str) -> USCC:
    """Return the code in `text` or raise UsccError with the first fault found.

    Faults are looked for in this order: length, character, authority (and kind), region,
    organisation check, check. The region may be 100000 or begin with any province's two digits;
    parks and abolished counties register under codes that no current list holds.

    >>> parse_uscc("９１１０００００100003962t").value
    '91100000100003962T'
    """
    value = normalise(text)
    _require(value, 18, USCC_ALPHABET)
    _require_registration(value)
    if organisation_check_character(value[8:16]) != value[16]:
        raise UsccError("organisation_check", 17)
    if uscc_check_character(value[:17]) != value[17]:
        raise UsccError("check", 18)
    return USCC(value, value[0], value[1], value[2:8], value[8:17])


def is_valid_uscc(text: str) -> bool:
    """Return whether `parse_uscc` accepts `text`."""
    try:
        parse_uscc(text)
    except UsccError:
        return False
    return True


def make_uscc(authority_and_kind: str, division6: str, organisation8: str) -> str:
    """Return the valid code with these parts, for plainly fictional organisations.

    Raises UsccError where `parse_uscc` would.

    >>> make_uscc("54", "630123", "MF123456")
    '54630123MF1234567P'
    """
    head = authority_and_kind + division6 + organisation8
    first17 = head + organisation_check_character(organisation8)
    return parse_uscc(first17 + uscc_check_character(first17)).value


def parse_division(code12: str) -> DivisionCode:
    """Return level and parent of a twelve-digit division code (2+2+2+3+3 digits).

    The level is that of the last group that is not zero, the parent that group set to zero. A town
    may hang directly under a prefecture without counties (county group 00, as in 441900003000);
    any other gap is refused. Raises DivisionError.

    >>> parse_division("630123100200")
    DivisionCode(value='630123100200', level=<Level.VILLAGE: 'village'>, parent='630123100000')
    """
    value = normalise(code12)
    _require_digits(value)
    if value[:2] not in PROVINCE_CODES:
        raise DivisionError("region", 1)
    depth = _depth(value)
    end = sum(_DIVISION_WIDTHS[:depth])
    parent = value[: end - _DIVISION_WIDTHS[depth - 1]].ljust(12, "0") if depth > 1 else None
    return DivisionCode(value, _LEVELS[depth - 1], parent)


def format_serial(prefix: str, year: int, number: int) -> str:
    """Return a document number such as HY-2026-000123-8.

    The last character is ISO 7064 MOD 37,36 over the letters and digits before it. It detects every
    single wrong character and all but 72 of the 45,360 adjacent swaps (0.16 %). Raises
    SerialError("format"): prefix 1-12 letters and digits beginning with a letter, year 1000-9999,
    number from 1.

    >>> format_serial("HY", 2026, 123)
    'HY-2026-000123-8'
    """
    body = f"{prefix}-{year}-{number:06d}"
    if number < 1 or not _SERIAL_BODY.fullmatch(body):
        raise SerialError("format")
    return f"{body}-{_mod_37_36(body)}"


def parse_serial(text: str) -> Serial:
    """Return the parts of a document number; case, width and outer spaces do not matter.

    Raises SerialError: format, or check (position of the check character).

    >>> parse_serial("hy-2026-000123-8")
    Serial(prefix='HY', year=2026, number=123)
    """
    value = normalise(text)
    body, _, check = value.rpartition("-")
    match = _SERIAL_BODY.fullmatch(body)
    if match is None or not re.fullmatch("[0-9A-Z]", check):
        raise SerialError("format")
    if _mod_37_36(body) != check:
        raise SerialError("check", len(value))
    return Serial(match["prefix"], int(match["year"]), int(match["number"]))


_LEVELS: Final = tuple(Level)
_NOT_A_DIGIT: Final = re.compile("[^0-9]")
# Six digits, or more without a leading zero, so that one document has one spelling.
_SERIAL_BODY: Final = re.compile(
    r"(?P<prefix>[A-Z][0-9A-Z]{0,11})-(?P<year>[1-9][0-9]{3})"
    r"-(?P<number>(?!000000$)[0-9]{6}|[1-9][0-9]{6,11})"
)


def _mod_37_36(body: str) -> str:
    """Return the ISO 7064 hybrid check character of `body`, hyphens left out."""
    product = 36
    for character in body.replace("-", ""):
        total = (product + _BASE36.index(character)) % 36 or 36
        product = total * 2 % 37
    return _BASE36[(1 - product) % 36]


def _require(value: str, length: int, alphabet: str) -> None:
    if len(value) != length:
        raise UsccError("length")
    for position, character in enumerate(value, start=1):
        if character not in alphabet:
            raise UsccError("character", position)


def _require_registration(value: str) -> None:
    """Refuse an unknown authority, a kind that is no digit 1-9, or an impossible region.

    The kind is not held against the standard's table: registration authorities have added kinds
    (54 for village committees) before an edition listed them.
    """
    if value[0] not in AUTHORITIES:
        raise UsccError("authority", 1)
    if value[1] not in "123456789":
        raise UsccError("authority", 2)
    region = value[2:8]
    for position, character in enumerate(region, start=3):
        if character not in "0123456789":
            raise UsccError("region", position)
    if region != NATIONAL_REGION and region[:2] not in PROVINCE_CODES:
        raise UsccError("region", 3)


def _require_digits(value: str) -> None:
    if len(value) != sum(_DIVISION_WIDTHS):
        raise DivisionError("length")
    if wrong := _NOT_A_DIGIT.search(value):
        raise DivisionError("character", wrong.start() + 1)


def _depth(value: str) -> int:
    """Return how many groups a code uses (1 province to 5 village), refusing gaps."""
    used = (True, value[2:4] != "00", value[4:6] != "00", value[6:9] != "000", value[9:] != "000")
    depth = 5 - used[::-1].index(True)
    gaps = [place for place in range(depth) if not used[place]]
    # The one gap that exists is a missing county (group 2) above a town (depth 4).
    if gaps and (gaps != [2] or depth < 4):
        raise DivisionError("pattern", sum(_DIVISION_WIDTHS[: gaps[0]]) + 1)
    return depth
