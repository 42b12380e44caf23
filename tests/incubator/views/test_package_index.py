"""The package index: what it says to machines, and pip and uv themselves against it."""

import base64
import hashlib
import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from config.demo.module_files import MATTERS_SQL
from config.demo.wheels import uscc_check_wheel
from incubator.models import ModuleDownload, ModuleRelease
from incubator.services import module_files, modules
from portal.services.accounts import end_membership
from portal.services.tokens import create_token, revoke_token
from tests.incubator import sdists
from tests.incubator.modules_story import admit, beside, module_of, published, wheel, with_file

NAME = "hy-uscc-check"
FILE = "hy_uscc_check-1.0.0-py3-none-any.whl"
ROOT = "/modules/simple/"
PAGE = f"{ROOT}{NAME}/"
JSON = "application/vnd.pypi.simple.v1+json"
HTML = "application/vnd.pypi.simple.v1+html"


def token_of(world, login: str = "owner") -> str:
    return create_token(actor=world.people[login], label="pip", days=365, now=timezone.now())[1]


def basic(user: str, password: str = "") -> dict[str, str]:
    value = base64.b64encode(f"{user}:{password}".encode()).decode()
    return {"authorization": f"Basic {value}"}


@pytest.fixture
def shelf(world):
    """A published module and a member of an admitted firm."""
    admit(world, "owner")
    published(world)
    return world


def ask(world, path: str, accept: str = JSON, token: str = "", login: str = "owner"):
    headers = basic(token or token_of(world, login)) | {"accept": accept}
    return world.client().get(path, headers=headers)


def test_index_lists_projects_with_a_release(shelf):
    module_of(shelf, name="hy-waiting")
    answer = ask(shelf, ROOT)
    assert answer["Content-Type"] == JSON
    assert answer.json() == {"meta": {"api-version": "1.1"}, "projects": [{"name": NAME}]}
    assert f'<a href="{PAGE}">{NAME}</a>' in ask(shelf, ROOT, "text/html").content.decode()


def test_project_in_json_names_everything(shelf):
    entry = ask(shelf, PAGE).json()["files"][0]
    data = uscc_check_wheel()
    metadata = zipfile.ZipFile(io.BytesIO(data)).read("hy_uscc_check-1.0.0.dist-info/METADATA")
    digest = {"sha256": hashlib.sha256(metadata).hexdigest()}
    assert entry == {
        "filename": FILE,
        "url": PAGE + FILE,
        "hashes": {"sha256": hashlib.sha256(data).hexdigest()},
        "size": len(data),
        "upload-time": "2026-11-23T01:00:00.000000Z",
        "yanked": False,
        "requires-python": ">=3.11",
        "core-metadata": digest,
        "dist-info-metadata": digest,
    }
    assert ask(shelf, PAGE + FILE + ".metadata").content == metadata


def test_project_in_html_names_everything(shelf):
    text = ask(shelf, PAGE, HTML).content.decode()
    assert f'href="{PAGE}{FILE}#sha256={hashlib.sha256(uscc_check_wheel()).hexdigest()}"' in text
    assert 'data-requires-python="&gt;=3.11"' in text
    assert 'data-core-metadata="sha256=' in text
    assert "data-yanked" not in text


def test_release_without_kept_metadata_names_none(shelf):
    ModuleRelease.objects.update(core_metadata="", requires_python="")
    entry = ask(shelf, PAGE).json()["files"][0]
    assert {"core-metadata", "dist-info-metadata", "requires-python"} & entry.keys() == set()


