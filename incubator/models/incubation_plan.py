"""Incubation: a firm's milestones and its periodic reviews."""

from datetime import date
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from incubator.domain.incubation_plan import MILESTONE, REVIEW, blocks_requests, is_late
from incubator.labels.incubation_plan import milestone_states, review_states
from incubator.models.cohorts import Incubation
from portal.models import Bilingual, Stateful


class IncubationMilestone(Stateful, Bilingual):
    """What a firm has reached by a day. Moved by ``incubator.services.incubation_plan`` only.

    A moved date keeps the first one beside it. Holds who reported and who judged; kept as long as
    the membership.
    """

    state = models.CharField(_("state"), max_length=32, db_index=True, choices=milestone_states)
    incubation = models.ForeignKey(Incubation, on_delete=models.PROTECT, related_name="milestones")
    code = models.CharField(_("code"), max_length=40)
    title = models.CharField(_("title"), max_length=80)
    title_en = models.CharField(_("title in English"), max_length=120, blank=True)
    indicator = models.CharField(_("indicator of the rubric"), max_length=40, blank=True)
    due_on = models.DateField(_("due"))
    first_due_on = models.DateField(_("first due"))
    moved_reason = models.CharField(_("why it was moved"), max_length=300, blank=True)
    report = models.TextField(_("report"), max_length=2000, blank=True)
    reported_at = models.DateTimeField(_("reported"), null=True, blank=True)
    reported_by = models.ForeignKey(
        "portal.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    note = models.TextField(_("remark"), max_length=1000, blank=True)
    judged_by = models.ForeignKey(
        "portal.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        """Each line of the plan once; nothing is confirmed that was not reported."""

        verbose_name = _("incubation milestone")
        verbose_name_plural = _("incubation milestones")
        ordering: ClassVar = ["due_on", "pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(state__in=MILESTONE.states), name="incubation_milestone_state"
            ),
            models.UniqueConstraint(
                fields=["incubation", "code"], name="incubation_milestone_once"
            ),
            models.CheckConstraint(
                condition=Q(state="scheduled") ^ Q(reported_at__isnull=False),
                name="incubation_milestone_reported",
            ),
        ]

    def __str__(self) -> str:
        """Show the Chinese title."""
        return self.title

    def get_absolute_url(self) -> str:
        """Return its page."""
        return reverse("incubator:milestone", args=[self.pk])

    @property
    def local_title(self) -> str:
        """The title in the reader's language."""
        return self.local("title")

    @property
    def is_moved(self) -> bool:
        """Whether its date is another one than at first."""
        return self.due_on != self.first_due_on

    def is_late(self, today: date) -> bool:
        """Return whether it is overdue."""
        return is_late(self.state, self.due_on, today)


class IncubationReview(Stateful):
    """A periodic review. Moved by ``incubator.services.incubation_reviews`` only.

    Holds who handed it in and who closed it; kept as long as the membership.
    """

    state = models.CharField(_("state"), max_length=32, db_index=True, choices=review_states)
    incubation = models.ForeignKey(Incubation, on_delete=models.PROTECT, related_name="reviews")
    number = models.PositiveSmallIntegerField(_("number"))
    due_on = models.DateField(_("due"))
    warned_on = models.DateField(_("warned"), null=True, blank=True)
    text = models.TextField(_("report"), max_length=4000, blank=True)
    submitted_at = models.DateTimeField(_("handed in"), null=True, blank=True)
    submitted_by = models.ForeignKey(
        "portal.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    note = models.TextField(_("remark"), max_length=1000, blank=True)
    closed_by = models.ForeignKey(
        "portal.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        """Each once; what was handed in has its moment."""

        verbose_name = _("periodic review")
        verbose_name_plural = _("periodic reviews")
        ordering: ClassVar = ["due_on", "pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(state__in=REVIEW.states), name="incubation_review_state"
            ),
            models.UniqueConstraint(fields=["incubation", "number"], name="incubation_review_once"),
            models.CheckConstraint(
                condition=Q(state="due") | Q(submitted_at__isnull=False),
                name="incubation_review_submitted",
            ),
        ]

    def __str__(self) -> str:
        """Show what it is, in the county's language."""
        return f"阶段评估 {self.number}"

    def get_absolute_url(self) -> str:
        """Return its page."""
        return reverse("incubator:periodic_review", args=[self.pk])

    def is_late(self, today: date) -> bool:
        """Return whether it is overdue."""
        return is_late(self.state, self.due_on, today)

    def blocks(self, today: date) -> bool:
        """Return whether it blocks new resource requests."""
        return blocks_requests(self.state, self.due_on, self.warned_on, today)
