"""Near-copies of texts."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.similarity import (
    Copy,
    candidate_probability,
    candidates,
    content_hash,
    estimate,
    find_copies,
    jaccard,
    minhash,
    normalise,
    shingles,
)

PLAN = (
    "本系统为村务公开与积分管理平台，支持线上办理、统计和导出。村民可在手机上查询办理进度，"
    "村文书在后台登记事项并上传佐证，村委会按月公示积分变动，乡镇可汇总查看各村运行情况。"
)
OTHER = (
    "采用离线优先的移动采集程序，断网时先存本机，联网后按时间戳合并，冲突由村文书逐条确认后入库。"
)


@given(st.text(max_size=30))
def test_normalising_twice_changes_nothing_but_width_and_case(text):
    assert content_hash(text) == content_hash(f" {text}\n")
    assert not any(char.isspace() for char in normalise(text))


@given(st.text(max_size=40), st.integers(1, 6))
def test_shingles_have_k_characters(text, k):
    found = shingles(text, k)
    assert len(found) <= max(1, len(text))
    assert all(one in text for one in found)
    if len(text) >= k:
        assert {len(one) for one in found} == {k}


@pytest.mark.parametrize(("text", "grams"), [("", set()), ("abc", {"abc"}), ("abcde", {"abcde"})])
def test_short_texts_are_their_own_shingle(text, grams):
    assert shingles(text) == grams


@pytest.mark.parametrize("call", [lambda: shingles("a", 0), lambda: minhash({"a"}, 0)])
def test_sizes_below_one_are_refused(call):
    with pytest.raises(ValueError, match="at least one"):
        call()


sets = st.frozensets(st.integers(0, 40).map(str))


@given(sets, sets)
def test_jaccard_is_symmetric_and_a_share(one, other):
    assert jaccard(one, other) == jaccard(other, one)
    assert 0 <= jaccard(one, other) <= 1
    assert jaccard(one, one) == 1


def test_signatures_do_not_depend_on_order_or_process():
    assert np.array_equal(minhash(["a", "b"]), minhash(["b", "a"]))
    # fixed: the numbers are stored with deliverables and compared for years
    assert minhash(["a"], 2, seed=1).tolist() == FIRST


FIRST = [884087594484077131, 17189453138741645092]


def test_signature_has_128_functions_of_seed_nought():
    assert np.array_equal(minhash(["a"]), minhash(["a"], 128, seed=0))


def test_signature_of_nothing_is_the_largest_number():
    assert minhash([], 3).tolist() == [2**64 - 1] * 3


@pytest.mark.parametrize("shared", [0, 20, 50, 80, 100])
def test_estimate_lies_within_four_standard_errors(shared):
    one = {f"x{n}" for n in range(100)}
    other = {f"x{n}" for n in range(100 - shared, 200 - shared)}
    exact = jaccard(one, other)
    error = math.sqrt(exact * (1 - exact) / 1024)
    found = estimate(minhash(one, 1024), minhash(other, 1024))
    assert abs(found - exact) <= 4 * error + 1e-12


def test_estimates_are_unbiased_over_seeds():
    one, other = {f"x{n}" for n in range(60)}, {f"x{n}" for n in range(30, 90)}
    found = [estimate(minhash(one, 64, seed), minhash(other, 64, seed)) for seed in range(60)]
    assert np.mean(found) == pytest.approx(1 / 3, abs=4 * math.sqrt(2 / 9 / (64 * 60)))


def test_signatures_of_different_length_are_not_compared():
    with pytest.raises(ValueError, match="signatures: made with"):
        estimate(minhash({"a"}, 4), minhash({"a"}, 8))


def test_bands_find_pairs_as_often_as_the_formula_says():
    s = 0.6
    found = 0
    for seed in range(300):
        shared = [f"s{seed}-{n}" for n in range(60)]
        left = minhash([*shared, *(f"l{seed}-{n}" for n in range(20))], 16)
        right = minhash([*shared, *(f"r{seed}-{n}" for n in range(20))], 16)
        found += candidates({"l": left, "r": right}, bands=4, rows=4) == {("l", "r")}
    expected = candidate_probability(s, r=4, b=4)
    assert found / 300 == pytest.approx(expected, abs=4 * math.sqrt(0.25 / 300))


def test_short_signatures_are_refused():
    with pytest.raises(ValueError, match="signatures: shorter"):
        candidates({"a": minhash({"x"}, 8)})


def test_design_probabilities():
    assert candidate_probability(0.8) == pytest.approx(0.947, abs=5e-4)
    assert candidate_probability(0.5) == pytest.approx(0.061, abs=5e-4)


def test_copies_are_found_and_others_are_not():
    texts = {"first": PLAN, "second": PLAN.replace("统计和", "统计与"), "third": OTHER}
    (copy,) = find_copies(texts)
    assert (copy.one, copy.other, copy.identical) == ("first", "second", False)
    assert copy.similarity == pytest.approx(
        jaccard(shingles(normalise(PLAN)), shingles(normalise(texts["second"])))
    )


def test_the_portals_own_template_is_no_copy():
    texts = {name: PLAN + own for name, own in (("a", OTHER[:9]), ("b", OTHER[9:18]))}
    assert [one.one for one in find_copies(texts)] == ["a"]
    assert find_copies(texts, templates=[PLAN]) == []


def test_texts_of_nothing_but_the_template_are_left_out():
    assert find_copies({"a": PLAN, "b": PLAN, "c": ""}, templates=[PLAN]) == []


def test_plain_copies_come_first():
    texts = {"a": PLAN, "b": OTHER, "c": OTHER + "\n", "d": PLAN.replace("按月", "每月")}
    found = find_copies(texts)
    assert found[0] == Copy("b", "c", 1.0, identical=True)
    assert [(one.one, one.other) for one in found] == [("b", "c"), ("a", "d")]


@given(st.dictionaries(st.sampled_from("abcdef"), st.text("甲乙丙", max_size=12)))
def test_every_reported_pair_is_a_copy(texts):
    for copy in find_copies(texts):
        pair = [shingles(normalise(texts[name])) for name in (copy.one, copy.other)]
        assert jaccard(*pair) >= 0.7
    kept = {name for name, text in texts.items() if text}
    identical = {
        pair
        for pair in itertools.combinations(sorted(kept), 2)
        if content_hash(texts[pair[0]]) == content_hash(texts[pair[1]])
    }
    assert identical <= {(copy.one, copy.other) for copy in find_copies(texts)}


def test_one_hash_function_is_enough_and_none_is_refused():
    assert len(minhash({"abcde"}, n=1)) == 1
    with pytest.raises(ValueError, match="n: "):
        minhash({"abcde"}, n=0)


def test_pair_exactly_at_the_threshold_is_a_copy():
    texts = {"one": PLAN, "other": f"{PLAN}示"}
    (found,) = find_copies(texts)
    assert find_copies(texts, threshold=found.similarity) == [found]
    assert find_copies(texts, threshold=found.similarity + 1e-9) == []


def test_seven_tenths_of_the_runs_of_five_characters_make_a_copy():
    # 18 different characters have 14 runs of five, 24 have 20: 14 / 20 = 0.7
    longer = "".join(chr(0x4E18 + n) for n in range(24))
    (found,) = find_copies({"one": longer[:18], "other": longer})
    assert found == Copy("one", "other", 0.7, identical=False)
    # 13 / 19 is 0.684
    assert find_copies({"one": longer[:17], "other": longer[:23]}) == []
