"""The machine check as data: the first form's checks, and results that survive storage."""

import pytest

from incubator.domain.application_form import facts_of
from incubator.domain.machine_check import screen, screening_of
from tests.incubator.domain.test_application_form import FIRST
from tests.incubator.firms import ANSWERS
from tests.incubator.forms import check, form, question


def screened(**changes: object):
    files = changes.pop("files", {"licence": 1, "contract": 1})
    valid = changes.pop("valid", True)
    declared = changes.pop("declared", True)
    answers = {**ANSWERS, **changes}
    facts = facts_of(FIRST, answers, files, code_valid=valid, declared=declared)
    return screen(facts, FIRST["checks"])


def test_screen_of_a_complete_application_passes():
    result = screened()
    assert (result.suggestion, result.open, len(result.passed)) == ("pass", (), 12)


@pytest.mark.parametrize(
    ("changes", "suggestion", "key"),
    [
        ({"valid": False}, "fail", "uscc"),
        ({"business_scope": "开发"}, "fail", "scope"),
        ({"core_products": ""}, "fail", "products"),
        ({"technical_staff": None}, "discretionary", "staff"),
        ({"scenarios": []}, "fail", "scenarios"),
        ({"case_text": "做过 1 个村。"}, "fail", "case_length"),
        ({"case_text": "做过一个村的证明开具并持续维护。" * 6}, "discretionary", "case_figures"),
        ({"contact_person": " "}, "fail", "contact"),
        ({"contact_phone": "打电话"}, "fail", "phone"),
        ({"files": {"contract": 1}}, "fail", "licence"),
        ({"files": {"licence": 1}}, "discretionary", "contract"),
        ({"declared": False}, "discretionary", "declared"),
    ],
)
def test_screen_finds_what_is_missing(changes, suggestion, key):
    result = screened(**changes)
    assert (result.suggestion, [finding.key for finding in result.open]) == (suggestion, [key])


def test_screen_prefers_fail_to_discretionary():
    assert screened(files={}).suggestion == "fail"


def test_screen_without_checks_passes():
    assert screen({}, []).suggestion == "pass"


def test_screening_survives_storage_with_its_words():
    result = screened(files={}, business_scope="开发")
    assert screening_of(result.as_data()) == result
    scope = next(finding for finding in result.open if finding.key == "scope")
    assert (scope.answer, scope.got, scope.wanted) == ("business_scope", 2, 20)
    assert scope.reason_en == "{got} characters; at least {wanted} are needed."


def test_what_the_firm_wrote_stays_out_of_the_result():
    content = form(
        question("short"),
        checks=[check("c", {"field": "short", "op": "eq", "value": "甲"}, title="名")],
    )
    facts = facts_of(content, {"short": "乙"}, {}, code_valid=True, declared=True)
    (finding,) = screen(facts, content["checks"]).findings
    assert (finding.outcome, finding.got, finding.wanted) == ("fail", None, "甲")


def test_size_of_the_firm_never_changes_the_outcome():
    assert {screened(technical_staff=number).suggestion for number in (0, 1, 5000)} == {"pass"}
