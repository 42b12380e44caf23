"""What the pages of courses fetch; Wagtail serves them, so no view can."""

from django import template
from django.template.context import Context
from django.utils import timezone

from incubator.models import CoursePage
from incubator.selectors import courses

register = template.Library()


@register.simple_tag
def course_cards() -> list[courses.CourseCard]:
    """Return the open courses."""
    return courses.course_cards()


@register.simple_tag(takes_context=True)
def course_facts(context: Context, page: CoursePage) -> courses.CourseFacts:
    """Return the frozen version of a course with its figures and the visitor's enrolment."""
    user = getattr(context.get("request"), "user", None)
    return courses.course_facts(page, user, timezone.localdate())
