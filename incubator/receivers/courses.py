"""What Wagtail tells about courses: handed in, sent back, published."""

from typing import Any

from wagtail.log_actions import get_active_log_context
from wagtail.models import Page, WorkflowState
from wagtail.signals import (
    page_published,
    workflow_cancelled,
    workflow_rejected,
    workflow_submitted,
)

from incubator.models import CoursePage
from incubator.services import courses


def connect() -> None:
    """Listen; called once when the app is ready."""
    page_published.connect(on_published, sender=CoursePage, dispatch_uid="course_published")
    workflow_submitted.connect(on_submitted, dispatch_uid="course_submitted")
    workflow_rejected.connect(on_returned, dispatch_uid="course_returned")
    workflow_cancelled.connect(on_cancelled, dispatch_uid="course_cancelled")


def on_published(sender: type, instance: CoursePage, **_kwargs: Any) -> None:
    """Freeze what was published."""
    courses.freeze_course_version(
        course=instance,
        actor=publisher(),
        now=courses.publishing_moment(),
    )


def publisher() -> Any:
    """Return whoever Wagtail's log names for the action under way."""
    return getattr(get_active_log_context(), "user", None)


def course_of(state: WorkflowState) -> CoursePage | None:
    """Return the course that a workflow is about, if it is one."""
    found = state.content_object
    page = found.specific if isinstance(found, Page) else None
    return page if isinstance(page, CoursePage) else None


def on_submitted(sender: type, instance: WorkflowState, **_kwargs: Any) -> None:
    """Tell the training staff."""
    course = course_of(instance)
    if course is not None:
        courses.note_submitted(course=course, now=courses.publishing_moment())


def on_returned(sender: type, instance: WorkflowState, **_kwargs: Any) -> None:
    """Tell the author."""
    course = course_of(instance)
    if course is not None:
        courses.note_returned(course=course, now=courses.publishing_moment())


def on_cancelled(sender: type, instance: WorkflowState, **_kwargs: Any) -> None:
    """Nothing waits any more."""
    course = course_of(instance)
    if course is not None:
        courses.note_cancelled(course=course, now=courses.publishing_moment())
