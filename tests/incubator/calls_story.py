"""The story of one call for tests: published by a department, answered by a consortium."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from incubator.models import Application
from incubator.models.calls import Call, Proposal, ProposalReview
from incubator.services import call_results, calls, proposal_reviews, proposals
from incubator.services.windows import setup_applications
from portal.domain.calendar import notice_window
from portal.models import Organisation
from portal.services.registers import open_notice
from tests.world import World

SCORES = {"need_fit": 3, "approach": 2, "division_of_tasks": 3, "plan_and_cost": 2}
NARRATIVE = "方案写清了谁办、几步、多久，缺少断网时的处理办法，建议补充培训安排。"


def details(**changes: Any) -> dict[str, Any]:
    """A call that opens on the world's day and holds for three weeks."""
    return {
        "title": "惠农补贴公示核对工具",
        "need": "乡镇每季度人工核对补贴公示与发放名单，平均用时 6 天。",
        "category": "funds",
        "opens_on": date(2026, 11, 23),
        "questions_until": date(2026, 12, 4),
        "closes_on": date(2026, 12, 11),
    } | changes


@dataclass
class Story:
    """Everything that the story's people can do, each step at a moment of its own."""

    world: World

    @property
    def now(self) -> datetime:
        """The opening day."""
        return self.world.now

    @property
    def closed(self) -> datetime:
        """The day after the last one."""
        return self.now.replace(month=12, day=12)

    @property
    def firm(self) -> Organisation:
        return self.world.organisation("owner")

    @property
    def department(self) -> Organisation:
        return self.world.organisation("callowner")

    def draft_call(self, **changes: Any) -> Call:
        return calls.create_call(
            owner=self.department, actor=self.world.callowner, now=self.now, **details(**changes)
        )

    def approved_call(self, **changes: Any) -> Call:
        call = self.draft_call(**changes)
        call = calls.send_to_check(call=call, actor=self.world.callowner, now=self.now)
        return calls.approve_call(call=call, actor=self.world.staff, now=self.now)

    def open_call(self, **changes: Any) -> Call:
        call = self.approved_call(**changes)
        return calls.publish_call(call=call, actor=self.world.callowner, now=self.now)

    def draft_proposal(
        self, call: Call, login: str = "owner", title: str = "一卡通核对"
    ) -> Proposal:
        return proposals.create_proposal(
            call=call,
            lead=self.world.organisation(login),
            title=title,
            summary="比对公示表与发放表，按户列出差异。",
            lead_share="开发与部署",
            plan="12 周，10 万元。",
            actor=self.world.people[login],
            now=self.now,
        )

    def asked_proposal(self, call: Call) -> Proposal:
        proposal = self.draft_proposal(call)
        proposals.add_partner(
            proposal=proposal,
            uscc=self.world.organisation("institute").uscc,
            task_share="方法与验证",
            actor=self.world.owner,
            now=self.now,
        )
        return proposals.ask_partners(proposal=proposal, actor=self.world.owner, now=self.now)

    def submitted_proposal(self, call: Call) -> Proposal:
        proposal = self.asked_proposal(call)
        proposals.consent(partner=proposal.partners.get(), actor=self.world.institute, now=self.now)
        return proposals.submit_proposal(proposal=proposal, actor=self.world.owner, now=self.now)

    def second_proposal(self, call: Call) -> Proposal:
        proposal = self.draft_proposal(call, "owner2", "补贴公示助手")
        return proposals.submit_proposal(proposal=proposal, actor=self.world.owner2, now=self.now)

    def evaluate(self, call: Call) -> Call:
        return call_results.open_evaluation(call=call, actor=self.world.staff, now=self.closed)

    def review(self, row: ProposalReview, **changes: Any) -> ProposalReview:
        values = {"scores": SCORES, "narrative": NARRATIVE, "no_conflict": True}
        return proposal_reviews.submit_review(
            review=row, actor=row.reviewer, now=self.closed, **values | changes
        )

    def review_all(self, call: Call) -> None:
        for row in ProposalReview.objects.filter(
            proposal__call=call, submitted_at=None, recused_at=None
        ).select_related("proposal__call", "proposal__lead", "reviewer"):
            self.review(row)

    def decided_call(self) -> tuple[Call, Proposal, Proposal]:
        call = self.open_call()
        first, second = self.submitted_proposal(call), self.second_proposal(call)
        call = self.evaluate(call)
        self.review_all(call)
        call = call_results.decide_call(
            call=call,
            proposal=first,
            reason="分工清楚，村里试用过。",
            feedback={second.pk: "缺少核对规则的说明。"},
            actor=self.world.callowner,
            now=self.closed,
        )
        first.refresh_from_db()
        second.refresh_from_db()
        return call, first, second

    def awarded_call(self) -> tuple[Call, Proposal]:
        call, first, _second = self.decided_call()
        over = self.closed + timedelta(days=30)
        return call_results.award_call(call=call, actor=self.world.staff, now=over), first


def begin(world: World) -> Story:
    """Return the story, its two firms admitted."""
    for login in ("owner", "owner2"):
        admit(world, login)
    return Story(world)


def admit(world: World, login: str) -> None:
    """Have a firm admitted: what the applications' own tests lead to, in one row."""
    notice = open_notice(
        kind="admission",
        title="拟入孵企业名单",
        body="无",
        actor=None,
        now=world.now,
        window=notice_window(world.now.date(), 5, 7),
    )
    Application.objects.create(
        form=setup_applications(now=world.now).current,
        number=f"HYRF-{login}",
        organisation=world.organisation(login),
        created_by=world.people[login],
        state="admitted",
        state_since=world.now,
        submitted_at=world.now,
        submitted_by=world.people[login],
        truth_declared=True,
        proposed_at=world.now,
        notice=notice,
        admitted_on=world.now.date(),
        created_at=world.now,
        saved_at=world.now,
    )
