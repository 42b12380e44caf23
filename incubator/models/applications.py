"""Applications of firms, their files and their reviews."""

from datetime import date
from typing import Any, ClassVar, cast

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from incubator.domain import application as rules
from incubator.domain.answer_changes import Sent, reusable
from incubator.domain.service_times import REVIEW_DAYS
from incubator.labels import applications as labels
from portal.domain.calendar import add_working_days
from portal.domain.roles import Role
from portal.models import Stateful, StoredFile, User

CASE_READERS = frozenset({Role.STAFF, Role.LEAD})


def over(today: date) -> Q:
    """Return ``incubator.domain.application.is_late`` as the database asks it."""
    return Q(state="more_info", answer_due_on__isnull=False, answer_due_on__lt=today)


class ApplicationQuerySet(models.QuerySet["Application"]):
    """Applications by intention."""

    def visible_to(self, user: User) -> "ApplicationQuerySet":
        """Own firms' cases; for staff every case that was sent; for reviewers their own."""
        own = [membership.organisation_id for membership in user.active_memberships]
        seen = Q(organisation__in=own)
        if user.role_codes & CASE_READERS:
            seen |= Q(submitted_at__isnull=False)
        if Role.ASSESSOR in user.role_codes:
            seen |= Q(
                pk__in=ApplicationReview.objects.filter(
                    reviewer=user, state__in=("scoring", "submitted")
                ).values("application")
            )
        return self.filter(seen)

    def live(self, today: date) -> "ApplicationQuerySet":
        """Those that stand in the way of another application of the same firm."""
        return self.exclude(state__in=rules.CLOSED).exclude(over(today))

    def against_review(self, today: date) -> "ApplicationQuerySet":
        """Those beside which the same firm may not ask for a review of a refusal."""
        return self.live(today).exclude(state__in=rules.LEAVES_REVIEW)

    def late(self, today: date) -> "ApplicationQuerySet":
        """Those that have lapsed, though no night has recorded it yet."""
        return self.filter(over(today))

    def standing_in(self, state: str, today: date) -> "ApplicationQuerySet":
        """Those that stand in ``state`` today."""
        if state == "lapsed":
            return self.filter(Q(state=state) | over(today))
        return self.filter(state=state).exclude(over(today))

    def admitted(self) -> "ApplicationQuerySet":
        """Those whose firm was admitted."""
        return self.filter(state="admitted")


