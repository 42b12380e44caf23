"""Helpers of the tests of incubation: an agreement, a cohort, a firm's membership."""

from datetime import date, timedelta
from typing import Any

from incubator.models import Cohort, Incubation, IncubationAgreement, PlanTemplate
from incubator.services import cohorts, incubation, incubation_plan
from portal.models import User
from tests.incubator.modules_story import admit
from tests.incubator.quota_story import firm_is_admitted
from tests.world import World

STARTS, ENDS = date(2026, 12, 1), date(2027, 5, 31)


def agreement_of(world: World, version: str = "1", text: str = "按期报告。") -> IncubationAgreement:
    """Return a published agreement text."""
    return cohorts.publish_agreement(
        version=version, text=text, text_en="Report on time.", actor=world.staff, now=world.now
    )


PLAN = "map | 60 | redesign | 流程梳理 | Mapping\nteam | 14 | | 落实团队 | Team"


def plan_of(world: World, version: str = "1", lines: str = PLAN) -> PlanTemplate:
    """Return a published plan of two milestones, with a review every sixty days."""
    return incubation_plan.publish_plan(
        version=version, review_days=60, lines=lines, actor=world.staff, now=world.now
    )


def drafted(world: World, **changes: Any) -> Cohort:
    """Return a cohort of the winter with two places."""
    values = {
        "title": "2026 年冬季批次", "title_en": "Winter 2026", "starts_on": STARTS,
        "ends_on": ENDS, "capacity": 2, "actor": world.staff, "now": world.now,
    }  # fmt: skip
    return cohorts.create_cohort(**(values | changes))


def published(world: World, **changes: Any) -> Cohort:
    """Return a cohort that offers places."""
    agreement_of(world)
    plan_of(world)
    return cohorts.publish_cohort(
        cohort=drafted(world, **changes), actor=world.staff, now=world.now
    )


def offered(
    world: World, login: str = "owner", cohort: Cohort | None = None, **changes: Any
) -> Incubation:
    """Return the offer of a place to a person's admitted firm."""
    firm = world.organisation(login)
    if not firm_is_admitted(firm.pk):
        admit(world, login)
    values = {
        "cohort": cohort or published(world), "firm": firm, "actor": world.staff, "now": world.now,
    }  # fmt: skip
    return cohorts.offer_place(**(values | changes))


def accepted(world: World, login: str = "owner", cohort: Cohort | None = None) -> Incubation:
    """Return a membership that has begun."""
    row = offered(world, login, cohort)
    agreement = row.cohort.agreement
    assert agreement is not None
    return incubation.accept_offer(
        incubation=row, digest=agreement.digest, actor=world.people[login], now=world.now
    )


def judged(world: World, row: Incubation, action: str, **values: Any) -> Incubation:
    """Change a membership's standing as the staff do."""
    return incubation.judge(
        **({"incubation": row, "action": action, "actor": world.staff, "now": world.now} | values)
    )


def met(world: World, row: Incubation) -> Incubation:
    """Have every milestone of a membership reported and confirmed."""
    for milestone in row.milestones.exclude(state="confirmed"):
        reported = incubation_plan.report_milestone(
            milestone=milestone, report="见材料", actor=signer_of(row), now=world.now
        )
        incubation_plan.judge_milestone(
            milestone=reported, action="confirm", actor=world.staff, now=world.now
        )
    return row


def signer_of(row: Incubation) -> User:
    """Return the firm's authorised signer."""
    memberships = row.organisation.memberships
    return memberships.filter(role="firm_signer").order_by("pk").first().user


def ended(world: World, row: Incubation, action: str, code: str, **values: Any) -> Incubation:
    """End a membership as the staff do."""
    given = {
        "incubation": row, "action": action, "code": code, "actor": world.staff, "now": world.now,
    }  # fmt: skip
    return incubation.end_incubation(**(given | values))


def later(world: World, **span: int) -> Any:
    """Return the story's moment, some time on."""
    return world.now + timedelta(**span)
