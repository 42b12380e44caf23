"""Rubrics, rounds, scorecards and grades."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from certification.domain.grade import CURRENT, GRADE
from certification.domain.rounds import DECISIONS, HELD, ROUND, UNDECIDED, VISIBLE_TO_FIRM
from certification.labels import decision_choices
from portal.models import Stateful, User

FIRM_ROLES = frozenset({"firm_signer", "firm_member"})


class RubricVersion(models.Model):
    """A rubric as adopted: its content never changes. Personal data: who adopted it, kept
    as long as the rubric.
    """

    code = models.CharField(_("rubric"), max_length=60)
    version = models.CharField(_("version"), max_length=20)
    content = models.JSONField(_("content"))
    digest = models.CharField("SHA-256", max_length=71)
    effective_from = models.DateField(_("in force from"))
    adopted_by = models.ForeignKey("portal.User", on_delete=models.PROTECT, related_name="+")
    adopted_at = models.DateTimeField(_("adopted at"))

    class Meta:
        """A version is adopted once."""

        verbose_name = _("rubric")
        verbose_name_plural = _("rubrics")
        ordering: ClassVar = ["-effective_from", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["code", "version"], name="rubric_version_once"),
        ]

    def __str__(self) -> str:
        """Show code and version."""
        return f"{self.code} {self.version}"

    def get_absolute_url(self) -> str:
        """Where the public reads it."""
        return reverse("certification:rubric", args=[self.code, self.version])


class AssessmentRound(Stateful):
    """A round of assessment under one rubric version; moved by ``services.rounds``.

    ``prior`` (mu, sigma2, tau2) is what firms' quality is shrunk to, fixed when the round is
    planned; empty for a rubric that shrinks nothing.
    Holds no personal data; kept for good, because grades rest on it.
    """

    number = models.CharField(_("number"), max_length=40, unique=True)
    title = models.CharField(_("title"), max_length=120)
    rubric = models.ForeignKey(
        RubricVersion, verbose_name=_("rubric"), on_delete=models.PROTECT, related_name="rounds"
    )
    prior = models.JSONField(_("prior of the season"), default=dict, blank=True)
    since = models.DateField(_("evidence from"))
    until = models.DateField(_("evidence until"))
    frozen_at = models.DateTimeField(_("evidence frozen at"), null=True, blank=True)
    notice = models.ForeignKey(
        "portal.Notice", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    effective_on = models.DateField(_("in effect from"), null=True, blank=True)
    cancel_reason = models.CharField(_("reason"), max_length=500, blank=True)

    class Meta:
        """Newest first; the period ends after it begins."""

        verbose_name = _("assessment round")
        verbose_name_plural = _("assessment rounds")
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(state__in=ROUND.states), name="round_state_known"),
            models.CheckConstraint(
                condition=Q(until__gte=F("since")), name="round_period_in_order"
            ),
        ]

    def __str__(self) -> str:
        """Show number and title."""
        return f"{self.number} {self.title}"

    def get_absolute_url(self) -> str:
        """Where the lead works on it."""
        return reverse("certification:round", args=[self.pk])


class ScorecardQuerySet(models.QuerySet["Scorecard"]):
    """Scorecards by intention."""

    def visible_to(self, user: User) -> "ScorecardQuerySet":
        """Those of the person's own firms, once a lead has proposed."""
        own = [
            membership.organisation_id
            for membership in user.active_memberships
            if membership.role in FIRM_ROLES
        ]
        return self.filter(
            organisation__in=own,
            round__state__in=VISIBLE_TO_FIRM,
        )


