"""Fixtures of every test."""

import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.cache import caches
from django.db import connection
from django.test import TestCase, TransactionTestCase
from django.utils import translation
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from hypothesis.database import DirectoryBasedExampleDatabase

pytest_plugins = ["tests.world", "tests.incubator.drivers.cloud", "tests.support.refusals"]

DATABASE_FIXTURES = {"db", "transactional_db", "django_db_reset_sequences", "live_server"}
BROWSER_FIXTURES = {"browser", "pages", "new_page", "page"}
FAILED = pytest.StashKey[bool]()
# Tests that walk through what others cover.
UNMEASURED = (
    "access/test_foreign.py",
    "access/test_logs.py",
    "access/test_matrix.py",
    "config/",
    "hostile/",
    "journeys/",
    "runtime/",
)

# The same examples on every machine, however busy; --hypothesis-profile=search looks for new ones.
hypothesis_settings.register_profile(
    "search",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    database=DirectoryBasedExampleDatabase("var/hypothesis"),
)
hypothesis_settings.register_profile(
    "steady", hypothesis_settings.get_profile("search"), derandomize=True, database=None
)
hypothesis_settings.load_profile("steady")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the hostile sweep be asked for in full."""
    parser.addoption(
        "--sweep",
        choices=("sample", "full"),
        default="sample",
        help="hostile strings: a few in turn for each field and address, or all for every one",
    )
    parser.addoption(
        "--shards", type=int, default=1, help="share the sweep's routes among so many processes"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark tests by what they use; browser tests last, for what they do to the main thread."""
    for item in items:
        if touches_database(item):
            item.add_marker("db_touching")
        if BROWSER_FIXTURES & set(getattr(item, "fixturenames", ())):
            item.add_marker("browser")
    other = "sqlite_only" if connection.vendor == "postgresql" else "postgres_only"
    left_out = [item for item in items if item.get_closest_marker(other)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
    kept = [item for item in items if item not in left_out]
    items[:] = sorted(kept, key=lambda item: item.get_closest_marker("browser") is not None)


def touches_database(item: pytest.Item) -> bool:
    """Whether the test must pass on both databases."""
    if DATABASE_FIXTURES & set(getattr(item, "fixturenames", ())):
        return True
    if item.get_closest_marker("django_db"):
        return True
    cls = getattr(item, "cls", None)
    return cls is not None and issubclass(cls, TestCase | TransactionTestCase)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item):
    """Measure coverage only where it is asked for: tracing doubles a test's time.

    domain/ and services/ are to be covered by the tests of their own rooms, not by whoever comes
    by; see the gate in the Makefile.
    """
    coverage = item.config.pluginmanager.getplugin("_cov")
    controller = getattr(coverage, "cov_controller", None)
    if controller is None or is_measured(item):
        return (yield)
    controller.pause()
    try:
        return (yield)
    finally:
        controller.resume()


def is_measured(item: pytest.Item) -> bool:
    """Whether what the test runs counts as covered."""
    return not item.nodeid.removeprefix("tests/").startswith(UNMEASURED)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item):
    """Remember a failure, so that the browser can keep what it showed."""
    report = yield
    if report.failed:
        item.stash[FAILED] = True
    return report


# --- Database


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment, django_db_blocker, worker_name) -> Iterator[None]:
    """Use a copy of a migrated template instead of migrating; see tests/support/database.py."""
    from tests.support.database import copied_database
    from tests.support.kept import KEEPER

    database = copied_database(worker_name)

    def restore(_case: TransactionTestCase) -> None:
        database.restore()
        ContentType.objects.clear_cache()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", restore)
        with django_db_blocker.unblock():
            database.start()
            KEEPER.start()
        yield
        with django_db_blocker.unblock():
            database.stop()


@pytest.fixture(scope="session")
def worker_name() -> str:
    """Return the name of this test process: gw0, gw1, … or main."""
    return os.environ.get("PYTEST_XDIST_WORKER", "main")


@pytest.fixture
def database_url(db) -> str:
    """Return the DATABASE_URL of this process's test database, for commands run beside it."""
    values = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{values['NAME']}"
    return "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**values)


# --- Surroundings


@pytest.fixture(scope="session")
def keys_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a county's signing key, made once."""
    from portal.drivers.keys import make_keys

    folder = tmp_path_factory.mktemp("keys")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.conf.settings.KEYS_DIR", folder)
        make_keys(name="示例县", now=datetime(2026, 11, 23, tzinfo=ZoneInfo("Asia/Shanghai")))
    return folder


@pytest.fixture(autouse=True)
def media_root(settings, tmp_path: Path, keys_folder: Path) -> Path:
    """Keep stored files in a folder of the test's own, and caches empty."""
    settings.KEYS_DIR = keys_folder
    private = {**settings.STORAGES["private"], "OPTIONS": {"location": str(tmp_path / "files")}}
    private["OPTIONS"]["base_url"] = None
    settings.STORAGES = {**settings.STORAGES, "private": private}
    settings.MEDIA_ROOT = str(tmp_path / "media")
    uploads = tmp_path / "uploads"
    uploads.mkdir()
    settings.FILE_UPLOAD_TEMP_DIR = str(uploads)
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    caches["default"].clear()
    return tmp_path / "media"


@pytest.fixture(autouse=True)
def language() -> None:
    """Begin in the site's own language: a page that was asked for in another leaves that on."""
    translation.deactivate()


@pytest.fixture
def now() -> datetime:
    """Return the moment at which tests take place: a Monday morning in the county."""
    return datetime(2026, 11, 23, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai"))


# --- Browser


@pytest.fixture(scope="session")
def browser():
    """Return Chromium, one for all tests of this process."""
    from tests.support.browser import chromium

    with chromium() as running:
        yield running


@pytest.fixture
def pages(request: pytest.FixtureRequest, browser, live_server):
    """Return the opener of pages; script errors and CSP violations in them fail the test."""
    from tests.support.browser import Pages

    opened = Pages(browser, live_server.url)
    yield opened
    if request.node.stash.get(FAILED, False):
        with suppress(Exception):
            opened.screenshot_all(request.node.name)
    opened.close()
    assert opened.unexpected() == []


@pytest.fixture
def new_page(pages):
    """Return ``new_page(viewport=(1280, 800), locale="zh-CN")``: each person has one."""
    return pages.open


@pytest.fixture
def page(new_page):
    """Return a page at 1280 × 800 in Chinese."""
    return new_page()
