"""Rules of pilots and deliverables, rows of the catalogue, bands of durations."""

from datetime import UTC, datetime
from fractions import Fraction
from itertools import product

import pandas as pd
import pytest

from portal.domain.lifecycle import Conflict, Invalid, NotAllowed
from village_pilot.domain.delivery import (
    CRITERIA,
    DELIVERABLE,
    MILESTONE,
    PILOT,
    best_level,
    check_review,
    decision_faults,
    mean_mark,
)
from village_pilot.domain.durations import (
    band_labels,
    common_unit,
    reduction,
    throughput_bands,
)
from village_pilot.domain.process import (
    COLUMNS,
    ProcessRowInvalid,
    basis_kinds,
    process_row,
    readable,
    without_articles,
)

ROLES = ("firm_signer", "firm_member", "village_signer", "staff", "tech_reviewer", "dispute_board")
WHY = "说明足够清楚的理由。"
GOOD = dict.fromkeys(CRITERIA, 3)
WORDS = dict.fromkeys(CRITERIA, WHY)


# --- lifecycles: the full product of state, action and role


@pytest.mark.parametrize("lifecycle", [PILOT, MILESTONE, DELIVERABLE], ids=lambda one: one.name)
def test_every_state_action_and_role_is_decided(lifecycle) -> None:
    actions = {step.action for step in lifecycle.transitions}
    for state, action, role in product(lifecycle.states, sorted(actions), ROLES):
        rows = [step for step in lifecycle.transitions if step.action == action]
        fits = [step for step in rows if state in step.sources and role in step.roles]
        if fits:
            step = lifecycle.next_state(state, action, roles={role}, reason="理由")
            assert step.target == fits[0].target
        else:
            with pytest.raises((NotAllowed, Conflict)):
                lifecycle.next_state(state, action, roles={role}, reason="理由")


def test_only_the_village_leads_out_of_its_acceptance() -> None:
    roles = {
        role
        for step in DELIVERABLE.transitions
        if "village_acceptance" in step.sources
        for role in step.roles
    }
    assert roles == {"village_signer"}


@pytest.mark.parametrize(
    ("lifecycle", "state"),
    [(PILOT, "completed"), (PILOT, "terminated"), (MILESTONE, "met"), (DELIVERABLE, "accepted")],
)
def test_final_state_has_no_action(lifecycle, state) -> None:
    assert lifecycle.actions(state, ROLES) == ()


# --- reviews


def test_complete_review_passes() -> None:
    assert check_review(GOOD, WORDS, "approve", "") is None


@pytest.mark.parametrize(
    ("scores", "narratives", "verdict", "note", "fields"),
    [
        (GOOD | {"function": 5}, WORDS, "approve", "", {"score_function": "mark_missing"}),
        (GOOD | {"function": -1}, WORDS, "approve", "", {"score_function": "mark_missing"}),
        (GOOD | {"function": True}, WORDS, "approve", "", {"score_function": "mark_missing"}),
        (
            GOOD,
            WORDS | {"handover": "太短"},
            "approve",
            "",
            {"narrative_handover": "mark_reason_short"},
        ),
        (GOOD, WORDS, "perhaps", "", {"verdict": "verdict_missing"}),
        (GOOD, WORDS, "request_changes", " ", {"note": "reason_required"}),
        (GOOD | {"protection": 0}, WORDS, "approve", "", {"verdict": "approve_with_zero"}),
    ],
)
def test_incomplete_review_is_refused(scores, narratives, verdict, note, fields) -> None:
    with pytest.raises(Invalid) as refused:
        check_review(scores, narratives, verdict, note)
    assert dict(refused.value.fields) == fields


@pytest.mark.parametrize(
    ("decision", "note", "code", "photo", "faults"),
    [
        ("accept", "", "K7", False, {}),
        ("accept", "", "", True, {}),
        ("refuse", "缺手册", "K7", False, {}),
        ("", "", "", False, {"decision": "decision_missing", "code": "second_factor"}),
        ("refuse", " ", "K7", True, {"note": "reason_required", "code": "one_factor"}),
        ("accept_with_conditions", "", " ", True, {"note": "reason_required"}),
    ],
)
def test_decision_names_every_fault_at_once(decision, note, code, photo, faults) -> None:
    assert decision_faults(decision, note=note, code=code, photo=photo) == faults


