"""A module that is no Python package, from its author to a firm that downloads it, in Chromium."""

import pytest
from playwright.sync_api import Page, expect

from config.demo.module_files import MATTERS_SQL, safetensors
from incubator.models import ModuleDownload, ModuleRelease
from tests.journeys.people import Walk, fill, follow, press, take, zh
from tests.support.browser import PHONE, screenshot

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
WEIGHTS = safetensors({"w": [0.25, 0.75]})


def add(author: Page, kind: str, name: str, data: bytes) -> None:
    """Add a file to the release that is on the page."""
    fill(author, **{"add-kind": kind})
    author.locator("[name=add-file]").set_input_files(
        [{"name": name, "mimeType": "application/octet-stream", "buffer": data}]
    )


def contribute(walk: Walk) -> ModuleRelease:
    """Have a firm's signer register a module, add files, mend one and submit it."""
    author = walk.person("owner")
    walk.visit(author, "/workspace/modules/new/")
    fill(
        author,
        name="hy-matters",
        title="村级事务代码表",
        summary="四类村级事务及其办理时限。",
        licence="MulanPSL-2.0",
        contact="owner@demo.example",
    )
    press(author, zh("Go on to the release"))
    walk.look(author)
    fill(author, **{"start-number": "1.0.0"})
    press(author, zh("Go on to the files"))
    walk.look(author)
    add(author, "sql", "matters.sql", MATTERS_SQL.encode())
    press(author, zh("Add the file"))
    walk.look(author)
    add(author, "weights", "model.safetensors", WEIGHTS)
    press(author, zh("Add the file"))
    screenshot(walk.look(author), "module-files-author")
    press(author, zh("Submit for review"))
    walk.look(author)
    return ModuleRelease.objects.get()


def test_files_go_from_their_author_to_another_firm(walk: Walk) -> None:
    walk.admit(1, 2)
    release = contribute(walk)

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
