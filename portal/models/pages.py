"""Wagtail pages hold words: home, news, policy, help. Records are shown by views."""

from itertools import chain, count
from typing import Any, ClassVar

from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.http import HttpRequest
from django.utils.text import slugify
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from wagtail import blocks, hooks
from wagtail.admin.forms import WagtailAdminPageForm
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.documents.blocks import DocumentChooserBlock
from wagtail.fields import StreamField
from wagtail.images.blocks import ImageChooserBlock
from wagtail.models import Page

LONGEST_SLUG = 80


class ContentBlocks(blocks.StreamBlock):
    """The blocks of every page's text."""

    heading = blocks.CharBlock(
        label=_("Heading"), icon="title", template="portal/blocks/heading.html"
    )
    paragraph = blocks.RichTextBlock(
        label=_("Text"),
        features=["h3", "bold", "italic", "ol", "ul", "link", "document-link"],
        template="portal/blocks/paragraph.html",
    )
    image = blocks.StructBlock(
        [
            ("image", ImageChooserBlock(label=_("Image"))),
            ("alternative", blocks.CharBlock(label=_("Alternative text"))),
            ("caption", blocks.CharBlock(label=_("Caption"), required=False)),
        ],
        label=_("Image"),
        icon="image",
        template="portal/blocks/image.html",
    )
    quote = blocks.StructBlock(
        [
            ("text", blocks.TextBlock(label=_("Quotation"))),
            ("source", blocks.CharBlock(label=_("Source"), required=False)),
        ],
        label=_("Quotation"),
        icon="openquote",
        template="portal/blocks/quote.html",
    )
    callout = blocks.StructBlock(
        [
            ("title", blocks.CharBlock(label=_("Title"))),
            ("text", blocks.TextBlock(label=_("Text"))),
        ],
        label=_("Callout"),
        icon="help",
        template="portal/blocks/callout.html",
    )
    steps = blocks.ListBlock(
        blocks.StructBlock(
            [
                ("title", blocks.CharBlock(label=_("Title"))),
                ("text", blocks.TextBlock(label=_("Text"), required=False)),
            ]
        ),
        label=_("Steps"),
        icon="list-ol",
        template="portal/blocks/steps.html",
    )
    faq = blocks.ListBlock(
        blocks.StructBlock(
            [
                ("question", blocks.CharBlock(label=_("Question"))),
                ("answer", blocks.TextBlock(label=_("Answer"))),
            ]
        ),
        label=_("Questions and answers"),
        icon="help",
        template="portal/blocks/faq.html",
    )
    document = DocumentChooserBlock(
        label=_("Document"), icon="doc-full", template="portal/blocks/document.html"
    )


class PageForm(WagtailAdminPageForm):
    """The form of every page: without an address of its own the page makes one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Let the address be left out."""
        super().__init__(*args, **kwargs)
        if "slug" in self.fields:
            self.fields["slug"].required = False

    def _post_clean(self) -> None:
        """Have the message above the form name the faults: they may stand under another tab.

        Not in ``full_clean``: what cannot be read there is Wagtail's to answer, not our fault.
        """
        super()._post_clean()
        if not self._errors:
            return
        for error in chain.from_iterable(self._errors.as_data().values()):
            if isinstance(error, blocks.StreamBlockValidationError):
                error.message = _("Something in it is missing or wrong; see where it is marked.")
        if not self.non_field_errors():
            self.add_error(None, _("Some of the faults may stand under another tab."))


