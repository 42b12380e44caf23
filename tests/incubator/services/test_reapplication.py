"""A firm applies again: what passed the screening before is not asked for again."""

import pytest

from incubator.models import Application
from incubator.selectors.reapplication import passed_before, sent_last, standing_panel
from incubator.services import (
    admissions,
    applications,
    decisions,
    more_info,
    screening,
    submissions,
)
from portal.domain.lifecycle import Invalid
from tests.incubator import firms
from tests.incubator.firms import ANSWERS


def withdraw(world, case: Application) -> Application:
    return applications.withdraw_application(application=case, actor=world.owner, now=world.now)


def refused(world, code: str) -> Application:
    """Return a refused application that two reviewers had read."""
    held = decisions.hold_refusal(
        application=firms.reviewed(world),
        reason_codes=[code],
        feedback="能力证明不足。",
        actor=world.staff,
        now=world.now,
    )
    admissions.publish_admissions(
        applications=[], refusals=[held], batch="第 9 批", actor=world.staff, now=world.now
    )
    held.refresh_from_db()
    return held


def ask(world, case: Application, *keys: str) -> Application:
    return more_info.ask_more_info(
        application=case, asked=dict.fromkeys(keys, "请补充"), actor=world.staff, now=world.now
    )


def test_unchanged_answers_are_not_asked_for_again(world):
    old = refused(world, "capability_not_shown")
    case = firms.attached(world, firms.started(world))
    case = submissions.submit_application(
        application=case,
        answers={**ANSWERS, "technical_staff": 9},
        actor=world.owner,
        now=world.now,
    )
    number, labels = standing_panel(case, sent_last(case))
    assert (number, len(labels)) == (old.number, 7)
    with pytest.raises(Invalid, match="asked_passed"):
        ask(world, case, "case_text")
    with pytest.raises(Invalid, match="asked_passed"):
        ask(world, case, "licence", "technical_staff")
    assert ask(world, case, "technical_staff", "contract").state == "more_info"


def test_check_that_screeners_let_through_is_passed_when_the_firm_applies_again(world):
    first = withdraw(world, firms.in_review(world))
    told = {one["key"]: one for one in first.machine_result["findings"]}
    assert (told["contract"]["outcome"], told["contract"]["passed_in"]) == ("discretionary", "")
    again = firms.submitted(world)
    told = {one["key"]: one for one in again.machine_result["findings"]}
    assert (told["contract"]["outcome"], told["contract"]["passed_in"]) == ("pass", first.number)
    assert again.machine_result["suggestion"] == "pass"


@pytest.mark.parametrize(
    "code", ["incomplete", "outside_scope", "case_not_credible", "false_statement"]
)
def test_nothing_stands_after_a_refusal_that_doubts_the_answers(world, code):
    refused(world, code)
    assert passed_before(firms.started(world)) is None


def test_nothing_stands_that_no_person_has_screened(world):
    withdraw(world, firms.submitted(world))
    assert passed_before(firms.started(world)) is None


def test_what_passed_stands_across_an_application_that_was_taken_back(world):
    first = withdraw(world, firms.in_review(world))
    withdraw(world, firms.submitted(world))
    withdraw(world, firms.started(world))
    passed = passed_before(firms.started(world))
    assert passed is not None
    assert passed.number == first.number


def test_a_later_refusal_in_doubt_ends_what_passed(world):
    withdraw(world, firms.in_review(world))
    screening.reject_application(
        application=firms.submitted(world),
        reason_codes=["false_statement"],
        feedback="与合同不符。",
        actor=world.staff,
        now=world.now,
    )
    assert passed_before(firms.started(world)) is None


def test_what_another_firm_passed_stands_for_nobody_else(world):
    withdraw(world, firms.in_review(world))
    other = firms.submitted(world, "owner2")
    assert (passed_before(other), standing_panel(other, sent_last(other))) == (None, None)


def test_pages_say_what_stands(world):
    first = withdraw(world, firms.in_review(world))
    again = firms.submitted(world)
    staff = world.client("staff").get(f"/workspace/screening/{again.pk}/")
    text = staff.content.decode()
    assert (first.number in text, "ask_case_text" in text, "ask_contract" in text) == (
        True,
        False,
        True,
    )
    asked = ask(world, again, "contract")
    page = world.client("owner").get(asked.get_absolute_url()).content.decode()
    assert (first.number in page, 'id="passed"' in page) == (True, True)
