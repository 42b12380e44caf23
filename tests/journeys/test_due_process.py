"""Due process, walked in Chromium: questions, more time, a refusal reviewed, an objection."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from config.demo.admission import apply, open_window, review
from config.demo.data import FIRMS
from incubator.models import Application
from incubator.services.screening import start_review
from portal.models import Notice, Objection
from portal.services.accounts import grant_role
from tests.journeys.incubation import propose_in_public
from tests.journeys.people import Walk, choose, fill, follow, login_of, press, send, zh
from tests.support.browser import PHONE

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def staff_on(walk: Walk, case: Application, login: str = "staff") -> Page:
    """Return the staff's page of a case."""
    staff = walk.person(login)
    return walk.visit(staff, f"/workspace/screening/{case.pk}/")


def test_a_refusal_is_reviewed_and_an_objection_dismissed(walk: Walk) -> None:
    case = apply(FIRMS[0], walk.people, walk.clock, open_window(walk.clock))
    ask_and_put_off(walk, case)
    answer(walk, case)
    refuse(walk, case)
    have_reviewed(walk, case)
    overturn(walk, case)
    staff = staff_on(walk, case)
    propose_in_public(walk, staff, case)
    notice = Notice.objects.get(kind="admission")
    object_to(walk, notice)
    dismiss(walk)
    walk.leap(notice.closes_on + timedelta(days=1))
    press(staff_on(walk, case), zh("Admit"))
    case.refresh_from_db()
    assert case.state == "admitted"


def ask_and_put_off(walk: Walk, case: Application) -> None:
    """Have the staff ask for something, and give more time for it."""
    staff = staff_on(walk, case)
    staff.locator("section[aria-labelledby=deed-ask] summary").click()
    fill(staff, ask_case_text="请写清办理件数。")
    press(staff, zh("Ask the firm"))
    walk.look(staff)
    case.refresh_from_db()
    later = case.answer_due_on + timedelta(days=7)
    staff.locator("section[aria-labelledby=deed-asked] summary").click()
    staff.locator("#extend_due_on").fill(later.isoformat())
    staff.locator("#extend_reason").fill("盖章页在途")
    press(staff, zh("Put the answer off"))
    walk.look(staff)
    case.refresh_from_db()
    assert case.answer_due_on == later


def answer(walk: Walk, case: Application) -> None:
    """Have the firm's signer answer on the phone, after a wait that is not counted."""
    walk.leap(case.answer_due_on)
    owner = walk.person("owner", viewport=PHONE)
    walk.visit(owner, case.get_absolute_url())
    expect(owner.get_by_role("main")).to_contain_text(zh("the clock stands still until you answer"))
    fill(owner, case_text="两个村试用四个月，办理印章申请 420 件，平均用时由 3 天缩短到半天。")
    owner.locator("[name=truth_declared]").check()
    press(owner, zh("Send the answers"))
    walk.look(owner)
    follow(owner, zh("How long other applications took"))
    walk.look(owner)


def refuse(walk: Walk, case: Application) -> None:
    """Have a reviewed case refused with its batch."""
    case.refresh_from_db()
    start_review(application=case, actor=walk.people["staff"], now=walk.clock.now)
    review(case, walk.clock, 1)
    staff = staff_on(walk, case)
    staff.locator("section[aria-labelledby=deed-refuse] summary").click()
    choose(staff, reason_codes="case_not_credible")
    fill(staff, feedback="案例没有运行数据。")
    press(staff, zh("Hold the refusal"))
    walk.look(staff)
    walk.visit(staff, "/workspace/screening/notice/")
    fill(staff, batch="第 1 批")
    press(staff, zh("Release the decisions"), confirm=True)
    walk.look(staff)


def have_reviewed(walk: Walk, case: Application) -> None:
    """Have the firm ask for a review on the phone, and an assessor new to the case read it."""
    owner = walk.person("owner", viewport=PHONE)
    walk.visit(owner, case.get_absolute_url())
    expect(owner.get_by_role("main")).to_contain_text("案例没有运行数据。")
    fill(owner, grounds="运行记录在合同附件第三页，评审时可能没有看到。")
    press(owner, zh("Ask for a review"), confirm=True)
    walk.look(owner)
    fresh = case.reviews.select_related("reviewer").get(of_refusal=True)
    assessor = walk.person(login_of(fresh.reviewer))
    walk.visit(assessor, fresh.get_absolute_url())
    case.refresh_from_db()
    review(case, walk.clock, 3)


def overturn(walk: Walk, case: Application) -> None:
    """Have staff who did not decide before overturn the refusal."""
    expect(staff_on(walk, case).get_by_role("main")).to_contain_text(
        zh("You decided on this refusal, so others must review it.")
    )
    other = walk.people.person("staff2", "示例孵化专员乙")
    grant_role(user=other, role="staff", actor=None, now=walk.clock.now)
    staff2 = staff_on(walk, case, "staff2")
    staff2.locator("#overturn_reason").fill("合同附件中确有四个月的运行记录。")
    press(staff2, zh("Overturn the refusal"))
    walk.look(staff2)
    case.refresh_from_db()
    assert case.state == "decision_pending"


def object_to(walk: Walk, notice: Notice) -> None:
    """Have a resident object on the phone, in their real name."""
    learner = walk.person("learner", viewport=PHONE)
    walk.visit(learner, f"/notices/{notice.number}/")
    learner.get_by_role("link", name=zh("Object to this entry")).click()
    walk.look(learner)
    fill(
        learner,
        real_name="示例村民",
        grounds="申报的件数与村里公开的数字不一致。",
        evidence="2026 年村务公开栏照片所列为 380 件。",
    )
    learner.locator("[name=declared]").check()
    send(learner)
    walk.look(learner)


def dismiss(walk: Walk) -> None:
    """Have the staff take the objection up, and dismiss it with reasons."""
    objection = Objection.objects.get()
    staff = walk.person("staff")
    walk.visit(staff, objection.get_absolute_url())
    fill(staff, reason="异议针对具体条目，附有可核实的材料。")
    press(staff, zh("Take up the objection"))
    walk.look(staff)
    fill(staff, reason="公开栏数字截至上月，两者一致。")
    press(staff, zh("Dismiss the objection"))
    walk.look(staff)
    objection.refresh_from_db()
    assert objection.state == "dismissed"
