"""Project calls, their questions, and the proposals of consortia."""

from datetime import date
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from incubator.domain.call import (
    CALL,
    EDITABLE_STATES,
    EVALUATED_STATES,
    PROPOSAL,
    PUBLIC_STATES,
    Schedule,
    phase,
)
from incubator.labels import calls as labels
from portal.domain.roles import Role
from portal.models import Bilingual, Organisation, Stateful, User

CONSORTIUM_ROLES = (Role.FIRM_SIGNER, Role.FIRM_MEMBER, Role.INSTITUTE_MEMBER)


def organisation_ids(user: User, *roles: str) -> list[int]:
    """Return the ids of the organisations in which ``user`` holds one of ``roles``."""
    return [row.organisation_id for row in user.active_memberships if row.role in roles]


class CallQuerySet(models.QuerySet["Call"]):
    """Calls by intention."""

    def public(self) -> "CallQuerySet":
        """Those that anybody may read."""
        return self.filter(state__in=PUBLIC_STATES)

    def workable_by(self, user: User) -> "CallQuerySet":
        """Those on whose workspace page ``user`` has something to do: own ones, for staff all
        that were sent in.
        """
        owned = Q(owner_id__in=organisation_ids(user, Role.CALL_OWNER))
        if Role.STAFF in user.role_codes:
            return self.filter(owned | ~Q(state="draft"))
        return self.filter(owned)


class Call(Stateful, Bilingual):
    """A project call or challenge of a department, an institute or a firm.

    Moves only through ``incubator.services.calls`` and ``call_results``. Personal data: who
    wrote it, kept with the call.
    """

    number = models.CharField(_("number"), max_length=40, unique=True)
    owner = models.ForeignKey("portal.Organisation", on_delete=models.PROTECT, related_name="+")
    created_by = models.ForeignKey("portal.User", on_delete=models.PROTECT, related_name="+")
    title = models.CharField(_("title"), max_length=120)
    title_en = models.CharField(_("title in English"), max_length=160, blank=True)
    need = models.TextField(_("need"), max_length=6000)
    need_en = models.TextField(_("need in English"), max_length=8000, blank=True)
    category = models.CharField(_("category"), max_length=24, choices=labels.call_categories)
    budget_text = models.CharField(_("budget range"), max_length=120, blank=True)
    opens_on = models.DateField(_("opens on"))
    questions_until = models.DateField(_("questions until"))
    closes_on = models.DateField(_("closes on"))
    published_at = models.DateTimeField(_("published at"), null=True, blank=True)
    reason = models.TextField(_("reason"), blank=True)
    notice = models.ForeignKey(
        "portal.Notice", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = CallQuerySet.as_manager()

    class Meta:
        """Known states, days in order."""

        verbose_name = _("call")
        verbose_name_plural = _("calls")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(state__in=CALL.states), name="call_state"),
            models.CheckConstraint(
                condition=Q(questions_until__gte=F("opens_on"))
                & Q(closes_on__gt=F("questions_until")),
                name="call_days_in_order",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["state", "closes_on"], name="call_state_closes"),
        ]

    def __str__(self) -> str:
        """Show the Chinese title."""
        return self.title

    def get_absolute_url(self) -> str:
        """Return the address of its public page."""
        return reverse("incubator:call", args=[self.number])

    @property
    def work_url(self) -> str:
        """Address of its page in the workspace."""
        return reverse("incubator:call_work", args=[self.number])

    @property
    def schedule(self) -> Schedule:
        """The call's days."""
        return Schedule(self.opens_on, self.questions_until, self.closes_on)

    def phase(self, today: date) -> str:
        """Return where it stands today (``domain.call.phase``)."""
        return phase(self.state, self.schedule, today)

    @property
    def editable(self) -> bool:
        """Whether its owner may still change the text."""
        return self.state in EDITABLE_STATES

    @property
    def local_title(self) -> str:
        """The title in the reader's language."""
        return self.local("title")

    @property
    def local_need(self) -> str:
        """The need in the reader's language."""
        return self.local("need")


