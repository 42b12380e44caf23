"""Writes to the shared registers: numbers, notices, issued documents, relations, drafts."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import models, transaction
from django.utils import timezone

from portal.domain.calendar import Window
from portal.domain.identifiers import format_serial
from portal.domain.lifecycle import Conflict, Invalid
from portal.drivers.fonts import missing_signs
from portal.models import (
    FormDraft,
    IssuedDocument,
    Notice,
    Organisation,
    Relation,
    SerialCounter,
    User,
)
from portal.notifications import enqueue_job
from portal.services.operations import operation

MAKE_FILE = "portal.services.documents.make_file"


def next_serial(series: str, *, now: datetime) -> str:
    """Return the next number of a series in this year, such as ``HYGS-2026-000123-8``; no gaps
    but for rolled-back transactions, never one twice.
    """
    with transaction.atomic():
        counter = locked_series(series, now=now)
        counter.last += 1
        counter.save(update_fields=["last"])
    return format_serial(series, counter.year, counter.last)


def locked_series(series: str, *, now: datetime) -> SerialCounter:
    """Return a series' counter of this year; nobody else numbers until the transaction ends."""
    year = timezone.localtime(now).year
    SerialCounter.objects.get_or_create(series=series, year=year)
    return SerialCounter.objects.select_for_update().get(series=series, year=year)


def open_notice(
    *,
    kind: str,
    title: str,
    body: str,
    window: Window,
    actor: User | None,
    now: datetime,
    title_en: str = "",
    body_en: str = "",
    rows: Sequence[Mapping[str, Any]] = (),
    subject: models.Model | None = None,
) -> Notice:
    """Publish a notice for ``window``; ``rows`` is the public list, one dict a line
    (``name``, ``uscc``, ``note``). Audited.
    """
    with operation(f"notice.{kind}", actor=actor, now=now, subject=subject):
        return Notice.objects.create(
            number=next_serial("HYGS", now=now),
            kind=kind,
            title=title,
            title_en=title_en,
            body=body,
            body_en=body_en,
            rows=[dict(row) for row in rows],
            subject_type=subject._meta.label_lower if subject else "",
            subject_id=str(subject.pk) if subject else "",
            opens_on=window.opens_on,
            closes_on=window.closes_on,
            working_days=window.working_days,
            calendar_assumed=window.assumed,
            created_at=now,
        )


def take_off_notice(notice: Notice, organisation: Organisation, *, now: datetime) -> None:
    """Mark an organisation's rows of a notice as withdrawn (``withdrawn_on``): nothing is proposed
    for it any more, and nobody need object. The rows stay, for what was published stays readable.
    """
    locked = Notice.objects.select_for_update().get(pk=notice.pk)
    for row in locked.rows:
        code = row.get("uscc")
        if code == organisation.uscc if code else row.get("name") == organisation.name:
            row.setdefault("withdrawn_on", timezone.localdate(now).isoformat())
    locked.save(update_fields=["rows"])


def require_notice_over(notice: Notice | None, *, now: datetime) -> None:
    """Raise ``Conflict("notice_running")`` until the day after the notice's last day."""
    if notice is not None and timezone.localdate(now) <= notice.closes_on:
        raise Conflict("notice_running", closes_on=notice.closes_on)


