"""Names of records whose model has none in Chinese: of other packages, and of plain tables."""

from django.db.models import Model
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

RECORDS: dict[str, str | Promise] = {
    "portal.formdraft": _("Drafts of forms"),
    "portal.notificationpreference": _("Choices of notifications"),
    "portal.passwordrecord": _("Digests of earlier passwords"),
    "portal.homepage": _("Home pages"),
    "portal.newsindexpage": _("News lists"),
    "portal.newspage": _("News"),
    "portal.policypage": _("Policies"),
    "portal.helppage": _("Help pages"),
    "portal.standardpage": _("Pages of the website"),
    "incubator.courseindexpage": _("Course lists"),
    "incubator.coursepage": _("Courses"),
    "incubator.lessonread": _("Lessons read"),
    "incubator.quizattempt": _("Quiz attempts"),
    "village_pilot.pilotreviewer": _("Reviewers of pilots"),
    "mfa.authenticator": _("Second factors"),
    "usersessions.usersession": _("Sessions"),
    "wagtailadmin.editingsession": _("Pages open for editing"),
    "wagtailadmin.formstate": _("States of editing forms"),
    "wagtailcore.apitoken": _("Access tokens of the back office"),
    "wagtailcore.modellogentry": _("Log of changed records"),
    "wagtailcore.pagelogentry": _("Log of changed pages"),
    "wagtailcore.revision": _("Earlier versions of pages"),
    "wagtailcore.uploadedfile": _("Files being uploaded"),
    "wagtailcore.workflowstate": _("Approvals"),
    "wagtailcore.taskstate": _("Steps of approvals"),
    "wagtailcore.page": _("Pages of the website"),
    "wagtailcore.pagesubscription": _("Subscriptions to pages"),
}
"""By the model's label; a model that names itself in Chinese does not stand here."""


def records_name(model: type[Model]) -> str:
    """Name a kind of record in the reader's language, in the plural where it has one."""
    return str(RECORDS.get(model._meta.label_lower, model._meta.verbose_name_plural))


def record_name(model: type[Model]) -> str:
    """Name one record's kind; Django derives a plain text where the model says nothing."""
    name = model._meta.verbose_name
    return records_name(model) if isinstance(name, str) else str(name)
