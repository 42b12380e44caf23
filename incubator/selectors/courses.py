"""Reads of courses and learning, and the counts for the scoring."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone
from wagtail.models import Page

from incubator.domain.course import ACTIVE, MAX_ATTEMPTS, retry_on
from incubator.models import CoursePage, CourseVersion, Enrolment, QuizAttempt
from incubator.models.courses import local_text
from portal.models import User
from portal.models.pages import ContentBlocks
from portal.permissions import Person

PAGE = 20


def courses_completed(organisation_ids: Iterable[int], until: datetime) -> dict[int, int]:
    """Return by organisation how many courses its people had completed at ``until``.

    Every person's completion counts; organisations without one are left out (one query).
    """
    rows = (
        Enrolment.objects.filter(
            organisation_id__in=list(organisation_ids),
            completed_at__lte=until,
        )
        .values_list("organisation_id")
        .annotate(n=Count("pk"))
    )
    return dict(rows)


def open_courses() -> "QuerySet[CoursePage]":
    """Return the published courses, newest first, with ``edition_id``."""
    newest = CourseVersion.objects.filter(course=OuterRef("pk")).order_by("-number")
    pages: QuerySet[CoursePage] = (
        CoursePage.objects.live()
        .public()
        .select_related("owner")
        .annotate(edition_id=Subquery(newest.values("pk")[:1]))
        .filter(edition_id__isnull=False)
        .order_by("-first_published_at", "-pk")
    )
    return pages


@dataclass(frozen=True)
class CourseCard:
    """A course in a list."""

    url: str
    title: str
    intro: str
    hours: str
    lessons: int
    expert: str
    number: int


def course_cards(limit: int = 60) -> list[CourseCard]:
    """Return the open courses, newest first (two queries)."""
    pages = list(open_courses()[:limit])
    editions = CourseVersion.objects.in_bulk([page.edition_id for page in pages])
    return [course_card(page, editions[page.edition_id]) for page in pages]


def course_card(page: CoursePage, edition: CourseVersion) -> CourseCard:
    """Return a course as lists show it: the frozen version, never the draft."""
    return CourseCard(
        url=course_url(page),
        title=edition.local_title,
        intro=local_text(edition.content, "intro"),
        hours=edition.content["hours"],
        lessons=len(edition.lessons),
        expert=page.owner.name if page.owner else "",
        number=edition.number,
    )


def course_url(page: CoursePage) -> str:
    """Return the course's address, which its slug decides."""
    return f"/courses/{page.slug}/"


def holds_taught_courses(page: Page) -> bool:
    """Return whether a page is, or holds, a course with a frozen version (one query)."""
    courses = CoursePage.objects.descendant_of(page, inclusive=True)
    return bool(courses.filter(versions__isnull=False).exists())


@dataclass(frozen=True)
class CourseFacts:
    """What a course's public page adds to its words; ``enrolment`` is the visitor's own.

    ``opens_on``: the day from which the visitor may enrol again, while a pause lasts.
    """

    edition: CourseVersion | None
    lessons: list[dict[str, Any]]
    questions: int
    learners: int
    completed: int
    enrolment: Enrolment | None
    opens_on: date | None


def course_facts(page: CoursePage, user: Person, today: date) -> CourseFacts:
    """Return the frozen version with figures and the visitor's enrolment (two to four queries)."""
    edition = page.versions.order_by("-number").first()
    figures = Enrolment.objects.filter(course_id=page.pk).exclude(state="withdrawn")
    states = dict(figures.values_list("state").annotate(n=Count("pk")))
    mine = opens_on = None
    if user is not None and user.is_authenticated:
        mine = Enrolment.objects.filter(
            course_id=page.pk,
            learner=user,
            state__in=ACTIVE,
        ).first()
        opens_on = None if mine else enrolment_opens_on(page, user)
    return CourseFacts(
        edition=edition,
        lessons=[lesson_line(one) for one in edition.lessons] if edition else [],
        questions=len(edition.questions) if edition else 0,
        learners=sum(states.values()),
        completed=states.get("completed", 0),
        enrolment=mine,
        opens_on=opens_on if opens_on and opens_on > today else None,
    )


def lesson_line(lesson: dict[str, Any]) -> dict[str, Any]:
    """Return title and minutes of a lesson in the reader's language."""
    return {
        "id": lesson["id"],
        "title": local_text(lesson, "title"),
        "minutes": lesson["minutes"],
    }


