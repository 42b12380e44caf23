"""Who may read the files of an application, and who must not decide on one."""

from incubator.models.applications import Application
from portal.domain.lifecycle import NotAllowed
from portal.domain.roles import Role
from portal.models import Organisation, StoredFile, User
from portal.permissions import (
    Person,
    has_conflict,
    register_file_policy,
    require_outsider,
    require_role,
)


def may_read_attachment(user: Person, stored: StoredFile) -> bool:
    """Return whether ``user`` sees the application that ``stored`` belongs to.

    Others than the firm see only files that it sent.
    """
    if not isinstance(user, User):
        return False
    own = {membership.organisation_id for membership in user.active_memberships}
    cases = Application.objects.visible_to(user).filter(attachments__file=stored)
    return any(case.organisation_id in own or case.has_sent(stored) for case in cases)


def require_decider(actor: User, organisation: Organisation) -> None:
    """Raise ``NotAllowed`` unless ``actor`` is incubation staff without a tie to the firm."""
    require_role(actor, Role.STAFF)
    require_outsider(actor, organisation)
    if has_conflict(actor, organisation):
        raise NotAllowed("conflict_of_interest")


register_file_policy(
    "application_attachment", "incubator.permissions.applications.may_read_attachment"
)
