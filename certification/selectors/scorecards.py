"""Scorecards explained: points with their evidence, what is missing, how far the next tier is."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from certification import labels
from certification.domain.recommendation import hundredths
from certification.domain.rubric_lint import UNRATED, leaf_fields, walk
from certification.domain.tiers import (
    Line,
    gaps,
    next_tier,
    room_to_grow,
    tier_lines,
    tier_names,
)
from certification.models import AssessmentRound, Grade, Scorecard
from certification.selectors.evidence import Source
from certification.selectors.leaf_words import item_rows, leaf_text, missing_words, pool_text
from certification.selectors.scale_words import name_of
from certification.selectors.sureness import (
    Holding,
    Sureness,
    holding,
    method_line,
    step_lines,
    sureness,
)
from portal.models import User

MOST_WAYS = 4


@dataclass(frozen=True)
class LeafRow:
    """One scored row: points and maximum to two digits, its values, its evidence."""

    id: str
    label: str
    value: float
    maximum: float
    text: str
    missing: bool
    files: list[dict[str, str]]


@dataclass(frozen=True)
class Part:
    """A branch of the rubric (delivery quality, innovation) with its rows."""

    id: str
    label: str
    value: float | None
    maximum: float
    note: str
    tone: str
    leaves: list[LeafRow]
    items: LeafRow | None = None


@dataclass(frozen=True)
class LineRow:
    """A node's own points beside every tier and its line (``None``: no line)."""

    label: str
    value: float | None
    cuts: list[tuple[str, float | None]]


@dataclass(frozen=True)
class Way:
    """A row that could still give points; ``strict``: more than ``points`` are asked."""

    label: str
    points: float
    id: str
    strict: bool = False


@dataclass(frozen=True)
class Explained:
    """Everything that a scorecard's page shows."""

    card: Scorecard
    rubric: Mapping[str, Any]
    tier: str | None
    total: float | None
    maximum: float
    parts: list[Part]
    tiers: list[str]
    lines: list[LineRow]
    cuts: list[dict[str, Any]]
    next_tier: str | None
    gaps: list[Way]
    ways: list[Way]
    missing: list[LeafRow]
    missing_percent: int
    issues: list[str]
    reasons: list[str]
    sure: Sureness | None
    holding: Holding | None
    methods: str
    steps: list[str]


def shown(points: float | None) -> float | None:
    """Round for display: two digits, half up; a whole number without idle decimals.

    >>> shown(13.125), shown(20.0), shown(None)
    (13.13, 20, None)
    """
    if points is None:
        return None
    cents = hundredths(points)
    return cents / 100 if cents % 100 else cents // 100


def explain_card(card: Scorecard, *, private: bool) -> Explained:
    """Explain a scored card (its round and rubric at hand; no query).

    ``private`` keeps the links to evidence that only the firm and the office may open.
    """
    rubric, result = card.round.rubric.content, card.result or {}
    parts = parts_of(card, private=private)
    tier = result["tier"]
    wanted = next_tier(rubric, tier)
    names = node_labels(rubric)
    return Explained(
        card=card,
        rubric=rubric,
        tier=None if tier == UNRATED else tier,
        total=None if tier == UNRATED else shown(result["total"]),
        maximum=rubric["tree"]["max"],
        parts=parts,
        tiers=[one["id"] for one in rubric["tiers"]],
        lines=lines_of(rubric, result["points"], names),
        cuts=total_cuts(rubric),
        next_tier=wanted,
        gaps=missing_points(rubric, wanted, result["points"], names),
        ways=[
            Way(names[room.leaf], round(room.points, 2), room.leaf)
            for room in room_to_grow(result["leaves"])[:MOST_WAYS]
        ],
        missing=[leaf for part in parts for leaf in part.leaves if leaf.missing],
        missing_percent=round(result["missing_share"] * 100),
        issues=[missing_words(rubric, code) for code in result["issues"]],
        reasons=[reason_words(rubric, code) for code in result["reasons"]],
        sure=sureness(rubric, result),
        holding=holding(result),
        methods=method_line(result),
        steps=step_lines(rubric, result),
    )


def node_labels(rubric: Mapping[str, Any]) -> dict[str, str]:
    """Return the nodes' names in the language in use."""
    return {node["id"]: name_of(node, node["id"]) for _path, node in walk(rubric["tree"])}


def parts_of(card: Scorecard, *, private: bool) -> list[Part]:
    """Return the branches below the root, each with its leaves."""
    rubric, result = card.round.rubric.content, card.result or {}
    tones = ("lake", "barley")
    return [
        Part(
            id=branch["id"],
            label=name_of(branch, branch["id"]),
            value=shown(result["points"][branch["id"]]),
            maximum=branch["max"],
            note=minimum_note(rubric, branch["id"]),
            tone=tones[place % len(tones)],
            leaves=[
                leaf_row(card, leaf, private=private)
                for _path, leaf in walk(branch)
                if "scale" in leaf
            ],
            items=items_row(card, branch, private=private),
        )
        for place, branch in enumerate(rubric["tree"].get("children", ()))
    ]


def items_row(card: Scorecard, branch: Mapping[str, Any], *, private: bool) -> LeafRow | None:
    """Explain the deliveries of a branch that is scored per delivery; ``None`` for others.

    Each bears the title and the link of its own evidence, where the frozen sources name it.
    """
    result = card.result or {}
    pool = result.get("pools", {}).get(branch["id"])
    if pool is None:
        return None
    sources = card.evidence["sources"].get(branch["per_item"]["collection"], [])
    files = item_rows(pool)
    for row, source in zip(files, sources, strict=False):
        row["title"], row["url"] = source["title"], source["url"] if private else ""
    return LeafRow(
        id=f"{branch['id']}-items",
        label=_("One by one"),
        value=shown(result["points"][branch["id"]]) or 0,
        maximum=branch["max"],
        text=pool_text(pool),
        missing=False,
        files=files,
    )


