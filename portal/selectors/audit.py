"""What the public and documents read of the audit trail: its anchors, never its entries."""

from dataclasses import dataclass
from datetime import date

from portal.models import AuditAnchor

PAGE = 31


@dataclass(frozen=True)
class AnchorMark:
    """An anchor as documents print it: its day and its root digest (SHA-256, hex)."""

    on: date
    root: str


def latest_anchor() -> AnchorMark | None:
    """Return the newest anchor, or ``None`` before the first (one query)."""
    row = AuditAnchor.objects.order_by("-on").values_list("on", "root").first()
    return AnchorMark(*row) if row else None


def anchors_page(before: date | None = None) -> list[AuditAnchor]:
    """Return up to 32 anchors, newest first, of days before ``before`` (one query)."""
    anchors = AuditAnchor.objects.order_by("-on").defer("text")
    if before is not None:
        anchors = anchors.filter(on__lt=before)
    return list(anchors[: PAGE + 1])


def anchor_of(on: date) -> AuditAnchor | None:
    """Return the anchor of a day (one query)."""
    return AuditAnchor.objects.filter(on=on).first()