class Application(Stateful):
    """A firm's application for incubation. Only ``incubator.services`` changes its state.

    ``answers`` holds what was answered by the key of the question in ``form``; what the firm has
    written there and not sent is nobody else's to read (``sent_answers``). ``taken_over`` holds the
    number of an earlier application (``from``) and the ``keys`` of its answers that nobody has
    confirmed yet. In ``decision_pending`` a decision is held: ``proposed_at``, or ``refused_at``
    with its reasons, which the firm learns when it is rejected.

    Personal data: who refused, and the answers to questions of that class (a contact's name and
    phone); removed three years after the case was closed, or after the firm's incubation ended
    (``incubator.services.retention``).
    """

    number = models.CharField(_("number"), max_length=40, unique=True)
    organisation = models.ForeignKey(
        "portal.Organisation", on_delete=models.PROTECT, related_name="+"
    )
    form = models.ForeignKey(
        "incubator.FormVersion", on_delete=models.PROTECT, related_name="applications"
    )
    created_by = models.ForeignKey("portal.User", on_delete=models.PROTECT, related_name="+")
    answers = models.JSONField(_("answers"), default=dict, blank=True)
    taken_over = models.JSONField(default=dict, blank=True)
    truth_declared = models.BooleanField(labels.DECLARATION, default=False)
    declared_at = models.DateTimeField(_("declared at"), null=True, blank=True)
    saved_at = models.DateTimeField(_("saved at"))
    submitted_at = models.DateTimeField(_("submitted at"), null=True, blank=True)
    submitted_by = models.ForeignKey(
        "portal.User", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    machine_result = models.JSONField(null=True, blank=True)
    asked = models.JSONField(default=dict, blank=True)
    asked_at = models.DateTimeField(null=True, blank=True)
    answer_due_on = models.DateField(null=True, blank=True)
    salt = models.CharField(max_length=32, blank=True)
    assignments = models.JSONField(default=list, blank=True)
    review_started_at = models.DateTimeField(null=True, blank=True)
    reviewed_at = models.DateTimeField(null=True, blank=True)
    proposed_at = models.DateTimeField(null=True, blank=True)
    refused_at = models.DateTimeField(null=True, blank=True)
    refused_by = models.ForeignKey(
        "portal.User", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    rejected_at = models.DateTimeField(null=True, blank=True)
    proposal_reason = models.TextField(max_length=rules.TEXT_LIMIT, blank=True)
    notice = models.ForeignKey(
        "portal.Notice", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    batch = models.CharField(_("batch"), max_length=60, blank=True)
    admitted_on = models.DateField(_("admitted on"), null=True, blank=True)
    reason_codes = models.JSONField(default=list, blank=True)
    feedback = models.TextField(_("feedback"), max_length=rules.TEXT_LIMIT, blank=True)
    personal_removed_at = models.DateTimeField(
        _("personal data removed"), null=True, blank=True, editable=False
    )

    objects = ApplicationQuerySet.as_manager()

    class Meta:
        """One live application a firm; every decision has what it rests on."""

        verbose_name = _("incubation application")
        verbose_name_plural = _("incubation applications")
        indexes: ClassVar = [models.Index(fields=["state", "id"], name="application_state")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(state__in=rules.LIFECYCLE.states), name="application_state_known"
            ),
            models.UniqueConstraint(
                fields=["organisation"],
                condition=~Q(state__in=sorted(rules.CLOSED)),
                name="application_one_live",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "withdrawn"]) | Q(submitted_at__isnull=False),
                name="application_sent_has_time",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["public_notice", "admitted"])
                | Q(proposed_at__isnull=False, notice__isnull=False),
                name="application_noticed_has_notice",
            ),
            models.CheckConstraint(
                condition=Q(state="admitted") ^ Q(admitted_on__isnull=True),
                name="application_admitted_has_date",
            ),
            models.CheckConstraint(
                condition=~Q(state="rejected") | ~Q(feedback=""),
                name="application_rejected_has_reason",
            ),
            models.CheckConstraint(
                condition=Q(refused_at__isnull=True)
                | Q(proposed_at__isnull=True) & ~Q(feedback=""),
                name="application_one_held_decision",
            ),
        ]

    def __str__(self) -> str:
        """Show the number."""
        return self.number

    def get_absolute_url(self) -> str:
        """Return the firm's page of this case."""
        return reverse("incubator:application", args=[self.pk])

    def standing(self, today: date) -> str:
        """Return the state in which the case stands today."""
        return rules.standing(self.state, self.answer_due_on, today)

    def standing_since(self, today: date) -> date:
        """Return the day since which the case stands as it does today."""
        since = timezone.localdate(self.state_since)
        return rules.standing_since(since, self.state, self.answer_due_on, today)

    @property
    def review_until(self) -> date | None:
        """The last day on which the firm may ask for a review of the refusal."""
        if self.state != "rejected" or self.rejected_at is None:
            return None
        return add_working_days(timezone.localdate(self.rejected_at), rules.REQUEST_DAYS).value

    @property
    def files(self) -> "list[ApplicationAttachment]":
        """The files that count, oldest first (from a prefetch where there is one)."""
        return [one for one in self.attachments.all() if one.removed_at is None]

    @property
    def last_submission(self) -> "ApplicationSubmission | None":
        """What the firm sent last (from a prefetch where there is one)."""
        return next(reversed(self.submissions.all()), None)

    @property
    def sent_answers(self) -> dict[str, Any]:
        """The answers as everybody reads them outside the firm's form: as they were sent last.

        Of what was never sent, which is the firm's alone, as they were written.
        """
        last = self.last_submission
        return self.answers if last is None else last.answers

    @property
    def sent_files(self) -> "list[ApplicationAttachment]":
        """The files of what was sent last, whatever was added or taken out since."""
        last = self.last_submission
        if last is None:
            return self.files
        sent = {(one["key"], one["sha256"], one["name"]) for one in last.files}
        found = {(one.kind, one.file.sha256, str(one)): one for one in self.attachments.all()}
        return [one for mark, one in found.items() if mark in sent]

    def has_sent(self, stored: StoredFile) -> bool:
        """Return whether the firm ever sent a file (one query)."""
        rows = self.submissions.values_list("files", flat=True)
        return any(one["sha256"] == stored.sha256 for files in rows for one in files)

    def earlier(self) -> "Application | None":
        """Return the firm's newest earlier application, if there is one (one query)."""
        rows = Application.objects.filter(organisation=self.organisation_id, pk__lt=self.pk)
        return rows.select_related("form").order_by("-pk").first()

    def reusable_from(self, old: "Application") -> dict[str, Any]:
        """Return the answers of an earlier application that fit what is still empty here."""
        return reusable(Sent(old.form.content, old.answers, {}), self.form.content, self.answers)


