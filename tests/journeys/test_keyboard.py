"""The portal by keyboard alone: every stop is seen, nothing holds the focus, deeds can be done.

People here press keys; nothing is clicked and nothing is focused by script.
"""

import pytest
from playwright.sync_api import Locator, Page, expect

from incubator.models import Enrolment
from tests.journeys.people import Walk, publish_course, zh
from tests.support.browser import DESKTOP, PHONE
from tests.world import PASSWORD

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
MANY = 250
"""More stops than any page has."""

STOP = """async () => {
  const frame = () => new Promise(requestAnimationFrame);
  await frame().then(frame);  // the browser scrolls to what holds the focus before it paints
  const at = document.activeElement;
  if (!at || at === document.body || at === document.documentElement) return null;
  const box = at.getClientRects()[0] || at.getBoundingClientRect();
  const place = [box.left + box.width / 2, box.top + box.height / 2];
  const over = document.elementFromPoint(...place);
  const ring = one => {
    const style = one && getComputedStyle(one);
    return Boolean(style) && style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
  };
  window.stops = window.stops || [];
  if (!window.stops.includes(at)) window.stops.push(at);
  return {
    number: window.stops.indexOf(at),
    html: at.outerHTML.slice(0, 120),
    seen: box.width > 1 && box.height > 1 && place[0] >= 0 && place[0] <= innerWidth
      && place[1] >= 0 && place[1] <= innerHeight,
    ringed: ring(at) || ring(at.closest('.hy-choice, label')),
    covered: Boolean(over) && !at.contains(over) && !over.contains(at)
      && !(at.labels && [...at.labels].some(label => label.contains(over))),
  };
}"""
REACHABLE = """() => {
  const found = document.querySelectorAll(
    'a[href], button, input, select, textarea, summary, [tabindex="0"]');
  const groups = new Set();
  return [...found].filter(one => {
    if (one.disabled || one.type === 'hidden' || one.tabIndex < 0 || !one.checkVisibility())
      return false;
    if (one.type !== 'radio') return true;
    const group = `${one.form && one.form.id}|${one.name}`;
    return !groups.has(group) && groups.add(group);
  }).length;
}"""


def stop(page: Page) -> dict | None:
    """Return where the focus is, or nothing when it has left the page."""
    return page.evaluate(STOP)


def stops(page: Page) -> list[dict]:
    """Press Tab from the top of a fresh page until its end, and return every stop."""
    found: list[dict] = []
    for _ in range(MANY):
        page.keyboard.press("Tab")
        here = stop(page)
        if here is None or (found and here["number"] < len(found)):
            return found
        found.append(here)
    raise AssertionError(f"the focus never leaves {page.url}: {found[-3:]}")


def go(page: Page, target: Locator) -> None:
    """Press Tab until ``target`` holds the focus, which must then be seen."""
    expect(target).to_be_visible()
    for _ in range(MANY):
        page.keyboard.press("Tab")
        if target.evaluate("one => one === document.activeElement"):
            require_seen(page)
            return
    raise AssertionError(f"Tab never reaches {target}")


def require_seen(page: Page) -> None:
    """Fail unless what holds the focus is in view, with a ring around it."""
    here = stop(page)
    assert here is not None
    assert (here["seen"], here["ringed"]) == (True, True), here


def button(page: Page, words: str) -> Locator:
    return page.get_by_role("button", name=zh(words), exact=True).first


def link(page: Page, words: str, **params: object) -> Locator:
    return page.get_by_role("link", name=zh(words, **params), exact=True).first


def enter(page: Page, target: Locator) -> None:
    """Go to a link or button, press Enter, and wait for the page that it leads to."""
    go(page, target)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def sign_in(
    walk: Walk, login: str, *, viewport: tuple[int, int] = DESKTOP, locale: str = "zh-CN"
) -> Page:
    """Sign in by typing."""
    page = walk.opened.open(viewport=viewport, locale=locale)
    page.goto("/accounts/login/")
    go(page, page.locator("[name=login]"))
    page.keyboard.type(f"{login}@demo.example")
    go(page, page.locator("[name=password]"))
    page.keyboard.type(PASSWORD)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.wait_for_url("**/workspace/")
    return page


def test_skip_link_comes_first_and_leads_past_the_navigation(walk: Walk) -> None:
    page = walk.passer_by()
    page.goto("/recommendations/")
    page.keyboard.press("Tab")
    expect(page.locator(".hy-skip")).to_be_focused()
    require_seen(page)
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('#main').contains(document.activeElement)")


PUBLIC = (
    "/",
    "/recommendations/",
    "/processes/",
    "/accounts/login/",
    "/accounts/signup/",
    "/verify/",
)
OWN = ("/workspace/", "/workspace/firms/new/", "/workspace/profile/", "/workspace/organisations/")


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("login", ["", "owner"], ids=["public", "owner"])
def test_every_stop_is_reached_seen_and_left(walk: Walk, login: str, viewport) -> None:
    page = sign_in(walk, login, viewport=viewport) if login else walk.opened.open(viewport=viewport)
    for path in OWN if login else PUBLIC:
        page.goto(path)
        if page.evaluate("document.activeElement !== document.body"):
            continue  # a page that puts the focus into its only field is walked by `sign_in`
        found = stops(page)
        assert len(found) == page.evaluate(REACHABLE), path
        assert [(path, one) for one in found if not one["seen"]] == []
        assert [(path, one) for one in found if not one["ringed"]] == []
        assert [(path, one) for one in found if one["covered"]] == []


