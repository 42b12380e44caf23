"""Incubation through a browser's eyes: the staff's cohorts, the firm's and the mentor's page."""

from datetime import timedelta

import pytest

from incubator.models import Cohort, Incubation, IncubationAgreement
from incubator.services import cohorts, incubation
from portal.domain.identifiers import make_uscc
from tests.incubator.cohorts_story import (
    accepted,
    agreement_of,
    drafted,
    ended,
    judged,
    met,
    offered,
    plan_of,
    published,
)
from tests.incubator.modules_story import admit, admitted_firm

NEW = {
    "title": "2026 年冬季批次", "title_en": "Winter 2026", "starts_on": "2026-12-01",
    "ends_on": "2027-05-31", "capacity": "2", "note": "",
}  # fmt: skip


@pytest.fixture(autouse=True)
def today(monkeypatch, world):
    """Have the pages see the tests' day."""
    monkeypatch.setattr("django.utils.timezone.now", lambda: world.now)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"starts_on": "9999-01-01", "ends_on": "9999-12-31"}, "starts_on"),
        ({"starts_on": "0001-01-01"}, "starts_on"),
        ({"starts_on": "2026-01-01", "ends_on": "2026-11-22"}, "ends_on"),
        ({"title": "\u200b"}, "title"),
    ],
)
def test_cohort_that_makes_no_sense_is_refused_at_its_field(world, changes, field):
    answer = world.client("staff").post("/workspace/cohorts/new/", NEW | changes)
    assert (answer.status_code, Cohort.objects.count()) == (422, 0)
    assert field in answer.context["form"].errors


def test_agreement_that_nobody_sees_is_refused_at_its_field(world):
    for field in ("version", "text"):
        posted = {"version": "2026-1", "text": "按期报告。", "text_en": "", field: "\u200b"}
        answer = world.client("staff").post("/workspace/cohorts/agreements/", posted)
        assert answer.status_code == 422
        assert answer.context["form"].errors == {field: ["请填写内容，仅有空白字符视为未填写。"]}
    assert IncubationAgreement.objects.count() == 0


def test_plan_says_of_every_line_what_is_wrong(world):
    posted = {
        "plan_version": "2",
        "review_days": 90,
        "lines": "team | -5 | zzz | 甲\n梳理 | 3 | | 乙",
    }
    answer = world.client("staff").post("/workspace/cohorts/plans/", posted)
    found = answer.context["form"].errors["lines"]
    assert [text[:5] for text in found] == ["第 1 行", "第 1 行", "第 2 行"]
    assert "“-5”" in found[0]


def test_draft_is_corrected_until_it_is_published(world):
    staff, cohort = world.client("staff"), drafted(world)
    page = cohort.get_absolute_url()
    assert f"{page}edit/" in staff.get(page).text
    form = staff.get(f"{page}edit/").context["form"]
    assert form.initial["title"] == cohort.title
    posted = NEW | {"title": "改后的批次", "ends_on": "2027-06-30", "version": cohort.version}
    assert staff.post(f"{page}edit/", posted | {"title": "\u200b"}).status_code == 422
    assert staff.post(f"{page}edit/", posted)["Location"] == page
    assert staff.post(f"{page}edit/", posted).status_code == 422  # from an older page
    cohort.refresh_from_db()
    assert (cohort.title, str(cohort.ends_on)) == ("改后的批次", "2027-06-30")
    agreement_of(world)
    plan_of(world)
    cohorts.publish_cohort(cohort=cohort, actor=world.staff, now=world.now)
    late = staff.post(f"{page}edit/", posted | {"version": cohort.version + 1})
    assert (late.status_code, "改后的批次" in late.text) == (409, True)
    assert '<form method="post">' not in staff.get(f"{page}edit/").text
    assert world.client("owner").get(f"{page}edit/").status_code == 403


