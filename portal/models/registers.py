"""Registers that every stage writes: relations, work items, notices, issued documents."""

from datetime import date
from typing import ClassVar

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from portal import labels
from portal.models.accounts import Membership, User


class Relation(models.Model):
    """Who taught, mentored, partnered with, accepted for or bought from whom.

    Conflict checks read only this. Personal data: a person's id and the tie; kept as
    long as decisions that it touches can be appealed.
    """

    kind = models.CharField(_("kind"), max_length=24, choices=labels.relation_kinds)
    person = models.ForeignKey(
        "portal.User", null=True, blank=True, on_delete=models.CASCADE, related_name="relations"
    )
    organisation = models.ForeignKey(
        "portal.Organisation",
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="relations_from",
    )
    other = models.ForeignKey(
        "portal.Organisation", on_delete=models.CASCADE, related_name="relations_to"
    )
    since = models.DateField(_("since"))
    until = models.DateField(_("until"), null=True, blank=True)
    subject_type = models.CharField(max_length=60, blank=True)
    subject_id = models.CharField(max_length=64, blank=True)
    # Both engines must refuse a second row, and SQLite cannot compare NULLs in a constraint.
    key = models.CharField(max_length=250, unique=True)

    class Meta:
        """A relation has exactly one near end and is written once for a subject."""

        verbose_name = _("relation")
        verbose_name_plural = _("relations")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(person__isnull=True) ^ Q(organisation__isnull=True),
                name="relation_one_near_end",
            ),
        ]

    def __str__(self) -> str:
        """Show who is tied to whom."""
        return self.key


class WorkItemQuerySet(models.QuerySet["WorkItem"]):
    """Work items by intention."""

    def open(self) -> "WorkItemQuerySet":
        """Those that still wait."""
        return self.filter(closed_at__isnull=True)

    def waiting_for(self, user: User, today: date) -> "WorkItemQuerySet":
        """What ``user`` sees in the inbox: own, their groups', their organisations'.

        What is over with its day is not there after it, also where no job has closed it yet.
        """
        member = Membership.objects.filter(
            user=user, active=True, organisation=OuterRef("organisation"), role=OuterRef("role")
        )
        waiting = self.open().exclude(kind__in=sorted(labels.OVER_WHEN_DUE), due_on__lt=today)
        return waiting.filter(
            Q(user=user)
            | Q(user__isnull=True, organisation__isnull=True, role__in=user.role_codes)
            | (Q(user__isnull=True) & Q(Exists(member)))
        )


