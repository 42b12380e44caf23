"""Who may do what with this app's records; file policies."""

from portal.domain.lifecycle import NotAllowed
from portal.domain.roles import Role
from portal.models import StoredFile, User
from portal.permissions import Person, has_conflict, register_file_policy, roles_for
from village_pilot.models import CaseLog, DeliverableVersion, Pilot

MAY_IMPORT = frozenset(
    {
        Role.STAFF,
        Role.FIRM_SIGNER,
        Role.FIRM_MEMBER,
        Role.VILLAGE_CLERK,
        Role.VILLAGE_SIGNER,
    }
)


def roles_in_pilot(user: Person, pilot: Pilot) -> frozenset[str]:
    """Return the roles in which ``user`` may act on ``pilot``: of its firm, village, or unbound."""
    return roles_for(user, pilot.provider) | roles_for(user, pilot.committee)


def may_import(user: Person, pilot: Pilot) -> bool:
    """Whether ``user`` may import case logs of ``pilot``."""
    return bool(roles_in_pilot(user, pilot) & MAY_IMPORT)


def require_reviewer(user: User, version: DeliverableVersion) -> None:
    """Raise ``NotAllowed`` unless ``user`` was assigned to ``version`` and has no tie."""
    if version.reviewer_id != user.pk:
        raise NotAllowed("not_assigned")
    if has_conflict(user, version.pilot.provider, version.pilot.committee):
        raise NotAllowed("conflict_of_interest")


def may_read_deliverable(user: User, stored: StoredFile) -> bool:
    """Whether ``user`` sees a version that ``stored`` belongs to."""
    return DeliverableVersion.objects.visible_to(user).filter(files=stored).exists()


def may_read_photo(user: User, stored: StoredFile) -> bool:
    """Whether ``user`` sees the version whose signed paper ``stored`` shows."""
    return DeliverableVersion.objects.visible_to(user).filter(decision__photo=stored).exists()


def may_read_case_log(user: User, stored: StoredFile) -> bool:
    """Whether ``user`` belongs to the pilot of the log ``stored``; staff always."""
    log = CaseLog.objects.select_related("pilot__provider", "pilot__committee").filter(
        stored=stored
    )
    found = log.first()
    return found is not None and may_import(user, found.pilot)


register_file_policy("deliverable", "village_pilot.permissions.may_read_deliverable")
register_file_policy("evidence_photo", "village_pilot.permissions.may_read_photo")
register_file_policy("case_log", "village_pilot.permissions.may_read_case_log")