def test_staff_publish_an_agreement_and_a_cohort_and_offer_a_place(world):
    staff = world.client("staff")
    form = staff.get("/workspace/cohorts/agreements/").context["form"]
    assert form.initial["version"] == "2026-1"
    text = {"version": "2026-1", "text": "按期报告。", "text_en": ""}
    assert staff.post("/workspace/cohorts/agreements/", text).status_code == 302
    changed = staff.post("/workspace/cohorts/agreements/", text | {"text": "别的"})
    assert changed.status_code == 422
    assert "别的" in changed.content.decode()
    assert IncubationAgreement.objects.count() == 1
    assert staff.post("/workspace/cohorts/new/", NEW | {"ends_on": "2026-11-01"}).status_code == 422
    made = staff.post("/workspace/cohorts/new/", NEW)
    cohort = Cohort.objects.get()
    page = cohort.get_absolute_url()
    assert made["Location"] == page
    assert staff.get(page).context["offers"] is False
    plan = staff.get("/workspace/cohorts/plans/").context["form"].initial
    assert staff.post("/workspace/cohorts/plans/", plan | {"lines": "x"}).status_code == 422
    assert staff.post("/workspace/cohorts/plans/", plan).status_code == 302
    again = staff.get("/workspace/cohorts/plans/").context
    assert (len(again["plans"]), again["form"].initial["plan_version"]) == (1, "")
    assert staff.post(f"{page}publish/", {"version": 1})["Location"] == page
    firm = admit(world, "owner")
    offer = {"firm": firm.pk, "reply_by": "2026-12-05"}
    assert staff.post(f"{page}offer/", offer).status_code == 302
    assert staff.post(f"{page}offer/", offer).status_code == 422
    assert [row.organisation for row in staff.get(page).context["members"]] == [firm]


def test_offer_that_comes_second_sees_the_cohort_as_it_is_now(world, monkeypatch):
    cohort = published(world, capacity=1)
    firm, offer_place = admit(world, "owner"), cohorts.offer_place

    def second(**values: object) -> Incubation:
        monkeypatch.setattr(cohorts, "offer_place", offer_place)
        offered(world, "owner2", cohort)
        return offer_place(**values)

    monkeypatch.setattr(cohorts, "offer_place", second)
    offer = {"firm": firm.pk, "reply_by": "2026-12-05"}
    late = world.client("staff").post(f"{cohort.get_absolute_url()}offer/", offer)
    members = [row.organisation for row in late.context["members"]]
    assert (late.status_code, late.context["cohort"].taken) == (422, 1)
    assert members == [world.organisation("owner2")]


def test_cohort_is_closed_and_its_places_set(world):
    cohort = published(world)
    staff, page = world.client("staff"), cohort.get_absolute_url()
    assert staff.post(f"{page}capacity/", {"capacity-capacity": "0"}).status_code == 422
    assert staff.post(f"{page}capacity/", {"capacity-capacity": "7"}).status_code == 302
    assert staff.post(f"{page}close/", {"close-reason": ""}).status_code == 422
    assert staff.post(f"{page}nonsense/").status_code == 404
    closed = staff.post(f"{page}close/", {"close-reason": "场地调整", "close-version": 2})
    assert closed.status_code == 302
    cohort.refresh_from_db()
    assert (cohort.state, cohort.capacity) == ("closed", 7)
    assert "场地调整" in staff.get(page).content.decode()


def test_publishing_without_an_agreement_says_what_to_do(world):
    page = drafted(world).get_absolute_url()
    answer = world.client("staff").post(f"{page}publish/", {"version": 1}, follow=True)
    assert "请先发布协议文本" in answer.content.decode()


def test_signer_reads_and_accepts_the_agreement(world):
    row = offered(world)
    page, digest = row.get_absolute_url(), row.cohort.agreement.digest
    owner = world.client("owner")
    assert page in owner.get("/workspace/incubation/").content.decode()
    assert "按期报告" in owner.get(page).content.decode()
    assert ("接受期限" in owner.get(page).text, "补充期限" in owner.get(page).text) == (True, False)
    data = {"accept-digest": digest, "accept-version": "1"}
    assert owner.post(f"{page}accept/", data).status_code == 422
    wrong = data | {"accept-agreed": "on", "accept-digest": "0" * 64}
    assert owner.post(f"{page}accept/", wrong).status_code == 422
    assert owner.post(f"{page}accept/", data | {"accept-agreed": "on"})["Location"] == page
    row.refresh_from_db()
    assert (row.state, row.agreement_digest) == ("active", digest)
    assert digest in owner.get(page).content.decode()


def test_member_sees_the_offer_and_cannot_answer_it(world):
    row = offered(world)
    page = row.get_absolute_url()
    member = world.client("member")
    assert member.get(page).context["actions"] == ()
    assert member.post(f"{page}decline/", {"version": 1}).status_code == 403
    assert world.client("owner").post(f"{page}decline/", {"version": 1})["Location"] == page
    row.refresh_from_db()
    assert row.state == "declined"


