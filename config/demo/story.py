"""The demo year, chapter by chapter, through the same services as the pages."""

from collections.abc import Callable
from datetime import date, datetime

from django.contrib.auth.hashers import make_password
from django.db import transaction

from certification.models import AssessmentRound
from certification.services.snapshots import publish_list
from config.demo import (
    admission,
    collaboration,
    courses,
    grading,
    incubation,
    modules,
    pilots,
    resources,
)
from config.demo.cast import DATA, DOMAIN, create_cast, load_county
from config.demo.clock import Clock
from config.demo.people import People
from portal.models import User
from portal.services.audit import publish_anchor
from portal.services.delivery import drain_outbox
from portal.services.privacy import accept_notice, publish_shipped
from portal.services.registers import MAKE_FILE
from portal.services.site import build_site
from village_pilot.services.acceptance import issue_codes
from village_pilot.services.processes import load_processes

YEAR = 365
Say = Callable[[str], None]


def play(*, today: date, password: str, say: Say) -> bool:
    """Play the year that ends on ``today``; return False where it was played before.

    All or nothing: one transaction around the whole year, so that a stopped demo leaves
    no half county behind.
    """
    if AssessmentRound.objects.filter(state="effective").exists():
        return False
    with transaction.atomic():
        Story(today, password, say).play()
    return True


class Story:
    """One county's year."""

    def __init__(self, today: date, password: str, say: Say) -> None:
        """Set the clock a year back."""
        self.clock, self.say = Clock(today, YEAR), say
        self.password = make_password(password)

    def play(self) -> None:
        """Play all chapters."""
        self.found_county()
        self.screen_and_learn()
        self.pilot_and_grade()
        self.leave_open()
        # 0.3 s a document: the worker draws them once the portal is served
        drain_outbox(now=self.clock.now, leave=[MAKE_FILE])
        publish_list(now=self.clock.now)
        publish_anchor(now=self.clock.now)

    def found_county(self) -> None:
        """Load divisions, catalogue, people and pages."""
        clock = self.clock
        self.say("湟源县：166 个区划、27 项村级事项、角色与账号")
        load_county(now=clock.now)
        with (DATA / "village_processes.csv").open(encoding="utf-8") as lines:
            load_processes(lines=lines, now=clock.now)
        build_site(now=clock.now)
        publish_shipped(now=clock.now)
        cast = create_cast(password=self.password, now=clock.now)
        for person in cast.values():
            accept_notice(user=person, now=clock.now)
        self.people = People(cast, clock, self.password)
        self.rubric = grading.adopt(self.people, clock)

    def screen_and_learn(self) -> None:
        """Admit the first batch, publish modules and a course, run a call."""
        people, clock = self.people, self.clock
        self.say("遴选：申请、机器核对、双人评审、公示、入孵")
        admission.first_batch(people, clock)
        self.say("孵化：批次、协议、导师，共性技术模块上架与下载")
        self.incubated = incubation.first_cohort(people, clock)
        modules.publish_modules(people, clock)
        self.say("授课：专家写课、审核、学习、考核")
        courses.teach(people, clock)
        self.say("协同：项目申报与联合体")
        collaboration.finished_call(people, clock)
        incubation.progress(self.incubated, people, clock)

    def pilot_and_grade(self) -> None:
        """Play the pilots, then score, propose, publish and put into effect."""
        people, clock = self.people, self.clock
        self.say("试点：15 个村、20 项试点，交付、评审、验收、办件日志")
        self.stage = pilots.Stage(people, clock)
        pilots.play_year(self.stage, self.say)
        incubation.progress(self.incubated, people, clock)
        drain_outbox(now=clock.now, leave=[MAKE_FILE])  # evidence is frozen from what was told
        self.say("评价：冻结佐证、计分、拟定、公示、生效")
        since = clock.ago(YEAR)
        scored = grading.score(people, clock, self.rubric, "第 1 轮能力分级评价", since)
        grading.decide(people, clock, scored)

    def leave_open(self) -> None:
        """Leave something at everybody's door today."""
        people, clock = self.people, self.clock
        self.say("今天：留下在办的申请、试点、申报、公示和评价")
        clock.until(clock.ago(12))
        pilots.still_running(self.stage)
        collaboration.open_call(people, clock)
        incubation.progress(self.incubated, people, clock)
        incubation.go_on(self.incubated, people, clock)
        granted = resources.grant(people, clock)
        reported = clock.day
        bookings = incubation.office_hours(self.incubated, people, clock, days=2, hour=14, weeks=1)
        clock.until(clock.ago(4))
        incubation.after_the_hours(bookings, people, clock)
        incubation.office_hours(self.incubated, people, clock, days=6, hour=9, weeks=2)
        admission.second_batch(people, clock)
        clock.until(max(clock.day, clock.ago(1)))
        resources.use(granted, reported, people, clock)
        grading.score(people, clock, self.rubric, "第 2 轮能力分级评价", clock.ago(YEAR))


def fresh_codes(*, now: datetime) -> list[str]:
    """Return three new acceptance codes of the demo's village signer, to be printed once."""
    signer = User.objects.get(email=f"signer@{DOMAIN}")
    staff = User.objects.get(email=f"staff@{DOMAIN}")
    return issue_codes(signer=signer, count=3, actor=staff, now=now)