class BilingualPage(Page):
    """A page with Chinese text and English fields beside it. Holds no personal data."""

    base_form_class = PageForm

    title_en = models.CharField(_("title in English"), max_length=255, blank=True)
    intro = models.TextField(_("introduction"), blank=True)
    intro_en = models.TextField(_("introduction in English"), blank=True)
    body = StreamField(ContentBlocks(), verbose_name=_("text"), blank=True, use_json_field=True)
    body_en = StreamField(
        ContentBlocks(), verbose_name=_("text in English"), blank=True, use_json_field=True
    )

    content_panels: ClassVar = [
        MultiFieldPanel([FieldPanel("title"), FieldPanel("intro"), FieldPanel("body")], "中文"),
        MultiFieldPanel(
            [FieldPanel("title_en"), FieldPanel("intro_en"), FieldPanel("body_en")], "English"
        ),
    ]

    class Meta:
        """Abstract."""

        abstract = True

    def full_clean(self, *args: Any, **kwargs: Any) -> None:
        """Give the page an address first, where it has none."""
        self.fill_slug()
        super().full_clean(*args, **kwargs)

    def minimal_clean(self) -> None:
        """Do the same for a draft."""
        self.fill_slug()
        super().minimal_clean()

    @transaction.atomic
    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save the page, unless it was published while this draft of it was on its way.

        Wagtail's own saving posts the draft beside the click on "Publish" and writes the whole
        page as it was read, so that the one could take back the other.

        Raises:
            PermissionDenied: the draft is older than what is published; Wagtail answers the
                saving with it and stops saving by itself.
        """
        if self.pk and not self.live and "update_fields" not in kwargs:
            rows = Page.objects.select_for_update().filter(pk=self.pk)
            live, latest = rows.values_list("live", "latest_revision").get()
            if live and latest != self.latest_revision_id:
                raise PermissionDenied(_("This page was published in the meantime. Reload it."))
        super().save(*args, **kwargs)

    def fill_slug(self) -> None:
        """Make an address of a Latin title or else of the page's type: ``news-3``."""
        parent = self.get_parent() if self.path else getattr(self, "_cached_parent_obj", None)
        if self.slug or parent is None:
            return
        kind = (self._meta.model_name or "").removesuffix("page")
        base = (slugify(self.title_en) or slugify(self.title) or kind)[:LONGEST_SLUG].strip("-")
        others = parent.get_children().filter(slug__startswith=base).exclude(pk=self.pk)
        taken = set(others.values_list("slug", flat=True))
        numbered = (f"{base}-{number}" for number in count(2))
        self.slug = next(slug for slug in chain([base], numbered) if slug not in taken)

    def _local(self, field: str) -> Any:
        if (get_language() or "").startswith("en"):
            return getattr(self, f"{field}_en") or getattr(self, field)
        return getattr(self, field)

    @property
    def local_title(self) -> str:
        """The title in the reader's language."""
        return str(self._local("title"))

    @property
    def local_intro(self) -> str:
        """The introduction in the reader's language."""
        return str(self._local("intro"))

    @property
    def local_body(self) -> Any:
        """The text in the reader's language."""
        return self._local("body")

    @property
    def shows_chinese(self) -> bool:
        """Whether an English reader sees the Chinese text, so that its language is marked."""
        return (get_language() or "").startswith("en") and not self.body_en


class HomePage(BilingualPage):
    """The entrance: what the portal is for, live figures, what is open now."""

    template = "portal/pages/home_page.html"
    max_count = 1

    class Meta:
        """Named for editors."""

        verbose_name = _("home page")

    def get_context(self, request: HttpRequest, *args: object, **kwargs: object) -> dict[str, Any]:
        """Add what the apps show on the home page.

        ``portal_home_context`` hooks return a dict whose lists (``stats``, ``notices``,
        ``calls``, ``courses``) are joined; ``portal_home_panels`` hooks return HTML.
        """
        context: dict[str, Any] = super().get_context(request, *args, **kwargs)
        for hook in hooks.get_hooks("portal_home_context"):
            for name, rows in hook(request).items():
                context.setdefault(name, []).extend(rows)
        context["panels"] = [
            panel for hook in hooks.get_hooks("portal_home_panels") for panel in hook(request)
        ]
        return context


class NewsIndexPage(BilingualPage):
    """The list of news."""

    template = "portal/pages/news_index_page.html"
    subpage_types: ClassVar = ["portal.NewsPage"]
    parent_page_types: ClassVar = ["portal.HomePage"]

    class Meta:
        """Named for editors."""

        verbose_name = _("news list")

    def get_context(self, request: HttpRequest, *args: object, **kwargs: object) -> dict[str, Any]:
        """Add the twenty newest news."""
        context: dict[str, Any] = super().get_context(request, *args, **kwargs)
        context["news"] = NewsPage.objects.child_of(self).live().order_by("-date", "-id")[:20]
        return context


class NewsPage(BilingualPage):
    """One piece of news."""

    template = "portal/pages/news_page.html"
    date = models.DateField(_("date"))
    parent_page_types: ClassVar = ["portal.NewsIndexPage"]
    subpage_types: ClassVar = []
    content_panels: ClassVar = [FieldPanel("date"), *BilingualPage.content_panels]

    class Meta:
        """Named for editors."""

        verbose_name = _("news")


class PolicyPage(BilingualPage):
    """A policy or rule with its source and the day from which it holds."""

    template = "portal/pages/policy_page.html"
    issuer = models.CharField(_("issued by"), max_length=120, blank=True)
    document_number = models.CharField(_("document number"), max_length=80, blank=True)
    effective_on = models.DateField(_("in force from"), null=True, blank=True)
    subpage_types: ClassVar = ["portal.PolicyPage"]
    content_panels: ClassVar = [
        FieldPanel("issuer"),
        FieldPanel("document_number"),
        FieldPanel("effective_on"),
        *BilingualPage.content_panels,
    ]

    class Meta:
        """Named for editors."""

        verbose_name = _("policy")


class HelpPage(BilingualPage):
    """Help for one task."""

    template = "portal/pages/help_page.html"
    subpage_types: ClassVar = ["portal.HelpPage"]

    class Meta:
        """Named for editors."""

        verbose_name = _("help")


class StandardPage(BilingualPage):
    """Any other page of words: privacy notice, accessibility statement."""

    template = "portal/pages/standard_page.html"
    subpage_types: ClassVar = []

    class Meta:
        """Named for editors."""

        verbose_name = _("page")
