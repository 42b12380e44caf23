"""Files of a release that are no Python package: added, reviewed, fixed, downloaded, counted."""

import pytest
from django.core.files.base import ContentFile
from django.db import DatabaseError, transaction

from config.demo.module_files import MATTERS_SQL, bundle, image, safetensors
from incubator.models import ModuleDownload, ModuleFile, ModuleRelease
from incubator.permissions.modules import may_read_release
from incubator.services import module_files, modules
from portal.domain.lifecycle import Conflict, Invalid, NotAllowed
from portal.models import AuditEntry, StoredFile, WorkItem
from portal.services.files import read_chunks
from tests.incubator.modules_story import beside, draft, module_of, wheel, with_file


def test_start_release_is_a_draft_of_its_firm_without_a_package(world):
    release = draft(world, number="v1.0")
    assert (release.state, release.number, release.number_key) == ("draft", "1.0", "1")
    assert (release.file, release.sha256) == (None, "")


@pytest.mark.parametrize("number", ["1.0", "1.0.0", " v1 "])
def test_start_release_of_a_version_that_exists_conflicts(world, number):
    release = draft(world, number="1.0")
    with pytest.raises(Conflict) as caught:
        module_files.start_release(
            module=release.module, number=number, actor=world.owner, now=world.now
        )
    assert caught.value.code == "release_exists"


@pytest.mark.parametrize("login", ["owner2", "staff", "learner"])
def test_files_of_a_firm_are_its_own_business(world, login):
    release, actor = draft(world), world.people[login]
    kept = beside(world, release)
    for deed in (
        lambda: module_files.start_release(
            module=release.module, number="2", actor=actor, now=world.now
        ),
        lambda: beside(world, release, login, name="b.sql"),
        lambda: module_files.remove_file(release=release, pk=kept.pk, actor=actor, now=world.now),
        lambda: module_files.submit_files(release=release, actor=actor, now=world.now),
    ):
        with pytest.raises(NotAllowed) as caught:
            deed()
        assert caught.value.code == "module_owner"
    assert (ModuleRelease.objects.get().state, ModuleFile.objects.get()) == ("draft", kept)


@pytest.mark.parametrize(
    ("kind", "name", "data"),
    [
        ("weights", "w.safetensors", safetensors({"w": [1, 2]})),
        ("container", "i.tar", image()),
        ("container", "i.tar.gz", image(zipped=True)),
        ("sql", "t.sql", MATTERS_SQL.encode()),
        ("bundle", "f.zip", bundle()),
    ],
)
def test_add_file_keeps_bytes_digest_and_what_it_says(world, kind, name, data):
    found = beside(world, draft(world), kind=kind, name=name, data=data)
    assert (found.kind, found.name, found.size) == (kind, name, len(data))
    assert found.sha256 == found.file.sha256
    assert b"".join(read_chunks(found.file)) == data
    assert found.facts["format"]
    assert (found.file.use, found.file.organisation) == (
        f"module_{kind}", world.organisation("owner"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "name", "data", "code"),
    [
        ("weights", "w.safetensors", b"\x80\x04\x95\0", "weights_pickle"),
        ("weights", "w.safetensors", b"GGUF", "weights_layout"),
        ("weights", "w.onnx", safetensors({"w": [1]}), "file_ending"),
        ("weights", "w.gguf", b"%PDF-1.7", "file_type"),
        ("sql", "a.sql", b"a,b\n1,2\n", "sql_begin"),
        ("bundle", "a.tar", image(), "file_type"),
        ("container", "i.tar", b"MZ" + bytes(600), "file_type"),
        ("sql", "说明.sql", b"SELECT 1;", "module_file_name"),
    ],
)
def test_add_file_of_another_kind_is_refused_and_leaves_nothing(world, kind, name, data, code):
    release = draft(world)
    with pytest.raises(Invalid) as caught:
        beside(world, release, kind=kind, name=name, data=data)
    assert (caught.value.code, StoredFile.objects.count()) == (code, 0)


