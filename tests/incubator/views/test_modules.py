"""The library and the desk, through a browser's eyes."""

import hashlib

import pytest
from django.core.files.base import ContentFile

from config.demo.module_files import MATTERS_SQL
from config.demo.wheels import uscc_check_wheel
from incubator.models import ModuleDownload, ModuleRelease, SharedModule
from incubator.services import module_files, modules
from tests.incubator.modules_story import (
    admit,
    beside,
    draft,
    module_of,
    published,
    wheel,
    with_file,
)

NAME = "hy-uscc-check"
VALUES = {
    "name": NAME, "title": "代码校验", "summary": "校验代码", "licence": "MulanPSL-2.0",
    "contact": "a@demo.example",
}  # fmt: skip
DOWNLOAD = f"/modules/{NAME}/1.0.0/download/"


def test_module_list_empty_says_so(world):
    response = world.client(language="en").get("/modules/")
    assert (response.status_code, response.context["rows"]) == (200, [])
    assert "No module yet" in response.content.decode()


def test_module_list_shows_only_published_modules_with_their_users(world):
    admit(world, "owner")
    modules.download_release(release=published(world), actor=world.owner, now=world.now)
    module_of(world, name="hy-waiting")
    rows = world.client().get("/modules/").context["rows"]
    assert [(row.name, row.latest, row.users) for row in rows] == [(NAME, "1.0.0", 1)]


@pytest.mark.parametrize(("q", "found"), [("USCC", 1), ("信用代码", 1), ("credit", 1), ("丈量", 0)])
def test_module_list_search_is_by_name_title_and_summary(world, q, found):
    published(world)
    assert len(world.client().get("/modules/", {"q": q}).context["rows"]) == found


def publish(world, name: str) -> None:
    module = module_of(world, name=name)
    release = modules.submit_release(
        module=module, upload=wheel(name=name), actor=world.resources, now=world.now
    )
    modules.publish_release(release=release, actor=world.staff, now=world.now)


@pytest.mark.parametrize("rows", [1, 3])
def test_module_list_takes_the_same_queries_whatever_its_length(world, queries, rows):
    for number in range(rows):
        publish(world, f"hy-part-{number}")
    client = world.client()
    client.get("/modules/")
    with queries(1):
        assert len(client.get("/modules/").context["rows"]) == rows


def test_module_list_goes_on_after_twenty(world, monkeypatch):
    monkeypatch.setattr("incubator.selectors.modules.PAGE", 2)
    for number in range(3):
        publish(world, f"hy-part-{number}")
    first = world.client().get("/modules/").context
    second = world.client().get("/modules/" + first["next_url"]).context
    assert [row.name for row in first["rows"]] == ["hy-part-0", "hy-part-1"]
    assert [row.name for row in second["rows"]] == ["hy-part-2"]


@pytest.mark.parametrize(
    ("login", "admitted", "access"),
    [(None, False, "login"), ("learner", False, "firm"), ("owner", False, "admission"),
     ("owner", True, "open"), ("staff", False, "open")],
)  # fmt: skip
def test_module_detail_says_who_may_download(world, login, admitted, access):
    published(world)
    if admitted:
        admit(world, "owner")
    response = world.client(login).get(f"/modules/{NAME}/")
    assert response.context["access"] == access
    assert (DOWNLOAD in response.content.decode()) == (access == "open")


def test_module_detail_written_otherwise_leads_to_the_normal_name(world):
    response = world.client().get("/modules/HY_Uscc.Check/")
    assert (response.status_code, response.url) == (301, f"/modules/{NAME}/")


@pytest.mark.parametrize("name", [NAME, "模块"])
def test_module_detail_unpublished_or_unknown_is_404(world, name):
    module_of(world)
    assert world.client("staff").get(f"/modules/{name}/").status_code == 404


def test_module_detail_prefers_a_version_that_is_not_withdrawn(world):
    older = published(world, "1.0.0")
    newer = published(world, "1.1.0")
    modules.yank_release(release=newer, reason="有误", actor=world.staff, now=world.now)
    page = world.client().get(f"/modules/{NAME}/").context["page"]
    assert (page.current, len(page.releases), page.module.latest) == (older, 2, "1.0.0")


