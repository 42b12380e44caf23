"""The people of the demo, as the contract “Roles and demo logins” names them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from portal.domain.identifiers import make_uscc
from portal.domain.roles import BOUND, Role
from portal.models import Organisation, Region, User
from portal.services.accounts import (
    add_member,
    create_person,
    grant_role,
    register_organisation,
)
from portal.services.regions import load_divisions

DATA = Path(__file__).parent / "data"
COUNTY = "630123000000"
VILLAGE = "630123101200"
DOMAIN = "demo.example"


@dataclass(frozen=True)
class Person:
    """A login, a name, a role and, for bound roles, the key of an organisation."""

    login: str
    name: str
    role: Role
    organisation: str = ""


@dataclass(frozen=True)
class Body:
    """An organisation of the cast: kind, name, English name, code and region."""

    kind: str
    name: str
    name_en: str
    uscc: str | None
    region: str = COUNTY


def firm_code(number: int) -> str:
    """Return a fictional firm's code, valid in form."""
    return make_uscc("91", "630123", f"MADEMO{number:02d}".replace("O", "0"))


BODIES: dict[str, Body] = {
    "firm": Body("firm", "示例数科甲有限公司", "Sample Digital Jia Ltd", firm_code(1)),
    "firm2": Body("firm", "示例智服乙有限公司", "Sample Services Yi Ltd", firm_code(2)),
    "institute": Body(
        "institute",
        "示例数字乡村研究院",
        "Sample Institute of Digital Villages",
        make_uscc("12", "630123", "MADEM021"),
    ),
    "department": Body(
        "department",
        "示例县农业农村局",
        "Sample County Bureau of Agriculture",
        make_uscc("11", "630123", "MADEM022"),
    ),
    "village": Body("village_committee", "", "", make_uscc("54", "630123", "MADEM023"), VILLAGE),
    "buyer": Body(
        "procuring_entity",
        "示例县数据局",
        "Sample County Data Bureau",
        make_uscc("11", "630123", "MADEM024"),
    ),
}

CAST: tuple[Person, ...] = (
    Person("owner", "示例签署人甲", Role.FIRM_SIGNER, "firm"),
    Person("owner2", "示例签署人乙", Role.FIRM_SIGNER, "firm2"),
    Person("member", "示例员工甲", Role.FIRM_MEMBER, "firm"),
    Person("expert", "示例专家甲", Role.EXPERT),
    Person("learner", "示例学员甲", Role.LEARNER),
    Person("clerk", "示例村文书甲", Role.VILLAGE_CLERK, "village"),
    Person("signer", "示例村签字人甲", Role.VILLAGE_SIGNER, "village"),
    Person("techreview", "示例技术审核员甲", Role.TECH_REVIEWER),
    Person("techreview2", "示例技术审核员乙", Role.TECH_REVIEWER),
    Person("assessor", "示例评审员甲", Role.ASSESSOR),
    Person("assessor2", "示例评审员乙", Role.ASSESSOR),
    Person("assessor3", "示例评审员丙", Role.ASSESSOR),
    Person("staff", "示例孵化专员", Role.STAFF),
    Person("resources", "示例资源管理员", Role.RESOURCE_MANAGER),
    Person("training", "示例培训专员", Role.TRAINING),
    Person("callowner", "示例项目发布人", Role.CALL_OWNER, "department"),
    Person("institute", "示例研究员", Role.INSTITUTE_MEMBER, "institute"),
    Person("board", "示例争议处理员", Role.DISPUTE_BOARD),
    Person("lead", "示例评价负责人", Role.LEAD),
    Person("second", "示例复审人", Role.SECOND_REVIEWER),
    Person("appeal", "示例申诉处理员", Role.APPEAL_PANEL),
    Person("officer", "示例采购经办人", Role.OFFICER, "buyer"),
    Person("leader", "示例县领导", Role.LEADER),
    Person("sysadmin", "示例系统管理员", Role.SYSTEM_ADMIN),
    Person("secadmin", "示例安全管理员", Role.SECURITY_ADMIN),
    Person("auditor", "示例审计管理员", Role.AUDITOR),
)

SECOND_STAFF = Person("staff2", "示例孵化专员乙", Role.STAFF)
"""Decides on the review of a refusal, for which whoever refused may not; the story brings them."""


def load_county(*, now: datetime) -> None:
    """Load the 166 divisions of 湟源县 (National Bureau of Statistics, 30 June 2023)."""
    with (DATA / "huangyuan_divisions.csv").open(encoding="utf-8") as lines:
        load_divisions(lines=lines, actor=None, now=now)


def create_bodies(keys: Iterable[str], *, now: datetime) -> dict[str, Organisation]:
    """Register the cast's organisations that are still missing; return them by key."""
    return {key: create_body(BODIES[key], now=now) for key in keys}


def create_body(body: Body, *, now: datetime) -> Organisation:
    """Register one organisation, or return it where its code is known."""
    found = Organisation.objects.filter(uscc=body.uscc).first()
    if found is not None:
        return found
    name = body.name or village_committee_name(body.region)
    return register_organisation(
        kind=body.kind,
        name=name,
        name_en=body.name_en,
        uscc=body.uscc or "",
        region_code=body.region,
        actor=None,
        now=now,
    )


def village_committee_name(code: str) -> str:
    """Return a committee's name with township and village, as places are always shown."""
    return Region.objects.select_related("parent").get(pk=code).place


def create_cast(
    *, password: str, now: datetime, logins: Iterable[str] | None = None
) -> dict[str, User]:
    """Create the people (all, or those named) with their roles; return them by login."""
    wanted = set(logins) if logins is not None else {person.login for person in CAST}
    chosen = [person for person in CAST if person.login in wanted]
    bodies = create_bodies(
        sorted({person.organisation for person in chosen if person.organisation}), now=now
    )
    return {person.login: create_member(person, bodies, password, now) for person in chosen}


def create_member(
    person: Person, bodies: dict[str, Organisation], password: str, now: datetime
) -> User:
    """Create one person with the role."""
    user = create_person(
        email=f"{person.login}@{DOMAIN}", name=person.name, password=password, now=now
    )
    if person.role in BOUND:
        add_member(
            user=user,
            organisation=bodies[person.organisation],
            role=person.role,
            actor=None,
            now=now,
        )
    else:
        grant_role(user=user, role=person.role, actor=None, now=now)
    return user
