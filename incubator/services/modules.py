"""Shared modules: contribute, review, publish, withdraw, download."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any, TypeAlias

from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from incubator.domain.module import RELEASE, WheelFacts, claim_module_name, read_wheel, wrong
from incubator.domain.sdist import ENDING, read_sdist
from incubator.models import ModuleDownload, ModuleRelease, SharedModule
from incubator.models.modules import CURATORS
from incubator.permissions.modules import admitted_firms, require_contributor
from incubator.selectors.modules import has_fixed_licence
from portal.domain.lifecycle import Conflict, Invalid, NotAllowed
from portal.domain.roles import Role
from portal.domain.texts import is_blank, unseen_fields
from portal.events import ModulePublished
from portal.models import Membership, Organisation, StoredFile, User
from portal.notifications import notify
from portal.permissions import has_role, require_outsider, require_role
from portal.services.files import store_file
from portal.services.operations import operation
from portal.services.transitions import apply_transition, lock
from portal.services.work import open_work

TEXTS = ("title", "title_en", "summary", "summary_en", "licence", "contact", "example")
"""What a module's contributor writes about it."""
Upload: TypeAlias = "UploadedFile[bytes] | File[bytes]"


def create_module(
    *,
    name: str,
    title: str,
    summary: str,
    licence: str,
    contact: str,
    actor: User,
    now: datetime,
    owner: Organisation | None = None,
    title_en: str = "",
    summary_en: str = "",
    example: str = "",
) -> SharedModule:
    """Register a module under its PEP 503 name; ``owner`` is a firm, or ``None`` for the county.

    Raises ``Invalid`` (what ``claim_module_name`` raises, ``module_exists``, ``invalid_input``)
    or ``NotAllowed``.
    """
    with operation("incubator.module.create", actor=actor, now=now, organisation=owner) as opened:
        require_contributor(actor, owner)
        module = SharedModule(
            name=claim_module_name(name),
            title=title,
            title_en=title_en,
            summary=summary,
            summary_en=summary_en,
            licence=licence,
            contact=contact,
            example=example,
            owner=owner,
            created_at=now,
        )
        save_new_module(module)
        opened.record("incubator.module.created", subject=module, organisation=owner)
    return module


def save_new_module(module: SharedModule) -> None:
    """Save a module, or say what is wrong with it; the database decides about its name."""
    check_texts(module)
    try:
        with transaction.atomic():
            module.save()
    except IntegrityError as error:
        raise wrong("module_exists", "name", name=module.name) from error


def check_texts(module: SharedModule) -> None:
    """Raise ``Invalid("invalid_input")`` naming every text that is missing, unseen or too long."""
    if unseen := unseen_fields({name: getattr(module, name) for name in TEXTS}):
        raise Invalid("invalid_input", fields=unseen)
    try:
        module.full_clean(validate_unique=False)
    except ValidationError as error:
        fields = {key: " ".join(texts) for key, texts in error.message_dict.items()}
        raise Invalid("invalid_input", fields=fields) from error


def edit_module(
    *,
    module: SharedModule,
    title: str,
    summary: str,
    licence: str,
    contact: str,
    actor: User,
    now: datetime,
    title_en: str = "",
    summary_en: str = "",
    example: str = "",
) -> SharedModule:
    """Correct what a module's contributor writes about it; pages show it at once.

    The audit trail keeps which texts changed. Raises ``Invalid`` (``invalid_input``,
    ``module_licence_kept`` once a release is published), ``Conflict("module_gone")`` or
    ``NotAllowed``.
    """
    owner = module.owner
    with operation(
        "incubator.module.edit", actor=actor, now=now, subject=module, organisation=owner
    ) as opened:
        require_contributor(actor, owner)
        locked = lock_module(module)
        if licence != locked.licence and has_fixed_licence(locked):
            raise wrong("module_licence_kept", "licence")
        values = {
            "title": title,
            "title_en": title_en,
            "summary": summary,
            "summary_en": summary_en,
            "licence": licence,
            "contact": contact,
            "example": example,
        }
        changed = [name for name in TEXTS if lines(getattr(locked, name)) != lines(values[name])]
        for name in changed:
            setattr(locked, name, values[name])
        check_texts(locked)
        locked.save(update_fields=changed)
        opened.record(
            "incubator.module.edited", subject=locked, organisation=owner, changed=changed
        )
    return locked


