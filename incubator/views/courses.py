"""Courses: the list, enrolment, and the learner's own pages."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from wagtail.views import serve

from incubator.forms.courses import EnrolForm, QuizForm
from incubator.selectors import courses as reads
from incubator.services import enrolments
from portal import labels
from portal.labels.days import day
from portal.models import User
from portal.permissions import logged_in, organisations_of, public
from portal.views.base import act, done, form_page, keyset, next_link, posted_version, run_form


@public
@require_safe
def course_list(request: HttpRequest) -> HttpResponse:
    """The course list that Wagtail holds; before it is set up, the same list without words."""
    try:
        return serve(request, "courses/")  # type: ignore[no-any-return]
    except Http404:
        return render(request, "incubator/pages/course_index_page.html")


@logged_in
def enrol(request: HttpRequest, slug: str) -> HttpResponse:
    """Enrol in a course, for oneself or for one's firm."""
    course = get_object_or_404(reads.open_courses(), slug=slug)
    data = request.POST if request.method == "POST" else None  # choosing nothing posts nothing
    form = EnrolForm(data, organisations=organisations_of(request.user))
    ok, enrolment = run_form(
        form,
        lambda values: enrolments.enrol(
            course=course, learner=request.user, now=timezone.now(), **values
        ),
    )
    if ok:
        return done(request, _("You are enrolled."), "incubator:learning", enrolment.pk)
    context = {"course": course, "url": reads.course_url(course)}
    return form_page(request, "incubator/courses/enrol.html", form, context)


@logged_in
@require_safe
def my_courses(request: HttpRequest) -> HttpResponse:
    """What I learn and have learned."""
    rows = reads.my_courses(request.user, keyset(request))
    more = next_link(request, rows[reads.PAGE - 1].pk) if len(rows) > reads.PAGE else ""
    lines = [{"enrolment": row, "status": status_of(row.state)} for row in rows[: reads.PAGE]]
    context = {"rows": lines, "next_url": more}
    return render(request, "incubator/courses/my_courses.html", context)


def status_of(state: str) -> dict[str, Any]:
    """Return a state as the status component takes it."""
    name, _public, tone, icon = labels.STATES["incubator.enrolment"][state]
    return {"label": name, "tone": tone, "icon": icon}


@logged_in
@require_safe
def learning(request: HttpRequest, pk: int) -> HttpResponse:
    """My way through a course."""
    return render(request, "incubator/courses/learning.html", learning_context(request.user, pk))


def learning_context(user: User, pk: int) -> dict[str, Any]:
    """Return what the learner's page shows."""
    mine = reads.learning(user, pk)
    last = mine.tries[-1] if mine.tries else None
    open_on = mine.open_on
    return {
        "again_on": open_on if open_on > timezone.localdate() else None,
        "wait_days": mine.enrolment.edition.content.get("retry_after_days", 0),
        "mine": mine,
        "enrolment": mine.enrolment,
        "edition": mine.enrolment.edition,
        "status": status_of(mine.enrolment.state),
        "last": last,
        "review": reads.quiz_review(mine.enrolment.edition, last) if last else [],
        "way": way(mine),
    }


def way(mine: reads.Learning) -> list[dict[str, Any]]:
    """Return the steps to the proof as the timeline takes them."""
    enrolment = mine.enrolment
    pass_mark = enrolment.edition.content["pass_mark"]
    read = mine.read == len(mine.lessons)
    passed = enrolment.state == "completed"
    return [
        {"label": _("Enrol"), "note": day(enrolment.created_at), "state": "done"},
        {"label": _("Read all lessons"), "state": "done" if read else "now"},
        {
            "label": _("Quiz with %(mark)s %% or more") % {"mark": pass_mark},
            "state": "done" if passed else "now" if read else "next",
        },
        {"label": _("Proof of completion"), "state": "done" if passed else "next"},
    ]


@logged_in
@require_safe
def lesson(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """Show a lesson; looking at it changes nothing."""
    page = reads.lesson_page(request.user, pk, number)
    lessons = page.learning.lessons
    context = {
        "page_of": page,
        "edition": page.learning.enrolment.edition,
        "previous": lessons[number - 2] if number > 1 else None,
        "following": lessons[number] if number < len(lessons) else None,
        "total": len(lessons),
    }
    return render(request, "incubator/courses/lesson.html", context)


@logged_in
@require_POST
def lesson_read(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """Mark a lesson as read and go on to the next one, after the last one to the quiz."""
    page = reads.lesson_page(request.user, pk, number)
    last = number == len(page.learning.lessons)
    return act(
        request,
        lambda: enrolments.mark_lesson_read(
            enrolment=page.learning.enrolment,
            lesson=page.id,
            actor=request.user,
            now=timezone.now(),
        ),
        *(("incubator:learning", pk) if last else ("incubator:lesson", pk, number + 1)),
    )


@logged_in
def quiz(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the quiz; the right answers never leave the server."""
    mine = reads.learning(request.user, pk)
    form = QuizForm(
        request.POST if request.method == "POST" else None,
        questions=reads.quiz_questions(mine.enrolment.edition),
        initial={"attempt": mine.enrolment.attempts + 1},
    )
    ok, moved = run_form(
        form,
        lambda values: enrolments.submit_quiz(
            enrolment=mine.enrolment,
            answers=form.answers(),
            actor=request.user,
            now=timezone.now(),
            expected_attempt=values["attempt"],
        ),
    )
    if ok:
        return done(request, quiz_outcome(moved.state), "incubator:learning", pk)
    context = {"mine": mine, "edition": mine.enrolment.edition}
    return form_page(request, "incubator/courses/quiz.html", form, context)


def quiz_outcome(state: str) -> str:
    """Say how an attempt ended."""
    if state == "completed":
        return _("You passed. Your proof of completion is issued.")
    if state == "failed":
        return _("You did not pass, and this was the last attempt.")
    return _("You did not pass yet. Look at what was wrong and try again.")


@logged_in
@require_POST
def leave(request: HttpRequest, pk: int) -> HttpResponse:
    """Leave a course."""
    mine = reads.learning(request.user, pk)
    return act(
        request,
        lambda: enrolments.withdraw(
            enrolment=mine.enrolment,
            actor=request.user,
            now=timezone.now(),
            expected_version=posted_version(request),
        ),
        "incubator:my_courses",
    )
