"""The roles of the house (contract “Roles and demo logins”) and what each is bound to."""

from enum import StrEnum


class Role(StrEnum):
    """A role's code: the name of its Django group."""

    FIRM_SIGNER = "firm_signer"
    FIRM_MEMBER = "firm_member"
    EXPERT = "expert"
    LEARNER = "learner"
    VILLAGE_CLERK = "village_clerk"
    VILLAGE_SIGNER = "village_signer"
    TECH_REVIEWER = "tech_reviewer"
    ASSESSOR = "assessor"
    STAFF = "staff"
    RESOURCE_MANAGER = "resource_manager"
    TRAINING = "training"
    CALL_OWNER = "call_owner"
    INSTITUTE_MEMBER = "institute_member"
    DISPUTE_BOARD = "dispute_board"
    LEAD = "lead"
    SECOND_REVIEWER = "second_reviewer"
    APPEAL_PANEL = "appeal_panel"
    OFFICER = "officer"
    LEADER = "leader"
    SYSTEM_ADMIN = "sysadmin"
    SECURITY_ADMIN = "secadmin"
    AUDITOR = "auditor"


class OrganisationKind(StrEnum):
    """What an organisation is to the portal."""

    FIRM = "firm"
    INSTITUTE = "institute"
    DEPARTMENT = "department"
    VILLAGE_COMMITTEE = "village_committee"
    PROCURING_ENTITY = "procuring_entity"


ADMINISTRATORS = frozenset({Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDITOR})
"""三权分立: nobody holds two of these, nor one of these beside a role that decides or a membership.

Who runs the portal, grants its roles or reads its trail acts for no firm, village or department.
"""

DECIDING = frozenset(
    {
        Role.TECH_REVIEWER,
        Role.ASSESSOR,
        Role.STAFF,
        Role.LEAD,
        Role.SECOND_REVIEWER,
        Role.APPEAL_PANEL,
        Role.DISPUTE_BOARD,
        Role.TRAINING,
        Role.RESOURCE_MANAGER,
    }
)

BOUND: dict[Role, frozenset[OrganisationKind]] = {
    Role.FIRM_SIGNER: frozenset({OrganisationKind.FIRM}),
    Role.FIRM_MEMBER: frozenset({OrganisationKind.FIRM}),
    Role.VILLAGE_CLERK: frozenset({OrganisationKind.VILLAGE_COMMITTEE}),
    Role.VILLAGE_SIGNER: frozenset({OrganisationKind.VILLAGE_COMMITTEE}),
    Role.CALL_OWNER: frozenset(
        {OrganisationKind.DEPARTMENT, OrganisationKind.INSTITUTE, OrganisationKind.FIRM}
    ),
    Role.INSTITUTE_MEMBER: frozenset({OrganisationKind.INSTITUTE}),
    Role.OFFICER: frozenset({OrganisationKind.PROCURING_ENTITY, OrganisationKind.DEPARTMENT}),
}
"""Roles that count only within an organisation of one of the kinds, through a membership."""

INVITERS: dict[OrganisationKind, frozenset[Role]] = {
    OrganisationKind.FIRM: frozenset({Role.FIRM_SIGNER}),
    OrganisationKind.VILLAGE_COMMITTEE: frozenset({Role.VILLAGE_SIGNER}),
    OrganisationKind.INSTITUTE: frozenset({Role.INSTITUTE_MEMBER}),
    OrganisationKind.DEPARTMENT: frozenset({Role.CALL_OWNER, Role.OFFICER}),
    OrganisationKind.PROCURING_ENTITY: frozenset({Role.OFFICER}),
}


def clash(held: frozenset[str], wanted: str) -> str:
    """Return the held role that forbids ``wanted``, or “” where the two go together.

    >>> clash(frozenset({"sysadmin"}), "auditor")
    'sysadmin'
    >>> clash(frozenset({"firm_member"}), "auditor")
    'firm_member'
    >>> clash(frozenset({"learner"}), "auditor")
    ''
    """
    for role in sorted(held - {wanted}):
        both = {role, wanted}
        administrators = both & ADMINISTRATORS
        if len(administrators) == len(both) or (administrators and both & (DECIDING | set(BOUND))):
            return role
    return ""


def grantable(held: frozenset[str]) -> list[Role]:
    """Return the global roles that somebody with these roles may be given, in their order.

    >>> grantable(frozenset({"sysadmin"}))
    [<Role.EXPERT: 'expert'>, <Role.LEARNER: 'learner'>, <Role.LEADER: 'leader'>]
    """
    return [role for role in Role if role not in {*BOUND, *held} and not clash(held, role)]


def allowed_in(role: str, kind: str) -> bool:
    """Return whether a membership with ``role`` fits an organisation of ``kind``."""
    return kind in BOUND.get(Role(role), frozenset())