def lines(text: str) -> list[str]:
    """Return a text's lines, however browsers end them, to tell whether it was changed."""
    return text.strip().splitlines()


def remove_module(*, module: SharedModule, reason: str, actor: User, now: datetime) -> None:
    """Remove a module that nobody began a release of, so that its name is free again.

    Tells the contributor why; the audit trail keeps the name. Raises ``NotAllowed``,
    ``Invalid("reason_required")`` or ``Conflict`` (``module_gone``, ``module_in_use``).
    """
    owner = module.owner
    with operation(
        "incubator.module.remove",
        actor=actor,
        now=now,
        subject=module,
        organisation=owner,
        reason=reason.strip(),
        name=module.name,
    ):
        require_role(actor, Role.STAFF)
        require_outsider(actor, owner)
        if is_blank(reason):
            raise Invalid("reason_required", fields={"reason": "reason_required"})
        locked = lock_module(module)
        if locked.releases.exists():
            raise Conflict("module_in_use", name=locked.name)
        notify(
            members_of(owner),
            "module_removed",
            key=f"module_removed:{locked.pk}",
            now=now,
            url=reverse("incubator:module_desk"),
            name=locked.name,
            reason=reason.strip(),
        )
        locked.delete()


def lock_module(module: SharedModule) -> SharedModule:
    """Return a module fresh and locked; raise ``Conflict("module_gone")`` where it was removed."""
    locked = SharedModule.objects.select_for_update().filter(pk=module.pk).first()
    if locked is None:
        raise Conflict("module_gone", name=module.name)
    return locked


def members_of(owner: Organisation | None) -> list[User]:
    """Return the active members of a contributing firm; nobody for the county."""
    members = Membership.objects.active().filter(organisation=owner)
    return list(User.objects.filter(pk__in=members.values("user"), is_active=True)) if owner else []


def submit_release(
    *, module: SharedModule, upload: Upload, actor: User, now: datetime
) -> ModuleRelease:
    """Check a package, keep it as a new release and hand it to the review.

    Raises ``Invalid`` with the code of what is wrong with it, ``Conflict``
    (``release_exists``, ``module_gone``) or ``NotAllowed``.
    """
    name = "incubator.module_release.upload"
    with operation(name, actor=actor, now=now, subject=module, organisation=module.owner):
        require_contributor(actor, module.owner)
        facts = read_upload(module, upload)
        if module.releases.filter(number_key=facts.version_key).exists():
            raise Conflict("release_exists", version=facts.version)
        release = create_release(module, facts, keep(module, upload, actor, now), actor, now)
        return hand_in(release, actor=actor, now=now)


def resubmit_release(
    *,
    release: ModuleRelease,
    upload: Upload,
    actor: User,
    now: datetime,
    expected_version: int | None = None,
) -> ModuleRelease:
    """Replace the package of a release that the review sent back, and hand it in again.

    The version number stays. Raises as ``submit_release``, and ``Conflict`` (``wrong_state``).
    """
    module = release.module
    name = "incubator.module_release.upload"
    with operation(name, actor=actor, now=now, subject=release, organisation=module.owner):
        require_contributor(actor, module.owner)
        RELEASE.find(release.state, "submit")
        facts = read_upload(module, upload)
        if facts.version_key != release.number_key:
            raise wrong("release_version_changed", expected=release.number, found=facts.version)
        changes = file_values(facts, keep(module, upload, actor, now))
        changes |= {"uploaded_by": actor, "review_note": ""}
        return hand_in(
            release, actor=actor, now=now, changes=changes, expected_version=expected_version
        )


