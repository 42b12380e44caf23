"""What the public reads of the registers."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet

from portal.domain.calendar import working_days_left
from portal.models import IssuedDocument, Notice, User

PAGE = 20
DOCUMENTS = 200


@dataclass(frozen=True)
class NoticeRow:
    """A notice with the working days that are left of its window."""

    notice: Notice
    days_left: int
    running: bool


def notice_row(notice: Notice, today: date) -> NoticeRow:
    """Return a notice as lists show it: working days after today, 0 on the last day."""
    running = notice.opens_on <= today <= notice.closes_on
    left = working_days_left(today, notice.closes_on) if running else 0
    return NoticeRow(notice, left, running)


def running_notices(today: date, *, limit: int = 5) -> list[NoticeRow]:
    """Return notices whose window is open, soonest end first (one query)."""
    rows = Notice.objects.running(today).order_by("closes_on", "id")[:limit]
    return [notice_row(notice, today) for notice in rows]


def notices_page(today: date, *, kind: str = "", after: int | None = None) -> list[NoticeRow]:
    """Return up to 21 published notices, newest first, below the id ``after`` (one query)."""
    notices = Notice.objects.published(today).order_by("-id")
    if kind:
        notices = notices.filter(kind=kind)
    if after is not None:
        notices = notices.filter(pk__lt=after)
    return [notice_row(notice, today) for notice in notices[: PAGE + 1]]


@dataclass(frozen=True)
class Verification:
    """What a check of a document's number says."""

    document: IssuedDocument
    state: str


def verify_number(number: str, today: date) -> Verification | None:
    """Return the document with ``number`` and its state today, or ``None`` (one query)."""
    document = (
        IssuedDocument.objects.select_related("organisation", "file")
        .filter(number=number.strip().upper())
        .first()
    )
    return None if document is None else verification_of(document, today)


def verification_of(document: IssuedDocument, today: date) -> Verification:
    """Return a document with its state today: past its last day it is expired."""
    expired = document.valid_until is not None and document.valid_until < today
    state = "expired" if expired and document.state == "valid" else document.state
    return Verification(document, state)


def archive_choice(kind: str, since: date, until: date) -> QuerySet[IssuedDocument]:
    """Return what was issued of ``kind`` in these days (both included), oldest first."""
    return (
        IssuedDocument.objects.select_related("organisation", "file")
        .filter(kind=kind, issued_at__date__gte=since, issued_at__date__lte=until)
        .order_by("pk")
    )


def documents_of(user: User, today: date) -> list[Verification]:
    """Return what a person holds, or their organisations do, newest first (two queries)."""
    firms = [held.organisation_id for held in user.active_memberships]
    documents = (
        IssuedDocument.objects.select_related("organisation", "file")
        .filter(Q(user=user) | Q(user__isnull=True, organisation__in=firms))
        .order_by("-issued_at", "-pk")[:DOCUMENTS]
    )
    return [verification_of(document, today) for document in documents]
