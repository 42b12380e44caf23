"""How sure a scorecard's tier is, in words and figures."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from certification import labels
from certification.domain.robustness import SENSITIVE_BELOW
from certification.domain.tiers import DecisionRule
from certification.selectors.scale_words import name_of, value_words

MANY_METHODS = 2
"""Methods from which on there is something to compare."""


@dataclass(frozen=True)
class Sureness:
    """What the deliveries say of the tier: a line of words each, and a status badge.

    ``correction`` is what the small sample took from (or gave to) the points of delivery
    quality, ``steps`` what the next tier takes beside points.
    """

    status: str
    tone: str
    why: str
    lines: list[str]
    low: float
    high: float
    steps: list[str]
    node: str
    correction: float


def percent(share: float) -> str:
    """Write a probability in percent, one digit, never as certain.

    >>> percent(0.9981), percent(0.99999), percent(0.00001)
    ('99.8%', '>99.9%', '<0.1%')
    """
    if share > 0.999:
        return ">99.9%"
    return "<0.1%" if share < 0.001 else f"{100 * share:.1f}%"


def sureness(rubric: Mapping[str, Any], result: Mapping[str, Any]) -> Sureness | None:
    """Return how sure a result is; ``None`` for an unrated firm and rubrics without shrinkage."""
    grading = result.get("grading")
    if not grading or grading["low"] is None or grading["status"] == "unrated":
        return None
    status, tone = labels.SURENESS[grading["status"]]
    return Sureness(
        status=str(status),
        tone=tone,
        why=why_provisional(rubric, grading),
        lines=[probability_line(rubric, grading), evidence_line(grading)],
        low=grading["low"],
        high=grading["high"],
        steps=next_steps(rubric, grading),
        node=grading["node"],
        correction=(grading["quality_mean"] - grading["ybar"]) * grading["node_max"] / 100,
    )


def probability_line(rubric: Mapping[str, Any], grading: Mapping[str, Any]) -> str:
    """Say the probability of every tier, the lowest first."""
    tiers = [one["id"] for one in reversed(rubric["tiers"])]
    said = [
        _("tier %(tier)s %(share)s") % {"tier": name, "share": percent(grading["probs"][name])}
        for name in tiers
    ]
    return _("Probability of reaching the lines: %(tiers)s.") % {"tiers": _(", ").join(said)}


def evidence_line(grading: Mapping[str, Any]) -> str:
    """Say how much evidence there is."""
    deliveries = ngettext("%(n)s delivery", "%(n)s deliveries", grading["n"])
    villages = ngettext("%(n)s village", "%(n)s villages", grading["villages"])
    return _("%(deliveries)s from %(villages)s; older ones count in part, together %(weight)s.") % {
        "deliveries": deliveries % {"n": grading["n"]},
        "villages": villages % {"n": grading["villages"]},
        "weight": f"{grading['n_w']:.1f}",
    }


def why_provisional(rubric: Mapping[str, Any], grading: Mapping[str, Any]) -> str:
    """Say what a provisional result lacks, “” for a confirmed one."""
    if grading["status"] != "provisional":
        return ""
    rule = DecisionRule.from_rubric(rubric)
    asked = {"n": f"{rule.n_conf:g}", "share": f"{100 * rule.gamma_up:g}%"}
    return _("Provisional: fewer than %(n)s deliveries, or a probability under %(share)s.") % asked


def next_steps(rubric: Mapping[str, Any], grading: Mapping[str, Any]) -> list[str]:
    """Say how many deliveries and villages the next tier takes."""
    wanted = grading["next"]
    if wanted is None:
        return []
    named = {"tier": wanted["tier"]}
    steps = [delivery_step(rubric, wanted, named)]
    if wanted["villages"]:
        step = ngettext(
            "Tier %(tier)s asks for %(n)s more accepting village",
            "Tier %(tier)s asks for %(n)s more accepting villages",
            wanted["villages"],
        )
        steps.append(step % (named | {"n": wanted["villages"]}))
    return [step for step in steps if step]


def delivery_step(
    rubric: Mapping[str, Any], wanted: Mapping[str, Any], named: Mapping[str, str]
) -> str:
    """Say how many deliveries like those so far are missing, “” where enough are there."""
    if wanted["reachable"] is False:
        return _("No delivery quality alone reaches tier %(tier)s: innovation comes first") % named
    if wanted["deliveries"] is None:
        return _("More deliveries of this quality alone do not reach tier %(tier)s") % named
    if not wanted["deliveries"]:
        return ""
    share = f"{100 * DecisionRule.from_rubric(rubric).gamma_up:g}%"
    step = ngettext(
        "%(n)s more delivery like those so far lifts tier %(tier)s to a probability of %(share)s",
        "%(n)s more deliveries like those so far lift tier %(tier)s to a probability of %(share)s",
        wanted["deliveries"],
    )
    return step % {**named, "n": wanted["deliveries"], "share": share}


@dataclass(frozen=True)
class Holding:
    """In how many of a hundred plausible weightings the tier holds; few ones need a look."""

    percent: int
    sensitive: bool


def holding(result: Mapping[str, Any]) -> Holding | None:
    """Return how firmly the tier holds, ``None`` where that was not computed."""
    share = result.get("stability")
    # rounded down: 99.9 % are not all
    return None if share is None else Holding(int(100 * share + 1e-9), share < SENSITIVE_BELOW)


def method_line(result: Mapping[str, Any]) -> str:
    """Say which tiers other defensible methods give, “” where that was not computed."""
    counts: Mapping[str, int] = result.get("methods") or {}
    number = sum(counts.values())
    if number < MANY_METHODS:
        return ""
    if len(counts) == 1:
        only = {"n": number, "tier": next(iter(counts))}
        return _("All %(n)s equally sound ways of computing give tier %(tier)s.") % only
    said = [
        _("tier %(tier)s in %(n)s") % {"tier": name, "n": count} for name, count in counts.items()
    ]
    return _("Of %(n)s equally sound ways of computing: %(tiers)s.") % {
        "n": number,
        "tiers": _(", ").join(said),
    }


def step_lines(rubric: Mapping[str, Any], result: Mapping[str, Any]) -> list[str]:
    """Say which changes of evidence would be enough for the next tier, the cheapest first."""
    steps = result.get("steps")
    if not steps:
        return []
    fields = rubric["fields"]
    lines = [
        _("Enough by itself: %(step)s") % {"step": one_step(fields, step)}
        for step in steps["single"]
    ]
    if len(steps["best"]) > 1:
        told = _("; ").join(one_step(fields, step) for step in steps["best"])
        lines.append(_("Enough together: %(steps)s") % {"steps": told})
    if lines and steps["blocking"]:
        lines.append(_("This alone does not lead there yet: see what else the tier asks for."))
    return lines


def one_step(fields: Mapping[str, Mapping[str, Any]], step: Mapping[str, Any]) -> str:
    """Name a step: the field, the level, the points, and the effort where it has a price."""
    field = fields[step["id"]]
    values = {
        "field": name_of(field, step["id"]),
        "level": value_words(field, step["x"]),
        "points": f"{step['gain']:.2f}".rstrip("0").rstrip("."),
        "effort": f"{step['effort']:g}",
    }
    if step["effort"]:
        return _("%(field)s: %(level)s (+%(points)s points, effort %(effort)s)") % values
    return _("%(field)s: %(level)s (+%(points)s points)") % values
