"""The published snapshots of the list."""

from portal.models import IssuedDocument

KIND = "recommendation_snapshot"


def latest_snapshot() -> IssuedDocument | None:
    """Return the newest snapshot of the list with its file, ``None`` before the first."""
    found = IssuedDocument.objects.filter(kind=KIND, state="valid")
    return found.select_related("file").order_by("-pk").first()
