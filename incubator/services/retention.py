"""What is personal in an application goes three years after the case was closed.

The case itself is archived: states, scores, decisions, the firm's other answers, digests.
"""

from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from incubator.domain import application as rules
from incubator.domain.application_form import personal_keys
from incubator.domain.cohort import UNDER_WAY
from incubator.models import (
    Application,
    ApplicationAttachment,
    ApplicationSubmission,
    Incubation,
)
from portal.models import StoredFile


def closed(before: datetime) -> QuerySet[Application]:
    """Return the applications closed before a moment; of admitted firms, once incubation ended.

    A firm whose incubation goes on, or that never began one, keeps its answers.
    """
    firm = Incubation.objects.filter(organisation=OuterRef("organisation"))
    going_on = Exists(firm.filter(Q(state__in=UNDER_WAY) | Q(ended_at__gte=before)))
    ended = Q(Exists(firm.filter(ended_at__lt=before)), ~going_on, state="admitted")
    return Application.objects.filter(Q(state__in=rules.CLOSED, state_since__lt=before) | ended)


def applications_due(before: datetime) -> QuerySet[Any]:
    """Return the applications whose personal answers and files are to go."""
    return closed(before).filter(personal_removed_at=None).select_related("form")


def submissions_due(before: datetime) -> QuerySet[Any]:
    """Return what was sent with these applications and still holds personal answers."""
    rows = ApplicationSubmission.objects.filter(personal_removed_at=None)
    return rows.filter(application__in=closed(before)).select_related("application__form")


def empty_application(application: Application, now: datetime) -> None:
    """Remove the personal answers and files of an application."""
    keys = personal_keys(application.form.content)
    application.answers = without(application.answers, keys)
    application.personal_removed_at = now
    application.save(update_fields=["answers", "personal_removed_at"])
    attached = ApplicationAttachment.objects.filter(application=application, kind__in=keys)
    files = list(attached.values_list("file", flat=True))
    attached.delete()
    held = ApplicationAttachment.objects.filter(file__in=files).values("file")
    StoredFile.objects.filter(pk__in=files).exclude(pk__in=held).delete()


def empty_submission(submission: ApplicationSubmission, now: datetime) -> None:
    """Remove the personal answers of what was sent once, and the names of personal files."""
    keys = personal_keys(submission.application.form.content)
    submission.answers = without(submission.answers, keys)
    submission.files = [one for one in submission.files if one["key"] not in keys]
    submission.personal_removed_at = now
    submission.save(update_fields=["answers", "files", "personal_removed_at"])


def without(answers: dict[str, Any], keys: frozenset[str]) -> dict[str, Any]:
    """Return the answers to all other questions."""
    return {key: one for key, one in answers.items() if key not in keys}
