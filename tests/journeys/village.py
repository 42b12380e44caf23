"""Deeds of the chapter about pilots: deliver, review, accept on a phone, measure."""

from datetime import timedelta

from playwright.sync_api import expect

from config.demo.case_logs import Pace, case_log
from config.demo.data import PilotPlan
from config.demo.papers import pdf
from config.demo.pilots import LEVELS, WORDS
from portal.models import IssuedDocument
from tests.journeys.people import (
    PDF,
    Walk,
    choose,
    fill,
    follow,
    login_of,
    press,
    upload,
    zh,
)
from tests.support.browser import PHONE
from village_pilot.models import DeliverableVersion, Pilot

PLAN = PilotPlan(1, 0, "V15", ("随手拍受理与派单", "整改复核与评价"), "end_to_end", logs=False)


def deliver(walk: Walk, pilot: Pilot) -> None:
    """Have the firm hand in what the first milestone asks for."""
    owner = walk.person("owner")
    walk.visit(owner, "/workspace/pilots/")
    follow(owner, pilot.title)
    walk.look(owner)
    follow(owner, zh("New deliverable"))
    walk.look(owner)
    fill(owner, title=PLAN.deliverables[0], milestone=str(pilot.milestones.first().pk))
    press(owner, zh("Go on"))
    walk.look(owner)
    upload(owner, zh("Upload"), "交付报告.pdf", pdf("report"), PDF)
    fill(owner, note="系统已上线，手册与培训记录见附件\n试运行两周，未中断")
    press(owner, zh("Hand in"))
    walk.look(owner)


def review_deliverable(walk: Walk, version: DeliverableVersion) -> None:
    """Have the assigned reviewer mark and approve."""
    page = walk.person(login_of(version.reviewer))
    walk.look(page)
    walk.visit(page, "/workspace/technical-reviews/")
    follow(page, version.deliverable.title, exact=False)
    walk.look(page)
    for name, words in WORDS.items():
        choose(page, **{f"score_{name}": 4})
        fill(page, **{f"narrative_{name}": words})
    fill(page, redesign_level=PLAN.level, redesign_reason=LEVELS[PLAN.level])
    choose(page, verdict="approve")
    press(page, zh("Record the review"))
    walk.look(page)


def accept_deliverable(walk: Walk, code: str) -> None:
    """Have the village's signer read and accept on a phone, with name and code."""
    signer = walk.person("signer", viewport=PHONE)
    walk.visit(signer, "/workspace/village/")
    follow(signer, zh("Look and decide"), exact=False)
    walk.look(signer)
    expect(signer.get_by_text("系统已上线，手册与培训记录见附件")).to_be_visible()
    choose(signer, decision="accept")
    fill(signer, signed_name=walk.people["signer"].name, code=code)
    press(signer, zh("Send the decision"))
    walk.look(signer)
    number = IssuedDocument.objects.get(kind="acceptance_form").number
    follow(signer, number)
    walk.look(signer)
    expect(signer.get_by_role("heading", name=zh("Valid"), exact=True)).to_be_visible()


def measure(walk: Walk, pilot: Pilot) -> None:
    """Have the village's clerk import the case logs of before and after."""
    clerk = walk.person("clerk", viewport=PHONE)
    walk.visit(clerk, "/workspace/village/")
    follow(clerk, pilot.title)
    walk.look(clerk)
    for phase, days in (("before", 6.0), ("after", 2.0)):
        log = case_log(
            steps=pilot.process.steps,
            pace=Pace(cases=40, days=days, rework=0.3),
            start=walk.clock.now - timedelta(days=75),
            seed=phase,
        )
        upload(clerk, zh("Upload"), f"{phase}.csv", log, "text/csv", phase=phase)
    walk.look(clerk)
    expect(clerk.get_by_role("heading", name=zh("Comparison"))).to_be_visible()
