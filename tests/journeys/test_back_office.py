"""Wagtail's back office in Chromium: it works, and nothing in it is inline code.

A violation of the content policy is a console error, and any console error fails the test.
"""

from collections import Counter, deque
from contextlib import suppress
from urllib.parse import urldefrag, urljoin, urlsplit

import pytest
from django.test import Client
from django.urls import Resolver404, resolve
from django.utils import timezone
from PIL import Image
from playwright.sync_api import Page, expect
from playwright.sync_api import TimeoutError as NotYet

from portal.models import NewsIndexPage, NewsPage, User
from portal.services.site import build_site
from tests.incubator.firms import PDF

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]
AUTOSAVE = r"400 \(Bad Request\)"  # a page that is half written is not saved yet
PAGES = 70


@pytest.fixture
def editor(transactional_db, pages, world, now) -> Page:
    """Return the page of somebody who may do everything in the back office."""
    build_site(now=now)
    person = User.objects.create(
        email="root@demo.example", is_superuser=True, password_set_at=timezone.now()
    )
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    page = pages.open()
    page.context.set_default_timeout(40_000)
    value = client.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": value, "url": pages.base_url}])
    return page


def test_editor_publishes_news_with_picture_and_document(editor, pages, tmp_path):
    pages.expect_error(AUTOSAVE)
    picture, paper = tmp_path / "square.png", tmp_path / "paper.pdf"
    Image.new("RGB", (320, 240), (20, 120, 90)).save(picture)
    paper.write_bytes(PDF)

    editor.goto(f"/admin/pages/add/portal/newspage/{NewsIndexPage.objects.get().pk}/")
    open_calendar(editor)
    editor.locator(".xdsoft_datetimepicker:visible .xdsoft_date").nth(10).click()
    editor.locator("[name=title]").fill("试验新闻")
    add(editor, "小标题")
    editor.locator("[name=body-0-value]").fill("一、背景")
    add(editor, "正文")
    editor.locator("[data-contentpath=body] [contenteditable=true]").fill("这是正文。")
    add(editor, "图片")
    choose_new(editor, "image", str(picture))
    editor.locator("[name=body-2-value-alternative]").fill("绿色方块")
    add(editor, "文档")
    choose_new(editor, "document", str(paper))
    editor.locator("[role=tab]").nth(1).click()
    editor.locator("[name=slug]").fill("trial")
    editor.locator("[data-side-panel-toggle=preview]").click()
    preview = editor.frame_locator("#w-preview-iframe")
    expect(preview.locator("h1").first).to_have_text("试验新闻")
    styled = editor.locator("[data-contentpath=body] style").first
    assert styled.evaluate("style => style.sheet.cssRules.length") > 0
    editor.locator("footer [data-w-dropdown-target=toggle]").click()
    editor.locator("[name=action-publish]").click()
    # Not the next navigation, which may be that of Wagtail's own saving.
    expect(editor.locator(".messages .success")).to_contain_text("试验新闻")
    assert NewsPage.objects.get(slug="trial").live

    editor.goto("/news/trial/")
    shown = editor.locator("main")
    expect(shown).to_contain_text("这是正文。")
    expect(shown.locator("img[alt=绿色方块]")).to_be_visible()
    expect(shown).to_contain_text("新 document")


def open_calendar(editor: Page) -> None:
    """Click into the date until its calendar opens: Wagtail may not be listening at first."""
    calendar = editor.locator(".xdsoft_datetimepicker:visible")
    for _turn in range(20):
        editor.locator("[name=title]").click()
        editor.locator("[name=date]").click()
        with suppress(NotYet):
            calendar.first.wait_for(timeout=2_000)
            return
    pytest.fail("the calendar never opened")


def add(editor: Page, kind: str) -> None:
    """Put a block at the end of the text."""
    editor.locator("[data-contentpath=body] .c-sf-add-button").last.click()
    editor.locator("[role=option]:visible").filter(has_text=kind).click()


def choose_new(editor: Page, kind: str, file: str) -> None:
    """Open a block's chooser, upload a file there and have it chosen."""
    editor.locator(f"[data-contentpath=body] .{kind}-chooser .chooser__choose-button").click()
    modal = editor.locator(".modal-dialog:visible")
    modal.locator("#tab-label-upload").click()
    modal.locator(f"#id_{kind}-chooser-upload-file").set_input_files(file)
    modal.locator(f"#id_{kind}-chooser-upload-title").fill(f"新 {kind}")
    modal.locator("#tab-upload [type=submit]").click()
    expect(modal).to_be_hidden()


def test_panels_and_choosers_outside_a_text_start(editor):
    editor.goto("/admin/redirects/add/")
    editor.locator(".page-chooser .chooser__choose-button:visible").click()
    editor.locator(".modal-dialog:visible a.choose-page").first.click()
    expect(editor.locator("[name=redirect_page]")).not_to_have_value("")

    editor.goto("/admin/workflows/add/")
    rows = editor.locator("[id$=-FORMS] .task-chooser")
    before = rows.count()
    editor.locator("[id$=-ADD]").first.click()
    expect(rows).to_have_count(before + 1)
    rows.last.locator(".chooser__choose-button").click()
    expect(editor.locator(".modal-dialog:visible [name$=name]").first).to_be_visible()


def test_every_kind_of_page_is_without_violation(editor, pages):
    pages.expect_error("w-locale")  # Wagtail's own script, on the page of one's own account
    starts = ("/admin/", "/admin/pages/", "/admin/account/", "/admin/redirects/add/")
    waiting, known, looked = deque(starts), set(), Counter()
    while waiting and len(known) < PAGES:
        url = urldefrag(urljoin(pages.base_url, waiting.popleft())).url
        name = route(url)
        if url in known or not name or looked[name]:
            continue
        known.add(url)
        looked[name] += 1
        editor.goto(url)
        links = editor.locator("a[href]")
        waiting.extend(links.evaluate_all("all => all.map(one => one.getAttribute('href'))"))

    assert {"wagtailadmin_home", "wagtailadmin_pages:edit", "wagtailimages:add_multiple"} <= set(
        looked
    )


def route(url: str) -> str:
    """Return the back office's route at ``url``, except the one that leads out."""
    path = urlsplit(url).path
    if not path.startswith("/admin/") or "/bulk/" in path or "logout" in path:
        return ""
    try:
        return resolve(path).view_name
    except Resolver404:
        return ""
