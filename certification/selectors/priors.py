"""What a round stands on before it begins: the season's prior, a firm's tier so far."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any

from certification.domain.grade import CURRENT
from certification.domain.grading import STARTING_PRIOR, History, shrunk_node
from certification.domain.posterior import GroupSums, Prior, anova_components
from certification.models import AssessmentRound, Grade, RubricVersion, Scorecard

MIN_FIRMS = 20
"""Firms with two deliveries or more from which last season's variances are estimated."""


def season_prior(rubric: RubricVersion) -> dict[str, float]:
    """Return the prior of a round under ``rubric``: mu, sigma2, tau2; empty if nothing shrinks.

    Estimated on the deliveries of the last round in effect under a version of the same rubric,
    if it has enough firms; else the starting values. At most two queries.
    """
    return prior_under(rubric.content)


def prior_under(content: Mapping[str, Any]) -> dict[str, float]:
    """Return ``season_prior`` of a rubric that need not be adopted."""
    if shrunk_node(content) is None:
        return {}
    last = (
        AssessmentRound.objects.filter(rubric__code=content["id"], state="effective")
        .order_by("-until", "-pk")
        .first()
    )
    results = last.scorecards.values_list("result", flat=True) if last else ()
    groups = [GroupSums.of(scores) for scores in delivery_scores(results)]
    found = anova_components([one for one in groups if one.n > 1])
    usable = found.status == "ok" and sum(one.n > 1 for one in groups) >= MIN_FIRMS
    prior = found.prior if found.prior and usable else STARTING_PRIOR
    return {"mu": prior.mu, "sigma2": prior.sigma2, "tau2": prior.tau2}


def trial_priors(assessment: AssessmentRound, rubric: Mapping[str, Any]) -> tuple[Prior, Prior]:
    """Return the priors of a round and of ``rubric`` on trial in it (at most two queries).

    Versions of one rubric share the round's frozen prior, so that the trial compares rules only.
    """
    frozen = assessment.prior
    same = bool(frozen) and rubric["id"] == assessment.rubric.code
    tried = frozen if same else prior_under(rubric)
    return as_prior(frozen), as_prior(tried)


def as_prior(stored: Mapping[str, float]) -> Prior:
    """Return a stored prior; rubrics that shrink nothing have none and look at none."""
    return Prior(**stored) if stored else STARTING_PRIOR


def delivery_scores(results: Iterable[Mapping[str, Any] | None]) -> list[list[float]]:
    """Return each firm's delivery scores, 0 to 100, from stored results; firms without left out."""
    graded = [one for one in results if one and one.get("grading")]
    scores = [
        [
            100.0 * item["points"] / maximum
            for item in one["pools"][one["grading"]["node"]]["items"]
            if item["state"] == "used"
        ]
        for one in graded
        for maximum in [one["grading"]["node_max"]]
    ]
    return [firm for firm in scores if firm]


def history_before(organisation_id: int, day: date) -> History:
    """Return a firm's tier that still holds on ``day``, and its failing runs (one query)."""
    grade = (
        Grade.objects.filter(organisation=organisation_id, state__in=CURRENT, valid_until__gte=day)
        .select_related("scorecard")
        .first()
    )
    return History() if grade is None else history_of(grade)


def histories_of(assessment: AssessmentRound, cards: Collection[Scorecard]) -> dict[int, History]:
    """Return by organisation what each firm held before the round (one query).

    What a graded scorecard was decided with is kept on it; else the last grade of an earlier
    round counts, if it still held on the round's last day.
    """
    ids = [card.organisation_id for card in cards]
    earlier = Grade.objects.filter(
        organisation__in=ids,
        scorecard__round__lt=assessment.pk,
        state__in=[*CURRENT, "superseded"],
        valid_until__gte=assessment.until,
    ).select_related("scorecard")
    found = {one.organisation_id: history_of(one) for one in earlier.order_by("pk")}
    return found | {card.organisation_id: kept for card in cards if (kept := kept_history(card))}


def history_of(grade: Grade) -> History:
    """Return a grade's tier and the failing runs behind it."""
    kept = (grade.scorecard.result or {}).get("grading") or {}
    return History(grade.tier, kept.get("fail_streak", 0))


def kept_history(card: Scorecard) -> History | None:
    """Return what a scorecard was graded with, ``None`` where it does not say."""
    kept = (card.result or {}).get("grading") or {}
    return History(kept["previous"], kept["previous_streak"]) if "previous_streak" in kept else None
