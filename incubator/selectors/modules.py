"""Reads of shared modules: the library, a module's page, the desk, counts for the scoring."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, F, Max, Min, OuterRef, Q, QuerySet, Subquery
from django.shortcuts import get_object_or_404
from packaging.utils import canonicalize_name

from incubator.domain.module import DOWNLOADABLE, RELEASE
from incubator.domain.module_file import Sum
from incubator.models import ModuleDownload, ModuleFile, ModuleRelease, SharedModule
from incubator.models.modules import CURATORS, FIRM_ROLES
from incubator.selectors.module_uses import with_uses
from portal.models import User

PAGE = 20


def modules_contributed(organisation_ids: Iterable[int], until: datetime) -> dict[int, int]:
    """Return by organisation how many of its modules had a published release at ``until``.

    Organisations without one are left out (one query).
    """
    rows = (
        SharedModule.objects.filter(
            owner_id__in=list(organisation_ids), releases__published_at__lte=until
        )
        .values_list("owner_id")
        .annotate(n=Count("pk", distinct=True))
    )
    return dict(rows)


def published_modules() -> int:
    """Return how many modules the library shows (one query)."""
    return library().count()


def library() -> "QuerySet[SharedModule]":
    """Return the modules with a release that can be downloaded, with ``latest`` and figures.

    ``latest`` is the newest published number (else the newest yanked one) and ``latest_state``
    the state of that release, ``users`` how many firms other than the owner downloaded the
    module, ``deliverers`` how many delivered with it and ``deliveries`` in how many accepted
    deliverables.
    """
    newest = (
        ModuleRelease.objects.downloadable()
        .filter(module=OuterRef("pk"))
        .order_by("state", "-published_at", "-pk")  # "published" sorts before "yanked"
    )
    others = ~Q(releases__downloads__organisation=F("owner")) | Q(owner__isnull=True)
    rows: QuerySet[SharedModule] = (
        with_uses(SharedModule.objects.select_related("owner"), "release__module")
        .annotate(
            latest=Subquery(newest.values("number")[:1]),
            latest_state=Subquery(newest.values("state")[:1]),
            published=Subquery(newest.values("published_at")[:1]),
            users=Count("releases__downloads__organisation", filter=others, distinct=True),
        )
        .filter(latest__isnull=False)
    )
    return rows


def library_page(q: str = "", after: str = "") -> list[SharedModule]:
    """Return up to 21 modules by name after the name ``after``, matching ``q`` (one query)."""
    found = library()
    if q:
        found = found.filter(
            Q(name__icontains=q)
            | Q(title__icontains=q)
            | Q(title_en__icontains=q)
            | Q(summary__icontains=q)
            | Q(summary_en__icontains=q)
        )
    if after:
        found = found.filter(name__gt=after)
    return list(found.order_by("name")[: PAGE + 1])


@dataclass(frozen=True)
class ModulePage:
    """What a module's public page shows; ``current`` is the release to take."""

    module: SharedModule
    releases: list[ModuleRelease]
    current: ModuleRelease


def module_page(name: str) -> ModulePage:
    """Return a published module by its normal name; 404 otherwise (three queries)."""
    module = get_object_or_404(library(), name=name)
    others = ~Q(downloads__organisation=F("module__owner")) | Q(module__owner__isnull=True)
    shown = (
        with_uses(module.releases.downloadable(), "release")
        .annotate(firms=Count("downloads__organisation", filter=others, distinct=True))
        .select_related("file")
        .prefetch_related("files")
    )
    releases = list(shown.order_by("-published_at", "-pk")[:50])
    live = [release for release in releases if release.state == "published"]
    return ModulePage(module, releases, (live or releases)[0])


def firms_using(module: SharedModule) -> list[dict[str, Any]]:
    """Return the firms other than the owner that downloaded a module, by name (one query).

    Each with ``first`` and ``last`` day and how many ``versions``; 200 at most. Not for the
    public: ``incubator.permissions.modules.may_see_firms``.
    """
    rows = ModuleDownload.objects.filter(release__module=module).exclude(organisation=module.owner)
    found = (
        rows.values(name=F("organisation__name"))
        .annotate(first=Min("day"), last=Max("day"), versions=Count("release", distinct=True))
        .order_by("name")[:200]
    )
    return [dict(row) for row in found]


def release_to_download(name: str, number: str) -> ModuleRelease:
    """Return a published or yanked release by module and version; 404 otherwise."""
    releases = ModuleRelease.objects.downloadable().select_related("module__owner", "file")
    return get_object_or_404(releases, module__name=name, number=number)


