"""The public list as a document: what it said on a day can be shown and checked for good."""

from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

from certification.domain.recommendation import DISCLAIMER, NATURE
from certification.selectors.recommendations import Filters, Row, recommendation_rows
from certification.selectors.snapshots import KIND, latest_snapshot
from portal.drivers.fonts import printable
from portal.models import IssuedDocument
from portal.services.operations import operation
from portal.services.registers import issue_document, locked_series, set_document_state

TITLE = "数字服务商能力清单"
SERIES = "HYQD"


def publish_list(*, now: datetime) -> IssuedDocument | None:
    """Issue the list as it stands, unless the newest snapshot says the same. Audited.

    The snapshot before is marked superseded. Returns ``None`` where nothing has changed.
    """
    today = timezone.localdate(now)
    with operation("certification.list.publish", actor=None, now=now):
        # One publisher at a time, who reads the list only then: an older state never follows.
        locked_series(SERIES, now=now)
        before, rows = latest_snapshot(), list_rows(today)
        if before is not None and before.payload["providers"] == rows:
            return None
        made = issue_document(
            kind=KIND,
            series=SERIES,
            title=f"{TITLE}（{today.isoformat()}）",
            holder_name=printable(settings.ISSUER_NAME),
            payload={
                "title": TITLE,
                "as_of": today.isoformat(),
                "nature": NATURE,
                "disclaimer": DISCLAIMER,
                "providers": rows,
            },
            actor=None,
            now=now,
        )
        if before is not None:
            set_document_state(
                document=before, state="superseded", reason=made.number, actor=None, now=now
            )
    return made


def list_rows(today: date) -> list[dict[str, Any]]:
    """Return every provider by name, as the list shows it on ``today`` (two queries)."""
    page = recommendation_rows(Filters(), "name", None, today, limit=None)
    return [list_row(row) for row in page.rows]


def list_row(row: Row) -> dict[str, Any]:
    """Return a provider's line as data; a sign that no font has becomes a geta mark."""
    until = row.listing.valid_until if row.tier else None
    return {
        "uscc": row.listing.uscc,
        "name": printable(row.listing.name),
        "tier": row.tier,
        "status": row.status,
        **{name: points_text(row.points(name)) for name in ("total", "quality", "innovation")},
        "valid_until": until.isoformat() if until else None,
        "statement": row.listing.summary["number"] if row.tier else None,
    }


def points_text(points: float | None) -> str | None:
    """Write points with two digits, ``None`` where there are none."""
    return None if points is None else f"{points:.2f}"
