"""Words typed a moment ago outlive other buttons, links and refusals, walked in Chromium."""

import pytest
from playwright.sync_api import Page, expect

from config.demo.papers import pdf
from tests.journeys.people import PDF, Walk, press, upload, zh
from tests.support.browser import PHONE

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
WORDS = "刚写的话，一秒钟也没有等。"
FIELD = "[name=core_products]"


@pytest.fixture
def firm(walk: Walk) -> Page:
    """A firm's new application on a phone."""
    page = walk.person("owner", viewport=PHONE)
    walk.visit(page, "/workspace/applications/")
    press(page, zh("Start an application"), exact=False)
    return page


def test_words_are_saved_before_another_button_of_the_page(firm: Page) -> None:
    firm.locator(FIELD).fill(WORDS)
    upload(firm, zh("Upload the file"), "营业执照.pdf", pdf("licence"), PDF, kind="licence")
    expect(firm.locator(FIELD)).to_have_value(WORDS)
    firm.reload()
    expect(firm.locator(FIELD)).to_have_value(WORDS)
    expect(firm.locator("[data-draft-offer]")).to_be_hidden()
    firm.locator(FIELD).fill(WORDS * 2)
    press(firm, zh("Remove"), exact=False)
    expect(firm.locator(FIELD)).to_have_value(WORDS * 2)


def test_words_are_offered_again_after_a_link(firm: Page) -> None:
    where = firm.url
    firm.locator(FIELD).fill(WORDS)
    firm.goto("/apply/")
    firm.goto(where)
    firm.locator("[data-draft-restore]").click()
    expect(firm.locator(FIELD)).to_have_value(WORDS)


def test_words_of_a_refused_page_stay_for_the_next(walk: Walk, firm: Page) -> None:
    walk.opened.expect_error("422")
    firm.locator(FIELD).fill(WORDS)
    firm.get_by_role("button", name=zh("Submit the application"), exact=True).click()
    expect(firm.locator("[data-error-summary]")).to_be_visible()
    upload(firm, zh("Upload the file"), "营业执照.pdf", pdf("licence"), PDF, kind="licence")
    expect(firm.locator("[data-error-summary]")).to_have_count(0)
    expect(firm.locator(FIELD)).to_have_value(WORDS)


def test_enter_saves_and_does_not_send(firm: Page) -> None:
    firm.locator("[name=contact_person]").fill("王五")
    firm.locator("[name=contact_person]").press("Enter")
    expect(firm.get_by_text(zh("Saved. You can go on at any time."))).to_be_visible()
    expect(firm.locator("[name=contact_person]")).to_have_value("王五")
