"""Chapters 6 and 7 of the demo: a rubric, a round, a notice, grades, the list."""

from datetime import date, timedelta

from certification.models import AssessmentRound, RubricVersion
from certification.services import rounds, rubrics
from config.demo.clock import Clock
from config.demo.people import People


def adopt(people: People, clock: Clock) -> RubricVersion:
    """Adopt the county's first rubric before the season."""
    return rubrics.adopt_rubric(
        source=rubrics.DELIVERY_RUBRIC,
        effective_from=clock.day,
        actor=people["lead"],
        now=clock.now,
    )


def score(
    people: People, clock: Clock, rubric: RubricVersion, title: str, since: date
) -> AssessmentRound:
    """Plan a round up to today, freeze its evidence and score it."""
    lead = people["lead"]
    planned = rounds.plan_round(
        title=title, rubric=rubric, since=since, until=clock.day, actor=lead, now=clock.now
    )
    frozen = rounds.freeze_evidence(assessment=planned, actor=lead, now=clock.now)
    return rounds.score_round(assessment=frozen, actor=lead, now=clock.now)


def decide(people: People, clock: Clock, scored: AssessmentRound) -> AssessmentRound:
    """Have the lead propose, let the notice run, and put the grades into effect."""
    lead = people["lead"]
    clock.until(clock.day + timedelta(days=3))
    firms = scored.scorecards.values_list("organisation_id", flat=True)
    proposed = rounds.propose(
        assessment=scored, actor=lead, now=clock.now, confirmed=dict.fromkeys(firms, "")
    )
    notice = rounds.open_round_notice(assessment=proposed, actor=lead, now=clock.now)
    clock.until(notice.closes_on + timedelta(days=1))
    fresh = AssessmentRound.objects.get(pk=scored.pk)
    return rounds.take_effect(assessment=fresh, actor=lead, now=clock.now)
