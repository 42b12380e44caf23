"""Shared algorithm modules, their releases and who downloaded them."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from incubator.domain.module import DOWNLOADABLE, MAX_EXPRESSION, MAX_VERSION, RELEASE
from incubator.domain.module_file import KINDS
from incubator.domain.module_use import UNCOUNTED
from incubator.labels.modules import (
    module_file_kinds,
    module_release_states,
    uncounted_reasons,
)
from portal.models import Bilingual, Stateful, User

CURATORS = frozenset({"staff", "resource_manager"})
"""Who sees every module, whatever its state."""
FIRM_ROLES = frozenset({"firm_signer", "firm_member"})


class SharedModule(Bilingual):
    """A module that the county or an admitted firm shares with all admitted firms.

    Personal data: ``contact`` may name a person; it is published and kept with the module.
    """

    name = models.CharField(_("package name"), max_length=100, unique=True)
    title = models.CharField(_("title"), max_length=120)
    title_en = models.CharField(_("title in English"), max_length=160, blank=True)
    summary = models.TextField(_("summary"), max_length=2000)
    summary_en = models.TextField(_("summary in English"), max_length=3000, blank=True)
    licence = models.CharField(_("licence"), max_length=80)
    contact = models.CharField(_("contact"), max_length=160)
    example = models.TextField(_("example of use"), max_length=4000, blank=True)
    owner = models.ForeignKey(
        "portal.Organisation",
        verbose_name=_("contributed by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        """Listed by name; the name is stored in its normal form (PEP 503)."""

        verbose_name = _("shared module")
        verbose_name_plural = _("shared modules")
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        """Show the package name."""
        return self.name

    def get_absolute_url(self) -> str:
        """Return the public page."""
        return reverse("incubator:module", args=[self.name])

    @property
    def local_title(self) -> str:
        """The title in the reader's language."""
        return self.local("title")

    @property
    def local_summary(self) -> str:
        """The summary in the reader's language."""
        return self.local("summary")


class ModuleReleaseQuerySet(models.QuerySet["ModuleRelease"]):
    """Releases by intention."""

    def downloadable(self) -> "ModuleReleaseQuerySet":
        """Published, or yanked after that."""
        return self.filter(state__in=DOWNLOADABLE)

    def packaged(self) -> "ModuleReleaseQuerySet":
        """With a Python package, which the index lists."""
        return self.filter(file__isnull=False)

    def visible_to(self, user: User) -> "ModuleReleaseQuerySet":
        """Those that ``user`` sees in the workspace: curators all, firms their own."""
        if user.role_codes & CURATORS:
            return self
        firms = [
            membership.organisation_id
            for membership in user.active_memberships
            if membership.role in FIRM_ROLES
        ]
        return self.filter(module__owner__in=firms)


class ModuleRelease(Stateful):
    """One version of a module; moved by ``incubator.services.modules`` only.

    Nothing but the state changes once it is published. Holds who uploaded it, kept for good.
    """

    state = models.CharField(
        _("state"), max_length=32, db_index=True, choices=module_release_states
    )
    module = models.ForeignKey(SharedModule, on_delete=models.PROTECT, related_name="releases")
    number = models.CharField(_("version"), max_length=MAX_VERSION)
    number_key = models.CharField(max_length=MAX_VERSION)
    file = models.ForeignKey(  # the Python package; a release may consist of other files
        "portal.StoredFile", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    sha256 = models.CharField("SHA-256", max_length=64, blank=True)
    requires_python = models.CharField(_("Python"), max_length=MAX_EXPRESSION, blank=True)
    metadata = models.JSONField(_("metadata"), default=dict)
    core_metadata = models.TextField(blank=True)  # METADATA as it is, served beside the file
    uploaded_by = models.ForeignKey(
        "portal.User", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    review_note = models.TextField(_("changes asked for"), max_length=2000, blank=True)
    published_at = models.DateTimeField(_("published"), null=True, blank=True)
    yanked_reason = models.CharField(_("why it was withdrawn"), max_length=300, blank=True)

    objects = ModuleReleaseQuerySet.as_manager()

    class Meta:
        """A version exists once in a module, however it is written (1.0 is 1.0.0)."""

        verbose_name = _("release")
        verbose_name_plural = _("releases")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["module", "number_key"], name="release_once"),
            models.CheckConstraint(
                condition=Q(state__in=RELEASE.states), name="module_release_state"
            ),
            models.CheckConstraint(
                condition=Q(state__in=DOWNLOADABLE) ^ Q(published_at__isnull=True),
                name="release_published_at",
            ),
        ]

    def __str__(self) -> str:
        """Show name and version."""
        return f"{self.module.name} {self.number}"

    def get_absolute_url(self) -> str:
        """Return the page in the workspace."""
        return reverse("incubator:release", args=[self.pk])


