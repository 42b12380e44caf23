"""Signing in: locks, sessions, passwords, the second factor, the one door."""

import time
from contextlib import nullcontext
from datetime import timedelta

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.contrib.auth.models import Group
from django.contrib.sessions.models import Session
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal.adapters.passwords import HistoryValidator, StrengthValidator
from portal.models import AuditEntry, LoginFailure, PasswordRecord, User
from portal.services.operations import REQUEST
from portal.services.signin import Locked, choose_password, note_failure, refuse_locked
from tests.world import PASSWORD

HERE, ELSEWHERE = "203.0.113.1", "198.51.100.7"
NEW = "Lan-Tian-2026"


def sign_in(login="owner", password=PASSWORD, address=HERE, client=None, **headers):
    """Send the login form from an address; return (client, answer)."""
    client = client or Client(REMOTE_ADDR=address, headers={"accept-language": "en", **headers})
    email = login if "@" in login else f"{login}@demo.example"
    response = client.post(reverse("account_login"), {"login": email, "password": password})
    return client, response


def is_in(client: Client) -> bool:
    return client.get(reverse("portal:profile")).status_code == 200


def audited() -> list[tuple[str, str, str]]:
    rows = AuditEntry.objects.filter(action__startswith="log").order_by("number")
    return list(rows.values_list("action", "outcome", "reason"))


# --- Locks


def test_fifth_failure_locks_the_account_for_that_address_only(world):
    for _attempt in range(5):
        _client, response = sign_in(password="wrong")
        assert b"Too many failed" not in response.content
    client, response = sign_in()
    assert b"Too many failed login attempts. Wait 15 minutes" in response.content
    assert not is_in(client)
    elsewhere, _answer = sign_in(address=ELSEWHERE)
    assert is_in(elsewhere)
    other, _answer = sign_in("owner2")
    assert is_in(other)
    assert audited() == [
        *[("login.failed", "done", "")] * 4,
        ("login.locked", "done", ""),
        ("login.failed", "done", ""),
        ("login", "refused", "login_locked"),
        ("login", "done", ""),
        ("login", "done", ""),
    ]


def test_lock_ends_after_its_window_and_a_login_forgets_failures(world):
    now = world.now
    values = {"login": "owner@demo.example", "address": HERE}
    for minute in range(5):
        note_failure(**values, now=now + timedelta(minutes=minute))
    last = now + timedelta(minutes=4)
    with pytest.raises(Locked):
        refuse_locked(**values, now=last + timedelta(minutes=14))
    refuse_locked(**values, now=last + timedelta(minutes=15))
    LoginFailure.objects.all().delete()
    note_failure(**values, now=timezone.now())
    sign_in()
    assert LoginFailure.objects.count() == 0


def test_unknown_login_is_answered_and_locked_like_a_known_one(world):
    def words(login: str) -> list[bool]:
        found = []
        for _attempt in range(6):
            _client, response = sign_in(login, password="wrong")
            found.append(b"Too many failed login attempts" in response.content)
        return found

    assert words("nobody") == words("owner2") == [False] * 5 + [True]
    known = sign_in("owner", password="wrong")[1].content
    unknown = sign_in("stranger", password="wrong")[1].content
    assert known.count(b"invalid-feedback") == unknown.count(b"invalid-feedback")
    assert b"owner@demo.example" not in str(list(LoginFailure.objects.values())).encode()


def test_failures_name_the_account_but_never_what_was_typed(world):
    sign_in("owner", password="wrong")
    sign_in("nobody-here", password="wrong")
    rows = AuditEntry.objects.filter(action="login.failed").order_by("number")
    assert [row.subject_id for row in rows] == [str(world.owner.pk), ""]
    assert "nobody-here" not in str(list(AuditEntry.objects.values()))


def test_failures_at_asking_the_password_again_count_too(world):
    client = world.client("owner")
    for _attempt in range(5):
        client.post(reverse("account_reauthenticate"), {"password": "wrong"})
    response = client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    assert response.status_code == 200
    assert LoginFailure.objects.count() == 5


@pytest.mark.parametrize(("proxies", "address"), [(0, "10.0.0.1"), (1, "203.0.113.9")])
def test_address_is_what_our_own_proxies_saw(world, settings, proxies, address):
    settings.TRUSTED_PROXY_COUNT = proxies
    headers = {"x-forwarded-for": "1.2.3.4, 203.0.113.9"}
    sign_in(address="10.0.0.1", **headers)
    assert AuditEntry.objects.filter(action="login").latest("number").address == address


# --- Identity


@pytest.mark.parametrize("email", ["OWNER@demo.example", "owner@ｄemo.example"])
def test_second_account_with_the_same_login_is_refused(world, email):
    people = User.objects.count()
    form = {"email": email, "name": "乙", "password1": NEW, "password2": NEW, "privacy": "on"}
    Client().post(reverse("account_signup"), form)
    assert User.objects.count() == people


