"""Who reads what was sent and what was not, and what becomes of an answer that comes too late."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from incubator.models import Application
from incubator.services import (
    applications,
    more_info,
    refusal_reviews,
    screening,
    submissions,
)
from tests.incubator import firms
from tests.incubator.firms import ANSWERS
from tests.incubator.views.test_applications import (
    FIRM_QUERIES,
    STAFF_QUERIES,
    brought_to,
    page,
    said,
    start,
)


@pytest.fixture
def rewritten(world, monkeypatch) -> Application:
    """Return a case with a reviewer whose firm has rewritten what was asked and not sent it."""
    monkeypatch.setattr("django.utils.timezone.now", lambda: world.now)
    other = firms.attached(world, firms.started(world, "owner2"), "owner2")
    submissions.submit_application(
        application=other,
        answers={**ANSWERS, "contact_phone": "0971-2439999"},
        actor=world.people["owner2"],
        now=world.now,
    )
    case = screening.reject_application(
        application=firms.submitted(world),
        reason_codes=["incomplete"],
        feedback="请补充",
        actor=world.staff,
        now=world.now,
    )
    case = refusal_reviews.request_review(
        application=case, grounds="材料已经全部补齐，请复核。", actor=world.owner, now=world.now
    )
    firms.review_of(case.reviews.get(of_refusal=True), world.now)
    case = refusal_reviews.decide_review(
        application=case,
        overturn=True,
        reason="材料齐全。",
        actor=firms.other_staff(world),
        now=world.now,
    )
    case = more_info.ask_more_info(
        application=case,
        asked=dict.fromkeys(["case_text", "contact_phone", "licence", "contract"], "请补充"),
        actor=world.staff,
        now=world.now,
    )
    draft = {"case_text": "尚未发送的草稿", "contact_phone": "0971-2439999"}
    applications.save_answers(application=case, answers=draft, actor=world.owner, now=world.now)
    applications.remove_attachment(
        attachment=case.attachments.get(), actor=world.owner, now=world.now
    )
    applications.attach_file(
        application=case,
        upload=firms.pdf("未发送.pdf", b"2"),
        kind="contract",
        actor=world.owner,
        now=world.now,
    )
    return Application.objects.get(pk=case.pk)


def test_answers_that_are_not_sent_are_shown_to_nobody_else(world, rewritten):
    case = rewritten
    mine = case.reviews.get(of_refusal=True)
    pages = [
        ("staff", reverse("incubator:screening_case", args=[case.pk])),
        (mine.reviewer.email.split("@")[0], reverse("incubator:review", args=[mine.pk])),
    ]
    for login, url in pages:
        response = world.client(login).get(url)
        shown = response.content.decode()
        assert "尚未发送的草稿" not in shown
        assert "未发送.pdf" not in shown
        assert ANSWERS["case_text"] in shown
        assert "营业执照.pdf" in shown
        assert response.context["links"] == []
    contact = reverse("incubator:screening_contact", args=[case.pk])
    revealed = world.client("staff").post(contact, {"reason": "核对材料"}).content.decode()
    assert ANSWERS["contact_phone"] in revealed
    own = world.client("owner").get(page(case)).content.decode()
    assert "尚未发送的草稿" in own
    assert "未发送.pdf" in own
    assert "营业执照.pdf" not in own


def test_file_that_is_not_sent_is_not_given_out(world, rewritten):
    case = rewritten
    sent, fresh = case.attachments.order_by("pk")
    reviewer = case.reviews.get(of_refusal=True).reviewer.email.split("@")[0]
    found = {
        login: [world.client(login).get(one.url).status_code for one in (sent, fresh)]
        for login in ("owner", "staff", reviewer, "owner2")
    }
    assert found == {
        "owner": [200, 200],
        "staff": [200, 404],
        reviewer: [200, 404],
        "owner2": [404, 404],
    }


@pytest.mark.parametrize("ending", ["lapsed", "withdrawn"])
def test_what_you_sent_is_what_was_sent(world, rewritten, ending):
    case = rewritten
    if ending == "lapsed":
        more_info.lapse_answers(now=world.now + timedelta(days=30))
    else:
        applications.withdraw_application(application=case, actor=world.owner, now=world.now)
    for login, url in (
        ("owner", page(case)),
        ("staff", reverse("incubator:screening_case", args=[case.pk])),
    ):
        shown = world.client(login).get(url).content.decode()
        assert "尚未发送的草稿" not in shown
        assert "未发送.pdf" not in shown
        assert ANSWERS["case_text"] in shown
        assert "营业执照.pdf" in shown


def test_what_was_never_sent_is_shown_to_its_firm_as_it_was_written(world):
    case = firms.attached(world, firms.started(world))
    applications.save_answers(
        application=case, answers={"case_text": "半句话"}, actor=world.owner, now=world.now
    )
    applications.withdraw_application(application=case, actor=world.owner, now=world.now)
    shown = world.client("owner", "en").get(page(case)).content.decode()
    assert "半句话" in shown
    assert "营业执照.pdf" in shown
    assert "What you sent" not in shown


@pytest.mark.parametrize("rounds", [0, 2])
def test_case_pages_take_the_same_queries_for_any_number_of_submissions(world, queries, rounds):
    case = firms.submitted(world)
    for count in range(rounds):
        case = firms.answered(world, case, core_products=f"村务通 {count}")
    for login, url, most in (
        ("staff", reverse("incubator:screening_case", args=[case.pk]), STAFF_QUERIES),
        ("owner", page(case), FIRM_QUERIES),
    ):
        client = world.client(login)
        client.get(url)
        with queries(most):
            client.get(url)


# --- a lapse that no night has recorded yet


@pytest.fixture
def late(world, monkeypatch) -> Application:
    """Return a case whose last day for an answer was yesterday, Monday 30 November."""
    case = brought_to(world, "more_info")
    monkeypatch.setattr("django.utils.timezone.now", lambda: world.now + timedelta(days=8))
    return case


@pytest.mark.parametrize("recorded", [False, True])
def test_lapsed_is_shown_as_lapsed_at_once(world, late, recorded):
    if recorded:
        more_info.lapse_answers(now=timezone.now())
    own, staff = world.client("owner", "en"), world.client("staff", "en")
    shown = own.get(page(late))
    assert shown.templates[0].name == "incubator/applications/case.html"
    assert "This application has lapsed" in shown.content.decode()
    listed = own.get(reverse("incubator:application_list"))
    assert listed.context["page"].firms == [late.organisation]
    assert "Answer now" not in listed.content.decode()
    assert "since 1 Dec 2026" in listed.content.decode()
    assert own.get(reverse("portal:workspace")).context["tasks"] == []
    case = staff.get(reverse("incubator:screening_case", args=[late.pk]))
    assert case.context["actions"] == ()
    assert "Lapsed, no answer" in case.content.decode()
    assert "Give the firm more time" not in case.content.decode()
    for state, rows in (("lapsed", [late]), ("more_info", []), ("", [late])):
        found = staff.get(reverse("incubator:screening_list"), {"state": state})
        assert found.context["rows"] == rows


@pytest.mark.parametrize("name", ["save", "submit"])
def test_late_answer_is_kept_and_taken_over(world, late, name):
    client = world.client("owner", "en")
    posted = {"deed": name, "version": late.version, "case_text": "迟到的话"}
    response = client.post(page(late), posted)
    assert (response.status_code, response.url) == (302, page(late))
    assert said(response) == [
        (
            "The last day for this answer was 30 Nov 2026, so the application has lapsed and the "
            "answer cannot be sent any more. What you typed is kept; start a new application and "
            "take it over."
        )
    ]
    again = client.post(page(late), {**posted, "version": late.version + 1})
    assert said(again)[-1].startswith("The last day for the answer was 30 Nov 2026, so this")
    response = start(client, world, organisation=late.organisation.pk)
    fresh = Application.objects.latest("pk")
    assert response.url == page(fresh)
    client.post(reverse("incubator:reuse", args=[fresh.pk]))
    fresh.refresh_from_db()
    assert fresh.answers["case_text"] == "迟到的话"


def test_late_answer_with_faults_keeps_what_fits(world, late):
    posted = {"deed": "save", "version": late.version, "case_text": "长" * 6000}
    response = world.client("owner", "en").post(page(late), posted)
    assert said(response)[0].startswith("The last day for this answer was")
    late.refresh_from_db()
    assert (late.state, late.answers["case_text"]) == ("lapsed", ANSWERS["case_text"])


def test_late_file_is_refused_on_the_case_page(world, late):
    upload = SimpleUploadedFile("执照.pdf", firms.PDF)
    url = reverse("incubator:attach", args=[late.pk])
    response = world.client("owner", "en").post(url, {"kind": "licence", "file": upload})
    assert response.url == page(late)
    assert said(response)[0].startswith("The last day for the answer was")


def test_file_for_a_case_with_the_reviewers_leads_back_to_it(world):
    case = firms.in_review(world)
    upload = SimpleUploadedFile("执照.pdf", firms.PDF)
    url = reverse("incubator:attach", args=[case.pk])
    response = world.client("owner", "en").post(url, {"kind": "licence", "file": upload})
    assert said(response) == ["The application is with the reviewers and cannot be changed now."]


def test_closed_case_is_not_said_to_be_with_the_reviewers(world):
    case = brought_to(world, "withdrawn")
    response = world.client("owner", "en").post(page(case), {"deed": "save"})
    assert said(response) == ["This application is closed and cannot be changed any more."]


# --- reviewers
