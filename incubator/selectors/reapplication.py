"""What a firm's earlier application leaves passed for the one it writes now."""

from collections.abc import Mapping
from typing import Any

from incubator.domain.answer_changes import Sent
from incubator.domain.machine_check import Screening, screening_of
from incubator.domain.reapplication import Passed, is_doubted, keep_passed, standing
from incubator.labels.windows import form_words
from incubator.models import Application


def passed_before(application: Application) -> Passed | None:
    """Return what the firm's newest application to pass the screening left behind (two queries).

    ``None`` where none passed, or where a later refusal calls the firm's answers into question.
    """
    rows = Application.objects.filter(
        organisation=application.organisation_id, pk__lt=application.pk, submitted_at__isnull=False
    )
    for row in rows.select_related("form").order_by("-pk"):
        if is_doubted(row.reason_codes):
            return None
        if row.review_started_at is not None:
            return passed_by(row)
    return None


def passed_by(application: Application) -> Passed | None:
    """Return what an application that passed had sent last (one query)."""
    last = application.submissions.order_by("-number").first()
    if last is None:
        return None
    last.application = application
    return Passed(application.number, last.sent, screening_of(last.machine_result).findings)


def sent_now(application: Application, answers: Mapping[str, Any] | None = None) -> Sent:
    """Return what an application holds, or would hold with ``answers`` (files: one query)."""
    files: dict[str, list[tuple[str, str]]] = {}
    for one in application.files:
        files.setdefault(one.kind, []).append((one.file.sha256, one.file.name))
    given = application.answers if answers is None else answers
    return Sent(application.form.content, given, files)


def with_passed(
    result: Screening, application: Application, answers: Mapping[str, Any] | None = None
) -> Screening:
    """Return a machine check with what was let through before and stands as passed."""
    passed = passed_before(application)
    return keep_passed(result, passed, sent_now(application, answers)) if passed else result


def sent_last(application: Application) -> Sent:
    """Return what was sent last; of a draft, what it holds."""
    last = application.last_submission
    return sent_now(application) if last is None else last.sent


def standing_keys(application: Application) -> frozenset[str]:
    """Return the keys of the answers that passed before and were sent again as they were."""
    passed = passed_before(application)
    return standing(passed, sent_last(application)) if passed else frozenset()


def standing_panel(application: Application, now: Sent) -> tuple[str, list[str]] | None:
    """Return the earlier application's number and the questions whose answers stand in ``now``."""
    passed = passed_before(application)
    keys = standing(passed, now) if passed else frozenset()
    if passed is None or not keys:
        return None
    asked = [form_words(one, "title") for one in application.form.questions if one["key"] in keys]
    return passed.number, asked
