"""People of a journey: each in a browser of their own, on pages that are checked as they go."""

import re
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from time import monotonic
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone, translation
from playwright.sync_api import Download, Locator, Page, Response, expect

from config.demo import pilots
from config.demo.admission import admit, apply, judge, open_window
from config.demo.cast import DATA, DOMAIN, create_cast, load_county
from config.demo.clock import Clock
from config.demo.courses import LESSONS, QUIZ
from config.demo.data import FIRMS
from config.demo.modules import release
from config.demo.people import People
from config.demo.wheels import uscc_check_wheel
from incubator.models import CoursePage
from incubator.services import courses as course_services
from incubator.services import modules as module_services
from portal.models import User
from portal.services.delivery import drain_outbox
from portal.services.site import build_site
from tests.support.browser import DESKTOP, PHONE, Pages, accessibility_faults
from tests.world import PASSWORD
from village_pilot.services.processes import load_processes

expect.set_options(timeout=15_000)  # as patient as the clicks, on a busy machine
PDF = "application/pdf"
NAMED = ("营业执照.pdf", "第 1 批")
HAN = re.compile(r"[\u4e00-\u9fff]")
SPILL = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def zh(words: Any, **params: object) -> str:
    """Return an interface text in Chinese; a text that has no translation fails."""
    with translation.override("zh-hans"):
        text = translation.gettext(words) if isinstance(words, str) else str(words)
    assert HAN.search(text), f"not translated: {words}"
    return text % params if params else text


class TickingClock(Clock):
    """The demo's clock for people and their server: it ticks, and leaps when the story does."""

    def __init__(self, day: date) -> None:
        self.today = self.day = day
        self.since = monotonic()

    @property
    def now(self) -> datetime:
        """Nine in the morning of the day, and the time that the test has spent on it."""
        start = timezone.make_aware(datetime.combine(self.day, time(9)))
        return start + timedelta(seconds=monotonic() - self.since)

    def until(self, day: date) -> None:
        """Deliver what waits and go to the (working) day."""
        before = self.day
        super().until(day)
        if self.day > before:
            self.since = monotonic()


class Walk:
    """A county and the people who walk through its portal, in Chinese or in English."""

    def __init__(self, pages: Pages, clock: TickingClock, *, english: bool = False) -> None:
        """Load the county with its catalogue, pages, firms, villages and people."""
        self.opened, self.clock, self.english = pages, clock, english
        self.faults: list[str] = []
        password = make_password(PASSWORD)
        with transaction.atomic():
            load_county(now=clock.now)
            with (DATA / "village_processes.csv").open(encoding="utf-8") as lines:
                load_processes(lines=lines, now=clock.now)
            build_site(now=clock.now)
            cast = create_cast(password=password, now=clock.now)
            self.people = People(cast, clock, password)
            open_window(clock)

    # --- what is not walked

    def admit(self, *numbers: int) -> None:
        """Have firms of the demo admitted, from application to notice, through the services."""
        firms = [FIRMS[number - 1] for number in numbers]
        with transaction.atomic():
            window = open_window(self.clock)
            cases = [apply(firm, self.people, self.clock, window) for firm in firms]
            judged = judge(cases, self.people, self.clock, 3)
            batch = "-".join(str(number) for number in numbers)
            admit(judged, self.people, self.clock, batch)
        self.deliver()

    def deliver(self) -> None:
        """Deliver the events that people have caused."""
        drain_outbox(now=self.clock.now)

    def leap(self, day: date) -> None:
        """Go on to a day; whoever was signed in must sign in again."""
        self.clock.until(day)

    def stage(self) -> pilots.Stage:
        """Return the player of pilots, with a sheet of codes for every signer."""
        with transaction.atomic():
            return pilots.Stage(self.people, self.clock)

    def without_names(self, text: str) -> str:
        """Return a text without the names of people and firms, and what people called things."""
        people, firms = self.people.cast.values(), self.people.firms.values()
        for name in [*NAMED, *(one.name for one in (*people, *firms))]:
            text = text.replace(name, "")
        return text

    # --- browsers

    def say(self, words: str, **params: object) -> str:
        """Return an interface text in the language of the walk."""
        if not self.english:
            return zh(words, **params)
        return words % params if params else words

    def passer_by(self, *, locale: str = "zh-CN") -> Page:
        """Return the page of somebody who is not signed in."""
        return self.opened.open(locale=locale)

    def person(self, login: str, *, viewport: tuple[int, int] = DESKTOP) -> Page:
        """Return a page on which somebody has just signed in, in their workspace."""
        locale = "en-GB" if self.english else "zh-CN"
        page = self.opened.open(viewport=viewport, locale=locale)
        page.goto("/accounts/login/")
        page.locator("[name=login]").fill(f"{login}@{DOMAIN}")
        page.locator("[name=password]").fill(PASSWORD)
        send(page)
        expect(page).to_have_url(re.compile("/workspace/$"))
        return page

    def visit(self, page: Page, path: str) -> Page:
        """Open an address and look at the page."""
        response = page.goto(path)
        assert response is not None
        assert response.status == 200, path
        return self.look(page)

    def look(self, page: Page) -> Page:
        """Note what axe finds, and sideways scrolling, on a screen and on a phone.

        In English on the person's own screen alone, and what is Chinese there.
        """
        before = page.viewport_size or {"width": DESKTOP[0], "height": DESKTOP[1]}
        own = (before["width"], before["height"])
        if self.english:
            words = [text for text in english_faults(page) if HAN.search(self.without_names(text))]
            self.faults += [f"{page.url}: in Chinese: {text}" for text in words]
        for width, height in (own,) if self.english else (DESKTOP, PHONE):
            page.set_viewport_size({"width": width, "height": height})
            place = f"{page.url} at {width}"
            self.faults += [f"{place}: {fault}" for fault in accessibility_faults(page)]
            spill = page.evaluate(SPILL)
            if spill > 0:
                self.faults.append(f"{place}: scrolls sideways by {spill} px")
        page.set_viewport_size(before)
        return page


