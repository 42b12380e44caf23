"""The task inbox and notifications of a person."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import F
from django.utils.functional import Promise

from portal.domain.calendar import working_days_left
from portal.labels import NOTIFICATION_KINDS, ROLES, WORK_KINDS, state_label
from portal.labels.days import iso_in_words, speaks_english
from portal.models import Notification, User, WorkItem

LIMIT = 100


@dataclass(frozen=True)
class Task:
    """One line of the inbox."""

    title: str
    icon: str
    action: str | Promise
    url: str
    received: datetime
    due: date | None
    days_left: int | None


def inbox(user: User, today: date) -> list[Task]:
    """Return what waits for ``user``, due first, at most 100 lines (one query)."""
    items = WorkItem.objects.waiting_for(user, today).order_by(
        F("due_on").asc(nulls_last=True), "id"
    )
    return [task(item, today) for item in items[:LIMIT]]


def inbox_count(user: User, today: date) -> int:
    """Return how many things wait (one query)."""
    return WorkItem.objects.waiting_for(user, today).count()


def task(item: WorkItem, today: date) -> Task:
    """Return an item with its words in the reader's language."""
    title, icon, button = WORK_KINDS[item.kind]
    return Task(
        title=str(title) % in_words(item.params),
        icon=icon,
        action=button,
        url=item.url,
        received=item.opened_at,
        due=item.due_on,
        days_left=working_days_left(today, item.due_on) if item.due_on else None,
    )


def in_words(params: Mapping[str, str]) -> dict[str, str]:
    """Return stored params as the reader's language writes them.

    Days and moments (ISO 8601) are written out; ``name`` gives way to ``name_en`` in English.
    """
    words = {name: iso_in_words(value) for name, value in params.items()}
    if speaks_english():
        words |= {name: words[f"{name}_en"] for name in words if words.get(f"{name}_en")}
    return words


@dataclass(frozen=True)
class Message:
    """One notification in the reader's language."""

    pk: int
    subject: str
    text: str
    url: str
    created_at: datetime
    read: bool


def texts(notification: Notification) -> tuple[str, str]:
    """Return (subject, text) of a notification in the language that is active now."""
    _name, subject, body = NOTIFICATION_KINDS[notification.kind]
    params = in_words(notification.params)
    if "role" in params:
        params["role"] = str(ROLES.get(params["role"], params["role"]))
    if "state" in params:
        lifecycle, _dot, state = params["state"].rpartition(".")
        params["state"] = str(state_label(lifecycle, state, public=True))
    return str(subject) % params, str(body) % params


def messages_of(user: User, *, limit: int = 50) -> list[Message]:
    """Return the newest notifications of ``user`` (one query)."""
    rows = Notification.objects.filter(user=user, in_app=True)[:limit]
    return [
        Message(row.pk, *texts(row), row.url, row.created_at, row.read_at is not None)
        for row in rows
    ]


def unread_count(user: User) -> int:
    """Return how many notifications are unread (one query)."""
    return Notification.objects.filter(user=user, in_app=True, read_at__isnull=True).count()
