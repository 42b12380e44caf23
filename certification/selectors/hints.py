"""Hints of a round for people who decide: what deserves a closer look, and never a score."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from certification.domain.integrity import (
    CONCENTRATED,
    MIN_PAIR,
    VILLAGE2,
    Components,
    Scored,
    inflation,
    looks_inflated,
    suspicious_pairs,
)
from certification.models import AssessmentRound, Scorecard
from portal.models import Region, User


@dataclass(frozen=True)
class Hint:
    """What to look at; ``card`` is the firm's scorecard, ``None`` for a hint on a reviewer."""

    card: Scorecard | None
    text: str


@dataclass(frozen=True)
class Names:
    """Names of villages by code and of reviewers by id, as far as hints need them."""

    villages: Mapping[str, str]
    people: Mapping[str, str]


def round_hints(assessment: AssessmentRound, cards: Collection[Scorecard]) -> list[Hint]:
    """Return the hints on a round's scored cards, firm by firm, then on reviewers.

    One query for the villages' names and one for the reviewers', where there are any to name.
    """
    graded = [card for card in cards if (card.result or {}).get("dependence")]
    lenient = {
        who: marks for who, marks in marks_by_reviewer(cards).items() if looks_inflated(marks)
    }
    pairs = flagged_pairs(assessment, graded)
    hanging = [card.result["dependence"] for card in graded if card.result]
    names = Names(
        village_names(
            {code for one in hanging for code in one["villages"]} | {one[1] for one in pairs}
        ),
        people_names({who for one in hanging for who in one["assessors"]} | set(lenient)),
    )
    found = [Hint(card, text) for card in graded for text in card_hints(card, pairs, names)]
    return found + [Hint(None, inflated_words(names.people[who], lenient[who])) for who in lenient]


Flagged = tuple[str, str, int, float, float]
"""Firm, village, deliveries, their mean and the expected one (0 to 100)."""


def flagged_pairs(assessment: AssessmentRound, graded: Iterable[Scorecard]) -> list[Flagged]:
    """Return the pairs of firm and village whose scores lie far above what the rest foretells."""
    prior = assessment.prior
    if not prior or not min(prior["sigma2"], prior["tau2"]) > 0:
        return []
    frozen = Components(prior["mu"], prior["sigma2"], prior["tau2"], VILLAGE2)
    found = suspicious_pairs([one for card in graded for one in scored_deliveries(card)], frozen)
    return [(one.firm, one.village, one.n, one.ybar, one.expected) for one in found if one.flagged]


def scored_deliveries(card: Scorecard) -> Iterator[Scored]:
    """Yield a graded card's counted deliveries with their village and score, 0 to 100."""
    result: Mapping[str, Any] = card.result or {}
    grading = result["grading"]
    for item in result["pools"][grading["node"]]["items"]:
        if item["state"] == "used":
            yield str(card.pk), item["group"], 100.0 * item["points"] / grading["node_max"]


def marks_by_reviewer(cards: Iterable[Scorecard]) -> dict[str, list[int]]:
    """Return every reviewer's marks in the round's frozen evidence, by id."""
    found: dict[str, list[int]] = {}
    for card in cards:
        for one in card.evidence.get("ratings", ()):
            if one["assessor"]:
                found.setdefault(one["assessor"], []).extend(one["marks"])
    return dict(sorted(found.items()))


def village_names(codes: Collection[str]) -> dict[str, str]:
    """Return the villages' names by code; a code without a name stands for itself."""
    known = dict(Region.objects.filter(code__in=codes).values_list("code", "name")) if codes else {}
    return {code: known.get(code, code) for code in codes}


def people_names(ids: Collection[str]) -> dict[str, str]:
    """Return people's names by id; an id without a person stands for itself."""
    known = {str(one.pk): str(one) for one in User.objects.filter(pk__in=ids)} if ids else {}
    return {who: known.get(who, who) for who in ids}


def card_hints(card: Scorecard, pairs: Iterable[Flagged], names: Names) -> list[str]:
    """Return what deserves a look about one firm."""
    result: Mapping[str, Any] = card.result or {}
    hangs = result["dependence"]
    texts = []
    if result["grading"]["n"] >= MIN_PAIR and (hangs["concentration"] or 0) >= CONCENTRATED:
        said = _("few villages accepted most of the deliveries (concentration %(index)s of 1)")
        texts.append(said % {"index": f"{hangs['concentration']:.2f}"})
    for village, tier in hangs["villages"].items():
        said = _("without the deliveries in %(village)s the tier would be %(tier)s")
        texts.append(said % {"village": names.villages[village], "tier": tier})
    texts += [
        assessor_words(names.people[who], [at + 1 for at in places])
        for who, places in hangs["assessors"].items()
    ]
    for firm, village, n, mean, expected in pairs:
        if firm == str(card.pk):
            said = _(
                "%(n)s deliveries in %(village)s average %(mean)s of 100, %(expected)s expected"
            )
            values = {"n": n, "mean": f"{mean:.0f}", "expected": f"{expected:.0f}"}
            texts.append(said % {**values, "village": names.villages[village]})
    return texts


def assessor_words(person: str, places: list[int]) -> str:
    """Say that a tier rests on one reviewer, and which deliveries another one should rate."""
    said = ngettext(
        "the tier rests on the ratings of %(person)s; let somebody else rate delivery %(items)s",
        "the tier rests on the ratings of %(person)s; let somebody else rate deliveries %(items)s",
        len(places),
    )
    return said % {"person": person, "items": _(", ").join(map(str, places))}


def inflated_words(person: str, marks: list[int]) -> str:
    """Say how often a reviewer gave the best mark."""
    share = inflation(marks).top_share or 0.0
    said = _(
        "Reviewer %(person)s gave the best mark in %(share)s of %(n)s marks; compare the anchors"
    )
    return said % {"person": person, "share": f"{100 * share:.0f}%", "n": len(marks)}
