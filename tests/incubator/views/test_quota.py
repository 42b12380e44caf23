"""Cloud resources through a browser's eyes: the firm's pages and the resource manager's."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from incubator.models import ResourcePool, ResourceRequest, UsageRecord
from incubator.services import pools, quota
from incubator.views.quota import SERVICES
from tests.incubator.cohorts_story import accepted, ended
from tests.incubator.drivers.cloud import fault
from tests.incubator.modules_story import admit
from tests.incubator.quota_story import (
    MONTH,
    asked,
    cloud_pool,
    granted,
    pool_of,
    report,
    set_up,
    usage,
    work,
)

# openstacksdk 4.22 warns of its own deprecations when it makes a proxy.
OPENSTACK = pytest.mark.filterwarnings("ignore::openstack.warnings.RemovedInSDK50Warning")
HEAD = "reference,request,day,amount\n"


@pytest.fixture(autouse=True)
def today(monkeypatch, world):
    """Have the pages see the tests' day."""
    monkeypatch.setattr("django.utils.timezone.now", lambda: world.now)


def values(pool, **changes: object) -> dict[str, object]:
    return {
        "firm": "", "pool": pool.pk, "amount": "40", "first_month": "2026-11-01", "months": "3",
        "purpose": "训练票据识别模型",
    } | changes  # fmt: skip


def test_firm_asks_the_manager_approves_and_sets_up(world):
    pool = pool_of(world)
    firm = admit(world, "owner")
    owner, manager = world.client("owner"), world.client("resources")
    response = owner.post("/workspace/quota/new/", values(pool, firm=firm.pk))
    request = ResourceRequest.objects.get()
    page = request.get_absolute_url()
    assert (response.status_code, response["Location"]) == (302, page)
    version = {"version": request.version}
    approve = {"approve-amount": "30", "approve-note": "先批一部分", "approve-version": 2}
    assert manager.post(f"{page}approve/", approve | version)["Location"] == page
    provision = {
        "provision-account": "hy-1",
        "provision-access_note": "见邮件",
        "provision-version": 3,
    }
    assert manager.post(f"{page}provision/", provision)["Location"] == page
    text = owner.get(page).content.decode()
    assert "hy-1" in text
    assert "先批一部分" in text
    listed = owner.get("/workspace/quota/").context["grants"]
    assert [(grant.request, grant.share) for grant in listed] == [(request, 0)]
    assert "GPU 池甲" in owner.get("/workspace/").content.decode()


def test_form_with_errors_keeps_what_was_typed(world):
    pool = pool_of(world)
    firm = admit(world, "owner")
    response = world.client("owner").post(
        "/workspace/quota/new/", values(pool, firm=firm.pk, amount="-1", purpose="留着")
    )
    assert response.status_code == 422
    assert "留着" in response.content.decode()
    assert ResourceRequest.objects.count() == 0


@pytest.mark.parametrize("amount", ["0", "-1", "0.001"])
def test_amount_has_one_rule_whatever_breaks_it(world, amount):
    firm, pool = admit(world, "owner"), pool_of(world)
    page = world.client("owner").post(
        "/workspace/quota/new/", values(pool, firm=firm.pk, amount=amount)
    )
    assert "数量应大于 0，最多两位小数。" in page.context["form"].errors["amount"]


def test_purpose_that_nobody_sees_is_asked_for_without_a_word_of_reasons(world):
    firm, pool = admit(world, "owner"), pool_of(world)
    page = world.client("owner").post(
        "/workspace/quota/new/", values(pool, firm=firm.pk, purpose="\u200b")
    )
    assert page.context["form"].errors["purpose"] == ["请填写内容，仅有空白字符视为未填写。"]


def test_form_sent_twice_names_the_request_that_waits(world):
    pool = pool_of(world)
    firm = admit(world, "owner")
    owner = world.client("owner", "en")
    owner.post("/workspace/quota/new/", values(pool, firm=firm.pk))
    response = owner.post("/workspace/quota/new/", values(pool, firm=firm.pk))
    request = ResourceRequest.objects.get()
    assert response.status_code == 422
    assert f"The same request waits already: {request.number}." in response.content.decode()


