"""Work items: what waits for whom. Opened and closed inside the services' transactions."""

from datetime import date, datetime

from django.db import models

from portal.models import Organisation, User, WorkItem


def open_work(
    kind: str,
    *,
    subject: models.Model,
    url: str,
    now: datetime,
    due_on: date | None = None,
    role: str = "",
    organisation: Organisation | None = None,
    user: User | None = None,
    **params: object,
) -> WorkItem:
    """Put something into the inbox of a person, a role or an organisation's role; once.

    ``kind`` is a key of ``labels.WORK_KINDS``, ``params`` fill its title.
    """
    label, pk = subject._meta.label_lower, str(subject.pk)
    whom = (role, organisation.pk if organisation else "", user.pk if user else "")
    item, _created = WorkItem.objects.get_or_create(
        key="|".join(str(part) for part in (kind, label, pk, *whom)),
        closed_at=None,
        defaults={
            "kind": kind,
            "subject_type": label,
            "subject_id": pk,
            "role": role,
            "organisation": organisation,
            "user": user,
            "params": {key: str(value) for key, value in params.items()},
            "url": url,
            "opened_at": now,
            "due_on": due_on,
        },
    )
    return item


def close_work(
    subject: models.Model, *, now: datetime, kind: str = "", user: User | None = None
) -> int:
    """Close the open items of ``subject`` (of one ``kind``, of one ``user``); return how many."""
    items = WorkItem.objects.open().filter(
        subject_type=subject._meta.label_lower, subject_id=str(subject.pk)
    )
    if kind:
        items = items.filter(kind=kind)
    if user is not None:
        items = items.filter(user=user)
    return items.update(closed_at=now)
