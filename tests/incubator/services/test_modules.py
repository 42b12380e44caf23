"""Contribute, review, publish, withdraw, download."""

import threading
from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.core.files.base import ContentFile
from django.db import connection

from config.demo.wheels import build_wheel, uscc_check_wheel, wheel_name
from incubator.models import ModuleDownload, ModuleRelease, SharedModule
from incubator.permissions.modules import may_read_release
from incubator.selectors.modules import modules_contributed, published_modules
from incubator.selectors.package_index import project_files
from incubator.services import module_files, modules
from portal.domain.lifecycle import Conflict, Invalid, NotAllowed
from portal.models import AuditEntry, Notification, StoredFile, WorkItem
from portal.services.accounts import add_member
from portal.services.files import read_chunks
from portal.services.operations import operation
from tests.incubator import sdists
from tests.incubator.modules_story import admit, module_of, published, wheel


def waiting(kind: str) -> list[tuple[str, int | None, str]]:
    items = WorkItem.objects.open().filter(kind=kind)
    return [(item.role, item.organisation_id, item.params["release"]) for item in items]


def test_create_module_name_is_normalised(world):
    assert module_of(world, name="HY.Uscc_Check").name == "hy-uscc-check"


def test_create_module_name_taken_is_refused_at_the_name(world):
    module_of(world)
    with pytest.raises(Invalid) as caught:
        module_of(world, name="hy_uscc_check")
    assert caught.value.fields == {"name": "module_exists"}


def test_create_module_without_contact_is_refused_at_the_field(world):
    with pytest.raises(Invalid) as caught:
        module_of(world, contact="")
    assert list(caught.value.fields) == ["contact"]


UNSEEN = "\u200b\u2060 \u3164"


@pytest.mark.parametrize(
    "field", ["title", "title_en", "summary", "summary_en", "licence", "contact", "example"]
)
def test_create_module_with_a_text_that_nobody_sees_is_refused_at_the_field(world, field):
    with pytest.raises(Invalid) as caught:
        module_of(world, **{field: UNSEEN})
    assert caught.value.fields == {field: "text_required"}
    assert not SharedModule.objects.exists()


@pytest.mark.parametrize(
    ("login", "of_firm", "code"),
    [("owner", False, "module_owner"), ("owner2", True, "module_owner"),
     ("learner", False, "module_owner"), ("staff", True, "module_owner")],
)  # fmt: skip
def test_create_module_by_a_stranger_is_refused(world, login, of_firm, code):
    firm = admit(world, "owner")
    with pytest.raises(NotAllowed) as caught:
        module_of(world, login, owner=firm if of_firm else None)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("name", "code"),
    [("Simple", "module_name_index"), ("asyncio", "module_name_python"),
     ("pip", "module_name_tools"), ("Requests", "module_name_locked")],
)  # fmt: skip
def test_create_module_by_a_name_that_would_mislead_is_refused(world, name, code):
    with pytest.raises(Invalid) as caught:
        module_of(world, name=name)
    assert caught.value.fields == {"name": code}
    assert not SharedModule.objects.exists()


def test_create_module_by_a_firm_before_admission_is_refused(world):
    with pytest.raises(NotAllowed) as caught:
        module_of(world, "owner", owner=world.organisation("owner"))
    assert caught.value.code == "not_admitted"


def test_submit_release_goes_to_review_with_what_the_wheel_says(world):
    release = modules.submit_release(
        module=module_of(world), upload=wheel("1.0.0"), actor=world.resources, now=world.now
    )
    assert (release.state, release.number, release.requires_python) == (
        "in_review", "1.0.0", ">=3.11",
    )  # fmt: skip
    assert release.sha256 == release.file.sha256
    assert waiting("module_review") == [("staff", None, "hy-uscc-check 1.0.0")]


def edit(world, module: SharedModule, login: str = "resources", **changes: str) -> SharedModule:
    """Correct a module's texts; what is not said stays."""
    values = {name: getattr(module, name) for name in modules.TEXTS}
    return modules.edit_module(
        module=module, actor=world.people[login], now=world.now, **values | changes
    )


def test_edit_module_changes_its_texts_and_the_trail_says_which(world):
    module = module_of(world, summary="一\n二")
    edit(world, module, title="代码校验", title_en="", licence="Apache-2.0", summary="一\r\n二")
    module.refresh_from_db()
    assert (module.title, module.title_en, module.licence) == ("代码校验", "", "Apache-2.0")
    assert (module.name, module.summary) == ("hy-uscc-check", "一\n二")
    entry = AuditEntry.objects.get(action="incubator.module.edited")
    assert (entry.subject_id, entry.data["changed"]) == (
        str(module.pk), ["title", "title_en", "licence"],
    )  # fmt: skip