def test_offer_that_ran_out_says_so_and_cannot_be_accepted(world, monkeypatch):
    row = offered(world)
    late = world.now + timedelta(days=15)
    monkeypatch.setattr("django.utils.timezone.now", lambda: late)
    context = world.client("owner").get(row.get_absolute_url()).context
    assert (context["over"], "accept" in context["actions"]) == (True, False)


def test_staff_judge_name_a_mentor_and_graduate(world):
    row = accepted(world)
    staff, page = world.client("staff"), row.get_absolute_url()
    assert staff.post(f"{page}mentor/", {"mentor-mentor": world.owner2.pk}).status_code == 422
    named = staff.post(f"{page}mentor/", {"mentor-mentor": world.expert.pk})
    assert named["Location"] == page
    assert world.client("expert").get(page).status_code == 200
    assert staff.post(f"{page}warn/", {"warn-reason": ""}).status_code == 422
    assert staff.post(f"{page}warn/", {"warn-reason": "未报告"}).status_code == 302
    assert "未报告" in world.client("owner").get(page).content.decode()
    assert staff.get(page).context["buttons"] == ["clear"]
    suspend = {"suspend-until": "2026-12-10", "suspend-reason": "整改"}
    assert staff.post(f"{page}suspend/", suspend).status_code == 302
    assert staff.get(page).context["buttons"] == ["resume_probation"]
    assert staff.post(f"{page}resume_probation/").status_code == 302
    assert staff.post(f"{page}clear/").status_code == 302
    assert staff.post(f"{page}graduate/", {"graduate-code": "nonsense"}).status_code == 422
    assert staff.post(f"{page}graduate/", {"graduate-code": "plan_met"}).status_code == 422
    met(world, row)
    assert staff.post(f"{page}graduate/", {"graduate-code": "plan_met"}).status_code == 302
    row.refresh_from_db()
    assert row.state == "graduated"
    for login in ("owner", "member", "expert", "staff"):
        assert world.client(login).get(page).status_code == 200


def test_suspension_that_is_over_reads_as_active(world, monkeypatch):
    row = judged(world, accepted(world), "suspend", reason="整改", until=world.now.date())
    staff, page = world.client("staff"), row.get_absolute_url()
    assert "graduate" not in staff.get(page).context["actions"]
    met(world, row)
    late = world.now + timedelta(days=1)
    monkeypatch.setattr("django.utils.timezone.now", lambda: late)
    staff = world.client("staff")
    shown = staff.get(page).context
    assert ("graduate" in shown["actions"], shown["status"]["label"]) == (True, "在孵")
    assert staff.post(f"{page}graduate/", {"graduate-code": "plan_met"}).status_code == 302


def test_unknown_deed_and_another_firms_page(world):
    row = accepted(world)
    page = row.get_absolute_url()
    assert world.client("staff").post(f"{page}nonsense/").status_code == 404
    assert world.client("owner2").get(page).status_code == 404
    assert world.client("expert").get(page).status_code == 404
    assert world.client("owner").get("/workspace/incubation/").context["rows"][0][0] == row
    assert world.client("owner2").get("/workspace/incubation/").context["rows"] == []


def test_staff_of_the_same_firm_have_no_deeds(world):
    from portal.services.accounts import add_member

    row = accepted(world)
    add_member(
        user=world.staff, organisation=row.organisation, role="firm_member", actor=None,
        now=world.now,
    )  # fmt: skip
    assert world.client("staff").get(row.get_absolute_url()).context["actions"] == ()


def test_ended_membership_shows_its_reason(world):
    row = ended(world, accepted(world), "exit", "other", note="合并到另一家企业")
    text = world.client("owner").get(row.get_absolute_url()).content.decode()
    assert "合并到另一家企业" in text


# --- Queries


def some(world, rows: int) -> Incubation:
    cohort = published(world, capacity=9)
    row = accepted(world, cohort=cohort)
    incubation.assign_mentor(incubation=row, mentor=world.expert, actor=world.staff, now=world.now)
    for number in range(rows - 1):
        firm = admitted_firm(world, make_uscc("91", "630123", f"MAD{number:05d}"))
        offered_to(world, cohort, firm)
        drafted(world, title=str(number))
        agreement_of(world, version=f"v{number}", text=f"文本 {number}")
        plan_of(world, version=f"v{number}")
    return row


