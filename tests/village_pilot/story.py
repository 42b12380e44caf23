"""A pilot brought to a state through the services, for tests."""

from datetime import date, timedelta

from django.core.files.base import ContentFile

from config.demo.cast import DATA
from portal.models import Organisation
from tests.incubator.calls_story import admit
from tests.world import World
from village_pilot.domain.delivery import CRITERIA
from village_pilot.models import (
    DeliverableVersion,
    Pilot,
    ProcessTemplate,
    TechnicalReview,
    VillageDecision,
)
from village_pilot.services.acceptance import decide_deliverable, issue_codes
from village_pilot.services.deliverables import add_file, create_deliverable, submit_version
from village_pilot.services.pilots import move_pilot, propose_pilot
from village_pilot.services.processes import load_processes
from village_pilot.services.reviews import review_version

PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 64
GOAL = "村民用手机拍照上报\n上报后 24 小时内有人回应"
NOTE = "拍照上报，试用期共 46 件\n46 件里 44 件按时回应"
WHY = "试用记录与截图相符，说明清楚。"
SIGNED = "示例村签字人甲"
LOG = (
    "办件编号,环节,时间\n"
    "1,登记,2026-03-02 09:00\n1,办结,2026-03-06 09:00\n"
    "2,登记,2026-03-03 09:00\n2,登记,2026-03-04 09:00\n2,办结,2026-03-09 09:00\n"
)
LATER = (
    "办件编号,环节,时间\n"
    "1,上报,2026-09-02 09:00\n1,办结,2026-09-03 09:00\n"
    "2,上报,2026-09-03 09:00\n2,办结,2026-09-05 09:00\n"
)


class Story:
    """``Story(world)`` has the catalogue loaded and the firm of ``owner`` admitted."""

    def __init__(self, world: World) -> None:
        """Load the catalogue, admit the firm."""
        self.world = world
        self.now = world.now
        with (DATA / "village_processes.csv").open(encoding="utf-8") as lines:
            load_processes(lines=lines, now=self.now)
        admit(world, "owner")
        self.firm = world.organisation("owner")
        self.committee = world.organisation("signer")

    @property
    def process(self) -> ProcessTemplate:
        """人居环境“随手拍”."""
        return ProcessTemplate.objects.current().get(code="V15")

    def pilot(self, state: str = "running", **changes: object) -> Pilot:
        """Return a pilot that was brought to ``state``."""
        values = {
            "process": self.process,
            "provider": self.firm,
            "committee": self.committee,
            "title": "石崖庄村随手拍",
            "goal": GOAL,
            "starts_on": date(2026, 11, 24),
            "ends_on": date(2027, 5, 31),
            "actor": self.world.staff,
            "now": self.now,
            "milestones": [("试用上线", date(2026, 12, 15))],
        }
        pilot = propose_pilot(**(values | changes))
        way = {
            "proposed": "",
            "village_consent": "consent",
            "agreed": "consent agree",
            "running": "consent agree start",
            "paused": "consent agree start pause",
            "completed": "consent agree start complete",
        }
        actors = {"consent": "signer", "agree": "owner"}
        for action in way[state].split():
            pilot = move_pilot(
                pilot=pilot,
                action=action,
                now=self.now,
                reason="测试需要说明的原因",
                actor=self.world.people[actors.get(action, "staff")],
            )
        return pilot

    def draft(self, pilot: Pilot | None = None, **changes: object) -> DeliverableVersion:
        """Return a draft with a file; it belongs to the pilot's milestone."""
        pilot = pilot or self.pilot()
        version = create_deliverable(
            pilot=pilot,
            actor=self.world.owner,
            now=self.now,
            **({"title": "随手拍上线", "milestone": pilot.milestones.first()} | changes),
        )
        add_file(
            version=version,
            upload=ContentFile(PDF, name="验收材料.pdf"),
            actor=self.world.owner,
            now=self.now,
        )
        return version

    def submitted(self, pilot: Pilot | None = None, **changes: object) -> DeliverableVersion:
        """Return a version in technical review."""
        return self.submit(self.draft(pilot, **changes))

    def submit(self, version: DeliverableVersion, login: str = "owner") -> DeliverableVersion:
        """Hand a version in."""
        return submit_version(
            version=version, note=NOTE, actor=self.world.people[login], now=self.now
        )

    def review(
        self, version: DeliverableVersion, verdict: str = "approve", **changes: object
    ) -> TechnicalReview:
        """Review a version as its reviewer."""
        values = {
            "scores": dict.fromkeys(CRITERIA, 3),
            "narratives": dict.fromkeys(CRITERIA, WHY),
            "note": "请补充复核照片" if verdict == "request_changes" else "",
            "actor": version.reviewer,
            "now": self.now,
        }
        return review_version(version=version, verdict=verdict, **(values | changes))

    def approved(self, pilot: Pilot | None = None, **changes: object) -> DeliverableVersion:
        """Return a version that waits for the village."""
        version = self.submitted(pilot, **changes)
        self.review(version)
        return fresh(version)

    def code(self) -> str:
        """Return a code of the signer's new sheet."""
        return issue_codes(signer=self.world.signer, count=1, actor=self.world.staff, now=self.now)[
            0
        ]

    def decide(
        self, version: DeliverableVersion, decision: str = "accept", **changes: object
    ) -> VillageDecision:
        """Decide for the village, with a code unless something else is given."""
        values = {
            "signed_name": SIGNED,
            "actor": self.world.signer,
            "now": self.now,
            "note": "" if decision == "accept" else "复核照片缺五件",
        }
        if not {"code", "photo"} & set(changes):
            values["code"] = self.code()
        return decide_deliverable(version=version, decision=decision, **(values | changes))

    def decided(self, decision: str = "accept", pilot: Pilot | None = None) -> DeliverableVersion:
        """Return a version that the village decided on."""
        version = self.approved(pilot)
        self.decide(version, decision)
        return fresh(version)


def fresh(version: DeliverableVersion) -> DeliverableVersion:
    """Return the version as it stands in the database."""
    return DeliverableVersion.objects.with_pilot().get(pk=version.pk)


def log_file(text: str = LOG, name: str = "办件.csv") -> ContentFile:
    """Return a case log as uploads bring it."""
    return ContentFile(text.encode(), name=name)


def many(text: str = LOG, times: int = 5) -> str:
    """Return a log with every case of ``text`` so many times: the same medians, more cases."""
    header, *rows = text.splitlines(keepends=True)
    return header + "".join(f"{copy}-{row}" for copy in range(times) for row in rows)


def days(count: int) -> timedelta:
    """Return so many days."""
    return timedelta(days=count)


def other_village(world: World) -> Organisation:
    """Return another village's committee."""
    from portal.services.accounts import register_organisation

    return register_organisation(
        kind="village_committee",
        name="示例村委会",
        region_code="630123100201",
        actor=None,
        now=world.now,
    )
