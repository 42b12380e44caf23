"""Chromium for tests: pages that notice every error, accessibility, screenshots."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

ARTEFACTS = Path(settings.BASE_DIR) / "var" / "artefacts"
DESKTOP = (1280, 800)
PHONE = (360, 740)
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",  # tests run as root in containers
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
# Violations are reported in the page; the console repeats them, which would be noticed as well.
REPORT_CSP = """document.addEventListener('securitypolicyviolation', event =>
  console.error(`CSP: ${event.violatedDirective} ${event.blockedURI}`))"""
AXE_OPTIONS = {
    "resultTypes": ["violations"],
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the system's Chromium (or the one that CHROMIUM names).

    Playwright keeps an event loop running in this thread, in which Django would refuse to touch
    the database: its check is switched off until Chromium is closed.
    """
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"),
                args=CHROMIUM_ARGUMENTS,
            )
            yield browser
            browser.close()
    finally:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


class Pages:
    """Opens pages and remembers what went wrong in them."""

    def __init__(self, browser: Browser, base_url: str) -> None:
        self.browser = browser
        self.base_url = base_url
        self.contexts: list[BrowserContext] = []
        self.errors: list[str] = []
        self.expected: list[str] = []

    def open(self, *, viewport: tuple[int, int] = DESKTOP, locale: str = "zh-CN") -> Page:
        """Return an empty page with cookies of its own, as another person would have it."""
        context = self.browser.new_context(
            base_url=self.base_url,
            viewport={"width": viewport[0], "height": viewport[1]},
            locale=locale,
            timezone_id="Asia/Shanghai",
            reduced_motion="reduce",
        )
        context.set_default_timeout(15_000)
        context.add_init_script(REPORT_CSP)
        self.contexts.append(context)
        page = context.new_page()
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.errors.append(f"{page.url}: {error}"))
        return page

    def expect_error(self, pattern: str) -> None:
        """Allow errors that match ``pattern``, as a page that must answer 403 makes one."""
        self.expected.append(pattern)

    def unexpected(self) -> list[str]:
        """Return the errors that nobody allowed."""
        return [e for e in self.errors if not any(re.search(p, e) for p in self.expected)]

    def close(self) -> None:
        """Close every page."""
        for context in self.contexts:
            context.close()

    def screenshot_all(self, name: str) -> None:
        """Keep what every page shows, to look into a failure."""
        for number, context in enumerate(self.contexts):
            for page in context.pages:
                screenshot(page, f"failed-{name}-{number}")

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(f"{message.location.get('url', '')}: {message.text}")


def screenshot(page: Page, name: str) -> Path:
    """Write the whole page to ``var/artefacts/NAME.png``."""
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    safe = re.sub(r"[^\w.-]+", "-", name)
    path = ARTEFACTS / f"{safe}.png"
    page.screenshot(path=path, full_page=True)
    return path


def accessibility_faults(page: Page) -> list[str]:
    """Return what axe finds: rule, place and what to do, one line each."""
    response = Axe().run(page, options=AXE_OPTIONS).response
    return [
        f"{rule['id']} at {node['target']}: {node['failureSummary']}"
        for rule in response["violations"]
        for node in rule["nodes"]
    ]


def assert_accessible(page: Page) -> None:
    """Fail with axe's findings, if there are any."""
    assert accessibility_faults(page) == [], page.url