class CallQuestion(models.Model):
    """A question about a call; with its answer it is public, the asker never shown.

    Personal data: who asked, kept for a year after the call ended, for abuse only.
    """

    call = models.ForeignKey(Call, on_delete=models.CASCADE, related_name="questions")
    asker = models.ForeignKey(
        "portal.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    text = models.TextField(_("question"), max_length=1000)
    asked_at = models.DateTimeField(_("asked at"))
    answer = models.TextField(_("answer"), max_length=4000, blank=True)
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)

    class Meta:
        """An answer has its moment."""

        verbose_name = _("question about a call")
        verbose_name_plural = _("questions about calls")
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(answer="", answered_at__isnull=True)
                | (~Q(answer="") & Q(answered_at__isnull=False)),
                name="call_answer_has_moment",
            ),
        ]

    def __str__(self) -> str:
        """Show the question's beginning."""
        return self.text[:60]


class ProposalQuerySet(models.QuerySet["Proposal"]):
    """Proposals by intention."""

    def of_consortium(self, user: User) -> "ProposalQuerySet":
        """Those of the user's organisations: led, or as a partner who was asked."""
        mine = organisation_ids(user, *CONSORTIUM_ROLES)
        asked = ProposalPartner.objects.filter(organisation_id__in=mine).values("proposal_id")
        return self.filter(Q(lead_id__in=mine) | (Q(pk__in=asked) & ~Q(state="draft")))

    def visible_to(self, user: User) -> "ProposalQuerySet":
        """Own ones; once the call closed also the owner's and staff's; a reviewer's assigned."""
        mine = organisation_ids(user, *CONSORTIUM_ROLES)
        asked = ProposalPartner.objects.filter(organisation_id__in=mine).values("proposal_id")
        assigned = ProposalReview.objects.filter(reviewer=user, recused_at__isnull=True)
        evaluated = Q(state__in=EVALUATED_STATES)
        seen = Q(lead_id__in=mine) | (Q(pk__in=asked) & ~Q(state="draft"))
        seen |= evaluated & Q(call__owner_id__in=organisation_ids(user, Role.CALL_OWNER))
        seen |= evaluated & Q(pk__in=assigned.values("proposal_id"))
        if Role.STAFF in user.role_codes:
            seen |= evaluated
        return self.filter(seen)


class Proposal(Stateful):
    """A consortium's answer to a call: a lead firm and partners who consented.

    Moves only through ``incubator.services.proposals`` and ``call_results``. Personal data:
    who wrote it, kept with the proposal.
    """

    call = models.ForeignKey(Call, on_delete=models.PROTECT, related_name="proposals")
    lead = models.ForeignKey("portal.Organisation", on_delete=models.PROTECT, related_name="+")
    created_by = models.ForeignKey("portal.User", on_delete=models.PROTECT, related_name="+")
    title = models.CharField(_("title"), max_length=120)
    summary = models.TextField(_("approach"), max_length=6000)
    lead_share = models.CharField(_("tasks of the lead"), max_length=500)
    plan = models.TextField(_("plan and cost"), max_length=4000)
    submitted_at = models.DateTimeField(_("submitted at"), null=True, blank=True)
    feedback = models.TextField(_("feedback"), blank=True)

    objects = ProposalQuerySet.as_manager()

    class Meta:
        """Known states; a firm leads one living proposal for a call; no refusal without words."""

        verbose_name = _("proposal")
        verbose_name_plural = _("proposals")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(state__in=PROPOSAL.states), name="proposal_state"),
            models.UniqueConstraint(
                fields=["call", "lead"], condition=~Q(state="withdrawn"), name="proposal_one_a_lead"
            ),
            models.CheckConstraint(
                condition=~Q(state="not_selected") | ~Q(feedback=""), name="proposal_feedback_given"
            ),
        ]

    def __str__(self) -> str:
        """Show the title."""
        return self.title

    def get_absolute_url(self) -> str:
        """Return the address of its page in the workspace."""
        return reverse("incubator:proposal", args=[self.pk])

    def members(self) -> list[Organisation]:
        """Return the lead and its partners."""
        partners = self.partners.select_related("organisation").order_by("id")
        return [self.lead, *(partner.organisation for partner in partners)]