def issue_document(
    *,
    kind: str,
    series: str,
    title: str,
    holder_name: str,
    payload: Mapping[str, Any],
    actor: User | None,
    now: datetime,
    organisation: Organisation | None = None,
    user: User | None = None,
    subject: models.Model | None = None,
    valid_until: date | None = None,
) -> IssuedDocument:
    """Issue a document with a number and the SHA-256 of its canonical payload. Audited.

    The worker makes its file afterwards (``services.documents``). Raises
    ``Invalid("no_glyph")`` for text that the document's fonts cannot print.
    """
    with operation(f"document.{kind}", actor=actor, now=now, organisation=organisation) as opened:
        require_printable(title, holder_name, *texts_in(payload))
        document = IssuedDocument.objects.create(
            number=next_serial(series, now=now),
            kind=kind,
            title=title,
            holder_name=holder_name,
            organisation=organisation,
            user=user,
            payload=dict(payload),
            digest=payload_digest(payload),
            subject_type=subject._meta.label_lower if subject else "",
            subject_id=str(subject.pk) if subject else "",
            issued_at=now,
            valid_until=valid_until,
        )
        opened.record("document.issued", subject=document, number=document.number)
        enqueue_job(MAKE_FILE, f"document:{document.number}", now=now, queue="long", pk=document.pk)
    return document


def require_printable(*texts: str) -> None:
    """Raise ``Invalid("no_glyph")`` naming the signs that no font of documents has."""
    signs = missing_signs("".join(texts))
    if signs:
        raise Invalid("no_glyph", signs=" ".join(signs[:10]))


def texts_in(value: object) -> Iterator[str]:
    """Yield every text of a payload, names of its parts included."""
    if isinstance(value, Mapping):
        for name, part in value.items():
            yield str(name)
            yield from texts_in(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from texts_in(part)
    else:
        yield str(value)


def canonical_json(payload: Mapping[str, Any]) -> str:
    """Return a payload's one JSON text: sorted keys, no spaces, UTF-8 as it is."""
    return json.dumps(
        payload, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str
    )


def payload_digest(payload: Mapping[str, Any]) -> str:
    """Return the SHA-256 (hex) of a payload's canonical JSON."""
    return hashlib.sha256(canonical_json(payload).encode()).hexdigest()


def set_document_state(
    *, document: IssuedDocument, state: str, reason: str, actor: User | None, now: datetime
) -> IssuedDocument:
    """Mark an issued document suspended, revoked, superseded or valid again. Audited."""
    with operation(f"document.{state}", actor=actor, now=now, subject=document, reason=reason):
        locked = IssuedDocument.objects.select_for_update().get(pk=document.pk)
        locked.state, locked.state_reason = state, reason
        locked.save(update_fields=["state", "state_reason"])
    return locked


def record_relation(
    *,
    kind: str,
    other: Organisation,
    since: date,
    person: User | None = None,
    organisation: Organisation | None = None,
    subject: models.Model | None = None,
) -> Relation:
    """Write a tie for conflict checks, once for a subject (idempotent)."""
    label = subject._meta.label_lower if subject else ""
    pk = str(subject.pk) if subject else ""
    near = (person.pk if person else "", organisation.pk if organisation else "")
    relation, _created = Relation.objects.get_or_create(
        key="|".join(str(part) for part in (kind, *near, other.pk, label, pk)),
        defaults={
            "kind": kind,
            "person": person,
            "organisation": organisation,
            "other": other,
            "subject_type": label,
            "subject_id": pk,
            "since": since,
        },
    )
    return relation


def save_draft(
    *, user: User, key: str, data: Mapping[str, Any], now: datetime, base: str | None = None
) -> FormDraft:
    """Keep a half-filled form of ``user`` under ``key``. Not audited.

    ``base`` is the mark (``FormDraft.mark``) of the draft on which the words were typed, "" for
    none; ``None`` overwrites whatever there is. Raises ``Conflict("draft_moved")`` where another
    tab or device has kept or sent something since.
    """
    with transaction.atomic():
        found = FormDraft.objects.select_for_update().filter(user=user, key=key).first()
        if base is not None and base != (found.mark if found else ""):
            raise Conflict("draft_moved")
        draft, _created = FormDraft.objects.update_or_create(
            user=user, key=key, defaults={"data": dict(data), "saved_at": now}
        )
    return draft


def drop_draft(*, user: User, key: str) -> None:
    """Forget a draft, because the form was sent."""
    FormDraft.objects.filter(user=user, key=key).delete()
