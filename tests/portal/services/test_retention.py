"""What is kept no longer goes; nothing else does."""

import json
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.utils import timezone
from django_q.models import Schedule

from portal import tasks
from portal.models import (
    AccessToken,
    ArchivePackage,
    AuditEntry,
    DataRequest,
    FactorReset,
    FormDraft,
    Invitation,
    LoginFailure,
    Notification,
    User,
)
from portal.selectors.personal import data_register
from portal.services.personal import answer, ask
from portal.services.retention import EMPTYINGS, RULES, run_retention


def rows(world, days: float) -> dict[str, object]:
    """Make one row of each table that ended so many days ago."""
    then = timezone.now() - timedelta(days=days)
    begun = then - timedelta(days=1)
    owner, firm = world.owner, world.organisation("owner")
    return {
        "portal.accesstoken": AccessToken.objects.create(
            user=owner, label="x", hint="1234", digest=f"{days}", created_at=begun, expires_at=then
        ),
        "portal.archivepackage": ArchivePackage.objects.create(
            asked_by=world.staff, asked_at=then, kind=f"{days}", since=then, until=then
        ),
        "portal.datarequest": DataRequest.objects.create(
            user=owner, kind="correct", text="x", asked_at=begun, due_on=then, answered_at=then
        ),
        "portal.factorreset": FactorReset.objects.create(
            user=owner, reason="x",
            asked_by=world.secadmin, asked_at=begun, expires_at=then, answered_at=then,
        ),
        "portal.formdraft": FormDraft.objects.create(user=owner, key=f"{days}", saved_at=then),
        "portal.invitation": Invitation.objects.create(
            organisation=firm, email="x@demo.example", role="firm_member", invited_by=owner,
            created_at=begun, expires_at=then,
        ),
        "portal.loginfailure": LoginFailure.objects.create(login="x", address="x", at=then),
        "portal.notification": Notification.objects.create(
            user=owner, kind="job_parked", key=f"{days}", created_at=then
        ),
        "sessions.session": Session.objects.create(
            session_key=f"s{days}", session_data="", expire_date=then
        ),
    }  # fmt: skip


def test_every_table_kept_for_days_has_a_rule_and_no_other():
    kept = {label for label, line in data_register().items() if line.kept == "days"}
    assert kept == set(RULES)


def test_every_table_that_is_emptied_says_how_and_no_other():
    emptied = {label for label, line in data_register().items() if line.kept == "emptied"}
    assert emptied == set(EMPTYINGS)


@pytest.mark.parametrize("table", sorted(RULES))
def test_row_goes_after_its_period_and_not_before(world, table):
    days = data_register()[table].days
    old, young = rows(world, days + 0.01), rows(world, days - 0.01)
    run_retention(now=timezone.now())
    model = type(old[table])
    assert not model.objects.filter(pk=old[table].pk).exists()
    assert model.objects.filter(pk=young[table].pk).exists()


def test_dry_run_counts_and_changes_nothing(world, capsys):
    rows(world, 2000)
    entries = AuditEntry.objects.count()
    call_command("retention", "--dry-run")
    report = json.loads(capsys.readouterr().out)
    assert report["dry_run"] is True
    found = {one["table"]: (one["days"], one["rows"]) for one in report["tables"]}
    assert found == {
        "portal.accesstoken": (365, 1),
        "portal.archivepackage": (7, 1),
        "portal.datarequest": (1095, 1),
        "portal.factorreset": (1095, 1),
        "portal.formdraft": (90, 1),
        "portal.invitation": (30, 1),
        "portal.loginfailure": (30, 1),
        "portal.notification": (365, 1),
        "sessions.session": (0, 1),
        "incubator.application": (1095, 0),
        "incubator.applicationsubmission": (1095, 0),
        "portal.user": (None, 0),
    }
    assert FormDraft.objects.count() == LoginFailure.objects.count() == 1
    assert AuditEntry.objects.count() == entries


def test_run_is_audited_with_counts_and_erases_whom_it_must(world, capsys):
    rows(world, 2000)
    past = timezone.now() - timedelta(days=8)
    request = ask(user=world.learner, kind="delete", text="x", now=past)
    answer(request=request, granted=True, text="x", actor=world.secadmin, now=past)
    call_command("retention")
    assert json.loads(capsys.readouterr().out)["tables"][-1]["rows"] == 1
    done = AuditEntry.objects.get(action="retention.done")
    assert done.data["rows"]["portal.formdraft"] == 1
    assert User.objects.get(pk=world.learner.pk).email.endswith("@erased.invalid")
    assert tasks.run_retention() == 0


def test_it_runs_every_night(db):
    schedule = Schedule.objects.get(name="retention")
    assert (schedule.func, schedule.schedule_type) == ("portal.tasks.run_retention", "D")