@pytest.mark.parametrize(
    ("viewport", "menu"), [(DESKTOP, "details.hy-user"), (PHONE, "details.hy-menu")]
)
def test_menu_opens_is_walked_and_closes(walk: Walk, viewport, menu: str) -> None:
    page = sign_in(walk, "owner", viewport=viewport)
    opener = page.locator(f"{menu} > summary")
    go(page, opener)
    page.keyboard.press("Enter")
    first = page.locator(f"{menu}[open] a").first
    go(page, first)
    page.keyboard.press("Escape")
    expect(page.locator(f"{menu}[open]")).to_have_count(0)
    expect(opener).to_be_focused()
    page.keyboard.press("Space")
    enter(page, page.locator(f"{menu}[open] a[href='/workspace/tokens/']"))
    expect(page).to_have_url(f"{walk.opened.base_url}/workspace/tokens/")


def test_course_is_learned_and_left_by_keyboard(walk: Walk) -> None:
    """Enrol, read, fail on purpose, read the errors, pass; and leave another time, by a dialog."""
    course = publish_course(walk.people, walk.clock)
    page = sign_in(walk, "learner")
    page.goto(f"/courses/{course.slug}/")
    enter(page, link(page, "Enrol"))
    enter(page, button(page, "Enrol"))
    leave_and_stay(page)
    enter(page, link(page, "Go on with lesson %(n)s", n=1))
    for _lesson in course.lessons[:-1]:
        enter(page, button(page, "Mark as read and go on"))
    enter(page, button(page, "Mark as read"))
    enter(page, link(page, "Take the quiz"))
    answer(page, course)
    enter(page, button(page, "Send my answers"))
    assert Enrolment.objects.get().state == "completed"
    enter(page, link(page, "Show the proof"))
    expect(page.get_by_role("heading", name=zh("Valid"), exact=True)).to_be_visible()


def leave_and_stay(page: Page) -> None:
    """Ask to leave; the dialog keeps the focus until Escape gives it back, or Cancel does."""
    opener = button(page, "Leave the course")
    dialog = page.locator("dialog[open]")
    go(page, opener)
    page.keyboard.press("Enter")
    expect(dialog).to_be_visible()
    for _ in range(6):
        here = page.evaluate(
            "[document.activeElement === document.body,"
            " document.querySelector('dialog[open]').contains(document.activeElement)]"
        )
        assert any(here), "the focus has left the dialog for the page behind it"
        page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(opener).to_be_focused()
    page.keyboard.press("Enter")
    go(page, dialog.locator("[data-no]"))
    page.keyboard.press("Enter")
    expect(dialog).to_have_count(0)
    expect(opener).to_be_focused()
    assert Enrolment.objects.get().state == "enrolled"


def answer(page: Page, course) -> None:
    """Choose the right answers: arrows within round buttons, Space on square boxes."""
    for question in course.versions.get().questions:
        name = f'main [name="{question["id"]}"]'
        boxes = page.locator(name)
        if len(question["correct"]) > 1:
            for number in question["correct"]:
                go(page, boxes.nth(number))
                page.keyboard.press("Space")
            continue
        go(page, boxes.first)
        page.keyboard.press("Space")
        for _ in range(question["correct"][0]):
            page.keyboard.press("ArrowDown")
        expect(boxes.nth(question["correct"][0])).to_be_checked()


FIRM = {
    "name": "示例键盘有限公司",
    "uscc": "91630123MADEM00000",
    "address": "示例路 9 号",
    "phone": "0971-0000009",
    "legal_representative": "示例法人",
}
"""What somebody types; the code's last character is wrong."""


def test_chinese_words_on_an_english_page_are_marked(walk: Walk) -> None:
    """Names that exist in Chinese only are read out as Chinese."""
    page = sign_in(walk, "owner", locale="en-GB")
    page.goto("/workspace/firms/new/")
    unmarked = """[...document.querySelectorAll('body *')].filter(one =>
        !one.closest('[lang^=zh], script, style') &&
        [...one.childNodes].some(part => part.nodeType === 3 && /[\u4e00-\u9fff]/.test(part.data))
    ).map(one => one.outerHTML)"""
    assert page.locator("span[lang=zh-Hans]").first.text_content() == "示例签署人甲"
    assert page.evaluate(unmarked) == []
    assert page.locator("option[lang=zh-Hans]").first.text_content() == "城关镇"


def test_wrong_form_says_so_first_and_is_mended(walk: Walk) -> None:
    """The summary of errors takes the focus, and its links lead to the fields."""
    walk.opened.expect_error("422")
    page = sign_in(walk, "learner")
    page.goto("/workspace/firms/new/")
    for name, words in FIRM.items():
        go(page, page.locator(f"main [name={name}]"))
        page.keyboard.type(words)
    go(page, page.locator("main [name=region_code]"))
    page.keyboard.press("ArrowDown")
    enter(page, page.locator("main form button[type=submit]").first)
    summary = page.locator("[data-error-summary]")
    expect(summary).to_be_focused()
    go(page, summary.get_by_role("link").first)
    page.keyboard.press("Enter")
    expect(page.locator("main [name=uscc]")).to_be_focused()
    expect(page.locator("main [name=name]")).to_have_value(FIRM["name"])