def test_amounts_and_months_in_refusals_and_lists_read_as_words(world):
    pool = pool_of(world)
    request = asked(world, pool)
    granted(world, pool, amount=Decimal(1), purpose="另一份")
    owner, manager = world.client("owner", "en"), world.client("resources", "en")
    assert "40 GPU hours" in owner.get("/workspace/quota/").content.decode()
    page = request.get_absolute_url()
    approve = {"approve-amount": "41", "approve-version": request.version}
    answer = manager.post(f"{page}approve/", approve)
    assert "Approve at most what was asked for: 40 GPU hours." in answer.content.decode()
    capacity = {"first_month": "2026-11-01", "months": "1", "capacity": "0.5"}
    text = manager.post(pool.get_absolute_url(), capacity).content.decode()
    assert "1 GPU hours are already set aside in November 2026" in text
    close = {"month": "0001-01-01"}
    answer = manager.post(f"{pool.get_absolute_url()}close/", close, follow=True)
    assert "This pool has no capacity in January 0001." in answer.content.decode()


def test_asking_for_more_than_is_free_is_noted_before_it_is_sent(world):
    pool = pool_of(world)
    granted(world, pool, "owner2", amount=Decimal(70))
    firm, owner = admit(world, "owner"), world.client("owner", "en")
    asked_for = values(pool, firm=firm.pk, amount="40")
    page = owner.post("/workspace/quota/new/", asked_for)
    assert (page.status_code, ResourceRequest.objects.filter(organisation=firm).count()) == (200, 0)
    assert [one.free for one in page.context["short"]] == [Decimal(30)] * 3
    assert f"30 {pool.unit} free" in page.text
    seen = {"seen": page.context["seen"]}
    again = owner.post("/workspace/quota/new/", asked_for | seen | {"amount": "50"})
    assert (again.status_code, again.context["seen"] == seen["seen"]) == (200, False)
    sent = owner.post("/workspace/quota/new/", asked_for | seen)
    request = ResourceRequest.objects.get(organisation=firm)
    assert (sent["Location"], request.state) == (request.get_absolute_url(), "requested")
    quota.ask(request=request, reason="为何？", actor=world.resources, now=world.now)
    assert f"30 {pool.unit} free" in owner.get(request.get_absolute_url()).text


def test_what_is_free_is_sent_at_once_and_missing_capacity_is_noted(world):
    firm, owner = admit(world, "owner"), world.client("owner", "en")
    bare = pool_of(world, "gpu-b", capacity=None)
    page = owner.post("/workspace/quota/new/", values(bare, firm=firm.pk, amount="1"))
    assert {one.free for one in page.context["short"]} == {None}
    assert "capacity not set yet" in page.text
    fits = values(pool_of(world), firm=firm.pk, amount="100")
    assert owner.post("/workspace/quota/new/", fits).status_code == 302


def test_change_counts_what_it_replaces_as_free(world):
    grant = set_up(world, pool_of(world), amount=Decimal(80))
    owner = world.client("owner")
    change = f"{grant.get_absolute_url()}follow/change/"
    wanted = {"first_month": "2026-11-01", "months": "3", "purpose": "扩大"}
    assert owner.post(change, wanted | {"amount": "101"}).status_code == 200
    assert owner.post(change, wanted | {"amount": "100"}).status_code == 302


def test_a_firm_that_is_not_admitted_is_told_so(world):
    pool_of(world)
    assert world.client("owner").get("/workspace/quota/new/").context["may_ask"] is False
    assert world.client("owner").get("/workspace/quota/").context["may_ask"] is False


def test_a_firm_that_was_removed_is_told_so(world):
    pool = pool_of(world)
    firm = admit(world, "owner")
    ended(world, accepted(world), "remove", "false_evidence")
    owner = world.client("owner")
    words = "贵企业已被移出孵化，不能申请云资源"
    for page in (owner.get("/workspace/quota/"), owner.get("/workspace/quota/new/")):
        assert (page.context["may_ask"], page.context["removed"]) == (False, True)
        assert words in page.text
        assert 'name="purpose"' not in page.text
    sent = owner.post("/workspace/quota/new/", values(pool, firm=firm.pk))
    assert (sent.status_code, ResourceRequest.objects.count()) == (422, 0)
    assert words in sent.text


def test_another_firms_request_does_not_exist(world):
    request = granted(world, pool_of(world))
    page = request.get_absolute_url()
    other = world.client("owner2")
    assert [
        other.get(page).status_code,
        other.post(f"{page}release/").status_code,
        other.get(f"{page}follow/renewal/").status_code,
    ] == [404, 404, 404]


