"""The words of what is published: Chinese is the record, English stands beside it."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.utils import timezone

from certification.domain.grade import valid_until
from certification.domain.public_settings import GradingSettings, grading_settings, tier_settings
from certification.domain.recommendation import DISCLAIMER, NATURE, STATEMENT_TITLE, hundredths
from certification.domain.rubric import Rubric
from certification.domain.rubric_lint import walk
from certification.domain.tiers import leaf_maxima
from certification.models import AssessmentRound, Scorecard


def tier_label(rubric: Rubric, tier: str) -> dict[str, str]:
    """Return a tier's words; one that the rubric does not name is named plainly."""
    labels: dict[str, dict[str, str]] = {
        one["id"]: one["label"] for one in rubric["tiers"] if "label" in one
    }
    if "default_label" in rubric:
        labels[rubric["default_tier"]] = rubric["default_label"]
    return labels.get(tier, {"zh": f"{tier}级", "en": f"Grade {tier}"})


def points_text(points: float | None) -> str:
    """Write points with two digits, rounded half up.

    >>> points_text(73.405)
    '73.41'
    """
    value = hundredths(points or 0.0)
    return f"{value // 100}.{value % 100:02d}"


def row_note(rubric: Rubric, card: Scorecard) -> str:
    """Say the proposed grade in a notice's row."""
    label = tier_label(rubric, card.proposed_tier)["zh"]
    return f"拟定{label}，总分{points_text(card.total)}"


def settings_text(assessment: AssessmentRound) -> str:
    """Say the settings that people decided, in Chinese, with the days from which they hold."""
    rubric = assessment.rubric.content
    names = names_in(rubric, "zh")
    points = "、".join(f"{names[leaf]}{most:g}分" for leaf, most in leaf_maxima(rubric).items())
    parts = [f"指标分值：{points}"]
    for tier in tier_settings(rubric):
        asked = [
            f"{names[line.node]}{'高于' if line.strict else '不低于'}{line.at_least:g}分"
            for line in tier.lines
        ]
        asked += [f"至少{tier.villages}个村验收"] if tier.villages else []
        parts.append(f"{tier_label(rubric, tier.id)['zh']}：{'，'.join(asked)}")
    parts += grading_parts(grading_settings(rubric))
    prior = assessment.prior
    if prior:
        day = day_zh(timezone.localdate(assessment.created_at))
        parts.append(
            f"先验均值μ为{prior['mu']:.4g}，同一企业各次交付的方差σ²为{prior['sigma2']:.4g}，"
            f"企业之间的方差τ²为{prior['tau2']:.4g}（{day}确定，先于评分）"
        )
    start = day_zh(assessment.rubric.effective_from)
    return f"评价参数（自{start}起施行）：\n{lines_of(parts)}"


def grading_parts(found: GradingSettings | None) -> list[str]:
    """Say how deliveries become a tier, in Chinese; nothing for a rubric that shrinks nothing."""
    if found is None:
        return []
    rule = found.rule
    hysteresis = (
        f"达到某级的概率不低于{rule.gamma_up:g}（γ）方可升入，不低于{rule.gamma_keep:g}可保留，"
        f"连续{rule.demotion_runs}轮达不到方降级；折合不足{rule.n_conf:g}次交付的等级为暂定"
    )
    parts = [hysteresis]
    if found.half_life is not None:
        parts.append(f"交付的权重每{found.half_life:g}个月减半")
    if found.window is not None:
        parts.append(f"只计最近{found.window:g}个月的交付")
    if found.village_cap is not None:
        parts.append(f"一个村至多折合{found.village_cap:g}次交付（K）")
    return parts


def settings_text_en(assessment: AssessmentRound) -> str:
    """Say the settings in English, for readers beside the record."""
    rubric = assessment.rubric.content
    names = names_in(rubric, "en")
    points = ", ".join(f"{names[leaf]} {most:g}" for leaf, most in leaf_maxima(rubric).items())
    parts = [f"points of the indicators: {points}"]
    for tier in tier_settings(rubric):
        asked = [
            f"{names[line.node]} {'above' if line.strict else 'from'} {line.at_least:g}"
            for line in tier.lines
        ]
        asked += [f"at least {tier.villages} accepting villages"] if tier.villages else []
        parts.append(f"{tier_label(rubric, tier.id)['en']}: {', '.join(asked)}")
    parts += grading_parts_en(grading_settings(rubric))
    prior = assessment.prior
    if prior:
        day = timezone.localdate(assessment.created_at).isoformat()
        parts.append(
            f"prior mean μ {prior['mu']:.4g}, variance within a firm σ² {prior['sigma2']:.4g}, "
            f"between firms τ² {prior['tau2']:.4g} (fixed on {day}, before scoring)"
        )
    start = assessment.rubric.effective_from.isoformat()
    return f"Settings in force from {start}:\n{lines_of(parts)}"


