"""Deliverables in versions, their technical review and the village's decision."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from portal.domain.roles import Role
from portal.models import Stateful, User
from village_pilot import labels
from village_pilot.domain.delivery import DECISIONS, DELIVERABLE, VERDICTS, VILLAGE_SEES
from village_pilot.models.pilots import SEES_ALL, Milestone, Pilot


class Deliverable(models.Model):
    """Something that the firm owes a pilot; what was handed in are its versions."""

    pilot = models.ForeignKey(Pilot, on_delete=models.CASCADE, related_name="deliverables")
    milestone = models.ForeignKey(
        Milestone, null=True, blank=True, on_delete=models.PROTECT, related_name="deliverables"
    )
    title = models.CharField(_("title"), max_length=120)
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        """In order of creation."""

        verbose_name = _("deliverable")
        verbose_name_plural = _("deliverables")
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        """Show the title."""
        return self.title


class DeliverableVersionQuerySet(models.QuerySet["DeliverableVersion"]):
    """Versions by intention."""

    def visible_to(self, user: User) -> "DeliverableVersionQuerySet":
        """The firm's own, the village's once they reach it, the reviewer's, the board's; staff."""
        if user.role_codes & SEES_ALL:
            return self
        mine = [membership.organisation_id for membership in user.active_memberships]
        seen = Q(deliverable__pilot__provider__in=mine)
        seen |= Q(deliverable__pilot__committee__in=mine, state__in=VILLAGE_SEES)
        if Role.TECH_REVIEWER in user.role_codes:
            seen |= Q(reviewer=user)
        if Role.DISPUTE_BOARD in user.role_codes:
            seen |= Q(state__in=("disputed", "resolved"))
        return self.filter(seen)

    def with_pilot(self) -> "DeliverableVersionQuerySet":
        """With everything that names a version on a page."""
        return self.select_related(
            "deliverable__milestone",
            "deliverable__pilot__provider",
            "deliverable__pilot__committee",
            "deliverable__pilot__village__parent",
            "deliverable__pilot__process",
            "reviewer",
        )


class DeliverableVersion(Stateful):
    """One version of a deliverable on its way from draft to the village's decision.

    Personal data: who handed it in and who reviews it (ids), kept with the pilot. State
    changes only through ``village_pilot.services``.
    """

    state = models.CharField(
        _("state"), max_length=32, db_index=True, choices=labels.deliverable_states
    )
    deliverable = models.ForeignKey(Deliverable, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveSmallIntegerField(_("version"), default=1)
    note = models.TextField(_("what was delivered"), max_length=2000, blank=True)
    files = models.ManyToManyField("portal.StoredFile", related_name="+")
    submitted_by = models.ForeignKey(
        "portal.User", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    submitted_at = models.DateTimeField(_("submitted at"), null=True, blank=True)
    reviewer = models.ForeignKey(
        "portal.User", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    assignment = models.JSONField(_("how the reviewer was found"), default=dict, blank=True)
    village_due_on = models.DateField(_("decision due on"), null=True, blank=True)
    dispute_reason = models.TextField(_("objection"), max_length=2000, blank=True)
    resolution = models.TextField(_("outcome"), max_length=2000, blank=True)

    objects = DeliverableVersionQuerySet.as_manager()

    class Meta:
        """Versions count up; known states; a review has its reviewer."""

        verbose_name = _("version of a deliverable")
        verbose_name_plural = _("versions of deliverables")
        ordering: ClassVar = ["deliverable_id", "number"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(state__in=DELIVERABLE.states), name="deliverable_state"
            ),
            models.CheckConstraint(
                condition=Q(state__in=("draft", "submitted")) | Q(reviewer__isnull=False),
                name="deliverable_has_reviewer",
            ),
            models.UniqueConstraint(fields=["deliverable", "number"], name="deliverable_version"),
        ]

    def __str__(self) -> str:
        """Show title and version number."""
        return f"{self.deliverable.title} {self.number}"

    @property
    def pilot(self) -> Pilot:
        """The pilot that the version belongs to."""
        return self.deliverable.pilot

    @property
    def points(self) -> list[str]:
        """The note's lines: what was delivered, one by one."""
        return [line.strip() for line in self.note.splitlines() if line.strip()]

    @property
    def declared_ids(self) -> "models.QuerySet[DeclaredModule, int]":
        """The ids of the declared releases, as a query."""
        return self.declared.order_by("release_id").values_list("release_id", flat=True)

    def get_absolute_url(self) -> str:
        """Return the version's page in the workspace."""
        return reverse("village_pilot:deliverable", args=[self.pk])