def test_module_detail_installs_by_the_plain_name(world):
    published(world)
    line = world.client("staff").get(f"/modules/{NAME}/").context["pip_line"]
    assert line.endswith(f"/modules/simple/ {NAME}")


def test_module_of_which_every_version_is_withdrawn_installs_by_number_only(world):
    for version in ("1.0.0", "1.1.0"):
        release = published(world, version)
        modules.yank_release(release=release, reason="有误", actor=world.staff, now=world.now)
    response = world.client("staff", "en").get(f"/modules/{NAME}/")
    assert response.context["pip_line"].endswith(f"/modules/simple/ {NAME}==1.1.0")
    assert "A withdrawn version is installed by its number only." in response.content.decode()
    rows = world.client(language="en").get("/modules/").content.decode()
    assert "Every version withdrawn" in rows


def test_module_list_says_nothing_of_withdrawal_while_a_version_stands(world):
    published(world, "1.0.0")
    newer = published(world, "1.1.0")
    modules.yank_release(release=newer, reason="有误", actor=world.staff, now=world.now)
    assert "withdrawn" not in world.client(language="en").get("/modules/").content.decode()


def test_module_detail_may_break_a_long_requires_python(world):
    published(world)
    text = ",".join(f"!=3.{number:03}" for number in range(25))
    ModuleRelease.objects.update(requires_python=text)
    page = world.client().get(f"/modules/{NAME}/").content.decode()
    assert f'<span class="hy-mono text-wrap">{text}</span>' in page


def test_module_download_sends_the_wheel_and_counts(world):
    published(world)
    admit(world, "owner")
    response = world.client("member").post(DOWNLOAD)
    assert b"".join(response.streaming_content) == uscc_check_wheel()
    assert response["Content-Disposition"].endswith("hy_uscc_check-1.0.0-py3-none-any.whl")
    assert ModuleDownload.objects.get().organisation == world.organisation("owner")


def test_module_download_not_admitted_is_refused(world):
    published(world)
    response = world.client("owner").post(DOWNLOAD)
    assert (response.status_code, ModuleDownload.objects.count()) == (403, 0)


def test_module_download_by_a_link_is_not_possible(world):
    published(world)
    assert world.client("staff").get(DOWNLOAD).status_code == 405


def test_module_download_of_an_unpublished_version_is_404(world):
    modules.submit_release(
        module=module_of(world), upload=wheel(), actor=world.resources, now=world.now
    )
    assert world.client("staff").post(DOWNLOAD).status_code == 404


def test_module_new_then_release_leads_a_firm_to_the_review(world):
    firm = admit(world, "owner")
    client = world.client("owner")
    response = client.post("/workspace/modules/new/", VALUES | {"owner": firm.pk})
    assert response.url == f"/workspace/modules/{NAME}/release/"
    response = client.post(response.url, {"file": wheel()})
    release = ModuleRelease.objects.get()
    assert (response.url, release.state) == (release.get_absolute_url(), "in_review")
    assert client.get(response.url).status_code == 200


def test_module_new_with_faults_keeps_what_was_typed(world):
    admit(world, "owner")
    response = world.client("owner").post("/workspace/modules/new/", VALUES | {"contact": ""})
    assert (response.status_code, SharedModule.objects.count()) == (422, 0)
    assert "校验代码" in response.content.decode()


@pytest.mark.parametrize("field", ["title", "summary", "licence", "contact"])
def test_module_new_of_what_nobody_sees_is_refused_at_the_field(world, field):
    admit(world, "owner")
    values = VALUES | {"owner": world.organisation("owner").pk, field: "\u200b\u2060"}
    response = world.client("owner", "en").post("/workspace/modules/new/", values)
    assert (response.status_code, SharedModule.objects.count()) == (422, 0)
    assert response.context["form"].errors == {
        field: ["Write something here; blanks alone do not count."]
    }


def test_module_new_for_another_firm_is_no_choice(world):
    admit(world, "owner")
    other = admit(world, "owner2")
    response = world.client("owner").post("/workspace/modules/new/", VALUES | {"owner": other.pk})
    assert (response.status_code, list(response.context["form"].errors)) == (422, ["owner"])