@pytest.mark.parametrize("state", ["published", "yanked"])
def test_edit_module_keeps_the_licence_once_a_version_is_published(world, state):
    release = published(world)
    if state == "yanked":
        modules.yank_release(release=release, reason="有误", actor=world.staff, now=world.now)
    with pytest.raises(Invalid) as caught:
        edit(world, release.module, licence="MIT", title="代码校验")
    assert caught.value.fields == {"licence": "module_licence_kept"}
    edit(world, release.module, title="代码校验")
    module = SharedModule.objects.get()
    assert (module.licence, module.title) == ("MulanPSL-2.0", "代码校验")


@pytest.mark.parametrize(
    ("changes", "fields"),
    [({"title": UNSEEN, "summary_en": UNSEEN}, {"title", "summary_en"}),
     ({"contact": ""}, {"contact"}), ({"licence": "x" * 81}, {"licence"})],
)  # fmt: skip
def test_edit_module_with_faults_is_refused_at_the_fields_and_changes_nothing(
    world, changes, fields
):
    module = module_of(world)
    with pytest.raises(Invalid) as caught:
        edit(world, module, **changes)
    assert set(caught.value.fields) == fields
    assert SharedModule.objects.get().title == "统一社会信用代码校验"


@pytest.mark.parametrize(("login", "code"), [("owner2", "module_owner"), ("staff", "module_owner")])
def test_edit_module_by_another_is_refused(world, login, code):
    admit(world, "owner2")
    module = module_of(world, "owner", owner=admit(world, "owner"))
    with pytest.raises(NotAllowed) as caught:
        edit(world, module, login, title="别的")
    assert caught.value.code == code


def test_edit_module_that_was_removed_meanwhile_conflicts(world):
    module = module_of(world)
    modules.remove_module(module=module, reason="误", actor=world.staff, now=world.now)
    with pytest.raises(Conflict, match="module_gone"):
        edit(world, module, title="代码校验")


def python_wheel(specifier: str) -> ContentFile:
    """Return the example wheel for the Pythons of ``specifier``."""
    data = build_wheel("hy-uscc-check", "1.0.0", "Check", {"a.py": ""}, python=specifier)
    return ContentFile(data, name=wheel_name("hy-uscc-check", "1.0.0"))


def test_submit_release_keeps_a_long_requires_python_whole(world):
    text = ",".join(f"!=3.{number:03}" for number in range(50))
    module = module_of(world)
    release = modules.submit_release(
        module=module, upload=python_wheel(text), actor=world.resources, now=world.now
    )
    release.refresh_from_db()
    assert release.requires_python == text
    modules.publish_release(release=release, actor=world.staff, now=world.now)
    assert project_files(module.name)[0].requires_python == text


def test_submit_release_with_a_requires_python_beyond_the_room_leaves_nothing(world):
    text = ",".join(f"!=3.{number:03}" for number in range(70))
    with pytest.raises(Invalid) as caught:
        modules.submit_release(
            module=module_of(world), upload=python_wheel(text), actor=world.resources,
            now=world.now,
        )  # fmt: skip
    assert caught.value.fields == {"file": "wheel_long"}
    assert (ModuleRelease.objects.count(), StoredFile.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    ("kept", "said", "whole"),
    [("!=3.1,", "!=3.1,!=3.2", "!=3.1,!=3.2"), ("!=3.1,", "x" * 501, ""), ("!=3.2", None, "!=3.2")],
)
def test_migration_makes_a_cut_requires_python_whole(world, kept, said, whole):
    """The second half of 0027: on the way back the room is small again."""
    migration = import_module("incubator.migrations.0027_whole_python")
    release = published(world)
    full = kept.rjust(migration.OLD, " ")
    metadata = {} if said is None else {"requires_python": said}
    ModuleRelease.objects.update(requires_python=full, metadata=metadata)
    migration.mend(apps, None)
    release.refresh_from_db()
    assert release.requires_python == (full if said is None else whole)
    ModuleRelease.objects.update(requires_python="x" * 130)
    migration.cut(apps, None)
    release.refresh_from_db()
    assert release.requires_python == "x" * 120


@pytest.mark.parametrize("again", ["1.0.0", "1.0"])
def test_submit_release_version_twice_conflicts_and_leaves_nothing(world, again):
    published(world)
    files = StoredFile.objects.count()
    with pytest.raises(Conflict) as caught:
        published(world, again)
    assert (caught.value.code, caught.value.params) == ("release_exists", {"version": again})
    assert (ModuleRelease.objects.count(), StoredFile.objects.count()) == (1, files)