def grading_parts_en(found: GradingSettings | None) -> list[str]:
    """Say in English how deliveries become a tier."""
    if found is None:
        return []
    rule = found.rule
    hysteresis = (
        f"a tier is climbed to from a probability of {rule.gamma_up:g} (γ), kept from "
        f"{rule.gamma_keep:g}, lost after {rule.demotion_runs} failing runs, and provisional "
        f"under {rule.n_conf:g} delivery-equivalents"
    )
    parts = [hysteresis]
    if found.half_life is not None:
        parts.append(f"the weight of a delivery halves every {found.half_life:g} months")
    if found.window is not None:
        parts.append(f"only deliveries of the last {found.window:g} months count")
    if found.village_cap is not None:
        parts.append(f"one village counts for {found.village_cap:g} deliveries at most (K)")
    return parts


def day_zh(day: date) -> str:
    """Return a day as Chinese documents write it."""
    return f"{day.year}年{day.month}月{day.day}日"


def lines_of(parts: Sequence[str]) -> str:
    """Return parts as numbered lines."""
    return "\n".join(f"{number}. {part}" for number, part in enumerate(parts, start=1))


def names_in(rubric: Rubric, language: str) -> dict[str, str]:
    """Return the nodes' names in ``zh`` or ``en``; one without a name stands for itself."""
    return {
        node["id"]: node.get("label", {}).get(language, node["id"])
        for _path, node in walk(rubric["tree"])
    }


def notice_texts(assessment: AssessmentRound) -> dict[str, str]:
    """Return title and text of the notice of proposed grades in both languages."""
    rubric = assessment.rubric
    return {
        "title": f"{assessment.title}拟定等级名单公示",
        "title_en": f"Public notice of proposed grades: {assessment.title}",
        "body": (
            f"按评分标准 {rubric.code} {rubric.version}，根据{day_zh(assessment.since)}至"
            f"{day_zh(assessment.until)}的交付验收与能力建设佐证，拟定下列等级，现予公示。"
            "异议须实名并附佐证。\n\n"
            f"{NATURE}{DISCLAIMER}\n\n"
            f"{settings_text(assessment)}\n\n"
            f"评分标准摘要（SHA-256）：{rubric.digest}"
        ),
        "body_en": (
            f"Under the rubric {rubric.code} {rubric.version} and on evidence from "
            f"{assessment.since.isoformat()} to {assessment.until.isoformat()}, the grades below "
            "are proposed. Objections are made by name, with evidence.\n\n"
            "A grade is no administrative licence, qualification or certification. The list is "
            f"for reference only.\n\n{settings_text_en(assessment)}\n\n"
            f"Digest of the rubric (SHA-256): {rubric.digest}"
        ),
    }


def statement_payload(card: Scorecard, *, start: date, end: date) -> dict[str, Any]:
    """Return what a grading statement says; its digest is what ``/verify/`` checks."""
    rubric = card.round.rubric
    points = (card.result or {})["points"]
    return {
        "title": STATEMENT_TITLE,
        "holder": card.organisation.name,
        "uscc": card.organisation.uscc,
        "tier": card.proposed_tier,
        "tier_label": tier_label(rubric.content, card.proposed_tier),
        "total": points_text(card.total),
        "parts": {
            child["id"]: points_text(points[child["id"]])
            for child in rubric.content["tree"]["children"]
        },
        "rubric": {"id": rubric.code, "version": rubric.version, "digest": rubric.digest},
        "round": card.round.number,
        "evidence_digest": card.evidence_digest,
        "valid_from": start.isoformat(),
        "valid_until": end.isoformat(),
        "confirmed_by": str(card.decided_by),
        "nature": NATURE,
        "disclaimer": DISCLAIMER,
    }


def statement_end(rubric: Rubric, start: date) -> date:
    """Return the last day of a grade that begins on ``start``: the rubric names the months."""
    return valid_until(start, rubric.get("result_validity_months"))