def test_module_new_by_a_curator_is_the_countys(world):
    world.client("resources").post("/workspace/modules/new/", VALUES)
    assert SharedModule.objects.get().owner is None


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_module_new_before_admission_says_why_not(world, language):
    response = world.client("owner", language).get("/workspace/modules/new/")
    assert (response.status_code, "<textarea" in response.content.decode()) == (200, False)


def test_release_new_damaged_wheel_is_422_with_the_reason(world):
    module_of(world)
    bad = wheel()
    bad.file.truncate(100)
    bad.size = 100
    response = world.client("resources", "en").post(
        f"/workspace/modules/{NAME}/release/", {"file": bad}
    )
    assert response.status_code == 422
    assert "cannot be read" in response.content.decode()


def test_release_new_of_a_strangers_module_is_404(world):
    admit(world, "owner2")
    module_of(world)
    assert world.client("owner2").get(f"/workspace/modules/{NAME}/release/").status_code == 404


def submitted(world) -> ModuleRelease:
    return modules.submit_release(
        module=module_of(world), upload=wheel(), actor=world.resources, now=world.now
    )


def test_release_of_another_firm_is_404(world):
    release = submitted(world)
    assert world.client("owner").get(release.get_absolute_url()).status_code == 404
    assert world.client("owner").post(release.get_absolute_url() + "publish/").status_code == 404


def test_release_publish_by_staff_shows_it_to_the_public(world):
    release = submitted(world)
    client = world.client("staff")
    page = client.get(release.get_absolute_url())
    assert page.context["actions"] == {"publish", "request_changes"}
    client.post(release.get_absolute_url() + "publish/", {"version": release.version})
    assert world.client().get(f"/modules/{NAME}/").status_code == 200


def test_release_publish_from_a_stale_page_changes_nothing(world):
    release = submitted(world)
    response = world.client("staff").post(
        release.get_absolute_url() + "publish/", {"version": 1}, follow=True
    )
    release.refresh_from_db()
    assert (release.state, len(response.context["messages"])) == ("in_review", 1)


def test_release_changes_without_reason_is_422(world):
    release = submitted(world)
    url = release.get_absolute_url() + "changes/"
    response = world.client("staff").post(url, {"changes-reason": ""})
    assert (response.status_code, response.context["changes"].errors.keys()) == (422, {"reason"})


def test_release_changes_then_resubmit_returns_to_review(world):
    release = submitted(world)
    url = release.get_absolute_url()
    world.client("staff").post(url + "changes/", {"changes-reason": "补例子"})
    page = world.client("resources").get(url)
    assert page.context["actions"] == {"submit"}
    response = world.client("resources").post(url + "resubmit/", {"file": wheel("2.0")})
    assert response.status_code == 422
    world.client("resources").post(url + "resubmit/", {"file": wheel()})
    release.refresh_from_db()
    assert release.state == "in_review"


def test_release_yank_asks_for_a_reason_and_marks_the_public_page(world):
    release = published(world)
    url = release.get_absolute_url() + "yank/"
    client = world.client("staff", "en")
    assert client.post(url, {"yank-reason": ""}).status_code == 422
    client.post(url, {"yank-reason": "校验位有误"})
    page = world.client(language="en").get(f"/modules/{NAME}/").content.decode()
    assert "校验位有误" in page


@pytest.mark.parametrize("rows", [1, 3])
def test_module_desk_takes_the_same_queries_whatever_its_length(world, queries, rows):
    module = module_of(world)
    for number in range(rows):
        modules.submit_release(
            module=module, upload=wheel(f"1.{number}"), actor=world.resources, now=world.now
        )
    client = world.client("staff")
    client.get("/workspace/modules/")
    with queries(14):
        response = client.get("/workspace/modules/")
    assert (len(response.context["rows"]), len(response.context["queue"])) == (rows, rows)


def test_module_desk_of_a_firm_shows_its_own_only(world):
    submitted(world)
    context = world.client("owner").get("/workspace/modules/").context
    assert (context["rows"], context["queue"], context["modules"]) == ([], None, [])


SCRIPT = "/modules/hy-matters/1.0.0/files/t.sql"
SUM = hashlib.sha256(MATTERS_SQL.encode()).hexdigest()


