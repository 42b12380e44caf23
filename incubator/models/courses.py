"""Courses as Wagtail pages, their frozen versions, and who learns them."""

from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.admin.panels import FieldPanel
from wagtail.fields import StreamField

from incubator.domain.course import ACTIVE, ENROLMENT, RETRY_AFTER_DAYS
from incubator.labels.courses import enrolment_states
from portal.models import Stateful, User
from portal.models.pages import BilingualPage, ContentBlocks


class LessonBlock(blocks.StructBlock):
    """One lesson: its words are the blocks of every page."""

    title = blocks.CharBlock(label=_("Title"), max_length=120)
    title_en = blocks.CharBlock(label=_("Title in English"), max_length=160, required=False)
    minutes = blocks.IntegerBlock(label=_("Minutes"), min_value=1, max_value=600)
    body = ContentBlocks(label=_("Text"))
    body_en = ContentBlocks(label=_("Text in English"), required=False)

    class Meta:
        """Named for editors."""

        label = _("Lesson")
        icon = "doc-full"


class OptionBlock(blocks.StructBlock):
    """One answer to choose."""

    text = blocks.CharBlock(label=_("Answer"), max_length=300)
    text_en = blocks.CharBlock(label=_("Answer in English"), max_length=400, required=False)
    correct = blocks.BooleanBlock(label=_("This answer is right"), required=False)


class QuestionBlock(blocks.StructBlock):
    """One question; where several answers are right, all of them must be chosen."""

    question = blocks.TextBlock(label=_("Question"), max_length=600, rows=2)
    question_en = blocks.TextBlock(
        label=_("Question in English"), max_length=800, rows=2, required=False
    )
    options = blocks.ListBlock(OptionBlock(), label=_("Answers"), min_num=2, max_num=8)
    explanation = blocks.TextBlock(label=_("Explanation"), max_length=1000, rows=2, required=False)
    explanation_en = blocks.TextBlock(
        label=_("Explanation in English"), max_length=1200, rows=2, required=False
    )

    class Meta:
        """Named for editors."""

        label = _("Question")
        icon = "help"

    def clean(self, value: Any) -> Any:
        """Refuse a question without a right answer."""
        cleaned = super().clean(value)
        if not any(option["correct"] for option in cleaned["options"]):
            wrong = ValidationError(_("Mark at least one answer as right."))
            raise blocks.StructBlockValidationError(block_errors={"options": wrong})
        return cleaned


class CourseIndexPage(BilingualPage):
    """The list of courses at ``/courses/``."""

    template = "incubator/pages/course_index_page.html"
    max_count = 1
    parent_page_types: ClassVar = ["portal.HomePage"]
    subpage_types: ClassVar = ["incubator.CoursePage"]

    class Meta:
        """Named for editors."""

        verbose_name = _("course list")


class CoursePage(BilingualPage):
    """A course as its expert (the page's owner) writes it.

    What learners see is the newest ``CourseVersion``, frozen when the page is published.
    """

    template = "incubator/pages/course_page.html"
    parent_page_types: ClassVar = ["incubator.CourseIndexPage"]
    subpage_types: ClassVar = []
    hours = models.DecimalField(
        _("hours"), max_digits=4, decimal_places=1, validators=[MinValueValidator(0)]
    )
    pass_mark = models.PositiveSmallIntegerField(
        _("pass mark in percent"),
        default=70,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
    )
    retry_after_days = models.PositiveSmallIntegerField(
        _("calendar days to wait after the last failed attempt"),
        default=RETRY_AFTER_DAYS,
        validators=[MaxValueValidator(365)],
        help_text=_("0 lets a learner enrol again at once."),
    )
    lessons = StreamField([("lesson", LessonBlock())], verbose_name=_("lessons"))
    quiz = StreamField([("question", QuestionBlock())], verbose_name=_("quiz"))

    content_panels: ClassVar = [
        *BilingualPage.content_panels,
        FieldPanel("hours"),
        FieldPanel("lessons"),
        FieldPanel("pass_mark"),
        FieldPanel("retry_after_days"),
        FieldPanel("quiz"),
    ]

    class Meta:
        """Named for editors."""

        verbose_name = _("course")


