"""What the assessment of providers reads."""

from datetime import date

import pytest

from tests.village_pilot.story import LATER, LOG, Story, days, log_file, many
from tests.world import World
from village_pilot.selectors import DeliveryEvidence, delivery_evidence, provider_pilots
from village_pilot.selectors.pilots import PilotFigures, pilot_figures
from village_pilot.services.case_logs import import_case_log

SINCE, UNTIL = date(2026, 11, 1), date(2026, 12, 31)


@pytest.fixture
def story(world: World) -> Story:
    return Story(world)


def take_logs(story: Story, pilot, before: int = 5, after: int = 5) -> None:
    for phase, text in (("before", many(LOG, before)), ("after", many(LATER, after))):
        import_case_log(
            pilot=pilot,
            upload=log_file(text),
            phase=phase,
            actor=story.world.clerk,
            now=story.now,
        )


def test_evidence_without_anything_is_empty(story: Story) -> None:
    pk = story.firm.pk
    assert delivery_evidence([pk], since=SINCE, until=UNTIL) == {
        pk: DeliveryEvidence(organisation_id=pk)
    }


def test_evidence_adds_up(story: Story, queries) -> None:
    pilot = story.pilot()
    first = story.submitted(pilot)
    story.review(first, redesign_level="partial", redesign_reason="三个环节在线")
    first.refresh_from_db()
    story.decide(first)
    story.decided("refuse", story.pilot(milestones=[("晚交", date(2026, 11, 2))]))
    take_logs(story, pilot)
    with queries(4):
        found = delivery_evidence([story.firm.pk], since=SINCE, until=UNTIL)[story.firm.pk]
    assert (found.deliverables_decided, found.accepted, found.refused) == (2, 1, 1)
    assert (found.accepted_first_time, found.technical_mean) == (1, 3.0)
    assert (found.on_time, found.due) == (1, 2)
    assert round(found.handling_time_reduction, 6) == 0.7
    assert (found.villages, found.townships) == (("630123101200",), ("630123101000",))
    assert (found.processes, found.redesign_level) == (("V15",), "partial")
    assert [(one.title, one.decision, one.mean) for one in found.deliverables] == [
        ("随手拍上线", "accept", 3.0),
        ("随手拍上线", "refuse", 3.0),
    ]
    assert found.deliverables[0].url == first.get_absolute_url()


@pytest.mark.parametrize(("before", "after"), [(4, 5), (5, 4), (1, 1)])
def test_logs_with_too_few_cases_do_not_count(story: Story, before, after) -> None:
    take_logs(story, story.pilot(), before, after)
    found = delivery_evidence([story.firm.pk], since=SINCE, until=UNTIL)[story.firm.pk]
    figures = pilot_figures()
    assert (found.handling_time_reduction, figures.median_seconds_before) == (None, None)
    assert figures.median_seconds_after is None


def test_evidence_of_other_times_and_firms_is_left_out(story: Story) -> None:
    story.decided()
    other = story.world.organisation("owner2").pk
    found = delivery_evidence([other, story.firm.pk], since=date(2026, 12, 1), until=UNTIL)
    assert (found[other].deliverables_decided, found[story.firm.pk].deliverables_decided) == (0, 0)


def test_days_of_the_period_are_both_included(story: Story) -> None:
    story.decided()
    day = story.now.date()
    found = delivery_evidence([story.firm.pk], since=day, until=day)[story.firm.pk]
    before = delivery_evidence([story.firm.pk], since=SINCE, until=day - days(1))[story.firm.pk]
    assert (found.accepted, before.accepted) == (1, 0)


def test_public_summary_shows_agreed_pilots_only(story: Story, queries) -> None:
    story.pilot("proposed")
    version = story.decided()
    with queries(3):
        rows = provider_pilots(story.firm.pk)
    assert [(row.number, row.process_code, row.accepted) for row in rows] == [
        (version.pilot.number, "V15", 1)
    ]


def test_figures_of_the_home_page(story: Story) -> None:
    take_logs(story, story.pilot())
    story.pilot("proposed")
    assert pilot_figures() == PilotFigures(
        running=1, villages=1, median_seconds_before=432000.0, median_seconds_after=129600.0
    )