def sql(name: str = "t.sql") -> ContentFile:
    return ContentFile(MATTERS_SQL.encode(), name=name)


def test_release_of_files_goes_from_its_number_to_the_public_page(world):
    firm = admit(world, "owner")
    module_of(world, "owner", owner=firm, name="hy-matters")
    client = world.client("owner")
    page = client.get("/workspace/modules/hy-matters/release/")
    assert "/workspace/modules/hy-matters/release/start/" in page.content.decode()
    response = client.post(
        "/workspace/modules/hy-matters/release/start/", {"start-number": "1.0.0"}
    )
    release = ModuleRelease.objects.get()
    url = release.get_absolute_url()
    assert response.url == url
    assert url + "submit/" not in client.get(url).content.decode()
    client.post(url + "files/", {"add-kind": "sql", "add-file": sql()})
    client.post(url + "files/", {"add-kind": "sql", "add-file": sql("u.sql")})
    client.post(f"{url}files/{release.files.get(name='u.sql').pk}/remove/")
    assert url + "submit/" in client.get(url).content.decode()
    client.post(url + "submit/")
    assert url + "files/" not in client.get(url).content.decode()
    release.refresh_from_db()
    assert (release.state, [file.name for file in release.files.all()]) == ("in_review", ["t.sql"])


def test_release_start_with_a_wrong_number_is_422_at_the_field(world):
    draft(world)
    response = world.client("owner").post(
        "/workspace/modules/hy-matters/release/start/", {"start-number": "one"}
    )
    assert (response.status_code, list(response.context["start"].errors)) == (422, ["number"])
    assert response.context["form"].errors == {}


def test_release_file_of_a_pickle_is_422_with_the_reason(world):
    url = draft(world).get_absolute_url()
    upload = ContentFile(b"\x80\x04\x95\0", name="w.safetensors")
    response = world.client("owner", "en").post(
        url + "files/", {"add-kind": "weights", "add-file": upload}
    )
    assert response.status_code == 422
    assert "can run any program" in response.content.decode()


def test_release_file_of_a_table_says_that_it_is_no_sql(world):
    url = draft(world).get_absolute_url()
    upload = ContentFile("村, 事项\n甲, 乙".encode(), name="t.sql")
    response = world.client("owner", "en").post(
        url + "files/", {"add-kind": "sql", "add-file": upload}
    )
    assert response.status_code == 422
    assert "“t.sql” begins with no SQL statement" in response.content.decode()


def test_release_files_of_another_firm_are_404(world):
    release = draft(world)
    found = beside(world, release)
    client, url = world.client("owner2"), release.get_absolute_url()
    for path in ("files/", f"files/{found.pk}/remove/", "submit/"):
        assert client.post(url + path, {"add-kind": "sql", "add-file": sql()}).status_code == 404
    path = "/workspace/modules/hy-matters/release/start/"
    assert client.post(path, {"start-number": "2"}).status_code == 404
    assert release.files.count() == 1


def test_module_of_files_shows_digest_and_commands_instead_of_pip(world, settings):
    settings.BASE_URL = "https://testserver/"
    with_file(world)
    page = world.client("owner2").get("/modules/hy-matters/").content.decode()
    assert f"curl -fLO --user TOKEN: https://testserver{SCRIPT}" in page
    sums = "https://testserver/modules/hy-matters/1.0.0/SHA256SUMS"
    assert f"curl -fL {sums} | sha256sum -c --ignore-missing" in page
    assert (SUM in page, "pip install" in page) == (True, False)


def test_module_of_files_shows_the_public_what_there_is_and_no_command(world):
    with_file(world)
    page = world.client().get("/modules/hy-matters/").content.decode()
    assert (SUM in page, "--user" in page, f"{SCRIPT}/download/" in page) == (True, False, False)


def test_module_file_download_sends_the_bytes_and_counts(world):
    with_file(world)
    response = world.client("owner2").post(f"{SCRIPT}/download/")
    assert b"".join(response.streaming_content) == MATTERS_SQL.encode()
    assert response["Content-Disposition"] == "attachment; filename*=UTF-8''t.sql"
    assert ModuleDownload.objects.get().organisation == world.organisation("owner2")


