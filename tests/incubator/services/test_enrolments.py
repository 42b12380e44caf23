"""Enrol, learn, pass or fail, leave."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from incubator.models import CoursePage, Enrolment, LessonRead, QuizAttempt
from incubator.selectors.courses import courses_completed
from incubator.services import enrolments
from portal.domain.lifecycle import Conflict, Invalid, NotAllowed
from portal.events import CourseCompleted, subscribe
from portal.models import EventRecord, IssuedDocument, Notification, Relation
from portal.services.registers import payload_digest
from tests.incubator.courses_story import (
    RIGHT,
    WRONG,
    answers,
    attempt,
    completed,
    enrolled,
    read_all,
    taught,
    written,
)


def test_enrol_takes_the_newest_version(world):
    course = taught(world)
    course.pass_mark = 90
    course.save_revision().publish()
    assert enrolled(world).edition.number == 2


def test_enrol_in_a_draft_conflicts(world):
    course = written(world)
    with pytest.raises(Conflict) as caught:
        enrolments.enrol(course=course, learner=world.learner, now=world.now)
    assert caught.value.code == "course_not_open"


def test_enrol_in_an_unpublished_course_conflicts(world):
    course = taught(world)
    course.unpublish()
    course.refresh_from_db()
    with pytest.raises(Conflict):
        enrolments.enrol(course=course, learner=world.learner, now=world.now)


def test_enrol_twice_conflicts(world):
    enrolled(world)
    with pytest.raises(Conflict) as caught:
        enrolled(world)
    assert (caught.value.code, Enrolment.objects.count()) == ("already_enrolled", 1)


def test_enrol_again_after_completion_conflicts(world):
    completed(world)
    with pytest.raises(Conflict):
        enrolled(world)


def test_enrol_for_a_firm_of_others_is_refused_at_the_field(world):
    taught(world)
    with pytest.raises(Invalid) as caught:
        enrolled(world, "learner", world.organisation("owner"))
    assert caught.value.fields == {"organisation": "enrol_for"}


def test_mark_lesson_read_twice_counts_once(world):
    enrolment = enrolled(world)
    read_all(world, enrolment)
    read_all(world, enrolment)
    assert LessonRead.objects.count() == 2


def test_mark_lesson_read_unknown_or_by_others_is_refused(world):
    enrolment = enrolled(world)
    with pytest.raises(Invalid):
        enrolments.mark_lesson_read(
            enrolment=enrolment, lesson="x", actor=world.learner, now=world.now
        )
    lesson = enrolment.edition.lessons[0]["id"]
    with pytest.raises(NotAllowed):
        enrolments.mark_lesson_read(
            enrolment=enrolment, lesson=lesson, actor=world.owner, now=world.now
        )


def test_mark_lesson_read_after_leaving_conflicts(world):
    enrolment = enrolled(world)
    left = enrolments.withdraw(enrolment=enrolment, actor=world.learner, now=world.now)
    with pytest.raises(Conflict):
        read_all(world, left)
    assert LessonRead.objects.count() == 0


def test_submit_quiz_before_all_lessons_names_the_missing(world):
    enrolment = enrolled(world)
    enrolments.mark_lesson_read(
        enrolment=enrolment, lesson=enrolment.edition.lessons[0]["id"], actor=world.learner,
        now=world.now,
    )  # fmt: skip
    with pytest.raises(Conflict) as caught:
        attempt(world, enrolment, RIGHT)
    assert (caught.value.code, caught.value.params) == ("lessons_left", {"lessons": "2"})


def test_submit_quiz_unanswered_marks_nothing(world):
    enrolment = enrolled(world)
    read_all(world, enrolment)
    with pytest.raises(Invalid) as caught:
        attempt(world, enrolment, [[1], []])
    second = enrolment.edition.questions[1]["id"]
    assert caught.value.fields == {second: "quiz_unanswered"}
    assert QuizAttempt.objects.count() == 0


def test_submit_quiz_by_others_is_refused(world):
    enrolment = enrolled(world)
    with pytest.raises(NotAllowed):
        enrolments.submit_quiz(
            enrolment=enrolment, answers=answers(enrolment, RIGHT), actor=world.expert,
            now=world.now,
        )  # fmt: skip


def test_submit_quiz_passed_completes_with_a_proof(world):
    subscribe(CourseCompleted, "tests.incubator.courses_story.ignore")
    firm = world.organisation("owner")
    enrolment = completed(world, "owner", firm)
    document = IssuedDocument.objects.get()
    assert (enrolment.state, enrolment.completed_at, enrolment.score) == (
        "completed", world.now, Decimal("100.0"),
    )  # fmt: skip
    assert (enrolment.document, document.kind, document.number[:10]) == (
        document, "course_completion", "HYKC-2026-",
    )  # fmt: skip
    assert (document.holder_name, document.organisation) == (world.owner.name, firm)
    assert document.digest == payload_digest(document.payload)
    # the holder is part of what the digest is of: nobody else's proof has the same
    assert (document.payload["holder"], document.payload["hours"]) == (world.owner.name, "1.5")
    payload = EventRecord.objects.get(name="CourseCompleted").payload
    assert payload == {"enrolment_id": enrolment.pk, "user_id": world.owner.pk}
    assert Notification.objects.get(kind="course_completed").user == world.owner


def test_completion_for_a_firm_ties_the_expert_to_it(world):
    firm = world.organisation("owner")
    completed(world, "owner", firm)
    tie = Relation.objects.get(kind="taught")
    assert (tie.person, tie.other, tie.since) == (world.expert, firm, world.now.date())


def test_completion_for_oneself_ties_nobody(world):
    completed(world)
    assert Relation.objects.count() == 0


def test_completion_of_a_course_without_an_expert_ties_nobody(world):
    taught(world)
    CoursePage.objects.update(owner=None)
    assert completed(world, "owner", world.organisation("owner")).state == "completed"
    assert Relation.objects.count() == 0


def test_submit_quiz_failed_leaves_another_attempt_and_the_best_score(world):
    enrolment = enrolled(world)
    read_all(world, enrolment)
    first = attempt(world, enrolment, [[1], [0]])
    second = attempt(world, first, WRONG)
    assert (second.state, second.attempts, second.score) == ("enrolled", 2, Decimal("50.0"))
    assert IssuedDocument.objects.count() == 0


def test_submit_quiz_last_attempt_failed_ends_it_and_a_pause_begins(world):
    enrolment = enrolled(world)
    read_all(world, enrolment)
    for _ in range(3):
        enrolment = attempt(world, enrolment, WRONG)
    assert (enrolment.state, enrolment.attempts) == ("failed", 3)
    with pytest.raises(Conflict) as caught:
        attempt(world, enrolment, RIGHT)
    assert caught.value.code == "wrong_state"
    with pytest.raises(Conflict) as caught:
        enrolled(world)
    first_day = date(2026, 11, 30)
    assert (caught.value.code, caught.value.params) == ("retry_later", {"open_on": first_day})


@pytest.mark.parametrize(("days", "open_again"), [(6, False), (7, True)])
def test_enrol_again_after_failing_waits_the_days_of_the_course(world, days, open_again):
    failed(world)
    world.now += timedelta(days=days)
    if open_again:
        assert enrolled(world).state == "enrolled"
    else:
        with pytest.raises(Conflict):
            enrolled(world)


def test_enrol_again_keeps_to_the_version_that_was_failed(world):
    enrolment = failed(world)
    enrolment.course.retry_after_days = 0
    enrolment.course.save_revision().publish()
    with pytest.raises(Conflict):
        enrolled(world)


@pytest.mark.parametrize(("attempts", "code"), [(0, ""), (1, "retry_later")])
def test_enrol_again_after_leaving_waits_only_after_a_failed_attempt(world, attempts, code):
    enrolment = enrolled(world)
    read_all(world, enrolment)
    for _ in range(attempts):
        attempt(world, enrolment, WRONG)
    enrolments.withdraw(enrolment=enrolment, actor=world.learner, now=world.now)
    if not code:
        assert enrolled(world).state == "enrolled"
        return
    with pytest.raises(Conflict) as caught:
        enrolled(world)
    assert caught.value.code == code


def failed(world) -> Enrolment:
    """Somebody who has used all attempts."""
    enrolment = enrolled(world)
    read_all(world, enrolment)
    for _ in range(3):
        enrolment = attempt(world, enrolment, WRONG)
    return enrolment


def test_submit_quiz_sent_twice_is_marked_once(world):
    enrolment = enrolled(world)
    read_all(world, enrolment)
    attempt(world, enrolment, WRONG, expected_attempt=1)
    with pytest.raises(Conflict) as caught:
        attempt(world, enrolment, RIGHT, expected_attempt=1)
    assert (caught.value.code, QuizAttempt.objects.count()) == ("quiz_stale", 1)


def test_withdraw_by_others_or_twice_is_refused(world):
    enrolment = enrolled(world)
    with pytest.raises(NotAllowed):
        enrolments.withdraw(enrolment=enrolment, actor=world.expert, now=world.now)
    moved = enrolments.withdraw(enrolment=enrolment, actor=world.learner, now=world.now)
    assert moved.state == "withdrawn"
    with pytest.raises(Conflict):
        enrolments.withdraw(enrolment=moved, actor=world.learner, now=world.now)


def test_withdraw_from_a_stale_page_is_refused(world):
    with pytest.raises(Conflict) as caught:
        enrolments.withdraw(
            enrolment=enrolled(world), actor=world.learner, now=world.now, expected_version=7
        )
    assert caught.value.code == "stale"


def test_withdraw_of_a_firm_member_is_allowed(world):
    enrolment = enrolled(world, "member", None)
    moved = enrolments.withdraw(enrolment=enrolment, actor=world.member, now=world.now)
    assert moved.state == "withdrawn"


def test_courses_completed_counts_people_of_the_firm_until_a_day(world):
    firm = world.organisation("owner")
    for login in ("owner", "member"):
        completed(world, login, firm)
    completed(world, "learner")
    assert courses_completed([firm.pk, 0], world.now) == {firm.pk: 2}
    assert courses_completed([firm.pk], world.now - timedelta(days=1)) == {}


def test_enrolment_states_are_defended_by_the_database(world):
    enrolment = enrolled(world)
    for values in ({"state": "lost"}, {"completed_at": world.now}, {"score": Decimal(101)}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Enrolment.objects.filter(pk=enrolment.pk).update(**values)
