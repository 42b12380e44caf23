"""Lifecycles as tables: which action leads from which states to which, and who may take it.

A lifecycle is data. Each app writes its own tables in its ``domain/``; the one service
``portal.services.transitions.apply_transition`` applies them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from portal.domain.texts import is_blank

SYSTEM = "system"
"""The role of a job or a machine check: no person holds it."""


class Refused(Exception):
    """A use case said no: nothing was changed.

    ``code`` is stable and is what the faces translate; ``params`` fills its text;
    ``status`` is the HTTP status that a face answers with (403, 404, 409 or 422).
    """

    status = 409

    def __init__(self, code: str, **params: object) -> None:
        """Remember the refusal's code and the values that its text names."""
        self.code = code
        self.params = params
        super().__init__(f"{code} {params}" if params else code)


class NotAllowed(Refused):
    """The person may not do this, whatever the state."""

    status = 403


class Conflict(Refused):
    """The state, or somebody else's deed a moment ago, stands in the way."""

    status = 409


class Invalid(Refused):
    """The input is wrong; ``fields`` names what to mend where that is known."""

    status = 422

    def __init__(
        self, code: str, *, fields: Mapping[str, str] | None = None, **params: object
    ) -> None:
        """Remember the code and, per field, the code of what is wrong with it."""
        self.fields = dict(fields or {})
        super().__init__(code, **params)


def require_seen(**texts: str) -> None:
    """Raise ``Invalid("text_required")`` naming the texts of which nobody sees a character.

    >>> require_seen(title="村务公开")
    """
    if blank := {name: "text_required" for name, text in texts.items() if is_blank(text)}:
        raise Invalid("text_required", fields=blank)


@dataclass(frozen=True)
class Transition:
    """One row of a lifecycle: ``action`` leads from any of ``sources`` to ``target``."""

    action: str
    sources: frozenset[str]
    target: str
    roles: frozenset[str]
    reason_required: bool = False


def row(action: str, sources: str, target: str, roles: str, *, reason: bool = False) -> Transition:
    """Write a transition as one readable line; ``sources`` and ``roles`` are space-separated.

    >>> row("submit", "draft more_info", "submitted", "firm_signer").sources == {
    ...     "draft", "more_info"}
    True
    """
    return Transition(action, frozenset(sources.split()), target, frozenset(roles.split()), reason)


@dataclass(frozen=True)
class Lifecycle:
    """A named table of transitions with its states in the order in which people meet them."""

    name: str
    states: tuple[str, ...]
    transitions: tuple[Transition, ...]
    final: frozenset[str] = field(default_factory=frozenset)

    def __post_init__(self) -> None:
        """Refuse a table that names an unknown state or leads two ways from one state."""
        known = set(self.states)
        seen: set[tuple[str, str]] = set()
        for transition in self.transitions:
            unknown = (transition.sources | {transition.target}) - known
            if unknown:
                msg = f"{self.name}: unknown states {sorted(unknown)} in {transition.action}"
                raise ValueError(msg)
            for source in transition.sources:
                if (source, transition.action) in seen:
                    msg = f"{self.name}: {transition.action} leads two ways from {source}"
                    raise ValueError(msg)
                seen.add((source, transition.action))

    @property
    def initial(self) -> str:
        """The state in which a case is born."""
        return self.states[0]

    def find(self, state: str, action: str) -> Transition:
        """Return the row of ``action`` in ``state``.

        Raises ``ValueError`` for an action that the table does not know and ``Conflict``
        (code ``wrong_state``) for one that does not start from ``state``.
        """
        rows = [transition for transition in self.transitions if transition.action == action]
        if not rows:
            msg = f"{self.name} has no action {action}"
            raise ValueError(msg)
        for transition in rows:
            if state in transition.sources:
                return transition
        raise Conflict("wrong_state", lifecycle=self.name, state=state, action=action)

    def next_state(
        self, state: str, action: str, *, roles: Iterable[str], reason: str = ""
    ) -> Transition:
        """Return the transition to apply, or say why not.

        Raises ``NotAllowed("role")``, ``Conflict("wrong_state")`` or
        ``Invalid("reason_required")``. Permission is judged first, so that a stranger
        learns nothing about the state.
        """
        allowed = frozenset().union(*(t.roles for t in self.transitions if t.action == action))
        held = frozenset(roles)
        if allowed and not allowed & held:
            raise NotAllowed("role", lifecycle=self.name, action=action)
        transition = self.find(state, action)
        if not transition.roles & held:
            raise NotAllowed("role", lifecycle=self.name, action=action)
        if transition.reason_required and is_blank(reason):
            raise Invalid("reason_required", fields={"reason": "reason_required"})
        return transition

    def actions(self, state: str, roles: Iterable[str]) -> tuple[str, ...]:
        """Return the actions that somebody with ``roles`` may take in ``state``, in table order."""
        held = frozenset(roles)
        return tuple(
            transition.action
            for transition in self.transitions
            if state in transition.sources and transition.roles & held
        )
