"""Deeds of the chapters about incubation: apply, review, download, learn."""

from playwright.sync_api import Page, expect

from config.demo.admission import NARRATIVES, answers
from config.demo.courses import LESSONS, QUIZ
from config.demo.data import FIRMS
from config.demo.module_files import MATTERS_SQL, safetensors
from config.demo.papers import pdf
from config.demo.wheels import uscc_check_wheel
from incubator.models import Application, ApplicationReview, ModuleRelease
from portal.models import IssuedDocument
from tests.journeys.people import (
    DESKTOP,
    PDF,
    Walk,
    choose,
    fill,
    follow,
    press,
    take,
    upload,
    zh,
)
from tests.support.browser import screenshot

WEIGHTS = safetensors({"w": [0.25, 0.75]})


def send_application(walk: Walk, viewport: tuple[int, int] = DESKTOP) -> None:
    """Have the firm's signer fill in the form, with a file, and send it."""
    owner = walk.person("owner", viewport=viewport)
    walk.look(owner)
    walk.visit(owner, "/workspace/applications/")
    press(owner, walk.say("Start an application"), exact=False)
    walk.look(owner)
    upload(owner, walk.say("Upload the file"), "营业执照.pdf", pdf("licence"), PDF, kind="licence")
    expect(owner.get_by_role("link", name="营业执照.pdf")).to_be_visible()
    values = answers(FIRMS[0])
    choose(owner, scenarios=values["scenarios"][0])
    fill(
        owner,
        business_scope=values["business_scope"],
        core_products=values["core_products"],
        technical_staff=str(values["technical_staff"]),
        case_text=values["case_text"],
        contact_person=values["contact_person"],
        contact_phone=values["contact_phone"],
    )
    owner.locator("[name=truth_declared]").check()
    press(owner, walk.say("Save and check again"))
    walk.look(owner)
    expect(owner.get_by_role("heading", name=walk.say("Machine check"))).to_be_visible()
    press(owner, walk.say("Submit the application"))
    walk.look(owner)
    expect(owner.get_by_text(walk.say("With the screeners"))).to_be_visible()


def assigned(case: Application) -> list[ApplicationReview]:
    """Return the reviews of a case in order."""
    return list(case.reviews.select_related("reviewer").order_by("pk"))


def review_application(walk: Walk, login: str, *, look: bool) -> None:
    """Have a reviewer declare that there is no conflict, and score."""
    page = walk.person(login)
    if look:
        walk.look(page)
    walk.visit(page, "/workspace/reviews/") if look else page.goto("/workspace/reviews/")
    follow(page, walk.people.firms[1].name)
    if look:
        walk.look(page)
    choose(page, conflict="no")
    press(page, walk.say("Send the declaration"))
    if look:
        walk.look(page)
    for name, words in NARRATIVES.items():
        choose(page, **{name: 3})
        fill(page, **{f"{name}_note": words})
    choose(page, recommendation="admit")
    press(page, walk.say("Send the review"))
    if look:
        walk.look(page)


def propose_in_public(walk: Walk, staff: Page, case: Application) -> None:
    """Have the staff propose admission and publish the notice."""
    walk.visit(staff, f"/workspace/screening/{case.pk}/")
    press(staff, walk.say("Propose admission"))
    walk.look(staff)
    walk.visit(staff, "/workspace/screening/notice/")
    fill(staff, batch="第 1 批")
    press(staff, walk.say("Release the decisions"), confirm=True)
    walk.look(staff)


def add_file(author: Page, kind: str, name: str, data: bytes) -> None:
    """Add a file to the release that is on the page."""
    fill(author, **{"add-kind": kind})
    author.locator("[name=add-file]").set_input_files(
        [{"name": name, "mimeType": "application/octet-stream", "buffer": data}]
    )


def contribute_module(walk: Walk, login: str = "owner") -> ModuleRelease:
    """Have a firm's signer register a module, add files, mend one and submit it."""
    author = walk.person(login)
    walk.visit(author, "/workspace/modules/new/")
    fill(
        author,
        name="hy-matters",
        title="村级事务代码表",
        title_en="Codes of village affairs",
        summary="四类村级事务及其办理时限。",
        licence="MulanPSL-2.0",
        contact="owner@demo.example",
    )
    press(author, walk.say("Go on to the release"))
    walk.look(author)
    fill(author, **{"start-number": "1.0.0"})
    press(author, walk.say("Go on to the files"))
    walk.look(author)
    add_file(author, "sql", "matters.sql", MATTERS_SQL.encode())
    press(author, walk.say("Add the file"))
    walk.look(author)
    add_file(author, "weights", "model.safetensors", WEIGHTS)
    press(author, walk.say("Add the file"))
    screenshot(walk.look(author), "module-files-author")
    press(author, walk.say("Submit for review"))
    walk.look(author)
    return ModuleRelease.objects.get()


def download_module(walk: Walk) -> None:
    """Have the firm's signer find and download the module."""
    owner = walk.person("owner")
    walk.visit(owner, "/modules/")
    follow(owner, "统一社会信用代码校验")
    walk.look(owner)
    button = owner.get_by_role("button", name=zh("Download the file instead"))
    download = take(owner, button)
    assert download.suggested_filename == "hy_uscc_check-1.0.0-py3-none-any.whl"
    assert download.path().read_bytes() == uscc_check_wheel()


def learn_course(walk: Walk) -> None:
    """Have a learner enrol, read, pass the quiz and check the proof."""
    learner = walk.person("learner")
    walk.visit(learner, "/courses/")
    follow(learner, "村级事务流程梳理与改造")
    walk.look(learner)
    follow(learner, zh("Enrol"))
    walk.look(learner)
    press(learner, zh("Enrol"))
    walk.look(learner)
    follow(learner, zh("Go on with lesson %(n)s", n=1))
    walk.look(learner)
    for _lesson in LESSONS[1:]:
        press(learner, zh("Mark as read and go on"))
    press(learner, zh("Mark as read"))
    follow(learner, zh("Take the quiz"))
    walk.look(learner)
    for question in QUIZ:
        for option in question["options"]:
            if option["correct"]:
                learner.get_by_label(option["text"], exact=True).check()
    press(learner, zh("Send my answers"))
    walk.look(learner)
    follow(learner, zh("Show the proof"))
    walk.look(learner)
    number = IssuedDocument.objects.get(kind="course_completion").number
    passer_by = walk.passer_by()
    walk.visit(passer_by, "/verify/")
    fill(passer_by, number=number)
    press(passer_by, zh("Check"))
    walk.look(passer_by)
    expect(passer_by.get_by_role("heading", name=zh("Valid"), exact=True)).to_be_visible()
