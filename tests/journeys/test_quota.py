"""Cloud resources, walked in Chromium: a pool, a request, its approval, use and renewal."""

from datetime import date

import pytest
from playwright.sync_api import expect

from incubator.domain.quota import month_of
from incubator.models import ResourcePool, ResourceRequest
from tests.journeys.people import Walk, fill, follow, press, send, zh

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def this_month(walk: Walk) -> date:
    """Return the month of the story's day."""
    return month_of(walk.clock.day)


def test_a_firm_gets_computing_uses_it_and_asks_again(walk: Walk) -> None:
    walk.admit(1)
    manager = walk.person("resources")
    walk.visit(manager, "/workspace/resources/")
    follow(manager, zh("New pool"))
    walk.look(manager)
    fill(manager, code="gpu-a", kind="gpu", title="县级智算池", title_en="County GPU pool")
    send(manager)
    fill(manager, months="6", capacity="500")
    press(manager, zh("Set the capacity"))
    walk.look(manager)

    owner = walk.person("owner")
    walk.visit(owner, "/workspace/quota/")
    follow(owner, zh("Ask for resources"))
    walk.look(owner)
    pool = ResourcePool.objects.get()
    fill(owner, pool=str(pool.pk), amount="600", months="1", purpose="训练村级票据识别模型。")
    send(owner)
    walk.look(owner)
    press(owner, zh("Send it all the same"))
    walk.look(owner)
    request = ResourceRequest.objects.get()

    walk.visit(manager, request.get_absolute_url())
    manager.locator("details", has_text=zh("Ask a question")).first.locator("summary").click()
    fill(manager, **{"ask-reason": "池内每月只有 500，请说明依据。"})
    press(manager, zh("Ask a question"))
    walk.visit(owner, request.get_absolute_url())
    fill(owner, **{"request-amount": "120", "request-purpose": "一个村，每周训练一次。"})
    press(owner, zh("Send the request"))

    walk.visit(manager, request.get_absolute_url())
    fill(manager, **{"approve-amount": "100", "approve-note": "先按每周四小时。"})
    press(manager, zh("Approve"))
    fill(manager, **{"provision-account": "hy-demo-1", "provision-access_note": "见云平台控制台。"})
    press(manager, zh("Record that it is set up"))
    walk.look(manager)

    walk.visit(manager, "/workspace/resources/usage/")
    rows = f"用量编号,申请编号,日期,用量\ngpu-1,{request.number},{this_month(walk)},85\n"
    manager.locator("main [name=file]").set_input_files(
        [{"name": "usage.csv", "mimeType": "text/csv", "buffer": rows.encode()}]
    )
    press(manager, zh("Record the usage"))
    walk.look(manager)
    walk.visit(manager, pool.get_absolute_url())

    walk.visit(owner, "/workspace/")
    expect(owner.get_by_role("heading", name=zh("Cloud resources"))).to_be_visible()
    walk.visit(owner, request.get_absolute_url())
    expect(owner.get_by_role("main")).to_contain_text("hy-demo-1")
    expect(owner.get_by_role("main")).to_contain_text("85")
    follow(owner, zh("Ask for a renewal"))
    walk.look(owner)
    send(owner)
    walk.look(owner)
    assert ResourceRequest.objects.filter(kind="renewal", previous=request).count() == 1
