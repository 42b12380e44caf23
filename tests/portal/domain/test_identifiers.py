"""Identifiers: the standards' check characters, levels of divisions, serials."""

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.identifiers import (
    USCC,
    USCC_ALPHABET,
    DivisionCode,
    DivisionError,
    Level,
    Serial,
    SerialError,
    UsccError,
    _mod_37_36,
    format_serial,
    is_valid_uscc,
    make_uscc,
    normalise,
    organisation_check_character,
    parse_division,
    parse_serial,
    parse_uscc,
    uscc_check_character,
)

DATA = Path(__file__).parent / "data"
BASE36 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def _vectors():
    with (DATA / "uscc_test_vectors.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


codes = st.builds(
    make_uscc,
    st.sampled_from(["11", "54", "91", "A1", "N2", "Y1"]),
    st.sampled_from(["100000", "630123", "440300"]),
    st.text(USCC_ALPHABET, min_size=8, max_size=8),
)


def test_uscc_vectors_are_all_there():
    assert len(_vectors()) == 21


@pytest.mark.parametrize("row", _vectors(), ids=lambda row: row["code"])
def test_uscc_vector_comes_out_as_expected(row):
    expected = {"valid": True, "normalise to upper, valid": True, "invalid": False}
    assert is_valid_uscc(row["code"]) is expected[row["expected_own_rule"]]


@pytest.mark.parametrize(
    ("text", "code", "position"),
    [
        ("", "length", None),
        ("91440300192203821", "length", None),
        ("9144030019220382160", "length", None),
        ("91440300192203I216", "character", 15),
        ("9144O3001922038216", "character", 5),
        ("Q14403001922038216", "authority", 1),
        ("000000000000000000", "authority", 1),
        ("904403001922038216", "authority", 2),
        ("9A4403001922038216", "authority", 2),
        ("919999991922038218", "region", 3),
        ("91100001192203821X", "region", 3),
        ("9144A3001922038216", "region", 5),
        ("914403001922038229", "organisation_check", 17),
        ("914403001922032816", "organisation_check", 17),
        ("914403001922038217", "check", 18),
    ],
)
def test_uscc_fault_is_named_with_its_place(text, code, position):
    with pytest.raises(UsccError) as refusal:
        parse_uscc(text)
    assert (refusal.value.code, refusal.value.position) == (code, position)


def test_uscc_parts_are_read_from_sloppy_typing():
    assert parse_uscc("\u3000 ｎ２630123mf1234567c\n") == USCC(
        value="N2630123MF1234567C",
        authority="N",
        kind="2",
        division="630123",
        organisation="MF1234567",
    )
    assert str(parse_uscc("91100000100003962t")) == "91100000100003962T"


def test_uscc_error_says_code_and_place():
    assert str(UsccError("length")) == "length"
    assert str(UsccError("character", 5)) == "character at 5"


@pytest.mark.parametrize(
    ("first8", "check"),
    [("80210043", "3"), ("10000396", "2"), ("71092609", "4"), ("00000000", "0")],
)
def test_organisation_check_character_of_published_codes(first8, check):
    assert organisation_check_character(first8) == check


def test_organisation_check_character_ten_is_x():
    assert organisation_check_character("71430580") == "X"


@pytest.mark.parametrize("parts", [("91", "63012", "MF123456"), ("91", "999999", "MF123456")])
def test_make_uscc_refuses_impossible_parts(parts):
    with pytest.raises(UsccError):
        make_uscc(*parts)


@given(code=codes, place=st.integers(0, 17), other=st.sampled_from(USCC_ALPHABET))
def test_uscc_check_detects_every_changed_character(code, place, other):
    changed = code[:place] + other + code[place + 1 :]
    assert (uscc_check_character(changed[:17]) == changed[17]) is (changed == code)
    assert is_valid_uscc(changed) is (changed == code)


@given(code=codes, place=st.integers(0, 16))
def test_uscc_check_detects_every_adjacent_swap(code, place):
    swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
    assert is_valid_uscc(swapped) is (swapped == code)


@given(
    digits=st.text("0123456789", min_size=8, max_size=8),
    place=st.integers(0, 7),
    other=st.sampled_from("0123456789"),
)
def test_organisation_check_detects_every_changed_digit(digits, place, other):
    changed = digits[:place] + other + digits[place + 1 :]
    same_check = organisation_check_character(changed) == organisation_check_character(digits)
    assert same_check is (changed == digits)


@given(code=codes)
def test_uscc_text_survives_normalising(code):
    wide = "".join(chr(ord(character) + 0xFEE0) for character in code)
    assert normalise(f" {wide.lower()} ") == code
    assert parse_uscc(wide).value == code


@pytest.mark.parametrize(
    ("code", "level", "parent"),
    [
        ("630000000000", Level.PROVINCE, None),
        ("630100000000", Level.PREFECTURE, "630000000000"),
        ("630123000000", Level.COUNTY, "630100000000"),
        ("630123100000", Level.TOWNSHIP, "630123000000"),
        ("630123100200", Level.VILLAGE, "630123100000"),
        ("441900003000", Level.TOWNSHIP, "441900000000"),
        ("441900003001", Level.VILLAGE, "441900003000"),
    ],
)
def test_division_level_and_parent(code, level, parent):
    assert parse_division(code) == DivisionCode(code, level, parent)


@pytest.mark.parametrize(
    ("code", "reason", "position"),
    [
        ("630123", "length", None),
        ("63012310020A", "character", 12),
        ("990123100200", "region", 1),
        ("630023000000", "pattern", 3),
        ("630123000200", "pattern", 7),
        ("630100000200", "pattern", 5),
        ("630000100000", "pattern", 3),
    ],
)
def test_division_fault_is_named_with_its_place(code, reason, position):
    with pytest.raises(DivisionError) as refusal:
        parse_division(code)
    assert (refusal.value.code, refusal.value.position) == (reason, position)


serials = st.builds(
    Serial,
    st.from_regex(r"[A-Z][0-9A-Z]{0,11}", fullmatch=True),
    st.integers(1000, 9999),
    st.integers(1, 10**12 - 1),
)


def test_mod_37_36_agrees_with_a_published_identifier():
    # The example of the Global Release Identifier, which uses the same check character.
    assert _mod_37_36("A1-2425G-ABC1234002") == "M"


@given(serial=serials)
def test_serial_is_read_back(serial):
    assert parse_serial(f" {str(serial).lower()} ") == serial


@given(serial=serials, data=st.data())
def test_serial_check_detects_every_changed_character(serial, data):
    text = str(serial)
    place = data.draw(st.sampled_from([i for i, c in enumerate(text) if c != "-"]))
    other = data.draw(st.sampled_from(BASE36.replace(text[place], "")))
    with pytest.raises(SerialError):
        parse_serial(text[:place] + other + text[place + 1 :])


def test_serial_check_detects_all_but_two_in_a_thousand_adjacent_swaps():
    def step(product, value):
        return (((product + value) % 36) or 36) * 2 % 37

    pairs = [(p, a, b) for p in range(1, 37) for a in range(36) for b in range(36) if a != b]
    missed = [1 for p, a, b in pairs if step(step(p, a), b) == step(step(p, b), a)]
    assert (len(missed), len(pairs)) == (72, 45360)


@pytest.mark.parametrize(
    "parts",
    [
        ("hy", 2026, 1),
        ("", 2026, 1),
        ("HY", 26, 1),
        ("HY", 2026, 0),
        ("HY", 2026, -1),
        ("H-Y", 2026, 1),
    ],
)
def test_serial_of_impossible_parts_is_refused(parts):
    with pytest.raises(SerialError) as refusal:
        format_serial(*parts)
    assert refusal.value.code == "format"


@pytest.mark.parametrize(
    ("text", "code", "position"),
    [
        ("", "format", None),
        ("HY-2026-000123", "format", None),
        ("HY-2026-000123-", "format", None),
        ("HY-2026-000000-5", "format", None),
        ("HY-2026-0000123-8", "format", None),
        ("HY-2026-000124-8", "check", 16),
    ],
)
def test_serial_fault_is_named(text, code, position):
    with pytest.raises(SerialError) as refusal:
        parse_serial(text)
    assert (refusal.value.code, refusal.value.position) == (code, position)