def read_upload(module: SharedModule, upload: Upload) -> WheelFacts:
    """Return what the uploaded wheel or source distribution says; it must be of this module."""
    name = str(upload.name or "").replace("\\", "/").rpartition("/")[2]
    read = read_sdist if name.endswith(ENDING) else read_wheel
    return read(upload, name, expected_name=module.name)  # type: ignore[arg-type]


def keep(module: SharedModule, upload: Upload, actor: User, now: datetime) -> StoredFile:
    """Store the package as the owner's."""
    return store_file(
        upload=upload, use="module_release", actor=actor, now=now, organisation=module.owner
    )


def file_values(facts: WheelFacts, stored: StoredFile | None) -> dict[str, Any]:
    """Return the fields of a release that its package, where it has one, decides."""
    return {
        "number": facts.version,
        "file": stored,
        "sha256": stored.sha256 if stored else "",
        "requires_python": facts.requires_python,
        "metadata": described(facts),
        "core_metadata": facts.core_metadata,
    }


def described(facts: WheelFacts) -> dict[str, Any]:
    """Return what pages show of a wheel, as JSON."""
    values = asdict(facts) | {"requires": list(facts.requires)}
    del values["core_metadata"]
    return values


def create_release(
    module: SharedModule,
    facts: WheelFacts,
    stored: StoredFile | None,
    actor: User,
    now: datetime,
) -> ModuleRelease:
    """Write the draft of a release; the database refuses a version that exists."""
    lock_module(module)
    try:
        with transaction.atomic():
            return ModuleRelease.objects.create(
                module=module,
                number_key=facts.version_key,
                uploaded_by=actor,
                state=RELEASE.initial,
                state_since=now,
                created_at=now,
                **file_values(facts, stored),
            )
    except IntegrityError as error:
        raise Conflict("release_exists", version=facts.version) from error


def hand_in(
    release: ModuleRelease,
    *,
    actor: User,
    now: datetime,
    changes: Mapping[str, Any] | None = None,
    expected_version: int | None = None,
) -> ModuleRelease:
    """Submit a release and open the staff's work item."""
    moved = apply_transition(
        instance=release,
        lifecycle=RELEASE,
        action="submit",
        actor=actor,
        now=now,
        organisation=release.module.owner,
        changes=changes,
        expected_version=expected_version,
    )
    open_work(
        "module_review",
        subject=moved,
        url=moved.get_absolute_url(),
        now=now,
        role=Role.STAFF,
        release=str(moved),
    )
    return moved


def request_changes(
    *,
    release: ModuleRelease,
    reason: str,
    actor: User,
    now: datetime,
    expected_version: int | None = None,
) -> ModuleRelease:
    """Send a release back to its contributor with what to mend."""
    with operation("incubator.module_release.review", actor=actor, now=now, subject=release):
        moved = decide(
            release,
            "request_changes",
            actor=actor,
            now=now,
            reason=reason,
            expected_version=expected_version,
            changes={"review_note": reason.strip()[:2000]},
        )
        owner = moved.module.owner
        open_work(
            "module_changes",
            subject=moved,
            url=moved.get_absolute_url(),
            now=now,
            role=Role.FIRM_SIGNER if owner else "",
            organisation=owner,
            user=None if owner else moved.uploaded_by,
            release=str(moved),
        )
        tell(moved, "module_changes", now=now, url=moved.get_absolute_url(), reason=reason.strip())
    return moved


def publish_release(
    *,
    release: ModuleRelease,
    actor: User,
    now: datetime,
    expected_version: int | None = None,
) -> ModuleRelease:
    """Publish a reviewed release: from now on admitted firms can download it, unchanged."""
    name = "incubator.module_release.review"
    with operation(name, actor=actor, now=now, subject=release) as opened:
        moved = decide(
            release,
            "publish",
            actor=actor,
            now=now,
            expected_version=expected_version,
            changes={"published_at": now, "review_note": ""},
        )
        opened.publish(ModulePublished(release_id=moved.pk))
        tell(moved, "module_published", now=now, url=moved.module.get_absolute_url())
    return moved


