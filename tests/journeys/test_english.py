"""Incubation in English: firm on a phone, staff, reviewers, module author, resource manager.

The same deeds as in Chinese, found by their English words; what is Chinese on a page and is no
name or text of the county's fails the walk (``Walk.look``).
"""

import pytest
from playwright.sync_api import expect

from incubator.models import Application, ModuleRelease, ResourcePool, ResourceRequest
from tests.journeys.conftest import walked
from tests.journeys.incubation import (
    assigned,
    contribute_module,
    propose_in_public,
    review_application,
    send_application,
)
from tests.journeys.people import PHONE, Walk, fill, follow, login_of, press, send

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture
def english(transactional_db, clock, pages):
    yield from walked(Walk(pages, clock, english=True))


def test_a_firm_applies_and_is_reviewed_in_english(english: Walk) -> None:
    walk = english
    send_application(walk, PHONE)
    walk.deliver()
    case = Application.objects.get()
    staff = walk.person("staff")
    walk.visit(staff, "/workspace/screening/")
    follow(staff, case.organisation.name)
    walk.look(staff)
    press(staff, "Assign two reviewers")
    walk.deliver()
    for number, review in enumerate(assigned(case)):
        review_application(walk, login_of(review.reviewer), look=number == 0)
    propose_in_public(walk, staff, case)
    case.refresh_from_db()
    assert case.state == "public_notice"


def test_a_firm_contributes_a_module_and_gets_computing_in_english(english: Walk) -> None:
    walk = english
    walk.admit(1)
    release = contribute_module(walk)
    staff = walk.person("staff")
    walk.visit(staff, release.get_absolute_url())
    press(staff, "Publish", confirm=True)
    walk.look(staff)
    assert ModuleRelease.objects.get().state == "published"

    manager = walk.person("resources")
    walk.visit(manager, "/workspace/resources/")
    follow(manager, "New pool")
    walk.look(manager)
    fill(manager, code="gpu-a", kind="gpu", title="县级智算池", title_en="County GPU pool")
    send(manager)
    fill(manager, months="6", capacity="500")
    press(manager, "Set the capacity")
    walk.look(manager)

    owner = walk.person("owner", viewport=PHONE)
    walk.visit(owner, "/workspace/quota/")
    follow(owner, "Ask for resources")
    pool = ResourcePool.objects.get()
    fill(owner, pool=str(pool.pk), amount="600", months="1", purpose="训练村级票据识别模型。")
    press(owner, "Send the request")
    walk.look(owner)
    expect(owner.get_by_role("main")).to_contain_text("500 GPU hours free")
    press(owner, "Send it all the same")
    walk.look(owner)
    request = ResourceRequest.objects.get()

    walk.visit(manager, request.get_absolute_url())
    fill(manager, **{"approve-amount": "100", "approve-note": "先按每周四小时。"})
    press(manager, "Approve")
    fill(manager, **{"provision-account": "hy-demo-1"})
    press(manager, "Record that it is set up")
    walk.look(manager)
    walk.visit(owner, request.get_absolute_url())
    expect(owner.get_by_role("main")).to_contain_text("hy-demo-1")
