"""Taking a file out of a deliverable's version again."""

from datetime import datetime
from uuid import UUID

from portal.domain.lifecycle import Conflict
from portal.models import User
from portal.permissions import require_role
from portal.services.operations import operation
from portal.services.transitions import lock
from village_pilot.domain.delivery import EDITABLE, REPRESENTS
from village_pilot.models import DeliverableVersion


def remove_file(*, version: DeliverableVersion, file: UUID, actor: User, now: datetime) -> None:
    """Take the file with the id ``file`` out of a version that can still be edited.

    The audit trail keeps its name and digest. Raises ``NotAllowed``,
    ``Conflict`` (``not_editable``, ``file_gone``).
    """
    provider = version.pilot.provider
    with operation(
        "village_pilot.deliverable.file_remove",
        actor=actor,
        now=now,
        subject=version,
        organisation=provider,
    ) as opened:
        require_role(actor, *REPRESENTS, organisation=provider)
        if lock(version).state not in EDITABLE:
            raise Conflict("not_editable")
        stored = version.files.filter(pk=file).first()
        if stored is None:
            raise Conflict("file_gone")
        opened.record(
            "file.remove",
            subject=stored,
            organisation=provider,
            name=stored.name,
            sha256=stored.sha256,
        )
        # Every upload has a row of its own, so no other version loses its file.
        stored.delete()
