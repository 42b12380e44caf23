"""Windows in which firms may apply: what staff write in Wagtail, and the frozen forms of it."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any, ClassVar

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.admin.panels import FieldPanel, MultiFieldPanel, ObjectList, TabbedInterface
from wagtail.fields import StreamField

from incubator.domain import application_form as rules
from incubator.domain.application_window import LIFECYCLE, clock_state
from incubator.labels import windows as labels
from portal.models import Bilingual, Stateful

KEY_RULE = RegexValidator(
    rules.KEY, _("Small letters, digits and _, a letter first, at most 40 characters.")
)


def required_text(label: Any, longest: int, **options: Any) -> blocks.CharBlock:
    """Return a line of text."""
    return blocks.CharBlock(label=label, max_length=longest, **options)


def key_block(**options: Any) -> blocks.CharBlock:
    """Return the name by which answers, options and checks are found again."""
    return blocks.CharBlock(
        label=pgettext_lazy("question", "Key"), max_length=40, validators=[KEY_RULE], **options
    )


class SectionBlock(blocks.StructBlock):
    """A heading between questions."""

    title = required_text(_("Title"), 80)
    title_en = required_text(_("Title in English"), 120, required=False)

    class Meta:
        """Named for editors."""

        label = _("Heading")
        icon = "title"


class QuestionBlock(blocks.StructBlock):
    """What every question has."""

    key = key_block(
        help_text=_("Keep the key of a question that you asked before: answers can be taken over.")
    )
    title = required_text(_("Question"), 120)
    title_en = required_text(_("Question in English"), 160, required=False)
    help = blocks.TextBlock(label=_("Help"), max_length=400, rows=2, required=False)
    help_en = blocks.TextBlock(label=_("Help in English"), max_length=600, rows=2, required=False)
    purpose = required_text(_("Why it is asked"), 200)
    purpose_en = required_text(_("Why it is asked, in English"), 300, required=False)
    klass = blocks.ChoiceBlock(
        label=_("Class of data"), choices=labels.data_classes, default="internal"
    )
    required = blocks.BooleanBlock(label=_("Required"), required=False, default=True)


class ShortBlock(QuestionBlock):
    """One line."""

    limit = blocks.IntegerBlock(
        label=_("Characters at most"), min_value=1, max_value=rules.SHORT_LIMIT, default=80
    )

    class Meta:
        """Named for editors."""

        label = labels.TYPES["short"]
        icon = "minus"


class LongBlock(QuestionBlock):
    """Several lines."""

    limit = blocks.IntegerBlock(
        label=_("Characters at most"), min_value=1, max_value=rules.LONG_LIMIT, default=2000
    )

    class Meta:
        """Named for editors."""

        label = labels.TYPES["long"]
        icon = "pilcrow"


class NumberBlock(QuestionBlock):
    """A number in a unit, within bounds."""

    unit = required_text(_("Unit"), 20, required=False)
    unit_en = required_text(_("Unit in English"), 30, required=False)
    least = blocks.FloatBlock(label=_("At least"), required=False)
    most = blocks.FloatBlock(label=_("At most"), required=False)
    decimals = blocks.IntegerBlock(label=_("Decimals"), min_value=0, max_value=4, default=0)

    class Meta:
        """Named for editors."""

        label = labels.TYPES["number"]
        icon = "order"


class DateBlock(QuestionBlock):
    """A day."""

    class Meta:
        """Named for editors."""

        label = labels.TYPES["date"]
        icon = "date"


class YesNoBlock(QuestionBlock):
    """Yes or no."""

    class Meta:
        """Named for editors."""

        label = labels.TYPES["yes_no"]
        icon = "check"


class FileBlock(QuestionBlock):
    """Files, kept in private storage."""

    class Meta:
        """Named for editors."""

        label = labels.TYPES["file"]
        icon = "doc-full"


class OptionBlock(blocks.StructBlock):
    """One thing to choose; the code is what is kept."""

    code = key_block()
    text = required_text(_("Option"), 120)
    text_en = required_text(_("Option in English"), 160, required=False)


class ChoiceBlock(QuestionBlock):
    """One of several."""

    options = blocks.ListBlock(OptionBlock(), label=_("Options"), min_num=2, max_num=40)

    class Meta:
        """Named for editors."""

        label = labels.TYPES["choice"]
        icon = "radio-full"


class ChoicesBlock(ChoiceBlock):
    """Any of several."""

    class Meta:
        """Named for editors."""

        label = labels.TYPES["choices"]
        icon = "list-ul"


class CheckBlock(blocks.StructBlock):
    """One check of the machine: a predicate as JSON and what is said when it does not hold."""

    key = key_block()
    when = blocks.TextBlock(
        label=_("Holds when (JSON)"),
        rows=3,
        max_length=4000,
        help_text=_('For example {"field": "case_text.characters", "op": "ge", "value": 60}.'),
    )
    otherwise = blocks.ChoiceBlock(label=_("When it does not hold"), choices=labels.outcomes)
    title = required_text(_("Name"), 80, required=False)
    title_en = required_text(_("Name in English"), 120, required=False)
    reason = blocks.TextBlock(
        label=_("What the firm is told"),
        rows=2,
        max_length=300,
        help_text=_("{got} stands for what was counted, {wanted} for what is asked for."),
    )
    reason_en = blocks.TextBlock(
        label=_("What the firm is told, in English"), rows=2, max_length=400
    )

    class Meta:
        """Named for editors."""

        label = _("Check")
        icon = "tasks"


class QuestionBlocks(blocks.StreamBlock):
    """The questions that a form may ask."""

    section = SectionBlock()
    short = ShortBlock()
    long = LongBlock()
    number = NumberBlock()
    date = DateBlock()
    choice = ChoiceBlock()
    choices = ChoicesBlock()
    yes_no = YesNoBlock()
    file = FileBlock()


class CheckBlocks(blocks.StreamBlock):
    """The checks."""

    check = CheckBlock()


class WindowForm(WagtailAdminModelForm):
    """The back office's form: a key that was published stays, and days come in order."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Lock the key once firms may know it."""
        super().__init__(*args, **kwargs)
        if self.instance.current_id is not None:
            self.fields["key"].disabled = True

    def clean(self) -> dict[str, Any]:
        """Refuse a last day before the first one."""
        values: dict[str, Any] = super().clean()
        opens, closes = values.get("opens_on"), values.get("closes_on")
        if opens and closes and closes < opens:
            self.add_error("closes_on", _("The last day lies before the first one."))
        return values

    def save(self, commit: bool = True) -> Any:  # noqa: FBT001, FBT002 Django's signature
        """Give a new draft its state, and every save a version of its own."""
        if self.instance.pk is None:
            self.instance.state = LIFECYCLE.initial
            self.instance.state_since = self.instance.created_at = timezone.now()
        else:
            self.instance.version += 1
        return super().save(commit)