def test_the_manager_sees_no_drafts(world):
    request = asked(world, pool_of(world))
    ResourceRequest.objects.filter(pk=request.pk).update(state="draft")
    assert world.client("resources").get(request.get_absolute_url()).status_code == 404


@pytest.mark.parametrize("action", ["nonsense", "provision-me"])
def test_unknown_deed(world, action):
    request = granted(world, pool_of(world))
    url = f"{request.get_absolute_url()}{action}/"
    assert world.client("resources").post(url).status_code == 404


def test_firm_answers_takes_back_and_gives_back(world):
    pool = pool_of(world)
    request = asked(world, pool)
    quota.ask(request=request, reason="为何？", actor=world.resources, now=world.now)
    owner, page = world.client("owner"), request.get_absolute_url()
    assert "为何？" in owner.get(page).content.decode()
    wrong = owner.post(f"{page}request/", {"request-amount": "x", "request-purpose": "两个村"})
    assert wrong.status_code == 422
    owner.post(f"{page}request/", {"request-amount": "20", "request-purpose": "两个村"})
    request.refresh_from_db()
    assert (request.state, request.amount) == ("requested", 20)
    owner.post(f"{page}withdraw/", {"version": request.version})
    request.refresh_from_db()
    assert request.state == "withdrawn"
    held = granted(world, pool)
    owner.post(f"{held.get_absolute_url()}release/", {"version": held.version})
    held.refresh_from_db()
    assert held.state == "released"


def test_stale_page_is_told(world):
    request = granted(world, pool_of(world))
    page = request.get_absolute_url()
    response = world.client("owner").post(f"{page}release/", {"version": 1}, follow=True)
    assert "页面" in response.content.decode()
    request.refresh_from_db()
    assert request.state == "approved"


def first_another(monkeypatch, action: str, deed) -> None:
    """Have somebody else be faster between the reading of a page's row and a decision."""
    service = SERVICES[action]

    def after(**values: object) -> object:
        monkeypatch.setitem(SERVICES, action, service)
        deed()
        return service(**values)

    monkeypatch.setitem(SERVICES, action, after)


def test_decision_that_comes_second_sees_the_request_as_it_is_now(world, monkeypatch):
    request = asked(world, pool_of(world))
    manager, page = world.client("resources"), request.get_absolute_url()
    deed = {"request": request, "now": world.now}

    def question_and_answer() -> None:
        quota.ask(**deed, reason="为何？", actor=world.resources)
        quota.answer_question(**deed, amount=Decimal(20), purpose="一个村", actor=world.owner)

    first_another(monkeypatch, "approve", question_and_answer)
    approve = {"approve-amount": "40", "approve-version": request.version}
    late = manager.post(f"{page}approve/", approve)
    row = late.context["row"]
    assert (late.status_code, row.amount, row.purpose) == (422, 20, "一个村")
    assert late.context["approve_form"]["version"].value() == str(row.version)
    again = {"approve-amount": "20", "approve-version": row.version}
    assert manager.post(f"{page}approve/", again).status_code == 302

    other = asked(world, request.pool, purpose="另一个用途")
    deny = {"request": other, "reason": "已有同类", "actor": world.resources, "now": world.now}
    first_another(monkeypatch, "approve", lambda: quota.deny(**deny))
    late = manager.post(
        f"{other.get_absolute_url()}approve/",
        {"approve-amount": "40", "approve-version": other.version},
    )
    assert (late.status_code, late.context["row"].state) == (409, "denied")
    assert "已有同类" in late.text


@pytest.mark.parametrize(
    ("kind", "first", "months"), [("renewal", "2027-02-01", 3), ("change", "2026-11-01", 3)]
)
def test_follow_starts_from_what_the_firm_has(world, kind, first, months):
    request = granted(world, pool_of(world))
    url = f"{request.get_absolute_url()}follow/{kind}/"
    owner = world.client("owner")
    page = owner.get(url).context
    initial = page["form"].initial
    assert (initial["first_month"], initial["months"], page["spent"].unused) == (first, months, 40)
    sent = {"amount": "50", "first_month": first, "months": "2", "purpose": "继续"}
    assert owner.post(url, sent).status_code == 302
    later = ResourceRequest.objects.get(previous=request)
    assert (later.kind, later.amount, later.organisation) == (kind, 50, request.organisation)


