"""Who may do what with cloud resources."""

from incubator import selectors
from incubator.models.modules import FIRM_ROLES
from incubator.selectors.cohorts import removed_ids
from portal.domain.lifecycle import NotAllowed
from portal.domain.roles import Role
from portal.models import Organisation, User
from portal.permissions import organisations_of, require_role, roles_for


def require_applicant(actor: User, firm: Organisation) -> None:
    """Raise ``NotAllowed`` unless ``actor`` acts for ``firm`` and it may ask for resources."""
    if not roles_for(actor, firm) & FIRM_ROLES:
        raise NotAllowed("role")
    if not selectors.is_admitted(firm.pk):
        raise NotAllowed("quota_not_admitted")


def require_manager(actor: User) -> None:
    """Raise ``NotAllowed`` unless ``actor`` is a resource manager."""
    require_role(actor, Role.RESOURCE_MANAGER)


def applicant_firms(user: User) -> list[Organisation]:
    """Return the admitted firms for which ``user`` may ask for resources; none that was removed."""
    firms = organisations_of(user, *FIRM_ROLES)
    admitted = selectors.admitted_ids(firm.pk for firm in firms)
    removed = removed_ids(admitted)
    return [firm for firm in firms if firm.pk in admitted and firm.pk not in removed]


def has_removed_firm(user: User) -> bool:
    """Return whether a firm of ``user`` was removed from incubation."""
    return bool(removed_ids(firm.pk for firm in organisations_of(user, *FIRM_ROLES)))
