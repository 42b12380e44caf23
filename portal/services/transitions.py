"""The one service that moves a case through its lifecycle."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar

from portal.domain.lifecycle import Conflict, Lifecycle
from portal.domain.roles import BOUND
from portal.events import StateChanged
from portal.models import Organisation, Stateful, User
from portal.permissions import require_outsider, roles_for
from portal.services.operations import operation
from portal.services.work import close_work

S = TypeVar("S", bound=Stateful)


def apply_transition(
    *,
    instance: S,
    lifecycle: Lifecycle,
    action: str,
    actor: User | None,
    now: datetime,
    organisation: Organisation | None = None,
    roles: frozenset[str] | None = None,
    reason: str = "",
    expected_version: int | None = None,
    changes: Mapping[str, Any] | None = None,
    data: Mapping[str, Any] | None = None,
) -> S:
    """Take ``action`` on a case and return the case as it now stands.

    ``organisation`` is whose case it is: bound roles of ``actor`` count only there, and
    somebody who acts by an unbound role must not belong to it. ``roles`` replaces what
    the actor holds where a service has a finer rule (an assigned reviewer).
    ``expected_version`` is the version on the form. ``changes`` are further fields to set.

    Side effects, all in one transaction: locks the row; sets state, ``state_since`` and
    version; closes the open work items of the case; writes the audit entry; publishes
    ``StateChanged``. Raises ``NotAllowed``, ``Conflict`` (``wrong_state``, ``stale``) or
    ``Invalid`` (``reason_required``), having changed nothing.
    """
    name = f"{lifecycle.name}.{action}"
    with operation(
        name,
        actor=actor,
        now=now,
        subject=instance,
        organisation=organisation,
        reason=reason,
        **dict(data or {}),
    ) as opened:
        locked = lock(instance)
        held = roles_for(actor, organisation) if roles is None else roles
        step = lifecycle.next_state(locked.state, action, roles=held, reason=reason)
        if not (step.roles & held) & set(BOUND):
            require_outsider(actor, organisation)
        if expected_version is not None and locked.version != expected_version:
            raise Conflict("stale", version=locked.version)
        source = locked.state
        for field, value in (changes or {}).items():
            setattr(locked, field, value)
        locked.state, locked.state_since = step.target, now
        locked.version += 1
        locked.full_clean(validate_unique=False, validate_constraints=False)
        locked.save()
        close_work(locked, now=now)
        opened.publish(
            StateChanged(
                lifecycle=lifecycle.name,
                subject_type=locked._meta.label_lower,
                subject_id=str(locked.pk),
                action=action,
                source=source,
                target=step.target,
                actor_id=actor.pk if actor else None,
            )
        )
    return locked


def lock(instance: S) -> S:
    """Return the row fresh and locked for the rest of the transaction."""
    model = type(instance)
    locked: S = model._default_manager.select_for_update().get(pk=instance.pk)
    return locked