class ApplicationWindow(Stateful, Bilingual):
    """A time in which firms may apply, as incubation staff write it in the back office.

    What firms and the public see is ``current``, the form that ``services.windows`` froze last;
    whatever is changed here afterwards is a draft until it is published again. Holds no personal
    data.
    """

    key = models.SlugField(
        _("key"),
        max_length=40,
        unique=True,
        help_text=_("Part of the address: /apply/KEY/. It stays once the window is published."),
    )
    title = models.CharField(_("title"), max_length=80)
    title_en = models.CharField(_("title in English"), max_length=120, blank=True)
    intro = models.TextField(_("introduction"), max_length=1000, blank=True)
    intro_en = models.TextField(_("introduction in English"), max_length=1500, blank=True)
    opens_on = models.DateField(_("first day"))
    closes_on = models.DateField(
        _("last day"), null=True, blank=True, help_text=_("Empty: until further notice.")
    )
    questions = StreamField(QuestionBlocks(), verbose_name=_("questions"))
    checks = StreamField(CheckBlocks(), verbose_name=_("machine check"), blank=True)
    current = models.ForeignKey(
        "incubator.FormVersion", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    closing_note = models.TextField(_("why it was closed"), max_length=1000, blank=True)

    base_form_class = WindowForm
    edit_handler = TabbedInterface(
        [
            ObjectList(
                [
                    FieldPanel("key"),
                    MultiFieldPanel([FieldPanel("title"), FieldPanel("intro")], "中文"),
                    MultiFieldPanel([FieldPanel("title_en"), FieldPanel("intro_en")], "English"),
                    FieldPanel("opens_on"),
                    FieldPanel("closes_on"),
                ],
                heading=_("Window"),
            ),
            ObjectList([FieldPanel("questions")], heading=_("What is asked")),
            ObjectList([FieldPanel("checks")], heading=_("Machine check")),
        ]
    )

    class Meta:
        """Days in order; what is published has a frozen form."""

        verbose_name = _("application window")
        verbose_name_plural = _("application windows")
        ordering: ClassVar = ["-opens_on", "-pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(state__in=LIFECYCLE.states), name="window_state_known"
            ),
            models.CheckConstraint(
                condition=Q(closes_on__isnull=True) | Q(closes_on__gte=F("opens_on")),
                name="window_days_in_order",
            ),
            models.CheckConstraint(
                condition=Q(state="draft") ^ Q(current__isnull=False), name="window_has_its_form"
            ),
        ]

    def __str__(self) -> str:
        """Show the title in the reader's language."""
        return self.local("title")

    def get_absolute_url(self) -> str:
        """Return the staff's page."""
        return reverse("incubator:window_work", args=[self.pk])

    def closed_before(self, last: date | None) -> date | None:
        """Return the day on which it was closed by hand, before ``last``; ``None`` otherwise."""
        day = timezone.localdate(self.state_since)
        return day if self.state == "closed" and (last is None or day <= last) else None

    @property
    def closed_on(self) -> date | None:
        """The day on which it was closed by hand, before the last day that the draft names."""
        return self.closed_before(self.closes_on)

    def clock(self, today: date) -> str:
        """Return draft, coming, open or closed, as it is published."""
        if self.current is None:
            return "draft"
        return clock_state(self.state, self.current.opens_on, self.current.closes_on, today)