def file_to_download(name: str, number: str, filename: str) -> ModuleFile:
    """Return a file of a published or yanked release; 404 otherwise (one query)."""
    files = ModuleFile.objects.select_related("release__module__owner", "file")
    return get_object_or_404(
        files,
        release__module__name=name,
        release__number=number,
        release__state__in=DOWNLOADABLE,
        name=filename,
    )


def release_sums(name: str, number: str) -> list[Sum]:
    """Return the digests of all files of a published or yanked release; 404 where none is."""
    release = release_to_download(name, number)
    package = [Sum(release.sha256, release.file.name)] if release.file else []
    return package + [Sum(file.sha256, file.name) for file in release.files.all()]


def release_page(user: User, pk: int) -> tuple[ModuleRelease, frozenset[str]]:
    """Return a release that ``user`` may see and the actions that they may take; 404 otherwise."""
    release = get_object_or_404(
        ModuleRelease.objects.visible_to(user)
        .select_related("module__owner", "file", "uploaded_by")
        .prefetch_related("files"),
        pk=pk,
    )
    bound = {
        membership.role
        for membership in user.active_memberships
        if membership.organisation_id == release.module.owner_id
    }
    actions = set(RELEASE.actions(release.state, bound | set(user.role_codes)))
    added = {file.added_by_id for file in release.files.all()}
    if user.pk in {release.uploaded_by_id, *added}:
        actions -= {"publish", "request_changes"}
    if release.module.owner_id and not bound & FIRM_ROLES:
        actions -= {"submit"}
    return release, frozenset(actions)


def package_warnings(release: ModuleRelease) -> dict[str, list[str]]:
    """Return by code what a reviewer should know of a package's contents (one query at most).

    What else the library holds is looked up now, since it grows.
    """
    found: dict[str, list[str]] = dict(release.metadata.get("contents", {}).get("warnings", {}))
    names = {str(canonicalize_name(name)): name for name in found.get("others", ())}
    if names:
        others = SharedModule.objects.filter(name__in=names).exclude(pk=release.module_id)
        taken = [names[name] for name in others.order_by("name").values_list("name", flat=True)]
        rest = [name for name in found["others"] if name not in taken]
        found |= {"library": taken, "others": rest}
    return {code: names for code, names in found.items() if names}


def review_queue() -> list[ModuleRelease]:
    """Return what waits for review, oldest first, 50 at most (one query)."""
    waiting = ModuleRelease.objects.filter(state="in_review").select_related("module__owner")
    return list(waiting.order_by("state_since", "pk")[:50])


def removable(user: User) -> "QuerySet[SharedModule]":
    """Return the modules that nobody began a release of.

    Those of the person's own organisations are left out: others decide about them.
    """
    own = [membership.organisation_id for membership in user.active_memberships]
    rows = SharedModule.objects.filter(releases__isnull=True).exclude(owner__in=own)
    return rows.select_related("owner")


def removable_modules(user: User) -> list[SharedModule]:
    """Return the modules that ``user`` may remove, oldest first, 50 at most (one query)."""
    return list(removable(user).order_by("created_at", "pk")[:50])


def removable_module(user: User, name: str) -> SharedModule:
    """Return a module that ``user`` may remove; 404 otherwise."""
    return get_object_or_404(removable(user), name=name)


def my_releases(user: User, after: int | None = None) -> list[ModuleRelease]:
    """Return up to 21 releases that ``user`` may see, newest first (one query)."""
    rows = ModuleRelease.objects.visible_to(user).select_related("module__owner").order_by("-pk")
    if after is not None:
        rows = rows.filter(pk__lt=after)
    return list(rows[: PAGE + 1])


def contributable(user: User) -> "QuerySet[SharedModule]":
    """Return the modules that ``user`` may add releases to."""
    firms = [m.organisation_id for m in user.active_memberships if m.role in FIRM_ROLES]
    mine = Q(owner__in=firms)
    if user.role_codes & CURATORS:
        mine |= Q(owner__isnull=True)
    return SharedModule.objects.filter(mine).select_related("owner")


def has_fixed_licence(module: SharedModule) -> bool:
    """Return whether firms may have taken a release under the module's licence (one query)."""
    return module.releases.downloadable().exists()


def my_modules(user: User) -> list[SharedModule]:
    """Return the modules that ``user`` may add releases to, by name, 100 at most (one query)."""
    return list(contributable(user).order_by("name")[:100])


def my_module(user: User, name: str) -> SharedModule:
    """Return a module that ``user`` may add releases to; 404 otherwise."""
    return get_object_or_404(contributable(user), name=name)
