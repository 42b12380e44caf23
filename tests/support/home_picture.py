"""README's picture, taken of a served demo: ``python -m tests.support.home_picture [ADDRESS]``."""

import os
import sys
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")

from tests.support.browser import DESKTOP, chromium  # reads a setting

PICTURE = Path(__file__).parents[2] / "config" / "demo" / "home.png"


def main(address: str = "http://127.0.0.1:8000/") -> None:
    """Write what a visitor of the demo sees first."""
    with chromium() as browser:
        page = browser.new_page(viewport={"width": DESKTOP[0], "height": 1000}, locale="zh-CN")
        page.goto(address)
        page.screenshot(path=PICTURE)


if __name__ == "__main__":
    main(*sys.argv[1:])
