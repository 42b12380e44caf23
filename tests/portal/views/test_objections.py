"""The pages of objections: lodging, following, answering; who sees what."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from portal.models import Notice, Objection
from portal.services.registers import record_relation, take_off_notice
from tests.portal.services.test_objections import decided, lodged, opened, pdf, taken_up

POSTED = {
    "real_name": "示例学员甲",
    "grounds": "所报案例并非该企业完成。",
    "evidence": "验收单的承接单位是另一家。",
    "declared": "on",
}


@pytest.fixture
def notice(world) -> Notice:
    """Return a notice that is open on the server's own clock."""
    found = opened(world)
    today = timezone.localdate()
    Notice.objects.filter(pk=found.pk).update(opens_on=today, closes_on=today + timedelta(days=7))
    found.refresh_from_db()
    return found


def form_url(notice: Notice, row: int = 0) -> str:
    return reverse("portal:object", args=[notice.number, row])


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_notice_leads_to_the_form_and_the_objection_is_lodged(world, notice, language):
    client = world.client("learner", language=language)
    shown = client.get(reverse("portal:notice", args=[notice.number])).content.decode()
    assert form_url(notice, 0) in shown
    response = client.get(form_url(notice))
    assert response.context["form"]["real_name"].value() == world.learner.name
    response = client.post(form_url(notice), {**POSTED, "upload": pdf()})
    found = Objection.objects.get()
    assert response.url == found.get_absolute_url()
    page = client.get(response.url)
    assert page.status_code == 200
    assert "证据.pdf" in page.content.decode()
    assert client.get(reverse("portal:objections")).context["rows"] == [found]


def test_objection_without_evidence_comes_back_as_it_was_typed(world, notice):
    response = world.client("learner").post(form_url(notice), {**POSTED, "evidence": ""})
    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["evidence"]
    assert response.context["form"]["grounds"].value() == POSTED["grounds"]
    assert Objection.objects.count() == 0


def test_second_objection_to_the_row_says_so(world, notice):
    client = world.client("learner")
    client.post(form_url(notice), POSTED)
    response = client.post(form_url(notice), POSTED)
    assert response.status_code == 422
    assert Objection.objects.get().number in str(response.context["form"].errors)


def test_row_or_notice_that_takes_none_is_not_found(world, notice):
    client = world.client("learner")
    assert client.get(form_url(notice, 3)).status_code == 404
    Notice.objects.update(kind="announcement")
    assert client.get(form_url(notice)).status_code == 404
    shown = client.get(reverse("portal:notice", args=[notice.number])).content.decode()
    assert "/objection/" not in shown


def test_closed_window_says_so_instead_of_the_form(world, notice):
    Notice.objects.update(
        opens_on=timezone.localdate() - timedelta(days=9),
        closes_on=timezone.localdate() - timedelta(days=1),
    )
    response = world.client("learner", language="en").get(form_url(notice))
    assert "The window is closed" in response.content.decode()
    assert "<textarea" not in response.content.decode()
    refused = world.client("learner").post(form_url(notice), POSTED)
    assert (refused.status_code, POSTED["grounds"] in refused.text) == (409, True)


@pytest.mark.parametrize(("login", "row"), [("owner", 0), ("owner2", 1)])
def test_row_that_is_withdrawn_is_marked_and_takes_no_objection(world, notice, login, row):
    take_off_notice(notice, world.organisation(login), now=timezone.now())
    shown = world.client("learner").get(reverse("portal:notice", args=[notice.number])).text
    assert shown.count("已撤出，不再公示") == 1
    assert [form_url(notice, one) in shown for one in range(3)] == [one != row for one in range(3)]
    client = world.client("learner")
    assert "<textarea" not in client.get(form_url(notice, row)).text
    refused = client.post(form_url(notice, row), POSTED)
    assert (refused.status_code, POSTED["grounds"] in refused.text) == (409, True)
    assert client.post(form_url(notice, 2), POSTED).status_code == 302


def test_public_sees_counts_only_after_the_window_and_never_who(world, notice):
    lodged(world, notice=notice, now=timezone.now())
    url = reverse("portal:notice", args=[notice.number])
    during = world.client(None, language="en").get(url)
    assert during.context["counts"] is None
    Notice.objects.update(
        opens_on=timezone.localdate() - timedelta(days=9),
        closes_on=timezone.localdate() - timedelta(days=1),
    )
    after = world.client(None, language="en").get(url)
    assert (after.context["counts"].lodged, after.context["counts"].open) == (1, 1)
    assert "Not decided yet" in after.content.decode()
    assert world.learner.name not in after.content.decode()


