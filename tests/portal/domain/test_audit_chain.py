"""Digests, places where chains start, and the text of an anchor."""

import hashlib
import json
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.audit_chain import (
    CHAINS,
    FIELDS,
    NOTHING,
    ChainEnd,
    anchor_text,
    entry_digest,
    genesis,
    moment,
    sha256_of,
)

NUMBERS = {"number", "actor_id", "organisation_id"}
AT = datetime(2026, 11, 23, 9, 0, 0, 120, tzinfo=ZoneInfo("Asia/Shanghai"))
ENTRY = {
    "number": 7,
    "actor_id": 3,
    "actor_name": "示例",
    "action": "grade.issue",
    "outcome": "done",
    "subject_type": "certification.grade",
    "subject_id": "12",
    "organisation_id": None,
    "reason": "",
    "data": {"b": 1, "a": "甲"},
    "request_id": "r",
    "address": "127.0.0.1",
    "previous": NOTHING,
}


def test_digest_is_sha256_of_the_first_releases_canonical_json():
    text = json.dumps(
        {**ENTRY, "at": "2026-11-23T01:00:00.000120+00:00"},
        ensure_ascii=False,
        sort_keys=True,
        separators=(",", ":"),
    )
    assert entry_digest(ENTRY, AT) == hashlib.sha256(text.encode()).hexdigest()


def test_digest_does_not_depend_on_the_time_zone_or_the_order_of_fields():
    turned = dict(reversed(ENTRY.items()))
    assert entry_digest(turned, AT.astimezone(UTC)) == entry_digest(ENTRY, AT)


@pytest.mark.parametrize("name", FIELDS)
def test_digest_covers_every_field(name):
    changed = 8 if name in NUMBERS else "changed"
    assert entry_digest({**ENTRY, name: changed}, AT) != entry_digest(ENTRY, AT)


@given(
    st.fixed_dictionaries(
        {name: st.none() | st.integers() if name in NUMBERS else st.text() for name in FIELDS}
        | {"data": st.dictionaries(st.text(), st.integers() | st.text() | st.lists(st.floats()))}
    )
)
def test_digest_is_that_of_canonical_json_whatever_the_values(values):
    text = json.dumps(
        {**values, "at": moment(AT)}, ensure_ascii=False, sort_keys=True, separators=(",", ":")
    )
    assert entry_digest(values, AT) == sha256_of(text)


@pytest.mark.parametrize(
    ("name", "value"), [("actor_id", "null"), ("number", 7.0), ("action", b"x"), ("reason", None)]
)
def test_value_of_another_type_has_no_digest(name, value):
    with pytest.raises(TypeError):
        entry_digest({**ENTRY, name: value}, AT)


def test_lone_surrogate_has_a_digest():
    assert len(sha256_of("\ud800")) == 64


def test_no_two_chains_start_from_the_same_place():
    assert len({genesis(chain) for chain in range(1, CHAINS + 1)}) == CHAINS


def test_anchor_is_one_line_of_canonical_json():
    ends = [
        ChainEnd(2, 9, 3, "b" * 64),
        ChainEnd(3, 0, 0, genesis(3)),
        ChainEnd(1, 8, 6, "a" * 64),
    ]
    text = anchor_text(on=date(2026, 11, 23), at=AT, ends=ends, previous=NOTHING)
    assert text == (
        '{"at":"2026-11-23T01:00:00.000120+00:00",'
        f'"chains":[[1,8,6,"{"a" * 64}"],[2,9,3,"{"b" * 64}"]],'
        '"entries":9,"format":"audit-anchor/1","on":"2026-11-23",'
        f'"previous":"{NOTHING}"}}'
    )