def test_submit_release_of_another_module_is_refused(world):
    with pytest.raises(Invalid) as caught:
        modules.submit_release(
            module=module_of(world), upload=wheel(name="hy-other"), actor=world.resources,
            now=world.now,
        )  # fmt: skip
    assert caught.value.fields == {"file": "wheel_name"}


def test_submit_release_renamed_executable_is_refused(world):
    upload = ContentFile(b"MZ" + bytes(200), name="hy_uscc_check-1.0.0-py3-none-any.whl")
    with pytest.raises(Invalid) as caught:
        modules.submit_release(
            module=module_of(world), upload=upload, actor=world.resources, now=world.now
        )
    assert (caught.value.code, StoredFile.objects.count()) == ("wheel_damaged", 0)


def test_create_release_behind_the_check_is_stopped_by_the_database(world):
    """Two uploads that both passed the look-up: the unique constraint decides."""
    first = published(world)
    facts = modules.read_upload(first.module, wheel())
    with pytest.raises(Conflict) as caught, operation("test", actor=None, now=world.now):
        modules.create_release(first.module, facts, first.file, world.resources, world.now)
    assert caught.value.code == "release_exists"


@pytest.mark.django_db(transaction=True)
def test_submit_release_same_version_by_two_at_once_keeps_one(world):
    module = module_of(world)
    outcomes: list[str] = []
    start = threading.Barrier(2)

    def upload() -> None:
        start.wait()
        try:
            modules.submit_release(
                module=module, upload=wheel(), actor=world.resources, now=world.now
            )
            outcomes.append("done")
        except Conflict as refusal:
            outcomes.append(refusal.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=upload) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["done", "release_exists"]
    assert ModuleRelease.objects.count() == 1


def firm_release(world) -> ModuleRelease:
    firm = admit(world, "owner")
    module = module_of(world, "member", owner=firm)
    return modules.submit_release(module=module, upload=wheel(), actor=world.member, now=world.now)


def test_request_changes_opens_work_for_the_firm_and_tells_its_members(world):
    release = firm_release(world)
    moved = modules.request_changes(
        release=release, reason=" 请补许可证 ", actor=world.staff, now=world.now
    )
    assert (moved.state, moved.review_note) == ("changes_requested", "请补许可证")
    firm = world.organisation("owner")
    assert waiting("module_changes") == [("firm_signer", firm.pk, "hy-uscc-check 1.0.0")]
    assert waiting("module_review") == []
    told = Notification.objects.filter(kind="module_changes").values_list("user_id", flat=True)
    assert set(told) == {world.owner.pk, world.member.pk}


def test_request_changes_of_the_county_goes_to_the_uploader(world):
    release = modules.submit_release(
        module=module_of(world), upload=wheel(), actor=world.resources, now=world.now
    )
    modules.request_changes(release=release, reason="补例子", actor=world.staff, now=world.now)
    item = WorkItem.objects.open().get(kind="module_changes")
    assert (item.user_id, item.role) == (world.resources.pk, "")


def test_request_changes_without_a_reason_is_refused(world):
    with pytest.raises(Invalid) as caught:
        modules.request_changes(
            release=firm_release(world), reason=" ", actor=world.staff, now=world.now
        )
    assert caught.value.code == "reason_required"


def sent_back(world) -> ModuleRelease:
    return modules.request_changes(
        release=firm_release(world), reason="补例子", actor=world.staff, now=world.now
    )


def test_resubmit_release_replaces_the_wheel_and_returns_to_review(world):
    release = sent_back(world)
    mended = wheel("1.0.0", **{"more.py": "y = 2\n"})
    moved = modules.resubmit_release(
        release=release, upload=mended, actor=world.owner, now=world.now,
        expected_version=release.version,
    )  # fmt: skip
    assert (moved.state, moved.review_note) == ("in_review", "")
    assert moved.sha256 != release.sha256


def test_resubmit_release_of_another_version_is_refused(world):
    with pytest.raises(Invalid) as caught:
        modules.resubmit_release(
            release=sent_back(world), upload=wheel("1.1"), actor=world.owner, now=world.now
        )
    assert caught.value.params == {"expected": "1.0.0", "found": "1.1"}


def test_resubmit_release_published_is_refused(world):
    with pytest.raises(Conflict) as caught:
        modules.resubmit_release(
            release=published(world), upload=wheel(), actor=world.resources, now=world.now
        )
    assert caught.value.code == "wrong_state"