def test_renewal_offers_no_month_of_the_grant(world):
    request = granted(world, pool_of(world))
    url = f"{request.get_absolute_url()}follow/renewal/"
    owner = world.client("owner")
    page = owner.get(url)
    choices = page.context["form"].fields["first_month"].choices
    assert (choices[0][0], choices[-1][0]) == ("2027-02-01", "2027-11-01")
    sent = {"amount": "50", "first_month": "2026-12-01", "months": "2", "purpose": "继续"}
    assert owner.post(url, sent).status_code == 422


def test_follow_only_what_is_granted(world):
    request = asked(world, pool_of(world))
    page = request.get_absolute_url()
    owner = world.client("owner")
    assert owner.get(f"{page}follow/renewal/").status_code == 404
    quota.approve(request=request, amount=Decimal(40), actor=world.resources, now=world.now)
    assert owner.get(f"{page}follow/nonsense/").status_code == 404


@pytest.mark.parametrize("approved", [False, True])
@pytest.mark.parametrize("kind", ["renewal", "change"])
def test_grant_that_something_follows_shows_it_and_offers_no_other(world, kind, approved):
    grant = granted(world, pool_of(world), months=1)
    follow = {"previous": grant, "kind": kind, "first_month": date(2026, 12, 1)}
    follower = (granted if approved else asked)(world, grant.pool, amount=Decimal(50), **follow)
    page = grant.get_absolute_url()
    text = world.client("owner", "en").get(page).text
    waits = f"A request that follows this one is already on its way: {follower.number}."
    stands = f"{follower.number} follows this one and is approved already."
    assert (waits in text, stands in text) == (not approved, approved)
    for client in (world.client("owner"), world.client("resources")):
        text = client.get(page).text
        assert f'<a href="{follower.get_absolute_url()}">{follower.number}</a>' in text
        assert ("申请续期" in text, "申请变更用量" in text) == (False, False)


def test_grant_whose_follow_up_was_denied_is_offered_a_renewal_again(world):
    grant = granted(world, pool_of(world))
    denied = asked(world, grant.pool, previous=grant, kind="renewal", first_month=date(2027, 2, 1))
    quota.deny(request=denied, reason="先用完", actor=world.resources, now=world.now)
    text = world.client("owner").get(grant.get_absolute_url()).text
    assert (denied.number in text, "申请续期" in text) == (False, True)


def test_grant_of_a_closed_pool_is_offered_nothing(world):
    grant = granted(world, pool_of(world))
    pools.open_or_close_pool(
        pool=grant.pool, takes_requests=False, actor=world.resources, now=world.now
    )
    text = world.client("owner", "en").get(grant.get_absolute_url()).text
    assert "This pool takes no requests at the moment." in text
    assert "Ask for a renewal" not in text


def test_form_of_what_is_followed_already_says_so_at_once_and_hands_back_what_was_typed(world):
    grant = granted(world, pool_of(world))
    follower = asked(
        world, grant.pool, previous=grant, kind="renewal", first_month=date(2027, 2, 1)
    )
    owner, words = world.client("owner"), f"该项已有后续申请正在办理：{follower.number}。"
    for kind in ("renewal", "change"):
        url = f"{grant.get_absolute_url()}follow/{kind}/"
        page = owner.get(url)
        assert (page.status_code, "<textarea" in page.text) == (200, False)
        assert words in page.text
        sent = {"amount": "9999", "first_month": "2027-02-01", "months": "3", "purpose": "再来"}
        late = owner.post(url, sent)
        assert (late.status_code, words in late.text, "再来" in late.text) == (409, True, True)
    assert ResourceRequest.objects.count() == 2


def test_change_that_changes_nothing_is_refused_at_the_amount(world):
    grant = granted(world, pool_of(world))
    url = f"{grant.get_absolute_url()}follow/change/"
    sent = {"amount": "40", "first_month": "2026-11-01", "months": "3", "purpose": "照旧"}
    page = world.client("owner", "en").post(url, sent)
    assert page.status_code == 422
    [words] = page.context["form"].errors["amount"]
    assert words.startswith("You have this already: the same amount in the same months.")


def test_expiring_grant_that_is_followed_names_the_request(world):
    grant = granted(world, pool_of(world), months=1)
    follower = asked(
        world, grant.pool, previous=grant, kind="renewal", first_month=date(2026, 12, 1)
    )
    owner = world.client("owner")
    for url in ("/workspace/quota/", "/workspace/"):
        text = owner.get(url).text
        assert f'<a href="{follower.get_absolute_url()}">{follower.number}</a>' in text
        assert f"{grant.get_absolute_url()}follow/" not in text


