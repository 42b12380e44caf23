"""The loop, walked in Chromium: from a firm's application to a recommendation with its reasons.

Every chapter begins where the one before it ended; what was walked before is prepared by the
same services that the pages call. People click, type and read Chinese; axe looks at every page
that they see, on a screen and on a phone.
"""

import re
from datetime import timedelta

import pytest
from django.core import mail
from playwright.sync_api import expect

from config.demo.collaboration import propose, publish
from config.demo.courses import learn
from config.demo.grading import adopt
from incubator.models import Application
from portal.domain.identifiers import make_uscc
from portal.models import Notice, Organisation
from tests.journeys.grading import download_release, grade, play_pilots, read_list
from tests.journeys.incubation import (
    assigned,
    download_module,
    learn_course,
    propose_in_public,
    review_application,
    send_application,
)
from tests.journeys.people import (
    Walk,
    english_faults,
    fill,
    follow,
    login_of,
    press,
    publish_course,
    publish_module,
    send,
    zh,
)
from tests.journeys.village import (
    PLAN,
    accept_deliverable,
    deliver,
    measure,
    review_deliverable,
)
from tests.world import PASSWORD
from village_pilot.models import DeliverableVersion

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
CALL = ("惠农补贴公示核对", "核对公示名单与发放名单。", "funds")


# --- Chapter 0: an account and a firm


def test_a_stranger_opens_an_account_and_registers_a_firm(walk: Walk) -> None:
    stranger = walk.passer_by()
    walk.visit(stranger, "/")
    walk.visit(stranger, "/accounts/signup/")
    fill(
        stranger,
        email="stranger@demo.example",
        name="示例签署人新",
        password1=PASSWORD,
        password2=PASSWORD,
    )
    stranger.locator("[name=privacy]").check()
    send(stranger)
    walk.look(stranger)
    link = re.search(r"https?://\S+", mail.outbox[-1].body)
    assert link is not None
    walk.visit(stranger, link.group())
    send(stranger)
    walk.look(stranger)
    fill(stranger, login="stranger@demo.example", password=PASSWORD)
    send(stranger)
    walk.visit(stranger, "/workspace/apply/")
    code = make_uscc("91", "630123", "MADEM999")
    fill(
        stranger,
        name="示例新办数字有限公司",
        uscc=code,
        region_code="630123100000",
        address="湟源县示例路 9 号",
        phone="0971-0000009",
        legal_representative="示例法人",
    )
    press(stranger, zh("Register the firm"))
    walk.look(stranger)
    expect(stranger.get_by_role("heading", name="示例新办数字有限公司")).to_be_visible()
    assert Organisation.objects.get(uscc=code).kind == "firm"


# --- Chapter 1: application, review, notice, admission


def test_a_firm_applies_is_reviewed_and_admitted(walk: Walk) -> None:
    firm = walk.people.firms[1]
    send_application(walk)
    case = Application.objects.get(organisation=firm)
    assert case.state == "screening"
    walk.deliver()

    staff = walk.person("staff")
    walk.visit(staff, "/workspace/screening/")
    follow(staff, firm.name)
    walk.look(staff)
    press(staff, zh("Assign two reviewers"))
    walk.deliver()
    reviewers = [login_of(row.reviewer) for row in assigned(case)]
    assert len(set(reviewers)) == 2
    for number, login in enumerate(reviewers):
        review_application(walk, login, look=number == 0)

    propose_in_public(walk, staff, case)
    notice = Notice.objects.get(kind="admission")
    passer_by = walk.passer_by()
    walk.visit(passer_by, "/notices/")
    follow(passer_by, notice.title)
    walk.look(passer_by)
    expect(passer_by.get_by_role("rowheader", name=firm.name)).to_be_visible()

    walk.leap(notice.closes_on + timedelta(days=1))
    staff = walk.person("staff")
    walk.visit(staff, f"/workspace/screening/{case.pk}/")
    press(staff, zh("Admit"))
    case.refresh_from_db()
    assert case.state == "admitted"
    walk.deliver()
    owner = walk.person("owner")
    walk.look(owner)
    walk.visit(owner, case.get_absolute_url())
    expect(owner.get_by_text(zh("Your firm is admitted"))).to_be_visible()


# --- Chapter 2: shared module, course, consortium


def test_an_admitted_firm_downloads_learns_and_finds_a_partner(walk: Walk) -> None:
    people, clock = walk.people, walk.clock
    walk.admit(1)
    publish_module(people, clock)
    publish_course(people, clock)
    call = publish(people, clock, *CALL)
    proposal = propose(people, clock, call, 1, submit=False)
    walk.deliver()

    download_module(walk)
    learn_course(walk)

    institute = walk.person("institute")
    walk.look(institute)
    follow(institute, proposal.title, exact=False)
    walk.look(institute)
    press(institute, zh("Consent"))
    walk.look(institute)
    assert proposal.partners.get().consented_at is not None

    passer_by = walk.passer_by()
    walk.visit(passer_by, "/calls/")
    follow(passer_by, call.title)
    walk.look(passer_by)


# --- Chapter 3: deliverable, review, acceptance on a phone, case logs


def test_a_village_accepts_and_measures_what_a_firm_delivers(walk: Walk) -> None:
    walk.admit(1)
    stage = walk.stage()
    pilot = stage.begin(PLAN, walk.clock.day, 90)
    walk.leap(walk.clock.day + timedelta(days=20))

    deliver(walk, pilot)
    walk.deliver()
    version = DeliverableVersion.objects.select_related("reviewer").get()
    assert version.state == "technical_review"
    review_deliverable(walk, version)
    walk.deliver()
    accept_deliverable(walk, stage.codes[walk.people["signer"].pk].pop())
    version.refresh_from_db()
    assert version.state == "accepted"
    measure(walk, pilot)


# --- Chapter 4: round, notice, grades, the list with its reasons


def test_a_lead_grades_and_a_buyer_reads_why(walk: Walk) -> None:
    people, clock = walk.people, walk.clock
    begun = clock.day
    adopt(people, clock)
    walk.admit(1, 3, 9)
    publish_module(people, clock)
    download_release(walk, 3)
    learn(publish_course(people, clock), people.owners[3], people.firms[3], clock)
    play_pilots(walk)
    walk.deliver()
    grade(walk, begun)
    read_list(walk)


# --- The same portal in English

MAIN_PAGES = (
    "/notices/",
    "/recommendations/",
    "/recommendations/?order=tier",
    "/providers/",
    "/calls/",
    "/modules/",
    "/courses/",
    "/processes/",
    "/help/",
    "/verify/",
    "/accounts/login/",
)
LINKED = ("/providers/", "/calls/", "/modules/", "/courses/", "/processes/")
"""Lists whose first entry is opened as well."""


def test_main_pages_speak_english(walk: Walk) -> None:
    people, clock = walk.people, walk.clock
    walk.admit(1)
    publish_module(people, clock)
    publish_course(people, clock)
    publish(people, clock, *CALL)
    walk.deliver()

    reader = walk.passer_by()
    reader.goto("/")
    assert reader.locator("html").get_attribute("lang") == "zh-Hans"
    press(reader, "English")
    walk.look(reader)
    found = {"/": english_faults(reader)}
    for path in MAIN_PAGES:
        walk.visit(reader, path)
        found[path] = english_faults(reader)
        if path in LINKED:
            href = reader.locator(f'main a[href^="{path}"]').first.get_attribute("href")
            walk.visit(reader, str(href))
            found[str(href)] = english_faults(reader)
    assert {path: faults for path, faults in found.items() if faults} == {}
