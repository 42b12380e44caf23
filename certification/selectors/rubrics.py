"""Rubrics in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from certification import labels
from certification.domain.public_settings import grading_settings, tier_settings
from certification.domain.rubric_lint import leaf_fields, walk
from certification.domain.tiers import tier_lines, tier_names
from certification.models import AssessmentRound, RubricVersion
from certification.selectors.scale_words import (
    item_words,
    name_of,
    predicate_words,
    rubric_fields,
    scale_words,
)
from certification.selectors.scorecards import node_labels


@dataclass(frozen=True)
class LeafWords:
    """One scored row in words."""

    id: str
    label: str
    maximum: float
    evidence: list[str]
    scale: list[str]
    missing: str


@dataclass(frozen=True)
class BranchWords:
    """A branch with its rows."""

    id: str
    label: str
    maximum: float
    minimum: float | None
    leaves: list[LeafWords]
    items: list[str]


@dataclass(frozen=True)
class TierWords:
    """A tier with its lines as (what, how many points, whether they must be passed)."""

    id: str
    label: str
    lines: list[tuple[str, float, bool]]


@dataclass(frozen=True)
class RubricPage:
    """A rubric as the public reads it."""

    version: RubricVersion
    title: str
    maximum: float | None
    branches: list[BranchWords]
    tiers: list[TierWords]
    default_tier: str
    unrated: list[str]
    missing_percent: int | None
    months: int | None
    legal_basis: list[str]
    routes: list[str]
    gates: list[str]
    fewest_items: int | None
    external: bool
    settings: list[tuple[str, str]]


def rubric_page(version: RubricVersion) -> RubricPage:
    """Put a rubric into words (one query where deliveries are shrunk, else none)."""
    rubric = version.content
    unrated = rubric.get("unrated", {})
    share = unrated.get("missing_share_gt")
    return RubricPage(
        version=version,
        title=labels.in_language(rubric["title"]),
        maximum=rubric["tree"]["max"],
        branches=[branch_words(rubric, one) for one in rubric["tree"].get("children", ())],
        tiers=[tier_words(rubric, name) for name in tier_names(rubric)[:-1]],
        default_tier=labels.tier_name(rubric["default_tier"], rubric.get("default_label")),
        unrated=[labels.in_language(rule["label"]) for rule in unrated.get("rules", ())],
        missing_percent=None if share is None else round(share * 100),
        months=rubric.get("result_validity_months"),
        legal_basis=list(rubric.get("legal_basis", ())),
        routes=rule_list(rubric, "routes", "when"),
        gates=rule_list(rubric, "gates", "require"),
        fewest_items=unrated.get("deliveries_lt"),
        external=bool(rubric.get("external")),
        settings=setting_rows(version),
    )


def setting_rows(version: RubricVersion) -> list[tuple[str, str]]:
    """Return the settings that people decide as (what, value); none where nothing is shrunk.

    The prior is that of the newest round planned under this version: it is fixed, and shown
    here, before anything is scored.
    """
    found = grading_settings(version.content)
    if found is None:
        return []
    rule = found.rule
    rows = [
        (_("Probability to climb to a tier (γ)"), f"{rule.gamma_up:g}"),
        (_("Probability to keep a tier"), f"{rule.gamma_keep:g}"),
        (_("Failing rounds before a tier is lost"), f"{rule.demotion_runs}"),
        (_("Delivery-equivalents of a confirmed tier"), f"{rule.n_conf:g}"),
    ]
    rows += [
        (_("Accepting villages of tier %(tier)s") % {"tier": tier.id}, f"{tier.villages}")
        for tier in tier_settings(version.content)
        if tier.villages
    ]
    rows += [
        (words, f"{value:g}")
        for words, value in (
            (_("Delivery-equivalents of one village at most (K)"), found.village_cap),
            (_("Half-life of a delivery's weight, months"), found.half_life),
            (_("Deliveries count for, months"), found.window),
        )
        if value is not None
    ]
    return rows + prior_rows(version)


def prior_rows(version: RubricVersion) -> list[tuple[str, str]]:
    """Return the prior of the newest round under ``version`` (one query); none before one."""
    planned = AssessmentRound.objects.filter(rubric=version).exclude(state="cancelled")
    newest = planned.order_by("-pk").first()
    if newest is None or not newest.prior:
        return []
    day = labels.day_words(timezone.localdate(newest.created_at).isoformat())
    names = {
        "mu": _("Prior mean μ of delivery quality, points of 100"),
        "sigma2": _("Variance σ² of one firm's deliveries"),
        "tau2": _("Variance τ² between firms"),
    }
    since = _("%(value)s (fixed on %(day)s)")
    return [
        (words, since % {"value": f"{newest.prior[name]:.4g}", "day": day})
        for name, words in names.items()
    ]


def branch_words(rubric: Mapping[str, Any], branch: Mapping[str, Any]) -> BranchWords:
    """Put a branch into words; a branch that is a leaf stands for itself."""
    leaves = [leaf for _path, leaf in walk(branch) if "scale" in leaf]
    return BranchWords(
        id=branch["id"],
        label=name_of(branch, branch["id"]),
        maximum=branch["max"],
        minimum=branch.get("minimum", {}).get("points"),
        leaves=[leaf_words(rubric, leaf) for leaf in leaves],
        items=item_words(branch["per_item"], rubric_fields(rubric)) if "per_item" in branch else [],
    )


def rule_list(rubric: Mapping[str, Any], kind: str, key: str) -> list[str]:
    """Put the direct routes or the gates of a rubric into words."""
    fields, names = rubric_fields(rubric), node_labels(rubric)
    return [
        labels.pair(name_of(rule, rule["id"]), predicate_words(rule[key], fields, names))
        for rule in rubric.get(kind, ())
    ]


def leaf_words(rubric: Mapping[str, Any], leaf: Mapping[str, Any]) -> LeafWords:
    """Put a leaf into words."""
    fields = rubric_fields(rubric)
    return LeafWords(
        id=leaf["id"],
        label=name_of(leaf, leaf["id"]),
        maximum=leaf["max"],
        evidence=[name_of(fields.get(name, {}), name) for name in sorted(leaf_fields(leaf))],
        scale=scale_words(leaf, fields, node_labels(rubric)),
        missing=labels.missing_policy(leaf.get("missing", "zero")),
    )


def tier_words(rubric: Mapping[str, Any], name: str) -> TierWords:
    """Put a tier into words."""
    names = node_labels(rubric)
    label = next(one.get("label") for one in rubric["tiers"] if one["id"] == name)
    return TierWords(
        id=name,
        label=labels.tier_name(name, label),
        lines=[(names[line.node], line.at_least, line.strict) for line in tier_lines(rubric, name)],
    )