def test_expiring_grant_offers_a_renewal(world):
    request = granted(world, pool_of(world), months=1)
    [grant] = world.client("owner").get("/workspace/quota/").context["grants"]
    assert (grant.request, grant.clock) == (request, "expiring")


def test_grant_of_a_later_month_does_not_stand_under_this_month(world):
    pool = pool_of(world)
    now = granted(world, pool)
    later = granted(world, pool, first_month=date(2027, 2, 1), purpose="二月起")
    owner = world.client("owner")
    page = owner.get("/workspace/quota/")
    assert [grant.request for grant in page.context["grants"]] == [now]
    assert page.context["coming"] == [later]
    assert "自2027年2月起" in page.text
    quota.release(request=now, actor=world.owner, now=world.now)
    assert "本月" not in owner.get("/workspace/quota/").text
    assert later.number not in owner.get("/workspace/").text


def test_page_of_a_grant_says_from_when_a_change_replaces_it(world):
    pool = pool_of(world)
    first = granted(world, pool)
    change = {"previous": first, "kind": "change", "amount": Decimal(50)}
    granted(world, pool, **change, first_month=date(2026, 12, 1), months=2)
    owner = world.client("owner", "en")
    page = owner.get(first.get_absolute_url())
    assert [row.month.month for row in page.context["months"]] == [11]
    assert page.context["period"] == "November 2026 – January 2027"
    assert "<dt>Replaced by a change from</dt><dd>December 2026</dd>" in page.text
    rows = owner.get("/workspace/quota/").context["table"]["rows"]
    assert [row[3] for row in rows] == ["December 2026 – January 2027", "November 2026"]


# --- The resource manager


def test_manager_opens_a_pool_and_sets_its_capacity(world):
    manager = world.client("resources")
    data = {"code": "gpu-b", "kind": "gpu", "title": "GPU 池乙", "driver": "manual"}
    response = manager.post("/workspace/resources/new/", data)
    pool = ResourcePool.objects.get()
    assert response["Location"] == pool.get_absolute_url()
    assert manager.post("/workspace/resources/new/", data).status_code == 422
    capacity = {"first_month": "2026-11-01", "months": "2", "capacity": "500"}
    assert manager.post(pool.get_absolute_url(), capacity).status_code == 302
    assert [row.capacity for row in pool.months.all()] == [500, 500]
    wrong = manager.post(pool.get_absolute_url(), capacity | {"capacity": "0"})
    assert wrong.status_code == 422
    manager.post(f"{pool.get_absolute_url()}open/", {"open": "0"})
    pool.refresh_from_db()
    assert pool.open is False


def test_manager_closes_a_month_that_is_over(world, monkeypatch):
    pool = pool_of(world)
    granted(world, pool)
    manager, url = world.client("resources"), f"{pool.get_absolute_url()}close/"
    manager.post(url, {"month": "2026-11-01"})
    assert pool.months.get(month=MONTH).closed_at is None
    later = world.now + timedelta(days=20)
    monkeypatch.setattr("django.utils.timezone.now", lambda: later)
    manager = world.client("resources")
    assert manager.post(url, {"month": "2026-11-01"}).status_code == 302
    assert pool.months.get(month=MONTH).closed_at == later
    assert manager.post(url, {"month": "soon"}).status_code == 404


@pytest.mark.parametrize("amount", ["0", "-5"])
def test_amounts_of_nothing_and_below_are_refused_in_the_same_words(world, amount):
    pool = pool_of(world)
    capacity = {"first_month": "2026-11-01", "months": "2", "capacity": amount}
    answer = world.client("resources", "en").post(pool.get_absolute_url(), capacity)
    assert answer.status_code == 422
    assert answer.context["form"].errors == {
        "capacity": ["Enter an amount above zero, with at most two decimals."]
    }


def test_usage_of_a_closed_month_cannot_be_taken_back(world, monkeypatch):
    request = granted(world, pool_of(world))
    report(world, usage(request, 5))
    void = f"/workspace/resources/usage/{UsageRecord.objects.get().pk}/void/"
    page = request.get_absolute_url()
    assert void in world.client("resources").get(page).text
    later = world.now + timedelta(days=20)
    monkeypatch.setattr("django.utils.timezone.now", lambda: later)
    pools.close_month(pool=request.pool, month=MONTH, actor=world.resources, now=later)
    assert void not in world.client("resources").get(page).text


