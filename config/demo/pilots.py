"""Chapter 5 of the demo: twenty pilots in fifteen villages, and three that are still running."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from heapq import heappop, heappush
from itertools import count

from django.core.files.base import ContentFile

from config.demo.case_logs import Pace, case_log
from config.demo.clock import Clock
from config.demo.data import FIRMS, PILOTS, PilotPlan
from config.demo.papers import paper
from config.demo.people import People
from incubator.selectors.module_uses import declarable
from portal.domain.calendar import add_working_days
from portal.models import User
from village_pilot.domain.delivery import CRITERIA
from village_pilot.models import DeliverableVersion, Milestone, Pilot, ProcessTemplate
from village_pilot.services import acceptance, case_logs, deliverables, pilots, reviews
from village_pilot.services.declared_modules import declare_modules

WORDS = {
    "function": "功能与需求逐项对应，现场演示一次通过。",
    "reliability": "断网十分钟后恢复，数据没有丢失也没有重复。",
    "protection": "身份证号按规则遮蔽，权限按岗位分开。",
    "handover": "有操作手册和培训签到，村文书能独立操作。",
}
LEVELS = {
    "end_to_end": "从受理到归档全程在线，去掉了两次重复登记。",
    "partial": "受理和公示改为线上，中间环节保留原有做法。",
    "none": "环节没有变化，只是把登记表改成电子表。",
}
CONDITION = "请补充老年人操作的大字说明，两周内完成。"
REFUSAL = "试用期间回执经常打不开，请修好再来。"

SOUND = 3
"""The anchor from which a village takes work without conditions."""
RUNNING = (
    PilotPlan(1, 0, "V15", ("随手拍受理与派单", "整改复核与评价"), "end_to_end", 5.0),
    PilotPlan(3, 0, "V14", ("网格事件上报", "分级处置与结案"), "end_to_end", 4.5),
    PilotPlan(9, 0, "V18", ("补贴名单核对", "公示与复核留痕"), "partial", 11.0),
)


class Stage:
    """Plays pilots; every village signer has a printed sheet of codes."""

    def __init__(self, people: People, clock: Clock) -> None:
        """Hand out the sheets."""
        self.people, self.clock = people, clock
        self.codes: dict[int, list[str]] = {}
        self.agenda: list[tuple[date, int, Callable[[], None]]] = []
        self.order = count()
        for signer in people.signers:
            self.hand_out(signer.pk)

    def hand_out(self, pk: int) -> None:
        """Give a signer a new sheet of 20 codes."""
        signer = next(one for one in self.people.signers if one.pk == pk)
        self.codes[pk] = acceptance.issue_codes(
            signer=signer, count=20, actor=self.people["staff"], now=self.clock.now
        )

    def begin(self, plan: PilotPlan, starts_on: date, days: int) -> Pilot:
        """Propose a pilot and bring it to running."""
        people, clock = self.people, self.clock
        process = ProcessTemplate.objects.current().get(code=plan.process)
        committee = people.committees[plan.village]
        ends_on = starts_on + timedelta(days=days)
        step = days // (len(plan.deliverables) + 1)
        pilot = pilots.propose_pilot(
            process=process,
            provider=people.firms[plan.firm],
            committee=committee,
            title=f"{process.name}改造",
            goal="办理时间缩短三分之一\n村民可以随时查询进度",
            starts_on=starts_on,
            ends_on=ends_on,
            actor=people["staff"],
            now=clock.now,
            milestones=[
                (title, starts_on + timedelta(days=step * place))
                for place, title in enumerate(plan.deliverables, start=1)
            ],
        )
        for action, actor in (
            ("consent", people.signers[plan.village]),
            ("agree", people.owners[plan.firm]),
            ("start", people["staff"]),
        ):
            pilot = pilots.move_pilot(pilot=pilot, action=action, actor=actor, now=clock.now)
        if plan.logs:
            self.log(pilot, plan, "before", 1.0, starts_on)
        return pilot

    def log(self, pilot: Pilot, plan: PilotPlan, phase: str, speed: float, until: date) -> None:
        """Import a case log of the two months before ``until``."""
        steps = pilot.process.steps
        pace = Pace(40, plan.days * speed, 0.32 if phase == "before" else 0.32 * speed)
        start = self.clock.now.replace(year=until.year, month=until.month, day=until.day)
        content = case_log(
            steps=steps,
            pace=pace,
            start=start - timedelta(days=50 + 4 * plan.days),
            seed=f"{plan.firm}-{plan.village}-{phase}",
        )
        upload = ContentFile(content, name=f"{phase}.csv")
        case_logs.import_case_log(
            pilot=pilot,
            upload=upload,
            phase=phase,
            actor=self.people["staff"],
            now=self.clock.now,
        )

    def plan_deed(self, days: int, deed: Callable[[], None], *, day: date | None = None) -> None:
        """Put a deed on the agenda, ``days`` after ``day`` (or after today)."""
        when = (day or self.clock.day) + timedelta(days=days)
        heappush(self.agenda, (when, next(self.order), deed))

    def run_agenda(self) -> None:
        """Do what is on the agenda, day by day."""
        while self.agenda:
            day, _order, deed = heappop(self.agenda)
            self.clock.until(day)
            deed()

    def deliver(self, one: "Due", *, say: Callable[[str], None]) -> None:
        """Hand in a deliverable; its review follows."""
        version = self.hand_in(one)
        self.plan_deed(2, lambda: self.judge(one, version, self.verdict(one)))
        say(f"  {self.clock.day:%Y-%m-%d} {one.pilot.village.place} · {one.milestone.title}")

    def judge(self, one: "Due", version: DeliverableVersion, decision: str) -> None:
        """Review a version; three days later the village decides, and a refusal is mended."""
        self.review(version, one.plan, FIRMS[one.plan.firm - 1].marks)
        self.plan_deed(3, lambda: self.decide(version, one.plan, decision))
        if decision == "refuse":
            self.plan_deed(12, lambda: self.mend(one, version))

    def mend(self, one: "Due", refused: DeliverableVersion) -> None:
        """Bring a refused deliverable back, mended; the village takes it with conditions."""
        draft = deliverables.start_version(
            deliverable=refused.deliverable,
            actor=self.people.owners[one.plan.firm],
            now=self.clock.now,
        )
        version = self.send(draft, one.plan, "已修好回执页面，并在两部旧手机上试过")
        self.plan_deed(2, lambda: self.judge(one, version, "accept_with_conditions"))

    @staticmethod
    def verdict(one: "Due") -> str:
        """Return what the village decides: sound work is taken, weak work with conditions."""
        firm, plan = FIRMS[one.plan.firm - 1], one.plan
        if not firm.first_time and one.milestone.title == plan.deliverables[0]:
            return "refuse"
        weak = firm.marks < SOUND and one.milestone.title == plan.deliverables[-1]
        return "accept_with_conditions" if weak else "accept"

    def hand_in(self, one: "Due") -> DeliverableVersion:
        """Create a deliverable and send its first version."""
        version = deliverables.create_deliverable(
            pilot=one.pilot,
            title=one.milestone.title,
            milestone=one.milestone,
            actor=self.people.owners[one.plan.firm],
            now=self.clock.now,
        )
        return self.send(version, one.plan, "系统已上线，手册与培训记录见附件\n试运行两周，未中断")

    def send(self, version: DeliverableVersion, plan: PilotPlan, note: str) -> DeliverableVersion:
        """Add the report, say which modules are in it, and submit."""
        owner, now = self.people.owners[plan.firm], self.clock.now
        self.declare(version, owner)
        upload = paper("交付报告", f"deliverable {version.pk}")
        deliverables.add_file(version=version, upload=upload, actor=owner, now=now)
        return deliverables.submit_version(version=version, note=note, actor=owner, now=now)

    def declare(self, version: DeliverableVersion, owner: User) -> None:
        """Declare what the firm has of the library: all at the start of a pilot, one later on."""
        if version.declared.exists():
            return
        firm = version.pilot.provider_id
        found = [one.pk for one in declarable(firm)]
        earlier = version.pilot.deliverables.exclude(pk=version.deliverable_id).exists()
        chosen = found[:1] if earlier else found
        if chosen:
            declare_modules(version=version, releases=chosen, actor=owner, now=self.clock.now)

    def review(self, version: DeliverableVersion, plan: PilotPlan, marks: int) -> None:
        """Have the assigned technical reviewer approve with marks around ``marks``."""
        version = DeliverableVersion.objects.select_related("reviewer").get(pk=version.pk)
        scores = dict.fromkeys(CRITERIA, marks)
        scores["handover"] = min(4, marks + version.pk % 2)
        reviews.review_version(
            version=version,
            scores=scores,
            narratives=WORDS,
            verdict="approve",
            actor=version.reviewer,
            now=self.clock.now,
            redesign_level=plan.level,
            redesign_reason=LEVELS[plan.level],
        )

    def decide(self, version: DeliverableVersion, plan: PilotPlan, decision: str) -> None:
        """Have the village decide with name and code."""
        signer = self.people.signers[plan.village]
        if not self.codes[signer.pk]:
            self.hand_out(signer.pk)
        notes = {"accept_with_conditions": CONDITION, "refuse": REFUSAL}
        acceptance.decide_deliverable(
            version=DeliverableVersion.objects.get(pk=version.pk),
            decision=decision,
            signed_name=signer.name,
            note=notes.get(decision, ""),
            code=self.codes[signer.pk].pop(),
            actor=signer,
            now=self.clock.now,
        )

    def finish(self, pilot: Pilot, plan: PilotPlan) -> None:
        """Import the log of the time after, and complete the pilot."""
        speed = FIRMS[plan.firm - 1].speed
        if plan.logs:
            self.log(pilot, plan, "after", speed, self.clock.day)
        fresh = Pilot.objects.get(pk=pilot.pk)
        pilots.move_pilot(
            pilot=fresh, action="complete", actor=self.people["staff"], now=self.clock.now
        )


@dataclass(frozen=True)
class Due:
    """A deliverable that is to be handed in."""

    plan: PilotPlan
    pilot: Pilot
    milestone: Milestone

    @property
    def comes_on(self) -> date:
        """The day on which the firm hands it in: a working day early, or six late."""
        late = FIRMS[self.plan.firm - 1].late
        return add_working_days(self.milestone.due_on, 6 if late else -1).value


def play_year(stage: Stage, say: Callable[[str], None], plans: Sequence[PilotPlan] = PILOTS) -> int:
    """Play the twenty completed pilots (or others), all begun together; return how many."""
    start = stage.clock.day
    begun = [(plan, stage.begin(plan, start, 180)) for plan in plans]
    due = [
        Due(plan, pilot, milestone)
        for plan, pilot in begun
        for milestone in pilot.milestones.order_by("due_on", "id")
    ]
    for one in due:
        stage.plan_deed(0, partial(stage.deliver, one, say=say), day=one.comes_on)
    stage.run_agenda()
    for plan, pilot in begun:
        stage.finish(pilot, plan)
    return len(begun)


def still_running(stage: Stage) -> None:
    """Leave three pilots under way, one at each door: firm, reviewer, village."""
    for place, plan in enumerate(RUNNING):
        pilot = stage.begin(plan, stage.clock.day, 90)
        first = pilot.milestones.order_by("due_on", "id")[0]
        if place == 0:
            continue
        version = stage.hand_in(Due(plan, pilot, first))
        if plan is RUNNING[-1]:
            stage.review(version, plan, 4)