class FormVersion(models.Model):
    """A window's form as it was published; the database refuses to change it.

    ``content`` is described in ``incubator.domain.application_form``. An application keeps the
    version to which its answers were given. Personal data: the id of whoever published it.
    """

    window = models.ForeignKey(ApplicationWindow, on_delete=models.PROTECT, related_name="forms")
    number = models.PositiveIntegerField(_("version"))
    digest = models.CharField("SHA-256", max_length=64)
    content = models.JSONField(_("content"))
    frozen_at = models.DateTimeField(_("published"))
    frozen_by = models.ForeignKey(
        "portal.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        """Numbered without gaps in a window."""

        verbose_name = _("form version")
        verbose_name_plural = _("form versions")
        ordering: ClassVar = ["window", "-number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["window", "number"], name="form_version_once"),
        ]

    def __str__(self) -> str:
        """Show title and version."""
        return f"{self.local('title')} · {self.number}"

    def local(self, name: str) -> str:
        """Return a text of the form in the reader's language; empty English is Chinese."""
        if (get_language() or "").startswith("en"):
            return str(self.content[f"{name}_en"] or self.content[name])
        return str(self.content[name])

    @property
    def opens_on(self) -> date:
        """The first day."""
        return date.fromisoformat(self.content["opens_on"])

    @property
    def closes_on(self) -> date | None:
        """The last day, if there is one."""
        last = self.content["closes_on"]
        return date.fromisoformat(last) if last else None

    @property
    def questions(self) -> list[rules.Question]:
        """The questions in order, without the headings."""
        return rules.questions_of(self.content)


def content_of(window: ApplicationWindow) -> dict[str, Any]:
    """Return what a window's draft says, as it would be frozen.

    A predicate that is no JSON is ``None``, which ``form_problems`` refuses.
    """
    return {
        "title": window.title,
        "title_en": window.title_en,
        "intro": window.intro,
        "intro_en": window.intro_en,
        "opens_on": window.opens_on.isoformat(),
        "closes_on": window.closes_on.isoformat() if window.closes_on else None,
        "questions": [question_content(one) for one in window.questions.get_prep_value()],
        "checks": [check_content(one["value"]) for one in window.checks.get_prep_value()],
    }


def question_content(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return a question's block as a form has it."""
    value = {"type": raw["type"], **raw["value"]}
    if "options" in value:
        value["options"] = [option["value"] for option in value["options"]]
    return value


def check_content(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return a check's block as a form has it."""
    try:
        when = json.loads(value["when"])
    except (ValueError, RecursionError):
        when = None
    return {**value, "when": when}


def stream_of(content: Mapping[str, Any]) -> dict[str, list[tuple[str, dict[str, Any]]]]:
    """Return a form's questions and checks as a window's two streams take them."""
    return {
        "questions": [
            (one["type"], {name: part for name, part in one.items() if name != "type"})
            for one in content["questions"]
        ],
        "checks": [
            ("check", {**one, "when": json.dumps(one["when"], ensure_ascii=False)})
            for one in content["checks"]
        ],
    }