def test_module_file_download_is_sent_by_the_proxy_where_there_is_one(world, settings):
    settings.X_ACCEL_PREFIX = "/private/"
    stored = with_file(world).files.get().file
    response = world.client("owner2").post(f"{SCRIPT}/download/")
    assert response["X-Accel-Redirect"] == f"/private/{stored.storage_name}"


def test_module_file_download_not_admitted_is_refused_and_unknown_404(world):
    with_file(world)
    assert world.client("learner").post(f"{SCRIPT}/download/").status_code == 403
    assert world.client("owner2").post(f"{SCRIPT}x/download/").status_code == 404
    assert ModuleDownload.objects.count() == 0


@pytest.mark.parametrize("files", [1, 3])
def test_module_detail_takes_the_same_queries_whatever_its_length(world, queries, files):
    release = draft(world)
    for number in range(files):
        beside(world, release, name=f"t{number}.sql")
    module_files.submit_files(release=release, actor=world.owner, now=world.now)
    modules.publish_release(release=release, actor=world.staff, now=world.now)
    client = world.client()
    client.get("/modules/hy-matters/")
    with queries(3):
        client.get("/modules/hy-matters/")


def test_module_detail_counts_firms_by_version_without_the_owner(world):
    with_file(world)
    found = ModuleRelease.objects.get().files.get()
    for login in ("owner", "owner2", "owner2"):
        module_files.download_file(file=found, actor=world.people[login], now=world.now)
    page = world.client().get("/modules/hy-matters/").context["page"]
    assert ([release.firms for release in page.releases], page.module.users) == ([1], 1)


@pytest.mark.parametrize(
    ("login", "sees"),
    [("owner", True), ("member", True), ("staff", True), ("resources", True), ("owner2", False),
     ("learner", False), ("auditor", False), (None, False)],
)  # fmt: skip
def test_module_detail_names_firms_to_contributor_and_staff_only(world, login, sees):
    found = with_file(world).files.get()
    module_files.download_file(file=found, actor=world.owner2, now=world.now)
    name = world.organisation("owner2").name
    response = world.client(login).get("/modules/hy-matters/")
    day = world.now.date()
    expected = [{"name": name, "first": day, "last": day, "versions": 1}] if sees else None
    assert response.context["firms"] == expected
    assert ("仅贡献单位" in response.content.decode()) == sees


def test_module_of_the_county_names_no_firm_to_firms(world):
    admit(world, "owner")
    modules.download_release(release=published(world), actor=world.owner, now=world.now)
    assert world.client("owner").get(f"/modules/{NAME}/").context["firms"] is None
    firms = world.client("resources").get(f"/modules/{NAME}/").context["firms"]
    assert [firm["name"] for firm in firms] == [world.organisation("owner").name]


# --- Names without a release


def test_staff_removes_a_name_without_a_release_on_a_page_of_its_own(world):
    firm = admit(world, "owner")
    module_of(world, "owner", owner=firm, name="county-portal")
    published(world)
    staff = world.client("staff", "en")
    page = "/workspace/modules/county-portal/remove/"
    desk = staff.get("/workspace/modules/")
    assert [module.name for module in desk.context["unused"]] == ["county-portal"]
    assert f'href="{page}"' in desk.content.decode()
    text = staff.get(page).content.decode()
    assert "Remove this module?" in text
    assert firm.name in text
    assert staff.post(page, {"reason": ""}).status_code == 422
    response = staff.post(page, {"reason": "名称误导"}, follow=True)
    assert "The module county-portal is removed; its name is free again." in (
        response.content.decode()
    )
    assert response.context["unused"] == []
    assert staff.get(page).status_code == 404
    assert SharedModule.objects.get().name == NAME


@pytest.mark.parametrize(("login", "status"), [("owner", 403), ("resources", 403)])
def test_names_without_a_release_are_the_staffs(world, login, status):
    module_of(world, "owner", owner=admit(world, "owner"), name="hy-x")
    client = world.client(login)
    assert client.get("/workspace/modules/").context["unused"] == []
    assert client.post("/workspace/modules/hy-x/remove/", {"reason": "x"}).status_code == status
    assert SharedModule.objects.exists()