def test_resubmit_release_from_a_stale_page_is_refused(world):
    release = sent_back(world)
    with pytest.raises(Conflict) as caught:
        modules.resubmit_release(
            release=release, upload=wheel(), actor=world.owner, now=world.now, expected_version=1
        )
    assert caught.value.code == "stale"


def test_publish_release_own_upload_is_refused(world):
    release = modules.submit_release(
        module=module_of(world, "staff"), upload=wheel(), actor=world.staff, now=world.now
    )
    with pytest.raises(NotAllowed) as caught:
        modules.publish_release(release=release, actor=world.staff, now=world.now)
    assert caught.value.code == "own_upload"


@pytest.mark.parametrize("login", ["owner", "resources", "auditor"])
def test_publish_release_by_others_than_staff_is_refused_and_audited(world, login):
    release = firm_release(world)
    with pytest.raises(NotAllowed):
        modules.publish_release(release=release, actor=world.people[login], now=world.now)
    last = AuditEntry.objects.order_by("-number")[0]
    assert (last.outcome, last.actor_id) == ("refused", world.people[login].pk)


def test_publish_release_twice_conflicts(world):
    with pytest.raises(Conflict):
        modules.publish_release(release=published(world), actor=world.staff, now=world.now)


def test_publish_release_shows_it_in_the_library(world):
    release = firm_release(world)
    before = published_modules()
    moved = modules.publish_release(release=release, actor=world.staff, now=world.now)
    assert (before, published_modules(), moved.published_at) == (0, 1, world.now)


def download(world, login: str, release: ModuleRelease, days: int = 0):
    return modules.download_release(
        release=release, actor=world.people[login], now=world.now + timedelta(days=days)
    )


def test_download_release_by_an_admitted_firm_gives_the_bytes_and_counts_once_a_day(world):
    admit(world, "owner")
    release = published(world)
    stored = download(world, "owner", release)
    download(world, "member", release)
    download(world, "member", release, days=1)
    assert b"".join(read_chunks(stored)) == uscc_check_wheel()
    assert ModuleDownload.objects.count() == 2


def test_download_release_by_staff_is_not_counted(world):
    stored = download(world, "staff", published(world))
    assert (stored.use, ModuleDownload.objects.count()) == ("module_release", 0)


@pytest.mark.parametrize("login", ["owner", "learner", "expert", "signer", "officer"])
def test_download_release_by_nobody_admitted_is_refused(world, login):
    release = published(world)
    with pytest.raises(NotAllowed) as caught:
        download(world, login, release)
    assert (caught.value.code, ModuleDownload.objects.count()) == ("not_admitted", 0)


def test_download_release_for_a_firm_that_is_not_mine_is_refused(world):
    admit(world, "owner")
    other = admit(world, "owner2")
    with pytest.raises(NotAllowed):
        modules.download_release(
            release=published(world), actor=world.owner, now=world.now, organisation=other
        )


def test_download_release_not_published_is_refused(world):
    release = firm_release(world)
    with pytest.raises(Conflict):
        download(world, "owner", release)


def test_yank_release_stays_available_and_tells_who_took_it(world):
    admit(world, "owner")
    release = published(world)
    download(world, "member", release)
    moved = modules.yank_release(
        release=release, reason="校验位有误", actor=world.staff, now=world.now
    )
    assert (moved.state, moved.yanked_reason) == ("yanked", "校验位有误")
    assert download(world, "owner", moved) == release.file
    told = Notification.objects.get(kind="module_yanked")
    assert told.user_id == world.member.pk


def test_yank_release_by_its_firm_is_allowed_and_by_another_refused(world):
    admit(world, "owner2")
    release = modules.publish_release(release=firm_release(world), actor=world.staff, now=world.now)
    with pytest.raises(NotAllowed):
        modules.yank_release(release=release, reason="x", actor=world.owner2, now=world.now)
    moved = modules.yank_release(release=release, reason="x", actor=world.owner, now=world.now)
    assert moved.state == "yanked"


def test_modules_contributed_count_published_only(world):
    firm, other = admit(world, "owner2"), None
    release = firm_release(world)
    other = world.organisation("owner")
    ids, later = [firm.pk, other.pk], world.now + timedelta(days=3)
    assert modules_contributed(ids, later) == {}
    release = modules.publish_release(release=release, actor=world.staff, now=world.now)
    assert modules_contributed(ids, later) == {other.pk: 1}
    assert modules_contributed(ids, world.now - timedelta(days=1)) == {}


def test_may_read_release_is_for_curators_and_the_contributing_firm(world):
    admit(world, "owner2")
    stored = firm_release(world).file
    allowed = [name for name in ("staff", "resources", "owner", "member", "owner2", "learner")
               if may_read_release(world.people[name], stored)]  # fmt: skip
    assert allowed == ["staff", "resources", "owner", "member"]


