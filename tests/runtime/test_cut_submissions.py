"""Submissions cut by SIGKILL of every web worker: whole or not there, and once when repeated."""

import random
import time
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from django.utils import timezone

from incubator.models import Application
from portal.models import AuditEntry, EventRecord, User, WorkItem
from portal.services.audit import verify_chain
from tests.hostile.served import gunicorn
from tests.incubator.firms import ANSWERS
from tests.runtime.site import Site, caught, drafts, nobody_writes, together
from tests.world import World

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(420),
    pytest.mark.django_db(transaction=True),
]
ROUNDS = 4
AT_ONCE = 3


@pytest.fixture
def world(transactional_db, now) -> World:
    return World(now)


@pytest.fixture
def site(world, database_url, tmp_path) -> Iterator[Site]:
    """The site under production settings, which first has everybody choose a password."""
    User.objects.update(password_set_at=timezone.now())
    with gunicorn(tmp_path, database_url) as web:
        yield Site(web, world.client("owner").cookies["sessionid"].value)


def submit(site: Site, case: Application) -> int | None:
    values = {**ANSWERS, "truth_declared": "on", "version": case.version, "deed": "submit"}
    return site.ask(
        "POST",
        f"/workspace/applications/{case.pk}/",
        urlencode(values, doseq=True).encode(),
        "application/x-www-form-urlencoded",
    )


def traces(case: Application) -> tuple[str, int, int, int]:
    """Return state and version, and how many audit entries and work items tell of its sending."""
    case = Application.objects.get(pk=case.pk)
    about = {"subject_type": "incubator.application", "subject_id": str(case.pk)}
    sent = AuditEntry.objects.filter(**about, action="incubator.submit_application", outcome="done")
    work = WorkItem.objects.filter(**about, kind="application_screen")
    assert (case.submitted_at is None) == (case.machine_result is None)
    return case.state, case.version, sent.count(), work.count()


BEFORE, AFTER = ("draft", 1, 0, 0), ("screening", 3, 1, 1)


def test_submission_cut_by_a_kill_is_whole_or_not_there_and_can_be_repeated(site, world):
    dice = random.Random(630123)
    cases = drafts(world, ROUNDS * AT_ONCE + 1)
    started = time.monotonic()
    assert submit(site, cases.pop()) == 302
    usual = time.monotonic() - started
    cut = 0
    for turn in range(ROUNDS):
        group = cases[turn * AT_ONCE : (turn + 1) * AT_ONCE]
        deeds = [lambda case=case: submit(site, case) for case in group]
        if turn == 0:
            with nobody_writes():
                answers = together(deeds, lambda: caught(site))
            assert answers == [None] * AT_ONCE
        else:
            wait = dice.uniform(0.1, 1.5) * usual
            answers = together(deeds, lambda wait=wait: (time.sleep(wait), site.kill()))
        cut += answers.count(None)
        site.recovers()
        for case, answer in zip(group, answers, strict=True):
            found = traces(case)
            assert found in ({BEFORE} if turn == 0 else {BEFORE, AFTER})
            assert answer is None or found == AFTER
            again = submit(site, case)
            assert (again == 302) or found == AFTER
            assert traces(case) == AFTER
    print(f"{cut} of {ROUNDS * AT_ONCE} submissions were cut")
    assert cut >= AT_ONCE
    events = EventRecord.objects.filter(name="StateChanged").values_list("payload", flat=True)
    moves = [(event["subject_id"], event["action"]) for event in events]
    assert len(moves) == len(set(moves))
    report = verify_chain()
    assert (report.broken, report.checked) == (None, AuditEntry.objects.count())
