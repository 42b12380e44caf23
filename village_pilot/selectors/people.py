"""Who is to be told and asked."""

from collections.abc import Iterable

from portal.models import Organisation, User


def members_of(organisation: Organisation, roles: Iterable[str]) -> list[User]:
    """Return the active people who hold one of ``roles`` in ``organisation`` (one query)."""
    return list(
        User.objects.filter(
            is_active=True,
            memberships__organisation=organisation,
            memberships__active=True,
            memberships__role__in=tuple(roles),
        )
        .distinct()
        .order_by("id")
    )


def holders_of(role: str) -> list[User]:
    """Return the active people who hold the unbound ``role`` (one query)."""
    return list(User.objects.filter(is_active=True, groups__name=role).order_by("id"))
