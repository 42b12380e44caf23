"""The public page of service times, the firm's clock, and more time for an answer."""

from datetime import timedelta

from incubator.services import more_info
from tests.incubator import firms


def test_the_public_reads_what_stages_took(world, client, django_assert_num_queries):
    for login in ("owner", "owner2"):
        firms.reviewed(world, login)
    client.get("/service-times/")
    with django_assert_num_queries(3):
        page = client.get("/service-times/").content.decode()
    assert "入孵申请办理时限与用时" in page
    assert "15 个工作日" in page
    assert "公示期满后一个工作日" in page


def test_the_public_page_before_anything_ended(world, client):
    page = client.get("/service-times/", headers={"accept-language": "en"}).content.decode()
    assert "No stage has ended yet" in page


def test_the_firm_sees_where_the_clock_stands(world, client):
    case = firms.submitted(world)
    client.force_login(world.owner)
    page = client.get(case.get_absolute_url()).content.decode()
    assert "已用 " in page
    assert "5 个工作日" in page
    asked = more_info.ask_more_info(
        application=case, asked={"case_text": "请补充。"}, actor=world.staff, now=world.now
    )
    page = client.get(asked.get_absolute_url()).content.decode()
    assert "期间不计时" in page


def test_staff_give_more_time_and_errors_come_back(world, client):
    case = more_info.ask_more_info(
        application=firms.submitted(world),
        asked={"case_text": "请补充。"},
        actor=world.staff,
        now=world.now,
    )
    client.force_login(world.staff)
    url = f"/workspace/screening/{case.pk}/extend/"
    sent = {"version": case.version, "due_on": str(case.answer_due_on), "reason": "在途"}
    answer = client.post(url, sent)
    assert answer.status_code == 422
    assert "晚于现有期限" in answer.content.decode()
    later = case.answer_due_on + timedelta(days=7)
    assert client.post(url, {**sent, "due_on": str(later)}).status_code == 302
    case.refresh_from_db()
    assert case.answer_due_on == later


def test_a_lapsed_case_says_so(world, client):
    case = more_info.ask_more_info(
        application=firms.submitted(world),
        asked={"case_text": "请补充。"},
        actor=world.staff,
        now=world.now,
    )
    more_info.lapse_answers(now=world.now + timedelta(days=30))
    client.force_login(world.owner)
    assert "本次申请已逾期终止" in client.get(case.get_absolute_url()).content.decode()
    assert "逾期未补正" in client.get("/workspace/applications/").content.decode()