def test_yanked_release_stays_with_its_reason(shelf):
    modules.yank_release(
        release=ModuleRelease.objects.get(), reason="有误 <1>", actor=shelf.staff, now=shelf.now
    )
    assert ask(shelf, PAGE).json()["files"][0]["yanked"] == "有误 <1>"
    assert 'data-yanked="有误 &lt;1&gt;"' in ask(shelf, PAGE, HTML).content.decode()


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("*/*", JSON),
        ("text/html", "text/html; charset=utf-8"),
        (HTML, HTML),
        ("application/vnd.pypi.simple.latest+json", JSON),
        (f"{JSON}, {HTML}; q=0.2, text/html; q=0.01", JSON),
        (f"{JSON};q=0.1, {HTML};q=0.9", HTML),
    ],
)
def test_form_is_the_one_that_the_client_likes_most(shelf, accept, kind):
    answer = ask(shelf, PAGE, accept)
    assert answer["Content-Type"] == kind
    assert {"Accept", "Authorization"} <= {one.strip() for one in answer["Vary"].split(",")}


def test_form_that_is_not_served_is_406(shelf):
    assert ask(shelf, PAGE, "application/xml").status_code == 406


def test_name_written_otherwise_leads_to_the_normal_one(shelf):
    answer = ask(shelf, f"{ROOT}HY_Uscc.Check/")
    assert (answer.status_code, answer.url) == (301, PAGE)


@pytest.mark.parametrize(
    "path",
    [f"{ROOT}unknown/", f"{ROOT}模块/", f"{PAGE}hy_uscc_check-9-py3-none-any.whl",
     f"{PAGE}nothing.metadata"],
)  # fmt: skip
def test_unknown_project_or_file_is_404(shelf, path):
    assert ask(shelf, path).status_code == 404


def test_release_in_review_is_not_there(shelf):
    modules.submit_release(
        module=ModuleRelease.objects.get().module,
        upload=wheel("2.0.0"),
        actor=shelf.resources,
        now=shelf.now,
    )
    assert ask(shelf, PAGE).json()["versions"] == ["1.0.0"]
    assert ask(shelf, PAGE + FILE.replace("1.0.0", "2.0.0")).status_code == 404


@pytest.mark.parametrize(
    "headers",
    [{}, basic("hyt_wrong"), basic("owner@demo.example", "demo-630123"),
     {"authorization": "Basic §"}, {"authorization": "Basic /w=="}, {"authorization": "Bearer x"}],
)  # fmt: skip
@pytest.mark.parametrize("path", [ROOT, PAGE, PAGE + FILE, PAGE + FILE + ".metadata"])
def test_without_a_token_it_asks_for_one(shelf, path, headers):
    answer = shelf.client("owner").get(path, headers=headers)
    assert (answer.status_code, answer["WWW-Authenticate"][:5]) == (401, "Basic")


def test_token_is_taken_as_the_password_too(shelf):
    headers = basic("__token__", token_of(shelf))
    assert shelf.client().get(PAGE, headers=headers).status_code == 200


def test_token_of_a_firm_that_is_not_admitted_is_refused(shelf):
    assert ask(shelf, PAGE, login="owner2").status_code == 403


def test_token_of_a_removed_member_is_refused(shelf):
    secret = token_of(shelf, "member")
    assert ask(shelf, PAGE, token=secret).status_code == 200
    membership = shelf.member.active_memberships[0]
    end_membership(membership=membership, actor=shelf.owner, now=timezone.now())
    assert ask(shelf, PAGE, token=secret).status_code == 403


def test_revoked_token_is_refused(shelf):
    token, secret = create_token(actor=shelf.owner, label="x", days=30, now=timezone.now())
    revoke_token(actor=shelf.owner, pk=token.pk, now=timezone.now())
    assert ask(shelf, PAGE, token=secret).status_code == 401


def test_file_is_counted_once_a_day_and_a_look_is_not(shelf):
    secret = token_of(shelf)
    shelf.client().head(PAGE + FILE, headers=basic(secret))
    assert ModuleDownload.objects.count() == 0
    for _time in range(2):
        answer = ask(shelf, PAGE + FILE, token=secret)
        assert b"".join(answer.streaming_content) == uscc_check_wheel()
    assert ModuleDownload.objects.get().organisation == shelf.organisation("owner")


