"""Rounds under a rubric that shrinks: prior, history, what the scorecard and the list say."""

from datetime import date, timedelta

import pytest

from certification.domain.grading import STARTING_PRIOR, History
from certification.domain.posterior import GroupSums, anova_components
from certification.models import Grade, ProviderListing
from certification.selectors import priors
from certification.selectors.priors import history_before, season_prior
from certification.selectors.recommendations import Filters, recommendation_rows
from certification.selectors.scorecards import explain_card
from certification.services.listings import refresh_listing
from certification.services.rubrics import DELIVERY_RUBRIC
from tests.certification.rounds import (
    NEW,
    STRONG,
    UNTIL,
    Known,
    delivered,
    effective,
    planned,
    scored,
)

pytestmark = pytest.mark.django_db

START = {"mu": 70.0, "sigma2": 144.0, "tau2": 64.0}


@pytest.fixture
def firm(world):
    return world.organisation("owner")


@pytest.fixture
def firm2(world):
    return world.organisation("owner2")


def card_of(assessment, firm):
    return assessment.scorecards.get(organisation=firm)


def test_a_round_fixes_its_prior_when_planned(world):
    assert planned(world, source=DELIVERY_RUBRIC).prior == START
    assert planned(world, "第 2 轮").prior == {}


def test_the_tier_is_granted_by_probability(world, firm, firm2):
    fields = {firm: delivered(10), firm2: delivered(2)}
    assessment = scored(world, fields, source=DELIVERY_RUBRIC)

    ten, two = (card_of(assessment, one) for one in (firm, firm2))
    assert (ten.proposed_tier, ten.result["grading"]["status"]) == ("A", "confirmed")
    assert (two.proposed_tier, two.result["grading"]["status"]) == ("B", "provisional")
    assert two.total == two.result["total"] < 96
    assert ten.result["stability"] == 1.0


def test_a_firm_without_deliveries_stays_neutral(world, firm):
    assessment = scored(world, {firm: NEW}, source=DELIVERY_RUBRIC)

    card = card_of(assessment, firm)
    assert (card.proposed_tier, card.result["stability"]) == ("unrated", None)
    assert explain_card(card, private=True).sure is None


def test_a_plain_rubric_says_in_how_many_weightings_the_tier_holds(world, firm):
    card = card_of(scored(world, {firm: STRONG}), firm)

    assert card.result["grading"] is None
    assert explain_card(card, private=True).holding.percent == 100


def test_history_is_the_tier_that_still_holds(world, firm):
    assert history_before(firm.pk, UNTIL) == History()

    (grade,) = effective(world, {firm: delivered(10)}, source=DELIVERY_RUBRIC)
    assert history_before(firm.pk, UNTIL) == History("A", 0)
    assert history_before(firm.pk, grade.valid_until + timedelta(days=1)) == History()

    card = grade.scorecard
    card.result["grading"]["fail_streak"] = 1
    card.save()
    assert history_before(firm.pk, UNTIL) == History("A", 1)


def test_a_first_failing_run_keeps_the_tier(world, firm):
    effective(world, {firm: delivered(10)}, source=DELIVERY_RUBRIC)
    weak = delivered(10, technical_mean=1.0, acceptance="conditional")
    card = card_of(scored(world, {firm: weak}, title="第 2 轮", source=DELIVERY_RUBRIC), firm)

    assert (card.proposed_tier, card.result["grading"]["fail_streak"]) == ("A", 1)
    assert "demotion_pending" in card.result["reasons"]


def test_the_prior_of_a_later_season_is_estimated(world, firm, firm2, monkeypatch):
    fields = {firm: delivered(4), firm2: delivered(5, technical_mean=2.0)}
    effective(world, fields, source=DELIVERY_RUBRIC)
    rubric = planned(world, "第 2 轮", source=DELIVERY_RUBRIC).rubric
    assert season_prior(rubric) == START

    monkeypatch.setattr(priors, "MIN_FIRMS", 2)
    # 70 and 60 of 70 points in every delivery
    groups = [GroupSums.of([100.0] * 4), GroupSums.of([600 / 7] * 5)]
    expected = anova_components(groups).prior
    found = season_prior(rubric)
    assert found["mu"] == pytest.approx(expected.mu)
    assert found["tau2"] == pytest.approx(expected.tau2)
    assert STARTING_PRIOR.mu != expected.mu


def test_firms_without_deliveries_do_not_enter_the_prior(world, firm, firm2):
    fields = {firm: delivered(4), firm2: NEW}
    effective(world, fields, source=DELIVERY_RUBRIC)
    assert season_prior(planned(world, "第 2 轮", source=DELIVERY_RUBRIC).rubric) == START


def test_the_list_says_how_sure_a_tier_is(world, firm, firm2):
    fields = {firm: delivered(10), firm2: delivered(10, villages=1)}
    effective(world, fields, source=DELIVERY_RUBRIC)
    known = Known({one.pk: values for one, values in fields.items()})
    for one in (firm, firm2):
        refresh_listing(organisation_id=one.pk, now=world.now, gather=known)

    rows = recommendation_rows(Filters(), "name", None, date(2026, 12, 1)).rows
    found = {row.listing.organisation_id: row.as_json() for row in rows}
    assert found[firm.pk]["confidence"]["status"] == "confirmed"
    assert 0.99 < found[firm.pk]["confidence"]["probability"] <= 1
    score = found[firm.pk]["score"]
    assert score["low"] < score["total"] < score["high"]
    # one village: tier C, which has no line to fall below
    assert found[firm2.pk]["tier"] == "C"
    assert found[firm2.pk]["confidence"]["probability"] == 1.0


def test_the_list_claims_nothing_for_a_plain_rubric(world, firm):
    effective(world, {firm: STRONG})
    refresh_listing(organisation_id=firm.pk, now=world.now, gather=Known({firm.pk: STRONG}))
    row = recommendation_rows(Filters(), "name", None, date(2026, 12, 1)).rows[0].as_json()
    assert row["confidence"] == {"status": "not_computed", "probability": None}
    assert Grade.objects.count() == ProviderListing.objects.exclude(tier="").count() == 1