def test_manager_finds_and_makes_people_in_one_form(world):
    assert User.objects.get_by_natural_key("ＯＷＮＥＲ@demo.example") == world.owner
    assert User.objects.create_user(" Ａ@Demo.Example ", name="甲").email == "a@demo.example"


# --- Sessions


def aged(client: Client, **changes: int) -> None:
    """Move the moments that a session remembers into the past by so many seconds."""
    session = client.session
    for name, seconds in changes.items():
        session[name] = int(time.time()) - seconds
    session.save()


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"seen_at": 1790}, ""),
        ({"seen_at": 1810}, "idle"),
        ({"started_at": 43100, "seen_at": 10}, ""),
        ({"started_at": 43300, "seen_at": 10}, "absolute"),
    ],
)
def test_session_ends_on_the_server(world, changes, why):
    client, _response = sign_in()
    key = client.session.session_key
    aged(client, **changes)
    assert is_in(client) is (not why)
    assert Session.objects.filter(session_key=key).exists() is (not why)
    ended = AuditEntry.objects.filter(action="logout").values_list("data", flat=True)
    assert list(ended) == ([{"why": why}] if why else [])


def test_activity_keeps_a_session_alive_and_is_noted_once_a_minute(world):
    client, _response = sign_in()
    aged(client, seen_at=30)
    noted = client.session["seen_at"]
    assert is_in(client)
    assert client.session["seen_at"] == noted
    aged(client, seen_at=1700)
    assert is_in(client)
    assert time.time() - client.session["seen_at"] < 60


def test_session_from_before_the_limits_begins_now(world):
    client, _response = sign_in()
    session = client.session
    del session["started_at"], session["seen_at"]
    session.save()
    assert is_in(client)
    assert time.time() - client.session["started_at"] < 60


def test_signing_out_destroys_the_session_and_is_audited(world):
    client, _response = sign_in()
    key = client.session.session_key
    client.post(reverse("account_logout"))
    assert not Session.objects.filter(session_key=key).exists()
    assert AuditEntry.objects.latest("number").data == {"why": "left"}
    Client().post(reverse("account_logout"))


# --- Passwords


@pytest.mark.parametrize(
    ("login", "password", "code"),
    [
        ("owner", "Short-1", "password_length"),
        ("owner", "only-lower", "password_classes"),
        ("owner", "twelve-lower-", ""),
        ("owner", "Eight-88", ""),
        ("secadmin", "Eight-88", "password_length"),
        ("secadmin", "twelve-lower-", "password_classes"),
        ("secadmin", NEW, ""),
    ],
)
def test_strength_by_who_it_is(world, login, password, code):
    wanted = pytest.raises(ValidationError) if code else nullcontext()
    with wanted as raised:
        StrengthValidator().validate(password, world.people[login])
    assert (raised.value.code if raised else "") == code


def change(client: Client, old: str, new: str):
    form = {"oldpassword": old, "password1": new, "password2": new}
    return client.post(reverse("account_change_password"), form)


def test_password_does_not_return_among_the_last_five(world):
    client, _response = sign_in()
    used = [PASSWORD]
    for number in range(6):
        fresh = f"Lan-Tian-{number}"
        assert change(client, used[-1], fresh).status_code == 302
        used.append(fresh)
    assert change(client, used[-1], used[-1]).status_code == 200
    assert change(client, used[-1], used[2]).status_code == 200
    assert change(client, used[-1], used[1]).status_code == 302
    assert PasswordRecord.objects.filter(user=world.owner).count() == 5
    assert AuditEntry.objects.filter(action="password.change").count() == 7


def test_common_password_is_refused(world):
    client, _response = sign_in()
    assert change(client, PASSWORD, "Password123").status_code == 200


def test_history_knows_nothing_of_a_person_to_be(db):
    HistoryValidator().validate(NEW, User(email="new@demo.example"))
    HistoryValidator().password_changed(NEW, None)
    assert PasswordRecord.objects.count() == 0


@pytest.mark.parametrize("path", ["/workspace/", "/admin/"])
def test_password_set_by_another_must_be_changed_first(world, settings, path):
    settings.PASSWORD_FIRST_CHANGE = True
    client, _response = sign_in("staff")
    response = client.get(path)
    assert response["Location"] == reverse("account_change_password")
    assert change(client, PASSWORD, NEW).status_code == 302
    assert client.get("/workspace/").status_code == 200


