"""What the three administrators look at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from portal import labels
from portal.domain.roles import Role, grantable
from portal.domain.signin import is_dormant
from portal.labels import deeds_named, refusals_named
from portal.models import AuditEntry, EventRecord, FactorReset, Job, Organisation, User
from portal.selectors.background import BackgroundState, QueueState, background_state

AUDIT_PAGE = 50


def audit_page(values: Mapping[str, Any], *, before: int | None = None) -> list[AuditEntry]:
    """Return up to 51 audit entries below the number ``before`` (one query)."""
    entries = AuditEntry.objects.order_by("-number")
    if before is not None:
        entries = entries.filter(number__lt=before)
    if outcome := values.get("outcome"):
        entries = entries.filter(outcome=outcome)
    if since := values.get("since"):
        entries = entries.filter(at__gte=start_of(since))
    if text := values.get("q"):
        entries = entries.filter(
            Q(action__icontains=text)
            | Q(action__in=deeds_named(text))
            | Q(actor_name__icontains=text)
            | Q(actor_id__in=User.objects.filter(named(text)).values("pk"))
            | Q(subject_id=text)
            | Q(request_id=text)
            | Q(reason__icontains=text)
            | Q(reason__in=refusals_named(text), outcome="refused")
        )
    return list(entries[: AUDIT_PAGE + 1])


def subject_names(entries: Sequence[AuditEntry]) -> list[str]:
    """Name what each entry is about where it is a person or an organisation (2 queries at most)."""
    names: dict[tuple[str, str], str] = {}
    for model in (User, Organisation):
        kind = model._meta.label_lower
        ids = {entry.subject_id for entry in entries if entry.subject_type == kind}
        rows = model._default_manager.filter(pk__in=filter(str.isdecimal, ids))
        names |= {(kind, str(pk)): name for pk, name in rows.values_list("pk", "name")}
    return [names.get((entry.subject_type, entry.subject_id), "") for entry in entries]


def named(text: str) -> Q:
    """Return the condition that a person's name or address holds ``text``."""
    return Q(name__icontains=text) | Q(email__icontains=text)


def start_of(day: Any) -> datetime:
    """Return the first moment of ``day`` in the portal's time zone."""
    return timezone.make_aware(datetime.combine(day, time.min))


def people_page(
    values: Mapping[str, Any], *, now: datetime, after: int | None = None
) -> list[User]:
    """Return up to 51 people above the id ``after``, with groups and memberships (3 queries)."""
    people = User.objects.order_by("pk").prefetch_related("groups", "memberships__organisation")
    if after is not None:
        people = people.filter(pk__gt=after)
    if role := values.get("role"):
        people = people.filter(
            Q(groups__name=role) | Q(memberships__role=role, memberships__active=True)
        ).distinct()
    if values.get("state") == "closed":
        people = people.filter(is_active=False)
    if values.get("state") == "dormant":
        people = dormant_people(people, now)
    if text := values.get("q"):
        people = people.filter(named(text))
    return list(people[: AUDIT_PAGE + 1])


@dataclass(frozen=True)
class RoleOffer:
    """A deed on roles (grant, revoke) and the roles for which it can succeed."""

    deed: str
    roles: list[tuple[str, str]]


@dataclass(frozen=True)
class PersonLine:
    """A person of the list, the state of the account, and what can be done to the roles."""

    person: User
    state: str
    offers: list[RoleOffer]


def person_line(person: User, now: datetime) -> PersonLine:
    """Return a person as the list shows them, from what ``people_page`` fetched."""
    held = {group.name for group in person.groups.all()}
    bound = {one.role for one in person.memberships.all() if one.active}
    choices = {
        "grant": [str(role) for role in grantable(frozenset(held | bound))],
        "revoke": [str(role) for role in Role if role in held],
    }
    offers = [
        RoleOffer(deed, [(code, str(labels.ROLES[code])) for code in roles])
        for deed, roles in choices.items()
        if roles
    ]
    return PersonLine(person, account_state(person, now), offers)