CHINESE_WORDS = """() => {
const HAN = /[\\u4e00-\\u9fff]/, MARKED = '[lang="zh-Hans"]:not([data-marked])';
const unmarked = Array.from(document.querySelectorAll('body *')).filter(one =>
  !one.closest('[lang^=zh], script, style, textarea') &&
  Array.from(one.childNodes).some(part => part.nodeType === 3 && HAN.test(part.data)));
const words = Array.from(document.querySelectorAll(
  'nav li, nav summary, h1, h2, h3, label, legend, th, dt, caption, button, .btn, .hy-badge'
)).filter(one => !one.closest(MARKED) && !one.querySelector(MARKED));
const texts = [...unmarked, ...words].map(one => one.textContent.trim());
return texts.filter(text => HAN.test(text)); }"""
"""Chinese that is not marked as such; in headings, labels, buttons and the like what the page's
script has marked counts too: only templates know a name from a missing word."""


def english_faults(page: Page) -> list[str]:
    """Return what is Chinese on a page in English and is no name or text of the county's."""
    assert page.locator("html").get_attribute("lang") == "en", page.url
    return list(page.evaluate(CHINESE_WORDS))


# --- deeds on a page, by the words that a person reads


def follow(page: Page | Locator, words: str, *, exact: bool = True) -> None:
    """Click a link and wait for its page."""
    arrive(page, page.get_by_role("link", name=words, exact=exact).first)


def press(page: Page | Locator, words: str, *, confirm: bool = False, exact: bool = True) -> None:
    """Press a button, say yes where it asks back, and wait for the page."""
    arrive(page, page.get_by_role("button", name=words, exact=exact).first, confirm=confirm)


def send(page: Page) -> None:
    """Press the first button of the page's form, whatever is written on it."""
    arrive(page, page.locator("main form button[type=submit]").first)


def arrive(page: Page | Locator, target: Locator, *, confirm: bool = False) -> None:
    """Click and wait for a page that answers well."""
    whole = page if isinstance(page, Page) else page.page
    if confirm:
        target.click()
        target = whole.locator("dialog[open] [data-yes]")
    with whole.expect_navigation() as moved:
        target.click()
    answer: Response = moved.value
    assert answer.status == 200, f"{answer.url}: {whole.locator('main').inner_text()}"


def fill(page: Page, **values: str) -> None:
    """Type into fields, or choose from lists, by their names."""
    for name, value in values.items():
        field = page.locator(f'main [name="{name}"]')
        if field.evaluate("element => element.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)


def choose(page: Page, **values: object) -> None:
    """Choose among round or square boxes by name and value."""
    for name, value in values.items():
        page.locator(f'main [name="{name}"][value="{value}"]').check()


def upload(page: Page, button: str, name: str, content: bytes, mime: str, **fields: str) -> None:
    """Choose a file, say what it is, and send it."""
    form = page.locator("main form[data-upload]")
    for field, value in fields.items():
        form.locator(f'[name="{field}"]').select_option(value)
    form.locator("[name=file]").set_input_files(
        [{"name": name, "mimeType": mime, "buffer": content}]
    )
    press(form, button)


def take(page: Page, target: Locator) -> Download:
    """Click what downloads a file, and return the download."""
    with page.expect_download() as found:
        target.click()
    return found.value


def login_of(user: User) -> str:
    """Return what a person of the cast is called."""
    return user.email.removesuffix(f"@{DOMAIN}")


# --- what chapters stand on


def publish_module(people: People, clock: Clock) -> None:
    """Publish the county's example module after review."""
    module = module_services.create_module(
        name="hy-uscc-check",
        title="统一社会信用代码校验",
        title_en="USCC check",
        summary="按 GB 32100-2015 校验统一社会信用代码。",
        summary_en="Checks unified social credit codes by GB 32100-2015.",
        licence="MulanPSL-2.0",
        contact="incubator@demo.example",
        example="from hy_uscc_check import is_valid_uscc",
        actor=people["resources"],
        now=clock.now,
    )
    release(module, uscc_check_wheel(), people["resources"], people, clock)


def publish_course(people: People, clock: Clock) -> CoursePage:
    """Have the expert write the demo's course and the training staff approve it."""
    course_services.ensure_course_permissions(now=clock.now)
    course = course_services.write_course(
        expert=people["expert"],
        now=clock.now,
        title="村级事务流程梳理与改造",
        title_en="Mapping and redesigning village processes",
        slug="process-redesign",
        intro="用一天时间学会画流程、减环节、看日志。",
        hours=Decimal(6),
        lessons=LESSONS,
        quiz=QUIZ,
    )
    course_services.submit_course(course=course, actor=people["expert"], now=clock.now)
    course_services.approve_course(course=course, actor=people["training"], now=clock.now)
    return CoursePage.objects.get(pk=course.pk)
