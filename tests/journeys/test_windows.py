"""A window from the back office to a reviewed application, walked in Chromium."""

import pytest
from playwright.sync_api import Page, expect

from config.demo.papers import pdf
from incubator.models import Application, ApplicationWindow
from incubator.services import screening
from incubator.services.windows import close_window
from portal.models import Organisation
from tests.journeys.people import (
    PDF,
    Walk,
    choose,
    fill,
    follow,
    login_of,
    press,
    upload,
    zh,
)
from tests.support.browser import PHONE

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
NOTES = "Write a note beside what is missing; only answers with a note reopen"
LONG = "星泉村的证明开具，原来村民跑 2 趟、等 3 天；改造后当天出具。"
BETTER = "星泉村的证明开具，原来村民跑 2 趟、等 3 天；改造后 2 小时内出具。"


def add(staff: Page, kind: str, path: str = "questions") -> None:
    """Put a block at the end of a stream."""
    buttons = staff.locator(f"[data-contentpath={path}] .c-sf-add-button")
    buttons.last.evaluate("button => button.click()")  # it fades in, and may still be hidden
    if path == "questions":  # with one kind of block there is nothing to choose
        staff.locator("[role=option]:visible").filter(has_text=kind).first.click()


def turn(staff: Page, words: str) -> None:
    """Turn to a tab; Wagtail hears a click only once its scripts are there."""
    tab = staff.get_by_role("tab", name=zh(words))
    for _each in range(40):
        tab.click()
        if tab.get_attribute("aria-selected") == "true":
            return
        staff.wait_for_timeout(250)
    pytest.fail(f"the tab “{words}” does not open")


def write(staff: Page, number: int, stream: str = "questions", **values: str) -> None:
    """Fill in a block's fields."""
    for name, value in values.items():
        field = staff.locator(f"[name={stream}-{number}-value-{name}]")
        if field.evaluate("element => element.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)


def write_window(walk: Walk) -> Page:
    """Have the staff write a window in the back office and publish it on its page."""
    staff = walk.person("staff")
    walk.visit(staff, "/workspace/windows/")
    staff.goto("/admin/snippets/incubator/applicationwindow/add/")
    staff.locator("[name=key]").fill("spring")
    staff.locator("[name=title]").fill("春季入孵申请")
    staff.locator("[name=title_en]").fill("Spring intake")
    staff.locator("[name=opens_on]").fill(walk.clock.day.isoformat())
    staff.keyboard.press("Escape")
    turn(staff, "What is asked")
    why = "用于评审。"
    add(staff, zh("Short text"))
    write(staff, 0, key="contact_phone", title="联系电话", purpose="联系", klass="personal")
    add(staff, zh("Long text"))
    write(staff, 1, key="case_text", title="代表性场景", purpose=why)
    add(staff, zh("Files"))
    write(staff, 2, key="licence", title="营业执照", purpose=why)
    turn(staff, "Machine check")
    add(staff, zh("Check"), "checks")
    write(
        staff,
        0,
        "checks",
        key="figures",
        when='{"field": "case_text.digits", "op": "eq", "value": true}',
        otherwise="discretionary",
        reason="没有数字：请写明件数或天数。",
        reason_en="No figure found.",
    )
    staff.locator("footer button[type=submit], footer [name=action-save]").first.click()
    expect(staff.get_by_role("heading", name="春季入孵申请")).to_be_visible()
    walk.look(staff)
    expect(staff.get_by_text("checks[figures].when.field")).to_be_visible()

    window = ApplicationWindow.objects.get(key="spring")
    staff.goto(f"/admin/snippets/incubator/applicationwindow/edit/{window.pk}/")
    turn(staff, "Machine check")
    write(
        staff,
        0,
        "checks",
        when='{"field": "case_text.has_digits", "op": "eq", "value": true}',
    )
    staff.locator("footer button[type=submit], footer [name=action-save]").first.click()
    expect(staff.get_by_role("heading", name="春季入孵申请")).to_be_visible()
    press(staff, zh("Publish the window"), confirm=True)
    walk.look(staff)
    return staff


def apply(walk: Walk) -> Application:
    """Have a firm find the window, fill in its form on a phone, mend and submit."""
    passer_by = walk.passer_by()
    walk.visit(passer_by, "/apply/")
    follow(passer_by, "春季入孵申请")
    walk.look(passer_by)
    owner = walk.person("owner", viewport=PHONE)
    walk.visit(owner, "/apply/spring/")
    follow(owner, zh("Apply"))
    walk.look(owner)
    press(owner, zh("Start an application"), exact=False)
    upload(owner, zh("Upload the file"), "营业执照.pdf", pdf("licence"), PDF, kind="licence")
    fill(owner, contact_phone="0971-2431234", case_text="做过一个村。")
    press(owner, zh("Save and check again"))
    walk.look(owner)
    expect(owner.get_by_text("没有数字：请写明件数或天数。")).to_be_visible()
    fill(owner, case_text=LONG)
    owner.locator("[name=truth_declared]").check()
    press(owner, zh("Submit the application"))
    walk.look(owner)
    return Application.objects.get(organisation=walk.people.firms[1])


def test_a_window_is_written_answered_and_reviewed(walk: Walk) -> None:
    Organisation.objects.filter(pk__in=[walk.people.firms[1].pk, walk.people.firms[3].pk]).update(
        address="湟源县示例路 1 号"
    )
    walk.admit(3)
    close_window(
        window=ApplicationWindow.objects.get(key="first"),
        reason="另行公布",
        actor=walk.people["staff"],
        now=walk.clock.now,
    )
    walk.clock.until(walk.clock.day)
    staff = write_window(walk)
    case = apply(walk)

    walk.visit(staff, f"/workspace/screening/{case.pk}/")
    expect(staff.get_by_text(walk.people.firms[3].name)).to_be_visible()
    staff.locator("details", has_text=zh(NOTES)).first.evaluate("element => element.open = true")
    fill(staff, ask_case_text="请写清用时。")
    press(staff, zh("Ask the firm"))
    owner = walk.person("owner", viewport=PHONE)
    walk.visit(owner, case.get_absolute_url())
    fill(owner, case_text=BETTER)
    owner.locator("[name=truth_declared]").check()
    press(owner, zh("Send the answers"))
    walk.look(owner)
    expect(owner.locator("ins")).to_contain_text("改造后 2 小时内出具。")

    case.refresh_from_db()
    screening.start_review(application=case, actor=walk.people["staff"], now=walk.clock.now)
    review = case.reviews.select_related("reviewer").first()
    page = walk.person(login_of(review.reviewer))
    walk.visit(page, f"/workspace/reviews/{review.pk}/")
    choose(page, conflict="no")
    press(page, zh("Send the declaration"))
    walk.look(page)
    expect(page.locator("del")).to_contain_text("改造后当天出具。")
    expect(
        page.get_by_role("heading", name=zh("Possible doubles and linked firms"))
    ).to_be_visible()

    english = walk.passer_by(locale="en-GB")
    walk.visit(english, "/apply/")
    follow(english, "Spring intake")
    walk.look(english)
    expect(english.get_by_role("heading", name="What is asked, and why")).to_be_visible()
