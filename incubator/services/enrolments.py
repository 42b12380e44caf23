"""Learning: enrol, read lessons, take the quiz, complete, leave."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from incubator.domain.course import (
    ENROLMENT,
    QuizResult,
    after_attempt,
    mark_quiz,
    missing_lessons,
)
from incubator.models import CoursePage, Enrolment, LessonRead, QuizAttempt
from incubator.selectors.courses import enrolment_opens_on
from portal.domain.lifecycle import SYSTEM, Conflict, Invalid, NotAllowed
from portal.events import CourseCompleted
from portal.models import IssuedDocument, Organisation, User
from portal.notifications import notify
from portal.permissions import organisations_of
from portal.services.operations import operation
from portal.services.registers import issue_document, record_relation
from portal.services.transitions import apply_transition, lock

SERIES = "HYKC"


def enrol(
    *,
    course: CoursePage,
    learner: User,
    now: datetime,
    organisation: Organisation | None = None,
) -> Enrolment:
    """Enrol a person in the newest version of a course, for themselves or for their firm.

    Raises ``Conflict`` (``course_not_open``, ``retry_later``, ``already_enrolled``) or
    ``Invalid("enrol_for")``.
    """
    with operation(
        "incubator.enrol",
        actor=learner,
        now=now,
        subject=course,
        organisation=organisation,
    ) as opened:
        edition = course.versions.order_by("-number").first()
        if not course.live or edition is None:
            raise Conflict("course_not_open")
        require_pause_over(course, learner, now)
        if organisation is not None and organisation not in organisations_of(learner):
            raise Invalid("enrol_for", fields={"organisation": "enrol_for"})
        try:
            with transaction.atomic():
                enrolment = Enrolment.objects.create(
                    learner=learner,
                    organisation=organisation,
                    course=course,
                    edition=edition,
                    state=ENROLMENT.initial,
                    state_since=now,
                    created_at=now,
                )
        except IntegrityError as error:
            raise Conflict("already_enrolled") from error
        opened.record("incubator.enrolled", subject=enrolment, organisation=organisation)
    return enrolment


def require_pause_over(course: CoursePage, learner: User, now: datetime) -> None:
    """Raise ``Conflict("retry_later")`` while the pause after failed attempts lasts."""
    open_on = enrolment_opens_on(course, learner)
    if open_on is not None and timezone.localdate(now) < open_on:
        raise Conflict("retry_later", open_on=open_on)


def mark_lesson_read(*, enrolment: Enrolment, lesson: str, actor: User, now: datetime) -> None:
    """Keep the learner's word that a lesson is read; the first time counts.

    Raises ``NotAllowed`` for anybody but the learner, ``Invalid("not_found")`` and, where the
    learning has ended, ``Conflict("wrong_state")``.
    """
    name = "incubator.read_lesson"
    with operation(name, actor=actor, now=now, subject=enrolment, lesson=lesson):
        require_learner(enrolment, actor)
        if lesson not in {one["id"] for one in enrolment.edition.lessons}:
            raise Invalid("not_found")
        locked = lock(enrolment)
        ENROLMENT.find(locked.state, "complete")
        LessonRead.objects.get_or_create(
            enrolment=locked,
            lesson=lesson,
            defaults={"read_at": now},
        )


def require_learner(enrolment: Enrolment, actor: User) -> None:
    """Raise ``NotAllowed("role")`` for anybody but the learner."""
    if enrolment.learner_id != actor.pk:
        raise NotAllowed("role")


def submit_quiz(
    *,
    enrolment: Enrolment,
    answers: Mapping[str, Sequence[int]],
    actor: User,
    now: datetime,
    expected_attempt: int | None = None,
) -> Enrolment:
    """Mark an attempt at the quiz; passing it completes the course.

    ``answers``: question id → numbers of the chosen options (from 0). ``expected_attempt`` is the
    attempt's number on the form. Raises ``Conflict`` (``wrong_state``, ``quiz_stale``,
    ``lessons_left``) or ``Invalid("quiz_unanswered")``; nothing is marked then.
    """
    with operation("incubator.quiz", actor=actor, now=now, subject=enrolment):
        require_learner(enrolment, actor)
        locked = lock(enrolment)
        ENROLMENT.find(locked.state, "complete")
        if expected_attempt is not None and expected_attempt != locked.attempts + 1:
            raise Conflict("quiz_stale")
        require_ready(locked, answers)
        result = mark_quiz(
            locked.edition.questions,
            answers,
            locked.edition.content["pass_mark"],
        )
        note_attempt(locked, answers, result, now)
        action = after_attempt(passed=result.passed, attempts=locked.attempts)
        if action == "complete":
            return complete(locked, now=now)
        if action == "fail":
            return move(locked, "fail", now=now)
    return locked


def require_ready(enrolment: Enrolment, answers: Mapping[str, Sequence[int]]) -> None:
    """Raise unless every lesson is read and every question answered."""
    read = enrolment.readings.values_list("lesson", flat=True)
    missing = missing_lessons(enrolment.edition.lessons, read)
    if missing:
        raise Conflict("lessons_left", lessons=", ".join(map(str, missing)))
    open_questions = {
        one["id"]: "quiz_unanswered"
        for one in enrolment.edition.questions
        if not answers.get(one["id"])
    }
    if open_questions:
        raise Invalid("quiz_unanswered", fields=open_questions)


def note_attempt(
    enrolment: Enrolment,
    answers: Mapping[str, Sequence[int]],
    result: QuizResult,
    now: datetime,
) -> None:
    """Keep an attempt, and the best score on the (locked) enrolment."""
    enrolment.attempts += 1
    enrolment.score = max(enrolment.score or result.score, result.score)
    enrolment.save(update_fields=["attempts", "score"])
    QuizAttempt.objects.create(
        enrolment=enrolment,
        number=enrolment.attempts,
        answers={key: sorted(chosen) for key, chosen in answers.items()},
        right=list(result.right),
        score=result.score,
        passed=result.passed,
        at=now,
    )


def move(enrolment: Enrolment, action: str, *, now: datetime, **changes: object) -> Enrolment:
    """Take a step that the system takes: the quiz decides, nobody else."""
    return apply_transition(
        instance=enrolment,
        lifecycle=ENROLMENT,
        action=action,
        actor=None,
        now=now,
        organisation=enrolment.organisation,
        roles=frozenset({SYSTEM}),
        changes=changes,
    )


def complete(enrolment: Enrolment, *, now: datetime) -> Enrolment:
    """Issue the proof of completion, note who taught whom, publish ``CourseCompleted``."""
    name = "incubator.complete"
    with operation(name, actor=None, now=now, subject=enrolment) as opened:
        document = issue_proof(enrolment, now=now)
        moved = move(enrolment, "complete", now=now, completed_at=now, document=document)
        expert = moved.course.owner
        if expert is not None and moved.organisation is not None:
            record_relation(
                kind="taught",
                person=expert,
                other=moved.organisation,
                since=timezone.localdate(now),
                subject=moved,
            )
        opened.publish(CourseCompleted(enrolment_id=moved.pk, user_id=moved.learner_id))
        notify(
            [moved.learner], "course_completed", key=f"course_completed:{moved.pk}", now=now,
            url=reverse("portal:verify", args=[document.number]),
            course=moved.edition.content["title"], number=document.number,
        )  # fmt: skip
    return moved


def issue_proof(enrolment: Enrolment, *, now: datetime) -> IssuedDocument:
    """Issue the 课程完成证明 of an enrolment whose quiz was just passed."""
    content = enrolment.edition.content
    return issue_document(
        kind="course_completion",
        series=SERIES,
        title=f"课程完成证明：{content['title']}"[:200],
        holder_name=enrolment.learner.name,
        payload={
            "holder": enrolment.learner.name,
            "course": content["title"],
            "version": enrolment.edition.number,
            "digest": enrolment.edition.digest,
            "hours": content["hours"],
            "pass_mark": content["pass_mark"],
            "score": str(enrolment.score),
            "completed_on": timezone.localdate(now).isoformat(),
        },
        actor=None,
        now=now,
        organisation=enrolment.organisation,
        user=enrolment.learner,
        subject=enrolment,
    )


def withdraw(
    *,
    enrolment: Enrolment,
    actor: User,
    now: datetime,
    expected_version: int | None = None,
) -> Enrolment:
    """Leave a course; enrolling again starts from the beginning, after a pause where one failed."""
    with operation("incubator.leave_course", actor=actor, now=now, subject=enrolment):
        require_learner(enrolment, actor)
        return apply_transition(
            instance=enrolment,
            lifecycle=ENROLMENT,
            action="withdraw",
            actor=actor,
            now=now,
            roles=frozenset({"learner"}),
            expected_version=expected_version,
        )