def upload(text: bytes) -> dict[str, object]:
    return {"file": SimpleUploadedFile("usage.csv", text, content_type="text/csv")}


def test_usage_file_counts_wholly_or_not_at_all(world):
    request = granted(world, pool_of(world))
    manager = world.client("resources")
    row = f"r-1,{request.number},2026-11-05,"
    wrong = manager.post(
        "/workspace/resources/usage/", upload(f"{HEAD}{row}1\nr-2,HYZY-0,2026-11-05,1".encode())
    )
    assert wrong.status_code == 422
    assert [error[:2] for error in wrong.context["errors"]] == [(3, "申请编号")]
    assert UsageRecord.objects.count() == 0
    good = manager.post(
        "/workspace/resources/usage/", upload(f"{HEAD}{row}1".encode()), follow=True
    )
    assert "1" in good.content.decode()
    assert UsageRecord.objects.get().amount == 1


def test_usage_file_with_blank_lines_names_the_line_of_the_file(world):
    granted(world, pool_of(world))
    text = f"{HEAD}\n\nr-1,HYZY-0,2026-11-05,1\n".encode()
    wrong = world.client("resources", "en").post("/workspace/resources/usage/", upload(text))
    assert [error[:2] for error in wrong.context["errors"]] == [(4, "request")]
    assert "line 4" in wrong.text


@pytest.mark.parametrize("text", [b"\xff\xfe\x00", b"no,head\n", HEAD.encode()])
def test_usage_file_that_is_none(world, text):
    response = world.client("resources").post("/workspace/resources/usage/", upload(text))
    assert response.status_code == 422


def test_usage_file_too_large(world, monkeypatch):
    monkeypatch.setattr("incubator.forms.quota.MOST_USAGE_BYTES", 3)
    response = world.client("resources").post("/workspace/resources/usage/", upload(b"abcd"))
    assert response.status_code == 422


def test_usage_is_taken_back_with_a_reason(world):
    request = granted(world, pool_of(world))
    report(world, usage(request, 5))
    url = f"/workspace/resources/usage/{UsageRecord.objects.get().pk}/void/"
    manager = world.client("resources")
    assert manager.get(url).status_code == 200
    assert manager.post(url, {"reason": ""}).status_code == 422
    assert manager.post(url, {"reason": "重复"})["Location"] == request.get_absolute_url()
    assert "重复" in world.client("owner").get(request.get_absolute_url()).content.decode()


# --- The cloud


@OPENSTACK
def test_manager_chooses_the_driver_and_reads_that_it_was_never_tried(world):
    pool = pools.create_pool(
        code="cpu", kind="vcpu", title="通用计算池", actor=world.resources, now=world.now
    )
    manager, page = world.client("resources"), pool.get_absolute_url()
    assert "未经实际云平台验证。" not in manager.get(page).content.decode()
    chosen = manager.post(f"{page}driver/", {"driver-driver": "openstack"})
    assert (chosen.status_code, chosen["Location"]) == (302, page)
    text = manager.get(page).content.decode()
    assert "OpenStack 自动开通（未经实际云平台验证）" in text
    assert "该开通方式未经实际云平台验证" in text
    assert manager.post(f"{page}driver/", {"driver-driver": "steam"}).status_code == 404
    assert manager.get(f"{page}driver/").status_code == 405


def test_driver_that_cannot_serve_the_pool_is_refused_in_words(world):
    pool = pool_of(world)
    url = f"{pool.get_absolute_url()}driver/"
    response = world.client("resources").post(url, {"driver-driver": "openstack"}, follow=True)
    assert "仅适用于计算（vCPU）和存储类资源池" in response.content.decode()
    new = {"code": "b", "kind": "gpu", "title": "乙", "driver": "openstack"}
    assert world.client("resources").post("/workspace/resources/new/", new).status_code == 422
    pool.refresh_from_db()
    assert (pool.driver, ResourcePool.objects.count()) == ("manual", 1)


