"""Courses through a browser's eyes: public pages, one's own learning, no answer in the page."""

import re
from datetime import timedelta

import pytest

from incubator.models import CoursePage, Enrolment, LessonRead
from incubator.services import enrolments
from tests.incubator.courses_story import (
    RIGHT,
    WRONG,
    answers,
    attempt,
    completed,
    enrolled,
    read_all,
    ready,
    taught,
    written,
)


def page(world, url: str, login: str | None = None, language: str = "zh-hans") -> str:
    response = world.client(login, language).get(url)
    assert response.status_code == 200
    return response.content.decode()


def test_course_list_before_setup_is_an_empty_list(world):
    assert "No course yet" in page(world, "/courses/", language="en")


def test_course_list_shows_published_courses_only(world):
    taught(world)
    written(world, "draft")
    text = page(world, "/courses/")
    assert ("/courses/process/" in text, "/courses/draft/" in text) == (True, False)


@pytest.mark.parametrize("rows", [1, 3])
def test_course_list_takes_the_same_queries_whatever_its_length(world, queries, rows):
    for number in range(rows):
        taught(world, f"course-{number}")
    client = world.client()
    client.get("/courses/")
    with queries(9):
        text = client.get("/courses/").content.decode()
    assert text.count("<article") == rows


@pytest.mark.parametrize(
    ("language", "title"), [("zh-hans", "村级事务流程梳理"), ("en", "Village processes")]
)
def test_course_page_shows_lessons_and_never_the_quiz(world, language, title):
    taught(world)
    text = page(world, "/courses/process/", language=language)
    assert f"<h1>{title}</h1>" in text
    for secret in ("干部签字", "EXPLANATION-ONE", "流程从哪里开始", "Where does the process"):
        assert secret not in text


def test_course_page_of_a_draft_is_404(world):
    written(world)
    assert world.client("expert").get("/courses/process/").status_code == 404
    assert world.client("learner").get("/courses/process/enrol/").status_code == 404


def test_enrol_without_login_leads_to_the_login_and_back(world):
    taught(world)
    response = world.client().get("/courses/process/enrol/")
    assert response.url == "/accounts/login/?next=/courses/process/enrol/"


def test_enrol_for_a_firm_leads_to_the_learners_page(world):
    taught(world)
    firm = world.organisation("owner")
    client = world.client("owner")
    form = client.get("/courses/process/enrol/").context["form"]
    assert form.fields["organisation"].initial == firm.pk
    response = client.post("/courses/process/enrol/", {"organisation": firm.pk})
    enrolment = Enrolment.objects.get()
    assert (response.url, enrolment.organisation) == (enrolment.get_absolute_url(), firm)


def test_enrol_twice_is_422_with_the_reason(world):
    enrolled(world)
    response = world.client("learner").post("/courses/process/enrol/", {})
    assert (response.status_code, Enrolment.objects.count()) == (422, 1)


OWN = ["", "lessons/1/", "quiz/"]


@pytest.mark.parametrize("path", OWN)
@pytest.mark.parametrize("login", ["owner", "expert", "training"])
def test_learning_of_others_is_404(world, path, login):
    url = enrolled(world).get_absolute_url()
    assert world.client(login).get(url + path).status_code == 404
    assert world.client(login).post(url + "leave/").status_code == 404


def test_lesson_shows_its_text_in_the_readers_language_and_counts_nothing(world):
    url = enrolled(world).get_absolute_url()
    assert "先画现状。" in page(world, url + "lessons/1/", "learner")
    assert "Draw what is there first." in page(world, url + "lessons/1/", "learner", "en")
    assert 'lang="zh-Hans">' in page(world, url + "lessons/2/", "learner", "en")
    assert LessonRead.objects.count() == 0


def test_lesson_marked_as_read_leads_to_the_next_and_at_last_to_the_quiz(world):
    url = enrolled(world).get_absolute_url()
    client = world.client("learner")
    assert client.get(url + "lessons/1/read/").status_code == 405
    assert client.post(url + "lessons/1/read/").url == url + "lessons/2/"
    assert LessonRead.objects.count() == 1
    assert client.post(url + "lessons/2/read/").url == url
    assert client.get(url).context["mine"].ready is True
    assert "lessons/1/read/" not in page(world, url + "lessons/1/", "learner")


