"""Importing case logs, in the service and on the command line."""

import gzip
import json
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.utils import timezone, translation

from portal.domain.lifecycle import Invalid, NotAllowed
from portal.labels import refusal_text
from portal.models import StoredFile
from tests.village_pilot.story import LATER, LOG, Story, log_file
from tests.world import World
from village_pilot.domain.event_log import REASONS, CaseLogError
from village_pilot.labels import CASE_LOG_REASONS, case_log_place
from village_pilot.models import CaseLog
from village_pilot.services.case_logs import import_case_log

SHARED = Path("/work/shared/data/event_logs")


@pytest.fixture
def story(world: World) -> Story:
    return Story(world)


def take(story: Story, upload: ContentFile, phase: str = "before", login: str = "clerk") -> CaseLog:
    return import_case_log(
        pilot=story.pilot("running"),
        upload=upload,
        phase=phase,
        actor=story.world.people[login],
        now=story.now,
    )


@pytest.mark.parametrize("login", ["clerk", "signer", "staff", "owner", "member"])
def test_log_is_measured_and_kept(story: Story, login) -> None:
    log = take(story, log_file(), login=login)
    assert (log.measures["cases"], log.measures["rework_cases"]) == (2, 1)
    assert log.measures["throughput_seconds"]["median"] == 5 * 86400
    assert log.bands == [0, 0, 0, 1, 1, 0, 0]
    assert log.first_event_at.isoformat() == "2026-03-02T01:00:00+00:00"
    assert (log.stored.use, log.stored.organisation) == ("case_log", story.committee)
    assert str(log) == "办件.csv"


def test_compressed_log_is_read(story: Story) -> None:
    xes = (
        '<log><trace><string key="concept:name" value="1"/><event>'
        '<string key="concept:name" value="登记"/>'
        '<date key="time:timestamp" value="2026-03-02T09:00:00+08:00"/></event></trace></log>'
    )
    log = take(story, ContentFile(gzip.compress(xes.encode()), name="办件.xes.gz"))
    assert (log.measures["cases"], log.measures["activities"]) == (1, 1)


@pytest.mark.parametrize("login", ["owner2", "techreview", "lead"])
def test_strangers_import_nothing(story: Story, login) -> None:
    with pytest.raises(NotAllowed):
        take(story, log_file(), login=login)


def test_newer_log_supersedes_the_older_one_of_its_phase(story: Story) -> None:
    pilot = story.pilot("running")
    values = {"pilot": pilot, "actor": story.world.clerk, "now": story.now}
    first = import_case_log(upload=log_file(), phase="before", **values)
    import_case_log(upload=log_file(LATER), phase="after", **values)
    second = import_case_log(upload=log_file(LATER), phase="before", **values)
    first.refresh_from_db()
    current = CaseLog.objects.current().filter(pilot=pilot, phase="before")
    assert (first.superseded_at, current.get(), CaseLog.objects.count()) == (
        story.now,
        second,
        3,
    )


@pytest.mark.parametrize(
    ("text", "english", "row", "column"),
    [
        (
            LOG.replace("2026-03-04 09:00", "昨天"),
            "Row 5, column “时间”: “昨天” is not a date and time.",
            5,
            "时间",
        ),
        (
            LOG.replace("2,登记,2026-03-04", "2,,2026-03-04"),
            "Row 5, column “环节”: The activity is missing.",
            5,
            "环节",
        ),
        (
            "甲,乙\n1,2\n",
            "Row 1: No column for the case number was found. Looked for: ",
            1,
            None,
        ),
    ],
)
def test_broken_log_names_row_column_and_reason(story: Story, text, english, row, column) -> None:
    with pytest.raises(Invalid) as refused:
        take(story, log_file(text))
    with translation.override("en"):
        said = refusal_text(refused.value)
    assert said[: len(english)] == english
    assert (refused.value.params["row"], refused.value.params["column"]) == (row, column)
    assert (CaseLog.objects.count(), StoredFile.objects.filter(use="case_log").count()) == (0, 0)


