"""Events: backwards news as frozen dataclasses, written to the outbox, delivered after commit.

``publish`` writes a row in the caller's transaction. After commit the worker calls every
subscriber once (``portal.services.delivery``). Subscribers are dotted paths, so that a
lower app never imports a higher one; each is called as ``f(event, event_id=…, now=…)``.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, TypeVar

from django.conf import settings
from django.db import transaction

from portal.domain.background import HANDOVER
from portal.models import EventRecord


@dataclass(frozen=True)
class Event:
    """Base of every event: ids and codes only, so that the row can be read years later."""


REGISTRY: dict[str, type[Event]] = {}
SUBSCRIBERS: dict[str, list[str]] = {}
E = TypeVar("E", bound=Event)
F = TypeVar("F", bound=Callable[..., None])


def listed(cls: type[E]) -> type[E]:
    """List an event class under its name."""
    REGISTRY[cls.__name__] = cls
    return cls


@listed
@dataclass(frozen=True)
class StateChanged(Event):
    """A case moved: every transition publishes this."""

    lifecycle: str
    subject_type: str
    subject_id: str
    action: str
    source: str
    target: str
    actor_id: int | None


@listed
@dataclass(frozen=True)
class InvitationSent(Event):
    """A person was invited to an organisation."""

    invitation_id: int


@listed
@dataclass(frozen=True)
class ObjectionDecided(Event):
    """An objection to a public notice was turned away, upheld or dismissed."""

    objection_id: int


@listed
@dataclass(frozen=True)
class FirmAdmitted(Event):
    """A firm passed its public notice and may use modules, courses, calls and pilots."""

    application_id: int
    organisation_id: int


@listed
@dataclass(frozen=True)
class FirmRemoved(Event):
    """A firm was removed from incubation for a breach."""

    incubation_id: int
    organisation_id: int


@listed
@dataclass(frozen=True)
class ModulePublished(Event):
    """A shared module release can be downloaded."""

    release_id: int


@listed
@dataclass(frozen=True)
class CourseCompleted(Event):
    """A learner completed a course."""

    enrolment_id: int
    user_id: int


@listed
@dataclass(frozen=True)
class ProposalSelected(Event):
    """A consortium's proposal was selected for a call."""

    proposal_id: int
    organisation_id: int


@listed
@dataclass(frozen=True)
class DeliverableAccepted(Event):
    """A village committee accepted a version of a deliverable, with or without conditions.

    ``release_ids`` are the releases of shared modules that the version declares.
    """

    deliverable_id: int
    organisation_id: int
    version_id: int = 0
    release_ids: tuple[int, ...] = ()


@listed
@dataclass(frozen=True)
class ModulesUsed(Event):
    """The register of uses knows the modules of an accepted deliverable.

    ``organisation_id`` delivered with them, ``contributor_ids`` are the firms they come from.
    """

    organisation_id: int
    contributor_ids: tuple[int, ...] = ()


@listed
@dataclass(frozen=True)
class GradeTookEffect(Event):
    """A grade is in force."""

    grade_id: int
    organisation_id: int


@listed
@dataclass(frozen=True)
class GradeChanged(Event):
    """A grade was suspended, resumed or cancelled; ``action`` says which."""

    grade_id: int
    organisation_id: int
    action: str


@listed
@dataclass(frozen=True)
class GradeRevoked(Event):
    """A grade was revoked for fault."""

    grade_id: int
    organisation_id: int


def subscribe(event: type[Event], path: str) -> None:
    """Have the function at dotted ``path`` called once for every ``event``."""
    paths = SUBSCRIBERS.setdefault(event.__name__, [])
    if path not in paths:
        paths.append(path)


def subscribers_of(name: str) -> tuple[str, ...]:
    """Return the dotted paths that listen to the event called ``name``."""
    return tuple(SUBSCRIBERS.get(name, ()))


def load(record: EventRecord) -> Event:
    """Return the event that an outbox row holds; JSON's lists become the tuples they were."""
    payload: dict[str, Any] = record.payload
    values = {
        name: tuple(value) if isinstance(value, list) else value for name, value in payload.items()
    }
    return REGISTRY[record.name](**values)


def publish(event: Event, *, now: datetime) -> EventRecord | None:
    """Write ``event`` to the outbox in the open transaction; deliver it after commit.

    An event that nobody listens to is not kept: the audit trail already tells it.
    """
    name = type(event).__name__
    if not subscribers_of(name):
        return None
    record = EventRecord.objects.create(
        name=name, payload=asdict(event), created_at=now, due_at=now + HANDOVER
    )
    hand_over(record.handler, record.pk)
    return record


def external(work: F) -> F:
    """Mark a job's task as one that speaks to the world outside: it runs in no transaction."""
    work.external = True  # type: ignore[attr-defined]
    return work


def hand_over(task: str, pk: int, queue: str = "short") -> None:
    """Give a committed row to the worker; a sweep finds those that got lost on the way."""
    if settings.EVENT_DELIVERY != "queue":
        return
    from django_q.tasks import async_task  # noqa: PLC0415 needs the app registry

    transaction.on_commit(lambda: async_task(task, pk, cluster=queue), robust=True)
