"""The demo year is played through the services, once, and ends as the issue promises."""

import re
from datetime import date
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from certification.models import Grade
from config.demo.case_logs import Pace, case_log
from config.demo.cast import CAST, SECOND_STAFF
from config.demo.papers import pdf
from config.demo.story import play
from incubator.models import Application, Cohort, Incubation, ResourceRequest
from incubator.selectors.quota import ledger_faults
from portal.domain.content_types import sniff
from portal.models import AuditAnchor, AuditEntry, EventRecord, IssuedDocument, Job, WorkItem
from portal.services.audit import verify_chain
from portal.services.registers import MAKE_FILE
from village_pilot.models import Pilot, ProcessTemplate

TODAY = date(2026, 11, 23)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_demo_played_twice_has_the_promised_year_once(db):
    said = []

    assert play(today=TODAY, password="demo-630123", say=said.append) is True
    entries = AuditEntry.objects.count()
    assert play(today=TODAY, password="demo-630123", say=said.append) is False

    completed = Pilot.objects.filter(state="completed")
    assert Application.objects.filter(state="admitted").count() == 12
    assert completed.count() == 20
    assert completed.values("village").distinct().count() == 15
    assert ProcessTemplate.objects.current().count() == 27
    assert set(Grade.objects.values_list("tier", flat=True)) == {"A", "B", "C"}
    assert AuditEntry.objects.count() == entries
    assert verify_chain().broken is None
    assert AuditAnchor.objects.exists()
    assert EventRecord.objects.filter(delivered_at__isnull=True).count() == 0
    left = set(Job.objects.exclude(state="done").values_list("task", "state"))
    assert left == {(MAKE_FILE, "waiting")}  # drawn by the worker, once the portal is served
    assert IssuedDocument.objects.filter(kind="recommendation_snapshot", state="valid").count() == 1
    assert not AuditEntry.objects.exclude(outcome="done").exists()
    waiting = set(WorkItem.objects.open().values_list("kind", flat=True))
    assert {"deliverable_review", "deliverable_accept", "application_review"} <= waiting
    assert {"quota_decide", "quota_answer"} <= waiting
    assert ResourceRequest.objects.granted().count() == 5
    assert ledger_faults() == []
    assert [cohort.taken for cohort in Cohort.objects.order_by("pk")] == [5, 2]
    assert set(Incubation.objects.values_list("state", flat=True)) == {
        "active",
        "probation",
        "exited",
        "offered",
    }
    assert "incubation_offer" in waiting
    behind = Incubation.objects.get(state="probation")  # with every milestone late, each its line
    calls = WorkItem.objects.open().filter(kind="incubation_milestone")
    assert calls.filter(organisation=behind.organisation).count() == behind.milestones.count() == 7


def test_demo_under_production_settings_is_refused(settings, db):
    settings.DEMO = False

    with pytest.raises(CommandError):
        call_command("demo", stdout=StringIO())


def test_paper_is_a_pdf():
    assert sniff(pdf("hello")) == "application/pdf"


def test_case_log_same_seed_is_the_same_file(now):
    pace = Pace(cases=5, days=3, rework=0.5)

    one, other = (
        case_log(steps=["申请", "核实", "出具"], pace=pace, start=now, seed="x") for _ in "ab"
    )

    assert one == other


def test_readme_names_every_login_that_the_demo_prints():
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    table = readme.partition("## Logins of the demo")[2].partition("\n## ")[0]
    printed = {person.login for person in (*CAST, SECOND_STAFF)}
    assert printed - set(re.findall(r"`(\w+)`", table)) == set()
