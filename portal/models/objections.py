"""Objections to public notices, and the files that they rest on."""

from typing import ClassVar, cast

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from portal.domain import objection as rules
from portal.labels import objections as labels  # noqa: F401 registers the words
from portal.models.accounts import User
from portal.models.base import Stateful
from portal.models.records import StoredFile


class ObjectionQuerySet(models.QuerySet["Objection"]):
    """Objections by intention."""

    def visible_to(self, user: User) -> "ObjectionQuerySet":
        """One's own, and those to notices whose objections ``user`` handles.

        Who handles must also have no tie to the firm: ``permissions.may_see_objection``.
        """
        handled = rules.kinds_of(user.role_codes)
        return self.filter(Q(objector=user) | Q(notice__kind__in=handled))

    def open(self) -> "ObjectionQuerySet":
        """Those that hold a row."""
        return self.filter(state__in=rules.OPEN)


class Objection(Stateful):
    """Somebody's objection to one row of a notice. Only ``services.objections`` changes it.

    ``row`` is the row's place in the notice, from 0. Personal data: who objects, under which
    name, and whatever the evidence holds; shown to the objector and to who handles it, never to
    the firm or the public. Kept with the notice.
    """

    number = models.CharField(_("number"), max_length=40, unique=True)
    notice = models.ForeignKey("portal.Notice", on_delete=models.PROTECT, related_name="objections")
    row = models.PositiveSmallIntegerField(_("row"))
    organisation = models.ForeignKey(
        "portal.Organisation", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    objector = models.ForeignKey("portal.User", on_delete=models.PROTECT, related_name="+")
    real_name = models.CharField(_("real name"), max_length=rules.LONGEST_NAME)
    grounds = models.TextField(_("grounds"), max_length=rules.TEXT_LIMIT)
    evidence = models.TextField(_("evidence"), max_length=rules.TEXT_LIMIT)
    due_on = models.DateField(_("due on"))
    admissibility_reason = models.TextField(max_length=rules.REASON_LIMIT, blank=True)
    decision_reason = models.TextField(max_length=rules.REASON_LIMIT, blank=True)
    handled_by = models.ForeignKey(
        "portal.User", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = ObjectionQuerySet.as_manager()

    class Meta:
        """One objection a person and row; every answer has its reason."""

        verbose_name = _("objection")
        verbose_name_plural = _("objections")
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(state__in=rules.LIFECYCLE.states), name="objection_state_known"
            ),
            models.UniqueConstraint(fields=["notice", "row", "objector"], name="objection_once"),
            models.CheckConstraint(
                condition=~Q(grounds="") & ~Q(evidence="") & ~Q(real_name=""),
                name="objection_has_evidence",
            ),
            models.CheckConstraint(
                condition=Q(state="lodged")
                | (~Q(admissibility_reason="") & Q(handled_by__isnull=False)),
                name="objection_answer_has_reason",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["upheld", "dismissed"]) | ~Q(decision_reason=""),
                name="objection_decision_has_reason",
            ),
        ]

    def __str__(self) -> str:
        """Show the number."""
        return self.number

    def get_absolute_url(self) -> str:
        """Return the page for the objector and who handles it."""
        return reverse("portal:objection", args=[self.pk])

    @property
    def line(self) -> dict[str, str]:
        """The row of the notice that is objected to."""
        rows: list[dict[str, str]] = self.notice.rows
        return rows[self.row]

    @property
    def is_open(self) -> bool:
        """Whether it still waits for an answer."""
        return self.state in rules.OPEN


class ObjectionFile(models.Model):
    """A file that an objection rests on. Personal data: whatever the file holds."""

    objection = models.ForeignKey(Objection, on_delete=models.CASCADE, related_name="files")
    file = models.ForeignKey("portal.StoredFile", on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField(_("added at"))

    class Meta:
        """In the order in which they came."""

        verbose_name = _("evidence of an objection")
        verbose_name_plural = _("evidence of objections")
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        """Show the file's name."""
        return cast("StoredFile", self.file).name

    @property
    def url(self) -> str:
        """Where whoever may read it gets the file."""
        return reverse("portal:file", args=[self.file_id])
