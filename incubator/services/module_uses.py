"""Writes of the register of uses: which releases an accepted deliverable declares."""

from collections.abc import Iterable
from datetime import datetime

from incubator.domain.module_use import uncounted
from incubator.models import ModuleRelease, ModuleUse
from portal.events import ModulesUsed
from portal.models import Organisation, User
from portal.permissions import ties
from portal.services.operations import operation


def record_uses(
    *,
    releases: Iterable[int],
    organisation_id: int,
    deliverable_id: int,
    version_id: int,
    accepted_at: datetime,
    now: datetime,
) -> None:
    """Record that a firm's accepted version declares ``releases`` (ids); again changes nothing.

    Whether a use counts is settled here, once, by how firm and contributor stand to each other.
    """
    firm = Organisation.objects.get(pk=organisation_id)
    known = ModuleRelease.objects.filter(uses__version=version_id).values("pk")
    rows = ModuleRelease.objects.filter(pk__in=list(releases)).exclude(pk__in=known)
    found = list(rows.select_related("module__owner").order_by("pk"))
    if not found:
        return
    with operation(
        "incubator.module.use",
        actor=None,
        now=now,
        organisation=firm,
        version=version_id,
        releases=[release.pk for release in found],
    ) as opened:
        ModuleUse.objects.bulk_create(
            ModuleUse(
                release=release,
                organisation=firm,
                deliverable=deliverable_id,
                version=version_id,
                accepted_at=accepted_at,
                uncounted=why_uncounted(release.module.owner, firm),
            )
            for release in found
        )
        opened.publish(
            ModulesUsed(
                organisation_id=firm.pk,
                contributor_ids=tuple(
                    sorted({owner for release in found if (owner := release.module.owner_id)})
                ),
            )
        )


def why_uncounted(owner: Organisation | None, firm: Organisation) -> str:
    """Return why a use counts for nobody; “” where it does."""
    return uncounted(
        owner=owner.pk if owner else None,
        firm=firm.pk,
        tied=owner is not None and owner != firm and are_tied(owner, firm),
    )


def are_tied(one: Organisation, other: Organisation) -> bool:
    """Return whether the one rule of conflicts ties people of either firm to the other one."""
    return bool(ties(people_of(one), [other]) or ties(people_of(other), [one]))


def people_of(firm: Organisation) -> list[User]:
    """Return everybody who acts for a firm."""
    rows = User.objects.filter(memberships__organisation=firm, memberships__active=True)
    return list(rows.distinct())
