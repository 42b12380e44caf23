"""Incubation in Chromium: a cohort, a place, the agreement on a phone, milestones, an end."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from incubator.models import Cohort, Incubation
from tests.journeys.people import PHONE, Walk, arrive, fill, follow, press, send, zh

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

FIRST = "落实项目团队与联系人"


def take(page: Page, action: str, *, confirm: bool = False) -> None:
    """Send the form of a step."""
    button = page.locator(f'main form[action$="/{action}/"] button[type=submit]').first
    arrive(page, button, confirm=confirm)


def test_a_firm_goes_through_incubation(walk: Walk) -> None:
    walk.admit(1)
    staff = walk.person("staff")
    walk.visit(staff, "/workspace/cohorts/")
    follow(staff, zh("Agreement texts"))
    walk.look(staff)
    press(staff, zh("Publish the text"), confirm=True)
    walk.visit(staff, "/workspace/cohorts/plans/")
    press(staff, zh("Publish the plan"))
    walk.look(staff)
    walk.visit(staff, "/workspace/cohorts/new/")
    first = walk.clock.day + timedelta(days=7)
    fill(
        staff,
        title="第 1 期孵化",
        title_en="First cohort",
        starts_on=first.isoformat(),
        ends_on=(first + timedelta(days=240)).isoformat(),
        capacity="3",
    )
    send(staff)
    walk.look(staff)
    press(staff, zh("Publish the cohort"))
    walk.look(staff)
    cohort = Cohort.objects.get()
    firm = walk.people.firms[1]
    fill(staff, firm=str(firm.pk), reply_by=first.isoformat())
    press(staff, zh("Offer the place"))
    walk.look(staff)
    walk.deliver()

    owner = walk.person("owner", viewport=PHONE)
    expect(owner.get_by_role("main")).to_contain_text("第 1 期孵化")
    walk.visit(owner, "/workspace/incubation/")
    follow(owner, "第 1 期孵化")
    walk.look(owner)
    owner.locator("[name=accept-agreed]").check()
    press(owner, zh("Accept the agreement"))
    walk.look(owner)
    row = Incubation.objects.get(cohort=cohort)
    assert (row.state, row.agreement_digest) == ("active", cohort.agreement.digest)

    walk.visit(staff, row.get_absolute_url())
    fill(staff, **{"mentor-mentor": str(walk.people["expert"].pk)})
    press(staff, zh("Name the mentor"))

    follow(owner, FIRST)
    walk.look(owner)
    fill(owner, **{"report-report": "团队四人，联系人在单位页。"})
    take(owner, "report")
    walk.look(owner)
    walk.deliver()
    expert = walk.person("expert")
    expect(expert.get_by_role("main")).to_contain_text(FIRST)
    milestone = row.milestones.get(title=FIRST)
    walk.visit(expert, milestone.get_absolute_url())
    take(expert, "confirm")
    walk.look(expert)
    milestone.refresh_from_db()
    assert milestone.state == "confirmed"

    # Six milestones are open: it takes a reason to end well before they are met.
    walk.visit(staff, row.get_absolute_url())
    staff.locator("details", has_text=zh("Graduate")).first.locator("summary").click()
    fill(staff, **{"graduate-code": "early", "graduate-note": "已在五个村落地，提前结业。"})
    take(staff, "graduate", confirm=True)
    walk.look(staff)
    walk.deliver()
    walk.visit(owner, row.get_absolute_url())
    expect(owner.get_by_role("main")).to_contain_text("已在五个村落地，提前结业。")
    english = walk.passer_by(locale="en-US")
    assert english.goto(row.get_absolute_url()).url.endswith(f"?next={row.get_absolute_url()}")
