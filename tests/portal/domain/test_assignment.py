"""Assignment: public, conflict-free, by load and digest, different employers."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.assignment import (
    Assignment,
    Candidate,
    NotEnoughAssessors,
    Ranked,
    assign,
    over_share,
    rank_digest,
    shared_marks,
)

FIVE = [
    Candidate("a", "qinghai-university"),
    Candidate("b", "qinghai-university"),
    Candidate("c", "county-lab"),
    Candidate("d"),
    Candidate("e"),
]


def _in_digest_order(ids):
    return sorted(ids, key=lambda key: sha256(f"case-1salt{key}".encode()).hexdigest())


def test_digest_is_sha256_of_case_salt_and_assessor():
    assert rank_digest("case-1", "salt", "a") == sha256(b"case-1salta").hexdigest()


def test_assignment_follows_the_digest_when_loads_are_equal():
    result = assign("case-1", FIVE[2:], {}, {}, 2, "salt")
    order = _in_digest_order("cde")
    assert result == Assignment(
        case_id="case-1",
        salt="salt",
        assessors=tuple(order[:2]),
        ranking=tuple(Ranked(key, 0, rank_digest("case-1", "salt", key)) for key in order),
        excluded={},
    )


def test_assignment_prefers_the_least_loaded():
    loads = dict.fromkeys("abcde", 2) | {_in_digest_order("cde")[-1]: 0}
    assert assign("case-1", FIVE, {}, loads, 1, "salt").assessors == (_in_digest_order("cde")[-1],)


def test_assignment_ignores_differences_within_the_tolerance():
    last = _in_digest_order("cde")[-1]
    loads = dict.fromkeys("cde", 2) | {last: 0}
    assert assign("case-1", FIVE[2:], {}, loads, 3, "salt", tolerance=2).assessors == tuple(
        _in_digest_order("cde")
    )


def test_tolerance_is_counted_from_the_least_load():
    # steps of 3 from the least: 1, 2 and 3 are one step, 4 is the next
    order = _in_digest_order("cde")
    loads = dict(zip(order, (3, 2, 1), strict=True))
    assert assign("case-1", FIVE[2:], {}, loads, 3, "salt", tolerance=2).assessors == (*order,)
    loads[order[0]] = 4
    assert assign("case-1", FIVE[2:], {}, loads, 3, "salt", tolerance=2).assessors == (
        *order[1:],
        order[0],
    )


def test_without_tolerance_one_case_more_comes_later():
    order = _in_digest_order("cde")
    loads = dict(zip(order, (1, 0, 0), strict=True))
    assert assign("case-1", FIVE[2:], {}, loads, 3, "salt", tolerance=0).assessors == (
        *order[1:],
        order[0],
    )


def test_excluded_stand_in_order_of_their_ids():
    pool = [Candidate(one) for one in "cbda"]
    result = assign("case-1", pool, {key: ["taught"] for key in "cba"}, {}, 1, "salt")
    assert list(result.excluded) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("mine", "theirs", "codes"),
    [
        ({"address": "示例路 1 号"}, {"address": "示例路1号"}, ["same_address"]),
        ({"phone": "0971-2430001"}, {"phone": "0971 243 0001"}, ["same_phone"]),
        (
            {"legal_representative": "Li "},
            {"legal_representative": "LI"},
            ["same_legal_representative"],
        ),
        (
            {"phone": "1", "address": "a"},
            {"phone": "1", "address": "a"},
            ["same_address", "same_phone"],
        ),
        ({"phone": " "}, {"phone": "-"}, []),
        ({}, {"phone": "1"}, []),
    ],
)
def test_shared_marks_compares_what_two_organisations_have(mine, theirs, codes):
    assert shared_marks(mine, theirs) == codes
    assert shared_marks(theirs, mine) == codes


def test_assignment_leaves_out_conflicts_with_their_reasons():
    conflicts = {"c": ["taught", "mentored"], "d": {"same_address"}, "e": [], "x": ["taught"]}
    result = assign("case-1", FIVE, conflicts, {}, 1, "salt")
    assert {key: result.excluded[key] for key in "cd"} == {
        "c": ("mentored", "taught"),
        "d": ("same_address",),
    }
    assert set(result.assessors) & {"c", "d"} == set()


def test_assignment_takes_one_assessor_of_an_employer():
    first, second = _in_digest_order("ab")
    result = assign("case-1", FIVE, {}, {}, 4, "salt")
    assert set(result.assessors) == {first, "c", "d", "e"}
    # The colleague is noted where the ranking reached them before the fourth was found.
    reached = [row.assessor_id for row in result.ranking].index(second) < 4
    assert result.excluded == ({second: ("same_employer",)} if reached else {})


def test_assignment_with_too_few_says_how_many_and_why():
    with pytest.raises(NotEnoughAssessors) as refusal:
        assign("case-1", FIVE[:3], {"c": ["taught"]}, {}, 2, "salt")
    second = _in_digest_order("ab")[1]
    assert (refusal.value.needed, refusal.value.found) == (2, 1)
    assert refusal.value.excluded == {"c": ("taught",), second: ("same_employer",)}


def test_assignment_without_candidates_finds_none():
    with pytest.raises(NotEnoughAssessors) as refusal:
        assign("case-1", [], {}, {}, 1, "salt")
    assert refusal.value.found == 0


def test_assignment_refuses_a_candidate_listed_twice():
    with pytest.raises(ValueError, match="listed twice: a"):
        assign("case-1", [Candidate("a"), Candidate("a", "x")], {}, {}, 1, "salt")


@pytest.mark.parametrize(("count", "tolerance"), [(0, 1), (1, -1)])
def test_assignment_refuses_senseless_sizes(count, tolerance):
    with pytest.raises(ValueError, match="at least"):
        assign("case-1", FIVE, {}, {}, count, "salt", tolerance=tolerance)


pools = st.lists(
    st.builds(Candidate, st.text("abcdefgh", min_size=1, max_size=3), st.sampled_from("XYZ")),
    unique_by=lambda candidate: candidate.assessor_id,
    min_size=1,
    max_size=12,
)


def _outcome(*arguments):
    try:
        return assign(*arguments)
    except NotEnoughAssessors as refusal:
        return refusal.needed, refusal.found, refusal.excluded


@given(pool=pools, data=st.data())
def test_assignment_does_not_depend_on_the_order_of_rows(pool, data):
    ids = [candidate.assessor_id for candidate in pool]
    loads = data.draw(st.dictionaries(st.sampled_from(ids), st.integers(0, 9)))
    conflicts = data.draw(st.dictionaries(st.sampled_from(ids), st.just(["taught"]), max_size=2))
    shuffled = data.draw(st.permutations(pool))
    turned = dict(reversed(loads.items()))
    first = _outcome("case", pool, conflicts, loads, 2, "s")
    second = _outcome("case", shuffled, dict(reversed(conflicts.items())), turned, 2, "s")
    assert first == second


@given(pool=pools, count=st.integers(1, 4))
def test_assignment_succeeds_exactly_when_employers_suffice(pool, count):
    employers = {candidate.assessor_id: candidate.employer for candidate in pool}
    outcome = _outcome("case", pool, {}, {}, count, "s")
    enough = len(set(employers.values())) >= count
    assert isinstance(outcome, Assignment) is enough
    if enough:
        assert len({employers[key] for key in outcome.assessors}) == count


def test_who_rated_the_firm_most_comes_last_but_is_still_there():
    pool = [Candidate(one) for one in "abc"]
    first = _in_digest_order("abc")[0]
    result = assign("case-1", pool, {}, {}, 3, "salt", rated={first: 3, "other": 5})
    assert result.assessors[-1] == first
    assert [row.over_share for row in result.ranking] == [False, False, True]


@pytest.mark.parametrize(
    ("rated", "count", "over"),
    [
        ({}, 2, set()),
        ({"a": 0, "b": 0}, 1, set()),
        # 1 + 1 of 8 + 2 is exactly a fifth
        ({"a": 1, "b": 7}, 2, {"b"}),
        ({"a": 1, "b": 7}, 1, {"a", "b"}),
    ],
)
def test_a_fifth_of_the_years_ratings(rated, count, over):
    assert over_share(rated, count) == over