def test_add_file_with_a_folder_in_the_name_takes_the_last_part(world):
    assert beside(world, draft(world), name="C:\\tmp\\t.sql").name == "t.sql"


def test_add_file_of_a_name_that_is_there_is_refused(world):
    release = draft(world)
    beside(world, release)
    with pytest.raises(Invalid) as caught:
        beside(world, release)
    assert caught.value.fields == {"file": "module_file_exists"}


def test_add_file_of_a_name_that_differs_in_capitals_only_is_refused(world):
    release = draft(world)
    beside(world, release, name="c.sql")
    with pytest.raises(Invalid) as caught:
        beside(world, release, name="C.sql")
    assert caught.value.fields == {"file": "module_file_case"}
    assert caught.value.params == {"name": "c.sql"}
    beside(world, release, name="c_sql.sql")
    assert [file.name for file in release.files.all()] == ["c.sql", "c_sql.sql"]


def test_add_file_of_sql_with_a_comma_in_its_first_line_is_kept_as_sql(world):
    found = beside(world, draft(world), data="SELECT 村, 事项 FROM t;".encode())
    assert (found.file.media_type, found.facts["format"]) == ("application/sql", "SQL")


def test_add_file_of_sql_under_another_ending_says_which_it_needs(world):
    with pytest.raises(Invalid) as caught:
        beside(world, draft(world), name="t.txt", data=b"SELECT 1, 2;")
    assert (caught.value.code, caught.value.params["endings"]) == ("file_ending", ".sql")


def test_add_file_beyond_eight_is_refused(world):
    release = draft(world)
    for number in range(8):
        beside(world, release, name=f"t{number}.sql")
    with pytest.raises(Invalid) as caught:
        beside(world, release, name="t8.sql")
    assert (caught.value.code, caught.value.params) == ("module_files_full", {"limit": 8})


def test_remove_file_takes_it_out_and_the_trail_keeps_its_digest(world):
    release = draft(world)
    found = beside(world, release)
    module_files.remove_file(release=release, pk=found.pk, actor=world.owner, now=world.now)
    assert (ModuleFile.objects.count(), StoredFile.objects.count()) == (0, 0)
    assert AuditEntry.objects.get(action="file.remove").data["sha256"] == found.sha256
    with pytest.raises(Conflict, match="module_file_gone"):
        module_files.remove_file(release=release, pk=found.pk, actor=world.owner, now=world.now)


def test_submit_files_without_any_is_refused(world):
    with pytest.raises(Conflict, match="release_empty"):
        module_files.submit_files(release=draft(world), actor=world.owner, now=world.now)


def test_submit_files_opens_the_review_and_closes_the_release_to_changes(world):
    release = draft(world)
    found = beside(world, release)
    moved = module_files.submit_files(release=release, actor=world.owner, now=world.now)
    assert (moved.state, WorkItem.objects.open().get().kind) == ("in_review", "module_review")
    with pytest.raises(Conflict, match="release_closed"):
        beside(world, release, name="b.sql")
    with pytest.raises(Conflict, match="release_closed"):
        module_files.remove_file(release=release, pk=found.pk, actor=world.owner, now=world.now)
    with pytest.raises(Conflict, match="wrong_state"):
        module_files.submit_files(release=release, actor=world.owner, now=world.now)


def test_release_that_was_sent_back_takes_another_file_and_a_package(world):
    release = draft(world, name="hy-uscc-check", number="1.0.0")
    beside(world, release)
    module_files.submit_files(release=release, actor=world.owner, now=world.now)
    release = modules.request_changes(
        release=release, reason="补数据", actor=world.staff, now=world.now
    )
    beside(world, release, name="b.sql")
    moved = modules.resubmit_release(
        release=release, upload=wheel(), actor=world.owner, now=world.now
    )
    assert (moved.state, moved.files.count(), moved.file.name) == (
        "in_review", 2, "hy_uscc_check-1.0.0-py3-none-any.whl",
    )  # fmt: skip


