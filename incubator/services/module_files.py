"""Files of a release beside its Python package: added to a draft, reviewed with it, downloaded."""

from datetime import datetime
from typing import TypeAlias

from django.core.files.base import File
from django.core.files.uploadedfile import UploadedFile
from packaging.utils import canonicalize_version

from incubator.domain.module import RELEASE, WheelFacts, wrong
from incubator.domain.module_file import (
    EDITABLE,
    MAX_FILES,
    check_version,
    read_module_file,
    use_of,
)
from incubator.models import ModuleFile, ModuleRelease, SharedModule
from incubator.permissions.modules import require_contributor
from incubator.services.modules import count_download, create_release, hand_in
from portal.domain.lifecycle import Conflict
from portal.models import Organisation, StoredFile, User
from portal.services.files import store_file
from portal.services.operations import operation
from portal.services.transitions import lock

Upload: TypeAlias = "UploadedFile[bytes] | File[bytes]"


def start_release(
    *, module: SharedModule, number: str, actor: User, now: datetime
) -> ModuleRelease:
    """Begin a release that takes files of any kind, as a draft of its contributor.

    Raises ``Invalid`` (``module_version``), ``Conflict`` (``release_exists``, ``module_gone``) or
    ``NotAllowed``.
    """
    name = "incubator.module_release.start"
    with operation(name, actor=actor, now=now, subject=module, organisation=module.owner):
        require_contributor(actor, module.owner)
        version = check_version(number)
        facts = WheelFacts(
            name=module.name,
            version=version,
            version_key=canonicalize_version(version),
            summary="",
            requires_python="",
            requires=(),
            tag="",
        )
        return create_release(module, facts, None, actor, now)


def add_file(
    *, release: ModuleRelease, kind: str, upload: Upload, actor: User, now: datetime
) -> ModuleFile:
    """Add a file of ``kind`` to a release that is a draft or was sent back.

    Raises ``Invalid`` with the code of what is wrong with the file (``read_module_file``,
    ``store_file``; ``module_file_exists``, ``module_file_case``, ``module_files_full``),
    ``Conflict`` (``release_closed``) or ``NotAllowed``.
    """
    owner = release.module.owner
    with operation(
        "incubator.module_release.file", actor=actor, now=now, subject=release, organisation=owner
    ):
        require_contributor(actor, owner)
        require_editable(release)
        name = str(upload.name or "").replace("\\", "/").rpartition("/")[2]
        same = release.files.filter(name__iexact=name).first()
        if same is not None:
            code = "module_file_exists" if same.name == name else "module_file_case"
            raise wrong(code, name=same.name)
        if release.files.count() >= MAX_FILES:
            raise wrong("module_files_full", limit=MAX_FILES)
        facts = read_module_file(kind, upload, name)  # type: ignore[arg-type]
        upload.seek(0)
        stored = store_file(
            upload=upload, use=use_of(kind), actor=actor, now=now, organisation=owner
        )
        return ModuleFile.objects.create(
            release=release,
            kind=kind,
            file=stored,
            name=name,
            size=stored.size,
            sha256=stored.sha256,
            facts=facts,
            added_by=actor,
            added_at=now,
        )


def require_editable(release: ModuleRelease) -> None:
    """Raise ``Conflict("release_closed")`` unless files may change; locks the release."""
    if lock(release).state not in EDITABLE:
        raise Conflict("release_closed")


def remove_file(*, release: ModuleRelease, pk: int, actor: User, now: datetime) -> None:
    """Take a file out of a release that is a draft or was sent back; the audit trail keeps it.

    Raises ``Conflict`` (``release_closed``, ``module_file_gone``) or ``NotAllowed``.
    """
    owner = release.module.owner
    with operation(
        "incubator.module_release.file_remove",
        actor=actor,
        now=now,
        subject=release,
        organisation=owner,
    ) as opened:
        require_contributor(actor, owner)
        require_editable(release)
        found = release.files.select_related("file").filter(pk=pk).first()
        if found is None:
            raise Conflict("module_file_gone")
        opened.record(
            "file.remove",
            subject=found.file,
            organisation=owner,
            name=found.name,
            sha256=found.sha256,
        )
        found.delete()
        found.file.delete()  # every upload has a row of its own


def submit_files(
    *,
    release: ModuleRelease,
    actor: User,
    now: datetime,
    expected_version: int | None = None,
) -> ModuleRelease:
    """Hand in a draft, or a release that was sent back, with the files that it has.

    Raises ``Conflict`` (``release_empty``, ``wrong_state``, ``stale``) or ``NotAllowed``.
    """
    owner = release.module.owner
    name = "incubator.module_release.upload"
    with operation(name, actor=actor, now=now, subject=release, organisation=owner):
        require_contributor(actor, owner)
        locked = lock(release)
        RELEASE.find(locked.state, "submit")
        if locked.file_id is None and not locked.files.exists():
            raise Conflict("release_empty")
        changes = {"uploaded_by": actor, "review_note": ""}
        return hand_in(
            release, actor=actor, now=now, changes=changes, expected_version=expected_version
        )


def download_file(
    *,
    file: ModuleFile,
    actor: User,
    now: datetime,
    organisation: Organisation | None = None,
) -> StoredFile:
    """Return a file's bytes for an admitted firm's member or a curator, counted as its release.

    Raises ``NotAllowed`` (``not_admitted``) or ``Conflict`` (``wrong_state``).
    """
    with operation(
        "incubator.module.download",
        actor=actor,
        now=now,
        subject=file.release,
        organisation=organisation,
        file=file.name,
    ):
        count_download(file.release, actor, now, organisation)
        return file.file
