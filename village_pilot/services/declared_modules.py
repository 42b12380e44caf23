"""Saying which shared modules a version of a deliverable uses."""

from collections.abc import Collection
from datetime import datetime

from incubator.selectors.module_uses import declarable
from portal.domain.lifecycle import Conflict, Invalid
from portal.models import User
from portal.permissions import require_role
from portal.services.operations import operation
from portal.services.registers import drop_draft
from portal.services.transitions import lock
from village_pilot.domain.delivery import EDITABLE, REPRESENTS
from village_pilot.models import DeclaredModule, DeliverableVersion


def declare_modules(
    *,
    version: DeliverableVersion,
    releases: Collection[int],
    actor: User,
    now: datetime,
    note: str | None = None,
) -> None:
    """Have a version that can still be edited declare exactly these ``releases`` (ids).

    They are published releases that the firm downloaded or contributed; one that it declared
    before may stay though it was withdrawn. ``note`` is what is written so far of what is
    delivered, kept with it; ``None`` leaves it. Raises ``NotAllowed``,
    ``Conflict("not_editable")``, ``Invalid("module_not_taken")``.
    """
    provider = version.pilot.provider
    wanted = set(releases)
    with operation(
        "village_pilot.deliverable.modules",
        actor=actor,
        now=now,
        subject=version,
        organisation=provider,
        releases=sorted(wanted),
    ):
        require_role(actor, *REPRESENTS, organisation=provider)
        if lock(version).state not in EDITABLE:
            raise Conflict("not_editable")
        choose(version, wanted)
        if note is not None:
            version.note = note.strip()
            version.save(update_fields=["note"])
        drop_draft(user=actor, key=draft_key(version))


def choose(version: DeliverableVersion, wanted: Collection[int]) -> None:
    """Have a locked version declare exactly these releases, or raise ``Invalid``."""
    before = set(version.declared_ids)
    if set(wanted) - before - {one.pk for one in declarable(version.pilot.provider_id)}:
        raise Invalid("module_not_taken", fields={"releases": "module_not_taken"})
    version.declared.exclude(release__in=wanted).delete()
    declare(version, set(wanted) - before)


def draft_key(version: DeliverableVersion) -> str:
    """Return under what the half-filled form of a version is kept."""
    return f"deliverable:{version.pk}"


def declare(version: DeliverableVersion, releases: Collection[int]) -> None:
    """Add releases to what a version declares."""
    DeclaredModule.objects.bulk_create(
        DeclaredModule(version=version, release_id=release) for release in sorted(releases)
    )
