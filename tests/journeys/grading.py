"""Deeds of the chapter about grades: a round, its notice, the list with its reasons."""

import csv
from datetime import date, timedelta

from django.db import transaction
from playwright.sync_api import Page, expect

from certification.domain.recommendation import DISCLAIMER
from certification.models import Grade, RubricVersion
from config.demo.data import PILOTS
from config.demo.pilots import play_year
from incubator.models import ModuleRelease
from incubator.services.modules import download_release as download
from portal.labels import action_label
from portal.models import IssuedDocument, Notice
from tests.journeys.people import Walk, fill, follow, press, take, zh


def download_release(walk: Walk, number: int) -> None:
    """Have a firm use the shared module."""
    download(
        release=ModuleRelease.objects.get(),
        actor=walk.people.owners[number],
        organisation=walk.people.firms[number],
        now=walk.clock.now,
    )


def play_pilots(walk: Walk) -> None:
    """Play four pilots of two firms to their end; the third firm has none."""
    stage = walk.stage()
    with transaction.atomic():
        play_year(stage, lambda _text: None, [PILOTS[0], *PILOTS[3:6]])


def grade(walk: Walk, begun: date) -> None:
    """Have the lead plan, freeze, score, decide, publish, and put the grades into effect."""
    lead = walk.person("lead")
    walk.visit(lead, "/workspace/rounds/")
    follow(lead, zh("Plan a round"))
    walk.look(lead)
    fill(
        lead,
        title="第 1 轮能力分级评价",
        rubric=str(RubricVersion.objects.get().pk),
        since=begun.isoformat(),
        until=walk.clock.day.isoformat(),
    )
    press(lead, zh("Plan the round"))
    walk.look(lead)
    step(lead, "freeze")
    step(lead, "score")
    walk.look(lead)
    follow(lead, walk.people.firms[3].name)
    walk.look(lead)
    lead.go_back()
    for choice in lead.locator("#decide-form select").all():
        choice.select_option("confirmed")
    press(lead, zh("Record my decisions"), confirm=True)
    step(lead, "open_notice")
    walk.look(lead)
    notice = Notice.objects.get(kind="grades")
    walk.visit(walk.passer_by(), f"/notices/{notice.number}/")

    walk.leap(notice.closes_on + timedelta(days=1))
    lead = walk.person("lead")
    follow(lead, zh("Assessment"))
    follow(lead, "第 1 轮能力分级评价")
    step(lead, "take_effect")
    walk.look(lead)
    walk.deliver()


def step(lead: Page, action: str) -> None:
    """Take a step of the round and say yes."""
    press(lead, zh(action_label("certification.round", action)), confirm=True)


def read_list(walk: Walk) -> None:
    """Have a passer-by and a buyer read tiers, reasons and the disclaimer, and take the CSV."""
    best, graded, unrated = (walk.people.firms[number] for number in (3, 1, 9))
    tiers = dict(Grade.objects.values_list("organisation__name", "tier"))
    assert tiers == {best.name: "A", graded.name: "C"}

    passer_by = walk.passer_by()
    walk.visit(passer_by, "/recommendations/")
    expect(passer_by.locator("main").get_by_text(DISCLAIMER)).to_be_visible()
    for firm in (best, graded, unrated):
        expect(passer_by.get_by_role("heading", name=firm.name)).to_be_visible()
    row = passer_by.locator("article", has_text=best.name)
    assert row.locator(".hy-reasons li").count() >= 2

    download = take(passer_by, passer_by.get_by_role("link", name=zh("Export CSV")))
    lines = list(csv.reader(download.path().read_text(encoding="utf-8-sig").splitlines()))
    assert lines[0] == [DISCLAIMER]
    words = {name: f"{tier} 级" for name, tier in tiers.items()}
    table = [line for line in lines if len(line) == len(lines[-1])]
    assert {line[1]: line[2] for line in table[1:]} == {**words, unrated.name: zh("Not graded")}

    follow(passer_by, best.name)
    walk.look(passer_by)
    statement = IssuedDocument.objects.get(kind="grading_statement", organisation=best)
    walk.visit(passer_by, f"/verify/{statement.number}/")
    expect(passer_by.get_by_role("heading", name=zh("Valid"), exact=True)).to_be_visible()

    officer = walk.person("officer")
    walk.visit(officer, "/workspace/needs/")
    expect(officer.locator("main").get_by_text(DISCLAIMER)).to_be_visible()
    names = officer.locator("article h3").all_inner_texts()
    assert names == [best.name, graded.name, unrated.name]
