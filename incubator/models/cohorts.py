"""Incubation: agreement texts, cohorts with their places, memberships of firms."""

from datetime import date
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from incubator.domain.cohort import (
    COHORT,
    ENDED,
    HOLDING,
    INCUBATION,
    UNDER_WAY,
    cohort_clock,
    offer_is_over,
    standing,
)
from incubator.domain.incubation_plan import PlanLine
from incubator.labels.cohorts import cohort_states, incubation_states
from incubator.models.modules import FIRM_ROLES
from portal.models import Bilingual, Stateful, User


class IncubationAgreement(Bilingual):
    """A version of the incubation agreement; never changed once published.

    Holds who published it; kept for good, because firms accepted it.
    """

    version = models.CharField(_("version"), max_length=20, unique=True)
    text = models.TextField(_("text"))
    text_en = models.TextField(_("text in English"), blank=True)
    digest = models.CharField("SHA-256", max_length=64)
    published_at = models.DateTimeField(_("published at"))
    published_by = models.ForeignKey(
        "portal.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        """Newest first."""

        verbose_name = _("incubation agreement")
        verbose_name_plural = _("incubation agreements")
        ordering: ClassVar = ["-pk"]

    def __str__(self) -> str:
        """Show the version."""
        return self.version

    @property
    def local_text(self) -> str:
        """The text in the reader's language."""
        return self.local("text")


class PlanTemplate(models.Model):
    """A version of the milestone plan as data; never changed once published.

    Holds who published it; kept for good, because memberships follow it.
    """

    version = models.CharField(_("version"), max_length=20, unique=True)
    review_days = models.PositiveSmallIntegerField(_("a review every … days"))
    lines = models.JSONField(_("milestones"))
    published_at = models.DateTimeField(_("published at"))
    published_by = models.ForeignKey(
        "portal.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        """Newest first."""

        verbose_name = _("plan template")
        verbose_name_plural = _("plan templates")
        ordering: ClassVar = ["-pk"]

    def __str__(self) -> str:
        """Show the version."""
        return self.version

    @property
    def plan(self) -> list[PlanLine]:
        """The lines as the domain knows them."""
        return [PlanLine(**line) for line in self.lines]


class Cohort(Stateful, Bilingual):
    """A group of firms that is incubated together. Moved by ``incubator.services.cohorts`` only.

    ``taken`` is how many places its memberships hold; it moves with every one of them, in the
    same transaction, so that the database itself refuses one too many. Holds who made it.
    """

    state = models.CharField(_("state"), max_length=32, db_index=True, choices=cohort_states)
    number = models.CharField(_("number"), max_length=40, unique=True)
    title = models.CharField(_("title"), max_length=80)
    title_en = models.CharField(_("title in English"), max_length=120, blank=True)
    note = models.TextField(_("what firms should know"), max_length=1000, blank=True)
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"))
    capacity = models.PositiveSmallIntegerField(_("places"))
    taken = models.PositiveSmallIntegerField(_("places taken"), default=0)
    agreement = models.ForeignKey(
        IncubationAgreement, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    plan = models.ForeignKey(
        PlanTemplate, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    closing_note = models.TextField(_("why it was closed"), max_length=1000, blank=True)
    created_by = models.ForeignKey(
        "portal.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        """Dates in order, never more places taken than there are; published with an agreement."""

        verbose_name = _("cohort")
        verbose_name_plural = _("cohorts")
        ordering: ClassVar = ["-starts_on", "-pk"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(state__in=COHORT.states), name="cohort_state"),
            models.CheckConstraint(condition=Q(ends_on__gt=F("starts_on")), name="cohort_dates"),
            models.CheckConstraint(
                condition=Q(taken__gte=0) & Q(taken__lte=F("capacity")), name="cohort_not_over"
            ),
            models.CheckConstraint(
                condition=~Q(state="published") | Q(agreement__isnull=False),
                name="cohort_published_with_agreement",
            ),
        ]

    def __str__(self) -> str:
        """Show the Chinese title."""
        return self.title

    def get_absolute_url(self) -> str:
        """Return the staff's page."""
        return reverse("incubator:cohort", args=[self.pk])

    @property
    def local_title(self) -> str:
        """The title in the reader's language."""
        return self.local("title")

    @property
    def free(self) -> int:
        """Places that can still be offered."""
        return self.capacity - self.taken

    def clock(self, today: date) -> str:
        """Return upcoming, running or over once it is published, else “”."""
        if self.state != "published":
            return ""
        return cohort_clock(self.starts_on, self.ends_on, today)


class IncubationQuerySet(models.QuerySet["Incubation"]):
    """Memberships by intention."""

    def under_way(self) -> "IncubationQuerySet":
        """Those that are offered or run."""
        return self.filter(state__in=UNDER_WAY)

    def visible_to(self, user: User) -> "IncubationQuerySet":
        """Staff see all, firms their own for good, mentors those whom they guide."""
        if "staff" in user.role_codes:
            return self
        firms = [
            membership.organisation_id
            for membership in user.active_memberships
            if membership.role in FIRM_ROLES
        ]
        guided = Q(mentor=user) if "expert" in user.role_codes else Q(pk__in=[])
        return self.filter(Q(organisation__in=firms) | guided)


class Incubation(Stateful):
    """A firm's membership in a cohort. Moved by ``incubator.services.incubation`` only.

    ``agreement_digest`` is the digest of the very text that was accepted. Holds who accepted and
    who mentors; kept as long as the firm's records.
    """

    state = models.CharField(_("state"), max_length=32, db_index=True, choices=incubation_states)
    number = models.CharField(_("number"), max_length=40, unique=True)
    cohort = models.ForeignKey(Cohort, on_delete=models.PROTECT, related_name="memberships")
    organisation = models.ForeignKey(
        "portal.Organisation", on_delete=models.PROTECT, related_name="+"
    )
    reply_by = models.DateField(_("answer by"))
    agreement_digest = models.CharField("SHA-256", max_length=64, blank=True)
    accepted_at = models.DateTimeField(_("agreement accepted"), null=True, blank=True)
    accepted_by = models.ForeignKey(
        "portal.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    mentor = models.ForeignKey(
        "portal.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    suspended_until = models.DateField(_("suspended until"), null=True, blank=True)
    resumes_as = models.CharField(max_length=32, blank=True)
    standing_note = models.TextField(_("reason"), max_length=1000, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    end_code = models.CharField(_("reason"), max_length=20, blank=True)
    end_note = models.TextField(_("remark"), max_length=1000, blank=True)
    created_by = models.ForeignKey(
        "portal.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    objects = IncubationQuerySet.as_manager()

    class Meta:
        """One membership of a firm at a time; whatever ended has a reason code."""

        verbose_name = _("incubation")
        verbose_name_plural = _("incubations")
        ordering: ClassVar = ["-pk"]
        indexes: ClassVar = [
            models.Index(fields=["organisation", "state"], name="incubation_firm"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(state__in=INCUBATION.states), name="incubation_state"
            ),
            models.UniqueConstraint(
                fields=["organisation"],
                condition=Q(state__in=UNDER_WAY),
                name="incubation_one_at_a_time",
            ),
            models.UniqueConstraint(
                fields=["cohort", "organisation"],
                condition=Q(state__in=HOLDING),
                name="incubation_once_in_cohort",
            ),
            models.CheckConstraint(
                condition=Q(state__in=ENDED) ^ Q(end_code=""), name="incubation_end_has_code"
            ),
            models.CheckConstraint(
                condition=Q(state="suspended") ^ Q(suspended_until__isnull=True),
                name="incubation_suspension_ends",
            ),
            models.CheckConstraint(
                condition=Q(accepted_at__isnull=True) ^ ~Q(agreement_digest=""),
                name="incubation_accepted_text",
            ),
        ]

    def __str__(self) -> str:
        """Show the number."""
        return self.number

    def get_absolute_url(self) -> str:
        """Return its page, for the firm, the staff and the mentor."""
        return reverse("incubator:incubation", args=[self.pk])

    def standing(self, today: date) -> str:
        """Return the state in which it stands today."""
        return standing(self.state, self.suspended_until, self.resumes_as, today)

    def offer_is_over(self, today: date) -> bool:
        """Return whether the offer ran out."""
        return offer_is_over(self.state, self.reply_by, today)