@pytest.mark.parametrize("releases", [1, 3])
def test_project_takes_the_same_queries_whatever_its_length(shelf, queries, releases):
    for number in range(1, releases):
        published(shelf, f"1.{number}.0")
    secret = token_of(shelf)
    ask(shelf, PAGE, token=secret)
    with queries(5):
        assert len(ask(shelf, PAGE, token=secret).json()["files"]) == releases


def run(*command: str, cwd: Path) -> str:
    done = subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def index_url(transactional_db, live_server, world):
    """The index's address with a member's token in it."""
    admit(world, "owner")
    published(world)
    host = live_server.url.removeprefix("http://")
    return f"http://{token_of(world)}@{host}{ROOT}"


def test_pip_installs_a_module_from_the_portal(index_url, tmp_path):
    pip = [sys.executable, "-m", "pip", "--isolated", "--disable-pip-version-check"]
    options = ["--no-cache-dir", "--index-url", index_url]
    run(*pip, "install", *options, "--target", "lib", "HY.Uscc_Check", cwd=tmp_path)
    code = "import hy_uscc_check; print(hy_uscc_check.is_valid_uscc('91110000802100433B'))"
    assert run(sys.executable, "-c", code, cwd=tmp_path / "lib") == "True\n"
    run(*pip, "download", *options, "--dest", "wheels", f"{NAME}==1.0.0", cwd=tmp_path)
    assert (tmp_path / "wheels" / FILE).read_bytes() == uscc_check_wheel()
    assert ModuleDownload.objects.count() == 1


def test_uv_installs_a_module_from_the_portal(index_url, tmp_path):
    uv = [str(Path(sys.executable).with_name("uv")), "--no-config", "--no-cache"]
    options = ["--default-index", index_url, "--python", sys.executable, "--target", "lib"]
    run(*uv, "pip", "install", *options, NAME, cwd=tmp_path)
    assert (tmp_path / "lib" / "hy_uscc_check" / "identifiers.py").exists()


def source_release(world) -> ModuleRelease:
    """A published release whose file is a source distribution."""
    shared = module_of(world, name=sdists.NAME)
    upload = ContentFile(
        sdists.packed(
            sdists.parts()
            | {
                "PKG-INFO": sdists.PKG_INFO.replace(
                    "Requires-Dist: hy-uscc-check>=1\n", ""
                ).encode()
            }
        ),
        name=sdists.FILE,
    )
    release = modules.submit_release(
        module=shared, upload=upload, actor=world.resources, now=world.now
    )
    return modules.publish_release(release=release, actor=world.staff, now=world.now)


def test_pip_builds_a_source_distribution_from_the_portal(index_url, world, tmp_path):
    source_release(world)
    pip = [sys.executable, "-m", "pip", "--isolated", "--disable-pip-version-check"]
    options = ["--no-cache-dir", "--no-binary", ":all:", "--index-url", index_url]
    run(*pip, "install", *options, "--target", "lib", sdists.NAME, cwd=tmp_path)
    code = "import hy_src; print(hy_src.ANSWER)"
    assert run(sys.executable, "-c", code, cwd=tmp_path / "lib") == "42\n"


def test_source_distribution_has_no_metadata_beside_it(shelf):
    release = source_release(shelf)
    assert release.metadata["tag"] == "sdist"
    page = f"{ROOT}{sdists.NAME}/"
    [entry] = ask(shelf, page).json()["files"]
    assert (entry["filename"], entry["requires-python"]) == (sdists.FILE, ">=3.9")
    assert entry["hashes"] == {"sha256": release.sha256}
    assert "core-metadata" not in entry
    assert ask(shelf, f"{page}{sdists.FILE}.metadata").status_code == 404
    assert ask(shelf, f"{page}{sdists.FILE}").status_code == 200


