"""Builders of rounds and evidence for tests: evidence is injected, everything else is real."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from pathlib import Path

from certification.models import AssessmentRound, Grade
from certification.selectors.evidence import FirmEvidence
from certification.services.rounds import (
    freeze_evidence,
    open_round_notice,
    plan_round,
    propose,
    score_round,
    take_effect,
)
from certification.services.rubrics import COUNTY_RUBRIC, adopt_rubric
from portal.models import Organisation

SINCE, UNTIL = date(2026, 1, 1), date(2026, 10, 31)

STRONG = {
    "deliveries_accepted": 6,
    "acceptance_rate": 1.0,
    "technical_rubric_mean": 3.5,
    "on_time_rate": 1.0,
    "handling_time_reduction": 0.5,
    "refused_deliverables": 0,
    "module_contributed": True,
    "modules_used": 2,
    "courses_completed": 2,
    "villages_served": 3,
    "process_redesign_level": "end_to_end",
}
"""Quality 20 + 18 + 10 + 12 + 8 = 68; innovation 6 + 4 + 3 + 5 + 5 + 5 = 28; total 96, tier A."""

MIDDLE = STRONG | {
    "acceptance_rate": 0.7,
    "technical_rubric_mean": 2.0,
    "on_time_rate": 0.8,
    "module_contributed": False,
    "modules_used": 1,
}
"""Quality 10 + 12 + 6 + 12 + 8 = 48; innovation 0 + 3 + 3 + 5 + 5 + 5 = 21; total 69, tier B."""

WEAK = MIDDLE | {"acceptance_rate": 0.4, "handling_time_reduction": 0.0}
"""Quality 0 + 12 + 6 + 0 + 8 = 26, below its minimum; innovation 21; total 47, tier C."""

NEW = {"deliveries_accepted": 0, "modules_used": 0, "courses_completed": 1, "villages_served": 0}
"""Unrated: no decided deliverable yet."""


def delivered(n: int, *, villages: int = 4, **change: object) -> dict[str, object]:
    """STRONG evidence with ``n`` deliveries, one a week, of the best kind but for ``change``."""
    best = {"acceptance": "first_pass", "technical_mean": 4.0, "on_time": True, "time_cut": 0.5}
    items = [
        {
            "decided_on": (UNTIL - timedelta(days=7 * at)).isoformat(),
            "village": f"63012310020{at % villages}",
            **best,
            **change,
        }
        for at in range(n)
    ]
    return STRONG | {"deliveries": items, "deliveries_accepted": n}


def evidence(fields: dict[str, object]) -> FirmEvidence:
    """Wrap fields as a firm's evidence, with one township and category once it delivered.

    An item's ``rated`` (who and the marks) is taken out of it.
    """
    items = fields.get("deliveries", [])
    nobody = {"assessor": "", "marks": []}
    ratings = [one.get("rated", nobody) for one in items]  # type: ignore[attr-defined]
    if items:
        plain = [{k: v for k, v in one.items() if k != "rated"} for one in items]  # type: ignore[attr-defined]
        fields = fields | {"deliveries": plain}
    has_delivered = bool(fields.get("deliveries_accepted"))
    source = {
        "title": "大华镇池汉村 · 示例系统 v1",
        "note": "2026-06-01",
        "value": "accept",
        "url": "/workspace/x/",
    }
    return {
        "fields": fields,
        "sources": {
            "acceptance_rate": [source],
            "deliveries": [source for _ in range(int(str(fields["deliveries_accepted"])))],
        }
        if has_delivered
        else {},
        "facts": {
            "deliveries": int(str(fields["deliveries_accepted"])),
            "villages": int(str(fields["villages_served"])),
            "courses": int(str(fields["courses_completed"])),
            "modules": int(str(fields["modules_used"])),
        },
        "facets": [
            {"kind": "category", "value": "V02", "label": "村务公开", "label_en": "Disclosure"},
            {"kind": "township", "value": "630123101000", "label": "大华镇", "label_en": ""},
        ]
        if has_delivered
        else [],
        "ratings": ratings,
    }


class Known:
    """An injected gatherer: fields by organisation id, ``NEW`` for everybody else."""

    def __init__(self, fields: dict[int, dict[str, object]]) -> None:
        """Remember what is known."""
        self.fields = fields

    def __call__(self, ids: Collection[int], since: date, until: date) -> dict[int, FirmEvidence]:
        """Return the evidence of ``ids``."""
        return {pk: evidence(self.fields.get(pk, NEW)) for pk in ids}


def planned(
    world,
    title: str = "第 1 轮能力分级评价",
    now: datetime | None = None,
    source: Path = COUNTY_RUBRIC,
):
    """Return a planned round under the shipped rubric, or the one at ``source``."""
    now = now or world.now
    rubric = adopt_rubric(source=source, effective_from=date(2026, 1, 1), actor=world.lead, now=now)
    return plan_round(
        title=title, rubric=rubric, since=SINCE, until=UNTIL, actor=world.lead, now=now
    )


def scored(
    world,
    fields: dict[Organisation, dict[str, object]],
    title="第 1 轮能力分级评价",
    source: Path = COUNTY_RUBRIC,
):
    """Return a round with draft results for the firms of ``fields``."""
    assessment = planned(world, title, source=source)
    freeze_evidence(
        assessment=assessment,
        actor=world.lead,
        now=world.now,
        organisations=list(fields),
        gather=Known({firm.pk: values for firm, values in fields.items()}),
    )
    return score_round(assessment=assessment, actor=world.lead, now=world.now)


def confirm_all(assessment: AssessmentRound) -> dict[int, str]:
    """A lead's choice to confirm every firm of a round, nothing found."""
    return dict.fromkeys(assessment.scorecards.values_list("organisation_id", flat=True), "")


def noticed(world, fields, **kwargs) -> AssessmentRound:
    """Return a round whose public notice runs since ``world.now``."""
    draft = scored(world, fields, **kwargs)
    assessment = propose(
        assessment=draft, actor=world.lead, now=world.now, confirmed=confirm_all(draft)
    )
    open_round_notice(assessment=assessment, actor=world.lead, now=world.now)
    assessment.refresh_from_db()
    return assessment


def after_notice(assessment: AssessmentRound, now: datetime) -> datetime:
    """Return nine in the morning of the day after the notice."""
    return now + timedelta(days=(assessment.notice.closes_on - now.date()).days + 1)


def effective(world, fields, **kwargs) -> list[Grade]:
    """Return the grades of a round in effect, in order of ids."""
    assessment = noticed(world, fields, **kwargs)
    take_effect(assessment=assessment, actor=world.lead, now=after_notice(assessment, world.now))
    return list(Grade.objects.filter(scorecard__round=assessment).order_by("pk"))
