"""Words of the courses."""

from django.utils.translation import gettext_lazy as _

from portal.labels import (
    Choices,
    add_actions,
    add_notification_kinds,
    add_refusals,
    add_states,
    add_work_kinds,
    state_choices,
)

add_states(
    "incubator.enrolment",
    {
        "enrolled": (_("Learning"), _("Learning"), "progress", "progress"),
        "completed": (_("Completed"), _("Completed"), "good", "circle-check"),
        "failed": (_("Not passed"), _("Not passed"), "bad", "alert-circle"),
        "withdrawn": (
            _("Withdrawn from the course"),
            _("Withdrawn from the course"),
            "ended",
            "archive",
        ),
    },
)
add_actions(
    "incubator.enrolment",
    {
        "complete": _("Complete"),
        "fail": _("Fail"),
        "withdraw": _("Leave the course"),
    },
)
add_refusals(
    {
        "course_not_open": _("This course is not open for enrolment."),
        "retry_later": _(
            "The attempts at the quiz are used up. You can enrol again from %(open_on)s; until "
            "then you can read the lessons of your earlier learning."
        ),
        "already_enrolled": _("You are in this course already, or have completed it."),
        "enrol_for": _("You can enrol for yourself or for a firm that you belong to."),
        "lessons_left": _("Mark every lesson as read first; still missing: %(lessons)s."),
        "quiz_stale": _(
            "This attempt was marked already. Look at its result before you start another one."
        ),
        "quiz_unanswered": _("Answer every question; nothing was marked yet."),
        "course_empty": _("A course needs at least one lesson and one question."),
        "no_home_page": _("Create the home page first; courses are listed below it."),
        "own_course": _("Nobody approves their own course."),
        "course_not_submitted": _("This course does not wait for review."),
    }
)
add_work_kinds(
    {
        "course_review": (_("Review the course “%(course)s”"), "school", _("Review")),
        "course_changes": (_("Mend the course “%(course)s”"), "school", _("Open")),
    }
)
add_notification_kinds(
    {
        "course_completed": (
            _("A course is completed"),
            _("You completed “%(course)s”"),
            _("Your proof of completion has the number %(number)s; anybody can check it."),
        ),
        "course_published": (
            _("My course is published"),
            _("Your course “%(course)s” is published"),
            _("Version %(version)s is open for enrolment."),
        ),
    }
)


def enrolment_states() -> Choices:
    """Return the states for a model's field."""
    return state_choices("incubator.enrolment")()