def test_pip_takes_a_yanked_release_only_by_its_exact_version(index_url, world, tmp_path):
    release = ModuleRelease.objects.get()
    modules.yank_release(release=release, reason="bad", actor=world.staff, now=world.now)
    pip = [sys.executable, "-m", "pip", "--isolated", "--disable-pip-version-check"]
    options = ["download", "--no-cache-dir", "--index-url", index_url, "--dest", "."]
    refused = subprocess.run(
        [*pip, *options, f"{NAME}>=0.9"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert refused.returncode != 0
    run(*pip, *options, f"{NAME}==1.0.0", cwd=tmp_path)


def test_page_of_a_module_names_the_line_for_pip(shelf):
    text = shelf.client("owner").get(f"/modules/{NAME}/").content.decode()
    assert f"TOKEN@127.0.0.1:8000{ROOT} {NAME}" in text


def test_json_answer_is_json_for_whoever_reads_it(shelf):
    assert json.loads(ask(shelf, PAGE).content)["name"] == NAME


SCRIPT = "/modules/hy-matters/1.0.0/files/t.sql"
SUMS = "/modules/hy-matters/1.0.0/SHA256SUMS"


def test_file_beside_is_sent_to_a_token_and_counted(world):
    release = with_file(world)
    answer = ask(world, SCRIPT, login="owner2")
    assert b"".join(answer.streaming_content) == MATTERS_SQL.encode()
    assert ModuleDownload.objects.get().release == release


def test_file_beside_asks_for_a_token_and_a_look_is_not_counted(world):
    with_file(world)
    assert world.client("owner2").get(SCRIPT).status_code == 401
    assert ask(world, SCRIPT, login="learner").status_code == 403
    assert ask(world, SCRIPT + "x", login="owner2").status_code == 404
    assert world.client().head(SCRIPT, headers=basic(token_of(world, "owner2"))).status_code == 200
    assert ModuleDownload.objects.count() == 0


def test_sums_name_every_file_of_a_release_for_anybody(world):
    firm = admit(world, "owner")
    module = module_of(world, "owner", owner=firm)
    release = module_files.start_release(
        module=module, number="1.0.0", actor=world.owner, now=world.now
    )
    beside(world, release)
    modules.resubmit_release(release=release, upload=wheel(), actor=world.owner, now=world.now)
    modules.publish_release(release=release, actor=world.staff, now=world.now)
    answer = world.client().get(f"/modules/{NAME}/1.0.0/SHA256SUMS")
    assert answer["Content-Type"].startswith("text/plain")
    assert answer.content.decode() == (
        f"{hashlib.sha256(uscc_check_wheel()).hexdigest()}  {FILE}\n"
        f"{hashlib.sha256(MATTERS_SQL.encode()).hexdigest()}  t.sql\n"
    )


def test_sums_of_a_release_in_review_are_404(world):
    modules.submit_release(
        module=module_of(world), upload=wheel(), actor=world.resources, now=world.now
    )
    assert world.client().get(f"/modules/{NAME}/1.0.0/SHA256SUMS").status_code == 404


def test_index_leaves_out_a_module_without_a_package(world):
    with_file(world)
    assert ask(world, ROOT, login="owner2").json()["projects"] == []
    assert ask(world, f"{ROOT}hy-matters/", login="owner2").status_code == 404


@pytest.mark.django_db(transaction=True)
def test_curl_fetches_a_file_and_sha256sum_checks_it(world, live_server, tmp_path):
    with_file(world)
    token, curl = token_of(world, "owner2"), ["curl", "-sfL", "--noproxy", "*"]
    run(*curl, "-O", "--user", f"{token}:", live_server.url + SCRIPT, cwd=tmp_path)
    sums = run(*curl, live_server.url + SUMS, cwd=tmp_path)
    (tmp_path / "sums").write_text(sums)
    run("sha256sum", "-c", "--ignore-missing", "sums", cwd=tmp_path)
    assert ModuleDownload.objects.count() == 1
    (tmp_path / "t.sql").write_text("DROP TABLE village_matter;")
    with pytest.raises(AssertionError, match="FAILED"):
        run("sha256sum", "-c", "--ignore-missing", "sums", cwd=tmp_path)
