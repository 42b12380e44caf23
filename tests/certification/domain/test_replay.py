"""A rubric on trial: who would move, why, and how many."""

from collections import Counter
from datetime import date

import pytest

from certification.domain.assessment import assess
from certification.domain.firm_evidence import known_fields
from certification.domain.grading import STARTING_PRIOR, History
from certification.domain.posterior import Prior
from certification.domain.replay import compare
from certification.domain.scoring import score
from tests.certification.domain.random_rubrics import DAY, Maker, some_evidence
from tests.certification.domain.rubrics import LINE, changed, leaf, lines, shipped
from tests.certification.rounds import MIDDLE, NEW, STRONG, WEAK, delivered


def at_least(tier, points):
    return {"id": tier, "when": {"score": True, "op": "ge", "value": points}}


PRESENT = lines(
    "a", "b", tiers=[at_least("A", 15), at_least("B", 8)], unrated={"missing_share_gt": 0.6}
)
STRICTER = changed(PRESENT, (("tiers", 0, "when", "value"), 18))
MILDER = changed(PRESENT, (("tiers", 0, "when", "value"), 12))
FIRMS = {
    "North": {"a": 10, "b": 9},
    "South": {"a": 8, "b": 8},
    "West": {"a": 6, "b": 7},
    "East": {},
}


def test_same_rubric_moves_nobody():
    got = compare(PRESENT, PRESENT, FIRMS)
    assert (got.moves, got.share, got.providers, got.needs_review) == ((), 0.0, 4, 0)
    assert got.table == {("A", "A"): 2, ("B", "B"): 1, ("unrated", "unrated"): 1}


def test_stricter_line_moves_down_and_is_named():
    got = compare(PRESENT, STRICTER, FIRMS)
    (move,) = got.moves
    assert (move.provider, move.before, move.after, move.direction) == ("South", "A", "B", "down")
    assert [(line.op, line.value, line.got) for line in move.lines] == [("ge", 18, 16.0)]
    assert (move.leaves, move.total_before, move.total_after) == ((), 16.0, 16.0)
    assert (got.share, got.table["A", "B"]) == (0.25, 1)


def test_milder_line_moves_up_and_is_named():
    (move,) = compare(PRESENT, MILDER, FIRMS).moves
    assert (move.provider, move.before, move.after, move.direction) == ("West", "B", "A", "up")
    assert [(line.op, line.value, line.got) for line in move.lines] == [("ge", 15, 13.0)]


def test_changed_scale_is_told_leaf_by_leaf():
    steeper = {"kind": "piecewise", "knots": [[0, 0], [8, 2], [10, 10]]}
    other = changed(
        PRESENT,
        (("tree", "children", 0, "scale"), steeper),
        (("tree", "children", 1), leaf("c", LINE, field="b")),
    )
    got = compare(PRESENT, other, {"South": {"a": 8, "b": 8}})
    (move,) = got.moves
    assert (move.before, move.after, move.total_after) == ("A", "B", 10.0)
    assert [(one.leaf, one.before, one.after, one.change) for one in move.leaves] == [
        ("b", 8.0, None, -8.0),
        ("c", None, 8.0, 8.0),
        ("a", 8.0, 2.0, -6.0),
    ]
    assert (move.leaves[1].maximum_before, move.leaves[1].maximum_after) == (None, 10.0)


def test_new_gate_is_a_reason():
    gate = {"id": "late", "require": {"field": "a", "op": "ge", "value": 9}, "cap": "C"}
    (move,) = compare(
        PRESENT, changed(PRESENT, (("gates",), [gate])), {"S": {"a": 8, "b": 8}}
    ).moves
    assert (move.after, move.reasons_before, move.reasons_after) == ("C", (), ("gate:late",))
    assert move.lines == ()


def test_unrated_and_other_names_are_neither_up_nor_down():
    strict = changed(PRESENT, (("unrated", "missing_share_gt"), 0.4))
    (move,) = compare(PRESENT, strict, {"S": {"a": 10}}).moves
    assert (move.before, move.after, move.direction, move.lines) == ("A", "unrated", "other", ())
    renamed = changed(PRESENT, (("tiers", 0, "id"), "gold"))
    (move,) = compare(PRESENT, renamed, {"S": {"a": 10, "b": 9}}).moves
    assert (move.before, move.after, move.direction) == ("A", "gold", "other")