def test_lesson_of_others_cannot_be_marked_as_read(world):
    url = enrolled(world).get_absolute_url()
    assert world.client("owner").post(url + "lessons/1/read/").status_code == 404
    assert LessonRead.objects.count() == 0


@pytest.mark.parametrize("number", [0, 3, 99])
def test_lesson_that_does_not_exist_is_404(world, number):
    url = enrolled(world).get_absolute_url()
    assert world.client("learner").get(f"{url}lessons/{number}/").status_code == 404


def test_quiz_before_all_lessons_is_closed(world):
    url = enrolled(world).get_absolute_url() + "quiz/"
    assert 'type="radio"' not in page(world, url, "learner")
    assert world.client("learner").post(url, {"attempt": 1}).status_code == 422


def test_quiz_page_looks_the_same_whatever_is_right(world):
    """The page holds no trace of the answers: swapping them changes nothing in it."""
    enrolment = enrolled(world)
    read_all(world, enrolment)
    url = enrolment.get_absolute_url() + "quiz/"

    def drawn() -> str:
        return re.sub(r"[A-Za-z0-9]{64}", "TOKEN", page(world, url, "learner"))

    before = drawn()
    for question in enrolment.edition.content["quiz"]:
        question["correct"] = [2, 1] if len(question["correct"]) > 1 else [0]
    enrolment.edition.save()
    assert drawn() == before
    assert "EXPLANATION-ONE" not in before


def posted(enrolment: Enrolment, chosen: list[list[int]], number: int = 1) -> dict:
    return answers(enrolment, chosen) | {"attempt": number}


def test_quiz_passed_shows_the_proof_that_anybody_can_check(world):
    enrolment = enrolled(world)
    read_all(world, enrolment)
    client = world.client("learner")
    response = client.post(enrolment.get_absolute_url() + "quiz/", posted(enrolment, RIGHT))
    assert response.url == enrolment.get_absolute_url()
    enrolment.refresh_from_db()
    text = client.get(response.url).content.decode()
    assert (f"/verify/{enrolment.document.number}/" in text, "EXPLANATION-ONE" in text) == (
        True, True,
    )  # fmt: skip
    assert world.client().get(f"/verify/{enrolment.document.number}/").status_code == 200


def test_quiz_failed_says_what_was_wrong_and_not_what_is_right(world):
    enrolment = enrolled(world)
    read_all(world, enrolment)
    client = world.client("learner", "en")
    client.post(enrolment.get_absolute_url() + "quiz/", posted(enrolment, WRONG))
    response = client.get(enrolment.get_absolute_url())
    assert [one["right"] for one in response.context["review"]] == [False, False]
    text = response.content.decode()
    assert ("EXPLANATION-ONE" in text, "干部签字" in text) == (False, False)


def test_quiz_unanswered_keeps_the_other_answers(world):
    enrolment = enrolled(world)
    read_all(world, enrolment)
    first, second = (one["id"] for one in enrolment.edition.questions)
    url = enrolment.get_absolute_url() + "quiz/"
    response = world.client("learner").post(url, {first: 1, "attempt": 1})
    assert (response.status_code, list(response.context["form"].errors)) == (422, [second])
    assert re.search(r'value="1"[^>]* checked', response.content.decode())


def test_quiz_sent_twice_is_422(world):
    enrolment = enrolled(world)
    read_all(world, enrolment)
    attempt(world, enrolment, WRONG)
    url = enrolment.get_absolute_url() + "quiz/"
    assert world.client("learner").post(url, posted(enrolment, RIGHT)).status_code == 422


