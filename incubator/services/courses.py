"""Courses: the rights of their authors, review in Wagtail's workflow, frozen versions."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.urls import reverse
from django.utils import timezone
from wagtail.log_actions import LogContext
from wagtail.models import (
    Collection,
    GroupApprovalTask,
    GroupCollectionPermission,
    GroupPagePermission,
    Workflow,
    WorkflowPage,
    WorkflowTask,
)

from incubator.domain.course import RETRY_AFTER_DAYS, course_digest
from incubator.models import CourseIndexPage, CoursePage, CourseVersion
from portal.domain.lifecycle import Conflict, Invalid, NotAllowed
from portal.domain.roles import Role
from portal.models import HomePage, User
from portal.notifications import notify
from portal.permissions import require_role
from portal.services.operations import operation
from portal.services.work import close_work, open_work

INDEX_TITLE, INDEX_TITLE_EN = "课程", "Courses"
WORKFLOW = "课程审核"
PAGE_RIGHTS: dict[str, tuple[str, ...]] = {
    Role.EXPERT: ("add",),
    Role.TRAINING: ("change", "publish", "unlock"),
}
"""Wagtail lets whoever may “add” edit their own pages, and nobody publish without the right."""
IMAGE_RIGHTS = ("add_image", "choose_image")

_moment: ContextVar[datetime | None] = ContextVar("moment", default=None)


def ensure_course_permissions(*, now: datetime, actor: User | None = None) -> CourseIndexPage:
    """Set up course writing: the page ``/courses/``, the groups' rights, the review workflow.

    Idempotent: run by ``manage.py setup_courses`` after every installation and by the demo.
    Raises ``Conflict("no_home_page")`` where the site has no home page yet.
    """
    with operation("incubator.courses.setup", actor=actor, now=now):
        index = course_index()
        for role, names in PAGE_RIGHTS.items():
            grant_page_rights(index, role, names)
        grant_image_rights(Role.EXPERT)
        attach_workflow(index)
    return index


def course_index() -> CourseIndexPage:
    """Return the page of all courses, made where it is missing."""
    found: CourseIndexPage | None = CourseIndexPage.objects.first()
    if found is not None:
        return found
    home = HomePage.objects.first()
    if home is None:
        raise Conflict("no_home_page")
    index = CourseIndexPage(title=INDEX_TITLE, title_en=INDEX_TITLE_EN, slug="courses")
    home.add_child(instance=index)
    return index


def grant_page_rights(index: CourseIndexPage, role: str, names: Sequence[str]) -> None:
    """Give a role's group its rights below the index, and the door to the back office."""
    group, _created = Group.objects.get_or_create(name=role)
    group.permissions.add(
        Permission.objects.get(content_type__app_label="wagtailadmin", codename="access_admin"),
    )
    for name in names:
        permission = Permission.objects.get(
            content_type__app_label="wagtailcore",
            content_type__model="page",
            codename=f"{name}_page",
        )
        GroupPagePermission.objects.get_or_create(group=group, page=index, permission=permission)


def grant_image_rights(role: str) -> None:
    """Let a role's group put pictures into its lessons."""
    group = Group.objects.get(name=role)
    root = Collection.get_first_root_node()
    for permission in Permission.objects.filter(
        content_type__app_label="wagtailimages",
        codename__in=IMAGE_RIGHTS,
    ):
        GroupCollectionPermission.objects.get_or_create(
            group=group,
            collection=root,
            permission=permission,
        )


def attach_workflow(index: CourseIndexPage) -> Workflow:
    """Have everything below the index pass the training staff."""
    workflow, _created = Workflow.objects.get_or_create(name=WORKFLOW)
    task = GroupApprovalTask.objects.filter(name=WORKFLOW).first()
    if task is None:
        task = GroupApprovalTask.objects.create(name=WORKFLOW)
    task.groups.set([Group.objects.get(name=Role.TRAINING)])
    WorkflowTask.objects.get_or_create(workflow=workflow, task=task, defaults={"sort_order": 0})
    WorkflowPage.objects.update_or_create(page=index, defaults={"workflow": workflow})
    return workflow


def write_course(
    *,
    expert: User,
    now: datetime,
    title: str,
    slug: str,
    hours: Decimal,
    lessons: Sequence[Mapping[str, Any]],
    quiz: Sequence[Mapping[str, Any]],
    pass_mark: int = 70,
    retry_after_days: int = RETRY_AFTER_DAYS,
    title_en: str = "",
    intro: str = "",
    intro_en: str = "",
) -> CoursePage:
    """Write a course as a draft, as an expert does in the back office.

    ``lessons``: dicts ``title, title_en, minutes, body, body_en``; a body is a list of pairs
    (block, value) of ``portal.models.pages.ContentBlocks``. ``quiz``: dicts ``question,
    question_en, options, explanation, explanation_en``; an option is a dict ``text, text_en,
    correct``. Raises ``NotAllowed("role")``.
    """
    with operation("incubator.course.write", actor=expert, now=now) as opened:
        require_role(expert, Role.EXPERT)
        course = CoursePage(
            title=title,
            title_en=title_en,
            slug=slug,
            intro=intro,
            intro_en=intro_en,
            hours=hours,
            pass_mark=pass_mark,
            retry_after_days=retry_after_days,
            owner=expert,
            live=False,
            lessons=[("lesson", {"title_en": "", "body_en": [], **one}) for one in lessons],
            quiz=[("question", question_value(one)) for one in quiz],
        )
        course_index().add_child(instance=course)
        course.save_revision(user=expert)
        opened.record("incubator.course.written", subject=course)
    return course