class ModuleFile(models.Model):
    """A file of a release that is no Python package: weights, container, SQL, front-end bundle.

    Unchanged from the day its release is published; the database refuses it. Holds who added it.
    """

    release = models.ForeignKey(ModuleRelease, on_delete=models.PROTECT, related_name="files")
    kind = models.CharField(_("kind"), max_length=16, choices=module_file_kinds)
    file = models.ForeignKey("portal.StoredFile", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(_("file name"), max_length=120)
    size = models.PositiveBigIntegerField(_("size in bytes"))
    sha256 = models.CharField("SHA-256", max_length=64)
    facts = models.JSONField(_("what it says about itself"), default=dict)
    added_by = models.ForeignKey(
        "portal.User", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    added_at = models.DateTimeField(_("added at"))

    class Meta:
        """A name once in a release; known kinds."""

        verbose_name = _("file of a release")
        verbose_name_plural = _("files of releases")
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["release", "name"], name="module_file_once"),
            models.CheckConstraint(condition=Q(kind__in=KINDS), name="module_file_kind"),
        ]

    def __str__(self) -> str:
        """Show the name."""
        return self.name


class ModuleDownload(models.Model):
    """A firm took a release on a day. Holds who it was, kept as evidence of use."""

    release = models.ForeignKey(ModuleRelease, on_delete=models.PROTECT, related_name="downloads")
    organisation = models.ForeignKey(
        "portal.Organisation", on_delete=models.PROTECT, related_name="+"
    )
    user = models.ForeignKey("portal.User", null=True, on_delete=models.SET_NULL, related_name="+")
    day = models.DateField(_("day"))
    at = models.DateTimeField(_("at"))

    class Meta:
        """Counted once for a firm, a release and a day."""

        verbose_name = _("download")
        verbose_name_plural = _("downloads")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["release", "organisation", "day"], name="download_once_a_day"
            ),
        ]

    def __str__(self) -> str:
        """Show who took what when."""
        return f"{self.organisation} · {self.release} · {self.day}"


class ModuleUseQuerySet(models.QuerySet["ModuleUse"]):
    """Uses by intention."""

    def counted(self) -> "ModuleUseQuerySet":
        """Those by firms that have nothing to do with the contributor."""
        return self.filter(uncounted="")


class ModuleUse(models.Model):
    """A release that an accepted version of a deliverable declares. No personal data.

    Written by the news of the acceptance and never changed: ``uncounted`` keeps how the two
    firms stood to each other then. Deliverable and version are ids of the pilots' app.
    """

    release = models.ForeignKey(ModuleRelease, on_delete=models.PROTECT, related_name="uses")
    organisation = models.ForeignKey(
        "portal.Organisation", on_delete=models.PROTECT, related_name="+"
    )
    deliverable = models.PositiveBigIntegerField(_("deliverable"))
    version = models.PositiveBigIntegerField(_("version"))
    accepted_at = models.DateTimeField(_("accepted by the village at"))
    uncounted = models.CharField(
        _("why it does not count"), max_length=8, blank=True, choices=uncounted_reasons
    )

    objects = ModuleUseQuerySet.as_manager()

    class Meta:
        """A release once in a version."""

        verbose_name = _("use of a module")
        verbose_name_plural = _("uses of modules")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["release", "version"], name="module_use_once"),
            models.CheckConstraint(
                condition=Q(uncounted__in=("", *UNCOUNTED)), name="module_use_uncounted"
            ),
        ]

    def __str__(self) -> str:
        """Show who delivered with what."""
        return f"{self.organisation} · {self.release}"
