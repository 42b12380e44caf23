"""Privacy notices: versions that never change, and who accepted them."""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from portal.domain.audit_chain import sha256_of
from portal.domain.lifecycle import Conflict, Invalid
from portal.domain.texts import is_blank
from portal.models import PrivacyAcceptance, PrivacyNotice, User
from portal.services.operations import operation

SHIPPED = Path(__file__).with_name("privacy_notice.json")


@dataclass(frozen=True)
class Words:
    """A version of the notice as its file holds it."""

    version: str
    text: str
    text_en: str = ""
    changes: str = ""
    changes_en: str = ""

    @property
    def digest(self) -> str:
        """SHA-256 (hex) over both texts."""
        return sha256_of(f"{self.text}\n\n{self.text_en}")


def read_words(path: Path) -> Words:
    """Return a notice's words from a JSON file; texts are lists of lines.

    Raises ``Invalid("privacy_file")`` for anything else.
    """
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        values |= {name: "\n".join(values[name]) for name in ("text", "text_en")}
        words = Words(**values)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise Invalid("privacy_file", name=path.name) from error
    if is_blank(words.version) or is_blank(words.text):
        raise Invalid("privacy_file", name=path.name)
    return words


def publish_notice(*, words: Words, actor: User | None, now: datetime) -> PrivacyNotice:
    """Publish a version; the same one again changes nothing.

    Everybody is asked to read it at the next sign-in. Raises ``Conflict("privacy_version")``
    for a version that was published with other words.
    """
    found = PrivacyNotice.objects.filter(version=words.version).first()
    if found is not None and found.digest == words.digest:
        return found
    with operation("privacy.publish", actor=actor, now=now, version=words.version) as opened:
        if found is not None:
            raise Conflict("privacy_version", version=words.version)
        notice = PrivacyNotice.objects.create(
            version=words.version,
            text=words.text,
            text_en=words.text_en,
            changes=words.changes,
            changes_en=words.changes_en,
            digest=words.digest,
            published_at=now,
        )
        opened.record("privacy.published", subject=notice, digest=notice.digest)
    return notice


def publish_shipped(*, now: datetime) -> PrivacyNotice:
    """Publish the notice that comes with the portal, unless some version is there already."""
    newest = PrivacyNotice.objects.first()
    return newest or publish_notice(words=read_words(SHIPPED), actor=None, now=now)


def accept_notice(*, user: User, now: datetime, version: str | None = None) -> PrivacyNotice | None:
    """Note that ``user`` accepted the newest notice (once); return it, ``None`` where none is.

    ``version`` is what the person read. Raises ``Conflict("privacy_newer")`` when a newer one
    was published meanwhile.
    """
    notice = PrivacyNotice.objects.first()
    if notice is None:
        return None
    with operation("privacy.accept", actor=user, now=now, subject=notice, version=notice.version):
        if version is not None and version != notice.version:
            raise Conflict("privacy_newer")
        PrivacyAcceptance.objects.get_or_create(
            user=user, notice=notice, defaults={"accepted_at": now}
        )
    return notice
