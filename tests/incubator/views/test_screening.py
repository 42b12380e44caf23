"""The pages of those who screen and review applications."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from incubator.labels.applications import CRITERIA
from incubator.models import Application, ApplicationReview
from incubator.services import (
    application_reviews,
)
from portal.services.accounts import register_organisation
from tests.incubator import firms
from tests.incubator.firms import ANSWERS, NOTES, SCORES, reviewers
from tests.incubator.views.test_applications import FIRM, page


def deed(world, case: Application, name: str, **values: object):
    url = reverse("incubator:screening_deed", args=[case.pk, name])
    return world.client("staff", language="en").post(url, {"version": case.version, **values})


def test_staff_ask_and_the_firm_sees_what_is_asked(world):
    case = firms.submitted(world)
    assert deed(world, case, "ask", ask_case_text="请写清件数").status_code == 302

    response = world.client("owner").get(page(case))
    assert response.context["open"] == {"case_text", "truth_declared"}
    assert "请写清件数" in response.content.decode()


def test_staff_ask_nothing_is_refused(world):
    response = deed(world, firms.submitted(world), "ask")
    assert response.status_code == 422
    assert response.context["failed"].non_field_errors() == [
        "Write at least one note beside what is missing."
    ]


def test_staff_deed_that_is_none_is_not_found(world):
    assert deed(world, firms.submitted(world), "bribe").status_code == 404


def test_staff_deed_from_a_stale_page_is_refused(world):
    case = firms.submitted(world)
    case.version -= 1
    response = deed(world, case, "start")
    assert response.status_code == 422
    assert Application.objects.get().state == "screening"


def test_staff_lead_an_application_to_its_notice(world):
    case = firms.reviewed(world)
    assert deed(world, case, "propose").status_code == 302
    client = world.client("staff")
    url = reverse("incubator:admission_notice")
    assert client.get(url).status_code == 200
    response = client.post(url, {"batch": "第 1 批", "applications": [case.pk]})
    case.refresh_from_db()
    assert response.url == reverse("portal:notice", args=[case.notice.number])

    refused = deed(world, case, "admit")
    assert refused.status_code == 422


def test_admission_notice_without_a_choice_is_refused(world):
    firms.proposed(world)
    response = world.client("staff").post(
        reverse("incubator:admission_notice"), {"batch": "第 1 批"}
    )
    assert response.status_code == 422


def test_decisions_that_a_colleague_released_are_said_to_be_released(world):
    case, other = firms.proposed(world), firms.proposed(world, "owner2")
    client, url = world.client("staff"), reverse("incubator:admission_notice")
    posted = {"batch": "第 1 批", "applications": [case.pk]}
    assert client.post(url, posted).status_code == 302
    name = world.staff.name
    response = client.post(url, {**posted, "batch": "第 2 批", "refusals": ["x", "9" * 30]})
    assert response.status_code == 422
    assert f"{name}已于" in response.content.decode()
    posted = {"batch": "第 2 批", "applications": [case.pk, other.pk]}
    assert client.post(url, posted).status_code == 422
    other.refresh_from_db()
    assert other.state == "decision_pending"
    assert client.post(url, {**posted, "applications": [other.pk]}).status_code == 302
    late = client.post(url, {**posted, "batch": "第 3 批"})
    assert late.status_code == 409
    assert f"{name}已于" in late.content.decode()


def test_screening_list_filters_by_state_and_text(world):
    first, second = firms.submitted(world), firms.reviewed(world, "owner2")
    client = world.client("staff")

    def found(query: str) -> list[Application]:
        return client.get(f"{reverse('incubator:screening_list')}?{query}").context["rows"]

    assert found("") == [second, first]
    assert found("state=screening") == [first]
    assert found("q=示例智服") == [second]
    assert found("state=proposed") == []
    assert found("state=nonsense&q=x") == [second, first]
    assert found(f"after={second.pk}") == [first]


@pytest.mark.parametrize("firms_count", [1, 3])
def test_screening_list_takes_the_same_queries_for_any_number(world, queries, firms_count):
    firm = register_organisation(kind="firm", actor=world.learner, now=world.now, **FIRM)
    assert firm == world.organisation("learner")
    for login in ("owner", "owner2", "learner")[:firms_count]:
        firms.submitted(world, login)
    client = world.client("staff")
    client.get(reverse("incubator:screening_list"))
    with queries(11):
        client.get(reverse("incubator:screening_list"))


def test_reviewer_declares_first_then_scores(world):
    case = firms.in_review(world)
    mine = reviewers(case)[0]
    login = mine.reviewer.email.split("@")[0]
    client = world.client(login)
    url = reverse("incubator:review", args=[mine.pk])

    shown = client.get(url).content.decode()
    assert ANSWERS["core_products"] not in shown
    client.post(reverse("incubator:review_conflict", args=[mine.pk]), {"conflict": "no"})
    shown = client.get(url).content.decode()
    assert ANSWERS["core_products"] in shown

    posted = {**SCORES, **{f"{name}_note": note for name, note in NOTES.items()}}
    bad = client.post(url, {**posted, "capability": "9"})
    assert bad.status_code == 422
    assert client.post(url, {**posted, "recommendation": "admit"}).url == url
    mine.refresh_from_db()
    assert mine.state == "submitted"
    assert client.get(reverse("incubator:review_list")).status_code == 200


def test_scores_of_others_are_hidden_until_the_own_is_in(world):
    case = firms.in_review(world)
    first, second = reviewers(case)
    firms.review_of(first, world.now)
    client = world.client(second.reviewer.email.split("@")[0])
    url = reverse("incubator:review", args=[second.pk])
    ready = application_reviews.declare(
        review=second, conflict=False, actor=second.reviewer, now=world.now
    )
    assert NOTES["capability"] not in client.get(url).content.decode()

    application_reviews.submit_review(
        review=ready,
        scores=SCORES,
        recommendation="admit",
        actor=second.reviewer,
        now=world.now,
        narratives={name: f"另一位评审的说明文字{name}" for name in SCORES},
    )
    shown = client.get(url).content.decode()
    assert NOTES["capability"] in shown
    assert first.reviewer.name not in shown


def test_declared_conflict_closes_the_case_to_the_reviewer(world):
    mine = reviewers(firms.in_review(world))[0]
    client = world.client(mine.reviewer.email.split("@")[0])
    url = reverse("incubator:review_conflict", args=[mine.pk])
    assert client.post(url, {"conflict": "yes"}).status_code == 422
    answer = client.post(url, {"conflict": "yes", "note": "曾任顾问"})
    assert answer.url == reverse("incubator:review_list")
    shown = client.get(reverse("incubator:review", args=[mine.pk]))
    assert shown.status_code == 200
    assert ANSWERS["core_products"] not in shown.content.decode()


def test_reviewer_who_finds_a_tie_late_steps_back_on_the_page(world):
    mine = reviewers(firms.in_review(world))[0]
    client = world.client(mine.reviewer.email.split("@")[0])
    page = reverse("incubator:review", args=[mine.pk])
    url = reverse("incubator:review_conflict", args=[mine.pk])
    client.post(url, {"conflict": "no"})
    shown = client.get(page).content.decode()
    assert 'name="conflict" value="yes"' in shown
    assert f'action="{url}"' in shown
    assert client.post(url, {"conflict": "no"}).status_code == 409
    refused = client.post(url, {"conflict": "yes", "note": "\u200b"})
    assert refused.status_code == 422
    assert 'name="conflict" value="yes"' in refused.content.decode()
    answer = client.post(url, {"conflict": "yes", "note": "读到联系人才发现是亲属"})
    assert answer.url == reverse("incubator:review_list")
    mine.refresh_from_db()
    assert mine.state == "recused"


def test_review_before_the_declaration_comes_back_as_text(world):
    mine = reviewers(firms.in_review(world))[0]
    client = world.client(mine.reviewer.email.split("@")[0])
    url = reverse("incubator:review", args=[mine.pk])
    posted = {**SCORES, **{f"{name}_note": note for name, note in NOTES.items()}}
    answer = client.post(url, {**posted, "recommendation": "admit"})
    shown = answer.content.decode()
    assert answer.status_code == 409
    assert "None / 4" not in shown
    assert 'name="conflict"' in shown
    for name in SCORES:
        assert f"依据：{CRITERIA[name]}" in shown


def test_staff_replace_an_overdue_reviewer(world):
    case = firms.in_review(world)
    first = reviewers(case)[0]
    page = reverse("incubator:screening_case", args=[case.pk])
    url = reverse("incubator:screening_deed", args=[case.pk, "replace"])
    client, posted = world.client("staff"), {"review": first.pk, "reason": "联系不上"}
    assert url not in client.get(page).content.decode()
    assert client.post(url, posted).status_code == 409
    ApplicationReview.objects.update(created_at=timezone.now() - timedelta(days=60))
    assert url in client.get(page).content.decode()
    assert client.post(url, {**posted, "review": "x"}).status_code == 422
    assert client.post(url, posted).url == page
    first.refresh_from_db()
    assert first.state == "cancelled"


def test_review_of_somebody_else_is_not_found(world):
    case = firms.in_review(world)
    drawn = {one.reviewer.email.split("@")[0] for one in reviewers(case)}
    other = ({"assessor", "assessor2", "assessor3"} - drawn).pop()
    client = world.client(other)
    assert client.get(reverse("incubator:review", args=[reviewers(case)[0].pk])).status_code == 404