class DeclaredModule(models.Model):
    """A release of a shared module that a version says it uses. No personal data.

    Chosen and dropped while the version can be edited; the database refuses it afterwards.
    """

    version = models.ForeignKey(
        DeliverableVersion, on_delete=models.CASCADE, related_name="declared"
    )
    release = models.ForeignKey(
        "incubator.ModuleRelease", on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        """A release once in a version."""

        verbose_name = _("declared module")
        verbose_name_plural = _("declared modules")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["version", "release"], name="declared_module_once"),
        ]

    def __str__(self) -> str:
        """Show the ids."""
        return f"{self.version_id} {self.release_id}"


class TechnicalReview(models.Model):
    """A technical reviewer's anchored marks with their reasons, one for each round.

    Personal data: the reviewer's id, kept as long as decisions can be appealed.
    """

    version = models.ForeignKey(
        DeliverableVersion, on_delete=models.CASCADE, related_name="reviews"
    )
    reviewer = models.ForeignKey("portal.User", on_delete=models.PROTECT, related_name="+")
    scores = models.JSONField(_("marks"))
    narratives = models.JSONField(_("reasons"))
    mean = models.DecimalField(_("mean mark"), max_digits=4, decimal_places=3)
    verdict = models.CharField(_("verdict"), max_length=16, choices=labels.verdicts)
    note = models.TextField(_("note"), max_length=2000, blank=True)
    reviewed_at = models.DateTimeField(_("reviewed at"))

    class Meta:
        """Oldest first; marks between 0 and 4."""

        verbose_name = _("technical review")
        verbose_name_plural = _("technical reviews")
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(mean__gte=0) & Q(mean__lte=4), name="review_mean_range"
            ),
            models.CheckConstraint(condition=Q(verdict__in=VERDICTS), name="review_verdict"),
        ]

    def __str__(self) -> str:
        """Show the mean mark."""
        return str(self.mean)


class AcceptanceCode(models.Model):
    """A single-use code of a signer's printed sheet; only its SHA-256 is kept.

    Personal data: the signer's id. Kept with the decision that it confirmed.
    """

    signer = models.ForeignKey("portal.User", on_delete=models.CASCADE, related_name="+")
    digest = models.CharField("SHA-256", max_length=64, unique=True)
    issued_by = models.ForeignKey(
        "portal.User", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    issued_at = models.DateTimeField(_("issued at"))
    used_at = models.DateTimeField(_("used at"), null=True, blank=True)
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True, blank=True)

    class Meta:
        """A signer's codes are found by digest."""

        verbose_name = _("acceptance code")
        verbose_name_plural = _("acceptance codes")
        indexes: ClassVar = [models.Index(fields=["signer", "digest"], name="code_of_signer")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(used_at__isnull=True) | Q(withdrawn_at__isnull=True),
                name="code_used_or_withdrawn",
            ),
        ]

    def __str__(self) -> str:
        """Show whose code it is, never the code."""
        return f"{self.signer_id} {self.digest[:8]}"


class VillageDecision(models.Model):
    """A village committee's decision, signed with a name and a second factor.

    Personal data: the signer's id and typed name, a photo of the signed paper; kept for as
    long as the acceptance form can be checked.
    """

    version = models.OneToOneField(
        DeliverableVersion, on_delete=models.PROTECT, related_name="decision"
    )
    signer = models.ForeignKey("portal.User", on_delete=models.PROTECT, related_name="+")
    signed_name = models.CharField(_("signer's name"), max_length=80)
    decision = models.CharField(_("decision"), max_length=24, choices=labels.decisions)
    note = models.TextField(_("note"), max_length=1000, blank=True)
    code = models.OneToOneField(
        AcceptanceCode, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    photo = models.ForeignKey(
        "portal.StoredFile", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    document = models.ForeignKey(
        "portal.IssuedDocument", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(_("decided at"))

    class Meta:
        """A decision has a second factor; conditions and refusals say why."""

        verbose_name = _("village's decision")
        verbose_name_plural = _("villages' decisions")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(decision__in=tuple(DECISIONS)), name="decision_known"
            ),
            models.CheckConstraint(
                condition=Q(code__isnull=False) | Q(photo__isnull=False),
                name="decision_second_factor",
            ),
            models.CheckConstraint(
                condition=Q(decision="accept") | ~Q(note=""), name="decision_reason"
            ),
        ]

    def __str__(self) -> str:
        """Show the decision."""
        return str(self.get_decision_display())
