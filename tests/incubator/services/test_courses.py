"""Experts write, the training staff publishes, versions are frozen."""

import json

import pytest
from django.core.management import CommandError, call_command
from wagtail.models import GroupApprovalTask, GroupPagePermission, Page, Workflow

from incubator.models import CourseIndexPage, CoursePage, CourseVersion
from incubator.services import courses
from portal.domain.lifecycle import Conflict, Invalid, NotAllowed
from portal.models import HomePage, Notification, WorkItem
from tests.incubator.courses_story import QUIZ, ready, taught, written


def open_kinds() -> list[str]:
    return sorted(WorkItem.objects.open().values_list("kind", flat=True))


def test_ensure_course_permissions_twice_makes_nothing_twice(world):
    first = ready(world)
    rights = GroupPagePermission.objects.filter(page=first).count()
    assert ready(world) == first
    assert GroupPagePermission.objects.filter(page=first).count() == rights == 4
    assert Workflow.objects.filter(name=courses.WORKFLOW).count() == 1
    assert GroupApprovalTask.objects.filter(name=courses.WORKFLOW).count() == 1


def test_ensure_course_permissions_without_a_home_page_is_refused(world):
    HomePage.objects.all().delete()
    with pytest.raises(Conflict) as caught:
        courses.ensure_course_permissions(now=world.now)
    assert caught.value.code == "no_home_page"
    with pytest.raises(CommandError):
        call_command("setup_courses")


def test_setup_courses_command_says_where_they_are(world, capsys):
    ready(world)
    CourseIndexPage.objects.get().delete()
    Page.objects.get(pk=HomePage.objects.get().pk).save()
    call_command("setup_courses")
    assert "/courses/" in capsys.readouterr().out


def test_expert_edits_own_courses_and_publishes_none(world):
    course = written(world)
    rights = course.permissions_for_user(world.expert)
    assert (rights.can_edit(), rights.can_publish(), rights.can_submit_for_moderation()) == (
        True, False, True,
    )  # fmt: skip
    course.owner = world.staff
    assert course.permissions_for_user(world.expert).can_edit() is False


def test_training_publishes_courses_and_nothing_else(world):
    course = written(world)
    assert course.permissions_for_user(world.training).can_publish() is True
    assert HomePage.objects.get().permissions_for_user(world.training).can_publish() is False


def test_write_course_by_others_is_refused(world):
    ready(world)
    with pytest.raises(NotAllowed):
        courses.write_course(
            expert=world.learner, now=world.now, title="x", slug="x", hours=1, lessons=[], quiz=[]
        )


def test_submit_course_goes_to_the_training_staff(world):
    course = written(world)
    courses.submit_course(course=course, actor=world.expert, now=world.now)
    item = WorkItem.objects.open().get()
    assert (item.kind, item.role, item.params) == (
        "course_review", "training", {"course": "村级事务流程梳理"},
    )  # fmt: skip
    assert item.opened_at == world.now


def test_submit_course_of_somebody_else_is_refused(world):
    with pytest.raises(NotAllowed):
        courses.submit_course(course=written(world), actor=world.training, now=world.now)


def test_submit_course_without_questions_is_refused(world):
    ready(world)
    course = courses.write_course(
        expert=world.expert, now=world.now, title="x", slug="x", hours=1, lessons=[], quiz=QUIZ
    )
    with pytest.raises(Invalid) as caught:
        courses.submit_course(course=course, actor=world.expert, now=world.now)
    assert caught.value.code == "course_empty"


def test_approve_course_publishes_and_freezes_version_one(world):
    course = taught(world)
    version = CourseVersion.objects.get()
    assert (course.live, version.number, version.frozen_at, version.frozen_by) == (
        True, 1, world.now, world.training,
    )  # fmt: skip
    assert [one["correct"] for one in version.questions] == [[1], [0, 2]]
    assert [one["title"] for one in version.lessons] == ["从一张申请表看全流程", "谁在等、等多久"]
    assert "correct" not in json.dumps([one["options"] for one in version.questions])
    assert open_kinds() == []
    assert Notification.objects.get(kind="course_published").user == world.expert


def test_approve_course_not_submitted_conflicts(world):
    with pytest.raises(Conflict) as caught:
        courses.approve_course(course=written(world), actor=world.training, now=world.now)
    assert caught.value.code == "course_not_submitted"


@pytest.mark.parametrize("login", ["expert", "staff", "learner"])
def test_approve_course_by_others_than_training_is_refused(world, login):
    course = written(world)
    courses.submit_course(course=course, actor=world.expert, now=world.now)
    with pytest.raises(NotAllowed):
        courses.approve_course(course=course, actor=world.people[login], now=world.now)
    assert CourseVersion.objects.count() == 0


def test_approve_course_of_ones_own_is_refused(world):
    course = written(world)
    courses.submit_course(course=course, actor=world.expert, now=world.now)
    CoursePage.objects.update(owner=world.training)
    course.refresh_from_db()
    with pytest.raises(NotAllowed) as caught:
        courses.approve_course(course=course, actor=world.training, now=world.now)
    assert caught.value.code == "own_course"


def test_publishing_unchanged_content_makes_no_new_version(world):
    course = taught(world)
    course.save_revision(user=world.training).publish(user=world.training)
    assert CourseVersion.objects.count() == 1


def test_publishing_changed_content_makes_version_two_and_keeps_version_one(world):
    course = taught(world)
    before = CourseVersion.objects.get().content
    course.pass_mark = 80
    course.owner = None
    course.save_revision(user=world.training).publish(user=world.training)
    first, second = CourseVersion.objects.order_by("number")
    assert (first.content, second.content["pass_mark"], second.number) == (before, 80, 2)
    assert first.digest != second.digest


def test_rejected_course_waits_for_its_author_again(world):
    course = written(world)
    courses.submit_course(course=course, actor=world.expert, now=world.now)
    course.current_workflow_state.current_task_state.reject(user=world.training, comment="补")
    item = WorkItem.objects.open().get()
    assert (item.kind, item.user) == ("course_changes", world.expert)


def test_rejected_course_without_an_author_waits_for_nobody(world):
    course = written(world)
    courses.submit_course(course=course, actor=world.expert, now=world.now)
    CoursePage.objects.update(owner=None)
    course.refresh_from_db()
    course.current_workflow_state.current_task_state.reject(user=world.training)
    assert open_kinds() == []


def test_cancelled_review_waits_for_nobody(world):
    course = written(world)
    courses.submit_course(course=course, actor=world.expert, now=world.now)
    course.current_workflow_state.cancel(user=world.expert)
    assert open_kinds() == []


def test_workflow_of_another_page_opens_no_work(world):
    workflow = ready(world).get_workflow()
    home = HomePage.objects.get()
    home.save_revision()
    workflow.start(home, world.training)
    home.current_workflow_state.cancel(user=world.training)
    workflow.start(home, world.training)
    home.current_workflow_state.current_task_state.reject(user=world.training)
    assert open_kinds() == []


@pytest.mark.parametrize(("right", "valid"), [(True, True), (False, False)])
def test_question_needs_a_right_answer(world, right, valid):
    from django.core.exceptions import ValidationError

    from incubator.models.courses import QuestionBlock

    block = QuestionBlock()
    value = block.to_python(
        {
            "question": "?", "question_en": "", "explanation": "", "explanation_en": "",
            "options": [{"text": "a", "text_en": "", "correct": right},
                        {"text": "b", "text_en": "", "correct": False}],
        }
    )  # fmt: skip
    try:
        block.clean(value)
        outcome = True
    except ValidationError:
        outcome = False
    assert outcome is valid
