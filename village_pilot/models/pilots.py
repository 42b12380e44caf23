"""Pilots, their milestones and the case logs before and after."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from portal.domain.roles import Role
from portal.models import Stateful, User
from village_pilot import labels
from village_pilot.domain.delivery import MILESTONE, PILOT, SHARED
from village_pilot.domain.durations import MIN_CASES

SEES_ALL = frozenset({Role.STAFF, Role.LEAD})


class PilotQuerySet(models.QuerySet["Pilot"]):
    """Pilots by intention."""

    def visible_to(self, user: User) -> "PilotQuerySet":
        """Own firm's, own village's, those assigned for review or disputed; staff see all."""
        if user.role_codes & SEES_ALL:
            return self
        mine = [membership.organisation_id for membership in user.active_memberships]
        seen = Q(provider__in=mine) | Q(committee__in=mine)
        if Role.TECH_REVIEWER in user.role_codes:
            seen |= Q(reviewed_by__user=user)
        if Role.DISPUTE_BOARD in user.role_codes:
            seen |= Q(disputed=True)
        return self.filter(pk__in=self.model._default_manager.filter(seen).values("pk"))

    def shared(self) -> "PilotQuerySet":
        """Those that the public may know of."""
        return self.filter(state__in=SHARED)

    def with_names(self) -> "PilotQuerySet":
        """Everything that a line of a list shows, in one query."""
        return self.select_related("provider", "committee", "village__parent", "process")


class Pilot(Stateful):
    """A village process redesigned in one village by one admitted firm.

    Personal data: none beside who set the redesign level and who proposed (ids), kept with
    the pilot. State changes only through ``village_pilot.services.pilots``.
    """

    state = models.CharField(_("state"), max_length=32, db_index=True, choices=labels.pilot_states)
    number = models.CharField(_("number"), max_length=40, unique=True)
    title = models.CharField(_("title"), max_length=120)
    goal = models.TextField(_("what is promised"), max_length=2000)
    provider = models.ForeignKey("portal.Organisation", on_delete=models.PROTECT, related_name="+")
    committee = models.ForeignKey("portal.Organisation", on_delete=models.PROTECT, related_name="+")
    village = models.ForeignKey("portal.Region", on_delete=models.PROTECT, related_name="+")
    process = models.ForeignKey(
        "village_pilot.ProcessTemplate", on_delete=models.PROTECT, related_name="pilots"
    )
    starts_on = models.DateField(_("starts on"))
    ends_on = models.DateField(_("ends on"))
    redesign_level = models.CharField(
        _("redesign level"), max_length=12, blank=True, choices=labels.redesign_levels
    )
    redesign_reason = models.TextField(_("why this level"), max_length=1000, blank=True)
    redesign_set_by = models.ForeignKey(
        "portal.User", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    redesign_set_at = models.DateTimeField(null=True, blank=True)
    disputed = models.BooleanField(_("a decision was disputed"), default=False)
    proposed_by = models.ForeignKey(
        "portal.User", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = PilotQuerySet.as_manager()

    class Meta:
        """Newest first; known states; dates in order; a level has its reason."""

        verbose_name = _("pilot")
        verbose_name_plural = _("pilots")
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(state__in=PILOT.states), name="pilot_state"),
            models.CheckConstraint(condition=Q(ends_on__gt=F("starts_on")), name="pilot_dates"),
            models.CheckConstraint(
                condition=Q(redesign_level="") | ~Q(redesign_reason=""), name="pilot_level_reason"
            ),
        ]

    def __str__(self) -> str:
        """Show number and title."""
        return f"{self.number} {self.title}"

    @property
    def promises(self) -> list[str]:
        """The goal's lines: what was promised, one by one."""
        return [line.strip() for line in self.goal.splitlines() if line.strip()]

    def get_absolute_url(self) -> str:
        """Return the pilot's page in the workspace."""
        return reverse("village_pilot:pilot", args=[self.number])


class PilotReviewer(models.Model):
    """Who was assigned to review something of a pilot and therefore sees it. Ids only."""

    pilot = models.ForeignKey(Pilot, on_delete=models.CASCADE, related_name="reviewed_by")
    user = models.ForeignKey("portal.User", on_delete=models.CASCADE, related_name="+")

    class Meta:
        """Once for a person and a pilot."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["pilot", "user"], name="pilot_reviewer_once"),
        ]

    def __str__(self) -> str:
        """Show the ids."""
        return f"{self.pilot_id} {self.user_id}"


class Milestone(Stateful):
    """A step of a pilot with its date; a moved date keeps the first one. No personal data."""

    state = models.CharField(
        _("state"), max_length=32, db_index=True, choices=labels.milestone_states
    )
    pilot = models.ForeignKey(Pilot, on_delete=models.CASCADE, related_name="milestones")
    title = models.CharField(_("title"), max_length=120)
    first_due_on = models.DateField(_("first due on"))
    due_on = models.DateField(_("due on"))
    moved_reason = models.CharField(_("why the date moved"), max_length=300, blank=True)
    submitted_on = models.DateField(_("submitted on"), null=True, blank=True)

    class Meta:
        """In order of first dates; a moved date says why."""

        verbose_name = _("milestone")
        verbose_name_plural = _("milestones")
        ordering: ClassVar = ["first_due_on", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(state__in=MILESTONE.states), name="milestone_state"),
            models.CheckConstraint(
                condition=Q(due_on=F("first_due_on")) | ~Q(moved_reason=""),
                name="milestone_moved_reason",
            ),
        ]

    def __str__(self) -> str:
        """Show the title."""
        return self.title


class CaseLogQuerySet(models.QuerySet["CaseLog"]):
    """Case logs by intention."""

    def current(self) -> "CaseLogQuerySet":
        """The log that counts for each phase."""
        return self.filter(superseded_at__isnull=True)

    def counted(self) -> "CaseLogQuerySet":
        """Current logs with enough cases for evidence and the county's figures."""
        return self.current().filter(measures__cases__gte=MIN_CASES)


class CaseLog(models.Model):
    """A log of cases before or after the redesign, and what it measures.

    Personal data: none here; the file may hold case numbers and is kept with the pilot,
    readable by the firm, the village and staff only. A newer import supersedes an older one.
    """

    pilot = models.ForeignKey(Pilot, on_delete=models.CASCADE, related_name="case_logs")
    phase = models.CharField(_("phase"), max_length=8, choices=labels.phases)
    stored = models.ForeignKey("portal.StoredFile", on_delete=models.PROTECT, related_name="+")
    measures = models.JSONField(_("measures"))
    bands = models.JSONField(_("cases by time taken"), default=list, blank=True)
    first_event_at = models.DateTimeField(_("first event"))
    last_event_at = models.DateTimeField(_("last event"))
    imported_by = models.ForeignKey(
        "portal.User", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    imported_at = models.DateTimeField(_("imported at"))
    superseded_at = models.DateTimeField(_("superseded at"), null=True, blank=True)

    objects = CaseLogQuerySet.as_manager()

    class Meta:
        """One current log for a pilot and a phase."""

        verbose_name = _("case log")
        verbose_name_plural = _("case logs")
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(phase__in=("before", "after")), name="case_log_phase"
            ),
            models.UniqueConstraint(
                fields=["pilot", "phase"],
                condition=Q(superseded_at__isnull=True),
                name="case_log_one_current",
            ),
        ]

    def __str__(self) -> str:
        """Show the file's name."""
        return self.stored.name