class WorkItem(models.Model):
    """What waits for whom, since when, due when. Holds ids and place or firm names only.

    Opened and closed by the services, together with the transition that causes it.
    """

    kind = models.CharField(_("kind"), max_length=48)
    subject_type = models.CharField(max_length=60)
    subject_id = models.CharField(max_length=64)
    params = models.JSONField(default=dict)
    url = models.CharField(max_length=200)
    role = models.CharField(_("role"), max_length=24, blank=True)
    organisation = models.ForeignKey(
        "portal.Organisation", null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    user = models.ForeignKey(
        "portal.User", null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    key = models.CharField(max_length=250)
    opened_at = models.DateTimeField(_("received"))
    due_on = models.DateField(_("due"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)

    objects = WorkItemQuerySet.as_manager()

    class Meta:
        """The inbox reads open items by due date; an open item exists once."""

        verbose_name = _("work item")
        verbose_name_plural = _("work items")
        indexes: ClassVar = [
            models.Index(
                fields=["due_on", "id"],
                condition=Q(closed_at__isnull=True),
                name="workitem_inbox",
            ),
            models.Index(fields=["subject_type", "subject_id"], name="workitem_subject"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["key"],
                condition=Q(closed_at__isnull=True),
                name="workitem_open_once",
            ),
        ]

    def __str__(self) -> str:
        """Show what waits for whom."""
        return self.key


class Bilingual(models.Model):
    """Chinese text with an English field beside it; empty English shows the Chinese."""

    class Meta:
        """Abstract."""

        abstract = True

    def local(self, field: str) -> str:
        """Return the text of ``field`` in the language in use, else the Chinese text."""
        if (get_language() or "").startswith("en"):
            return getattr(self, f"{field}_en") or getattr(self, field)
        return str(getattr(self, field))


class NoticeQuerySet(models.QuerySet["Notice"]):
    """Notices by intention."""

    def published(self, today: object) -> "NoticeQuerySet":
        """Those that the public may read."""
        return self.filter(opens_on__lte=today, withdrawn_at__isnull=True)

    def running(self, today: object) -> "NoticeQuerySet":
        """Those whose objections window is open today."""
        return self.published(today).filter(closes_on__gte=today)


class Notice(Bilingual):
    """A public notice (公示) with its objections window, or an announcement (公告).

    Names of firms only; a natural person is never named.
    """

    number = models.CharField(_("number"), max_length=40, unique=True)
    kind = models.CharField(_("kind"), max_length=32, choices=labels.notice_kinds)
    title = models.CharField(_("title"), max_length=200)
    title_en = models.CharField(_("title in English"), max_length=240, blank=True)
    body = models.TextField(_("text"))
    body_en = models.TextField(_("text in English"), blank=True)
    rows = models.JSONField(_("list"), default=list)
    subject_type = models.CharField(max_length=60, blank=True)
    subject_id = models.CharField(max_length=64, blank=True)
    opens_on = models.DateField(_("from"))
    closes_on = models.DateField(_("until"))
    working_days = models.PositiveSmallIntegerField(_("working days"), default=0)
    calendar_assumed = models.BooleanField(_("calendar of the year not yet known"), default=False)
    created_at = models.DateTimeField(_("created at"))
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True, blank=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        """Newest first; a window ends after it begins."""

        verbose_name = _("public notice")
        verbose_name_plural = _("public notices")
        ordering: ClassVar = ["-opens_on", "-id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(closes_on__gte=F("opens_on")), name="notice_dates_in_order"
            ),
        ]

    def __str__(self) -> str:
        """Show the Chinese title."""
        return self.title

    @property
    def local_title(self) -> str:
        """The title in the reader's language."""
        return self.local("title")

    @property
    def local_body(self) -> str:
        """The text in the reader's language."""
        return self.local("body")


class IssuedDocument(models.Model):
    """A document that the portal vouches for; ``/verify/`` reads only this.

    Personal data: the holder's name where the holder is a person (proof of completion).
    Kept for good: a number once issued can always be checked.
    """

    number = models.CharField(_("number"), max_length=40, unique=True)
    kind = models.CharField(_("kind"), max_length=32, choices=labels.document_kinds)
    title = models.CharField(_("title"), max_length=200)
    holder_name = models.CharField(_("holder"), max_length=120)
    organisation = models.ForeignKey(
        "portal.Organisation", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    user = models.ForeignKey(
        "portal.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    payload = models.JSONField(default=dict)
    digest = models.CharField("SHA-256", max_length=64)
    state = models.CharField(
        _("state"), max_length=12, choices=labels.document_states, default="valid"
    )
    state_reason = models.CharField(_("reason"), max_length=300, blank=True)
    subject_type = models.CharField(max_length=60, blank=True)
    subject_id = models.CharField(max_length=64, blank=True)
    issued_at = models.DateTimeField(_("issued at"))
    valid_until = models.DateField(_("valid until"), null=True, blank=True)
    # Written once by services.documents; triggers refuse a change of what was issued.
    file = models.ForeignKey(
        "portal.StoredFile", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField(_("file made at"), null=True, blank=True)
    signature = models.CharField(
        _("signature"), max_length=12, choices=labels.signature_kinds, blank=True
    )
    signed_by = models.CharField(_("certificate of"), max_length=120, blank=True)
    certificate = models.CharField(_("certificate (SHA-256)"), max_length=64, blank=True)
    time_source = models.CharField(
        _("time"), max_length=12, choices=labels.time_sources, blank=True
    )

    class Meta:
        """One document for a subject and kind is enforced by the services' numbering."""

        verbose_name = _("issued document")
        verbose_name_plural = _("issued documents")

    def __str__(self) -> str:
        """Show the number."""
        return self.number


class SerialCounter(models.Model):
    """The last number given out in a series and year. Holds no personal data."""

    series = models.CharField(max_length=12)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        """One counter for a series and a year."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["series", "year"], name="serial_counter_once"),
        ]

    def __str__(self) -> str:
        """Show the series and its last number."""
        return f"{self.series}-{self.year}: {self.last}"


class Notification(models.Model):
    """A message to a person, in the app and (if wanted) by mail; kept for a year."""

    user = models.ForeignKey("portal.User", on_delete=models.CASCADE, related_name="notifications")
    kind = models.CharField(_("kind"), max_length=48)
    params = models.JSONField(default=dict)
    url = models.CharField(max_length=200, blank=True)
    key = models.CharField(max_length=160)
    in_app = models.BooleanField(default=True)
    created_at = models.DateTimeField(_("received"))
    read_at = models.DateTimeField(_("read"), null=True, blank=True)
    mailed_at = models.DateTimeField(_("mailed"), null=True, blank=True)

    class Meta:
        """The same news reaches a person once."""

        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "key"], name="notification_once"),
        ]

    def __str__(self) -> str:
        """Show what the news is."""
        return self.key


class NotificationPreference(models.Model):
    """A person's choice for one kind of notification."""

    user = models.ForeignKey("portal.User", on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=48)
    in_app = models.BooleanField(_("in the portal"), default=True)
    email = models.BooleanField(_("by email"), default=True)

    class Meta:
        """One choice for a kind."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "kind"], name="one_preference_a_kind"),
        ]

    def __str__(self) -> str:
        """Show the kind."""
        return self.kind