def test_publish_release_of_an_own_firm_is_refused(world):
    release = firm_release(world)
    add_member(
        user=world.staff, organisation=release.module.owner, role="firm_member", actor=None,
        now=world.now,
    )  # fmt: skip
    with pytest.raises(NotAllowed) as caught:
        modules.publish_release(release=release, actor=world.staff, now=world.now)
    assert caught.value.code == "own_organisation"


def test_read_upload_with_a_folder_in_the_name_takes_the_last_part(world):
    upload = ContentFile(uscc_check_wheel(), name="C:\\tmp\\hy_uscc_check-1.0.0-py3-none-any.whl")
    module = SharedModule(name="hy-uscc-check")
    assert modules.read_upload(module, upload).version == "1.0.0"


# --- Removing a name that never came to a release


def removed(world, module, login: str = "staff", reason: str = "名称误导") -> None:
    modules.remove_module(module=module, reason=reason, actor=world.people[login], now=world.now)


def test_remove_module_frees_its_name_and_tells_the_firm(world):
    firm = admit(world, "owner")
    module = module_of(world, "owner", owner=firm, name="county-portal")
    removed(world, module)
    assert not SharedModule.objects.exists()
    told = Notification.objects.filter(kind="module_removed")
    assert set(told.values_list("user", flat=True)) == {world.owner.pk, world.member.pk}
    assert told.first().params == {"name": "county-portal", "reason": "名称误导"}
    entry = AuditEntry.objects.get(action="incubator.module.remove")
    assert (entry.outcome, entry.reason, entry.data) == (
        "done", "名称误导", {"name": "county-portal"},
    )  # fmt: skip
    assert (entry.subject_id, entry.organisation_id) == (str(module.pk), firm.pk)
    admit(world, "owner2")
    again = module_of(world, "owner2", owner=world.organisation("owner2"), name="county-portal")
    assert again.owner == world.organisation("owner2")


def test_remove_module_of_the_county_tells_nobody(world):
    removed(world, module_of(world))
    assert not Notification.objects.filter(kind="module_removed").exists()


@pytest.mark.parametrize("login", ["resources", "owner", "owner2", "learner"])
def test_remove_module_is_the_staffs(world, login):
    module = module_of(world, "owner", owner=admit(world, "owner"), name="hy-x")
    with pytest.raises(NotAllowed) as caught:
        removed(world, module, login)
    assert caught.value.code == "role"


def test_remove_module_of_ones_own_firm_is_refused(world):
    firm = admit(world, "owner")
    module = module_of(world, "owner", owner=firm, name="hy-x")
    add_member(user=world.staff, organisation=firm, role="firm_member", actor=None, now=world.now)
    with pytest.raises(NotAllowed):
        removed(world, module)
    assert SharedModule.objects.exists()


def test_remove_module_without_a_reason_or_with_a_release_is_refused(world):
    module = module_of(world)
    with pytest.raises(Invalid) as caught:
        removed(world, module, reason="  ")
    assert caught.value.fields == {"reason": "reason_required"}
    module_files.start_release(module=module, number="1", actor=world.resources, now=world.now)
    with pytest.raises(Conflict) as refused:
        removed(world, module)
    assert refused.value.code == "module_in_use"
    assert SharedModule.objects.exists()


def test_module_removed_meanwhile_takes_no_release_and_goes_once(world):
    module = module_of(world)
    removed(world, SharedModule.objects.get())
    with pytest.raises(Conflict) as caught:
        removed(world, module)
    assert caught.value.code == "module_gone"
    with pytest.raises(Conflict) as caught:
        modules.submit_release(module=module, upload=wheel(), actor=world.resources, now=world.now)
    assert caught.value.code == "module_gone"
    assert not StoredFile.objects.exists()


def test_odd_names_in_a_package_are_kept_as_what_can_be_seen(world):
    """PostgreSQL refuses half a surrogate in JSON, which a name of another encoding becomes."""
    odd = sdists.member(f"{sdists.FOLDER}/a\udcff\u202e.pth")
    upload = ContentFile(sdists.packed(None, odd), name=sdists.FILE)
    module = module_of(world, name=sdists.NAME)
    release = modules.submit_release(
        module=module, upload=upload, actor=world.resources, now=world.now
    )
    release.refresh_from_db()
    found = release.metadata["contents"]
    assert "a\ufffd\ufffd.pth" in found["tops"]
    assert found["warnings"]["startup"] == ["a\ufffd\ufffd.pth"]