class RefusalReview(models.Model):
    """The one review of a refusal that a firm may ask for, and how it ended.

    Personal data: who asked for the firm, who decided; kept with the application.
    """

    application = models.OneToOneField(
        Application, on_delete=models.CASCADE, related_name="refusal_review"
    )
    asked_by = models.ForeignKey("portal.User", on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(_("asked at"))
    grounds = models.TextField(_("grounds of the request"), max_length=rules.TEXT_LIMIT)
    reason_codes = models.JSONField(_("reasons of the refusal"), default=list)
    feedback = models.TextField(_("feedback of the refusal"), max_length=rules.TEXT_LIMIT)
    due_on = models.DateField(_("due on"))
    outcome = models.CharField(max_length=12, blank=True, choices=labels.recheck_outcomes)
    reason = models.TextField(_("reason"), max_length=rules.TEXT_LIMIT, blank=True)
    decided_by = models.ForeignKey(
        "portal.User", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        """Once an application; a decision names its reason and its human."""

        verbose_name = _("review of a refusal")
        verbose_name_plural = _("reviews of refusals")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(outcome__in=["", *rules.RECHECK_OUTCOMES]),
                name="refusal_review_outcome_known",
            ),
            models.CheckConstraint(
                condition=Q(outcome__in=["", "dropped"])
                | (~Q(reason="") & Q(decided_by__isnull=False, decided_at__isnull=False)),
                name="refusal_review_has_reason",
            ),
        ]

    def __str__(self) -> str:
        """Show the case."""
        return str(self.application)


class ApplicationSubmission(models.Model):
    """What a firm sent at one moment, with the machine check of that moment; never changed.

    Only what is personal in it goes when its period is over.

    Personal data: as in the application, and who declared it true; kept with the application.
    """

    application = models.ForeignKey(
        Application, on_delete=models.CASCADE, related_name="submissions"
    )
    number = models.PositiveSmallIntegerField(_("submission"))
    answers = models.JSONField(_("answers"), default=dict, blank=True)
    files = models.JSONField(_("files"), default=list, blank=True)
    machine_result = models.JSONField(_("machine check"))
    declared_by = models.ForeignKey(
        "portal.User", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    declared_at = models.DateTimeField(_("declared at"))
    personal_removed_at = models.DateTimeField(
        _("personal data removed"), null=True, blank=True, editable=False
    )

    class Meta:
        """Numbered from one within an application."""

        verbose_name = _("submission")
        verbose_name_plural = _("submissions")
        ordering: ClassVar = ["application", "number"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["application", "number"], name="application_submission_once"
            ),
        ]

    def __str__(self) -> str:
        """Show number and turn."""
        return f"{self.application} · {self.number}"

    @property
    def sent(self) -> Sent:
        """What was sent, as the rules compare it."""
        files: dict[str, list[tuple[str, str]]] = {}
        for one in self.files:
            files.setdefault(one["key"], []).append((one["sha256"], one["name"]))
        return Sent(self.application.form.content, self.answers, files)