def offered_to(world, cohort, firm) -> None:
    from incubator.services.cohorts import offer_place

    offer_place(cohort=cohort, firm=firm, actor=world.staff, now=world.now)


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize(
    ("login", "page", "count"),
    [
        ("staff", "/workspace/cohorts/", 11),
        ("staff", "/workspace/cohorts/agreements/", 11),
        ("staff", "cohort", 14),
        ("staff", "/workspace/cohorts/plans/", 11),
        ("staff", "incubation", 14),
        ("expert", "milestone", 11),
        ("owner", "review", 11),
        ("owner", "/workspace/incubation/", 11),
        ("owner", "incubation", 13),
    ],
)
def test_pages_take_the_same_queries(world, queries, login, page, *, count, rows):
    row = some(world, rows)
    places = {
        "cohort": row.cohort.get_absolute_url(), "incubation": row.get_absolute_url(),
        "milestone": row.milestones.first().get_absolute_url(),
        "review": row.reviews.first().get_absolute_url(),
    }  # fmt: skip
    url = places.get(page, page)
    client = world.client(login)
    client.get(url)
    with queries(count):
        assert client.get(url).status_code == 200


# --- The plan


def test_firm_reports_and_its_mentor_confirms(world):
    row = some(world, 1)
    [first, _second] = row.milestones.all()
    page = first.get_absolute_url()
    owner, expert = world.client("owner"), world.client("expert")
    assert page in owner.get(row.get_absolute_url()).content.decode()
    assert [step[0] for step in owner.get(page).context["steps"]] == ["report"]
    assert owner.post(f"{page}report/", {"report-report": " "}).status_code == 422
    unseen = owner.post(f"{page}report/", {"report-report": "\u200b"})
    assert (unseen.status_code, "请填写内容" in unseen.text) == (422, True)
    sent = owner.post(f"{page}report/", {"report-report": "三人到位", "report-version": 1})
    assert sent["Location"] == page
    assert [step[0] for step in expert.get(page).context["steps"]] == ["confirm", "give_back"]
    assert expert.post(f"{page}give_back/", {"give_back-note": ""}).status_code == 422
    assert expert.post(f"{page}confirm/", {"confirm-note": "好"})["Location"] == page
    assert owner.get(page).context["steps"] == []
    assert owner.post(f"{page}nonsense/").status_code == 404


def test_staff_move_a_milestone_and_the_first_date_stays(world):
    row = accepted(world)
    page = row.milestones.first().get_absolute_url()
    staff = world.client("staff")
    moved = {"move-due_on": "2027-01-10", "move-reason": "村里农忙"}
    assert staff.post(f"{page}move/", moved | {"move-due_on": "2026-01-10"}).status_code == 422
    assert staff.post(f"{page}move/", moved).status_code == 302
    text = world.client("owner").get(row.get_absolute_url()).content.decode()
    assert "2027年1月10日" in text
    assert "原定 2026年12月15日" in text


def test_review_is_handed_in_and_closed_by_the_staff(world):
    row = accepted(world)
    page = row.reviews.first().get_absolute_url()
    owner, staff = world.client("owner"), world.client("staff")
    assert owner.post(f"{page}submit/", {"submit-text": "进展"})["Location"] == page
    assert staff.post(f"{page}reopen/", {"reopen-note": "缺数据"}).status_code == 302
    assert "缺数据" in owner.get(page).content.decode()
    assert owner.post(f"{page}submit/", {"submit-text": "进展与数据"}).status_code == 302
    assert staff.post(f"{page}close/", {"close-note": ""}).status_code == 302
    assert staff.get(page).context["steps"] == []


def test_overdue_review_is_said_on_the_firms_page(world, monkeypatch):
    row = accepted(world)
    late = world.now + timedelta(days=70)
    monkeypatch.setattr("django.utils.timezone.now", lambda: late)
    page = world.client("owner").get(row.get_absolute_url())
    assert page.context["late_review"] == row.reviews.first()
    assert "暂不受理" in page.content.decode()
    ended(world, row, "exit", "own_wish")
    gone = world.client("owner")
    assert gone.get(row.get_absolute_url()).context["late_review"] is None
    step = gone.get(row.milestones.first().get_absolute_url()).context
    assert step["steps"] == []
    assert gone.get(row.reviews.first().get_absolute_url()).context["steps"] == []
