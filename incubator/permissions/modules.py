"""Who may do what with shared modules."""

from incubator import selectors
from incubator.domain.module_file import KINDS, use_of
from incubator.models import SharedModule
from incubator.models.modules import CURATORS, FIRM_ROLES
from portal.domain.lifecycle import NotAllowed
from portal.models import Organisation, StoredFile, User
from portal.permissions import (
    Person,
    has_role,
    organisations_of,
    register_file_policy,
    roles_for,
)

for use in ("module_release", *map(use_of, KINDS)):
    register_file_policy(use, "incubator.permissions.modules.may_read_release")


def may_read_release(user: Person, stored: StoredFile) -> bool:
    """Curators and the contributing firm; admitted firms take the counted download instead."""
    if has_role(user, *CURATORS):
        return True
    return stored.organisation in organisations_of(user, *FIRM_ROLES)


def admitted_firms(user: Person) -> list[Organisation]:
    """Return the admitted firms that ``user`` acts for."""
    firms = organisations_of(user, *FIRM_ROLES)
    return [firm for firm in firms if selectors.is_admitted(firm.pk)]


def require_contributor(user: User, owner: Organisation | None) -> None:
    """Raise ``NotAllowed`` unless ``user`` may contribute for ``owner`` (``None``: the county)."""
    if not roles_for(user, owner) & (FIRM_ROLES if owner else CURATORS):
        raise NotAllowed("module_owner")
    if owner is not None and not selectors.is_admitted(owner.pk):
        raise NotAllowed("not_admitted")


def may_see_firms(user: Person, module: SharedModule) -> bool:
    """Return whether ``user`` may know which firms use a module: curators and its contributor."""
    if has_role(user, *CURATORS):
        return True
    return module.owner is not None and module.owner in organisations_of(user, *FIRM_ROLES)