@OPENSTACK
def test_manager_reads_why_it_failed_and_has_it_tried_again(world, cloud):
    cloud.fail("POST", "/v3/projects", fault(403, "Forbidden", "not by <policy>"))
    request = set_up(world, cloud_pool(world))
    manager, page = world.client("resources"), request.get_absolute_url()
    text = manager.get(page).content.decode()
    assert "该账户权限不足" in text
    assert "not by &lt;policy&gt;" in text
    assert "登记开通" in text
    queue = manager.get("/workspace/resources/").content.decode()
    assert "自动开通失败，请人工开通或重试" in queue
    pool_page = manager.get(request.pool.get_absolute_url()).content.decode()
    assert request.number in pool_page
    assert "该账户权限不足" in pool_page
    assert "权限不足" not in world.client("owner").get(page).content.decode()
    cloud.faults.clear()
    version = {"version": request.version}
    assert world.client("owner").post(f"{page}retry/", version).status_code == 403
    assert manager.post(f"{page}retry/", version)["Location"] == page
    assert "自动开通中" in manager.get("/workspace/resources/").content.decode()
    work(world.now)
    assert "已执行" in manager.get(page).content.decode()


@OPENSTACK
def test_grant_of_a_later_month_says_when_it_is_set_up(world, cloud):
    request = set_up(world, cloud_pool(world), first_month=date(2026, 12, 1))
    page = world.client("resources").get(request.get_absolute_url())
    assert page.context["order"].due_on == date(2026, 12, 1)
    assert "待云平台执行" in page.content.decode()


def test_manager_records_that_it_is_switched_off(world):
    request = granted(world, pool_of(world))
    quota.provision(request=request, account="vdc-7", actor=world.resources, now=world.now)
    request = quota.release(request=request, actor=world.owner, now=world.now)
    manager, page = world.client("resources"), request.get_absolute_url()
    text = manager.get(page).content.decode()
    assert "请在云平台关闭账户 vdc-7" in text
    assert 'href="/workspace/resources/">资源池</a></li>' in text
    assert "vdc-7，然后登记" not in world.client("owner").get(page).content.decode()
    assert manager.post(f"{page}closed/", {"version": request.version})["Location"] == page
    assert "请在云平台关闭账户" not in manager.get(page).content.decode()


# --- Queries


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize(
    ("login", "url", "count"),
    [("owner", "/workspace/quota/", 17), ("owner", "/workspace/quota/new/", 19),
     ("resources", "/workspace/resources/", 16)],
)  # fmt: skip
def test_lists_take_the_same_queries(world, queries, login, url, *, count, rows):
    for number in range(rows):
        pool = pool_of(world, code=f"gpu-{number}")
        granted(world, pool)
        report(world, usage(asked_and_approved(world, pool), 5, f"r-{number}"))
        asked(world, pool)
    client = world.client(login)
    client.get(url)
    with queries(count):
        assert client.get(url).status_code == 200


def asked_and_approved(world, pool):
    return granted(world, pool, first_month=date(2026, 11, 1))


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize(("login", "count"), [("owner", 16), ("resources", 18)])
def test_request_page_takes_the_same_queries_whatever_it_shows(world, queries, login, count, rows):
    request = granted(world, pool_of(world), months=rows)
    for number in range(rows):
        report(world, usage(request, 1, f"r-{number}"))
    client = world.client(login)
    client.get(request.get_absolute_url())
    with queries(count):
        assert client.get(request.get_absolute_url()).status_code == 200


@pytest.mark.parametrize("rows", [1, 3])
def test_pool_page_takes_the_same_queries_whatever_it_shows(world, queries, rows):
    pool = pool_of(world)
    for _number in range(rows):
        granted(world, pool, amount=Decimal(10))
    client = world.client("resources")
    client.get(pool.get_absolute_url())
    with queries(21):
        assert client.get(pool.get_absolute_url()).status_code == 200


@OPENSTACK
@pytest.mark.parametrize("rows", [1, 3])
def test_pages_take_the_same_queries_with_orders_to_a_cloud(world, cloud, queries, rows):
    pool = cloud_pool(world)
    for _number in range(rows):
        request = set_up(world, pool, amount=Decimal(10))
    client = world.client("resources")
    for url, count in (
        (pool.get_absolute_url(), 21), (request.get_absolute_url(), 18),
        ("/workspace/resources/", 16),
    ):  # fmt: skip
        client.get(url)
        with queries(count):
            assert client.get(url).status_code == 200


def test_ended_grants_are_not_shown_as_held(world):
    pool = pool_of(world)
    request = granted(world, pool)
    pools.open_or_close_pool(pool=pool, takes_requests=False, actor=world.resources, now=world.now)
    quota.revoke(request=request, reason="x", actor=world.resources, now=world.now)
    assert world.client("owner").get("/workspace/quota/").context["grants"] == []
