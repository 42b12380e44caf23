"""Who is told."""

from django.db.models import QuerySet

from portal.models import User


def people_of(organisation_id: int) -> QuerySet[User]:
    """Return everybody who acts for an organisation (one query)."""
    return User.objects.filter(
        memberships__organisation=organisation_id, memberships__active=True, is_active=True
    ).distinct()
