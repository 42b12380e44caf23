"""A module that is no Python package, from its author to a firm that downloads it, in Chromium."""

import pytest
from playwright.sync_api import expect

from incubator.models import ModuleDownload
from tests.journeys.incubation import WEIGHTS, contribute_module
from tests.journeys.people import Walk, follow, press, take, zh
from tests.support.browser import PHONE, screenshot

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def test_files_go_from_their_author_to_another_firm(walk: Walk) -> None:
    walk.admit(1, 2)
    release = contribute_module(walk)

    staff = walk.person("staff")
    walk.visit(staff, release.get_absolute_url())
    expect(staff.get_by_text("matters.sql")).to_be_visible()
    press(staff, zh("Publish"), confirm=True)
    walk.look(staff)

    firm = walk.person("owner2", viewport=PHONE)
    walk.visit(firm, "/modules/")
    follow(firm, "村级事务代码表")
    screenshot(walk.look(firm), "module-files-firm")
    expect(firm.get_by_text("sha256sum -c --ignore-missing")).to_be_visible()
    name = zh("Download") + " model.safetensors"
    download = take(firm, firm.get_by_role("button", name=name))
    assert download.path().read_bytes() == WEIGHTS
    assert ModuleDownload.objects.get().organisation == walk.people.firms[2]

    author = walk.person("owner")
    walk.visit(author, "/modules/hy-matters/")
    expect(author.get_by_text(walk.people.firms[2].name)).to_be_visible()
    screenshot(author, "module-files-page")
    passer_by = walk.passer_by(locale="en-GB")
    walk.visit(passer_by, "/modules/hy-matters/")
    expect(passer_by.get_by_text(walk.people.firms[2].name)).to_have_count(0)
