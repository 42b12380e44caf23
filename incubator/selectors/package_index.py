"""The package index's reads: which projects there are, and a project's files."""

import hashlib

from django.shortcuts import get_object_or_404

from incubator.domain.package_index import IndexFile
from incubator.models import ModuleRelease, SharedModule
from portal.models import StoredFile


def project_names() -> list[str]:
    """Return the names of all modules with a package to download, in order (one query)."""
    shown = ModuleRelease.objects.downloadable().packaged().values("module")
    names = SharedModule.objects.filter(pk__in=shown).order_by("name")
    return list(names.values_list("name", flat=True))


def project_files(name: str) -> list[IndexFile]:
    """Return a project's files, oldest first; 404 where there is none (one query)."""
    releases = (
        ModuleRelease.objects.downloadable()
        .packaged()
        .filter(module__name=name)
        .select_related("file")
        .order_by("published_at", "pk")
    )
    files = [index_file(release, release.file) for release in releases if release.file]
    if not files:
        get_object_or_404(SharedModule.objects.none())
    return files


def index_file(release: ModuleRelease, stored: StoredFile) -> IndexFile:
    """Return a release as the index lists it."""
    text = release.core_metadata
    return IndexFile(
        filename=stored.name,
        version=release.number,
        sha256=release.sha256,
        size=stored.size,
        requires_python=release.requires_python,
        metadata_sha256=hashlib.sha256(text.encode()).hexdigest() if text else "",
        yanked=release.yanked_reason if release.state == "yanked" else None,
        uploaded_at=release.published_at or release.created_at,
    )


def release_of_file(name: str, filename: str) -> ModuleRelease:
    """Return the downloadable release that ``filename`` belongs to; 404 otherwise (one query)."""
    releases = ModuleRelease.objects.downloadable().select_related("module__owner", "file")
    return get_object_or_404(releases, module__name=name, file__name=filename)
