"""What is personal in a closed application goes after three years, and nothing else does."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from incubator.models import Application, ApplicationAttachment, Incubation
from incubator.services import screening
from portal.models import StoredFile
from portal.services.retention import run_retention
from tests.incubator import firms
from tests.incubator.cohorts_story import accepted
from tests.incubator.firms import ANSWERS

PERSONAL = {"licence", "contact_person", "contact_phone"}
PERIOD = timedelta(days=1095)


def rejected(world) -> Application:
    return screening.reject_application(
        application=firms.submitted(world),
        reason_codes=["outside_scope"],
        feedback="不在本县服务范围内。",
        actor=world.staff,
        now=world.now,
    )


def later(world, **more):
    return world.now + PERIOD + timedelta(**more)


def due(now) -> tuple[int, int]:
    found = {one.table: one.rows for one in run_retention(now=now, dry_run=True)}
    return found["incubator.application"], found["incubator.applicationsubmission"]


def incubated(world, state: str, ended) -> None:
    """Give the admitted firm an incubation that stands in ``state``."""
    row = accepted(world)
    over = {"ended_at": ended, "end_code": "plan_met"} if state == "graduated" else {}
    Incubation.objects.filter(pk=row.pk).update(state=state, **over)


def test_classes_are_what_these_tests_think_they_are(world):
    form = firms.submitted(world).form
    assert {one["key"] for one in form.questions if one["klass"] == "personal"} == PERSONAL


def test_rejected_firm_loses_its_contact_after_three_years_and_keeps_the_rest(world):
    application = rejected(world)
    licence = application.attachments.get()
    run_retention(now=later(world, seconds=-1))
    application.refresh_from_db()
    assert set(application.answers) >= PERSONAL - {"licence"}
    assert application.files == [licence]

    assert due(later(world, seconds=1)) == (1, 1)
    run_retention(now=later(world, seconds=1))
    application.refresh_from_db()
    sent = application.submissions.get()
    kept = {key: one for key, one in ANSWERS.items() if key not in {*PERSONAL, "truth_declared"}}
    assert application.answers == sent.answers == kept
    assert application.personal_removed_at == sent.personal_removed_at == later(world, seconds=1)
    assert application.feedback == "不在本县服务范围内。"
    assert sent.machine_result is not None
    assert sent.files == []
    assert not StoredFile.objects.filter(pk=licence.file_id).exists()
    assert due(later(world, days=1)) == (0, 0)


def test_file_that_another_case_holds_stays(world):
    application = rejected(world)
    licence = application.attachments.get()
    again = firms.started(world)
    ApplicationAttachment.objects.create(
        application=again, kind="licence", file=licence.file, added_at=world.now
    )
    run_retention(now=later(world, seconds=1))
    assert application.attachments.count() == 0
    assert again.attachments.get().file == licence.file


def test_dry_run_counts_and_leaves_it(world):
    application = rejected(world)
    found = run_retention(now=later(world, seconds=1), dry_run=True)
    assert {one.table: one.rows for one in found}["incubator.application"] == 1
    application.refresh_from_db()
    assert application.personal_removed_at is None
    assert set(application.answers) >= PERSONAL - {"licence"}


@pytest.mark.parametrize(
    ("state", "years_ago", "rows"),
    [
        ("graduated", 4, (1, 1)),
        ("graduated", 2, (0, 0)),
        ("active", 4, (0, 0)),
        (None, 4, (0, 0)),
    ],
)
def test_admitted_firm_keeps_its_answers_until_its_incubation_is_long_over(
    world, state, years_ago, rows
):
    firms.admitted(world)
    now = world.now + timedelta(days=5 * 365)
    if state is not None:
        ended = now - timedelta(days=years_ago * 365 + 1)
        incubated(world, state, ended)
    assert due(now) == rows


def test_case_says_that_its_personal_data_are_gone(world, client):
    application = rejected(world)
    run_retention(now=later(world, seconds=1))
    client.force_login(world.owner)
    page = client.get(application.get_absolute_url()).content.decode()
    assert "已于" in page
    assert "0971-2431234" not in page


@pytest.mark.parametrize(
    "change",
    [
        {"answers": {}},
        {"files": []},
        {"machine_result": {}},
        {"declared_at": timezone.now()},
        {"number": 9},
        {"declared_at": timezone.now(), "personal_removed_at": timezone.now()},
    ],
)
def test_database_refuses_to_change_what_was_sent(world, change):
    sent = firms.submitted(world).submissions.get()
    rows = type(sent).objects.filter(pk=sent.pk)
    with pytest.raises(DatabaseError), transaction.atomic():
        rows.update(**change)
    rows.update(answers={}, personal_removed_at=world.now)
    with pytest.raises(DatabaseError, match="not changed"), transaction.atomic():
        rows.update(answers={"a": 1}, personal_removed_at=world.now)