def decide(
    release: ModuleRelease,
    action: str,
    *,
    actor: User,
    now: datetime,
    changes: Mapping[str, Any],
    reason: str = "",
    expected_version: int | None = None,
) -> ModuleRelease:
    """Take a step of the review; nobody reviews an upload of their own."""
    require_role(actor, Role.STAFF)
    if actor.pk in hands_of(lock(release)):
        raise NotAllowed("own_upload")
    return apply_transition(
        instance=release,
        lifecycle=RELEASE,
        action=action,
        actor=actor,
        now=now,
        organisation=release.module.owner,
        reason=reason,
        expected_version=expected_version,
        changes=changes,
    )


def hands_of(release: ModuleRelease) -> set[int | None]:
    """Return the ids of who uploaded the package and of who added files."""
    return {release.uploaded_by_id, *release.files.values_list("added_by", flat=True)}


def yank_release(
    *,
    release: ModuleRelease,
    reason: str,
    actor: User,
    now: datetime,
    expected_version: int | None = None,
) -> ModuleRelease:
    """Withdraw a published release: it stays available by its number, with the reason beside it.

    Tells everybody who downloaded it.
    """
    with operation("incubator.module_release.withdraw", actor=actor, now=now, subject=release):
        moved = apply_transition(
            instance=release,
            lifecycle=RELEASE,
            action="yank",
            actor=actor,
            now=now,
            organisation=release.module.owner,
            reason=reason,
            expected_version=expected_version,
            changes={"yanked_reason": reason.strip()[:300]},
        )
        users = User.objects.filter(pk__in=moved.downloads.values("user"), is_active=True)
        notify(
            users,
            "module_yanked",
            key=f"module_yanked:{moved.pk}",
            now=now,
            url=moved.module.get_absolute_url(),
            release=moved,
            reason=reason.strip(),
        )
    return moved


def tell(release: ModuleRelease, kind: str, *, now: datetime, url: str, **params: object) -> None:
    """Tell the contributor (a firm's members, else who uploaded it) what the review decided."""
    owner, uploader = release.module.owner, release.uploaded_by
    people = members_of(owner) if owner else [uploader] if uploader else []
    key = f"{kind}:{release.pk}:{release.version}"
    notify(people, kind, key=key, now=now, url=url, release=release, **params)


def download_release(
    *,
    release: ModuleRelease,
    actor: User,
    now: datetime,
    organisation: Organisation | None = None,
) -> StoredFile:
    """Return the file for an admitted firm's member or a curator; counted once a firm and day.

    ``organisation`` chooses among several admitted firms of the person. Raises ``NotAllowed``
    (``not_admitted``) or ``Conflict`` (``wrong_state``) for a release that is not published.
    """
    with operation(
        "incubator.module.download",
        actor=actor,
        now=now,
        subject=release,
        organisation=organisation,
    ):
        count_download(release, actor, now, organisation)
        if release.file is None:
            raise Conflict("module_file_gone")
        return release.file


def count_download(
    release: ModuleRelease, actor: User, now: datetime, organisation: Organisation | None
) -> None:
    """Let an admitted firm or a curator take a file of a release; count it once a firm and day."""
    firms = [firm for firm in admitted_firms(actor) if organisation is None or firm == organisation]
    if not firms and not has_role(actor, *CURATORS):
        raise NotAllowed("not_admitted")
    if release.published_at is None:
        raise Conflict("wrong_state")
    if firms:
        ModuleDownload.objects.get_or_create(
            release=release,
            organisation=firms[0],
            day=timezone.localdate(now),
            defaults={"user": actor, "at": now},
        )