def dormant_people(people: QuerySet[User], now: datetime) -> QuerySet[User]:
    """Narrow to open accounts that nobody has signed in to for ``DORMANT_DAYS``."""
    since = now - timedelta(days=settings.DORMANT_DAYS)
    return people.filter(is_active=True).filter(
        Q(last_login__lt=since) | Q(last_login__isnull=True, date_joined__lt=since)
    )


@dataclass(frozen=True)
class PersonPage:
    """A person, the state of the account, and where they are signed in."""

    user: User
    state: str
    sessions: list[UserSession]
    factors: list[str]


def person_page(user: User, now: datetime) -> PersonPage:
    """Return one person as the security administrator sees them (4 queries)."""
    user = User.objects.prefetch_related("groups", "memberships__organisation").get(pk=user.pk)
    return PersonPage(
        user=user,
        state=account_state(user, now),
        sessions=list(UserSession.objects.filter(user=user).order_by("-last_seen_at")[:20]),
        factors=sorted(Authenticator.objects.filter(user=user).values_list("type", flat=True)),
    )


def account_state(user: User, now: datetime) -> str:
    """Return ``closed``, ``dormant`` or “”."""
    if not user.is_active:
        return "closed"
    days = settings.DORMANT_DAYS
    return "dormant" if is_dormant(user.last_login, user.date_joined, now, days) else ""


@dataclass(frozen=True)
class ResetRow:
    """A request to reset a second factor, and what the reader may do about it."""

    request: FactorReset
    state: str
    may_confirm: bool
    may_decline: bool


def factor_resets(reader: User, now: datetime, *, answers: bool) -> list[ResetRow]:
    """Return the newest 50 requests as ``reader`` sees them (one query).

    ``state`` is ``open``, ``granted``, ``declined`` or ``expired``. Without ``answers`` (the
    auditor) they are only to be read.
    """
    rows = FactorReset.objects.select_related("user", "asked_by", "answered_by")[:AUDIT_PAGE]
    return [reset_row(row, reader, now, answers=answers) for row in rows]


def reset_row(row: FactorReset, reader: User, now: datetime, *, answers: bool) -> ResetRow:
    """Return one line; nobody answers for themselves, nobody confirms what they asked."""
    if row.answered_by_id is not None:
        state = "granted" if row.granted else "declined"
    else:
        state = "open" if row.is_open(now) else "expired"
    may = answers and state == "open" and row.user_id != reader.pk
    return ResetRow(row, state, may and row.asked_by_id != reader.pk, may)


@dataclass(frozen=True)
class QueueRow:
    """A line of the table of queues; events have no queue of their own."""

    label: str
    state: QueueState
    messages: int | None


@dataclass(frozen=True)
class JobsPage:
    """How the work stands, and the newest parked rows."""

    state: BackgroundState
    parked_events: list[EventRecord]
    parked_jobs: list[Job]

    @property
    def waiting(self) -> int:
        """What waits or is under way."""
        return self.state.total("waiting")

    @property
    def failing(self) -> int:
        """What waits after a failure."""
        return self.state.total("failing")

    @property
    def parked(self) -> int:
        """What was given up."""
        return self.state.total("parked")

    @property
    def done(self) -> int:
        """What was done in 24 hours."""
        return self.state.total("done")

    @property
    def rows(self) -> list[QueueRow]:
        """The table of queues."""
        names = {"event": _("Events"), **dict(labels.queues())}
        return [
            QueueRow(
                label=str(names[state.kind]),
                state=state,
                messages=None if state.kind == "event" else self.state.messages.get(state.kind, 0),
            )
            for state in self.state.states
        ]


def jobs_page(now: datetime) -> JobsPage:
    """Return how the background work stands (6 queries)."""
    return JobsPage(
        state=background_state(now),
        parked_events=list(EventRecord.objects.parked().order_by("-pk")[:50]),
        parked_jobs=list(Job.objects.parked().order_by("-pk")[:50]),
    )