class CourseVersion(models.Model):
    """A course as it was when it was published; never changed, so that a proof keeps its meaning.

    ``content`` holds the texts, the lessons, the quiz with its right answers (never shown), the
    hours, the pass mark and the days to wait after the last failed attempt. Personal data: the id
    of whoever published it, kept with the version.
    """

    course = models.ForeignKey(CoursePage, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField(_("version"))
    digest = models.CharField("SHA-256", max_length=64)
    content = models.JSONField(_("content"))
    frozen_at = models.DateTimeField(_("published"))
    frozen_by = models.ForeignKey(
        "portal.User", null=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        """Numbered without gaps in a course."""

        verbose_name = _("course version")
        verbose_name_plural = _("course versions")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["course", "number"], name="course_version_once"),
        ]

    def __str__(self) -> str:
        """Show title and version."""
        return f"{self.content['title']} · {self.number}"

    @property
    def local_title(self) -> str:
        """The course's title in the reader's language."""
        return local_text(self.content, "title")

    @property
    def lessons(self) -> list[dict[str, Any]]:
        """The lessons in their order."""
        return list(self.content["lessons"])

    @property
    def questions(self) -> list[dict[str, Any]]:
        """The quiz with its right answers: for marking, never for a page."""
        return list(self.content["quiz"])


def local_text(values: dict[str, Any], name: str) -> Any:
    """Return the value under ``name`` in the reader's language; empty English is Chinese."""
    if (get_language() or "").startswith("en"):
        return values.get(f"{name}_en") or values[name]
    return values[name]


class EnrolmentQuerySet(models.QuerySet["Enrolment"]):
    """Enrolments by intention."""

    def visible_to(self, user: User) -> "EnrolmentQuerySet":
        """Learning is private: only one's own."""
        return self.filter(learner=user)


class Enrolment(Stateful):
    """A person's way through one version of a course; moved by ``incubator.services.courses``.

    Personal data: who learned what with which result, for which firm; kept while the proof of
    completion can be checked, otherwise two years.
    """

    state = models.CharField(_("state"), max_length=32, db_index=True, choices=enrolment_states)
    learner = models.ForeignKey("portal.User", on_delete=models.CASCADE, related_name="+")
    organisation = models.ForeignKey(
        "portal.Organisation", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    course = models.ForeignKey(CoursePage, on_delete=models.PROTECT, related_name="enrolments")
    edition = models.ForeignKey(CourseVersion, on_delete=models.PROTECT, related_name="enrolments")
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    score = models.DecimalField(
        _("best score"), max_digits=4, decimal_places=1, null=True, blank=True
    )
    completed_at = models.DateTimeField(_("completed"), null=True, blank=True)
    document = models.ForeignKey(
        "portal.IssuedDocument", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = EnrolmentQuerySet.as_manager()

    class Meta:
        """Nobody learns a course twice at the same time, or again after completing it."""

        verbose_name = _("enrolment")
        verbose_name_plural = _("enrolments")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["learner", "course"],
                condition=Q(state__in=ACTIVE),
                name="enrolment_once",
            ),
            models.CheckConstraint(condition=Q(state__in=ENROLMENT.states), name="enrolment_state"),
            models.CheckConstraint(
                condition=Q(state="completed") ^ Q(completed_at__isnull=True),
                name="enrolment_completed_at",
            ),
            models.CheckConstraint(
                condition=Q(score__isnull=True) | Q(score__gte=0, score__lte=100),
                name="enrolment_score",
            ),
        ]

    def __str__(self) -> str:
        """Show who learns what."""
        return f"{self.learner} · {self.edition}"

    def get_absolute_url(self) -> str:
        """Return the learner's own page."""
        return reverse("incubator:learning", args=[self.pk])


class LessonRead(models.Model):
    """A learner said that a lesson is read. Kept with the enrolment."""

    enrolment = models.ForeignKey(Enrolment, on_delete=models.CASCADE, related_name="readings")
    lesson = models.CharField(max_length=40)
    read_at = models.DateTimeField(_("read"))

    class Meta:
        """Once for a lesson."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["enrolment", "lesson"], name="lesson_read_once"),
        ]

    def __str__(self) -> str:
        """Show the lesson's id."""
        return self.lesson


class QuizAttempt(models.Model):
    """One marked attempt at a quiz. Personal data: the answers; kept with the enrolment."""

    enrolment = models.ForeignKey(Enrolment, on_delete=models.CASCADE, related_name="tries")
    number = models.PositiveSmallIntegerField(_("attempt"))
    answers = models.JSONField(_("answers"))
    right = models.JSONField(_("right answers"))
    score = models.DecimalField(_("score"), max_digits=4, decimal_places=1)
    passed = models.BooleanField(_("passed"))
    at = models.DateTimeField(_("at"))

    class Meta:
        """Numbered from one; the same attempt is never marked twice."""

        ordering: ClassVar = ["number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["enrolment", "number"], name="quiz_attempt_once"),
        ]

    def __str__(self) -> str:
        """Show attempt and score."""
        return f"{self.number}: {self.score}"