def my_courses(user: User, after: int | None = None) -> list[Enrolment]:
    """Return up to 21 enrolments of ``user``, newest first, with ``read_count`` (one query)."""
    rows = (
        Enrolment.objects.visible_to(user)
        .select_related("edition", "organisation", "document")
        .annotate(read_count=Count("readings"))
        .order_by("-pk")
    )
    if after is not None:
        rows = rows.filter(pk__lt=after)
    return list(rows[: PAGE + 1])


def enrolment_opens_on(course: CoursePage, learner: User) -> date | None:
    """Return when ``learner`` may enrol again, None for a first time (one query)."""
    ended = (
        Enrolment.objects.filter(course_id=course.pk, learner=learner)
        .exclude(state__in=ACTIVE)
        .select_related("edition")
    )
    return max((reopening(one) for one in ended), default=None)


def reopening(enrolment: Enrolment) -> date:
    """Return when an ended enrolment lets the learner enrol again, by its own version's rule."""
    return retry_on(
        enrolment.state,
        enrolment.attempts,
        timezone.localdate(enrolment.state_since),
        enrolment.edition.content.get("retry_after_days", 0),
    )


@dataclass(frozen=True)
class Learning:
    """A learner's own page: lessons with what is read, and how the quiz stands."""

    enrolment: Enrolment
    lessons: list[dict[str, Any]]
    tries: list[QuizAttempt]

    @property
    def read(self) -> int:
        """How many lessons are read."""
        return sum(one["read"] for one in self.lessons)

    @property
    def ready(self) -> bool:
        """Whether the quiz is open."""
        return self.enrolment.state == "enrolled" and self.read == len(self.lessons)

    @property
    def left(self) -> int:
        """How many attempts are left."""
        return max(MAX_ATTEMPTS - self.enrolment.attempts, 0)

    @property
    def next_lesson(self) -> dict[str, Any] | None:
        """The first lesson that is not read."""
        return next((one for one in self.lessons if not one["read"]), None)

    @property
    def open_on(self) -> date:
        """The first day to enrol again, once the learning has ended."""
        return reopening(self.enrolment)


def learning(user: User, pk: int) -> Learning:
    """Return one's own enrolment; 404 for anybody else's (three queries)."""
    enrolment = get_object_or_404(
        Enrolment.objects.visible_to(user).select_related(
            "edition",
            "organisation",
            "document",
            "course__owner",
        ),
        pk=pk,
    )
    read = set(enrolment.readings.values_list("lesson", flat=True))
    lessons = [
        {**lesson_line(one), "number": number, "read": one["id"] in read}
        for number, one in enumerate(enrolment.edition.lessons, start=1)
    ]
    return Learning(enrolment, lessons, list(enrolment.tries.all()))


@dataclass(frozen=True)
class LessonPage:
    """A lesson to read; ``body`` is a stream value that draws itself."""

    learning: Learning
    number: int
    id: str
    title: str
    minutes: int
    body: Any
    chinese: bool
    read: bool


def lesson_page(user: User, pk: int, number: int) -> LessonPage:
    """Return a lesson (from 1) of one's own enrolment, else 404."""
    mine = learning(user, pk)
    lessons = mine.enrolment.edition.lessons
    if not 1 <= number <= len(lessons):
        raise Http404
    lesson = lessons[number - 1]
    raw = local_text(lesson, "body")
    return LessonPage(
        learning=mine,
        number=number,
        id=lesson["id"],
        title=local_text(lesson, "title"),
        minutes=lesson["minutes"],
        body=ContentBlocks().to_python(raw),
        chinese=raw is lesson["body"],
        read=mine.lessons[number - 1]["read"],
    )


def quiz_questions(edition: CourseVersion) -> list[dict[str, Any]]:
    """Return the questions as the form draws them: which answers are right is left out."""
    return [
        {
            "id": one["id"],
            "text": local_text(one, "question"),
            "options": [local_text(option, "text") for option in one["options"]],
            "several": len(one["correct"]) > 1,
        }
        for one in edition.questions
    ]


def quiz_review(edition: CourseVersion, attempt: QuizAttempt) -> list[dict[str, Any]]:
    """Return for every question whether it was right, and its explanation once passed."""
    return [
        {
            "text": local_text(one, "question"),
            "right": right,
            "explanation": local_text(one, "explanation") if attempt.passed else "",
        }
        for one, right in zip(edition.questions, attempt.right, strict=True)
    ]
