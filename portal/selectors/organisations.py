"""Organisations and who acts for them."""

from dataclasses import dataclass
from datetime import datetime

from django.core import signing
from django.http import Http404

from portal.domain.roles import INVITERS
from portal.models import Invitation, Membership, Organisation, User


@dataclass(frozen=True)
class MembersPage:
    """An organisation with its members and open invitations."""

    organisation: Organisation
    memberships: list[Membership]
    invitations: list[Invitation]
    may_invite: bool


def members_page(user: User, pk: int) -> MembersPage:
    """Return the members of one of the person's own organisations (404 for any other)."""
    mine = [
        membership for membership in user.active_memberships if membership.organisation_id == pk
    ]
    if not mine:
        raise Http404
    organisation = mine[0].organisation
    held = {membership.role for membership in mine}
    inviters = {str(role) for role in INVITERS[organisation.kind]}  # type: ignore[index]
    memberships = organisation.memberships.active().select_related("user")
    invitations = organisation.invitations.filter(
        accepted_at__isnull=True, cancelled_at__isnull=True
    )
    return MembersPage(
        organisation=organisation,
        memberships=list(memberships.order_by("role", "since")[:200]),
        invitations=list(invitations.order_by("-created_at")[:50]),
        may_invite=bool(held & inviters),
    )


def invitation_for(token: str, now: datetime) -> Invitation | None:
    """Return the invitation that ``token`` opens, if it can still be taken up."""
    try:
        pk = int(signing.loads(token, salt="portal.invitation"))
    except signing.BadSignature:
        return None
    return (
        Invitation.objects.select_related("organisation", "invited_by")
        .filter(pk=pk, accepted_at__isnull=True, cancelled_at__isnull=True, expires_at__gt=now)
        .first()
    )
