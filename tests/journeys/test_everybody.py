"""Every page that somebody of the demo can reach by links, in both languages and widths.

Of each route one page is opened. Nothing scrolls sideways, stands out of its card or is wider
than its place; in English, whatever is Chinese says so.
"""

import re
from collections import deque
from collections.abc import Iterator
from datetime import date
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.urls import Resolver404, resolve
from django.utils import timezone
from playwright.sync_api import Page

from config.demo.cast import CAST
from config.demo.story import play
from portal.models import User
from tests.journeys.people import TickingClock
from tests.support.browser import DESKTOP, PHONE, Pages

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
TODAY = date(2026, 11, 23)
NO_PAGE = re.compile(
    r"^/(admin|static|media|files|api|django-admin)/|logout|download|[.](csv|json|ics|xml|pdf|zip)$"
)
ENOUGH = 100
FAULTS = """() => {
const shown = one => one.getClientRects().length > 0;
const scrolls = (one, card) => { for (let up = one; up && up !== card; up = up.parentElement)
  if (getComputedStyle(up).overflowX !== 'visible') return true; return false; };
const name = one => one.tagName + '.' + one.className + ' ' + one.textContent.trim().slice(0, 40);
const found = [];
const root = document.documentElement;
if (root.scrollWidth > root.clientWidth) found.push('page scrolls sideways');
for (const card of document.querySelectorAll('.card')) {
  const edge = card.getBoundingClientRect().right + 1;
  for (const one of card.querySelectorAll('*'))
    if (shown(one) && one.getBoundingClientRect().right > edge && !scrolls(one, card)
        && !one.closest('.visually-hidden, svg')) {
      found.push('out of its card: ' + name(one));
      break;
    }
}
const places = '.hy-task > *, .hy-rank > *, .hy-dl > *, .hy-tier, .btn';
for (const one of document.querySelectorAll(places))
  if (shown(one) && one.scrollWidth > one.clientWidth + 1 && one.clientWidth
      && !one.closest('.visually-hidden') && !one.querySelector('.visually-hidden'))
    found.push('wider than its place: ' + name(one));
return found; }"""
UNMARKED = """() => { const found = [];
const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walk.nextNode()) { const text = walk.currentNode.data, up = walk.currentNode.parentElement;
  if (/[\\u4e00-\\u9fff]/.test(text) && !up.closest('script, style, template, textarea')
      && up.closest('[lang]').lang === 'en')
    found.push('Chinese as English: ' + text.trim().slice(0, 40)); }
return found; }"""
Seen = set[tuple[str, str]]


@pytest.mark.sqlite_only  # what is shown is the same on either database
@pytest.mark.usefixtures("transactional_db")
def test_pages_fit_on_a_screen_and_a_phone_in_both_languages(pages: Pages, monkeypatch):
    clock = TickingClock(TODAY)
    monkeypatch.setattr(timezone, "now", lambda: clock.now)
    play(today=TODAY, password="not asked", say=lambda _line: None)
    faults: list[str] = []
    for locale in ("en-GB", "zh-CN"):
        seen: Seen = set()
        for login in ("", *(person.login for person in CAST)):
            page = signed_in(pages, login, locale)
            for path in reachable(page, "/workspace/" if login else "/", login, seen):
                place = f"{path} as {login or 'nobody'}, {locale}"
                faults += [f"{place}: {fault}" for fault in faults_of(page)]
            page.context.close()
        assert len(seen) > ENOUGH, sorted(seen)

    assert faults == []


def signed_in(pages: Pages, login: str, locale: str) -> Page:
    """Return a page whose reader has a session, or none."""
    page = pages.open(locale=locale)
    if login:
        client = Client()
        person = User.objects.get(email=f"{login}@demo.example")
        client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
        cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value}
        page.context.add_cookies([{**cookie, "url": pages.base_url}])
    return page


def reachable(page: Page, start: str, login: str, seen: Seen) -> Iterator[str]:
    """Open, one after the other, a page of each route not seen yet that links lead to."""
    waiting = deque([start, "/"])
    while waiting:
        path = waiting.popleft()
        route = route_of(path)
        whose = login if path == start else ""
        if not route or (route, whose) in seen:
            continue
        seen.add((route, whose))
        response = page.goto(path)
        assert response is not None
        assert response.status == 200, f"{path} as {login or 'nobody'}"
        yield path
        links = page.locator("a[href]").evaluate_all("all => all.map(one => one.href)")
        waiting.extend(link.removeprefix(page_root(page)) for link in links)


def page_root(page: Page) -> str:
    """Return scheme and host of the page's address."""
    parts = urlsplit(page.url)
    return f"{parts.scheme}://{parts.netloc}"


def route_of(link: str) -> str:
    """Return the route of a page of the portal; “” for other links, files and the way out."""
    parts = urlsplit(link)
    if parts.netloc or not parts.path.startswith("/") or NO_PAGE.search(parts.path):
        return ""
    try:
        found = resolve(parts.path)
    except Resolver404:
        return ""
    return parts.path if found.view_name == "wagtail_serve" else found.route


def faults_of(page: Page) -> list[str]:
    """Return what is wrong to the eye, on a screen and on a phone."""
    found: list[str] = page.evaluate(UNMARKED)
    for width, height in (DESKTOP, PHONE):
        page.set_viewport_size({"width": width, "height": height})
        found += [f"{width} px: {fault}" for fault in page.evaluate(FAULTS)]
    return found