def test_module_with_a_release_has_no_page_to_remove_it(world):
    published(world)
    assert world.client("staff").get(f"/workspace/modules/{NAME}/remove/").status_code == 404


def test_reserved_name_is_refused_at_the_field_in_words(world):
    client = world.client("resources", "en")
    response = client.post("/workspace/modules/new/", VALUES | {"name": "Django"})
    assert response.status_code == 422
    assert "“django” is a public package that is in use here" in response.content.decode()


# --- Details corrected

EDIT = f"/workspace/modules/{NAME}/edit/"


def test_contributor_corrects_the_details_from_the_desk(world):
    module_of(world, "owner", owner=admit(world, "owner"))
    client = world.client("member", "en")
    assert f'href="{EDIT}"' in client.get("/workspace/modules/").content.decode()
    page = client.get(EDIT)
    assert page.context["form"]["title"].value() == "统一社会信用代码校验"
    values = {**page.context["form"].initial, "title": "代码校验", "licence": "Apache-2.0"}
    response = client.post(EDIT, values, follow=True)
    assert f"The details of {NAME} are corrected." in response.content.decode()
    module = SharedModule.objects.get()
    assert (module.title, module.licence) == ("代码校验", "Apache-2.0")


def test_details_with_a_text_that_nobody_sees_are_422_at_the_field(world):
    module = module_of(world)
    client = world.client("resources", "en")
    response = client.post(EDIT, VALUES | {"summary": "\u200b"})
    assert (response.status_code, list(response.context["form"].errors)) == (422, ["summary"])
    module.refresh_from_db()
    assert module.title != VALUES["title"]


def test_details_of_a_published_module_leave_its_licence_closed(world):
    published(world)
    client = world.client("resources", "en")
    assert client.get(EDIT).context["form"].fields["licence"].disabled
    client.post(EDIT, VALUES | {"licence": "MIT"})
    module = SharedModule.objects.get()
    assert (module.title, module.licence) == (VALUES["title"], "MulanPSL-2.0")


@pytest.mark.parametrize(("login", "status"), [("owner2", 404), ("resources", 404), ("board", 403)])
def test_details_of_another_firms_module_are_closed(world, login, status):
    admit(world, "owner2")
    module_of(world, "owner", owner=admit(world, "owner"))
    client = world.client(login)
    assert client.get(EDIT).status_code == client.post(EDIT, VALUES).status_code == status
    assert SharedModule.objects.get().title != VALUES["title"]


# --- What a reviewer is told of a package


def test_reviewer_is_told_what_the_package_holds(world):
    firm = admit(world, "owner")
    module_of(world, name="other-module")
    module = module_of(world, "owner", owner=firm, name="hy-part")
    files = {"hy.pth": "import os\n", "other_module.py": "", "json.py": "", "hy_part.py": ""}
    release = modules.submit_release(
        module=module, upload=wheel(name="hy-part", **files), actor=world.owner, now=world.now
    )
    page = world.client("staff", "en").get(release.get_absolute_url())
    assert {str(text): names for text, names in page.context["warnings"]} == {
        "Runs code whenever Python starts, whether the module is imported or not": "hy.pth",
        "Is imported in the place of a part of Python's standard library": "json",
        "Is imported under the name of another shared module": "other_module",
        "Is imported under other names than the module's": "part",
    }
    assert "Look at this before you publish:" in page.content.decode()
    assert "8 files" in page.content.decode()


def test_release_from_before_contents_were_kept_says_nothing_of_them(world):
    release = published(world)
    del release.metadata["contents"]
    release.save(update_fields=["metadata"])
    page = world.client("staff", "en").get(release.get_absolute_url())
    assert (page.context["contents"], page.context["warnings"]) == (None, [])
    assert "What the package holds" not in page.content.decode()


def test_reviewer_sees_a_licence_that_is_not_the_registered_one(world):
    release = published(world)
    page = world.client("staff", "en")
    assert "registered as" not in page.get(release.get_absolute_url()).content.decode()
    release.metadata["licence"] = "MIT"
    release.save(update_fields=["metadata"])
    assert "registered as MulanPSL-2.0" in page.get(release.get_absolute_url()).content.decode()