def test_a_tier_of_the_new_rubric_alone_is_neither_up_nor_down():
    above = changed(PRESENT, (("tiers",), [at_least("S", 19), *PRESENT["tiers"]]))
    (move,) = compare(PRESENT, above, FIRMS).moves
    assert (move.before, move.after, move.direction, move.lines) == ("A", "S", "other", ())


def test_two_tiers_are_enough_to_move_between():
    one, other = (changed(PRESENT, (("tiers",), [at_least("A", cut)])) for cut in (12, 17))
    moves = compare(one, other, {"S": {"a": 8, "b": 8}}).moves
    assert [(move.before, move.after, move.direction) for move in moves] == [("A", "C", "down")]


def test_a_leaf_that_gains_next_to_nothing_is_told():
    less = {"kind": "piecewise", "knots": [[0, 0], [10, 9.9995]]}
    present = changed(PRESENT, (("tree", "children", 0, "scale"), less))
    strict = changed(STRICTER, (("tiers", 0, "when", "value"), 19.9999))
    present = changed(present, (("tiers", 0, "when", "value"), 19.9999))
    (move,) = compare(present, strict, {"S": {"a": 10, "b": 10}}).moves
    assert [(one.leaf, one.change) for one in move.leaves] == [("a", pytest.approx(0.0005))]


def test_new_field_that_nobody_has_is_named():
    more = changed(
        PRESENT,
        (("fields", "c"), {"type": "number"}),
        (("fields", "d"), {"type": "number"}),
        (("fields", "twice"), {"type": "number", "derive": {"mul": ["c", 2]}}),
    )
    got = compare(PRESENT, more, {"S": {"a": 1, "b": 1, "c": None, "d": 3}, "T": {"b": "?"}})
    assert (got.without_evidence, got.needs_review) == (("c",), 1)


def test_no_evidence_affects_nobody():
    got = compare(PRESENT, STRICTER, {})
    assert (got.providers, got.moves, got.share) == (0, (), 0.0)


def test_county_tries_higher_lines_on_last_season():
    present = shipped("county_dsp_v0_1")
    higher = changed(present, (("tiers", 0, "when", "all", 0, "value"), 97))
    season = {"strong": STRONG, "middle": MIDDLE, "weak": WEAK, "new": NEW}
    got = compare(present, higher, season)
    assert [(move.provider, move.before, move.after) for move in got.moves] == [
        ("strong", "A", "B")
    ]
    assert got.share == pytest.approx(0.25)


def test_moves_are_those_of_the_plain_path():
    for seed in range(0, 40, 2):
        one, other = Maker(seed).rubric(), Maker(seed + 1).rubric()
        firms = {f"F{n}": some_evidence(one, n) | some_evidence(other, -n) for n in range(8)}
        got = compare(one, other, firms, DAY)
        plain = {
            name: [
                score(r, {k: v for k, v in firm.items() if k in r["fields"]}, DAY).tier
                for r in (one, other)
            ]
            for name, firm in firms.items()
        }
        moving = [(name, *tiers) for name, tiers in plain.items() if tiers[0] != tiers[1]]
        assert [(move.provider, move.before, move.after) for move in got.moves] == moving


# --- rubrics that shrink: what a round decides

COUNTY = shipped("county_dsp_v0_2")
BEFORE = date(2026, 10, 31)


def test_replay_gives_what_the_round_gives():
    prior = Prior(74.0, 150.0, 40.0)
    stricter = changed(COUNTY, (("confidence", "gamma_up"), 0.95))
    firms = {
        f"{n}-{mean}": delivered(n, technical_mean=mean) for n in (0, 1, 3, 8) for mean in (1, 2, 4)
    }
    held = {name: History(tier, 1) for name, tier in zip(firms, "ABCABCABCABC", strict=True)}
    got = compare(COUNTY, stricter, firms, BEFORE, priors=(prior, prior), histories=held)

    frozen = {"mu": prior.mu, "sigma2": prior.sigma2, "tau2": prior.tau2}
    expected = {
        name: tuple(
            assess(rubric, known_fields(fields, rubric["fields"]), BEFORE, frozen, held[name])[
                "tier"
            ]
            for rubric in (COUNTY, stricter)
        )
        for name, fields in firms.items()
    }
    moving = {name: tiers for name, tiers in expected.items() if tiers[0] != tiers[1]}
    assert {move.provider: (move.before, move.after) for move in got.moves} == moving
    assert moving
    assert got.table == Counter(expected.values())


