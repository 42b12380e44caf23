"""Hostile strings through every field, parameter and address of every page, as its role.

Pages and forms are found by following links through the demo's year, parameters by watching what
a page reads: a new page is covered by being linked, and the test fails where it is not. Nothing
may answer 500 or above. `make test` takes a few strings in turn, `--sweep=full` all of them;
`--shards=N` shares the routes among N tests, for as many processes.
"""

import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.db import transaction
from django.test import Client, override_settings
from django.urls import resolve
from django.utils import timezone

from config.demo.cast import CAST, DOMAIN
from config.demo.module_files import MATTERS_SQL
from config.demo.story import play
from incubator.models import SharedModule
from incubator.services import module_files
from portal.models import Job, User
from portal.notifications import enqueue_job
from portal.services.accounts import create_person
from portal.services.calendar_feeds import create_feed
from portal.services.personal import ask
from portal.services.tokens import LIFETIMES, create_token
from tests.access.routes import DUMMIES, Route, every_route, is_ours, matrix
from tests.hostile.sweep import (
    SENTENCE,
    Menu,
    Site,
    attack_address,
    attack_form,
    attack_params,
    attack_rudely,
    explore,
    filled_address,
)
from tests.hostile.visitor import Visitor, watch_queries
from tests.world import PASSWORD

MATRIX = matrix()
OURS = {route.name: route for route in every_route() if is_ours(route)}
SHARED = {name for name, who in MATRIX.items() if who in {"public", "login"}}
NEWCOMER = "newcomer"
STARTS = ("/", "/workspace/", "/styleguide/", "/healthz", "/readyz", "/modules/simple/")

# What the demo's year leads nobody to: deeds of states that it does not stop in. Their addresses
# are attacked all the same, their forms by the tests of their own apps.
UNSEEN = {
    "certification:grade",
    "certification:grade_end",
    "certification:round_step",
    "incubator:application_new",
    "incubator:attach",
    "incubator:call_assign",
    "incubator:call_decide",
    "incubator:call_edit",
    "incubator:cohort_edit",  # every cohort of the demo is published
    "incubator:detach",
    "incubator:index_file",
    "incubator:index_project",
    "incubator:index_projects",
    "incubator:module_file",  # a token instead of a login, as the index
    "incubator:module_file_download",  # one module is looked at, and it has a wheel
    "incubator:module_remove",  # every module of the demo has a release
    "incubator:module_sums",
    "incubator:partner_add",
    "incubator:partner_remove",
    "incubator:pool_close_month",
    "incubator:proposal_attach",
    "incubator:proposal_detach",
    "incubator:proposal_edit",
    "incubator:proposal_move",
    "incubator:proposal_review",
    "incubator:quiz",
    "incubator:release_changes",
    "incubator:release_publish",
    "incubator:reuse",
    "incubator:review_deed",
    "incubator:review_drop",
    "incubator:review_request",
    "incubator:review_step_back",
    "incubator:usage_report",  # a token instead of a form: tests/incubator/views/test_usage_report
    "incubator:usage_void",
    "incubator:withdraw",
    "portal:calendar_feed",  # a secret address, shown once as text to copy
    "portal:document_file",  # drawn by the worker once the portal is served
    "portal:draft",
    "portal:factor_reset_answer",  # nobody in the demo has a second factor to lose
    "portal:factor_reset_ask",
    "portal:favicon",  # browsers ask for it, no page links it
    "portal:invitation",
    "portal:objection_deed",
    "portal:objection_evidence",
    "portal:metrics",  # for the monitor, which has no login
    "village_pilot:deliverable_assign",
    "village_pilot:deliverable_dispute",
    "village_pilot:deliverable_file_remove",
    "village_pilot:deliverable_modules",
    "village_pilot:deliverable_next",
    "village_pilot:deliverable_resolve",
    "village_pilot:deliverable_submit",
    "village_pilot:deliverable_upload",
}


@dataclass(frozen=True)
class Played:
    """The demo's year, and what its people found in it."""

    files: Path
    site: Site
    visitors: dict[str, Visitor]
    failures: dict[str, str]


@pytest.fixture(scope="module")
def played(django_db_setup, django_db_blocker, tmp_path_factory) -> Iterator[Played]:
    """Play the demo's year and explore it, once for all tests; take it back afterwards."""
    files = tmp_path_factory.mktemp("county") / "files"
    storage = {**settings.STORAGES["private"], "OPTIONS": {"location": str(files)}}
    stores = {**settings.STORAGES, "private": storage}
    with django_db_blocker.unblock(), transaction.atomic():
        with override_settings(STORAGES=stores), prepared():
            play(today=timezone.localdate(), password=PASSWORD, say=lambda _text: None)
            leave_open(timezone.now())
            visitors = {login: visitor(login) for login in ["", *(p.login for p in CAST), NEWCOMER]}
            site = Site()
            for each in visitors.values():
                explore(site, each, STARTS, SHARED)
            failures = collected(visitors)
        yield Played(files, site, visitors, failures)
        transaction.set_rollback(True)