def test_events_of_tomorrow_are_read_and_later_ones_refused(story: Story) -> None:
    tomorrow, later = (
        timezone.localtime(story.now + timedelta(days=1, minutes=minutes)).strftime(
            "%Y-%m-%d %H:%M"
        )
        for minutes in (-1, 1)
    )
    assert take(story, log_file(LOG.replace("2026-03-09 09:00", tomorrow))).measures["cases"] == 2
    with pytest.raises(Invalid) as refused:
        take(story, log_file(LOG.replace("2026-03-09 09:00", later)))
    with translation.override("en"):
        said = refusal_text(refused.value)
    assert said == f"Row 6, column “时间”: “{later}” lies in the future."
    assert (refused.value.params["row"], refused.value.params["column"]) == (6, "时间")
    assert CaseLog.objects.count() == 1


@pytest.mark.parametrize(
    ("place", "english"),
    [
        ({}, ""),
        ({"column": "时间"}, "Column “时间”: "),
        ({"row": 3}, "Row 3: "),
        ({"row": 3, "column": "时间"}, "Row 3, column “时间”: "),
        ({"row": 4, "unit": "event", "column": "time"}, "Event 4, attribute “time”: "),
        ({"row": 4, "unit": "line"}, "Line 4: "),
    ],
)
def test_place_in_the_file_reads_well(place, english) -> None:
    with translation.override("en"):
        assert str(case_log_place(CaseLogError("empty_file", **place))) == english


def test_empty_log_is_refused(story: Story) -> None:
    with pytest.raises(Invalid) as refused:
        take(story, log_file(""))
    with translation.override("en"):
        assert refusal_text(refused.value) == "The file is empty."


def test_log_larger_than_the_page_takes_is_refused(story: Story) -> None:
    with pytest.raises(Invalid) as refused:
        import_case_log(
            pilot=story.pilot(),
            upload=log_file(),
            phase="before",
            actor=story.world.clerk,
            now=story.now,
            limit=10,
        )
    assert refused.value.code == "log_too_large"


def test_unknown_phase_is_refused(story: Story) -> None:
    with pytest.raises(Invalid, match="phase_unknown"):
        take(story, log_file(), phase="during")


def test_every_reason_of_the_reader_has_its_words() -> None:
    assert set(CASE_LOG_REASONS) == set(REASONS)
    with translation.override("en"):
        assert {code: str(text) for code, text in CASE_LOG_REASONS.items()} == dict(REASONS)


# --- the command


def command(*arguments: str) -> str:
    out = StringIO()
    call_command("import_case_log", *arguments, stdout=out)
    return out.getvalue().strip()


def test_command_imports_a_file(story: Story, tmp_path) -> None:
    path = tmp_path / "办件.csv"
    path.write_text(LOG, encoding="utf-8")
    pilot = story.pilot()
    said = command(pilot.number, str(path), "--phase", "before")
    assert said == f"{pilot.number} before: 2 cases, 5 events, median 432000 seconds"
    assert CaseLog.objects.get().imported_by is None


def test_command_names_what_is_wrong(story: Story, tmp_path) -> None:
    path = tmp_path / "办件.csv"
    path.write_text(LOG.replace("2026-03-04 09:00", "昨天"), encoding="utf-8")
    pilot = story.pilot()
    with translation.override("en"):
        with pytest.raises(CommandError, match="Row 5, column “时间”"):
            command(pilot.number, str(path), "--phase", "before")
        with pytest.raises(CommandError, match="There is no pilot HYSD-0"):
            command("HYSD-0", str(path), "--phase", "before")
        with pytest.raises(CommandError, match="No such file"):
            command(pilot.number, str(tmp_path / "none.csv"), "--phase", "after")


@pytest.mark.skipif(not SHARED.exists(), reason="the reference logs are not here")
def test_reference_log_gives_the_expected_figures(story: Story) -> None:
    expected = json.loads((SHARED / "expected.json").read_text(encoding="utf-8"))
    pilot = story.pilot()
    command(pilot.number, str(SHARED / "running-example.csv"), "--phase", "before")
    measures = CaseLog.objects.get().measures
    known = next(value for key, value in expected.items() if "running-example" in key)
    for name in ("cases", "events", "activities", "variants", "rework_cases"):
        assert measures[name] == known[name]