def test_old_password_must_be_changed_first(world, settings):
    settings.PASSWORD_MAX_AGE_DAYS = 90
    client, _response = sign_in()
    now = timezone.now()
    choose_password(user=world.owner, password=NEW, now=now - timedelta(days=91))
    client, _response = sign_in(password=NEW)
    assert client.get("/workspace/")["Location"] == reverse("account_change_password")
    User.objects.filter(pk=world.owner.pk).update(password_set_at=now - timedelta(days=89))
    assert client.get("/workspace/").status_code == 200


def test_person_who_signs_up_has_chosen_the_password(world):
    form = {
        "email": "new@demo.example",
        "name": "新人",
        "password1": NEW,
        "password2": NEW,
        "privacy": "on",
    }
    Client().post(reverse("account_signup"), form)
    assert User.objects.get(email="new@demo.example").password_set_at is not None


def test_reset_link_works_once(world, mailoutbox):
    Client().post(reverse("account_reset_password"), {"email": "owner@demo.example"})
    link = next(word for word in mailoutbox[-1].body.split() if "/password/reset/key/" in word)
    path = link.split("testserver", 1)[-1]
    first, second = Client(), Client()
    form = first.get(path, follow=True)
    form_path = form.redirect_chain[-1][0]
    answer = first.post(form_path, {"password1": NEW, "password2": NEW})
    assert answer.status_code == 302
    world.owner.refresh_from_db()
    assert world.owner.check_password(NEW)
    assert "token_fail" in second.get(path, follow=True).context


# --- The second factor


@pytest.fixture
def strict(settings):
    settings.REQUIRE_ADMINISTRATOR_MFA = True


ADMINISTRATORS = ("sysadmin", "secadmin", "auditor")


@pytest.mark.parametrize("login", ADMINISTRATORS)
@pytest.mark.parametrize("path", ["/workspace/", "/workspace/tokens/", "/admin/"])
def test_administrator_without_a_second_factor_gets_nowhere(world, strict, login, path):
    client, _response = sign_in(login)
    assert client.get(path)["Location"] == reverse("mfa_index")


@pytest.mark.parametrize("login", ADMINISTRATORS)
def test_recovery_codes_alone_are_no_second_factor(world, strict, login):
    RecoveryCodes.activate(world.people[login])
    assert world.client(login).get("/workspace/")["Location"] == reverse("mfa_index")


@pytest.mark.parametrize("login", ADMINISTRATORS)
def test_administrator_with_an_authenticator_is_asked_for_its_code(world, strict, login):
    TOTP.activate(world.people[login], generate_totp_secret())
    client, response = sign_in(login)
    assert response["Location"].startswith(reverse("mfa_authenticate"))
    assert not is_in(client)
    assert world.client(login).get("/workspace/").status_code == 200


def test_technical_account_needs_a_second_factor_too(world, strict):
    root = User.objects.create_superuser("root@demo.example", NEW, name="root")
    client = Client()
    client.force_login(root, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/admin/")["Location"] == reverse("mfa_index")


def test_others_need_none(world, strict):
    assert world.client("owner").get("/workspace/").status_code == 200


# --- No way round


@pytest.mark.parametrize("path", ["/admin/login/", "/_util/login/"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_there_is_one_door(world, path, method):
    client = Client()
    data = {"username": "secadmin@demo.example", "password": PASSWORD}
    response = getattr(client, method)(f"{path}?next=/admin/", data if method == "post" else None)
    assert response.status_code in {301, 302}
    assert response["Location"].startswith(reverse("account_login"))
    assert not is_in(client)


@pytest.mark.parametrize(
    "path",
    [
        "/admin/password_reset/",
        "/admin/password_reset/done/",
        "/admin/password_reset/confirm/MQ/set-password/",
    ],
)
def test_wagtail_resets_no_password(world, path):
    assert Client().get(path).status_code == 404


@pytest.mark.parametrize("way", ["add", "remove", "clear"])
def test_request_changes_roles_only_through_the_service(world, way):
    group = Group.objects.get(name="expert")
    token = REQUEST.set({"id": "x", "address": HERE})
    deeds = {
        "add": lambda: world.learner.groups.add(group),
        "remove": lambda: world.expert.groups.remove(group),
        "clear": world.expert.groups.clear,
    }
    try:
        with pytest.raises(PermissionDenied), transaction.atomic():
            deeds[way]()
    finally:
        REQUEST.reset(token)
    assert User.objects.filter(groups=group).get() == world.expert


def test_sessions_outlive_no_browser_and_nobody_is_asked_to_sign_in_while_signing_up(world):
    assert b'name="remember"' not in Client().get(reverse("account_login")).content
    client, _response = sign_in()
    assert client.session.get_expire_at_browser_close()
    words = "A session ends after half an hour"
    for name, told in (("account_login", True), ("account_signup", False)):
        page = Client(headers={"accept-language": "en"}).get(reverse(name) + "?next=/workspace/")
        assert (words in page.content.decode()) is told