def test_notice_without_objections_says_so(world, notice):
    Notice.objects.update(
        opens_on=timezone.localdate() - timedelta(days=9),
        closes_on=timezone.localdate() - timedelta(days=1),
    )
    shown = world.client(None, "en").get(reverse("portal:notice", args=[notice.number]))
    assert "No objection was lodged through the portal." in shown.content.decode()


@pytest.mark.parametrize(
    ("login", "status"),
    [
        ("learner", 200),
        ("staff", 200),
        ("owner", 404),
        ("member", 404),
        ("lead", 404),
        ("assessor", 404),
        ("auditor", 404),
        ("expert", 404),
    ],
)
def test_page_is_for_the_objector_and_the_handlers(world, login, status):
    found = lodged(world)
    assert world.client(login).get(found.get_absolute_url()).status_code == status
    rows = world.client(login).get(reverse("portal:objections")).context["rows"]
    assert rows == ([found] if status == 200 else [])


def test_staff_with_a_tie_find_nothing(world):
    found = lodged(world)
    record_relation(
        kind="declared", person=world.staff, other=found.organisation, since=world.now.date()
    )
    client = world.client("staff")
    assert client.get(found.get_absolute_url()).status_code == 404
    assert client.get(reverse("portal:objections")).context["rows"] == []
    deed = reverse("portal:objection_deed", args=[found.pk, "accept"])
    assert client.post(deed, {"reason": "属实"}).status_code == 404


@pytest.mark.parametrize(
    ("first", "second", "state"),
    [
        ("turn_away", "", "inadmissible"),
        ("accept", "uphold", "upheld"),
        ("accept", "dismiss", "dismissed"),
    ],
)
def test_handler_answers_with_reasons_that_the_objector_reads(world, first, second, state):
    found = lodged(world)
    client = world.client("staff")
    for deed in filter(None, (first, second)):
        url = reverse("portal:objection_deed", args=[found.pk, deed])
        refused = client.post(url, {"reason": "", "version": found.version})
        assert refused.status_code == 422
        response = client.post(url, {"reason": f"理由：{deed}", "version": found.version})
        assert response.url == found.get_absolute_url()
        found.refresh_from_db()
    assert found.state == state
    shown = world.client("learner").get(found.get_absolute_url()).content.decode()
    assert [deed for deed in (first, second) if f"理由：{deed}" not in shown] == []


def test_stale_and_unknown_deeds(world):
    found = taken_up(world)
    client = world.client("staff")
    url = reverse("portal:objection_deed", args=[found.pk, "dismiss"])
    assert client.post(url, {"reason": "不属实", "version": 1}).status_code == 422
    url = reverse("portal:objection_deed", args=[found.pk, "burn"])
    assert client.post(url, {"reason": "不属实"}).status_code == 404


def test_evidence_is_added_until_the_decision(world):
    found = lodged(world)
    url = reverse("portal:objection_evidence", args=[found.pk])
    client = world.client("learner")
    assert client.post(url, {"upload": pdf()}).url == found.get_absolute_url()
    assert client.post(url, {}).status_code == 422
    assert found.files.count() == 1
    decided(world, upheld=False, objection=taken_up_of(world, found))
    assert client.post(url, {"upload": pdf()}).status_code == 409


def taken_up_of(world, found: Objection) -> Objection:
    from portal.services.objections import decide_admissibility

    return decide_admissibility(
        objection=found, admissible=True, reason="有材料", actor=world.staff, now=world.now
    )


@pytest.mark.parametrize("rows", [1, 3])
def test_list_takes_a_fixed_number_of_queries(world, queries, rows):
    notice = opened(world)
    for login in ("learner", "expert", "clerk")[:rows]:
        lodged(world, notice=notice, login=login)
    client = world.client("staff")
    client.get(reverse("portal:objections"))
    with queries(LIST_QUERIES):
        assert len(client.get(reverse("portal:objections")).context["rows"]) == rows


LIST_QUERIES = 13


def test_list_is_paged_by_key(world):
    notice = opened(world)
    first = lodged(world, notice=notice)
    people = [person for login, person in world.people.items() if login != "learner"]
    rows = [
        Objection(
            number=f"O-{place}",
            notice=notice,
            row=place % 3,
            organisation=first.organisation,
            objector=people[place % len(people)],
            real_name="示例",
            grounds="不实",
            evidence="材料",
            due_on=first.due_on,
            state="lodged",
            state_since=world.now,
            created_at=world.now,
        )
        for place in range(21)
    ]
    Objection.objects.bulk_create(rows)
    client = world.client("staff")
    context = client.get(reverse("portal:objections")).context
    assert len(context["rows"]) == 20
    rest = client.get(reverse("portal:objections") + context["next_url"]).context
    assert [one.pk for one in rest["rows"]][-1] == first.pk