def question_value(question: Mapping[str, Any]) -> dict[str, Any]:
    """Return a question with the fields that nobody wrote left empty."""
    empty = {"question_en": "", "explanation": "", "explanation_en": ""}
    options = [{"text_en": "", "correct": False, **option} for option in question["options"]]
    return {**empty, **question, "options": options}


def submit_course(*, course: CoursePage, actor: User, now: datetime) -> CoursePage:
    """Hand the newest draft to the training staff through the page's workflow.

    Raises ``NotAllowed("role")`` for others than the author, ``Invalid("course_empty")``.
    """
    with operation("incubator.course.submit", actor=actor, now=now, subject=course):
        if course.owner_id != actor.pk:
            raise NotAllowed("role")
        require_teachable(course)
        with taking_place(now, actor):
            course.get_workflow().start(course, actor)
    return course


def require_teachable(course: CoursePage) -> None:
    """Raise ``Invalid("course_empty")`` for a course without lessons or quiz."""
    draft = course.get_latest_revision_as_object()
    if not draft.lessons or not draft.quiz:
        raise Invalid("course_empty")


def approve_course(*, course: CoursePage, actor: User, now: datetime) -> CourseVersion:
    """Approve a submitted course: Wagtail publishes it, and its version is frozen.

    Raises ``NotAllowed`` (``role``, ``own_course``) or ``Conflict("course_not_submitted")``.
    """
    with operation("incubator.course.approve", actor=actor, now=now, subject=course):
        require_role(actor, Role.TRAINING)
        if course.owner_id == actor.pk:
            raise NotAllowed("own_course")
        state = course.current_workflow_state
        if state is None:
            raise Conflict("course_not_submitted")
        with taking_place(now, actor):
            state.current_task_state.approve(user=actor)
    version: CourseVersion = course.versions.order_by("-number")[0]
    return version


@contextmanager
def taking_place(now: datetime, actor: User) -> Iterator[None]:
    """Have what Wagtail's signals cause take place at ``now``, by ``actor``."""
    token = _moment.set(now)
    try:
        with LogContext(user=actor):
            yield
    finally:
        _moment.reset(token)


def publishing_moment() -> datetime:
    """Return when the publication under way takes place (the demo plays a year)."""
    return _moment.get() or timezone.now()


def freeze_course_version(
    *,
    course: CoursePage,
    actor: User | None,
    now: datetime,
) -> CourseVersion:
    """Freeze what was published as a version; the same content twice is the same version.

    Called when Wagtail publishes the page. Tells the expert.
    """
    with operation("incubator.course.freeze", actor=actor, now=now, subject=course):
        CoursePage.objects.select_for_update().get(pk=course.pk)
        content = frozen_content(course)
        digest = course_digest(content)
        newest: CourseVersion | None = course.versions.order_by("-number").first()
        if newest is not None and newest.digest == digest:
            return newest
        version = CourseVersion.objects.create(
            course_id=course.pk,
            number=newest.number + 1 if newest else 1,
            digest=digest,
            content=content,
            frozen_at=now,
            frozen_by=actor,
        )
        close_work(course, now=now)
        if course.owner is not None:
            notify(
                [course.owner], "course_published", key=f"course:{version.pk}", now=now,
                url=course.get_url() or "", course=course.title, version=version.number,
            )  # fmt: skip
    return version


def frozen_content(course: CoursePage) -> dict[str, Any]:
    """Return everything of a course that a learner and a proof depend on."""
    return {
        "title": course.title,
        "title_en": course.title_en,
        "intro": course.intro,
        "intro_en": course.intro_en,
        "hours": str(Decimal(course.hours).quantize(Decimal("0.1"))),
        "pass_mark": course.pass_mark,
        "retry_after_days": course.retry_after_days,
        "lessons": [frozen(one) for one in course.lessons.get_prep_value()],
        "quiz": [frozen_question(frozen(one)) for one in course.quiz.get_prep_value()],
    }


def frozen(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return a block's value with the id that progress and answers name."""
    return {"id": raw["id"], **raw["value"]}


def frozen_question(question: dict[str, Any]) -> dict[str, Any]:
    """Return a question with its options' texts and, apart, the numbers of the right ones."""
    options = [option["value"] for option in question["options"]]
    return {
        **question,
        "options": [{"text": one["text"], "text_en": one["text_en"]} for one in options],
        "correct": [number for number, one in enumerate(options) if one["correct"]],
    }


def note_submitted(*, course: CoursePage, now: datetime) -> None:
    """Put a course that was handed in into the training staff's inbox."""
    close_work(course, now=now)
    open_work(
        "course_review",
        subject=course,
        url=edit_url(course),
        now=now,
        role=Role.TRAINING,
        course=course.title,
    )


def note_returned(*, course: CoursePage, now: datetime) -> None:
    """Put a course that was sent back into its author's inbox."""
    close_work(course, now=now)
    if course.owner is not None:
        open_work(
            "course_changes",
            subject=course,
            url=edit_url(course),
            now=now,
            user=course.owner,
            course=course.title,
        )


def note_cancelled(*, course: CoursePage, now: datetime) -> None:
    """Take a course whose review was called off out of the inboxes."""
    close_work(course, now=now)


def edit_url(course: CoursePage) -> str:
    """Return the page's address in the back office."""
    return reverse("wagtailadmin_pages:edit", args=[course.pk])