def test_zero_may_go_back_for_changes() -> None:
    assert check_review(GOOD | {"handover": 0}, WORDS, "request_changes", "补齐手册") is None


def test_mean_mark_is_exact() -> None:
    assert mean_mark({"function": 4, "reliability": 4, "protection": 3, "handover": 2}) == Fraction(
        13, 4
    )


@pytest.mark.parametrize(
    ("levels", "best"),
    [([], "none"), (["", "none"], "none"), (["partial", "end_to_end", ""], "end_to_end")],
)
def test_best_level(levels, best) -> None:
    assert best_level(levels) == best


# --- the catalogue


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("村民委员会组织法21/22/25/26条; 四议程序", "村民委员会组织法; 四议程序"),
        ("村组法30条; GB/T 40088-2021", "村组法; GB/T 40088-2021"),
        ("社会救助暂行办法11条; 民发〔2021〕57号", "社会救助暂行办法; 民发〔2021〕57号"),
        ("款项支付条例(2025)9/10条(适用于采购)", "款项支付条例(2025)(适用于采购)"),
        ("人民调解法第8、17条第二款", "人民调解法"),
        ("地方36条等清单", "地方36条等清单"),
        ("农经发〔2019〕6号;行政许可法42/82条", "农经发〔2019〕6号;行政许可法"),
    ],
)
def test_articles_are_left_out(text, shown) -> None:
    assert without_articles(text) == shown


def test_readable_writes_chinese_punctuation() -> None:
    assert readable("公示7天; 45个工作日[B], 不予确认") == "公示7天；45个工作日（惯例），不予确认"


@pytest.mark.parametrize(
    ("status", "kinds"),
    [("S", ("sourced",)), ("B", ("local",)), ("S/B", ("sourced", "local")), ("?", ())],
)
def test_basis_kinds(status, kinds) -> None:
    assert basis_kinds(status) == kinds


ROW = dict.fromkeys(COLUMNS, "值") | {"code": "V01", "basis_status": "S", "personal_data": "低"}


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ({"name_en": None}, "name_en"),
        ({"steps": " "}, "steps"),
        ({"code": "W01"}, "code"),
        ({"basis_status": "C"}, "basis_status"),
        ({"personal_data": "无"}, "personal_data"),
    ],
)
def test_unusable_row_names_line_and_column(change, column) -> None:
    with pytest.raises(ProcessRowInvalid) as refused:
        process_row(7, ROW | change)
    assert (refused.value.line, refused.value.column) == (7, column)


def test_usable_row_is_made_ready() -> None:
    row = process_row(2, ROW | {"steps": "登记→办理→答复", "personal_data": "高(敏感)"})
    assert (row.steps, row.personal_data, row.personal_data_note) == (
        ("登记", "办理", "答复"),
        "high",
        "敏感",
    )


# --- durations


def log_of(days: list[float]) -> pd.DataFrame:
    start = datetime(2026, 3, 2, tzinfo=UTC)
    rows = [
        (str(case), "步", start + pd.Timedelta(days=length * end))
        for case, length in enumerate(days)
        for end in (0, 1)
    ]
    return pd.DataFrame(rows, columns=["case_id", "activity", "timestamp"])


def test_bands_take_their_upper_edges() -> None:
    assert throughput_bands(log_of([0, 1, 1.01, 3, 7, 10, 10.1])) == (2, 1, 1, 0, 1, 1, 1)


def test_bands_have_labels() -> None:
    assert band_labels() == ((0, 1), (1, 2), (2, 3), (3, 5), (5, 7), (7, 10), (10, None))


@pytest.mark.parametrize(("before", "after", "share"), [(10, 4, 0.6), (4, 10, -1.5), (0, 3, None)])
def test_reduction(before, after, share) -> None:
    assert reduction(before, after) == share


@pytest.mark.parametrize(
    ("seconds", "unit"),
    [((90_000, 10), "days"), ((7_200,), "hours"), ((60, 1), "minutes"), ((0,), "seconds")],
)
def test_common_unit(seconds, unit) -> None:
    assert common_unit(*seconds)[0] == unit
