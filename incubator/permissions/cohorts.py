"""Who may do what in incubation."""

from incubator.models.cohorts import Incubation
from incubator.permissions.applications import require_decider
from portal.domain.lifecycle import Conflict
from portal.domain.roles import Role
from portal.models import Organisation, User
from portal.permissions import has_conflict, require_role, roles_for

__all__ = ["guide_roles", "require_decider", "require_mentor_for", "require_staff"]


def require_staff(actor: User) -> None:
    """Raise ``NotAllowed`` unless ``actor`` is incubation staff."""
    require_role(actor, Role.STAFF)


def require_mentor_for(mentor: User, firm: Organisation) -> None:
    """Raise ``Conflict("not_a_mentor")`` unless ``mentor`` is an active expert without a tie."""
    if not mentor.is_active or Role.EXPERT not in mentor.role_codes or has_conflict(mentor, firm):
        raise Conflict("not_a_mentor")


def guide_roles(actor: User, incubation: Incubation) -> frozenset[str]:
    """Return the roles in which ``actor`` judges a firm's plan: an expert only as its mentor."""
    held = roles_for(actor, incubation.organisation)
    return held if incubation.mentor_id == actor.pk else held - {Role.EXPERT}