def leave_open(now: datetime) -> None:
    """Bring about what the demo's year ends without, so that its forms are drawn."""
    people = {login: User.objects.get(email=f"{login}@{DOMAIN}") for login in ("owner", "learner")}
    create_feed(actor=people["owner"], now=now)
    create_token(actor=people["owner"], label="pip", days=LIFETIMES[0], now=now)
    ask(user=people["learner"], kind="correct", text=SENTENCE, now=now)
    begin_release(now)
    parked = enqueue_job("portal.tasks.nothing", "sweep:parked", now=now)
    Job.objects.filter(pk=parked.pk).update(state="parked", error="given up")
    # whoever has not read the privacy notice comes to nothing else
    create_person(email=f"{NEWCOMER}@{DOMAIN}", name="新来者", password=PASSWORD, now=now)


def begin_release(now: datetime) -> None:
    """Begin a release of files, which the demo's year ends with published ones only."""
    manager = User.objects.get(email=f"resources@{DOMAIN}")
    module = SharedModule.objects.get(name="hy-village-matters")
    begun = module_files.start_release(module=module, number="1.1.0", actor=manager, now=now)
    upload = ContentFile(MATTERS_SQL.encode(), name="village-matters.sql")
    module_files.add_file(release=begun, kind="sql", upload=upload, actor=manager, now=now)


def visitor(login: str) -> Visitor:
    """Return somebody of the cast, or nobody."""
    client = Client()
    if login:
        user = User.objects.get(email=f"{login}@{DOMAIN}")
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return Visitor(client)


@contextmanager
def prepared() -> Iterator[None]:
    """Note which parameters are read, and keep thousands of refusals out of the log."""
    with pytest.MonkeyPatch.context() as patch:
        watch_queries(patch)
        before = logging.root.manager.disable
        logging.disable(logging.CRITICAL)
        yield
        logging.disable(before)


@pytest.fixture
def county(played, db, media_root, settings) -> Iterator[Played]:
    """Return the explored county with its files."""
    storage = {**settings.STORAGES["private"], "OPTIONS": {"location": str(played.files)}}
    settings.STORAGES = {**settings.STORAGES, "private": storage}
    for each in played.visitors.values():
        each.failures.clear()
    with prepared():
        yield played


def collected(visitors: dict[str, Visitor]) -> dict[str, str]:
    """Return everybody's answers of 500 or above: route and error → an example."""
    return {what: how for each in visitors.values() for what, how in each.failures.items()}


def whoever(played: Played, route: Route) -> tuple[Visitor, dict[str, object]]:
    """Return who has seen a route and with which arguments; else somebody whom it admits."""
    given: dict[str, object] = {
        name: DUMMIES.get(type(converter).__name__.removesuffix("Converter").lower(), "x")
        for name, converter in route.pattern.pattern.converters.items()
    }
    if route.name in played.site.examples:
        seen_by, path = played.site.examples[route.name]
        return seen_by, given | resolve(path).kwargs
    who = MATRIX[route.name]
    logins = [p.login for p in CAST if isinstance(who, str) or p.role in who]
    return played.visitors[logins[0]], given


def pytest_generate_tests(metafunc):
    if "shard" in metafunc.fixturenames:
        metafunc.parametrize("shard", range(metafunc.config.getoption("shards")))


@pytest.mark.slow
@pytest.mark.timeout(6 * 3600)
def test_nothing_hostile_breaks_a_page(county, subtests, pytestconfig, shard):
    """One test for each shard: each process plays and explores the year once."""
    menu = Menu(
        full=pytestconfig.getoption("sweep") == "full",
        shard=shard,
        shards=pytestconfig.getoption("shards"),
    )
    with subtests.test("every route was seen"):
        unseen = OURS.keys() - county.site.examples.keys()
        assert (sorted(unseen - UNSEEN), sorted(UNSEEN - unseen)) == ([], [])
    with subtests.test("reading"):
        assert county.failures == {}
    for name, attack in ATTACKS.items():
        with subtests.test(name):
            before, started = requests(county), time.monotonic()
            attack(county, menu)
            minutes = (time.monotonic() - started) / 60
            tell(f"shard {shard}: {name}: {requests(county) - before:,} in {minutes:.1f} min")
            assert collected(county.visitors) == {}
    tell(f"shard {shard}: {requests(county):,} requests")


def requests(county: Played) -> int:
    return sum(each.requests for each in county.visitors.values())


def tell(line: str) -> None:
    """Print a line, past xdist, which swallows what its workers print."""
    print(line, file=sys.__stderr__, flush=True)


def forms(county: Played, menu: Menu) -> None:
    for (route, *_rest), (seen_by, form) in county.site.forms.items():
        if menu.mine(route):
            attack_form(seen_by, form, menu)


def parameters(county: Played, menu: Menu) -> None:
    pages: dict[tuple[str, str], tuple[Visitor, str, list[str]]] = {}
    for (route, name), (seen_by, path) in county.site.params.items():
        if menu.mine(route):
            pages.setdefault((route, path), (seen_by, path, []))[2].append(name)
    for seen_by, path, names in pages.values():
        attack_params(seen_by, path, names, menu)


def addresses(county: Played, menu: Menu) -> None:
    for route in filter(lambda one: menu.mine(one.name), OURS.values()):
        seen_by, given = whoever(county, route)
        attack_address(seen_by, route, given, menu)


def methods_bodies_and_headers(county: Played, menu: Menu) -> None:
    for route in filter(lambda one: menu.mine(one.name), OURS.values()):
        seen_by, given = whoever(county, route)
        attack_rudely(seen_by, filled_address(route, given, {}), menu)


ATTACKS = {
    "forms": forms,
    "parameters": parameters,
    "addresses": addresses,
    "methods, bodies and headers": methods_bodies_and_headers,
}