class Scorecard(models.Model):
    """One firm in one round: frozen evidence, the result, and a named lead's decision.

    Personal data: the deciding lead's id and those of the deliveries' reviewers, kept with the
    decision. The evidence names villages, processes and modules, never residents.
    """

    round = models.ForeignKey(AssessmentRound, on_delete=models.PROTECT, related_name="scorecards")
    organisation = models.ForeignKey(
        "portal.Organisation", on_delete=models.PROTECT, related_name="+"
    )
    evidence = models.JSONField(_("evidence"))
    evidence_digest = models.CharField("SHA-256", max_length=64)
    result = models.JSONField(_("result"), null=True, blank=True)
    total = models.FloatField(_("total"), null=True, blank=True)
    proposed_tier = models.CharField(_("proposed tier"), max_length=24, blank=True)
    needs_review = models.BooleanField(_("needs a person's look"), default=False)
    scored_at = models.DateTimeField(_("scored at"), null=True, blank=True)
    decision = models.CharField(
        _("decision"), max_length=12, choices=decision_choices, default=UNDECIDED
    )
    decision_reason = models.CharField(_("reason"), max_length=500, blank=True)
    decided_by = models.ForeignKey(
        "portal.User", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)

    objects = ScorecardQuerySet.as_manager()

    class Meta:
        """A firm stands once in a round; no decision without a named human and a result."""

        verbose_name = _("scorecard")
        verbose_name_plural = _("scorecards")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["round", "organisation"], name="scorecard_once"),
            models.CheckConstraint(
                condition=Q(decision__in=DECISIONS), name="scorecard_decision_known"
            ),
            models.CheckConstraint(
                condition=Q(decision=UNDECIDED)
                | Q(decided_by__isnull=False, decided_at__isnull=False, scored_at__isnull=False),
                name="scorecard_decided_by_named_lead",
            ),
            models.CheckConstraint(
                condition=~Q(decision=HELD) | ~Q(decision_reason=""),
                name="scorecard_held_with_reason",
            ),
        ]

    def __str__(self) -> str:
        """Show round and firm."""
        return f"{self.round_id} · {self.organisation_id}"

    @property
    def fields(self) -> dict[str, Any]:
        """The evidence fields as they were scored."""
        found: dict[str, Any] = self.evidence["fields"]
        return found

    @property
    def assessors(self) -> list[str]:
        """Who rated each delivery, as it was frozen; nobody in evidence frozen before that."""
        return [one["assessor"] for one in self.evidence.get("ratings", ())]


class Grade(Stateful):
    """A firm's grade; expiring and expired are read from the dates, never stored.

    Personal data: the lead who confirmed it. Kept for good.
    """

    organisation = models.ForeignKey(
        "portal.Organisation", on_delete=models.PROTECT, related_name="+"
    )
    scorecard = models.OneToOneField(Scorecard, on_delete=models.PROTECT, related_name="grade")
    document = models.OneToOneField(
        "portal.IssuedDocument", on_delete=models.PROTECT, related_name="+"
    )
    tier = models.CharField(_("tier"), max_length=24)
    tier_rank = models.PositiveSmallIntegerField(_("place of the tier"))
    valid_from = models.DateField(_("valid from"))
    valid_until = models.DateField(_("valid until"))
    suspended_until = models.DateField(_("suspended until"), null=True, blank=True)
    may_reapply_on = models.DateField(_("may apply again from"), null=True, blank=True)
    end_reason = models.CharField(_("reason"), max_length=500, blank=True)
    confirmed_by = models.ForeignKey("portal.User", on_delete=models.PROTECT, related_name="+")

    class Meta:
        """A firm holds one grade at a time."""

        verbose_name = _("grade")
        verbose_name_plural = _("grades")
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(state__in=GRADE.states), name="grade_state_known"),
            models.CheckConstraint(
                condition=Q(valid_until__gte=F("valid_from")), name="grade_dates_in_order"
            ),
            models.UniqueConstraint(
                fields=["organisation"],
                condition=Q(state__in=sorted(CURRENT)),
                name="one_current_grade",
            ),
            models.CheckConstraint(
                condition=~Q(state="suspended") | Q(suspended_until__isnull=False),
                name="grade_suspended_until",
            ),
            models.CheckConstraint(
                condition=~Q(state="revoked") | Q(may_reapply_on__isnull=False),
                name="grade_revoked_may_reapply",
            ),
        ]

    def __str__(self) -> str:
        """Show firm and tier."""
        return f"{self.organisation_id} · {self.tier}"