def test_quiz_last_attempt_failed_names_the_day_to_enrol_again(world, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: world.now)
    enrolment = enrolled(world)
    read_all(world, enrolment)
    for number in (1, 2, 3):
        client = world.client("learner")
        client.post(enrolment.get_absolute_url() + "quiz/", posted(enrolment, WRONG, number))
    day = "2026年11月30日"
    for url in (enrolment.get_absolute_url(), "/courses/process/"):
        text = page(world, url, "learner")
        assert (day in text, "/courses/process/enrol/" in text) == (True, False)
    refused = world.client("learner").post("/courses/process/enrol/", {})
    assert (refused.status_code, day in refused.content.decode()) == (422, True)
    world.now += timedelta(days=7)
    for url in (enrolment.get_absolute_url(), "/courses/process/"):
        assert "/courses/process/enrol/" in page(world, url, "learner")


def test_my_courses_shows_own_only_with_the_proof(world):
    done = completed(world)
    enrolled(world, "owner")
    response = world.client("learner").get("/workspace/courses/")
    assert [row["enrolment"].pk for row in response.context["rows"]] == [done.pk]
    assert done.document.number in response.content.decode()


@pytest.mark.parametrize("rows", [1, 3])
def test_my_courses_takes_the_same_queries_whatever_its_length(world, queries, rows):
    for number in range(rows):
        course = taught(world, f"course-{number}")
        enrolments.enrol(course=course, learner=world.learner, now=world.now)
    client = world.client("learner")
    client.get("/workspace/courses/")
    with queries(11):
        assert len(client.get("/workspace/courses/").context["rows"]) == rows


def test_my_courses_goes_on_after_a_page(world, monkeypatch):
    monkeypatch.setattr("incubator.selectors.courses.PAGE", 1)
    for slug in ("one", "two"):
        enrolments.enrol(course=taught(world, slug), learner=world.learner, now=world.now)
    first = world.client("learner").get("/workspace/courses/").context
    second = world.client("learner").get("/workspace/courses/" + first["next_url"]).context
    assert (len(first["rows"]), len(second["rows"]), second["next_url"]) == (1, 1, "")


def test_leave_ends_the_learning(world):
    enrolment = enrolled(world)
    url = enrolment.get_absolute_url()
    world.client("learner").post(url + "leave/", {"version": enrolment.version})
    enrolment.refresh_from_db()
    assert enrolment.state == "withdrawn"


def test_home_page_shows_the_newest_courses(world):
    taught(world)
    assert "/courses/process/" in page(world, "/")


def test_published_course_cannot_be_deleted_in_the_back_office(world):
    course = taught(world)
    response = world.client("training").post(f"/admin/pages/{course.pk}/delete/")
    assert (response.status_code, CoursePage.objects.count()) == (302, 1)


def test_expert_writes_in_the_back_office(world):
    index = ready(world)
    client = world.client("expert")
    assert client.get(f"/admin/pages/add/incubator/coursepage/{index.pk}/").status_code == 200
    assert client.get("/admin/").status_code == 200
    assert world.client("learner").get("/admin/").status_code == 302


def posted_course(world, **values):
    index = ready(world)
    streams = {f"{name}-count": "0" for name in ("body", "body_en", "lessons", "quiz")}
    values = {"title": "村级事务流程梳理", "slug": "", "pass_mark": "70", **streams, **values}
    values |= {"retry_after_days": "30"}
    path = f"/admin/pages/add/incubator/coursepage/{index.pk}/"
    return world.client("expert", "zh-hans").post(path, values)


def test_course_with_a_chinese_title_is_saved_as_a_draft(world):
    assert posted_course(world, hours="1.5").status_code == 302
    assert CoursePage.objects.get().slug == "course"


def test_submission_that_lacks_something_names_it(world):
    response = posted_course(world, **{"action-submit": "1"})
    [message] = [str(message) for message in response.context["messages"]]
    assert "填写有误，页面未能创建。" in message
    assert re.findall("<li>(.*?): (.*?)</li>", message) == [
        ("课时", "请填写此项。"),
        ("课目", "内容缺项或有误，见标出处。"),
        ("考核", "内容缺项或有误，见标出处。"),
    ]