def test_few_deliveries_move_up_when_less_certainty_is_asked():
    milder = changed(COUNTY, (("confidence", "gamma_up"), 0.5))
    two = {"two": delivered(3, technical_mean=3.2)}
    (move,) = compare(COUNTY, milder, two, BEFORE).moves
    assert (move.before, move.after, move.direction) == ("B", "A", "up")
    assert (move.chance.tier, move.chance.asked) == ("A", 0.8)
    assert 0.5 < move.chance.got < 0.8
    (back,) = compare(milder, COUNTY, two, BEFORE).moves
    assert (back.direction, back.chance) == ("down", move.chance)


def test_history_decides_what_is_asked():
    stricter = changed(COUNTY, (("confidence", "gamma_keep"), 0.79))
    firm = {"two": delivered(3, technical_mean=3.2)}
    assert compare(COUNTY, stricter, firm, BEFORE).moves == ()
    held = {"two": History("A", 1)}
    (move,) = compare(COUNTY, stricter, firm, BEFORE, histories=held).moves
    assert (move.before, move.after, move.chance.asked) == ("A", "B", 0.79)
    assert "demoted" in move.reasons_after


def test_the_prior_decides_for_few_deliveries():
    modest = Prior(50.0, 144.0, 20.0)
    firm = {"two": delivered(2, technical_mean=3.0)}
    (move,) = compare(COUNTY, COUNTY, firm, BEFORE, priors=(STARTING_PRIOR, modest)).moves
    assert (move.before, move.after, move.direction) == ("B", "C", "down")
    assert move.total_after < move.total_before
    assert move.chance.got < 0.8


def test_lines_are_held_against_the_shrunk_points():
    higher = changed(COUNTY, (("tiers", 1, "when", "all", 0, "value"), 95))
    (move,) = compare(COUNTY, higher, {"two": delivered(2)}, BEFORE).moves
    (line,) = move.lines
    assert (line.value, line.got) == (95, move.total_after)
    assert move.total_after < 95 < 70 + 28


def test_villages_move_without_a_chance():
    fewer = changed(COUNTY, (("confidence", "villages"), {"A": 5}))
    (move,) = compare(COUNTY, fewer, {"ten": delivered(10)}, BEFORE).moves
    assert (move.before, move.after, move.chance) == ("A", "B", None)
    assert move.reasons_after == ("villages:5",)


def test_plain_and_shrinking_rubrics_can_be_compared():
    plain = shipped("county_dsp_v0_1")
    (move,) = compare(plain, COUNTY, {"two": delivered(2)}, BEFORE).moves
    assert (move.before, move.after, move.direction) == ("A", "B", "down")
    assert move.chance.tier == "A"
    assert compare(COUNTY, plain, {"two": delivered(2)}, BEFORE).moves[0].direction == "up"
    dirty = {"two": delivered(2, technical_mean=9.0), "ten": delivered(10)}
    assert compare(plain, COUNTY, dirty, BEFORE).needs_review == 1


def test_a_move_between_a_default_tier_and_none_has_no_chance():
    fewest = changed(COUNTY, (("unrated", "deliveries_lt"), 3))
    (move,) = compare(COUNTY, fewest, {"two": delivered(2)}, BEFORE).moves
    assert (move.after, move.direction, move.chance) == ("unrated", "other", None)


def test_tier_that_a_rubric_does_not_know_counts_as_none():
    held = {"two": History("gold", 1)}
    assert compare(COUNTY, COUNTY, {"two": delivered(2)}, BEFORE, histories=held).moves == ()
    frozen = {"mu": 70.0, "sigma2": 144.0, "tau2": 64.0}
    fields = known_fields(delivered(2), COUNTY["fields"])
    found = assess(COUNTY, fields, BEFORE, frozen, held["two"])
    assert (found["tier"], found["grading"]["previous"]) == ("B", None)
