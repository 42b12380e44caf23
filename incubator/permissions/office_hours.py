"""Who may do what with office hours."""

from incubator.domain.cohort import RUNNING
from incubator.domain.office_hours import MAY_BOOK
from incubator.models import Incubation, OfficeSlot
from incubator.models.modules import FIRM_ROLES
from portal.domain.lifecycle import Conflict, NotAllowed
from portal.domain.roles import Role
from portal.models import User
from portal.permissions import require_role, roles_for, roles_in

__all__ = ["hours_roles", "require_mentor", "require_of_firm", "require_offered"]


def require_mentor(actor: User) -> None:
    """Raise unless ``actor`` is an expert who guides a firm (``role``, ``office_no_firm``)."""
    require_role(actor, Role.EXPERT)
    if not Incubation.objects.filter(mentor=actor, state__in=RUNNING).exists():
        raise Conflict("office_no_firm")


def hours_roles(actor: User | None, slot: OfficeSlot) -> frozenset[str]:
    """Return the roles in which ``actor`` acts on an office hour: an expert only on their own."""
    held = roles_for(actor)
    return held if actor is None or slot.mentor_id == actor.pk else held - {Role.EXPERT}


def require_of_firm(actor: User, incubation: Incubation) -> None:
    """Raise ``NotAllowed("role")`` unless ``actor`` acts for the firm."""
    if not roles_for(actor, incubation.organisation) & FIRM_ROLES:
        raise NotAllowed("role")


def require_offered(slot: OfficeSlot, incubation: Incubation) -> None:
    """Raise ``Conflict("office_gone")`` unless the firm may book this hour.

    It is its own mentor's, or that mentor opened it to the cohort of a firm whom they guide.
    """
    own = slot.mentor_id == incubation.mentor_id
    if slot.state != "open" or not slot.mentor.is_active or is_member(slot.mentor, incubation):
        raise Conflict("office_gone")
    if not own and not (slot.open_to_cohort and guides_in(slot, incubation)):
        raise Conflict("office_gone")


def is_member(mentor: User, incubation: Incubation) -> bool:
    """Return whether the mentor belongs to the firm: nobody advises their own."""
    return bool(roles_in(mentor, incubation.organisation))


def guides_in(slot: OfficeSlot, incubation: Incubation) -> bool:
    """Return whether the mentor guides a firm of the same cohort."""
    same = Incubation.objects.filter(cohort=incubation.cohort_id, state__in=RUNNING)
    return same.filter(mentor=slot.mentor_id).exists()


def may_book(standing: str) -> bool:
    """Return whether a firm of this standing may book."""
    return standing in MAY_BOOK