class ProposalPartner(models.Model):
    """A partner of a consortium with its share and its answer.

    Personal data: who answered for the partner, kept with the proposal.
    """

    proposal = models.ForeignKey(Proposal, on_delete=models.CASCADE, related_name="partners")
    organisation = models.ForeignKey(
        "portal.Organisation", on_delete=models.PROTECT, related_name="+"
    )
    task_share = models.CharField(_("tasks"), max_length=500)
    answered_by = models.ForeignKey(
        "portal.User", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    consented_at = models.DateTimeField(_("consented at"), null=True, blank=True)
    declined_at = models.DateTimeField(_("declined at"), null=True, blank=True)
    decline_reason = models.CharField(_("reason"), max_length=500, blank=True)

    class Meta:
        """A partner once; never both answers; an answer has somebody who gave it."""

        verbose_name = _("partner")
        verbose_name_plural = _("partners")
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["proposal", "organisation"], name="proposal_partner_once"
            ),
            models.CheckConstraint(
                condition=Q(consented_at__isnull=True) | Q(declined_at__isnull=True),
                name="proposal_partner_one_answer",
            ),
            models.CheckConstraint(
                condition=Q(consented_at__isnull=True, declined_at__isnull=True)
                | Q(answered_by__isnull=False),
                name="proposal_partner_answered_by",
            ),
        ]

    def __str__(self) -> str:
        """Show who joins what."""
        return f"{self.organisation} · {self.proposal}"

    @property
    def answer(self) -> str:
        """Return “consented”, “declined” or “waiting”."""
        if self.consented_at is not None:
            return "consented"
        return "waiting" if self.declined_at is None else "declined"


class ProposalAttachment(models.Model):
    """A file of a proposal. Holds no personal data itself; the file row names the uploader."""

    proposal = models.ForeignKey(Proposal, on_delete=models.CASCADE, related_name="attachments")
    file = models.ForeignKey("portal.StoredFile", on_delete=models.PROTECT, related_name="+")

    class Meta:
        """In the order in which they came."""

        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        """Show the file's name."""
        return self.file.name


class ProposalReview(models.Model):
    """A reviewer's rating of a proposal: anchors 0 to 4 by criterion, and a narrative.

    Personal data: who reviewed, never shown to the consortium; kept with the proposal.
    """

    proposal = models.ForeignKey(Proposal, on_delete=models.CASCADE, related_name="reviews")
    reviewer = models.ForeignKey("portal.User", on_delete=models.PROTECT, related_name="+")
    assigned_at = models.DateTimeField(_("assigned at"))
    due_on = models.DateField(_("due"))
    scores = models.JSONField(_("anchors"), default=dict, blank=True)
    narrative = models.TextField(_("narrative"), max_length=4000, blank=True)
    submitted_at = models.DateTimeField(_("submitted at"), null=True, blank=True)
    recused_at = models.DateTimeField(_("stepped back at"), null=True, blank=True)
    recuse_reason = models.CharField(_("reason"), max_length=500, blank=True)

    class Meta:
        """A person reviews a proposal once; who stepped back gave no rating."""

        verbose_name = _("review of a proposal")
        verbose_name_plural = _("reviews of proposals")
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["proposal", "reviewer"], name="proposal_review_once"),
            models.CheckConstraint(
                condition=Q(submitted_at__isnull=True) | Q(recused_at__isnull=True),
                name="proposal_review_or_recusal",
            ),
        ]

    def __str__(self) -> str:
        """Show what is reviewed; the reviewer's name stays out."""
        return str(self.proposal)

    def get_absolute_url(self) -> str:
        """Return the address of the reviewer's page."""
        return reverse("incubator:proposal_review", args=[self.pk])