class ApplicationAttachment(models.Model):
    """A file of an application; ``kind`` is the key of the question that asks for it.

    A removed one stays for the record, but no longer counts.

    Personal data: whatever the file holds (a licence names the legal representative).
    """

    application = models.ForeignKey(
        Application, on_delete=models.CASCADE, related_name="attachments"
    )
    kind = models.CharField(_("question"), max_length=40)
    file = models.ForeignKey("portal.StoredFile", on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        """In the order in which they came."""

        ordering: ClassVar = ["id"]
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")

    def __str__(self) -> str:
        """Show the file's name."""
        return cast("StoredFile", self.file).name

    @property
    def url(self) -> str:
        """Where whoever may read it gets the file."""
        return reverse("portal:file", args=[self.file_id])


class ApplicationReviewQuerySet(models.QuerySet["ApplicationReview"]):
    """Reviews by intention."""

    def of(self, user: User) -> "ApplicationReviewQuerySet":
        """Those assigned to ``user``, for as long as they are or were theirs to write."""
        return self.filter(reviewer=user).exclude(state="cancelled")

    def live(self) -> "ApplicationReviewQuerySet":
        """Those that count or will count."""
        return self.filter(state__in=rules.LIVE_REVIEWS)

    def waiting(self) -> "ApplicationReviewQuerySet":
        """Those that a reviewer still owes."""
        return self.filter(state__in=("assigned", "scoring"))


class ApplicationReview(Stateful):
    """One reviewer's conflict declaration, anchored scores and narratives.

    ``of_refusal``: written by somebody new to the case, because its refusal is reviewed.

    Personal data: who reviewed, what tie was declared; the firm never sees it. Kept as long as
    the decision can be appealed.
    """

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="reviews")
    reviewer = models.ForeignKey("portal.User", on_delete=models.PROTECT, related_name="+")
    conflict_note = models.TextField(max_length=rules.TEXT_LIMIT, blank=True)
    declared_at = models.DateTimeField(null=True, blank=True)
    capability = models.PositiveSmallIntegerField(null=True, blank=True)
    capability_note = models.TextField(max_length=rules.TEXT_LIMIT, blank=True)
    scenario_fit = models.PositiveSmallIntegerField(null=True, blank=True)
    scenario_fit_note = models.TextField(max_length=rules.TEXT_LIMIT, blank=True)
    case_evidence = models.PositiveSmallIntegerField(null=True, blank=True)
    case_evidence_note = models.TextField(max_length=rules.TEXT_LIMIT, blank=True)
    of_refusal = models.BooleanField(default=False)
    recommendation = models.CharField(
        max_length=8, blank=True, choices=labels.recommendation_choices
    )
    submitted_at = models.DateTimeField(null=True, blank=True)

    objects = ApplicationReviewQuerySet.as_manager()

    class Meta:
        """A person reviews a case once; what was sent is complete."""

        verbose_name = _("application review")
        verbose_name_plural = _("application reviews")
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(state__in=rules.REVIEW_LIFECYCLE.states), name="review_state_known"
            ),
            models.UniqueConstraint(fields=["application", "reviewer"], name="review_once"),
            models.CheckConstraint(
                # A comparison with nothing would pass the check, hence "isnull" beside "in".
                condition=~Q(state="submitted")
                | Q(
                    capability__isnull=False,
                    capability__in=rules.ANCHORS,
                    scenario_fit__isnull=False,
                    scenario_fit__in=rules.ANCHORS,
                    case_evidence__isnull=False,
                    case_evidence__in=rules.ANCHORS,
                    recommendation__in=rules.RECOMMENDATIONS,
                    submitted_at__isnull=False,
                ),
                name="review_sent_is_complete",
            ),
        ]

    def __str__(self) -> str:
        """Show the case; the reviewer's name is not for everybody."""
        return str(self.application)

    def get_absolute_url(self) -> str:
        """Return the reviewer's page."""
        return reverse("incubator:review", args=[self.pk])

    @property
    def due_on(self) -> date:
        """The day by which the reviewer answers; it counts from the assignment."""
        return add_working_days(timezone.localdate(self.created_at), REVIEW_DAYS).value

    @property
    def is_overdue(self) -> bool:
        """Whether the reviewer let that day pass."""
        return self.state in {"assigned", "scoring"} and self.due_on < timezone.localdate()

    @property
    def scores(self) -> dict[str, int]:
        """The anchors by criterion."""
        return {name: getattr(self, name) for name in rules.CRITERIA}
