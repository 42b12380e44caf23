"""Items of the security checklist that no other test shows whole."""

import json
import os
import subprocess
import sys
from collections import deque
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from django.test import Client
from django.urls import NoReverseMatch, reverse

from certification.models import Grade, Scorecard
from config.demo.cast import CAST
from portal.models import User
from tests.access.routes import every_route
from tests.certification.rounds import MIDDLE, effective
from tests.hostile.pages import read_page
from tests.incubator import courses_story
from tests.world import PASSWORD

ROOT = Path(django_settings.BASE_DIR)
NEW = "Lan-Tian-2026"
SHOW = (
    "import json; from django.conf import settings; names = [name for name in dir(settings) if "
    "name.startswith(('SECURE_', 'SESSION_COOKIE', 'CSRF_COOKIE', 'LANGUAGE_COOKIE'))]; "
    "print(json.dumps({name: getattr(settings, name) for name in names}))"
)


# --- SEC-05


@pytest.fixture
def production(settings, tmp_path) -> dict:
    """Take over what production says of transport and cookies, read in a process of its own."""
    environment = {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "config.settings.production",
        "SECRET_KEY": "x" * 50,
        "ALLOWED_HOSTS": "portal.example",
        "BASE_URL": "https://portal.example",
        "EMAIL_URL": "smtp://mail.example",
        "VAR_DIR": str(tmp_path / "var"),
    }
    shown = subprocess.run(
        [sys.executable, "-c", SHOW],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    values = json.loads(shown.stdout)
    for name, value in values.items():
        if name != "SECURE_PROXY_SSL_HEADER":
            setattr(settings, name, value)
    return values


def test_sec_05_plain_http_is_sent_to_https(world, production):
    response = Client().get("/accounts/login/?next=/workspace/")
    assert response.status_code == 301
    assert response["Location"] == "https://testserver/accounts/login/?next=/workspace/"


def test_sec_05_browsers_are_told_to_come_by_https_only(world, production):
    answer = Client().get("/accounts/login/", secure=True)
    assert answer["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload"


def test_sec_05_every_cookie_is_secure_and_closed_to_scripts(world, production):
    client = Client(enforce_csrf_checks=False)
    client.get(reverse("account_login"), secure=True)
    form = {"login": "owner@demo.example", "password": PASSWORD}
    client.post(reverse("account_login"), form, secure=True)
    client.post(reverse("set_language"), {"language": "en"}, secure=True)
    flags = {
        name: (bool(cookie["secure"]), bool(cookie["httponly"]), cookie["samesite"])
        for name, cookie in client.cookies.items()
        if cookie.value
    }
    assert {"sessionid", "csrftoken", "language"} <= flags.keys()
    assert set(flags.values()) == {(True, True, "Lax")}


# --- SEC-10, item 6 of the issue: no way round through Wagtail


def test_sec_10_wagtails_api_and_its_tokens_are_not_there():
    assert [app for app in django_settings.INSTALLED_APPS if app.startswith("wagtail.api")] == []
    routes = [
        route
        for route in every_route()
        if ("api_token" in route.path or "api-token" in route.path)
        or getattr(route.pattern.callback, "__module__", "").startswith("wagtail.api")
    ]
    assert routes == []
    with pytest.raises(NoReverseMatch):
        reverse("wagtailusers_api_tokens:index")


@pytest.mark.parametrize("login", [person.login for person in CAST])
def test_sec_10_wagtails_pages_for_people_and_groups_are_closed(world, login):
    client = world.client(login)
    for path in (
        "/admin/users/",
        "/admin/users/new/",
        f"/admin/users/edit/{world.learner.pk}/",
        "/admin/groups/",
        "/admin/groups/new/",
    ):
        assert client.get(path).status_code in {302, 403}, path
        asked = client.post(path, {"email": "x@demo.example", "groups": [], "is_superuser": "on"})
        assert asked.status_code in {302, 403}, path
    assert not User.objects.filter(is_superuser=True).exists()


def test_sec_10_technical_account_makes_no_other_and_gives_no_role(world):
    root = User.objects.create_superuser("root@demo.example", NEW, name="root")
    client = Client(raise_request_exception=False)
    client.force_login(root, backend="django.contrib.auth.backends.ModelBackend")
    path = f"/admin/users/edit/{world.learner.pk}/"
    same = {"email": "learner@demo.example", "first_name": "甲", "last_name": "乙"}
    assert client.get(path).status_code == 200
    for more in ({"is_superuser": "on", "is_active": "on"}, {"is_active": ""}):
        assert client.post(path, same | more).status_code == 302
        world.learner.refresh_from_db()
        assert (world.learner.is_superuser, world.learner.is_active) == (False, True)
    assert not world.learner.groups.filter(name="secadmin").exists()


# --- SEC-17


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/workspace/profile/", {"name": "", "phone": "", "language": "zh-hans"}),
        ("/workspace/profile/", {"name": "甲" * 81, "phone": "", "language": "zh-hans"}),
        ("/workspace/profile/", {"name": "甲", "phone": "", "language": "tlh"}),
        ("/workspace/tokens/", {"label": "x", "days": "99999"}),
    ],
)
def test_sec_17_server_refuses_what_no_browser_would_send(world, path, form):
    response = world.client("owner").post(path, form)
    assert response.status_code == 422
    world.owner.refresh_from_db()
    assert world.owner.name == next(one.name for one in CAST if one.login == "owner")


# --- PI-05


def test_pi_05_no_grade_without_a_named_persons_decision(world):
    grades = effective(world, {world.organisation("owner"): MIDDLE})
    assert [(grade.confirmed_by, grade.state) for grade in grades] == [(world.lead, "active")]
    assert [card.decided_by for card in Scorecard.objects.all()] == [world.lead]
    assert Grade._meta.get_field("confirmed_by").null is False


# --- PI-07


@pytest.mark.parametrize("privacy", ["", "on"])
def test_pi_07_sign_up_asks_for_fourteen_years(world, privacy):
    form = {"email": "new@demo.example", "name": "新人", "password1": NEW, "password2": NEW}
    client = Client(headers={"accept-language": "zh-hans"})
    assert "已满十四周岁" in client.get(reverse("account_signup")).content.decode()
    client.post(reverse("account_signup"), form | {"privacy": privacy})
    assert User.objects.filter(email="new@demo.example").exists() is bool(privacy)


def public_pages(most: int = 150) -> dict[str, str]:
    """Follow links as a visitor; return what each public page says."""
    client, seen, waiting = Client(headers={"accept-language": "zh-hans"}), {}, deque(["/"])
    while waiting and len(seen) < most:
        path = waiting.popleft()
        if path in seen or path.startswith(("/accounts/", "/static/", "/admin/")):
            continue
        response = client.get(path)
        seen[path] = "" if response.streaming else response.content.decode(errors="replace")
        if response["Content-Type"].startswith("text/html"):
            waiting.extend(read_page(path, seen[path])[0])
    return seen


def test_pi_07_public_pages_name_no_person_but_who_teaches(world):
    """Nobody's name, a minor's least of all, is published: notices and lists name bodies."""
    call_command("setup_site")
    effective(world, {world.organisation("owner"): MIDDLE})
    courses_story.taught(world)
    pages = public_pages()
    assert len(pages) > 20
    quiet = [person for person in CAST if person.login != "expert"]
    told = {
        (path, person.name)
        for path, text in pages.items()
        for person in quiet
        if person.name in text or f"{person.login}@" in text
    }
    assert told == set()
    assert any(world.organisation("owner").name in text for text in pages.values())
