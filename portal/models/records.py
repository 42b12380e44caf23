"""What the portal remembers by itself: audit, files, drafts."""

import json
import uuid
from datetime import UTC
from typing import ClassVar

from django.db import connection, models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal import labels
from portal.domain.audit_chain import ChainEnd


class AuditHead(models.Model):
    """The end of one of the trail's chains, locked by whoever appends to it.

    ``number`` is its last entry's number, ``length`` how many entries it ever held.
    """

    id = models.PositiveSmallIntegerField(primary_key=True)
    number = models.PositiveBigIntegerField(default=0)
    length = models.PositiveBigIntegerField(default=0)
    digest = models.CharField(max_length=64)

    class Meta:
        """Chains are counted from 1."""

        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(id__gte=1), name="audit_head_from_one"),
        ]

    def __str__(self) -> str:
        """Show how far the chain goes."""
        return f"{self.id}: {self.number} {self.digest[:12]}"


class AuditQuerySet(models.QuerySet["AuditEntry"]):
    """Entries in the order of their numbers, which is that of their appending."""

    def next_numbers(self, count: int) -> list[int]:
        """Return ``count`` rising numbers that nobody else gets; call with a head locked.

        PostgreSQL counts without waiting, and leaves gaps where a transaction failed.
        """
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT nextval('portal_audit_number') FROM generate_series(1, %s)", [count]
                )
                return sorted(number for (number,) in cursor.fetchall())
        last: int = self.aggregate(last=models.Max("number"))["last"] or 0
        return list(range(last + 1, last + count + 1))


class AuditEntry(models.Model):
    """Who did what to what, when and with which outcome; never changed.

    Triggers refuse UPDATE, and DELETE unless an ``AuditCut`` names the entry. Personal data:
    the actor's id and name and the address of the request, kept at least six months by law
    and then as long as ``AUDIT_KEEP_DAYS`` says.
    """

    number = models.PositiveBigIntegerField(_("number"), primary_key=True)
    partition = models.PositiveSmallIntegerField(_("chain"), default=1)
    at = models.DateTimeField(_("at"), db_index=True)
    actor_id = models.BigIntegerField(_("person"), null=True, db_index=True)
    actor_name = models.CharField(_("name"), max_length=120)
    action = models.CharField(_("action"), max_length=80, db_index=True)
    outcome = models.CharField(_("outcome"), max_length=12, choices=labels.audit_outcomes)
    subject_type = models.CharField(_("subject"), max_length=60, blank=True)
    subject_id = models.CharField(_("subject id"), max_length=64, blank=True)
    organisation_id = models.BigIntegerField(_("organisation"), null=True)
    reason = models.TextField(_("reason"), blank=True)
    data = models.JSONField(_("data"), default=dict)
    request_id = models.CharField(_("request"), max_length=40, blank=True)
    address = models.CharField(_("address"), max_length=45, blank=True)
    previous = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)

    objects = AuditQuerySet.as_manager()

    class Meta:
        """Read newest first, or by what it is about."""

        verbose_name = _("audit entry")
        verbose_name_plural = _("audit entries")
        indexes: ClassVar = [
            models.Index(fields=["subject_type", "subject_id"], name="audit_subject"),
        ]

    def __str__(self) -> str:
        """Show number and action."""
        return f"{self.number} {self.action}"


class AuditAnchor(models.Model):
    """The ends of all chains on a day, published; never changed, never deleted.

    ``text`` is what was published, byte for byte; ``root`` its SHA-256. No personal data.
    """

    on = models.DateField(_("date"), primary_key=True)
    at = models.DateTimeField(_("at"))
    entries = models.PositiveBigIntegerField(_("entries"))
    text = models.TextField()
    previous = models.CharField(max_length=64)
    root = models.CharField(_("root digest"), max_length=64, unique=True)

    class Meta:
        """One a day."""

        verbose_name = _("audit anchor")
        verbose_name_plural = _("audit anchors")

    def __str__(self) -> str:
        """Show the day and the root."""
        return f"{self.on} {self.root[:12]}"

    @property
    def ends(self) -> list[ChainEnd]:
        """Where each chain ended."""
        return [ChainEnd(*end) for end in json.loads(self.text)["chains"]]


class AuditCut(models.Model):
    """Up to where a chain's entries were removed for their age; append-only. No personal data.

    Triggers let an entry go only when it is older than 184 days and a cut names it.
    """

    chain = models.PositiveSmallIntegerField()
    number = models.PositiveBigIntegerField()
    length = models.PositiveBigIntegerField()
    digest = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        """A chain is cut at a place once."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["chain", "number"], name="audit_cut_once"),
        ]

    def __str__(self) -> str:
        """Show chain and number."""
        return f"{self.chain}: {self.number}"

    @property
    def end(self) -> ChainEnd:
        """Where the removed part ended, and the rest goes on from."""
        return ChainEnd(self.chain, self.number, self.length, self.digest)


class BackupRun(models.Model):
    """A backup: when, how it ended, what it holds and where it lies. No personal data."""

    name = models.CharField(_("name"), max_length=40, unique=True)
    state = models.CharField(_("state"), max_length=12, choices=labels.backup_states)
    started_at = models.DateTimeField(_("started at"), db_index=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    files = models.PositiveIntegerField(_("files"), default=0)
    rows = models.PositiveBigIntegerField(_("rows"), default=0)
    size = models.PositiveBigIntegerField(_("size"), default=0)
    digest = models.CharField(_("manifest (SHA-256)"), max_length=64, blank=True)
    offsite = models.BooleanField(_("off-site"), default=False)
    error = models.TextField(_("error"), blank=True)

    class Meta:
        """The newest is read first."""

        verbose_name = _("backup")
        verbose_name_plural = _("backups")

    def __str__(self) -> str:
        """Show its name."""
        return self.name


class StoredFile(models.Model):
    """A private file: bytes live content-addressed in storage, this row says whose they are.

    Personal data: whatever the file holds; the row holds uploader and organisation.
    Kept with the record that it belongs to.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    use = models.CharField(_("use"), max_length=40)
    name = models.CharField(_("file name"), max_length=200)
    sha256 = models.CharField("SHA-256", max_length=64, db_index=True)
    size = models.PositiveBigIntegerField(_("size"))
    media_type = models.CharField(_("type"), max_length=120)
    uploader = models.ForeignKey(
        "portal.User", null=True, on_delete=models.PROTECT, related_name="+"
    )
    organisation = models.ForeignKey(
        "portal.Organisation", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(_("uploaded at"))

    class Meta:
        """Nothing empty is kept."""

        verbose_name = _("stored file")
        verbose_name_plural = _("stored files")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(size__gt=0), name="file_not_empty"),
        ]

    def __str__(self) -> str:
        """Show the name that the uploader gave."""
        return self.name

    @property
    def storage_name(self) -> str:
        """Where the bytes lie: two levels of folders by digest."""
        return f"{self.sha256[:2]}/{self.sha256[2:4]}/{self.sha256}"


class FormDraft(models.Model):
    """A half-filled form, saved while its owner types and kept until it is sent.

    Personal data: whatever was typed; deleted when the form is sent or after 90 days.
    """

    user = models.ForeignKey("portal.User", on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=120)
    data = models.JSONField(default=dict)
    saved_at = models.DateTimeField()

    class Meta:
        """One draft for a person and a form."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "key"], name="one_draft_a_form"),
        ]

    def __str__(self) -> str:
        """Show which form it is."""
        return self.key

    @property
    def mark(self) -> str:
        """What tells this state of the draft from a later one."""
        return self.saved_at.astimezone(UTC).isoformat()