def minimum_note(rubric: Mapping[str, Any], node: str) -> str:
    """Say which tiers ask how many points of a branch."""
    asked = [
        line_note(line)
        for name in tier_names(rubric)
        for line in tier_lines(rubric, name)
        if line.node == node
    ]
    return " · ".join(asked)


def line_note(line: Line) -> str:
    """Say how many points a tier asks."""
    words = (
        _("tier %(tier)s above %(points)s") if line.strict else _("tier %(tier)s from %(points)s")
    )
    return words % {"tier": line.tier, "points": f"{line.at_least:g}"}


def leaf_row(card: Scorecard, leaf: Mapping[str, Any], *, private: bool) -> LeafRow:
    """Explain one leaf."""
    rubric, scored = card.round.rubric.content, (card.result or {})["leaves"][leaf["id"]]
    sources = card.evidence["sources"]
    files = [
        source_file(source, private=private)
        for source in first_sources(sources, sorted(leaf_fields(leaf)))
    ]
    return LeafRow(
        id=leaf["id"],
        label=name_of(leaf, leaf["id"]),
        value=shown(scored["points"]) or 0,
        maximum=shown(scored["max"]) or 0,
        text=leaf_text(rubric, leaf, scored),
        missing=scored["status"] == "missing",
        files=files,
    )


def first_sources(sources: Mapping[str, list[Source]], names: list[str]) -> list[Source]:
    """Return the evidence of the first field that has some, so that nothing stands twice."""
    return next((sources[name] for name in names if sources.get(name)), [])


def source_file(source: Source, *, private: bool) -> dict[str, str]:
    """Return a piece of evidence as the component ``evidence`` lists it."""
    return {
        "title": source["title"],
        "note": labels.day_words(source["note"]),
        "value": labels.value_words(source["value"]),
        "url": source["url"] if private else "",
    }


def lines_of(
    rubric: Mapping[str, Any], points: Mapping[str, float | None], names: Mapping[str, str]
) -> list[LineRow]:
    """Return, for every node with a line, the firm's points beside the tiers' lines."""
    tiers = [one["id"] for one in rubric["tiers"]]
    cuts = {
        (line.node, line.tier): line.at_least for name in tiers for line in tier_lines(rubric, name)
    }
    nodes = list(dict.fromkeys(node for node, _tier in cuts))
    return [
        LineRow(
            names[node], shown(points[node]), [(tier, cuts.get((node, tier))) for tier in tiers]
        )
        for node in nodes
    ]


def total_cuts(rubric: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the tiers' lines on the total, lowest first, for a score bar."""
    root = rubric["tree"]["id"]
    found = [
        {"label": line.tier, "value": line.at_least}
        for one in rubric["tiers"]
        for line in tier_lines(rubric, one["id"])
        if line.node == root
    ]
    return sorted(found, key=lambda cut: float(str(cut["value"])))


def missing_points(
    rubric: Mapping[str, Any],
    wanted: str | None,
    points: Mapping[str, float | None],
    names: Mapping[str, str],
) -> list[Way]:
    """Return how many points are missing to ``wanted``, line by line; reached lines left out."""
    if wanted is None:
        return []
    return [
        Way(names[gap.line.node], round(gap.points, 2), gap.line.node, gap.line.strict)
        for gap in gaps(rubric, wanted, points)
        if not gap.reached
    ]


def reason_words(rubric: Mapping[str, Any], code: str) -> str:
    """Say a reason of the scoring (``minimum:NODE`` …) in words."""
    kind, _colon, name = code.partition(":")
    known = {node["id"]: node.get("label") for _path, node in walk(rubric["tree"])}
    rules = [*rubric.get("unrated", {}).get("rules", ())]
    rules += [*rubric.get("routes", ()), *rubric.get("gates", ())]
    known |= {rule["id"]: rule.get("label") for rule in rules}
    reason = {"code": kind, "params": {"name": name}, "label": known.get(name)}
    return labels.reason_text(reason)


def cards() -> Any:
    """Scorecards with everything that a page of one shows (one query)."""
    return Scorecard.objects.select_related(
        "round__rubric", "round__notice", "organisation", "decided_by"
    )


def own_card(user: User, organisation_id: int | None = None) -> Scorecard | None:
    """Return the newest scorecard that ``user``'s firm may see (one query)."""
    found = cards().visible_to(user).filter(scored_at__isnull=False).order_by("-round_id")
    if organisation_id is not None:
        found = found.filter(organisation=organisation_id)
    return found.first()  # type: ignore[no-any-return]


def public_card(organisation_id: int) -> Grade | None:
    """Return the firm's current grade with its scorecard (one query)."""
    return (
        Grade.objects.filter(organisation=organisation_id, state__in=("active", "suspended"))
        .select_related(
            "scorecard__round__rubric", "scorecard__organisation", "document", "confirmed_by"
        )
        .first()
    )


def rounds_page(after: int | None, limit: int = 20) -> list[AssessmentRound]:
    """Return up to 21 rounds, newest first, below the id ``after`` (one query)."""
    rounds = AssessmentRound.objects.select_related("rubric", "notice").order_by("-pk")
    if after is not None:
        rounds = rounds.filter(pk__lt=after)
    return list(rounds[: limit + 1])


def round_cards(assessment: AssessmentRound) -> list[Scorecard]:
    """Return a round's scorecards by total, best first, unscored ones last (one query)."""
    found = cards().filter(round=assessment).order_by("organisation__name", "pk")
    return sorted(found, key=lambda card: -(card.total or -1.0))