def test_publish_release_with_an_own_file_is_refused(world):
    release = module_files.start_release(
        module=module_of(world), number="1", actor=world.resources, now=world.now
    )
    beside(world, release, "staff")
    module_files.submit_files(release=release, actor=world.resources, now=world.now)
    with pytest.raises(NotAllowed, match="own_upload"):
        modules.publish_release(release=release, actor=world.staff, now=world.now)


def test_published_release_is_unchanged_whoever_tries(world):
    release = with_file(world)
    found, other = release.files.get(), draft(world, name="hy-other")
    spare = beside(world, other, name="b.sql")
    for change in (
        lambda: ModuleFile.objects.filter(pk=found.pk).update(sha256="0" * 64),
        lambda: ModuleFile.objects.filter(pk=found.pk).update(name="other.sql"),
        lambda: ModuleFile.objects.filter(pk=found.pk).delete(),
        lambda: ModuleFile.objects.filter(pk=spare.pk).update(release=release),
        lambda: ModuleFile.objects.create(
            release=release, kind="sql", file=spare.file, name="c.sql", size=1, sha256="0" * 64,
            added_at=world.now,
        ),
        lambda: ModuleRelease.objects.filter(pk=release.pk).update(number="2"),
        lambda: ModuleRelease.objects.filter(pk=release.pk).update(published_at=None),
    ):  # fmt: skip
        with pytest.raises(DatabaseError, match="is not changed"), transaction.atomic():
            change()
    modules.yank_release(release=release, reason="有误", actor=world.staff, now=world.now)
    ModuleFile.objects.filter(pk=found.pk).update(added_by=None)
    ModuleFile.objects.filter(pk=spare.pk).delete()


def test_download_file_counts_its_release_once_a_firm_and_day(world):
    release = with_file(world)
    beside_it = release.files.get()
    for login in ("owner2", "staff"):
        stored = module_files.download_file(
            file=beside_it, actor=world.people[login], now=world.now
        )
        assert b"".join(read_chunks(stored)) == MATTERS_SQL.encode()
    module_files.download_file(file=beside_it, actor=world.owner2, now=world.now)
    counted = ModuleDownload.objects.get()
    assert (counted.release, counted.organisation) == (release, world.organisation("owner2"))


def test_download_release_without_a_package_has_none_to_give(world):
    release = with_file(world)
    with pytest.raises(Conflict, match="module_file_gone"):
        modules.download_release(release=release, actor=world.owner2, now=world.now)
    assert ModuleDownload.objects.count() == 0


@pytest.mark.parametrize("login", ["learner", "expert", "officer"])
def test_download_file_by_nobody_admitted_is_refused(world, login):
    found = with_file(world).files.get()
    with pytest.raises(NotAllowed, match="not_admitted"):
        module_files.download_file(file=found, actor=world.people[login], now=world.now)


def test_download_file_of_a_draft_is_refused(world):
    found = beside(world, draft(world))
    with pytest.raises(Conflict, match="wrong_state"):
        module_files.download_file(file=found, actor=world.owner, now=world.now)


def test_may_read_release_covers_the_files_of_every_kind(world):
    stored = beside(world, draft(world)).file
    allowed = [name for name in ("staff", "resources", "owner", "member", "owner2", "learner")
               if may_read_release(world.people[name], stored)]  # fmt: skip
    assert allowed == ["staff", "resources", "owner", "member"]


def test_upload_is_read_from_its_beginning(world):
    upload = ContentFile(MATTERS_SQL.encode(), name="t.sql")
    upload.read()
    found = module_files.add_file(
        release=draft(world), kind="sql", upload=upload, actor=world.owner, now=world.now
    )
    assert found.size == len(MATTERS_SQL.encode())
